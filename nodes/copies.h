/*
 * copies.h - the account states that a hub has sent, as a node keeps them
 *
 * LEDGER/copies is an LMDB environment of its own, for nothing in it is
 * history: it may be deleted, and the hub sends all of it anew.
 *
 *   table "states"  account_format() text -> i64 asked, u16 count, so many (u64
 *                   incarnation, u64 seq folded), the packed state
 *   table "feed"    "at" -> u64 epoch, u64 position, versions digest 32, u32
 *                   format, u32 0, i64 told
 *                   "folded" -> so many (u64 incarnation, u64 seq): what the
 *                   hub had folded of this node's streams when the feed was
 *                   last at its end; absent before
 *
 * `told` is when the feed was last at its end: all that it brings was then as
 * the hub had it.  `asked` is when the hub was asked about this account, which
 * the feed does not bring, for it was never served here; 0: the feed's.
 *
 * A node answers from a copy and its own events on top (core/hub_state.h), as
 * long as its rules are those that the copies were made under.
 */
#ifndef NODES_COPIES_H
#define NODES_COPIES_H

#include "core/hub_state.h"
#include "nodes/frame.h"

struct copies;

/* `create`: for the node's process; else for one that asks.  ERR_NOT_FOUND:
 * none have come yet; ERR_INPUT: too long a path; ERR_FULL, ERR_IO, ERR_MEMORY,
 * ERR_CORRUPT. */
NODISCARD enum err copies_open(const char *dir, bool create,
                               struct copies **ret_copies);
void copies_close(struct copies *copies);
/* Whether they are those that lie in the directory now: they may have been
 * deleted there and come anew.  For who asks and stays. */
bool copies_are_there(const struct copies *copies);

/* Up to where the feed has been told, 0 and 0 for nothing.  ERR_IO. */
NODISCARD enum err copies_where(struct copies *copies, uint64_t *ret_epoch,
                                uint64_t *ret_position);

/* Whether the feed has ever been at its end under the present epoch and
 * rules.  ERR_IO. */
NODISCARD enum err copies_told(struct copies *copies, bool *ret_told);
/* The seq of this node's stream of events up to which every effect is in the
 * copies, as of hub_state_folded(); 0: none.  ERR_IO. */
NODISCARD enum err copies_folded(struct copies *copies, uint64_t incarnation,
                                 uint64_t *ret_seq);

/* Keeps a STATE frame of that node's feed, at the time `now_ms`.  States of
 * another epoch, format or other versions than those here are forgotten first;
 * a format that is not known is passed over.  Malformed states are left out.
 * ERR_FULL, ERR_IO. */
NODISCARD enum err copies_put(struct copies *copies, const struct frame *frame,
                              uint32_t node, int64_t now_ms);
/* Keeps the states of an ANSWER.  They are left out where they do not go with
 * the feed's (the hub has other versions meanwhile).  ERR_FULL, ERR_IO. */
NODISCARD enum err copies_put_asked(struct copies *copies,
                                    const struct frame *frame, uint32_t node,
                                    int64_t now_ms);

/* The copy of one account under rules of that digest; the views live in the
 * arena.  ERR_NOT_FOUND: there is none, or it was made under other rules;
 * ERR_IO, ERR_CORRUPT. */
NODISCARD enum err copies_get(struct copies *copies, account_id account,
                              digest versions, struct arena *arena,
                              struct hub_state *ret_state);

#endif
