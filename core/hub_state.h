/*
 * hub_state.h - an account as a node sees it: what the hub sent, and the node's
 * own later events on top
 *
 * A node has only its own events.  The hub sends it packed states, each with
 * the seq up to which it has folded every stream of the node; the node folds
 * what it appended after that.  That serves decisions and display: an event
 * that would have to go before what the hub has folded already is taken as if
 * it happened right after, and a return or a reversal that looks back at what
 * is not here is left out.  It never serves verify.
 */
#ifndef CORE_HUB_STATE_H
#define CORE_HUB_STATE_H

#include "core/state_fold.h"

/* How far the hub has folded a stream of events of this node. */
struct hub_state_seq {
    uint64_t incarnation;
    uint64_t seq;
};

/* Of so many incarnations at most a node is told, of the latest: what it wrote
 * in those before has long been folded. */
enum { HUB_STATE_SEQS_MAX = 64 };

/* The seq up to which the hub has folded that incarnation, UINT64_MAX: all of
 * it.  The list may be NULL where it is empty. */
uint64_t hub_state_folded(const struct hub_state_seq *folded, uint32_t count,
                          uint64_t incarnation);

struct hub_state {
    view packed; /* by account_pack(); empty: the hub knows no such account */
    const struct hub_state_seq *folded;
    uint32_t folded_count; /* hub_state_folded() reads them */
    int64_t told_ms;       /* when it was last known to be what the hub has, by
                            * this node's clock; it changes nothing here ... */
    bool asked;            /* ... and nor does this: of changes since then the
                            * hub does not tell by itself */
};

/* The account at `until_ms`, or right after its last event if that is later;
 * it lives in fold->arena, until the next call.  `ret_own` counts the node's
 * own events on top.  ERR_CORRUPT: those are no packed bytes, or of other
 * rules than the fold's. */
NODISCARD enum err hub_state_read(struct state_fold *fold, account_id account,
                                  const struct hub_state *base,
                                  int64_t until_ms, struct account *ret_account,
                                  uint32_t *ret_own);

#endif
