/*
 * test_program_diff.c - what changed between two programs, in words
 *
 * Each kind of change in its words; two ways to write one program are no
 * change; and no digit of the example of RULES.md can change unseen.
 */
#include "tests/unit.h"

#include "core/program_diff.h"
#include "tests/program_file.h"

#include <stdlib.h>
#include <string.h>

static void
assert_diff(const char *old, const char *new, const char *expected)
{
    struct program_file *before = program_file_of(old);
    struct program_file *after = program_file_of(new);
    struct text text = { 0 };
    uint32_t lines = 0;

    assert_int_equal(before->err, OK);
    assert_int_equal(after->err, OK);
    uint32_t count = program_diff_write(before->program, after->program, &text);
    text_char(&text, '\0');
    assert_string_equal((const char *)text.bytes, expected);
    for (const char *c = expected; *c != '\0'; c++)
        lines += *c == '\n';
    assert_int_equal(count, lines);
    text_close(&text);
    program_file_close(before);
    program_file_close(after);
}

#define EARN(rules) "earn:\n  - {id: base, per: 1.00, points: 1}\n" rules
#define CUP "rewards: [{id: cup, value: 1}]\n"
#define PARTNER(stores)                                                        \
    "partners: [{id: p, issue_price: 0.01, redeem_price: 0, stores: " stores   \
    "}]\n"
#define LEVELS(levels)                                                         \
    "tiers: {window: year, valid_for: 1 month, levels: [{id: a}" levels "]}\n"

TEST(values_that_change)
{
    assert_diff("", "ends: 2030-12-31\n", "ends: none -> 2030-12-31\n");
    assert_diff(EARN(""), "earn: [{id: base, per: 2, points: 1}]\n",
                "earn.base: per 1.00 -> 2.00\n");
    assert_diff(EARN(""), "earn: [{id: base, per: item, points: 2}]\n",
                "earn.base: per 1.00 -> item\nearn.base: points 1 -> 2\n");
    assert_diff(EARN("  - {id: a, multiply: 2}\n"),
                EARN("  - {id: a, multiply: 2.25, max_points: 9}\n"),
                "earn.a: multiply 2 -> 2.25\nearn.a: max_points none -> 9\n");
    assert_diff(CUP EARN("  - {id: a, points: 1, best_of: x}\n"),
                CUP EARN("  - {id: a, reward: cup, best_of: y}\n"),
                "earn.a: points 1 -> 0\nearn.a: reward none -> cup\n"
                "earn.a: best_of x -> y\n");
    assert_diff("points: {expire_months: 12}\n",
                "points: {expire_inactive_months: 12, pending_days: 3}\n",
                "points: pending_days 0 -> 3\n"
                "points: expire_months 12 -> none\n"
                "points: expire_inactive_months none -> 12\n");
    assert_diff("overdraft: {liable: partner}\n", "",
                "overdraft: liable partner -> program\n");
    assert_diff(LEVELS(""),
                "tiers: {window: 12 months, valid_for: next_year_end,"
                " levels: [{id: a, name: Basic}]}\n",
                "tiers: window year -> 12 months\n"
                "tiers: valid_for 1 month -> next_year_end\n"
                "tiers.levels.a: name none -> \"Basic\"\n");
    assert_diff("rewards: [{id: cup, value: 1, valid_days: 0}]\n", CUP,
                "rewards.cup: valid_days 0 -> none\n");
}

TEST(conditions_that_change)
{
    assert_diff(EARN("  - {id: a, points: 1, when: {min_total: 5}}\n"),
                EARN("  - {id: a, points: 1, when: {hours: 07:00-09:00}}\n"),
                "earn.a.when: hours none -> 07:00-09:00\n"
                "earn.a.when: min_total 5.00 -> none\n");
    assert_diff(EARN("  - {id: a, points: 1, when: {weekdays: [sat, sun]}}\n"),
                EARN("  - {id: a, points: 1, when: {weekdays: [sun, mon]}}\n"),
                "earn.a.when: weekdays +mon -sat\n");
    assert_diff(EARN("  - {id: a, points: 1, when: {home_store: true}}\n"),
                EARN("  - {id: a, points: 1, when: {home_store: false}}\n"),
                "earn.a.when: home_store true -> false\n");
    assert_diff(EARN("  - {id: a, points: 1}\n"),
                EARN("  - {id: a, points: 1, when: {dates: {from: 2026-01-01,"
                     " to: 2026-02-01}}, limit: {times: 2, per: day}}\n"),
                "earn.a.when.dates: added: from 2026-01-01, to 2026-02-01\n"
                "earn.a.limit: added: times 2, per day\n");
    assert_diff(EARN("  - {id: a, points: 1, limit: {times: 2, per: day}}\n"),
                EARN("  - {id: a, points: 1, limit: {times: 2, per: ever}}\n"),
                "earn.a.limit: per day -> ever\n");
}

TEST(sets_that_change)
{
    assert_diff(PARTNER("[1, 10-19, 30]"), PARTNER("[1, 12-22, 40-41]"),
                "partners.p: stores +20-22 +40-41 -10-11 -30\n");
    assert_diff(PARTNER("[1-100]"), PARTNER("[1-9, 11-49, 51-100]"),
                "partners.p: stores -10 -50\n");
    assert_diff("excluded: {categories: [a, b]}\n",
                "excluded: {categories: [b, c], skus: [x]}\n",
                "excluded: categories +c -a\nexcluded: skus +x\n");
    assert_diff("points: {release: [06-15]}\n",
                "points: {release: [12-01, 06-15]}\n",
                "points: release +12-01\n");
    assert_diff(LEVELS(", {id: b, from: 1}")
                    EARN("  - {id: x, points: 1, when: {tiers: [a]}}\n"),
                LEVELS(", {id: b, from: 1}")
                    EARN("  - {id: x, points: 1, when: {tiers: [b]}}\n"),
                "earn.x.when: tiers +b -a\n");
}

TEST(entries_that_come_and_go)
{
    assert_diff(EARN("  - {id: a, points: 1}\n"),
                EARN("  - {id: b, points: 5, when: {min_total: 100,"
                     " categories: [x, y]}, best_of: g}\n"),
                "earn.a: removed\n"
                "earn.b: added: when (categories x y, min_total 100.00), "
                "points 5, best_of g\n");
    assert_diff(LEVELS(""),
                LEVELS(", {id: b, from: 1, multiply: 1.5}") EARN(""),
                "earn.base: added: per 1.00, points 1\n"
                "tiers.levels.b: added: from 1.00, multiply 1.5\n");
    assert_diff("", LEVELS(", {id: b, from: 5}"),
                "tiers: added: window year, valid_for 1 month, levels.a, "
                "levels.b (from 5.00)\n");
    assert_diff(LEVELS(""), "", "tiers: removed\n");
    assert_diff("", "offline: {max_value: 20, max_age_days: 7}\n",
                "offline: added: max_value 20.00, max_age_days 7\n");
    assert_diff("monthly_bonus: {steps: [{from: 1, percent: 1}]}\n",
                "monthly_bonus: {steps: [{from: 2, percent: 1}, {from: 3,"
                " percent: 1.5}]}\n",
                "monthly_bonus.steps.0: from 1.00 -> 2.00\n"
                "monthly_bonus.steps.1: added: from 3.00, percent 1.5\n");
    assert_diff(
        "",
        "passes: [{id: p, uses: 2, rebates: [{within_days: 0,"
        " points: 1}]}]\n",
        "passes.p: added: uses 2, rebates.0 (within_days 0, points 1)\n");
    assert_diff("referral: {referrer_points: 1}\n",
                "referral: {on: stamp, referrer_points: 1}\n",
                "referral: on purchase -> stamp\n");
}

TEST(order_counts_where_rules_are_tried_in_turn)
{
    assert_diff("earn: [{id: a, points: 1}, {id: b, points: 1}]\n",
                "earn: [{id: b, points: 1}, {id: a, points: 1}]\n",
                "earn: order is now b, a\n");
    assert_diff("earn: [{id: a, points: 1}, {id: b, points: 1}]\n",
                "earn: [{id: c, points: 2}, {id: a, points: 1}, {id: b,"
                " points: 1}]\n",
                "earn.c: added: points 2\n");
    assert_diff("rewards: [{id: a, value: 1}, {id: b, value: 1}]\n",
                "rewards: [{id: b, value: 1}, {id: a, value: 1}]\n", "");
}

TEST(tests_that_change)
{
#define CASE(events)                                                           \
    "tests: [{name: a b, at: 2026-01-04T00:00:00Z, events: [" events           \
    "], expect: {1: {balance: 0}}}]\n"
#define JOIN "{kind: join, member: 1, store: 1, at: 2026-01-03T00:00:00Z}"
    assert_diff(CASE(""), CASE(JOIN), "tests.\"a b\": events changed\n");
    assert_diff("", CASE(JOIN),
                "tests.\"a b\": added: at 2026-01-04T00:00:00.000Z\n");
}

TEST(two_ways_to_say_one_thing_are_no_change)
{
    assert_diff("points: {value: 0.01, pending_days: 0, min_redemption: 0}\n"
                "overdraft: {liable: program}\nexcluded: {skus: []}\n"
                "earn: []\n",
                "", "");
    assert_diff(EARN("  - {id: a, multiply: 2.0, when: {}}\n"),
                EARN("  - {id: a, multiply: '2', of: base}\n"), "");
    assert_diff(PARTNER("[1-3, 7]"), PARTNER("[7, 3, 2, 1, 1-2]"), "");
    assert_diff(PARTNER("[1-3]"),
                PARTNER("[g]") "store_groups: [{id: g, stores: [1-3]}]\n",
                "store_groups.g: added: stores 1-3\n");
    assert_diff("spend_rewards: [{id: a, spend: 1.00, points: 1}]\n",
                "spend_rewards: [{points: 1, repeat: false, window: ever,"
                " spend: 1, id: a}]\n",
                "");
}

TEST(no_digit_changes_unseen)
{
    view kanta = program_file_load(PROGRAM_FILE_KANTA);
    struct program_file *file = program_file_read(kanta);
    uint8_t *bytes = malloc(kanta.size);
    uint32_t seen = 0;
    bool comment = false;

    assert_non_null(bytes);
    memcpy(bytes, kanta.bytes, kanta.size);
    for (uint32_t i = 0; i < kanta.size; i++) {
        uint8_t digit = kanta.bytes[i];
        comment = digit == '#' || (comment && digit != '\n');
        if (comment || digit < '0' || digit > '9')
            continue;
        bytes[i] = digit == '9' ? '8' : (uint8_t)(digit + 1);
        struct program_file *bent =
            program_file_read((view) { bytes, kanta.size });
        struct text text = { 0 };
        if (bent->err == OK) {
            assert_true(
                program_diff_write(file->program, bent->program, &text) > 0);
            seen++;
        }
        text_close(&text);
        program_file_close(bent);
        bytes[i] = digit;
    }
    assert_true(seen > 100);
    free(bytes);
    program_file_close(file);
    free((void *)kanta.bytes);
}

RUN(cmocka_unit_test(values_that_change),
    cmocka_unit_test(conditions_that_change),
    cmocka_unit_test(sets_that_change),
    cmocka_unit_test(entries_that_come_and_go),
    cmocka_unit_test(order_counts_where_rules_are_tried_in_turn),
    cmocka_unit_test(tests_that_change),
    cmocka_unit_test(two_ways_to_say_one_thing_are_no_change),
    cmocka_unit_test(no_digit_changes_unseen))
