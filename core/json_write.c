#include "core/json.h"

static void
write_identity(struct text *text, const char *key, identity id)
{
    text_json_key(text, key);
    text_char(text, '"');
    text_unsigned(text, id.node);
    text_char(text, '.');
    text_unsigned(text, id.incarnation);
    text_char(text, '.');
    text_unsigned(text, id.seq);
    text_char(text, '"');
}

static void
write_view(struct text *text, const char *key, view value)
{
    if (value.size > 0)
        text_json_view(text, key, value);
}

static void
write_unsigned(struct text *text, const char *key, uint64_t value)
{
    text_json_key(text, key);
    text_unsigned(text, value);
}

static void
write_date(struct text *text, const char *key, int32_t day)
{
    char date[11];

    if (day == EVENT_NO_DAY)
        return;
    text_json_key(text, key);
    text_char(text, '"');
    calendar_format_date(day, date);
    text_bytes(text, date, sizeof date - 1);
    text_char(text, '"');
}

static void
write_lines(struct text *text, const struct event *event)
{
    bool by_receipt =
        event->kind == EVENT_RETURN && event->sale.receipt.size > 0;

    text_json_key(text, "lines");
    text_char(text, '[');
    for (uint32_t i = 0; i < event->sale.line_count; i++) {
        const struct event_line *line = &event->sale.lines[i];
        text_comma(text);
        text_char(text, '{');
        if (by_receipt)
            write_unsigned(text, "line", line->index);
        write_view(text, "category", line->category);
        text_json_integer(text, "amount", line->amount.minor);
        if (line->qty > 1)
            write_unsigned(text, "qty", line->qty);
        write_view(text, "sku", line->sku);
        text_char(text, '}');
    }
    text_char(text, ']');
}

static void
write_sale(struct text *text, const struct event *event)
{
    bool by_receipt =
        event->kind == EVENT_RETURN && event->sale.receipt.size > 0;

    write_view(text, "receipt", event->sale.receipt);
    if (event->sale.off.minor != 0)
        text_json_integer(text, "off", event->sale.off.minor);
    if (event->sale.line_count > 0)
        write_lines(text, event);
    if (!by_receipt) {
        text_json_integer(text, "total", event->sale.total.minor);
        return;
    }
    if (event->sale.from_store != 0)
        write_unsigned(text, "from_store", event->sale.from_store);
    write_date(text, "bought_on", event->sale.bought_on);
}

static void
write_redeem(struct text *text, const struct event *event)
{
    if (event->redeem.reward.size > 0)
        text_json_view(text, "reward", event->redeem.reward);
    else
        text_json_integer(text, "points", event->redeem.points.value);
    if (event->redeem.value.minor >= 0)
        text_json_integer(text, "value", event->redeem.value.minor);
    write_view(text, "receipt", event->redeem.receipt);
}

static void
write_goods_kind(struct text *text, const struct event *event)
{
    switch (event->kind) {
    case EVENT_PURCHASE:
    case EVENT_RETURN:
        write_sale(text, event);
        return;
    case EVENT_STAMP:
        text_json_view(text, "card", event->stamp.card);
        if (event->stamp.count != 1)
            write_unsigned(text, "count", event->stamp.count);
        return;
    case EVENT_REDEEM:
        write_redeem(text, event);
        return;
    case EVENT_REVERSE:
        text_json_view(text, "redemption", event->reverse.redemption);
        if (event->reverse.points.value != 0)
            text_json_integer(text, "points", event->reverse.points.value);
        return;
    case EVENT_PASS_SALE:
        text_json_integer(text, "price", event->pass_sale.price.minor);
        text_json_view(text, "pass", event->pass_sale.pass);
        return;
    case EVENT_PASS_USE:
        text_json_view(text, "pass", event->pass_use.pass);
        return;
    case EVENT_JOIN:
    case EVENT_VOID:
    case EVENT_CONSENT:
    case EVENT_ACTIVITY:
    case EVENT_GRANT:
    case EVENT_ADJUST:
        return;
    }
}

static void
write_other_kind(struct text *text, const struct event *event)
{
    switch (event->kind) {
    case EVENT_JOIN:
        if (event->join.home_store != 0)
            write_unsigned(text, "home_store", event->join.home_store);
        if (event->join.referrer != 0)
            write_unsigned(text, "referrer", event->join.referrer);
        return;
    case EVENT_VOID:
        write_identity(text, "voids", event->annul.voids);
        return;
    case EVENT_CONSENT:
        text_json_view(text, "channel", event->consent.channel);
        text_json_bool(text, "granted", event->consent.granted);
        write_view(text, "source", event->annex.source);
        write_view(text, "text", event->consent.text);
        return;
    case EVENT_ACTIVITY:
        text_json_view(text, "name", event->activity.name);
        return;
    case EVENT_GRANT:
        text_json_view(text, "reward", event->grant.reward);
        if (event->grant.count != 1)
            write_unsigned(text, "count", event->grant.count);
        return;
    case EVENT_ADJUST:
        text_json_integer(text, "points", event->adjust.points.value);
        write_date(text, "expires_on", event->adjust.expires_on);
        return;
    case EVENT_PURCHASE:
    case EVENT_RETURN:
    case EVENT_STAMP:
    case EVENT_REDEEM:
    case EVENT_REVERSE:
    case EVENT_PASS_SALE:
    case EVENT_PASS_USE:
        return;
    }
}

void
json_write_event(struct text *text, const struct event *event)
{
    const char *kind = event_kind_name(event->kind);
    const char *entry = event_entry_name(event->annex.entry);

    assert(kind != NULL);
    text_char(text, '{');
    if (event->identity.node != 0)
        write_identity(text, "event", event->identity);
    text_json_view(text, "kind", view_of(kind));
    text_json_time(text, "at", event->at_ms);
    write_unsigned(text, "store", event->store);
    if (event->account.member != 0)
        write_unsigned(text, "member", event->account.member);
    else
        text_json_view(text, "bearer", event->account.bearer);
    write_view(text, "id", event->id);
    write_goods_kind(text, event);
    write_other_kind(text, event);
    write_view(text, "reason", event->annex.reason);
    write_view(text, "by", event->annex.by);
    write_view(text, "till", event->annex.till);
    write_view(text, "cashier", event->annex.cashier);
    if (entry != NULL)
        text_json_view(text, "entry", view_of(entry));
    if (event->recorded_ms != 0)
        text_json_time(text, "recorded", event->recorded_ms);
    text_char(text, '}');
}
