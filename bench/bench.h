/*
 * bench.h - what every benchmark shares: the clock, repeated runs, the table
 * and the JSON file
 *
 * A benchmark measures cases; a case has a value of ours and, from the same
 * run and on the same work, those of peers.  The machine is noisy: each side
 * is run several times in turn and the median counts.  What is printed, as it
 * is known, goes to build/bench/NAME.json at the end, a list of
 * {"case", "value", "unit", "peers": {name: value}}.
 */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stdbool.h>
#include <stdint.h>

enum { BENCH_CASES_MAX = 64, BENCH_PEERS_MAX = 6, BENCH_RUNS = 3 };

struct bench_peer {
    const char *name;
    double value;
};

struct bench_case {
    char name[64];
    const char *unit;
    double value;
    uint32_t peer_count;
    struct bench_peer peers[BENCH_PEERS_MAX];
};

struct bench {
    const char *name;
    uint32_t count;
    uint32_t told; /* of these, printed */
    double start;  /* 0: nothing has been printed */
    struct bench_case cases[BENCH_CASES_MAX];
};

/* Seconds on a clock that never goes back. */
double bench_now(void);

/* Seconds that this thread has computed: what others take from the machine is
 * not in it. */
double bench_cpu(void);

/* The middle one of `count` values, which are sorted in place. */
double bench_median(double *values, uint32_t count);

/* Prints what has been measured and what is done next, and how many seconds
 * have gone by since the first time: for what takes minutes. */
void bench_phase(struct bench *bench, const char *next);

/* A new case; `name` is copied, `unit` borrowed.  The pointer is good until
 * the bench goes. */
struct bench_case *bench_add(struct bench *bench, const char *name,
                             const char *unit, double value);
void bench_peer(struct bench_case *one, const char *name, double value);

/* Says that a peer is left out because it is not installed. */
void bench_absent(const char *peer);

/* Prints what is left of the table and writes the file; false if that could not
 * be done. */
bool bench_report(struct bench *bench);

/* A fresh directory under TMPDIR or /tmp, one at a time, and its removal with
 * all in it; one that is left when the benchmark ends, by bench_need() too, is
 * removed then. */
const char *bench_folder(void);
void bench_folder_remove(const char *folder);

/* Anonymous resident memory of a process in kB (RssAnon); -1: no such one. */
long bench_rss_anon_kb(long process);

/* Seconds that all threads of a process have computed. */
double bench_cpu_of(long process);

/* Stops the benchmark with a word if `done` is false. */
void bench_need(bool done, const char *what);

#endif
