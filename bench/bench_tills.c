/*
 * bench_tills.c - many tills at one node: each appends a purchase and goes on
 * when it is on the disk; beside SQLite, PostgreSQL and Redis, each asked by as
 * many callers, in turn in the same run
 *
 * In process: threads that share one open ledger.  What a purchase costs beside
 * its flush (checks, encoding, the chain) is part of it; the peers store 100
 * bytes.  Each side has the same shape: as many threads as tills, and where
 * there is a server, a connection of each thread's own.
 */
#include "bench/bench.h"
#include "bench/crowd.h"
#include "bench/sales.h"
#include "bench/servers.h"

#include "core/ledger_append.h"

#include <stdatomic.h>
#include <stdio.h>

static const double SECONDS = 0.5;

enum { PEERS = 3, ROUNDS = 7 };

struct node {
    struct ledger *ledger;
    atomic_ullong sold;
};

static void
sell(void *context, uint32_t till)
{
    const struct ledger_append options = { .now_ms = SALES_START_MS };
    struct node *node = context;
    struct complaint complaint;
    struct sale sale;

    (void)till;
    uint64_t number = atomic_fetch_add(&node->sold, 1);
    sales_make(&sale, number, sales_member(number, 100000), SALES_START_MS,
               false);
    struct ledger_entry entry = { .event = sale.event, .at_given = true };
    entry.event.identity = (identity) { 0 };
    entry.event.recorded_ms = 0;
    bench_need(ledger_append(node->ledger, &entry, 1, &options, &complaint) ==
                   OK,
               complaint.text);
}

static double
tills_rate(const char *folder, uint32_t tills)
{
    struct ledger_identity who = { .node = 1, .store = 10 };
    struct complaint complaint = { "" };
    struct node node = { 0 };
    char path[4200];
    static int number;

    snprintf(path, sizeof path, "%s/ledger-%d", folder, number++);
    bench_need(ledger_create(path, &who, SALES_START_MS, &complaint) == OK &&
                   ledger_open(path, LEDGER_WRITE, &complaint, &node.ledger) ==
                       OK,
               complaint.text);
    double rate = crowd_run(tills, SECONDS, sell, &node);
    ledger_close(node.ledger);
    return rate;
}

static void
measure(struct bench *bench, const char *folder, struct servers *servers,
        uint32_t tills)
{
    static const char *const names[PEERS] = { "sqlite", "postgresql", "redis" };
    double ours[ROUNDS], peers[PEERS][ROUNDS];
    char name[64];

    for (int run = 0; run < ROUNDS; run++) {
        ours[run] = tills_rate(folder, tills);
        peers[0][run] = servers_sqlite(servers, tills, SECONDS);
        peers[1][run] = servers_postgres(servers, tills, SECONDS);
        peers[2][run] = servers_redis(servers, tills, SECONDS);
    }
    snprintf(name, sizeof name, "%u till%s, each its own commit", tills,
             tills == 1 ? "" : "s");
    struct bench_case *one =
        bench_add(bench, name, "events/s", bench_median(ours, ROUNDS));
    for (int i = 0; i < PEERS; i++)
        if (peers[i][0] >= 0)
            bench_peer(one, names[i], bench_median(peers[i], ROUNDS));
}

int
main(void)
{
    struct bench bench = { .name = "tills" };
    const char *folder = bench_folder();
    struct servers *servers = servers_open(folder);

    measure(&bench, folder, servers, 1);
    measure(&bench, folder, servers, 8);
    measure(&bench, folder, servers, 64);
    servers_close(servers);
    bool done = bench_report(&bench);
    bench_folder_remove(folder);
    return !done;
}
