#include "nodes/retain.h"

#include "core/prune.h"
#include "nodes/carry.h"
#include "nodes/clock.h"
#include "nodes/notes.h"
#include "nodes/trace.h"

enum { PAUSE_MIN_MS = 1000, PAUSE_MAX_MS = 86400000, PAUSES = 16 };
/* A local day of any zone lies within. */
#define GRANTS_MS (2 * INT64_C(86400000))

int64_t
retain_pause_ms(int64_t keep_ms)
{
    const int64_t pause_ms = keep_ms / PAUSES;

    if (pause_ms < PAUSE_MIN_MS)
        return PAUSE_MIN_MS;
    return pause_ms < PAUSE_MAX_MS ? pause_ms : PAUSE_MAX_MS;
}

/* One stream, as far as it is safe and its effects have been told. */
static enum err
run_stream(struct journal *journal, struct copies *copies,
           const struct notes *notes, stream_id stream, struct retain *retain)
{
    struct prune prune = {
        .stream = stream,
        .safe = notes_get_safe(notes, stream),
        .before_ms = retain->before_ms,
        .granted_ms = retain->now_ms - GRANTS_MS,
        .dry = retain->dry,
        .items_max = retain->part ? RETAIN_PART : 0,
    };
    uint64_t told = 0;

    enum err err = copies_folded(copies, stream.incarnation, &told);
    if (err != OK)
        return err;
    if (prune.safe > told)
        prune.safe = told;
    err = prune_run(journal, &prune);
    retain->dropped += prune.dropped;
    return err;
}

static enum err
run_streams(struct ledger *ledger, struct copies *copies, struct retain *retain)
{
    struct journal *journal = ledger_journal(ledger);
    struct carry carry = { 0 };
    struct notes notes;

    enum err err = notes_load(&notes, journal);
    if (err == OK)
        err = carry_open(journal, &carry);
    if (err == OK)
        err = carry_offers(&carry, ledger_node(ledger), CHANNEL_EVENTS);
    for (uint32_t i = 0; err == OK && i < carry.offer_count; i++)
        err =
            run_stream(journal, copies, &notes, carry.offers[i].stream, retain);
    carry_close(&carry);
    return err;
}

enum err
retain_run(struct ledger *ledger, struct copies *copies, struct retain *retain,
           struct complaint *complaint)
{
    const char *dir = ledger_dir(ledger);
    struct copies *opened = NULL;
    bool told = false;

    retain->dropped = 0;
    enum err err = copies ? OK : copies_open(dir, false, &opened);
    if (opened)
        copies = opened;
    if (err == OK)
        err = copies_told(copies, &told);
    if (err == ERR_NOT_FOUND || (err == OK && !told)) {
        complain(complaint,
                 "%s: the hub has told nothing of this store's accounts yet: "
                 "without that their balances would go with the events; run "
                 "the node first",
                 dir);
        err = ERR_CONFLICT;
    } else if (err == OK) {
        err = run_streams(ledger, copies, retain);
        /* Also after a part: the caches must not tell of what is gone. */
        if (retain->dropped > 0 && !retain->dry) {
            enum err second = prune_caches(ledger_journal(ledger), dir);
            err = err == OK ? second : err;
        }
    }
    if (err != OK && err != ERR_CONFLICT)
        complain(complaint, "%s: %s", dir, err_name(err));
    copies_close(opened);
    return err;
}

/* Where the hub has told nothing yet nothing goes, which is no trouble. */
static uint64_t
drop_part(struct retain_watch *watch, struct ledger *ledger,
          struct copies *copies, bool dry)
{
    struct complaint words = { 0 };
    const int64_t now_ms = clock_wall_ms();
    struct retain retain = { .now_ms = now_ms,
                             .before_ms = now_ms - watch->keep_ms,
                             .dry = dry,
                             .part = true };

    watch->look_ms = clock_steady_ms() + retain_pause_ms(watch->keep_ms);
    enum err err = retain_run(ledger, copies, &retain, &words);
    if (err != OK && err != ERR_CONFLICT)
        trace(TRACE_ERROR, ledger_node(ledger), "prune", "what=\"%s\"",
              words.text);
    return retain.dropped;
}

bool
retain_drop(struct retain_watch *watch, struct ledger *ledger)
{
    watch->due = false;
    if (watch->keep_ms == 0)
        return false;
    const uint64_t dropped = drop_part(watch, ledger, NULL, false);
    if (dropped == 0)
        return false;
    if (watch->dropped)
        *watch->dropped += dropped;
    trace(TRACE_NOTICE, ledger_node(ledger), "pruned", "items=%llu",
          (unsigned long long)dropped);
    return true;
}

bool
retain_is_due(struct retain_watch *watch, struct ledger *ledger,
              struct copies *copies)
{
    if (watch->keep_ms > 0 && clock_steady_ms() >= watch->look_ms)
        watch->due = drop_part(watch, ledger, copies, true) > 0;
    return watch->due;
}
