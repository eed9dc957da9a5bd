/*
 * cmd_account.c - what an account has, why, and what it may do with it
 *
 * JSON comes from core/ as CLI.md fixes it; the tables for people are made
 * from that same JSON, so that both always say the same.
 */
#include "tools/cmd_account.h"

#include "core/balance.h"
#include "core/census.h"
#include "core/explain.h"
#include "core/json.h"
#include "core/scalar.h"
#include "tools/csv.h"
#include "tools/query.h"
#include "tools/table.h"
#include "tools/vacant.h"

#include <string.h>

/* --- JSON for people ---------------------------------------------------- */

static void write_value(struct text *out, const struct json_tree *node);

/* "cup 2" of {"reward": "cup", "count": 2}: the values of the keys that are
 * there and not null. */
static void
write_object(struct text *out, const struct json_tree *node)
{
    static const char *const KEYS[] = { "rule",    "reward",     "pass",
                                        "partner", "points",     "count",
                                        "uses",    "expires_at", "why" };
    bool first = true;

    for (uint32_t i = 0; i < COUNT_OF(KEYS); i++) {
        const struct json_tree *value = json_get(node, KEYS[i]);
        if (value == NULL || json_type_of(value) == JSON_TYPE_NULL)
            continue;
        if (!first)
            text_char(out, ' ');
        write_value(out, value);
        first = false;
    }
}

static void
write_value(struct text *out, const struct json_tree *node)
{
    int64_t number = 0;
    view string = { 0 };
    bool yes = false;

    if (json_get_integer(node, &number)) {
        text_integer(out, number);
    } else if (json_get_string(node, &string)) {
        text_view_append(out, string);
    } else if (json_get_bool(node, &yes)) {
        text_string(out, yes ? "yes" : "no");
    } else if (node != NULL && json_type_of(node) == JSON_TYPE_OBJECT) {
        write_object(out, node);
    } else {
        for (uint32_t i = 0; i < json_count(node); i++) {
            if (i > 0)
                text_string(out, ", ");
            write_value(out, json_at(node, i));
        }
    }
}

/* The cell of a key; `out` is scratch. */
static void
put_cell(struct table *table, const struct json_tree *node, const char *key,
         struct text *out)
{
    text_clear(out);
    write_value(out, json_get(node, key));
    table_view(table, text_view(out));
}

/* "coffee 3, lunch 1" of {"coffee": 3, "lunch": 1}. */
static void
write_map(struct text *out, const struct json_tree *map, bool is_money)
{
    struct json_entry entry = { 0 };
    int64_t minor = 0;

    while (json_next(map, &entry)) {
        if (out->size > 0)
            text_string(out, ", ");
        text_view_append(out, entry.key);
        text_char(out, ' ');
        if (is_money && json_get_integer(entry.value, &minor))
            scalar_number_write(minor, 2, out);
        else
            write_value(out, entry.value);
    }
}

/* --- balance ------------------------------------------------------------ */

static const char *const SCALARS[] = {
    "account",    "at",         "joined",         "home_store",
    "available",  "pending",    "debt",           "balance",
    "tier",       "tier_since", "tier_until",     "window_spend",
    "purchases",  "spend",      "first_purchase", "last_purchase",
    "last_visit",
};
static const char *const MAPS[] = { "stamps", "spend_progress", "consents" };
static const char *const LISTS[] = { "lots", "vouchers", "passes" };

/* JSON has cents; a person reads units. */
static bool
is_money(const char *key)
{
    return strcmp(key, "spend") == 0 || strcmp(key, "window_spend") == 0 ||
           strcmp(key, "spend_progress") == 0;
}

static bool
print_balance(view json)
{
    static const struct table_column COLUMNS[] = { { "", false },
                                                   { "", false } };
    struct table *table = table_open(COLUMNS, COUNT_OF(COLUMNS));
    struct json_tree *tree = NULL;
    struct complaint complaint;
    struct text out = { 0 };
    bool done = false;

    if (table == NULL || json_open(json, &tree, &complaint) != OK)
        goto done;
    for (uint32_t i = 0; i < COUNT_OF(SCALARS); i++) {
        table_row(table);
        table_text(table, SCALARS[i]);
        int64_t minor = 0;
        if (is_money(SCALARS[i]) &&
            json_get_integer(json_get(tree, SCALARS[i]), &minor))
            table_money(table, minor);
        else
            put_cell(table, tree, SCALARS[i], &out);
    }
    for (uint32_t i = 0; i < COUNT_OF(MAPS); i++) {
        table_row(table);
        table_text(table, MAPS[i]);
        text_clear(&out);
        write_map(&out, json_get(tree, MAPS[i]), is_money(MAPS[i]));
        table_view(table, text_view(&out));
    }
    for (uint32_t i = 0; i < COUNT_OF(LISTS); i++) {
        const struct json_tree *list = json_get(tree, LISTS[i]);
        for (uint32_t n = 0; n < json_count(list); n++) {
            table_row(table);
            table_text(table, n == 0 ? LISTS[i] : "");
            text_clear(&out);
            write_value(&out, json_at(list, n));
            table_view(table, text_view(&out));
        }
    }
    done = table_print(table, stdout);
done:
    text_close(&out);
    json_close(tree);
    table_close(table);
    return done;
}

static enum command_status
balance_one(struct query *query, uint32_t index, struct text *json)
{
    account_id id;
    const struct account *account;

    if (!command_account(query->arguments, index, &id))
        return COMMAND_MISUSE;
    enum err err = query_account(query, id, &account);
    if (err != OK)
        return query_fail(query, err);
    if (!account->begun)
        return command_fail(query->arguments, ERR_NOT_FOUND,
                            "there is no account %s (no event of it up to "
                            "that time)",
                            command_operand(query->arguments, index));
    text_clear(json);
    /* Where a store's clock is ahead of ours, what it has sold has happened,
     * and the hub's copy is of then. */
    balance_json(json, query->timeline, account, account->clock_ms);
    if (!text_ok(json))
        return command_fail(query->arguments, ERR_MEMORY, "balance");
    if (!command_flag(query->arguments, "json"))
        return print_balance(text_view(json))
                   ? COMMAND_DONE
                   : command_fail(query->arguments, ERR_IO, "can't print");
    fwrite(json->bytes, 1, json->size, stdout);
    fputc('\n', stdout);
    return COMMAND_DONE;
}

/* Goes on after an account that is not there, which is told in the end. */
static enum command_status
balance(const struct arguments *arguments)
{
    const uint32_t count = command_operand_count(arguments);
    struct query query;
    struct text json = { 0 };
    bool missing = false;
    account_id id;

    for (uint32_t i = 1; i < count; i++)
        if (!command_account(arguments, i, &id))
            return COMMAND_MISUSE;
    enum command_status status = query_open(
        &query, arguments,
        (struct query_options) { .mode = LEDGER_READ, .is_asked = true });
    query.renews = true;
    for (uint32_t i = 1; i < count && status == COMMAND_DONE; i++) {
        status = balance_one(&query, i, &json);
        if (status == COMMAND_REFUSED) {
            missing = true;
            status = COMMAND_DONE;
        }
    }
    text_close(&json);
    query_close(&query);
    return status == COMMAND_DONE && missing ? COMMAND_REFUSED : status;
}

/* --- accounts ----------------------------------------------------------- */

static const char *const ACCOUNT_COLUMNS[] = {
    "account", "joined",    "home_store",    "available",
    "pending", "debt",      "balance",       "tier",
    "spend",   "purchases", "last_purchase", "last_visit",
};

static enum err
write_csv_row(struct text *out, view json, struct text *cell)
{
    struct json_tree *tree = NULL;
    struct complaint complaint;

    enum err err = json_open(json, &tree, &complaint);
    if (err != OK)
        return err;
    for (uint32_t i = 0; i < COUNT_OF(ACCOUNT_COLUMNS); i++) {
        if (i > 0)
            text_char(out, ',');
        text_clear(cell);
        write_value(cell, json_get(tree, ACCOUNT_COLUMNS[i]));
        csv_write(out, text_view(cell), ',');
    }
    json_close(tree);
    return OK;
}

static void
print_csv_heading(void)
{
    for (uint32_t i = 0; i < COUNT_OF(ACCOUNT_COLUMNS); i++)
        printf("%s%s", i > 0 ? "," : "", ACCOUNT_COLUMNS[i]);
    printf("\n");
}

/* The texts of one line, kept from one account to the next. */
struct account_lines {
    struct text json;
    struct text line;
    struct text cell;
};

static enum err
print_account(const struct query *query, const struct walk *walk,
              struct account_lines *lines)
{
    bool is_json = command_flag(query->arguments, "json");

    text_clear(&lines->json);
    text_clear(&lines->line);
    balance_json(&lines->json, query->timeline, &walk->account, query->at_ms);
    enum err err = text_ok(&lines->json) ? OK : ERR_MEMORY;
    if (err == OK && !is_json)
        err =
            write_csv_row(&lines->line, text_view(&lines->json), &lines->cell);
    const struct text *out = is_json ? &lines->json : &lines->line;
    if (err != OK || !text_ok(out))
        return err != OK ? err : ERR_MEMORY;
    fwrite(out->bytes, 1, out->size, stdout);
    fputc('\n', stdout);
    return OK;
}

static enum command_status
accounts(const struct arguments *arguments)
{
    struct query query;
    struct census *census = NULL;
    struct account_lines lines = { 0 };
    const struct walk *walk;

    enum command_status status = query_open(
        &query, arguments,
        (struct query_options) { .mode = LEDGER_READ, .is_asked = true });
    if (status != COMMAND_DONE)
        goto done;
    const struct census_options options = {
        .known = query.question.known,
        .at_ms = query.at_ms,
        .timeline = query.timeline,
    };
    enum err err =
        census_open(query.ledger, &options, &query.complaint, &census);
    if (err == OK && !command_flag(arguments, "json"))
        print_csv_heading();
    uint64_t count = 0;
    for (; err == OK && (err = census_next(census, &walk)) == OK; count++)
        err = print_account(&query, walk, &lines);
    if (err != ERR_NOT_FOUND)
        status = query_fail(&query, err);
    else if (count == 0)
        vacant_tell("accounts", query.ledger, &query.lasting,
                    "no account had an event by then");
done:
    census_close(census);
    text_close(&lines.json);
    text_close(&lines.line);
    text_close(&lines.cell);
    query_close(&query);
    return status;
}

/* --- explain ------------------------------------------------------------ */

static const struct table_column EXPLAIN_COLUMNS[] = {
    { "at", false },    { "kind", false },     { "store", true },
    { "points", true }, { "rules", false },    { "vouchers", false },
    { "notes", false }, { "available", true }, { "pending", true },
    { "debt", true },   { "tier", false },     { "event", false },
};

static enum err
print_explain(view json)
{
    struct table *table =
        table_open(EXPLAIN_COLUMNS, COUNT_OF(EXPLAIN_COLUMNS));
    struct json_tree *tree = NULL;
    struct complaint complaint;
    struct text out = { 0 };

    if (table == NULL)
        return ERR_MEMORY;
    table_keys(table, 2); /* when, and what */
    enum err err = json_open(json, &tree, &complaint);
    for (uint32_t n = 0; err == OK && n < json_count(tree); n++) {
        table_row(table);
        for (uint32_t i = 0; i < COUNT_OF(EXPLAIN_COLUMNS); i++)
            put_cell(table, json_at(tree, n), EXPLAIN_COLUMNS[i].heading, &out);
    }
    if (err == OK && !table_print(table, stdout))
        err = ERR_IO;
    text_close(&out);
    json_close(tree);
    table_close(table);
    return err;
}

static enum command_status
explain(const struct arguments *arguments)
{
    struct query query;
    struct walk walk;
    struct text json = { 0 };
    account_id account;

    enum command_status status = query_open(
        &query, arguments,
        (struct query_options) { .mode = LEDGER_READ,
                                 .is_asked = true,
                                 .why = command_flag(arguments, "why") });
    if (status != COMMAND_DONE)
        goto done;
    query.question.aside = true;
    status = COMMAND_MISUSE;
    if (!command_account(arguments, 1, &account))
        goto done;
    enum err err = query_walk(&query, account, &walk);
    if (err == OK) {
        explain_json(&json, &walk);
        err = text_ok(&json) ? OK : ERR_MEMORY;
    }
    status = COMMAND_DONE;
    if (err == OK && memchr(json.bytes, '{', json.size) == NULL) {
        status = command_fail(arguments, ERR_NOT_FOUND,
                              "there is no account %s (no event of it up to "
                              "that time)",
                              command_operand(arguments, 1));
    } else if (err == OK && command_flag(arguments, "json")) {
        fwrite(json.bytes, 1, json.size, stdout);
        fputc('\n', stdout);
    } else if (err == OK) {
        err = print_explain(text_view(&json));
    }
    if (err != OK)
        status = query_fail(&query, err);
done:
    text_close(&json);
    query_close(&query);
    return status;
}

/* --- history ------------------------------------------------------------ */

static const struct table_column HISTORY_COLUMNS[] = {
    { "at", false },       { "store", true }, { "kind", false },
    { "receipt", false },  { "line", true },  { "sku", false },
    { "category", false }, { "qty", true },   { "amount", true },
};

static bool
is_receipt(const struct event *event)
{
    return event->kind == EVENT_PURCHASE || event->kind == EVENT_RETURN;
}

/* The first cells of a row, which say whose line it is. */
static void
put_receipt(struct table *table, const struct event *event)
{
    char at[25];

    calendar_format_time(event->at_ms, at);
    table_row(table);
    table_text(table, at);
    table_integer(table, event->store);
    table_text(table, event_kind_name(event->kind));
    table_view(table, event->sale.receipt);
}

static void
put_lines(struct table *table, const struct event *event)
{
    if (event->sale.line_count == 0) {
        put_receipt(table, event);
        for (int i = 0; i < 4; i++)
            table_text(table, "");
        table_money(table, event->sale.total.minor);
    }
    for (uint32_t i = 0; i < event->sale.line_count; i++) {
        const struct event_line *line = &event->sale.lines[i];
        bool by_receipt =
            event->kind == EVENT_RETURN && event->sale.receipt.size > 0;
        put_receipt(table, event);
        table_integer(table, by_receipt ? line->index : i);
        table_view(table, line->sku);
        table_view(table, line->category);
        table_integer(table, by_receipt ? 1 : line->qty);
        table_money(table, line->amount.minor);
    }
}

/* Newest first: the one in question at the counter is mostly the last. */
static bool
print_history(const struct event *const *events, uint32_t count, bool is_json)
{
    struct table *table =
        table_open(HISTORY_COLUMNS, COUNT_OF(HISTORY_COLUMNS));
    struct text json = { 0 };
    bool done = false;

    if (table != NULL)
        table_keys(table, 5); /* up to the line of the receipt */
    text_char(&json, '[');
    for (uint32_t i = count; table != NULL && i-- > 0;) {
        if (!is_receipt(events[i]))
            continue;
        put_lines(table, events[i]);
        if (json.size > 1)
            text_string(&json, ",\n ");
        json_write_event(&json, events[i]);
    }
    text_string(&json, "]\n");
    if (is_json && text_ok(&json))
        done = fwrite(json.bytes, 1, json.size, stdout) == json.size;
    else if (!is_json && table != NULL)
        done = table_print(table, stdout);
    text_close(&json);
    table_close(table);
    return done;
}

static enum command_status
history(const struct arguments *arguments)
{
    struct query query;
    struct history_account history;
    account_id account;
    uint32_t count;

    enum command_status status = query_open(
        &query, arguments, (struct query_options) { .mode = LEDGER_READ });
    if (status != COMMAND_DONE)
        goto done;
    status = COMMAND_MISUSE;
    if (!command_account(arguments, 1, &account))
        goto done;
    enum err err = ledger_account(query.ledger, account, &query.question,
                                  &query.account, &history, &query.complaint);
    if (err != OK) {
        status = query_fail(&query, err);
        goto done;
    }
    const struct event *const *live =
        walk_live(history.events, history.event_count, &query.account, &count);
    if (count == 0 && history.referred_count == 0) {
        status =
            command_fail(arguments, ERR_NOT_FOUND, "there is no account %s",
                         command_operand(arguments, 1));
    } else {
        status = print_history(live, count, command_flag(arguments, "json"))
                     ? COMMAND_DONE
                     : command_fail(arguments, ERR_IO, "can't print");
    }
done:
    query_close(&query);
    return status;
}

/* --- the table ---------------------------------------------------------- */

static const struct option ASKED[] = { QUERY_OPTIONS, { 0 } };
static const struct option EXPLAIN_OPTIONS[] = {
    QUERY_OPTIONS,
    { "why", NULL, "also the rules that gave nothing, and why" },
    { 0 },
};

const struct command cmd_account_table[] = {
    { .name = "balance",
      .run = balance,
      .line = "what accounts have",
      .usage = "LEDGER ACCOUNT...",
      .operands_min = 2,
      .operands_max = UINT32_MAX,
      .options = ASKED,
      .about = "ACCOUNT is a member's number or bearer:CODE.  With --json: a "
               "line for each.\n",
      .examples = "leima balance L 42\n"
                  "leima balance L 42 bearer:COUPON-1 --at 2026-01-01 --json\n"
                  "leima balance L 42 --known 1200\n" },
    { .name = "accounts",
      .run = accounts,
      .line = "what all accounts have: CSV, or JSON Lines with --json",
      .usage = "LEDGER",
      .operands_min = 1,
      .operands_max = 1,
      .options = ASKED,
      .examples = "leima accounts L --at 2026-01-01 --json\n"
                  "leima accounts L >accounts.csv\n" },
    { .name = "explain",
      .run = explain,
      .line = "every event of an account, and what each rule gave for it",
      .usage = "LEDGER ACCOUNT",
      .operands_min = 2,
      .operands_max = 2,
      .options = EXPLAIN_OPTIONS,
      .examples = "leima explain L 42\n"
                  "leima explain L 42 --why --json\n" },
    { .name = "history",
      .run = history,
      .line = "the receipts of an account and their lines, newest first",
      .usage = "LEDGER ACCOUNT",
      .operands_min = 2,
      .operands_max = 2,
      .examples = "leima history L 42\n" },
    { 0 },
};
