/*
 * bench_ingest.c - what a hub takes in over CURVE: events per second durable
 * and acknowledged, and folded as well; how long an acknowledgement takes
 *
 * The hub is the real process.  All nodes live in this one and replay frames
 * that were prepared before.  In a first stretch each account gets its first
 * purchase, in a second accounts known to the hub buy again, at random.  When
 * all was folded the hub says itself, in its pulse.  Where one node is late, it
 * alone brings nearly all of the second stretch, and how long an
 * acknowledgement takes is that of the others, who are live.  Medians of three
 * hubs.
 *
 *   build/release/bench/bench_ingest [TRIAL [HUBS]]   one trial, from 0
 */
#include "bench/bench.h"
#include "bench/fleet.h"

#include "core/json.h"
#include "core/ledger_publish.h"
#include "nodes/clock.h"
#include "nodes/hub.h"
#include "nodes/pulse.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ACCOUNTS = 1000000, FEWER = 250000 };

static const char *folder;
static uint32_t hubs = BENCH_RUNS; /* of each trial */

struct trial {
    const char *name;
    enum sales_program program;
    struct fleet_options fleet;
};

/* A hub's ledger with the program published and the nodes enrolled. */
static struct ledger_identity
prepare_hub(const char *path, const struct trial *trial, struct fleet *fleet,
            curve_key *ret_key)
{
    const struct ledger_identity asked = { .node = 1 };
    struct complaint complaint = { "" };
    struct keys_pair keys;
    struct ledger *ledger;
    identity version;
    char *text = sales_program_text(trial->program);
    struct ledger_publish publish = { .name = "program.yaml",
                                      .file = view_of(text),
                                      .now_ms = SALES_START_MS };

    bench_need(
        calendar_parse_date(view_of("2000-01-01"), &publish.from_day) &&
            ledger_create(path, &asked, SALES_START_MS, &complaint) == OK &&
            ledger_open(path, LEDGER_WRITE, &complaint, &ledger) == OK &&
            ledger_publish(ledger, &publish, &version, &complaint) == OK &&
            hub_keys(path, &keys, &complaint) == OK,
        complaint.text);
    free(text);
    fleet_enrol(fleet, ledger_journal(ledger));
    struct ledger_identity who = ledger_who(ledger);
    ledger_close(ledger);
    *ret_key = keys.public_key;
    keys_wipe(&keys);
    return who;
}

static pid_t
start_hub(const char *path, char endpoint[static 64])
{
    int ends[2];

    bench_need(pipe(ends) == 0, "make a pipe");
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* gone when we are */
        dup2(ends[1], STDOUT_FILENO);
        if (freopen("/dev/null", "w", stderr) != NULL)
            execl("build/leima", "leima", "hub", path, "--listen",
                  "tcp://127.0.0.1:0", NULL);
        _exit(1);
    }
    close(ends[1]);
    FILE *words = fdopen(ends[0], "r");
    bench_need(pid > 0 && words != NULL &&
                   fscanf(words, "listening %63s", endpoint) == 1,
               "see the hub listen");
    fclose(words);
    return pid;
}

/* What the hub's newest pulse says. */
struct beat {
    int64_t at_ms;
    int64_t folded_ms;
    int64_t unfolded;
};

static bool
read_beat(const char *path, struct beat *ret_beat)
{
    struct arena arena = { 0 };
    struct json_tree *tree = NULL;
    view json, at, folded;

    bench_need(arena_open(&arena, 2 * PULSE_SIZE_MAX), "have memory");
    bool is_there =
        pulse_read(path, &arena, &json) == OK &&
        json_open(json, &tree, NULL) == OK &&
        json_get_string(json_get(tree, "at"), &at) &&
        json_get_string(json_get(tree, "folded_at"), &folded) &&
        json_get_integer(json_get(tree, "unfolded"), &ret_beat->unfolded) &&
        calendar_parse_time(at, &ret_beat->at_ms) &&
        calendar_parse_time(folded, &ret_beat->folded_ms);
    json_close(tree);
    arena_close(&arena);
    return is_there;
}

/* When the hub had folded all that it had acknowledged before. */
static int64_t
wait_until_folded(const char *path)
{
    int64_t acked_ms = clock_wall_ms();
    struct beat beat;

    while (!read_beat(path, &beat) || beat.at_ms < acked_ms ||
           beat.unfolded > 0)
        nanosleep(&(struct timespec) { .tv_nsec = 50000000 }, NULL);
    return beat.folded_ms;
}

/* Of one stretch. */
struct stretch {
    double acknowledged; /* events per second */
    double folded;       /* likewise */
    double p50_ms;
    double p99_ms;
    double memory_mb; /* of the hub: RssAnon */
};

static struct stretch
send_stretch(struct fleet *fleet, const char *path, pid_t hub, double events)
{
    int64_t begun_ms = clock_wall_ms();
    struct fleet_times times = fleet_send(fleet);
    int64_t folded_ms = wait_until_folded(path);

    return (struct stretch) {
        .acknowledged = events / times.seconds,
        .folded = events * 1000 / (double)(folded_ms - begun_ms),
        .p50_ms = times.p50_ms,
        .p99_ms = times.p99_ms,
        .memory_mb = (double)bench_rss_anon_kb(hub) / 1024,
    };
}

/* A hub of its own, both stretches. */
static void
run(const struct trial *trial, struct stretch ret_stretches[static 2])
{
    struct fleet *fleet = fleet_open(&trial->fleet);
    char path[4200], endpoint[64];
    curve_key key;
    static int number;

    snprintf(path, sizeof path, "%s/hub-%d", folder, number++);
    struct ledger_identity who = prepare_hub(path, trial, fleet, &key);
    pid_t hub = start_hub(path, endpoint);
    fleet_dial(fleet, endpoint, key, who.incarnation);
    for (int i = 0; i < 2; i++)
        ret_stretches[i] =
            send_stretch(fleet, path, hub, (double)trial->fleet.events);
    fleet_close(fleet);
    kill(hub, SIGTERM);
    waitpid(hub, NULL, 0);
}

static void
report(struct bench *bench, const struct trial *trial, const char *what,
       const char *unit, double *values)
{
    char name[256];

    snprintf(name, sizeof name, "%s: %s", trial->name, what);
    bench_add(bench, name, unit, bench_median(values, hubs));
}

static void
measure(struct bench *bench, const struct trial *trial)
{
    static const char *const stretches[] = { "first", "then" };
    struct stretch found[BENCH_RUNS][2];

    for (uint32_t i = 0; i < hubs; i++)
        run(trial, found[i]);
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
        for (int i = 0; i < 5; i++)
            report(bench, trial, what[i], units[i], values[i]);
    }
}

int
main(int argc, char **argv)
{
    static const struct trial trials[] = {
        { "1 node", SALES_SMALL, { 1, ACCOUNTS, ACCOUNTS, false, false } },
        { "10 nodes", SALES_SMALL, { 10, ACCOUNTS, ACCOUNTS, false, false } },
        { "200 nodes", SALES_SMALL, { 200, ACCOUNTS, ACCOUNTS, false, false } },
        { "10 nodes, whole program, 5 lines",
          SALES_WHOLE,
          { 10, FEWER, FEWER, true, false } },
        { "10 nodes, one a day late",
          SALES_SMALL,
          { 10, FEWER, FEWER, false, true } },
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
