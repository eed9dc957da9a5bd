#include "tools/statement_table.h"

#include "tools/table.h"

static void
put_line(struct table *table, const struct statement_line *line)
{
    static const enum measure POINTS[] = { MEASURE_ISSUED, MEASURE_REVERSED,
                                           MEASURE_REDEEMED, MEASURE_RESTORED,
                                           MEASURE_EXPIRED };

    for (uint32_t i = 0; i < COUNT_OF(POINTS); i++)
        table_integer(table, line->amounts[POINTS[i]]);
    table_money(table, line->issue_cost.minor);
    table_money(table, line->redeem_credit.minor);
    table_money(table, line->voucher_credit.minor);
    table_money(table, line->net.minor);
}

static void
put_partner(struct table *table, const struct statement_partner *partner)
{
    table_row(table);
    table_view(table, partner->partner);
    table_text(table, "all");
    put_line(table, &partner->line);
    for (uint32_t i = 0; i < partner->store_count; i++) {
        table_row(table);
        table_view(table, partner->partner);
        table_integer(table, partner->stores[i].store);
        put_line(table, &partner->stores[i].line);
    }
}

static bool
print_partners(FILE *out, const struct statement *statement,
               const struct statement_partner *partner)
{
    static const struct table_column COLUMNS[] = {
        { "PARTNER", false }, { "STORE", true },    { "ISSUED", true },
        { "REVERSED", true }, { "REDEEMED", true }, { "RESTORED", true },
        { "EXPIRED", true },  { "OWES", true },     { "POINTS CREDIT", true },
        { "VOUCHERS", true }, { "NET", true },
    };
    struct table *table = table_open(COLUMNS, COUNT_OF(COLUMNS));

    if (table == NULL)
        return false;
    for (uint32_t i = 0; i < statement->partner_count; i++)
        if (partner == NULL || partner == &statement->partners[i])
            put_partner(table, &statement->partners[i]);
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
print_adjustments(FILE *out, const struct statement *statement,
                  const struct statement_partner *partner)
{
    static const struct table_column COLUMNS[] = {
        { "ADJUSTED", false },     { "MONTH", false },   { "OWES", true },
        { "POINTS CREDIT", true }, { "VOUCHERS", true }, { "NET", true },
    };
    uint32_t count = 0;

    for (uint32_t i = 0; i < statement->partner_count; i++)
        if (partner == NULL || partner == &statement->partners[i])
            count += statement->partners[i].adjustment_count;
    if (count == 0)
        return true;
    struct table *table = table_open(COLUMNS, COUNT_OF(COLUMNS));
    if (table == NULL)
        return false;
    for (uint32_t i = 0; i < statement->partner_count; i++)
        if (partner == NULL || partner == &statement->partners[i])
            put_adjustments(table, &statement->partners[i]);
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
    char month[8], known[25];

    calendar_format_month(statement->period, month);
    calendar_format_time(statement->known_ms, known);
    fprintf(out, "%s %s, known %s, in %.*s\n", month,
            statement->closed ? "closed" : "open", known,
            (int)statement->currency.size, statement->currency.bytes);
    return print_partners(out, statement, partner) &&
           print_adjustments(out, statement, partner) &&
           (partner != NULL || print_matrix(out, statement));
}
