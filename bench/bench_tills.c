/*
 * bench_tills.c - many tills at one node: each appends a purchase and goes on
 * when it is on the disk; beside SQLite, PostgreSQL and Redis, each asked by as
 * many callers, in turn in the same run
 *
 * Over the socket: a real node, whose hub is away, and a connection of each
 * till's own; a line of JSON, a line back.  In process: threads that share one
 * open ledger.  What a purchase costs beside its flush (reading, checks,
 * encoding, the chain) is part of both; the peers store 100 bytes.  Each side
 * has the same shape: as many threads as tills, and where there is a server, a
 * connection of each thread's own.
 */
#include "bench/bench.h"
#include "bench/process.h"
#include "bench/sales.h"
#include "bench/servers.h"
#include "bench/till.h"

#include "core/json.h"
#include "core/ledger_append.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const double SECONDS = 0.5;
static const char *folder;

enum { SIDES = 5, ROUNDS = 7, STORE = 10 };

static void
make(struct sale *sale, uint64_t number)
{
    sales_make(sale, number, sales_member(number, 100000), SALES_START_MS,
               false);
    sale->event.identity = (identity) { 0 };
    sale->event.recorded_ms = 0;
    sale->event.store = STORE;
}

/* --- in process --- */

struct shared {
    struct ledger *ledger;
    atomic_ullong sold;
};

static void
sell(void *context, uint32_t till)
{
    const struct ledger_append options = { .now_ms = SALES_START_MS };
    struct shared *shared = context;
    struct complaint complaint;
    struct sale sale;

    (void)till;
    make(&sale, atomic_fetch_add(&shared->sold, 1));
    struct ledger_entry entry = { .event = sale.event, .at_given = true };
    bench_need(ledger_append(shared->ledger, &entry, 1, &options, &complaint) ==
                   OK,
               complaint.text);
}

static struct crowd_result
in_process(uint32_t tills)
{
    struct ledger_identity who = { .node = 1, .store = STORE };
    struct complaint complaint = { "" };
    struct shared shared = { 0 };
    char path[4200];
    static int number;

    snprintf(path, sizeof path, "%s/ledger-%d", folder, number++);
    bench_need(
        ledger_create(path, &who, SALES_START_MS, &complaint) == OK &&
            ledger_open(path, LEDGER_WRITE, &complaint, &shared.ledger) == OK,
        complaint.text);
    struct crowd_result result = crowd_run(tills, SECONDS, sell, &shared);
    ledger_close(shared.ledger);
    return result;
}

/* --- over the socket --- */

struct node {
    char path[4200]; /* of its ledger */
    pid_t pid;
    atomic_ullong sold;
    int sockets[CROWD_MAX];
};

static void
start_node(struct node *node)
{
    char endpoint[64];

    process_run(folder, "init hq --node 1000");
    process_run(folder, "init store --node 10 --store 10");
    pid_t hub =
        process_start(folder, "hub", "hq", "--listen", "tcp://127.0.0.1:0");
    process_endpoint(folder, "hq", endpoint);
    process_run(folder, "enrol new hq --node 10 > string");
    process_run(folder, "node store --join - --once < string");
    process_stop(hub);
    node->pid = process_start(folder, "node", "store", NULL, NULL);
    snprintf(node->path, sizeof node->path, "%s/store", folder);
    for (double end = bench_now() + 20; !till_can_open(node->path);) {
        bench_need(bench_now() < end, "see the node open its socket");
        nanosleep(&(struct timespec) { .tv_nsec = 10000000 }, NULL);
    }
}

static void
sell_there(void *context, uint32_t till)
{
    struct node *node = context;
    struct text line = { 0 };
    struct sale sale;
    char reply[TILL_REPLY_SIZE];

    make(&sale, atomic_fetch_add(&node->sold, 1));
    json_write_event(&line, &sale.event);
    till_ask(node->sockets[till], &line, reply);
    bench_need(strncmp(reply, "{\"events\": ", 11) == 0, reply);
}

static struct crowd_result
over_the_socket(struct node *node, uint32_t tills)
{
    for (uint32_t i = 0; i < tills; i++)
        node->sockets[i] = till_open(node->path);
    struct crowd_result result = crowd_run(tills, SECONDS, sell_there, node);
    for (uint32_t i = 0; i < tills; i++)
        close(node->sockets[i]);
    return result;
}

/* --- side by side --- */

/* One row: the same figure of each side's runs; a double at that offset. */
static void
add(struct bench *bench, uint32_t tills, size_t offset,
    const struct crowd_result runs[SIDES][ROUNDS])
{
    static const char *const names[SIDES] = { NULL, "in_process", "sqlite",
                                              "postgresql", "redis" };
    struct bench_case *one = NULL;
    char name[64];

    bool rate = offset == offsetof(struct crowd_result, rate);
    snprintf(name, sizeof name, "%u till%s over the socket%s", tills,
             tills == 1 ? "" : "s",
             rate                                              ? ""
             : offset == offsetof(struct crowd_result, p50_us) ? ", p50"
                                                               : ", p99");
    for (int side = 0; side < SIDES; side++) {
        double values[ROUNDS];
        for (int i = 0; i < ROUNDS; i++)
            memcpy(&values[i], (const char *)&runs[side][i] + offset,
                   sizeof values[i]);
        double value = bench_median(values, ROUNDS);
        if (side == 0)
            one = bench_add(bench, name, rate ? "events/s" : "us", value);
        else if (runs[side][0].rate > 0)
            bench_peer(one, names[side], value);
    }
}

static void
measure(struct bench *bench, struct node *node, struct servers *servers,
        uint32_t tills)
{
    struct crowd_result runs[SIDES][ROUNDS];

    for (int i = 0; i < ROUNDS; i++) {
        runs[0][i] = over_the_socket(node, tills);
        runs[1][i] = in_process(tills);
        runs[2][i] = servers_sqlite(servers, tills, SECONDS);
        runs[3][i] = servers_postgres(servers, tills, SECONDS);
        runs[4][i] = servers_redis(servers, tills, SECONDS);
    }
    add(bench, tills, offsetof(struct crowd_result, rate), runs);
    add(bench, tills, offsetof(struct crowd_result, p50_us), runs);
    add(bench, tills, offsetof(struct crowd_result, p99_us), runs);
}

int
main(void)
{
    static struct node node;
    struct bench bench = { .name = "tills" };

    folder = bench_folder();
    start_node(&node);
    struct servers *servers = servers_open(folder);
    measure(&bench, &node, servers, 1);
    measure(&bench, &node, servers, 8);
    measure(&bench, &node, servers, 64);
    process_stop(node.pid);
    servers_close(servers);
    bool done = bench_report(&bench);
    bench_folder_remove(folder);
    return !done;
}
