/*
 * bench_replay.c - "what would this rule have cost" over a year of purchases
 * and redemptions, beside a loop written for these very questions
 *
 * What runs on one thread is measured in processor time.
 *
 * BENCH_REPLAY_EVENTS says how many events (one account for fifty), and
 * BENCH_REPLAY_FOLDER where the ledger is kept for the next time.
 */
#include "bench/bench.h"
#include "bench/replay_loop.h"

#include "core/ledger_append.h"
#include "core/ledger_publish.h"
#include "replay/candidate.h"
#include "replay/compare.h"
#include "replay/vary.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    BATCH = 1000,
    EVENTS_OF_ACCOUNT = 50,
    STORES = 200,
    CATEGORIES = 12,
    CANDIDATES_MAX = 8,
};

/* 2025-01-01 and 2026-01-01 in UTC. */
static const int64_t FROM_MS = INT64_C(1735689600000);
static const int64_t UNTIL_MS = INT64_C(1767225600000);

static const char FIVE[] =
    "program: Five\n"
    "currency: EUR\n"
    "timezone: Europe/Helsinki\n"
    "partners:\n"
    "  - {id: a, stores: [1-50], issue_price: 0.010, redeem_price: 0.009}\n"
    "  - {id: b, stores: [51-100], issue_price: 0.011, redeem_price: 0.009}\n"
    "  - {id: c, stores: [101-150], issue_price: 0.012, redeem_price: 0.009}\n"
    "  - {id: d, stores: [151-200], issue_price: 0.009, redeem_price: 0.009}\n"
    "points: {value: 0.01, expire_months: 6}\n"
    "earn:\n"
    "  - {id: base, per: 1.00, points: 1}\n"
    "  - {id: weekend, when: {weekdays: [sat, sun]}, multiply: 2}\n"
    "  - {id: coffee, when: {categories: [c3]}, multiply: 3}\n"
    "tiers:\n"
    "  window: 12 months\n"
    "  valid_for: 12 months\n"
    "  levels: [{id: basic}, {id: silver, from: 500.00, multiply: 1.25}, "
    "{id: gold, from: 1500.00, multiply: 1.5}]\n";

/* The example of RULES.md, with stores and categories of this history. */
static const char WHOLE[] =
    "program: Kanta\n"
    "currency: EUR\n"
    "timezone: Europe/Helsinki\n"
    "store_groups:\n"
    "  - {id: turku, stores: [10-14, 30]}\n"
    "partners:\n"
    "  - {id: market, stores: [1-100], issue_price: 0.010, redeem_price: "
    "0.009}\n"
    "  - {id: cafe, stores: [101-200], issue_price: 0.012, redeem_price: "
    "0.009}\n"
    "  - {id: roaster, issue_price: 0.010, redeem_price: 0.009}\n"
    "excluded: {categories: [c11]}\n"
    "points: {value: 0.01, expire_months: 12, min_redemption: 100}\n"
    "overdraft: {liable: program}\n"
    "earn:\n"
    "  - {id: base, per: 1.00, points: 1}\n"
    "  - {id: weekend, when: {weekdays: [sat, sun]}, multiply: 2}\n"
    "  - {id: coffee3, when: {categories: [c3]}, multiply: 3, best_of: promo}\n"
    "  - {id: big, when: {min_total: 100.00}, points: 50, best_of: promo}\n"
    "  - {id: roast, when: {categories: [c4]}, per: item, points: 20, funder: "
    "roaster}\n"
    "  - {id: comeback, when: {inactive_days: 180}, points: 300, max_points: "
    "300}\n"
    "  - {id: wake, on: inactive, after_days: 90, reward: free_coffee}\n"
    "  - {id: welcome, on: join, points: 500}\n"
    "rewards:\n"
    "  - {id: free_coffee, value: 3.50, valid_days: 60, paid_by: issuer}\n"
    "  - {id: gift50, value: 50.00, valid_days: 365}\n"
    "stamps:\n"
    "  - {id: coffee, when: {categories: [c3]}, per: item, need: 10, reward: "
    "free_coffee}\n"
    "  - {id: lunch, need: 10, points: 500}\n"
    "spend_rewards:\n"
    "  - {id: thousand, spend: 1000.00, window: year, reward: gift50, repeat: "
    "true}\n"
    "monthly_bonus:\n"
    "  steps: [{from: 50.00, percent: 1}, {from: 200.00, percent: 1.5}, "
    "{from: 400.00, percent: 2.5}]\n"
    "tiers:\n"
    "  window: 12 months\n"
    "  valid_for: 12 months\n"
    "  levels:\n"
    "    - {id: basic}\n"
    "    - {id: silver, from: 500.00, multiply: 1.25}\n"
    "    - {id: gold, from: 2000.00, multiply: 1.5, reward: gift50}\n"
    "referral: {on: purchase, min_total: 20.00, referrer_points: 1000, "
    "referred_reward: free_coffee}\n";

static uint64_t seed = 1;

static uint64_t
draw(uint64_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (seed >> 11) % below;
}

/* --- the history --- */

static void
fill(struct ledger_entry *entry, uint64_t number, uint64_t total, char *code,
     struct event_line *line)
{
    static const char *const NAMES[CATEGORIES] = { "c0", "c1", "c2",  "c3",
                                                   "c4", "c5", "c6",  "c7",
                                                   "c8", "c9", "c10", "c11" };
    uint64_t members = total / EVENTS_OF_ACCOUNT;
    struct event *event = &entry->event;

    *entry = (struct ledger_entry) { .at_given = true };
    event->account.member = 1 + draw(members);
    event->at_ms =
        FROM_MS + (int64_t)(number * (uint64_t)(UNTIL_MS - FROM_MS) / total);
    event->store =
        1 + (uint32_t)((event->account.member * 7 + draw(4)) % STORES);
    if (draw(100) < 6) {
        snprintf(code, 24, "q%llu", (unsigned long long)number);
        event->kind = EVENT_REDEEM;
        event->id = view_of(code);
        event->redeem.points.value = 50 + (int64_t)draw(300);
        event->redeem.value.minor = -1;
        return;
    }
    snprintf(code, 24, "%llu", (unsigned long long)(number % 100000));
    event->kind = EVENT_PURCHASE;
    event->sale.receipt = view_of(code);
    event->sale.total.minor = 100 + (int64_t)(draw(100) * draw(100));
    event->sale.bought_on = EVENT_NO_DAY;
    *line =
        (struct event_line) { .amount = event->sale.total,
                              .qty = 1,
                              .category = view_of(NAMES[draw(CATEGORIES)]) };
    if (draw(3) == 0)
        return; /* a receipt without lines */
    event->sale.lines = line;
    event->sale.line_count = 1;
}

static void
append_all(struct ledger *ledger, uint64_t total)
{
    static struct ledger_entry entries[BATCH];
    static struct event_line lines[BATCH];
    static char codes[BATCH][24];
    struct complaint complaint;

    for (uint64_t done = 0; done < total; done += BATCH) {
        const struct ledger_append options = { .now_ms = UNTIL_MS };
        for (uint32_t i = 0; i < BATCH; i++)
            fill(&entries[i], done + i, total, codes[i], &lines[i]);
        enum err err =
            ledger_append(ledger, entries, BATCH, &options, &complaint);
        bench_need(err == OK, complaint.text);
    }
}

static struct ledger *
open_ledger(const char *path, uint64_t total, struct bench *bench)
{
    const struct ledger_identity who = { .node = 1, .store = 1 };
    const struct ledger_publish publish = { .name = "five",
                                            .file = view_of(FIVE),
                                            .from_day = 10957,
                                            .now_ms = UNTIL_MS };
    struct complaint complaint = { "" };
    struct ledger *ledger = NULL;
    identity published;
    bool old = access(path, F_OK) == 0;

    if (!old)
        bench_need(ledger_create(path, &who, UNTIL_MS, &complaint) == OK,
                   complaint.text);
    bench_need(ledger_open(path, LEDGER_WRITE, &complaint, &ledger) == OK,
               complaint.text);
    if (old)
        return ledger;
    bench_need(ledger_publish(ledger, &publish, &published, &complaint) == OK,
               complaint.text);
    append_all(ledger, total);
    ledger_close(ledger);
    bench_need(ledger_open(path, LEDGER_OWN, &complaint, &ledger) == OK,
               complaint.text);
    double start = bench_cpu();
    bench_need(history_rebuild(ledger_history(ledger)) == OK, "rebuild");
    bench_need(history_merge(ledger_history(ledger)) == OK, "merge");
    bench_add(bench, "image built from the journal", "events/s (processor)",
              (double)total / (bench_cpu() - start));
    return ledger;
}

/* --- one replay --- */

struct run {
    const struct timeline *baseline;
    const struct timeline *candidates[CANDIDATES_MAX];
    uint32_t count;
    uint32_t threads;
    struct loop_sums baseline_sums;
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

static double
replay_once(struct ledger *ledger, struct run *run)
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
        .span = { INT64_MIN, UNTIL_MS },
        .thread_count = run->threads,
    };
    double (*clock)(void) = run->threads == 1 ? bench_cpu : bench_now;
    double start = clock();
    bench_need(simulate(ledger, &options, &arena, &simulation, &complaint) ==
                   OK,
               complaint.text);
    compare_sides(&simulation, 0, &arena, &comparison);
    double seconds = clock() - start;
    run->baseline_sums = (struct loop_sums) {
        .issued = comparison.baseline.amounts[MEASURE_ISSUED],
        .redeemed = comparison.baseline.amounts[MEASURE_REDEEMED],
        .overdrawn = comparison.baseline.amounts[MEASURE_OVERDRAWN],
        .expired = comparison.baseline.amounts[MEASURE_EXPIRED],
        .outstanding = comparison.baseline.outstanding.value,
        .candidate_issued = comparison.candidate.amounts[MEASURE_ISSUED],
    };
    arena_close(&arena);
    return seconds;
}

static double
replay_median(struct ledger *ledger, struct run *run)
{
    double seconds[BENCH_RUNS];

    for (uint32_t i = 0; i < BENCH_RUNS; i++)
        seconds[i] = replay_once(ledger, run);
    return bench_median(seconds, BENCH_RUNS);
}

/* --- the cases --- */

static void
check_loop(const struct loop_sums *ours, const struct loop_sums *loop)
{
    bench_need(ours->issued == loop->issued, "points issued differ");
    bench_need(ours->redeemed == loop->redeemed, "points redeemed differ");
    bench_need(ours->overdrawn == loop->overdrawn, "overdrawn differ");
    bench_need(ours->expired == loop->expired, "points expired differ");
    bench_need(ours->outstanding == loop->outstanding, "outstanding differ");
    bench_need(ours->candidate_issued == loop->candidate_issued,
               "the candidate's points differ");
}

static void
five_questions(struct bench *bench, struct ledger *ledger, uint64_t total,
               struct arena *arena)
{
    struct run run = { .baseline = compile(ledger, view_of(FIVE), arena),
                       .count = 1,
                       .threads = 1 };
    struct loop_sums sums;
    double loop[BENCH_RUNS];
    struct loop_history *history = loop_prepare(ledger, total);

    run.candidates[0] = variant(ledger, FIVE, "earn.base.points=2", arena);
    for (uint32_t i = 0; i < BENCH_RUNS; i++)
        loop[i] = loop_run(history, &sums);
    double yardstick = bench_median(loop, BENCH_RUNS);
    double one = replay_median(ledger, &run);
    check_loop(&run.baseline_sums, &sums);
    struct bench_case *added =
        bench_add(bench, "five questions, baseline and candidate, one thread",
                  "events/s (processor)", (double)total / one);
    bench_peer(added, "hand-written loop", (double)total / yardstick);
    run.threads = 2;
    bench_add(bench, "the same, two threads", "events/s",
              (double)total / replay_median(ledger, &run));
    loop_free(history);
}

static void
whole_program(struct bench *bench, struct ledger *ledger, uint64_t total,
              struct arena *arena)
{
    struct run run = { .baseline = compile(ledger, view_of(WHOLE), arena),
                       .count = 1,
                       .threads = 1 };

    run.candidates[0] = variant(ledger, WHOLE, "earn.base.points=2", arena);
    bench_add(bench, "the example program, both sides, one thread",
              "(event x program)/s",
              2 * (double)total / replay_median(ledger, &run));
}

static void
many(struct bench *bench, struct ledger *ledger, uint64_t total,
     struct arena *arena)
{
    struct run run = { .baseline = compile(ledger, view_of(FIVE), arena),
                       .count = 1,
                       .threads = 1 };

    run.candidates[0] = variant(ledger, FIVE, "earn.base.points=2", arena);
    double one = replay_median(ledger, &run);
    for (uint32_t i = 0; i < CANDIDATES_MAX; i++) {
        char option[32];
        snprintf(option, sizeof option, "earn.base.points=%u", i + 1);
        run.candidates[i] = variant(ledger, FIVE, option, arena);
    }
    run.count = CANDIDATES_MAX;
    double eight = replay_median(ledger, &run);
    bench_add(bench, "eight variants in one pass", "times one", eight / one);
    (void)total;
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

    total -= total % BATCH;
    bench_need(total > 0, "BENCH_REPLAY_EVENTS is 1000 or more");
    bench_need(arena_open(&arena, LIMIT_ARENA_SIZE), "memory");
    snprintf(path, sizeof path, "%s/replay", folder);
    struct ledger *ledger = open_ledger(path, total, &bench);
    bench_add(&bench, "image", "bytes/event",
              (double)history_size(ledger_history(ledger)) / (double)total);
    five_questions(&bench, ledger, total, &arena);
    whole_program(&bench, ledger, total, &arena);
    many(&bench, ledger, total, &arena);
    ledger_close(ledger);
    arena_close(&arena);
    if (kept == NULL)
        bench_folder_remove(folder);
    return bench_report(&bench) ? 0 : 1;
}
