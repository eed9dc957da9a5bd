/*
 * flood.h - connections that bring more than is taken from them
 *
 * libzmq bounds its queues by messages, not bytes, and counts a message of many
 * parts when its last part has come: whoever holds a key could fill a hub's
 * memory with one that never ends.  The kernel knows how much a connection has
 * brought, and we how much of it libzmq has handed out.  Where the difference
 * is more than anybody was ever granted, the connection is cut, and libzmq
 * gives back what it held of it.
 */
#ifndef NODES_FLOOD_H
#define NODES_FLOOD_H

#include "core/base.h"

/* More than anybody needs: a standby's HELLO is some MiB, and turns are less
 * (grants.h).  Where all together have brought more than all may, a hub has no
 * room even for that, and a frame is enough. */
#define FLOOD_MAX (UINT64_C(8) << 20)
#define FLOOD_ALL (UINT64_C(64) << 20)
#define FLOOD_LEAST (UINT64_C(5) << 18)

struct flood_line {
    uint64_t socket;  /* the kernel's name of it; 0: none yet */
    uint64_t peer;    /* the caller's, who gave what was taken last */
    uint64_t taken;   /* bytes */
    uint64_t waiting; /* brought and not taken, at the last look */
    bool named;       /* it is known ... */
    uint16_t port;    /* ... at which port of ours it is connected; 0: none */
};
struct flood {                /* zeros: nothing was taken yet */
    struct flood_line *lines; /* owned; by descriptor */
    uint32_t count;
};
void flood_close(struct flood *flood);

/* So many bytes of what this connection has brought were handed out.  `peer`
 * names it among all that there are and were: while it is the same, the kernel
 * is not asked whose the descriptor is.  What there is no memory to count is
 * counted as not brought. */
void flood_took(struct flood *flood, int descriptor, uint64_t peer,
                uint64_t bytes);

/* Looks at this process's TCP connections at the local port and cuts those that
 * have brought too much; returns how many. */
uint32_t flood_cut(struct flood *flood, uint16_t port);

/* How long to wait from the end of a look that took so long to the next one:
 * between two of them comes as much as a core decrypts, so they are as frequent
 * as a small share of our time allows, and with few connections very. */
enum { FLOOD_PAUSE_MIN_MS = 20, FLOOD_PAUSE_MAX_MS = 1000, FLOOD_SHARE = 64 };
int64_t flood_pause_ms(int64_t took_ms);

#endif
