/*
 * peers.h - the other nodes of a ledger, as `status` lists them
 *
 * Who has sent something and who is enrolled: what the ledger holds of each,
 * and, of those whose session was there when the hub last wrote its pulse
 * (nodes/pulse.h), what that said of them.  A chain has thousands and a screen
 * twenty lines: where there are more, those that somebody should look at come
 * first and the rest is counted.
 */
#ifndef TOOLS_PEERS_H
#define TOOLS_PEERS_H

#include "core/json.h"
#include "core/text.h"

#include <stdio.h>

enum { PEERS_SHOWN = 20 };

struct peer {
    uint32_t node;
    const char *role; /* as enrolled, or "revoked"; NULL: it never was, as far
                       * as is known here */
    uint64_t items;   /* events, and others of its streams */
    int64_t last_ms;  /* arrival of the last of them; 0: none */
    uint64_t quarantined; /* what it has brought that has no effect */
    bool is_here;         /* its session was; only then: */
    view heard;           /* when, as the process said it; borrowed */
    uint64_t lag;         /* items that it has told of and that are not here */
    int64_t clock_offset_ms; /* the hub's clock less its */
    bool clock_wrong;
};

struct peers {
    struct peer *rows; /* ascending; owned, peers_close() */
    uint32_t count;
    uint32_t room;
};

/* A node's row, made if it is not there.  NULL: the machine has no memory
 * left. */
struct peer *peers_add(struct peers *peers, uint32_t node);
/* NULL: it is not there. */
struct peer *peers_find(const struct peers *peers, uint32_t node);
void peers_close(struct peers *peers);

/* Takes over what the process said, whose tree must outlive the peers; NULL:
 * no process ever ran. */
void peers_hear(struct peers *peers, const struct json_tree *process);

/* The table, of all by number or of PEERS_SHOWN, the worst first, with a line
 * that counts them; nothing if there are none.  False: it can't be written. */
NODISCARD bool peers_print(struct peers *peers, bool all, FILE *out);
/* "nodes": what the ledger holds of each, all of them, as a list. */
void peers_json(struct text *out, const struct peers *peers);

#endif
