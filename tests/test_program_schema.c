/*
 * test_program_schema.c - the schema that editors get says what the reader
 * takes: the same keys, the same required ones, the same words and ranges
 */
#include "tests/unit.h"

#include "core/grammar.h"
#include "core/json.h"
#include "core/program_schema.h"

static struct json_tree *
open_schema(void)
{
    struct complaint complaint = { 0 };
    struct json_tree *root = NULL;
    struct text text = { 0 };

    program_schema_write(&text);
    assert_true(text_ok(&text));
    if (json_open(text_view(&text), &root, &complaint) != OK)
        fail_msg("%s", complaint.text);
    text_close(&text);
    return root;
}

static bool
has_string(const struct json_tree *list, const char *wanted)
{
    view found;

    for (uint32_t i = 0; i < json_count(list); i++)
        if (json_get_string(json_at(list, i), &found) &&
            view_equal(found, view_of(wanted)))
            return true;
    return false;
}

static uint32_t
assert_same(const struct json_tree *object, const struct grammar_map *map)
{
    const struct json_tree *properties = json_get(object, "properties");
    const struct json_tree *required = json_get(object, "required");
    uint32_t required_count = 0, count = map->count;
    bool more = true;

    assert_int_equal(json_count(properties), map->count);
    assert_true(json_get_bool(json_get(object, "additionalProperties"), &more));
    assert_false(more);
    for (uint32_t i = 0; i < map->count; i++) {
        const struct grammar_key *key = &map->keys[i];
        const struct json_tree *value = json_get(properties, key->name);
        int64_t number;
        assert_non_null(value);
        assert_int_equal(has_string(required, key->name), key->required);
        required_count += key->required;
        if (key->kind == GRAMMAR_MAP)
            count += assert_same(value, key->map);
        if (key->kind == GRAMMAR_LIST)
            count += assert_same(json_get(value, "items"), key->map);
        if (key->kind == GRAMMAR_NUMBER && key->decimals == 0) {
            assert_true(json_get_integer(json_get(value, "maximum"), &number));
            assert_int_equal(number, key->max);
        }
        if (key->kind == GRAMMAR_CHOICE)
            assert_int_equal(json_count(json_get(value, "enum")),
                             key->words.count);
    }
    assert_int_equal(json_count(required), required_count);
    return count;
}

TEST(the_schema_has_the_keys_of_the_grammar)
{
    struct json_tree *root = open_schema();

    assert_true(assert_same(root, &grammar_program) > 100);
    json_close(root);
}

TEST(values_are_written_as_json_has_them)
{
    struct json_tree *root = open_schema();
    const struct json_tree *properties = json_get(root, "properties");
    const struct json_tree *worth =
        json_get(json_get(properties, "points"), "properties");
    const struct json_tree *reward = json_get(
        json_get(json_get(properties, "rewards"), "items"), "properties");
    view word;

    assert_int_equal(
        json_type_of(json_get(json_get(worth, "value"), "default")),
        JSON_TYPE_REAL);
    assert_true(json_get_string(
        json_get(json_get(reward, "paid_by"), "default"), &word));
    assert_true(view_equal(word, view_of("program")));
    const struct json_tree *repeat = json_get(
        json_get(json_get(json_get(properties, "spend_rewards"), "items"),
                 "properties"),
        "repeat");
    bool usual = true;
    assert_true(json_get_bool(json_get(repeat, "default"), &usual));
    assert_false(usual);
    json_close(root);
}

RUN(cmocka_unit_test(the_schema_has_the_keys_of_the_grammar),
    cmocka_unit_test(values_are_written_as_json_has_them))
