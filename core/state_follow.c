#include "core/state_follow.h"

#include "core/codec.h"
#include "core/ledger_parts.h"
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

struct arrival {
    struct event event; /* its views borrow from the journal or the scratch */
    runs_key key;
    uint64_t hash;
    bool repeats; /* perhaps */
};

struct window {
    struct arrival arrivals[WINDOW];
    struct share {
        uint64_t hashes[WINDOW];   /* once more, as they are read ahead */
        uint16_t arrivals[WINDOW]; /* which ones are the part's */
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
    struct state_news *news = calloc(1, sizeof *news);

    if (news == NULL)
        return ERR_MEMORY;
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
    if (ordinary_purchase(stored, ret_event))
        return true;
    if (codec_decode(stored->core, scratch, ret_event) != OK ||
        event_check_core(ret_event, NULL) != OK)
        return false;
    ret_event->identity = stored->origin;
    return true;
}

/* Events come by node, and from few stores each. */
static bool
admits(struct state *state, const struct event *event)
{
    struct state_news *news = state->news;

    if (event->identity.node != news->node || event->store != news->store) {
        news->node = event->identity.node;
        news->store = event->store;
        news->admits =
            admission_admits(state->ledger->admission, news->node, news->store);
    }
    return news->admits;
}

/* An event that could be one with another (a copy, or told again by a new
 * incarnation) is for gather.h to judge. */
static enum err
may_repeat(struct state *state, const struct event *event, bool copy,
           bool *ret_may)
{
    bool only = true;
    enum err err = OK;

    *ret_may = copy || history_counts(state->ledger->history).copies > 0;
    if (*ret_may || event->id.size == 0)
        return OK;
    err = lives_is_only(&state->lives, state->news->news.reader,
                        event->identity, &only);
    *ret_may = !only;
    return err;
}

static enum err
add(struct state *state, struct window *window, uint32_t number, bool copy)
{
    struct arrival *arrival = &window->arrivals[number];

    arrival->key = runs_key_of(arrival->event.account);
    view key = runs_key_view(&arrival->key);
    arrival->hash = state_hash(state, key);
    struct share *share = &window->shares[state_part_of(key)];
    share->hashes[share->count] = arrival->hash;
    share->arrivals[share->count++] = (uint16_t)number;
    return may_repeat(state, &arrival->event, copy, &arrival->repeats);
}

/* The next events that are admitted, decoded; those that nobody understands, or
 * that break a rule, have no effect. */
static enum err
fill(void *context, uint32_t number)
{
    struct state *state = context;
    struct state_news *news = state->news;
    struct window *window = &news->windows[number];
    struct arena scratch = { .next = news->scratch.next + number * SCRATCH };
    struct record_event stored;
    uint64_t position;
    uint32_t count = 0;
    enum err err = OK;

    scratch.end = scratch.next + SCRATCH;
    for (uint32_t i = 0; i < STATE_PARTS; i++)
        window->shares[i].count = 0;
    while (err == OK && count < WINDOW &&
           scratch.end - scratch.next >= SCRATCH_EVENT &&
           (err = news_next(&news->news, &stored, &position)) == OK) {
        struct event *event = &window->arrivals[count].event;
        if (decode(&stored, &scratch, event) && admits(state, event))
            err = add(state, window, count++, stored.copy);
    }
    return err;
}

/* --- forward --- */

/* The account's state, and its entry, if the table has it. */
static enum err
find(const struct state *state, const struct account_table *table,
     const struct arrival *arrival, struct account_entry **ret_entry,
     struct state_packed *ret_packed)
{
    view key = runs_key_view(&arrival->key);

    *ret_entry = account_table_find(table, arrival->hash, key);
    if (*ret_entry != NULL)
        return state_packed_read(account_table_blob(table, *ret_entry),
                                 ret_packed);
    return state_find_packed(state, arrival->hash, key, ret_packed);
}

/* Onto the state where it lies.  False: it can't be, or that takes memory. */
static bool
pass(const struct state *state, struct account_table *table,
     struct account_entry *entry, struct state_fold *fold,
     const struct event *event, enum err *ret_err)
{
    const uint32_t size = entry->size - STATE_PACKED_HEAD;
    uint8_t room[STATE_PACKED_HEAD];
    const view head = state_packed_head(state->news->last, room);
    uint8_t *blob = account_table_edit(table, entry);
    view passed;

    *ret_err = OK;
    if (blob == NULL ||
        !state_fold_pass(fold, blob + STATE_PACKED_HEAD, size, event, &passed))
        return false;
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
        struct state_fold *fold, const struct arrival *arrival,
        struct state_folded *ret_folded)
{
    struct account_entry *entry;
    struct state_packed packed = { 0 };
    enum err err = find(state, table, arrival, &entry, &packed);

    if (err == OK && packed.bytes.size == 0)
        return ERR_NOT_FOUND; /* there are events, but none counts */
    if (err == ERR_NOT_FOUND)
        packed.bytes = (view) { 0 };
    else if (err != OK)
        return err;
    *ret_folded = (struct state_folded) { 0 };
    if (entry != NULL && pass(state, table, entry, fold, &arrival->event, &err))
        return err;
    err = state_fold_forward(fold, packed.bytes, &arrival->event, ret_folded);
    if (err != OK)
        return err;
    if (entry == NULL)
        return state_put(table, arrival->hash, runs_key_view(&arrival->key),
                         state->news->last, ret_folded->packed);
    uint8_t room[STATE_PACKED_HEAD];
    view head = state_packed_head(state->news->last, room);
    return account_table_set(table, entry, head, ret_folded->packed);
}

static enum err
take(struct state *state, struct state_part *part, struct state_fold *fold,
     const struct arrival *arrival)
{
    const struct event *event = &arrival->event;
    struct state_folded folded;
    enum err err = ERR_NOT_FOUND;

    if (marks_has_own(&part->marks, event->account))
        return OK;
    if (!arrival->repeats)
        err = forward(state, &part->table, fold, arrival, &folded);
    if (err == ERR_NOT_FOUND)
        return marks_add(&part->marks, event->account, true);
    /* Only the qualifying event itself concerns the referrer; asking again
     * for later ones costs a fold and changes nothing. */
    if (err == OK && folded.rewards_referrer)
        err = marks_add_member(&part->named, folded.referral.referrer);
    return err;
}

/* Asks for events to come, which another thread may have read, and for their
 * accounts, each by one step further than of those behind it. */
static inline void
look_ahead(const struct account_table *table, const struct window *window,
           const struct share *share, uint32_t at)
{
    enum { LINE = 64 };
    uint32_t ahead = at + ACCOUNT_TABLE_STEPS * AHEAD;

    if (ahead < share->count) {
        const struct arrival *arrival =
            &window->arrivals[share->arrivals[ahead]];
        for (uint32_t i = 0; i < sizeof *arrival; i += LINE)
            __builtin_prefetch((const uint8_t *)arrival + i);
    }
    for (uint32_t step = 0; step < ACCOUNT_TABLE_STEPS; step++) {
        ahead = at + (ACCOUNT_TABLE_STEPS - step) * AHEAD;
        if (ahead < share->count)
            account_table_prefetch(table, share->hashes[ahead],
                                   (enum account_table_step)step);
    }
}

/* Folds a part's share of a window. */
static enum err
take_share(void *context, uint32_t thread, uint32_t number, uint32_t lane)
{
    struct state *state = context;
    struct state_part *part = &state->parts[lane];
    const struct window *window = &state->news->windows[number];
    const struct share *share = &window->shares[lane];
    enum err err = OK;

    for (uint32_t i = 0; i < share->count && err == OK; i++) {
        look_ahead(&part->table, window, share, i);
        err = take(state, part, &state->folds[thread],
                   &window->arrivals[share->arrivals[i]]);
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
    uint64_t last = ledger_position(state->ledger);
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
