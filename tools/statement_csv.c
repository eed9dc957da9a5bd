#include "tools/statement_csv.h"

#include "tools/csv.h"
#include "tools/statement_words.h"

struct sheet {
    struct text *text;
    const struct statement *statement;
    char delimiter;
    char decimal;
    view partner;
    uint32_t store;  /* 0: the partner as a whole */
    int32_t adjusts; /* the month of an adjustment; PROGRAM_NONE: it is none */
};

static void
put_money(const struct sheet *sheet, money amount)
{
    statement_words_money(sheet->text, amount, sheet->decimal);
}

/* What stands before the value. */
static void
put_row_start(const struct sheet *sheet, const char *measure)
{
    char month[8];

    calendar_format_month(sheet->statement->period, month);
    text_string(sheet->text, month);
    text_char(sheet->text, sheet->delimiter);
    csv_write_defused(sheet->text, sheet->partner, sheet->delimiter);
    text_char(sheet->text, sheet->delimiter);
    if (sheet->store != 0)
        text_unsigned(sheet->text, sheet->store);
    text_char(sheet->text, sheet->delimiter);
    if (sheet->adjusts != PROGRAM_NONE)
        text_string(sheet->text, "adjustment.");
    text_string(sheet->text, measure);
    text_char(sheet->text, sheet->delimiter);
}

/* What stands after it. */
static void
put_row_end(const struct sheet *sheet)
{
    char month[8] = "";

    if (sheet->adjusts != PROGRAM_NONE)
        calendar_format_month(sheet->adjusts, month);
    text_char(sheet->text, sheet->delimiter);
    text_string(sheet->text, month);
    text_string(sheet->text, "\r\n");
}

static void
put_money_row(const struct sheet *sheet, const char *measure, money amount)
{
    put_row_start(sheet, measure);
    text_view_append(sheet->text, sheet->statement->currency);
    text_char(sheet->text, sheet->delimiter);
    put_money(sheet, amount);
    put_row_end(sheet);
}

static void
put_measure(const struct sheet *sheet, enum measure measure, int64_t amount)
{
    const char *name = effect_measure_name(measure);

    if (statement_words_is_money(measure)) {
        put_money_row(sheet, name, (money) { amount });
        return;
    }
    put_row_start(sheet, name);
    text_string(sheet->text, statement_words_unit(measure));
    text_char(sheet->text, sheet->delimiter);
    text_integer(sheet->text, amount);
    put_row_end(sheet);
}

static void
put_line(const struct sheet *sheet, const struct statement_line *line)
{
    for (enum measure m = 0; m < MEASURE_STATEMENT_COUNT; m++)
        put_measure(sheet, m, line->amounts[m]);
    put_money_row(sheet, "issue_cost", line->issue_cost);
    put_money_row(sheet, "redeem_credit", line->redeem_credit);
    put_money_row(sheet, "voucher_credit", line->voucher_credit);
    put_money_row(sheet, "net", line->net);
}

static void
put_adjustment(struct sheet *sheet, const struct statement_adjustment *one)
{
    sheet->adjusts = one->period;
    put_money_row(sheet, "issue_cost", one->issue_cost);
    put_money_row(sheet, "redeem_credit", one->redeem_credit);
    put_money_row(sheet, "voucher_credit", one->voucher_credit);
    put_money_row(sheet, "net", one->net);
    sheet->adjusts = PROGRAM_NONE;
}

static void
put_partner(struct sheet *sheet, const struct statement_partner *partner)
{
    sheet->partner = partner->partner;
    sheet->store = 0;
    put_line(sheet, &partner->line);
    for (uint32_t i = 0; i < partner->adjustment_count; i++)
        put_adjustment(sheet, &partner->adjustments[i]);
    for (uint32_t i = 0; i < partner->store_count; i++) {
        sheet->store = partner->stores[i].store;
        put_line(sheet, &partner->stores[i].line);
    }
}

void
statement_csv_heading(struct text *text, bool excel)
{
    static const char *const HEADINGS[] = { "period",  "partner", "store",
                                            "measure", "unit",    "value",
                                            "adjusts" };

    if (excel)
        text_string(text, "\xef\xbb\xbf");
    for (uint32_t i = 0; i < COUNT_OF(HEADINGS); i++) {
        if (i > 0)
            text_char(text, excel ? ';' : ',');
        text_string(text, HEADINGS[i]);
    }
    text_string(text, "\r\n");
}

void
statement_csv(struct text *text, const struct statement *statement,
              const struct statement_partner *partner, bool excel)
{
    struct sheet sheet = { .text = text,
                           .statement = statement,
                           .delimiter = excel ? ';' : ',',
                           .decimal = excel ? ',' : '.',
                           .adjusts = PROGRAM_NONE };

    for (uint32_t i = 0; i < statement->partner_count; i++)
        if (partner == NULL || partner == &statement->partners[i])
            put_partner(&sheet, &statement->partners[i]);
}
