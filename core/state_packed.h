/*
 * state_packed.h - an account's state as a blob in runs and tables
 *
 * A blob is the position of the journal at which the state last changed (8
 * bytes, little endian) and what account_pack() wrote.  Each account that has
 * an event has a blob; one of which no event counts (all were voided, or the
 * voids came first) has the position alone.
 */
#ifndef CORE_STATE_PACKED_H
#define CORE_STATE_PACKED_H

#include "core/runset.h"
#include "core/text.h"

/* A state as bytes. */
struct state_packed {
    account_id account; /* a bearer's code borrows from the states */
    uint64_t position;  /* when it last changed */
    view bytes;         /* for account_unpack(); empty: no account (any
                         * more).  Borrowed; from states, until their
                         * next call.  In their tables it may be warm. */
};

/* The blob of that position and those bytes, in `text`.  ERR_MEMORY. */
NODISCARD enum err state_packed_write(struct text *text, uint64_t position,
                                      view bytes);
/* What stands before the bytes in such a blob, in `room`. */
enum { STATE_PACKED_HEAD = 8 };
view state_packed_head(uint64_t position,
                       uint8_t room[static STATE_PACKED_HEAD]);
/* What a blob holds, but for the account.  ERR_CORRUPT. */
NODISCARD enum err state_packed_read(view blob,
                                     struct state_packed *ret_packed);

/* An empty set of checkpoints, to be given to runset_init(). */
struct runset state_packed_set(void);
/* The newest blob of a key in a set of checkpoints; borrows from it.
 * ERR_NOT_FOUND, ERR_CORRUPT. */
NODISCARD enum err state_packed_find(const struct runset *set, view key,
                                     view *ret_blob);

#endif
