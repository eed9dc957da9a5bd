/*
 * hub.h - the process of a hub
 *
 * One thread drains the network, stores what many nodes sent in one commit,
 * and acknowledges after it, never waiting for the fold; another folds
 * (keeper.h), a third answers handshakes (transport.h).
 */
#ifndef NODES_HUB_H
#define NODES_HUB_H

#include "core/err.h"

struct hub_options {
    const char *dir;             /* the ledger's */
    const char *listen;          /* "tcp://127.0.0.1:0": any free port */
    const char *public_endpoint; /* under which nodes find us; NULL: where we
                                  * listen */
    /* Told once, when nodes can connect; NULL: nobody. */
    void (*ready)(void *context, const char *endpoint);
    void *context;
    const char *metrics; /* a file for them; NULL: none */
};

/* Runs until SIGTERM or SIGINT, which is OK.  ERR_NOT_FOUND: no ledger;
 * ERR_BUSY: another hub or node has it, or the port is taken; ERR_INPUT: a
 * wrong option; ERR_CONFLICT: it is a standby, or a later hub has been met;
 * ERR_CORRUPT; ERR_IO. */
NODISCARD enum err hub_run(const struct hub_options *options,
                           struct complaint *complaint);

/* The same in pieces, for whoever has other clocks and networks to offer (the
 * simulator): hub_run() is open, turn after turn, close.  The options are
 * borrowed until the close. */
struct hub;
NODISCARD enum err hub_open(const struct hub_options *options,
                            struct complaint *complaint, struct hub **ret_hub);
void hub_close(struct hub *hub); /* NULL is allowed */
/* Does all that is to be done at this moment, without waiting. */
void hub_turn(struct hub *hub);
/* The disk has failed: close it and open it again. */
bool hub_is_broken(const struct hub *hub);
/* A later hub has been met: close it, it won't open again (reign.h). */
bool hub_is_deposed(const struct hub *hub);

/* The hub's key pair, made at the first call. */
struct keys_pair;
NODISCARD enum err hub_keys(const char *dir, struct keys_pair *ret_keys,
                            struct complaint *complaint);

#endif
