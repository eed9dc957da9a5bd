#include "core/rfm.h"

#include "core/census.h"
#include "core/list.h"

#include <stdlib.h>
#include <string.h>

/* --- counting ----------------------------------------------------------- */

/* One thread's. */
struct count {
    const struct rfm_options *options;
    struct rfm rfm;
    uint32_t room;
    int32_t month_first; /* of the window */
    int32_t month_last;
    int64_t frequency; /* of the account at work */
};

static void
begin_account(void *context, const struct history_account *history)
{
    struct count *count = context;

    (void)history;
    count->frequency = 0;
}

static void
count_purchase(void *context, const struct walk *walk)
{
    struct count *count = context;
    const struct step *step = &walk->step;

    if (step->kind != STEP_EVENT || step->event->kind != EVENT_PURCHASE)
        return;
    int32_t month = zone_month(&count->options->timeline->zone, step->at_ms);
    count->frequency +=
        month >= count->month_first && month <= count->month_last;
}

static enum err
add_buyer(void *context, const struct walk *walk)
{
    struct count *count = context;
    const struct account *account = &walk->account;
    const struct zone *zone = &count->options->timeline->zone;
    struct rfm *rfm = &count->rfm;

    if (account->purchase_count == 0)
        return OK;
    if (rfm->count == count->room) {
        uint32_t room = count->room == 0 ? 1024 : count->room * 2;
        struct rfm_buyer *buyers = realloc(rfm->buyers, room * sizeof *buyers);
        if (buyers == NULL)
            return ERR_MEMORY;
        rfm->buyers = buyers;
        count->room = room;
    }
    int64_t spend =
        account_spend(account, count->month_first, count->month_last).minor;
    if (count->options->average)
        spend = count->frequency == 0
                    ? 0
                    : amount_scale_floor(spend, 1, count->frequency);
    struct rfm_buyer *buyer = &rfm->buyers[rfm->count++];
    *buyer = (struct rfm_buyer) {
        .member = account->id.member,
        .last_purchase_ms = account->last_purchase_ms,
        .values = {
            [RFM_RECENCY] = zone_day(zone, count->options->at_ms) -
                            zone_day(zone, account->last_purchase_ms),
            [RFM_FREQUENCY] = count->frequency,
            [RFM_MONETARY] = spend,
        },
    };
    account_format(account->id, buyer->name);
    return OK;
}

/* Members by number, then bearers by code. */
static int
compare_buyers(const void *left, const void *right)
{
    const struct rfm_buyer *a = left, *b = right;

    if ((a->member == 0) != (b->member == 0))
        return a->member == 0 ? 1 : -1;
    if (a->member != b->member)
        return a->member < b->member ? -1 : 1;
    return strcmp(a->name, b->name);
}

/* All of them, in account order. */
static enum err
gather_buyers(const struct count *counts, uint32_t count, struct rfm *ret_rfm)
{
    uint32_t total = 0;

    for (uint32_t i = 0; i < count; i++)
        total += counts[i].rfm.count;
    ret_rfm->buyers = calloc((size_t)total + 1, sizeof *ret_rfm->buyers);
    if (ret_rfm->buyers == NULL)
        return ERR_MEMORY;
    for (uint32_t i = 0; i < count; i++) {
        const struct rfm *rfm = &counts[i].rfm;
        if (rfm->count > 0)
            memcpy(ret_rfm->buyers + ret_rfm->count, rfm->buyers,
                   rfm->count * sizeof *rfm->buyers);
        ret_rfm->count += rfm->count;
    }
    qsort(ret_rfm->buyers, total, sizeof *ret_rfm->buyers, compare_buyers);
    return OK;
}

static enum err
count_buyers(struct ledger *ledger, const struct rfm_options *asked,
             struct rfm *ret_rfm, struct complaint *complaint)
{
    static const struct census_calls calls = { begin_account, count_purchase,
                                               add_buyer };
    const struct census_options options = {
        .known = asked->known,
        .at_ms = asked->at_ms,
        .timeline = asked->timeline,
    };
    int32_t month = zone_month(&asked->timeline->zone, asked->at_ms);
    struct count counts[SPREAD_THREADS_MAX];
    struct spread_contexts contexts = { .count = spread_threads() };

    for (uint32_t i = 0; i < contexts.count; i++) {
        counts[i] = (struct count) {
            .options = asked,
            .month_first = month - asked->window + 1,
            .month_last = month,
        };
        contexts.items[i] = &counts[i];
    }
    enum err err =
        census_spread(ledger, &options, &calls, &contexts, complaint);
    if (err == OK)
        err = gather_buyers(counts, contexts.count, ret_rfm);
    for (uint32_t i = 0; i < contexts.count; i++)
        rfm_close(&counts[i].rfm);
    return err;
}

/* --- scoring ------------------------------------------------------------ */

static int
compare_numbers(const void *left, const void *right)
{
    const int64_t *a = left;
    const int64_t *b = right;

    return *a < *b ? -1 : *a > *b;
}

static enum err
score_by_rank(struct rfm *rfm, enum rfm_what what)
{
    int64_t *sorted = calloc((size_t)rfm->count + 1, sizeof *sorted);
    int64_t sign = what == RFM_RECENCY ? -1 : 1; /* few days are better */

    if (sorted == NULL)
        return ERR_MEMORY;
    for (uint32_t i = 0; i < rfm->count; i++)
        sorted[i] = sign * rfm->buyers[i].values[what];
    qsort(sorted, rfm->count, sizeof *sorted, compare_numbers);
    for (uint32_t i = 0; i < rfm->count; i++) {
        int64_t value = sign * rfm->buyers[i].values[what];
        uint64_t worse =
            LIST_PLACE(sorted, rfm->count, &value, compare_numbers);
        rfm->buyers[i].scores[what] =
            (uint8_t)(1 + RFM_SCORE_MAX * worse / rfm->count);
    }
    free(sorted);
    return OK;
}

static void
score_by_limits(struct rfm *rfm, enum rfm_what what,
                const struct rfm_limits *limits)
{
    for (uint32_t i = 0; i < rfm->count; i++) {
        struct rfm_buyer *buyer = &rfm->buyers[i];
        buyer->scores[what] = 1;
        for (uint8_t n = 0; n < RFM_SCORE_MAX - 1; n++) {
            int64_t limit = limits->limits[what][n];
            bool reached = what == RFM_RECENCY ? buyer->values[what] <= limit
                                               : buyer->values[what] >= limit;
            if (reached)
                buyer->scores[what] = (uint8_t)(n + 2);
        }
    }
}

enum err
rfm_score(struct rfm *rfm, const struct rfm_limits *limits)
{
    for (enum rfm_what what = RFM_RECENCY; what < RFM_WHATS; what++) {
        enum err err = OK;
        if (limits != NULL)
            score_by_limits(rfm, what, limits);
        else
            err = score_by_rank(rfm, what);
        if (err != OK)
            return err;
    }
    return OK;
}

enum err
rfm_make(struct ledger *ledger, const struct rfm_options *options,
         struct rfm *ret_rfm, struct complaint *complaint)
{
    *ret_rfm = (struct rfm) { 0 };
    enum err err = count_buyers(ledger, options, ret_rfm, complaint);
    return err == OK ? rfm_score(ret_rfm, options->limits) : err;
}

void
rfm_close(struct rfm *rfm)
{
    free(rfm->buyers);
    *rfm = (struct rfm) { 0 };
}
