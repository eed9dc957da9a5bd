/*
 * conflict.h - two events under one identity, and which of them counts
 *
 * A node gives an identity once (EVENTS.md).  Where a disk was cloned or
 * restored and two hubs have heard a branch each, or where somebody lies, a
 * copy in another's stream says something else than what is held under that
 * identity.  One of the two counts, the same at every hub: the original where
 * it is held, else the copy with the lesser fingerprint.  The other is marked
 * as it comes in (copy_index.h); here is found out what the two are, so that
 * the log of a hub and `status` tell people the same.
 */
#ifndef CORE_CONFLICT_H
#define CORE_CONFLICT_H

#include "core/reader.h"

struct conflict_side {
    uint32_t node;     /* in whose stream it stands; 0: nothing is held */
    fingerprint print; /* zeros: its bytes are not understood here */
};
struct conflict {
    enum reader_quarantine why;
    identity identity;           /* under which both stand */
    struct conflict_side aside;  /* what does not count */
    struct conflict_side counts; /* of a copy that says of itself what it is
                                  * not: what it is */
};

/* Of two copies that differ, and neither is the original: whether the first
 * counts. */
bool conflict_wins(fingerprint copy, fingerprint other);

/* Whether a mark says that another event stands under the same identity, or
 * that a copy is not what it says. */
bool conflict_is(enum reader_quarantine why);

/* The two sides where the copy at `position` is marked so.  `describe` is the
 * journal's.  Faults of reader_event(). */
NODISCARD enum err conflict_find(struct reader *reader,
                                 journal_describe *describe, uint64_t position,
                                 enum reader_quarantine why,
                                 struct conflict *ret_conflict);

/* A fingerprint as people compare it: 32 hexadecimal digits of the content,
 * "@", and the time in milliseconds. */
enum { CONFLICT_PRINT_SIZE = 32 + 1 + 20 + 1 };
void conflict_print(fingerprint print, char text[static CONFLICT_PRINT_SIZE]);

/* One sentence about it. */
enum { CONFLICT_WORDS_SIZE = 256 };
void conflict_format(const struct conflict *conflict,
                     char text[static CONFLICT_WORDS_SIZE]);

/* How many marks of that kind the journal holds: a walk over all marks. */
uint64_t conflict_count(struct reader *reader);

#endif
