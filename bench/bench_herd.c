/*
 * bench_herd.c - many nodes come to a hub at once: how long until it knows them
 * all, how long until it has what they bring, and what memory it takes
 *
 * The hub is the real process; all nodes live in this one (fleet.h), with a
 * CURVE connection each, and share its processors.  Each brings 500 purchases,
 * as of a day.  Then all connections end, and all come again: to a hub that
 * holds a stream of each.  What a node costs is what the hub's anonymous memory
 * grows by from before the first connects until all are live, by their number;
 * what it holds at last is states and tails, too.
 *
 *   build/release/bench/bench_herd [NODES]
 */
#include "bench/bench.h"
#include "bench/harbour.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

enum { EACH = 500, ACCOUNTS_EACH = 200 };

/* Looks at the hub's memory all the time. */
struct watch {
    pid_t process;
    atomic_bool over;
    long most_kb;
    pthread_t thread;
};

static void *
look(void *argument)
{
    struct watch *watch = argument;
    const struct timespec pause = { .tv_nsec = 20000000 };

    while (!atomic_load(&watch->over)) {
        long now_kb = bench_rss_anon_kb(watch->process);
        if (now_kb > watch->most_kb)
            watch->most_kb = now_kb;
        nanosleep(&pause, NULL);
    }
    return NULL;
}

struct herd {
    struct bench *bench;
    uint32_t nodes;
    struct fleet *fleet;
    struct harbour harbour;
};

static void
report(const struct herd *herd, const char *what, const char *unit,
       double value)
{
    char name[64];

    snprintf(name, sizeof name, "%u nodes: %s", herd->nodes, what);
    bench_add(herd->bench, name, unit, value);
}

/* All at once. */
static void
come(const struct herd *herd, const char *until, const char *cpu)
{
    const struct harbour *harbour = &herd->harbour;
    double begun = bench_now();
    double begun_cpu = bench_cpu_of(harbour->process);

    fleet_dial(herd->fleet, harbour->endpoint, harbour->key, harbour->epoch);
    report(herd, until, "s", bench_now() - begun);
    report(herd, cpu, "s", bench_cpu_of(harbour->process) - begun_cpu);
}

static void
live(const struct herd *herd)
{
    const pid_t hub = herd->harbour.process;
    long alone_kb = bench_rss_anon_kb(hub);

    come(herd, "all live after", "... of the hub's computing");
    report(herd, "memory for each", "kB",
           (double)(bench_rss_anon_kb(hub) - alone_kb) / herd->nodes);
    struct fleet_times times = fleet_send(herd->fleet);
    report(herd, "all acknowledged after", "s", times.seconds);
    report(herd, "an acknowledgement, p99", "ms", times.p99_ms);
    fleet_hang_up(herd->fleet);
    come(herd, "all live again after", "... of its computing");
    (void)harbour_wait_until_folded(herd->harbour.path);
    report(herd, "RssAnon at last", "MB",
           (double)bench_rss_anon_kb(hub) / 1024);
}

static void
measure(struct bench *bench, const char *folder, uint32_t nodes)
{
    const struct fleet_options options = {
        .nodes = nodes,
        .events = (uint64_t)nodes * EACH,
        .accounts = (uint64_t)nodes * ACCOUNTS_EACH,
    };
    struct herd herd = { .bench = bench,
                         .nodes = nodes,
                         .fleet = fleet_open(&options) };

    harbour_open(&herd.harbour, folder, SALES_FIVE, herd.fleet);
    struct watch watch = { .process = herd.harbour.process };
    bench_need(pthread_create(&watch.thread, NULL, look, &watch) == 0,
               "start a thread");
    live(&herd);
    atomic_store(&watch.over, true);
    pthread_join(watch.thread, NULL);
    report(&herd, "RssAnon at most", "MB", (double)watch.most_kb / 1024);
    fleet_close(herd.fleet);
    harbour_close(&herd.harbour);
}

int
main(int argc, char **argv)
{
    static const uint32_t herds[] = { 20, 200, FLEET_NODES_MAX };
    struct bench bench = { .name = "herd" };
    uint32_t only = argc > 1 ? (uint32_t)atoi(argv[1]) : 0;
    const char *folder = bench_folder();
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
    bench_need(only <= FLEET_NODES_MAX, "know how many nodes");
    if (only > 0)
        measure(&bench, folder, only);
    for (uint32_t i = 0; only == 0 && i < sizeof herds / sizeof *herds; i++)
        measure(&bench, folder, herds[i]);
    bool done = bench_report(&bench);
    bench_folder_remove(folder);
    return !done;
}
