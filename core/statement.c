#include "core/statement.h"

#include "core/json.h"

static void
put_amounts(struct text *text, const struct statement_line *line)
{
    for (enum measure m = 0; m < MEASURE_STATEMENT_COUNT; m++)
        text_json_integer(text, effect_measure_name(m), line->amounts[m]);
    text_json_integer(text, "issue_cost", line->issue_cost.minor);
    text_json_integer(text, "redeem_credit", line->redeem_credit.minor);
    text_json_integer(text, "voucher_credit", line->voucher_credit.minor);
}

static void
put_month(struct text *text, const char *key, int32_t month)
{
    char name[8];

    calendar_format_month(month, name);
    text_json_view(text, key, view_of(name));
}

static void
put_adjustment(struct text *text, const struct statement_adjustment *one)
{
    text_comma(text);
    text_char(text, '{');
    put_month(text, "period", one->period);
    text_json_integer(text, "issue_cost", one->issue_cost.minor);
    text_json_integer(text, "redeem_credit", one->redeem_credit.minor);
    text_json_integer(text, "voucher_credit", one->voucher_credit.minor);
    text_json_integer(text, "net", one->net.minor);
    text_char(text, '}');
}

static void
put_store(struct text *text, const struct statement_store *store)
{
    text_comma(text);
    text_char(text, '{');
    text_json_integer(text, "store", store->store);
    put_amounts(text, &store->line);
    text_json_integer(text, "net", store->line.net.minor);
    text_char(text, '}');
}

static void
put_partner(struct text *text, const struct statement_partner *partner)
{
    text_char(text, '{');
    text_json_view(text, "partner", partner->partner);
    put_amounts(text, &partner->line);
    text_json_key(text, "adjustments");
    text_char(text, '[');
    for (uint32_t i = 0; i < partner->adjustment_count; i++)
        put_adjustment(text, &partner->adjustments[i]);
    text_char(text, ']');
    text_json_integer(text, "net", partner->line.net.minor);
    text_json_key(text, "stores");
    text_char(text, '[');
    for (uint32_t i = 0; i < partner->store_count; i++)
        put_store(text, &partner->stores[i]);
    text_string(text, "]}");
}

static void
put_head(struct text *text, const struct statement *statement)
{
    text_char(text, '{');
    put_month(text, "period", statement->period);
    text_json_bool(text, "closed", statement->closed);
    text_json_view(text, "currency", statement->currency);
    text_json_time(text, "known", statement->known_ms);
}

static void
put_pairs(struct text *text, const struct statement *statement)
{
    text_string(text, ",\n \"clearing\": [");
    for (uint32_t i = 0; i < statement->pair_count; i++) {
        text_comma(text);
        text_char(text, '{');
        text_json_view(text, "issuer", statement->pairs[i].issuer);
        text_json_view(text, "acceptor", statement->pairs[i].acceptor);
        text_json_integer(text, "points", statement->pairs[i].points);
        text_char(text, '}');
    }
    text_char(text, ']');
}

void
statement_json(struct text *text, const struct statement *statement)
{
    put_head(text, statement);
    text_string(text, ",\n \"partners\": [");
    for (uint32_t i = 0; i < statement->partner_count; i++) {
        text_string(text, i > 0 ? ",\n  " : "\n  ");
        put_partner(text, &statement->partners[i]);
    }
    text_char(text, ']');
    put_pairs(text, statement);
    text_string(text, ",\n \"program\": {");
    text_json_integer(text, "net", statement->program_net.minor);
    text_string(text, "}}\n");
}

void
statement_partner_json(struct text *text, const struct statement *statement,
                       const struct statement_partner *partner)
{
    put_head(text, statement);
    text_string(text, ",\n \"partners\": [\n  ");
    put_partner(text, partner);
    text_string(text, "]}\n");
}

const struct statement_partner *
statement_find(const struct statement *statement, view partner)
{
    for (uint32_t i = 0; i < statement->partner_count; i++)
        if (view_equal(statement->partners[i].partner, partner))
            return &statement->partners[i];
    return NULL;
}

/* --- reading --- */

/* A document on its way in: the first thing missing is remembered, what was
 * asked after it is zero. */
struct source {
    struct arena *arena;
    const char *missing; /* key; NULL: all was there */
};

static int64_t
take_integer(struct source *source, const struct json_tree *node,
             const char *key)
{
    int64_t value = 0;

    if (!json_get_integer(json_get(node, key), &value) &&
        source->missing == NULL)
        source->missing = key;
    return value;
}

static view
take_name(struct source *source, const struct json_tree *node, const char *key)
{
    view value = { 0 };

    if (!json_get_string(json_get(node, key), &value) &&
        source->missing == NULL)
        source->missing = key;
    return arena_copy(source->arena, value);
}

static int32_t
take_month(struct source *source, const struct json_tree *node)
{
    int32_t month = 0;

    if (!calendar_parse_month(take_name(source, node, "period"), &month) &&
        source->missing == NULL)
        source->missing = "period";
    return month;
}

static struct statement_line
take_line(struct source *source, const struct json_tree *node)
{
    struct statement_line line = { 0 };

    for (enum measure m = 0; m < MEASURE_STATEMENT_COUNT; m++)
        line.amounts[m] = take_integer(source, node, effect_measure_name(m));
    line.issue_cost.minor = take_integer(source, node, "issue_cost");
    line.redeem_credit.minor = take_integer(source, node, "redeem_credit");
    line.voucher_credit.minor = take_integer(source, node, "voucher_credit");
    line.net.minor = take_integer(source, node, "net");
    return line;
}

static void
take_adjustments(struct source *source, const struct json_tree *list,
                 struct statement_partner *partner)
{
    uint32_t count = json_count(list);
    struct statement_adjustment *adjustments =
        ARENA_NEW(source->arena, struct statement_adjustment, count);

    for (uint32_t i = 0; i < count; i++) {
        const struct json_tree *node = json_at(list, i);
        adjustments[i] = (struct statement_adjustment) {
            .period = take_month(source, node),
            .issue_cost = { take_integer(source, node, "issue_cost") },
            .redeem_credit = { take_integer(source, node, "redeem_credit") },
            .voucher_credit = { take_integer(source, node, "voucher_credit") },
            .net = { take_integer(source, node, "net") },
        };
    }
    partner->adjustments = adjustments;
    partner->adjustment_count = count;
}

static struct statement_partner
take_partner(struct source *source, const struct json_tree *node)
{
    const struct json_tree *list = json_get(node, "stores");
    struct statement_partner partner = {
        .partner = take_name(source, node, "partner"),
        .line = take_line(source, node),
        .store_count = json_count(list),
    };
    struct statement_store *stores =
        ARENA_NEW(source->arena, struct statement_store, partner.store_count);

    for (uint32_t i = 0; i < partner.store_count; i++) {
        const struct json_tree *store = json_at(list, i);
        stores[i].store = (uint32_t)take_integer(source, store, "store");
        stores[i].line = take_line(source, store);
    }
    partner.stores = stores;
    take_adjustments(source, json_get(node, "adjustments"), &partner);
    return partner;
}

static void
take_pairs(struct source *source, const struct json_tree *list,
           struct statement *statement)
{
    uint32_t count = json_count(list);
    struct statement_pair *pairs =
        ARENA_NEW(source->arena, struct statement_pair, count);

    for (uint32_t i = 0; i < count; i++) {
        const struct json_tree *node = json_at(list, i);
        pairs[i].issuer = take_name(source, node, "issuer");
        pairs[i].acceptor = take_name(source, node, "acceptor");
        pairs[i].points = take_integer(source, node, "points");
    }
    statement->pairs = pairs;
    statement->pair_count = count;
}

static void
take_statement(struct source *source, const struct json_tree *root,
               struct statement *statement)
{
    const struct json_tree *list = json_get(root, "partners");
    uint32_t count = json_count(list);
    struct statement_partner *partners =
        ARENA_NEW(source->arena, struct statement_partner, count);

    statement->period = take_month(source, root);
    statement->currency = take_name(source, root, "currency");
    if (!json_get_bool(json_get(root, "closed"), &statement->closed) ||
        !calendar_parse_time(take_name(source, root, "known"),
                             &statement->known_ms))
        source->missing = "closed and known";
    for (uint32_t i = 0; i < count; i++)
        partners[i] = take_partner(source, json_at(list, i));
    statement->partners = partners;
    statement->partner_count = count;
    take_pairs(source, json_get(root, "clearing"), statement);
    statement->program_net.minor =
        take_integer(source, json_get(root, "program"), "net");
}

enum err
statement_read(view json, struct arena *arena, struct statement *ret_statement,
               struct complaint *complaint)
{
    struct source source = { .arena = arena };
    struct statement statement = { 0 };
    struct json_tree *root = NULL;

    enum err err = json_open(json, &root, complaint);
    if (err != OK)
        return err;
    take_statement(&source, root, &statement);
    json_close(root);
    if (source.missing != NULL)
        return complain(complaint, "not a statement: \"%s\" is missing",
                        source.missing);
    *ret_statement = statement;
    return OK;
}
