/*
 * replay_history.h - the history of bench_replay.c: a year of purchases and
 * redemptions of many accounts, in a ledger
 *
 * It follows from a seed.  One event in seventeen redeems points, two in three
 * purchases have one line, of one of twelve categories; there are 200 stores,
 * of which an account visits four.  Fifty events to an account.
 */
#ifndef BENCH_REPLAY_HISTORY_H
#define BENCH_REPLAY_HISTORY_H

#include "bench/bench.h"
#include "core/ledger.h"

#define REPLAY_UNTIL_MS INT64_C(1767225600000) /* 2026-01-01 in UTC */

enum { REPLAY_EVENTS_MIN = 1000 };

/* The ledger of so many events, at least REPLAY_EVENTS_MIN, under
 * replay_five[] and with its image up to date; made if it is not there yet.
 * In making it, measures how fast it is filled and its image built and brought
 * up to date. */
struct ledger *replay_history_open(const char *path, uint64_t total,
                                   struct bench *bench);

/* Bytes of an image of purchases without lines, for each. */
double replay_history_plain_size(const char *folder, struct bench *bench);

#endif
