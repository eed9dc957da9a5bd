/*
 * walk.c - the whole history of an account, step by step (see walk.h)
 */
#include "core/walk.h"

#include <stdlib.h>

/* --- voids --- */

static int
compare_identities(const void *a, const void *b)
{
    const struct event *const *left = a;
    const struct event *const *right = b;

    return identity_compare((*left)->identity, (*right)->identity);
}

/* The events by identity, for looking up what voids name. */
struct directory {
    const struct event **events;
    uint32_t count;
};

static bool
has_voids(const struct event *const *events, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (events[i]->kind == EVENT_VOID)
            return true;
    return false;
}

static struct directory
directory_of(const struct event *const *events, uint32_t count,
             struct arena *arena)
{
    struct directory directory = {
        .events = ARENA_NEW(arena, const struct event *, count),
        .count = count,
    };

    for (uint32_t i = 0; i < count; i++)
        directory.events[i] = events[i];
    if (count > 0)
        qsort(directory.events, count, sizeof directory.events[0],
              compare_identities);
    return directory;
}

/* NULL: there is no such event on this account. */
static const struct event *
find_event(const struct directory *directory, identity id)
{
    uint32_t low = 0, high = directory->count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = identity_compare(directory->events[middle]->identity, id);
        if (order == 0)
            return directory->events[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static int
compare_items(const void *a, const void *b)
{
    const struct walk_item *left = a, *right = b;

    return event_compare(left->event, right->event);
}

static struct walk_item *
find_item(struct walk_item *items, uint32_t count, const struct event *event)
{
    const struct walk_item key = { .event = event };

    return bsearch(&key, items, count, sizeof *items, compare_items);
}

/* Marks the voids and what they undo; `items` are the account's own events in
 * canonical order.  What a void names that is not there is noted in the
 * account, if one is given. */
static void
resolve_voids(struct walk_item *items, const struct event *const *events,
              uint32_t count, struct account *account, struct arena *arena)
{
    if (!has_voids(events, count))
        return;
    struct directory directory = directory_of(events, count, arena);
    for (uint32_t i = 0; i < count; i++) {
        if (events[i]->kind != EVENT_VOID)
            continue;
        items[i].kind = STEP_VOID;
        identity named = events[i]->annul.voids;
        const struct event *event = find_event(&directory, named);
        items[i].unmatched = event == NULL || event->kind == EVENT_VOID;
        if (!items[i].unmatched)
            find_item(items, count, event)->kind = STEP_VOIDED;
        else if (event == NULL && account != NULL)
            account_note_void(account, named);
    }
}

static struct walk_item *
items_of(const struct event *const *events, uint32_t count, uint32_t room,
         struct arena *arena)
{
    struct walk_item *items = ARENA_NEW(arena, struct walk_item, room);

    for (uint32_t i = 0; i < count; i++) {
        assert(i == 0 || event_compare(events[i - 1], events[i]) < 0);
        items[i] =
            (struct walk_item) { .event = events[i], .kind = STEP_EVENT };
    }
    return items;
}

/* --- the walk --- */

/* The receipts that the account's returns name. */
static struct name_list
list_recalled(const struct event *const *events, uint32_t count,
              struct arena *arena)
{
    view *receipts = NULL;
    uint32_t found = 0;

    for (uint32_t i = 0; i < count; i++) {
        if (events[i]->kind != EVENT_RETURN ||
            events[i]->sale.receipt.size == 0)
            continue;
        if (receipts == NULL)
            receipts = ARENA_NEW(arena, view, count);
        receipts[found++] = events[i]->sale.receipt;
    }
    return (struct name_list) { .names = receipts, .count = found };
}

void
walk_open(struct walk *walk, const struct walk_input *input,
          struct arena *arena)
{
    uint32_t own = input->event_count + input->referral_count;
    uint32_t count = own + input->aside_count;

    *walk = (struct walk) {
        .fold = input->fold,
        .items = items_of(input->events, input->event_count, count, arena),
        .item_count = count,
        .until_ms = input->until_ms,
    };
    fold_effects(input->fold)->count = 0;
    fold_use_arena(input->fold, arena);
    fold_use_judge(input->fold, input->judge);
    account_open(&walk->account, input->account, arena);
    if (input->forgets) {
        walk->recalled =
            list_recalled(input->events, input->event_count, arena);
        walk->account.recalled = &walk->recalled;
    }
    resolve_voids(walk->items, input->events, input->event_count,
                  &walk->account, arena);
    for (uint32_t i = 0; i < input->referral_count; i++)
        walk->items[input->event_count + i] = (struct walk_item) {
            .event = input->referrals[i].event,
            .referral = &input->referrals[i],
            .kind = STEP_REFERRAL,
        };
    for (uint32_t i = 0; i < input->aside_count; i++)
        walk->items[own + i] =
            (struct walk_item) { .event = input->aside[i], .kind = STEP_ASIDE };
    if (count > input->event_count)
        qsort(walk->items, count, sizeof walk->items[0], compare_items);
}

static void
note_step(struct walk *walk, struct step step)
{
    const struct timeline *timeline = fold_timeline(walk->fold);

    step.version = timeline_at(timeline, step.at_ms);
    step.effects = fold_effects(walk->fold);
    walk->step = step;
}

static void
take_item(struct walk *walk, const struct walk_item *item)
{
    if (item->kind == STEP_EVENT)
        fold_event(walk->fold, &walk->account, item->event);
    else if (item->kind == STEP_REFERRAL)
        fold_referral(walk->fold, &walk->account, item->referral);
    note_step(walk, (struct step) { .kind = item->kind,
                                    .change = CHANGE_NONE,
                                    .unmatched = item->unmatched,
                                    .at_ms = item->event->at_ms,
                                    .event = item->event });
}

bool
walk_next(struct walk *walk)
{
    const struct walk_item *item = NULL;
    int64_t until_ms = walk->until_ms;

    fold_effects(walk->fold)->count = 0;
    if (walk->next < walk->item_count &&
        walk->items[walk->next].event->at_ms <= until_ms) {
        item = &walk->items[walk->next];
        until_ms = item->event->at_ms;
    }
    int64_t at_ms;
    enum change change =
        fold_clock(walk->fold, &walk->account, until_ms, &at_ms);
    if (change != CHANGE_NONE) {
        note_step(walk, (struct step) { .kind = STEP_CHANGE,
                                        .change = change,
                                        .at_ms = at_ms });
        return true;
    }
    if (item == NULL)
        return false;
    walk->next++;
    take_item(walk, item);
    return true;
}

void
walk_finish(struct walk *walk)
{
    while (walk_next(walk))
        continue;
}

const struct event *const *
walk_live(const struct event *const *events, uint32_t count,
          struct arena *arena, uint32_t *ret_count)
{
    *ret_count = count;
    if (!has_voids(events, count))
        return events;
    struct walk_item *items = items_of(events, count, count, arena);
    const struct event **live = ARENA_NEW(arena, const struct event *, count);
    uint32_t live_count = 0;
    resolve_voids(items, events, count, NULL, arena);
    for (uint32_t i = 0; i < count; i++)
        if (items[i].kind == STEP_EVENT)
            live[live_count++] = items[i].event;
    *ret_count = live_count;
    return live;
}
