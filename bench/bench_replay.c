/*
 * bench_replay.c - "what would this rule have cost" over a year of purchases
 * and redemptions, beside a loop written for these very questions, DuckDB and
 * SQLite; all must come to the same figures, or the benchmark fails
 *
 *   BENCH_REPLAY_EVENTS=n   so many events, one account for fifty (2 million;
 *                           `make bench-replay`: 50 million)
 *   BENCH_REPLAY_FOLDER=f   keep the ledger there for the next time
 *   BENCH_DUCKDB=f          a folder outside of the tree in which
 *                           `npm install @duckdb/node-api` was run
 *
 * What runs on one thread is measured in processor time, beside the loop and
 * SQLite; what runs on all cores by the clock, beside DuckDB, and since a busy
 * machine makes the clock mean little, by its processor time too.  SQLite
 * answers for the first accounts only, which is said in the name of the case.
 */
#include "bench/bench.h"
#include "bench/process.h"
#include "bench/replay_history.h"
#include "bench/replay_loop.h"
#include "bench/replay_peers.h"
#include "bench/replay_program.h"
#include "bench/replay_rules.h"

#include "replay/candidate.h"
#include "replay/compare.h"
#include "replay/vary.h"
#include "tools/generate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    CANDIDATES_MAX = 8,
    SQLITE_EVENTS = 2000000, /* seconds, not minutes */
    TOWN_EVENTS = 500000,    /* at most, likewise */
    TOWN_EVENTS_OF_MEMBER = 25,
};

/* --- one replay --- */

struct run {
    struct ledger *ledger;
    const struct timeline *baseline;
    const struct timeline *candidates[CANDIDATES_MAX];
    uint32_t count;
    uint32_t threads;
    double cpu;   /* seconds that the calling thread computed */
    double clock; /* and that went by */
    uint64_t events;
    uint64_t accounts;
    uint64_t by_tables; /* of these */
    struct replay_sums sums;
};

static const struct timeline *
compile(struct ledger *ledger, view file, struct arena *arena)
{
    struct mistakes *mistakes = ARENA_NEW(arena, struct mistakes, 1);
    const struct candidate candidate = { .name = "candidate",
                                         .file = file,
                                         .from_day = CANDIDATE_FROM_START };
    const struct timeline *timeline = NULL;
    struct complaint complaint = { "" };
    enum err err = candidate_timeline(ledger, &candidate, arena, mistakes,
                                      &timeline, &complaint);

    bench_need(err == OK,
               mistakes->count > 0 ? mistakes->list[0].text : complaint.text);
    return timeline;
}

static const struct timeline *
variant(struct ledger *ledger, const char *file, const char *option,
        struct arena *arena)
{
    struct vary_axis axis;
    struct variant made;
    struct complaint complaint = { "" };

    bench_need(vary_parse(option, arena, &axis, &complaint) == OK &&
                   vary_make(view_of(file), &axis, 1, 0, arena, &made,
                             &complaint) == OK,
               complaint.text);
    return compile(ledger, made.file, arena);
}

/* A program against itself with two points in place of one. */
static struct run
prepare(struct ledger *ledger, const char *file, struct arena *arena)
{
    return (struct run) {
        .ledger = ledger,
        .baseline = compile(ledger, view_of(file), arena),
        .candidates = { variant(ledger, file, "earn.base.points=2", arena) },
        .count = 1,
        .threads = 1,
    };
}

static void
take_side(const struct compare_side *figures, struct side *side,
          struct replay_side *ret_side)
{
    uint32_t count;
    const struct totals_row *rows = totals_rows(side->totals, &count);

    for (uint32_t i = 0; i < count; i++) {
        view partner =
            timeline_name(side->timeline, NAME_PARTNER, rows[i].partner);
        int32_t month = rows[i].month - 2025 * 12;
        int32_t place = partner.bytes[0] - 'a';
        if (month < 0 || month >= SUMS_MONTHS || place >= SUMS_PARTNERS)
            continue; /* points that end later; other programs */
        ret_side->issued[month][place] += rows[i].amounts[MEASURE_ISSUED];
        ret_side->redeemed[month][place] += rows[i].amounts[MEASURE_REDEEMED];
    }
    for (uint32_t i = 0; i < figures->tier_count && i < SUMS_LEVELS; i++)
        ret_side->levels[i] = figures->tiers[i].count;
    ret_side->overdrawn = figures->amounts[MEASURE_OVERDRAWN];
    ret_side->expired = figures->amounts[MEASURE_EXPIRED];
    ret_side->outstanding = figures->outstanding.value;
    ret_side->debt = figures->debt.value;
}

static void
replay(struct run *run)
{
    struct arena arena;
    struct simulation simulation;
    struct comparison comparison;
    struct complaint complaint = { "" };

    bench_need(arena_open(&arena, LIMIT_ARENA_SIZE), "memory");
    const struct simulate_options options = {
        .baseline = run->baseline,
        .candidates = run->candidates,
        .candidate_count = run->count,
        .span = { INT64_MIN, REPLAY_UNTIL_MS },
        .thread_count = run->threads,
    };
    double cpu = bench_cpu(), clock = bench_now();
    bench_need(
        simulate(run->ledger, &options, &arena, &simulation, &complaint) == OK,
        complaint.text);
    compare_sides(&simulation, 0, &arena, &comparison);
    run->cpu = bench_cpu() - cpu;
    run->clock = bench_now() - clock;
    run->events = simulation.event_count;
    run->accounts = simulation.account_count;
    run->by_tables = simulation.table_count;
    memset(&run->sums, 0, sizeof run->sums);
    take_side(&comparison.baseline, &simulation.sides[0], &run->sums.sides[0]);
    take_side(&comparison.candidate, &simulation.sides[1], &run->sums.sides[1]);
    run->sums.up = (int64_t)comparison.outcome->up;
    arena_close(&arena);
}

/* Seconds of one thread. */
static double
replay_median(struct run *run)
{
    double seconds[BENCH_RUNS];

    for (uint32_t i = 0; i < BENCH_RUNS; i++) {
        replay(run);
        seconds[i] = run->cpu;
    }
    return bench_median(seconds, BENCH_RUNS);
}

/* --- the five questions --- */

/* The table of so many accounts, for the peers. */
static void
write_table(const struct loop_history *history, uint64_t accounts,
            const char *path)
{
    FILE *out = fopen(path, "w");

    bench_need(out != NULL, "write a table");
    loop_write(history, accounts, out);
    bench_need(fclose(out) == 0, "write a table");
}

/* Events per second, by the clock and by processor time; 0: not there. */
static struct replay_time
ask_duckdb(const struct loop_history *history, uint64_t total,
           const char *folder, const struct replay_sums *ours)
{
    struct replay_sums sums;
    char path[4200];

    snprintf(path, sizeof path, "%s/peers.csv", folder);
    write_table(history, loop_accounts(history, total), path);
    struct replay_time time = replay_peers_duckdb(folder, path, &sums);
    unlink(path);
    if (time.clock < 0) {
        bench_absent("DuckDB");
        return (struct replay_time) { 0, 0 };
    }
    replay_sums_need_equal("DuckDB", &sums, ours);
    return (struct replay_time) { (double)total / time.clock,
                                  (double)total / time.processor };
}

/* Its figures must be those that the loop has for the same accounts. */
static double
ask_sqlite(const struct loop_history *history, const char *folder)
{
    uint64_t accounts = loop_accounts(history, SQLITE_EVENTS);
    struct replay_sums sums, expected;
    char path[4200];

    snprintf(path, sizeof path, "%s/peers.csv", folder);
    write_table(history, accounts, path);
    struct replay_time time = replay_peers_sqlite(folder, path, &sums);
    unlink(path);
    if (time.clock < 0) {
        bench_absent("SQLite");
        return 0;
    }
    loop_run(history, accounts, &expected);
    replay_sums_need_equal("SQLite", &sums, &expected);
    return (double)loop_events(history, accounts) / time.processor;
}

static void
five_questions(struct bench *bench, struct ledger *ledger, uint64_t total,
               const char *folder, struct arena *arena)
{
    struct run one = prepare(ledger, replay_five, arena), all = one;
    double loop[BENCH_RUNS], cpu[BENCH_RUNS], alone[BENCH_RUNS],
        together[BENCH_RUNS];
    struct loop_history *history = loop_prepare(ledger, total);
    uint64_t accounts = loop_accounts(history, total);
    struct replay_sums sums;
    char name[64];

    all.threads = (uint32_t)sysconf(_SC_NPROCESSORS_ONLN);
    for (uint32_t i = 0; i < BENCH_RUNS; i++) {
        loop[i] = loop_run(history, accounts, &sums);
        replay(&one);
        replay(&all);
        cpu[i] = one.cpu;
        alone[i] = one.clock;
        together[i] = all.clock;
        replay_sums_need_equal("the loop", &sums, &one.sums);
        replay_sums_need_equal("all threads", &all.sums, &one.sums);
    }
    double count = (double)total;
    double yardstick = count / bench_median(loop, BENCH_RUNS);
    double ours = count / bench_median(cpu, BENCH_RUNS);
    double clock = bench_median(together, BENCH_RUNS);
    bench_phase(bench, "five questions of the peers");
    double sqlite = ask_sqlite(history, folder);
    struct replay_time duckdb = ask_duckdb(history, total, folder, &one.sums);
    struct bench_case *added =
        bench_add(bench, "five questions, both sides, one thread",
                  "events/s (processor)", ours);
    bench_peer(added, "hand-written loop", yardstick);
    if (sqlite > 0)
        bench_peer(added, "SQLite (the first 2 million)", sqlite);
    bench_add(bench, "  of the loop's rate", "times", ours / yardstick);
    if (sqlite > 0)
        bench_add(bench, "  of SQLite's rate", "times", ours / sqlite);
    snprintf(name, sizeof name, "five questions, both sides, %u threads",
             all.threads);
    added = bench_add(bench, name, "events/s", count / clock);
    if (duckdb.clock > 0) {
        bench_peer(added, "DuckDB", duckdb.clock);
        bench_add(bench, "  of DuckDB's rate", "times",
                  count / clock / duckdb.clock);
        bench_add(bench, "  of DuckDB's, by processor time of one thread",
                  "times", ours / duckdb.processor);
    }
    snprintf(name, sizeof name, "  of one thread's rate, %u threads",
             all.threads);
    bench_add(bench, name, "times", bench_median(alone, BENCH_RUNS) / clock);
    loop_free(history);
}

/* --- other programs --- */

static void
whole_program(struct bench *bench, struct ledger *ledger, uint64_t total,
              struct arena *arena)
{
    struct run run = prepare(ledger, replay_whole, arena);

    bench_add(bench, "the example program, one thread",
              "(event x program)/s (processor)",
              2 * (double)total / replay_median(&run));
}

static void
variants(struct bench *bench, struct ledger *ledger, struct arena *arena)
{
    struct run one = prepare(ledger, replay_five, arena), many = one;
    double seconds[BENCH_RUNS];

    many.count = CANDIDATES_MAX;
    for (uint32_t i = 0; i < CANDIDATES_MAX; i++) {
        char option[32];
        snprintf(option, sizeof option, "earn.base.points=%u", i + 1);
        many.candidates[i] = variant(ledger, replay_five, option, arena);
    }
    for (uint32_t i = 0; i < BENCH_RUNS; i++) {
        replay(&one);
        replay(&many);
        seconds[i] = many.cpu / one.cpu;
    }
    bench_add(bench, "eight variants in one pass, of one's time", "times",
              bench_median(seconds, BENCH_RUNS));
}

/* One pass over the history for all, against a pass for each. */
static void
unlike_programs(struct bench *bench, struct ledger *ledger, struct arena *arena)
{
    struct run many = prepare(ledger, replay_five, arena), one = many;
    double seconds[BENCH_RUNS];

    many.count = REPLAY_UNLIKE;
    for (uint32_t i = 0; i < REPLAY_UNLIKE; i++)
        many.candidates[i] = compile(ledger, view_of(replay_unlike[i]), arena);
    for (uint32_t i = 0; i < BENCH_RUNS; i++) {
        double apart = 0;
        for (uint32_t k = 0; k < REPLAY_UNLIKE; k++) {
            one.candidates[0] = many.candidates[k];
            replay(&one);
            apart += one.cpu;
        }
        replay(&many);
        seconds[i] = many.cpu / apart;
    }
    bench_add(bench, "eight unlike programs, of eight passes' time", "times",
              bench_median(seconds, BENCH_RUNS));
}

/* A history as people make it at a store whose node tells it: returns,
 * rewards, stamps and consents are not plain, and the fold takes accounts that
 * have them. */
static void
town(struct bench *bench, const char *folder, uint64_t total,
     struct arena *arena)
{
    char words[200], path[4200];

    snprintf(path, sizeof path, "%s/town-%llu", folder,
             (unsigned long long)total);
    if (access(path, F_OK) != 0) {
        snprintf(words, sizeof words, "init town-%llu --node 10 --store 10",
                 (unsigned long long)total);
        process_run(folder, words);
        snprintf(words, sizeof words,
                 "generate town-%llu --stores 1 --members %llu",
                 (unsigned long long)total,
                 (unsigned long long)(total / TOWN_EVENTS_OF_MEMBER));
        process_run(folder, words);
    }
    struct ledger *ledger = replay_history_open(path, total, bench);
    bench_need(history_refresh(ledger_history(ledger)) == OK &&
                   history_merge(ledger_history(ledger)) == OK,
               "bring the image up to date");
    struct run run = prepare(ledger, generate_program(), arena);
    double seconds = replay_median(&run);
    bench_add(bench, "a generated town's year, one thread",
              "(event x program)/s (processor)",
              2 * (double)run.events / seconds);
    bench_add(bench, "  of its accounts, by tables", "%",
              100 * (double)run.by_tables / (double)run.accounts);
    ledger_close(ledger);
}

/* The command as people run it. */
static void
program(struct bench *bench, const char *ledger, const char *folder)
{
    char path[4200];

    snprintf(path, sizeof path, "%s/rules.yaml", folder);
    FILE *rules = fopen(path, "w");
    bench_need(rules != NULL, "write a program");
    fputs(replay_whole, rules);
    bench_need(fclose(rules) == 0, "write a program");
    struct replay_program run = replay_program_run(ledger, path);
    unlink(path);
    bench_add(bench, "leima replay of the example, whole command", "s",
              run.seconds);
    bench_add(bench, "  its memory at most", "MB", run.anonymous_mb);
    bench_add(bench, "  with what it has read of the image", "MB",
              run.resident_mb);
}

int
main(void)
{
    struct bench bench = { .name = "replay" };
    const char *asked = getenv("BENCH_REPLAY_EVENTS");
    const char *kept = getenv("BENCH_REPLAY_FOLDER");
    uint64_t total = asked == NULL ? 2000000 : strtoull(asked, NULL, 10);
    const char *folder = kept == NULL ? bench_folder() : kept;
    struct arena arena;
    char path[4200];

    bench_need(total >= REPLAY_EVENTS_MIN, "replay less than 1000 events");
    bench_need(arena_open(&arena, LIMIT_ARENA_SIZE), "memory");
    snprintf(path, sizeof path, "%s/replay-%llu", folder,
             (unsigned long long)total);
    struct ledger *ledger = replay_history_open(path, total, &bench);
    bench_add(&bench, "image", "bytes/event",
              (double)history_size(ledger_history(ledger)) / (double)total);
    bench_add(&bench, "image, of purchases without lines", "bytes/event",
              replay_history_plain_size(folder, &bench));
    bench_phase(&bench, "five questions");
    five_questions(&bench, ledger, total, folder, &arena);
    bench_phase(&bench, "the example program");
    whole_program(&bench, ledger, total, &arena);
    bench_phase(&bench, "eight variants");
    variants(&bench, ledger, &arena);
    bench_phase(&bench, "eight unlike programs");
    unlike_programs(&bench, ledger, &arena);
    bench_phase(&bench, "a generated town");
    town(&bench, folder, total < TOWN_EVENTS ? total : TOWN_EVENTS, &arena);
    bench_phase(&bench, "the command");
    program(&bench, path, folder);
    ledger_close(ledger);
    arena_close(&arena);
    if (kept == NULL)
        bench_folder_remove(folder);
    return bench_report(&bench) ? 0 : 1;
}
