/*
 * test_mistake.c - mistakes are told in order, with their line and a caret,
 * with what was probably meant, and without anything that a terminal obeys
 */
#include "tests/unit.h"

#include "core/mistake.h"

#include <stdlib.h>
#include <string.h>

static struct mistakes *
mistakes_new(void)
{
    struct mistakes *mistakes = calloc(1, sizeof *mistakes);

    assert_non_null(mistakes);
    return mistakes;
}

static void
assert_written(struct mistake_place place, const char *source,
               const char *expected)
{
    struct mistakes *mistakes = mistakes_new();
    struct text text = { 0 };

    mistakes_add(mistakes, place, "told");
    mistakes_write(mistakes, "f.yaml", view_of(source), &text);
    text_char(&text, '\0');
    assert_string_equal((const char *)text.bytes, expected);
    text_close(&text);
    free(mistakes);
}

TEST(a_mistake_shows_its_line_and_a_caret)
{
    assert_written((struct mistake_place) { 2, 3 }, "one\n  two\nthree\n",
                   "f.yaml:2:3: told\n  two\n  ^\n");
    assert_written((struct mistake_place) { 3, 1 }, "one\r\ntwo\rthree",
                   "f.yaml:3:1: told\nthree\n^\n");
    assert_written((struct mistake_place) { 1, 3 },
                   "\xef\xbb\xbf"
                   "a: b\n",
                   "f.yaml:1:3: told\na: b\n  ^\n");
    assert_written((struct mistake_place) { 1, 1 }, "", "f.yaml:1:1: told\n");
    assert_written((struct mistake_place) { 9, 1 }, "a\nb\n",
                   "f.yaml:9:1: told\n");
}

TEST(the_caret_stands_below_its_character)
{
    assert_written((struct mistake_place) { 1, 5 }, "\xc3\xa4\xe2\x82\xac: x",
                   "f.yaml:1:5: told\n\xc3\xa4\xe2\x82\xac: x\n    ^\n");
    assert_written((struct mistake_place) { 1, 3 }, "\ta b",
                   "f.yaml:1:3: told\n\ta b\n\t ^\n");
    assert_written((struct mistake_place) { 1, 9 }, "a: b",
                   "f.yaml:1:9: told\na: b\n    ^\n");
}

TEST(a_terminal_sees_no_control_characters)
{
    struct mistake_quote quote;

    assert_written((struct mistake_place) { 1, 2 },
                   "a\x1b[31m\x07\xc2\x9b\xff z",
                   "f.yaml:1:2: told\na?[31m??? z\n ^\n");
    assert_string_equal(mistake_quote(view_of("a\nb\x1b\xe2\x80\xae"
                                              "c"),
                                      &quote),
                        "\"a?b??c\"");
}

TEST(long_lines_and_long_words_are_cut)
{
    enum { SIZE = 100000 };
    char *line = malloc(SIZE + 1);
    struct mistakes *mistakes = mistakes_new();
    struct mistake_quote quote;
    struct text text = { 0 };

    assert_non_null(line);
    memset(line, 'x', SIZE);
    line[SIZE] = '\0';
    line[4999] = '!';
    mistakes_add(mistakes, (struct mistake_place) { 1, 5000 }, "told");
    mistakes_write(mistakes, "f", view_of(line), &text);
    assert_true(text.size < 300);
    text_char(&text, '\0');
    const char *shown = strchr((const char *)text.bytes, '\n') + 1;
    const char *below = strchr(shown, '\n') + 1;
    assert_int_equal(shown[strcspn(below, "^")], '!');
    const char *quoted = mistake_quote(view_of(line), &quote);
    assert_true(strlen(quoted) < MISTAKE_QUOTE_SIZE);
    assert_string_equal(quoted + strlen(quoted) - 4, "...\"");
    text_close(&text);
    free(mistakes);
    free(line);
}

static const char *
guess_of(const char *wanted, const char *const *words, uint32_t count)
{
    static struct mistake_quote quote;
    struct mistake_guess guess = mistake_guess_start(view_of(wanted));

    for (uint32_t i = 0; i < count; i++)
        mistake_guess_offer(&guess, view_of(words[i]));
    return mistake_guess_words(&guess, &quote);
}

TEST(the_nearest_word_is_named)
{
    static const char *const WORDS[] = { "id",   "on",       "per",
                                         "when", "weekdays", "points" };
    const uint32_t count = COUNT_OF(WORDS);

    assert_string_equal(guess_of("wekdays", WORDS, count),
                        "; did you mean \"weekdays\"?");
    assert_string_equal(guess_of("weekday", WORDS, count),
                        "; did you mean \"weekdays\"?");
    assert_string_equal(guess_of("xweakdays", WORDS, count),
                        "; did you mean \"weekdays\"?");
    assert_string_equal(guess_of("wekdais", WORDS, count),
                        "; did you mean \"weekdays\"?");
    assert_string_equal(guess_of("wakdais", WORDS, count), "");
    assert_string_equal(guess_of("wen", WORDS, count),
                        "; did you mean \"when\"?");
    assert_string_equal(guess_of("xy", WORDS, count), "");
    assert_string_equal(guess_of("", WORDS, count), "");
    assert_string_equal(guess_of("points", WORDS, count),
                        "; did you mean \"points\"?");
}

TEST(mistakes_are_sorted_and_bounded)
{
    struct mistakes *mistakes = mistakes_new();
    struct text text = { 0 };

    for (uint32_t i = 0; i < LIMIT_MISTAKES + 7; i++)
        mistakes_add(mistakes, (struct mistake_place) { 200 - i, 1 + i % 3 },
                     "m%u", i);
    assert_int_equal(mistakes->count, LIMIT_MISTAKES);
    assert_int_equal(mistakes->total, LIMIT_MISTAKES + 7);
    mistakes_sort(mistakes);
    for (uint32_t i = 1; i < mistakes->count; i++)
        assert_true(mistakes->list[i - 1].place.line <
                    mistakes->list[i].place.line);
    assert_string_equal(mistakes->list[0].text, "m99");
    mistakes_write(mistakes, "f", view_of("x"), &text);
    text_char(&text, '\0');
    assert_non_null(strstr((const char *)text.bytes, "f: 7 more mistakes\n"));
    mistakes->total = LIMIT_MISTAKES + 1;
    text_clear(&text);
    mistakes_write(mistakes, "f", view_of("x"), &text);
    text_char(&text, '\0');
    assert_non_null(strstr((const char *)text.bytes, "f: 1 more mistake\n"));
    text_close(&text);
    free(mistakes);
}

TEST(mistakes_of_one_place_stay_as_they_came)
{
    struct mistakes *mistakes = mistakes_new();

    mistakes_add(mistakes, (struct mistake_place) { 2, 1 }, "b");
    mistakes_add(mistakes, (struct mistake_place) { 2, 1 }, "a");
    mistakes_add(mistakes, (struct mistake_place) { 1, 9 }, "c");
    mistakes_sort(mistakes);
    assert_string_equal(mistakes->list[0].text, "c");
    assert_string_equal(mistakes->list[1].text, "b");
    assert_string_equal(mistakes->list[2].text, "a");
    free(mistakes);
}

RUN(cmocka_unit_test(a_mistake_shows_its_line_and_a_caret),
    cmocka_unit_test(the_caret_stands_below_its_character),
    cmocka_unit_test(a_terminal_sees_no_control_characters),
    cmocka_unit_test(long_lines_and_long_words_are_cut),
    cmocka_unit_test(the_nearest_word_is_named),
    cmocka_unit_test(mistakes_are_sorted_and_bounded),
    cmocka_unit_test(mistakes_of_one_place_stay_as_they_came))
