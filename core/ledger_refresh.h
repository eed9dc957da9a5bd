/*
 * ledger_refresh.h - a ledger keeps up with its journal: rules first, histories
 * when they are needed
 *
 * ledger_refresh() (ledger.h) takes in everything.  But an account's state
 * mostly goes forward by its next event and needs no history, so whoever keeps
 * states only looks at what there is, follows the journal up to what has been
 * seen, and lets the histories take that in when there is time, or when
 * somebody is to be told of them.  Until then questions about accounts are
 * answered as of ledger_position(), which lies before.
 */
#ifndef CORE_LEDGER_REFRESH_H
#define CORE_LEDGER_REFRESH_H

#include "core/ledger.h"

/* As ledger_refresh(), but histories take in nothing: they only see what has
 * been marked.  No record is read, so what is damaged is not met. */
NODISCARD enum err ledger_refresh_rules(struct ledger *ledger,
                                        struct complaint *complaint);

/* The last position of the journal that the rules are known of: the last one
 * there was at the last look, and never before ledger_position(). */
uint64_t ledger_refresh_seen(const struct ledger *ledger);

/* The owner's histories take in all that has been seen, in one go; the rules
 * stay as they are, and what they have handed out.  ERR_CORRUPT: a record is
 * damaged (ledger_damage()); ERR_FULL: the disk is; ERR_IO, ERR_MEMORY. */
NODISCARD enum err ledger_refresh_histories(struct ledger *ledger,
                                            struct complaint *complaint);

#endif
