/*
 * bench_ingest.c - what a hub takes in over CURVE: events per second durable
 * and acknowledged, and folded as well; how long an acknowledgement takes
 *
 * The hub is the real process.  All nodes live in this one and replay frames
 * that were prepared before.  In a first stretch each account gets its first
 * purchase, in a second accounts known to the hub buy again, at random but in
 * order.  When all was folded the hub says itself, in its pulse.  Where one
 * node is late, it alone brings nearly all of the second stretch, and how long
 * an acknowledgement takes is that of the others, who are live.  Medians of
 * three hubs; one of whom a node lost an acknowledgement and asked again (half
 * a minute that says nothing of the hub's speed) is told, and another takes
 * its place.  Beside purchases without lines stands a bare pipe (pipe.h), in
 * turn with the hubs.
 *
 *   build/release/bench/bench_ingest [TRIAL [HUBS]]   one trial, from 0
 */
#include "bench/bench.h"
#include "bench/fleet.h"
#include "bench/harbour.h"
#include "bench/pipe.h"

#include "nodes/clock.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    ACCOUNTS = 1000000,
    FURTHER = 4 * ACCOUNTS, /* some seconds' worth */
    FEWER = 250000,
    TRIES = 3, /* for one hub without a lost acknowledgement */
};

static const char *folder;
static uint32_t hubs = BENCH_RUNS; /* of each trial */

struct trial {
    const char *name;
    enum sales_program program;
    struct fleet_options fleet;
    bool piped; /* a bare pipe beside it */
};

/* Of one stretch. */
struct stretch {
    double acknowledged; /* events per second */
    double folded;       /* likewise */
    double p50_ms;
    double p99_ms;
    double memory_mb; /* of the hub: RssAnon */
    bool spoiled;     /* a node asked again */
};

static struct stretch
send_stretch(struct fleet *fleet, const struct harbour *harbour, double events)
{
    int64_t begun_ms = clock_wall_ms();
    struct fleet_times times = fleet_send(fleet);
    int64_t folded_ms = harbour_wait_until_folded(harbour->path);

    return (struct stretch) {
        .acknowledged = events / times.seconds,
        .folded = events * 1000 / (double)(folded_ms - begun_ms),
        .p50_ms = times.p50_ms,
        .p99_ms = times.p99_ms,
        .memory_mb = (double)bench_rss_anon_kb(harbour->process) / 1024,
        .spoiled = times.asked_count > 0,
    };
}

/* A hub of its own, both stretches.  False: they say nothing. */
static bool
run(const struct trial *trial, struct stretch ret_stretches[static 2])
{
    struct fleet *fleet = fleet_open(&trial->fleet);
    struct harbour harbour;

    harbour_open(&harbour, folder, trial->program, fleet);
    fleet_dial(fleet, harbour.endpoint, harbour.key, harbour.epoch);
    ret_stretches[0] =
        send_stretch(fleet, &harbour, (double)trial->fleet.events);
    ret_stretches[1] =
        send_stretch(fleet, &harbour, (double)trial->fleet.further);
    fleet_close(fleet);
    harbour_close(&harbour);
    return !ret_stretches[0].spoiled && !ret_stretches[1].spoiled;
}

static void
run_unspoiled(const struct trial *trial, struct stretch ret_stretches[static 2])
{
    bool done = false;

    for (int i = 0; i < TRIES && !done; i++)
        done = run(trial, ret_stretches);
    bench_need(done, "see all nodes hear their acknowledgements");
}

/* As many events over as many connections; events per second. */
static double
run_pipe(const struct trial *trial)
{
    const struct pipe_options options = {
        .connections = trial->fleet.nodes,
        .events = trial->fleet.further,
        .accounts = trial->fleet.accounts,
    };

    return pipe_rate(folder, &options);
}

static struct bench_case *
report(struct bench *bench, const struct trial *trial, const char *what,
       const char *unit, double *values)
{
    char name[256];

    snprintf(name, sizeof name, "%s: %s", trial->name, what);
    return bench_add(bench, name, unit, bench_median(values, hubs));
}

static void
measure(struct bench *bench, const struct trial *trial)
{
    static const char *const stretches[] = { "first", "then" };
    struct stretch found[BENCH_RUNS][2];
    double piped[BENCH_RUNS];

    for (uint32_t i = 0; i < hubs; i++) {
        run_unspoiled(trial, found[i]);
        if (trial->piped)
            piped[i] = run_pipe(trial);
    }
    for (int k = 0; k < 2; k++) {
        static const char *const units[] = { "events/s", "events/s", "ms", "ms",
                                             "MB" };
        double values[5][BENCH_RUNS];
        char what[5][48];
        for (uint32_t i = 0; i < hubs; i++) {
            values[0][i] = found[i][k].acknowledged;
            values[1][i] = found[i][k].folded;
            values[2][i] = found[i][k].p50_ms;
            values[3][i] = found[i][k].p99_ms;
            values[4][i] = found[i][k].memory_mb;
        }
        snprintf(what[0], sizeof what[0], "%s, acknowledged", stretches[k]);
        snprintf(what[1], sizeof what[1], "%s, folded too", stretches[k]);
        snprintf(what[2], sizeof what[2], "%s, ack p50", stretches[k]);
        snprintf(what[3], sizeof what[3], "%s, ack p99", stretches[k]);
        snprintf(what[4], sizeof what[4], "%s, RssAnon", stretches[k]);
        for (int i = 0; i < 5; i++) {
            struct bench_case *one =
                report(bench, trial, what[i], units[i], values[i]);
            if (k == 1 && i < 2 && trial->piped)
                bench_peer(one, "a bare pipe", bench_median(piped, hubs));
        }
    }
}

int
main(int argc, char **argv)
{
    static const struct trial trials[] = {
        { "1 node",
          SALES_FIVE,
          { 1, ACCOUNTS, FURTHER, ACCOUNTS, false, false },
          true },
        { "10 nodes",
          SALES_FIVE,
          { 10, ACCOUNTS, FURTHER, ACCOUNTS, false, false },
          true },
        { "200 nodes",
          SALES_FIVE,
          { 200, ACCOUNTS, FURTHER, ACCOUNTS, false, false },
          true },
        { "10 nodes, whole program, 5 lines",
          SALES_WHOLE,
          { 10, FEWER, FEWER, FEWER, true, false },
          false },
        { "10 nodes, one a day late",
          SALES_FIVE,
          { 10, FEWER, FEWER, FEWER, false, true },
          false },
    };
    struct bench bench = { .name = "ingest" };
    uint32_t only = argc > 1 ? (uint32_t)atoi(argv[1]) : COUNT_OF(trials);

    if (argc > 2)
        hubs = (uint32_t)atoi(argv[2]);
    bench_need(hubs >= 1 && hubs <= BENCH_RUNS, "know how many hubs");
    folder = bench_folder();
    for (uint32_t i = 0; i < COUNT_OF(trials); i++)
        if (argc < 2 || i == only)
            measure(&bench, &trials[i]);
    bool done = bench_report(&bench);
    bench_folder_remove(folder);
    return !done;
}
