/*
 * test_statement.c - the bytes of a statement: they are signed and kept, so
 * they may not change
 */
#include "tests/unit.h"

#include "core/statement.h"

#include <stdlib.h>
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
    assert_non_null(strstr(complaint.text, "expected \"period\" at"));
    text_close(&first);
    text_close(&second);
    arena_close(&arena);
}

TEST(a_partners_part_is_read_back_too)
{
    struct statement statement;
    struct complaint complaint;
    struct text text = { 0 }, again = { 0 };
    struct arena arena;

    assert_true(arena_open(&arena, 1 << 24));
    statement_partner_json(&text, &STATEMENT, PARTNERS);
    assert_int_equal(statement_partner_read(text_view(&text), &arena,
                                            &statement, &complaint),
                     OK);
    statement_partner_json(&again, &statement, statement.partners);
    assert_true(view_equal(text_view(&text), text_view(&again)));
    assert_int_equal(
        statement_read(text_view(&text), &arena, &statement, &complaint),
        ERR_INPUT);
    text_clear(&text);
    statement_json(&text, &STATEMENT);
    assert_int_equal(statement_partner_read(text_view(&text), &arena,
                                            &statement, &complaint),
                     ERR_INPUT);
    text_close(&text);
    text_close(&again);
    arena_close(&arena);
}

/* Wherever it is broken off, or a byte is another, it is refused or means what
 * it says; nothing is read behind the end. */
TEST(what_is_broken_is_no_statement)
{
    struct statement statement;
    struct complaint complaint;
    struct text text = { 0 }, again = { 0 };
    struct arena arena;

    assert_true(arena_open(&arena, 1 << 24));
    statement_json(&text, &STATEMENT);
    for (uint32_t i = 0; i < text.size; i++) {
        struct arena scratch = arena;
        uint8_t *copy = malloc(i + 1);
        memcpy(copy, text.bytes, i);
        assert_int_equal(statement_read((view) { copy, i }, &scratch,
                                        &statement, &complaint),
                         ERR_INPUT);
        free(copy);
        const uint8_t byte = text.bytes[i];
        text.bytes[i] = '[';
        scratch = arena;
        if (statement_read(text_view(&text), &scratch, &statement,
                           &complaint) == OK) {
            text_clear(&again);
            statement_json(&again, &statement);
            assert_true(view_equal(text_view(&text), text_view(&again)));
        }
        text.bytes[i] = byte;
    }
    text_close(&text);
    text_close(&again);
    arena_close(&arena);
}

TEST(a_number_that_is_none_of_ours_is_refused)
{
    static const char *const NUMBERS[] = {
        "9223372036854775808", "-", "1.5", "-9223372036854775809", "",
        /* sums with it do not fit */
        "-9223372036854775808", "9223372036854775807", "4611686018427387904"
    };
    struct statement statement;
    struct complaint complaint;
    struct arena arena;

    assert_true(arena_open(&arena, 1 << 24));
    for (uint32_t i = 0; i < COUNT_OF(NUMBERS); i++) {
        struct text text = { 0 };
        text_format(&text,
                    HEAD PARTNER "],\n \"clearing\": [],\n \"program\": "
                                 "{\"net\": %s}}\n",
                    NUMBERS[i]);
        assert_int_equal(
            statement_read(text_view(&text), &arena, &statement, &complaint),
            ERR_INPUT);
        text_close(&text);
    }
    arena_close(&arena);
}

RUN(cmocka_unit_test(what_is_read_back_is_written_the_same),
    cmocka_unit_test(a_partners_part_is_read_back_too),
    cmocka_unit_test(what_is_broken_is_no_statement),
    cmocka_unit_test(a_number_that_is_none_of_ours_is_refused),
    cmocka_unit_test(a_statement_has_these_bytes),
    cmocka_unit_test(a_partner_sees_its_own_part_only))
