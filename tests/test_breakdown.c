/*
 * test_breakdown.c - the figures of one small history under every key, worked
 * by hand; and that sums over rows are those of settlement
 */
#include "core/breakdown.h"

#include "core/census.h"
#include "core/text.h"
#include "core/totals.h"
#include "tests/book.h"
#include "tests/unit.h"

static const char RULES[] =
    "store_groups:\n"
    "  - {id: both, stores: [10, 30]}\n"
    "  - {id: turku, stores: [10]}\n"
    "earn:\n"
    "  - {id: base, per: 1.00, points: 1}\n"
    "  - {id: coffee, when: {categories: [coffee]}, reward: cup}\n"
    "  - {id: welcome, on: join, points: 50}\n"
    "rewards:\n"
    "  - {id: cup, value: 3.00}\n"
    "  - {id: mug, value: 8.00, points: 40}\n"
    "stamps: [{id: lunch, need: 3, reward: cup}]\n";

/* The receipt A comes to 9.00 of coffee, 4.50 of bread and a deposit of -1.00
 * after what was taken off; a bearer bought before the first version. */
static const char LINES[] =
    "{\"kind\": \"purchase\", \"bearer\": \"X\", \"store\": 30, \"receipt\": "
    "\"C\", \"total\": 100, \"at\": \"2024-12-31T10:00:00Z\"}\n"
    "{\"kind\": \"join\", \"member\": 1, \"store\": 10, "
    "\"at\": \"2025-01-10T10:00:00Z\"}\n"
    "{\"kind\": \"purchase\", \"member\": 1, \"store\": 10, \"receipt\": "
    "\"A\", "
    "\"total\": 1250, \"off\": 150, \"cashier\": \"eve\", \"entry\": \"key\", "
    "\"lines\": [{\"amount\": 1000, \"category\": \"coffee.beans\", \"sku\": "
    "\"B1\"}, {\"amount\": 500, \"category\": \"bread\"}, {\"amount\": -100}], "
    "\"at\": \"2025-01-10T11:00:00Z\"}\n"
    "{\"kind\": \"purchase\", \"bearer\": \"X\", \"store\": 30, \"receipt\": "
    "\"B\", \"total\": 700, \"cashier\": \"bob\", "
    "\"at\": \"2025-01-10T23:30:00Z\"}\n"
    "{\"kind\": \"stamp\", \"member\": 1, \"store\": 30, \"card\": \"lunch\", "
    "\"count\": 3, \"cashier\": \"bob\", \"at\": \"2025-01-12T10:00:00Z\"}\n"
    "{\"kind\": \"redeem\", \"member\": 1, \"store\": 30, \"id\": \"r1\", "
    "\"reward\": \"mug\", \"entry\": \"key\", "
    "\"at\": \"2025-01-13T10:00:00Z\"}\n"
    "{\"kind\": \"redeem\", \"member\": 1, \"store\": 10, \"id\": \"r2\", "
    "\"reward\": \"cup\", \"at\": \"2025-01-13T11:00:00Z\"}\n"
    "{\"kind\": \"purchase\", \"member\": 1, \"store\": 10, \"receipt\": "
    "\"V\", "
    "\"total\": 99900, \"cashier\": \"eve\", \"entry\": \"key\", \"id\": "
    "\"v1\", \"at\": \"2025-01-14T10:00:00Z\"}\n"
    "{\"kind\": \"void\", \"member\": 1, \"store\": 10, \"voids_id\": \"v1\", "
    "\"at\": \"2025-01-14T11:00:00Z\"}\n"
    "{\"kind\": \"return\", \"member\": 1, \"store\": 10, \"receipt\": \"A\", "
    "\"lines\": [{\"line\": 0, \"amount\": 300}], "
    "\"at\": \"2025-01-20T10:00:00Z\"}\n"
    "{\"kind\": \"reverse\", \"member\": 1, \"store\": 10, \"redemption\": "
    "\"r1\", \"points\": 10, \"at\": \"2025-02-01T10:00:00Z\"}\n"
    "{\"kind\": \"redeem\", \"member\": 1, \"store\": 30, \"id\": \"r3\", "
    "\"points\": 20, \"at\": \"2025-02-02T10:00:00Z\"}\n"
    "{\"kind\": \"redeem\", \"bearer\": \"X\", \"store\": 10, \"id\": \"r4\", "
    "\"reward\": \"cup\", \"at\": \"2025-02-03T10:00:00Z\"}\n";

static void
open_shop(struct book *book)
{
    book_open(book, LEDGER_WRITE);
    book_rules(book, "2025-01-01", RULES);
    assert_int_equal(book_append(book, LINES, NULL, NULL), OK);
}

/* --- asking ------------------------------------------------------------- */

struct asked {
    enum breakdown_by by;
    const char *from;  /* RFC 3339; NULL: the beginning */
    const char *until; /* NULL: the end of time */
    const char *segment;
};

static struct breakdown
ask(struct book *book, const struct asked *asked, struct arena *arena)
{
    struct breakdown breakdown;
    struct breakdown_options options = {
        .by = asked->by,
        .known = LEDGER_KNOWN_ALL,
        .from_ms = INT64_MIN,
        .until_ms = LIMIT_AT_MS_MAX,
        .seed = 42,
    };

    assert_int_equal(ledger_timeline(book->ledger, LEDGER_KNOWN_ALL,
                                     &options.timeline, NULL),
                     OK);
    if (asked->from != NULL)
        assert_true(
            calendar_parse_time(view_of(asked->from), &options.from_ms));
    if (asked->until != NULL)
        assert_true(
            calendar_parse_time(view_of(asked->until), &options.until_ms));
    if (asked->segment != NULL)
        assert_int_equal(segment_read(view_of(asked->segment), options.timeline,
                                      arena, &options.segment, NULL),
                         OK);
    assert_int_equal(
        breakdown_make(book->ledger, &options, arena, &breakdown, NULL), OK);
    return breakdown;
}

/* "joined 1, sales 100": the figures that are not 0. */
static void
write_row(const struct tally_row *row, struct text *out)
{
    const char *before = "";

    for (int k = 0; k < TALLY_FIGURES; k++) {
        if (row->figures[k] == 0)
            continue;
        text_format(out, "%s%s %lld", before,
                    tally_figure_name((enum tally_figure)k),
                    (long long)row->figures[k]);
        before = ", ";
    }
}

/* Each row is a line "KEY: figures"; the total is not in it. */
static void
expect(struct book *book, const struct asked *asked, const char *lines)
{
    struct arena arena;
    struct text text = { 0 };

    assert_true(arena_open(&arena, 1 << 26));
    struct breakdown breakdown = ask(book, asked, &arena);
    for (uint32_t i = 0; i < breakdown.row_count; i++) {
        breakdown_key_text(asked->by, breakdown.rows[i].key, &text);
        text_string(&text, ": ");
        write_row(&breakdown.rows[i], &text);
        text_char(&text, '\n');
    }
    text_char(&text, '\0');
    assert_string_equal((const char *)text.bytes, lines);
    text_close(&text);
    arena_close(&arena);
}

static void
expect_total(struct book *book, const struct asked *asked, const char *figures)
{
    struct arena arena;
    struct text text = { 0 };

    assert_true(arena_open(&arena, 1 << 26));
    struct breakdown breakdown = ask(book, asked, &arena);
    write_row(&breakdown.total, &text);
    text_char(&text, '\0');
    assert_string_equal((const char *)text.bytes, figures);
    text_close(&text);
    arena_close(&arena);
}

/* --- by hand ------------------------------------------------------------ */

#define STORE_10                                                               \
    "joined 1, active_members 1, purchases 1, sales 1250, returns 1, refunds " \
    "300, issued 63, reversed 3, vouchers_issued 1, vouchers_redeemed 1, "     \
    "vouchers_value 300, uncovered 1, keyed 1"
#define ALL                                                                    \
    "joined 1, active_members 1, purchases 3, sales 2050, returns 1, refunds " \
    "300, issued 70, reversed 3, redeemed 60, restored 10, stamps 3, "         \
    "vouchers_issued 2, vouchers_redeemed 1, vouchers_value 300, uncovered "   \
    "1, keyed 2"

TEST(by_place)
{
    struct book book;

    open_shop(&book);
    expect(&book, &(struct asked) { .by = BREAKDOWN_BY_STORE },
           "10: " STORE_10 "\n"
           "30: active_members 1, purchases 2, sales 800, issued 7, redeemed "
           "60, restored 10, stamps 3, vouchers_issued 1, keyed 1\n");
    expect(&book, &(struct asked) { .by = BREAKDOWN_BY_PARTNER },
           "cafe: active_members 1, purchases 1, sales 700, issued 7, redeemed "
           "60, restored 10, stamps 3, vouchers_issued 1, keyed 1\n"
           "market: " STORE_10 "\n"
           "none: purchases 1, sales 100\n");
    expect(&book, &(struct asked) { .by = BREAKDOWN_BY_GROUP },
           "both: " ALL "\nturku: " STORE_10 "\n");
    expect_total(&book, &(struct asked) { .by = BREAKDOWN_BY_GROUP }, ALL);
    book_close(&book);
}

/* The bearer's second receipt is of the next local day. */
TEST(by_time)
{
    struct book book;

    open_shop(&book);
    expect(&book, &(struct asked) { .by = BREAKDOWN_BY_DAY },
           "2024-12-31: purchases 1, sales 100\n"
           "2025-01-10: joined 1, active_members 1, purchases 1, sales 1250, "
           "issued 63, vouchers_issued 1, keyed 1\n"
           "2025-01-11: purchases 1, sales 700, issued 7\n"
           "2025-01-12: active_members 1, stamps 3, vouchers_issued 1\n"
           "2025-01-13: redeemed 40, vouchers_redeemed 1, vouchers_value 300, "
           "keyed 1\n"
           "2025-01-20: returns 1, refunds 300, reversed 3\n"
           "2025-02-01: restored 10\n"
           "2025-02-02: redeemed 20\n"
           "2025-02-03: uncovered 1\n");
    expect(&book,
           &(struct asked) { .by = BREAKDOWN_BY_MONTH,
                             .from = "2024-12-31T22:00:00Z",
                             .until = "2025-02-02T10:00:00Z" },
           "2025-01: joined 1, active_members 1, purchases 2, sales 1950, "
           "returns 1, refunds 300, issued 70, reversed 3, redeemed 40, "
           "stamps 3, vouchers_issued 2, vouchers_redeemed 1, vouchers_value "
           "300, keyed 2\n"
           "2025-02: redeemed 20, restored 10\n");
    book_close(&book);
}

TEST(by_cashier)
{
    struct book book;

    open_shop(&book);
    expect(&book, &(struct asked) { .by = BREAKDOWN_BY_CASHIER },
           ": joined 1, purchases 1, sales 100, returns 1, refunds 300, issued "
           "50, reversed 3, redeemed 60, restored 10, vouchers_redeemed 1, "
           "vouchers_value 300, uncovered 1, keyed 1\n"
           "bob: active_members 1, purchases 1, sales 700, issued 7, stamps 3, "
           "vouchers_issued 1\n"
           "eve: active_members 1, purchases 1, sales 1250, issued 13, "
           "vouchers_issued 1, keyed 1\n");
    book_close(&book);
}

TEST(by_reward_and_rule)
{
    struct book book;

    open_shop(&book);
    expect(&book, &(struct asked) { .by = BREAKDOWN_BY_REWARD },
           ": active_members 1, redeemed 20\n"
           "cup: active_members 1, vouchers_issued 2, vouchers_redeemed 1, "
           "vouchers_value 300, uncovered 1\n"
           "mug: active_members 1, redeemed 40, restored 10\n");
    expect(&book, &(struct asked) { .by = BREAKDOWN_BY_RULE },
           ": active_members 1, purchases 1, sales 100, vouchers_issued 1\n"
           "base: active_members 1, purchases 2, sales 1950, issued 20\n"
           "coffee: active_members 1, purchases 1, sales 1250, "
           "vouchers_issued 1\n"
           "welcome: active_members 1, issued 50\n");
    expect_total(&book, &(struct asked) { .by = BREAKDOWN_BY_RULE },
                 "active_members 1, purchases 3, sales 2050, issued 70, "
                 "vouchers_issued 2");
    book_close(&book);
}

/* Two nodes gave redemptions one id: money by the later one, a mug by the
 * first. Each reversal is of the one that it reverses. */
TEST(a_reversal_is_of_what_it_reverses)
{
    static const char lines[] =
        "{\"kind\": \"redeem\", \"member\": 1, \"store\": 10, \"id\": "
        "\"r1\", \"reward\": \"mug\", \"at\": \"2025-01-13T10:00:00.000Z\", "
        "\"event\": \"7.1.1\", \"recorded\": \"2025-01-13T10:00:00.000Z\"}\n"
        "{\"kind\": \"redeem\", \"member\": 1, \"store\": 10, \"id\": "
        "\"r1\", \"points\": 20, \"at\": \"2025-01-14T10:00:00.000Z\", "
        "\"event\": \"8.1.1\", \"recorded\": \"2025-01-14T10:00:00.000Z\"}\n"
        "{\"kind\": \"reverse\", \"member\": 1, \"store\": 10, "
        "\"redemption\": \"r1\", \"at\": \"2025-01-15T10:00:00.000Z\", "
        "\"event\": \"8.1.2\", \"recorded\": \"2025-01-15T10:00:00.000Z\"}\n"
        "{\"kind\": \"reverse\", \"member\": 1, \"store\": 10, "
        "\"redemption\": \"r1\", \"at\": \"2025-01-16T10:00:00.000Z\", "
        "\"event\": \"8.1.3\", \"recorded\": \"2025-01-16T10:00:00.000Z\"}\n";
    struct ledger_import import = { 0 };
    struct book book;

    book_open(&book, LEDGER_WRITE);
    book_rules(&book, "2025-01-01", RULES);
    assert_int_equal(book_import(&book, lines, &import, NULL), OK);
    expect(&book, &(struct asked) { .by = BREAKDOWN_BY_REWARD },
           ": active_members 1, redeemed 20, restored 20\n"
           "mug: active_members 1, redeemed 40, restored 40\n");
    book_close(&book);
}

/* The coffee was bought in one store and comes back in another. */
TEST(stamps_taken_back_stand_where_they_were_put)
{
    struct book book;

    book_open(&book, LEDGER_WRITE);
    book_rules(&book, "2025-01-01",
               "stamps: [{id: lunch, per: receipt, need: 9, points: 1}]\n");
    assert_int_equal(
        book_append(&book,
                    "{\"kind\": \"purchase\", \"member\": 1, \"store\": 30, "
                    "\"receipt\": \"A\", \"total\": 100, "
                    "\"at\": \"2025-01-10T10:00:00Z\"}\n"
                    "{\"kind\": \"return\", \"member\": 1, \"store\": 10, "
                    "\"receipt\": \"A\", \"at\": \"2025-01-11T10:00:00Z\"}\n",
                    NULL, NULL),
        OK);
    expect(&book, &(struct asked) { .by = BREAKDOWN_BY_STORE },
           "10: returns 1, refunds 100\n"
           "30: active_members 1, purchases 1, sales 100\n");
    expect(&book, &(struct asked) { .by = BREAKDOWN_BY_PARTNER },
           "cafe: active_members 1, purchases 1, sales 100\n"
           "market: returns 1, refunds 100\n");
    book_close(&book);
}

/* What came back of A counts when it came back, though A was bought before. */
TEST(by_goods)
{
    struct book book;

    open_shop(&book);
    expect(&book, &(struct asked) { .by = BREAKDOWN_BY_CATEGORY },
           ": active_members 1, purchases 3, sales 700\n"
           "bread: active_members 1, purchases 1, sales 450\n"
           "coffee: active_members 1, purchases 1, sales 900, returns 1, "
           "refunds 300\n"
           "coffee.beans: active_members 1, purchases 1, sales 900, returns 1, "
           "refunds 300\n");
    expect(&book, &(struct asked) { .by = BREAKDOWN_BY_SKU },
           ": active_members 1, purchases 3, sales 1150\n"
           "B1: active_members 1, purchases 1, sales 900, returns 1, refunds "
           "300\n");
    expect(&book,
           &(struct asked) { .by = BREAKDOWN_BY_SKU,
                             .from = "2025-01-20T00:00:00Z" },
           "B1: returns 1, refunds 300\n");
    book_close(&book);
}

TEST(of_a_segment_only)
{
    struct book book;

    open_shop(&book);
    expect(
        &book,
        &(struct asked) { .by = BREAKDOWN_BY_STORE, .segment = "member=yes" },
        "10: joined 1, active_members 1, purchases 1, sales 1250, returns 1, "
        "refunds 300, issued 63, reversed 3, vouchers_issued 1, "
        "vouchers_redeemed 1, vouchers_value 300, keyed 1\n"
        "30: active_members 1, redeemed 60, restored 10, stamps 3, "
        "vouchers_issued 1, keyed 1\n");
    expect(&book,
           &(struct asked) { .by = BREAKDOWN_BY_STORE,
                             .segment = "points=5000..",
                             .until = "2025-02-10T00:00:00Z" },
           "");
    book_close(&book);
}

/* --- against settlement ------------------------------------------------- */

static void
add_step(void *context, const struct walk *walk)
{
    totals_add(context, 0, walk->step.effects);
}

static int64_t
settled(struct book *book, enum measure measure, struct arena *arena)
{
    struct totals *totals = totals_open(arena);
    const struct census_options options = { .known = LEDGER_KNOWN_ALL,
                                            .at_ms = LIMIT_AT_MS_MAX };
    const struct census_calls calls = { .step = add_step };
    const struct spread_contexts alone = { { totals }, 1 };
    uint32_t count;
    int64_t sum = 0;

    assert_int_equal(
        census_spread(book->ledger, &options, &calls, &alone, NULL), OK);
    const struct totals_row *rows = totals_rows(totals, &count);
    for (uint32_t i = 0; i < count; i++)
        sum += rows[i].amounts[measure];
    return sum;
}

static const struct {
    enum measure measure;
    enum tally_figure figure;
} SAME[] = {
    { MEASURE_PURCHASES, TALLY_PURCHASES },
    { MEASURE_SALES, TALLY_SALES },
    { MEASURE_RETURNS, TALLY_RETURNS },
    { MEASURE_REFUNDS, TALLY_REFUNDS },
    { MEASURE_ISSUED, TALLY_ISSUED },
    { MEASURE_REVERSED, TALLY_REVERSED },
    { MEASURE_REDEEMED, TALLY_REDEEMED },
    { MEASURE_RESTORED, TALLY_RESTORED },
    { MEASURE_EXPIRED, TALLY_EXPIRED },
    { MEASURE_VOUCHERS_ISSUED, TALLY_VOUCHERS_ISSUED },
    { MEASURE_VOUCHERS_REDEEMED, TALLY_VOUCHERS_REDEEMED },
    { MEASURE_VOUCHERS_VALUE, TALLY_VOUCHERS_VALUE },
    { MEASURE_UNCOVERED, TALLY_UNCOVERED },
};

/* Counts that a receipt has once under several keys don't add up by goods and
 * rules; a part of a category stands in the whole, too. */
static bool
adds_up(enum breakdown_by by, enum tally_figure figure)
{
    bool counts = figure == TALLY_PURCHASES || figure == TALLY_RETURNS;

    if (by == BREAKDOWN_BY_GROUP || by == BREAKDOWN_BY_CATEGORY)
        return false;
    if (by == BREAKDOWN_BY_RULE)
        return !counts && figure != TALLY_SALES;
    return by != BREAKDOWN_BY_SKU || !counts;
}

static void
compare(struct book *book, enum breakdown_by by)
{
    struct arena arena;

    assert_true(arena_open(&arena, 1 << 28));
    struct breakdown breakdown =
        ask(book, &(struct asked) { .by = by }, &arena);
    for (uint32_t k = 0; k < COUNT_OF(SAME); k++) {
        enum tally_figure figure = SAME[k].figure;
        int64_t sum = 0;
        if (!breakdown_has(by, figure))
            continue;
        int64_t wanted = settled(book, SAME[k].measure, &arena);
        for (uint32_t i = 0; i < breakdown.row_count; i++)
            sum += breakdown.rows[i].figures[figure];
        if (breakdown.total.figures[figure] != wanted ||
            (adds_up(by, figure) && sum != wanted))
            fail_msg("by %s: %s", breakdown_by_name(by),
                     tally_figure_name(figure));
    }
    arena_close(&arena);
}

TEST(sums_are_those_of_settlement)
{
    static const char *const EXAMPLES[] = {
        "01-stacking",   "03-partial-returns",   "04-return-across-tier",
        "07-stamps",     "08-spend-reward",      "09-monthly-bonus",
        "12-reversal",   "13-referral",          "14-pass",
        "15-settlement", "19-funder-and-passes", "20-inactive",
    };

    for (uint32_t i = 0; i < COUNT_OF(EXAMPLES); i++) {
        struct book book;
        book_open(&book, LEDGER_WRITE);
        book_load_example(&book, EXAMPLES[i]);
        for (int by = 0; by < BREAKDOWN_BY_COUNT; by++)
            compare(&book, (enum breakdown_by)by);
        book_close(&book);
    }
}

TEST(names_come_back)
{
    for (int i = 0; i < BREAKDOWN_BY_COUNT; i++) {
        enum breakdown_by by = BREAKDOWN_BY_COUNT;
        const char *name = breakdown_by_name((enum breakdown_by)i);
        assert_true(breakdown_by_parse(view_of(name), &by));
        assert_int_equal(by, i);
        assert_false(
            breakdown_by_parse((view) { (const uint8_t *)name, 2 }, &by));
    }
}

RUN(cmocka_unit_test(by_place), cmocka_unit_test(by_time),
    cmocka_unit_test(by_cashier), cmocka_unit_test(by_reward_and_rule),
    cmocka_unit_test(a_reversal_is_of_what_it_reverses),
    cmocka_unit_test(stamps_taken_back_stand_where_they_were_put),
    cmocka_unit_test(by_goods), cmocka_unit_test(of_a_segment_only),
    cmocka_unit_test(sums_are_those_of_settlement),
    cmocka_unit_test(names_come_back))
