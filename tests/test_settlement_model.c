/*
 * test_settlement_model.c - statements of random months come to what a plain
 * reckoning says, and all that is settled to what there is
 *
 * Months are closed one after the other, and before each close effects come to
 * light in any month, those that are closed and those to come.  The plain
 * reckoning keeps every sum in a table and takes SETTLEMENT.md word by word.
 *
 *   SEED=n   begin with that seed
 *   COUNT=n  so many histories
 */
#include "core/settlement.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/gen.h"
#include "tests/rules.h"
#include "tests/unit.h"

enum {
    FIRST_MONTH = 2025 * 12,
    MONTHS = 5,
    STORES = 6, /* from 1; in the place of 0 what has none */
    PARTNERS = 5,
    FIGURES = TOTALS_FIGURES,
    CENT = 10000, /* millionths */
};

/* Of a version that begins within March the one before is in force at some time
 * of it, too; of one that begins with it, it is not. */
static const char *const BEGINNINGS[] = { "2025-03-10", "2025-03-01" };
enum { MARCH = 2 };

static const char *const NAMES[PARTNERS] = { "cafe", "debt", "market", "none",
                                             "roaster" };

static bool
is_in_force(uint32_t beginning, int32_t month, view name)
{
    if (view_equal(name, view_of("cafe")))
        return month < MARCH || (month == MARCH && beginning == 0);
    if (view_equal(name, view_of("roaster")))
        return month >= MARCH;
    return view_equal(name, view_of("market"));
}

static const struct program_partner EARLIER[] = {
    { .id = NAME("market") },
    { .id = NAME("cafe") },
};
static const struct program_partner LATER[] = {
    { .id = NAME("roaster") },
    { .id = NAME("market") },
};
static const struct program FIRST = {
    .partners = EARLIER,
    .partner_count = COUNT_OF(EARLIER),
    .ends = INT32_MAX,
};
static const struct program SECOND = {
    .partners = LATER,
    .partner_count = COUNT_OF(LATER),
    .ends = INT32_MAX,
};

static uint64_t seed; /* of the history at hand */

/* --- the plain reckoning --- */

/* What there is of a partner's month at a store. */
struct cell {
    int64_t effects;
    int64_t amounts[MEASURE_STATEMENT_COUNT];
    int128 figures[FIGURES];
};

struct sums {
    uint32_t beginning; /* of the second version */
    struct cell cells[MONTHS][PARTNERS][STORES];
    int64_t settled[MONTHS][PARTNERS][FIGURES];
};

static int64_t
rounded(int128 exact)
{
    int128 size = exact < 0 ? -exact : exact;
    int64_t cents = (int64_t)((size + CENT / 2) / CENT);

    return exact < 0 ? -cents : cents;
}

static int64_t
floored(int128 exact)
{
    return (int64_t)((exact - ((exact % CENT) + CENT) % CENT) / CENT);
}

static int64_t
whole(const struct sums *sums, int32_t month, uint32_t partner, int figure)
{
    int128 sum = 0;

    for (uint32_t s = 0; s < STORES; s++)
        sum += sums->cells[month][partner][s].figures[figure];
    return rounded(sum);
}

/* A cent at a time to the store with the largest remainder. */
static void
share(const struct cell cells[static STORES], int figure, int64_t total,
      int64_t ret_cents[static STORES])
{
    bool had[STORES] = { false };
    int64_t given = 0;

    for (uint32_t s = 0; s < STORES; s++)
        given += ret_cents[s] = floored(cells[s].figures[figure]);
    for (; given < total; given++) {
        uint32_t best = 0;
        int128 most = -1;
        for (uint32_t s = 0; s < STORES; s++) {
            int128 left = cells[s].figures[figure] -
                          (int128)floored(cells[s].figures[figure]) * CENT;
            if (cells[s].effects > 0 && !had[s] && left > most) {
                best = s;
                most = left;
            }
        }
        had[best] = true;
        ret_cents[best]++;
    }
}

static int64_t
net_of(const int64_t figures[static FIGURES])
{
    return figures[FIGURE_REDEEM_CREDIT - 1] +
           figures[FIGURE_VOUCHER_CREDIT - 1] - figures[FIGURE_ISSUE_COST - 1];
}

/* --- what is compared --- */

static void
list_line(const struct statement_line *line, int64_t ret[static FIGURES])
{
    ret[FIGURE_ISSUE_COST - 1] = line->issue_cost.minor;
    ret[FIGURE_REDEEM_CREDIT - 1] = line->redeem_credit.minor;
    ret[FIGURE_VOUCHER_CREDIT - 1] = line->voucher_credit.minor;
}

static void
check_stores(const struct cell cells[static STORES],
             const struct statement_partner *partner)
{
    int64_t expected[FIGURES][STORES], found[FIGURES], own[FIGURES];
    uint32_t at = 0;

    list_line(&partner->line, found);
    for (int f = 0; f < FIGURES; f++)
        share(cells, f, found[f], expected[f]);
    for (uint32_t s = 1; s < STORES; s++) {
        if (cells[s].effects == 0)
            continue;
        assert_true(at < partner->store_count);
        const struct statement_store *store = &partner->stores[at++];
        assert_int_equal(store->store, s);
        list_line(&store->line, own);
        for (int f = 0; f < FIGURES; f++)
            assert_int_equal(own[f], expected[f][s]);
        assert_int_equal(store->line.net.minor, net_of(own));
        assert_memory_equal(store->line.amounts, cells[s].amounts,
                            sizeof cells[s].amounts);
    }
    assert_int_equal(at, partner->store_count);
}

/* What months before come to now, less what has been settled; returns the sum
 * of the nets. */
static int64_t
check_adjustments(const struct sums *sums, int32_t period, uint32_t number,
                  const struct statement_partner *partner)
{
    uint32_t at = 0;
    int64_t nets = 0;

    for (int32_t m = 0; m < period; m++) {
        int64_t expected[FIGURES];
        bool any = false;
        for (int f = 0; f < FIGURES; f++) {
            expected[f] =
                whole(sums, m, number, f) - sums->settled[m][number][f];
            any |= expected[f] != 0;
        }
        if (!any)
            continue;
        assert_true(at < partner->adjustment_count);
        const struct statement_adjustment *one = &partner->adjustments[at++];
        assert_int_equal(one->period, FIRST_MONTH + m);
        assert_int_equal(one->issue_cost.minor,
                         expected[FIGURE_ISSUE_COST - 1]);
        assert_int_equal(one->redeem_credit.minor,
                         expected[FIGURE_REDEEM_CREDIT - 1]);
        assert_int_equal(one->voucher_credit.minor,
                         expected[FIGURE_VOUCHER_CREDIT - 1]);
        assert_int_equal(one->net.minor, net_of(expected));
        nets += net_of(expected);
    }
    assert_int_equal(at, partner->adjustment_count);
    return nets;
}

/* Returns the partner's net. */
static int64_t
check_partner(const struct sums *sums, int32_t period, uint32_t number,
              const struct statement_partner *partner)
{
    const struct cell *cells = sums->cells[period][number];
    int64_t amounts[MEASURE_STATEMENT_COUNT] = { 0 };
    int64_t found[FIGURES];

    assert_true(view_equal(partner->partner, view_of(NAMES[number])));
    for (uint32_t s = 0; s < STORES; s++)
        for (int k = 0; k < MEASURE_STATEMENT_COUNT; k++)
            amounts[k] += cells[s].amounts[k];
    assert_memory_equal(partner->line.amounts, amounts, sizeof amounts);
    list_line(&partner->line, found);
    for (int f = 0; f < FIGURES; f++)
        assert_int_equal(found[f], whole(sums, period, number, f));
    check_stores(cells, partner);
    int64_t net =
        net_of(found) + check_adjustments(sums, period, number, partner);
    assert_int_equal(partner->line.net.minor, net);
    return net;
}

/* Those in force at some time of the month and any other with a figure or an
 * adjustment. */
static bool
is_listed(const struct sums *sums, int32_t period, uint32_t number)
{
    bool listed = is_in_force(sums->beginning, period, view_of(NAMES[number]));

    for (uint32_t s = 0; s < STORES; s++)
        listed |= sums->cells[period][number][s].effects > 0;
    for (int32_t m = 0; m < period; m++)
        for (int f = 0; f < FIGURES; f++)
            listed |= whole(sums, m, number, f) != sums->settled[m][number][f];
    return listed;
}

static void
check_statement(const struct sums *sums, int32_t period,
                const struct statement *statement)
{
    int64_t nets = 0;
    uint32_t at = 0;

    for (uint32_t p = 0; p < PARTNERS; p++) {
        if (!is_listed(sums, period, p))
            continue;
        assert_true(at < statement->partner_count);
        nets += check_partner(sums, period, p, &statement->partners[at++]);
    }
    assert_int_equal(at, statement->partner_count);
    assert_int_equal(statement->program_net.minor, -nets);
}

static void
settle(struct sums *sums, int32_t period)
{
    for (int32_t m = 0; m <= period; m++)
        for (uint32_t p = 0; p < PARTNERS; p++)
            for (int f = 0; f < FIGURES; f++)
                sums->settled[m][p][f] = whole(sums, m, p, f);
}

/* --- histories --- */

/* Often whole cents, often the half of one, mostly neither. */
static int64_t
some_money(struct gen *gen)
{
    static const int64_t STEPS[] = { CENT, CENT / 2, CENT / 4, 1, 3333 };
    int64_t step = STEPS[gen_below(gen, COUNT_OF(STEPS))];

    return step * ((int64_t)gen_below(gen, 41) - 20);
}

static struct effect
some_effect(struct gen *gen)
{
    static const enum measure MEASURES[] = {
        MEASURE_ISSUED,         MEASURE_REVERSED,         MEASURE_REDEEMED,
        MEASURE_VOUCHERS_VALUE, MEASURE_VOUCHERS_CHARGED, MEASURE_PURCHASES,
        MEASURE_EXPIRED,
    };
    struct effect effect = {
        .measure = MEASURES[gen_below(gen, COUNT_OF(MEASURES))],
        .partner = (int32_t)gen_below(gen, PARTNERS),
        .store = 1 + gen_below(gen, STORES - 1),
        .amount = gen_below(gen, 100),
    };

    if (effect.measure == MEASURE_EXPIRED)
        effect.store = 0;
    if (effect_figure(effect.measure) != FIGURE_NONE)
        effect.money.value = some_money(gen);
    return effect;
}

/* Books the effect, or, where `sign` is -1, takes it back. */
static void
book(struct sums *sums, struct totals *totals, int32_t month,
     struct effect effect, int sign)
{
    const struct effect_list one = { .items = &effect, .count = 1 };
    struct cell *cell = &sums->cells[month][effect.partner][effect.store];
    enum figure figure = effect_figure(effect.measure);

    if (sign > 0)
        totals_add(totals, FIRST_MONTH + month, &one);
    else
        totals_take(totals, FIRST_MONTH + month, &one);
    cell->effects += sign;
    cell->amounts[effect.measure] += sign * effect.amount;
    if (figure != FIGURE_NONE)
        cell->figures[figure - 1] += sign * effect.money.value;
}

static void
book_some(struct gen *gen, struct sums *sums, struct totals *totals)
{
    for (uint32_t i = gen_below(gen, 60); i > 0; i--) {
        int32_t month = (int32_t)gen_below(gen, MONTHS);
        struct effect effect = some_effect(gen);
        book(sums, totals, month, effect, 1);
        if (gen_chance(gen, 20))
            book(sums, totals, month, effect, -1);
    }
}

/* --- */

static void
try_history(uint32_t beginning, const struct timeline *timeline)
{
    struct gen gen = { .state = seed };
    struct settled_list settled = { 0 };
    struct arena arena;

    assert_true(arena_open(&arena, (size_t)1 << 30));
    struct sums *sums = ARENA_NEW(&arena, struct sums, 1);
    sums->beginning = beginning;
    struct totals *totals = totals_open(&arena);
    for (int32_t period = 0; period < MONTHS; period++) {
        struct settlement_input input = { .timeline = timeline,
                                          .totals = totals,
                                          .period = FIRST_MONTH + period,
                                          .next_period = FIRST_MONTH + period,
                                          .settled = &settled };
        book_some(&gen, sums, totals);
        const struct statement *statement = NULL;
        assert_int_equal(settlement_make(&input, &arena, &statement, NULL), OK);
        check_statement(sums, period, statement);
        assert_true(settlement_settle(statement, &settled, &arena));
        settle(sums, period);
    }
    arena_close(&arena);
}

static uint64_t
setting(const char *name, uint64_t otherwise)
{
    const char *value = getenv(name);

    return value == NULL || *value == '\0' ? otherwise
                                           : strtoull(value, NULL, 10);
}

TEST(statements_come_to_what_a_plain_reckoning_says)
{
    const struct program *const programs[] = { &FIRST, &SECOND };
    const struct timeline *timelines[COUNT_OF(BEGINNINGS)];
    const uint64_t first = setting("SEED", 1);
    const uint64_t count = setting("COUNT", 300);

    for (uint32_t i = 0; i < COUNT_OF(BEGINNINGS); i++)
        timelines[i] = rules_timeline(
            programs, (const char *const[]) { "2000-01-01", BEGINNINGS[i] }, 2);
    for (seed = first; seed < first + count; seed++) {
        uint32_t beginning = seed % COUNT_OF(BEGINNINGS);
        try_history(beginning, timelines[beginning]);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statements_come_to_what_a_plain_reckoning_says),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    if (failed != 0)
        print_error("SEED=%" PRIu64 "\n", seed);
    return failed != 0;
}
