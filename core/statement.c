#include "core/statement.h"

#include "core/limits.h"
#include "core/list.h"

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

/* The bytes on their way in.  Their layout is frozen, so they are read in the
 * order in which they were written; a tree of them would take ten times their
 * memory.  The first thing that is not there is remembered, and what is asked
 * after it is zero. */
struct source {
    struct arena *arena;
    const uint8_t *start;
    const uint8_t *next;
    const uint8_t *end;
    const char *missing; /* NULL: all was there */
    int64_t volume;      /* of the figures, whatever their signs */
};

struct partner_list {
    struct statement_partner *items;
    uint32_t count;
    uint32_t room;
};

static void
miss(struct source *source, const char *what)
{
    if (source->missing == NULL)
        source->missing = what;
}

/* Passes over these words if they are what comes next. */
static bool
skip(struct source *source, const char *words)
{
    size_t size = strlen(words);

    if (source->missing != NULL ||
        (size_t)(source->end - source->next) < size ||
        memcmp(source->next, words, size) != 0)
        return false;
    source->next += size;
    return true;
}

static void
expect(struct source *source, const char *words)
{
    if (!skip(source, words))
        miss(source, words);
}

static void
take_key(struct source *source, const char *key)
{
    (void)skip(source, ", ");
    if (!skip(source, "\"") || !skip(source, key) || !skip(source, "\": "))
        miss(source, key);
}

static int64_t
take_integer(struct source *source, const char *key)
{
    int64_t value = 0;

    take_key(source, key);
    bool minus = skip(source, "-");
    const uint8_t *first = source->next, *next = first;
    for (; next < source->end && *next >= '0' && *next <= '9'; next++) {
        int digit = minus ? '0' - *next : *next - '0';
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, digit, &value))
            miss(source, key);
    }
    if (next == first ||
        !amount_measure(&source->volume, value, LIMIT_STATEMENT_VOLUME))
        miss(source, key);
    if (source->missing != NULL)
        return 0;
    source->next = next;
    return value;
}

/* Names, months and times have nothing in them that is escaped. */
static view
take_name(struct source *source, const char *key)
{
    take_key(source, key);
    expect(source, "\"");
    const uint8_t *next = source->next;
    while (next < source->end && *next != '"' && *next != '\\' && *next >= ' ')
        next++;
    view name = { source->next, (uint32_t)(next - source->next) };
    if (next == source->end || *next != '"')
        miss(source, key);
    if (source->missing != NULL)
        return (view) { 0 };
    source->next = next + 1;
    return arena_copy(source->arena, name);
}

static bool
take_bool(struct source *source, const char *key)
{
    take_key(source, key);
    if (skip(source, "true"))
        return true;
    expect(source, "false");
    return false;
}

static int32_t
take_month(struct source *source, const char *key)
{
    int32_t month = 0;

    if (!calendar_parse_month(take_name(source, key), &month))
        miss(source, key);
    return month;
}

static int64_t
take_time(struct source *source, const char *key)
{
    int64_t at_ms = 0;

    if (!calendar_parse_time(take_name(source, key), &at_ms))
        miss(source, key);
    return at_ms;
}

/* The least that one entry of a list takes as text, so that no file makes us
 * take more memory than a few times its own size. */
enum { STORE_SIZE_MIN = 256, ADJUSTMENT_SIZE_MIN = 64, PAIR_SIZE_MIN = 40 };

/* How many objects stand in the list that has been opened, in none of which
 * there is another. */
static uint32_t
count_objects(struct source *source, uint32_t size_min)
{
    const uint8_t *next = source->next;
    uint32_t count = 0;

    if (source->missing != NULL)
        return 0;
    for (; next < source->end && *next != ']'; next++)
        count += *next == '{';
    if (count <= (size_t)(next - source->next) / size_min)
        return count;
    miss(source, "whole entries");
    return 0;
}

static uint32_t
open_list(struct source *source, const char *key, uint32_t size_min)
{
    take_key(source, key);
    expect(source, "[");
    return count_objects(source, size_min);
}

static void
open_object(struct source *source, uint32_t index)
{
    expect(source, index > 0 ? ", {" : "{");
}

/* All but the net, which stands elsewhere. */
static struct statement_line
take_line(struct source *source)
{
    struct statement_line line = { 0 };

    for (enum measure m = 0; m < MEASURE_STATEMENT_COUNT; m++)
        line.amounts[m] = take_integer(source, effect_measure_name(m));
    line.issue_cost.minor = take_integer(source, "issue_cost");
    line.redeem_credit.minor = take_integer(source, "redeem_credit");
    line.voucher_credit.minor = take_integer(source, "voucher_credit");
    return line;
}

static void
take_adjustments(struct source *source, struct statement_partner *partner)
{
    uint32_t count = open_list(source, "adjustments", ADJUSTMENT_SIZE_MIN);
    struct statement_adjustment *adjustments =
        ARENA_NEW(source->arena, struct statement_adjustment, count);

    for (uint32_t i = 0; i < count; i++) {
        struct statement_adjustment *one = &adjustments[i];
        open_object(source, i);
        one->period = take_month(source, "period");
        one->issue_cost.minor = take_integer(source, "issue_cost");
        one->redeem_credit.minor = take_integer(source, "redeem_credit");
        one->voucher_credit.minor = take_integer(source, "voucher_credit");
        one->net.minor = take_integer(source, "net");
        expect(source, "}");
    }
    expect(source, "]");
    partner->adjustments = adjustments;
    partner->adjustment_count = count;
}

static void
take_stores(struct source *source, struct statement_partner *partner)
{
    uint32_t count = open_list(source, "stores", STORE_SIZE_MIN);
    struct statement_store *stores =
        ARENA_NEW(source->arena, struct statement_store, count);

    for (uint32_t i = 0; i < count; i++) {
        open_object(source, i);
        int64_t store = take_integer(source, "store");
        if (store < 1 || store > LIMIT_STORE)
            miss(source, "store");
        stores[i].store = (uint32_t)store;
        stores[i].line = take_line(source);
        stores[i].line.net.minor = take_integer(source, "net");
        expect(source, "}");
    }
    expect(source, "]");
    partner->stores = stores;
    partner->store_count = count;
}

static struct statement_partner
take_partner(struct source *source)
{
    struct statement_partner partner = { 0 };

    expect(source, "{");
    partner.partner = take_name(source, "partner");
    partner.line = take_line(source);
    take_adjustments(source, &partner);
    partner.line.net.minor = take_integer(source, "net");
    take_stores(source, &partner);
    expect(source, "}");
    return partner;
}

static void
take_head(struct source *source, struct statement *statement)
{
    expect(source, "{");
    statement->period = take_month(source, "period");
    statement->closed = take_bool(source, "closed");
    statement->currency = take_name(source, "currency");
    statement->known_ms = take_time(source, "known");
}

static void
take_partners(struct source *source, struct statement *statement)
{
    struct partner_list list = { 0 };

    expect(source, ",\n \"partners\": [");
    while (skip(source, list.count > 0 ? ",\n  " : "\n  "))
        *LIST_ADD(source->arena, &list) = take_partner(source);
    expect(source, "]");
    statement->partners = list.items;
    statement->partner_count = list.count;
}

static void
take_pairs(struct source *source, struct statement *statement)
{
    expect(source, ",\n \"clearing\": [");
    uint32_t count = count_objects(source, PAIR_SIZE_MIN);
    struct statement_pair *pairs =
        ARENA_NEW(source->arena, struct statement_pair, count);

    for (uint32_t i = 0; i < count; i++) {
        open_object(source, i);
        pairs[i].issuer = take_name(source, "issuer");
        pairs[i].acceptor = take_name(source, "acceptor");
        pairs[i].points = take_integer(source, "points");
        expect(source, "}");
    }
    expect(source, "]");
    statement->pairs = pairs;
    statement->pair_count = count;
}

static struct source
source_of(view json, struct arena *arena)
{
    return (struct source) { .arena = arena,
                             .start = json.bytes,
                             .next = json.bytes,
                             .end = json.bytes + json.size };
}

static enum err
end_source(struct source *source, const char *last, struct complaint *complaint)
{
    expect(source, last);
    if (source->next != source->end)
        miss(source, "the end");
    if (source->missing == NULL)
        return OK;
    return complain(complaint, "not a statement: expected %s at byte %zu",
                    err_quote(view_of(source->missing)).text,
                    (size_t)(source->next - source->start));
}

enum err
statement_read(view json, struct arena *arena, struct statement *ret_statement,
               struct complaint *complaint)
{
    struct source source = source_of(json, arena);
    struct statement statement = { 0 };

    take_head(&source, &statement);
    take_partners(&source, &statement);
    take_pairs(&source, &statement);
    expect(&source, ",\n \"program\": {");
    statement.program_net.minor = take_integer(&source, "net");
    enum err err = end_source(&source, "}}\n", complaint);
    if (err == OK)
        *ret_statement = statement;
    return err;
}

enum err
statement_partner_read(view json, struct arena *arena,
                       struct statement *ret_statement,
                       struct complaint *complaint)
{
    struct source source = source_of(json, arena);
    struct statement statement = { 0 };

    take_head(&source, &statement);
    take_partners(&source, &statement);
    enum err err = end_source(&source, "}\n", complaint);
    if (err == OK && statement.partner_count != 1)
        err = complain(complaint, "not a statement of one partner: it has %u",
                       statement.partner_count);
    if (err == OK)
        *ret_statement = statement;
    return err;
}
