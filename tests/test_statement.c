/*
 * test_statement.c - the bytes of a statement: they are signed and kept, so
 * they may not change
 */
#include "tests/unit.h"

#include "core/statement.h"

#include <string.h>

static const struct statement_store STORES[] = {
    { 30, { .amounts[MEASURE_ISSUED] = 7, .issue_cost = { 8 }, .net = { -8 } } }
};
static const struct statement_adjustment ADJUSTMENTS[] = {
    { 2026 * 12 + 8, { 12 }, { 0 }, { 0 }, { -12 } }
};
static const struct statement_partner PARTNERS[] = {
    { .partner = { (const uint8_t *)"cafe", 4 },
      .line = { .amounts[MEASURE_ISSUED] = 7,
                .issue_cost = { 8 },
                .net = { -20 } },
      .adjustments = ADJUSTMENTS,
      .adjustment_count = 1,
      .stores = STORES,
      .store_count = 1 },
};
static const struct statement_pair PAIRS[] = {
    { { (const uint8_t *)"cafe", 4 }, { (const uint8_t *)"debt", 4 }, -3 }
};
static const struct statement STATEMENT = {
    .period = 2026 * 12 + 9,
    .currency = { (const uint8_t *)"EUR", 3 },
    .known_ms = 1793606400000,
    .partners = PARTNERS,
    .partner_count = 1,
    .pairs = PAIRS,
    .pair_count = 1,
    .program_net = { 20 },
};

#define MEASURES(issued)                                                       \
    "\"issued\": " issued                                                      \
    ", \"reversed\": 0, \"redeemed\": 0, \"restored\": 0, "                    \
    "\"overdrawn\": 0, \"expired\": 0, \"purchases\": 0, \"sales\": 0, "       \
    "\"returns\": 0, \"refunds\": 0, \"vouchers_issued\": 0, "                 \
    "\"vouchers_redeemed\": 0, \"vouchers_value\": 0, "                        \
    "\"vouchers_charged\": 0, \"uncovered\": 0, \"uncovered_value\": 0, "      \
    "\"passes_sold\": 0, \"passes_price\": 0, \"pass_uses\": 0, "              \
    "\"pass_value\": 0, \"pass_charged\": 0, "

#define HEAD                                                                   \
    "{\"period\": \"2026-10\", \"closed\": false, \"currency\": \"EUR\", "     \
    "\"known\": \"2026-11-02T08:00:00.000Z\",\n \"partners\": [\n  "

#define PARTNER                                                                \
    "{\"partner\": \"cafe\", " MEASURES(                                       \
        "7") "\"issue_cost\": 8, "                                             \
             "\"redeem_credit\": 0, \"voucher_credit\": 0, \"adjustments\": "  \
             "[{\"period\": \"2026-09\", \"issue_cost\": 12, "                 \
             "\"redeem_credit\": 0, "                                          \
             "\"voucher_credit\": 0, \"net\": -12}], \"net\": -20, "           \
             "\"stores\": [{\"store\": 30, " MEASURES(                         \
                 "7") "\"issue_cost\": 8, "                                    \
                      "\"redeem_credit\": 0, \"voucher_credit\": 0, \"net\": " \
                      "-8}]}"

static void
assert_text(const struct text *text, const char *expected)
{
    assert_true(text_ok(text));
    assert_int_equal(text->size, strlen(expected));
    assert_memory_equal(text->bytes, expected, text->size);
}

TEST(a_statement_has_these_bytes)
{
    struct text text = { 0 };

    statement_json(&text, &STATEMENT);
    assert_text(&text,
                HEAD PARTNER "],\n \"clearing\": [{\"issuer\": \"cafe\", "
                             "\"acceptor\": \"debt\", \"points\": -3}],\n "
                             "\"program\": {\"net\": 20}}\n");
    text_close(&text);
}

TEST(a_partner_sees_its_own_part_only)
{
    struct text text = { 0 };

    assert_ptr_equal(statement_find(&STATEMENT, view_of("cafe")), PARTNERS);
    assert_null(statement_find(&STATEMENT, view_of("market")));
    statement_partner_json(&text, &STATEMENT, PARTNERS);
    assert_text(&text, HEAD PARTNER "]}\n");
    text_close(&text);
}

TEST(what_is_read_back_is_written_the_same)
{
    struct text first = { 0 }, second = { 0 };
    struct statement statement;
    struct complaint complaint;
    struct arena arena;

    assert_true(arena_open(&arena, 1 << 24));
    statement_json(&first, &STATEMENT);
    assert_int_equal(
        statement_read(text_view(&first), &arena, &statement, &complaint), OK);
    statement_json(&second, &statement);
    assert_true(view_equal(text_view(&first), text_view(&second)));
    assert_int_equal(
        statement_read(view_of("{}"), &arena, &statement, &complaint),
        ERR_INPUT);
    assert_non_null(strstr(complaint.text, "missing"));
    text_close(&first);
    text_close(&second);
    arena_close(&arena);
}

RUN(cmocka_unit_test(what_is_read_back_is_written_the_same),
    cmocka_unit_test(a_statement_has_these_bytes),
    cmocka_unit_test(a_partner_sees_its_own_part_only))
