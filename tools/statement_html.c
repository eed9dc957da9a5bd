#include "tools/statement_html.h"

#include "tools/statement_words.h"

/* Light on paper, whatever the screen likes. */
static const char STYLE[] =
    ":root { --ink: #1a1a1a; --soft: #555; --line: #ccc; --paper: #fff; "
    "--alarm: #a33; }\n"
    "@media screen and (prefers-color-scheme: dark) { :root { "
    "color-scheme: dark; --ink: #e6e8ea; --soft: #a9b0b7; --line: #3c444c; "
    "--paper: #14181c; --alarm: #f2857b; } }\n"
    "@page { size: A4; margin: 18mm 16mm 20mm; }\n"
    "body { font: 10pt/1.4 'Liberation Sans', Arial, sans-serif; "
    "background: var(--paper); "
    "color: var(--ink); margin: 2em auto; max-width: 178mm; }\n"
    "section { break-after: page; }\n"
    "section:last-of-type { break-after: auto; }\n"
    "header { display: flex; justify-content: space-between; "
    "align-items: baseline; border-bottom: 2px solid var(--ink); "
    "padding-bottom: 3mm; margin-bottom: 6mm; }\n"
    "h1 { font-size: 17pt; margin: 0; }\n"
    "h2 { font-size: 11pt; margin: 7mm 0 2mm; break-after: avoid; }\n"
    "p { margin: 1mm 0; }\n"
    ".small { color: var(--soft); font-size: 8.5pt; }\n"
    "time { white-space: nowrap; }\n"
    "table { border-collapse: collapse; width: 100%; }\n"
    "thead { display: table-header-group; }\n"
    "tr { break-inside: avoid; }\n"
    "th, td { padding: 1.1mm 2mm; border-bottom: 0.5px solid var(--line); "
    "text-align: right; font-variant-numeric: tabular-nums; "
    "white-space: nowrap; }\n"
    "th { font-weight: 600; border-bottom: 1px solid var(--ink); }\n"
    "th:first-child, td:first-child, .name { text-align: left; "
    "white-space: normal; }\n"
    "tr.sum td { font-weight: 600; border-top: 1px solid var(--ink); "
    "border-bottom: none; }\n"
    ".net { margin: 6mm 0 0; padding: 3mm 4mm; border: 1px solid var(--ink); "
    "display: flex; justify-content: space-between; font-size: 12pt; "
    "font-weight: 600; break-inside: avoid; }\n"
    ".open { border: 1px solid var(--alarm); color: var(--alarm); padding: 0 "
    "2mm; }\n"
    "@media print { body { margin: 0; max-width: none; } }\n"
    "@media screen { body { padding: 0 4mm; } "
    "section + section { margin-top: 20mm; } }\n"
    "@media screen and (max-width: 178mm) { section { overflow-x: auto; } "
    "th, td { padding: 1.1mm 0.8mm; font-size: 8pt; } "
    "td .small { font-size: 7pt; } "
    "header { flex-wrap: wrap; gap: 0 4mm; } }\n";

/* --- pieces --- */

static void
put_escaped(struct text *text, view value)
{
    for (uint32_t i = 0; i < value.size; i++) {
        char c = (char)value.bytes[i];
        if (c == '&')
            text_string(text, "&amp;");
        else if (c == '<')
            text_string(text, "&lt;");
        else if (c == '>')
            text_string(text, "&gt;");
        else if (c == '"')
            text_string(text, "&quot;");
        else
            text_char(text, c);
    }
}

/* Its name, and the id by which the other forms know it. */
static void
put_name(struct text *text, const struct statement *statement, view partner)
{
    const view name = statement_words_name(statement, partner);

    put_escaped(text, name.size > 0 ? name : partner);
    if (name.size == 0)
        return;
    text_string(text, " <span class=\"small\">");
    put_escaped(text, partner);
    text_string(text, "</span>");
}

/* Digits in groups of three, parted by narrow spaces; a true minus sign. */
static void
put_grouped(struct text *text, view digits)
{
    uint32_t first = digits.size > 0 && digits.bytes[0] == '-';
    uint32_t whole = digits.size;

    for (uint32_t i = 0; i < digits.size; i++)
        if (digits.bytes[i] == '.')
            whole = i;
    if (first > 0)
        text_string(text, "&minus;");
    for (uint32_t i = first; i < digits.size; i++) {
        if (i > first && i < whole && (whole - i) % 3 == 0)
            text_string(text, "&#8239;");
        text_char(text, (char)digits.bytes[i]);
    }
}

static void
put_integer(struct text *text, int64_t value)
{
    struct text digits = { 0 };

    text_integer(&digits, value);
    put_grouped(text, text_view(&digits));
    text_close(&digits);
}

static void
put_money(struct text *text, money amount)
{
    struct text digits = { 0 };

    statement_words_money(&digits, amount, '.');
    put_grouped(text, text_view(&digits));
    text_close(&digits);
}

static void
put_money_cell(struct text *text, money amount)
{
    text_string(text, "<td>");
    put_money(text, amount);
    text_string(text, "</td>");
}

static void
put_integer_cell(struct text *text, int64_t value)
{
    text_string(text, "<td>");
    put_integer(text, value);
    text_string(text, "</td>");
}

static void
put_month(struct text *text, int32_t month)
{
    char name[8];

    calendar_format_month(month, name);
    text_string(text, name);
}

static void
put_header(struct text *text, const struct statement *statement,
           const struct statement_partner *partner)
{
    char known[25];

    calendar_format_time(statement->known_ms, known);
    text_string(text, "<header><h1>");
    if (partner)
        put_name(text, statement, partner->partner);
    else
        text_string(text, "The program");
    text_string(text, "</h1><div>Settlement ");
    put_month(text, statement->period);
    text_string(text, statement->closed
                          ? ", closed</div></header>\n"
                          : ", <span class=\"open\">not closed</span></div>"
                            "</header>\n");
    text_string(text, "<p class=\"small\">Amounts in ");
    put_escaped(text, statement->currency);
    text_format(text,
                ", without VAT; this is no invoice. As known at "
                "<time>%s</time>.</p>\n",
                known);
}

/* --- one partner --- */

static void
put_figure(struct text *text, const char *what, money amount)
{
    text_format(text, "<tr><td>%s</td>", what);
    put_money_cell(text, amount);
    text_string(text, "</tr>\n");
}

static money
negative(money amount)
{
    return money_sub((money) { 0 }, amount);
}

static void
put_account(struct text *text, const struct statement_partner *partner)
{
    const struct statement_line *line = &partner->line;

    text_string(text, "<h2>Account</h2>\n<table><tbody>\n");
    put_figure(text, "Points issued and not withdrawn, at the issue price",
               negative(line->issue_cost));
    put_figure(text, "Points accepted, at the redeem price",
               line->redeem_credit);
    put_figure(text, "Vouchers, rewards and passes", line->voucher_credit);
    if (partner->adjustment_count > 0)
        put_figure(text, "Adjustments of earlier months",
                   statement_words_adjusted(partner));
    text_string(text, "</tbody></table>\n<div class=\"net\"><span>");
    text_string(text, line->net.minor < 0   ? "You pay the program"
                      : line->net.minor > 0 ? "The program pays you"
                                            : "Nobody pays anything");
    text_string(text, "</span><span>");
    put_money(text, line->net.minor < 0 ? negative(line->net) : line->net);
    text_string(text, "</span></div>\n");
}

static void
put_measures(struct text *text, const struct statement_line *line)
{
    text_string(text, "<h2>What it is made of</h2>\n<table><tbody>\n");
    for (enum measure m = 0; m < MEASURE_STATEMENT_COUNT; m++) {
        if (line->amounts[m] == 0)
            continue;
        text_format(text, "<tr><td>%s</td>", statement_words_title(m));
        if (statement_words_is_money(m))
            put_money_cell(text, (money) { line->amounts[m] });
        else
            put_integer_cell(text, line->amounts[m]);
        text_string(text, "</tr>\n");
    }
    text_string(text, "</tbody></table>\n");
}

static void
put_adjustments(struct text *text, const struct statement_partner *partner)
{
    if (partner->adjustment_count == 0)
        return;
    text_string(text,
                "<h2>Adjustments of earlier months</h2>\n<table><thead><tr>"
                "<th>Month</th><th>Issue cost</th><th>Points accepted</th>"
                "<th>Vouchers</th><th>Net</th></tr></thead><tbody>\n");
    for (uint32_t i = 0; i < partner->adjustment_count; i++) {
        const struct statement_adjustment *one = &partner->adjustments[i];
        text_string(text, "<tr><td>");
        put_month(text, one->period);
        text_string(text, "</td>");
        put_money_cell(text, negative(one->issue_cost));
        put_money_cell(text, one->redeem_credit);
        put_money_cell(text, one->voucher_credit);
        put_money_cell(text, one->net);
        text_string(text, "</tr>\n");
    }
    text_string(text, "</tbody></table>\n");
}

static void
put_line_cells(struct text *text, const struct statement_line *line)
{
    put_integer_cell(text, line->amounts[MEASURE_ISSUED]);
    put_integer_cell(text, line->amounts[MEASURE_REVERSED]);
    put_integer_cell(text, line->amounts[MEASURE_REDEEMED]);
    put_integer_cell(text, line->amounts[MEASURE_RESTORED]);
    put_money_cell(text, negative(line->issue_cost));
    put_money_cell(text, line->redeem_credit);
    put_money_cell(text, line->voucher_credit);
    put_money_cell(text, line->net);
    text_string(text, "</tr>\n");
}

#define LINE_HEADINGS                                                          \
    "<th>Issued</th><th>Withdrawn</th><th>Accepted</th><th>Reversed</th>"      \
    "<th>Issue cost</th><th>Points</th><th>Vouchers</th><th>Net</th></tr>"     \
    "</thead><tbody>\n"

static void
put_stores(struct text *text, const struct statement_partner *partner)
{
    struct statement_line sum = partner->line;

    if (partner->store_count == 0)
        return;
    sum.net = money_sub(sum.net, statement_words_adjusted(partner));
    text_string(
        text,
        "<h2>Stores</h2>\n<table><thead><tr><th>Store</th>" LINE_HEADINGS);
    for (uint32_t i = 0; i < partner->store_count; i++) {
        text_format(text, "<tr><td>%u</td>", partner->stores[i].store);
        put_line_cells(text, &partner->stores[i].line);
    }
    text_string(text, "<tr class=\"sum\"><td>all stores</td>");
    put_line_cells(text, &sum);
    text_string(text, "</tbody></table>\n");
}

static void
put_partner(struct text *text, const struct statement *statement,
            const struct statement_partner *partner)
{
    text_string(text, "<section>\n");
    put_header(text, statement, partner);
    put_account(text, partner);
    put_measures(text, &partner->line);
    put_adjustments(text, partner);
    put_stores(text, partner);
    text_string(text, "</section>\n");
}

/* --- the program --- */

static void
put_clearing(struct text *text, const struct statement *statement)
{
    if (statement->pair_count == 0)
        return;
    text_string(
        text, "<h2>Clearing: whose points were accepted where</h2>\n"
              "<table><thead><tr><th>Issued by</th>"
              "<th class=\"name\">Accepted by</th><th>Points</th></tr></thead>"
              "<tbody>\n");
    for (uint32_t i = 0; i < statement->pair_count; i++) {
        text_string(text, "<tr><td>");
        put_name(text, statement, statement->pairs[i].issuer);
        text_string(text, "</td><td class=\"name\">");
        put_name(text, statement, statement->pairs[i].acceptor);
        text_string(text, "</td>");
        put_integer_cell(text, statement->pairs[i].points);
        text_string(text, "</tr>\n");
    }
    text_string(text, "</tbody></table>\n");
}

static void
put_overview_row(struct text *text, const struct statement *statement,
                 const struct statement_partner *partner)
{
    text_string(text, "<tr><td>");
    put_name(text, statement, partner->partner);
    text_string(text, "</td>");
    put_money_cell(text, negative(partner->line.issue_cost));
    put_money_cell(text, partner->line.redeem_credit);
    put_money_cell(text, partner->line.voucher_credit);
    put_money_cell(text, statement_words_adjusted(partner));
    put_money_cell(text, partner->line.net);
    text_string(text, "</tr>\n");
}

static void
put_overview(struct text *text, const struct statement *statement)
{
    text_string(text, "<section>\n");
    put_header(text, statement, NULL);
    text_string(text, "<h2>Partners</h2>\n<table><thead><tr>"
                      "<th>Partner</th><th>Issue cost</th><th>Points</th>"
                      "<th>Vouchers</th><th>Adjustments</th><th>Net</th>"
                      "</tr></thead><tbody>\n");
    for (uint32_t i = 0; i < statement->partner_count; i++)
        put_overview_row(text, statement, &statement->partners[i]);
    text_string(text, "<tr class=\"sum\"><td>the program</td><td></td>"
                      "<td></td><td></td><td></td>");
    put_money_cell(text, statement->program_net);
    text_string(text, "</tr>\n</tbody></table>\n");
    put_clearing(text, statement);
    text_string(text, "</section>\n");
}

void
statement_html(struct text *text, const struct statement *statement,
               const struct statement_partner *partner)
{
    text_string(text, "<!DOCTYPE html>\n<html lang=\"en\"><head>"
                      "<meta charset=\"utf-8\"><meta name=\"viewport\" "
                      "content=\"width=device-width, initial-scale=1\">"
                      "<title>Settlement ");
    put_month(text, statement->period);
    if (partner != NULL) {
        text_char(text, ' ');
        put_escaped(text, partner->partner);
    }
    text_string(text, "</title>\n<style>\n");
    text_string(text, STYLE);
    text_string(text, "</style></head>\n<body>\n");
    if (partner == NULL)
        put_overview(text, statement);
    for (uint32_t i = 0; i < statement->partner_count; i++)
        if (partner == NULL || partner == &statement->partners[i])
            put_partner(text, statement, &statement->partners[i]);
    text_string(text, "</body></html>\n");
}
