#include "core/census.h"

#include "core/ledger_parts.h"
#include "core/runs.h"

#include <stdlib.h>

enum {
    FOLD_SIZE = 1 << 26,
    ARENA_SIZE = INT32_MAX, /* address space for one account */
};

struct census {
    struct ledger *ledger; /* borrowed */
    struct census_options options;
    struct history_scan *scan;
    struct fold *fold;
    struct arena fold_arena;
    struct arena arena; /* of one account */
    struct history_account history;
    struct walk walk;
    runs_key last; /* the account given last; size 0: none */
};

enum err
census_open(struct ledger *ledger, const struct census_options *options,
            struct complaint *complaint, struct census **ret_census)
{
    struct census *census = calloc(1, sizeof *census);
    enum err err = ERR_MEMORY;

    if (census == NULL)
        return ledger_fault(ledger, err, complaint);
    census->ledger = ledger;
    census->options = *options;
    if (!arena_open(&census->fold_arena, FOLD_SIZE) ||
        !arena_open(&census->arena, ARENA_SIZE)) {
        ledger_fault(ledger, err, complaint);
        goto fail;
    }
    if (options->timeline == NULL) {
        err = ledger_timeline(ledger, options->known, &census->options.timeline,
                              complaint);
        if (err != OK)
            goto fail;
    }
    census->fold =
        fold_open(census->options.timeline, false, &census->fold_arena);
    err = ledger_scan(ledger, options->known, &census->scan, complaint);
    if (err != OK)
        goto fail;
    *ret_census = census;
    return OK;
fail:
    census_close(census);
    return err;
}

void
census_close(struct census *census)
{
    if (census == NULL)
        return;
    history_scan_close(census->scan);
    arena_close(&census->arena);
    arena_close(&census->fold_arena);
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
    enum err err = why == ERR_CORRUPT ? ledger_mend(census->ledger) : OK;
    if (err == OK)
        err = ledger_scan(census->ledger, census->options.known, &census->scan,
                          NULL);
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

static enum err
walk(struct census *census)
{
    const struct ledger_question question = { .known = census->options.known };
    struct walk_input input;
    enum err err = ledger_walk_input(
        census->ledger, &census->history, &question, census->fold,
        census->options.at_ms, &census->arena, &input);

    if (err != OK)
        return err;
    fold_use_arena(census->fold, &census->arena);
    walk_open(&census->walk, &input, &census->arena);
    if (census->options.step == NULL) {
        walk_finish(&census->walk);
        return OK;
    }
    while (walk_next(&census->walk))
        census->options.step(census->options.context, &census->walk);
    return OK;
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
    return census->options.timeline;
}

enum err
census_run(struct ledger *ledger, const struct census_options *options,
           struct complaint *complaint)
{
    struct census *census;
    const struct walk *walk;
    enum err err = census_open(ledger, options, complaint, &census);

    assert(options->step != NULL);
    if (err != OK)
        return err;
    while ((err = census_next(census, &walk)) == OK)
        continue;
    census_close(census);
    return err == ERR_NOT_FOUND ? OK : err;
}
