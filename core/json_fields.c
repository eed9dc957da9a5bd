#include "core/json_fields.h"

#include <inttypes.h>

#define BIT(field) JSON_BIT(field)
#define COMMON                                                                 \
    (BIT(FIELD_KIND) | BIT(FIELD_AT) | BIT(FIELD_STORE) | BIT(FIELD_MEMBER) |  \
     BIT(FIELD_BEARER) | BIT(FIELD_ID) | BIT(FIELD_TILL) |                     \
     BIT(FIELD_CASHIER) | BIT(FIELD_ENTRY) | BIT(FIELD_EVENT) |                \
     BIT(FIELD_RECORDED))

const struct json_form json_fields_forms[FIELD_END] = {
    [FIELD_KIND] = JSON_FORM("kind", TYPE_WORD, 0, 0),
    [FIELD_AT] = JSON_FORM("at", TYPE_TIME, LIMIT_AT_MS_MIN, LIMIT_AT_MS_MAX),
    [FIELD_STORE] = JSON_FORM("store", TYPE_INTEGER, 1, LIMIT_STORE),
    [FIELD_MEMBER] = JSON_FORM("member", TYPE_INTEGER, 1, LIMIT_MEMBER),
    [FIELD_BEARER] = JSON_FORM("bearer", TYPE_CODE, 0, 0),
    [FIELD_ID] = JSON_FORM("id", TYPE_CODE, 0, 0),
    [FIELD_TILL] = JSON_FORM("till", TYPE_CODE, 0, 0),
    [FIELD_CASHIER] = JSON_FORM("cashier", TYPE_CODE, 0, 0),
    [FIELD_ENTRY] = JSON_FORM("entry", TYPE_WORD, 0, 0),
    [FIELD_EVENT] = JSON_FORM("event", TYPE_IDENTITY, 0, 0),
    [FIELD_RECORDED] = JSON_FORM("recorded", TYPE_TIME, 1, LIMIT_CLOCK_MS_MAX),
    [FIELD_HOME_STORE] = JSON_FORM("home_store", TYPE_INTEGER, 1, LIMIT_STORE),
    [FIELD_REFERRER] = JSON_FORM("referrer", TYPE_INTEGER, 1, LIMIT_MEMBER),
    [FIELD_RECEIPT] = JSON_FORM("receipt", TYPE_CODE, 0, 0),
    [FIELD_TOTAL] = JSON_FORM("total", TYPE_INTEGER, 0, LIMIT_MONEY_MINOR),
    [FIELD_OFF] = JSON_FORM("off", TYPE_INTEGER, 0, LIMIT_MONEY_MINOR),
    [FIELD_LINES] = JSON_FORM("lines", TYPE_LINES, 0, 0),
    [FIELD_FROM_STORE] = JSON_FORM("from_store", TYPE_INTEGER, 1, LIMIT_STORE),
    [FIELD_BOUGHT_ON] = JSON_FORM("bought_on", TYPE_DATE, 0, 0),
    [FIELD_VOIDS] = JSON_FORM("voids", TYPE_IDENTITY, 0, 0),
    [FIELD_VOIDS_ID] = JSON_FORM("voids_id", TYPE_CODE, 0, 0),
    [FIELD_REASON] = JSON_FORM("reason", TYPE_TEXT, 0, 0),
    [FIELD_BY] = JSON_FORM("by", TYPE_TEXT, 0, 0),
    [FIELD_CARD] = JSON_FORM("card", TYPE_NAME, 0, 0),
    [FIELD_COUNT] = JSON_FORM("count", TYPE_INTEGER, 1, 1000),
    [FIELD_POINTS] =
        JSON_FORM("points", TYPE_INTEGER, -LIMIT_POINTS, LIMIT_POINTS),
    [FIELD_REWARD] = JSON_FORM("reward", TYPE_NAME, 0, 0),
    [FIELD_VALUE] = JSON_FORM("value", TYPE_INTEGER, 0, LIMIT_MONEY_MINOR),
    [FIELD_REDEMPTION] = JSON_FORM("redemption", TYPE_CODE, 0, 0),
    [FIELD_CHANNEL] = JSON_FORM("channel", TYPE_NAME, 0, 0),
    [FIELD_GRANTED] = JSON_FORM("granted", TYPE_BOOL, 0, 0),
    [FIELD_SOURCE] = JSON_FORM("source", TYPE_TEXT, 0, 0),
    [FIELD_TEXT] = JSON_FORM("text", TYPE_TEXT, 0, 0),
    [FIELD_NAME] = JSON_FORM("name", TYPE_NAME, 0, 0),
    [FIELD_EXPIRES_ON] = JSON_FORM("expires_on", TYPE_DATE, 0, 0),
    [FIELD_PASS] = JSON_FORM("pass", TYPE_NAME, 0, 0),
    [FIELD_PRICE] = JSON_FORM("price", TYPE_INTEGER, 0, LIMIT_MONEY_MINOR),
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

const struct json_form json_fields_line_forms[LINE_END] = {
    [LINE_AMOUNT] = JSON_FORM("amount", TYPE_INTEGER, -LIMIT_MONEY_MINOR,
                              LIMIT_MONEY_MINOR),
    [LINE_INDEX] = JSON_FORM("line", TYPE_INTEGER, 0, INT32_MAX),
    [LINE_QTY] = JSON_FORM("qty", TYPE_INTEGER, 1, 1000000),
    [LINE_CATEGORY] = JSON_FORM("category", TYPE_NAME, 0, 0),
    [LINE_SKU] = JSON_FORM("sku", TYPE_CODE, 0, 0),
};

bool
json_fields_start(struct json_reader *reader, view kind)
{
    struct event *event = &reader->event;

    if (!event_kind_parse(kind, &event->kind))
        return false;
    event_set_defaults(event);
    return true;
}

bool
json_fields_allowed(enum event_kind kind, enum json_field field)
{
    return ((COMMON | KINDS[kind].must | KINDS[kind].may) & BIT(field)) != 0;
}

/* A field of the kinds that have to do with goods. */
static void
store_sale(struct event *event, enum json_field field,
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
store_redeem(struct event *event, enum json_field field,
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
store_consent(struct event *event, enum json_field field,
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
store_own(struct event *event, enum json_field field,
          const struct json_value *value)
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
store_common(struct json_reader *reader, enum json_field field,
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

enum err
json_fields_store(struct json_reader *reader, enum json_field field,
                  const struct json_value *value)
{
    reader->seen |= BIT(field);
    if (field == FIELD_KIND || field == FIELD_LINES)
        return OK;
    if (field == FIELD_ENTRY &&
        !event_entry_parse(value->text, &reader->event.annex.entry))
        return complain(reader->complaint,
                        "entry: expected scan, tap, key, lookup or app, "
                        "found %s",
                        err_quote(value->text).text);
    if (field != FIELD_ENTRY && !store_common(reader, field, value))
        store_own(&reader->event, field, value);
    return OK;
}

void
json_fields_store_line(struct event_line *line, enum json_line_field field,
                       const struct json_value *value)
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
        line->category = value->text;
        return;
    case LINE_SKU:
        line->sku = value->text;
        return;
    case LINE_END:
        return;
    }
}

uint64_t
json_fields_line_may(bool by_receipt)
{
    return by_receipt ? BIT(LINE_AMOUNT) | BIT(LINE_INDEX)
                      : BIT(LINE_AMOUNT) | BIT(LINE_QTY) | BIT(LINE_CATEGORY) |
                            BIT(LINE_SKU);
}

uint64_t
json_fields_line_must(bool by_receipt)
{
    return by_receipt ? BIT(LINE_AMOUNT) | BIT(LINE_INDEX) : BIT(LINE_AMOUNT);
}

bool
json_fields_has(const struct json_reader *reader, enum json_field field)
{
    return (reader->seen & BIT(field)) != 0;
}

/* Exactly one of two fields must be there. */
static enum err
check_one_of(struct json_reader *reader, enum json_field a, enum json_field b)
{
    if (json_fields_has(reader, a) != json_fields_has(reader, b))
        return OK;
    return complain(reader->complaint,
                    "%s: expected exactly one of %s and %s, "
                    "found %s",
                    json_fields_forms[b].name, json_fields_forms[a].name,
                    json_fields_forms[b].name,
                    json_fields_has(reader, a) ? "both" : "neither");
}

/* The one field must not stand beside (or, if `without`, not without) the
 * other. */
static enum err
check_apart(struct json_reader *reader, enum json_field field,
            enum json_field other, bool without)
{
    if (!json_fields_has(reader, field) ||
        json_fields_has(reader, other) == without)
        return OK;
    return complain(
        reader->complaint,
        "%s: expected no such field on kind %s %s %s, found one",
        json_fields_forms[field].name, event_kind_name(reader->event.kind),
        without ? "without" : "with", json_fields_forms[other].name);
}

static enum err
check_return(struct json_reader *reader)
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
check_missing(struct json_reader *reader)
{
    enum event_kind kind = reader->event.kind;
    uint64_t missing = KINDS[kind].must & ~reader->seen;
    if (missing == 0)
        return OK;
    return complain(reader->complaint, "%s: expected on kind %s, found nothing",
                    json_fields_forms[__builtin_ctzll(missing)].name,
                    event_kind_name(kind));
}

enum err
json_fields_check_shape(struct json_reader *reader)
{
    enum event_kind kind = reader->event.kind;
    enum err err = check_missing(reader);

    if (err == OK)
        err = check_one_of(reader, FIELD_MEMBER, FIELD_BEARER);

    if (err == OK && kind == EVENT_RETURN)
        err = check_return(reader);
    if (err == OK && json_fields_has(reader, FIELD_OFF) &&
        !json_fields_has(reader, FIELD_LINES))
        err = complain(reader->complaint,
                       "off: expected only beside lines, found no lines");
    if (err == OK && kind == EVENT_VOID)
        err = check_one_of(reader, FIELD_VOIDS, FIELD_VOIDS_ID);
    if (err == OK && kind == EVENT_REDEEM)
        err = check_one_of(reader, FIELD_POINTS, FIELD_REWARD);
    if (err == OK && kind == EVENT_REDEEM)
        err = check_apart(reader, FIELD_VALUE, FIELD_POINTS, false);
    if (err == OK && kind == EVENT_REVERSE &&
        json_fields_has(reader, FIELD_POINTS) &&
        reader->event.reverse.points.value < 1)
        err = complain(reader->complaint,
                       "points: expected an integer from 1 to %" PRId64
                       ", found %" PRId64,
                       LIMIT_POINTS, reader->event.reverse.points.value);
    if (err == OK && json_fields_has(reader, FIELD_EVENT) &&
        !json_fields_has(reader, FIELD_RECORDED))
        err = complain(reader->complaint,
                       "recorded: expected beside event, found nothing");
    return err;
}

/* The rules about values, tried with something harmless in the place of what
 * only the caller can know. */
enum err
json_fields_check_values(struct json_reader *reader)
{
    struct event probe = reader->event;

    reader->extra.has_at = json_fields_has(reader, FIELD_AT);
    reader->extra.has_store = json_fields_has(reader, FIELD_STORE);
    reader->extra.has_event = json_fields_has(reader, FIELD_EVENT);
    reader->extra.has_recorded = json_fields_has(reader, FIELD_RECORDED);
    if (!reader->extra.has_at)
        probe.at_ms = LIMIT_AT_MS_MIN;
    if (!reader->extra.has_store)
        probe.store = 1;
    if (reader->extra.voids_id.size > 0)
        probe.annul.voids = (identity) { 1, 1, 1 };
    return event_check(&probe, reader->complaint);
}
