#include "core/liability.h"

#include "core/census.h"

/* What happened lies in 2000 to 2199.  Points of then can end later, on the
 * last date that there is: 9999-12-31. */
enum {
    FIRST_MONTH = 2000 * 12,
    MONTHS = 200 * 12,
    DUE_MONTHS = 8000 * 12,
};

/* What a month changes in the points of one issuer. */
struct liability_change {
    int64_t issued;
    int64_t redeemed;
    int64_t expired;
    int64_t reversed;
    int64_t adjusted;
};

/* A cell for each month and issuer, most of them never touched. */
struct gathering {
    const struct timeline *timeline;
    struct arena *arena;
    uint32_t partner_count;
    struct liability_change *changes;
    int64_t **due;  /* by month of expiry, then issuer; NULL: nothing */
    int64_t *never; /* by issuer */
};

static struct liability_change *
change_of(const struct gathering *gathering, int32_t month, int32_t partner)
{
    assert(month >= FIRST_MONTH);
    assert(month < FIRST_MONTH + MONTHS);
    assert(partner >= 0);
    assert((uint32_t)partner < gathering->partner_count);
    return &gathering->changes[(size_t)(month - FIRST_MONTH) *
                                   gathering->partner_count +
                               (size_t)partner];
}

static void
take_effect(const struct gathering *gathering, int32_t month, bool by_hand,
            const struct effect *effect)
{
    int32_t debt = gathering->timeline->partner_debt;

    if (effect->measure != MEASURE_ISSUED &&
        effect->measure != MEASURE_EXPIRED &&
        effect->measure != MEASURE_WITHDRAWN &&
        effect->measure != MEASURE_CLEARING)
        return;
    struct liability_change *change =
        change_of(gathering, month, effect->partner);
    if (effect->measure == MEASURE_EXPIRED) {
        change->expired += effect->amount;
    } else if (effect->measure == MEASURE_CLEARING) {
        change->redeemed += effect->amount;
        if (effect->other == debt)
            change_of(gathering, month, debt)->redeemed -= effect->amount;
    } else if (by_hand) {
        change->adjusted += effect->measure == MEASURE_ISSUED ? effect->amount
                                                              : -effect->amount;
    } else if (effect->measure == MEASURE_ISSUED) {
        change->issued += effect->amount;
    } else {
        change->reversed += effect->amount;
    }
}

static void
take_step(void *context, const struct walk *walk)
{
    const struct gathering *gathering = context;
    const struct step *step = &walk->step;
    bool by_hand =
        step->kind == STEP_EVENT && step->event->kind == EVENT_ADJUST;
    int32_t month = zone_month(&gathering->timeline->zone, step->at_ms);

    for (uint32_t i = 0; i < step->effects->count; i++)
        take_effect(gathering, month, by_hand, &step->effects->items[i]);
}

/* What the account holds at the end. */
static enum err
take_account(void *context, const struct walk *walk)
{
    const struct gathering *gathering = context;
    const struct account *account = &walk->account;

    for (uint32_t i = 0; i < account->lots.count; i++) {
        const struct lot *lot = &account->lots.items[i];
        if (lot->key.expires_at == TERMS_NEVER) {
            gathering->never[lot->key.partner] += lot->left.value;
            continue;
        }
        int32_t month =
            zone_month(&gathering->timeline->zone, lot->key.expires_at - 1);
        assert(month >= FIRST_MONTH);
        assert(month < FIRST_MONTH + DUE_MONTHS);
        int64_t **due = &gathering->due[month - FIRST_MONTH];
        if (*due == NULL)
            *due =
                ARENA_NEW(gathering->arena, int64_t, gathering->partner_count);
        (*due)[lot->key.partner] += lot->left.value;
    }
    gathering->never[gathering->timeline->partner_debt] -= account->debt.value;
    return OK;
}

/* --- the report --- */

struct row_list {
    struct liability_row *items;
    uint32_t count;
    uint32_t room;
};

struct due_list {
    struct liability_due *items;
    uint32_t count;
    uint32_t room;
};

static bool
is_change(const struct liability_change *change)
{
    return change->issued != 0 || change->redeemed != 0 ||
           change->expired != 0 || change->reversed != 0 ||
           change->adjusted != 0;
}

static void
add_row(const struct gathering *gathering, int32_t month, int32_t partner,
        int64_t *balance, struct row_list *rows, struct arena *arena)
{
    const struct liability_change *change =
        change_of(gathering, month, partner);
    int64_t opening = *balance;

    if (opening == 0 && !is_change(change))
        return;
    *balance += change->issued - change->redeemed - change->expired -
                change->reversed + change->adjusted;
    *LIST_ADD(arena, rows) = (struct liability_row) {
        .month = month,
        .partner = arena_copy(
            arena, timeline_name(gathering->timeline, NAME_PARTNER, partner)),
        .opening = opening,
        .issued = change->issued,
        .redeemed = change->redeemed,
        .expired = change->expired,
        .reversed = change->reversed,
        .adjusted = change->adjusted,
        .closing = *balance,
    };
}

static void
add_due(const struct gathering *gathering, int32_t month, const int64_t *left,
        struct due_list *list, struct arena *arena)
{
    for (uint32_t p = 0; p < gathering->partner_count; p++)
        if (left[p] != 0)
            *LIST_ADD(arena, list) = (struct liability_due) {
                .month = month,
                .partner =
                    arena_copy(arena, timeline_name(gathering->timeline,
                                                    NAME_PARTNER, (int32_t)p)),
                .points = left[p],
            };
}

static struct due_list
list_due(const struct gathering *gathering, struct arena *arena)
{
    struct due_list list = { 0 };

    for (int32_t m = 0; m < DUE_MONTHS; m++)
        if (gathering->due[m] != NULL)
            add_due(gathering, FIRST_MONTH + m, gathering->due[m], &list,
                    arena);
    add_due(gathering, LIABILITY_NEVER, gathering->never, &list, arena);
    return list;
}

/* The last month up to `through` that has begun: of one to come nobody can say
 * yet what will have expired in it. */
static int32_t
last_month(const struct zone *zone, int32_t through, int64_t at_ms)
{
    int32_t month = zone_month(zone, at_ms);

    /* On its first day a clock may have gone back into the month before. */
    if (zone_month_start_ms(zone, month + 1) <= at_ms)
        month++;
    return month < through ? month : through;
}

static void
make_report(const struct gathering *gathering, int32_t last,
            struct arena *arena, struct liability *report)
{
    struct row_list rows = { 0 };
    int64_t *balances = ARENA_NEW(arena, int64_t, gathering->partner_count);
    int64_t outstanding = 0;

    for (int32_t month = FIRST_MONTH; month <= last; month++)
        for (uint32_t p = 0; p < gathering->partner_count; p++)
            add_row(gathering, month, (int32_t)p, &balances[p], &rows, arena);
    struct due_list due = list_due(gathering, arena);
    for (uint32_t p = 0; p < gathering->partner_count; p++)
        report->total += balances[p];
    for (uint32_t i = 0; i < due.count; i++)
        outstanding += due.items[i].points;
    assert(report->total == outstanding);
    report->rows = rows.items;
    report->row_count = rows.count;
    report->due = due.items;
    report->due_count = due.count;
}

static void
open_gathering(struct gathering *gathering, const struct timeline *timeline,
               struct arena *arena)
{
    const uint32_t count = timeline->names[NAME_PARTNER].count;

    *gathering = (struct gathering) {
        .timeline = timeline,
        .arena = arena,
        .partner_count = count,
        .changes =
            ARENA_NEW(arena, struct liability_change, (size_t)MONTHS * count),
        .due = ARENA_NEW(arena, int64_t *, DUE_MONTHS),
        .never = ARENA_NEW(arena, int64_t, count),
    };
}

static void
add_gathering(struct gathering *sum, const struct gathering *one)
{
    const uint32_t count = sum->partner_count;

    for (uint32_t i = 0; i < MONTHS * count; i++) {
        sum->changes[i].issued += one->changes[i].issued;
        sum->changes[i].redeemed += one->changes[i].redeemed;
        sum->changes[i].expired += one->changes[i].expired;
        sum->changes[i].reversed += one->changes[i].reversed;
        sum->changes[i].adjusted += one->changes[i].adjusted;
    }
    for (uint32_t m = 0; m < DUE_MONTHS; m++) {
        if (one->due[m] != NULL && sum->due[m] == NULL)
            sum->due[m] = ARENA_NEW(sum->arena, int64_t, count);
        for (uint32_t p = 0; p < count && one->due[m] != NULL; p++)
            sum->due[m][p] += one->due[m][p];
    }
    for (uint32_t p = 0; p < count; p++)
        sum->never[p] += one->never[p];
}

/* Each thread gathers in an arena of its own. */
static enum err
gather(struct ledger *ledger, const struct census_options *options,
       struct gathering *sum, struct complaint *complaint)
{
    static const struct census_calls calls = { .step = take_step,
                                               .take = take_account };
    struct gathering gatherings[SPREAD_THREADS_MAX];
    struct arena arenas[SPREAD_THREADS_MAX] = { 0 };
    struct spread_contexts contexts = { .count = spread_threads() };
    enum err err = OK;

    for (uint32_t i = 0; i < contexts.count && err == OK; i++) {
        contexts.items[i] = &gatherings[i];
        if (!arena_open(&arenas[i], LIMIT_ARENA_SIZE))
            err = ERR_MEMORY;
        else
            open_gathering(&gatherings[i], options->timeline, &arenas[i]);
    }
    if (err == OK)
        err = census_spread(ledger, options, &calls, &contexts, complaint);
    for (uint32_t i = 0; i < contexts.count; i++) {
        if (err == OK)
            add_gathering(sum, &gatherings[i]);
        arena_close(&arenas[i]);
    }
    return err;
}

enum err
liability_make(struct ledger *ledger, const struct liability_question *question,
               struct arena *arena, struct liability *ret_liability,
               struct complaint *complaint)
{
    struct census_options options = { .known = question->known };
    struct liability report = { .at_ms = question->now_ms };
    struct gathering gathering;

    enum err err =
        ledger_timeline(ledger, question->known, &options.timeline, complaint);
    if (err != OK)
        return err;
    const struct zone *zone = &options.timeline->zone;
    if (options.timeline->version_count == 0) {
        complain(complaint, "no rules have been published: nothing is owed; "
                            "see leima rules publish");
        return ERR_NOT_FOUND;
    }
    if (question->through < FIRST_MONTH ||
        question->through >= FIRST_MONTH + MONTHS)
        return complain(complaint, "--through: expected 2000-01 to 2199-12");
    int64_t end_ms = zone_month_start_ms(zone, question->through + 1) - 1;
    if (end_ms < report.at_ms)
        report.at_ms = end_ms;
    options.at_ms = report.at_ms;
    open_gathering(&gathering, options.timeline, arena);
    err = gather(ledger, &options, &gathering, complaint);
    if (err != OK)
        return err;
    make_report(&gathering, last_month(zone, question->through, report.at_ms),
                arena, &report);
    *ret_liability = report;
    return OK;
}
