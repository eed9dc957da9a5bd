#include "core/parcel.h"

#include "core/varint.h"

#include <string.h>

/* Bits of a form, from the lowest: how many for which width. */
enum {
    MEMBER_SHIFT = 0,   /* 3: bytes; 0 is a bearer */
    AMOUNT_SHIFT = 3,   /* 2: bytes less 1 */
    RECORDED_SHIFT = 5, /* 2: enum recorded */
    IS_FAR = 1 << 7,    /* a u64 of a position */
    HAS_SEQ = 1 << 8,
    HAS_GOODS = 1 << 9, /* more than one byte of them */
    HAS_LINES = 1 << 10,
    IS_ITEM = 1 << 11,
};

enum recorded {
    RECORDED_USUAL,
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

/* Most are few: so no call for them. */
static inline uint8_t *
put_codes(uint8_t *at, view codes)
{
    if (codes.size - 1 >= 8)
        return put_bytes(at, codes.bytes, codes.size);
    put_number(at, view_number(codes), 8);
    return at + codes.size;
}

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
put_position(uint8_t *at, uint64_t step, uint32_t *form)
{
    *form |= step > UINT32_MAX ? (uint32_t)IS_FAR : 0;
    return put_number(at, step, step > UINT32_MAX ? 8 : 4);
}

static uint8_t *
put_seq(uint8_t *at, const struct parcel_usual *usual,
        const struct chapter_row *row, uint32_t stream, uint32_t *form)
{
    if (stream == usual->stream &&
        row->position - row->identity.seq == usual->ahead)
        return at;
    *form |= HAS_SEQ;
    at = put_number(at, row->identity.seq, 8);
    return put_number(at, stream, 4);
}

static uint8_t *
put_recorded(uint8_t *at, const struct parcel_usual *usual,
             const struct chapter_row *row, uint32_t *form)
{
    if (row->recorded_ms == usual->recorded_ms)
        return at;
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
parcel_put(uint8_t *at, const struct parcel_usual *usual,
           const account_id *account, const struct chapter_row *row,
           uint32_t stream)
{
    bool wide = parcel_room(account, row) > UINT8_MAX;
    uint8_t *start = at;
    uint32_t form = 0;

    assert(row->position >= usual->position);
    at += wide ? 5 : 1;
    uint8_t *form_at = at;
    at = put_account(at + 2, account, &form);
    at = put_position(at, row->position - usual->position, &form);
    if (row->item) {
        form |= IS_ITEM;
    } else {
        at = put_number(at, row->key, 8);
        at = put_seq(at, usual, row, stream, &form);
        at = put_recorded(at, usual, row, &form);
        at = put_fields(at, row, &form);
    }
    at = put_codes(at, row->codes);
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

static inline uint64_t
take_step(const uint8_t **at, uint32_t form)
{
    return take_number(at, (form & IS_FAR) != 0 ? 8 : 4);
}

const uint8_t *
parcel_look(const uint8_t *at, account_id *ret_account, uint64_t *ret_step)
{
    uint32_t form;
    const uint8_t *end = take_head(&at, &form);
    uint32_t width = form >> MEMBER_SHIFT & 7;

    ret_account->member = width > 0 ? take_number(&at, width) : 0;
    if (width == 0) {
        ret_account->bearer = (view) { at + 1, *at };
        at += 1u + *at;
    }
    *ret_step = take_step(&at, form);
    return end;
}

static inline const uint8_t *
take_seq(const uint8_t *at, uint32_t form, const struct parcel_usual *usual,
         struct chapter_row *row, uint32_t *ret_stream)
{
    row->identity.seq = row->position - usual->ahead;
    *ret_stream = usual->stream;
    if ((form & HAS_SEQ) == 0)
        return at;
    row->identity.seq = take_number(&at, 8);
    *ret_stream = (uint32_t)take_number(&at, 4);
    return at;
}

static inline const uint8_t *
take_recorded(const uint8_t *at, uint32_t form,
              const struct parcel_usual *usual, struct chapter_row *row)
{
    uint32_t how = form >> RECORDED_SHIFT & 3;

    row->recorded_ms = usual->recorded_ms;
    if (how == RECORDED_NEAR)
        row->recorded_ms =
            chapter_key_at_ms(row->key) + varint_unfolded(take_number(&at, 4));
    else if (how == RECORDED_FAR)
        row->recorded_ms = (int64_t)take_number(&at, 8);
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

uint32_t
parcel_take(const uint8_t *at, const struct parcel_usual *usual,
            struct chapter_row *ret_row)
{
    uint32_t form;
    const uint8_t *end = take_head(&at, &form);
    uint32_t width = form >> MEMBER_SHIFT & 7;
    uint32_t stream = 0;

    at += width > 0 ? width : 1u + *at;
    uint64_t step = take_step(&at, form);
    *ret_row = (struct chapter_row) { .position = usual->position + step };
    if ((form & IS_ITEM) != 0) {
        ret_row->item = true;
    } else {
        ret_row->key = take_number(&at, 8);
        at = take_seq(at, form, usual, ret_row, &stream);
        at = take_recorded(at, form, usual, ret_row);
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
    return stream;
}
