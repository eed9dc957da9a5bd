/*
 * test_program_ids.c - ids are unique, and what refers to them finds them
 */
#include "tests/unit.h"

#include "tests/program_file.h"

TEST(ids_are_unique_and_not_reserved)
{
    static const struct told CASES[] = {
        { "earn:\n  - {id: base, per: 1.00, points: 1}\n  - {id: base, "
          "points: 1}\n",
          6, 10, "id: \"base\" stands in earn already, on line 5" },
        { "rewards: [{id: a, value: 1}, {id: b, value: 1}, {id: a, value: "
          "1}]\n",
          4, 54, "id: \"a\" stands in rewards already, on line 4" },
        { "earn: [{id: referral, points: 1}]\n", 4, 13,
          "id: \"referral\" is reserved" },
        { "earn: [{id: monthly_bonus, points: 1}]\n", 4, 13,
          "id: \"monthly_bonus\" is reserved" },
        { "earn: [{id: tier.x, points: 1}]\n", 4, 13,
          "id: \"tier.x\" begins with \"tier.\", which is reserved" },
        { "earn: [{id: stamp.x, points: 1}]\n", 4, 13,
          "id: \"stamp.x\" begins with \"stamp.\", which is reserved" },
        { "earn: [{id: spend.x, points: 1}]\n", 4, 13,
          "id: \"spend.x\" begins with \"spend.\", which is reserved" },
        { "earn: [{id: pass.x, points: 1}]\n", 4, 13,
          "id: \"pass.x\" begins with \"pass.\", which is reserved" },
        { "partners: [{id: none, issue_price: 0, redeem_price: 0}]\n", 4, 17,
          "id: \"none\" is reserved" },
        { "partners: [{id: debt, issue_price: 0, redeem_price: 0}]\n", 4, 17,
          "id: \"debt\" is reserved" },
        { "store_groups: [{id: 1a, stores: [1]}]\n", 4, 21,
          "id: expected a store group's id that does not begin with a digit, "
          "found \"1a\"" },
        { "passes: [{uses: 1}]\n", 4, 10, "missing key \"id\" in a pass" },
    };

    program_file_assert_told(CASES, COUNT_OF(CASES));
}

TEST(references_are_found_or_a_near_one_is_named)
{
    static const struct told CASES[] = {
        { "rewards: [{id: cup, value: 8.00}]\nearn: [{id: a, reward: cap}]\n",
          5, 24,
          "reward: expected an id of rewards, found \"cap\"; did you mean "
          "\"cup\"?" },
        { "earn: [{id: a, points: 1, funder: marke}]\npartners: [{id: "
          "market, issue_price: 0, redeem_price: 0}]\n",
          4, 35,
          "funder: expected an id of partners, found \"marke\"; did you mean "
          "\"market\"?" },
        { "earn: [{id: a, points: 1, when: {partners: [x]}}]\n", 4, 45,
          "partners: expected an id of partners, found \"x\"" },
        { "earn: [{id: a, points: 1, when: {tiers: [gold]}}]\n", 4, 42,
          "tiers: expected an id of tiers.levels, found \"gold\"" },
        { "stamps: [{id: a, need: 1, reward: cup}]\n", 4, 35,
          "reward: expected an id of rewards, found \"cup\"" },
        { "spend_rewards: [{id: a, spend: 1, reward: cup}]\n", 4, 43,
          "reward: expected an id of rewards, found \"cup\"" },
        { "referral: {referrer_reward: cup}\n", 4, 29,
          "referrer_reward: expected an id of rewards, found \"cup\"" },
        { "referral: {referred_reward: cup}\n", 4, 29,
          "referred_reward: expected an id of rewards, found \"cup\"" },
        { "passes: [{id: a, uses: 1, rebates: [{within_days: 3, reward: "
          "cup}]}]\n",
          4, 62, "reward: expected an id of rewards, found \"cup\"" },
        { "tiers: {window: year, valid_for: 1 month, levels: [{id: a}, {id: "
          "b, from: 2, reward: cup}]}\n",
          4, 86, "reward: expected an id of rewards, found \"cup\"" },
    };

    program_file_assert_told(CASES, COUNT_OF(CASES));
}

RUN(cmocka_unit_test(ids_are_unique_and_not_reserved),
    cmocka_unit_test(references_are_found_or_a_near_one_is_named))
