/*
 * own_stores.h - the stores for which a hub has enrolled this node
 *
 * What an event says of another store its hub keeps without effect
 * (admission.h), and that would be noticed at headquarters only.  So the node
 * keeps what the strings it joined with say, in a note beside the journal:
 *
 *     u32 each store, little endian, ascending
 *
 * As at the hub the stores of all enrolments count.  A ledger that has joined
 * no hub, or joined before this was kept, knows of none and takes all.
 */
#ifndef CORE_OWN_STORES_H
#define CORE_OWN_STORES_H

#include "core/journal.h"

enum { OWN_STORES_MAX = 1024 };

struct own_stores {
    uint32_t count; /* 0: nobody has said */
    uint32_t items[OWN_STORES_MAX];
};

/* What is kept.  As journal_get_note(), but none is no error. */
NODISCARD enum err own_stores_load(struct journal *journal,
                                   struct own_stores *ret_stores);
/* Whether events of that store are to be appended here. */
bool own_stores_admit(const struct own_stores *stores, uint32_t store);
/* The same in words: ERR_INPUT, and the complaint says which there are. */
NODISCARD enum err own_stores_check(const struct own_stores *stores,
                                    uint32_t node, uint32_t store,
                                    struct complaint *complaint);

/* Keeps these, too; those for which there is no room are left out.  Faults of
 * journal_get_note() and journal_put_note(). */
NODISCARD enum err own_stores_add(struct journal *journal,
                                  const uint32_t *stores, uint32_t count);
/* From now on all are taken.  ERR_FULL, ERR_IO. */
NODISCARD enum err own_stores_forget(struct journal *journal);

#endif
