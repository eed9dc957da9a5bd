/*
 * cmd_dispute.c - `settle explain`: the events behind a figure of a statement
 *
 * Of a closed period the history is asked as it was known at its close, so
 * that the rows add up to the figures that were signed.
 */
#include "tools/cmd_dispute.h"

#include "core/dispute.h"
#include "core/statement.h"
#include "tools/evidence.h"
#include "tools/query.h"
#include "tools/statement_words.h"
#include "tools/table.h"
#include "tools/vacant.h"

struct dispute {
    const struct arguments *arguments;
    struct ledger *ledger;
    struct arena arena;
    struct complaint complaint;
    struct dispute_question question;
    struct closing_books books;
    bool masked;
    bool json;
    struct table *table;
    uint64_t count;
    struct text line;
    int64_t amounts[MEASURE_COUNT];
    micro moneys[MEASURE_COUNT];
};

static void
name_of(const struct dispute *dispute, account_id account,
        char text[static ACCOUNT_SIZE])
{
    if (dispute->masked)
        dispute_mask(account, text);
    else
        account_format(account, text);
}

static const char *
measure_name(enum measure measure)
{
    return measure == MEASURE_CLEARING ? "clearing"
                                       : effect_measure_name(measure);
}

static bool
has_money(enum measure measure)
{
    return measure < MEASURE_STATEMENT_COUNT &&
           effect_figure(measure) != FIGURE_NONE;
}

/* --- rows --- */

static void
put_exact(struct text *text, micro exact)
{
    text_char(text, '"');
    statement_words_micro(text, exact, '.');
    text_char(text, '"');
}

static void
put_json_row(struct dispute *dispute, const struct dispute_row *row)
{
    char account[ACCOUNT_SIZE], event[IDENTITY_SIZE];
    struct text *text = &dispute->line;

    name_of(dispute, row->account, account);
    text_clear(text);
    text_char(text, '{');
    text_json_view(text, "account", view_of(account));
    if (row->event.node == 0) {
        text_json_null(text, "event");
    } else {
        identity_format(row->event, event);
        text_json_view(text, "event", view_of(event));
    }
    text_json_time(text, "at", row->at_ms);
    text_json_view(text, "kind", view_of(row->kind));
    if (row->store == 0)
        text_json_null(text, "store");
    else
        text_json_integer(text, "store", row->store);
    text_json_view(text, "partner", row->partner);
    if (row->other.size > 0)
        text_json_view(text, "acceptor", row->other);
    text_json_view(text, "measure", view_of(measure_name(row->measure)));
    text_json_integer(text, "amount", row->amount);
    if (has_money(row->measure)) {
        text_json_key(text, "money");
        put_exact(text, row->money);
    }
    text_char(text, '}');
    printf("%s%.*s", dispute->count == 0 ? "\n  " : ",\n  ", (int)text->size,
           (const char *)text->bytes);
}

static void
put_amount(struct table *table, enum measure measure, int64_t amount)
{
    if (measure < MEASURE_STATEMENT_COUNT && statement_words_is_money(measure))
        table_money(table, amount);
    else
        table_integer(table, amount);
}

static void
put_table_row(struct dispute *dispute, const struct dispute_row *row)
{
    char account[ACCOUNT_SIZE], event[IDENTITY_SIZE] = "", at[25];

    name_of(dispute, row->account, account);
    calendar_format_time(row->at_ms, at);
    if (row->event.node != 0)
        identity_format(row->event, event);
    text_clear(&dispute->line);
    if (has_money(row->measure))
        statement_words_micro(&dispute->line, row->money, '.');
    table_row(dispute->table);
    table_text(dispute->table, account);
    table_text(dispute->table, event);
    table_text(dispute->table, at);
    table_text(dispute->table, row->kind);
    if (row->store == 0)
        table_text(dispute->table, "");
    else
        table_integer(dispute->table, row->store);
    table_view(dispute->table, row->partner);
    if (dispute->question.measure == DISPUTE_CLEARING)
        table_view(dispute->table, row->other);
    table_text(dispute->table, measure_name(row->measure));
    put_amount(dispute->table, row->measure, row->amount);
    if (dispute->question.measure != DISPUTE_CLEARING)
        table_view(dispute->table, text_view(&dispute->line));
}

static void
take_row(void *context, const struct dispute_row *row)
{
    struct dispute *dispute = context;

    if (dispute->json)
        put_json_row(dispute, row);
    else
        put_table_row(dispute, row);
    dispute->count++;
    dispute->amounts[row->measure] =
        amount_add(dispute->amounts[row->measure], row->amount);
    dispute->moneys[row->measure] =
        micro_add(dispute->moneys[row->measure], row->money);
}

/* --- sums --- */

/* The three figures of a statement that are money. */
static const struct {
    const char *name;
    enum figure figure;
} FIGURES[] = {
    { "issue_cost", FIGURE_ISSUE_COST },
    { "redeem_credit", FIGURE_REDEEM_CREDIT },
    { "voucher_credit", FIGURE_VOUCHER_CREDIT },
};

/* What the rows add to a figure; false: nothing of it was listed. */
static bool
sum_figure(const struct dispute *dispute, enum figure figure, micro *ret_sum)
{
    micro sum = { 0 };
    bool listed = false;

    for (enum measure m = 0; m < MEASURE_STATEMENT_COUNT; m++) {
        if (effect_figure(m) != figure)
            continue;
        listed =
            listed || dispute->amounts[m] != 0 || dispute->moneys[m].value != 0;
        sum = micro_add(sum, dispute->moneys[m]);
    }
    *ret_sum = sum;
    return listed;
}

/* "money" is the one figure that the rows are about; costs and credits are not
 * added to each other. */
static void
put_json_sums(struct dispute *dispute)
{
    struct text *text = &dispute->line;
    uint32_t listed = 0;
    micro exact = { 0 }, sum;

    text_clear(text);
    text_string(text, "],\n \"sums\": {");
    for (enum measure m = 0; m <= MEASURE_CLEARING; m++)
        if (dispute->amounts[m] != 0)
            text_json_integer(text, measure_name(m), dispute->amounts[m]);
    text_string(text, "},\n \"figures\": {");
    for (uint32_t i = 0; i < COUNT_OF(FIGURES); i++) {
        if (!sum_figure(dispute, FIGURES[i].figure, &sum))
            continue;
        text_json_key(text, FIGURES[i].name);
        put_exact(text, sum);
        exact = sum;
        listed++;
    }
    text_string(text, "},\n \"money\": ");
    if (listed > 1)
        text_string(text, "null");
    else
        put_exact(text, exact);
    text_string(text, "}\n");
    fwrite(text->bytes, 1, text->size, stdout);
}

/* Starts a row of a sum, up to its name. */
static void
put_sum_name(struct dispute *dispute, const char *name)
{
    int empty = dispute->question.measure == DISPUTE_CLEARING ? 6 : 5;

    table_row(dispute->table);
    table_text(dispute->table, "sum");
    for (int i = 0; i < empty; i++)
        table_text(dispute->table, "");
    table_text(dispute->table, name);
}

static void
put_sum_money(struct dispute *dispute, micro sum)
{
    text_clear(&dispute->line);
    statement_words_micro(&dispute->line, sum, '.');
    table_view(dispute->table, text_view(&dispute->line));
}

static void
put_table_sums(struct dispute *dispute)
{
    micro sum;

    for (enum measure m = 0; m <= MEASURE_CLEARING; m++) {
        if (dispute->amounts[m] == 0)
            continue;
        put_sum_name(dispute, measure_name(m));
        put_amount(dispute->table, m, dispute->amounts[m]);
        if (has_money(m))
            put_sum_money(dispute, dispute->moneys[m]);
    }
    for (uint32_t i = 0; i < COUNT_OF(FIGURES); i++) {
        if (!sum_figure(dispute, FIGURES[i].figure, &sum))
            continue;
        put_sum_name(dispute, FIGURES[i].name);
        table_text(dispute->table, "");
        put_sum_money(dispute, sum);
    }
}

/* --- the question --- */

static enum command_status
fail(const struct dispute *dispute, enum err err)
{
    return command_fail(dispute->arguments, err, "%s", dispute->complaint.text);
}

/* Sales that came to the hub that has closed it just before, and here just
 * after, are few, and of another month; where this one was taken up late they
 * may be many. */
static void
tell_inexact(void)
{
    fprintf(stderr, "leima settle explain: %s\n", evidence_words_inexact());
}

/* What was known: at the close of the period, or now; of an adjustment since
 * the close before. */
static enum command_status
set_known(struct dispute *dispute, int32_t adjusted)
{
    struct dispute_question *question = &dispute->question;
    const struct closing_books *books = &dispute->books;
    enum err err;
    bool exact;

    dispute->complaint = (struct complaint) { .text = "the heads of a close" };
    if (adjusted == PROGRAM_NONE)
        err = closing_known(dispute->ledger,
                            closing_find(books, question->period),
                            &question->known, &exact);
    else
        err = evidence_span(dispute->ledger, books, question->period,
                            &question->known_before, &question->known, &exact);
    if (err == ERR_NOT_FOUND)
        return command_fail(dispute->arguments, ERR_NOT_FOUND,
                            "this period has no adjustments: the one before "
                            "it is not closed");
    if (err != OK)
        return fail(dispute, err);
    if (!exact)
        tell_inexact();
    if (adjusted == PROGRAM_NONE)
        return COMMAND_DONE;
    question->is_difference = true;
    question->period = adjusted;
    return COMMAND_DONE;
}

static struct table *
open_table(bool is_clearing)
{
    static const struct table_column COLUMNS[] = {
        { "ACCOUNT", false }, { "EVENT", false }, { "AT", false },
        { "KIND", false },    { "STORE", true },  { "PARTNER", false },
        { "MEASURE", false }, { "AMOUNT", true }, { "MONEY", true },
    };
    static const struct table_column CLEARING[] = {
        { "ACCOUNT", false },  { "EVENT", false },   { "AT", false },
        { "KIND", false },     { "STORE", true },    { "PARTNER", false },
        { "ACCEPTOR", false }, { "MEASURE", false }, { "AMOUNT", true },
    };
    static_assert(COUNT_OF(COLUMNS) == COUNT_OF(CLEARING), "as many");

    return table_open(is_clearing ? CLEARING : COLUMNS, COUNT_OF(COLUMNS));
}

static enum err
print(struct dispute *dispute)
{
    if (dispute->json) {
        printf("{\"rows\": [");
    } else {
        dispute->table =
            open_table(dispute->question.measure == DISPUTE_CLEARING);
        if (dispute->table == NULL)
            return ERR_MEMORY;
    }
    enum err err = dispute_list(dispute->ledger, &dispute->question, take_row,
                                dispute, &dispute->complaint);
    if (err == OK && dispute->json) {
        put_json_sums(dispute);
    } else if (err == OK) {
        put_table_sums(dispute);
        err = table_print(dispute->table, stdout) ? OK : ERR_IO;
    }
    table_close(dispute->table);
    return err;
}

static enum command_status
run(struct dispute *dispute, int32_t adjusted)
{
    enum err err =
        closing_read(dispute->ledger, LEDGER_KNOWN_ALL, &dispute->arena,
                     &dispute->books, &dispute->complaint);
    if (err != OK)
        return fail(dispute, err);
    enum command_status status = set_known(dispute, adjusted);
    if (status != COMMAND_DONE)
        return status;
    err = print(dispute);
    if (err != OK)
        return fail(dispute, err);
    const struct vacant vacant = { "settle explain", dispute->ledger,
                                   &dispute->books, &dispute->arena };
    if (dispute->count == 0)
        vacant_tell_rows(&vacant, &dispute->question);
    return COMMAND_DONE;
}

static enum command_status
read_measure(struct dispute *dispute, const char *name)
{
    struct mistake_guess guess = mistake_guess_start(view_of(name));
    struct mistake_quote quote;

    if (dispute_parse(view_of(name), &dispute->question.measure, &guess))
        return COMMAND_DONE;
    return command_misuse(dispute->arguments,
                          "--measure: expected a measure of the statement, "
                          "issue_cost, redeem_credit, voucher_credit or "
                          "clearing, found \"%s\"%s",
                          name, mistake_guess_words(&guess, &quote));
}

static enum command_status
read_options(struct dispute *dispute, int32_t *ret_adjusted)
{
    const struct arguments *arguments = dispute->arguments;
    struct dispute_question *question = &dispute->question;
    const char *partner = command_option(arguments, "partner");
    const char *measure = command_option(arguments, "measure");
    int64_t store = 0;

    question->period = PROGRAM_NONE;
    question->measure = DISPUTE_ALL;
    question->now_ms = command_now_ms();
    if (!command_month(arguments, "period", &question->period) ||
        !command_month(arguments, "adjustment", ret_adjusted) ||
        !command_integer(arguments, "store", 0, LIMIT_STORE, &store))
        return COMMAND_MISUSE;
    if (question->period == PROGRAM_NONE)
        return command_misuse(arguments, "--period YYYY-MM is needed");
    if (*ret_adjusted != PROGRAM_NONE && *ret_adjusted >= question->period)
        return command_misuse(arguments,
                              "--adjustment: expected a month before --period");
    if (partner != NULL)
        question->partner = view_of(partner);
    question->by_store = command_option(arguments, "store") != NULL;
    question->store = (uint32_t)store;
    return measure == NULL ? COMMAND_DONE : read_measure(dispute, measure);
}

static enum command_status
explain(const struct arguments *arguments)
{
    struct dispute dispute = { .arguments = arguments,
                               .masked = command_flag(arguments, "masked"),
                               .json = command_flag(arguments, "json") };
    const char *partner = command_option(arguments, "partner");
    int32_t adjusted = PROGRAM_NONE;

    enum command_status status = read_options(&dispute, &adjusted);
    if (status == COMMAND_DONE)
        status = query_ledger(arguments, LEDGER_READ, &dispute.ledger);
    if (status == COMMAND_DONE && partner != NULL)
        status = query_partner(arguments, dispute.ledger, partner);
    if (status == COMMAND_DONE)
        status = arena_open(&dispute.arena, LIMIT_ARENA_SIZE)
                     ? run(&dispute, adjusted)
                     : command_fail(arguments, ERR_MEMORY, "settle explain");
    arena_close(&dispute.arena);
    text_close(&dispute.line);
    ledger_close(dispute.ledger);
    return status;
}

static const struct option OPTIONS[] = {
    { "period", "YYYY-MM", "the statement's month" },
    { "partner", "ID", "of this partner (all)" },
    { "store", "N", "at this store; 0: what has no store" },
    { "measure", "NAME", "one measure only (all)" },
    { "adjustment", "YYYY-MM", "the statement's adjustment of that month" },
    { "masked", NULL, "members by masked numbers, as for a partner" },
    { 0 },
};

const struct command cmd_dispute_table[] = {
    { .name = "settle explain",
      .run = explain,
      .line = "the events behind a figure of a statement",
      .usage = "LEDGER --period YYYY-MM",
      .operands_min = 1,
      .operands_max = 1,
      .options = OPTIONS,
      .about = "Lists what each event (or change by the clock) adds to the "
               "figures; the rows add\n"
               "up to them.  Of a closed period that is as known at its close. "
               " With\n"
               "--adjustment: what came to count otherwise in that month since "
               "the close before.\n"
               "Money is exact, a statement rounds it once.\n"
               "\n"
               "NAME is a measure of the statement (issued, redeemed, ...), or "
               "issue_cost,\n"
               "redeem_credit, voucher_credit or clearing.\n",
      .examples = "leima settle explain hub --period 2026-10 --partner cafe "
                  "--measure issued\n"
                  "leima settle explain hub --period 2026-10 --partner cafe "
                  "--adjustment 2026-09\n" },
    { 0 },
};
