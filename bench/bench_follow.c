/*
 * bench_follow.c - how fast a hub's history and states follow the journal:
 * purchases of a million accounts, each account's first and then, at random,
 * further ones; and what memory the states take
 *
 * Nothing is received meanwhile: what bench_ingest measures together stands
 * alone here.  Times are by the clock, with as many events at a time as a hub
 * takes: all processors fold, and threads that write the history go on beside
 * them.  Medians of three ledgers.
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
open_ledger(struct follower *follower, const char *path)
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
            state_open(follower->ledger, &follower->state) == OK,
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

/* Of one stretch. */
struct stretch {
    double speed;  /* events per second */
    double memory; /* RssAnon in MB */
};

static void
run(const char *folder, struct stretch ret_stretches[static 2])
{
    struct follower follower = { 0 };
    static int number;
    char path[4200];

    snprintf(path, sizeof path, "%s/ledger-%d", folder, number++);
    open_ledger(&follower, path);
    refresh(&follower);
    long before_kb = bench_rss_anon_kb(getpid());
    for (int i = 0; i < 2; i++) {
        ret_stretches[i].speed = follow(&follower, i == 0);
        ret_stretches[i].memory =
            (double)(bench_rss_anon_kb(getpid()) - before_kb) / 1024;
    }
    state_close(follower.state);
    ledger_close(follower.ledger);
}

int
main(void)
{
    static const char *const names[] = { "first purchases",
                                         "further purchases" };
    double speeds[2][BENCH_RUNS], memories[2][BENCH_RUNS];
    struct bench bench = { .name = "follow" };
    const char *folder = bench_folder();
    char name[64];

    for (int i = 0; i < BENCH_RUNS; i++) {
        struct stretch found[2];
        run(folder, found);
        for (int k = 0; k < 2; k++) {
            speeds[k][i] = found[k].speed;
            memories[k][i] = found[k].memory;
        }
    }
    for (int k = 0; k < 2; k++) {
        bench_add(&bench, names[k], "events/s",
                  bench_median(speeds[k], BENCH_RUNS));
        snprintf(name, sizeof name, "%s, memory", names[k]);
        bench_add(&bench, name, "MB", bench_median(memories[k], BENCH_RUNS));
    }
    bool done = bench_report(&bench);
    bench_folder_remove(folder);
    return !done;
}
