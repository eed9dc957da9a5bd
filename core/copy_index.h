/*
 * copy_index.h - the copies that are held of an event, and which of them counts
 *
 * Any number of nodes may bring copies of one event, in any order.  What counts
 * does not hang on the order: the original where it is held, else the copies
 * with the least fingerprint, which are one event.  All others are marked, with
 * what each of them differs from.
 *
 * So the copies of an event that bear no mark all say the same.  One of them
 * stands in the table `copies` (shelf.h), which bears a mark only where none is
 * without.  Where the others stand is noted, so that all of them are marked
 * when something comes that counts in their place:
 *
 *   note "equal/", a key as in `copies`, u64 position big endian: nothing
 *
 * An earlier program took no such notes: of what came while it was at work only
 * the copy in the table is marked.
 */
#ifndef CORE_COPY_INDEX_H
#define CORE_COPY_INDEX_H

#include "core/reader.h"
#include "core/shelf.h"

/* Hears of each mark as it is made. */
typedef void copy_index_told(void *context, uint64_t position,
                             enum reader_quarantine why);

struct copy_index {
    struct db_txn *txn;
    copy_index_told *told;
    void *context;
};

/* A copy has come.  `original`: what the original says; NULL: it is not held,
 * or not understood. */
void copy_index_enter(const struct copy_index *index, identity of,
                      const struct shelf_known *copy,
                      const fingerprint *original);

/* An original has come, of which there may be copies. */
void copy_index_meet(const struct copy_index *index, identity of,
                     fingerprint original);

/* The copy that stands at a position is told again elsewhere, and what holds of
 * the old one holds of the new one from now on.  Before anything is done to the
 * old one. */
void copy_index_move(struct db_txn *txn, identity of, uint64_t position,
                     const struct shelf_known *copy);

/* A copy that says the same as the one in the table. */
struct copy_index_equal {
    identity identity; /* of the event */
    uint64_t position;
};
/* The next one behind that, zeros for the first of all.  False: there is none,
 * or the transaction has failed. */
bool copy_index_next_equal(struct db_txn *txn, struct copy_index_equal *equal);

#endif
