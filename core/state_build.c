#include "core/state_build.h"

#include "core/chore.h"
#include "core/ledger_parts.h"
#include "core/relay.h"

enum {
    PART_SHARE = 8, /* of the tables' memory, ... */
    PART_SIZE_MIN = 1 << 24,
};
static_assert((int)STATE_PARTS <= (int)RELAY_THREADS_MAX, "a part for each");

/* What all threads share. */
struct build {
    struct state *state;
    struct relay *relay; /* owned */
    pthread_t caller;
};

struct worker {
    struct build *build;
    struct state_fold *fold; /* borrowed */
    struct chore chore;
    struct text blob;
    bool stands_by; /* while somebody appends ... */
    uint64_t txn;   /* ... anything after this */
};

/* Puts one account into the part, unless it only waits to be somebody's
 * referrer: it has no event that a later one could have to do with. */
static enum err
add_account(struct worker *worker, const struct history_account *history,
            const struct relay_part *part)
{
    const struct state *state = worker->build->state;
    struct state_folded folded;
    enum err err =
        state_fold_history(worker->fold, history, HISTORY_ALL, &folded);

    if (err != OK || (folded.packed.size == 0 && history->event_count == 0))
        return err;
    err = state_packed_write(&worker->blob, ledger_position(state->ledger),
                             folded.packed);
    if (err != OK)
        return err;
    runs_key key = runs_key_of(history->account);
    runs_add(part->writer, runs_key_view(&key), text_view(&worker->blob));
    relay_hand_in(part);
    return OK;
}

static enum err
build_partition(struct worker *worker, const struct relay_part *part)
{
    struct arena *arena = &worker->fold->arena;
    struct history_scan *scan = NULL;
    struct history_account history;
    enum err err = history_scan_partition(worker->build->state->ledger->history,
                                          part->partition, HISTORY_ALL, &scan);

    while (err == OK) {
        arena_reset(arena);
        err = history_scan_next(scan, arena, &history);
        if (err == OK)
            err = add_account(worker, &history, part);
    }
    history_scan_close(scan);
    return err == ERR_NOT_FOUND ? OK : err;
}

/* Where no thread was to be had the work is done in the caller's, one after the
 * other, and nobody else would come to have the turn. */
static void
stand_by(struct worker *worker)
{
    const struct build *build = worker->build;
    bool goes_on = !pthread_equal(pthread_self(), build->caller);
    uint64_t txn;

    while (goes_on && (txn = journal_last_txn(build->state->ledger->journal)) !=
                          worker->txn) {
        worker->txn = txn;
        goes_on = relay_await_turn(build->relay);
    }
}

static enum err
work(void *context)
{
    struct worker *worker = context;
    struct relay_part part;

    for (;;) {
        if (worker->stands_by)
            stand_by(worker);
        if (!relay_take(worker->build->relay, &part))
            return OK;
        relay_end(&part, build_partition(worker, &part));
    }
}

/* What is found damaged is made good when all have stopped. */
static enum err
run_all(struct build *build, uint32_t count)
{
    struct state *state = build->state;
    struct worker workers[STATE_PARTS] = { 0 };
    uint64_t txn = journal_last_txn(state->ledger->journal);

    for (uint32_t i = count; i-- > 0;) {
        struct worker *worker = &workers[i];
        worker->build = build;
        worker->fold = &state->folds[i];
        worker->fold->crowded = true;
        worker->stands_by = i >= state->threads;
        worker->txn = txn;
        chore_begin(&worker->chore, work, worker, i > 0);
    }
    for (uint32_t i = 0; i < count; i++) {
        (void)!chore_end(&workers[i].chore);
        workers[i].fold->crowded = false;
        text_close(&workers[i].blob);
    }
    return relay_fault(build->relay);
}

enum err
state_build(struct state *state, struct runs_writer *writer)
{
    struct build build = { .state = state, .caller = pthread_self() };
    const uint32_t count = state->idle_threads;
    uint64_t part_max = state->keep_max / PART_SHARE / count;

    assert(count >= state->threads);
    if (part_max < PART_SIZE_MIN)
        part_max = PART_SIZE_MIN;
    enum err err = state_open_folds(state, count);
    if (err == OK)
        err = relay_open(writer, count, part_max, &build.relay);
    if (err == OK)
        err = run_all(&build, count);
    relay_close(build.relay);
    return err;
}
