/*
 * store.h - the process of a store's node
 *
 * Replicates what this ledger holds to its hub and takes what is public from
 * there, for as long as it runs; till then and after, any other process may
 * append to the ledger, and asks it questions.  One thread talks, another
 * folds (keeper.h).
 */
#ifndef NODES_STORE_H
#define NODES_STORE_H

#include "core/err.h"

struct store_options {
    const char *dir;   /* the ledger's */
    const char *hub;   /* a good endpoint, to be tried first; NULL: as stored */
    view ticket;       /* of --join; empty: joined before */
    int64_t keep_ms;   /* drop own events that are older and safe (retain.h);
                        * 0: never */
    uint64_t *dropped; /* so many by now; counted by store_run() itself ... */
    int64_t since_ms;  /* ... which also notes when the process began */
    bool once;         /* end when all is sent and received */
    bool standby;      /* not a store but the copy of a hub: all streams, and it
                        * ends when it has been promoted (reign.h) */
    /* Told once, when it has joined and runs; NULL: nobody. */
    void (*ready)(void *context);
    void *context;
    const char *metrics; /* a file for them; NULL: none */
};

/* Runs until SIGTERM or SIGINT, which is OK.  ERR_NOT_FOUND: no ledger, or one
 * that never joined a hub; ERR_BUSY: another node or hub has the ledger;
 * ERR_INPUT: refused by the hub, or a wrong option; ERR_CORRUPT; ERR_IO. */
NODISCARD enum err store_run(const struct store_options *options,
                             struct complaint *complaint);

/* The same in pieces, for whoever has other clocks and networks to offer (the
 * simulator): store_run() is open, turn after turn, close.  `stop` interrupts
 * a joining (stop.h); the options are borrowed until the close. */
struct store;
NODISCARD enum err store_open(const struct store_options *options, int stop,
                              struct complaint *complaint,
                              struct store **ret_store);
void store_close(struct store *store); /* NULL is allowed */
/* Does all that is to be done at this moment, without waiting. */
void store_turn(struct store *store);
/* The disk has failed: close it and open it again. */
bool store_is_broken(const struct store *store);

#endif
