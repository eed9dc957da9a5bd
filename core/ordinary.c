#include "core/ordinary.h"

#include "core/codec_quick.h"

enum { EMPTY_MAP = 0x80, EMPTY_ARRAY = 0x90 }; /* msgpack's */

/* What all of them begin with. */
struct head {
    uint64_t kind;
    uint64_t at_ms;
    uint64_t recorded_ms; /* 0: none */
    uint64_t store;
    uint64_t member;
    view id;
    view receipt;
};

/* The kind, and all in which the kinds are alike. */
static inline bool
read_head(struct quick *quick, struct head *head)
{
    uint64_t after = 0;

    if (!quick_container(quick, EMPTY_MAP, &quick->left) ||
        !quick_unsigned(quick, FIELD_KIND, 1, EVENT_KIND_END - 1,
                        &head->kind) ||
        !quick_unsigned(quick, FIELD_AT, LIMIT_AT_MS_MIN, LIMIT_AT_MS_MAX,
                        &head->at_ms))
        return false;
    head->recorded_ms = 0;
    if (quick_unsigned(quick, FIELD_RECORDED, 0, LIMIT_CLOCK_MS_MAX, &after)) {
        head->recorded_ms = head->at_ms + after;
        if (head->recorded_ms > LIMIT_CLOCK_MS_MAX)
            return false;
    }
    if (!quick_unsigned(quick, FIELD_STORE, 1, (1u << CHAPTER_STORE_BITS) - 1,
                        &head->store) ||
        !quick_unsigned(quick, FIELD_MEMBER, 1, LIMIT_MEMBER, &head->member))
        return false;
    head->id = head->receipt = (view) { 0 };
    if (quick_string(quick, FIELD_ID, &head->id) && !event_is_code(head->id))
        return false;
    return !quick_string(quick, FIELD_RECEIPT, &head->receipt) ||
           event_is_code(head->receipt);
}

/* One line: the total and perhaps a category. */
static inline bool
read_line(struct quick *quick, uint32_t total, view *ret_category)
{
    uint64_t amount;
    uint32_t count;

    if (!quick_is(quick, FIELD_LINES))
        return false;
    quick->next++;
    quick->left--;
    if (!quick_container(quick, EMPTY_ARRAY, &count) || count != 1)
        return false;
    uint32_t left = quick->left;
    bool read = quick_container(quick, EMPTY_MAP, &quick->left) &&
                quick_unsigned(quick, LINE_AMOUNT, total, total, &amount) &&
                (quick->left == 0 ||
                 (quick_string(quick, LINE_CATEGORY, ret_category) &&
                  quick->left == 0 && event_is_name(*ret_category)));
    quick->left = left;
    return read;
}

static inline bool
read_purchase(struct quick *quick, const struct head *head, struct words *words,
              struct chapter_row *row)
{
    view category = { 0 };
    uint64_t total;

    if (head->receipt.size == 0 ||
        !quick_unsigned(quick, FIELD_TOTAL, 0, UINT32_MAX, &total))
        return false;
    row->amount = (uint32_t)total;
    row->key = CHAPTER_PURCHASE;
    if (quick->left == 0)
        return true;
    row->key = CHAPTER_LINE;
    if (!read_line(quick, row->amount, &category))
        return false;
    if (category.size == 0)
        return true;
    row->goods = (uint16_t)words_add(words, category);
    return row->goods != WORDS_NONE;
}

static inline bool
read_redeem(struct quick *quick, const struct head *head,
            struct chapter_row *row)
{
    uint64_t value;

    if (head->id.size == 0 ||
        !quick_unsigned(quick, FIELD_POINTS, 1, LIMIT_POINTS, &value))
        return false;
    row->key = CHAPTER_REDEEM;
    row->amount = (uint32_t)value;
    return true;
}

bool
ordinary_read(view core, struct words *words, struct ordinary *ret)
{
    struct quick quick = { .next = core.bytes, .end = core.bytes + core.size };
    struct chapter_row *row = &ret->row;
    struct head head;
    uint8_t receipt, id;

    if (!read_head(&quick, &head))
        return false;
    row->goods = 0;
    bool read = head.kind == EVENT_PURCHASE
                    ? read_purchase(&quick, &head, words, row)
                : head.kind == EVENT_REDEEM ? read_redeem(&quick, &head, row)
                                            : false;
    if (!read || quick.left > 0 || quick.next != quick.end)
        return false;
    ret->member = head.member;
    row->key |= (head.at_ms - LIMIT_AT_MS_MIN)
                    << (CHAPTER_KIND_BITS + CHAPTER_STORE_BITS) |
                head.store << CHAPTER_KIND_BITS;
    row->recorded_ms = (int64_t)head.recorded_ms;
    row->item = false;
    row->lines = NULL;
    row->skus = (view) { 0 };
    uint8_t *end = chapter_row_put_code(ret->codes, head.receipt, &receipt);
    end = chapter_row_put_code(end, head.id, &id);
    row->tag = (uint8_t)(receipt << CHAPTER_TAG_RECEIPT | id << CHAPTER_TAG_ID);
    row->codes = (view) { ret->codes, (uint32_t)(end - ret->codes) };
    return true;
}
