/*
 * main.c - the program: all tables of commands, in the order of the help
 */
#include "nodes/trace.h"
#include "tools/cmd_account.h"
#include "tools/cmd_backup.h"
#include "tools/cmd_dispute.h"
#include "tools/cmd_enrol.h"
#include "tools/cmd_events.h"
#include "tools/cmd_generate.h"
#include "tools/cmd_import.h"
#include "tools/cmd_keys.h"
#include "tools/cmd_ledger.h"
#include "tools/cmd_liability.h"
#include "tools/cmd_nodes.h"
#include "tools/cmd_redeem.h"
#include "tools/cmd_replay.h"
#include "tools/cmd_report.h"
#include "tools/cmd_rfm.h"
#include "tools/cmd_rules.h"
#include "tools/cmd_seal.h"
#include "tools/cmd_segment.h"
#include "tools/cmd_settle.h"
#include "tools/cmd_status.h"
#include "tools/file.h"
#include "tools/guard.h"

#include <locale.h>
#include <malloc.h>
#include <stddef.h>

/* clang-format off */
static const struct command *const TABLES[] = {
    cmd_ledger_table,
    cmd_status_table,
    cmd_backup_table,
    cmd_rules_table,
    cmd_events_table,
    cmd_import_table,
    cmd_account_table,
    cmd_redeem_table,
    cmd_segment_table,
    cmd_rfm_table,
    cmd_report_table,
    cmd_settle_table,
    cmd_dispute_table,
    cmd_seal_table,
    cmd_liability_table,
    cmd_replay_table,
    cmd_generate_table,
    cmd_nodes_table,
    cmd_enrol_table,
    cmd_keys_table,
    NULL,
};
/* clang-format on */

/* What is large is mapped by itself, always: else a block that was freed raises
 * the size from which on blocks are, and those that grow (tails of a history)
 * leave holes as large as they were.  And some of what is freed at the end of
 * the heap stays there: messages come and go by the thousand, and each time
 * their pages would be given back and asked for again. */
static void
set_up_heap(void)
{
    (void)mallopt(M_MMAP_THRESHOLD, 1 << 20);
    (void)mallopt(M_TRIM_THRESHOLD, 1 << 23);
}

int
main(int count, char **words)
{
    file_hold_standard();
    trace_find_journal();
    set_up_heap();
    /* Only for the width of letters in tables; numbers and times are written
     * by our own functions, the same everywhere. */
    setlocale(LC_CTYPE, "C.UTF-8");
    guard_install();
    return command_main(TABLES, count, words);
}
