/*
 * cmd_rfm.c - scores of recency, frequency and money
 *
 * A score ranks an account among all that have ever bought something: 1 +
 * floor(5 x accounts strictly worse / n).  Recency goes by the local day of the
 * last purchase, frequency by the purchases of the window's months, money by
 * the eligible spend of these months.
 */
#include "tools/cmd_rfm.h"

#include <stdlib.h>
#include <string.h>

#include "core/census.h"
#include "core/scalar.h"
#include "core/text.h"
#include "core/yaml.h"
#include "tools/query.h"
#include "tools/table.h"

/* --- counting ------------------------------------------------------ */

enum { RECENCY, FREQUENCY, MONETARY, SCORES };
enum { SCORE_MAX = 5, RFM_WINDOW = 12 };

static const char *const SCORE_NAMES[SCORES] = { "recency", "frequency",
                                                 "monetary" };

struct buyer {
    char name[ACCOUNT_SIZE];
    int64_t last_ms;
    int64_t values[SCORES]; /* days since; purchases; cents */
    uint8_t scores[SCORES];
};

struct rfm {
    struct buyer *buyers;
    uint32_t count;
    uint32_t room;
    int32_t month_first; /* of the window */
    int32_t month_last;
    uint64_t frequency; /* of the account at work */
    bool average;
    bool has_limits;
    int64_t limits[SCORES][SCORE_MAX - 1]; /* for 2, 3, 4, 5 */
    const struct zone *zone;
};

static void
count_purchase(void *context, const struct walk *walk)
{
    struct rfm *rfm = context;

    if (walk->step.kind != STEP_EVENT ||
        walk->step.event->kind != EVENT_PURCHASE)
        return;
    int32_t month = zone_month(rfm->zone, walk->step.at_ms);
    rfm->frequency += month >= rfm->month_first && month <= rfm->month_last;
}

static enum err
add_buyer(struct rfm *rfm, const struct account *account, int64_t at_ms)
{
    if (rfm->count == rfm->room) {
        uint32_t room = rfm->room == 0 ? 1024 : rfm->room * 2;
        struct buyer *buyers = realloc(rfm->buyers, room * sizeof *buyers);
        if (buyers == NULL)
            return ERR_MEMORY;
        rfm->buyers = buyers;
        rfm->room = room;
    }
    struct buyer *buyer = &rfm->buyers[rfm->count++];
    int64_t spend =
        account_spend(account, rfm->month_first, rfm->month_last).minor;
    if (rfm->average && rfm->frequency > 0)
        spend /= (int64_t)rfm->frequency;
    account_format(account->id, buyer->name);
    buyer->last_ms = account->last_purchase_ms;
    buyer->values[RECENCY] = zone_day(rfm->zone, at_ms) -
                             zone_day(rfm->zone, account->last_purchase_ms);
    buyer->values[FREQUENCY] = (int64_t)rfm->frequency;
    buyer->values[MONETARY] = spend;
    return OK;
}

static enum err
count_buyers(struct query *query, struct rfm *rfm)
{
    const struct census_options options = {
        .known = query->question.known,
        .at_ms = query->at_ms,
        .timeline = query->timeline,
        .step = count_purchase,
        .context = rfm,
    };
    struct census *census = NULL;
    const struct walk *walk;

    enum err err =
        census_open(query->ledger, &options, &query->complaint, &census);
    while (err == OK && (err = census_next(census, &walk)) == OK) {
        if (walk->account.purchase_count > 0)
            err = add_buyer(rfm, &walk->account, query->at_ms);
        rfm->frequency = 0;
    }
    census_close(census);
    return err == ERR_NOT_FOUND ? OK : err;
}

/* --- scoring ------------------------------------------------------- */

static int
compare_numbers(const void *left, const void *right)
{
    const int64_t *a = left;
    const int64_t *b = right;

    return *a < *b ? -1 : *a > *b;
}

/* How many of the sorted values lie below that one. */
static uint32_t
count_below(const int64_t *sorted, uint32_t count, int64_t value)
{
    uint32_t low = 0;
    uint32_t high = count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (sorted[middle] < value)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static enum err
score_by_rank(struct rfm *rfm, int what)
{
    int64_t *sorted = calloc(rfm->count + 1, sizeof *sorted);
    int64_t sign = what == RECENCY ? -1 : 1; /* few days are better */

    if (sorted == NULL)
        return ERR_MEMORY;
    for (uint32_t i = 0; i < rfm->count; i++)
        sorted[i] = sign * rfm->buyers[i].values[what];
    qsort(sorted, rfm->count, sizeof *sorted, compare_numbers);
    for (uint32_t i = 0; i < rfm->count; i++) {
        uint64_t worse =
            count_below(sorted, rfm->count, sign * rfm->buyers[i].values[what]);
        rfm->buyers[i].scores[what] =
            (uint8_t)(1 + SCORE_MAX * worse / rfm->count);
    }
    free(sorted);
    return OK;
}

static void
score_by_limits(struct rfm *rfm, int what)
{
    for (uint32_t i = 0; i < rfm->count; i++) {
        struct buyer *buyer = &rfm->buyers[i];
        buyer->scores[what] = 1;
        for (uint8_t n = 0; n < SCORE_MAX - 1; n++) {
            int64_t limit = rfm->limits[what][n];
            bool reached = what == RECENCY ? buyer->values[what] <= limit
                                           : buyer->values[what] >= limit;
            if (reached)
                buyer->scores[what] = (uint8_t)(n + 2);
        }
    }
}

static enum err
score(struct rfm *rfm)
{
    for (int what = 0; what < SCORES; what++) {
        enum err err = OK;
        if (rfm->has_limits)
            score_by_limits(rfm, what);
        else
            err = score_by_rank(rfm, what);
        if (err != OK)
            return err;
    }
    return OK;
}

/* One list of four limits of the file, each harder to reach than the last. */
static void
read_limit_list(struct rfm *rfm, int what, const struct yaml_node *list,
                struct mistakes *mistakes)
{
    uint32_t count = 0;
    int64_t *limits = rfm->limits[what];
    uint32_t decimals = what == MONETARY ? 2 : 0;

    if (list == NULL || list->kind != YAML_LIST ||
        list->count != SCORE_MAX - 1) {
        mistakes_add(mistakes,
                     list == NULL ? (struct place) { 1, 1 } : list->place,
                     "expected %s: four limits, for the scores 2 to 5",
                     SCORE_NAMES[what]);
        return;
    }
    for (const struct yaml_node *n = list->first; n != NULL; n = n->next) {
        bool good = n->kind == YAML_WORD &&
                    scalar_number(n->word, decimals, &limits[count]) &&
                    limits[count] >= 0;
        if (good && count > 0)
            good = what == RECENCY ? limits[count] < limits[count - 1]
                                   : limits[count] > limits[count - 1];
        if (!good)
            mistakes_add(mistakes, n->place,
                         what == RECENCY
                             ? "expected fewer days than before"
                             : "expected a greater number than before");
        count++;
    }
}

static enum command_status
read_limits(struct query *query, struct rfm *rfm)
{
    const char *path = command_option(query->arguments, "limits");
    struct arena arena = { 0 };
    view bytes = { 0 };
    const struct yaml_node *root = NULL;
    enum command_status status = COMMAND_DONE;
    enum { ROOM = 1 << 26, SIZE_MAX_ = 65536 };

    if (path == NULL)
        return COMMAND_DONE;
    if (!arena_open(&arena, ROOM + yaml_room(SIZE_MAX_)))
        return command_fail(query->arguments, ERR_MEMORY, "can't begin");
    struct mistakes *mistakes = ARENA_NEW(&arena, struct mistakes, 1);
    struct text text = { 0 };
    enum err err = command_read_file(path, SIZE_MAX_, &arena, &bytes);
    if (err == OK)
        err = yaml_read(bytes, &arena, mistakes, &root);
    if (root != NULL)
        for (int what = 0; what < SCORES; what++)
            read_limit_list(rfm, what, yaml_find(root, SCORE_NAMES[what]),
                            mistakes);
    mistakes_write(mistakes, path, bytes, &text);
    if (text.size > 0)
        fwrite(text.bytes, 1, text.size, stderr);
    if (mistakes->total > 0)
        status = COMMAND_REFUSED;
    else if (err != OK)
        status = command_fail(query->arguments, err, "--limits %s: %s", path,
                              "can't be read");
    rfm->has_limits = true;
    text_close(&text);
    arena_close(&arena);
    return status;
}

/* --- telling ------------------------------------------------------- */

static void
print_buyers_json(const struct rfm *rfm, struct text *out)
{
    for (uint32_t i = 0; i < rfm->count; i++) {
        const struct buyer *buyer = &rfm->buyers[i];
        text_string(out, i > 0 ? ",\n  {" : "\n  {");
        text_json_view(out, "account", view_of(buyer->name));
        text_json_time(out, "last_purchase", buyer->last_ms);
        text_json_integer(out, "recency_days", buyer->values[RECENCY]);
        text_json_integer(out, "frequency", buyer->values[FREQUENCY]);
        text_json_integer(out, "monetary", buyer->values[MONETARY]);
        text_json_integer(out, "r", buyer->scores[RECENCY]);
        text_json_integer(out, "f", buyer->scores[FREQUENCY]);
        text_json_integer(out, "m", buyer->scores[MONETARY]);
        text_char(out, '}');
    }
}

struct cell {
    uint64_t accounts;
    int64_t monetary;
};

struct cells {
    struct cell at[SCORE_MAX][SCORE_MAX][SCORE_MAX]; /* r, f, m, less one */
};

static void
fill_cells(const struct rfm *rfm, struct cells *cells)
{
    for (uint32_t i = 0; i < rfm->count; i++) {
        const struct buyer *buyer = &rfm->buyers[i];
        struct cell *cell =
            &cells->at[buyer->scores[RECENCY] - 1][buyer->scores[FREQUENCY] - 1]
                      [buyer->scores[MONETARY] - 1];
        cell->accounts++;
        cell->monetary += buyer->values[MONETARY];
    }
}

typedef void cell_teller(void *context, const int scores[SCORES],
                         const struct cell *cell);

/* The cells that hold somebody, the best first. */
static void
each_cell(const struct cells *cells, cell_teller *tell, void *context)
{
    for (int n = SCORE_MAX * SCORE_MAX * SCORE_MAX; n-- > 0;) {
        const int scores[SCORES] = { n / (SCORE_MAX * SCORE_MAX) + 1,
                                     n / SCORE_MAX % SCORE_MAX + 1,
                                     n % SCORE_MAX + 1 };
        const struct cell *cell =
            &cells->at[scores[0] - 1][scores[1] - 1][scores[2] - 1];
        if (cell->accounts > 0)
            tell(context, scores, cell);
    }
}

static void
tell_cell_json(void *context, const int scores[SCORES], const struct cell *cell)
{
    struct text *out = context;

    text_comma(out);
    text_string(out, "\n  {");
    text_json_integer(out, "r", scores[RECENCY]);
    text_json_integer(out, "f", scores[FREQUENCY]);
    text_json_integer(out, "m", scores[MONETARY]);
    text_json_integer(out, "accounts", (int64_t)cell->accounts);
    text_json_integer(out, "monetary", cell->monetary);
    text_char(out, '}');
}

static void
tell_cell_row(void *context, const int scores[SCORES], const struct cell *cell)
{
    struct table *table = context;

    table_row(table);
    for (int what = 0; what < SCORES; what++)
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
        const struct buyer *buyer = &rfm->buyers[i];
        char at[25];
        calendar_format_time(buyer->last_ms, at);
        table_row(table);
        table_text(table, buyer->name);
        table_text(table, at);
        table_integer(table, buyer->values[RECENCY]);
        table_integer(table, buyer->values[FREQUENCY]);
        table_money(table, buyer->values[MONETARY]);
        for (int what = 0; what < SCORES; what++)
            table_integer(table, buyer->scores[what]);
    }
    bool done = table != NULL && table_print(table, stdout);
    table_close(table);
    return done;
}

static enum err
print_json(const struct query *query, const struct rfm *rfm,
           const struct cells *cells)
{
    struct text out = { 0 };

    text_char(&out, '{');
    text_json_time(&out, "at", query->at_ms);
    text_json_integer(&out, "window", rfm->month_last - rfm->month_first + 1);
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

static enum err
print_rfm(const struct query *query, const struct rfm *rfm)
{
    struct cells *cells = calloc(1, sizeof *cells);
    enum err err = OK;

    if (cells == NULL)
        return ERR_MEMORY;
    fill_cells(rfm, cells);
    if (command_flag(query->arguments, "json"))
        err = print_json(query, rfm, cells);
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
    struct query query = { 0 };
    struct rfm rfm = { 0 };
    int64_t window = RFM_WINDOW;

    if (!command_integer(arguments, "window", 1, 1200, &window))
        return COMMAND_MISUSE;
    rfm.average = monetary != NULL && strcmp(monetary, "average") == 0;
    if (monetary != NULL && !rfm.average && strcmp(monetary, "total") != 0)
        return command_misuse(arguments,
                              "--monetary: expected total or average, found "
                              "\"%s\"",
                              monetary);
    enum command_status status = query_open(
        &query, arguments,
        (struct query_options) { .mode = LEDGER_READ, .is_asked = true });
    if (status == COMMAND_DONE)
        status = read_limits(&query, &rfm);
    if (status == COMMAND_DONE) {
        rfm.zone = &query.timeline->zone;
        rfm.month_last = zone_month(rfm.zone, query.at_ms);
        rfm.month_first = rfm.month_last - (int32_t)window + 1;
        enum err err = count_buyers(&query, &rfm);
        if (err == OK)
            err = score(&rfm);
        if (err == OK)
            err = print_rfm(&query, &rfm);
        if (err != OK)
            status = query_fail(&query, err);
    }
    free(rfm.buyers);
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
          "Ranked are the accounts that have ever bought something.  A file "
          "of limits\nhas four for each, for the scores 2 to 5: recency in "
          "days, frequency in\npurchases, monetary in units of currency.\n",
      .examples = "leima rfm L --at 2026-01-01\n"
                  "leima rfm L --window 6 --monetary average --accounts\n"
                  "leima rfm L --json >rfm.json\n" },
    { 0 },
};
