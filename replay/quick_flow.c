#include "replay/quick_flow.h"

#include "replay/quick_book.h"
#include "replay/quick_era.h"

/* --- what sides agree in --- */

/* Whether no points of the later version are over before points of the earlier
 * one.  Within a version the order of days is that of the ends. */
static bool
ends_follow(const struct zone *zone, const struct version *earlier,
            const struct version *later)
{
    int32_t day = zone_day(zone, later->from_ms - 1);

    return terms_expires_at(zone, &earlier->program->points, day) <=
           terms_expires_at(zone, &later->program->points, day);
}

bool
quick_flow_fits(const struct quick *quick)
{
    const struct timeline *timeline = quick->timeline;
    bool fits = true;

    for (uint32_t i = 0; i < timeline->version_count && fits; i++)
        fits =
            quick->tables[i]->simple &&
            (i == 0 || ends_follow(&timeline->zone, &timeline->versions[i - 1],
                                   &timeline->versions[i]));
    return fits;
}

static bool
same_expiry(const struct program_points *a, const struct program_points *b)
{
    if (a->expiry != b->expiry || a->expire_months != b->expire_months ||
        a->expire_dates.count != b->expire_dates.count)
        return false;
    for (uint32_t i = 0; i < a->expire_dates.count; i++)
        if (a->expire_dates.dates[i].month != b->expire_dates.dates[i].month ||
            a->expire_dates.dates[i].day != b->expire_dates.dates[i].day)
            return false;
    return true;
}

static bool
same_version(const struct quick *quick, const struct rulebook *a,
             const struct rulebook *b)
{
    (void)quick;
    return same_expiry(&a->program->points, &b->program->points);
}

int64_t
quick_flow_same_from(const struct quick *a, const struct quick *b)
{
    return a->flows && b->flows ? quick_era_same_from(a, b, same_version)
                                : INT64_MAX;
}

/* --- what is over --- */

/* When points of the row are over; of one without rules there are none. */
static int64_t
over_at(const struct quick *quick, uint32_t row)
{
    const struct plain *plain = quick->plain;
    const struct quick_era *era = quick_era_at(quick, plain->at_ms[row]);

    return era->table == NULL
               ? INT64_MIN
               : rulebook_day(era->table, plain->day[row])->terms->expires_at;
}

/* On the way through an account. */
struct ebb {
    const struct quick *quick;
    const struct plain_run *run;
    const struct plain_run *run_end;
    uint32_t row;
    uint32_t row_end;
};

/* The first row whose points live on.  Mostly all of a month go together. */
static uint32_t
pass_over(struct ebb *ebb, int64_t at_ms)
{
    while (ebb->run < ebb->run_end &&
           over_at(ebb->quick, ebb->run->end - 1) <= at_ms)
        ebb->row = ebb->run++->end;
    while (ebb->row < ebb->row_end && over_at(ebb->quick, ebb->row) <= at_ms)
        ebb->row++;
    return ebb->row;
}

static void
run_account(const struct quick *quick, const struct plain_account *account,
            struct quick_over *ret_over)
{
    const struct plain *plain = quick->plain;
    struct ebb ebb = {
        .quick = quick,
        .run = plain->runs + account->run_first,
        .run_end = plain->runs + account->run_end,
        .row = account->row_first,
        .row_end = account->row_end,
    };
    struct ebb before = ebb;

    for (uint32_t i = account->stop_first; i < account->stop_end; i++)
        if (plain->stops[i].kind == CHAPTER_REDEEM)
            quick->flow->over[i] = pass_over(&ebb, plain->stops[i].at_ms);
    ret_over->at_end = pass_over(&ebb, quick->side->until_ms);
    ret_over->uncounted = quick->side->since_ms == INT64_MIN
                              ? account->row_first
                              : pass_over(&before, quick->side->since_ms - 1);
}

static void
make_room(const struct quick *quick, struct quick_flow *flow)
{
    const struct plain *plain = quick->plain;

    if (flow->room == plain->room)
        return;
    flow->room = plain->room;
    flow->over = ARENA_NEW(quick->arena, uint32_t, plain->room);
    if (flow->accounts == NULL)
        flow->accounts =
            ARENA_NEW(quick->arena, struct quick_over, plain->account_room);
}

void
quick_flow_run(struct quick *quick)
{
    const struct plain *plain = quick->plain;
    struct quick_flow *flow = quick->flow;

    assert(flow == &quick->own_flow);
    make_room(quick, flow);
    for (uint32_t i = 0; i < plain->account_count; i++)
        run_account(quick, &plain->accounts[i], &flow->accounts[i]);
}

/* --- an account --- */

/* How far an account's points are used up; compared with `gained`. */
struct flow {
    int64_t used;
    int64_t uncounted; /* what is over up to here was over before `since` */
    int64_t expired;
};

static int64_t
larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t
smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void
expire(struct flow *flow, int64_t over)
{
    int64_t from = larger(flow->used, smaller(flow->uncounted, over));

    flow->expired += larger(over - from, 0);
    flow->used = larger(flow->used, over);
}

static void
redeem(struct quick *quick, struct flow *flow, const struct plain_stop *stop,
       struct side_account *sums)
{
    const struct quick_era *era = quick_era_at(quick, stop->at_ms);
    int64_t left = larger(quick->columns->gained[stop->row] - flow->used, 0);
    int64_t amount = stop->amount;
    int64_t missing = larger(amount - left, 0);

    if (era->table == NULL)
        return;
    flow->used += amount;
    quick_book_count_redeemed(quick, stop, era, missing, sums);
}

void
quick_flow_fold(struct quick *quick, uint32_t index, struct side_account *sums)
{
    const struct plain *plain = quick->plain;
    const struct plain_account *account = &plain->accounts[index];
    const struct quick_over *over = &quick->flow->accounts[index];
    const int64_t *gained = quick->columns->gained;
    struct flow flow = {
        .used = gained[account->row_first],
        .uncounted = gained[over->uncounted],
    };

    for (uint32_t i = account->stop_first; i < account->stop_end; i++) {
        const struct plain_stop *stop = &plain->stops[i];
        if (stop->kind != CHAPTER_REDEEM)
            continue;
        expire(&flow, gained[quick->flow->over[i]]);
        redeem(quick, &flow, stop, sums);
    }
    expire(&flow, gained[over->at_end]);
    int64_t left = gained[account->row_end] - flow.used;
    sums->expired.value = flow.expired;
    sums->outstanding.value = larger(left, 0);
    sums->debt.value = larger(-left, 0);
}
