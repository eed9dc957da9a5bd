/*
 * cmd_report.c - what happened, by store, partner, day, rule, goods ...
 *
 * The figures are sums over the same effects that settlement reads, so that
 * they agree with it; what the fold does not know (joins, who was active, how
 * the account was identified) comes from the events themselves, and those
 * fields that lie apart from them (cashier, entry) from the journal.
 */
#include "tools/cmd_report.h"

#include <inttypes.h>
#include <string.h>

#include "core/census.h"
#include "core/codec.h"
#include "core/reader.h"
#include "core/segment.h"
#include "core/text.h"
#include "tools/query.h"
#include "tools/summary.h"
#include "tools/table.h"

enum by {
    BY_STORE,
    BY_PARTNER,
    BY_GROUP,
    BY_DAY,
    BY_MONTH,
    BY_CASHIER,
    BY_REWARD,
    BY_RULE,
    BY_CATEGORY,
    BY_SKU,
    BY_COUNT,
};

static const char *const NAMES[] = {
    "store",   "partner", "group", "day",      "month",
    "cashier", "reward",  "rule",  "category", "sku",
};
static_assert(COUNT_OF(NAMES) == BY_COUNT, "a name for each");

enum { KEY_SIZE = 32 };

struct report {
    struct query query;
    enum by by;
    int64_t from_ms;               /* inclusive */
    int64_t to_ms;                 /* exclusive */
    const struct segment *segment; /* NULL: everybody */
    struct summary *summary;
    struct census *census;
    struct reader *reader;
    enum err err; /* of the steps */
    /* The account at work. */
    uint32_t event_index;
    bool joined;
    struct arena arena; /* amounts of purchases as they were */
    uint32_t left_count;
    money **left; /* of each purchase; NULL: none came back yet */
    /* The step at work. */
    struct event_annex annex;
};

/* --- keys --------------------------------------------------------------- */

static void
add_groups(struct report *report, const struct version *version, uint32_t store,
           enum summary_column column, int64_t amount)
{
    for (uint32_t i = 0;
         version != NULL && i < version->program->store_group_count; i++) {
        const struct program_store_group *group =
            &version->program->store_groups[i];
        if (store_set_has(&group->stores, store))
            summary_add(report->summary, group->id, column, amount);
    }
}

static void
add_number(struct report *report, uint32_t number, enum summary_column column,
           int64_t amount)
{
    char key[KEY_SIZE];

    snprintf(key, sizeof key, "%" PRIu32, number);
    summary_add(report->summary, view_of(key), column, amount);
}

static void
add_date(struct report *report, int64_t at_ms, enum summary_column column,
         int64_t amount)
{
    const struct zone *zone = &report->query.timeline->zone;
    char key[KEY_SIZE];

    if (report->by == BY_DAY)
        calendar_format_date(zone_day(zone, at_ms), key);
    else
        calendar_format_month(zone_month(zone, at_ms), key);
    summary_add(report->summary, view_of(key), column, amount);
}

static view
or_none(view key)
{
    return key.size > 0 ? key : view_of("-");
}

/* Something that happened at a store by the step. */
static void
add_at_store(struct report *report, const struct step *step, uint32_t store,
             int32_t partner, enum summary_column column, int64_t amount)
{
    const struct timeline *timeline = report->query.timeline;

    switch (report->by) {
    case BY_STORE:
        if (store != 0)
            add_number(report, store, column, amount);
        break;
    case BY_PARTNER:
        if (partner != PROGRAM_NONE)
            summary_add(report->summary,
                        timeline_name(timeline, NAME_PARTNER, partner), column,
                        amount);
        break;
    case BY_GROUP:
        add_groups(report, step->version, store, column, amount);
        break;
    case BY_DAY:
    case BY_MONTH:
        add_date(report, step->at_ms, column, amount);
        break;
    case BY_CASHIER:
        if (step->kind == STEP_EVENT)
            summary_add(report->summary, or_none(report->annex.cashier), column,
                        amount);
        break;
    case BY_REWARD:
    case BY_RULE:
    case BY_CATEGORY:
    case BY_SKU:
    case BY_COUNT:
        break;
    }
}

/* --- effects ------------------------------------------------------------ */

/* SUMMARY_COLUMNS: a measure that no report shows. */
static enum summary_column
column_of(enum measure measure)
{
    static const struct {
        enum measure measure;
        enum summary_column column;
    } COLUMNS[] = {
        { MEASURE_PURCHASES, SUMMARY_PURCHASES },
        { MEASURE_SALES, SUMMARY_SALES },
        { MEASURE_REFUNDS, SUMMARY_REFUNDS },
        { MEASURE_ISSUED, SUMMARY_ISSUED },
        { MEASURE_REDEEMED, SUMMARY_REDEEMED },
        { MEASURE_STAMPS, SUMMARY_STAMPS },
        { MEASURE_VOUCHERS_ISSUED, SUMMARY_VOUCHERS_ISSUED },
        { MEASURE_VOUCHERS_REDEEMED, SUMMARY_VOUCHERS_REDEEMED },
        { MEASURE_VOUCHERS_VALUE, SUMMARY_VOUCHERS_VALUE },
        { MEASURE_UNCOVERED, SUMMARY_UNCOVERED },
    };

    for (uint32_t i = 0; i < COUNT_OF(COLUMNS); i++)
        if (COLUMNS[i].measure == measure)
            return COLUMNS[i].column;
    return SUMMARY_COLUMNS;
}

static bool
is_of_reward(enum summary_column column)
{
    return column == SUMMARY_VOUCHERS_ISSUED ||
           column == SUMMARY_VOUCHERS_REDEEMED ||
           column == SUMMARY_VOUCHERS_VALUE || column == SUMMARY_UNCOVERED;
}

static void
add_effect(struct report *report, const struct step *step,
           const struct effect *effect)
{
    const struct timeline *timeline = report->query.timeline;
    enum summary_column column = column_of(effect->measure);

    if (report->by == BY_RULE) {
        if (effect->measure == MEASURE_RULE)
            summary_add(report->summary,
                        timeline_name(timeline, NAME_RULE, effect->name),
                        SUMMARY_ISSUED, effect->amount);
    } else if (column == SUMMARY_COLUMNS) {
        return;
    } else if (report->by == BY_REWARD) {
        if (is_of_reward(column) && effect->name != PROGRAM_NONE)
            summary_add(report->summary,
                        timeline_name(timeline, NAME_REWARD, effect->name),
                        column, effect->amount);
    } else {
        add_at_store(report, step, effect->store, effect->partner, column,
                     effect->amount);
    }
}

/* --- goods -------------------------------------------------------------- */

static uint32_t
line_count_of(const struct event *event)
{
    return event->sale.line_count > 0 ? event->sale.line_count : 1;
}

static view
goods_key(const struct report *report, const struct event *event,
          uint32_t index)
{
    if (event->sale.line_count == 0)
        return view_of("-");
    const struct event_line *line = &event->sale.lines[index];
    return or_none(report->by == BY_SKU ? line->sku : line->category);
}

/* The lines of a receipt, and the receipt once for each key. */
static void
add_goods(struct report *report, const struct event *event,
          enum summary_column column)
{
    uint32_t count = line_count_of(event);
    money *amounts = ARENA_NEW(&report->arena, money, count);

    event_line_amounts(event, amounts);
    for (uint32_t i = 0; i < count; i++) {
        view key = goods_key(report, event, i);
        bool first = column == SUMMARY_SALES;
        for (uint32_t n = 0; n < i && first; n++)
            first = !view_equal(key, goods_key(report, event, n));
        if (first)
            summary_add(report->summary, key, SUMMARY_PURCHASES, 1);
        summary_add(report->summary, key, column, amounts[i].minor);
    }
}

static money *
left_of(struct report *report, const struct purchase *purchase, uint32_t index)
{
    uint32_t count = line_count_of(purchase->event);

    if (report->left[index] == NULL) {
        report->left[index] = ARENA_NEW(&report->arena, money, count);
        event_line_amounts(purchase->event, report->left[index]);
    }
    return report->left[index];
}

/* What came back of which line is told by what is left of the purchases. */
static void
add_returned(struct report *report, const struct account *account, bool counts)
{
    if (account->bought.count > report->left_count) {
        money **left =
            ARENA_NEW(&report->arena, money *, account->bought.count * 2);
        for (uint32_t i = 0; i < report->left_count; i++)
            left[i] = report->left[i];
        report->left = left;
        report->left_count = account->bought.count * 2;
    }
    for (uint32_t i = 0; i < account->bought.count; i++) {
        const struct purchase *purchase = &account->bought.items[i];
        money *before = left_of(report, purchase, i);
        for (uint32_t n = 0; n < line_count_of(purchase->event); n++) {
            int64_t back = before[n].minor - purchase->left[n].minor;
            if (back > 0 && counts)
                summary_add(report->summary,
                            goods_key(report, purchase->event, n),
                            SUMMARY_REFUNDS, back);
            before[n] = purchase->left[n];
        }
    }
}

/* --- steps -------------------------------------------------------------- */

/* The fields of the event that lie apart from it. */
static void
read_annex(struct report *report, const struct event *event)
{
    const struct history_account *history = census_history(report->census);
    struct record_event stored;

    report->annex = (struct event_annex) { 0 };
    while (report->event_index < history->event_count &&
           history->events[report->event_index] != event)
        report->event_index++;
    if (report->event_index == history->event_count)
        return;
    enum err err = reader_event(
        report->reader, history->positions[report->event_index], &stored);
    if (err == OK)
        err = codec_decode_annex(stored.annex, &report->annex);
    if (err != OK && err != ERR_UNKNOWN && report->err == OK)
        report->err = err;
}

static void
add_event(struct report *report, const struct walk *walk)
{
    const struct step *step = &walk->step;
    const struct event *event = step->event;
    int32_t partner = timeline_partner_of(report->query.timeline, step->version,
                                          event->store);
    bool is_member = walk->account.id.member != 0;
    bool is_visit = event->kind == EVENT_PURCHASE ||
                    event->kind == EVENT_STAMP || event->kind == EVENT_PASS_USE;

    if (event->kind == EVENT_JOIN && !report->joined)
        add_at_store(report, step, event->store, partner, SUMMARY_JOINED, 1);
    if (is_member && is_visit)
        add_at_store(report, step, event->store, partner, SUMMARY_ACTIVE, 1);
    if (report->annex.entry == ENTRY_KEY)
        add_at_store(report, step, event->store, partner, SUMMARY_KEYED, 1);
    if (report->by != BY_CATEGORY && report->by != BY_SKU)
        return;
    if (event->kind == EVENT_PURCHASE)
        add_goods(report, event, SUMMARY_SALES);
    else if (event->kind == EVENT_RETURN && event->sale.receipt.size == 0)
        add_goods(report, event, SUMMARY_REFUNDS);
}

static void
take_step(void *context, const struct walk *walk)
{
    struct report *report = context;
    const struct step *step = &walk->step;
    bool counts = step->at_ms >= report->from_ms && step->at_ms < report->to_ms;
    bool is_event = step->kind == STEP_EVENT;

    if (is_event && step->event->kind == EVENT_RETURN &&
        (report->by == BY_CATEGORY || report->by == BY_SKU))
        add_returned(report, &walk->account, counts);
    if (counts && is_event) {
        read_annex(report, step->event);
        add_event(report, walk);
    }
    for (uint32_t i = 0; counts && i < step->effects->count; i++)
        add_effect(report, step, &step->effects->items[i]);
    if (is_event && step->event->kind == EVENT_JOIN)
        report->joined = true;
}

static enum err
run(struct report *report)
{
    const struct census_options options = {
        .known = report->query.question.known,
        .at_ms = report->to_ms - 1,
        .timeline = report->query.timeline,
        .step = take_step,
        .context = report,
    };
    const struct walk *walk;

    enum err err =
        reader_open(ledger_journal(report->query.ledger), &report->reader);
    if (err == OK)
        err = census_open(report->query.ledger, &options,
                          &report->query.complaint, &report->census);
    while (err == OK && (err = census_next(report->census, &walk)) == OK) {
        bool counts =
            report->segment == NULL ||
            segment_holds(report->segment, &walk->account, report->to_ms - 1);
        err = report->err != OK ? report->err
                                : summary_take(report->summary, counts);
        report->event_index = 0;
        report->joined = false;
        report->left = NULL;
        report->left_count = 0;
        arena_reset(&report->arena);
    }
    census_close(report->census);
    reader_close(report->reader);
    return err == ERR_NOT_FOUND ? OK : err;
}

/* --- telling ------------------------------------------------------------ */

static enum err
print_json(const struct report *report)
{
    struct text out = { 0 };
    uint32_t count;
    const struct summary_row *rows =
        summary_rows(report->summary, report->by == BY_STORE, &count);

    text_char(&out, '[');
    for (uint32_t i = 0; i < count; i++) {
        text_string(&out, i > 0 ? ",\n {" : "{");
        if (report->by == BY_STORE)
            text_format(&out, "\"store\": %.*s", (int)rows[i].key.size,
                        (const char *)rows[i].key.bytes);
        else
            text_json_view(&out, NAMES[report->by], rows[i].key);
        for (int c = 0; c < SUMMARY_COLUMNS; c++)
            text_json_integer(&out, summary_column_name((enum summary_column)c),
                              rows[i].amounts[c]);
        text_char(&out, '}');
    }
    text_string(&out, "]\n");
    bool done =
        text_ok(&out) && fwrite(out.bytes, 1, out.size, stdout) == out.size;
    text_close(&out);
    return done ? OK : ERR_IO;
}

static enum err
print_table(const struct report *report)
{
    struct table_column columns[SUMMARY_COLUMNS + 1] = {
        { NAMES[report->by], report->by == BY_STORE },
    };
    uint32_t count;
    const struct summary_row *rows =
        summary_rows(report->summary, report->by == BY_STORE, &count);

    for (int c = 0; c < SUMMARY_COLUMNS; c++)
        columns[c + 1] =
            (struct table_column) { summary_column_name((enum summary_column)c),
                                    true };
    struct table *table = table_open(columns, COUNT_OF(columns));
    for (uint32_t i = 0; table != NULL && i < count; i++) {
        table_row(table);
        table_view(table, rows[i].key);
        for (int c = 0; c < SUMMARY_COLUMNS; c++)
            if (summary_is_money((enum summary_column)c))
                table_money(table, rows[i].amounts[c]);
            else
                table_integer(table, rows[i].amounts[c]);
    }
    bool done = table != NULL && table_print(table, stdout);
    table_close(table);
    return done ? OK : ERR_IO;
}

/* --- the command -------------------------------------------------------- */

static bool
read_by(const struct arguments *arguments, enum by *ret_by)
{
    const char *name = command_option(arguments, "by");

    for (int i = 0; name != NULL && i < BY_COUNT; i++) {
        if (strcmp(NAMES[i], name) == 0) {
            *ret_by = (enum by)i;
            return true;
        }
    }
    command_misuse(arguments, "--by: expected store, partner, group, day, "
                              "month, cashier, reward, rule, category or sku");
    return false;
}

static bool
read_period(struct report *report)
{
    const struct arguments *arguments = report->query.arguments;
    const struct zone *zone = &report->query.timeline->zone;
    int32_t from = calendar_month_first_day(2000 * 12);
    int32_t to = INT32_MIN;

    if (!command_day(arguments, "from", &from) ||
        !command_day(arguments, "to", &to))
        return false;
    report->from_ms = zone_midnight_ms(zone, from);
    report->to_ms = to == INT32_MIN ? report->query.at_ms + 1
                                    : zone_midnight_ms(zone, to + 1);
    if (report->from_ms < report->to_ms)
        return true;
    command_misuse(arguments, "--from lies after --to");
    return false;
}

static enum err
read_segment(struct report *report)
{
    const char *text = command_option(report->query.arguments, "segment");

    if (text == NULL)
        return OK;
    return segment_read(view_of(text), report->query.timeline,
                        &report->query.lasting, &report->segment,
                        &report->query.complaint);
}

static enum command_status
report_all(struct report *report)
{
    if (!read_period(report))
        return COMMAND_MISUSE;
    enum err err = read_segment(report);
    if (err == OK)
        err = run(report);
    if (err == OK && command_flag(report->query.arguments, "json"))
        err = print_json(report);
    else if (err == OK)
        err = print_table(report);
    return err == OK ? COMMAND_DONE : query_fail(&report->query, err);
}

static enum command_status
report_command(const struct arguments *arguments)
{
    struct report report = { 0 };

    if (!read_by(arguments, &report.by))
        return COMMAND_MISUSE;
    enum command_status status =
        query_open(&report.query, arguments,
                   (struct query_options) { .mode = LEDGER_READ });
    if (status == COMMAND_DONE) {
        report.summary = summary_open();
        if (report.summary == NULL ||
            !arena_open(&report.arena, LIMIT_ARENA_SIZE))
            status = command_fail(arguments, ERR_MEMORY, "can't begin");
        else
            status = report_all(&report);
    }
    summary_close(report.summary);
    arena_close(&report.arena);
    query_close(&report.query);
    return status;
}

static const struct option OPTIONS[] = {
    { "by", "WHAT", "store, partner, group, day, month, cashier, ..." },
    { "from", "YYYY-MM-DD", "the first local date" },
    { "to", "YYYY-MM-DD", "the last local date (now)" },
    { "segment", "EXPR", "only these accounts, as judged at the end" },
    { 0 },
};

const struct command cmd_report_table[] = {
    { .name = "report",
      .run = report_command,
      .line = "what happened, by store, partner, day, cashier, rule ...",
      .usage = "LEDGER --by WHAT",
      .operands_min = 1,
      .operands_max = 1,
      .options = OPTIONS,
      .about = "WHAT is store, partner, group, day, month, cashier, reward, "
               "rule, category\nor sku.  Active are members with a purchase, "
               "a stamp or the use of a pass.\nBy reward only vouchers are "
               "counted, by rule only points, by goods only\npurchases, "
               "sales and refunds.\n",
      .examples = "leima report L --by store --from 2026-01-01 --to "
                  "2026-01-31\n"
                  "leima report L --by month --segment tier=gold --json\n" },
    { 0 },
};
