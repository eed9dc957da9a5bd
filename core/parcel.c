#include "core/parcel.h"

#include "core/varint.h"

#include <string.h>

/* Bits of a form, from the lowest: how many for which width. */
enum {
    MEMBER_SHIFT = 0,   /* 3: bytes; 0 is a bearer */
    KEY_SHIFT = 3,      /* 3: bytes less 1 */
    POSITION_SHIFT = 6, /* 2: 1 << so many bytes */
    RECORDED_SHIFT = 8, /* 2: enum recorded */
    AMOUNT_SHIFT = 10,  /* 2: bytes less 1 */
    HAS_SEQ = 1 << 12,
    HAS_GOODS = 1 << 13, /* more than one byte of them */
    HAS_LINES = 1 << 14,
    IS_ITEM = 1 << 15,
};

enum recorded {
    RECORDED_SAME,
    RECORDED_NEAR,
    RECORDED_FAR,
};

static_assert(LIMIT_MEMBER < UINT64_C(1) << 56, "a member has 7 bytes");

/* --- numbers --- */

/* How many bytes the number needs, at least one. */
static inline uint32_t
width_of(uint64_t value)
{
    return (71 - (uint32_t)__builtin_clzll(value | 1)) / 8;
}

/* There is room for eight bytes whatever the width. */
static inline uint8_t *
put_number(uint8_t *at, uint64_t value, uint32_t width)
{
    memcpy(at, &value, sizeof value);
    return at + width;
}

static inline uint64_t
take_number(const uint8_t **at, uint32_t width)
{
    uint64_t value;

    memcpy(&value, *at, sizeof value);
    *at += width;
    return value & UINT64_MAX >> (64 - 8 * width);
}

static uint8_t *
put_bytes(uint8_t *at, const void *bytes, uint32_t size)
{
    if (size > 0)
        memcpy(at, bytes, size);
    return at + size;
}

/* --- writing --- */

static uint8_t *
put_account(uint8_t *at, const account_id *account, uint32_t *form)
{
    if (account->member == 0) {
        *at++ = (uint8_t)account->bearer.size;
        return put_bytes(at, account->bearer.bytes, account->bearer.size);
    }
    uint32_t width = width_of(account->member);
    *form |= width << MEMBER_SHIFT;
    return put_number(at, account->member, width);
}

static uint8_t *
put_key(uint8_t *at, uint64_t key, struct parcel_last *last, uint32_t *form)
{
    uint64_t step = varint_folded((int64_t)(key - last->key));
    uint32_t width = width_of(step);

    last->key = key;
    *form |= (width - 1) << KEY_SHIFT;
    return put_number(at, step, width);
}

static uint8_t *
put_position(uint8_t *at, uint64_t position, struct parcel_last *last,
             uint32_t *form)
{
    uint64_t step = position - last->position;
    uint32_t bits = step <= UINT8_MAX    ? 0
                    : step <= UINT16_MAX ? 1
                    : step <= UINT32_MAX ? 2
                                         : 3;

    assert(position >= last->position);
    last->position = position;
    *form |= bits << POSITION_SHIFT;
    return put_number(at, step, 1u << bits);
}

static uint8_t *
put_seq(uint8_t *at, const struct chapter_row *row, uint32_t stream,
        struct parcel_last *last, uint32_t *form)
{
    uint64_t ahead = row->position - row->identity.seq;

    if (stream == last->stream && ahead == last->ahead)
        return at;
    last->stream = stream;
    last->ahead = ahead;
    *form |= HAS_SEQ;
    at = put_number(at, row->identity.seq, 8);
    return put_number(at, stream, 4);
}

static uint8_t *
put_recorded(uint8_t *at, const struct chapter_row *row,
             struct parcel_last *last, uint32_t *form)
{
    if (row->recorded_ms == last->recorded_ms)
        return at;
    last->recorded_ms = row->recorded_ms;
    uint64_t after =
        varint_folded(row->recorded_ms - chapter_key_at_ms(row->key));
    if (after <= UINT32_MAX) {
        *form |= RECORDED_NEAR << RECORDED_SHIFT;
        return put_number(at, after, 4);
    }
    *form |= RECORDED_FAR << RECORDED_SHIFT;
    return put_number(at, (uint64_t)row->recorded_ms, 8);
}

static uint8_t *
put_fields(uint8_t *at, const struct chapter_row *row, uint32_t *form)
{
    uint32_t width = width_of(row->amount);

    *form |= (width - 1) << AMOUNT_SHIFT;
    *form |= row->goods > UINT8_MAX ? (uint32_t)HAS_GOODS : 0;
    at = put_number(at, row->amount, width);
    at = put_number(at, row->goods, row->goods > UINT8_MAX ? 2 : 1);
    *at++ = row->tag;
    if (row->lines == NULL)
        return at;
    *form |= HAS_LINES;
    at = put_bytes(at, row->lines, row->goods * 12u);
    at = put_bytes(at, &row->skus.size, 4);
    return put_bytes(at, row->skus.bytes, row->skus.size);
}

uint8_t *
parcel_put(uint8_t *at, struct parcel_last *last, const account_id *account,
           const struct chapter_row *row, uint32_t stream)
{
    bool wide = parcel_room(account, row) > UINT8_MAX;
    uint8_t *start = at;
    uint32_t form = 0;

    at += wide ? 5 : 1;
    uint8_t *form_at = at;
    at = put_account(at + 2, account, &form);
    at = put_key(at, row->item ? last->key : row->key, last, &form);
    at = put_position(at, row->position, last, &form);
    if (row->item) {
        form |= IS_ITEM;
    } else {
        at = put_seq(at, row, stream, last, &form);
        at = put_recorded(at, row, last, &form);
        at = put_fields(at, row, &form);
    }
    at = put_bytes(at, row->codes.bytes, row->codes.size);
    uint32_t size = (uint32_t)(at - start);
    *start = wide ? 0 : (uint8_t)size;
    if (wide)
        memcpy(start + 1, &size, sizeof size);
    memcpy(form_at, &form, 2);
    return at;
}

/* --- reading --- */

/* Where the parcel ends; moves behind its size and form. */
static inline const uint8_t *
take_head(const uint8_t **at, uint32_t *ret_form)
{
    const uint8_t *start = *at;
    uint32_t size = *start;
    uint16_t form;

    *at += 1;
    if (size == 0) {
        memcpy(&size, *at, sizeof size);
        *at += sizeof size;
    }
    memcpy(&form, *at, sizeof form);
    *at += sizeof form;
    *ret_form = form;
    return start + size;
}

const uint8_t *
parcel_account(const uint8_t *at, account_id *ret_account)
{
    uint32_t form;
    const uint8_t *end = take_head(&at, &form);
    uint32_t width = form >> MEMBER_SHIFT & 7;

    ret_account->member = width > 0 ? take_number(&at, width) : 0;
    if (width == 0)
        ret_account->bearer = (view) { at + 1, *at };
    return end;
}

static inline const uint8_t *
take_seq(const uint8_t *at, uint32_t form, struct parcel_last *last,
         struct chapter_row *row)
{
    if ((form & HAS_SEQ) != 0) {
        last->ahead = last->position - take_number(&at, 8);
        last->stream = (uint32_t)take_number(&at, 4);
    }
    row->identity.seq = last->position - last->ahead;
    return at;
}

static inline const uint8_t *
take_recorded(const uint8_t *at, uint32_t form, struct parcel_last *last)
{
    uint32_t how = form >> RECORDED_SHIFT & 3;

    if (how == RECORDED_NEAR)
        last->recorded_ms =
            chapter_key_at_ms(last->key) + varint_unfolded(take_number(&at, 4));
    else if (how == RECORDED_FAR)
        last->recorded_ms = (int64_t)take_number(&at, 8);
    return at;
}

static inline const uint8_t *
take_lines(const uint8_t *at, struct chapter_row *row)
{
    row->lines = at;
    at += row->goods * 12u;
    row->skus.size = (uint32_t)take_number(&at, 4);
    row->skus.bytes = at;
    return at + row->skus.size;
}

const uint8_t *
parcel_take(const uint8_t *at, struct parcel_last *last,
            struct chapter_row *ret_row)
{
    uint32_t form;
    const uint8_t *end = take_head(&at, &form);
    uint32_t width = form >> MEMBER_SHIFT & 7;

    at += width > 0 ? width : 1u + *at;
    last->key += (uint64_t)varint_unfolded(
        take_number(&at, (form >> KEY_SHIFT & 7) + 1));
    last->position += take_number(&at, 1u << (form >> POSITION_SHIFT & 3));
    *ret_row = (struct chapter_row) { .position = last->position };
    if ((form & IS_ITEM) != 0) {
        ret_row->item = true;
    } else {
        at = take_seq(at, form, last, ret_row);
        at = take_recorded(at, form, last);
        ret_row->key = last->key;
        ret_row->recorded_ms = last->recorded_ms;
        ret_row->amount =
            (uint32_t)take_number(&at, (form >> AMOUNT_SHIFT & 3) + 1);
        ret_row->goods =
            (uint16_t)take_number(&at, (form & HAS_GOODS) != 0 ? 2 : 1);
        ret_row->tag = *at++;
        if ((form & HAS_LINES) != 0)
            at = take_lines(at, ret_row);
    }
    ret_row->codes = (view) { at, (uint32_t)(end - at) };
    assert(at <= end);
    return end;
}
