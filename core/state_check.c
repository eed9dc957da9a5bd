#include "core/state_check.h"

#include "core/ledger_parts.h"
#include "core/runset.h"
#include "core/spread.h"
#include "core/state.h"
#include "core/state_fold.h"

#include <string.h>

/* One thread's. */
struct check {
    const struct runset *set;
    struct state_fold fold;
    uint64_t wrong_count;
};

/* An account without a state must be one without an event. */
static enum err
compare(struct check *check, const struct history_account *history, view fresh)
{
    runs_key key = runs_key_of(history->account);
    struct state_packed stored = { 0 };
    view blob = { 0 };
    enum err err = state_packed_find(check->set, runs_key_view(&key), &blob);

    if (err == OK)
        err = state_packed_read(blob, &stored);
    if (err != OK && err != ERR_NOT_FOUND)
        return err;
    check->wrong_count += !view_equal(stored.bytes, fresh) ||
                          (err != OK && history->event_count > 0);
    return OK;
}

static enum err
check_account(void *context, const struct history_account *history,
              struct arena *arena)
{
    struct check *check = context;
    struct state_folded folded;

    (void)arena; /* the fold has its own */
    arena_reset(&check->fold.arena);
    enum err err = state_fold_history(&check->fold, history,
                                      check->set->position, &folded);
    return err == OK ? compare(check, history, folded.packed) : err;
}

static enum err
check_accounts(struct ledger *ledger, const struct timeline *timeline,
               const struct runset *set, uint64_t *ret_wrong)
{
    struct check checks[SPREAD_THREADS_MAX] = { 0 };
    struct spread_contexts contexts = { .count = spread_threads() };
    enum err err = OK;

    for (uint32_t i = 0; i < contexts.count && err == OK; i++) {
        contexts.items[i] = &checks[i];
        checks[i].set = set;
        err = state_fold_open(&checks[i].fold, ledger, timeline);
        checks[i].fold.crowded = true;
    }
    if (err == OK)
        err = spread_run(ledger, set->position, check_account, &contexts);
    for (uint32_t i = 0; i < contexts.count; i++) {
        *ret_wrong += checks[i].wrong_count;
        if (checks[i].fold.fold != NULL)
            state_fold_close(&checks[i].fold);
    }
    return err;
}

enum err
state_check(struct ledger *ledger, uint64_t *ret_wrong)
{
    struct runset set = state_packed_set();
    const struct timeline *timeline = NULL;
    bool changed;
    enum err err = ledger_timeline(ledger, LEDGER_KNOWN_ALL, &timeline, NULL);

    *ret_wrong = 0;
    if (err != OK)
        return err == ERR_UNKNOWN ? OK : err;
    err = runset_init(&set, ledger->dir, ledger->journal);
    if (err != OK)
        return err;
    err = runset_load(&set, &changed);
    if (err == OK)
        err = runset_verify(&set);
    /* Of other rules, or from before somebody was admitted, they are built anew
     * by whoever needs them. */
    if (err != OK || set.position == 0 ||
        memcmp(set.tag, timeline->digest.bytes, sizeof set.tag) != 0 ||
        admission_changed(ledger->admission) > set.position)
        goto done;
    err = check_accounts(ledger, timeline, &set, ret_wrong);
done:
    runset_close(&set);
    return err;
}

enum err
state_check_drop(struct ledger *ledger)
{
    struct runset set = state_packed_set();
    enum err err = runset_init(&set, ledger->dir, ledger->journal);

    if (err != OK)
        return err;
    bool taken = ledger_borrow_caches(ledger);
    err = taken ? runset_reset(&set) : ERR_BUSY;
    if (taken)
        ledger_return_caches(ledger);
    runset_close(&set);
    return err;
}
