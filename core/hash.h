/*
 * hash.h - XXH3: checksums of what is stored, and keys of hash tables
 *
 * Fast and not cryptographic.  It notices a rotten disk, not an attacker: what
 * must withstand one uses crypto.h.  Unseeded values are the same on every
 * machine and stand in files; a table in memory takes a random seed, so that
 * nobody outside can choose keys that collide.
 */
#ifndef CORE_HASH_H
#define CORE_HASH_H

#include "core/base.h"

/* 16 bytes of some hash (crypto_hash128()), most significant first: byte order
 * is number order. */
typedef struct {
    uint8_t bytes[16];
} hash128;

/* XXH3-64 of the bytes; seed 0 for what is stored. */
uint64_t hash_64(view bytes, uint64_t seed);
/* hash_64() without a seed of nine bytes: the tag and then the number, its most
 * significant byte first. */
uint64_t hash_tagged(uint8_t tag, uint64_t number);

/* The same sixteen bytes. */
bool hash128_equal(hash128 a, hash128 b);
/* Byte order: negative, 0 or positive. */
int hash128_compare(hash128 a, hash128 b);

/* Mixes one number for a table; every bit of the result hangs on every bit of
 * the value and the seed. */
uint64_t hash_number(uint64_t value, uint64_t seed);

#endif
