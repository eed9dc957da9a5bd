#include "core/json.h"

#include "core/json_value.h"

#include <inttypes.h>

enum field {
    FIELD_KIND,
    FIELD_AT,
    FIELD_STORE,
    FIELD_MEMBER,
    FIELD_BEARER,
    FIELD_ID,
    FIELD_TILL,
    FIELD_CASHIER,
    FIELD_ENTRY,
    FIELD_EVENT,
    FIELD_RECORDED,
    FIELD_HOME_STORE,
    FIELD_REFERRER,
    FIELD_RECEIPT,
    FIELD_TOTAL,
    FIELD_OFF,
    FIELD_LINES,
    FIELD_FROM_STORE,
    FIELD_BOUGHT_ON,
    FIELD_VOIDS,
    FIELD_VOIDS_ID,
    FIELD_REASON,
    FIELD_BY,
    FIELD_CARD,
    FIELD_COUNT,
    FIELD_POINTS,
    FIELD_REWARD,
    FIELD_VALUE,
    FIELD_REDEMPTION,
    FIELD_CHANNEL,
    FIELD_GRANTED,
    FIELD_SOURCE,
    FIELD_TEXT,
    FIELD_NAME,
    FIELD_EXPIRES_ON,
    FIELD_PASS,
    FIELD_PRICE,
    FIELD_END,
};

#define BIT(field) (UINT64_C(1) << (field))
#define COMMON                                                                 \
    (BIT(FIELD_KIND) | BIT(FIELD_AT) | BIT(FIELD_STORE) | BIT(FIELD_MEMBER) |  \
     BIT(FIELD_BEARER) | BIT(FIELD_ID) | BIT(FIELD_TILL) |                     \
     BIT(FIELD_CASHIER) | BIT(FIELD_ENTRY) | BIT(FIELD_EVENT) |                \
     BIT(FIELD_RECORDED))

static const struct json_form FORMS[FIELD_END] = {
    [FIELD_KIND] = { "kind", TYPE_WORD, 0, 0 },
    [FIELD_AT] = { "at", TYPE_TIME, LIMIT_AT_MS_MIN, LIMIT_AT_MS_MAX },
    [FIELD_STORE] = { "store", TYPE_INTEGER, 1, LIMIT_STORE },
    [FIELD_MEMBER] = { "member", TYPE_INTEGER, 1, LIMIT_MEMBER },
    [FIELD_BEARER] = { "bearer", TYPE_CODE, 0, 0 },
    [FIELD_ID] = { "id", TYPE_CODE, 0, 0 },
    [FIELD_TILL] = { "till", TYPE_CODE, 0, 0 },
    [FIELD_CASHIER] = { "cashier", TYPE_CODE, 0, 0 },
    [FIELD_ENTRY] = { "entry", TYPE_WORD, 0, 0 },
    [FIELD_EVENT] = { "event", TYPE_IDENTITY, 0, 0 },
    [FIELD_RECORDED] = { "recorded", TYPE_TIME, 1, LIMIT_CLOCK_MS_MAX },
    [FIELD_HOME_STORE] = { "home_store", TYPE_INTEGER, 1, LIMIT_STORE },
    [FIELD_REFERRER] = { "referrer", TYPE_INTEGER, 1, LIMIT_MEMBER },
    [FIELD_RECEIPT] = { "receipt", TYPE_CODE, 0, 0 },
    [FIELD_TOTAL] = { "total", TYPE_INTEGER, 0, LIMIT_MONEY_MINOR },
    [FIELD_OFF] = { "off", TYPE_INTEGER, 0, LIMIT_MONEY_MINOR },
    [FIELD_LINES] = { "lines", TYPE_LINES, 0, 0 },
    [FIELD_FROM_STORE] = { "from_store", TYPE_INTEGER, 1, LIMIT_STORE },
    [FIELD_BOUGHT_ON] = { "bought_on", TYPE_DATE, 0, 0 },
    [FIELD_VOIDS] = { "voids", TYPE_IDENTITY, 0, 0 },
    [FIELD_VOIDS_ID] = { "voids_id", TYPE_CODE, 0, 0 },
    [FIELD_REASON] = { "reason", TYPE_TEXT, 0, 0 },
    [FIELD_BY] = { "by", TYPE_TEXT, 0, 0 },
    [FIELD_CARD] = { "card", TYPE_NAME, 0, 0 },
    [FIELD_COUNT] = { "count", TYPE_INTEGER, 1, 1000 },
    [FIELD_POINTS] = { "points", TYPE_INTEGER, -LIMIT_POINTS, LIMIT_POINTS },
    [FIELD_REWARD] = { "reward", TYPE_NAME, 0, 0 },
    [FIELD_VALUE] = { "value", TYPE_INTEGER, 0, LIMIT_MONEY_MINOR },
    [FIELD_REDEMPTION] = { "redemption", TYPE_CODE, 0, 0 },
    [FIELD_CHANNEL] = { "channel", TYPE_NAME, 0, 0 },
    [FIELD_GRANTED] = { "granted", TYPE_BOOL, 0, 0 },
    [FIELD_SOURCE] = { "source", TYPE_TEXT, 0, 0 },
    [FIELD_TEXT] = { "text", TYPE_TEXT, 0, 0 },
    [FIELD_NAME] = { "name", TYPE_NAME, 0, 0 },
    [FIELD_EXPIRES_ON] = { "expires_on", TYPE_DATE, 0, 0 },
    [FIELD_PASS] = { "pass", TYPE_NAME, 0, 0 },
    [FIELD_PRICE] = { "price", TYPE_INTEGER, 0, LIMIT_MONEY_MINOR },
};

/* The fields that a kind must have, and all it may have beside the common
 * ones; what depends on other fields is in check_shape(). */
static const struct {
    uint64_t must;
    uint64_t may;
} KINDS[EVENT_KIND_END] = {
    [EVENT_JOIN] = { 0, BIT(FIELD_HOME_STORE) | BIT(FIELD_REFERRER) },
    [EVENT_PURCHASE] = { BIT(FIELD_RECEIPT) | BIT(FIELD_TOTAL),
                         BIT(FIELD_LINES) | BIT(FIELD_OFF) },
    [EVENT_RETURN] = { 0, BIT(FIELD_RECEIPT) | BIT(FIELD_TOTAL) |
                              BIT(FIELD_LINES) | BIT(FIELD_OFF) |
                              BIT(FIELD_FROM_STORE) | BIT(FIELD_BOUGHT_ON) },
    [EVENT_VOID] = { 0, BIT(FIELD_VOIDS) | BIT(FIELD_VOIDS_ID) |
                            BIT(FIELD_REASON) | BIT(FIELD_BY) },
    [EVENT_STAMP] = { BIT(FIELD_CARD), BIT(FIELD_COUNT) },
    [EVENT_REDEEM] = { BIT(FIELD_ID), BIT(FIELD_POINTS) | BIT(FIELD_REWARD) |
                                          BIT(FIELD_VALUE) |
                                          BIT(FIELD_RECEIPT) },
    [EVENT_REVERSE] = { BIT(FIELD_REDEMPTION), BIT(FIELD_POINTS) },
    [EVENT_CONSENT] = { BIT(FIELD_CHANNEL) | BIT(FIELD_GRANTED),
                        BIT(FIELD_SOURCE) | BIT(FIELD_TEXT) },
    [EVENT_ACTIVITY] = { BIT(FIELD_NAME), 0 },
    [EVENT_GRANT] = { BIT(FIELD_REWARD), BIT(FIELD_COUNT) | BIT(FIELD_REASON) },
    [EVENT_ADJUST] = { BIT(FIELD_POINTS) | BIT(FIELD_REASON) | BIT(FIELD_BY),
                       BIT(FIELD_EXPIRES_ON) },
    [EVENT_PASS_SALE] = { BIT(FIELD_PASS) | BIT(FIELD_PRICE), 0 },
    [EVENT_PASS_USE] = { BIT(FIELD_PASS), 0 },
};

/* One line on its way to an event. */
struct line_reader {
    struct arena *arena;
    struct complaint *complaint;
    struct event event;
    struct json_extra extra;
    uint64_t seen;
};

/* The fields of one entry of `lines`. */
enum line_field {
    LINE_AMOUNT,
    LINE_INDEX,
    LINE_QTY,
    LINE_CATEGORY,
    LINE_SKU,
    LINE_END,
};

static const struct json_form LINE_FORMS[LINE_END] = {
    [LINE_AMOUNT] = { "amount", TYPE_INTEGER, -LIMIT_MONEY_MINOR,
                      LIMIT_MONEY_MINOR },
    [LINE_INDEX] = { "line", TYPE_INTEGER, 0, INT32_MAX },
    [LINE_QTY] = { "qty", TYPE_INTEGER, 1, 1000000 },
    [LINE_CATEGORY] = { "category", TYPE_NAME, 0, 0 },
    [LINE_SKU] = { "sku", TYPE_CODE, 0, 0 },
};

static void
store_line_field(struct line_reader *reader, struct event_line *line,
                 enum line_field field, const struct json_value *value)
{
    switch (field) {
    case LINE_AMOUNT:
        line->amount.minor = value->integer;
        return;
    case LINE_INDEX:
        line->index = (uint32_t)value->integer;
        return;
    case LINE_QTY:
        line->qty = (uint32_t)value->integer;
        return;
    case LINE_CATEGORY:
        line->category = arena_copy(reader->arena, value->text);
        return;
    case LINE_SKU:
        line->sku = arena_copy(reader->arena, value->text);
        return;
    case LINE_END:
        return;
    }
}

/* One entry of `lines`.  Its complaints name the field alone; read_lines()
 * puts in front of it which line it is on. */
static enum err
read_line(struct line_reader *reader, const struct json_tree *node,
          bool by_receipt, struct event_line *line)
{
    const uint64_t may = by_receipt ? BIT(LINE_AMOUNT) | BIT(LINE_INDEX)
                                    : BIT(LINE_AMOUNT) | BIT(LINE_QTY) |
                                          BIT(LINE_CATEGORY) | BIT(LINE_SKU);
    const uint64_t must = by_receipt ? may : BIT(LINE_AMOUNT);
    struct json_entry entry = { 0 };
    uint64_t seen = 0;

    line->qty = 1;
    while (json_next(node, &entry)) {
        struct json_value value = { 0 };
        uint32_t field = json_form_find(LINE_FORMS, LINE_END, entry.key);
        if (field == LINE_END || (may & BIT(field)) == 0)
            return complain(reader->complaint,
                            "%s: expected %s, found an unknown field",
                            err_quote(entry.key).text,
                            by_receipt ? "only line and amount"
                                       : "amount, category, sku or qty");
        enum err err = json_value_read(entry.value, &LINE_FORMS[field],
                                       reader->complaint, &value);
        if (err != OK)
            return err;
        seen |= BIT(field);
        store_line_field(reader, line, (enum line_field)field, &value);
    }
    uint64_t missing = must & ~seen;
    if (missing == 0)
        return OK;
    return complain(reader->complaint,
                    "%s: expected on every line, found "
                    "nothing",
                    LINE_FORMS[__builtin_ctzll(missing)].name);
}

static enum err
read_lines(struct line_reader *reader, const struct json_tree *node,
           bool by_receipt)
{
    uint32_t count = node == NULL ? 0 : json_count(node);

    if (json_type_of(node) != JSON_TYPE_ARRAY || count == 0 ||
        count > LIMIT_EVENT_LINES)
        return complain(reader->complaint,
                        "lines: expected a list of 1 to %d objects, found %s",
                        LIMIT_EVENT_LINES,
                        json_type_of(node) != JSON_TYPE_ARRAY
                            ? json_quote(node).text
                        : count == 0 ? "an empty one"
                                     : "a longer one");
    struct event_line *lines =
        ARENA_NEW(reader->arena, struct event_line, count);
    for (uint32_t i = 0; i < count; i++) {
        const struct json_tree *entry = json_at(node, i);
        if (json_type_of(entry) != JSON_TYPE_OBJECT)
            return complain(reader->complaint,
                            "lines[%" PRIu32 "]: expected an object, found %s",
                            i, json_quote(entry).text);
        if (read_line(reader, entry, by_receipt, &lines[i]) == OK)
            continue;
        if (reader->complaint != NULL) {
            struct complaint inner = *reader->complaint;
            (void)complain(reader->complaint, "lines[%" PRIu32 "].%s", i,
                           inner.text);
        }
        return ERR_INPUT;
    }
    reader->event.sale.lines = lines;
    reader->event.sale.line_count = count;
    return OK;
}

static enum err
store_word(struct line_reader *reader, enum field field, view word)
{
    if (field == FIELD_KIND || /* read before all others */
        event_entry_parse(word, &reader->event.annex.entry))
        return OK;
    return complain(reader->complaint,
                    "entry: expected scan, tap, key, lookup or app, found %s",
                    err_quote(word).text);
}

/* A field of the kinds that have to do with goods. */
static void
store_sale(struct event *event, enum field field,
           const struct json_value *value)
{
    if (field == FIELD_RECEIPT)
        event->sale.receipt = value->text;
    else if (field == FIELD_TOTAL)
        event->sale.total.minor = value->integer;
    else if (field == FIELD_OFF)
        event->sale.off.minor = value->integer;
    else if (field == FIELD_FROM_STORE)
        event->sale.from_store = (uint32_t)value->integer;
    else
        event->sale.bought_on = (int32_t)value->integer;
}

static void
store_redeem(struct event *event, enum field field,
             const struct json_value *value)
{
    if (field == FIELD_POINTS)
        event->redeem.points.value = value->integer;
    else if (field == FIELD_REWARD)
        event->redeem.reward = value->text;
    else if (field == FIELD_VALUE)
        event->redeem.value.minor = value->integer;
    else
        event->redeem.receipt = value->text;
}

static void
store_consent(struct event *event, enum field field,
              const struct json_value *value)
{
    if (field == FIELD_CHANNEL)
        event->consent.channel = value->text;
    else if (field == FIELD_GRANTED)
        event->consent.granted = value->truth;
    else
        event->consent.text = value->text;
}

/* A field of its kind into its place; that the kind has it has been checked,
 * so what is not the one is the other. */
static void
store_own(struct event *event, enum field field, const struct json_value *value)
{
    switch (event->kind) {
    case EVENT_JOIN:
        if (field == FIELD_HOME_STORE)
            event->join.home_store = (uint32_t)value->integer;
        else
            event->join.referrer = (uint64_t)value->integer;
        return;
    case EVENT_PURCHASE:
    case EVENT_RETURN:
        store_sale(event, field, value);
        return;
    case EVENT_VOID:
        event->annul.voids = value->id;
        return;
    case EVENT_STAMP:
        if (field == FIELD_CARD)
            event->stamp.card = value->text;
        else
            event->stamp.count = (uint32_t)value->integer;
        return;
    case EVENT_REDEEM:
        store_redeem(event, field, value);
        return;
    case EVENT_REVERSE:
        if (field == FIELD_REDEMPTION)
            event->reverse.redemption = value->text;
        else
            event->reverse.points.value = value->integer;
        return;
    case EVENT_CONSENT:
        store_consent(event, field, value);
        return;
    case EVENT_ACTIVITY:
        event->activity.name = value->text;
        return;
    case EVENT_GRANT:
        if (field == FIELD_REWARD)
            event->grant.reward = value->text;
        else
            event->grant.count = (uint32_t)value->integer;
        return;
    case EVENT_ADJUST:
        if (field == FIELD_POINTS)
            event->adjust.points.value = value->integer;
        else
            event->adjust.expires_on = (int32_t)value->integer;
        return;
    case EVENT_PASS_SALE:
        if (field == FIELD_PASS)
            event->pass_sale.pass = value->text;
        else
            event->pass_sale.price.minor = value->integer;
        return;
    case EVENT_PASS_USE:
        event->pass_use.pass = value->text;
        return;
    }
}

/* A field that every kind has; false: it is one of the kind's own. */
static bool
store_common(struct line_reader *reader, enum field field,
             const struct json_value *value)
{
    struct event *event = &reader->event;

    switch ((int)field) {
    case FIELD_AT:
        event->at_ms = value->integer;
        return true;
    case FIELD_STORE:
        event->store = (uint32_t)value->integer;
        return true;
    case FIELD_MEMBER:
        event->account.member = (uint64_t)value->integer;
        return true;
    case FIELD_BEARER:
        event->account.bearer = value->text;
        return true;
    case FIELD_ID:
        event->id = value->text;
        return true;
    case FIELD_TILL:
        event->annex.till = value->text;
        return true;
    case FIELD_CASHIER:
        event->annex.cashier = value->text;
        return true;
    case FIELD_EVENT:
        event->identity = value->id;
        return true;
    case FIELD_RECORDED:
        event->recorded_ms = value->integer;
        return true;
    case FIELD_REASON:
        event->annex.reason = value->text;
        return true;
    case FIELD_BY:
        event->annex.by = value->text;
        return true;
    case FIELD_SOURCE:
        event->annex.source = value->text;
        return true;
    case FIELD_VOIDS_ID:
        reader->extra.voids_id = value->text;
        return true;
    default:
        return false;
    }
}

static enum err
read_field(struct line_reader *reader, enum field field,
           const struct json_tree *node)
{
    const struct json_form *form = &FORMS[field];
    struct json_value value = { 0 };

    /* What its entries may be depends on whether there is a receipt. */
    if (form->type == TYPE_LINES)
        return OK;
    enum err err = json_value_read(node, form, reader->complaint, &value);
    if (err != OK)
        return err;
    if (form->type == TYPE_WORD)
        return store_word(reader, field, value.text);
    if (value.text.size > 0)
        value.text = arena_copy(reader->arena, value.text);
    if (!store_common(reader, field, &value))
        store_own(&reader->event, field, &value);
    return OK;
}

static enum err
read_kind(struct line_reader *reader, const struct json_tree *root)
{
    const struct json_tree *node = json_get(root, "kind");
    struct event *event = &reader->event;
    view name;

    if (json_type_of(root) != JSON_TYPE_OBJECT)
        return json_complain(reader->complaint, "the line", "a JSON object",
                             root);
    if (!json_get_string(node, &name) || !event_kind_parse(name, &event->kind))
        return json_complain(reader->complaint, "kind",
                             "join, purchase, return, void, stamp, redeem, "
                             "reverse, consent, activity, grant, adjust, "
                             "pass_sale or pass_use",
                             node);
    if (event->kind == EVENT_PURCHASE || event->kind == EVENT_RETURN)
        event->sale.bought_on = EVENT_NO_DAY;
    else if (event->kind == EVENT_STAMP)
        event->stamp.count = 1;
    else if (event->kind == EVENT_GRANT)
        event->grant.count = 1;
    else if (event->kind == EVENT_REDEEM)
        event->redeem.value.minor = -1;
    else if (event->kind == EVENT_ADJUST)
        event->adjust.expires_on = EVENT_NO_DAY;
    return OK;
}

static enum err
read_fields(struct line_reader *reader, const struct json_tree *root)
{
    enum event_kind kind = reader->event.kind;
    uint64_t may = COMMON | KINDS[kind].must | KINDS[kind].may;
    struct json_entry entry = { 0 };

    while (json_next(root, &entry)) {
        uint32_t field = json_form_find(FORMS, FIELD_END, entry.key);
        if (field == FIELD_END || (may & BIT(field)) == 0)
            return complain(
                reader->complaint, "%s: expected a field of a %s, found %s",
                err_quote(entry.key).text, event_kind_name(kind),
                field == FIELD_END ? "an unknown one" : "one of another kind");
        reader->seen |= BIT(field);
        enum err err = read_field(reader, (enum field)field, entry.value);
        if (err != OK)
            return err;
    }
    uint64_t missing = KINDS[kind].must & ~reader->seen;
    if (missing == 0)
        return OK;
    return complain(reader->complaint, "%s: expected on a %s, found nothing",
                    FORMS[__builtin_ctzll(missing)].name,
                    event_kind_name(kind));
}

static bool
has(const struct line_reader *reader, enum field field)
{
    return (reader->seen & BIT(field)) != 0;
}

/* Exactly one of two fields must be there. */
static enum err
check_one_of(struct line_reader *reader, enum field a, enum field b)
{
    if (has(reader, a) != has(reader, b))
        return OK;
    return complain(reader->complaint,
                    "%s: expected exactly one of %s and %s, "
                    "found %s",
                    FORMS[b].name, FORMS[a].name, FORMS[b].name,
                    has(reader, a) ? "both" : "neither");
}

/* The one field must not stand beside (or, if `without`, not without) the
 * other. */
static enum err
check_apart(struct line_reader *reader, enum field field, enum field other,
            bool without)
{
    if (!has(reader, field) || has(reader, other) == without)
        return OK;
    return complain(reader->complaint,
                    "%s: expected no such field on a %s %s %s, found one",
                    FORMS[field].name, event_kind_name(reader->event.kind),
                    without ? "without" : "with", FORMS[other].name);
}

static enum err
check_return(struct line_reader *reader)
{
    enum err err = check_one_of(reader, FIELD_RECEIPT, FIELD_TOTAL);

    if (err == OK)
        err = check_apart(reader, FIELD_OFF, FIELD_RECEIPT, false);
    if (err == OK)
        err = check_apart(reader, FIELD_FROM_STORE, FIELD_TOTAL, false);
    if (err == OK)
        err = check_apart(reader, FIELD_BOUGHT_ON, FIELD_TOTAL, false);
    return err;
}

static enum err
check_shape(struct line_reader *reader)
{
    enum event_kind kind = reader->event.kind;
    enum err err = check_one_of(reader, FIELD_MEMBER, FIELD_BEARER);

    if (err == OK && kind == EVENT_RETURN)
        err = check_return(reader);
    if (err == OK && has(reader, FIELD_OFF) && !has(reader, FIELD_LINES))
        err = complain(reader->complaint,
                       "off: expected only beside lines, found no lines");
    if (err == OK && kind == EVENT_VOID)
        err = check_one_of(reader, FIELD_VOIDS, FIELD_VOIDS_ID);
    if (err == OK && kind == EVENT_REDEEM)
        err = check_one_of(reader, FIELD_POINTS, FIELD_REWARD);
    if (err == OK && kind == EVENT_REDEEM)
        err = check_apart(reader, FIELD_VALUE, FIELD_POINTS, false);
    if (err == OK && kind == EVENT_REVERSE && has(reader, FIELD_POINTS) &&
        reader->event.reverse.points.value < 1)
        err = complain(reader->complaint,
                       "points: expected an integer from 1 to %" PRId64
                       ", found %" PRId64,
                       LIMIT_POINTS, reader->event.reverse.points.value);
    if (err == OK && has(reader, FIELD_EVENT) && !has(reader, FIELD_RECORDED))
        err = complain(reader->complaint,
                       "recorded: expected beside event, found nothing");
    return err;
}

/* The rules about values, tried with something harmless in the place of what
 * only the caller can know. */
static enum err
check_values(const struct line_reader *reader)
{
    struct event probe = reader->event;

    if (!reader->extra.has_at)
        probe.at_ms = LIMIT_AT_MS_MIN;
    if (!reader->extra.has_store)
        probe.store = 1;
    if (reader->extra.voids_id.size > 0)
        probe.annul.voids = (identity) { 1, 1, 1 };
    return event_check(&probe, reader->complaint);
}

static enum err
read_root(struct line_reader *reader, const struct json_tree *root)
{
    enum err err = read_kind(reader, root);

    if (err == OK)
        err = read_fields(reader, root);
    if (err == OK)
        err = check_shape(reader);
    if (err == OK && has(reader, FIELD_LINES))
        err = read_lines(reader, json_get(root, "lines"),
                         reader->event.kind == EVENT_RETURN &&
                             has(reader, FIELD_RECEIPT));
    if (err != OK)
        return err;
    reader->extra.has_at = has(reader, FIELD_AT);
    reader->extra.has_store = has(reader, FIELD_STORE);
    reader->extra.has_event = has(reader, FIELD_EVENT);
    reader->extra.has_recorded = has(reader, FIELD_RECORDED);
    return check_values(reader);
}

enum err
json_read_event(view line, struct arena *arena, struct event *ret_event,
                struct json_extra *ret_extra, struct complaint *complaint)
{
    struct line_reader reader = { .arena = arena, .complaint = complaint };
    struct json_tree *root = NULL;

    if (line.size > LIMIT_JSON_LINE)
        return complain(complaint,
                        "the line: expected at most %d bytes, found %" PRIu32,
                        LIMIT_JSON_LINE, line.size);
    enum err err = json_open(line, &root, complaint);
    if (err == OK)
        err = read_root(&reader, root);
    json_close(root);
    if (err != OK)
        return err;
    *ret_event = reader.event;
    *ret_extra = reader.extra;
    return OK;
}
