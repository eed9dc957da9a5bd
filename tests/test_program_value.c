/*
 * test_program_value.c - every value has a type and a range
 *
 * The table of RULES.md at both ends, and all that is no such value; each at
 * its exact place.
 */
#include "tests/unit.h"

#include "tests/program_file.h"

static const struct told VALUES_OUT_OF_RANGE[] = {
    { "earn: [{id: a, per: 0, points: 1}]\n", 4, 21,
      "per: expected item, or a number from 0.01 to 1000000000.00 with "
      "at most 2 decimals, found \"0\"" },
    { "earn: [{id: a, per: 1.001, points: 1}]\n", 4, 21,
      "per: expected item, or a number from 0.01 to 1000000000.00 with "
      "at most 2 decimals, found \"1.001\"" },
    { "earn: [{id: a, per: 1000000000.01, points: 1}]\n", 4, 21,
      "per: expected item, or a number from 0.01 to 1000000000.00 with "
      "at most 2 decimals, found \"1000000000.01\"" },
    { "earn: [{id: a, per: receipt, points: 1}]\n", 4, 21,
      "per: expected item, or a number from 0.01 to 1000000000.00 with "
      "at most 2 decimals, found \"receipt\"" },
    { "earn: [{id: a, points: 1000001}]\n", 4, 24,
      "points: expected a whole number from 0 to 1000000, found "
      "\"1000001\"" },
    { "earn: [{id: a, points: -1}]\n", 4, 24,
      "points: expected a whole number from 0 to 1000000, found \"-1\"" },
    { "earn: [{id: a, points: 1.0}]\n", 4, 24,
      "points: expected a whole number from 0 to 1000000, found \"1.0\"" },
    { "earn: [{id: a, points: 1e3}]\n", 4, 24,
      "points: expected a whole number from 0 to 1000000, found \"1e3\"" },
    { "earn: [{id: a, points: 0x10}]\n", 4, 24,
      "points: expected a whole number from 0 to 1000000, found \"0x10\"" },
    { "earn: [{id: a, points: 007}]\n", 4, 24,
      "points: expected a whole number from 0 to 1000000, found \"007\"" },
    { "earn: [{id: a, points: +1}]\n", 4, 24,
      "points: expected a whole number from 0 to 1000000, found \"+1\"" },
    { "earn: [{id: a, points: 99999999999999999999999}]\n", 4, 24,
      "points: expected a whole number from 0 to 1000000, found "
      "\"99999999999999999999999\"" },
    { "earn: [{id: a, points: [1]}]\n", 4, 24,
      "points: expected a whole number from 0 to 1000000, found a list" },
    { "earn: [{id: a, points: }]\n", 4, 24,
      "points: expected a whole number from 0 to 1000000, found nothing" },
    { "earn:\n  - {id: base, per: 1.00, points: 1}\n  - {id: a, "
      "multiply: 0.999}\n",
      6, 23,
      "multiply: expected a number from 1 to 1000 with at most 3 "
      "decimals, found \"0.999\"" },
    { "earn:\n  - {id: base, per: 1.00, points: 1}\n  - {id: a, "
      "multiply: 1000.001}\n",
      6, 23,
      "multiply: expected a number from 1 to 1000 with at most 3 "
      "decimals, found \"1000.001\"" },
    { "earn:\n  - {id: base, per: 1.00, points: 1}\n  - {id: a, "
      "multiply: 1.0001}\n",
      6, 23,
      "multiply: expected a number from 1 to 1000 with at most 3 "
      "decimals, found \"1.0001\"" },
    { "earn: [{id: a, points: 1, max_points: 1000001}]\n", 4, 39,
      "max_points: expected a whole number from 0 to 1000000, found "
      "\"1000001\"" },
    { "earn: [{id: a, points: 1, limit: {times: 0, per: day}}]\n", 4, 42,
      "times: expected a whole number from 1 to 1000000, found \"0\"" },
    { "earn: [{id: a, points: 1, limit: {times: 1, per: hour}}]\n", 4, 50,
      "per: expected day, week, month, year or ever, found \"hour\"" },
    { "earn: [{id: a, on: inactive, after_days: 0, points: 1}]\n", 4, 42,
      "after_days: expected a whole number from 1 to 36600, found \"0\"" },
    { "earn: [{id: a, points: 1, when: {inactive_days: 36601}}]\n", 4, 49,
      "inactive_days: expected a whole number from 1 to 36600, found "
      "\"36601\"" },
    { "earn: [{id: a, points: 1, when: {min_total: -0.01}}]\n", 4, 45,
      "min_total: expected a number from 0.00 to 1000000000.00 with at "
      "most 2 decimals, found \"-0.01\"" },
    { "earn: [{id: a, points: 1, when: {weekdays: sat}}]\n", 4, 44,
      "weekdays: expected a list, found \"sat\"" },
    { "earn: [{id: a, points: 1, when: {weekdays: []}}]\n", 4, 44,
      "weekdays: expected at least one entry, found none" },
    { "earn: [{id: a, points: 1, when: {weekdays: [sat, sunday]}}]\n", 4, 50,
      "weekdays: expected mon, tue, wed, thu, fri, sat or sun, found "
      "\"sunday\"" },
    { "earn: [{id: a, points: 1, when: {hours: \"9:00-10:00\"}}]\n", 4, 41,
      "hours: expected HH:MM-HH:MM, 00:00 to 24:00, not the same twice, "
      "found \"9:00-10:00\"" },
    { "earn: [{id: a, points: 1, when: {hours: \"09:00-09:00\"}}]\n", 4, 41,
      "hours: expected HH:MM-HH:MM, 00:00 to 24:00, not the same twice, "
      "found \"09:00-09:00\"" },
    { "earn: [{id: a, points: 1, when: {hours: \"24:00-09:00\"}}]\n", 4, 41,
      "hours: expected HH:MM-HH:MM, 00:00 to 24:00, not the same twice, "
      "found \"24:00-09:00\"" },
    { "earn: [{id: a, points: 1, when: {stores: []}}]\n", 4, 42,
      "stores: expected at least one entry, found none" },
    { "earn: [{id: a, points: 1, when: {stores: 12}}]\n", 4, 42,
      "stores: expected a list of stores, found \"12\"" },
    { "earn: [{id: a, points: 1, when: {categories: [Coffee]}}]\n", 4, 47,
      "categories: expected a name of 1 to 32 of a-z 0-9 _ - ., found "
      "\"Coffee\"" },
    { "earn: [{id: a, points: 1, when: {first_purchase: yes}}]\n", 4, 50,
      "first_purchase: expected true or false, found \"yes\"" },
    { "earn: [{id: a, points: 1, when: [weekdays]}]\n", 4, 33,
      "when: expected a mapping, found a list" },
    { "earn: [{id: a, points: 1, on: purchase}]\n", 4, 31,
      "on: expected join, activity or inactive, found \"purchase\"" },
    { "earn: [{id: a, points: 1, best_of: [a, b]}]\n", 4, 36,
      "best_of: expected a name of 1 to 32 of a-z 0-9 _ - ., found a "
      "list" },
    { "earn: [{id: \"a b\", points: 1}]\n", 4, 13,
      "id: expected a name of 1 to 32 of a-z 0-9 _ - ., found \"a b\"" },
    { "earn: [{id: abcdefghijklmnopqrstuvwxyz0123456, points: 1}]\n", 4, 13,
      "id: expected a name of 1 to 32 of a-z 0-9 _ - ., found "
      "\"abcdefghijklmnopqrstuvwxyz0123456\"" },
    { "earn: {id: a, points: 1}\n", 4, 7,
      "earn: expected a list, found a mapping" },
    { "earn: [a]\n", 4, 8,
      "earn: expected an earn rule as a mapping, found \"a\"" },
    { "earn:\n", 4, 6, "earn: expected a list, found nothing" },
    { "ends: 1999-12-31\n", 4, 7,
      "ends: expected a day from 2000-01-01 to 2099-12-31, found "
      "\"1999-12-31\"" },
    { "ends: 2100-01-01\n", 4, 7,
      "ends: expected a day from 2000-01-01 to 2099-12-31, found "
      "\"2100-01-01\"" },
    { "ends: 2026-02-29\n", 4, 7,
      "ends: expected a day from 2000-01-01 to 2099-12-31, found "
      "\"2026-02-29\"" },
    { "ends: 31.12.2026\n", 4, 7,
      "ends: expected a day from 2000-01-01 to 2099-12-31, found "
      "\"31.12.2026\"" },
    { "points: {value: 0}\n", 4, 17,
      "value: expected a number from 0.000001 to 1000 with at most 6 "
      "decimals, found \"0\"" },
    { "points: {value: 1000.000001}\n", 4, 17,
      "value: expected a number from 0.000001 to 1000 with at most 6 "
      "decimals, found \"1000.000001\"" },
    { "points: {value: 0.0000001}\n", 4, 17,
      "value: expected a number from 0.000001 to 1000 with at most 6 "
      "decimals, found \"0.0000001\"" },
    { "points: {pending_days: 36601}\n", 4, 24,
      "pending_days: expected a whole number from 0 to 36600, found "
      "\"36601\"" },
    { "points: {expire_months: 0}\n", 4, 25,
      "expire_months: expected a whole number from 1 to 1200, found "
      "\"0\"" },
    { "points: {expire_months: 1201}\n", 4, 25,
      "expire_months: expected a whole number from 1 to 1200, found "
      "\"1201\"" },
    { "points: {min_redemption: 1000001}\n", 4, 26,
      "min_redemption: expected a whole number from 0 to 1000000, found "
      "\"1000001\"" },
    { "overdraft: {liable: store}\n", 4, 21,
      "liable: expected program or partner, found \"store\"" },
    { "partners: [{id: a, issue_price: 1001, redeem_price: 0}]\n", 4, 33,
      "issue_price: expected a number from 0 to 1000 with at most 6 "
      "decimals, found \"1001\"" },
    { "partners: [{id: a, issue_price: 0, redeem_price: -0.01}]\n", 4, 50,
      "redeem_price: expected a number from 0 to 1000 with at most 6 "
      "decimals, found \"-0.01\"" },
    { "partners: [{id: a, name: \"\", issue_price: 0, redeem_price: 0}]\n", 4,
      26, "name: expected a text of 1 to 256 bytes, found \"\"" },
    { "rewards: [{id: a, value: 1, valid_days: 36601}]\n", 4, 41,
      "valid_days: expected a whole number from 0 to 36600, found "
      "\"36601\"" },
    { "rewards: [{id: a, value: 1, paid_by: market}]\n", 4, 38,
      "paid_by: expected program or issuer, found \"market\"" },
    { "stamps: [{id: a, need: 0, points: 1}]\n", 4, 24,
      "need: expected a whole number from 1 to 1000000, found \"0\"" },
    { "stamps: [{id: a, need: 1, points: 1, per: line}]\n", 4, 43,
      "per: expected item or receipt, found \"line\"" },
    { "spend_rewards: [{id: a, spend: 0, points: 1}]\n", 4, 32,
      "spend: expected a number from 0.01 to 1000000000.00 with at most "
      "2 decimals, found \"0\"" },
    { "spend_rewards: [{id: a, spend: 1, points: 1, window: month}]\n", 4, 54,
      "window: expected ever or year, found \"month\"" },
    { "spend_rewards: [{id: a, spend: 1, points: 1, repeat: 1}]\n", 4, 54,
      "repeat: expected true or false, found \"1\"" },
    { "monthly_bonus: {steps: [{from: 1, percent: 100.001}]}\n", 4, 44,
      "percent: expected a number from 0 to 100 with at most 3 decimals, "
      "found \"100.001\"" },
    { "tiers: {window: year, valid_for: 1 month, levels: [{id: a, "
      "discount_percent: 101}]}\n",
      4, 78,
      "discount_percent: expected a number from 0 to 100 with at most 3 "
      "decimals, found \"101\"" },
    { "tiers: {window: year, valid_for: 1 month, downgrade: level, "
      "levels: [{id: a}]}\n",
      4, 54, "downgrade: expected qualified or one_level, found \"level\"" },
    { "tiers: {window: year, valid_for: 1 month, levels: [{id: a, perks: "
      "[Lounge]}]}\n",
      4, 68,
      "perks: expected a name of 1 to 32 of a-z 0-9 _ - ., found "
      "\"Lounge\"" },
    { "referral: {on: join}\n", 4, 16,
      "on: expected purchase, stamp or either, found \"join\"" },
    { "referral: {referred_points: 1000001}\n", 4, 29,
      "referred_points: expected a whole number from 0 to 1000000, found "
      "\"1000001\"" },
    { "passes: [{id: a, uses: 1000001}]\n", 4, 24,
      "uses: expected a whole number from 1 to 1000000, found "
      "\"1000001\"" },
    { "passes: [{id: a, uses: 1, valid_months: 0}]\n", 4, 41,
      "valid_months: expected a whole number from 1 to 1200, found \"0\"" },
    { "passes: [{id: a, uses: 1, rebates: [{within_days: 36601, points: "
      "1}]}]\n",
      4, 51,
      "within_days: expected a whole number from 0 to 36600, found "
      "\"36601\"" },
    { "offline: {max_value: 1}\n", 4, 10,
      "missing key \"max_age_days\" in offline" },
    { "offline: {max_age_days: 1}\n", 4, 10,
      "missing key \"max_value\" in offline" },
    { "excluded: {skus: [\"a b\"]}\n", 4, 19,
      "skus: expected a code of 1 to 64 printable ASCII characters "
      "without blanks, found \"a b\"" },
};

TEST(values_out_of_range)
{
    program_file_assert_told(VALUES_OUT_OF_RANGE,
                             COUNT_OF(VALUES_OUT_OF_RANGE));
}

TEST(values_at_the_ends_of_their_ranges)
{
    static const char *const GOOD[] = {
        "earn: [{id: a, per: 0.01, points: 0}, {id: b, multiply: 1}]\n",
        "earn: [{id: a, per: 1000000000, points: 1000000},"
        " {id: b, multiply: 1000.000, max_points: 1000000}]\n",
        "earn: [{id: a, points: 1, max_points: 0, limit: {times: 1000000,"
        " per: ever}, when: {inactive_days: 36600, min_total: 0}}]\n",
        "earn: [{id: a, points: 1, when: {hours: 00:00-24:00,"
        " inactive_days: 1, min_total: 1000000000.00}}]\n",
        "ends: 2000-01-01\n",
        "ends: 2099-12-31\n",
        "points: {value: 0.000001, pending_days: 36600, expire_months: 1}\n",
        "points: {value: 1000, expire_inactive_months: 1200}\n",
        "partners: [{id: a, issue_price: 1000.000000, redeem_price: 0}]\n",
        "rewards: [{id: a, value: 0, valid_days: 0, points: 1}]\n",
        "rewards: [{id: a, value: 1000000000, valid_days: 36600,"
        " points: 1000000}]\n",
        "stamps: [{id: a, need: 1000000, points: 0}]\n",
        "spend_rewards: [{id: a, spend: 0.01, points: 1}]\n",
        "monthly_bonus: {steps: [{from: 0.00, percent: 100}]}\n",
        "tiers: {window: 1200 months, valid_for: 1200 months,"
        " levels: [{id: a, discount_percent: 100.000}]}\n",
        "passes: [{id: a, uses: 1000000, valid_months: 1200,"
        " rebates: [{within_days: 36600, points: 1}]}]\n",
        "offline: {max_value: 0, max_age_days: 0}\n",
        "earn: [{id: abcdefghijklmnopqrstuvwxyz_-.012, points: 1}]\n",
    };

    for (uint32_t i = 0; i < COUNT_OF(GOOD); i++)
        program_file_assert_good(GOOD[i]);
}

RUN(cmocka_unit_test(values_out_of_range),
    cmocka_unit_test(values_at_the_ends_of_their_ranges))
