#include "tools/statement_words.h"

#include "core/statement.h"

struct words {
    const char *title;
    const char *unit; /* NULL: money */
};

static const struct words WORDS[] = {
    [MEASURE_ISSUED] = { "Points issued", "points" },
    [MEASURE_REVERSED] = { "Points withdrawn", "points" },
    [MEASURE_REDEEMED] = { "Points redeemed", "points" },
    [MEASURE_RESTORED] = { "Points of reversed redemptions", "points" },
    [MEASURE_OVERDRAWN] = { "of those redeemed, overdrawn", "points" },
    [MEASURE_EXPIRED] = { "Points expired", "points" },
    [MEASURE_PURCHASES] = { "Purchases", "count" },
    [MEASURE_SALES] = { "Sales", NULL },
    [MEASURE_RETURNS] = { "Returns", "count" },
    [MEASURE_REFUNDS] = { "Refunds", NULL },
    [MEASURE_VOUCHERS_ISSUED] = { "Vouchers issued", "count" },
    [MEASURE_VOUCHERS_REDEEMED] = { "Vouchers accepted", "count" },
    [MEASURE_VOUCHERS_VALUE] = { "Value of vouchers accepted", NULL },
    [MEASURE_VOUCHERS_CHARGED] = { "Vouchers charged to the issuer", NULL },
    [MEASURE_UNCOVERED] = { "Rewards without cover", "count" },
    [MEASURE_UNCOVERED_VALUE] = { "Value of rewards without cover", NULL },
    [MEASURE_PASSES_SOLD] = { "Passes sold", "count" },
    [MEASURE_PASSES_PRICE] = { "Price of passes sold", NULL },
    [MEASURE_PASS_USES] = { "Pass visits", "count" },
    [MEASURE_PASS_VALUE] = { "Value of pass visits", NULL },
    [MEASURE_PASS_CHARGED] = { "Visits charged to the seller", NULL },
};
static_assert(COUNT_OF(WORDS) == MEASURE_STATEMENT_COUNT, "all named");

/* Digits with a decimal sign before the last `places`. */
static void
put_decimal(struct text *text, int128 amount, int places, char decimal)
{
    unsigned __int128 left =
        amount < 0 ? -(unsigned __int128)amount : (unsigned __int128)amount;
    char digits[48];
    int count = 0;

    do {
        digits[count++] = (char)('0' + (int)(left % 10));
        left /= 10;
    } while (left > 0 || count <= places);
    if (amount < 0)
        text_char(text, '-');
    while (count > 0) {
        if (count == places)
            text_char(text, decimal);
        text_char(text, digits[--count]);
    }
}

void
statement_words_money(struct text *text, money amount, char decimal)
{
    put_decimal(text, amount.minor, 2, decimal);
}

void
statement_words_micro(struct text *text, micro amount, char decimal)
{
    put_decimal(text, amount.value, 6, decimal);
}

bool
statement_words_is_money(enum measure measure)
{
    assert(measure < MEASURE_STATEMENT_COUNT);
    return WORDS[measure].unit == NULL;
}

const char *
statement_words_unit(enum measure measure)
{
    assert(measure < MEASURE_STATEMENT_COUNT);
    return WORDS[measure].unit;
}

const char *
statement_words_title(enum measure measure)
{
    assert(measure < MEASURE_STATEMENT_COUNT);
    return WORDS[measure].title;
}

static view
find_name(const struct timeline *timeline, int64_t until_ms, view partner)
{
    const int32_t number = timeline_find(timeline, NAME_PARTNER, partner);

    for (uint32_t i = timeline->version_count; i > 0; i--) {
        const struct version *version = &timeline->versions[i - 1];
        const int32_t place = version_place(version, NAME_PARTNER, number);
        if (version->from_ms < until_ms && place != PROGRAM_NONE)
            return version->program->partners[place].name;
    }
    return (view) { 0 };
}

void
statement_words_names(struct statement *statement,
                      const struct timeline *timeline, struct arena *arena)
{
    const uint32_t count = statement->partner_count;
    struct statement_partner *named =
        ARENA_NEW(arena, struct statement_partner, count + 1);

    for (uint32_t i = 0; i < count; i++) {
        named[i] = statement->partners[i];
        named[i].name = arena_copy(
            arena, find_name(timeline,
                             zone_month_start_ms(&timeline->zone,
                                                 statement->period + 1),
                             named[i].partner));
    }
    statement->partners = named;
}

view
statement_words_name(const struct statement *statement, view partner)
{
    const struct statement_partner *found = statement_find(statement, partner);

    return found ? found->name : (view) { 0 };
}

money
statement_words_adjusted(const struct statement_partner *partner)
{
    money sum = { 0 };

    for (uint32_t i = 0; i < partner->adjustment_count; i++)
        sum = money_add(sum, partner->adjustments[i].net);
    return sum;
}
