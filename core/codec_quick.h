/*
 * codec_quick.h - the quick way through the first fields of an event
 *
 * Tens of millions of events a second are read here, which they are only while
 * the place in the bytes stays in a register: so all is inline.  What is
 * written otherwise or out of range stops the quick way, moves nothing and is
 * left to the long way of codec_decode.c.
 *
 * Included by codec_decode.c and ordinary.c.
 */
#ifndef CORE_CODEC_QUICK_H
#define CORE_CODEC_QUICK_H

#include "core/codec_fields.h"

#include <string.h>

struct quick {
    const uint8_t *next;
    const uint8_t *end;
    uint32_t left; /* entries still to come */
    uint32_t seen; /* BIT() of those that have been read */
};

enum {
    QUICK_NUMBER_SIZE = 9, /* the greatest */
    QUICK_STRING_MAX = 31,
};

/* The next number, whatever its width.  False: there is none. */
static inline bool
quick_number(struct quick *quick, uint64_t *ret_value)
{
    const uint8_t *bytes = quick->next;
    ptrdiff_t left = quick->end - bytes;
    uint64_t value = 0;

    if (left < 1)
        return false;
    if (bytes[0] < 0x80) {
        *ret_value = bytes[0];
        quick->next = bytes + 1;
        return true;
    }
    unsigned width = bytes[0] - 0xccu; /* uint8, 16, 32, 64 */
    if (width > 3 || left < 1 + (1 << width))
        return false;
    if (left >= QUICK_NUMBER_SIZE) {
        memcpy(&value, bytes + 1, sizeof value);
        value = __builtin_bswap64(value) >> (64 - (8u << width));
    } else {
        for (unsigned i = 1; i <= 1u << width; i++)
            value = value << 8 | bytes[i];
    }
    *ret_value = value;
    quick->next = bytes + 1 + (1u << width);
    return true;
}

static inline bool
quick_is(const struct quick *quick, uint32_t field)
{
    return quick->left > 0 && quick->next < quick->end &&
           *quick->next == (uint8_t)field;
}

static inline void
quick_pass(struct quick *quick, const struct quick *behind, uint32_t field)
{
    quick->next = behind->next;
    quick->left--;
    quick->seen |= BIT(field);
}

/* The entry of that field, if it is next and in that range. */
static inline bool
quick_unsigned(struct quick *quick, uint32_t field, uint64_t min, uint64_t max,
               uint64_t *ret_value)
{
    struct quick behind = *quick;
    uint64_t value;

    if (!quick_is(quick, field))
        return false;
    behind.next++;
    if (!quick_number(&behind, &value) || value < min || value > max)
        return false;
    *ret_value = value;
    quick_pass(quick, &behind, field);
    return true;
}

/* Likewise, a string of 1 to QUICK_STRING_MAX bytes. */
static inline bool
quick_string(struct quick *quick, uint32_t field, view *ret_value)
{
    struct quick behind = *quick;

    if (!quick_is(quick, field) || quick->end - quick->next < 3)
        return false;
    uint32_t size = quick->next[1] - 0xa0u; /* fixstr */
    if (size == 0 || size > QUICK_STRING_MAX ||
        quick->end - quick->next < 2 + (ptrdiff_t)size)
        return false;
    *ret_value = (view) { quick->next + 2, size };
    behind.next += 2 + size;
    quick_pass(quick, &behind, field);
    return true;
}

/* The head of a container of less than 16 entries: `type` is msgpack's for an
 * empty one. */
static inline bool
quick_container(struct quick *quick, uint8_t type, uint32_t *ret_count)
{
    if (quick->next == quick->end || (*quick->next & 0xf0) != type)
        return false;
    *ret_count = *quick->next++ & 0x0f;
    return true;
}

#endif
