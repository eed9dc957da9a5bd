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

void
crypto_curve_public(const uint8_t secret[static 32],
                    uint8_t ret_public[static 32])
{
    static_assert(crypto_scalarmult_BYTES == 32, "libsodium's");
    static_assert(crypto_scalarmult_SCALARBYTES == 32, "libsodium's");
    need_sodium();
    crypto_scalarmult_base(ret_public, secret);
}

/* --- under a passphrase --- */

enum {
    SALT_SIZE = 16,
    NONCE_SIZE = 24,
    LOCK_HEAD = SALT_SIZE + 4 + 4 + NONCE_SIZE,
    LOCK_PASSES = 3,
    LOCK_MIB = 256,
    LOCK_PASSES_MAX = 16, /* of what somebody hands us */
    LOCK_MIB_MAX = 1024,
};
static_assert(SALT_SIZE == crypto_pwhash_SALTBYTES, "libsodium's");
static_assert(NONCE_SIZE == crypto_secretbox_NONCEBYTES, "libsodium's");
static_assert(LOCK_HEAD + crypto_secretbox_MACBYTES == CRYPTO_LOCK_EXTRA,
              "as the header says");

static enum err
lock_key(view passphrase, const uint8_t *salt, uint32_t passes, uint32_t mib,
         uint8_t key[static crypto_secretbox_KEYBYTES])
{
    need_sodium();
    return crypto_pwhash(key, crypto_secretbox_KEYBYTES,
                         (const char *)passphrase.bytes, passphrase.size, salt,
                         passes, (size_t)mib << 20,
                         crypto_pwhash_ALG_ARGON2ID13) == 0
               ? OK
               : ERR_MEMORY;
}

enum err
crypto_lock(view passphrase, view bytes, uint8_t *ret_sealed)
{
    const uint32_t cost[2] = { LOCK_PASSES, LOCK_MIB };
    uint8_t key[crypto_secretbox_KEYBYTES];
    uint8_t *nonce = ret_sealed + SALT_SIZE + sizeof cost;

    crypto_random(ret_sealed, SALT_SIZE);
    memcpy(ret_sealed + SALT_SIZE, cost, sizeof cost);
    crypto_random(nonce, NONCE_SIZE);
    enum err err = lock_key(passphrase, ret_sealed, LOCK_PASSES, LOCK_MIB, key);
    if (err == OK)
        crypto_secretbox_easy(ret_sealed + LOCK_HEAD, bytes.bytes, bytes.size,
                              nonce, key);
    crypto_wipe(key, sizeof key);
    return err;
}

enum err
crypto_unlock(view passphrase, view sealed, uint8_t *ret_bytes)
{
    uint8_t key[crypto_secretbox_KEYBYTES];
    uint32_t cost[2];

    if (sealed.size < CRYPTO_LOCK_EXTRA)
        return ERR_INPUT;
    memcpy(cost, sealed.bytes + SALT_SIZE, sizeof cost);
    if (cost[0] == 0 || cost[0] > LOCK_PASSES_MAX || cost[1] == 0 ||
        cost[1] > LOCK_MIB_MAX)
        return ERR_INPUT;
    enum err err = lock_key(passphrase, sealed.bytes, cost[0], cost[1], key);
    if (err == OK &&
        crypto_secretbox_open_easy(
            ret_bytes, sealed.bytes + LOCK_HEAD, sealed.size - LOCK_HEAD,
            sealed.bytes + LOCK_HEAD - NONCE_SIZE, key) != 0)
        err = ERR_INPUT;
    crypto_wipe(key, sizeof key);
    return err;
}
