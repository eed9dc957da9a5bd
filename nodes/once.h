/*
 * once.h - when a node that runs only once has done all (--once)
 *
 * All that it has is sent and what its hub holds for it is received; and the
 * hub has told of the accounts since it folded the last that was sent.  Not
 * every hub tells: it may know no rules, or later ones than this node.  So that
 * is waited for a while only.
 */
#ifndef NODES_ONCE_H
#define NODES_ONCE_H

#include "nodes/copies.h"
#include "nodes/notes.h"
#include "nodes/session.h"

struct once { /* the first three are borrowed */
    struct journal *journal;
    const struct notes *notes;
    struct copies *copies; /* NULL: a standby's, which folds itself */
    uint64_t told_in;      /* the session in which states came; 0: none yet */
    int64_t until_ms;      /* steady; when waiting for them ends; 0: not yet */
};

/* `session` may be NULL; `now_ms` is steady. */
bool once_is_done(struct once *once, const struct session *session,
                  int64_t now_ms);

#endif
