#include "core/pack.h"

#include <msgpack.h>
#include <string.h>

/* Called by msgpack-c for each piece; a failure sticks in the text. */
static int
write_piece(void *data, const char *bytes, size_t size)
{
    text_bytes(data, bytes, size);
    return 0;
}

static msgpack_packer
packer_of(struct text *text)
{
    return (msgpack_packer) { .data = text, .callback = write_piece };
}

void
pack_map(struct text *text, uint32_t count)
{
    msgpack_packer packer = packer_of(text);
    msgpack_pack_map(&packer, count);
}

void
pack_array(struct text *text, uint32_t count)
{
    msgpack_packer packer = packer_of(text);
    msgpack_pack_array(&packer, count);
}

void
pack_integer(struct text *text, int64_t value)
{
    msgpack_packer packer = packer_of(text);
    msgpack_pack_int64(&packer, value);
}

void
pack_unsigned(struct text *text, uint64_t value)
{
    msgpack_packer packer = packer_of(text);
    msgpack_pack_uint64(&packer, value);
}

void
pack_bool(struct text *text, bool value)
{
    msgpack_packer packer = packer_of(text);
    if (value)
        msgpack_pack_true(&packer);
    else
        msgpack_pack_false(&packer);
}

void
pack_nil(struct text *text)
{
    msgpack_packer packer = packer_of(text);
    msgpack_pack_nil(&packer);
}

void
pack_string(struct text *text, view value)
{
    msgpack_packer packer = packer_of(text);
    msgpack_pack_str(&packer, value.size);
    text_view_append(text, value);
}

void
pack_bin(struct text *text, view value)
{
    msgpack_packer packer = packer_of(text);
    msgpack_pack_bin(&packer, value.size);
    text_view_append(text, value);
}

/* The first bytes of msgpack's types. */
enum {
    FIXMAP = 0x80,
    FIXARRAY = 0x90,
    FIXSTR = 0xa0,
    NIL = 0xc0,
    FALSE = 0xc2,
    TRUE = 0xc3,
    BIN8 = 0xc4,
    BIN32 = 0xc6,
    UINT8 = 0xcc,
    UINT64 = 0xcf,
    INT8 = 0xd0,
    INT64 = 0xd3,
    STR8 = 0xd9,
    STR32 = 0xdb,
    ARRAY16 = 0xdc,
    ARRAY32 = 0xdd,
    MAP16 = 0xde,
    MAP32 = 0xdf,
    NEGATIVE = 0xe0,
};

struct unpacker
unpack_begin(view bytes)
{
    /* An empty view may have no bytes at all; `end` must not be NULL. */
    static const uint8_t NOTHING[1];
    const uint8_t *first = bytes.size > 0 ? bytes.bytes : NOTHING;

    return (struct unpacker) { first, first + bytes.size };
}

enum err
unpack_end(const struct unpacker *unpacker)
{
    return unpack_ok(unpacker) && unpacker->next == unpacker->end
               ? OK
               : err_corrupt();
}

/* `next` too is cleared, so that `next < end` is false from now on. */
void
unpack_fail(struct unpacker *unpacker)
{
    *unpacker = (struct unpacker) { 0 };
}

static size_t
bytes_left(const struct unpacker *unpacker)
{
    return (size_t)(unpacker->end - unpacker->next);
}

/* Reads 1 << `width` bytes, big endian, behind the first byte, and moves past
 * them.  0 after a failure. */
static uint64_t
take_wide(struct unpacker *unpacker, unsigned width)
{
    size_t size = (size_t)1 << width;
    uint16_t two = 0;
    uint32_t four = 0;
    uint64_t eight = 0;

    assert(width <= 3);
    if (bytes_left(unpacker) < 1 + size) {
        unpack_fail(unpacker);
        return 0;
    }
    const uint8_t *bytes = unpacker->next + 1;
    unpacker->next = bytes + size;
    if (width == 0)
        return bytes[0];
    if (width == 1) {
        memcpy(&two, bytes, sizeof two);
        return __builtin_bswap16(two);
    }
    if (width == 2) {
        memcpy(&four, bytes, sizeof four);
        return __builtin_bswap32(four);
    }
    memcpy(&eight, bytes, sizeof eight);
    return __builtin_bswap64(eight);
}

uint64_t
unpack_unsigned_slow(struct unpacker *unpacker, uint64_t min, uint64_t max)
{
    assert(min <= max);
    int64_t narrow = 0;

    if (unpacker->next < unpacker->end && *unpacker->next == UINT64) {
        uint64_t value = take_wide(unpacker, 3);
        if (unpack_ok(unpacker) && value >= min && value <= max)
            return value;
        unpack_fail(unpacker);
        return min;
    }
    if (min > INT64_MAX) {
        unpack_fail(unpacker);
        return min;
    }
    narrow = unpack_integer_slow(unpacker, (int64_t)min,
                                 max > INT64_MAX ? INT64_MAX : (int64_t)max);
    return (uint64_t)narrow;
}

/* Any integer that fits 64 bits with a sign; fails on all else. */
static int64_t
take_integer(struct unpacker *unpacker)
{
    if (unpacker->next >= unpacker->end) {
        unpack_fail(unpacker);
        return 0;
    }
    uint8_t first = *unpacker->next;
    if (first < FIXMAP || first >= NEGATIVE) {
        unpacker->next++;
        return (int8_t)first;
    }
    if (first >= UINT8 && first <= UINT64) {
        uint64_t value = take_wide(unpacker, first - UINT8);
        if (value > INT64_MAX)
            unpack_fail(unpacker);
        return value > INT64_MAX ? 0 : (int64_t)value;
    }
    if (first >= INT8 && first <= INT64) {
        unsigned width = first - INT8;
        unsigned unused = 64 - (8u << width);
        uint64_t value = take_wide(unpacker, width);
        /* Moves the sign to the top and back. */
        return (int64_t)(value << unused) >> unused;
    }
    unpack_fail(unpacker);
    return 0;
}

int64_t
unpack_integer_slow(struct unpacker *unpacker, int64_t min, int64_t max)
{
    assert(min <= max);
    int64_t value = take_integer(unpacker);

    if (unpack_ok(unpacker) && value >= min && value <= max)
        return value;
    unpack_fail(unpacker);
    return min;
}

bool
unpack_bool(struct unpacker *unpacker)
{
    if (unpacker->next < unpacker->end &&
        (*unpacker->next == TRUE || *unpacker->next == FALSE))
        return *unpacker->next++ == TRUE;
    unpack_fail(unpacker);
    return false;
}

void
unpack_nil(struct unpacker *unpacker)
{
    if (unpacker->next < unpacker->end && *unpacker->next == NIL)
        unpacker->next++;
    else
        unpack_fail(unpacker);
}

/* How many entries the container at hand claims; each takes at least
 * `entry_size` bytes, and what claims more than there are is malformed. */
static uint32_t
take_count(struct unpacker *unpacker, uint8_t fixed, uint8_t wide,
           uint32_t entry_size)
{
    if (unpacker->next >= unpacker->end) {
        unpack_fail(unpacker);
        return 0;
    }
    uint8_t first = *unpacker->next;
    uint64_t count = 0;
    if ((first & 0xf0) == fixed) {
        count = first & 0x0f;
        unpacker->next++;
    } else if (first == wide || first == wide + 1) {
        count = take_wide(unpacker, 1u + first - wide);
    } else {
        unpack_fail(unpacker);
    }
    if (count > bytes_left(unpacker) / entry_size) {
        unpack_fail(unpacker);
        return 0;
    }
    return (uint32_t)count;
}

uint32_t
unpack_map(struct unpacker *unpacker, uint32_t count_max)
{
    uint32_t count = take_count(unpacker, FIXMAP, MAP16, 2);

    if (count <= count_max)
        return count;
    unpack_fail(unpacker);
    return 0;
}

uint32_t
unpack_array(struct unpacker *unpacker, uint32_t count_max)
{
    uint32_t count = take_count(unpacker, FIXARRAY, ARRAY16, 1);

    if (count <= count_max)
        return count;
    unpack_fail(unpacker);
    return 0;
}

static view
take_bytes(struct unpacker *unpacker, uint64_t size, uint32_t size_max)
{
    if (!unpack_ok(unpacker) || size > size_max ||
        size > bytes_left(unpacker)) {
        unpack_fail(unpacker);
        return (view) { 0 };
    }
    view taken = { unpacker->next, (uint32_t)size };
    unpacker->next += size;
    return taken;
}

view
unpack_string(struct unpacker *unpacker, uint32_t size_max)
{
    uint64_t size = 0;

    if (unpacker->next < unpacker->end) {
        uint8_t first = *unpacker->next;
        if ((first & 0xe0) == FIXSTR) {
            unpacker->next++;
            return take_bytes(unpacker, first & 0x1f, size_max);
        }
        if (first >= STR8 && first <= STR32) {
            size = take_wide(unpacker, first - STR8);
            return take_bytes(unpacker, size, size_max);
        }
    }
    unpack_fail(unpacker);
    return (view) { 0 };
}

view
unpack_bin(struct unpacker *unpacker, uint32_t size_max)
{
    if (unpacker->next < unpacker->end && *unpacker->next >= BIN8 &&
        *unpacker->next <= BIN32) {
        uint64_t size = take_wide(unpacker, *unpacker->next - BIN8);
        return take_bytes(unpacker, size, size_max);
    }
    unpack_fail(unpacker);
    return (view) { 0 };
}

/* Kinds of token that are passed over in different ways. */
enum token {
    TOKEN_NONE, /* at the end, or malformed */
    TOKEN_NIL_OR_BOOL,
    TOKEN_INTEGER,
    TOKEN_STRING,
    TOKEN_BIN,
    TOKEN_ARRAY,
    TOKEN_MAP,
};

static enum token
peek(const struct unpacker *unpacker)
{
    if (unpacker->next >= unpacker->end)
        return TOKEN_NONE;
    uint8_t first = *unpacker->next;
    if (first < FIXMAP || first >= NEGATIVE)
        return TOKEN_INTEGER;
    if (first < FIXARRAY || first == MAP16 || first == MAP32)
        return TOKEN_MAP;
    if (first < FIXSTR || first == ARRAY16 || first == ARRAY32)
        return TOKEN_ARRAY;
    if (first < NIL || (first >= STR8 && first <= STR32))
        return TOKEN_STRING;
    if (first == NIL || first == FALSE || first == TRUE)
        return TOKEN_NIL_OR_BOOL;
    if (first >= BIN8 && first <= BIN32)
        return TOKEN_BIN;
    if (first >= UINT8 && first <= INT64)
        return TOKEN_INTEGER;
    return TOKEN_NONE; /* floats and extensions */
}

/* Passes over one token; returns how many values it holds. */
static uint64_t
skip_token(struct unpacker *unpacker)
{
    switch (peek(unpacker)) {
    case TOKEN_NIL_OR_BOOL:
        unpacker->next++;
        return 0;
    case TOKEN_INTEGER:
        if (*unpacker->next == UINT64)
            take_wide(unpacker, 3); /* may be above what a sign allows */
        else
            take_integer(unpacker);
        return 0;
    case TOKEN_STRING:
        unpack_string(unpacker, UINT32_MAX);
        return 0;
    case TOKEN_BIN:
        unpack_bin(unpacker, UINT32_MAX);
        return 0;
    case TOKEN_ARRAY:
        return unpack_array(unpacker, UINT32_MAX);
    case TOKEN_MAP:
        return (uint64_t)unpack_map(unpacker, UINT32_MAX) * 2;
    case TOKEN_NONE:
        break;
    }
    unpack_fail(unpacker);
    return 0;
}

view
unpack_skip(struct unpacker *unpacker)
{
    const uint8_t *first = unpacker->next;
    uint64_t open[PACK_DEPTH_MAX]; /* values still to come, level by level */
    uint32_t depth = 0;

    for (;;) {
        uint64_t inside = skip_token(unpacker);
        if (inside > 0) {
            if (depth == PACK_DEPTH_MAX)
                unpack_fail(unpacker);
            else
                open[depth++] = inside;
        }
        if (!unpack_ok(unpacker))
            return (view) { 0 };
        if (inside > 0)
            continue;
        while (depth > 0 && --open[depth - 1] == 0)
            depth--;
        if (depth == 0)
            break;
    }
    size_t size = (size_t)(unpacker->next - first);
    assert(size <= UINT32_MAX);
    return (view) { first, (uint32_t)size };
}
