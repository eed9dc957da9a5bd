/*
 * refusal.h - when a node that runs once gives up
 *
 * A node goes on trying, whatever its hub says: what is refused now may be put
 * right tomorrow, and sales go on meanwhile.  But one that is to end when all
 * is sent and received (--once) would never end where its hub admits it no
 * more, knows of a later hub, or does not take a stream, as that of another hub
 * to which the ledger belonged before.
 */
#ifndef NODES_REFUSAL_H
#define NODES_REFUSAL_H

#include "core/err.h"
#include "nodes/session.h"

struct refusal {
    uint32_t node; /* for the trace */
    bool once;
    bool final;
    uint32_t count;         /* in a row */
    uint32_t times;         /* that just this was said, in a row ... */
    uint64_t said;          /* ... and its hash */
    struct complaint words; /* of the last one */
};

/* The hub has refused us. */
void refusal_hear(struct refusal *refusal, uint32_t code, view words);

/* Whether there is no use in going on; `session` may be NULL. */
bool refusal_is_final(struct refusal *refusal, const struct session *session);

/* ERR_INPUT and the words, if it was final. */
NODISCARD enum err refusal_tell(const struct refusal *refusal, const char *dir,
                                struct complaint *complaint);

#endif
