#include "core/codec.h"

#include "core/codec_fields.h"
#include "core/codec_quick.h"
#include "core/pack.h"

#include <string.h>

/* Fields of a later version that are passed over before the map as a whole is
 * called malformed; and the numbers they may have. */
enum { MAP_COUNT_MAX = 256, FIELD_NUMBER_MAX = 65535 };
enum { COUNT_MAX = 1000, QTY_MAX = 1000000 };

/* One event on its way out of the bytes. */
struct decoder {
    struct unpacker in;
    struct arena *arena;
    struct event event;
    uint32_t left;  /* entries still to come */
    uint32_t least; /* what the next key must be at least: they ascend */
    uint32_t seen;
    bool unknown;
};

/* The number of the next field.  Above the greatest there is none. */
static uint64_t
take_number(struct unpacker *in, uint64_t least)
{
    if (least <= FIELD_NUMBER_MAX)
        return unpack_unsigned(in, least, FIELD_NUMBER_MAX);
    unpack_fail(in);
    return FIELD_NUMBER_MAX;
}

/* A string of 1 to `size_max` bytes: what is empty is left out. */
static view
take_string(struct unpacker *in, uint32_t size_max)
{
    view value = unpack_string(in, size_max);
    if (value.size == 0)
        unpack_fail(in);
    return value;
}

static view
take_name(struct unpacker *in)
{
    return take_string(in, LIMIT_NAME_SIZE);
}

static view
take_code(struct unpacker *in)
{
    return take_string(in, LIMIT_CODE_SIZE);
}

static money
take_money(struct unpacker *in, int64_t min)
{
    return (money) { unpack_integer(in, min, LIMIT_MONEY_MINOR) };
}

static points
take_points(struct unpacker *in, int64_t min)
{
    return (points) { unpack_integer(in, min, LIMIT_POINTS) };
}

static uint32_t
take_store(struct unpacker *in)
{
    return (uint32_t)unpack_unsigned(in, 1, LIMIT_STORE);
}

static uint32_t
take_count(struct unpacker *in)
{
    return (uint32_t)unpack_unsigned(in, 1, COUNT_MAX);
}

static int32_t
take_day(struct unpacker *in)
{
    /* Years 0000 to 9999: what "YYYY-MM-DD" can say. */
    return (int32_t)unpack_integer(in, -719528, 2932896);
}

static identity
take_identity(struct unpacker *in)
{
    identity id = { 0 };

    if (unpack_array(in, 3) != 3)
        unpack_fail(in);
    id.node = (uint32_t)unpack_unsigned(in, 1, LIMIT_NODE);
    id.incarnation = unpack_unsigned(in, 1, LIMIT_INCARNATION);
    id.seq = unpack_unsigned(in, 1, INT64_MAX);
    return id;
}

static void
decode_line_field(struct decoder *decoder, uint64_t field,
                  struct event_line *line)
{
    struct unpacker *in = &decoder->in;

    switch (field) {
    case LINE_AMOUNT:
        line->amount = take_money(in, -LIMIT_MONEY_MINOR);
        return;
    case LINE_INDEX:
        line->index = (uint32_t)unpack_unsigned(in, 0, INT32_MAX);
        return;
    case LINE_QTY:
        line->qty = (uint32_t)unpack_unsigned(in, 1, QTY_MAX);
        return;
    case LINE_CATEGORY:
        line->category = take_name(in);
        return;
    case LINE_SKU:
        line->sku = take_code(in);
        return;
    default:
        decoder->unknown = true;
        unpack_skip(in);
        return;
    }
}

static void
decode_line(struct decoder *decoder, struct event_line *line, bool by_receipt)
{
    const uint32_t must =
        by_receipt ? BIT(LINE_AMOUNT) | BIT(LINE_INDEX) : BIT(LINE_AMOUNT);
    const uint32_t may = by_receipt ? must
                                    : BIT(LINE_AMOUNT) | BIT(LINE_QTY) |
                                          BIT(LINE_CATEGORY) | BIT(LINE_SKU);
    struct unpacker *in = &decoder->in;
    uint32_t count = unpack_map(in, MAP_COUNT_MAX);
    uint64_t least = 0;
    uint32_t seen = 0;

    line->qty = 1;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t field = take_number(in, least);
        least = field + 1;
        if (field < LINE_END)
            seen |= BIT(field);
        decode_line_field(decoder, field, line);
        if (!unpack_ok(in))
            return;
    }
    if ((seen & must) != must)
        unpack_fail(in);
    if ((seen & ~may) != 0)
        decoder->unknown = true;
}

/* A line of a receipt, as nearly all are written.  False: it is for the long
 * way. */
static inline bool
decode_quick_line(struct unpacker *in, struct event_line *line)
{
    enum { EMPTY_MAP = 0x80 };
    struct quick quick = { .next = in->next, .end = in->end };
    uint64_t amount, qty = 1;
    uint32_t fields;

    if (!quick_container(&quick, EMPTY_MAP, &fields) ||
        !quick_unsigned(&quick, LINE_AMOUNT, 0, LIMIT_MONEY_MINOR, &amount))
        return false;
    (void)quick_unsigned(&quick, LINE_QTY, 1, QTY_MAX, &qty);
    (void)quick_string(&quick, LINE_CATEGORY, &line->category);
    (void)quick_string(&quick, LINE_SKU, &line->sku);
    if (quick.count != fields) {
        *line = (struct event_line) { 0 };
        return false;
    }
    line->amount.minor = (int64_t)amount;
    line->qty = (uint32_t)qty;
    in->next = quick.next;
    return true;
}

static void
decode_lines(struct decoder *decoder)
{
    struct event *event = &decoder->event;
    bool by_receipt =
        event->kind == EVENT_RETURN && event->sale.receipt.size > 0;
    /* Behind `at` there are eight bytes before the end of any number. */
    bool quick = !by_receipt && (decoder->seen & BIT(FIELD_AT)) != 0;
    uint32_t count = unpack_array(&decoder->in, LIMIT_EVENT_LINES);

    if (count == 0) {
        unpack_fail(&decoder->in);
        return;
    }
    struct event_line *lines =
        ARENA_NEW(decoder->arena, struct event_line, count);
    for (uint32_t i = 0; i < count && unpack_ok(&decoder->in); i++)
        if (!quick || !decode_quick_line(&decoder->in, &lines[i]))
            decode_line(decoder, &lines[i], by_receipt);
    event->sale.lines = lines;
    event->sale.line_count = count;
}

static void
decode_sale(struct decoder *decoder, enum codec_field field)
{
    struct unpacker *in = &decoder->in;
    struct event *event = &decoder->event;

    if (field == FIELD_RECEIPT)
        event->sale.receipt = take_code(in);
    else if (field == FIELD_TOTAL)
        event->sale.total = take_money(in, 0);
    else if (field == FIELD_OFF)
        event->sale.off = take_money(in, 0);
    else if (field == FIELD_LINES)
        decode_lines(decoder);
    else if (field == FIELD_FROM_STORE)
        event->sale.from_store = take_store(in);
    else
        event->sale.bought_on = take_day(in);
}

static void
decode_redeem(struct unpacker *in, struct event *event, enum codec_field field)
{
    if (field == FIELD_POINTS)
        event->redeem.points = take_points(in, 1);
    else if (field == FIELD_REWARD)
        event->redeem.reward = take_name(in);
    else if (field == FIELD_VALUE)
        event->redeem.value = take_money(in, 0);
    else
        event->redeem.receipt = take_code(in);
}

static void
decode_consent(struct unpacker *in, struct event *event, enum codec_field field)
{
    if (field == FIELD_CHANNEL)
        event->consent.channel = take_name(in);
    else if (field == FIELD_GRANTED)
        event->consent.granted = unpack_bool(in);
    else
        event->consent.text = take_string(in, LIMIT_TEXT_SIZE);
}

/* A field of its kind; that the kind has it has been checked. */
static void
decode_own(struct decoder *decoder, enum codec_field field)
{
    struct unpacker *in = &decoder->in;
    struct event *event = &decoder->event;

    switch (event->kind) {
    case EVENT_JOIN:
        if (field == FIELD_HOME_STORE)
            event->join.home_store = take_store(in);
        else
            event->join.referrer = unpack_unsigned(in, 1, LIMIT_MEMBER);
        return;
    case EVENT_PURCHASE:
    case EVENT_RETURN:
        decode_sale(decoder, field);
        return;
    case EVENT_VOID:
        event->annul.voids = take_identity(in);
        return;
    case EVENT_STAMP:
        if (field == FIELD_CARD)
            event->stamp.card = take_name(in);
        else
            event->stamp.count = take_count(in);
        return;
    case EVENT_REDEEM:
        decode_redeem(in, event, field);
        return;
    case EVENT_REVERSE:
        if (field == FIELD_REDEMPTION)
            event->reverse.redemption = take_code(in);
        else
            event->reverse.points = take_points(in, 1);
        return;
    case EVENT_CONSENT:
        decode_consent(in, event, field);
        return;
    case EVENT_ACTIVITY:
        event->activity.name = take_name(in);
        return;
    case EVENT_GRANT:
        if (field == FIELD_REWARD)
            event->grant.reward = take_name(in);
        else
            event->grant.count = take_count(in);
        return;
    case EVENT_ADJUST:
        if (field == FIELD_POINTS)
            event->adjust.points = take_points(in, -LIMIT_POINTS);
        else
            event->adjust.expires_on = take_day(in);
        return;
    case EVENT_PASS_SALE:
        if (field == FIELD_PASS)
            event->pass_sale.pass = take_name(in);
        else
            event->pass_sale.price = take_money(in, 0);
        return;
    case EVENT_PASS_USE:
        event->pass_use.pass = take_name(in);
        return;
    }
}

static void
decode_common(struct decoder *decoder, enum codec_field field)
{
    struct unpacker *in = &decoder->in;
    struct event *event = &decoder->event;

    if (field == FIELD_IDENTITY)
        event->identity = take_identity(in);
    else if (field == FIELD_AT)
        event->at_ms = unpack_integer(in, LIMIT_AT_MS_MIN, LIMIT_AT_MS_MAX);
    else if (field == FIELD_RECORDED)
        event->recorded_ms =
            unpack_integer(in, -LIMIT_CLOCK_MS_MAX, LIMIT_CLOCK_MS_MAX) +
            event->at_ms;
    else if (field == FIELD_STORE)
        event->store = take_store(in);
    else if (field == FIELD_MEMBER)
        event->account.member = unpack_unsigned(in, 1, LIMIT_MEMBER);
    else if (field == FIELD_BEARER)
        event->account.bearer = take_code(in);
    else
        event->id = take_code(in);
}

/* What masks of fields can't say: which go together. */
static bool
fields_agree(const struct event *event, uint32_t seen)
{
    bool of_points = (seen & BIT(FIELD_POINTS)) != 0;
    bool of_reward = (seen & BIT(FIELD_REWARD)) != 0;
    bool has_receipt = (seen & BIT(FIELD_RECEIPT)) != 0;

    if (((seen & BIT(FIELD_MEMBER)) != 0) == ((seen & BIT(FIELD_BEARER)) != 0))
        return false;
    if ((seen & BIT(FIELD_RECORDED)) != 0 &&
        (event->recorded_ms <= 0 || event->recorded_ms > LIMIT_CLOCK_MS_MAX))
        return false;
    if (event->kind == EVENT_REDEEM)
        return of_points != of_reward &&
               (of_reward || (seen & BIT(FIELD_VALUE)) == 0);
    if (event->kind == EVENT_RETURN && has_receipt)
        return (seen & (BIT(FIELD_TOTAL) | BIT(FIELD_OFF))) == 0;
    if (event->kind == EVENT_RETURN)
        return (seen & BIT(FIELD_TOTAL)) != 0 &&
               (seen & (BIT(FIELD_FROM_STORE) | BIT(FIELD_BOUGHT_ON))) == 0;
    return true;
}

/* Reads one entry behind the kind; `may` are the fields that it may have. */
static void
decode_field(struct decoder *decoder, uint32_t may)
{
    uint64_t field = take_number(&decoder->in, decoder->least);

    decoder->least = (uint32_t)field + 1;
    if (field >= FIELD_END || (may & BIT(field)) == 0) {
        decoder->unknown = true;
        unpack_skip(&decoder->in);
        return;
    }
    decoder->seen |= BIT(field);
    if ((FIELDS_COMMON & BIT(field)) != 0)
        decode_common(decoder, (enum codec_field)field);
    else
        decode_own(decoder, (enum codec_field)field);
}

/* The fields that nearly every event begins with, as far as they are written as
 * they nearly always are; the rest is left to decode_field(). */
static void
decode_head(struct decoder *decoder)
{
    struct event *event = &decoder->event;
    struct quick quick = { .next = decoder->in.next, .end = decoder->in.end };
    uint64_t value = 0;

    if (!quick_at(&quick, &value))
        return;
    event->at_ms = (int64_t)value;
    if (quick_unsigned(&quick, FIELD_RECORDED, 0, LIMIT_CLOCK_MS_MAX, &value))
        event->recorded_ms = event->at_ms + (int64_t)value;
    if (quick_unsigned(&quick, FIELD_STORE, 1, LIMIT_STORE, &value))
        event->store = (uint32_t)value;
    if (quick_unsigned(&quick, FIELD_MEMBER, 1, LIMIT_MEMBER, &value))
        event->account.member = value;
    if (event->kind == EVENT_PURCHASE &&
        quick_string(&quick, FIELD_RECEIPT, &event->sale.receipt) &&
        quick_unsigned(&quick, FIELD_TOTAL, 0, LIMIT_MONEY_MINOR, &value))
        event->sale.total.minor = (int64_t)value;
    if (quick.count > decoder->left)
        return; /* it says that it has fewer entries: that is for others */
    decoder->in.next = quick.next;
    decoder->left -= quick.count;
    decoder->seen |= quick.seen;
    /* One above the greatest key that has been read. */
    decoder->least = 32 - (uint32_t)__builtin_clz(decoder->seen);
}

/* Zeroes field by field: one stroke over all of it takes longer than reading
 * a purchase. */
static void
clear_event(struct event *event)
{
    static_assert(offsetof(struct event, sale) + sizeof event->sale ==
                      sizeof *event,
                  "sale is the greatest and last part");
    event->kind = (enum event_kind)0;
    event->store = 0;
    event->identity = (identity) { 0 };
    event->at_ms = 0;
    event->recorded_ms = 0;
    event->account = (account_id) { 0 };
    event->id = (view) { 0 };
    event->annex.till = (view) { 0 };
    event->annex.cashier = (view) { 0 };
    event->annex.reason = (view) { 0 };
    event->annex.by = (view) { 0 };
    event->annex.source = (view) { 0 };
    event->annex.entry = ENTRY_NONE;
    /* With the gaps between its fields: other parts lie over them. */
    memset(&event->sale, 0, sizeof event->sale);
}

/* The kind comes first, for it says what may and must follow. */
static bool
decode_kind(struct decoder *decoder, uint32_t *ret_must, uint32_t *ret_may)
{
    struct unpacker *in = &decoder->in;

    decoder->left = unpack_map(in, MAP_COUNT_MAX);
    if (decoder->left == 0 || unpack_unsigned(in, 0, FIELD_NUMBER_MAX) != 0)
        return false;
    uint64_t kind = unpack_unsigned(in, 1, FIELD_NUMBER_MAX);
    decoder->left--;
    decoder->least = FIELD_KIND + 1;
    decoder->seen = BIT(FIELD_KIND);
    decoder->unknown = kind >= EVENT_KIND_END;
    *ret_must = 0;
    *ret_may = 0;
    if (decoder->unknown)
        return true;
    struct codec_shape shape = codec_shape((enum event_kind)kind);
    decoder->event.kind = (enum event_kind)kind;
    event_set_defaults(&decoder->event);
    *ret_must = FIELDS_ALWAYS | shape.must;
    *ret_may = FIELDS_COMMON | shape.must | shape.may;
    return true;
}

enum err
codec_decode(view core, struct arena *arena, struct event *ret_event)
{
    struct decoder decoder;
    uint32_t must = 0;
    uint32_t may = 0;

    decoder.in = unpack_begin(core);
    decoder.arena = arena;
    clear_event(&decoder.event);
    if (core.size > LIMIT_EVENT_SIZE || !decode_kind(&decoder, &must, &may))
        return err_corrupt();
    if (!decoder.unknown)
        decode_head(&decoder);
    for (; decoder.left > 0 && unpack_ok(&decoder.in); decoder.left--)
        decode_field(&decoder, may);
    enum err err = unpack_end(&decoder.in);
    if (err != OK)
        return err;
    if (decoder.unknown)
        return ERR_UNKNOWN;
    if ((decoder.seen & must) != must ||
        !fields_agree(&decoder.event, decoder.seen))
        return err_corrupt();
    *ret_event = decoder.event;
    return OK;
}

static void
decode_annex_field(struct unpacker *in, uint64_t field,
                   struct event_annex *annex)
{
    switch (field) {
    case ANNEX_TILL:
        annex->till = take_code(in);
        return;
    case ANNEX_CASHIER:
        annex->cashier = take_code(in);
        return;
    case ANNEX_ENTRY:
        annex->entry = (enum event_entry)unpack_unsigned(in, 1, 255);
        return;
    case ANNEX_REASON:
        annex->reason = take_string(in, LIMIT_TEXT_SIZE);
        return;
    case ANNEX_BY:
        annex->by = take_string(in, LIMIT_TEXT_SIZE);
        return;
    case ANNEX_SOURCE:
        annex->source = take_string(in, LIMIT_TEXT_SIZE);
        return;
    default:
        unpack_skip(in);
        return;
    }
}

enum err
codec_decode_annex(view annex, struct event_annex *ret_annex)
{
    struct event_annex decoded = { 0 };
    struct unpacker in = unpack_begin(annex);
    uint64_t least = ANNEX_SALT + 1;
    bool unknown = false;

    if (annex.size == 0) {
        *ret_annex = decoded;
        return OK;
    }
    uint32_t count = unpack_map(&in, MAP_COUNT_MAX);
    if (count == 0 || unpack_unsigned(&in, 0, FIELD_NUMBER_MAX) != ANNEX_SALT)
        return err_corrupt();
    if (unpack_bin(&in, CODEC_SALT_SIZE).size != CODEC_SALT_SIZE)
        return err_corrupt();
    for (uint32_t i = 1; i < count && unpack_ok(&in); i++) {
        uint64_t field = take_number(&in, least);
        least = field + 1;
        unknown |= field >= ANNEX_END;
        decode_annex_field(&in, field, &decoded);
    }
    enum err err = unpack_end(&in);
    if (err != OK)
        return err;
    if (unknown || (int)decoded.entry >= ENTRY_END)
        return ERR_UNKNOWN;
    *ret_annex = decoded;
    return OK;
}
