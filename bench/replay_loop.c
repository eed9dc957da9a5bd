#include "bench/replay_loop.h"

#include "bench/bench.h"

#include <stdlib.h>
#include <string.h>

enum {
    EXPIRE_AFTER = 7, /* a lot of month m is gone when month m + 7 begins */
    STORES_OF_PARTNER = 50,
    LAST_MONTH = SUMS_MONTHS - 1, /* in which the question is asked */
};

struct row {
    uint32_t amount;
    uint8_t month; /* local, from January 2025 */
    uint8_t partner;
    uint8_t coffee; /* of category c3 */
    uint8_t redeem;
    uint8_t weekend;
};
static_assert(sizeof(struct row) == 12, "as the yardstick says");

struct loop_history {
    struct row *rows;
    uint64_t count;
    uint64_t *ends; /* of each account */
    uint64_t account_count;
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
            row->month = (uint8_t)(calendar_month(day) - 2025 * 12);
            row->weekend = calendar_weekday(day) >= 5;
            row->partner = (uint8_t)((event->store - 1) / STORES_OF_PARTNER);
            row->redeem = event->kind == EVENT_REDEEM;
            if (row->redeem) {
                row->amount = (uint32_t)event->redeem.points.value;
                continue;
            }
            row->amount = (uint32_t)event->sale.total.minor;
            row->coffee =
                event->sale.line_count > 0 &&
                view_equal(event->sale.lines->category, view_of("c3"));
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

uint64_t
loop_events(const struct loop_history *history, uint64_t account_count)
{
    assert(account_count <= history->account_count);
    return account_count == 0 ? 0 : history->ends[account_count - 1];
}

uint64_t
loop_accounts(const struct loop_history *history, uint64_t event_count)
{
    uint64_t count = 0;

    while (count < history->account_count && history->ends[count] < event_count)
        count++;
    return count < history->account_count ? count + 1 : count;
}

/* One account by one of the two programs. */
struct fold {
    int64_t lots[SUMS_MONTHS]; /* by month of earning */
    int64_t debt;
    int64_t spend[SUMS_MONTHS];
    int32_t oldest; /* month of the first lot that may be left */
    int32_t level;
    int64_t gained;
};

static void
expire(struct fold *fold, int32_t month, struct replay_side *sums)
{
    for (; fold->oldest + EXPIRE_AFTER <= month; fold->oldest++) {
        sums->expired += fold->lots[fold->oldest];
        fold->lots[fold->oldest] = 0;
    }
}

static int32_t
supported(int64_t spend)
{
    return (spend >= 50000) + (spend >= 150000);
}

/* The spend of the month and the eleven before. */
static int64_t
window(const struct fold *fold, int32_t month)
{
    int64_t sum = 0;

    for (int32_t m = month < 11 ? 0 : month - 11; m <= month; m++)
        sum += fold->spend[m];
    return sum;
}

static inline int64_t
buy(struct fold *fold, const struct row *row, int64_t per_unit)
{
    static const int64_t TIER[SUMS_LEVELS] = { 0, 250, 500 };
    int32_t month = row->month;
    int64_t amount = row->amount;
    int64_t base = amount * per_unit;
    int64_t gain = base / 100;

    gain += row->weekend ? base / 100 : 0;
    gain += row->coffee ? base * 2 / 100 : 0;
    gain += base * TIER[fold->level] / 100000;
    int64_t paid = gain < fold->debt ? gain : fold->debt;
    fold->debt -= paid;
    fold->lots[month] += gain - paid;
    fold->gained += gain;
    fold->spend[month] += amount;
    int32_t level = supported(window(fold, month));
    if (level > fold->level)
        fold->level = level;
    return gain;
}

static inline int64_t
redeem(struct fold *fold, const struct row *row)
{
    int64_t missing = row->amount;

    for (int32_t m = fold->oldest; m <= row->month && missing > 0; m++) {
        int64_t taken = fold->lots[m] < missing ? fold->lots[m] : missing;
        fold->lots[m] -= taken;
        missing -= taken;
    }
    fold->debt += missing;
    return missing;
}

/* Asked at 2026-01-01 in UTC: 02:00 of January in Helsinki. */
static void
finish(struct fold *fold, struct replay_side *sums)
{
    expire(fold, LAST_MONTH, sums);
    for (int32_t m = 0; m < SUMS_MONTHS; m++)
        sums->outstanding += fold->lots[m];
    sums->debt += fold->debt;
    sums->levels[fold->level]++;
}

double
loop_run(const struct loop_history *history, uint64_t account_count,
         struct replay_sums *ret_sums)
{
    static struct replay_sums sums;
    uint64_t at = 0;
    double start = bench_cpu();

    memset(&sums, 0, sizeof sums);
    for (uint64_t account = 0; account < account_count; account++) {
        struct fold folds[SUMS_SIDES];
        memset(folds, 0, sizeof folds);
        for (; at < history->ends[account]; at++) {
            const struct row *row = &history->rows[at];
            for (int32_t k = 0; k < SUMS_SIDES; k++) {
                struct replay_side *side = &sums.sides[k];
                expire(&folds[k], row->month, side);
                if (row->redeem) {
                    side->overdrawn += redeem(&folds[k], row);
                    side->redeemed[row->month][row->partner] += row->amount;
                } else {
                    side->issued[row->month][row->partner] +=
                        buy(&folds[k], row, k + 1);
                }
            }
        }
        for (int32_t k = 0; k < SUMS_SIDES; k++)
            finish(&folds[k], &sums.sides[k]);
        sums.up += folds[1].gained > folds[0].gained;
    }
    double seconds = bench_cpu() - start;
    *ret_sums = sums;
    return seconds;
}

void
loop_write(const struct loop_history *history, uint64_t account_count,
           FILE *out)
{
    uint64_t at = 0;

    fprintf(out, "account,seq,month,weekend,partner,coffee,redeem,amount\n");
    for (uint64_t account = 0; account < account_count; account++)
        for (uint32_t seq = 0; at < history->ends[account]; at++, seq++) {
            const struct row *row = &history->rows[at];
            fprintf(out, "%llu,%u,%u,%u,%u,%u,%u,%u\n",
                    (unsigned long long)account, seq, row->month, row->weekend,
                    row->partner, row->coffee, row->redeem, row->amount);
        }
}
