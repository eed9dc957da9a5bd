/*
 * signing.h - the keys that sign
 *
 * Ed25519 key pairs in LEDGER/keys, mode 0600: 32 bytes public key, 64 bytes
 * secret key.  Each is made when it is first asked for, and is no part of a
 * backup.
 */
#ifndef CORE_SIGNING_H
#define CORE_SIGNING_H

#include "core/crypto.h"

struct signing_key {
    crypto_public_key public_key;
    crypto_secret_key secret_key; /* wipe it when done */
};

/* The files' names. */
#define SIGNING_STATEMENT "statement.key" /* signs statements */
#define SIGNING_HUB "hub.key" /* signs what a hub says to its nodes */

/* Reads the ledger's key of that name, making it, durably, if there is none.
 * ERR_CORRUPT: no such file as this writes.  ERR_INPUT: others may read it, or
 * the path is too long.  ERR_FULL; ERR_IO, also of a link to another file. */
NODISCARD enum err signing_load(const char *dir, const char *name,
                                struct signing_key *ret_key,
                                struct complaint *complaint);

#endif
