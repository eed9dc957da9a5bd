/*
 * harbour.h - the real process of a hub, to which a fleet sails
 *
 * Its ledger has the program published and the fleet's nodes enrolled.  The
 * process ends with the one that started it.
 */
#ifndef BENCH_HARBOUR_H
#define BENCH_HARBOUR_H

#include "bench/fleet.h"

#include <sys/types.h>

enum { HARBOUR_PATH_SIZE = 4200 };

struct harbour {
    char path[HARBOUR_PATH_SIZE]; /* of the ledger */
    char endpoint[64];
    curve_key key;
    uint64_t epoch;
    pid_t process;
};

/* Starts it, with a new ledger in a folder, and waits until it listens. */
void harbour_open(struct harbour *harbour, const char *folder,
                  enum sales_program program, struct fleet *fleet);
void harbour_close(struct harbour *harbour);

/* When the hub of the ledger had folded all that it had acknowledged before. */
int64_t harbour_wait_until_folded(const char *path);

#endif
