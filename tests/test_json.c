/*
 * test_json.c - a JSON document is read as a tree, and what is none is told
 */
#include "tests/unit.h"

#include "tests/mistakes.h"

#include <stdlib.h>
#include <string.h>

static struct arena arena;

TEST(lines_that_are_no_object_are_told)
{
    static const struct mistake MISTAKES[] = {
        { "", "JSON: ", "" },
        { "nonsense", "JSON: ", "nonsense" },
        { "[1]", "the line: expected a JSON object", "a list" },
        { "{\"kind\":\"join\",\"member\":4} x", "JSON: ", "x" },
        { "{\"kind\":\"join\",\"member\":4", "JSON: ", "" },
        { "{\"kind\":\"join\",\"member\":4,}", "JSON: ", "" },
        { "{\"kind\":\"join\",\"member\":99999999999999999999}",
          "JSON: expected integers", "99999999999999999999" },
        { "{\"kind\":\"join\",\"member\":4,\"id\":\"a\\u0000b\"}",
          "JSON: ", "NUL" },
        { "{\"kind\":\"join\",\"member\":4,\"id\":\"a\nb\"}", "JSON: ", "" },
        { "{\"kind\":\"join\",\"member\":4,\"id\":\"\xff\"}",
          "JSON: ", "UTF-8" },
        { "{\"kind\":\"join\",\"member\":04}", "JSON: ", "" },
    };
    mistakes_check(&arena, MISTAKES, COUNT_OF(MISTAKES));

    char *deep = malloc(LIMIT_JSON_LINE + 2);
    memset(deep, '[', LIMIT_JSON_LINE + 1);
    deep[LIMIT_JSON_LINE + 1] = '\0';
    const struct mistake long_one[] = {
        { deep, "the line: expected at most 1048576 bytes", "1048577" },
    };
    mistakes_check(&arena, long_one, 1);
    deep[LIMIT_JSON_LINE] = '\0';
    const struct mistake deep_one[] = { { deep, "JSON: ", "" } };
    mistakes_check(&arena, deep_one, 1);
    free(deep);
}

TEST(a_document_is_read_as_a_tree)
{
    struct complaint complaint = { 0 };
    struct json_tree *root = NULL;
    struct json_entry entry = { 0 };
    int64_t integer = 0;
    bool truth = false;
    view text;

    assert_int_equal(json_open(view_of("{\"a\":[1,\"x\",true],\"b\":{}}"),
                               &root, &complaint),
                     OK);
    assert_int_equal(json_type_of(root), JSON_TYPE_OBJECT);
    assert_int_equal(json_count(root), 2);
    const struct json_tree *list = json_get(root, "a");
    assert_int_equal(json_count(list), 3);
    assert_true(json_get_integer(json_at(list, 0), &integer));
    assert_int_equal(integer, 1);
    assert_true(json_get_string(json_at(list, 1), &text));
    assert_true(view_equal(text, view_of("x")));
    assert_true(json_get_bool(json_at(list, 2), &truth));
    assert_true(truth);
    assert_null(json_at(list, 3));
    assert_null(json_get(root, "c"));
    assert_null(json_get(list, "a"));
    assert_false(json_get_integer(json_get(root, "c"), &integer));
    assert_false(json_get_string(list, &text));
    assert_string_equal(json_quote(list).text, "a list");
    assert_string_equal(json_quote(NULL).text, "nothing");
    assert_true(json_next(root, &entry));
    assert_true(view_equal(entry.key, view_of("a")));
    assert_ptr_equal(entry.value, list);
    assert_true(json_next(root, &entry));
    assert_true(view_equal(entry.key, view_of("b")));
    assert_false(json_next(root, &entry));
    json_close(root);
    json_close(NULL);
    assert_int_equal(json_open(view_of("{\"a\":1,\"a\":2}"), &root, &complaint),
                     ERR_INPUT);
    assert_non_null(strstr(complaint.text, "\"a\""));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_that_are_no_object_are_told),
        cmocka_unit_test(a_document_is_read_as_a_tree),
    };

    if (!arena_open(&arena, (size_t)1 << 28))
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_close(&arena);
    return failed != 0;
}
