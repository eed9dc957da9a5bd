/* cmd_backup.c - backup and restore; dropping what is safe */
#include "tools/cmd_backup.h"

#include "core/ledger_backup.h"
#include "nodes/clock.h"
#include "nodes/keys.h"
#include "nodes/reign.h"
#include "nodes/retain.h"
#include "nodes/safe.h"
#include "tools/progress.h"
#include "tools/query.h"

#include <inttypes.h>

/* What was done with so many events. */
static void
tell(const struct arguments *arguments, const char *words,
     const struct ledger_backup *backup)
{
    if (command_flag(arguments, "json"))
        printf("{\"position\": %" PRIu64 ", \"events\": %" PRIu64,
               backup->position, backup->events);
    else
        printf("%s up to position %" PRIu64 ", %" PRIu64
               " %s, all read through",
               words, backup->position, backup->events,
               text_plural(backup->events, "event", "events"));
}

/* How long folding the copy anew took. */
static void
tell_fold(const struct arguments *arguments, int64_t fold_ms)
{
    if (command_flag(arguments, "json"))
        printf(", \"fold_ms\": %" PRId64 "}\n", fold_ms);
    else
        printf(" and folded anew in %" PRId64 ".%" PRId64 " s\n",
               fold_ms / 1000, fold_ms % 1000 / 100);
}

/* A hub writes into its books that the copy has been made and found good: what
 * is in it counts as safe. */
static enum err
record_it(struct ledger *ledger, const struct ledger_backup *found,
          struct complaint *complaint)
{
    struct journal *journal = ledger_journal(ledger);
    bool nodes = false;

    if (keys_has_hub(ledger_dir(ledger)))
        return OK;
    enum err err = reign_has_nodes(journal, &nodes);
    if (err == OK && nodes)
        err = safe_record_backup(journal, found->position, command_now_ms());
    if (err != OK)
        complain(complaint,
                 "%s: the copy is good, but can't be entered into the books",
                 ledger_dir(ledger));
    return err;
}

/* Makes the copy where it counts for nothing, and names it once it is good. */
static enum err
copy(struct ledger *ledger, const char *dir, struct ledger_backup *ret_found,
     int64_t *ret_fold_ms, struct complaint *complaint)
{
    char unproved[LEDGER_BACKUP_PATH];

    enum err err = ledger_backup_begin(dir, unproved, complaint);
    if (err != OK)
        return err;
    err = ledger_backup(ledger, unproved, ret_found, complaint);
    int64_t begun_ms = clock_steady_ms();
    if (err == OK)
        err = ledger_backup_check(ledger, unproved, complaint);
    *ret_fold_ms = clock_steady_ms() - begun_ms;
    return ledger_backup_end(dir, err, complaint);
}

static enum command_status
backup(const struct arguments *arguments)
{
    struct complaint complaint = { 0 };
    struct ledger_backup found;
    struct ledger *ledger = NULL;
    int64_t fold_ms = 0;
    struct progress progress = { 0 };
    struct watch watch =
        progress_watch(&progress, !command_flag(arguments, "json"));

    /* It goes into the books. */
    enum command_status status = query_ledger(arguments, LEDGER_WRITE, &ledger);
    if (status != COMMAND_DONE)
        return status;
    ledger_set_watch(ledger, &watch);
    enum err err = copy(ledger, command_operand(arguments, 1), &found, &fold_ms,
                        &complaint);
    progress_end(&progress);
    if (err == OK)
        err = record_it(ledger, &found, &complaint);
    ledger_close(ledger);
    if (err != OK)
        return command_fail(arguments, err, "%s", complaint.text);
    tell(arguments, "copied", &found);
    tell_fold(arguments, fold_ms);
    return COMMAND_DONE;
}

static enum command_status
restore(const struct arguments *arguments)
{
    struct complaint complaint = { 0 };
    struct ledger_backup found;
    struct progress progress = { 0 };
    struct watch watch =
        progress_watch(&progress, !command_flag(arguments, "json"));
    const struct ledger_restore options = {
        .backup = command_operand(arguments, 1),
        .dir = command_operand(arguments, 0),
        .now_ms = command_now_ms(),
        .watch = &watch,
    };

    enum err err = ledger_restore(&options, &found, &complaint);
    progress_end(&progress);
    if (err != OK)
        return command_fail(arguments, err, "%s", complaint.text);
    tell(arguments, "restored", &found);
    printf(command_flag(arguments, "json") ? "}\n" : "\n");
    return COMMAND_DONE;
}

/* --- prune -------------------------------------------------------------- */

static enum command_status
prune(const struct arguments *arguments)
{
    struct ledger *ledger = NULL;
    struct complaint complaint = { 0 };
    const char *dir = command_operand(arguments, 0);
    int64_t age_ms = 0;
    struct retain retain = { .dry = command_flag(arguments, "dry-run") };

    if (!command_age(arguments, "older-than", &age_ms))
        return COMMAND_MISUSE;
    if (age_ms == 0)
        return command_misuse(arguments,
                              "--older-than DAYS (or 72h, 30m, 90s) is needed");
    if (!keys_has_hub(dir))
        return command_fail(arguments, ERR_CONFLICT,
                            "%s has joined no hub: its events are nowhere else",
                            dir);
    enum command_status status =
        query_ledger(arguments, retain.dry ? LEDGER_READ : LEDGER_OWN, &ledger);
    if (status != COMMAND_DONE)
        return status;
    retain.now_ms = command_now_ms();
    retain.before_ms = retain.now_ms - age_ms;
    enum err err = retain_run(ledger, NULL, &retain, &complaint);
    ledger_close(ledger);
    if (err != OK)
        return command_fail(arguments, err, "%s", complaint.text);
    if (command_flag(arguments, "json"))
        printf("{\"dropped\": %" PRIu64 "}\n", retain.dropped);
    else
        printf("%s %" PRIu64 " %s\n", retain.dry ? "would drop" : "dropped",
               retain.dropped, text_plural(retain.dropped, "item", "items"));
    return COMMAND_DONE;
}

static const struct option PRUNE_OPTIONS[] = {
    { "older-than", "DAYS", "what was recorded within so many days stays" },
    { "dry-run", NULL, "only say how much it would be" },
    { 0 }
};

const struct command cmd_backup_table[] = {
    { .name = "backup",
      .run = backup,
      .line = "a hot, consistent copy of a ledger, checked by folding it",
      .usage = "LEDGER DIR",
      .operands_min = 2,
      .operands_max = 2,
      .about = "The copy is read through and folded anew, and compared with "
               "the ledger; until it\n"
               "is found good it is DIR/unproved, and what is not equal stays "
               "there, with status\n"
               "3.  A hub then notes it in its books: what is in a good backup "
               "is safe, and\n"
               "nodes may drop it.  Secret keys are not in it; see leima keys "
               "export.\n"
               "A terminal shows how far it has come.\n",
      .examples = "leima backup L backups/2026-01-31\n" },
    { .name = "restore",
      .run = restore,
      .line = "a ledger out of a backup; it starts a new incarnation",
      .usage = "LEDGER DIR",
      .operands_min = 2,
      .operands_max = 2,
      .about = "LEDGER is made anew from the backup in DIR and must not be "
               "there yet.\n"
               "A terminal shows how far it has come.\n",
      .examples = "leima restore L backups/2026-01-31\n" },
    { .name = "prune",
      .run = prune,
      .line = "drop old events of a node that are safe at its hub",
      .usage = "LEDGER",
      .operands_min = 1,
      .operands_max = 1,
      .options = PRUNE_OPTIONS,
      .about = "Safe is what a standby of the hub has, or a backup that the "
               "hub has made; leima\n"
               "status shows it.  A node that the hub has told nothing yet may "
               "drop nothing (1).\n"
               "The node must not be running (but for --dry-run); or run it "
               "with --retention,\n"
               "and it drops by itself.  What was dropped is gone from "
               "history, explain, export\n"
               "and reports of this node; balances come from the hub.  "
               "Redemptions of the last\n"
               "two days stay.\n",
      .examples = "leima prune store421 --older-than 400 --dry-run\n" },
    { 0 },
};
