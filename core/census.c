#include "core/census.h"

#include "core/ledger_parts.h"
#include "core/runs.h"

#include <stdlib.h>

enum {
    FOLD_SIZE = 1 << 26,
    ARENA_SIZE = INT32_MAX, /* address space for one account */
};

/* What a walk is made with. */
struct walker {
    struct ledger *ledger; /* borrowed */
    struct census_options options;
    bool crowded;
    struct fold *fold;
    struct arena fold_arena;
};

struct census {
    struct walker walker;
    struct history_scan *scan;
    struct arena arena; /* of one account */
    struct history_account history;
    struct walk walk;
    runs_key last; /* the account given last; size 0: none */
};

/* Whatever it returns: close_walker(). */
static enum err
open_walker(struct walker *walker, struct ledger *ledger,
            const struct census_options *options, struct complaint *complaint)
{
    *walker = (struct walker) { .ledger = ledger, .options = *options };
    if (!arena_open(&walker->fold_arena, FOLD_SIZE))
        return ledger_fault(ledger, ERR_MEMORY, complaint);
    if (options->timeline == NULL) {
        enum err err = ledger_timeline(ledger, options->known,
                                       &walker->options.timeline, complaint);
        if (err != OK)
            return err;
    }
    walker->fold =
        fold_open(walker->options.timeline, false, &walker->fold_arena);
    return OK;
}

static void
close_walker(struct walker *walker)
{
    arena_close(&walker->fold_arena);
}

enum err
census_open(struct ledger *ledger, const struct census_options *options,
            struct complaint *complaint, struct census **ret_census)
{
    struct census *census = calloc(1, sizeof *census);

    if (census == NULL)
        return ledger_fault(ledger, ERR_MEMORY, complaint);
    enum err err = open_walker(&census->walker, ledger, options, complaint);
    if (err == OK && !arena_open(&census->arena, ARENA_SIZE))
        err = ledger_fault(ledger, ERR_MEMORY, complaint);
    if (err == OK)
        err = ledger_scan(ledger, options->known, &census->scan, complaint);
    if (err != OK) {
        census_close(census);
        return err;
    }
    *ret_census = census;
    return OK;
}

void
census_close(struct census *census)
{
    if (census == NULL)
        return;
    history_scan_close(census->scan);
    arena_close(&census->arena);
    close_walker(&census->walker);
    free(census);
}

/* Account order, as the scan has it: the partition is not looked at. */
static int
compare_keys(const runs_key *a, const runs_key *b)
{
    return view_compare((view) { a->bytes + 1, a->size - 1u },
                        (view) { b->bytes + 1, b->size - 1u });
}

/* A damaged run was met on the way, or made good while a referral was looked
 * up (ERR_BUSY): the scan begins anew and passes over what has been given
 * already. */
static enum err
start_again(struct census *census, enum err why)
{
    history_scan_close(census->scan);
    census->scan = NULL;
    enum err err = why == ERR_CORRUPT ? ledger_mend(census->walker.ledger) : OK;
    if (err == OK)
        err = ledger_scan(census->walker.ledger, census->walker.options.known,
                          &census->scan, NULL);
    return err;
}

static enum err
next_history(struct census *census)
{
    runs_key key;
    enum err err;

    do {
        arena_reset(&census->arena);
        err = history_scan_next(census->scan, &census->arena, &census->history);
        if (err != OK)
            return err;
        key = runs_key_of(census->history.account);
    } while (census->last.size > 0 && compare_keys(&key, &census->last) <= 0);
    census->last = key;
    return OK;
}

/* Begins the walk of an account up to the time asked for. */
static enum err
begin_walk(const struct walker *walker, const struct history_account *history,
           struct arena *arena, struct walk *ret_walk)
{
    const struct ledger_question question = { .known = walker->options.known,
                                              .crowded = walker->crowded };
    struct walk_input input;
    enum err err =
        ledger_walk_input(walker->ledger, history, &question, walker->fold,
                          walker->options.at_ms, arena, &input);

    if (err != OK)
        return err;
    fold_use_arena(walker->fold, arena);
    walk_open(ret_walk, &input, arena);
    return OK;
}

static enum err
walk(struct census *census)
{
    const struct census_options *options = &census->walker.options;
    enum err err = begin_walk(&census->walker, &census->history, &census->arena,
                              &census->walk);

    while (err == OK && walk_next(&census->walk))
        if (options->step != NULL)
            options->step(options->context, &census->walk);
    return err;
}

enum err
census_next(struct census *census, const struct walk **ret_walk)
{
    do {
        enum err err = next_history(census);
        if ((err == ERR_CORRUPT || err == ERR_BUSY) &&
            start_again(census, err) == OK)
            err = next_history(census);
        if (err == OK)
            err = walk(census);
        if (err != OK)
            return err;
    } while (!census->walk.account.begun);
    *ret_walk = &census->walk;
    return OK;
}

const struct history_account *
census_history(const struct census *census)
{
    return &census->history;
}

const struct timeline *
census_timeline(const struct census *census)
{
    return census->walker.options.timeline;
}

/* --- sums --- */

/* One thread's. */
struct share {
    struct walker walker;
    const struct census_calls *calls;
    void *context;
};

static enum err
take_account(void *context, const struct history_account *history,
             struct arena *arena)
{
    struct share *share = context;
    const struct census_calls *calls = share->calls;
    struct walk walk;
    enum err err = begin_walk(&share->walker, history, arena, &walk);

    if (err != OK)
        return err;
    if (calls->begin != NULL)
        calls->begin(share->context, history);
    while (walk_next(&walk))
        if (calls->step != NULL)
            calls->step(share->context, &walk);
    return walk.account.begun && calls->take != NULL
               ? calls->take(share->context, &walk)
               : OK;
}

enum err
census_spread(struct ledger *ledger, const struct census_options *options,
              const struct census_calls *calls,
              const struct spread_contexts *contexts,
              struct complaint *complaint)
{
    struct share shares[SPREAD_THREADS_MAX] = { 0 };
    struct spread_contexts all = { .count = contexts->count };
    enum err err = OK;

    for (uint32_t i = 0; i < all.count && err == OK; i++) {
        all.items[i] = &shares[i];
        shares[i].calls = calls;
        shares[i].context = contexts->items[i];
        err = open_walker(&shares[i].walker, ledger, options, complaint);
        shares[i].walker.crowded = true;
    }
    if (err == OK)
        err = ledger_fault(
            ledger, spread_run(ledger, options->known, take_account, &all),
            complaint);
    for (uint32_t i = 0; i < all.count; i++)
        close_walker(&shares[i].walker);
    return err;
}
