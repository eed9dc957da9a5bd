/*
 * test_grammar.c - the tables of the grammar hold together
 *
 * Every key has its place in its struct, no two keys have one name, and a key
 * that is in no table is told wherever it stands.
 */
#include "tests/unit.h"

#include "core/grammar.h"
#include "tests/program_file.h"

TEST(unknown_keys_at_every_place)
{
    static const struct told CASES[] = {
        { "earns: []\n", 4, 1,
          "unknown key \"earns\" in the program; did you mean \"earn\"?" },
        { "earn: [{id: weekend, points: 2, when: {wekdays: [sat]}}]\n", 4, 40,
          "unknown key \"wekdays\" in when; did you mean \"weekdays\"?" },
        { "store_groups: [{id: a, stores: [1], nam: x}]\n", 4, 37,
          "unknown key \"nam\" in a store group; did you mean \"name\"?" },
        { "partners: [{id: a, issue_price: 0, redeem_price: 0, prize: 1}]\n", 4,
          53, "unknown key \"prize\" in a partner" },
        { "excluded: {category: [a]}\n", 4, 12,
          "unknown key \"category\" in excluded" },
        { "points: {expires: 12}\n", 4, 10,
          "unknown key \"expires\" in points" },
        { "overdraft: {liabel: partner}\n", 4, 13,
          "unknown key \"liabel\" in overdraft; did you mean \"liable\"?" },
        { "earn: [{id: a, point: 1, points: 1}]\n", 4, 16,
          "unknown key \"point\" in an earn rule; did you mean \"points\"?" },
        { "earn: [{id: a, points: 1, when: {min_total: 10,50}}]\n", 4, 48,
          "unknown key \"50\" in when; decimals are written with a point, as "
          "10.50" },
        { "earn: [{id: a, points: 1, limit: {time: 1, times: 1, per: day}}]\n",
          4, 35, "unknown key \"time\" in limit; did you mean \"times\"?" },
        { "earn: [{id: a, points: 1, when: {dates: {from: 2026-01-01, to: "
          "2026-01-02, until: 1}}}]\n",
          4, 76, "unknown key \"until\" in dates" },
        { "rewards: [{id: a, value: 1, paid: x}]\n", 4, 29,
          "unknown key \"paid\" in a reward" },
        { "stamps: [{id: a, need: 1, points: 1, name: x, count: 1}]\n", 4, 47,
          "unknown key \"count\" in a stamp card" },
        { "spend_rewards: [{id: a, spend: 1, points: 1, name: x}]\n", 4, 46,
          "unknown key \"name\" in a spend reward" },
        { "monthly_bonus: {steps: [{from: 1, percent: 1, points: 1}]}\n", 4, 47,
          "unknown key \"points\" in a step" },
        { "monthly_bonus: {step: 1, steps: [{from: 1, percent: 1}]}\n", 4, 17,
          "unknown key \"step\" in monthly_bonus; did you mean \"steps\"?" },
        { "tiers: {window: year, valid_for: 1 month, levels: [{id: a, perk: "
          "1}]}\n",
          4, 60, "unknown key \"perk\" in a level; did you mean \"perks\"?" },
        { "tiers: {window: year, valid_for: 1 month, levels: [{id: a}], "
          "level: 1}\n",
          4, 62, "unknown key \"level\" in tiers; did you mean \"levels\"?" },
        { "referral: {off: purchase}\n", 4, 12,
          "unknown key \"off\" in referral" },
        { "passes: [{id: a, uses: 1, use: 1}]\n", 4, 27,
          "unknown key \"use\" in a pass; did you mean \"uses\"?" },
        { "passes: [{id: a, uses: 1, rebates: [{within_days: 3, points: 1, "
          "within: 2}]}]\n",
          4, 65, "unknown key \"within\" in a rebate" },
        { "offline: {max_value: 1, max_age_days: 1, max_age: 1}\n", 4, 42,
          "unknown key \"max_age\" in offline" },
        { "earn: [{id: a, points: 1, \"\": 1}]\n", 4, 27,
          "unknown key \"\" in an earn rule" },
    };

    program_file_assert_told(CASES, COUNT_OF(CASES));
}

/* Every key of the mapping and of all that stand below it. */
static uint32_t
check_map(const struct grammar_map *map, uint32_t depth)
{
    uint32_t count = map->count;

    assert_true(depth < 8);
    for (uint32_t i = 0; i < map->count; i++) {
        const struct grammar_key *key = &map->keys[i];
        assert_true(key->name[0] != '\0');
        assert_true(key->about != NULL && key->about[0] != '\0');
        assert_true(key->field.size > 0);
        assert_true(key->min <= key->max || key->max == 0);
        assert_ptr_equal(grammar_find(map, view_of(key->name)), key);
        if (key->kind == GRAMMAR_NUMBER || key->kind == GRAMMAR_PER)
            assert_true(key->field.size == 8 || key->max <= INT32_MAX);
        if (key->kind == GRAMMAR_CHOICE || key->kind == GRAMMAR_CHOICES)
            assert_true(key->words.count > 0);
        if (key->kind == GRAMMAR_REFERENCE || key->kind == GRAMMAR_REFERENCES)
            assert_int_not_equal(key->list, GRAMMAR_NO_LIST);
        if (key->kind == GRAMMAR_LIST)
            assert_true(key->map->size > 0 && key->map->title != NULL);
        if (key->map != NULL)
            count += check_map(key->map, depth + 1);
    }
    return count;
}

TEST(tables_hold_together)
{
    /* A key more or less belongs into RULES.md first. */
    assert_int_equal(check_map(&grammar_program, 0), 139);
}

TEST(conditions_are_in_the_order_of_their_kinds)
{
    const struct grammar_key *earn =
        grammar_find(&grammar_program, view_of("earn"));
    const struct grammar_map *when =
        grammar_find(earn->map, view_of("when"))->map;

    assert_int_equal(when->count, CONDITION_COUNT);
    for (uint32_t i = 0; i < when->count; i++)
        assert_string_equal(when->keys[i].name,
                            condition_name((enum condition_kind)i));
}

TEST(fields_of_all_widths_are_read_as_they_were_written)
{
    struct {
        int64_t wide;
        int32_t narrow;
        bool one;
    } fields = { 0 };
    const struct grammar_field wide = { 0, 8 }, narrow = { 8, 4 },
                               one = { 12, 1 };

    grammar_set(&fields, wide, -1);
    grammar_set(&fields, narrow, INT32_MIN);
    grammar_set(&fields, one, 1);
    assert_int_equal(fields.wide, -1);
    assert_int_equal(fields.narrow, INT32_MIN);
    assert_true(fields.one);
    assert_int_equal(grammar_get(&fields, wide), -1);
    assert_int_equal(grammar_get(&fields, narrow), INT32_MIN);
    assert_int_equal(grammar_get(&fields, one), 1);
}

RUN(cmocka_unit_test(unknown_keys_at_every_place),
    cmocka_unit_test(tables_hold_together),
    cmocka_unit_test(conditions_are_in_the_order_of_their_kinds),
    cmocka_unit_test(fields_of_all_widths_are_read_as_they_were_written))
