/*
 * porter.h - lets in who comes to a Unix socket, as long as there is room
 *
 * Where the process or the machine has no file descriptor left, who has come
 * stays at the door, and the door would ring without end.  So it is unhooked
 * from the bell then, and hooked up again when the next one could be let in.
 */
#ifndef NODES_PORTER_H
#define NODES_PORTER_H

#include "core/err.h"

enum { PORTER_RETRY_MS = 500 };

struct porter {
    const char *name; /* of the socket, for the trace; borrowed */
    uint32_t node;    /* likewise */
    int listener;
    int bell;     /* an epoll */
    uint32_t who; /* it rings as this */
    bool shut;    /* nobody can be let in, and nothing rings: it is to be tried
                   * again in PORTER_RETRY_MS */
};

/* Hooks the listener up.  ERR_IO. */
NODISCARD enum err porter_open(const struct porter *porter);

/* The next one who has come, not blocking; -1: nobody, or `shut`. */
int porter_let_in(struct porter *porter);

#endif
