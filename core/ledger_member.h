/*
 * ledger_member.h - numbers for new members
 *
 * A number is the node's, and one more than its last: so nodes allot them
 * without asking each other.  The last one is a note in the journal.  A new
 * incarnation leaves some out, for what it does not know may have been given.
 */
#ifndef CORE_LEDGER_MEMBER_H
#define CORE_LEDGER_MEMBER_H

#include "core/ledger.h"

/* Allots and stores the next member number of this node; processes that ask
 * at once wait for one another.  ERR_FULL: there is none left, or no space;
 * ERR_IO, faults as of ledger_refresh(). */
NODISCARD enum err ledger_member_new(struct ledger *ledger,
                                     uint64_t *ret_member,
                                     struct complaint *complaint);

#endif
