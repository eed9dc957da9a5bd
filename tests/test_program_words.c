/*
 * test_program_words.c - every key of the example of RULES.md in words, and
 * what is left out as "none"
 */
#include "tests/unit.h"

#include "core/program_words.h"
#include "tests/program_file.h"

#include <stdlib.h>

static const struct grammar_key *
key_of(const struct grammar_map *map, const char *name)
{
    const struct grammar_key *key = grammar_find(map, view_of(name));

    assert_non_null(key);
    return key;
}

static void
assert_words(const struct grammar_key *key, struct program_part part,
             const char *expected)
{
    struct text text = { 0 };

    program_words_value(&text, key, part);
    text_char(&text, '\0');
    assert_string_equal((const char *)text.bytes, expected);
    text_close(&text);
}

TEST(single_values)
{
    view bytes = program_file_load(PROGRAM_FILE_KANTA);
    struct program_file *file = program_file_read(bytes);
    const struct program *program = file->program;
    const struct grammar_map *earn = key_of(&grammar_program, "earn")->map;
    const struct grammar_map *reward = key_of(&grammar_program, "rewards")->map;
    const struct grammar_map *tiers = key_of(&grammar_program, "tiers")->map;
    const struct program_part whole = { program, program };
    const struct program_part base = { program, &program->earn[0] };
    const struct program_part roast = { program, &program->earn[4] };
    const struct program_part survey = { program, &program->earn[8] };
    const struct program_part cup = { program, &program->rewards[2] };
    const struct program_part levels = { program, &program->tiers };

    assert_words(key_of(&grammar_program, "program"), whole, "\"Kanta\"");
    assert_words(key_of(&grammar_program, "currency"), whole, "EUR");
    assert_words(key_of(&grammar_program, "ends"), whole, "2030-12-31");
    assert_words(key_of(earn, "id"), base, "base");
    assert_words(key_of(earn, "on"), base, "none");
    assert_words(key_of(earn, "per"), base, "1.00");
    assert_words(key_of(earn, "max_points"), base, "none");
    assert_words(key_of(earn, "best_of"), base, "none");
    assert_words(key_of(earn, "per"), roast, "item");
    assert_words(key_of(earn, "funder"), roast, "roaster");
    assert_words(key_of(earn, "on"), survey, "activity");
    assert_words(key_of(earn, "name"), survey, "survey");
    assert_words(key_of(earn, "per"), survey, "none");
    assert_words(key_of(reward, "points"), cup, "800");
    assert_words(key_of(reward, "valid_days"), cup, "none");
    assert_words(key_of(reward, "paid_by"), cup, "program");
    assert_words(key_of(reward, "name"), cup, "none");
    assert_words(key_of(tiers, "window"), levels, "12 months");
    assert_words(key_of(tiers, "window"),
                 (struct program_part) { program, NULL }, "none");
    program_file_close(file);
    free((void *)bytes.bytes);
}

static void
assert_missing(const struct grammar_key *key, const void *has,
               const void *lacks, const char *expected)
{
    struct text text = { 0 };

    program_words_missing(&text, key, (struct program_part) { NULL, has },
                          (struct program_part) { NULL, lacks }, "+");
    text_char(&text, '\0');
    assert_string_equal((const char *)text.bytes, expected);
    text_close(&text);
}

TEST(what_one_set_has_and_the_other_lacks)
{
    const struct store_range few[] = { { 2, 3 }, { 5, 5 }, { 9, 12 } };
    const struct store_range many[] = { { 1, 10 }, { 20, INT32_MAX } };
    const view words[] = { view_of("a"), view_of("b") };
    const struct program_store_group one = { .stores = { few, 3 } };
    const struct program_store_group other = { .stores = { many, 2 } };
    const struct goods full = { .categories = { words, 2 } };
    const struct goods half = { .categories = { words, 1 } };
    const struct grammar_key *stores =
        key_of(key_of(&grammar_program, "store_groups")->map, "stores");
    const struct grammar_key *categories =
        key_of(key_of(&grammar_program, "only")->map, "categories");

    assert_missing(stores, &one, &other, "+11-12 ");
    assert_missing(stores, &other, &one, "+1 +4 +6-8 +20-2147483647 ");
    assert_missing(stores, &one, &one, "");
    assert_missing(stores, &one, NULL, "+2-3 +5 +9-12 ");
    assert_missing(categories, &full, &half, "+b ");
    assert_missing(categories, &half, &full, "");
    assert_missing(categories, NULL, &full, "");
    assert_true(program_words_is_set(categories));
    assert_false(program_words_is_set(stores));
}

RUN(cmocka_unit_test(single_values),
    cmocka_unit_test(what_one_set_has_and_the_other_lacks))
