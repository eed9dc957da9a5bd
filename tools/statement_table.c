#include "tools/statement_table.h"

#include "tools/statement_words.h"
#include "tools/table.h"

/* What is printed: all, or the part of one partner. */
struct sheet {
    const struct statement *statement;
    const struct statement_partner *partner; /* NULL: all */
    bool adjusts; /* anything of it: there is a column for that */
};

static bool
is_shown(const struct sheet *sheet, uint32_t index)
{
    return sheet->partner == NULL ||
           sheet->partner == &sheet->statement->partners[index];
}

static void
put_amounts(struct table *table, const struct statement_line *line)
{
    static const enum measure POINTS[] = { MEASURE_ISSUED, MEASURE_REVERSED,
                                           MEASURE_REDEEMED, MEASURE_RESTORED,
                                           MEASURE_EXPIRED };

    for (uint32_t i = 0; i < COUNT_OF(POINTS); i++)
        table_integer(table, line->amounts[POINTS[i]]);
    table_money(table, line->issue_cost.minor);
    table_money(table, line->redeem_credit.minor);
    table_money(table, line->voucher_credit.minor);
}

static void
put_partner(struct table *table, const struct sheet *sheet,
            const struct statement_partner *partner)
{
    table_row(table);
    table_view(table, partner->partner);
    table_text(table, "all");
    put_amounts(table, &partner->line);
    if (sheet->adjusts)
        table_money(table, statement_words_adjusted(partner).minor);
    table_money(table, partner->line.net.minor);
    for (uint32_t i = 0; i < partner->store_count; i++) {
        const struct statement_store *store = &partner->stores[i];
        table_row(table);
        table_view(table, partner->partner);
        table_integer(table, store->store);
        put_amounts(table, &store->line);
        if (sheet->adjusts)
            table_text(table, "");
        table_money(table, store->line.net.minor);
    }
}

/* The other side of all nets. */
static void
put_program(struct table *table, const struct sheet *sheet)
{
    const uint32_t empty = sheet->adjusts ? 10 : 9; /* up to the net */

    table_row(table);
    table_text(table, "program");
    for (uint32_t i = 0; i < empty; i++)
        table_text(table, "");
    table_money(table, sheet->statement->program_net.minor);
}

static bool
print_partners(FILE *out, const struct sheet *sheet)
{
    static const struct table_column COLUMNS[] = {
        { "PARTNER", false }, { "STORE", true },    { "ISSUED", true },
        { "REVERSED", true }, { "REDEEMED", true }, { "RESTORED", true },
        { "EXPIRED", true },  { "OWES", true },     { "POINTS CREDIT", true },
        { "VOUCHERS", true }, { "NET", true },
    };
    static const struct table_column ADJUSTS[] = {
        { "PARTNER", false }, { "STORE", true },    { "ISSUED", true },
        { "REVERSED", true }, { "REDEEMED", true }, { "RESTORED", true },
        { "EXPIRED", true },  { "OWES", true },     { "POINTS CREDIT", true },
        { "VOUCHERS", true }, { "ADJUSTS", true },  { "NET", true },
    };
    struct table *table = sheet->adjusts
                              ? table_open(ADJUSTS, COUNT_OF(ADJUSTS))
                              : table_open(COLUMNS, COUNT_OF(COLUMNS));

    if (table == NULL)
        return false;
    table_keys(table, 2);
    for (uint32_t i = 0; i < sheet->statement->partner_count; i++)
        if (is_shown(sheet, i))
            put_partner(table, sheet, &sheet->statement->partners[i]);
    if (sheet->partner == NULL)
        put_program(table, sheet);
    bool done = table_print(table, out);
    table_close(table);
    return done;
}

static void
put_adjustments(struct table *table, const struct statement_partner *partner)
{
    for (uint32_t i = 0; i < partner->adjustment_count; i++) {
        const struct statement_adjustment *one = &partner->adjustments[i];
        char month[8];
        calendar_format_month(one->period, month);
        table_row(table);
        table_view(table, partner->partner);
        table_text(table, month);
        table_money(table, one->issue_cost.minor);
        table_money(table, one->redeem_credit.minor);
        table_money(table, one->voucher_credit.minor);
        table_money(table, one->net.minor);
    }
}

static bool
print_adjustments(FILE *out, const struct sheet *sheet)
{
    static const struct table_column COLUMNS[] = {
        { "PARTNER", false },      { "ADJUSTS", false }, { "OWES", true },
        { "POINTS CREDIT", true }, { "VOUCHERS", true }, { "NET", true },
    };

    if (!sheet->adjusts)
        return true;
    struct table *table = table_open(COLUMNS, COUNT_OF(COLUMNS));
    if (table == NULL)
        return false;
    for (uint32_t i = 0; i < sheet->statement->partner_count; i++)
        if (is_shown(sheet, i))
            put_adjustments(table, &sheet->statement->partners[i]);
    fputc('\n', out);
    bool done = table_print(table, out);
    table_close(table);
    return done;
}

static bool
print_matrix(FILE *out, const struct statement *statement)
{
    static const struct table_column COLUMNS[] = { { "ISSUED BY", false },
                                                   { "ACCEPTED BY", false },
                                                   { "POINTS", true } };

    if (statement->pair_count == 0)
        return true;
    struct table *table = table_open(COLUMNS, COUNT_OF(COLUMNS));
    if (table == NULL)
        return false;
    for (uint32_t i = 0; i < statement->pair_count; i++) {
        table_row(table);
        table_view(table, statement->pairs[i].issuer);
        table_view(table, statement->pairs[i].acceptor);
        table_integer(table, statement->pairs[i].points);
    }
    fputc('\n', out);
    bool done = table_print(table, out);
    table_close(table);
    return done;
}

bool
statement_table(FILE *out, const struct statement *statement,
                const struct statement_partner *partner)
{
    struct sheet sheet = { .statement = statement, .partner = partner };
    char month[8], known[25];

    for (uint32_t i = 0; i < statement->partner_count; i++)
        if (is_shown(&sheet, i) && statement->partners[i].adjustment_count > 0)
            sheet.adjusts = true;
    calendar_format_month(statement->period, month);
    calendar_format_time(statement->known_ms, known);
    fprintf(out, "%s %s, known %s, in %.*s\n", month,
            statement->closed ? "closed" : "open", known,
            (int)statement->currency.size, statement->currency.bytes);
    return print_partners(out, &sheet) && print_adjustments(out, &sheet) &&
           (partner != NULL || print_matrix(out, statement));
}
