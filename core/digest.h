/*
 * digest.h - one hash over all accounts of a ledger
 *
 * The BLAKE2b-256 of the lines of `accounts --json --at T`, each with its line
 * end: two ledgers that hold the same events and rules have the same digest,
 * whatever arrived when.
 */
#ifndef CORE_DIGEST_H
#define CORE_DIGEST_H

#include "core/crypto.h"
#include "core/ledger.h"

/* Of the accounts as known at a position, at the time `at_ms`; reads them all.
 * Faults of census_open() and census_next(), ERR_MEMORY, with a complaint. */
NODISCARD enum err digest_accounts(struct ledger *ledger, uint64_t known,
                                   int64_t at_ms, digest *ret_digest,
                                   struct complaint *complaint);

#endif
