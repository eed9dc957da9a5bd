/*
 * slip.h - what a till hands in, and what it is told: one line of JSON each
 *
 * A line in is one event as JSON Lines have it (EVENTS.md), or a list of them,
 * which is stored all or none:
 *
 *   {"kind": "stamp", "member": 42, "card": "lunch", "id": "till1-881"}
 *   [{"kind": "join", "member": 43}, {"kind": "stamp", ...}]
 *
 * The line that answers it is one of
 *
 *   {"events": ["10.1.4"]}  they are on the disk, under these identities, in
 *                           the order in which they were handed in
 *   {"refused": "WORDS"}    they break a rule, and would again; none is stored
 *   {"fault": "WORDS"}      the machine can't, now; none is known to be stored
 *
 * A redemption that is still to be decided is such an event, too, without `at`
 * and with an `id`, and the answer to it says the verdict, with the numbers
 * that it rests on, as `leima redeem --json` does:
 *
 *   {"decide": {"kind": "redeem", "member": 42, "points": 300, "id": "r-1"}}
 *   {"verdict": "granted", "by": "hub", "event": "10.1.5", ...}
 *   {"verdict": "refused", "reason": "too_little", ...}
 *
 * The words are those of `leima append`; in a list they begin with the place
 * of the event, "line 2: ".  Whoever gets no answer hands the same line in
 * again: what bears an `id` is stored once, and answered with the identity
 * that it has.
 */
#ifndef CORE_SLIP_H
#define CORE_SLIP_H

#include "core/ledger_append.h"
#include "core/text.h"

enum { SLIP_EVENTS_MAX = 1000 };

/* Reads one event, as a line of a file or of a list; it has no identity yet.
 * All lies in the arena.  ERR_INPUT, with the reason. */
NODISCARD enum err slip_read_event(view line, struct arena *arena,
                                   struct ledger_entry *ret_entry,
                                   struct complaint *complaint);

/* Reads a line of at most LIMIT_JSON_LINE, with or without its end.  Likewise.
 */
NODISCARD enum err slip_read(view line, struct arena *arena,
                             struct ledger_entry **ret_entries,
                             uint32_t *ret_count, struct complaint *complaint);

/* Whether the line is of the form {"decide": ...}, right or wrong. */
bool slip_is_question(view line);
/* Reads it; the entry is what is asked for.  ERR_INPUT, with the reason. */
NODISCARD enum err slip_read_question(view line, struct arena *arena,
                                      struct ledger_entry *ret_entry,
                                      struct complaint *complaint);

/* Appends the line that says what came of it: `err` as of ledger_append(). */
void slip_answer(struct text *line, const struct ledger_entry *entries,
                 uint32_t count, enum err err,
                 const struct complaint *complaint);

#endif
