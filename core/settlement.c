#include "core/settlement.h"

#include "core/limits.h"
#include "core/list.h"

#include <inttypes.h>

/* Rows that stand side by side: of all totals, or of one partner's month. */
struct row_range {
    const struct totals_row *rows;
    uint32_t count;
};

struct partner_list {
    struct statement_partner *items;
    uint32_t count;
    uint32_t room;
};

struct adjustment_list {
    struct statement_adjustment *items;
    uint32_t count;
    uint32_t room;
};

/* One statement on its way. */
struct making {
    const struct settlement_input *input;
    struct row_range all;
    struct arena *arena;
    struct complaint *complaint;
    int64_t volume; /* of what has gone into it, whatever its sign */
};

enum { CENT_MICRO = 10000 };

static int
compare_months(const void *item, const void *key)
{
    const struct totals_row *a = item, *b = key;

    if (a->month != b->month)
        return a->month < b->month ? -1 : 1;
    return (a->partner > b->partner) - (a->partner < b->partner);
}

/* The rows of one partner's month. */
static struct row_range
rows_of(struct row_range all, int32_t month, int32_t partner)
{
    const struct totals_row from = { .month = month, .partner = partner };
    const struct totals_row to = { .month = month, .partner = partner + 1 };
    uint32_t first = LIST_PLACE(all.rows, all.count, &from, compare_months);

    return (struct row_range) {
        all.rows + first,
        LIST_PLACE(all.rows, all.count, &to, compare_months) - first,
    };
}

/* --- what a statement holds --- */

/* Adds to the volume what the value is without its sign, if there is room. */
static bool
measure(int64_t *volume, int128 value)
{
    const int64_t max = LIMIT_STATEMENT_PARTS;

    return value >= -max && value <= max &&
           amount_measure(volume, (int64_t)value, max);
}

/* The same of all that stands in the rows, each figure with the cent that it
 * may be rounded by; so sums of them fit 64 bits.  NULL, or the name of what
 * there is no room for. */
static const char *
measure_rows(int64_t *volume, struct row_range rows)
{
    static const char *const FIGURES[TOTALS_FIGURES] = { "issue_cost",
                                                         "redeem_credit",
                                                         "voucher_credit" };

    for (uint32_t i = 0; i < rows.count; i++) {
        const struct totals_row *row = &rows.rows[i];
        for (enum measure m = 0; m < MEASURE_STATEMENT_COUNT; m++)
            if (!measure(volume, row->amounts[m]))
                return effect_measure_name(m);
        for (int k = 0; k < TOTALS_FIGURES; k++)
            if (!measure(volume, row->figures[k].value / CENT_MICRO) ||
                !measure(volume, 1))
                return FIGURES[k];
    }
    return NULL;
}

/* Says that there is no room for the figure of that name. */
static enum err
refuse(const struct making *making, int32_t partner, int32_t month,
       const char *figure)
{
    const view id =
        timeline_name(making->input->timeline, NAME_PARTNER, partner);
    char period[8], of[8];

    calendar_format_month(making->input->period, period);
    calendar_format_month(month, of);
    return complain(making->complaint,
                    "the statement of %s is too large: with %s of %.*s in %s "
                    "it comes to more than %" PRId64 " cents and points in "
                    "all; see leima settle explain --period %s --partner %.*s "
                    "--measure %s",
                    period, figure, (int)id.size, (const char *)id.bytes, of,
                    LIMIT_STATEMENT_PARTS, of, (int)id.size,
                    (const char *)id.bytes, figure);
}

/* --- a partner's month --- */

static micro
sum_figure(struct row_range rows, enum figure figure)
{
    micro sum = { 0 };

    for (uint32_t i = 0; i < rows.count; i++)
        sum = micro_add(sum, rows.rows[i].figures[figure - 1]);
    return sum;
}

static money
line_net(const struct statement_line *line)
{
    return money_sub(money_add(line->redeem_credit, line->voucher_credit),
                     line->issue_cost);
}

static money *
line_figure(struct statement_line *line, enum figure figure)
{
    assert(figure != FIGURE_NONE);
    if (figure == FIGURE_ISSUE_COST)
        return &line->issue_cost;
    if (figure == FIGURE_REDEEM_CREDIT)
        return &line->redeem_credit;
    return &line->voucher_credit;
}

/* The three figures of a partner's month, each rounded once. */
static struct statement_line
make_line(struct row_range rows)
{
    struct statement_line line = { 0 };

    for (uint32_t i = 0; i < rows.count; i++)
        for (int k = 0; k < MEASURE_STATEMENT_COUNT; k++)
            line.amounts[k] =
                amount_add(line.amounts[k], rows.rows[i].amounts[k]);
    line.issue_cost =
        micro_round_half_away(sum_figure(rows, FIGURE_ISSUE_COST));
    line.redeem_credit =
        micro_round_half_away(sum_figure(rows, FIGURE_REDEEM_CREDIT));
    line.voucher_credit =
        micro_round_half_away(sum_figure(rows, FIGURE_VOUCHER_CREDIT));
    line.net = line_net(&line);
    return line;
}

static int64_t
floor_to_cents(micro exact)
{
    int128 cents = exact.value / CENT_MICRO;

    if (exact.value % CENT_MICRO < 0)
        cents--;
    return (int64_t)cents;
}

static int64_t
remainder_of(micro exact)
{
    return (int64_t)(exact.value - (int128)floor_to_cents(exact) * CENT_MICRO);
}

/* Gives one more cent to the share with the largest remainder that has had
 * none; among equals to the store with the lower number (rows are in that
 * order).  A share without a remainder gets none. */
static void
give_cent(struct row_range rows, enum figure figure, bool *had,
          struct statement_store *stores)
{
    uint32_t best = rows.count;
    int64_t most = 0;

    for (uint32_t i = 0; i < rows.count; i++) {
        int64_t left = remainder_of(rows.rows[i].figures[figure - 1]);
        if (had[i] || left <= most)
            continue;
        best = i;
        most = left;
    }
    assert(best < rows.count);
    had[best] = true;
    line_figure(&stores[best].line, figure)->minor++;
}

/* Rounds the stores' parts of one figure so that they add up to `total`. */
static void
share_out(struct row_range rows, enum figure figure, money total,
          struct statement_store *stores, struct arena scratch)
{
    bool *had = ARENA_NEW(&scratch, bool, rows.count + 1);
    int64_t given = 0;

    for (uint32_t i = 0; i < rows.count; i++) {
        int64_t cents = floor_to_cents(rows.rows[i].figures[figure - 1]);
        line_figure(&stores[i].line, figure)->minor = cents;
        given += cents;
    }
    assert(given <= total.minor);
    for (; given < total.minor; given++)
        give_cent(rows, figure, had, stores);
}

/* Rows of a store; row 0, the partner's breakage, is none and has no money. */
static struct row_range
rows_with_store(struct row_range rows)
{
    if (rows.count > 0 && rows.rows[0].store == 0) {
        assert(rows.rows[0].figures[0].value == 0);
        return (struct row_range) { rows.rows + 1, rows.count - 1 };
    }
    return rows;
}

static void
make_stores(struct statement_partner *partner, struct row_range all,
            struct arena *arena)
{
    struct row_range rows = rows_with_store(all);
    struct statement_store *stores =
        ARENA_NEW(arena, struct statement_store, rows.count);
    struct statement_line *whole = &partner->line;

    for (uint32_t i = 0; i < rows.count; i++) {
        stores[i].store = rows.rows[i].store;
        for (int k = 0; k < MEASURE_STATEMENT_COUNT; k++)
            stores[i].line.amounts[k] = rows.rows[i].amounts[k];
    }
    for (enum figure f = FIGURE_ISSUE_COST; f <= FIGURE_VOUCHER_CREDIT; f++)
        share_out(rows, f, *line_figure(whole, f), stores, *arena);
    money sum = { 0 };
    for (uint32_t i = 0; i < rows.count; i++) {
        stores[i].line.net = line_net(&stores[i].line);
        sum = money_add(sum, stores[i].line.net);
    }
    assert(sum.minor == whole->net.minor);
    partner->stores = stores;
    partner->store_count = rows.count;
}

/* What an earlier month comes to now, less what has been settled for it. */
static enum err
adjust_month(struct making *making, int32_t partner, int32_t month,
             struct adjustment_list *list)
{
    const struct settlement_input *input = making->input;
    struct row_range rows = rows_of(making->all, month, partner);
    struct settled settled =
        settled_find(input->settled, month,
                     timeline_name(input->timeline, NAME_PARTNER, partner));
    int64_t volume = 0; /* its figures as such stand in no statement */

    assert(month < input->period);
    const char *too_large = measure_rows(&volume, rows);
    if (too_large != NULL)
        return refuse(making, partner, month, too_large);
    struct statement_line now = make_line(rows);
    struct statement_adjustment difference = {
        .period = month,
        .issue_cost = money_sub(now.issue_cost, settled.issue_cost),
        .redeem_credit = money_sub(now.redeem_credit, settled.redeem_credit),
        .voucher_credit = money_sub(now.voucher_credit, settled.voucher_credit),
    };
    if (!measure(&making->volume, difference.issue_cost.minor))
        return refuse(making, partner, month, "issue_cost");
    if (!measure(&making->volume, difference.redeem_credit.minor))
        return refuse(making, partner, month, "redeem_credit");
    if (!measure(&making->volume, difference.voucher_credit.minor))
        return refuse(making, partner, month, "voucher_credit");
    difference.net = money_sub(
        money_add(difference.redeem_credit, difference.voucher_credit),
        difference.issue_cost);
    if (difference.issue_cost.minor != 0 ||
        difference.redeem_credit.minor != 0 ||
        difference.voucher_credit.minor != 0)
        *LIST_ADD(making->arena, list) = difference;
    return OK;
}

/* The earliest month that has rows or has been settled. */
static int32_t
first_month(const struct settlement_input *input, struct row_range all)
{
    int32_t first = input->period;

    if (all.count > 0 && all.rows[0].month < first)
        first = all.rows[0].month;
    if (input->settled->count > 0 && input->settled->items[0].period < first)
        first = input->settled->items[0].period;
    return first;
}

static enum err
make_adjustments(struct making *making, int32_t number,
                 struct statement_partner *partner)
{
    const struct settlement_input *input = making->input;
    struct adjustment_list list = { 0 };
    enum err err = OK;

    if (input->next_period == PROGRAM_NONE ||
        input->period != input->next_period)
        return OK;
    for (int32_t month = first_month(input, making->all);
         month < input->period && err == OK; month++)
        err = adjust_month(making, number, month, &list);
    partner->adjustments = list.items;
    partner->adjustment_count = list.count;
    for (uint32_t i = 0; i < list.count; i++)
        partner->line.net = money_add(partner->line.net, list.items[i].net);
    return err;
}

/* Whether a version in force at some time of the month names the partner. */
static bool
is_partner_then(const struct timeline *timeline, int32_t number, int32_t month)
{
    int64_t from = zone_month_start_ms(&timeline->zone, month);
    int64_t until = zone_month_start_ms(&timeline->zone, month + 1);

    for (uint32_t i = 0; i < timeline->version_count; i++) {
        const struct version *version = &timeline->versions[i];
        if (version->from_ms >= until || version->until_ms <= from)
            continue;
        if (version_place(version, NAME_PARTNER, number) != PROGRAM_NONE)
            return true;
    }
    return false;
}

static enum err
make_partner(struct making *making, int32_t number,
             struct statement_partner *ret_partner)
{
    const struct settlement_input *input = making->input;
    struct row_range rows = rows_of(making->all, input->period, number);
    const char *too_large = measure_rows(&making->volume, rows);

    if (too_large != NULL)
        return refuse(making, number, input->period, too_large);
    *ret_partner = (struct statement_partner) {
        .partner = timeline_name(input->timeline, NAME_PARTNER, number),
        .line = make_line(rows),
    };
    make_stores(ret_partner, rows, making->arena);
    return make_adjustments(making, number, ret_partner);
}

/* Those with a figure, and those that the rules of then name. */
static enum err
make_partners(struct making *making, struct statement *statement)
{
    const struct timeline *timeline = making->input->timeline;
    const int32_t count = (int32_t)timeline->names[NAME_PARTNER].count;
    struct partner_list partners = { 0 };
    money nets = { 0 };
    enum err err = OK;

    for (int32_t n = 0; n < count && err == OK; n++) {
        struct statement_partner partner;
        err = make_partner(making, n, &partner);
        if (err != OK ||
            (rows_of(making->all, statement->period, n).count == 0 &&
             partner.adjustment_count == 0 &&
             !is_partner_then(timeline, n, statement->period)))
            continue;
        *LIST_ADD(making->arena, &partners) = partner;
        nets = money_add(nets, partner.line.net);
    }
    statement->partners = partners.items;
    statement->partner_count = partners.count;
    statement->program_net = money_sub((money) { 0 }, nets);
    return err;
}

static enum err
make_pairs(struct making *making, struct statement *statement)
{
    const struct settlement_input *input = making->input;
    uint32_t count, kept = 0;
    const struct totals_pair *pairs = totals_pairs(input->totals, &count);
    struct statement_pair *list =
        ARENA_NEW(making->arena, struct statement_pair, count);

    for (uint32_t i = 0; i < count; i++) {
        if (pairs[i].month != input->period || pairs[i].points == 0)
            continue;
        if (!measure(&making->volume, pairs[i].points))
            return refuse(making, pairs[i].issuer, input->period, "clearing");
        list[kept++] = (struct statement_pair) {
            timeline_name(input->timeline, NAME_PARTNER, pairs[i].issuer),
            timeline_name(input->timeline, NAME_PARTNER, pairs[i].acceptor),
            pairs[i].points,
        };
    }
    statement->pairs = list;
    statement->pair_count = kept;
    return OK;
}

enum err
settlement_make(const struct settlement_input *input, struct arena *arena,
                const struct statement **ret_statement,
                struct complaint *complaint)
{
    struct statement *statement = ARENA_NEW(arena, struct statement, 1);
    struct making making = { .input = input,
                             .arena = arena,
                             .complaint = complaint };

    making.all.rows = totals_rows(input->totals, &making.all.count);
    *statement = (struct statement) { .period = input->period,
                                      .currency = input->currency,
                                      .known_ms = input->known_ms };
    enum err err = make_partners(&making, statement);
    if (err == OK)
        err = make_pairs(&making, statement);
    if (err == OK)
        *ret_statement = statement;
    return err;
}

bool
settlement_settle(const struct statement *statement,
                  struct settled_list *settled, struct arena *arena)
{
    bool fits = true;

    for (uint32_t i = 0; i < statement->partner_count; i++) {
        const struct statement_partner *partner = &statement->partners[i];
        const struct settled own = { statement->period, partner->partner,
                                     partner->line.issue_cost,
                                     partner->line.redeem_credit,
                                     partner->line.voucher_credit };
        fits = fits && settled_add(settled, &own, arena);
        for (uint32_t k = 0; k < partner->adjustment_count; k++) {
            const struct statement_adjustment *one = &partner->adjustments[k];
            const struct settled more = { one->period, partner->partner,
                                          one->issue_cost, one->redeem_credit,
                                          one->voucher_credit };
            fits = fits && settled_add(settled, &more, arena);
        }
    }
    return fits;
}
