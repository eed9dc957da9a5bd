#include "tools/table.h"

#include <libsmartcols/libsmartcols.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TABLE_COLUMNS_MAX = 64 };

struct table {
    struct libscols_table *cells;
    struct libscols_line *row;
    const struct table_column *columns;
    uint32_t count;
    uint32_t keys;
    uint32_t next; /* cell of the row to be set */
    bool wraps;    /* lists, on a terminal that is too narrow */
    bool failed;   /* the first fault sticks */
};

struct table *
table_open(const struct table_column *columns, uint32_t count)
{
    assert(count > 0);
    assert(count <= TABLE_COLUMNS_MAX);
    struct table *table = calloc(1, sizeof *table);
    if (table == NULL)
        return NULL;
    table->columns = columns;
    table->count = count;
    table->cells = scols_new_table();
    if (table->cells == NULL) {
        free(table);
        return NULL;
    }
    for (uint32_t i = 0; i < count; i++)
        if (scols_table_new_column(table->cells, columns[i].heading, 0,
                                   columns[i].right ? SCOLS_FL_RIGHT : 0) ==
            NULL)
            table->failed = true;
    return table;
}

void
table_close(struct table *table)
{
    if (table == NULL)
        return;
    scols_unref_table(table->cells);
    free(table);
}

void
table_keys(struct table *table, uint32_t count)
{
    assert(count < table->count);
    table->keys = count;
}

void
table_row(struct table *table)
{
    if (table->failed)
        return;
    table->row = scols_table_new_line(table->cells, NULL);
    table->next = 0;
    if (table->row == NULL)
        table->failed = true;
}

void
table_text(struct table *table, const char *text)
{
    if (table->failed)
        return;
    assert(table->row != NULL);
    assert(table->next < table->count);
    if (scols_line_set_data(table->row, table->next++, text) != 0)
        table->failed = true;
}

void
table_view(struct table *table, view text)
{
    char *copy = calloc((size_t)text.size + 1, 1);

    if (copy != NULL && text.size > 0)
        memcpy(copy, text.bytes, text.size);
    if (copy == NULL)
        table->failed = true;
    else
        table_text(table, copy);
    free(copy);
}

void
table_integer(struct table *table, int64_t value)
{
    char text[24];

    snprintf(text, sizeof text, "%lld", (long long)value);
    table_text(table, text);
}

void
table_money(struct table *table, int64_t minor)
{
    char text[32];
    uint64_t size = minor < 0 ? 0 - (uint64_t)minor : (uint64_t)minor;

    snprintf(text, sizeof text, "%s%llu.%02u", minor < 0 ? "-" : "",
             (unsigned long long)(size / 100), (unsigned)(size % 100));
    table_text(table, text);
}

static bool
has_headings(const struct table *table)
{
    for (uint32_t i = 0; i < table->count; i++)
        if (table->columns[i].heading[0] != '\0')
            return true;
    return false;
}

/* Into a pipe: no widths to be guessed, no cell cut off. */
static bool
print_plain(struct table *table, FILE *out)
{
    struct libscols_iter *rows = scols_new_iter(SCOLS_ITER_FORWARD);
    struct libscols_line *row;

    if (rows == NULL)
        return false;
    for (uint32_t i = 0; i < table->count && has_headings(table); i++)
        fprintf(out, "%s%s", table->columns[i].heading,
                i + 1 < table->count ? "\t" : "\n");
    while (scols_table_next_line(table->cells, rows, &row) == 0) {
        for (uint32_t i = 0; i < table->count; i++) {
            const char *text = scols_cell_get_data(scols_line_get_cell(row, i));
            fprintf(out, "%s%s", i > 0 ? "\t" : "", text != NULL ? text : "");
        }
        fputc('\n', out);
    }
    scols_free_iter(rows);
    return !ferror(out);
}

/* --- on a terminal that may be too narrow --- */

static size_t
width_of(const char *text)
{
    size_t width = 0;

    for (; text != NULL && *text != '\0'; text++)
        width += (*text & 0xc0) != 0x80; /* a UTF-8 character begins */
    return width;
}

/* Where the next item of a list begins, behind ", "; NULL: there is none. */
static const char *
next_item(const char *text)
{
    const char *comma = text == NULL ? NULL : strstr(text, ", ");

    return comma == NULL ? NULL : comma + 2;
}

/* Of the widest item, where each is to stand on a line of its own. */
static size_t
width_of_items(const char *text)
{
    size_t width_max = 0;

    while (text != NULL) {
        const char *next = next_item(text);
        size_t width = width_of(text) - (next == NULL ? 0 : width_of(next) + 1);
        if (width > width_max)
            width_max = width;
        text = next;
    }
    return width_max;
}

static size_t
chunk_size(const struct libscols_column *column, const char *data,
           void *context)
{
    (void)column;
    (void)context;
    return width_of_items(data);
}

static char *
next_chunk(const struct libscols_column *column, char *data, void *context)
{
    char *next = (char *)(uintptr_t)next_item(data);

    (void)column;
    (void)context;
    if (next != NULL)
        next[-1] = '\0'; /* the comma stays */
    return next;
}

/* From now on each item of a list has a line of its own. */
static void
wrap_lists(struct table *table)
{
    table->wraps = true;
    for (uint32_t i = table->keys; i < table->count; i++)
        scols_column_set_wrapfunc(scols_table_get_column(table->cells, i),
                                  chunk_size, next_chunk, NULL);
}

/* How wide each column is, with the blank behind it.  False: no memory. */
static bool
measure(struct table *table, size_t widths[static TABLE_COLUMNS_MAX])
{
    struct libscols_iter *rows = scols_new_iter(SCOLS_ITER_FORWARD);
    struct libscols_line *row;

    if (rows == NULL)
        return false;
    for (uint32_t i = 0; i < table->count; i++)
        widths[i] = width_of(table->columns[i].heading) + 1;
    while (scols_table_next_line(table->cells, rows, &row) == 0)
        for (uint32_t i = 0; i < table->count; i++) {
            const char *text = scols_cell_get_data(scols_line_get_cell(row, i));
            size_t width =
                1 + (table->wraps ? width_of_items(text) : width_of(text));
            if (width > widths[i])
                widths[i] = width;
        }
    scols_free_iter(rows);
    return true;
}

/* Where the columns that fit behind the keys end, of those from `first` on; one
 * does always. */
static uint32_t
end_of_block(const struct table *table, const size_t *widths, uint32_t first,
             size_t room)
{
    uint32_t end = first;
    size_t width = 0;

    for (uint32_t i = 0; i < table->keys; i++)
        width += widths[i];
    do
        width += widths[end++];
    while (end < table->count && width + widths[end] <= room);
    return end;
}

static uint32_t
count_blocks(const struct table *table, const size_t *widths, size_t room)
{
    uint32_t count = 0;

    for (uint32_t i = table->keys; i < table->count; count++)
        i = end_of_block(table, widths, i, room);
    return count;
}

static bool
print_block(struct table *table, uint32_t first, uint32_t end)
{
    for (uint32_t i = table->keys; i < table->count; i++)
        scols_column_set_flags(
            scols_table_get_column(table->cells, i),
            (table->columns[i].right ? SCOLS_FL_RIGHT
             : table->wraps          ? SCOLS_FL_WRAP
                                     : 0) |
                (i < first || i >= end ? SCOLS_FL_HIDDEN : 0));
    return scols_print_table(table->cells) == 0;
}

/* In as few blocks as there have to be, of much the same width, so that what
 * belongs together mostly stays together. */
static bool
print_blocks(struct table *table, FILE *out)
{
    size_t widths[TABLE_COLUMNS_MAX];
    /* Nothing stands behind the last column. */
    size_t room = scols_table_get_termwidth(table->cells) + 1;

    if (!measure(table, widths))
        return false;
    uint32_t count = count_blocks(table, widths, room);
    if (count > 1) {
        wrap_lists(table);
        if (!measure(table, widths))
            return false;
        count = count_blocks(table, widths, room);
    }
    while (room > 1 && count_blocks(table, widths, room - 1) == count)
        room--;
    for (uint32_t i = table->keys, end; i < table->count; i = end) {
        end = end_of_block(table, widths, i, room);
        if (!print_block(table, i, end))
            return false;
        if (end < table->count)
            fputc('\n', out);
    }
    return true;
}

static void
embolden(struct table *table)
{
    scols_table_enable_colors(table->cells, 1);
    for (uint32_t i = 0; i < table->count; i++) {
        struct libscols_column *column =
            scols_table_get_column(table->cells, i);
        scols_cell_set_color(scols_column_get_header(column), "bold");
    }
}

/* https://no-color.org: set and not empty means no colour. */
static bool
may_have_colour(FILE *out)
{
    const char *no = getenv("NO_COLOR");
    const char *term = getenv("TERM");

    return table_terminal(out) && (no == NULL || no[0] == '\0') &&
           (term == NULL || strcmp(term, "dumb") != 0);
}

bool
table_print(struct table *table, FILE *out)
{
    if (table->failed)
        return false;
    if (!table_terminal(out))
        return print_plain(table, out);
    if (!has_headings(table))
        scols_table_enable_noheadings(table->cells, 1);
    else if (may_have_colour(out))
        embolden(table);
    scols_table_set_stream(table->cells, out);
    return table->keys > 0 ? print_blocks(table, out)
                           : scols_print_table(table->cells) == 0;
}

bool
table_terminal(FILE *out)
{
    return isatty(fileno(out)) == 1;
}
