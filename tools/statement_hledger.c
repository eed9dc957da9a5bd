#include "tools/statement_hledger.h"

#include "tools/statement_words.h"

#include <stdio.h>

#define POINTS "program:points liability"
#define VOUCHERS "program:vouchers and passes"
#define PARTNER "partner:"

struct journal_text {
    struct text *text;
    view currency;
    view partner;
    money sum; /* of the transaction so far */
};

static void
put_amount(struct journal_text *journal, money amount)
{
    text_string(journal->text, "  ");
    statement_words_money(journal->text, amount, '.');
    text_char(journal->text, ' ');
    text_view_append(journal->text, journal->currency);
    journal->sum = money_add(journal->sum, amount);
}

static money
negative(money amount)
{
    return money_sub((money) { 0 }, amount);
}

/* What the partner owes more, and the account that it stands against. */
static void
put_pair(struct journal_text *journal, const char *against, money owed,
         const char *note)
{
    struct text *text = journal->text;

    if (owed.minor == 0)
        return;
    text_string(text, "    " PARTNER);
    text_view_append(text, journal->partner);
    put_amount(journal, owed);
    text_format(text, "  ; %s\n    %s", note, against);
    put_amount(journal, negative(owed));
    text_char(text, '\n');
}

static void
put_adjustment(struct journal_text *journal,
               const struct statement_adjustment *one)
{
    char month[8], note[64];

    calendar_format_month(one->period, month);
    snprintf(note, sizeof note, "issue cost, adjusts: %s", month);
    put_pair(journal, POINTS, one->issue_cost, note);
    snprintf(note, sizeof note, "redeem credit, adjusts: %s", month);
    put_pair(journal, POINTS, negative(one->redeem_credit), note);
    snprintf(note, sizeof note, "voucher credit, adjusts: %s", month);
    put_pair(journal, VOUCHERS, negative(one->voucher_credit), note);
}

static void
put_transaction(struct text *text, const struct statement *statement,
                const struct statement_partner *partner)
{
    struct journal_text journal = { .text = text,
                                    .currency = statement->currency,
                                    .partner = partner->partner };
    int32_t next = calendar_month_first_day(statement->period + 1);
    char date[11], month[8];

    calendar_format_date(next - 1, date);
    calendar_format_month(statement->period, month);
    text_format(text, "\n%s %s settlement ", date,
                statement->closed ? "*" : "!");
    text_view_append(text, partner->partner);
    text_format(text, "  ; period: %s\n", month);
    put_pair(&journal, POINTS, partner->line.issue_cost, "issue cost");
    put_pair(&journal, POINTS, negative(partner->line.redeem_credit),
             "redeem credit");
    put_pair(&journal, VOUCHERS, negative(partner->line.voucher_credit),
             "voucher credit");
    for (uint32_t i = 0; i < partner->adjustment_count; i++)
        put_adjustment(&journal, &partner->adjustments[i]);
    assert(journal.sum.minor == 0);
}

/* A transaction without postings would be none. */
static bool
has_postings(const struct statement_partner *partner)
{
    const struct statement_line *line = &partner->line;

    return line->issue_cost.minor != 0 || line->redeem_credit.minor != 0 ||
           line->voucher_credit.minor != 0 || partner->adjustment_count > 0;
}

static void
put_declarations(struct text *text, const struct statement *statement,
                 const struct statement_partner *only)
{
    text_string(text, "commodity 1000.00 ");
    text_view_append(text, statement->currency);
    text_string(text, "\naccount " POINTS "\naccount " VOUCHERS "\n");
    for (uint32_t i = 0; i < statement->partner_count; i++) {
        const struct statement_partner *partner = &statement->partners[i];
        if (only != NULL && only != partner)
            continue;
        text_string(text, "account " PARTNER);
        text_view_append(text, partner->partner);
        text_char(text, '\n');
    }
}

void
statement_hledger(struct text *text, const struct statement *statement,
                  const struct statement_partner *partner)
{
    char known[25];

    calendar_format_time(statement->known_ms, known);
    text_format(text, "; %s, known %s\n", statement->closed ? "closed" : "open",
                known);
    put_declarations(text, statement, partner);
    for (uint32_t i = 0; i < statement->partner_count; i++)
        if ((partner == NULL || partner == &statement->partners[i]) &&
            has_postings(&statement->partners[i]))
            put_transaction(text, statement, &statement->partners[i]);
}
