/*
 * cmd_liability.c - `liability`: points owed to members, month by month and
 * by issuer, and when they will expire
 */
#include "tools/cmd_liability.h"

#include "core/liability.h"
#include "core/text.h"
#include "tools/csv.h"
#include "tools/query.h"
#include "tools/table.h"
#include "tools/vacant.h"

#include <string.h>

static const char *const FIGURES[] = { "opening", "issued",   "redeemed",
                                       "expired", "reversed", "adjusted",
                                       "closing" };
enum { FIGURE_COUNT = 7 };
static_assert(COUNT_OF(FIGURES) == FIGURE_COUNT, "all named");

static void
figures_of(const struct liability_row *row, int64_t values[FIGURE_COUNT])
{
    const int64_t all[] = { row->opening, row->issued,   row->redeemed,
                            row->expired, row->reversed, row->adjusted,
                            row->closing };

    memcpy(values, all, sizeof all);
}

static void
month_name(int32_t month, char text[static 8])
{
    if (month == LIABILITY_NEVER)
        strcpy(text, "never");
    else
        calendar_format_month(month, text);
}

/* --- json --- */

static void
put_json_row(struct text *text, const struct liability_row *row)
{
    int64_t values[FIGURE_COUNT];
    char month[8];

    month_name(row->month, month);
    figures_of(row, values);
    text_char(text, '{');
    text_json_view(text, "month", view_of(month));
    text_json_view(text, "partner", row->partner);
    for (int i = 0; i < FIGURE_COUNT; i++)
        text_json_integer(text, FIGURES[i], values[i]);
    text_char(text, '}');
}

static void
put_json_due(struct text *text, const struct liability_due *due)
{
    char month[8];

    month_name(due->month, month);
    text_char(text, '{');
    if (due->month == LIABILITY_NEVER)
        text_json_null(text, "expires");
    else
        text_json_view(text, "expires", view_of(month));
    text_json_view(text, "partner", due->partner);
    text_json_integer(text, "points", due->points);
    text_char(text, '}');
}

static void
put_json(struct text *text, const struct liability *report)
{
    text_char(text, '{');
    text_json_time(text, "at", report->at_ms);
    text_string(text, ",\n \"months\": [");
    for (uint32_t i = 0; i < report->row_count; i++) {
        text_string(text, i > 0 ? ",\n  " : "\n  ");
        put_json_row(text, &report->rows[i]);
    }
    text_string(text, "],\n \"outstanding\": [");
    for (uint32_t i = 0; i < report->due_count; i++) {
        text_string(text, i > 0 ? ",\n  " : "\n  ");
        put_json_due(text, &report->due[i]);
    }
    text_format(text, "],\n \"total\": %lld}\n", (long long)report->total);
}

/* --- csv --- */

/* One list: the months first, then the outstanding points as rows of a month
 * of expiry, told apart by the first column. */
static void
put_csv_start(struct text *text, const char *what, int32_t month, view partner,
              char delimiter)
{
    char name[8];

    month_name(month, name);
    text_format(text, "%s%c%s%c", what, delimiter, name, delimiter);
    csv_write_defused(text, partner, delimiter);
}

static void
put_csv(struct text *text, const struct liability *report, bool excel)
{
    char delimiter = excel ? ';' : ',';

    if (excel)
        text_string(text, "\xef\xbb\xbf");
    text_format(text, "what%cmonth%cpartner%cfigure%cpoints\r\n", delimiter,
                delimiter, delimiter, delimiter);
    for (uint32_t i = 0; i < report->row_count; i++) {
        int64_t values[FIGURE_COUNT];
        figures_of(&report->rows[i], values);
        for (int k = 0; k < FIGURE_COUNT; k++) {
            put_csv_start(text, "month", report->rows[i].month,
                          report->rows[i].partner, delimiter);
            text_format(text, "%c%s%c%lld\r\n", delimiter, FIGURES[k],
                        delimiter, (long long)values[k]);
        }
    }
    for (uint32_t i = 0; i < report->due_count; i++) {
        put_csv_start(text, "expires", report->due[i].month,
                      report->due[i].partner, delimiter);
        text_format(text, "%coutstanding%c%lld\r\n", delimiter, delimiter,
                    (long long)report->due[i].points);
    }
}

/* --- tables --- */

static void
put_month(struct table *table, int32_t month, view partner,
          const int64_t values[FIGURE_COUNT])
{
    char name[8];

    month_name(month, name);
    table_row(table);
    table_text(table, name);
    table_view(table, partner);
    for (int k = 0; k < FIGURE_COUNT; k++)
        table_integer(table, values[k]);
}

/* The rows of the month that begins at `index`, and what they come to if they
 * are several; returns the index of the next month. */
static uint32_t
put_months_rows(struct table *table, const struct liability *report,
                uint32_t index)
{
    const uint32_t first = index;
    const int32_t month = report->rows[first].month;
    int64_t values[FIGURE_COUNT], sums[FIGURE_COUNT] = { 0 };

    for (; index < report->row_count && report->rows[index].month == month;
         index++) {
        figures_of(&report->rows[index], values);
        put_month(table, month, report->rows[index].partner, values);
        for (int k = 0; k < FIGURE_COUNT; k++)
            sums[k] = amount_add(sums[k], values[k]);
    }
    if (index - first > 1)
        put_month(table, month, view_of("all"), sums);
    return index;
}

static bool
print_months(const struct liability *report)
{
    static const struct table_column COLUMNS[] = {
        { "MONTH", false },   { "PARTNER", false }, { "OPENING", true },
        { "ISSUED", true },   { "REDEEMED", true }, { "EXPIRED", true },
        { "REVERSED", true }, { "ADJUSTED", true }, { "CLOSING", true },
    };
    struct table *table = table_open(COLUMNS, COUNT_OF(COLUMNS));

    if (table == NULL)
        return false;
    table_keys(table, 2);
    for (uint32_t i = 0; i < report->row_count;)
        i = put_months_rows(table, report, i);
    bool done = table_print(table, stdout);
    table_close(table);
    return done;
}

static bool
print_due(const struct liability *report)
{
    static const struct table_column COLUMNS[] = {
        { "GOOD THROUGH", false },
        { "PARTNER", false },
        { "OUTSTANDING", true },
    };
    struct table *table = table_open(COLUMNS, COUNT_OF(COLUMNS));

    if (table == NULL)
        return false;
    table_keys(table, 2);
    for (uint32_t i = 0; i < report->due_count; i++) {
        char month[8];
        month_name(report->due[i].month, month);
        table_row(table);
        table_text(table, month);
        table_view(table, report->due[i].partner);
        table_integer(table, report->due[i].points);
    }
    table_row(table);
    table_text(table, "all");
    table_text(table, "");
    table_integer(table, report->total);
    putchar('\n');
    bool done = table_print(table, stdout);
    table_close(table);
    return done;
}

/* --- the command --- */

enum { FORM_TABLE, FORM_JSON, FORM_CSV };
static const char *const FORMS[] = { "table", "json", "csv" };

static enum command_status
print(const struct arguments *arguments, const struct liability *report,
      uint32_t form)
{
    struct text text = { 0 };

    if (form == FORM_TABLE)
        return print_months(report) && print_due(report)
                   ? COMMAND_DONE
                   : command_fail(arguments, ERR_IO, "can't be written");
    if (form == FORM_CSV)
        put_csv(&text, report, command_flag(arguments, "excel"));
    else
        put_json(&text, report);
    bool done =
        text_ok(&text) && fwrite(text.bytes, 1, text.size, stdout) == text.size;
    text_close(&text);
    return done ? COMMAND_DONE
                : command_fail(arguments, ERR_IO, "can't be written");
}

static enum command_status
run(const struct arguments *arguments, struct ledger *ledger,
    const struct liability_question *question, uint32_t form)
{
    struct arena arena;
    struct complaint complaint = { "" };
    struct liability report;

    if (!arena_open(&arena, LIMIT_ARENA_SIZE))
        return command_fail(arguments, ERR_MEMORY, "liability");
    enum err err =
        liability_make(ledger, question, &arena, &report, &complaint);
    enum command_status status =
        err == OK ? print(arguments, &report, form)
                  : command_fail(arguments, err, "%s", complaint.text);
    if (status == COMMAND_DONE && report.row_count + report.due_count == 0)
        vacant_tell("liability", ledger, &arena, "no points up to that month");
    arena_close(&arena);
    return status;
}

static enum command_status
liability(const struct arguments *arguments)
{
    struct liability_question question = { .through = PROGRAM_NONE,
                                           .known = LEDGER_KNOWN_ALL,
                                           .now_ms = command_now_ms() };
    struct ledger *ledger = NULL;
    uint32_t form = FORM_TABLE;

    if (!command_month(arguments, "through", &question.through) ||
        !command_form(arguments, FORMS, COUNT_OF(FORMS), &form))
        return COMMAND_MISUSE;
    if (question.through == PROGRAM_NONE)
        return command_misuse(arguments, "--through YYYY-MM is needed");
    enum command_status status = query_ledger(arguments, LEDGER_READ, &ledger);
    if (status == COMMAND_DONE)
        status = run(arguments, ledger, &question, form);
    ledger_close(ledger);
    return status;
}

static const struct option OPTIONS[] = {
    { "through", "YYYY-MM", "the last month; at its end, or now" },
    { "format", "FORM", "table, json or csv" },
    { "excel", NULL, "csv with semicolons and a BOM" },
    { 0 },
};

const struct command cmd_liability_table[] = {
    { .name = "liability",
      .run = liability,
      .line = "points owed to members, by month, issuer and expiry",
      .usage = "LEDGER --through YYYY-MM",
      .operands_min = 1,
      .operands_max = 1,
      .options = OPTIONS,
      .about = "closing = opening + issued - redeemed - expired - reversed + "
               "adjusted.\nThe partner \"debt\" stands for points taken that "
               "were not there, as a negative\nliability: so the closings add "
               "up to the balances of all accounts.\n",
      .examples =
          "leima liability hub --through 2026-10\n"
          "leima liability hub --through 2026-10 --excel > owed.csv\n" },
    { 0 },
};
