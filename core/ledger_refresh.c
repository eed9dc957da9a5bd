#include "core/ledger_refresh.h"

#include "core/ledger_parts.h"

enum {
    BACKLOG_MERGE = 32768, /* positions; above, a visitor merges the tail */
};

static enum err
refresh_history(struct ledger *ledger)
{
    uint64_t backlog = 0;

    if (ledger->owner_file >= 0)
        return history_refresh(ledger->history);
    enum err err = history_backlog(ledger->history, &backlog);
    if (err == OK && backlog >= BACKLOG_MERGE && ledger_borrow_caches(ledger)) {
        err = history_refresh(ledger->history);
        ledger_return_caches(ledger);
    }
    return err == OK ? history_refresh(ledger->history) : err;
}

/* But for the number, which stays, and for which others may ask meanwhile. */
static enum err
refresh_identity(struct ledger *ledger)
{
    struct journal_identity who;
    enum err err = journal_get_identity(ledger->journal, &who);

    if (err != OK)
        return err;
    ledger->who.incarnation = who.incarnation;
    ledger->who.epoch = who.epoch;
    ledger->who.parent = who.parent;
    return OK;
}

static enum err
refresh_rules(struct ledger *ledger)
{
    bool changed;
    enum err err = refresh_identity(ledger);

    if (err == OK)
        err = versions_refresh(ledger->versions, &changed);
    return err == OK ? admission_refresh(ledger->admission) : err;
}

/* What has been met is not passed over. */
static enum err
conclude(struct ledger *ledger, enum err err, struct complaint *complaint)
{
    ledger_note_damage(ledger);
    if (err == OK && !ledger->lenient)
        return ledger_refuse(ledger, complaint);
    return ledger_fault(ledger, err, complaint);
}

enum err
ledger_refresh(struct ledger *ledger, struct complaint *complaint)
{
    enum err err = refresh_rules(ledger);

    if (err == OK)
        err = refresh_history(ledger);
    return conclude(ledger, err, complaint);
}

/* The rules last: whatever has been seen, they are known of. */
enum err
ledger_refresh_rules(struct ledger *ledger, struct complaint *complaint)
{
    uint64_t last;
    enum err err = history_look(ledger->history, &last);

    if (err == OK)
        err = refresh_rules(ledger);
    if (err == OK)
        ledger->seen = last;
    return conclude(ledger, err, complaint);
}

uint64_t
ledger_refresh_seen(const struct ledger *ledger)
{
    uint64_t position = ledger_position(ledger);

    return ledger->seen > position ? ledger->seen : position;
}

enum err
ledger_refresh_histories(struct ledger *ledger, struct complaint *complaint)
{
    uint64_t seen = ledger_refresh_seen(ledger);

    assert(ledger->owner_file >= 0);
    enum err err =
        conclude(ledger, history_reach(ledger->history, seen), complaint);
    /* Nothing else keeps a tail from being put aside for the next. */
    if (err == OK && ledger_position(ledger) < seen)
        err = ledger_fault(ledger, ERR_FULL, complaint);
    return err;
}
