/*
 * base.h - what every file stands on: machine, views of bytes, arenas
 *
 * A `view` borrows bytes that somebody else owns; who, and for how long, is
 * said where the view is handed over.  An arena is a reserved stretch of
 * address space from which memory is taken and never given back singly: a
 * long-lived object lives in the arena passed to its open function, scratch
 * is an arena passed by value, so that returning frees it.  Pages cost
 * nothing until they are touched.
 */
#ifndef CORE_BASE_H
#define CORE_BASE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef NDEBUG
#error "assertions stay on in every build"
#endif

static_assert(sizeof(void *) == 8, "64-bit machines only");
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "little endian only");
static_assert((char)-1 > 0, "build with -funsigned-char");

#define NODISCARD __attribute__((warn_unused_result))
#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))
#define COUNT_OF(array) ((uint32_t)(sizeof(array) / sizeof((array)[0])))

typedef struct {
    const uint8_t *bytes; /* may be NULL when size is 0 */
    uint32_t size;
} view;

/* The bytes of a C string without its end; lives as long as the string. */
view view_of(const char *string);

/* The same bytes, and as many. */
static inline bool
view_equal(view a, view b)
{
    return a.size == b.size &&
           (a.size == 0 || memcmp(a.bytes, b.bytes, a.size) == 0);
}

/* The bytes of a view of 1 to 8 as one number, the first lowest. */
static inline uint64_t
view_number(view bytes)
{
    const uint8_t *at = bytes.bytes;
    uint32_t size = bytes.size;
    uint32_t low, high;

    assert(size >= 1 && size <= 8);
    if (size >= 4) {
        memcpy(&low, at, 4);
        memcpy(&high, at + size - 4, 4);
        return low | (uint64_t)high << 8 * (size - 4);
    }
    /* Of three the one in the middle, else the first or last again. */
    return at[0] | (uint64_t)at[size / 2] << 8 * (size / 2) |
           (uint64_t)at[size - 1] << 8 * (size - 1);
}

/* The first and the last eight bytes of a view that is not empty as numbers: up
 * to a size of 16 they say all of it, up to 8 each of them does. */
static inline void
view_ends(view bytes, uint64_t *ret_first, uint64_t *ret_last)
{
    if (bytes.size <= 8) {
        *ret_first = *ret_last = view_number(bytes);
        return;
    }
    memcpy(ret_first, bytes.bytes, 8);
    memcpy(ret_last, bytes.bytes + bytes.size - 8, 8);
}

/* Byte order: negative, 0 or positive, a prefix before what it begins. */
int view_compare(view a, view b);

struct arena {
    uint8_t *next; /* the first free byte */
    uint8_t *end;
    uint8_t *base; /* of the reservation; close and reset only the owner */
};

/* Reserves `size` bytes of address space.  False: the machine refused. */
NODISCARD bool arena_open(struct arena *arena, size_t size);

/* Gives all of it back; `arena_close()` of a zeroed arena is allowed. */
void arena_close(struct arena *arena);

/* Makes the whole arena free again; everything taken from it is gone. */
void arena_reset(struct arena *arena);

/* Takes `size` bytes, zeroed, aligned to 16.  Never fails: running out of the
 * reserved space is a bug in the caller's bounds and stops the process. */
void *arena_take(struct arena *arena, size_t size);

/* An array of `count` zeroed elements of `type`. */
#define ARENA_NEW(arena, type, count)                                          \
    ((type *)arena_take((arena), sizeof(type) * (size_t)(count)))

/* Copies the bytes into the arena and returns a view of the copy. */
view arena_copy(struct arena *arena, view bytes);

#endif
