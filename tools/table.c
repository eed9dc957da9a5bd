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
    uint32_t next; /* cell of the row to be set */
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
    size_t count = scols_table_get_nlines(table->cells);

    for (uint32_t i = 0; i < table->count && has_headings(table); i++)
        fprintf(out, "%s%s", table->columns[i].heading,
                i + 1 < table->count ? "\t" : "\n");
    for (size_t n = 0; n < count; n++) {
        struct libscols_line *row = scols_table_get_line(table->cells, n);
        for (uint32_t i = 0; i < table->count; i++) {
            const char *text = scols_cell_get_data(scols_line_get_cell(row, i));
            fprintf(out, "%s%s", i > 0 ? "\t" : "", text != NULL ? text : "");
        }
        fputc('\n', out);
    }
    return !ferror(out);
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
    return scols_print_table(table->cells) == 0;
}

bool
table_terminal(FILE *out)
{
    return isatty(fileno(out)) == 1;
}
