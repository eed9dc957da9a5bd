#include "nodes/teller.h"

#include "nodes/clock.h"

enum { NO_SESSION = 0 }; /* the hub counts them from 1 */

void
teller_open(struct teller *teller, struct ledger *ledger, struct keeper *keeper,
            uint64_t epoch)
{
    *teller = (struct teller) { .keeper = keeper,
                                .node = ledger_node(ledger),
                                .epoch = epoch };
    front_open(&teller->front, ledger);
    front_sell(&teller->front);
}

void
teller_close(struct teller *teller)
{
    front_close(&teller->front);
}

void
teller_take(const struct teller *teller)
{
    struct answer_to question = { .node = teller->node,
                                  .session = NO_SESSION,
                                  .epoch = teller->epoch };
    struct desk *desk = teller->front.desk;
    uint64_t client;

    while (desk && desk_next(desk, clock_steady_ms(), &client, &question.ask)) {
        question.ask.number = client;
        /* What the hub knows of an account, its ledger knows as well. */
        if (question.ask.kind != ASK_REDEEM ||
            !keeper_question(teller->keeper, &question))
            desk_answer_none(desk, client);
    }
}

bool
teller_answer(const struct teller *teller, const struct answer *answer)
{
    const uint64_t client = answer->to.ask.number;
    struct decision decision;
    struct text line = { 0 };

    if (answer->to.session != NO_SESSION)
        return false;
    if (!teller->front.desk)
        return true;
    if (ask_answer_kind(&answer->frame) == ASK_REDEEM &&
        ask_read_decision(&answer->frame, &decision)) {
        desk_write_decision(&line, &decision);
        desk_answer(teller->front.desk, client, &line);
    } else {
        desk_answer_none(teller->front.desk, client);
    }
    text_close(&line);
    return true;
}
