#include "tools/statement_xlsx.h"

#include "tools/statement_words.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <xlsxwriter.h>

enum {
    SHEET_STATEMENT,
    SHEET_STORES,
    SHEET_CLEARING, /* NULL where it is of one partner */
    SHEET_ADJUSTMENTS,
    SHEET_EVENTS,
    SHEET_COUNT,
};

/* A workbook in the making.  Each row of a sheet goes to a file when the next
 * one begins, so that memory does not grow with the rows: a sheet is written
 * from its top to its end. */
struct book {
    lxw_workbook *workbook;
    lxw_worksheet *sheets[SHEET_COUNT];
    const struct statement *statement;
    const struct statement_partner *partner; /* NULL: all */
    const struct evidence *evidence;
    lxw_format *bold;
    lxw_format *heading;
    lxw_format *money;
    lxw_format *integer;
    lxw_format *exact; /* six decimals */
    lxw_format *month;
    lxw_format *time;
    lxw_format *sum; /* money, bold, line above */
    lxw_format *count_sum;
    lxw_format *link;
};

enum {
    HEAD_ROW = 4, /* of the headings on the first sheet */
    TEXT_SIZE = 128,
    EPOCH_DAYS = 25569, /* from 1899-12-30, as spreadsheets count */
    /* A sheet holds 2^20 rows, and nobody reads so many. */
    EVENT_ROWS_MAX = 100000,
};

/* Columns of a line: what it is of, its money, its measures. */
enum {
    COLUMN_PARTNER,
    COLUMN_NAME,
    COLUMN_STORE, /* on the first sheet: the adjustments */
    COLUMN_ISSUE,
    COLUMN_REDEEM,
    COLUMN_VOUCHER,
    COLUMN_NET,
    COLUMN_MEASURES,
};

/* --- cells --- */

static void
put_view(lxw_worksheet *sheet, uint32_t row, uint16_t column, view value)
{
    char text[LIMIT_TEXT_SIZE + 1];

    assert(value.size <= LIMIT_TEXT_SIZE);
    if (value.size > 0)
        memcpy(text, value.bytes, value.size);
    text[value.size] = '\0';
    worksheet_write_string(sheet, row, column, text, NULL);
}

static double
in_units(money amount)
{
    return (double)amount.minor / 100;
}

static void
put_money(const struct book *book, lxw_worksheet *sheet, uint32_t row,
          uint16_t column, money amount)
{
    worksheet_write_number(sheet, row, column, in_units(amount), book->money);
}

static void
put_month(const struct book *book, lxw_worksheet *sheet, uint32_t row,
          uint16_t column, int32_t month)
{
    worksheet_write_number(sheet, row, column,
                           (double)calendar_month_first_day(month) + EPOCH_DAYS,
                           book->month);
}

static void
put_time(const struct book *book, lxw_worksheet *sheet, uint32_t row,
         uint16_t column, int64_t at_ms)
{
    worksheet_write_number(sheet, row, column,
                           (double)at_ms / (double)CALENDAR_DAY_MS + EPOCH_DAYS,
                           book->time);
}

static void
put_headings(const struct book *book, lxw_worksheet *sheet, uint32_t row,
             const char *const *headings, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        worksheet_write_string(sheet, row, (uint16_t)i, headings[i],
                               book->heading);
}

/* =SUM of the column's rows, with its value. */
static void
put_sum(const struct book *book, lxw_worksheet *sheet, uint32_t row,
        uint16_t column, uint32_t first, double value, bool is_count)
{
    char formula[TEXT_SIZE], from[LXW_MAX_CELL_NAME_LENGTH],
        to[LXW_MAX_CELL_NAME_LENGTH];

    if (row == first)
        return;
    lxw_rowcol_to_cell(from, first, column);
    lxw_rowcol_to_cell(to, row - 1, column);
    snprintf(formula, sizeof formula, "=SUM(%s:%s)", from, to);
    worksheet_write_formula_num(sheet, row, column, formula,
                                is_count ? book->count_sum : book->sum, value);
}

/* --- a line: three figures, their net, and the measures --- */

static void
put_measure_headings(const struct book *book, lxw_worksheet *sheet,
                     uint32_t row)
{
    for (enum measure m = 0; m < MEASURE_STATEMENT_COUNT; m++)
        worksheet_write_string(sheet, row, (uint16_t)(COLUMN_MEASURES + m),
                               effect_measure_name(m), book->heading);
}

/* `with_adjustments`: the second column is money that belongs to the net. */
static void
put_line(const struct book *book, lxw_worksheet *sheet, uint32_t row,
         const struct statement_line *line, bool with_adjustments)
{
    char formula[TEXT_SIZE];
    uint32_t n = row + 1;

    put_money(book, sheet, row, COLUMN_ISSUE, line->issue_cost);
    put_money(book, sheet, row, COLUMN_REDEEM, line->redeem_credit);
    put_money(book, sheet, row, COLUMN_VOUCHER, line->voucher_credit);
    snprintf(formula, sizeof formula, "=ROUND(E%u+F%u-D%u%s", n, n, n,
             with_adjustments ? "" : ",2)");
    if (with_adjustments)
        snprintf(formula + strlen(formula), 32, "+C%u,2)", n);
    worksheet_write_formula_num(sheet, row, COLUMN_NET, formula, book->money,
                                in_units(line->net));
    for (enum measure m = 0; m < MEASURE_STATEMENT_COUNT; m++) {
        uint16_t column = (uint16_t)(COLUMN_MEASURES + m);
        if (statement_words_is_money(m))
            put_money(book, sheet, row, column, (money) { line->amounts[m] });
        else
            worksheet_write_number(sheet, row, column, (double)line->amounts[m],
                                   book->integer);
    }
}

static void
add_line(struct statement_line *sum, const struct statement_line *line)
{
    for (int m = 0; m < MEASURE_STATEMENT_COUNT; m++)
        sum->amounts[m] += line->amounts[m];
    sum->issue_cost = money_add(sum->issue_cost, line->issue_cost);
    sum->redeem_credit = money_add(sum->redeem_credit, line->redeem_credit);
    sum->voucher_credit = money_add(sum->voucher_credit, line->voucher_credit);
    sum->net = money_add(sum->net, line->net);
}

static void
put_line_sums(const struct book *book, lxw_worksheet *sheet, uint32_t row,
              uint32_t first, const struct statement_line *sum)
{
    worksheet_write_string(sheet, row, COLUMN_PARTNER, "all", book->bold);
    put_sum(book, sheet, row, COLUMN_ISSUE, first, in_units(sum->issue_cost),
            false);
    put_sum(book, sheet, row, COLUMN_REDEEM, first,
            in_units(sum->redeem_credit), false);
    put_sum(book, sheet, row, COLUMN_VOUCHER, first,
            in_units(sum->voucher_credit), false);
    put_sum(book, sheet, row, COLUMN_NET, first, in_units(sum->net), false);
    for (enum measure m = 0; m < MEASURE_STATEMENT_COUNT; m++) {
        bool is_money = statement_words_is_money(m);
        double value = (double)sum->amounts[m] / (is_money ? 100 : 1);
        put_sum(book, sheet, row, (uint16_t)(COLUMN_MEASURES + m), first, value,
                !is_money);
    }
}

static bool
is_shown(const struct book *book, uint32_t index)
{
    return book->partner == NULL ||
           book->partner == &book->statement->partners[index];
}

/* --- the sheets --- */

static void
put_top(const struct book *book, lxw_worksheet *sheet)
{
    const struct statement *statement = book->statement;

    worksheet_write_string(sheet, 0, 0, "Settlement", book->bold);
    put_month(book, sheet, 0, 1, statement->period);
    worksheet_write_string(sheet, 0, 2,
                           statement->closed ? "closed" : "not closed", NULL);
    worksheet_write_string(sheet, 1, 0, "Known (UTC)", NULL);
    put_time(book, sheet, 1, 1, statement->known_ms);
    worksheet_write_string(sheet, 2, 0, "Currency", NULL);
    put_view(sheet, 2, 1, statement->currency);
}

static void
put_statement(const struct book *book)
{
    static const char *const HEADINGS[] = {
        "partner",       "name",           "adjustments", "issue_cost",
        "redeem_credit", "voucher_credit", "net"
    };
    lxw_worksheet *sheet = book->sheets[SHEET_STATEMENT];
    struct statement_line sum = { 0 };
    uint32_t row = HEAD_ROW + 1;
    money adjusted = { 0 };
    char formula[TEXT_SIZE];

    put_top(book, sheet);
    put_headings(book, sheet, HEAD_ROW, HEADINGS, COUNT_OF(HEADINGS));
    put_measure_headings(book, sheet, HEAD_ROW);
    worksheet_freeze_panes(sheet, HEAD_ROW + 1, 1);
    worksheet_set_column(sheet, 0, COLUMN_MEASURES + MEASURE_STATEMENT_COUNT,
                         15, NULL);
    for (uint32_t i = 0; i < book->statement->partner_count; i++) {
        const struct statement_partner *one = &book->statement->partners[i];
        if (!is_shown(book, i))
            continue;
        put_view(sheet, row, COLUMN_PARTNER, one->partner);
        put_view(sheet, row, COLUMN_NAME, one->name);
        put_money(book, sheet, row, COLUMN_STORE,
                  statement_words_adjusted(one));
        put_line(book, sheet, row, &one->line, true);
        add_line(&sum, &one->line);
        adjusted = money_add(adjusted, statement_words_adjusted(one));
        row++;
    }
    put_line_sums(book, sheet, row, HEAD_ROW + 1, &sum);
    put_sum(book, sheet, row, COLUMN_STORE, HEAD_ROW + 1, in_units(adjusted),
            false);
    if (book->partner != NULL)
        return;
    worksheet_write_string(sheet, row + 1, 0, "program", book->bold);
    snprintf(formula, sizeof formula, "=-G%u", row + 1);
    worksheet_write_formula_num(sheet, row + 1, COLUMN_NET, formula, book->sum,
                                in_units(book->statement->program_net));
}

static void
put_stores(const struct book *book)
{
    static const char *const HEADINGS[] = {
        "partner",       "name",           "store", "issue_cost",
        "redeem_credit", "voucher_credit", "net"
    };
    lxw_worksheet *sheet = book->sheets[SHEET_STORES];
    struct statement_line sum = { 0 };
    uint32_t row = 1;

    put_headings(book, sheet, 0, HEADINGS, COUNT_OF(HEADINGS));
    put_measure_headings(book, sheet, 0);
    worksheet_freeze_panes(sheet, 1, 3);
    worksheet_set_column(sheet, 0, COLUMN_MEASURES + MEASURE_STATEMENT_COUNT,
                         15, NULL);
    for (uint32_t i = 0; i < book->statement->partner_count; i++) {
        const struct statement_partner *one = &book->statement->partners[i];
        for (uint32_t k = 0; is_shown(book, i) && k < one->store_count; k++) {
            put_view(sheet, row, COLUMN_PARTNER, one->partner);
            put_view(sheet, row, COLUMN_NAME, one->name);
            worksheet_write_number(sheet, row, COLUMN_STORE,
                                   one->stores[k].store, NULL);
            put_line(book, sheet, row, &one->stores[k].line, false);
            add_line(&sum, &one->stores[k].line);
            row++;
        }
    }
    put_line_sums(book, sheet, row, 1, &sum);
}

/* Where a name stands in a list that keeps growing.  It is mostly a little
 * behind `from`, for an issuer's acceptors ascend. */
static uint16_t
place_of(view *names, uint16_t *count, view name, uint16_t from)
{
    for (uint16_t i = from; i < *count; i++)
        if (view_equal(names[i], name))
            return i;
    for (uint16_t i = 0; i < from; i++)
        if (view_equal(names[i], name))
            return i;
    names[*count] = name;
    return (*count)++;
}

static void
put_acceptors(const struct book *book, lxw_worksheet *sheet,
              const view *acceptors, uint16_t count)
{
    worksheet_write_string(sheet, 0, 0, "issued by / accepted by",
                           book->heading);
    for (uint16_t i = 0; i < count; i++)
        put_view(sheet, 0, (uint16_t)(i + 1), acceptors[i]);
    if (count > 0)
        worksheet_write_string(sheet, 0, (uint16_t)(count + 1), "all",
                               book->heading);
}

static void
put_matrix_sums(const struct book *book, lxw_worksheet *sheet,
                const int64_t *columns, uint16_t column_count, uint32_t row)
{
    int64_t all = 0;

    worksheet_write_string(sheet, row, 0, "all", book->bold);
    for (uint16_t i = 0; i < column_count; i++) {
        put_sum(book, sheet, row, (uint16_t)(i + 1), 1, (double)columns[i],
                true);
        all += columns[i];
    }
    put_sum(book, sheet, row, (uint16_t)(column_count + 1), 1, (double)all,
            true);
}

/* =SUM over the acceptors of one issuer. */
static void
put_row_sum(const struct book *book, lxw_worksheet *sheet, uint32_t row,
            uint16_t column_count, int64_t value)
{
    char formula[TEXT_SIZE], from[LXW_MAX_CELL_NAME_LENGTH],
        to[LXW_MAX_CELL_NAME_LENGTH];

    lxw_rowcol_to_cell(from, row, 1);
    lxw_rowcol_to_cell(to, row, column_count);
    snprintf(formula, sizeof formula, "=SUM(%s:%s)", from, to);
    worksheet_write_formula_num(sheet, row, (uint16_t)(column_count + 1),
                                formula, book->count_sum, (double)value);
}

static void
put_clearing(const struct book *book, struct arena scratch)
{
    const struct statement *statement = book->statement;
    lxw_worksheet *sheet = book->sheets[SHEET_CLEARING];
    view *acceptors = ARENA_NEW(&scratch, view, statement->pair_count + 1);
    int64_t *sums = ARENA_NEW(&scratch, int64_t, statement->pair_count + 1);
    uint16_t count = 0, column = 0;
    uint32_t row = 0;
    int64_t row_sum = 0;
    view issuer = { 0 };

    worksheet_set_column(sheet, 0, 0, 24, NULL);
    for (uint32_t i = 0; i < statement->pair_count; i++)
        column =
            place_of(acceptors, &count, statement->pairs[i].acceptor, column);
    put_acceptors(book, sheet, acceptors, count);
    for (uint32_t i = 0; i < statement->pair_count; i++) {
        const struct statement_pair *pair = &statement->pairs[i];
        column = place_of(acceptors, &count, pair->acceptor, column);
        if (row == 0 || !view_equal(issuer, pair->issuer)) {
            issuer = pair->issuer;
            row_sum = 0;
            put_view(sheet, ++row, 0, issuer);
        }
        worksheet_write_number(sheet, row, (uint16_t)(column + 1),
                               (double)pair->points, book->integer);
        sums[column] += pair->points;
        row_sum += pair->points;
        if (i + 1 == statement->pair_count ||
            !view_equal(issuer, pair[1].issuer))
            put_row_sum(book, sheet, row, count, row_sum);
    }
    if (statement->pair_count > 0)
        put_matrix_sums(book, sheet, sums, count, row + 1);
}

static void
put_link(const struct book *book, lxw_worksheet *sheet, uint32_t row,
         view partner, int32_t period)
{
    char target[TEXT_SIZE], words[TEXT_SIZE];
    uint32_t count;
    uint32_t first = evidence_find(book->evidence, partner, period, &count);

    if (count == 0)
        return;
    snprintf(words, sizeof words, "%u %s", count,
             text_plural(count, "row", "rows"));
    if (first >= EVENT_ROWS_MAX) {
        worksheet_write_string(sheet, row, 6, words, NULL);
        return;
    }
    snprintf(target, sizeof target, "internal:Events!A%u", first + 2);
    worksheet_write_url_opt(sheet, row, 6, target, book->link, words, NULL);
}

static void
put_adjustment(const struct book *book, lxw_worksheet *sheet, uint32_t row,
               view partner, const struct statement_adjustment *one)
{
    char formula[TEXT_SIZE];
    uint32_t n = row + 1;

    put_view(sheet, row, 0, partner);
    put_month(book, sheet, row, 1, one->period);
    put_money(book, sheet, row, 2, one->issue_cost);
    put_money(book, sheet, row, 3, one->redeem_credit);
    put_money(book, sheet, row, 4, one->voucher_credit);
    snprintf(formula, sizeof formula, "=ROUND(D%u+E%u-C%u,2)", n, n, n);
    worksheet_write_formula_num(sheet, row, 5, formula, book->money,
                                in_units(one->net));
    put_link(book, sheet, row, partner, one->period);
}

/* Below the rows that are behind adjustments, or lead there. */
static void
put_inexact(const struct book *book, lxw_worksheet *sheet, uint32_t row)
{
    if (book->evidence->inexact)
        worksheet_write_string(sheet, row, 0, evidence_words_inexact(), NULL);
}

static void
put_adjustments(const struct book *book)
{
    static const char *const HEADINGS[] = { "partner",        "month",
                                            "issue_cost",     "redeem_credit",
                                            "voucher_credit", "net",
                                            "events" };
    lxw_worksheet *sheet = book->sheets[SHEET_ADJUSTMENTS];
    uint32_t row = 1;
    money net = { 0 };

    put_headings(book, sheet, 0, HEADINGS, COUNT_OF(HEADINGS));
    worksheet_freeze_panes(sheet, 1, 0);
    worksheet_set_column(sheet, 0, 6, 15, NULL);
    for (uint32_t i = 0; i < book->statement->partner_count; i++) {
        const struct statement_partner *one = &book->statement->partners[i];
        for (uint32_t k = 0; is_shown(book, i) && k < one->adjustment_count;
             k++) {
            put_adjustment(book, sheet, row++, one->partner,
                           &one->adjustments[k]);
            net = money_add(net, one->adjustments[k].net);
        }
    }
    worksheet_write_string(sheet, row, 0, "all", book->bold);
    put_sum(book, sheet, row, 5, 1, in_units(net), false);
    if (row > 1)
        put_inexact(book, sheet, row + 2);
}

static void
put_event(const struct book *book, lxw_worksheet *sheet, uint32_t row,
          const struct evidence_row *event)
{
    put_view(sheet, row, 0, event->partner);
    put_month(book, sheet, row, 1, event->period);
    put_view(sheet, row, 2, event->event);
    put_time(book, sheet, row, 3, event->at_ms);
    put_view(sheet, row, 4, event->account);
    put_view(sheet, row, 5, event->kind);
    if (event->store != 0)
        worksheet_write_number(sheet, row, 6, event->store, NULL);
    worksheet_write_string(sheet, row, 7, effect_measure_name(event->measure),
                           NULL);
    if (statement_words_is_money(event->measure))
        put_money(book, sheet, row, 8, (money) { event->amount });
    else
        worksheet_write_number(sheet, row, 8, (double)event->amount,
                               book->integer);
    if (effect_figure(event->measure) != FIGURE_NONE)
        worksheet_write_number(
            sheet, row, 9, (double)event->money.value / 1000000, book->exact);
}

static void
put_more(lxw_worksheet *sheet, uint32_t row, uint32_t more)
{
    char words[TEXT_SIZE];

    snprintf(words, sizeof words,
             "and %u %s more: leima settle explain --adjustment lists all",
             more, text_plural(more, "row", "rows"));
    worksheet_write_string(sheet, row, 0, words, NULL);
}

static void
put_events(const struct book *book)
{
    static const char *const HEADINGS[] = { "partner",      "month",   "event",
                                            "at (UTC)",     "account", "kind",
                                            "store",        "measure", "amount",
                                            "money (exact)" };
    lxw_worksheet *sheet = book->sheets[SHEET_EVENTS];

    put_headings(book, sheet, 0, HEADINGS, COUNT_OF(HEADINGS));
    worksheet_freeze_panes(sheet, 1, 0);
    worksheet_set_column(sheet, 0, 9, 17, NULL);
    uint32_t count = book->evidence->count;
    if (count > EVENT_ROWS_MAX)
        count = EVENT_ROWS_MAX;
    for (uint32_t i = 0; i < count; i++)
        put_event(book, sheet, i + 1, &book->evidence->items[i]);
    if (count < book->evidence->count)
        put_more(sheet, count + 1, book->evidence->count - count);
    if (count > 0)
        put_inexact(book, sheet, count + 2);
}

/* --- the workbook --- */

static lxw_format *
add_format(lxw_workbook *workbook, const char *numbers, bool bold, bool line)
{
    lxw_format *format = workbook_add_format(workbook);

    if (numbers != NULL)
        format_set_num_format(format, numbers);
    if (bold)
        format_set_bold(format);
    if (line)
        format_set_top(format, LXW_BORDER_THIN);
    return format;
}

static void
add_formats(struct book *book)
{
    lxw_workbook *workbook = book->workbook;

    book->bold = add_format(workbook, NULL, true, false);
    book->heading = add_format(workbook, NULL, true, false);
    format_set_bottom(book->heading, LXW_BORDER_THIN);
    book->money = add_format(workbook, "#,##0.00", false, false);
    book->integer = add_format(workbook, "#,##0", false, false);
    book->exact = add_format(workbook, "#,##0.000000", false, false);
    book->month = add_format(workbook, "yyyy-mm", false, false);
    format_set_align(book->month, LXW_ALIGN_LEFT);
    book->time = add_format(workbook, "yyyy-mm-dd hh:mm:ss", false, false);
    format_set_align(book->time, LXW_ALIGN_LEFT);
    book->sum = add_format(workbook, "#,##0.00", true, true);
    book->count_sum = add_format(workbook, "#,##0", true, true);
    book->link = add_format(workbook, NULL, false, false);
    format_set_underline(book->link, LXW_UNDERLINE_SINGLE);
    format_set_font_color(book->link, LXW_COLOR_BLUE);
}

/* Each has a file of its own until the whole is written.  False: that can't be
 * made. */
static bool
add_sheets(struct book *book)
{
    static const char *const NAMES[] = {
        [SHEET_STATEMENT] = "Statement",     [SHEET_STORES] = "Stores",
        [SHEET_CLEARING] = "Clearing",       [SHEET_EVENTS] = "Events",
        [SHEET_ADJUSTMENTS] = "Adjustments",
    };
    static_assert(COUNT_OF(NAMES) == SHEET_COUNT, "a name for each");

    for (uint32_t i = 0; i < SHEET_COUNT; i++) {
        if (i == SHEET_CLEARING && book->partner != NULL)
            continue;
        book->sheets[i] = workbook_add_worksheet(book->workbook, NAMES[i]);
        if (book->sheets[i] == NULL)
            return false;
    }
    return true;
}

enum err
statement_xlsx(const char *path, const struct statement *statement,
               const struct statement_partner *partner,
               const struct evidence *evidence)
{
    struct book book = { .statement = statement,
                         .partner = partner,
                         .evidence = evidence };
    /* The date of making is that of what was known: the same statement gives
     * the same file. */
    lxw_doc_properties properties = {
        .title = (char *)"Settlement",
        .created = (time_t)(statement->known_ms / 1000),
    };
    lxw_workbook_options options = { .constant_memory = LXW_TRUE };

    book.workbook = workbook_new_opt(path, &options);
    if (book.workbook == NULL)
        return ERR_MEMORY;
    if (!add_sheets(&book)) {
        lxw_workbook_free(book.workbook);
        return ERR_IO;
    }
    workbook_set_properties(book.workbook, &properties);
    add_formats(&book);
    put_statement(&book);
    put_stores(&book);
    if (partner == NULL)
        put_clearing(&book, *evidence->arena);
    put_adjustments(&book);
    put_events(&book);
    errno = 0;
    lxw_error error = workbook_close(book.workbook);
    if (error == LXW_ERROR_MEMORY_MALLOC_FAILED)
        return ERR_MEMORY;
    return error == LXW_NO_ERROR ? OK : err_of_write(errno);
}
