/*
 * balance.h - the state of an account as JSON (CLI.md, "balance --json")
 */
#ifndef CORE_BALANCE_H
#define CORE_BALANCE_H

#include "core/account.h"
#include "core/text.h"

/* Appends one object without a newline, keys in the order of CLI.md.  The
 * account's clock stands at `at_ms`.  An account that has not begun is written
 * as one with nothing in it: whether there is one is for the caller. */
void balance_json(struct text *text, const struct timeline *timeline,
                  const struct account *account, int64_t at_ms);

/* The window spend by which tiers are judged at that instant; 0 without tiers
 * in the version in force. */
money balance_window_spend(const struct timeline *timeline,
                           const struct account *account, int64_t at_ms);

#endif
