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
    QUICK_SIZE_MIN = 8, /* of what is read quickly */
    QUICK_STRING_MAX = 31,
};

/* The big-endian number of `width` bytes there, read as eight: those that come
 * before it where fewer follow.  QUICK_SIZE_MIN bytes end at `end`. */
static inline uint64_t
quick_load(const uint8_t *at, const uint8_t *end, unsigned width)
{
    const uint8_t *last = end - 8;
    const uint8_t *from = at < last ? at : last;
    uint64_t value;

    memcpy(&value, from, sizeof value);
    value = __builtin_bswap64(value) << 8 * (at - from);
    return value >> (64 - 8 * width);
}

/* The next number, whatever its width, and without a branch for that: widths
 * are mixed.  False: there is none. */
static inline bool
quick_number(struct quick *quick, uint64_t *ret_value)
{
    const uint8_t *at = quick->next;

    if (at == quick->end)
        return false;
    bool small = *at < 0x80;      /* the number itself */
    unsigned power = *at - 0xccu; /* uint8, 16, 32, 64 */
    if (!small && power > 3)
        return false;
    unsigned width = small ? 1 : 1u << power;
    at += !small;
    if (quick->end - at < (ptrdiff_t)width)
        return false;
    *ret_value = quick_load(at, quick->end, width);
    quick->next = at + width;
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
