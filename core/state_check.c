#include "core/state_check.h"

#include "core/ledger_parts.h"
#include "core/runset.h"
#include "core/state.h"
#include "core/state_fold.h"

#include <string.h>

struct check {
    struct ledger *ledger;
    struct runset set;
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
    enum err err = state_packed_find(&check->set, runs_key_view(&key), &blob);

    if (err == OK)
        err = state_packed_read(blob, &stored);
    if (err != OK && err != ERR_NOT_FOUND)
        return err;
    check->wrong_count += !view_equal(stored.bytes, fresh) ||
                          (err != OK && history->event_count > 0);
    return OK;
}

static enum err
check_partition(struct check *check, uint32_t partition)
{
    struct history_scan *scan = NULL;
    struct history_account history;
    struct state_folded folded;
    uint64_t known = check->set.position;
    enum err err =
        history_scan_partition(check->ledger->history, partition, known, &scan);

    while (err == OK) {
        arena_reset(&check->fold.arena);
        err = history_scan_next(scan, &check->fold.arena, &history);
        if (err == OK)
            err = state_fold_history(&check->fold, &history, known, &folded);
        if (err == OK)
            err = compare(check, &history, folded.packed);
    }
    history_scan_close(scan);
    return err == ERR_NOT_FOUND ? OK : err;
}

enum err
state_check(struct ledger *ledger, uint64_t *ret_wrong)
{
    struct check check = { .ledger = ledger, .set = state_packed_set() };
    const struct timeline *timeline = NULL;
    bool changed;
    enum err err = ledger_timeline(ledger, LEDGER_KNOWN_ALL, &timeline, NULL);

    *ret_wrong = 0;
    if (err != OK)
        return err == ERR_UNKNOWN ? OK : err;
    err = runset_init(&check.set, ledger->dir, ledger->journal);
    if (err != OK)
        return err;
    err = runset_load(&check.set, &changed);
    if (err == OK)
        err = runset_verify(&check.set);
    /* Of other rules, or from before somebody was admitted, they are built anew
     * by whoever needs them. */
    if (err != OK || check.set.position == 0 ||
        memcmp(check.set.tag, timeline->digest.bytes, sizeof check.set.tag) !=
            0 ||
        admission_changed(ledger->admission) > check.set.position)
        goto done;
    err = state_fold_open(&check.fold, ledger, timeline);
    for (uint32_t p = 0; p < LIMIT_PARTITIONS && err == OK; p++)
        err = check_partition(&check, p);
    *ret_wrong = check.wrong_count;
done:
    if (check.fold.fold != NULL)
        state_fold_close(&check.fold);
    runset_close(&check.set);
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
