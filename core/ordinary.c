#include "core/ordinary.h"

#include "core/codec_quick.h"
#include "core/decimal.h"
#include "core/varint.h"

enum {
    EMPTY_MAP = 0x80, /* msgpack's */
    EMPTY_ARRAY = 0x90,
    START_SIZE = 3, /* the map and the kind */
};

/* What all of them begin with. */
struct head {
    uint32_t count; /* of entries, all in all */
    uint32_t kind;
    uint64_t at_ms;
    uint64_t recorded_ms; /* 0: none */
    uint64_t store;
    uint64_t member;
};

/* The map, the kind and `at`. */
static inline bool
read_start(struct quick *quick, struct head *head)
{
    const uint8_t *bytes = quick->next;

    if (quick->end - bytes < START_SIZE || (bytes[0] & 0xf0) != EMPTY_MAP ||
        bytes[1] != FIELD_KIND)
        return false;
    head->count = bytes[0] & 0x0fu;
    head->kind = bytes[2];
    quick_pass(quick, FIELD_KIND, bytes + START_SIZE);
    return quick_at(quick, &head->at_ms);
}

/* All in which the kinds are alike. */
static inline __attribute__((always_inline)) bool
read_head(struct quick *quick, struct head *head)
{
    uint64_t after = 0;

    if (!read_start(quick, head))
        return false;
    head->recorded_ms = 0;
    if (quick_unsigned(quick, FIELD_RECORDED, 0, LIMIT_CLOCK_MS_MAX, &after)) {
        head->recorded_ms = head->at_ms + after;
        if (head->recorded_ms > LIMIT_CLOCK_MS_MAX)
            return false;
    }
    return quick_unsigned(quick, FIELD_STORE, 1, (1u << CHAPTER_STORE_BITS) - 1,
                          &head->store) &&
           quick_unsigned(quick, FIELD_MEMBER, 1, LIMIT_MEMBER, &head->member);
}

/* As chapter_row_put_code() does it.  Most codes are short numbers; and before
 * the end of any there are eight bytes of the event. */
static inline uint8_t *
put_code(uint8_t *at, view code, uint8_t *ret_form)
{
    uint64_t bytes, number;

    memcpy(&bytes, code.bytes + code.size - sizeof bytes, sizeof bytes);
    if (code.size <= DECIMAL_MAX && (code.bytes[0] != '0' || code.size == 1) &&
        decimal_read(bytes, code.size, &number)) {
        *ret_form = CHAPTER_CODE_NUMBER;
        return varint_put(at, number);
    }
    return chapter_row_put_code(at, code, ret_form);
}

/* The `id` and the receipt, if there are any. */
static inline __attribute__((always_inline)) bool
read_codes(struct quick *quick, uint8_t *codes, struct chapter_row *row)
{
    view id = { 0 }, receipt = { 0 };
    uint8_t id_form = 0, receipt_form = 0;
    uint8_t *end = codes;

    if (quick_string(quick, FIELD_ID, &id) && !event_is_code(id))
        return false;
    if (quick_string(quick, FIELD_RECEIPT, &receipt)) {
        end = put_code(end, receipt, &receipt_form);
        if (receipt_form != CHAPTER_CODE_NUMBER && !event_is_code(receipt))
            return false;
    }
    if (id.size > 0)
        end = put_code(end, id, &id_form);
    row->tag = (uint8_t)(receipt_form << CHAPTER_TAG_RECEIPT |
                         id_form << CHAPTER_TAG_ID);
    row->codes.bytes = codes;
    row->codes.size = (uint32_t)(end - codes);
    return true;
}

/* One line, which is an entry of its own in which others stand: the total and
 * perhaps a category. */
static inline bool
read_line(struct quick *quick, uint32_t total, view *ret_category)
{
    uint32_t count = quick->count, lines, fields;
    uint64_t amount;

    if (!quick_is(quick, FIELD_LINES))
        return false;
    quick->next++;
    quick->count = 0;
    bool read =
        quick_container(quick, EMPTY_ARRAY, &lines) && lines == 1 &&
        quick_container(quick, EMPTY_MAP, &fields) &&
        quick_unsigned(quick, LINE_AMOUNT, total, total, &amount) &&
        (fields == 1 || quick_string(quick, LINE_CATEGORY, ret_category)) &&
        quick->count == fields;
    quick->count = count + 1;
    return read;
}

/* What has been added before is a name. */
static inline uint32_t
number_of(struct words *words, view category)
{
    uint32_t number = words_recent(words, category);

    if (number == WORDS_NONE && event_is_name(category))
        number = words_add(words, category);
    return number;
}

static inline __attribute__((always_inline)) bool
read_purchase(struct quick *quick, struct words *words, struct chapter_row *row)
{
    view category = { 0 };
    uint64_t total;

    if ((row->tag >> CHAPTER_TAG_RECEIPT & 3) == 0 ||
        !quick_unsigned(quick, FIELD_TOTAL, 0, UINT32_MAX, &total))
        return false;
    row->amount = (uint32_t)total;
    row->key = CHAPTER_PURCHASE;
    if (quick->next == quick->end)
        return true;
    row->key = CHAPTER_LINE;
    if (!read_line(quick, row->amount, &category))
        return false;
    if (category.size == 0)
        return true;
    row->goods = (uint16_t)number_of(words, category);
    return row->goods != WORDS_NONE;
}

static inline __attribute__((always_inline)) bool
read_redeem(struct quick *quick, struct chapter_row *row)
{
    uint64_t value;

    if ((row->tag >> CHAPTER_TAG_ID & 3) == 0 ||
        !quick_unsigned(quick, FIELD_POINTS, 1, LIMIT_POINTS, &value))
        return false;
    row->key = CHAPTER_REDEEM;
    row->amount = (uint32_t)value;
    return true;
}

bool
ordinary_read(const struct record_event *stored, struct words *words,
              struct ordinary *room, account_id *ret_account,
              struct chapter_row *ret_row)
{
    struct quick quick = { .next = stored->core.bytes,
                           .end = stored->core.bytes + stored->core.size };
    struct head head;

    if (stored->copy || !read_head(&quick, &head) ||
        !read_codes(&quick, room->codes, ret_row))
        return false;
    ret_row->goods = 0;
    bool read = head.kind == EVENT_PURCHASE
                    ? read_purchase(&quick, words, ret_row)
                : head.kind == EVENT_REDEEM ? read_redeem(&quick, ret_row)
                                            : false;
    if (!read || quick.count != head.count || quick.next != quick.end)
        return false;
    ret_account->member = head.member;
    ret_account->bearer = (view) { 0 };
    ret_row->key |= (head.at_ms - LIMIT_AT_MS_MIN)
                        << (CHAPTER_KIND_BITS + CHAPTER_STORE_BITS) |
                    head.store << CHAPTER_KIND_BITS;
    ret_row->identity.incarnation = stored->origin.incarnation;
    ret_row->identity.seq = stored->origin.seq;
    ret_row->identity.node = stored->origin.node;
    ret_row->recorded_ms = (int64_t)head.recorded_ms;
    ret_row->item = false;
    ret_row->lines = NULL;
    ret_row->skus = (view) { 0 };
    return true;
}

/* A code that may be there. */
static inline __attribute__((always_inline)) bool
read_code(struct quick *quick, uint32_t field, view *ret_code)
{
    return !quick_string(quick, field, ret_code) || event_is_code(*ret_code);
}

bool
ordinary_sale(const struct record_event *stored, struct ordinary_sale *ret_sale)
{
    struct quick quick = { .next = stored->core.bytes,
                           .end = stored->core.bytes + stored->core.size };
    struct head head;
    uint64_t total;

    ret_sale->id = ret_sale->receipt = (view) { 0 };
    if (stored->copy || !read_head(&quick, &head) ||
        head.kind != EVENT_PURCHASE ||
        !read_code(&quick, FIELD_ID, &ret_sale->id) ||
        !read_code(&quick, FIELD_RECEIPT, &ret_sale->receipt) ||
        ret_sale->receipt.size == 0 ||
        !quick_unsigned(&quick, FIELD_TOTAL, 0, UINT32_MAX, &total) ||
        quick.count != head.count || quick.next != quick.end)
        return false;
    ret_sale->at_ms = (int64_t)head.at_ms;
    ret_sale->recorded_ms = (int64_t)head.recorded_ms;
    ret_sale->member = head.member;
    ret_sale->total.minor = (int64_t)total;
    ret_sale->store = (uint32_t)head.store;
    return true;
}

bool
ordinary_purchase(const struct record_event *stored, struct event *ret_event)
{
    struct ordinary_sale sale;

    if (!ordinary_sale(stored, &sale))
        return false;
    *ret_event = (struct event) {
        .kind = EVENT_PURCHASE,
        .store = sale.store,
        .identity = stored->origin,
        .at_ms = sale.at_ms,
        .recorded_ms = sale.recorded_ms,
        .account = { .member = sale.member },
        .id = sale.id,
        .sale = { .receipt = sale.receipt,
                  .total = sale.total,
                  .bought_on = EVENT_NO_DAY },
    };
    return true;
}
