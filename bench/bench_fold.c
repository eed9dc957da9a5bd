/*
 * bench_fold.c - the fold on one core: purchases onto warm states, as a hub
 * takes them in, and onto packed ones, as it does without the memory; onto a
 * state that is unpacked already; a whole year folded afresh; one late event
 * through the states of a ledger; and how many bytes a state takes.  Times are
 * of the thread's own computing.
 */
#include "bench/bench.h"
#include "bench/sales.h"

#include "core/account_table.h"
#include "core/crypto.h"
#include "core/ledger_append.h"
#include "core/ledger_publish.h"
#include "core/state.h"
#include "core/state_fold.h"

#include <stdio.h>
#include <stdlib.h>

static const double SECONDS = 0.3;

enum {
    FEW = 1000,
    MANY = 1000000,
    WEEKS = 52,
    WEEK_MS = 7 * 86400000,
    ACCOUNTS = 1000, /* of the ledger with late events */
    LATE = 200,
};

/* One setting: the states of so many accounts under one program. */
struct states {
    struct state_fold fold;
    struct account_table table;
    uint64_t accounts;
    uint64_t number; /* of the next purchase */
    bool lines;
};

static void
start(struct states *states, const struct timeline *timeline, uint64_t accounts,
      bool lines)
{
    *states = (struct states) { .accounts = accounts, .lines = lines };
    states->table.seed = crypto_random_number();
    bench_need(state_fold_open(&states->fold, NULL, timeline) == OK,
               "have memory");
}

static void
stop(struct states *states)
{
    state_fold_close(&states->fold);
    account_table_close(&states->table);
}

/* Where the state lies, if it is warm; false: it has to go forward. */
static bool
pass(struct states *states, struct account_entry *entry,
     const struct event *event)
{
    const uint32_t size = entry->size;
    uint8_t *bytes = account_table_edit(&states->table, entry);
    struct onward_sale sale;
    view passed;

    bench_need(bytes != NULL, "have memory");
    if (!onward_sale_of(event, &sale) ||
        !state_fold_pass(&states->fold, bytes, size, &sale, &passed))
        return false;
    bench_need(passed.size == size ||
                   account_table_set(&states->table, entry, (view) { 0 },
                                     passed) == OK,
               "have memory");
    return true;
}

/* The first purchase of an account, or one more. */
static void
take(struct states *states, uint64_t member, int64_t at_ms)
{
    struct account_table *table = &states->table;
    struct state_folded folded;
    struct sale sale;
    view state = { 0 };

    sales_make(&sale, states->number++, member, at_ms, states->lines);
    runs_key key = runs_key_of(sale.event.account);
    struct account_entry *entry = account_table_find(
        table, account_table_hash(table, runs_key_view(&key)),
        runs_key_view(&key));
    if (entry != NULL && pass(states, entry, &sale.event))
        return;
    if (entry != NULL)
        state = account_table_blob(table, entry);
    bench_need(
        state_fold_forward(&states->fold, state, &sale.event, &folded) == OK &&
            account_table_put(table, runs_key_view(&key), folded.packed) == OK,
        "fold");
}

/* Purchases of random accounts, one a second. */
static double
forward_rate(struct states *states)
{
    enum { STEP = 4096 };
    uint64_t first = states->number;

    double begun = bench_cpu(), now = begun;
    for (; now - begun < SECONDS; now = bench_cpu())
        for (uint32_t i = 0; i < STEP; i++)
            take(states, sales_member(states->number, states->accounts),
                 SALES_START_MS + (int64_t)states->number * 1000);
    return (double)(states->number - first) / (now - begun);
}

/* One setting of accounts and purchases. */
struct setting {
    enum sales_program program;
    uint64_t accounts;
    bool lines;
    bool warms;
};

static void
report(struct bench *bench, const struct setting *setting, const char *what,
       double rate)
{
    char name[96];

    snprintf(name, sizeof name, "%s, %s, %s, %s accounts%s", what,
             sales_program_name(setting->program),
             setting->lines ? "5 lines" : "no lines",
             setting->accounts == FEW ? "1 k" : "1 M",
             setting->warms ? "" : ", packed");
    bench_add(bench, name, "events/s", rate);
}

static void
measure_forward(struct bench *bench, const struct setting *setting)
{
    struct arena arena = { 0 };
    struct states states;
    double rates[BENCH_RUNS];

    bench_need(arena_open(&arena, 1 << 26), "have memory");
    start(&states, sales_timeline(setting->program, &arena), setting->accounts,
          setting->lines);
    states.fold.warms = setting->warms;
    double begun = bench_cpu();
    for (uint64_t member = 1; member <= setting->accounts; member++)
        take(&states, member, SALES_START_MS + (int64_t)member);
    if (setting->accounts == MANY)
        report(bench, setting, "first purchases",
               (double)setting->accounts / (bench_cpu() - begun));
    for (int run = 0; run < BENCH_RUNS; run++)
        rates[run] = forward_rate(&states);
    report(bench, setting, "forward", bench_median(rates, BENCH_RUNS));
    stop(&states);
    arena_close(&arena);
}

/* A year of one account from its first event on, unpacked all the while. */
static double
year_seconds(struct states *states, const struct sale *sales)
{
    uint64_t count = 0;

    double begun = bench_cpu(), now = begun;
    for (; now - begun < SECONDS; now = bench_cpu(), count++) {
        const struct event *events[WEEKS];
        struct walk walk;
        arena_reset(&states->fold.arena);
        for (uint32_t i = 0; i < WEEKS; i++)
            events[i] = &sales[i].event;
        const struct walk_input input = {
            .fold = states->fold.fold,
            .account = sales[0].event.account,
            .events = events,
            .event_count = WEEKS,
            .until_ms = events[WEEKS - 1]->at_ms,
        };
        fold_effects(states->fold.fold)->count = 0;
        fold_use_arena(states->fold.fold, &states->fold.arena);
        walk_open(&walk, &input, &states->fold.arena);
        walk_finish(&walk);
    }
    return (now - begun) / (double)count;
}

/* What an ordinary member's state takes after that year, and how fast a whole
 * year goes. */
static void
measure_year(struct bench *bench, enum sales_program program)
{
    struct arena arena = { 0 };
    struct sale sales[WEEKS];
    struct states states;
    double seconds[BENCH_RUNS];
    char name[64];

    bench_need(arena_open(&arena, 1 << 26), "have memory");
    start(&states, sales_timeline(program, &arena), 1, true);
    for (uint32_t i = 0; i < WEEKS; i++) {
        sales_make(&sales[i], i, 1, SALES_START_MS + i * (int64_t)WEEK_MS,
                   true);
        take(&states, 1, SALES_START_MS + i * (int64_t)WEEK_MS);
    }
    snprintf(name, sizeof name, "state after a year, %s",
             sales_program_name(program));
    bench_add(bench, name, "bytes", states.table.entries[0].size);
    for (int run = 0; run < BENCH_RUNS; run++)
        seconds[run] = year_seconds(&states, sales);
    double median = bench_median(seconds, BENCH_RUNS);
    snprintf(name, sizeof name, "a year in memory afresh, %s",
             sales_program_name(program));
    bench_add(bench, name, "us", median * 1e6);
    snprintf(name, sizeof name, "unpacked, %s, 5 lines",
             sales_program_name(program));
    bench_add(bench, name, "events/s", WEEKS / median);
    stop(&states);
    arena_close(&arena);
}

/* --- late events --- */

static struct ledger *
new_ledger(const char *folder)
{
    struct ledger_identity who = { .node = 1, .store = 10 };
    struct complaint complaint = { "" };
    struct ledger *ledger;
    identity version;
    char path[4200];

    snprintf(path, sizeof path, "%s/ledger", folder);
    char *text = sales_program_text(SALES_WHOLE);
    struct ledger_publish publish = { .name = "kanta.yaml",
                                      .file = view_of(text),
                                      .now_ms = SALES_START_MS };
    bench_need(calendar_parse_date(view_of("2000-01-01"), &publish.from_day) &&
                   ledger_create(path, &who, SALES_START_MS, &complaint) ==
                       OK &&
                   ledger_open(path, LEDGER_OWN, &complaint, &ledger) == OK &&
                   ledger_publish(ledger, &publish, &version, &complaint) == OK,
               complaint.text);
    free(text);
    return ledger;
}

static void
append(struct ledger *ledger, uint64_t number, uint32_t count, int64_t at_ms)
{
    static struct ledger_entry entries[ACCOUNTS];
    static struct sale sales[ACCOUNTS];
    const struct ledger_append options = {
        .now_ms = SALES_START_MS + (WEEKS + 1) * (int64_t)WEEK_MS
    };
    struct complaint complaint;

    assert(count <= ACCOUNTS);
    for (uint32_t i = 0; i < count; i++) {
        sales_make(&sales[i], number + i, 1 + i, at_ms + i, true);
        entries[i] =
            (struct ledger_entry) { .event = sales[i].event, .at_given = true };
        entries[i].event.identity = (identity) { 0 };
        entries[i].event.recorded_ms = 0;
    }
    bench_need(ledger_append(ledger, entries, count, &options, &complaint) ==
                   OK,
               complaint.text);
}

static double
refresh_seconds(struct ledger *ledger, struct state *state)
{
    struct complaint complaint;
    double begun = bench_cpu();

    bench_need(ledger_refresh(ledger, &complaint) == OK &&
                   state_refresh(state, &complaint) == OK,
               complaint.text);
    return bench_cpu() - begun;
}

static void
measure_late(struct bench *bench)
{
    const char *folder = bench_folder();
    struct ledger *ledger = new_ledger(folder);
    struct state *state;
    uint64_t number = 0;
    double late[BENCH_RUNS], ordinary[BENCH_RUNS];

    for (int week = 0; week < WEEKS; week++, number += ACCOUNTS)
        append(ledger, number, ACCOUNTS,
               SALES_START_MS + week * (int64_t)WEEK_MS);
    bench_need(state_open(ledger, &state) == OK, "open the states");
    refresh_seconds(ledger, state);
    for (int run = 0; run < BENCH_RUNS; run++) {
        append(ledger, number, LATE,
               SALES_START_MS + run * 3600000 + 26 * (int64_t)WEEK_MS + 86400);
        late[run] = refresh_seconds(ledger, state) / LATE;
        number += LATE;
        append(ledger, number, LATE,
               SALES_START_MS + run * 3600000 + WEEKS * (int64_t)WEEK_MS);
        ordinary[run] = refresh_seconds(ledger, state) / LATE;
        number += LATE;
    }
    bench_add(bench, "a late event: its account's year read and folded", "us",
              bench_median(late, BENCH_RUNS) * 1e6);
    bench_add(bench, "an event in order, the same way", "us",
              bench_median(ordinary, BENCH_RUNS) * 1e6);
    state_close(state);
    ledger_close(ledger);
    bench_folder_remove(folder);
}

int
main(void)
{
    struct bench bench = { .name = "fold" };

    for (int lines = 0; lines < 2; lines++)
        for (int program = 0; program < SALES_PROGRAMS; program++)
            for (int warms = 1; warms >= 0; warms--) {
                struct setting setting = { (enum sales_program)program, FEW,
                                           lines, warms };
                measure_forward(&bench, &setting);
                setting.accounts = MANY;
                if (lines == 0)
                    measure_forward(&bench, &setting);
            }
    measure_year(&bench, SALES_FIVE);
    measure_year(&bench, SALES_WHOLE);
    measure_late(&bench);
    return !bench_report(&bench);
}
