/*
 * standing.h - the totals of a whole ledger, kept up to date
 *
 * The sums of all effects of all accounts, as one fold of everything known
 * would give them, without that fold: what arrived since is looked at, and
 * each account that it touches is taken back as it was and booked as it is.
 * So a question costs what is new, not what there is.
 *
 * Idle accounts count too: every account is run on to the end of time as if
 * nothing more happened, and what the clock will do is booked ahead under its
 * instant.  `as_of` parts the two: effects up to it stand in their month, later
 * ones under the millisecond at which they will count; it only ever grows.
 *
 * What is kept is of one position of the journal and one timeline, and lies in
 * LEDGER/totals/standing (standing_file.h).  Whoever can be the owner of the
 * caches writes it; everybody can read it and go on from there in memory.  It
 * may be deleted.  `verify` compares it with a fresh fold.
 */
#ifndef CORE_STANDING_H
#define CORE_STANDING_H

#include "core/ledger.h"
#include "core/totals.h"

struct standing;

/* Opens the totals of a ledger, which is borrowed until the close.  Nothing is
 * read yet.  ERR_MEMORY. */
NODISCARD enum err standing_open(struct ledger *ledger,
                                 struct standing **ret_standing);
void standing_close(struct standing *standing);

/* Brings the totals up to ledger_position() and `now_ms`; the first time from
 * the file if it is of use, and by a fold of everything where it is not: other
 * rules, other enrolments, a damaged file, or more news than a fold is worth.
 * Writes the file where much has changed and the caches can be ours.
 * ERR_UNKNOWN: rules beyond this program. */
NODISCARD enum err standing_refresh(struct standing *standing, int64_t now_ms,
                                    struct complaint *complaint);

/* The same for a process that has other things to do: at most `limit` positions
 * are taken in at a time, however many there are, and nothing is written (but a
 * damaged file is taken away).  Where there is nothing to go on from,
 * everything is folded a partition at a time, as known when that began; what
 * arrives meanwhile is taken in afterwards.  A clock that has gone back stands
 * still. */
NODISCARD enum err standing_step(struct standing *standing, int64_t now_ms,
                                 uint64_t limit, struct complaint *complaint);

/* Writes the file now; there is a position.  ERR_BUSY: somebody else owns the
 * caches. */
NODISCARD enum err standing_save(struct standing *standing);

/* Adds all effects up to `at_ms`, which lies at or after the last refresh's
 * now, to empty totals. */
void standing_gather(const struct standing *standing, int64_t at_ms,
                     struct totals *totals);
/* The position up to which they go; 0: everything is still being folded, or
 * nothing has been. */
uint64_t standing_position(const struct standing *standing);

/* Whether the last refresh folded everything (to be measured and tested). */
bool standing_was_built(const struct standing *standing);

/* Compares the file, if there is one of use, with a fresh fold of what it
 * holds: every figure, every month, every instant to come.  ERR_CORRUPT: the
 * file is damaged; ERR_UNKNOWN: rules beyond this program. */
NODISCARD enum err standing_check(struct ledger *ledger, bool *ret_same);
/* Takes the file away.  ERR_BUSY: somebody else owns the caches. */
NODISCARD enum err standing_drop(struct ledger *ledger);

#endif
