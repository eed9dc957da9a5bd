/*
 * candidate.h - the published versions with a program that has not been
 * published in their place
 *
 * A simulation folds by a timeline like any other: the published versions that
 * take effect before a date, and from that date on one file.  It reckons by
 * the zone of the ledger, never by this machine's, so that the same file gives
 * the same figures everywhere; a ledger without versions takes the file's.
 */
#ifndef REPLAY_CANDIDATE_H
#define REPLAY_CANDIDATE_H

#include "core/ledger.h"
#include "core/program_yaml.h"

/* The day of `candidate_timeline()` that leaves no published version. */
#define CANDIDATE_FROM_START INT32_MIN

struct candidate {
    const char *name; /* of the file, for complaints */
    view file;
    int32_t from_day;        /* local; CANDIDATE_FROM_START */
    const struct zone *zone; /* looked up already, for a variant of a file;
                              * NULL */
};

/* Reads and checks the file and compiles it with what is published before its
 * day, into the arena; the published part borrows from the ledger.  ERR_INPUT:
 * the file has mistakes (see `mistakes`), or another currency or zone than the
 * ledger (see the complaint; `mistakes` is then empty). */
NODISCARD enum err candidate_timeline(struct ledger *ledger,
                                      const struct candidate *candidate,
                                      struct arena *arena,
                                      struct mistakes *mistakes,
                                      const struct timeline **ret_timeline,
                                      struct complaint *complaint);

#endif
