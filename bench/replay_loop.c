#include "bench/replay_loop.h"

#include "bench/bench.h"

#include <stdlib.h>
#include <string.h>

enum {
    MONTHS = 32,      /* from January 2025 */
    EXPIRE_AFTER = 7, /* a lot of month m is gone when month m + 7 begins */
    LEVEL_VALID = 13, /* likewise for a level reached in month m */
    PARTNERS = 4,
    CATEGORY = 4, /* c3 as a number of its own, from 1 */
    LEVELS = 3,
};

/* Twelve bytes. */
struct row {
    uint32_t amount;
    uint32_t day_month; /* day << 8 | month, local, from 2025-01-01 */
    uint8_t partner;
    uint8_t category;
    uint8_t redeem;
    uint8_t weekend;
};

struct loop_history {
    struct row *rows;
    uint64_t count;
    uint64_t *ends; /* of each account */
    uint64_t account_count;
    int32_t until_month;
};

struct loop_history *
loop_prepare(struct ledger *ledger, uint64_t event_count)
{
    struct loop_history *history = calloc(1, sizeof *history);
    const struct timeline *timeline;
    struct history_scan *scan;
    struct history_account account;
    struct arena arena;

    history->rows = calloc(event_count, sizeof *history->rows);
    history->ends = calloc(event_count, sizeof *history->ends);
    bench_need(arena_open(&arena, LIMIT_ARENA_SIZE), "memory");
    bench_need(ledger_timeline(ledger, LEDGER_KNOWN_ALL, &timeline, NULL) ==
                       OK &&
                   ledger_scan(ledger, LEDGER_KNOWN_ALL, &scan, NULL) == OK,
               "scan");
    while (history_scan_next(scan, &arena, &account) == OK) {
        for (uint32_t i = 0; i < account.event_count; i++) {
            const struct event *event = account.events[i];
            struct row *row = &history->rows[history->count++];
            int32_t day = zone_day(&timeline->zone, event->at_ms);
            int32_t month = calendar_month(day) - 2025 * 12;
            row->day_month = (uint32_t)month;
            row->weekend = calendar_weekday(day) >= 5;
            row->partner = (uint8_t)((event->store - 1) / 50);
            row->redeem = event->kind == EVENT_REDEEM;
            if (row->redeem) {
                row->amount = (uint32_t)event->redeem.points.value;
                continue;
            }
            row->amount = (uint32_t)event->sale.total.minor;
            if (event->sale.line_count > 0 &&
                view_equal(event->sale.lines->category, view_of("c3")))
                row->category = CATEGORY;
        }
        history->ends[history->account_count++] = history->count;
        arena_reset(&arena);
    }
    history_scan_close(scan);
    arena_close(&arena);
    return history;
}

void
loop_free(struct loop_history *history)
{
    free(history->rows);
    free(history->ends);
    free(history);
}

/* One account by one of the two programs. */
struct fold {
    int64_t lots[MONTHS + EXPIRE_AFTER]; /* by month of earning */
    int64_t debt;
    int64_t spend[MONTHS];
    int32_t oldest; /* month of the first lot that may be left */
    int32_t level;
    int32_t level_until; /* the first month that it is not held in */
    int64_t expired;
};

struct settlement {
    int64_t issued[MONTHS][PARTNERS];
    int64_t redeemed[MONTHS][PARTNERS];
};

static void
expire(struct fold *fold, int32_t month)
{
    for (; fold->oldest + EXPIRE_AFTER <= month; fold->oldest++) {
        fold->expired += fold->lots[fold->oldest];
        fold->lots[fold->oldest] = 0;
    }
}

static int32_t
supported(int64_t spend)
{
    return (spend >= 50000) + (spend >= 150000);
}

static int64_t
window(const struct fold *fold, int32_t month)
{
    int64_t sum = 0;

    for (int32_t m = month < 11 ? 0 : month - 11; m <= month; m++)
        sum += fold->spend[m];
    return sum;
}

static inline int64_t
buy(struct fold *fold, const struct row *row, int32_t month, int64_t per_unit)
{
    static const int64_t TIER[LEVELS] = { 0, 250, 500 };
    int64_t amount = row->amount;
    int64_t base = amount * per_unit;
    int64_t gain = base / 100;

    gain += row->weekend ? base / 100 : 0;
    gain += row->category == CATEGORY ? base * 2 / 100 : 0;
    gain += base * TIER[fold->level] / 100000;
    int64_t paid = gain < fold->debt ? gain : fold->debt;
    fold->debt -= paid;
    fold->lots[month] += gain - paid;
    fold->spend[month] += amount;
    int32_t level = supported(window(fold, month));
    if (level >= fold->level && level > 0) {
        fold->level = level;
        fold->level_until = month + LEVEL_VALID;
    }
    return gain;
}

static inline int64_t
redeem(struct fold *fold, int64_t amount, int32_t month)
{
    int64_t missing = amount;

    for (int32_t m = fold->oldest; m <= month && missing > 0; m++) {
        int64_t taken = fold->lots[m] < missing ? fold->lots[m] : missing;
        fold->lots[m] -= taken;
        missing -= taken;
    }
    fold->debt += missing;
    return missing;
}

double
loop_run(const struct loop_history *history, struct loop_sums *ret_sums)
{
    static struct settlement sums[2];
    struct loop_sums result = { 0 };
    uint64_t at = 0;
    double start = bench_cpu();

    memset(sums, 0, sizeof sums);
    for (uint64_t account = 0; account < history->account_count; account++) {
        struct fold folds[2];
        memset(folds, 0, sizeof folds);
        for (; at < history->ends[account]; at++) {
            const struct row *row = &history->rows[at];
            int32_t month = (int32_t)row->day_month;
            for (int32_t k = 0; k < 2; k++) {
                expire(&folds[k], month);
                if (row->redeem) {
                    int64_t missing = redeem(&folds[k], row->amount, month);
                    sums[k].redeemed[month][row->partner] += row->amount;
                    result.overdrawn += k == 0 ? missing : 0;
                } else {
                    sums[k].issued[month][row->partner] +=
                        buy(&folds[k], row, month, k + 1);
                }
            }
        }
        /* Asked at 2026-01-01 UTC: 02:00 of January in Helsinki. */
        expire(&folds[0], 12);
        result.expired += folds[0].expired;
        for (int32_t m = 0; m < MONTHS; m++)
            result.outstanding += folds[0].lots[m];
    }
    double seconds = bench_cpu() - start;
    for (int32_t m = 0; m < MONTHS; m++)
        for (int32_t p = 0; p < PARTNERS; p++) {
            result.issued += sums[0].issued[m][p];
            result.redeemed += sums[0].redeemed[m][p];
            result.candidate_issued += sums[1].issued[m][p];
        }
    *ret_sums = result;
    return seconds;
}
