/*
 * test_text.c - numbers and JSON come out as other programs read them, and a
 * buffer grows without losing a byte
 */
#include "tests/unit.h"

#include "core/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void
assert_text(const struct text *text, const char *expected)
{
    assert_true(text_ok(text));
    assert_int_equal(text->size, strlen(expected));
    assert_memory_equal(text->bytes, expected, text->size);
}

TEST(integers_are_written_as_printf_writes_them)
{
    struct text text = { 0 };
    char expected[32];
    uint64_t value = 1;

    for (int i = 0; i < 3000; i++) {
        value = value * 6364136223846793005u + 1442695040888963407u;
        int64_t number = (int64_t)value >> (i % 64);
        text_clear(&text);
        text_integer(&text, number);
        snprintf(expected, sizeof expected, "%" PRId64, number);
        assert_text(&text, expected);
    }
    text_clear(&text);
    text_integer(&text, INT64_MIN);
    text_char(&text, ' ');
    text_unsigned(&text, UINT64_MAX);
    text_char(&text, ' ');
    text_integer(&text, 0);
    assert_text(&text, "-9223372036854775808 18446744073709551615 0");
    text_close(&text);
}

TEST(objects_keep_their_commas)
{
    struct text text = { 0 };

    text_char(&text, '{');
    text_json_integer(&text, "a", -1);
    text_json_view(&text, "b", view_of("x{"));
    text_json_key(&text, "c");
    text_char(&text, '[');
    text_comma(&text);
    text_string(&text, "1");
    text_comma(&text);
    text_string(&text, "2");
    text_char(&text, ']');
    text_json_bool(&text, "d", true);
    text_json_bool(&text, "e", false);
    text_json_null(&text, "f");
    text_json_time(&text, "g", 1700000000123);
    text_char(&text, '}');
    assert_text(&text, "{\"a\": -1, \"b\": \"x{\", \"c\": [1, 2], \"d\": true, "
                       "\"e\": false, \"f\": null, "
                       "\"g\": \"2023-11-14T22:13:20.123Z\"}");
    text_close(&text);
}

TEST(strings_are_escaped)
{
    struct text text = { 0 };

    text_json_string(&text, view_of("a\"b\\c\n\r\t\x01\x1f"
                                    "ä"));
    assert_text(&text, "\"a\\\"b\\\\c\\n\\r\\t\\u0001\\u001fä\"");
    text_clear(&text);
    text_json_string(&text, (view) { 0 });
    assert_text(&text, "\"\"");
    text_close(&text);
}

TEST(what_is_no_utf8_is_no_json)
{
    struct text text = { 0 };

    text_json_words(&text, "a", view_of("\xe2\x82\xac \xff\"\xc3"));
    text_json_words(&text, "b", (view) { 0 });
    assert_true(
        view_equal(text_view(&text),
                   view_of("\"a\": \"\xe2\x82\xac ?\\\"?\", \"b\": \"\"")));
    text_close(&text);
}

TEST(a_buffer_grows_and_keeps_its_bytes)
{
    struct text text = { 0 };

    for (int i = 0; i < 100000; i++)
        text_format(&text, "%06d", i);
    assert_true(text_ok(&text));
    assert_int_equal(text.size, 600000);
    assert_memory_equal(text.bytes, "000000000001", 12);
    assert_memory_equal(text.bytes + 6 * 99999, "099999", 6);
    view all = text_view(&text);
    assert_int_equal(all.size, 600000);
    text_clear(&text);
    assert_int_equal(text_view(&text).size, 0);
    text_close(&text);
    assert_null(text.bytes);
}

RUN(cmocka_unit_test(integers_are_written_as_printf_writes_them),
    cmocka_unit_test(objects_keep_their_commas),
    cmocka_unit_test(strings_are_escaped),
    cmocka_unit_test(what_is_no_utf8_is_no_json),
    cmocka_unit_test(a_buffer_grows_and_keeps_its_bytes))
