/*
 * test_csv.c - rows of CSV, of blanks, of fixed widths; and those that are none
 */
#include "tests/unit.h"

#include "core/text.h"
#include "tools/csv.h"

#include <stdlib.h>
#include <string.h>

static const struct csv_layout COMMAS = { .delimiter = ',' };

/* All rows as text: fields between bars, "!" for one that can't be taken, the
 * line before each. */
static char *
read_all(struct csv_layout layout, const char *bytes, size_t size)
{
    static char result[4096];
    FILE *in = fmemopen((void *)(uintptr_t)bytes, size, "rb");
    struct complaint complaint;
    struct csv *csv;
    enum err err;
    size_t used = 0;

    assert_non_null(in);
    assert_int_equal(csv_open(in, layout, &csv), OK);
    result[0] = '\0';
    while ((err = csv_next(csv, &complaint)) != ERR_NOT_FOUND) {
        used += (size_t)snprintf(result + used, sizeof result - used, "%d",
                                 (int)csv_line(csv));
        if (err == ERR_INPUT) {
            used +=
                (size_t)snprintf(result + used, sizeof result - used, "!\n");
            continue;
        }
        assert_int_equal(err, OK);
        for (uint32_t i = 0; i < csv_count(csv); i++) {
            view field = csv_field(csv, i);
            used +=
                (size_t)snprintf(result + used, sizeof result - used, "|%.*s",
                                 (int)field.size, (const char *)field.bytes);
        }
        used += (size_t)snprintf(result + used, sizeof result - used, "|\n");
    }
    csv_close(csv);
    fclose(in);
    return result;
}

static void
same(struct csv_layout layout, const char *bytes, const char *expected)
{
    assert_string_equal(read_all(layout, bytes, strlen(bytes)), expected);
}

TEST(plain_rows)
{
    same(COMMAS, "a,b\nc,d\n", "1|a|b|\n2|c|d|\n");
    same(COMMAS, "a,b\r\nc,d", "1|a|b|\n2|c|d|\n");
    same(COMMAS,
         "\xEF\xBB\xBF"
         "a,\n",
         "1|a||\n");
    same(COMMAS, "\n\r\na\n  \nb\n", "3|a|\n5|b|\n");
    same(COMMAS, ",,\n", "1||||\n");
    same((struct csv_layout) { .delimiter = '\t' }, "a\tb,c\n", "1|a|b,c|\n");
}

TEST(quotes_hide_delimiters_and_line_ends)
{
    same(COMMAS, "\"a,b\",\"c\"\"d\"\n", "1|a,b|c\"d|\n");
    same(COMMAS, "\"a\nb\",c\nd,e\n", "1|a\nb|c|\n3|d|e|\n");
    same(COMMAS, "\"\",x\r\n", "1||x|\n");
    same(COMMAS, "\"a\"\r\n", "1|a|\n");
    same(COMMAS, "\xEF\xBB\xBF\"a\",b\n", "1|a|b|\n");
}

/* An inch is no quote, and must not swallow the next row. */
TEST(a_quote_inside_is_a_letter)
{
    same(COMMAS, "5\" pipe,x\ny,z\n", "1|5\" pipe|x|\n2|y|z|\n");
    same(COMMAS, "\"a\"b,c\n", "1|ab|c|\n");
}

TEST(a_quote_that_is_not_closed_is_told)
{
    same(COMMAS, "a\n\"b,c\nd\n", "1|a|\n2!\n");
}

TEST(too_many_columns_are_told)
{
    char row[CSV_COLUMNS_MAX + 8];

    memset(row, ',', sizeof row);
    memcpy(row + sizeof row - 4, "\nx\n", 4);
    assert_string_equal(read_all(COMMAS, row, sizeof row - 1), "1!\n2|x|\n");
}

TEST(a_row_that_is_too_long_is_told)
{
    size_t size = CSV_ROW_SIZE_MAX + 3;
    char *bytes = malloc(size);

    assert_non_null(bytes);
    memset(bytes, 'a', size);
    memcpy(bytes + size - 2, "\nx", 2);
    assert_string_equal(read_all(COMMAS, bytes, size), "1!\n2|x|\n");
    free(bytes);
}

/* One that never ends is told, too. */
TEST(a_row_without_an_end_is_told)
{
    FILE *in = fopen("/dev/zero", "rb");
    struct complaint complaint;
    struct csv *csv;

    assert_int_equal(csv_open(in, COMMAS, &csv), OK);
    assert_int_equal(csv_next(csv, &complaint), ERR_INPUT);
    assert_int_equal(csv_row(csv).size, CSV_ROW_SIZE_MAX);
    csv_close(csv);
    fclose(in);
}

/* Only the first bytes of a mark may be a letter's; what is no mark is data. */
TEST(what_only_begins_like_a_mark_is_kept)
{
    same(COMMAS, "\xEF\xBC\xA1,b\n", "1|\xEF\xBC\xA1|b|\n");
    same(COMMAS, "\xEF\xBB,b\n", "1|\xEF\xBB|b|\n");
    same(COMMAS, "\xEF", "1|\xEF|\n");
    same(COMMAS, "\xEF\xBB\xBF", "");
}

TEST(utf_16_is_told)
{
    static const char LITTLE[] = "\xFF\xFE"
                                 "a\0,\0b\0";
    FILE *in = fmemopen((void *)(uintptr_t)LITTLE, sizeof LITTLE, "rb");
    struct complaint complaint;
    struct csv *csv;

    assert_int_equal(csv_open(in, COMMAS, &csv), OK);
    assert_int_equal(csv_check(csv, &complaint), ERR_INPUT);
    assert_non_null(strstr(complaint.text, "UTF-16"));
    csv_close(csv);
    fclose(in);
}

/* Not a line of what the quote has swallowed is lost: it is in the row that is
 * told, or read again. */
TEST(a_quote_that_is_never_closed_ends_with_a_line)
{
    enum { LINES = 3 * CSV_ROW_SIZE_MAX / 8, SIZE = LINES * 8 };
    char *bytes = malloc(SIZE + 1);
    struct complaint complaint;
    struct csv *csv;
    uint64_t size = 0, line = 1, good = 0;
    enum err err;

    assert_non_null(bytes);
    for (int i = 0; i < LINES; i++)
        snprintf(bytes + 8 * i, 9, i == 1 ? "\"%06d\n" : "%07d\n", i);
    FILE *in = fmemopen(bytes, SIZE, "rb");
    assert_int_equal(csv_open(in, COMMAS, &csv), OK);
    while ((err = csv_next(csv, &complaint)) != ERR_NOT_FOUND) {
        const view row = csv_row(csv);
        assert_int_equal(csv_line(csv), line);
        assert_memory_equal(row.bytes, bytes + size, row.size);
        for (uint32_t i = 0; i < row.size; i++)
            line += row.bytes[i] == '\n';
        size += row.size + 1;
        line++;
        good += err == OK;
        assert_true(err == OK || strstr(complaint.text, "quote") != NULL);
    }
    assert_int_equal(size, SIZE);
    assert_int_equal(good, LINES - CSV_ROW_SIZE_MAX / 8);
    csv_close(csv);
    fclose(in);
    free(bytes);
}

TEST(blanks_and_widths)
{
    static const uint32_t WIDTHS[] = { 3, 4, 2 };
    const struct csv_layout widths = { .widths = WIDTHS, .width_count = 3 };

    same((struct csv_layout) { 0 }, " 00004  0001 29.33\r\n\n x\n",
         "1|00004|0001|29.33|\n3|x|\n");
    same(widths, "abcdefghi\n a  b  c\nab\n",
         "1|abc|defg|hi|\n2|a|b|c|\n3|ab|||\n");
}

TEST(what_is_written_reads_back)
{
    static const char *const FIELDS[] = { "plain", "a,b", "say \"x\"",
                                          "two\nlines", "" };
    struct text out = { 0 };

    for (uint32_t i = 0; i < COUNT_OF(FIELDS); i++) {
        if (i > 0)
            text_char(&out, ',');
        csv_write(&out, view_of(FIELDS[i]), ',');
    }
    assert_string_equal(read_all(COMMAS, (const char *)out.bytes, out.size),
                        "1|plain|a,b|say \"x\"|two\nlines||\n");
    text_close(&out);
}

RUN(cmocka_unit_test(plain_rows),
    cmocka_unit_test(quotes_hide_delimiters_and_line_ends),
    cmocka_unit_test(a_quote_inside_is_a_letter),
    cmocka_unit_test(a_quote_that_is_not_closed_is_told),
    cmocka_unit_test(too_many_columns_are_told),
    cmocka_unit_test(a_row_that_is_too_long_is_told),
    cmocka_unit_test(a_row_without_an_end_is_told),
    cmocka_unit_test(what_only_begins_like_a_mark_is_kept),
    cmocka_unit_test(utf_16_is_told),
    cmocka_unit_test(a_quote_that_is_never_closed_ends_with_a_line),
    cmocka_unit_test(blanks_and_widths),
    cmocka_unit_test(what_is_written_reads_back))
