/*
 * teller.h - a hub's own desk: questions of commands on the hub's ledger, and
 * the tills there (tills.h)
 *
 * A command that redeems at headquarters must not give away what is reserved
 * for a store.  Only the running hub knows that, so it is asked (desk.h) as
 * any node asks it: the question goes to the keeper under the hub's own number
 * and without a session, and the answer back to the client.
 */
#ifndef NODES_TELLER_H
#define NODES_TELLER_H

#include "nodes/front.h"
#include "nodes/keeper.h"

struct teller {
    struct front front;
    struct keeper *keeper;
    uint32_t node;
    uint64_t epoch;
};

/* Opens the desk and the tills (front.h).  The keeper is the ledger's; both are
 * borrowed until the close. */
void teller_open(struct teller *teller, struct ledger *ledger,
                 struct keeper *keeper, uint64_t epoch);
void teller_close(struct teller *teller);
/* Puts the questions that have come to the keeper. */
void teller_take(const struct teller *teller);
/* Whether the answer is one for the desk; it has been handed out then. */
NODISCARD bool teller_answer(const struct teller *teller,
                             const struct answer *answer);

#endif
