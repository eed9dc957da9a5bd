/*
 * pack.h - msgpack: writing it, and reading it from bytes nobody vouches for
 *
 * Writing goes through msgpack-c into a struct text.  Reading is our own: a
 * `struct unpacker` walks over borrowed bytes token by token, allocates
 * nothing, and believes no length before it has compared it with the bytes
 * that are left, so that a few bytes can't claim a container of millions.  Its
 * first failure sticks: later reads return zeros and move nothing, and
 * unpack_end() says once at the end what has been wrong.
 *
 * Integers may be written in any of msgpack's widths; maps are read by the
 * caller, key by key.  Extension types and floats are malformed here.
 */
#ifndef CORE_PACK_H
#define CORE_PACK_H

#include "core/err.h"
#include "core/text.h"

void pack_map(struct text *text, uint32_t count);
void pack_array(struct text *text, uint32_t count);
void pack_integer(struct text *text, int64_t value);
void pack_unsigned(struct text *text, uint64_t value);
void pack_bool(struct text *text, bool value);
void pack_nil(struct text *text);
/* A string (UTF-8) and a run of bytes. */
void pack_string(struct text *text, view value);
void pack_bin(struct text *text, view value);

enum { PACK_DEPTH_MAX = 16 }; /* of containers within one another */

struct unpacker {
    const uint8_t *next;
    const uint8_t *end; /* NULL once anything was malformed */
};

/* Reads borrow the bytes for as long as the views taken from them live. */
struct unpacker unpack_begin(view bytes);

/* OK if all has been well and nothing is left; ERR_CORRUPT else. */
NODISCARD enum err unpack_end(const struct unpacker *unpacker);

/* Whether nothing malformed has been met so far. */
static inline bool
unpack_ok(const struct unpacker *unpacker)
{
    return unpacker->end != NULL;
}

/* Declares the bytes malformed: for a caller that finds a value wrong. */
void unpack_fail(struct unpacker *unpacker);

/* The number of entries; more than `count_max` is malformed, and so is more
 * than the bytes that are left could hold. */
uint32_t unpack_map(struct unpacker *unpacker, uint32_t count_max);
uint32_t unpack_array(struct unpacker *unpacker, uint32_t count_max);

/* An integer; one outside of min..max is malformed, and `min` is returned. */
int64_t unpack_integer_slow(struct unpacker *unpacker, int64_t min,
                            int64_t max);
uint64_t unpack_unsigned_slow(struct unpacker *unpacker, uint64_t min,
                              uint64_t max);

/* Small numbers are one byte; they are read in place. */
static inline int64_t
unpack_integer(struct unpacker *unpacker, int64_t min, int64_t max)
{
    if (unpacker->next < unpacker->end && *unpacker->next < 0x80 &&
        *unpacker->next >= min && *unpacker->next <= max)
        return *unpacker->next++;
    return unpack_integer_slow(unpacker, min, max);
}

static inline uint64_t
unpack_unsigned(struct unpacker *unpacker, uint64_t min, uint64_t max)
{
    if (unpacker->next < unpacker->end && *unpacker->next < 0x80 &&
        *unpacker->next >= min && *unpacker->next <= max)
        return *unpacker->next++;
    return unpack_unsigned_slow(unpacker, min, max);
}

bool unpack_bool(struct unpacker *unpacker);
void unpack_nil(struct unpacker *unpacker);

/* Borrowed from the bytes; a longer one than `size_max` is malformed.  That a
 * string is UTF-8 is for the caller to check. */
view unpack_string(struct unpacker *unpacker, uint32_t size_max);
view unpack_bin(struct unpacker *unpacker, uint32_t size_max);

/* Passes over one whole value, at most PACK_DEPTH_MAX deep; returns its
 * bytes. */
view unpack_skip(struct unpacker *unpacker);

#endif
