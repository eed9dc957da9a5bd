/*
 * seal.h - a signature that travels beside a statement
 *
 * What a partner or an auditor needs to check a statement without a ledger: a
 * few lines of text in a file of its own, FILE.sig beside FILE.
 *
 *     leima-statement 1
 *     period 2026-10
 *     partner cafe            left out: of the whole statement
 *     heads HEX               32 bytes; left out for a partner's part
 *     key HEX                 32 bytes: the Ed25519 key of the hub
 *     signature HEX           64 bytes
 *
 * Signed are the bytes of FILE, and for a whole statement the digest of the
 * heads after them.  The key in the seal only says which key is meant: whoever
 * checks brings the key that he trusts.
 */
#ifndef CORE_SEAL_H
#define CORE_SEAL_H

#include "core/crypto.h"
#include "core/text.h"

struct seal {
    int32_t period; /* calendar_month() */
    view partner;   /* empty: the whole */
    digest heads;   /* of the whole */
    crypto_public_key key;
    crypto_signature signature;
};

/* Appends the lines. */
void seal_write(struct text *text, const struct seal *seal);

/* Reads it; the partner borrows from `text`.  ERR_INPUT: it is no seal, the
 * complaint says where. */
NODISCARD enum err seal_read(view text, struct seal *ret_seal,
                             struct complaint *complaint);

/* The signature of a whole statement, or of a part (heads NULL).  ERR_MEMORY.
 */
NODISCARD enum err seal_make(const crypto_secret_key *secret, view bytes,
                             const digest *heads,
                             crypto_signature *ret_signature);

/* OK: these bytes were sealed by that key; ERR_INPUT: they were not;
 * ERR_MEMORY. */
NODISCARD enum err seal_check(const struct seal *seal, crypto_public_key key,
                              view bytes);

/* 64 hexadecimal digits. */
void seal_format_key(crypto_public_key key, struct text *text);
NODISCARD bool seal_parse_key(view text, crypto_public_key *ret_key);

#endif
