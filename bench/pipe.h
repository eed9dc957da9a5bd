/*
 * pipe.h - a bare pipe: what a machine gives to a hub that does next to nothing
 *
 * Frames of 100 events of 64 bytes go over CURVE connections from one process
 * to another.  That one checks the XXH3 of each, puts all that it has drained
 * into LMDB with one durable commit, adds every event to its account's row of
 * 64 bytes, and answers each frame.  There are no streams, chains, copies,
 * rules, late events or histories.  Measured in the same run as a hub, it says
 * how much of what the machine gives that day the hub keeps.
 */
#ifndef BENCH_PIPE_H
#define BENCH_PIPE_H

#include <stdint.h>

struct pipe_options {
    uint32_t connections;
    uint64_t events;
    uint64_t accounts; /* all known before the first event */
};

/* Events per second, durable, in the table and answered. */
double pipe_rate(const char *folder, const struct pipe_options *options);

#endif
