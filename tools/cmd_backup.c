/* cmd_backup.c - backup and restore */
#include "tools/cmd_backup.h"

#include <inttypes.h>

#include "core/ledger_backup.h"
#include "nodes/keys.h"
#include "nodes/reign.h"
#include "nodes/safe.h"
#include "tools/query.h"

static void
tell(const struct arguments *arguments, const char *words,
     const struct ledger_backup *backup)
{
    if (command_flag(arguments, "json"))
        printf("{\"position\": %" PRIu64 ", \"events\": %" PRIu64 "}\n",
               backup->position, backup->events);
    else
        printf("%s up to position %" PRIu64 ", %" PRIu64
               " events, all read through\n",
               words, backup->position, backup->events);
}

/* A hub writes into its books that the copy has been made and read through:
 * what is in it counts as safe. */
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

static enum command_status
backup(const struct arguments *arguments)
{
    struct complaint complaint = { 0 };
    struct ledger_backup found;
    struct ledger *ledger = NULL;

    enum command_status status = query_ledger(arguments, LEDGER_READ, &ledger);
    if (status != COMMAND_DONE)
        return status;
    enum err err = ledger_backup(ledger, command_operand(arguments, 1), &found,
                                 &complaint);
    if (err == OK)
        err = record_it(ledger, &found, &complaint);
    ledger_close(ledger);
    if (err != OK)
        return command_fail(arguments, err, "%s", complaint.text);
    tell(arguments, "copied", &found);
    return COMMAND_DONE;
}

static enum command_status
restore(const struct arguments *arguments)
{
    struct complaint complaint = { 0 };
    struct ledger_backup found;

    enum err err = ledger_restore(command_operand(arguments, 1),
                                  command_operand(arguments, 0),
                                  command_now_ms(), &found, &complaint);
    if (err != OK)
        return command_fail(arguments, err, "%s", complaint.text);
    tell(arguments, "restored", &found);
    return COMMAND_DONE;
}

const struct command cmd_backup_table[] = {
    { .name = "backup",
      .run = backup,
      .line = "a hot, consistent copy of a ledger, read through",
      .usage = "LEDGER DIR",
      .operands_min = 2,
      .operands_max = 2,
      .about =
          "Secret keys are not in it; see keys export. A hub notes it in its "
          "books: what is\nin a backup is safe, and nodes may drop it.\n",
      .examples = "leima backup L backups/2026-01-31\n" },
    { .name = "restore",
      .run = restore,
      .line = "a ledger out of a backup; it starts a new incarnation",
      .usage = "LEDGER DIR",
      .operands_min = 2,
      .operands_max = 2,
      .about = "LEDGER is made anew from the backup in DIR and must not be "
               "there yet.\n",
      .examples = "leima restore L backups/2026-01-31\n" },
    { 0 },
};
