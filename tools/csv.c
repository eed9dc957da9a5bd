/*
 * csv.c - the row is kept as it was read (`row`) for those who must be told
 * about it, and once more with its quotes taken off (`plain`), which the
 * fields borrow from.  What was read too far waits in `held`.  The buffers are
 * taken once, for the longest row.  One that is longer is told when it has come
 * so far, for it may have no end: the rest is passed over with the next.
 */
#include "tools/csv.h"

#include "core/text.h"
#include "tools/foreign.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct csv {
    FILE *in;
    struct csv_layout layout;
    uint64_t line;      /* on which the row began */
    uint64_t line_next; /* the one to be read next */
    uint8_t *row;
    uint8_t *plain;
    uint8_t *held;
    uint32_t held_at;
    uint32_t held_size;
    uint32_t row_size;
    uint32_t plain_size;
    uint32_t count;
    bool begun; /* the first bytes have been looked at */
    bool cut;   /* the end of the row last read is still to come */
    struct {
        uint32_t start;
        uint32_t size;
    } fields[CSV_COLUMNS_MAX];
};

enum err
csv_open(FILE *in, struct csv_layout layout, struct csv **ret_csv)
{
    assert(in != NULL);
    struct csv *csv = calloc(1, sizeof *csv);
    if (csv == NULL)
        return ERR_MEMORY;
    *csv = (struct csv) { .in = in, .layout = layout, .line_next = 1 };
    csv->row = malloc(CSV_ROW_SIZE_MAX);
    csv->plain = malloc(CSV_ROW_SIZE_MAX);
    csv->held = malloc(CSV_ROW_SIZE_MAX);
    if (csv->row == NULL || csv->plain == NULL || csv->held == NULL) {
        csv_close(csv);
        return ERR_MEMORY;
    }
    *ret_csv = csv;
    return OK;
}

void
csv_close(struct csv *csv)
{
    if (csv == NULL)
        return;
    free(csv->row);
    free(csv->plain);
    free(csv->held);
    free(csv);
}

/* --- reading ------------------------------------------------------------ */

static void
begin_field(struct csv *csv)
{
    /* One more than fit is counted and told; the rest is not looked at. */
    if (csv->count > CSV_COLUMNS_MAX)
        return;
    if (csv->count < CSV_COLUMNS_MAX) {
        csv->fields[csv->count].start = csv->plain_size;
        csv->fields[csv->count].size = 0;
    }
    csv->count++;
}

static void
take(struct csv *csv, uint8_t c)
{
    if (csv->count > CSV_COLUMNS_MAX || csv->plain_size == CSV_ROW_SIZE_MAX)
        return;
    csv->plain[csv->plain_size++] = c;
    csv->fields[csv->count - 1].size++;
}

enum quote_state { FIELD_BEGINS, FIELD_PLAIN, FIELD_QUOTED, QUOTE_IN_QUOTED };

/* One byte of a delimited row.  A quote means something only where a field
 * begins and inside of a quoted one: 5" stays what it is. */
static enum quote_state
step(struct csv *csv, enum quote_state state, uint8_t c)
{
    if (state == FIELD_BEGINS && c == '"')
        return FIELD_QUOTED;
    if (state == FIELD_QUOTED && c == '"')
        return QUOTE_IN_QUOTED;
    if (state == QUOTE_IN_QUOTED && c == '"') {
        take(csv, c);
        return FIELD_QUOTED;
    }
    if (state != FIELD_QUOTED && c == (uint8_t)csv->layout.delimiter) {
        begin_field(csv);
        return FIELD_BEGINS;
    }
    take(csv, c);
    return state == FIELD_QUOTED ? FIELD_QUOTED : FIELD_PLAIN;
}

static int
next_byte(struct csv *csv)
{
    if (csv->held_at < csv->held_size)
        return csv->held[csv->held_at++];
    return getc_unlocked(csv->in);
}

/* Takes the first bytes, without a byte order mark. */
static void
begin(struct csv *csv)
{
    if (csv->begun)
        return;
    const size_t size = fread(csv->held, 1, FOREIGN_LOOK, csv->in);
    const view rest = text_without_mark((view) { csv->held, (uint32_t)size });
    csv->held_at = (uint32_t)(rest.bytes - csv->held);
    csv->held_size = (uint32_t)size;
    csv->begun = true;
}

enum err
csv_check(struct csv *csv, struct complaint *complaint)
{
    begin(csv);
    const char *words = foreign_words(
        (view) { csv->held + csv->held_at, csv->held_size - csv->held_at });

    return words == NULL ? OK : complain(complaint, "%s", words);
}

/* The line end's CR belongs to it, not to the last field. */
static void
drop_return(struct csv *csv, enum quote_state state)
{
    if (csv->row_size == 0 || csv->row[csv->row_size - 1] != '\r')
        return;
    csv->row_size--;
    if (csv->layout.delimiter != 0 && csv->count <= CSV_COLUMNS_MAX &&
        state == FIELD_PLAIN) {
        csv->plain_size--;
        csv->fields[csv->count - 1].size--;
    }
}

/* A quote that nobody closes must not swallow the file: the row, which has
 * grown too long, ends at its last line end, and what stood behind it is read
 * again. False: it has none. */
static bool
cut_row(struct csv *csv)
{
    const uint8_t *end = memrchr(csv->row, '\n', CSV_ROW_SIZE_MAX);
    if (end == NULL)
        return false;

    assert(csv->held_at == csv->held_size); /* less than a longest row */
    csv->row_size = (uint32_t)(end - csv->row);
    csv->held_at = 0;
    csv->held_size = CSV_ROW_SIZE_MAX - csv->row_size - 1;
    memcpy(csv->held, end + 1, csv->held_size);
    return true;
}

/* Takes the row's bytes up to its line end, also line ends inside of quotes;
 * `ret_state` is where it ended.  False: it is too long. */
static bool
take_row(struct csv *csv, int c, enum quote_state *ret_state)
{
    const bool delimited = csv->layout.delimiter != 0;
    enum quote_state state = FIELD_BEGINS;
    uint32_t size = 0;

    for (; c != EOF && (c != '\n' || state == FIELD_QUOTED);
         c = next_byte(csv)) {
        csv->cut = size == CSV_ROW_SIZE_MAX;
        if (csv->cut)
            break;
        csv->row[size++] = (uint8_t)c;
        if (delimited)
            state = step(csv, state, (uint8_t)c);
        *ret_state = state;
        if (size == CSV_ROW_SIZE_MAX && state == FIELD_QUOTED && cut_row(csv))
            return true;
        if (size == CSV_ROW_SIZE_MAX && state == FIELD_QUOTED)
            state = FIELD_PLAIN; /* it ends where its line does */
    }
    csv->row_size = size;
    *ret_state = state;
    return !csv->cut;
}

/* Drops what comes up to the end of a row that was told already. */
static void
pass_over(struct csv *csv)
{
    int c = '\0';

    while (csv->cut && c != '\n' && c != EOF)
        c = next_byte(csv);
    csv->cut = false;
}

static enum err
unread(struct complaint *complaint)
{
    complain(complaint, "%s", strerror(errno));
    return ERR_IO;
}

static enum err
read_row(struct csv *csv, struct complaint *complaint)
{
    enum quote_state state;

    pass_over(csv);
    begin(csv);
    int c = next_byte(csv);
    if (c == EOF)
        return ferror(csv->in) ? unread(complaint) : ERR_NOT_FOUND;
    csv->line = csv->line_next;
    if (csv->layout.delimiter != 0)
        begin_field(csv);
    const bool fits = take_row(csv, c, &state);
    for (uint32_t i = 0; i < csv->row_size; i++)
        csv->line_next += csv->row[i] == '\n';
    csv->line_next++;
    drop_return(csv, state);
    if (ferror(csv->in))
        return unread(complaint);
    if (!fits)
        return complain(complaint,
                        "expected a row of at most %d bytes; a line end or a "
                        "quote may be missing",
                        CSV_ROW_SIZE_MAX);
    if (state == FIELD_QUOTED)
        return complain(complaint, "a quote is opened and not closed");
    return OK;
}

static bool
is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static void
split_blanks(struct csv *csv)
{
    bool inside = false;

    for (uint32_t i = 0; i < csv->row_size; i++) {
        if (is_blank(csv->row[i])) {
            inside = false;
            continue;
        }
        if (!inside)
            begin_field(csv);
        inside = true;
        take(csv, csv->row[i]);
    }
}

static void
split_widths(struct csv *csv)
{
    uint32_t start = 0;

    for (uint32_t i = 0; i < csv->layout.width_count; i++) {
        uint32_t rest = csv->row_size - start;
        uint32_t width = csv->layout.widths[i];
        uint32_t end = start + (width < rest ? width : rest);
        uint32_t to = end;
        begin_field(csv);
        while (start < to && is_blank(csv->row[start]))
            start++;
        while (start < to && is_blank(csv->row[to - 1]))
            to--;
        for (; start < to; start++)
            take(csv, csv->row[start]);
        start = end;
    }
}

static bool
is_empty(const struct csv *csv)
{
    for (uint32_t i = 0; i < csv->row_size; i++)
        if (!is_blank(csv->row[i]))
            return false;
    return true;
}

enum err
csv_next(struct csv *csv, struct complaint *complaint)
{
    do {
        csv->count = 0;
        csv->plain_size = 0;
        enum err err = read_row(csv, complaint);
        if (err != OK)
            return err;
    } while (is_empty(csv));
    if (csv->layout.widths != NULL)
        split_widths(csv);
    else if (csv->layout.delimiter == 0)
        split_blanks(csv);
    if (csv->count > CSV_COLUMNS_MAX)
        return complain(complaint, "more than %d columns", CSV_COLUMNS_MAX);
    return OK;
}

/* --- what was read ------------------------------------------------------ */

uint64_t
csv_line(const struct csv *csv)
{
    return csv->line;
}

view
csv_row(const struct csv *csv)
{
    return (view) { csv->row, csv->row_size };
}

uint32_t
csv_count(const struct csv *csv)
{
    return csv->count;
}

view
csv_field(const struct csv *csv, uint32_t index)
{
    assert(index < csv->count);
    return (view) { csv->plain + csv->fields[index].start,
                    csv->fields[index].size };
}

void
csv_write(struct text *out, view field, char delimiter)
{
    bool quote = false;

    for (uint32_t i = 0; i < field.size && !quote; i++)
        quote = field.bytes[i] == (uint8_t)delimiter || field.bytes[i] == '"' ||
                field.bytes[i] == '\n' || field.bytes[i] == '\r';
    if (!quote) {
        text_view_append(out, field);
        return;
    }
    text_char(out, '"');
    for (uint32_t i = 0; i < field.size; i++) {
        if (field.bytes[i] == '"')
            text_char(out, '"');
        text_char(out, (char)field.bytes[i]);
    }
    text_char(out, '"');
}

void
csv_write_defused(struct text *out, view field, char delimiter)
{
    struct text defused = { 0 };

    if (field.size == 0 || strchr("=+-@\t\r", field.bytes[0]) == NULL) {
        csv_write(out, field, delimiter);
        return;
    }
    text_char(&defused, '\'');
    text_view_append(&defused, field);
    csv_write(out, text_view(&defused), delimiter);
    text_close(&defused);
}
