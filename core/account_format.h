/*
 * account_format.h - the bytes of a packed account, for account_pack.c and
 * account_unpack.c only
 *
 * Numbers are little endian groups of 7 bits, signed ones zigzag.  An instant
 * is its distance from the last event (from the expiry of the lot before it in
 * the list of lots), in quarters of an hour where it lies on one, as midnights
 * do, else in ms; the special ones have small codes.
 * In order:
 *
 *   format, flags, the last event, facts, debt, level (if the account has
 *   begun), then each list as a count and its items: lots, vouchers, months,
 *   stamps, spend rewards, passes, consents (so far if it has begun), counts,
 *   given, voids
 *
 * Left out is what a forward fold can't need: purchases and redemptions;
 * spend of months that no window reaches, and the stores of those whose bonus
 * has been given; counts of past periods; passes that are used up or over.
 */
#ifndef CORE_ACCOUNT_FORMAT_H
#define CORE_ACCOUNT_FORMAT_H

#include "core/account.h"

enum { ACCOUNT_FORMAT = 1 };

enum {
    FLAG_BEGUN = 1,
    FLAG_REFERRAL_JOINED = 2,
    FLAG_REFERRAL_DONE = 4,
};

/* The lists behind the months.  Nearly always all are empty, and are then read
 * and written at once. */
enum { REST_LISTS = 7 };

/* How instants begin; then CODE_DISTANCE + 2 * zigzag of quarters, or one more
 * than twice the zigzag of ms. */
enum { CODE_NEVER_YET, CODE_NEVER, CODE_AT_ONCE, CODE_DISTANCE };

#define QUARTER_MS INT64_C(900000)

#endif
