/*
 * reign.h - which ledger is the hub: promotion, restoring, being of the past
 *
 * A hub's epoch is the incarnation in which it writes; nodes follow the
 * greatest that they have seen.  A ledger that has joined a hub (keys/hubs) is
 * a standby or a node and rules nothing.  Otherwise it is a hub, unless
 *
 *   it was restored from a backup and its nodes have not all come back yet:
 *   what is public may be missing here (note "hub.restored");
 *   it has met a later hub, or a node that has seen one (note
 *   "hub.deposed", the epoch);
 *   nodes have dropped what it lacks (note "hub.lost", for each stream: node,
 *   channel, incarnation, and the seq up to which it was dropped).
 *
 * Then nothing is published and no period closed here.  Promoting opens a
 * greater epoch and puts an end to the first two; what nodes know of public
 * items is still taken from them until all have come back.
 *
 * Who promotes a ledger enrols the hub before it as a standby, under the key
 * by which everybody knows that one; so a hub whose time is over can step down
 * and stand by at its successor without a person (a stolen one is revoked).
 */
#ifndef NODES_REIGN_H
#define NODES_REIGN_H

#include "core/ledger.h"
#include "nodes/trust.h"

/* What a ledger is to others; status says it by these names. */
enum reign_role {
    REIGN_SINGLE,  /* has joined no hub and never enrolled anybody */
    REIGN_STORE,   /* has joined one, and is a node */
    REIGN_STANDBY, /* has joined one, and is a hub's copy; or a relay */
    REIGN_HUB,
};
const char *reign_role_name(enum reign_role role);

struct reign {
    enum reign_role role;
    bool standby;     /* has joined a hub, as a node or as a standby */
    bool nodes;       /* somebody was ever enrolled, as far as it knows */
    bool untaught;    /* has joined and lacks what a hub must know, as every
                       * store's node does: it is not promoted */
    bool restored;    /* and not refilled yet */
    bool promoted;    /* likewise; but it may rule, for a person said so */
    uint64_t deposed; /* the epoch of a later hub; 0: none was met */
    uint32_t lost;    /* streams of which a range is missing for good */
};

/* Faults of the reader. */
NODISCARD enum err reign_get(const char *dir, struct journal *journal,
                             struct reign *ret_reign);

/* Whether anybody was ever enrolled here.  Faults of the reader. */
NODISCARD enum err reign_has_nodes(struct journal *journal, bool *ret_has);

/* Whether the ledger may publish and close.  ERR_CONFLICT: it may not, the
 * complaint says why and what to do. */
NODISCARD enum err reign_may_rule(const char *dir, struct journal *journal,
                                  struct complaint *complaint);

/* The ledger stands by.  Whether it is untaught, which one that knows of no
 * node is, and remains until reign_is_taught(): it was given the books, and
 * what is public.  ERR_FULL, ERR_IO, ERR_MEMORY. */
NODISCARD enum err reign_stand_by(struct journal *journal, bool *ret_untaught);
NODISCARD enum err reign_is_taught(struct journal *journal);

/* Makes the ledger in `dir` the hub, in an epoch after all that it has seen;
 * a standby that runs on it takes over by itself.  ERR_CONFLICT: a standby that
 * was never given the books, whom nobody could connect to.  As ledger_open(),
 * ERR_FULL, ERR_IO. */
NODISCARD enum err reign_promote(const char *dir, int64_t now_ms,
                                 uint64_t *ret_epoch,
                                 struct complaint *complaint);

/* Makes a hub that was deposed a standby of the one that deposed it, whose
 * address is `endpoint`, or where our list of hubs has it (NULL).
 * ERR_CONFLICT: it was not deposed, nobody knows where that one is, or the
 * later epoch is its own.  As ledger_open(), ERR_FULL, ERR_IO. */
NODISCARD enum err reign_step_down(const char *dir, const char *endpoint,
                                   struct complaint *complaint);

/* Whether a clock of today, or one that is a day ahead, could have made that
 * epoch. */
bool reign_is_sane(uint64_t epoch, int64_t now_ms);

/* A later hub has been met, and its claim is believed (trust.h).  False: its
 * epoch is none that a clock of today could have made. */
NODISCARD bool reign_depose(struct journal *journal, const struct claim *claim,
                            int64_t now_ms);
/* The journal is not where, or not what, it was: it goes on in an incarnation
 * after all epochs that it has seen, and counts as restored unless it has
 * joined a hub.  ERR_FULL, ERR_IO, faults of the reader. */
NODISCARD enum err reign_begin_anew(const char *dir, struct journal *journal,
                                    enum record_reason reason, int64_t now_ms);
/* All nodes have come back after a restore or a promotion.  ERR_FULL, ERR_IO.
 */
NODISCARD enum err reign_is_refilled(struct journal *journal);
/* The stream's sender has dropped what we lack, up to the seq. */
NODISCARD enum err reign_lost(struct journal *journal, stream_id stream,
                              uint64_t seq);

#endif
