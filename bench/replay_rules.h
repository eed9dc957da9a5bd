/*
 * replay_rules.h - the programs of bench_replay.c, for the stores and
 * categories of its history (replay_history.h)
 */
#ifndef BENCH_REPLAY_RULES_H
#define BENCH_REPLAY_RULES_H

enum { REPLAY_UNLIKE = 8 };

/* Asks the five questions of replay_sums.h. */
extern const char replay_five[];

/* The example of RULES.md. */
extern const char replay_whole[];

/* Programs that have little in common. */
extern const char *const replay_unlike[REPLAY_UNLIKE];

#endif
