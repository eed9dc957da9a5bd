/*
 * varint.h - numbers of one to ten bytes, seven bits a byte, lowest first
 *
 * Signed ones are folded (zigzag), so that small numbers of either sign stay
 * short.
 */
#ifndef CORE_VARINT_H
#define CORE_VARINT_H

#include "core/base.h"

enum { VARINT_SIZE = 10 };

/* Writes at most VARINT_SIZE bytes and returns where they end. */
static inline uint8_t *
varint_put(uint8_t *at, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        *at++ = (uint8_t)(value | 0x80);
    *at++ = (uint8_t)value;
    return at;
}

static inline uint64_t
varint_folded(int64_t value)
{
    return (uint64_t)value << 1 ^ (uint64_t)(value >> 63);
}

static inline int64_t
varint_unfolded(uint64_t value)
{
    return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

/* Moves `at` past a number.  False: there is none before the end. */
static inline bool
varint_take(const uint8_t **at, const uint8_t *end, uint64_t *ret_value)
{
    uint64_t value = 0;

    for (uint32_t shift = 0; shift < 64 && *at < end; shift += 7) {
        uint8_t byte = *(*at)++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) {
            *ret_value = value;
            return true;
        }
    }
    return false;
}

static inline bool
varint_take_signed(const uint8_t **at, const uint8_t *end, int64_t *ret_value)
{
    uint64_t value;

    if (!varint_take(at, end, &value))
        return false;
    *ret_value = varint_unfolded(value);
    return true;
}

#endif
