/*
 * lives.h - which nodes have written in more than one incarnation
 *
 * Only such a node can have told an event again under another identity
 * (gather.h, "told again"): an event of any other is looked at by itself.
 */
#ifndef CORE_LIVES_H
#define CORE_LIVES_H

#include "core/reader.h"

struct lives_node {
    uint32_t node;
    bool several;
    uint64_t incarnation; /* the first, if it has but one */
};

/* A zeroed list is an empty one. */
struct lives {
    struct lives_node *nodes; /* owned; ascending */
    uint32_t count;
    uint32_t room;
};

/* Gives it back; it is an empty list again. */
void lives_close(struct lives *lives);

/* Whether all that the reader sees of the node is of this incarnation.  All
 * streams are listed anew where this one was not listed before.  ERR_MEMORY,
 * and as reader_next_stream(). */
NODISCARD enum err lives_is_only(struct lives *lives, struct reader *reader,
                                 identity id, bool *ret_only);

#endif
