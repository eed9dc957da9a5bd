/*
 * test_yaml.c - a file becomes a tree with places; what such files must not
 * use is told, and nothing grows beyond its bounds
 */
#include "tests/unit.h"

#include "core/yaml.h"

#include <stdlib.h>
#include <string.h>

struct yaml_test {
    struct arena arena;
    struct mistakes mistakes;
    enum err err;
    const struct yaml_node *root;
};

static struct yaml_test *
read_bytes(view bytes)
{
    struct yaml_test *test = calloc(1, sizeof *test);

    assert_non_null(test);
    assert_true(arena_open(&test->arena, yaml_room(bytes.size)));
    test->err = yaml_read(bytes, &test->arena, &test->mistakes, &test->root);
    mistakes_sort(&test->mistakes);
    return test;
}

static struct yaml_test *
read_text(const char *text)
{
    return read_bytes(view_of(text));
}

static void
yaml_test_close(struct yaml_test *test)
{
    arena_close(&test->arena);
    free(test);
}

static void
assert_word(const struct yaml_node *node, const char *word, uint32_t line,
            uint32_t column)
{
    assert_non_null(node);
    assert_int_equal(node->kind, YAML_WORD);
    assert_true(view_equal(node->word, view_of(word)));
    assert_int_equal(node->place.line, line);
    assert_int_equal(node->place.column, column);
}

TEST(a_tree_keeps_order_text_and_places)
{
    struct yaml_test *test = read_text("a: 1.50\n"
                                       "\xc3\xa4: 'x y'\n"
                                       "list:\n"
                                       "  - one\n"
                                       "  - {k: \"v\\tw\", n: }\n"
                                       "text: |\n"
                                       "  two\n"
                                       "  lines\n");
    const struct yaml_node *root = test->root;

    assert_int_equal(test->err, OK);
    assert_int_equal(test->mistakes.total, 0);
    assert_int_equal(root->kind, YAML_MAP);
    assert_int_equal(root->count, 4);
    assert_word(yaml_find(root, "a"), "1.50", 1, 4);
    assert_true(yaml_find(root, "a")->plain);
    assert_word(yaml_find(root, "\xc3\xa4"), "x y", 2, 4);
    assert_false(yaml_find(root, "\xc3\xa4")->plain);
    const struct yaml_node *list = yaml_find(root, "list");
    assert_int_equal(list->kind, YAML_LIST);
    assert_int_equal(list->key_place.line, 3);
    assert_int_equal(list->key_place.column, 1);
    assert_int_equal(list->count, 2);
    assert_word(list->first, "one", 4, 5);
    const struct yaml_node *map = list->first->next;
    assert_null(map->next);
    assert_word(yaml_find(map, "k"), "v\tw", 5, 9);
    assert_int_equal(yaml_find(map, "n")->word.size, 0);
    assert_word(yaml_find(root, "text"), "two\nlines\n", 6, 7);
    assert_null(yaml_find(root, "b"));
    assert_null(yaml_find(list, "a"));
    assert_null(yaml_find(NULL, "a"));
    yaml_test_close(test);
}

struct case_of {
    const char *text;
    enum err err;
    uint32_t line;
    uint32_t column;
    const char *told;
};

static void
assert_cases(const struct case_of *cases, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct yaml_test *test = read_text(cases[i].text);
        const struct mistake *told = &test->mistakes.list[0];
        assert_int_equal(test->err, cases[i].err);
        assert_int_equal(test->mistakes.total, 1);
        assert_string_equal(told->text, cases[i].told);
        assert_int_equal(told->place.line, cases[i].line);
        assert_int_equal(told->place.column, cases[i].column);
        yaml_test_close(test);
    }
}

TEST(what_is_no_yaml_is_told_at_its_place)
{
    static const struct case_of CASES[] = {
        { "", ERR_INPUT, 1, 1, "the file is empty" },
        { "# only this\n", ERR_INPUT, 1, 1, "the file is empty" },
        { "a: b: c\n", ERR_INPUT, 1, 5,
          "no YAML: mapping values are not allowed in this context" },
        { "a:\n\tb: c\n", ERR_INPUT, 2, 1,
          "no YAML: a tab can't indent; use blanks" },
        { "a: {b: 1\nc: 2\n", ERR_INPUT, 2, 2,
          "no YAML: did not find expected ',' or '}', while parsing a flow "
          "mapping that begins on line 1" },
        { "a: [1, 2}\n", ERR_INPUT, 1, 9,
          "no YAML: did not find expected ',' or ']', while parsing a flow "
          "sequence" },
        { "a: \"b\n", ERR_INPUT, 2, 1,
          "no YAML: found unexpected end of stream, while scanning a quoted "
          "scalar that begins on line 1" },
        { "a: b\n\xc3\xa4: \xff\n", ERR_INPUT, 2, 4,
          "no YAML: invalid leading UTF-8 octet" },
        { "a: \x01\n", ERR_INPUT, 1, 4,
          "no YAML: control characters are not allowed" },
        { "a: b\n---\nc: d\n", ERR_INPUT, 2, 1,
          "a second document begins here; one file holds one" },
        { "%YAML 1.1\n---\na: b\n", ERR_INPUT, 1, 1,
          "directives are not allowed" },
        { "a: b\n...\n%TAG ! x\n", ERR_INPUT, 3, 1,
          "directives are not allowed" },
    };

    assert_cases(CASES, COUNT_OF(CASES));
}

TEST(what_files_for_people_do_without)
{
    static const struct case_of CASES[] = {
        { "a: &x 1\n", OK, 1, 4,
          "anchors and aliases are not allowed; write the value out where it "
          "is needed" },
        { "a: *x\nb: 1\n", OK, 1, 4,
          "anchors and aliases are not allowed; write the value out where it "
          "is needed" },
        { "&x a: 1\n", OK, 1, 1,
          "anchors and aliases are not allowed; write the value out where it "
          "is needed" },
        { "a: !!int 1\n", OK, 1, 4, "tags are not allowed" },
        { "a: !x [1]\n", OK, 1, 4, "tags are not allowed" },
        { "a: 1\nb: 2\na: 3\n", OK, 3, 1,
          "duplicate key \"a\"; it stands on line 1 already" },
        { "? [a, b]\n: c\nd: e\n", OK, 1, 3, "a key must be a plain word" },
        { "{a: 1, {b: {c: d}}: [e]}\n", OK, 1, 8,
          "a key must be a plain word" },
    };

    assert_cases(CASES, COUNT_OF(CASES));
}

TEST(reading_goes_on_after_what_is_left_out)
{
    struct yaml_test *test = read_text("? {a: [b]}\n: {c: d}\n"
                                       "e: 1\ne: {f: *g}\nh: *i\nj: 2\n");

    assert_int_equal(test->err, OK);
    assert_int_equal(test->mistakes.total, 4);
    assert_int_equal(test->root->count, 3);
    assert_word(yaml_find(test->root, "e"), "1", 3, 4);
    assert_int_equal(yaml_find(test->root, "h")->kind, YAML_WRONG);
    assert_word(yaml_find(test->root, "j"), "2", 6, 4);
    yaml_test_close(test);
}

TEST(a_percent_sign_is_a_directive_only_where_a_line_begins)
{
    struct yaml_test *test = read_text("a: 5%\nb: '%c'\n\xc3\x85% : d\n");

    assert_int_equal(test->err, OK);
    assert_int_equal(test->root->count, 3);
    yaml_test_close(test);
    test = read_text("a: b\xc2\x85%c\n");
    assert_int_equal(test->err, ERR_INPUT);
    yaml_test_close(test);
}

TEST(a_byte_order_mark_moves_no_column)
{
    struct yaml_test *test = read_text("\xef\xbb\xbf"
                                       "a: b\n");

    assert_int_equal(test->err, OK);
    assert_word(yaml_find(test->root, "a"), "b", 1, 4);
    yaml_test_close(test);
}

/* `count` times `part`. */
static struct yaml_test *
read_repeated(const char *part, uint32_t count)
{
    size_t size = strlen(part) * count;
    char *text = malloc(size + 1);
    char *end = text;

    assert_non_null(text);
    for (uint32_t i = 0; i < count; i++)
        end = stpcpy(end, part);
    struct yaml_test *test =
        read_bytes((view) { (const uint8_t *)text, (uint32_t)size });
    free(text);
    return test;
}

TEST(depth_keys_and_values_are_bounded)
{
    struct yaml_test *test = read_repeated("[", 200000);

    assert_int_equal(test->err, ERR_INPUT);
    assert_string_equal(test->mistakes.list[0].text,
                        "nested deeper than 16 levels");
    assert_int_equal(test->mistakes.list[0].place.column, 17);
    yaml_test_close(test);
    test = read_repeated("? ", 100000);
    assert_int_equal(test->err, ERR_INPUT);
    yaml_test_close(test);
    test = read_repeated("- a\n", YAML_NODES_MAX + 10);
    assert_int_equal(test->err, ERR_INPUT);
    assert_string_equal(test->mistakes.list[0].text,
                        "more than 1048576 values in one file");
    yaml_test_close(test);
    test = read_repeated("%TAG !a! b\n", 300000);
    assert_int_equal(test->err, ERR_INPUT);
    yaml_test_close(test);
    struct text text = { 0 };
    for (uint32_t i = 0; i <= YAML_KEYS_MAX; i++)
        text_format(&text, "k%u: 1\n", i);
    test = read_bytes(text_view(&text));
    assert_int_equal(test->err, OK);
    assert_int_equal(test->root->count, YAML_KEYS_MAX);
    assert_string_equal(test->mistakes.list[0].text,
                        "more than 256 keys in one mapping");
    assert_int_equal(test->mistakes.list[0].place.line, YAML_KEYS_MAX + 1);
    yaml_test_close(test);
    text_close(&text);
}

TEST(escapes_that_grow_fit_the_room)
{
    enum { COUNT = 50000 };
    struct text text = { 0 };

    text_string(&text, "a: \"");
    for (uint32_t i = 0; i < COUNT; i++)
        text_string(&text, "\\L");
    text_string(&text, "\"\n");
    struct yaml_test *test = read_bytes(text_view(&text));
    assert_int_equal(test->err, OK);
    assert_int_equal(test->root->first->word.size, 3 * COUNT);
    yaml_test_close(test);
    text_close(&text);
}

RUN(cmocka_unit_test(a_tree_keeps_order_text_and_places),
    cmocka_unit_test(what_is_no_yaml_is_told_at_its_place),
    cmocka_unit_test(what_files_for_people_do_without),
    cmocka_unit_test(reading_goes_on_after_what_is_left_out),
    cmocka_unit_test(a_percent_sign_is_a_directive_only_where_a_line_begins),
    cmocka_unit_test(a_byte_order_mark_moves_no_column),
    cmocka_unit_test(depth_keys_and_values_are_bounded),
    cmocka_unit_test(escapes_that_grow_fit_the_room))
