/*
 * answer.h - what a hub answers to its nodes' questions
 *
 * On the thread that folds (keeper.h), for there are the states.  A state is
 * handed out as it is kept; a redemption is decided on the account's walk up
 * to now, less what is reserved for others, and reserved if it is granted.
 */
#ifndef NODES_ANSWER_H
#define NODES_ANSWER_H

#include "nodes/ask.h"
#include "nodes/feed.h"

/* Who asks, and the session to answer in. */
struct answer_to {
    uint32_t node;
    uint64_t session;
    uint64_t epoch; /* of the hub */
    struct ask ask;
};

struct answer {
    struct answer_to to;
    struct frame frame; /* ANSWER, but for the session */
    struct arena arena; /* owned; what the frame borrows */
};
/* Gives back what the frame borrows. */
void answer_close(struct answer *answer);

struct answerer;

/* Borrows both until the close.  ERR_MEMORY. */
NODISCARD enum err answer_open(struct ledger *ledger, struct feed *feed,
                               struct answerer **ret_answerer);
void answer_end(struct answerer *answerer); /* NULL is allowed */

/* Whether it is answered from histories: they must be as far as the states. */
bool answer_needs_history(const struct answer_to *to);

/* The times are the wall's and one that only runs forward.  What can't be
 * found out is answered with "decide alone".  False: no memory. */
NODISCARD bool answer_make(struct answerer *answerer,
                           const struct answer_to *to, int64_t wall_ms,
                           int64_t steady_ms, struct answer *ret_answer);

/* Ends the reservations whose event has arrived, and those whose time is over.
 * answer_make() does so, too. */
void answer_look(struct answerer *answerer, int64_t steady_ms);
/* How many reservations stand. */
uint32_t answer_holds(const struct answerer *answerer);

#endif
