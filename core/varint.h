/*
 * varint.h - numbers of one to ten bytes, seven bits a byte, lowest first
 *
 * Signed ones are folded (zigzag), so that small numbers of either sign stay
 * short.
 */
#ifndef CORE_VARINT_H
#define CORE_VARINT_H

#include "core/base.h"

#include <string.h>

enum { VARINT_SIZE = 10 };

/* Up to 56 bits in groups of seven, as the low bits of eight bytes; and back.
 * Numbers of mixed sizes are what a branch for each byte is guessed wrong by.
 */
static inline uint64_t
varint_spread(uint64_t value)
{
    value = (value & 0xfffffff) | (value & 0xfffffff0000000) << 4;
    value = (value & 0x3fff00003fff) | (value & 0xfffc0000fffc000) << 2;
    return (value & 0x7f007f007f007f) | (value & 0x3f803f803f803f80) << 1;
}

static inline uint64_t
varint_gathered(uint64_t bytes)
{
    bytes = (bytes & 0x7f007f007f007f) | (bytes & 0x7f007f007f007f00) >> 1;
    bytes = (bytes & 0x3fff00003fff) | (bytes & 0x3fff00003fff0000) >> 2;
    return (bytes & 0xfffffff) | (bytes & 0xfffffff00000000) >> 4;
}

#define VARINT_MORE UINT64_C(0x8080808080808080)

/* The last byte of what is spread, from 0. */
static inline uint32_t
varint_last(uint64_t bytes)
{
    return (uint32_t)(63 - __builtin_clzll(bytes | 1)) / 8;
}

/* Returns where the number ends; up to VARINT_SIZE bytes are written. */
static inline uint8_t *
varint_put(uint8_t *at, uint64_t value)
{
    if (value < UINT64_C(1) << 56) {
        uint64_t bytes = varint_spread(value);
        uint32_t last = varint_last(bytes);
        bytes |= VARINT_MORE & ((UINT64_C(1) << last * 8) - 1);
        memcpy(at, &bytes, sizeof bytes);
        return at + last + 1;
    }
    for (; value >= 0x80; value >>= 7)
        *at++ = (uint8_t)(value | 0x80);
    *at++ = (uint8_t)value;
    return at;
}

/* Numbers with a sign as such without, small ones as small: 0, -1, 1, -2, ...;
 * and back. */
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

    if (end - *at >= (ptrdiff_t)sizeof value) {
        uint64_t bytes;
        memcpy(&bytes, *at, sizeof bytes);
        uint64_t ends = ~bytes & VARINT_MORE;
        if (ends != 0) {
            *at += ((uint32_t)__builtin_ctzll(ends) >> 3) + 1;
            *ret_value = varint_gathered(bytes & (ends ^ (ends - 1)));
            return true;
        }
    }
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

/* Likewise, of one with a sign. */
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
