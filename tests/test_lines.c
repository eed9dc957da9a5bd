/*
 * test_lines.c - a text file line by line: lines that are just as long as they
 * may be, longer ones, and one that never ends
 */
#include "tests/unit.h"

#include "core/limits.h"
#include "tools/lines.h"

static void
put_line(FILE *out, uint32_t size, char letter, const char *end)
{
    for (uint32_t i = 0; i < size; i++)
        fputc(letter, out);
    fputs(end, out);
}

/* The next line is as long as said and of these letters. */
static void
expect(struct lines *lines, enum err expected, uint32_t size, char letter)
{
    view line;

    assert_int_equal(lines_next(lines, &line), expected);
    assert_int_equal(line.size, size);
    for (uint32_t i = 0; i < size; i++)
        assert_int_equal(line.bytes[i], letter);
}

TEST(a_line_that_is_too_long_keeps_no_other_out)
{
    static const uint32_t SIZES[] = {
        1,
        LIMIT_JSON_LINE - 1,
        LIMIT_JSON_LINE,
        LIMIT_JSON_LINE + 1,
        2 * LIMIT_JSON_LINE - 1,
        2 * LIMIT_JSON_LINE,
        2 * LIMIT_JSON_LINE + 1,
        5 * LIMIT_JSON_LINE,
    };
    FILE *file = tmpfile();
    struct lines lines;
    view line;

    assert_non_null(file);
    for (uint32_t i = 0; i < COUNT_OF(SIZES); i++) {
        put_line(file, SIZES[i], (char)('a' + i), "\n");
        put_line(file, i, '-', "\n");
    }
    put_line(file, 3 * LIMIT_JSON_LINE, 'z', "");
    rewind(file);
    assert_int_equal(lines_open(&lines, file), OK);
    for (uint32_t i = 0; i < COUNT_OF(SIZES); i++) {
        const bool fits = SIZES[i] <= LIMIT_JSON_LINE;
        expect(&lines, fits ? OK : ERR_INPUT, fits ? SIZES[i] : LIMIT_JSON_LINE,
               (char)('a' + i));
        expect(&lines, OK, i, '-');
        assert_int_equal(lines.number, 2 * i + 2);
    }
    expect(&lines, ERR_INPUT, LIMIT_JSON_LINE, 'z');
    assert_int_equal(lines_next(&lines, &line), ERR_NOT_FOUND);
    assert_int_equal(lines.number, 2 * COUNT_OF(SIZES) + 1);
    lines_close(&lines);
    fclose(file);
}

/* Whoever waits for its end waits for ever. */
TEST(a_line_without_an_end_is_told)
{
    FILE *in = fopen("/dev/zero", "rb");
    struct lines lines;
    view line;

    assert_int_equal(lines_open(&lines, in), OK);
    assert_int_equal(lines_next(&lines, &line), ERR_INPUT);
    assert_int_equal(line.size, LIMIT_JSON_LINE);
    assert_false(lines_peek(&lines, &line));
    lines_close(&lines);
    fclose(in);
}

/* What is seen ahead is what is read next, also behind a line that was cut. */
TEST(a_line_that_has_come_can_be_seen_ahead)
{
    FILE *file = tmpfile();
    struct lines lines;
    view line;

    fputs("\xEF\xBB\xBF"
          "first\r\nsecond\n",
          file);
    put_line(file, 3 * LIMIT_JSON_LINE, 'z', "\nlast");
    rewind(file);
    assert_int_equal(lines_open(&lines, file), OK);
    assert_int_equal(lines_next(&lines, &line), OK);
    assert_true(view_equal(line, view_of("first")));
    assert_true(lines_peek(&lines, &line));
    assert_true(view_equal(line, view_of("second")));
    assert_int_equal(lines_next(&lines, &line), OK);
    assert_true(view_equal(line, view_of("second")));
    assert_false(lines_peek(&lines, &line));
    expect(&lines, ERR_INPUT, LIMIT_JSON_LINE, 'z');
    assert_false(lines_peek(&lines, &line));
    assert_int_equal(lines_next(&lines, &line), OK);
    assert_true(view_equal(line, view_of("last")));
    assert_int_equal(lines_next(&lines, &line), ERR_NOT_FOUND);
    lines_close(&lines);
    fclose(file);
}

RUN(cmocka_unit_test(a_line_that_is_too_long_keeps_no_other_out),
    cmocka_unit_test(a_line_without_an_end_is_told),
    cmocka_unit_test(a_line_that_has_come_can_be_seen_ahead))
