/*
 * marks.h - accounts that must be looked at again, each once
 *
 * Filled by what arrives and worked off in rounds, each in the order of keys
 * (runs.h), as histories are read fastest; the list may grow meanwhile, for an
 * account that changes may concern its referrer: that is for the next round.
 */
#ifndef CORE_MARKS_H
#define CORE_MARKS_H

#include "core/account_table.h"

struct marks {
    struct account_table table; /* of the accounts, a flag each */
    uint32_t *round; /* owned; entries of the table, in order of keys */
    uint32_t round_count;
    uint32_t round_next;
    uint32_t done; /* of the table, with all of the round */
};

/* A zeroed list with a seed in its table is an empty one; closing empties
 * it. */
void marks_close(struct marks *marks);

/* `own`: for an event of its own, not for a referral.  ERR_MEMORY. */
NODISCARD enum err marks_add(struct marks *marks, account_id account, bool own);
/* As a referrer; member 0 is nobody. */
NODISCARD enum err marks_add_member(struct marks *marks, uint64_t member);

/* Whether the account is marked for an event of its own. */
bool marks_has_own(const struct marks *marks, account_id account);

struct mark {
    runs_key key; /* a bearer's code borrows from it */
    bool own;     /* so far */
};

/* The next one that has not been worked off.  ERR_NOT_FOUND: that was all;
 * ERR_MEMORY. */
NODISCARD enum err marks_next(struct marks *marks, struct mark *ret_mark);
/* The one that was told last will be told again. */
void marks_untake(struct marks *marks);

/* How many have not been worked off. */
uint32_t marks_count(const struct marks *marks);

#endif
