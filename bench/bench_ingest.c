/*
 * bench_ingest.c - what a hub takes in over CURVE: events per second durable
 * and acknowledged, and folded as well; how long an acknowledgement takes
 *
 * The hub is the real process.  All nodes live in this one and replay frames
 * that were prepared before.  In a first stretch each account gets its first
 * purchase, in a second, which counts, accounts known to the hub buy again, at
 * random.  Folded, roughly, is when the hub computes no more than its totals
 * do; on a machine that others keep busy that can be said too early.
 */
#include "bench/bench.h"
#include "bench/fleet.h"

#include "core/ledger_publish.h"
#include "nodes/hub.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 400000 };

static const char *folder;

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

/* Seconds that the process has computed. */
static double
computed(pid_t pid)
{
    char path[64];
    unsigned long user = 0, kernel = 0;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "r");
    bench_need(file != NULL &&
                   fscanf(file,
                          "%*d %*s %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u "
                          "%*u %lu %lu",
                          &user, &kernel) == 2,
               "look at the hub");
    fclose(file);
    return (double)(user + kernel) / (double)sysconf(_SC_CLK_TCK);
}

/* When the hub last did more than its totals, which take a tenth of the time.
 */
static double
wait_until_quiet(pid_t pid)
{
    enum { LOOKS = 10 };
    static const double SHARE = 0.2;
    double last = bench_now();

    for (uint32_t quiet = 0; quiet < LOOKS;) {
        double before = computed(pid), begun = bench_now();
        nanosleep(&(struct timespec) { .tv_nsec = 100000000 }, NULL);
        double now = bench_now();
        bool busy = computed(pid) - before > SHARE * (now - begun);
        quiet = busy ? 0 : quiet + 1;
        if (busy)
            last = now;
    }
    return last;
}

static void
report(struct bench *bench, const struct trial *trial, const char *what,
       const char *unit, double value)
{
    char name[64];

    snprintf(name, sizeof name, "%s: %s", trial->name, what);
    bench_add(bench, name, unit, value);
}

static void
measure(struct bench *bench, const struct trial *trial)
{
    struct fleet *fleet = fleet_open(&trial->fleet);
    char path[4200], endpoint[64];
    curve_key key;
    static int number;

    snprintf(path, sizeof path, "%s/hub-%d", folder, number++);
    struct ledger_identity who = prepare_hub(path, trial, fleet, &key);
    pid_t hub = start_hub(path, endpoint);
    fleet_dial(fleet, endpoint, key, who.incarnation);
    double begun = bench_now();
    struct fleet_times first = fleet_send(fleet);
    double folded = wait_until_quiet(hub) - begun;
    double events = (double)trial->fleet.events;
    report(bench, trial, "first: acknowledged", "events/s",
           events / first.seconds);
    report(bench, trial, "first: folded", "events/s", events / folded);
    begun = bench_now();
    struct fleet_times again = fleet_send(fleet);
    folded = wait_until_quiet(hub) - begun;
    report(bench, trial, "acknowledged", "events/s", events / again.seconds);
    report(bench, trial, "folded", "events/s", events / folded);
    report(bench, trial, "acknowledgement p50", "ms", again.p50_ms);
    report(bench, trial, "acknowledgement p99", "ms", again.p99_ms);
    fleet_close(fleet);
    kill(hub, SIGTERM);
    waitpid(hub, NULL, 0);
}

int
main(void)
{
    static const struct trial trials[] = {
        { "1 node", SALES_SMALL, { 1, EVENTS, EVENTS, false, false } },
        { "10 nodes", SALES_SMALL, { 10, EVENTS, EVENTS, false, false } },
        { "200 nodes", SALES_SMALL, { 200, EVENTS, EVENTS, false, false } },
        { "10 nodes, whole program, 5 lines",
          SALES_WHOLE,
          { 10, EVENTS / 4, EVENTS / 4, true, false } },
        { "10 nodes, one a day late",
          SALES_SMALL,
          { 10, EVENTS / 4, EVENTS / 4, false, true } },
    };
    struct bench bench = { .name = "ingest" };

    folder = bench_folder();
    for (uint32_t i = 0; i < COUNT_OF(trials); i++)
        measure(&bench, &trials[i]);
    bool done = bench_report(&bench);
    bench_folder_remove(folder);
    return !done;
}
