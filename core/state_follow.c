#include "core/state_follow.h"

#include "core/codec.h"
#include "core/history_copies.h"
#include "core/ledger_parts.h"
#include "core/ledger_refresh.h"
#include "core/news.h"
#include "core/ordinary.h"
#include "core/state_afresh.h"

#include <stdlib.h>
#include <string.h>

enum {
    WINDOW = 512,
    SCRATCH_EVENT = 1 << 20, /* for one decoded event */
    SCRATCH = 3 << 19,       /* for a window's */
    FEW = 4096,              /* positions that are not worth a thread */
    AHEAD = 8, /* events whose accounts are on their way, for each step */
};
static_assert(SCRATCH % 16 == 0, "aligned");
static_assert(SCRATCH > (int)SCRATCH_EVENT, "room for several");

enum { LINE = 64, KEY_SIZE = 10 }; /* of a cache; of a member's key */

/* An event on its way to its account.  Nearly all are ordinary purchases, of
 * which no more is unpacked than a warm account asks for. */
struct arrival {
    int64_t at_ms; /* of a sale, as are the next */
    money total;
    uint64_t incarnation;
    uint64_t seq;
    const void *event; /* a sale's bytes; or else a struct event, whose views
                        * borrow from the journal or the scratch */
    uint32_t size;     /* of these bytes */
    uint32_t node;
    uint32_t store;
    uint8_t key[KEY_SIZE];
    bool sale;
    bool repeats; /* perhaps */
};
static_assert(sizeof(struct arrival) == LINE, "no gaps");

struct window {
    struct share {
        _Alignas(LINE) struct arrival arrivals[WINDOW];
        uint64_t hashes[WINDOW]; /* of their keys */
        uint32_t count;
    } shares[STATE_PARTS];
};

struct state_news {
    uint64_t last; /* position up to which events are followed */
    struct news news;
    struct window windows[LANES_WINDOWS];
    struct arena scratch; /* decoded events: a piece for each window */
    uint32_t node;        /* of the last event ... */
    uint32_t store;
    bool admits; /* ... and whether such are admitted */
};

enum err
state_news_open(struct state_news **ret_news)
{
    struct state_news *news = aligned_alloc(LINE, sizeof *news);

    if (news == NULL)
        return ERR_MEMORY;
    news->scratch = (struct arena) { 0 };
    if (!arena_open(&news->scratch, SCRATCH * LANES_WINDOWS)) {
        free(news);
        return ERR_MEMORY;
    }
    *ret_news = news;
    return OK;
}

void
state_news_close(struct state_news *news)
{
    if (news != NULL)
        arena_close(&news->scratch);
    free(news);
}

/* --- windows --- */

static bool
decode(const struct record_event *stored, struct arena *scratch,
       struct event *ret_event)
{
    if (codec_decode(stored->core, scratch, ret_event) != OK ||
        event_check_core(ret_event, NULL) != OK)
        return false;
    ret_event->identity = stored->origin;
    return true;
}

/* Events come by node, and from few stores each. */
static bool
admits(struct state *state, uint32_t node, uint32_t store)
{
    struct state_news *news = state->news;

    if (node != news->node || store != news->store) {
        news->node = node;
        news->store = store;
        news->admits = admission_admits(state->ledger->admission, node, store);
    }
    return news->admits;
}

/* An event that could be one with another (a copy, or told again by a new
 * incarnation) is for gather.h to judge.  A copy that histories have not seen
 * brings them up by itself, for it marks its account. */
static enum err
may_repeat(struct state *state, const struct record_event *stored, view id,
           bool *ret_may)
{
    bool only = true;
    enum err err = OK;

    *ret_may =
        stored->copy || history_counts(state->ledger->history).copies > 0;
    if (*ret_may || id.size == 0)
        return OK;
    err = lives_is_only(&state->lives, state->news->news.reader, stored->origin,
                        &only);
    *ret_may = !only;
    return err;
}

/* The next place in the share of the part that the account lies in. */
static struct arrival *
place(struct state *state, struct window *window, const runs_key *key)
{
    const view bytes = runs_key_view(key);
    struct share *share = &window->shares[state_part_of(bytes)];

    share->hashes[share->count] = state_hash(state, bytes);
    return &share->arrivals[share->count++];
}

static enum err
add_sale(struct state *state, struct window *window,
         const struct record_event *stored, const struct ordinary_sale *sale)
{
    const runs_key key = runs_key_of((account_id) { .member = sale->member });
    struct arrival *arrival = place(state, window, &key);

    assert(key.size == KEY_SIZE);
    *arrival = (struct arrival) {
        .at_ms = sale->at_ms,
        .total = sale->total,
        .incarnation = stored->origin.incarnation,
        .seq = stored->origin.seq,
        .event = stored->core.bytes,
        .size = stored->core.size,
        .node = stored->origin.node,
        .store = sale->store,
        .sale = true,
    };
    memcpy(arrival->key, key.bytes, KEY_SIZE);
    return may_repeat(state, stored, sale->id, &arrival->repeats);
}

static enum err
add_event(struct state *state, struct window *window,
          const struct record_event *stored, const struct event *event)
{
    const runs_key key = runs_key_of(event->account);
    struct arrival *arrival = place(state, window, &key);

    *arrival = (struct arrival) { .event = event };
    return may_repeat(state, stored, event->id, &arrival->repeats);
}

/* Nothing is added of an event that nobody understands, that breaks a rule, or
 * that is not admitted: it has no effect. */
static enum err
add(struct state *state, struct window *window,
    const struct record_event *stored, struct arena *scratch)
{
    const uint32_t node = stored->origin.node;
    struct ordinary_sale sale;

    if (ordinary_sale(stored, &sale) && sale.total.minor > 0)
        return admits(state, node, sale.store)
                   ? add_sale(state, window, stored, &sale)
                   : OK;
    struct event *event = ARENA_NEW(scratch, struct event, 1);
    if (!decode(stored, scratch, event) || !admits(state, node, event->store))
        return OK;
    return add_event(state, window, stored, event);
}

/* The next events. */
static enum err
fill(void *context, uint32_t number)
{
    struct state *state = context;
    struct state_news *news = state->news;
    struct window *window = &news->windows[number];
    struct arena scratch = { .next = news->scratch.next + number * SCRATCH };
    struct record_event stored;
    uint64_t position;
    enum err err = OK;

    scratch.end = scratch.next + SCRATCH;
    for (uint32_t i = 0; i < STATE_PARTS; i++)
        window->shares[i].count = 0;
    for (uint32_t i = 0;
         i < WINDOW && err == OK && scratch.end - scratch.next >= SCRATCH_EVENT;
         i++) {
        err = news_next(&news->news, &stored, &position);
        if (err == OK)
            err = add(state, window, &stored, &scratch);
    }
    return err;
}

/* --- forward --- */

/* A sale onto the state of its account where it lies.  False: it has to go
 * forward. */
static bool
pass(const struct state *state, struct account_table *table,
     struct state_fold *fold, const struct arrival *arrival, uint64_t hash,
     enum err *ret_err)
{
    const struct onward_sale sale = {
        .at_ms = arrival->at_ms,
        .total = arrival->total,
        .identity = { arrival->incarnation, arrival->seq, arrival->node },
        .store = arrival->store,
    };
    struct account_entry *entry =
        account_table_find(table, hash, (view) { arrival->key, KEY_SIZE });
    uint8_t room[STATE_PACKED_HEAD];
    view passed;

    *ret_err = OK;
    uint8_t *blob = entry ? account_table_edit(table, entry) : NULL;
    if (blob == NULL)
        return false;
    const uint32_t size = entry->size - STATE_PACKED_HEAD;
    if (!state_fold_pass(fold, blob + STATE_PACKED_HEAD, size, &sale, &passed))
        return false;
    const view head = state_packed_head(state->news->last, room);
    if (passed.size == size)
        memcpy(blob, head.bytes, head.size);
    else
        *ret_err = account_table_set(table, entry, head, passed);
    return true;
}

/* Folds the event onto the account's state, or onto nothing where it is the
 * first one.  ERR_NOT_FOUND: the history is needed. */
static enum err
forward(struct state *state, struct account_table *table,
        struct state_fold *fold, const struct event *event, uint64_t hash,
        struct state_folded *ret_folded)
{
    const runs_key key = runs_key_of(event->account);
    struct state_packed packed = { 0 };
    enum err err = state_find_packed(state, hash, runs_key_view(&key), &packed);

    if (err == OK && packed.bytes.size == 0)
        return ERR_NOT_FOUND; /* there are events, but none counts */
    if (err == ERR_NOT_FOUND)
        packed.bytes = (view) { 0 };
    else if (err != OK)
        return err;
    err = state_fold_forward(fold, packed.bytes, event, ret_folded);
    if (err != OK)
        return err;
    return state_put(table, hash, runs_key_view(&key), state->news->last,
                     ret_folded->packed);
}

/* All of it.  It has been read before. */
static const struct event *
event_of(const struct arrival *arrival, struct event *room)
{
    const struct record_event stored = {
        .core = { arrival->event, arrival->size },
        .origin = { arrival->incarnation, arrival->seq, arrival->node },
    };

    if (!arrival->sale)
        return arrival->event;
    (void)!ordinary_purchase(&stored, room);
    return room;
}

/* To be folded afresh anyway. */
static bool
is_marked(const struct state_part *part, const struct arrival *arrival)
{
    const struct event *event = arrival->event;
    account_id account;

    if (marks_count(&part->marks) == 0)
        return false;
    if (!arrival->sale)
        return marks_has_own(&part->marks, event->account);
    return runs_key_account((view) { arrival->key, KEY_SIZE }, &account) &&
           marks_has_own(&part->marks, account);
}

static enum err
take(struct state *state, struct state_part *part, struct state_fold *fold,
     const struct arrival *arrival, uint64_t hash)
{
    struct state_folded folded;
    struct event room;
    enum err err;

    if (is_marked(part, arrival))
        return OK;
    if (arrival->sale && !arrival->repeats &&
        pass(state, &part->table, fold, arrival, hash, &err))
        return err;
    const struct event *event = event_of(arrival, &room);
    err = arrival->repeats
              ? ERR_NOT_FOUND
              : forward(state, &part->table, fold, event, hash, &folded);
    if (err == ERR_NOT_FOUND)
        return marks_add(&part->marks, event->account, true);
    /* Only the qualifying event itself concerns the referrer; asking again
     * for later ones costs a fold and changes nothing. */
    if (err == OK && folded.rewards_referrer)
        err = marks_add_member(&part->named, folded.referral.referrer);
    return err;
}

/* Asks for an account to come. */
static inline void
ask(const struct account_table *table, const struct share *share, uint32_t at,
    uint32_t step)
{
    if (at < share->count)
        account_table_prefetch(table, share->hashes[at],
                               (enum account_table_step)step);
}

/* How far ahead of the event that is folded a step is: each account's is taken
 * after those before it of all accounts behind it. */
static inline uint32_t
distance(uint32_t step)
{
    return (ACCOUNT_TABLE_STEPS - step) * AHEAD;
}

/* Folds a part's share of a window. */
static enum err
take_share(void *context, uint32_t thread, uint32_t number, uint32_t lane)
{
    struct state *state = context;
    struct state_part *part = &state->parts[lane];
    const struct share *share = &state->news->windows[number].shares[lane];
    enum err err = OK;

    for (uint32_t step = 0; step < ACCOUNT_TABLE_STEPS; step++)
        for (uint32_t i = 0; i < distance(step); i++)
            ask(&part->table, share, i, step);
    for (uint32_t i = 0; i < share->count && err == OK; i++) {
        for (uint32_t step = 0; step < ACCOUNT_TABLE_STEPS; step++)
            ask(&part->table, share, i + distance(step), step);
        err = take(state, part, &state->folds[thread], &share->arrivals[i],
                   share->hashes[i]);
    }
    return err;
}

static enum err
take_all(struct state *state, struct reader *reader)
{
    const struct lanes_job job = { state, fill, take_share };
    struct state_news *news = state->news;
    /* On the disk one at a time looks for a state. */
    bool alone = !state->whole || news->last - state->position < FEW;
    uint32_t threads = alone ? 1 : state->threads;
    enum err err = state_open_folds(state, threads);

    if (err != OK)
        return err;
    for (uint32_t i = 0; i < state->fold_count; i++)
        state->folds[i].warms = state->warms;
    news_begin(&news->news, reader, state->position, news->last);
    news->node = 0; /* enrolments may have changed */
    return lanes_run(&job, threads);
}

/* --- quarantine --- */

/* A mark may have come to an event that has been folded long ago; one that
 * counts only from a later position on has its turn then. */
static enum err
take_quarantine(struct state *state, struct reader *reader)
{
    const struct history *history = state->ledger->history;
    uint32_t count = history_quarantine_count(history);
    uint32_t seen = 0;
    struct record_event stored;
    struct event event;

    for (uint32_t i = 0; i < count; i++) {
        uint64_t position = history_quarantined(history, i);
        struct arena scratch = state->news->scratch;
        while (seen < state->quarantine_count &&
               state->quarantined[seen] < position)
            seen++;
        bool known = seen < state->quarantine_count &&
                     state->quarantined[seen] == position;
        uint64_t from = history_quarantined_from(history, i);
        if ((known && from <= state->position) || from > state->news->last ||
            reader_event(reader, position, &stored) != OK ||
            codec_decode(stored.core, &scratch, &event) != OK)
            continue;
        enum err err = state_mark(state, event.account, true);
        if (err != OK)
            return err;
    }
    uint64_t *grown = realloc(state->quarantined, (count + 1u) * sizeof *grown);
    if (grown == NULL)
        return ERR_MEMORY;
    for (uint32_t i = 0; i < count; i++)
        grown[i] = history_quarantined(history, i);
    state->quarantined = grown;
    state->quarantine_count = count;
    return OK;
}

/* How far to go: a record is followed whole or not at all, for it arrived so.
 */
static uint64_t
end_of_step(const struct state *state, struct reader *reader)
{
    uint64_t last = ledger_refresh_seen(state->ledger);
    struct reader_item item;

    if (last - state->position <= state->step ||
        reader_next(reader, state->position + state->step, &item) != OK ||
        item.position + item.record.count > last)
        return last;
    return item.position + item.record.count - 1;
}

enum err
state_follow(struct state *state)
{
    struct reader *reader = NULL;
    enum err err = reader_open(state->ledger->journal, &reader);

    if (err != OK)
        return err;
    uint64_t last = end_of_step(state, reader);
    state->news->last = last;
    err = take_quarantine(state, reader);
    if (err == OK)
        err = take_all(state, reader);
    reader_close(reader);
    if (err == OK)
        err = state_fold_afresh(state, last);
    state_forget_marks(state);
    if (err == OK)
        state->position = last;
    return err;
}
