/*
 * keeper.h - the thread that folds, so that the one that talks never waits
 *
 * It looks at the journal many times a second, and takes in what this or any
 * other process has committed: histories and versions, at a hub states, too,
 * from which it makes what nodes are told (feed.h), and when there is time the
 * totals that settlement asks for.
 *
 * A hub's states come first, for they are what it is asked most.  Histories
 * follow when nothing else arrives, at the latest half a million positions or
 * about a second behind.  Whoever is told of them waits until then; as long as
 * redemptions are asked for both go together.
 */
#ifndef NODES_KEEPER_H
#define NODES_KEEPER_H

#include "nodes/answer.h"

struct keeper;

/* Opens a ledger to own it; a command may hold the ownership for a moment, to
 * merge a long tail.  A copy begins a new incarnation first (instance.h).
 * `feeds` as for keeper_open().  As ledger_open(). */
NODISCARD enum err keeper_ledger(const char *dir, bool feeds,
                                 struct complaint *complaint,
                                 struct ledger **ret_ledger);

/* Starts the thread.  The ledger was opened by its owner and is the
 * keeper's alone, but for its journal, until the close.  `feeds`: a hub, or a
 * standby, that keeps states and answers asks.  ERR_MEMORY, and what
 * state_open() says. */
NODISCARD enum err keeper_open(struct ledger *ledger, bool feeds,
                               struct keeper **ret_keeper);
/* Ends the thread after the step it is in; what is folded is written for the
 * next one, if that can be. */
void keeper_close(struct keeper *keeper);

/* There is something new in the journal. */
void keeper_wake(struct keeper *keeper);

/* What the thread does each time that it wakes up; only for who lets it have
 * none (the simulator). */
void keeper_look(struct keeper *keeper);

/* Whether it keeps the states of all, as keeper_open() was told. */
bool keeper_feeds(const struct keeper *keeper);
/* The position up to which all is folded. */
uint64_t keeper_position(struct keeper *keeper);
/* When that last moved, by the wall's clock; 0: not yet. */
int64_t keeper_folded_ms(struct keeper *keeper);

/* Puts a node's question; the answer comes with keeper_answer(), before
 * anything is fed.  False: too many are waiting, what has arrived can't be
 * folded, or that takes longer than a till waits (states that are made anew,
 * histories far behind): whoever asks is to decide alone at once. */
enum { KEEPER_QUESTIONS_MAX = 256 };
NODISCARD bool keeper_question(struct keeper *keeper,
                               const struct answer_to *question);
/* An answer, owned from now on.  False: none is ready. */
NODISCARD bool keeper_answer(struct keeper *keeper, struct answer *ret_answer);
/* How many reservations stood when the thread last looked. */
uint32_t keeper_holds(struct keeper *keeper);
/* Readable whenever answers may be ready. */
int keeper_bell(const struct keeper *keeper);

/* Asks for what a node is to be told; the answer comes with keeper_take(), some
 * time.  False: too many are waiting, ask again later. */
NODISCARD bool keeper_ask(struct keeper *keeper, const struct feed_ask *ask);
/* An answer, owned from now on.  False: none is ready. */
NODISCARD bool keeper_take(struct keeper *keeper,
                           struct feed_parcel *ret_parcel);

#endif
