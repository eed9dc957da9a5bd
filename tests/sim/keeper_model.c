/*
 * keeper.c - the other body of nodes/keeper.h: no thread; the world says when
 */
#include "tests/sim/keeper_model.h"

#include <stdlib.h>

#include "core/journal.h"
#include "tests/sim/machine.h"

struct keeper {
    struct ledger *ledger;
    struct machine *machine;
    uint64_t txn;
};

enum err
keeper_open(struct ledger *ledger, struct keeper **ret_keeper)
{
    struct keeper *keeper = calloc(1, sizeof *keeper);

    if (keeper == NULL)
        return ERR_MEMORY;
    keeper->ledger = ledger;
    keeper->machine = machine_here();
    keeper->machine->keeper = keeper;
    *ret_keeper = keeper;
    return OK;
}

void
keeper_close(struct keeper *keeper)
{
    if (keeper == NULL)
        return;
    keeper->machine->keeper = NULL;
    free(keeper);
}

void
keeper_wake(struct keeper *keeper)
{
    (void)keeper; /* it looks anyway */
}

uint64_t
keeper_position(struct keeper *keeper)
{
    return ledger_position(keeper->ledger);
}

struct ledger *
keeper_ledger(struct keeper *keeper)
{
    return keeper->ledger;
}

enum err
keeper_fold(struct keeper *keeper, struct complaint *complaint)
{
    uint64_t txn = journal_last_txn(ledger_journal(keeper->ledger));

    if (txn == keeper->txn)
        return OK;
    keeper->txn = txn;
    return ledger_refresh(keeper->ledger, complaint);
}
