/*
 * signing.h - the key that signs statements
 *
 * An Ed25519 key pair in LEDGER/keys/statement.key, mode 0600: 32 bytes public
 * key, 64 bytes secret key.  It is made when the first period is closed, and
 * is no part of a backup.
 */
#ifndef CORE_SIGNING_H
#define CORE_SIGNING_H

#include "core/crypto.h"

struct signing_key {
    crypto_public_key public_key;
    crypto_secret_key secret_key; /* wipe it when done */
};

/* Reads the ledger's key, making it if there is none.  ERR_CORRUPT: no such
 * file as this writes.  ERR_INPUT: others may read it. */
NODISCARD enum err signing_load(const char *dir, struct signing_key *ret_key,
                                struct complaint *complaint);

#endif
