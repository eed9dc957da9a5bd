/*
 * keyring.h - all keys of a ledger under one passphrase, to be kept in a safe
 *
 * A backup holds no keys; who has both, the backup and this, has the hub.
 * One line: "leima-keys1-" and hexadecimal digits of what crypto_lock() makes
 * of, for each file, u8 size of its name, the name, u32 size, the bytes.
 */
#ifndef NODES_KEYRING_H
#define NODES_KEYRING_H

#include "core/err.h"
#include "core/text.h"

enum {
    KEYRING_PASSPHRASE_MIN = 12, /* bytes */
    KEYRING_LINE_SIZE = 65536,
};

/* Appends the line to `out`.  ERR_NOT_FOUND: there are no keys; ERR_INPUT: the
 * passphrase is too short; ERR_IO, ERR_MEMORY. */
NODISCARD enum err keyring_export(const char *dir, view passphrase,
                                  struct text *out,
                                  struct complaint *complaint);

/* Writes the files that are missing, durably, with mode 0600, all or none:
 * whenever it is cut off, the folder is the old one or the new one.  ERR_INPUT:
 * another passphrase, or no such line; ERR_EXISTS: another key is there, and
 * nothing was written (the same is no fault); ERR_IO, ERR_FULL, ERR_MEMORY. */
NODISCARD enum err keyring_import(const char *dir, view passphrase, view line,
                                  struct complaint *complaint);

#endif
