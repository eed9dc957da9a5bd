/*
 * bench_follow.c - how fast a hub's states and history follow the journal:
 * purchases of a million accounts, each account's first and then, at random,
 * further ones, by one thread and by all processors
 *
 * Nothing is received meanwhile: what bench_ingest measures together stands
 * alone here.  Times are the wall's, of the refreshing only, with as many
 * events at a time as a hub takes; threads that write the history go on beside
 * it.  Medians of three ledgers each, in turn.
 */
#include "bench/bench.h"
#include "bench/sales.h"

#include "core/ledger_append.h"
#include "core/ledger_publish.h"
#include "core/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    ACCOUNTS = 1000000,
    EVENTS = 1000000, /* of each stretch */
    COMMIT = 1000,
    STEP = 32, /* commits between two refreshes */
};

struct follower {
    struct ledger *ledger;
    struct state *state;
    uint64_t number; /* of the next purchase */
};

static void
open_ledger(struct follower *follower, const char *path, uint32_t threads)
{
    struct ledger_identity who = { .node = 1, .store = 10 };
    struct complaint complaint = { "" };
    identity version;
    char *text = sales_program_text(SALES_FIVE);
    struct ledger_publish publish = { .name = "program.yaml",
                                      .file = view_of(text),
                                      .now_ms = SALES_START_MS };

    bench_need(
        calendar_parse_date(view_of("2000-01-01"), &publish.from_day) &&
            ledger_create(path, &who, SALES_START_MS, &complaint) == OK &&
            ledger_open(path, LEDGER_OWN, &complaint, &follower->ledger) ==
                OK &&
            ledger_publish(follower->ledger, &publish, &version, &complaint) ==
                OK &&
            state_open(follower->ledger, &follower->state) == OK &&
            state_spread(follower->state, threads) == OK,
        complaint.text);
    free(text);
    state_keep(follower->state, UINT64_C(1) << 32);
    history_set_beside(ledger_history(follower->ledger));
}

static double
refresh(struct follower *follower)
{
    struct complaint complaint = { "" };
    double begun = bench_now();

    bench_need(ledger_refresh(follower->ledger, &complaint) == OK &&
                   state_refresh(follower->state, &complaint) == OK,
               complaint.text);
    return bench_now() - begun;
}

static void
append(struct follower *follower, bool first)
{
    static struct ledger_entry entries[COMMIT];
    static struct sale sales[COMMIT];
    const struct ledger_append options = { .now_ms = SALES_START_MS +
                                                     30 * CALENDAR_DAY_MS };
    struct complaint complaint = { "" };

    for (uint32_t i = 0; i < COMMIT; i++) {
        uint64_t number = follower->number++;
        sales_make(&sales[i], number,
                   first ? 1 + number % ACCOUNTS
                         : sales_member(number, ACCOUNTS),
                   SALES_START_MS + (int64_t)number * 100, false);
        entries[i] =
            (struct ledger_entry) { .event = sales[i].event, .at_given = true };
        entries[i].event.identity = (identity) { 0 };
        entries[i].event.recorded_ms = 0;
    }
    bench_need(ledger_append(follower->ledger, entries, COMMIT, &options,
                             &complaint) == OK,
               complaint.text);
}

/* Events per second. */
static double
follow(struct follower *follower, bool first)
{
    double seconds = 0;

    for (uint32_t i = 1; i <= EVENTS / COMMIT; i++) {
        append(follower, first);
        if (i % STEP == 0 || i == EVENTS / COMMIT)
            seconds += refresh(follower);
    }
    return EVENTS / seconds;
}

static void
run(const char *folder, uint32_t threads, double ret_speeds[static 2])
{
    struct follower follower = { 0 };
    static int number;
    char path[4200];

    snprintf(path, sizeof path, "%s/ledger-%d", folder, number++);
    open_ledger(&follower, path, threads);
    refresh(&follower);
    for (int i = 0; i < 2; i++)
        ret_speeds[i] = follow(&follower, i == 0);
    state_close(follower.state);
    ledger_close(follower.ledger);
}

int
main(void)
{
    static const char *const stretches[] = { "first", "further" };
    const uint32_t threads[] = { 1, (uint32_t)sysconf(_SC_NPROCESSORS_ONLN) };
    double speeds[2][2][BENCH_RUNS]; /* by threads, by stretch */
    struct bench bench = { .name = "follow" };
    const char *folder = bench_folder();

    for (int i = 0; i < BENCH_RUNS; i++)
        for (int k = 0; k < 2; k++) {
            double found[2];
            run(folder, threads[k], found);
            speeds[k][0][i] = found[0];
            speeds[k][1][i] = found[1];
        }
    for (int k = 0; k < 2; k++)
        for (int s = 0; s < 2; s++) {
            char name[64];
            snprintf(name, sizeof name, "%s purchases, %u thread%s",
                     stretches[s], threads[k], threads[k] == 1 ? "" : "s");
            bench_add(&bench, name, "events/s",
                      bench_median(speeds[k][s], BENCH_RUNS));
        }
    bool done = bench_report(&bench);
    bench_folder_remove(folder);
    return !done;
}
