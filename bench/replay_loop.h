/*
 * replay_loop.h - the yardstick of bench_replay.c: one loop, written by hand
 * for the five questions of replay_sums.h and one pair of programs
 *
 * It knows beforehand that the candidate gives two points in place of one,
 * that points end with the sixth month after theirs, and that no level ends
 * within the history; it reads twelve bytes an event, and answers nothing
 * else.  What it reads is also what the peers get, as a table.
 */
#ifndef BENCH_REPLAY_LOOP_H
#define BENCH_REPLAY_LOOP_H

#include "bench/replay_sums.h"
#include "core/ledger.h"

struct loop_history;

/* Lays the history out for the loop. */
struct loop_history *loop_prepare(struct ledger *ledger, uint64_t event_count);
void loop_free(struct loop_history *history);

/* How many accounts hold the first `event_count` events, all of each. */
uint64_t loop_accounts(const struct loop_history *history,
                       uint64_t event_count);
/* How many events so many accounts have. */
uint64_t loop_events(const struct loop_history *history,
                     uint64_t account_count);

/* Answers for so many accounts; the seconds that it took on one thread. */
double loop_run(const struct loop_history *history, uint64_t account_count,
                struct replay_sums *ret_sums);

/* Writes a table of the events of so many accounts, with a heading. */
void loop_write(const struct loop_history *history, uint64_t account_count,
                FILE *out);

#endif
