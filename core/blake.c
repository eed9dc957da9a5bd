/*
 * blake.c - BLAKE2b-256 (RFC 7693) in the lanes of vectors; see blake.h
 *
 * Lanes may differ in size: all go on until the longest is done, and each gives
 * its digest after its own last block.
 */
#include "core/blake.h"

#include <string.h>

#if defined(__x86_64__)

#define WIDE __attribute__((target("avx2")))
enum { BLOCK = 128, WORDS = 16, ROUNDS = 12, STATE = 8 };

typedef uint64_t lanes __attribute__((vector_size(8 * BLAKE_LANES)));
typedef uint32_t halves __attribute__((vector_size(8 * BLAKE_LANES)));

typedef uint8_t octets __attribute__((vector_size(8 * BLAKE_LANES)));

static const uint64_t START[STATE] = {
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b,
    0xa54ff53a5f1d36f1, 0x510e527fade682d1, 0x9b05688c2b3e6c1f,
    0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};

/* Which word of the block comes when; the last two rounds are the first. */
static const uint8_t ORDER[10][WORDS] = {
    { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 },
    { 14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3 },
    { 11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4 },
    { 7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8 },
    { 9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13 },
    { 2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9 },
    { 12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11 },
    { 13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10 },
    { 6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5 },
    { 10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0 },
};

/* One block of each lane. */
struct step {
    lanes state[STATE];
    lanes done; /* bytes, with this block */
    lanes last; /* all ones: it is the last */
    const uint8_t *blocks[BLAKE_LANES];
};

static inline uint64_t
load_64(const uint8_t *bytes)
{
    uint64_t value;

    memcpy(&value, bytes, sizeof value);
    return value;
}

/* By so many bits to the right. */
#define SHUFFLE(type, x, ...)                                                  \
    ((lanes)__builtin_shufflevector((type)(x), (type)(x), __VA_ARGS__))
#define BY_32 1, 0, 3, 2, 5, 4, 7, 6
#define BY_24                                                                  \
    3, 4, 5, 6, 7, 0, 1, 2, 11, 12, 13, 14, 15, 8, 9, 10, 19, 20, 21, 22, 23,  \
        16, 17, 18, 27, 28, 29, 30, 31, 24, 25, 26
#define BY_16                                                                  \
    2, 3, 4, 5, 6, 7, 0, 1, 10, 11, 12, 13, 14, 15, 8, 9, 18, 19, 20, 21, 22,  \
        23, 16, 17, 26, 27, 28, 29, 30, 31, 24, 25

/* One column of the square, or one of its diagonals. */
WIDE static inline void
mix(lanes v[static 2 * STATE], uint32_t a, uint32_t slant, lanes x, lanes y)
{
    const uint32_t b = 4 + (a + slant) % 4;
    const uint32_t c = 8 + (a + 2 * slant) % 4;
    const uint32_t d = 12 + (a + 3 * slant) % 4;

    v[a] += v[b] + x;
    v[d] = SHUFFLE(halves, v[d] ^ v[a], BY_32);
    v[c] += v[d];
    v[b] = SHUFFLE(octets, v[b] ^ v[c], BY_24);
    v[a] += v[b] + y;
    v[d] = SHUFFLE(octets, v[d] ^ v[a], BY_16);
    v[c] += v[d];
    v[b] = (v[b] ^ v[c]) >> 63 | (v[b] ^ v[c]) << 1;
}

WIDE static void
compress(struct step *step)
{
    lanes m[WORDS], v[2 * STATE];

    for (uint32_t i = 0; i < WORDS; i++)
        m[i] = (lanes) { load_64(step->blocks[0] + 8 * i),
                         load_64(step->blocks[1] + 8 * i),
                         load_64(step->blocks[2] + 8 * i),
                         load_64(step->blocks[3] + 8 * i) };
    for (uint32_t i = 0; i < STATE; i++) {
        v[i] = step->state[i];
        v[STATE + i] = (lanes) { 0 } + START[i];
    }
    v[12] ^= step->done;
    v[14] ^= step->last;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        const uint8_t *at = ORDER[round % COUNT_OF(ORDER)];
#pragma GCC unroll 8
        for (uint32_t i = 0; i < STATE; i++)
            mix(v, i % 4, i / 4, m[at[2 * i]], m[at[2 * i + 1]]);
    }
    for (uint32_t i = 0; i < STATE; i++)
        step->state[i] ^= v[i] ^ v[STATE + i];
}

WIDE static void
start(struct step *step)
{
    for (uint32_t i = 0; i < STATE; i++)
        step->state[i] = (lanes) { 0 } + START[i];
    /* No key, one thread, and so many bytes of digest. */
    step->state[0] ^= (lanes) { 0 } + (0x01010000 + sizeof(digest));
}

/* Sets a lane's block at `from`; past its end any block will do.  True: it is
 * its last. */
WIDE static bool
set_block(struct step *step, uint32_t lane, view bytes, uint32_t from,
          uint8_t padded[static BLOCK])
{
    const bool is_over = from > 0 && from >= bytes.size;
    const uint32_t left = is_over ? 0 : bytes.size - from;

    assert(bytes.size <= INT32_MAX); /* `from` comes to its end */
    step->blocks[lane] = left >= BLOCK ? bytes.bytes + from : padded;
    step->done[lane] = from + (left < BLOCK ? left : BLOCK);
    step->last[lane] = left <= BLOCK ? UINT64_MAX : 0;
    if (left >= BLOCK || is_over)
        return left == BLOCK;
    memset(padded, 0, BLOCK);
    if (left > 0)
        memcpy(padded, bytes.bytes + from, left);
    return true;
}

WIDE static void
digest_lanes(const view bytes[static BLAKE_LANES],
             digest ret_digests[static BLAKE_LANES])
{
    uint8_t padded[BLAKE_LANES][BLOCK] = { { 0 } };
    uint32_t left = BLAKE_LANES;
    struct step step;

    start(&step);
    for (uint32_t from = 0; left > 0; from += BLOCK) {
        bool is_last[BLAKE_LANES];
        for (uint32_t i = 0; i < BLAKE_LANES; i++)
            is_last[i] = set_block(&step, i, bytes[i], from, padded[i]);
        compress(&step);
        for (uint32_t i = 0; i < BLAKE_LANES; i++) {
            left -= is_last[i];
            for (uint32_t k = 0; is_last[i] && k < 4; k++)
                memcpy(ret_digests[i].bytes + 8 * k,
                       (const uint8_t *)&step.state[k] + 8 * i, 8);
        }
    }
}

#endif

void
blake_digests(const view bytes[static BLAKE_LANES],
              digest ret_digests[static BLAKE_LANES])
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) {
        digest_lanes(bytes, ret_digests);
        return;
    }
#endif
    for (uint32_t i = 0; i < BLAKE_LANES; i++)
        ret_digests[i] = crypto_digest(bytes[i]);
}
