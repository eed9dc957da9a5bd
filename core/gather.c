#include "core/gather.h"

#include "core/codec.h"
#include "core/hash.h"

#include <stdlib.h>

enum { STREAMS_SEEN = 16 };

void
gather_open(struct gather *gather, const struct gather_rules *rules,
            account_id account, uint64_t known, struct arena *arena)
{
    *gather = (struct gather) {
        .rules = rules,
        .known = known,
        .account = account,
        .arena = arena,
    };
    gather->account.bearer = arena_copy(arena, account.bearer);
}

static int
compare_position(const void *item, const void *key)
{
    const struct gather_quarantine *marked = item;
    const uint64_t *position = key;

    return marked->position < *position ? -1 : marked->position > *position;
}

static int
compare_mark(const void *item, const void *key)
{
    const int64_t *position = item, *wanted = key;

    return *position < *wanted ? -1 : *position > *wanted;
}

static bool
is_seen(const struct history_marks *seen, uint64_t position)
{
    const int64_t key = (int64_t)position;

    if (seen == NULL)
        return true;
    uint32_t at = LIST_PLACE(seen->positions, seen->count, &key, compare_mark);
    return at < seen->count && seen->positions[at] == key;
}

static bool
is_quarantined(const struct gather *gather, uint64_t position)
{
    const struct gather_rules *rules = gather->rules;
    const uint32_t count = rules->quarantine_count;
    uint32_t at =
        LIST_PLACE(rules->quarantine, count, &position, compare_position);

    return at < count && rules->quarantine[at].position == position &&
           rules->quarantine[at].from <= gather->known &&
           is_seen(rules->seen, position);
}

/* A copy must also stand in a stream of somebody who may speak for the store:
 * else a node could say of any event that it was another's. */
static bool
is_admitted(const struct gather_rules *rules, const struct event *event,
            uint32_t carrier)
{
    const uint32_t node = event->identity.node;

    return rules->admits == NULL ||
           (rules->admits(rules->context, node, event->store) &&
            (carrier == node ||
             rules->admits(rules->context, carrier, event->store)));
}

static void
add_event(struct gather *gather, const struct event *event, uint64_t position,
          bool copy)
{
    *LIST_ADD(gather->arena, &gather->events) =
        (struct gather_event) { event, position, copy };
}

static void
add_referred(struct gather *gather, uint64_t member)
{
    *LIST_ADD(gather->arena, &gather->referred) = member;
}

static void
add_aside(struct gather *gather, const struct event *event, uint64_t position,
          enum history_why why)
{
    *LIST_ADD(gather->arena, &gather->aside) =
        (struct history_aside) { event, position, why };
}

/* `carrier` is the node in whose stream it stands. */
static void
take_event(struct gather *gather, const struct event *event, uint64_t position,
           bool copy, uint32_t carrier)
{
    if (is_admitted(gather->rules, event, carrier))
        add_event(gather, event, position, copy);
    else
        add_aside(gather, event, position, HISTORY_STORE);
}

static enum err
take_item(struct gather *gather, view bytes)
{
    struct item item;
    enum err err = item_decode(bytes, &item);

    if (err != OK)
        return err;
    bool marked = is_quarantined(gather, item.position);
    if (item.position > gather->known || (marked && item.kind == ITEM_POINTER))
        return OK;
    if (item.kind == ITEM_POINTER) {
        add_referred(gather, item.referred);
        return OK;
    }
    struct event *event = ARENA_NEW(gather->arena, struct event, 1);
    err = codec_decode(arena_copy(gather->arena, item.core), gather->arena,
                       event);
    if (err != OK)
        return err == ERR_UNKNOWN ? OK : err;
    event->identity = item.identity;
    if (!account_equal(event->account, gather->account))
        return err_corrupt();
    if (marked)
        add_aside(gather, event, item.position, HISTORY_COPY);
    else if (item.kind == ITEM_ODD)
        add_aside(gather, event, item.position, HISTORY_RULE);
    else
        take_event(gather, event, item.position, item.copy,
                   item.copy ? item.carrier : item.identity.node);
    return OK;
}

static enum err
take_plain(struct gather *gather, const struct chapter_row *row)
{
    if (row->position > gather->known)
        return OK;
    struct event *event = ARENA_NEW(gather->arena, struct event, 1);
    enum err err = chapter_row_event(row, gather->account, gather->rules->words,
                                     gather->arena, event);
    if (err != OK)
        return err;
    if (is_quarantined(gather, row->position))
        add_aside(gather, event, row->position, HISTORY_COPY);
    else
        take_event(gather, event, row->position, false, event->identity.node);
    return OK;
}

enum err
gather_row(struct gather *gather, const struct chapter_row *row)
{
    return row->item ? take_item(gather, row->codes) : take_plain(gather, row);
}

enum err
gather_chapter(struct gather *gather, view bytes)
{
    struct chapter chapter;
    struct chapter_cursor cursor;
    struct chapter_row row;
    enum err err = chapter_open(bytes, &chapter);

    if (err != OK)
        return err;
    chapter_start(&chapter, &cursor);
    while ((err = chapter_next(&cursor, &row)) == OK) {
        err = gather_row(gather, &row);
        if (err != OK)
            return err;
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

void
gather_extra(struct gather *gather, const struct event *event)
{
    if (account_equal(event->account, gather->account))
        add_event(gather, event, HISTORY_ALL, false);
    if (event->kind == EVENT_JOIN && event->join.referrer != 0 &&
        event->join.referrer == gather->account.member)
        add_referred(gather, event->account.member);
}

void
gather_account(struct gather *gather, const struct history_account *account)
{
    assert(account_equal(gather->account, account->account));
    for (uint32_t i = 0; i < account->event_count; i++)
        add_event(gather, account->events[i], account->positions[i], false);
    for (uint32_t i = 0; i < account->referred_count; i++)
        add_referred(gather, account->referred[i]);
    for (uint32_t i = 0; i < account->aside_count; i++)
        *LIST_ADD(gather->arena, &gather->aside) = account->aside[i];
}

/* Canonical order; of one identity the original first, then by arrival. */
static int
compare_events(const void *a, const void *b)
{
    const struct gather_event *x = a;
    const struct gather_event *y = b;
    int order = event_compare(x->event, y->event);

    if (order != 0)
        return order;
    if (x->copy != y->copy)
        return x->copy ? 1 : -1;
    return x->position < y->position ? -1 : x->position > y->position;
}

static int
compare_numbers(const void *a, const void *b)
{
    const uint64_t *x = a;
    const uint64_t *y = b;

    return *x < *y ? -1 : *x > *y;
}

static bool
is_sorted(const struct gather_event *events, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++)
        if (compare_events(&events[i - 1], &events[i]) > 0)
            return false;
    return true;
}

static void
merge_copies(struct gather_events *events)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < events->count; i++) {
        struct gather_event *last = &events->items[kept == 0 ? 0 : kept - 1];
        const struct gather_event *next = &events->items[i];
        if (kept > 0 &&
            identity_equal(last->event->identity, next->event->identity)) {
            if (next->position < last->position)
                last->position = next->position;
            continue;
        }
        events->items[kept++] = *next;
    }
    events->count = kept;
}

/* Whether one node appears with two incarnations; also true where there are
 * too many streams to tell cheaply. */
static bool
has_incarnations(const struct gather_events *events)
{
    identity seen[STREAMS_SEEN];
    uint32_t seen_count = 0;

    for (uint32_t i = 0; i < events->count; i++) {
        identity id = events->items[i].event->identity;
        uint32_t at = 0;
        while (at < seen_count && seen[at].node != id.node)
            at++;
        if (at == STREAMS_SEEN ||
            (at < seen_count && seen[at].incarnation != id.incarnation))
            return true;
        if (at == seen_count)
            seen[seen_count++] = id;
    }
    return false;
}

/* An event with an id of its caller's, and a hash of what it says. */
struct named {
    const struct event *event;
    uint64_t content;
};

/* By node, id and content, then canonical order: whatever else bore the same
 * id in between, an event stands beside what it may tell again. */
static int
compare_named(const void *a, const void *b)
{
    const struct named *x = a, *y = b;

    if (x->event->identity.node != y->event->identity.node)
        return x->event->identity.node < y->event->identity.node ? -1 : 1;
    int order = view_compare(x->event->id, y->event->id);
    if (order != 0)
        return order;
    if (x->content != y->content)
        return x->content < y->content ? -1 : 1;
    return event_compare(x->event, y->event);
}

static bool
is_told_again(const struct event *first, const struct event *again)
{
    return first->identity.node == again->identity.node &&
           first->identity.incarnation != again->identity.incarnation &&
           view_equal(first->id, again->id) &&
           codec_same_content(first, again, false);
}

/* The events that have an id, in that order; `ret_named` has room for all. */
static uint32_t
sort_named(const struct gather_events *events, struct named *ret_named)
{
    struct text content = { 0 };
    uint32_t count = 0;

    for (uint32_t i = 0; i < events->count; i++) {
        const struct event *event = events->items[i].event;
        if (event->id.size == 0)
            continue;
        text_clear(&content);
        codec_content(event, &content);
        ret_named[count++] =
            (struct named) { event, hash_64(text_view(&content), 0) };
    }
    text_close(&content);
    if (count > 0)
        qsort(ret_named, count, sizeof *ret_named, compare_named);
    return count;
}

struct repeat {
    identity again; /* what does not count ... */
    identity first; /* ... because this is the same */
};

static int
compare_repeats(const void *a, const void *b)
{
    const struct repeat *x = a, *y = b;

    return identity_compare(x->again, y->again);
}

/* The events that an incarnation told again, by identity; `ret_repeats` has
 * room for all events. */
static uint32_t
find_repeats(const struct gather *gather, struct repeat *ret_repeats)
{
    struct arena scratch = *gather->arena;
    struct named *named =
        ARENA_NEW(&scratch, struct named, gather->events.count);
    uint32_t named_count = sort_named(&gather->events, named);
    uint32_t repeat_count = 0;
    uint32_t first = 0;

    for (uint32_t i = 1; i < named_count; i++) {
        if (is_told_again(named[first].event, named[i].event))
            ret_repeats[repeat_count++] =
                (struct repeat) { named[i].event->identity,
                                  named[first].event->identity };
        else
            first = i;
    }
    if (repeat_count > 0)
        qsort(ret_repeats, repeat_count, sizeof *ret_repeats, compare_repeats);
    return repeat_count;
}

/* NULL: it counts. */
static const struct repeat *
repeat_of(const struct repeat *repeats, uint32_t count, identity again)
{
    const struct repeat key = { .again = again };

    return bsearch(&key, repeats, count, sizeof key, compare_repeats);
}

static void
merge_repeats(struct gather *gather)
{
    struct repeat *repeats =
        ARENA_NEW(gather->arena, struct repeat, gather->events.count);
    uint32_t repeat_count = find_repeats(gather, repeats);
    uint32_t kept = 0;

    for (uint32_t i = 0; repeat_count > 0 && i < gather->events.count; i++) {
        struct gather_event next = gather->events.items[i];
        if (repeat_of(repeats, repeat_count, next.event->identity) != NULL)
            continue;
        const struct repeat *voided =
            next.event->kind != EVENT_VOID
                ? NULL
                : repeat_of(repeats, repeat_count, next.event->annul.voids);
        if (voided != NULL) {
            struct event *changed = ARENA_NEW(gather->arena, struct event, 1);
            *changed = *next.event;
            changed->annul.voids = voided->first;
            next.event = changed;
        }
        gather->events.items[kept++] = next;
    }
    if (repeat_count > 0)
        gather->events.count = kept;
}

static void
sort_referred(struct gather_referred *referred)
{
    uint32_t kept = 0;

    if (referred->count > 0)
        qsort(referred->items, referred->count, sizeof *referred->items,
              compare_numbers);
    for (uint32_t i = 0; i < referred->count; i++)
        if (kept == 0 || referred->items[kept - 1] != referred->items[i])
            referred->items[kept++] = referred->items[i];
    referred->count = kept;
}

static int
compare_asides(const void *a, const void *b)
{
    const struct history_aside *x = a;
    const struct history_aside *y = b;

    return x->position < y->position ? -1 : x->position > y->position;
}

void
gather_end(struct gather *gather, struct history_account *ret_account)
{
    struct gather_events *events = &gather->events;

    if (gather->aside.count > 0)
        qsort(gather->aside.items, gather->aside.count,
              sizeof *gather->aside.items, compare_asides);
    if (!is_sorted(events->items, events->count))
        qsort(events->items, events->count, sizeof *events->items,
              compare_events);
    merge_copies(events);
    if (has_incarnations(events))
        merge_repeats(gather);
    sort_referred(&gather->referred);
    const struct event **sorted =
        ARENA_NEW(gather->arena, const struct event *, events->count);
    uint64_t *positions = ARENA_NEW(gather->arena, uint64_t, events->count);
    for (uint32_t i = 0; i < events->count; i++) {
        sorted[i] = events->items[i].event;
        positions[i] = events->items[i].position;
    }
    *ret_account = (struct history_account) {
        .account = gather->account,
        .event_count = events->count,
        .referred_count = gather->referred.count,
        .events = sorted,
        .positions = positions,
        .referred = gather->referred.items,
        .aside_count = gather->aside.count,
        .aside = gather->aside.items,
    };
}
