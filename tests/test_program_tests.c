/*
 * test_program_tests.c - the tests in a program file become events and
 * expectations
 */
#include "tests/unit.h"

#include "core/program_tests.h"
#include "tests/program_file.h"

#define ASSERT_VIEW(value, text) assert_true(view_equal(value, view_of(text)))

static const char GOOD[] =
    "rewards: [{id: cup, value: 1}]\n"
    "stamps: [{id: card, need: 3, reward: cup}]\n"
    "spend_rewards: [{id: s, spend: 5, reward: cup}]\n"
    "passes: [{id: gym, uses: 3}]\n"
    "tiers: {window: year, valid_for: 1 month, levels: [{id: gold}]}\n"
    "tests:\n"
    "  - name: first\n"
    "    events:\n"
    "      - {kind: purchase, at: 2026-01-03T10:00:00Z, store: 10,\n"
    "         member: 42, receipt: 1001, total: 1500, off: 500, lines: [\n"
    "         {amount: 2000, category: a.b, sku: 5, qty: 2}]}\n"
    "      - {kind: consent, at: \"2026-01-03T10:00:00Z\", store: 10,\n"
    "         member: 42, channel: sms, granted: true, text: \"v\\\"1\"}\n"
    "    at: 2026-01-04T00:00:00+02:00\n"
    "    expect:\n"
    "      42:\n"
    "        available: 20\n"
    "        pending: 0\n"
    "        debt: 0\n"
    "        balance: -20\n"
    "        window_spend: 1500\n"
    "        purchases: 1\n"
    "        spend: 1500\n"
    "        tier: gold\n"
    "        stamps: {card: 2}\n"
    "        spend_progress: {s: 500}\n"
    "        vouchers: {cup: 1}\n"
    "        passes: {gym: 2}\n"
    "      bearer:CODE-1:\n"
    "        tier: null\n"
    "  - {name: second, events: [], at: 2026-01-04T00:00:00Z, expect: {}}\n";

TEST(events_become_json_lines)
{
    struct program_file *file = program_file_of(GOOD);
    const struct program *program = file->program;

    assert_int_equal(file->err, OK);
    assert_int_equal(program->test_count, 2);
    const struct program_test *test = program->tests;
    ASSERT_VIEW(test[0].name, "first");
    assert_int_equal(test[0].line, 10);
    assert_int_equal(test[0].event_count, 2);
    assert_int_equal(test[0].events[0].line, 12);
    ASSERT_VIEW(test[0].events[0].json,
                "{\"kind\": \"purchase\", \"at\": \"2026-01-03T10:00:00Z\", "
                "\"store\": 10, \"member\": 42, \"receipt\": \"1001\", "
                "\"total\": 1500, \"off\": 500, \"lines\": [{\"amount\": 2000, "
                "\"category\": \"a.b\", \"sku\": \"5\", \"qty\": 2}]}");
    ASSERT_VIEW(test[0].events[1].json,
                "{\"kind\": \"consent\", \"at\": \"2026-01-03T10:00:00Z\", "
                "\"store\": 10, \"member\": 42, \"channel\": \"sms\", "
                "\"granted\": true, \"text\": \"v\\\"1\"}");
    int64_t at_ms;
    assert_true(calendar_parse_time(view_of("2026-01-03T22:00:00Z"), &at_ms));
    assert_int_equal(test[0].at_ms, at_ms);
    ASSERT_VIEW(test[1].name, "second");
    assert_int_equal(test[1].event_count, 0);
    assert_int_equal(test[1].expectation_count, 0);
    program_file_close(file);
}

TEST(expectations_are_single_values)
{
    static const struct {
        enum expectation_kind kind;
        const char *name;
        int64_t value;
    } EXPECTED[] = {
        { EXPECT_AVAILABLE, "", 20 },
        { EXPECT_PENDING, "", 0 },
        { EXPECT_DEBT, "", 0 },
        { EXPECT_BALANCE, "", -20 },
        { EXPECT_WINDOW_SPEND, "", 1500 },
        { EXPECT_PURCHASES, "", 1 },
        { EXPECT_SPEND, "", 1500 },
        { EXPECT_TIER, "gold", 0 },
        { EXPECT_STAMPS, "card", 2 },
        { EXPECT_SPEND_PROGRESS, "s", 500 },
        { EXPECT_VOUCHERS, "cup", 1 },
        { EXPECT_PASSES, "gym", 2 },
        { EXPECT_TIER, "", 0 },
    };
    struct program_file *file = program_file_of(GOOD);

    assert_int_equal(file->err, OK);
    const struct program_test *test = file->program->tests;
    assert_int_equal(test->expectation_count, COUNT_OF(EXPECTED));
    for (uint32_t i = 0; i < COUNT_OF(EXPECTED); i++) {
        const struct program_expectation *found = &test->expectations[i];
        assert_int_equal(found->kind, EXPECTED[i].kind);
        ASSERT_VIEW(found->name, EXPECTED[i].name);
        assert_int_equal(found->value, EXPECTED[i].value);
        ASSERT_VIEW(found->account,
                    i + 1 < COUNT_OF(EXPECTED) ? "42" : "bearer:CODE-1");
        assert_int_equal(found->line, i + 1 < COUNT_OF(EXPECTED) ? 20 + i : 33);
    }
    program_file_close(file);
}

#define HEAD "tests: [{name: t, at: 2026-01-04T00:00:00Z, "

TEST(mistakes_in_tests)
{
    static const struct told CASES[] = {
        { HEAD "expect: {}, events: [{kind: join, member: 1, store: 1}]}]\n", 4,
          66, "missing key \"at\" in an event of a test" },
        { HEAD "expect: {}, events: [{kind: join, member: 1,"
               " at: 2026-01-04T00:00:00Z}]}]\n",
          4, 66, "missing key \"store\" in an event of a test" },
        { HEAD "expect: {}, events: [5]}]\n", 4, 66,
          "events: expected a mapping, found \"5\"" },
        { HEAD "expect: {}, events: {}}]\n", 4, 65,
          "events: expected a list of at most 10000, found a mapping" },
        { HEAD "events: [], expect: []}]\n", 4, 65,
          "expect: expected a mapping of accounts, found a list" },
        { HEAD "events: [], expect: {0: {}}}]\n", 4, 66,
          "expect: expected an account, a member's number or bearer:CODE, "
          "found \"0\"" },
        { HEAD "events: [], expect: {1: 5}}]\n", 4, 69,
          "expect: expected a mapping, found \"5\"" },
        { HEAD "events: [], expect: {1: {stampz: 5}}}]\n", 4, 70,
          "unknown key \"stampz\" in what a test expects; did you mean "
          "\"stamps\"?" },
        { HEAD "events: [], expect: {1: {stamps: 5}}}]\n", 4, 78,
          "stamps: expected a mapping of ids to numbers, found \"5\"" },
        { HEAD "events: [], expect: {1: {stamps: {a: 5}}}}]\n", 4, 79,
          "stamps: expected an id of stamps, found \"a\"" },
        { HEAD "events: [], expect: {1: {tier: a}}}]\n", 4, 76,
          "tier: expected an id of tiers.levels, found \"a\"" },
        { HEAD "events: [], expect: {1: {spend: 5.00}}}]\n", 4, 77,
          "spend: expected a whole number, found \"5.00\"" },
        { "tests: [{name: t, at: 2026-01-04, events: [], expect: {}}]\n", 4, 23,
          "at: expected a time such as 2026-10-31T15:00:00Z, found "
          "\"2026-01-04\"" },
        { "tests: [{name: t, at: 2026-01-04T00:00:00Z, events: []}]\n", 4, 9,
          "missing key \"expect\" in a test" },
    };

    program_file_assert_told(CASES, COUNT_OF(CASES));
}

TEST(an_event_that_events_md_does_not_allow)
{
    struct program_file *file = program_file_of(
        HEAD "expect: {}, events: [{kind: purchase, member: 1, store: 1,"
             " at: 2026-01-04T00:00:00Z, receipt: 1, totl: 5}]}]\n");

    assert_int_equal(file->err, ERR_INPUT);
    assert_int_equal(file->mistakes.total, 1);
    assert_int_equal(file->mistakes.list[0].place.column, 66);
    assert_memory_equal(file->mistakes.list[0].text, "event: ", 7);
    program_file_close(file);
}

RUN(cmocka_unit_test(events_become_json_lines),
    cmocka_unit_test(expectations_are_single_values),
    cmocka_unit_test(mistakes_in_tests),
    cmocka_unit_test(an_event_that_events_md_does_not_allow))
