/*
 * bench_nodes.c - from store to hub over CURVE: the rate of a backlog, how
 * long one sale takes to be on the hub's disk, and the memory of an idle node
 * and of a hub
 *
 * Real processes on loopback.  The hub's journal is watched from here, so what
 * is timed ends when the commit at the hub has been made; a node looks for new
 * events every few milliseconds, which is part of it.
 */
#include "bench/bench.h"
#include "bench/harbour.h"
#include "bench/process.h"

#include "core/ledger_append.h"
#include "core/reader.h"

#include <stdio.h>
#include <time.h>

enum { BACKLOG = 200000, SALES = 200, MEMBERS = 1000000, BATCH = 1000 };

static const char *folder;

static void
nap(void)
{
    nanosleep(&(struct timespec) { .tv_nsec = 200000 }, NULL);
}

/* A journal that another process writes. */
struct lookout {
    struct journal *journal;
    struct reader *reader;
};

static void
lookout_open(struct lookout *lookout, const char *ledger)
{
    char path[4200];

    snprintf(path, sizeof path, "%s/%s/journal", folder, ledger);
    bench_need(journal_open(path, NULL, &lookout->journal) == OK &&
                   reader_open(lookout->journal, &lookout->reader) == OK,
               "open the hub's journal");
}

static uint64_t
lookout_last(struct lookout *lookout)
{
    bench_need(reader_refresh(lookout->reader) == OK, "read the hub's journal");
    return reader_last(lookout->reader);
}

static void
lookout_until(struct lookout *lookout, uint64_t position)
{
    for (double end = bench_now() + 120; lookout_last(lookout) < position;
         nap())
        bench_need(bench_now() < end, "see the events at the hub");
}

static void
lookout_close(struct lookout *lookout)
{
    reader_close(lookout->reader);
    journal_close(lookout->journal);
}

static struct ledger *
open_ledger(const char *name)
{
    struct complaint complaint = { "" };
    struct ledger *ledger;
    char path[4200];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    bench_need(ledger_open(path, LEDGER_WRITE, &complaint, &ledger) == OK,
               complaint.text);
    return ledger;
}

static void
sell(struct ledger *ledger, uint32_t count, uint64_t first, uint32_t members)
{
    static struct ledger_entry entries[BATCH];
    static char receipts[BATCH][16];
    struct ledger_append options = { .now_ms = INT64_C(1800000000000) };
    struct complaint complaint = { "" };

    for (uint32_t i = 0; i < count; i++) {
        uint64_t number = first + i;
        snprintf(receipts[i], sizeof receipts[i], "%llu",
                 (unsigned long long)number);
        entries[i] = (struct ledger_entry) {
            .event = { .kind = EVENT_PURCHASE,
                       .store = 10,
                       .at_ms = INT64_C(1790000000000) + (int64_t)number,
                       .account = { .member = 1 + number % members } },
            .at_given = true,
        };
        entries[i].event.sale.receipt = view_of(receipts[i]);
        entries[i].event.sale.total.minor = 500;
    }
    bench_need(ledger_append(ledger, entries, count, &options, &complaint) ==
                   OK,
               complaint.text);
}

static void
sell_many(const char *name, uint32_t count, uint32_t members)
{
    struct ledger *ledger = open_ledger(name);

    for (uint32_t done = 0; done < count; done += BATCH)
        sell(ledger, BATCH, done, members);
    ledger_close(ledger);
}

/* A node with a backlog connects. */
static void
measure_backlog(struct bench *bench, struct lookout *hub)
{
    uint64_t before = lookout_last(hub);

    sell_many("store", BACKLOG, 50000);
    double start_time = bench_now();
    pid_t node = process_start(folder, "node", "store", "--once", NULL);
    lookout_until(hub, before + BACKLOG);
    double seconds = bench_now() - start_time;
    process_stop(node);
    bench_add(bench, "a backlog to the hub's disk, one node", "events/s",
              BACKLOG / seconds);
}

static void
measure_latency(struct bench *bench, struct lookout *hub)
{
    static double waits[SALES];
    struct ledger *ledger = open_ledger("store");
    uint64_t position = lookout_last(hub);

    for (uint32_t i = 0; i < SALES; i++) {
        double sold = bench_now();
        sell(ledger, 1, BACKLOG + i, 50000);
        lookout_until(hub, ++position);
        waits[i] = (bench_now() - sold) * 1e3;
    }
    ledger_close(ledger);
    double median = bench_median(waits, SALES);
    bench_add(bench, "one sale to the hub's disk, p50", "ms", median);
    bench_add(bench, "one sale to the hub's disk, p99", "ms",
              waits[SALES - 1 - SALES / 100]);
}

/* A hub with a million accounts, when it has folded them. */
static void
measure_hub_memory(struct bench *bench)
{
    char path[4200];

    process_run(folder, "init big --node 2000");
    process_run(folder, "rules publish big program.yaml --from 2000-01-01");
    sell_many("big", MEMBERS, MEMBERS);
    snprintf(path, sizeof path, "%s/big", folder);
    pid_t hub =
        process_start(folder, "hub", "big", "--listen", "tcp://127.0.0.1:0");
    (void)harbour_wait_until_folded(path);
    long memory_kb = bench_rss_anon_kb(hub);
    process_stop(hub);
    bench_add(bench, "RssAnon of a hub with 1,000,000 accounts", "MB",
              (double)memory_kb / 1024);
}

int
main(void)
{
    struct bench bench = { .name = "nodes" };
    struct lookout hub_journal;
    char endpoint[64];

    folder = bench_folder();
    process_run(folder,
                "generate --output /dev/null --rules program.yaml --members 1 "
                "--months 1");
    process_run(folder, "init hq --node 1000");
    process_run(folder, "rules publish hq program.yaml --from 2000-01-01");
    process_run(folder, "init store --node 10 --store 10");
    pid_t hub =
        process_start(folder, "hub", "hq", "--listen", "tcp://127.0.0.1:0");
    process_endpoint(folder, "hq", endpoint);
    process_run(folder, "enrol new hq --node 10 > string");
    process_run(folder, "node store --join - --once < string");
    lookout_open(&hub_journal, "hq");
    /* First, for states come down to the node for long after a backlog. */
    pid_t node = process_start(folder, "node", "store", "--hub", endpoint);
    measure_latency(&bench, &hub_journal);
    bench_add(&bench, "RssAnon of an idle node", "MB",
              (double)bench_rss_anon_kb(node) / 1024);
    process_stop(node);
    measure_backlog(&bench, &hub_journal);
    lookout_close(&hub_journal);
    process_stop(hub);
    measure_hub_memory(&bench);
    bool done = bench_report(&bench);
    bench_folder_remove(folder);
    return !done;
}
