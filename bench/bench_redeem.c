/*
 * bench_redeem.c - how long a customer waits for a redemption over a node's
 * socket: decided by the hub, which answers a store twenty times a second and
 * is asked fifteen times, and by the store alone when the hub is away, by 1, 8
 * and 64 tills that each ask again when they are answered
 *
 * Hub and node are real processes that talk over CURVE on loopback.  An answer
 * comes when the redemption is decided and on the store's disk.  There are so
 * many customers that no limit of the program is ever reached.
 */
#include "bench/bench.h"
#include "bench/crowd.h"
#include "bench/process.h"
#include "bench/till.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MEMBERS = 1000, ROUNDS = 5, PACED = 200, PACE_MS = 67 };

static const double SECONDS = 1;
static const char *folder;
static const char PROGRAM[] =
    "program: redeem\n"
    "currency: EUR\n"
    "timezone: Europe/Helsinki\n"
    "partners: [{id: market, stores: [1-99], issue_price: 0.01,\n"
    "            redeem_price: 0.01}]\n"
    "points: {value: 0.01, min_redemption: 1}\n"
    "earn: [{id: base, per: 1.00, points: 1}]\n"
    "offline: {max_value: 1000.00, max_age_days: 7}\n";

struct counter { /* a store's node and its tills */
    char path[4200];
    pid_t hub;
    pid_t node;
    atomic_ullong asked;
    atomic_ullong by_hub; /* of these, decided by the hub */
    int tills[CROWD_MAX];
};

static void
write_files(void)
{
    char path[4200];

    snprintf(path, sizeof path, "%s/program.yaml", folder);
    FILE *file = fopen(path, "w");
    bench_need(file != NULL && fputs(PROGRAM, file) >= 0 && fclose(file) == 0,
               "write the program");
    snprintf(path, sizeof path, "%s/points.jsonl", folder);
    file = fopen(path, "w");
    bench_need(file != NULL, "write the points");
    for (uint32_t i = 0; i < MEMBERS; i++)
        fprintf(
            file,
            "{\"kind\": \"adjust\", \"member\": %" PRIu32
            ", \"points\": 1000000, \"reason\": \"bench\", \"by\": \"it\"}\n",
            i + 1);
    bench_need(fclose(file) == 0, "write the points");
}

static void
ask(struct counter *counter, uint32_t till, char reply[static TILL_REPLY_SIZE])
{
    struct text line = { 0 };
    unsigned long long number = atomic_fetch_add(&counter->asked, 1);

    text_format(&line,
                "{\"decide\": {\"kind\": \"redeem\", \"member\": %llu, "
                "\"points\": 1, \"id\": \"r-%llu\"}}",
                number % MEMBERS + 1, number);
    till_ask(counter->tills[till], &line, reply);
    if (strstr(reply, "\"by\": \"hub\"") != NULL)
        atomic_fetch_add(&counter->by_hub, 1);
}

static void
redeem(void *context, uint32_t till)
{
    char reply[TILL_REPLY_SIZE];

    ask(context, till, reply);
    bench_need(strncmp(reply, "{\"verdict\": \"granted\"", 21) == 0, reply);
}

static void
nap(uint32_t ms)
{
    nanosleep(&(struct timespec) { .tv_nsec = ms * 1000000L }, NULL);
}

/* Until the node has its socket open and its hub decides; before that, a node
 * that was told nothing yet refuses. */
static void
wait_until_decided(struct counter *counter)
{
    char reply[TILL_REPLY_SIZE];

    for (double end = bench_now() + 60; atomic_load(&counter->by_hub) == 0;) {
        bench_need(bench_now() < end, "see the hub decide");
        nap(PACE_MS);
        if (!till_can_open(counter->path))
            continue;
        counter->tills[0] = till_open(counter->path);
        ask(counter, 0, reply);
        close(counter->tills[0]);
    }
}

static void
begin(struct counter *counter)
{
    char endpoint[64];

    write_files();
    process_run(folder, "init hq --node 1000");
    process_run(folder, "rules publish hq program.yaml --from 2020-01-01");
    process_run(folder, "init store --node 10 --store 10");
    counter->hub =
        process_start(folder, "hub", "hq", "--listen", "tcp://127.0.0.1:0");
    process_endpoint(folder, "hq", endpoint);
    process_run(folder, "enrol new hq --node 10 > string");
    process_run(folder, "append store points.jsonl");
    process_run(folder, "node store --join - --once < string");
    counter->node = process_start(folder, "node", "store", NULL, NULL);
    snprintf(counter->path, sizeof counter->path, "%s/store", folder);
    wait_until_decided(counter);
}

/* One till that takes its time; meanwhile the hub tells the node of all its
 * customers, too. */
static void
measure_hub(struct bench *bench, struct counter *counter)
{
    double times[PACED];

    atomic_store(&counter->by_hub, 0);
    counter->tills[0] = till_open(counter->path);
    for (uint32_t i = 0; i < PACED; i++) {
        nap(PACE_MS);
        double begun = bench_now();
        redeem(counter, 0);
        times[i] = bench_now() - begun;
    }
    close(counter->tills[0]);
    bench_add(bench, "decided by the hub, p50", "us",
              bench_median(times, PACED) * 1e6);
    bench_add(bench, "decided by the hub, p99", "us",
              times[PACED * 99 / 100] * 1e6); /* sorted by now */
    bench_add(bench, "of them by the hub indeed", "%",
              100. * (double)atomic_load(&counter->by_hub) / PACED);
}

static void
measure_store(struct bench *bench, struct counter *counter, uint32_t tills)
{
    double rates[ROUNDS], p50s[ROUNDS], p99s[ROUNDS];
    char name[64];
    int size =
        snprintf(name, sizeof name, "by the store alone, %" PRIu32 " till%s",
                 tills, tills == 1 ? "" : "s");

    for (uint32_t i = 0; i < tills; i++)
        counter->tills[i] = till_open(counter->path);
    for (uint32_t i = 0; i < ROUNDS; i++) {
        struct crowd_result run = crowd_run(tills, SECONDS, redeem, counter);
        rates[i] = run.rate;
        p50s[i] = run.p50_us;
        p99s[i] = run.p99_us;
    }
    for (uint32_t i = 0; i < tills; i++)
        close(counter->tills[i]);
    bench_add(bench, name, "redemptions/s", bench_median(rates, ROUNDS));
    snprintf(name + size, sizeof name - (size_t)size, ", p50");
    bench_add(bench, name, "us", bench_median(p50s, ROUNDS));
    snprintf(name + size, sizeof name - (size_t)size, ", p99");
    bench_add(bench, name, "us", bench_median(p99s, ROUNDS));
}

int
main(void)
{
    static struct counter counter;
    struct bench bench = { .name = "redeem" };

    folder = bench_folder();
    begin(&counter);
    measure_hub(&bench, &counter);
    process_stop(counter.hub);
    atomic_store(&counter.by_hub, 0);
    measure_store(&bench, &counter, 1);
    measure_store(&bench, &counter, 8);
    measure_store(&bench, &counter, 64);
    bench_need(atomic_load(&counter.by_hub) == 0, "see the store decide");
    process_stop(counter.node);
    bool done = bench_report(&bench);
    bench_folder_remove(folder);
    return !done;
}
