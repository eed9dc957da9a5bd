/*
 * ledger_append.h - what comes into a ledger: events and imports
 *
 * Events are completed (when, where, by whom), checked, encoded, and handed to
 * the journal in one transaction.  A dry run does all but that, and says what
 * the identities would be.
 */
#ifndef CORE_LEDGER_APPEND_H
#define CORE_LEDGER_APPEND_H

#include "core/basis.h"
#include "core/ledger.h"

/* An event on its way in.  Views are borrowed for the call. */
struct ledger_entry {
    struct event event; /* completed by ledger_append(): at, store, identity,
                         * recorded, what a void means */
    view voids_id;      /* a void by the `id` of an event of this node */
    bool at_given;      /* else it happened now */
    uint32_t line;      /* where it stood, for complaints; 0: nowhere */

    bool known;        /* out: stored before; its identity has been filled in */
    uint64_t position; /* out: where it is stored; 0 in a dry run */
};

struct ledger_append {
    int64_t now_ms;
    bool dry_run;
};

/* Appends new events of this node in one transaction: all or none.  An `id`
 * that is stored with equal content is answered with the stored identity; two
 * equal ones in one batch are one.  ERR_INPUT: an event breaks a rule, lies in
 * the future, or names a store that is not this node's (own_stores.h);
 * ERR_CONFLICT: an `id` is stored with other content;
 * ERR_NOT_FOUND: nobody knows `voids_id`; ERR_FULL.  The complaint names the
 * line.  The entries are completed in place also in a dry run.  At most
 * LIMIT_APPEND_EVENTS; ask questions about them after ledger_refresh(). */
NODISCARD enum err ledger_append(struct ledger *ledger,
                                 struct ledger_entry *entries, uint32_t count,
                                 const struct ledger_append *options,
                                 struct complaint *complaint);

/* One of several appends that share a commit.  Each is all or none by itself
 * and has its own answer, as of ledger_append(). */
struct ledger_request {
    struct ledger_entry *entries;
    uint32_t count;
    struct basis *basis; /* NULL, or what it was decided by; ERR_BUSY if that
                          * has changed (those before it count, too): refresh
                          * and decide again */
    enum err err;        /* in: not OK and it is passed over; out: the answer */
    struct complaint *complaint;
};
enum { LEDGER_REQUESTS_MAX = 256 };
/* Returns when all have their answers.  Any thread may call it, whoever else
 * uses the ledger. */
void ledger_append_each(struct ledger *ledger, struct ledger_request *requests,
                        uint32_t count, int64_t now_ms);

struct ledger_import {
    int64_t now_ms;
    uint64_t stored; /* out, summed up: new ones, ... */
    uint64_t known;  /* ... and those that were there already */
    /* Told of each entry that conflicts, by its index, when the others have
     * been stored; the words end with the call.  NULL: one keeps all out. */
    void (*conflict)(void *context, uint32_t index, const char *why);
    void *context;
};

/* Appends events that may bear a foreign identity and `recorded` (kept as
 * copies; those with an identity stored already with equal content are
 * skipped) or none (new events of this node).  All or none of the batch, but
 * for conflicts that somebody wants to be told of; on failure `ret_refused` is
 * the index of the entry at fault, so that the caller can leave it out and try
 * the rest.  Faults as for ledger_append(). */
NODISCARD enum err ledger_import(struct ledger *ledger,
                                 struct ledger_entry *entries, uint32_t count,
                                 struct ledger_import *import,
                                 uint32_t *ret_refused,
                                 struct complaint *complaint);

#endif
