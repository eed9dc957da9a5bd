/* cmd_rfm.c - scores of recency, frequency and money (see rfm.h) */
#include "tools/cmd_rfm.h"

#include "core/rfm.h"
#include "core/scalar.h"
#include "core/text.h"
#include "core/yaml.h"
#include "tools/csv.h"
#include "tools/file.h"
#include "tools/query.h"
#include "tools/table.h"
#include "tools/vacant.h"

#include <stdlib.h>
#include <string.h>

/* --- limits --------------------------------------------------------- */

enum { RFM_WINDOW = 12 };

static const char *const WHAT_NAMES[RFM_WHATS] = { "recency", "frequency",
                                                   "monetary" };

static bool
read_limit(enum rfm_what what, const struct yaml_node *node, int64_t *ret_limit)
{
    return node->kind == YAML_WORD &&
           scalar_number(node->word, what == RFM_MONETARY ? 2 : 0, ret_limit) &&
           *ret_limit >= 0;
}

/* Than the limit before it. */
static bool
is_harder(enum rfm_what what, const int64_t *limit)
{
    return what == RFM_RECENCY ? limit[0] < limit[-1] : limit[0] > limit[-1];
}

/* One list of four limits of the file, each harder to reach than the last. */
static void
read_limit_list(struct rfm_limits *limits, enum rfm_what what,
                const struct yaml_node *list, struct mistakes *mistakes)
{
    uint32_t count = 0;
    int64_t *list_limits = limits->limits[what];
    struct mistake_quote quote;

    if (list == NULL || list->kind != YAML_LIST ||
        list->count != RFM_SCORE_MAX - 1) {
        mistakes_add(mistakes,
                     list == NULL ? (struct mistake_place) { 1, 1 }
                                  : list->place,
                     "expected %s: four limits, for the scores 2 to 5",
                     WHAT_NAMES[what]);
        return;
    }
    for (const struct yaml_node *n = list->first; n != NULL; n = n->next) {
        const char *expected = NULL;
        if (!read_limit(what, n, &list_limits[count]))
            expected = what == RFM_MONETARY ? "money with at most 2 decimals"
                                            : "a whole number";
        else if (count > 0 && !is_harder(what, &list_limits[count]))
            expected = what == RFM_RECENCY ? "fewer days than before"
                                           : "a greater number than before";
        if (expected != NULL)
            mistakes_add(mistakes, n->place, "%s: expected %s, found %s",
                         WHAT_NAMES[what], expected, yaml_found(n, &quote));
        count++;
    }
}

static void
read_limit_lists(struct rfm_limits *limits, const struct yaml_node *root,
                 struct mistakes *mistakes)
{
    struct mistake_quote key, words;

    if (root->kind != YAML_MAP) {
        mistakes_add(mistakes, root->place,
                     "expected recency, frequency and monetary, found %s",
                     yaml_found(root, &key));
        return;
    }
    for (const struct yaml_node *n = root->first; n != NULL; n = n->next) {
        struct mistake_guess guess = mistake_guess_start(n->key);
        for (enum rfm_what what = RFM_RECENCY; what < RFM_WHATS; what++)
            mistake_guess_offer(&guess, view_of(WHAT_NAMES[what]));
        if (guess.distance > 0 || guess.best.size == 0)
            mistakes_add(mistakes, n->key_place, "unknown key %s%s",
                         mistake_quote(n->key, &key),
                         mistake_guess_words(&guess, &words));
    }
    for (enum rfm_what what = RFM_RECENCY; what < RFM_WHATS; what++)
        read_limit_list(limits, what, yaml_find(root, WHAT_NAMES[what]),
                        mistakes);
    mistakes_sort(mistakes);
}

static enum command_status
read_limits(struct query *query, struct rfm_limits *limits)
{
    const char *path = command_option(query->arguments, "limits");
    struct arena arena = { 0 };
    view bytes = { 0 };
    const struct yaml_node *root = NULL;
    enum command_status status = COMMAND_DONE;
    enum { ROOM = 1 << 26, FILE_SIZE_MAX = 65536 };

    if (!arena_open(&arena, ROOM + yaml_room(FILE_SIZE_MAX)))
        return command_fail(query->arguments, ERR_MEMORY, "can't begin");
    struct mistakes *mistakes = ARENA_NEW(&arena, struct mistakes, 1);
    struct text text = { 0 };
    enum err err =
        file_read(path, FILE_SIZE_MAX, &arena, &bytes, &query->complaint);
    if (err == OK)
        err = yaml_read(bytes, &arena, mistakes, &root);
    if (root != NULL)
        read_limit_lists(limits, root, mistakes);
    mistakes_write(mistakes, file_name(path), bytes, &text);
    if (text.size > 0)
        fwrite(text.bytes, 1, text.size, stderr);
    if (mistakes->total > 0)
        status = COMMAND_REFUSED;
    else if (err != OK)
        status = command_fail(query->arguments, err, "--limits %s",
                              query->complaint.text);
    text_close(&text);
    arena_close(&arena);
    return status;
}

/* --- telling ------------------------------------------------------- */

static void
print_buyers_json(const struct rfm *rfm, struct text *out)
{
    for (uint32_t i = 0; i < rfm->count; i++) {
        const struct rfm_buyer *buyer = &rfm->buyers[i];
        text_string(out, i > 0 ? ",\n  {" : "\n  {");
        text_json_view(out, "account", view_of(buyer->name));
        text_json_time(out, "last_purchase", buyer->last_purchase_ms);
        text_json_integer(out, "recency_days", buyer->values[RFM_RECENCY]);
        text_json_integer(out, "frequency", buyer->values[RFM_FREQUENCY]);
        text_json_integer(out, "monetary", buyer->values[RFM_MONETARY]);
        text_json_integer(out, "r", buyer->scores[RFM_RECENCY]);
        text_json_integer(out, "f", buyer->scores[RFM_FREQUENCY]);
        text_json_integer(out, "m", buyer->scores[RFM_MONETARY]);
        text_char(out, '}');
    }
}

struct cell {
    uint64_t accounts;
    int64_t monetary;
};

struct cells {
    struct cell at[RFM_SCORE_MAX][RFM_SCORE_MAX]
                  [RFM_SCORE_MAX]; /* r, f, m, less one */
};

static void
fill_cells(const struct rfm *rfm, struct cells *cells)
{
    for (uint32_t i = 0; i < rfm->count; i++) {
        const struct rfm_buyer *buyer = &rfm->buyers[i];
        struct cell *cell = &cells->at[buyer->scores[RFM_RECENCY] - 1]
                                      [buyer->scores[RFM_FREQUENCY] - 1]
                                      [buyer->scores[RFM_MONETARY] - 1];
        cell->accounts++;
        cell->monetary += buyer->values[RFM_MONETARY];
    }
}

typedef void cell_teller(void *context, const int scores[RFM_WHATS],
                         const struct cell *cell);

/* The cells that hold somebody, the best first. */
static void
each_cell(const struct cells *cells, cell_teller *tell, void *context)
{
    for (int n = RFM_SCORE_MAX * RFM_SCORE_MAX * RFM_SCORE_MAX; n-- > 0;) {
        const int scores[RFM_WHATS] = { n / (RFM_SCORE_MAX * RFM_SCORE_MAX) + 1,
                                        n / RFM_SCORE_MAX % RFM_SCORE_MAX + 1,
                                        n % RFM_SCORE_MAX + 1 };
        const struct cell *cell =
            &cells->at[scores[0] - 1][scores[1] - 1][scores[2] - 1];
        if (cell->accounts > 0)
            tell(context, scores, cell);
    }
}

static void
tell_cell_json(void *context, const int scores[RFM_WHATS],
               const struct cell *cell)
{
    struct text *out = context;

    text_comma(out);
    text_string(out, "\n  {");
    text_json_integer(out, "r", scores[RFM_RECENCY]);
    text_json_integer(out, "f", scores[RFM_FREQUENCY]);
    text_json_integer(out, "m", scores[RFM_MONETARY]);
    text_json_integer(out, "accounts", (int64_t)cell->accounts);
    text_json_integer(out, "monetary", cell->monetary);
    text_char(out, '}');
}

static void
tell_cell_row(void *context, const int scores[RFM_WHATS],
              const struct cell *cell)
{
    struct table *table = context;

    table_row(table);
    for (enum rfm_what what = RFM_RECENCY; what < RFM_WHATS; what++)
        table_integer(table, scores[what]);
    table_integer(table, (int64_t)cell->accounts);
    table_money(table, cell->monetary);
}

static bool
print_cells(const struct cells *cells)
{
    static const struct table_column COLUMNS[] = {
        { "r", true },        { "f", true },        { "m", true },
        { "accounts", true }, { "monetary", true },
    };
    struct table *table = table_open(COLUMNS, COUNT_OF(COLUMNS));

    if (table == NULL)
        return false;
    each_cell(cells, tell_cell_row, table);
    bool done = table_print(table, stdout);
    table_close(table);
    return done;
}

static void
write_buyers_csv(const struct rfm *rfm, struct text *out)
{
    text_string(out, "account,last_purchase,recency_days,frequency,monetary,"
                     "r,f,m\n");
    for (uint32_t i = 0; i < rfm->count; i++) {
        const struct rfm_buyer *buyer = &rfm->buyers[i];
        char at[25];
        calendar_format_time(buyer->last_purchase_ms, at);
        csv_write(out, view_of(buyer->name), ',');
        text_format(out, ",%s", at);
        for (enum rfm_what what = RFM_RECENCY; what < RFM_WHATS; what++)
            text_format(out, ",%lld", (long long)buyer->values[what]);
        for (enum rfm_what what = RFM_RECENCY; what < RFM_WHATS; what++)
            text_format(out, ",%u", buyer->scores[what]);
        text_char(out, '\n');
    }
}

static enum err
print_csv(const struct rfm *rfm)
{
    struct text out = { 0 };

    write_buyers_csv(rfm, &out);
    enum err err = text_ok(&out) ? OK : ERR_MEMORY;
    if (err == OK && fwrite(out.bytes, 1, out.size, stdout) != out.size)
        err = ERR_IO;
    text_close(&out);
    return err;
}

static bool
print_buyers(const struct rfm *rfm)
{
    static const struct table_column COLUMNS[] = {
        { "account", false }, { "last_purchase", false },
        { "days", true },     { "frequency", true },
        { "monetary", true }, { "r", true },
        { "f", true },        { "m", true },
    };
    struct table *table = table_open(COLUMNS, COUNT_OF(COLUMNS));

    for (uint32_t i = 0; table != NULL && i < rfm->count; i++) {
        const struct rfm_buyer *buyer = &rfm->buyers[i];
        char at[25];
        calendar_format_time(buyer->last_purchase_ms, at);
        table_row(table);
        table_text(table, buyer->name);
        table_text(table, at);
        table_integer(table, buyer->values[RFM_RECENCY]);
        table_integer(table, buyer->values[RFM_FREQUENCY]);
        table_money(table, buyer->values[RFM_MONETARY]);
        for (enum rfm_what what = RFM_RECENCY; what < RFM_WHATS; what++)
            table_integer(table, buyer->scores[what]);
    }
    bool done = table != NULL && table_print(table, stdout);
    table_close(table);
    return done;
}

static enum err
print_json(const struct query *query, const struct rfm *rfm,
           const struct cells *cells, int32_t window)
{
    struct text out = { 0 };

    text_char(&out, '{');
    text_json_time(&out, "at", query->at_ms);
    text_json_integer(&out, "window", window);
    text_json_key(&out, "accounts");
    text_char(&out, '[');
    print_buyers_json(rfm, &out);
    text_char(&out, ']');
    text_json_key(&out, "cells");
    text_char(&out, '[');
    each_cell(cells, tell_cell_json, &out);
    text_string(&out, "]}\n");
    bool done =
        text_ok(&out) && fwrite(out.bytes, 1, out.size, stdout) == out.size;
    text_close(&out);
    return done ? OK : ERR_IO;
}

enum { FORM_TABLE, FORM_JSON, FORM_CSV };
static const char *const FORMS[] = { "table", "json", "csv" };

static enum err
print_rfm(const struct query *query, const struct rfm *rfm, int32_t window,
          uint32_t form)
{
    struct cells *cells = calloc(1, sizeof *cells);
    enum err err = OK;

    if (cells == NULL)
        return ERR_MEMORY;
    fill_cells(rfm, cells);
    if (form == FORM_JSON)
        err = print_json(query, rfm, cells, window);
    else if (form == FORM_CSV)
        err = print_csv(rfm);
    else if (command_flag(query->arguments, "accounts") ? !print_buyers(rfm)
                                                        : !print_cells(cells))
        err = ERR_IO;
    free(cells);
    return err;
}

static enum command_status
rfm_command(const struct arguments *arguments)
{
    const char *monetary = command_option(arguments, "monetary");
    bool has_limits = command_option(arguments, "limits") != NULL;
    struct rfm_limits limits = { 0 };
    struct query query = { 0 };
    struct rfm rfm = { 0 };
    int64_t window = RFM_WINDOW;
    uint32_t form = FORM_TABLE;
    bool average = monetary != NULL && strcmp(monetary, "average") == 0;

    if (!command_integer(arguments, "window", 1, 1200, &window))
        return COMMAND_MISUSE;
    if (monetary != NULL && !average && strcmp(monetary, "total") != 0)
        return command_misuse(arguments,
                              "--monetary: expected total or average, found "
                              "\"%s\"",
                              monetary);
    if (!command_form(arguments, FORMS, COUNT_OF(FORMS), &form))
        return COMMAND_MISUSE;
    enum command_status status = query_open(
        &query, arguments,
        (struct query_options) { .mode = LEDGER_READ, .is_asked = true });
    if (status == COMMAND_DONE && has_limits)
        status = read_limits(&query, &limits);
    if (status == COMMAND_DONE) {
        const struct rfm_options options = {
            .known = query.question.known,
            .at_ms = query.at_ms,
            .timeline = query.timeline,
            .window = (int32_t)window,
            .average = average,
            .limits = has_limits ? &limits : NULL,
        };
        enum err err = rfm_make(query.ledger, &options, &rfm, &query.complaint);
        if (err == OK)
            err = print_rfm(&query, &rfm, (int32_t)window, form);
        if (err != OK)
            status = query_fail(&query, err);
        else if (rfm.count == 0)
            vacant_tell("rfm", query.ledger, &query.lasting,
                        "nobody had bought anything by then");
        else if (query.timeline->version_count == 0)
            fprintf(stderr, "leima rfm: no rules have been published, by which "
                            "spend is eligible: money is 0\n");
    }
    rfm_close(&rfm);
    query_close(&query);
    return status;
}

/* --- the table ---------------------------------------------------------- */

static const struct option RFM_OPTIONS[] = {
    QUERY_OPTIONS,
    { "window", "MONTHS", "that frequency and money look at (12)" },
    { "monetary", "total|average", "a purchase's average, or all (total)" },
    { "limits", "FILE", "own limits: {recency: [..], frequency: [..], ...}" },
    { "accounts", NULL, "a row per account, not the table of cells" },
    { "format", "json|csv", "both tables, or a row per account; in cents" },
    { 0 },
};

const struct command cmd_rfm_table[] = {
    { .name = "rfm",
      .run = rfm_command,
      .line = "recency, frequency and money: scores 1 to 5, 5 is best",
      .usage = "LEDGER",
      .operands_min = 1,
      .operands_max = 1,
      .options = RFM_OPTIONS,
      .about =
          "Ranked are the accounts that have ever bought something.  Recency "
          "is local days\nsince the last purchase.  Frequency (purchases) and "
          "money (eligible spend less\nrefunds, or its average by purchase, 0 "
          "where there is none) are of the calendar\nmonth of --at and the "
          "months before it.  A score is 1 + floor(5 x accounts\nstrictly "
          "worse / accounts): equals score equal.  A file of limits has four "
          "for\neach, for the scores 2 to 5: recency at most so many days, "
          "frequency at least so\nmany purchases, monetary at least so much in "
          "units of currency:\n"
          "{recency: [365, 180, 90, 30], frequency: [2, 4, 8, 16],\nmonetary: "
          "[20, 50.50, 100, 500]}.\n\n"
          "A table of the cells (r, f, m) that hold somebody, the best first; "
          "with\n--accounts a row per account; with --json both.\n",
      .examples = "leima rfm L --at 2026-01-01\n"
                  "leima rfm L --window 6 --monetary average --accounts\n"
                  "leima rfm L --json >rfm.json\n" },
    { 0 },
};
