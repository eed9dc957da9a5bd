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

enum {
    QUICK_NONE = LIMIT_EVENT_SIZE, /* size of what is no number: none fits */
    QUICK_AT_SIZE = 10,
    QUICK_STRING_MAX = 31,
};

/* What the first byte of a number says of it. */
struct quick_form {
    uint32_t size;  /* of all of it */
    uint32_t shift; /* bits that don't belong to it, of the last eight bytes */
};
static const struct quick_form QUICK_FORMS[256] = {
    [0x00 ... 0x7f] = { 1, 56 }, /* the number itself */
    [0x80 ... 0xcb] = { QUICK_NONE, 0 },
    [0xcc] = { 2, 56 }, /* uint8, 16, 32, 64 */
    [0xcd] = { 3, 48 },
    [0xce] = { 5, 32 },
    [0xcf] = { 9, 0 },
    [0xd0 ... 0xff] = { QUICK_NONE, 0 },
};

struct quick {
    const uint8_t *next;
    const uint8_t *end;
    uint32_t count; /* entries that have been read, ... */
    uint32_t seen;  /* ... BIT() of each */
};

/* The eight bytes before `end` as one number, the last of them lowest. */
static inline uint64_t
quick_load(const uint8_t *end)
{
    uint64_t value;

    memcpy(&value, end - sizeof value, sizeof value);
    return __builtin_bswap64(value);
}

/* The entry of that field has been read; `next` is what follows it. */
static inline void
quick_pass(struct quick *quick, uint32_t field, const uint8_t *next)
{
    quick->next = next;
    quick->count++;
    quick->seen |= BIT(field);
}

/* An entry of that field is next, and a byte of its value is there. */
static inline bool
quick_is(const struct quick *quick, uint32_t field)
{
    return quick->end - quick->next >= 2 && *quick->next == (uint8_t)field;
}

/* `at`, if it is next.  All else is read behind it: so there are eight bytes
 * before the end of any number, however short that is. */
static inline bool
quick_at(struct quick *quick, uint64_t *ret_at_ms)
{
    enum { UINT_64 = 0xcf };

    if (quick->end - quick->next < QUICK_AT_SIZE ||
        quick->next[0] != FIELD_AT || quick->next[1] != UINT_64)
        return false;
    uint64_t at_ms = quick_load(quick->next + QUICK_AT_SIZE);
    if (at_ms - LIMIT_AT_MS_MIN > LIMIT_AT_MS_MAX - LIMIT_AT_MS_MIN)
        return false;
    *ret_at_ms = at_ms;
    quick_pass(quick, FIELD_AT, quick->next + QUICK_AT_SIZE);
    return true;
}

/* The number of that field, if it is next and in that range; without a branch
 * for its width, for widths are mixed. */
static inline bool
quick_unsigned(struct quick *quick, uint32_t field, uint64_t min, uint64_t max,
               uint64_t *ret_value)
{
    const uint8_t *at = quick->next;

    if (!quick_is(quick, field))
        return false;
    const struct quick_form *form = &QUICK_FORMS[at[1]];
    if (quick->end - at <= form->size)
        return false;
    at += 1 + form->size;
    uint64_t value = quick_load(at) << form->shift >> form->shift;
    if (value - min > max - min)
        return false;
    *ret_value = value;
    quick_pass(quick, field, at);
    return true;
}

/* Likewise, a string of 1 to QUICK_STRING_MAX bytes. */
static inline bool
quick_string(struct quick *quick, uint32_t field, view *ret_value)
{
    const uint8_t *at = quick->next;

    if (!quick_is(quick, field))
        return false;
    uint32_t size = at[1] - 0xa0u; /* fixstr */
    if (size - 1 >= QUICK_STRING_MAX || quick->end - at < 2 + (ptrdiff_t)size)
        return false;
    *ret_value = (view) { at + 2, size };
    quick_pass(quick, field, at + 2 + size);
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
