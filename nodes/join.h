/*
 * join.h - how a ledger becomes a node of a hub
 *
 * With the string that `enrol new` printed: the ledger is made if it is not
 * there, a key pair of its own is made, and registered over a connection made
 * with the string's one-time key.  All is kept in files first, so that a
 * joining that is cut anywhere goes on where it was; asking twice does no
 * harm.
 */
#ifndef NODES_JOIN_H
#define NODES_JOIN_H

#include "nodes/keys.h"

/* Takes in the string: makes the ledger if need be, the files, the keys.
 * ERR_INPUT: not such a string, a ledger of another number or of a store that
 * the string is not for, or one that is to be a store's and has published rules
 * itself.  (A standby may have: it was the hub once.)  ERR_IO, ERR_FULL; faults
 * of the ledger. */
NODISCARD enum err join_prepare(const char *dir, view string, bool standby,
                                struct complaint *complaint);

/* Whether a joining has been prepared and not been finished.  True also where
 * that can't be read now: join_finish() says why. */
bool join_is_pending(const char *dir);

/* Registers at one of the hubs, looked for at the address `told`, too, if that
 * is not NULL; tries again until it is done, the descriptor `stop` (stop.h)
 * says so, or a hub refuses.  OK also if it was stopped: join_is_pending()
 * tells.  ERR_INPUT: the hub does not admit the one-time key (its time is over,
 * or it was revoked), or has registered another key with it; a ledger that had
 * joined before goes on by the key that it has.  ERR_NOT_FOUND: a key file is
 * gone; ERR_IO, ERR_FULL, ERR_MEMORY. */
NODISCARD enum err join_finish(const char *dir, uint32_t node, const char *told,
                               int stop, struct complaint *complaint);

#endif
