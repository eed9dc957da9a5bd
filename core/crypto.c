/*
 * crypto.c - libsodium, the only file that knows it
 *
 * Each entry that needs libsodium set up sees to it, once for the process, so
 * there is no set-up that a program could forget.
 */
#include "core/crypto.h"

#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static_assert(sizeof(crypto_generichash_blake2b_state) <=
                  sizeof((struct crypto_blake) { 0 }.state),
              "room for libsodium's state");
static_assert(sizeof(crypto_public_key) == crypto_sign_PUBLICKEYBYTES, "");
static_assert(sizeof(crypto_secret_key) == crypto_sign_SECRETKEYBYTES, "");
static_assert(sizeof(crypto_signature) == crypto_sign_BYTES, "");

static pthread_once_t sodium_once = PTHREAD_ONCE_INIT;

static void
start_sodium(void)
{
    if (sodium_init() < 0) {
        fputs("leima: this machine gives no random numbers\n", stderr);
        abort();
    }
}

static void
need_sodium(void)
{
    pthread_once(&sodium_once, start_sodium);
}

bool
digest_equal(digest a, digest b)
{
    return memcmp(a.bytes, b.bytes, sizeof a.bytes) == 0;
}

bool
digest_is_zero(digest value)
{
    return digest_equal(value, (digest) { { 0 } });
}

void
digest_format(digest value, char text[static DIGEST_TEXT_SIZE])
{
    sodium_bin2hex(text, DIGEST_TEXT_SIZE, value.bytes, sizeof value.bytes);
}

static int
hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool
digest_parse(view text, digest *ret_digest)
{
    digest value;

    if (text.size != 2 * sizeof value.bytes)
        return false;
    for (uint32_t i = 0; i < sizeof value.bytes; i++) {
        int high = hex_value(text.bytes[2 * i]);
        int low = hex_value(text.bytes[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        value.bytes[i] = (uint8_t)(high * 16 + low);
    }
    *ret_digest = value;
    return true;
}

static crypto_generichash_blake2b_state *
state_of(struct crypto_blake *blake)
{
    return (crypto_generichash_blake2b_state *)(void *)blake->state;
}

void
crypto_blake_start(struct crypto_blake *blake)
{
    need_sodium();
    crypto_generichash_blake2b_init(state_of(blake), NULL, 0, sizeof(digest));
}

void
crypto_blake_add(struct crypto_blake *blake, const void *bytes, size_t size)
{
    assert(bytes != NULL || size == 0);
    if (size > 0)
        crypto_generichash_blake2b_update(state_of(blake), bytes, size);
}

digest
crypto_blake_end(struct crypto_blake *blake)
{
    digest value;

    crypto_generichash_blake2b_final(state_of(blake), value.bytes,
                                     sizeof value.bytes);
    return value;
}

digest
crypto_digest(view bytes)
{
    digest value;

    need_sodium();
    crypto_generichash_blake2b(value.bytes, sizeof value.bytes, bytes.bytes,
                               bytes.size, NULL, 0);
    return value;
}

hash128
crypto_hash128(view bytes)
{
    hash128 hash;

    need_sodium();
    crypto_generichash_blake2b(hash.bytes, sizeof hash.bytes, bytes.bytes,
                               bytes.size, NULL, 0);
    return hash;
}

void
crypto_random(void *bytes, size_t size)
{
    need_sodium();
    randombytes_buf(bytes, size);
}

uint64_t
crypto_random_number(void)
{
    uint64_t number;

    crypto_random(&number, sizeof number);
    return number;
}

void
crypto_wipe(void *bytes, size_t size)
{
    sodium_memzero(bytes, size);
}

void
crypto_keypair_make(crypto_public_key *ret_public,
                    crypto_secret_key *ret_secret)
{
    need_sodium();
    crypto_sign_keypair(ret_public->bytes, ret_secret->bytes);
}

crypto_signature
crypto_signature_make(const crypto_secret_key *secret, view bytes)
{
    crypto_signature signature;

    need_sodium();
    crypto_sign_detached(signature.bytes, NULL, bytes.bytes, bytes.size,
                         secret->bytes);
    return signature;
}

bool
crypto_signature_check(crypto_public_key key, view bytes,
                       crypto_signature signature)
{
    need_sodium();
    return crypto_sign_verify_detached(signature.bytes, bytes.bytes, bytes.size,
                                       key.bytes) == 0;
}
