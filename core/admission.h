/*
 * admission.h - for which stores a node may speak, as the hub's books say
 *
 * A node that was enrolled as a store speaks for the stores of its enrolments,
 * of any of them: a store that moves to another node does not take its past
 * along.  What it says of another store is kept and has no effect.  A node
 * that nobody enrolled (this ledger itself, one whose events were imported)
 * speaks for all.
 */
#ifndef CORE_ADMISSION_H
#define CORE_ADMISSION_H

#include "core/journal.h"

struct admission;

/* Empty: nothing has been read yet.  The journal is borrowed until the close.
 * ERR_MEMORY. */
NODISCARD enum err admission_open(struct journal *journal,
                                  struct admission **ret_admission);
void admission_close(struct admission *admission); /* NULL is allowed */

/* Takes in what was enrolled since, up to a damaged control item.  ERR_MEMORY;
 * faults of the reader. */
NODISCARD enum err admission_refresh(struct admission *admission);

/* The damaged control item that the last refresh stopped at, or NULL. */
struct reader_damage;
const struct reader_damage *admission_damage(const struct admission *admission);

/* A history_admits; `context` is a struct admission. */
bool admission_admits(void *context, uint32_t node, uint32_t store);

/* How many pairs of a node and a store of its there are, and enrolled nodes;
 * they never become fewer.  0: every event is admitted. */
uint32_t admission_count(const struct admission *admission);

/* The position of the last enrolment that changed what events held already
 * count for; 0: none did. */
uint64_t admission_changed(const struct admission *admission);

#endif
