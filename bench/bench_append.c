/*
 * bench_append.c - durable appends: purchases checked, encoded, chained and
 * flushed, by size of the batch, beside raw LMDB and SQLite in the same run;
 * and how long a till waits for one
 */
#include "bench/bench.h"
#include "bench/peers.h"

#include "core/ledger_append.h"

#include <stdio.h>

static const double SECONDS = 0.7;
enum { BATCH_MAX = 1000, WAITS_MAX = 20000 };

static struct ledger_entry entries[BATCH_MAX];
static uint64_t sold;

/* An ordinary purchase without lines. */
static void
sell(struct ledger_entry *entry)
{
    static char receipt[BATCH_MAX][16];
    char *text = receipt[entry - entries];

    snprintf(text, sizeof receipt[0], "R%llu", (unsigned long long)sold);
    *entry = (struct ledger_entry) {
        .event = { .kind = EVENT_PURCHASE,
                   .store = 10,
                   .at_ms = INT64_C(1790000000000) + (int64_t)sold,
                   .account = { .member = 1 + sold % 100000 } },
        .at_given = true,
    };
    entry->event.sale.receipt = view_of(text);
    entry->event.sale.total.minor = 100 + (int64_t)(sold % 9900);
    sold++;
}

static void
append(struct ledger *ledger, uint32_t batch)
{
    struct ledger_append options = { .now_ms = INT64_C(1800000000000) };
    struct complaint complaint;

    for (uint32_t i = 0; i < batch; i++)
        sell(&entries[i]);
    enum err err = ledger_append(ledger, entries, batch, &options, &complaint);
    bench_need(err == OK, complaint.text);
}

static struct ledger *
new_ledger(const char *folder)
{
    struct ledger_identity who = { .node = 1, .store = 10 };
    struct complaint complaint = { "" };
    struct ledger *ledger;
    char path[4200];
    static int number;

    snprintf(path, sizeof path, "%s/ledger-%d", folder, number++);
    bench_need(ledger_create(path, &who, INT64_C(1800000000000), &complaint) ==
                   OK,
               complaint.text);
    bench_need(ledger_open(path, LEDGER_WRITE, &complaint, &ledger) == OK,
               complaint.text);
    return ledger;
}

static double
append_rate(const char *folder, uint32_t batch)
{
    struct ledger *ledger = new_ledger(folder);
    uint64_t count = 0;

    double start = bench_now(), now = start;
    for (; now - start < SECONDS; now = bench_now(), count += batch)
        append(ledger, batch);
    ledger_close(ledger);
    return (double)count / (now - start);
}

static void
measure_batch(struct bench *bench, const char *folder, uint32_t batch)
{
    double ours[BENCH_RUNS], lmdb[BENCH_RUNS], sqlite[BENCH_RUNS];
    char name[64];

    for (int run = 0; run < BENCH_RUNS; run++) {
        ours[run] = append_rate(folder, batch);
        lmdb[run] = peers_lmdb(folder, batch, SECONDS);
        sqlite[run] = peers_sqlite(folder, batch, SECONDS);
    }
    snprintf(name, sizeof name, "append, batch %u", batch);
    struct bench_case *one =
        bench_add(bench, name, "events/s", bench_median(ours, BENCH_RUNS));
    bench_peer(one, "lmdb", bench_median(lmdb, BENCH_RUNS));
    if (sqlite[0] >= 0)
        bench_peer(one, "sqlite", bench_median(sqlite, BENCH_RUNS));
    else
        bench_absent("SQLite");
}

static void
measure_wait(struct bench *bench, const char *folder)
{
    static double waits[WAITS_MAX];
    struct ledger *ledger = new_ledger(folder);
    uint32_t count = 0;

    for (double end = bench_now() + 2; count < WAITS_MAX; count++) {
        double start = bench_now();
        if (start > end)
            break;
        append(ledger, 1);
        waits[count] = (bench_now() - start) * 1e6;
    }
    ledger_close(ledger);
    double median = bench_median(waits, count); /* sorts them */
    bench_add(bench, "a till's wait for one append, p50", "us", median);
    bench_add(bench, "a till's wait for one append, p99", "us",
              waits[count - 1 - count / 100]);
}

int
main(void)
{
    struct bench bench = { .name = "append" };
    const char *folder = bench_folder();

    for (uint32_t batch = 1; batch <= BATCH_MAX; batch *= 10)
        measure_batch(&bench, folder, batch);
    measure_wait(&bench, folder);
    bool done = bench_report(&bench);
    bench_folder_remove(folder);
    return !done;
}
