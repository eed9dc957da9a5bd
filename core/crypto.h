/*
 * crypto.h - what must withstand an attacker: digests, random bytes, signatures
 *
 * BLAKE2b-256 chains the records and names whole ledgers; Ed25519 signs
 * statements.  Everything is libsodium's.
 */
#ifndef CORE_CRYPTO_H
#define CORE_CRYPTO_H

#include "core/base.h"
#include "core/err.h"
#include "core/hash.h"

/* A BLAKE2b-256. */
typedef struct {
    uint8_t bytes[32];
} digest;

/* Not in constant time: no digest here is a secret. */
bool digest_equal(digest a, digest b);
bool digest_is_zero(digest value);
/* 64 lower case hexadecimal digits and the end. */
enum { DIGEST_TEXT_SIZE = 65 };
void digest_format(digest value, char text[static DIGEST_TEXT_SIZE]);
/* False unless the text is exactly 64 hexadecimal digits. */
NODISCARD bool digest_parse(view text, digest *ret_digest);

/* A BLAKE2b in the making; a value, it may be copied to fork the digest. */
struct crypto_blake {
    _Alignas(64) uint8_t state[384];
};

/* Begins one, adds bytes (NULL: none) and gives the digest of all of them; what
 * has given its digest is begun anew before it is used again. */
void crypto_blake_start(struct crypto_blake *blake);
void crypto_blake_add(struct crypto_blake *blake, const void *bytes,
                      size_t size);
digest crypto_blake_end(struct crypto_blake *blake);

/* The BLAKE2b-256 of the bytes. */
digest crypto_digest(view bytes);
/* BLAKE2b with 16 bytes of output: the key of an index. */
hash128 crypto_hash128(view bytes);

/* Fills with random bytes of the operating system.  Never fails: a machine
 * without randomness stops the process. */
void crypto_random(void *bytes, size_t size);
/* Any number of 64 bits, likewise. */
uint64_t crypto_random_number(void);
/* Overwrites a secret so that the compiler can't leave it out. */
void crypto_wipe(void *bytes, size_t size);

typedef struct {
    uint8_t bytes[32];
} crypto_public_key;
typedef struct {
    uint8_t bytes[64]; /* wipe it when done */
} crypto_secret_key;
typedef struct {
    uint8_t bytes[64];
} crypto_signature;

/* A fresh Ed25519 key pair. */
void crypto_keypair_make(crypto_public_key *ret_public,
                         crypto_secret_key *ret_secret);
/* Ed25519 of the bytes; the same bytes and key give the same signature. */
crypto_signature crypto_signature_make(const crypto_secret_key *secret,
                                       view bytes);
/* False: the bytes or the signature are not those that were signed. */
NODISCARD bool crypto_signature_check(crypto_public_key key, view bytes,
                                      crypto_signature signature);

/* The public key that belongs to the secret one of CURVE (X25519). */
void crypto_curve_public(const uint8_t secret[static 32],
                         uint8_t ret_public[static 32]);

/* --- under a passphrase --- */

/* What is sealed is CRYPTO_LOCK_EXTRA bytes longer: 16 bytes salt, u32 passes,
 * u32 MiB of memory (of Argon2id), 24 bytes nonce, and XSalsa20-Poly1305 of
 * the bytes. */
enum { CRYPTO_LOCK_EXTRA = 16 + 4 + 4 + 24 + 16 };
/* Takes about a second and 256 MiB, on purpose.  `ret_sealed` has room for
 * bytes.size + CRYPTO_LOCK_EXTRA.  ERR_MEMORY. */
NODISCARD enum err crypto_lock(view passphrase, view bytes,
                               uint8_t *ret_sealed);
/* `ret_bytes` has room for sealed.size - CRYPTO_LOCK_EXTRA.  ERR_INPUT: another
 * passphrase, or not what was sealed; ERR_MEMORY. */
NODISCARD enum err crypto_unlock(view passphrase, view sealed,
                                 uint8_t *ret_bytes);

#endif
