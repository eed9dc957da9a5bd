#include "core/codec.h"

#include "core/codec_fields.h"
#include "core/pack.h"

#define RECEIPT (BIT(FIELD_TOTAL) | BIT(FIELD_OFF) | BIT(FIELD_LINES))

static const struct codec_shape SHAPES[EVENT_KIND_END] = {
    [EVENT_JOIN] = { 0, BIT(FIELD_HOME_STORE) | BIT(FIELD_REFERRER) },
    [EVENT_PURCHASE] = { BIT(FIELD_RECEIPT) | BIT(FIELD_TOTAL), RECEIPT },
    [EVENT_RETURN] = { 0, BIT(FIELD_RECEIPT) | RECEIPT | BIT(FIELD_FROM_STORE) |
                              BIT(FIELD_BOUGHT_ON) },
    [EVENT_VOID] = { BIT(FIELD_VOIDS), 0 },
    [EVENT_STAMP] = { BIT(FIELD_CARD), BIT(FIELD_COUNT) },
    [EVENT_REDEEM] = { BIT(FIELD_ID), BIT(FIELD_POINTS) | BIT(FIELD_REWARD) |
                                          BIT(FIELD_VALUE) |
                                          BIT(FIELD_RECEIPT) },
    [EVENT_REVERSE] = { BIT(FIELD_REDEMPTION), BIT(FIELD_POINTS) },
    [EVENT_CONSENT] = { BIT(FIELD_CHANNEL) | BIT(FIELD_GRANTED),
                        BIT(FIELD_TEXT) },
    [EVENT_ACTIVITY] = { BIT(FIELD_NAME), 0 },
    [EVENT_GRANT] = { BIT(FIELD_REWARD), BIT(FIELD_COUNT) },
    [EVENT_ADJUST] = { BIT(FIELD_POINTS), BIT(FIELD_EXPIRES_ON) },
    [EVENT_PASS_SALE] = { BIT(FIELD_PASS) | BIT(FIELD_PRICE), 0 },
    [EVENT_PASS_USE] = { BIT(FIELD_PASS), 0 },
};

struct codec_shape
codec_shape(enum event_kind kind)
{
    assert(event_kind_name(kind) != NULL);
    return SHAPES[kind];
}

static uint32_t
bit_if(bool given, enum codec_field field)
{
    return given ? BIT(field) : 0;
}

static uint32_t
sale_fields(const struct event *event)
{
    bool by_receipt =
        event->kind == EVENT_RETURN && event->sale.receipt.size > 0;

    return bit_if(event->sale.receipt.size > 0, FIELD_RECEIPT) |
           bit_if(!by_receipt, FIELD_TOTAL) |
           bit_if(event->sale.off.minor != 0, FIELD_OFF) |
           bit_if(event->sale.line_count > 0, FIELD_LINES) |
           bit_if(event->sale.from_store != 0, FIELD_FROM_STORE) |
           bit_if(event->kind == EVENT_RETURN &&
                      event->sale.bought_on != EVENT_NO_DAY,
                  FIELD_BOUGHT_ON);
}

/* The optional fields of its kind that an event has. */
static uint32_t
optional_fields(const struct event *event)
{
    switch (event->kind) {
    case EVENT_JOIN:
        return bit_if(event->join.home_store != 0, FIELD_HOME_STORE) |
               bit_if(event->join.referrer != 0, FIELD_REFERRER);
    case EVENT_PURCHASE:
    case EVENT_RETURN:
        return sale_fields(event);
    case EVENT_STAMP:
        return bit_if(event->stamp.count != 1, FIELD_COUNT);
    case EVENT_REDEEM:
        return bit_if(event->redeem.points.value != 0, FIELD_POINTS) |
               bit_if(event->redeem.reward.size > 0, FIELD_REWARD) |
               bit_if(event->redeem.value.minor != -1, FIELD_VALUE) |
               bit_if(event->redeem.receipt.size > 0, FIELD_RECEIPT);
    case EVENT_REVERSE:
        return bit_if(event->reverse.points.value != 0, FIELD_POINTS);
    case EVENT_CONSENT:
        return bit_if(event->consent.text.size > 0, FIELD_TEXT);
    case EVENT_GRANT:
        return bit_if(event->grant.count != 1, FIELD_COUNT);
    case EVENT_ADJUST:
        return bit_if(event->adjust.expires_on != EVENT_NO_DAY,
                      FIELD_EXPIRES_ON);
    case EVENT_VOID:
    case EVENT_ACTIVITY:
    case EVENT_PASS_SALE:
    case EVENT_PASS_USE:
        return 0;
    }
    return 0;
}

static void
encode_identity(struct text *text, identity id)
{
    pack_array(text, 3);
    pack_unsigned(text, id.node);
    pack_unsigned(text, id.incarnation);
    pack_unsigned(text, id.seq);
}

static void
encode_line(struct text *text, const struct event_line *line, bool by_receipt)
{
    uint32_t count = 1u + by_receipt + (line->qty > 1) +
                     (line->category.size > 0) + (line->sku.size > 0);

    pack_map(text, count);
    pack_unsigned(text, LINE_AMOUNT);
    pack_integer(text, line->amount.minor);
    if (by_receipt) {
        pack_unsigned(text, LINE_INDEX);
        pack_unsigned(text, line->index);
    }
    if (line->qty > 1) {
        pack_unsigned(text, LINE_QTY);
        pack_unsigned(text, line->qty);
    }
    if (line->category.size > 0) {
        pack_unsigned(text, LINE_CATEGORY);
        pack_string(text, line->category);
    }
    if (line->sku.size > 0) {
        pack_unsigned(text, LINE_SKU);
        pack_string(text, line->sku);
    }
}

static void
encode_lines(struct text *text, const struct event *event)
{
    bool by_receipt =
        event->kind == EVENT_RETURN && event->sale.receipt.size > 0;

    pack_array(text, event->sale.line_count);
    for (uint32_t i = 0; i < event->sale.line_count; i++)
        encode_line(text, &event->sale.lines[i], by_receipt);
}

static void
encode_common(struct text *text, const struct event *event,
              enum codec_field field)
{
    if (field == FIELD_KIND)
        pack_unsigned(text, event->kind);
    else if (field == FIELD_IDENTITY)
        encode_identity(text, event->identity);
    else if (field == FIELD_AT)
        pack_integer(text, event->at_ms);
    else if (field == FIELD_RECORDED)
        pack_integer(text, event->recorded_ms - event->at_ms);
    else if (field == FIELD_STORE)
        pack_unsigned(text, event->store);
    else if (field == FIELD_MEMBER)
        pack_unsigned(text, event->account.member);
    else if (field == FIELD_BEARER)
        pack_string(text, event->account.bearer);
    else
        pack_string(text, event->id);
}

static void
encode_sale(struct text *text, const struct event *event,
            enum codec_field field)
{
    if (field == FIELD_RECEIPT)
        pack_string(text, event->sale.receipt);
    else if (field == FIELD_TOTAL)
        pack_integer(text, event->sale.total.minor);
    else if (field == FIELD_OFF)
        pack_integer(text, event->sale.off.minor);
    else if (field == FIELD_LINES)
        encode_lines(text, event);
    else if (field == FIELD_FROM_STORE)
        pack_unsigned(text, event->sale.from_store);
    else
        pack_integer(text, event->sale.bought_on);
}

static void
encode_redeem(struct text *text, const struct event *event,
              enum codec_field field)
{
    if (field == FIELD_POINTS)
        pack_integer(text, event->redeem.points.value);
    else if (field == FIELD_REWARD)
        pack_string(text, event->redeem.reward);
    else if (field == FIELD_VALUE)
        pack_integer(text, event->redeem.value.minor);
    else
        pack_string(text, event->redeem.receipt);
}

static void
encode_consent(struct text *text, const struct event *event,
               enum codec_field field)
{
    if (field == FIELD_CHANNEL)
        pack_string(text, event->consent.channel);
    else if (field == FIELD_GRANTED)
        pack_bool(text, event->consent.granted);
    else
        pack_string(text, event->consent.text);
}

/* A field that only some kinds have; each kind has at most two of its own,
 * but for those above. */
static void
encode_own(struct text *text, const struct event *event, enum codec_field field)
{
    switch (event->kind) {
    case EVENT_JOIN:
        pack_unsigned(text, field == FIELD_HOME_STORE ? event->join.home_store
                                                      : event->join.referrer);
        return;
    case EVENT_PURCHASE:
    case EVENT_RETURN:
        encode_sale(text, event, field);
        return;
    case EVENT_VOID:
        encode_identity(text, event->annul.voids);
        return;
    case EVENT_STAMP:
        if (field == FIELD_CARD)
            pack_string(text, event->stamp.card);
        else
            pack_unsigned(text, event->stamp.count);
        return;
    case EVENT_REDEEM:
        encode_redeem(text, event, field);
        return;
    case EVENT_REVERSE:
        if (field == FIELD_REDEMPTION)
            pack_string(text, event->reverse.redemption);
        else
            pack_integer(text, event->reverse.points.value);
        return;
    case EVENT_CONSENT:
        encode_consent(text, event, field);
        return;
    case EVENT_ACTIVITY:
        pack_string(text, event->activity.name);
        return;
    case EVENT_GRANT:
        if (field == FIELD_REWARD)
            pack_string(text, event->grant.reward);
        else
            pack_unsigned(text, event->grant.count);
        return;
    case EVENT_ADJUST:
        pack_integer(text, field == FIELD_POINTS ? event->adjust.points.value
                                                 : event->adjust.expires_on);
        return;
    case EVENT_PASS_SALE:
        if (field == FIELD_PASS)
            pack_string(text, event->pass_sale.pass);
        else
            pack_integer(text, event->pass_sale.price.minor);
        return;
    case EVENT_PASS_USE:
        pack_string(text, event->pass_use.pass);
        return;
    }
}

static void
encode_fields(struct text *text, const struct event *event, uint32_t left_out)
{
    assert(event_kind_name(event->kind) != NULL);
    assert((event->account.member != 0) != (event->account.bearer.size > 0));
    uint32_t fields =
        FIELDS_COMMON | SHAPES[event->kind].must | optional_fields(event);
    if (event->account.member == 0)
        left_out |= BIT(FIELD_MEMBER);
    else
        left_out |= BIT(FIELD_BEARER);
    if (event->id.size == 0)
        left_out |= BIT(FIELD_ID);
    fields &= ~left_out;

    pack_map(text, (uint32_t)__builtin_popcount(fields));
    for (; fields != 0; fields &= fields - 1) {
        enum codec_field field = (enum codec_field)__builtin_ctz(fields);
        pack_unsigned(text, field);
        if ((FIELDS_COMMON & BIT(field)) != 0)
            encode_common(text, event, field);
        else
            encode_own(text, event, field);
    }
}

void
codec_encode(const struct event *event, enum codec_identity with,
             struct text *text)
{
    assert(event->recorded_ms >= 0);
    assert(event->recorded_ms <= LIMIT_CLOCK_MS_MAX);
    encode_fields(text, event,
                  bit_if(with == CODEC_NO_IDENTITY, FIELD_IDENTITY) |
                      bit_if(event->recorded_ms == 0, FIELD_RECORDED));
}

bool
codec_has_annex(const struct event_annex *annex)
{
    return annex->till.size > 0 || annex->cashier.size > 0 ||
           annex->reason.size > 0 || annex->by.size > 0 ||
           annex->source.size > 0 || annex->entry != ENTRY_NONE;
}

static void
encode_annex_text(struct text *text, enum codec_annex_field field, view value)
{
    if (value.size == 0)
        return;
    pack_unsigned(text, field);
    pack_string(text, value);
}

static void
encode_annex_fields(struct text *text, const struct event_annex *annex,
                    view salt)
{
    uint32_t count = 1u + (annex->till.size > 0) + (annex->cashier.size > 0) +
                     (annex->entry != ENTRY_NONE) + (annex->reason.size > 0) +
                     (annex->by.size > 0) + (annex->source.size > 0);

    pack_map(text, count);
    pack_unsigned(text, ANNEX_SALT);
    pack_bin(text, salt);
    encode_annex_text(text, ANNEX_TILL, annex->till);
    encode_annex_text(text, ANNEX_CASHIER, annex->cashier);
    if (annex->entry != ENTRY_NONE) {
        pack_unsigned(text, ANNEX_ENTRY);
        pack_unsigned(text, annex->entry);
    }
    encode_annex_text(text, ANNEX_REASON, annex->reason);
    encode_annex_text(text, ANNEX_BY, annex->by);
    encode_annex_text(text, ANNEX_SOURCE, annex->source);
}

void
codec_encode_annex(const struct event_annex *annex,
                   const uint8_t salt[static CODEC_SALT_SIZE],
                   struct text *text)
{
    if (codec_has_annex(annex))
        encode_annex_fields(text, annex, (view) { salt, CODEC_SALT_SIZE });
}

void
codec_content(const struct event *event, struct text *text)
{
    encode_fields(text, event,
                  BIT(FIELD_IDENTITY) | BIT(FIELD_AT) | BIT(FIELD_RECORDED));
    encode_annex_fields(text, &event->annex, (view) { 0 });
}

static bool
same_annex(const struct event_annex *a, const struct event_annex *b)
{
    return view_equal(a->till, b->till) && view_equal(a->cashier, b->cashier) &&
           view_equal(a->reason, b->reason) && view_equal(a->by, b->by) &&
           view_equal(a->source, b->source) && a->entry == b->entry;
}

static bool
same_sale(const struct event *a, const struct event *b)
{
    if (!view_equal(a->sale.receipt, b->sale.receipt) ||
        a->sale.total.minor != b->sale.total.minor ||
        a->sale.off.minor != b->sale.off.minor ||
        a->sale.line_count != b->sale.line_count)
        return false;
    if (a->kind == EVENT_RETURN && (a->sale.from_store != b->sale.from_store ||
                                    a->sale.bought_on != b->sale.bought_on))
        return false;
    for (uint32_t i = 0; i < a->sale.line_count; i++) {
        const struct event_line *x = &a->sale.lines[i];
        const struct event_line *y = &b->sale.lines[i];
        if (x->amount.minor != y->amount.minor || x->index != y->index ||
            x->qty != y->qty || !view_equal(x->category, y->category) ||
            !view_equal(x->sku, y->sku))
            return false;
    }
    return true;
}

static bool
same_own(const struct event *a, const struct event *b)
{
    switch (a->kind) {
    case EVENT_JOIN:
        return a->join.home_store == b->join.home_store &&
               a->join.referrer == b->join.referrer;
    case EVENT_PURCHASE:
    case EVENT_RETURN:
        return same_sale(a, b);
    case EVENT_VOID:
        return identity_equal(a->annul.voids, b->annul.voids);
    case EVENT_STAMP:
        return view_equal(a->stamp.card, b->stamp.card) &&
               a->stamp.count == b->stamp.count;
    case EVENT_REDEEM:
        return a->redeem.points.value == b->redeem.points.value &&
               view_equal(a->redeem.reward, b->redeem.reward) &&
               a->redeem.value.minor == b->redeem.value.minor &&
               view_equal(a->redeem.receipt, b->redeem.receipt);
    case EVENT_REVERSE:
        return view_equal(a->reverse.redemption, b->reverse.redemption) &&
               a->reverse.points.value == b->reverse.points.value;
    case EVENT_CONSENT:
        return view_equal(a->consent.channel, b->consent.channel) &&
               view_equal(a->consent.text, b->consent.text) &&
               a->consent.granted == b->consent.granted;
    case EVENT_ACTIVITY:
        return view_equal(a->activity.name, b->activity.name);
    case EVENT_GRANT:
        return view_equal(a->grant.reward, b->grant.reward) &&
               a->grant.count == b->grant.count;
    case EVENT_ADJUST:
        return a->adjust.points.value == b->adjust.points.value &&
               a->adjust.expires_on == b->adjust.expires_on;
    case EVENT_PASS_SALE:
        return view_equal(a->pass_sale.pass, b->pass_sale.pass) &&
               a->pass_sale.price.minor == b->pass_sale.price.minor;
    case EVENT_PASS_USE:
        return view_equal(a->pass_use.pass, b->pass_use.pass);
    }
    return false;
}

bool
codec_same_content(const struct event *a, const struct event *b,
                   bool compare_at)
{
    return a->kind == b->kind && a->store == b->store &&
           (!compare_at || a->at_ms == b->at_ms) &&
           account_equal(a->account, b->account) && view_equal(a->id, b->id) &&
           same_annex(&a->annex, &b->annex) && same_own(a, b);
}
