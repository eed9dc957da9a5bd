#include "nodes/front.h"

#include "nodes/trace.h"

static void
tell(const struct front *front, const char *name, enum err err, bool *lacks)
{
    const bool lacked = *lacks;

    *lacks = err != OK;
    if (*lacks && !lacked)
        trace(TRACE_ERROR, ledger_node(front->ledger), name,
              "why=\"can't be opened, and is tried again: %s\"", err_name(err));
    else if (lacked && !*lacks)
        trace(TRACE_NOTICE, ledger_node(front->ledger), name, "what=open");
}

static void
open_what_lacks(struct front *front)
{
    struct ledger *ledger = front->ledger;

    if (ledger == NULL)
        return;
    if (front->desk == NULL)
        tell(front, "desk",
             desk_open(ledger_dir(ledger), ledger_node(ledger), &front->desk),
             &front->desk_lacks);
    if (front->sells && front->tills == NULL)
        tell(front, "tills", tills_open(ledger, &front->tills),
             &front->tills_lack);
}

void
front_open(struct front *front, struct ledger *ledger)
{
    front->ledger = ledger;
    open_what_lacks(front);
}

void
front_sell(struct front *front)
{
    front->sells = true;
    open_what_lacks(front);
}

void
front_look(struct front *front, int64_t steady_ms)
{
    if (steady_ms < front->again_ms)
        return;
    front->again_ms = steady_ms + FRONT_RETRY_MS;
    open_what_lacks(front);
}

void
front_close(struct front *front)
{
    tills_close(front->tills);
    desk_close(front->desk);
    *front = (struct front) { 0 };
}

int
front_bell(const struct front *front, int other)
{
    return front->desk ? desk_bell(front->desk) : other;
}
