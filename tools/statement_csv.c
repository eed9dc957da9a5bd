#include "tools/statement_csv.h"

#include "tools/csv.h"
#include "tools/statement_words.h"

struct sheet {
    struct text *text;
    const struct statement *statement;
    char delimiter;
    char decimal;
    view partner;
    uint32_t store; /* 0: the partner as a whole */
};

static void
put_money(const struct sheet *sheet, money amount)
{
    statement_words_money(sheet->text, amount, sheet->decimal);
}

/* What stands before the value. */
static void
put_row_start(const struct sheet *sheet, int32_t period, const char *prefix,
              const char *measure)
{
    char month[8];

    calendar_format_month(period, month);
    text_string(sheet->text, month);
    text_char(sheet->text, sheet->delimiter);
    csv_write_defused(sheet->text, sheet->partner, sheet->delimiter);
    text_char(sheet->text, sheet->delimiter);
    if (sheet->store != 0)
        text_unsigned(sheet->text, sheet->store);
    text_char(sheet->text, sheet->delimiter);
    text_string(sheet->text, prefix);
    text_string(sheet->text, measure);
    text_char(sheet->text, sheet->delimiter);
}

static void
put_money_row(const struct sheet *sheet, int32_t period, const char *prefix,
              const char *measure, money amount)
{
    put_row_start(sheet, period, prefix, measure);
    text_view_append(sheet->text, sheet->statement->currency);
    text_char(sheet->text, sheet->delimiter);
    put_money(sheet, amount);
    text_string(sheet->text, "\r\n");
}

static void
put_measure(const struct sheet *sheet, enum measure measure, int64_t amount)
{
    const char *name = effect_measure_name(measure);
    int32_t period = sheet->statement->period;

    if (statement_words_is_money(measure)) {
        put_money_row(sheet, period, "", name, (money) { amount });
        return;
    }
    put_row_start(sheet, period, "", name);
    text_string(sheet->text, statement_words_unit(measure));
    text_char(sheet->text, sheet->delimiter);
    text_integer(sheet->text, amount);
    text_string(sheet->text, "\r\n");
}

static void
put_line(const struct sheet *sheet, const struct statement_line *line)
{
    int32_t period = sheet->statement->period;

    for (enum measure m = 0; m < MEASURE_STATEMENT_COUNT; m++)
        put_measure(sheet, m, line->amounts[m]);
    put_money_row(sheet, period, "", "issue_cost", line->issue_cost);
    put_money_row(sheet, period, "", "redeem_credit", line->redeem_credit);
    put_money_row(sheet, period, "", "voucher_credit", line->voucher_credit);
    put_money_row(sheet, period, "", "net", line->net);
}

static void
put_adjustment(const struct sheet *sheet,
               const struct statement_adjustment *one)
{
    const char *prefix = "adjustment.";

    put_money_row(sheet, one->period, prefix, "issue_cost", one->issue_cost);
    put_money_row(sheet, one->period, prefix, "redeem_credit",
                  one->redeem_credit);
    put_money_row(sheet, one->period, prefix, "voucher_credit",
                  one->voucher_credit);
    put_money_row(sheet, one->period, prefix, "net", one->net);
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
                                            "measure", "unit",    "value" };

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
                           .decimal = excel ? ',' : '.' };

    for (uint32_t i = 0; i < statement->partner_count; i++)
        if (partner == NULL || partner == &statement->partners[i])
            put_partner(&sheet, &statement->partners[i]);
}
