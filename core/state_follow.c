#include "core/state_follow.h"

#include "core/codec.h"
#include "core/ledger_parts.h"
#include "core/news.h"
#include "core/ordinary.h"

#include <stdlib.h>

/* One batch is folded while the accounts of those behind it are on their way,
 * each by one step further than the next. */
enum {
    BATCH = 16,
    BATCHES = ACCOUNT_TABLE_STEPS,
    BATCH_SCRATCH = STATE_SCRATCH / BATCHES,
};
static_assert(BATCH_SCRATCH % 16 == 0, "aligned");
static_assert(BATCH_SCRATCH > (int)STATE_SCRATCH_EVENT, "room for several");

struct arrival {
    struct event event; /* its views borrow from the journal or the scratch */
    runs_key key;
    uint64_t hash;
    bool copy;
};

struct batch {
    struct arrival arrivals[BATCH];
    uint32_t count;
};

struct state_news {
    uint64_t last; /* position up to which events are followed */
    struct batch batches[BATCHES];
    uint32_t node; /* of the last event ... */
    uint32_t store;
    bool admits; /* ... and whether such are admitted */
};

enum err
state_news_open(struct state_news **ret_news)
{
    struct state_news *news = calloc(1, sizeof *news);

    if (news == NULL)
        return ERR_MEMORY;
    *ret_news = news;
    return OK;
}

void
state_news_close(struct state_news *news)
{
    free(news);
}

/* --- forward --- */

static enum err
put(struct state *state, uint64_t hash, view key, view packed)
{
    uint8_t room[STATE_PACKED_HEAD];
    view head = state_packed_head(state->news->last, room);

    return account_table_put_parts(&state->table, hash, key, head, packed);
}

/* An event that could be one with another (a copy, or told again by a new
 * incarnation) is for gather.h to judge. */
static enum err
may_repeat(struct state *state, const struct arrival *arrival,
           struct reader *reader, bool *ret_may)
{
    bool only = true;
    enum err err = OK;

    *ret_may =
        arrival->copy || history_counts(state->ledger->history).copies > 0;
    if (*ret_may || arrival->event.id.size == 0)
        return OK;
    err = lives_is_only(&state->lives, reader, arrival->event.identity, &only);
    *ret_may = !only;
    return err;
}

/* The account's state, and its entry, if the table has it. */
static enum err
find(const struct state *state, const struct arrival *arrival,
     struct account_entry **ret_entry, struct state_packed *ret_packed)
{
    view key = runs_key_view(&arrival->key);

    *ret_entry = account_table_find(&state->table, arrival->hash, key);
    if (*ret_entry != NULL)
        return state_packed_read(account_table_blob(&state->table, *ret_entry),
                                 ret_packed);
    return state_find_packed(state, arrival->hash, key, ret_packed);
}

/* Folds the event onto the account's state, or onto nothing where it is the
 * first one.  ERR_NOT_FOUND: the history is needed. */
static enum err
forward(struct state *state, const struct arrival *arrival,
        struct state_folded *ret_folded)
{
    struct account_entry *entry;
    struct state_packed packed = { 0 };
    enum err err = find(state, arrival, &entry, &packed);

    if (err == OK && packed.bytes.size == 0)
        return ERR_NOT_FOUND; /* there are events, but none counts */
    if (err == ERR_NOT_FOUND)
        packed.bytes = (view) { 0 };
    else if (err != OK)
        return err;
    err = state_fold_forward(&state->fold, packed.bytes, &arrival->event,
                             ret_folded);
    if (err != OK)
        return err;
    if (entry == NULL)
        return put(state, arrival->hash, runs_key_view(&arrival->key),
                   ret_folded->packed);
    uint8_t room[STATE_PACKED_HEAD];
    view head = state_packed_head(state->news->last, room);
    return account_table_set(&state->table, entry, head, ret_folded->packed);
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

static enum err
take(struct state *state, const struct arrival *arrival, struct reader *reader)
{
    const struct event *event = &arrival->event;
    struct state_folded folded;
    bool repeats = false;

    if (marks_has_own(&state->marks, event->account) || !admits(state, event))
        return OK;
    enum err err = may_repeat(state, arrival, reader, &repeats);
    if (err == OK && !repeats)
        err = forward(state, arrival, &folded);
    if (repeats || err == ERR_NOT_FOUND)
        return marks_add(&state->marks, event->account, true);
    /* Only the qualifying event itself concerns the referrer; asking again
     * for later ones costs a fold and changes nothing. */
    if (err == OK && folded.rewards_referrer)
        err = marks_add_member(&state->marks, folded.referral.referrer);
    return err;
}

/* --- batches --- */

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

/* The next events, decoded; those that nobody understands, or that break a
 * rule, have no effect.  ERR_NOT_FOUND: these were the last. */
static enum err
fill(const struct state *state, struct news *news, struct arena scratch,
     struct batch *batch)
{
    struct record_event stored;
    uint64_t position;
    enum err err = OK;

    while (batch->count < BATCH &&
           (size_t)(scratch.end - scratch.next) >= STATE_SCRATCH_EVENT &&
           (err = news_next(news, &stored, &position)) == OK) {
        struct arrival *arrival = &batch->arrivals[batch->count];
        if (!decode(&stored, &scratch, &arrival->event))
            continue;
        arrival->copy = stored.copy;
        arrival->key = runs_key_of(arrival->event.account);
        arrival->hash =
            account_table_hash(&state->table, runs_key_view(&arrival->key));
        batch->count++;
    }
    return err;
}

/* A batch's own part of the scratch. */
static struct arena
scratch_of(const struct state *state, uint32_t batch)
{
    uint8_t *begin = state->scratch.next + batch * BATCH_SCRATCH;

    return (struct arena) { .next = begin, .end = begin + BATCH_SCRATCH };
}

static void
prefetch(const struct state *state, const struct batch *batch,
         enum account_table_step step)
{
    for (uint32_t i = 0; i < batch->count; i++)
        account_table_prefetch(&state->table, batch->arrivals[i].hash, step);
}

/* Folds the batch, which is empty then. */
static enum err
take_batch(struct state *state, struct batch *batch, struct reader *reader)
{
    enum err err = OK;

    for (uint32_t i = 0; i < batch->count && err == OK; i++)
        err = take(state, &batch->arrivals[i], reader);
    batch->count = 0;
    return err;
}

/* What is read in a turn is folded when its batch's turn comes again. */
static enum err
take_all(struct state *state, struct reader *reader)
{
    struct batch *batches = state->news->batches;
    struct news news;
    uint64_t last_turn = UINT64_MAX;
    enum err err = OK;

    news_begin(&news, reader, state->position, state->news->last);
    state->news->node = 0; /* enrolments may have changed */
    for (uint32_t i = 0; i < BATCHES; i++)
        batches[i].count = 0;
    for (uint64_t turn = 0; err == OK && turn <= last_turn; turn++) {
        uint32_t now = (uint32_t)(turn % BATCHES);
        err = take_batch(state, &batches[now], reader);
        if (err == OK && last_turn == UINT64_MAX)
            err = fill(state, &news, scratch_of(state, now), &batches[now]);
        if (err == ERR_NOT_FOUND) {
            last_turn = turn + BATCHES;
            err = OK;
        }
        for (uint32_t step = 0; step < ACCOUNT_TABLE_STEPS; step++)
            prefetch(state, &batches[(turn + BATCHES - step) % BATCHES],
                     (enum account_table_step)step);
    }
    return err;
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
        struct arena scratch = state->scratch;
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
        enum err err = marks_add(&state->marks, event.account, true);
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

/* --- afresh --- */

/* Folds one marked account afresh; whom it names as its referrer, and whom it
 * named before, may win or lose by it. */
static enum err
fold_marked(struct state *state, const struct mark *mark)
{
    struct state_packed before = { 0 };
    struct state_folded folded;
    struct referral_state named = { 0 };
    account_id account;
    view key = runs_key_view(&mark->key);
    uint64_t hash = account_table_hash(&state->table, key);

    if (!runs_key_account(key, &account))
        return err_corrupt();
    enum err err = state_find_packed(state, hash, key, &before);
    if (err == OK && before.bytes.size > 0)
        err = state_fold_referral(&state->fold, before.bytes, account, &named);
    bool new = err == ERR_NOT_FOUND;
    if (err != OK && !new)
        return err;
    err = state_fold_account(&state->fold, account, state->news->last, &folded);
    if (err != OK)
        return err;
    struct referral_state names = folded.referral;
    if (!new || mark->own || folded.packed.size > 0)
        err = put(state, hash, key, folded.packed);
    if (err == OK && mark->own)
        err = marks_add_member(&state->marks, named.referrer);
    if (err == OK && mark->own)
        err = marks_add_member(&state->marks, names.referrer);
    return err;
}

static enum err
fold_all_marked(struct state *state)
{
    struct mark mark;
    enum err err;

    while ((err = marks_next(&state->marks, &mark)) == OK) {
        err = fold_marked(state, &mark);
        if (err != OK)
            return err;
    }
    return err == ERR_NOT_FOUND ? OK : err;
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
        err = fold_all_marked(state);
    marks_close(&state->marks);
    if (err == OK)
        state->position = last;
    return err;
}
