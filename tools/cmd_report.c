/* cmd_report.c - what happened in a period, by store, partner, day, ... */
#include "tools/cmd_report.h"

#include "core/breakdown.h"
#include "core/text.h"
#include "tools/csv.h"
#include "tools/query.h"
#include "tools/statement_words.h"
#include "tools/table.h"
#include "tools/vacant.h"

#include <sys/random.h>

enum { FORM_TABLE, FORM_JSON, FORM_CSV };
static const char *const FORMS[] = { "table", "json", "csv" };

struct report {
    struct query query;
    uint32_t form;
    struct breakdown_options options;
    bool has_from;
    struct breakdown breakdown;
    struct text text;
};

static bool
has(const struct report *report, int figure)
{
    return breakdown_has(report->options.by, (enum tally_figure)figure);
}

/* --- telling ------------------------------------------------------------ */

static void
write_row_json(const struct report *report, const struct tally_row *row,
               struct text *out)
{
    for (int k = 0; k < TALLY_FIGURES; k++)
        if (has(report, k))
            text_json_integer(out, tally_figure_name((enum tally_figure)k),
                              row->figures[k]);
    text_char(out, '}');
}

static void
write_key_json(struct report *report, view key, struct text *out)
{
    enum breakdown_by by = report->options.by;
    const char *name = breakdown_by_name(by);

    if (key.size == 0) {
        text_json_null(out, name);
    } else if (by == BREAKDOWN_BY_STORE) {
        text_json_integer(out, name, tally_key_parse(key));
    } else {
        text_clear(&report->text);
        breakdown_key_text(by, key, &report->text);
        text_json_view(out, name, text_view(&report->text));
    }
}

static void
write_json(struct report *report, struct text *out)
{
    const struct breakdown *breakdown = &report->breakdown;

    text_char(out, '{');
    text_json_view(out, "by", view_of(breakdown_by_name(report->options.by)));
    if (report->has_from)
        text_json_time(out, "from", report->options.from_ms);
    else
        text_json_null(out, "from");
    text_json_time(out, "until", report->options.until_ms);
    text_json_key(out, "rows");
    text_char(out, '[');
    for (uint32_t i = 0; i < breakdown->row_count; i++) {
        text_string(out, i > 0 ? ",\n  {" : "\n  {");
        write_key_json(report, breakdown->rows[i].key, out);
        write_row_json(report, &breakdown->rows[i], out);
    }
    text_string(out, "],\n");
    text_json_key(out, "total");
    text_char(out, '{');
    write_row_json(report, &breakdown->total, out);
    text_string(out, "}\n");
}

static void
write_figure(struct text *out, enum tally_figure figure, int64_t value,
             bool excel)
{
    if (excel && tally_figure_is_money(figure))
        statement_words_money(out, (money) { value }, ',');
    else
        text_integer(out, value);
}

/* Keys may be what somebody typed in at a till: no spreadsheet program is to
 * take them for formulas. */
static void
write_csv(struct report *report, struct text *out)
{
    const struct breakdown *breakdown = &report->breakdown;
    const bool excel = command_flag(report->query.arguments, "excel");
    const char delimiter = excel ? ';' : ',';

    if (excel)
        text_string(out, "\xef\xbb\xbf");
    text_string(out, breakdown_by_name(report->options.by));
    for (int k = 0; k < TALLY_FIGURES; k++)
        if (has(report, k))
            text_format(out, "%c%s", delimiter,
                        tally_figure_name((enum tally_figure)k));
    text_string(out, excel ? "\r\n" : "\n");
    for (uint32_t i = 0; i < breakdown->row_count; i++) {
        const struct tally_row *row = &breakdown->rows[i];
        text_clear(&report->text);
        breakdown_key_text(report->options.by, row->key, &report->text);
        csv_write_defused(out, text_view(&report->text), delimiter);
        for (int k = 0; k < TALLY_FIGURES; k++) {
            if (!has(report, k))
                continue;
            text_char(out, delimiter);
            write_figure(out, (enum tally_figure)k, row->figures[k], excel);
        }
        text_string(out, excel ? "\r\n" : "\n");
    }
}

static enum err
print_text(struct report *report)
{
    struct text out = { 0 };

    if (report->form == FORM_JSON)
        write_json(report, &out);
    else
        write_csv(report, &out);
    enum err err = text_ok(&out) && text_ok(&report->text) ? OK : ERR_MEMORY;
    if (err == OK && fwrite(out.bytes, 1, out.size, stdout) != out.size)
        err = ERR_IO;
    text_close(&out);
    return err;
}

static void
put_row(const struct report *report, struct table *table, view key,
        const struct tally_row *row)
{
    table_row(table);
    table_view(table, key);
    for (int k = 0; k < TALLY_FIGURES; k++) {
        if (!has(report, k))
            continue;
        if (tally_figure_is_money((enum tally_figure)k))
            table_money(table, row->figures[k]);
        else
            table_integer(table, row->figures[k]);
    }
}

static enum err
print_table(struct report *report)
{
    const struct breakdown *breakdown = &report->breakdown;
    struct table_column columns[TALLY_FIGURES + 1] = {
        { breakdown_by_name(report->options.by),
          report->options.by == BREAKDOWN_BY_STORE },
    };
    uint32_t count = 1;

    for (int k = 0; k < TALLY_FIGURES; k++)
        if (has(report, k))
            columns[count++] =
                (struct table_column) { tally_figure_name((enum tally_figure)k),
                                        true };
    struct table *table = table_open(columns, count);
    if (table == NULL)
        return ERR_MEMORY;
    table_keys(table, 1);
    for (uint32_t i = 0; i < breakdown->row_count; i++) {
        const struct tally_row *row = &breakdown->rows[i];
        text_clear(&report->text);
        breakdown_key_text(report->options.by, row->key, &report->text);
        put_row(report, table,
                row->key.size == 0 ? view_of("-") : text_view(&report->text),
                row);
    }
    put_row(report, table, view_of("total"), &breakdown->total);
    bool done = table_print(table, stdout);
    table_close(table);
    return done ? OK : ERR_IO;
}

/* --- what is asked ------------------------------------------------------ */

static bool
read_words(struct report *report, const struct arguments *arguments)
{
    const char *by = command_option(arguments, "by");

    if (by == NULL || !breakdown_by_parse(view_of(by), &report->options.by)) {
        struct quoted found = err_quote(view_of(by == NULL ? "" : by));
        command_misuse(arguments,
                       "--by: expected store, partner, group, day, month, "
                       "cashier, reward, rule, category or sku%s%s",
                       by == NULL ? "" : ", found ",
                       by == NULL ? "" : found.text);
        return false;
    }
    return command_form(arguments, FORMS, COUNT_OF(FORMS), &report->form);
}

/* From the first instant of a date through the last one of another, and in no
 * case beyond --at. */
static bool
read_period(struct report *report)
{
    const struct arguments *arguments = report->query.arguments;
    const struct zone *zone = &report->query.timeline->zone;
    struct breakdown_options *options = &report->options;
    int32_t from = EVENT_NO_DAY;
    int32_t to = EVENT_NO_DAY;

    if (!command_day(arguments, "from", &from) ||
        !command_day(arguments, "to", &to))
        return false;
    report->has_from = from != EVENT_NO_DAY;
    options->from_ms =
        report->has_from ? zone_midnight_ms(zone, from) : INT64_MIN;
    options->until_ms = report->query.at_ms;
    if (to != EVENT_NO_DAY) {
        int64_t end_ms = zone_midnight_ms(zone, to + 1) - 1;
        if (end_ms < options->until_ms ||
            command_option(arguments, "at") == NULL)
            options->until_ms = end_ms;
    }
    if (!report->has_from || to == EVENT_NO_DAY || from <= to)
        return true;
    command_misuse(arguments, "--from: expected a date not after --to");
    return false;
}

static bool
read_segment(struct report *report)
{
    struct query *query = &report->query;
    const char *text = command_option(query->arguments, "segment");

    if (text == NULL ||
        segment_read(view_of(text), query->timeline, &query->lasting,
                     &report->options.segment, &query->complaint) == OK)
        return true;
    command_misuse(query->arguments, "--segment: %s", query->complaint.text);
    return false;
}

static enum err
make(struct report *report)
{
    struct query *query = &report->query;
    struct breakdown_options *options = &report->options;
    options->known = query->question.known;
    options->timeline = query->timeline;
    /* Without randomness the tables still work, only guessably. */
    if (getrandom(&options->seed, sizeof options->seed, GRND_NONBLOCK) < 0)
        options->seed = (uint64_t)(uintptr_t)report;
    return breakdown_make(query->ledger, options, &query->account,
                          &report->breakdown, &query->complaint);
}

static enum command_status
report_command(const struct arguments *arguments)
{
    struct report report = { .form = FORM_TABLE };

    if (!read_words(&report, arguments))
        return COMMAND_MISUSE;
    enum command_status status = query_open(
        &report.query, arguments,
        (struct query_options) { .mode = LEDGER_READ, .is_asked = true });
    if (status == COMMAND_DONE &&
        (!read_period(&report) || !read_segment(&report)))
        status = COMMAND_MISUSE;
    if (status == COMMAND_DONE) {
        enum err err = make(&report);
        if (err == OK)
            err = report.form == FORM_TABLE ? print_table(&report)
                                            : print_text(&report);
        if (err != OK)
            status = query_fail(&report.query, err);
        else if (report.breakdown.row_count == 0)
            vacant_tell("report", report.query.ledger, &report.query.lasting,
                        report.options.segment == NULL
                            ? "nothing happened in those days"
                            : "those accounts did nothing in those days");
    }
    text_close(&report.text);
    query_close(&report.query);
    return status;
}

/* --- the table ---------------------------------------------------------- */

static const struct option REPORT_OPTIONS[] = {
    QUERY_OPTIONS,
    { "by", "WHAT", "store, partner, group, day, month, cashier, ..." },
    { "from", "YYYY-MM-DD", "the first local date (the beginning)" },
    { "to", "YYYY-MM-DD", "the last local date (now)" },
    { "segment", "EXPR", "only these accounts, judged at the end" },
    { "format", "json|csv", "not the table for people" },
    { "excel", NULL, "csv with semicolons, decimal commas and a BOM" },
    { 0 },
};

const struct command cmd_report_table[] = {
    { .name = "report",
      .run = report_command,
      .line = "what happened, by store, partner, day, cashier, rule, ...",
      .usage = "LEDGER --by WHAT",
      .operands_min = 1,
      .operands_max = 1,
      .options = REPORT_OPTIONS,
      .about =
          "WHAT says what a row is:\n"
          "  store, partner   as in a statement: a return's points stand with "
          "the store\n"
          "                   of the purchase, a funded rule's with its "
          "funder\n"
          "  group            store groups of the program; a store in two "
          "counts in both\n"
          "  day, month       local, of the instant at which it took effect\n"
          "  cashier          who served; what the clock does has none\n"
          "  reward           its vouchers, and the points that it cost; none: "
          "points\n"
          "                   redeemed as money\n"
          "  rule             what it gave, at which receipts; none: other "
          "points and\n"
          "                   vouchers, and receipts at which no rule gave\n"
          "  category, sku    what its lines came to after the receipt's off; "
          "a category\n"
          "                   holds its parts (garden: garden.furniture too)\n"
          "\n"
          "joined: first joins.  active_members: members, each once, with a "
          "purchase, a\nstamp or the use of a pass.  purchases, sales: "
          "receipts and their totals, also\nfrom before the first version.  "
          "The other figures are those of settle: issued,\nreversed (by "
          "returns), redeemed, restored (by reversals), expired, vouchers "
          "and\nuncovered rewards less those reversed.  stamps: put on cards "
          "less those taken\nback.  keyed: events whose account was keyed "
          "in.  Voided events count nowhere.\n"
          "The total counts each account and receipt once.\n\n"
          "In csv, money is in cents (--excel: with a decimal comma), and "
          "an apostrophe is\nput before what a spreadsheet program would take "
          "for a formula.\n\n"
          "For EXPR see leima segment --help.\n",
      .examples = "leima report L --by store --from 2026-01-01 --to "
                  "2026-01-31\n"
                  "leima report L --by month --segment tier=gold --json\n"
                  "leima report L --by sku --format csv >goods.csv\n"
                  "leima report L --by cashier --excel >cashiers.csv\n" },
    { 0 },
};
