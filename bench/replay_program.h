/*
 * replay_program.h - the command `leima replay` as a process of its own: how
 * long from its start to its report, and how much memory at most
 */
#ifndef BENCH_REPLAY_PROGRAM_H
#define BENCH_REPLAY_PROGRAM_H

struct replay_program {
    double seconds;
    double anonymous_mb; /* at most, of memory of its own */
    double resident_mb;  /* at most, with the pages of files it has read */
};

/* Replays a program file of `build/leima` over the ledger, on all cores. */
struct replay_program replay_program_run(const char *ledger, const char *rules);

#endif
