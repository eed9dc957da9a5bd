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
};

/* Runs until SIGTERM or SIGINT, which is OK.  ERR_NOT_FOUND: no ledger;
 * ERR_BUSY: another hub or node has it, or the port is taken; ERR_INPUT: a
 * wrong option; ERR_CORRUPT; ERR_IO. */
NODISCARD enum err hub_run(const struct hub_options *options,
                           struct complaint *complaint);

/* The hub's key pair, made at the first call. */
struct keys_pair;
NODISCARD enum err hub_keys(const char *dir, struct keys_pair *ret_keys,
                            struct complaint *complaint);

#endif
