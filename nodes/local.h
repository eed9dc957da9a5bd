/*
 * local.h - Unix sockets in a ledger's directory, for programs of this machine
 *
 * Their mode is 0600: who may open one may read the ledger as well, unless
 * local_share() says otherwise.  Only the owner of the ledger listens, so a
 * socket that a killed process has left is taken away.
 */
#ifndef NODES_LOCAL_H
#define NODES_LOCAL_H

#include "core/err.h"

/* Listens under that name in the directory, given as its descriptor.  ERR_IO.
 */
NODISCARD enum err local_listen(int dir, const char *name, int backlog,
                                int *ret_listener);
/* Where the directory lets its group in, and nobody else (mode 0710), those of
 * the group may connect, too.  False: they should, but can't be let in. */
bool local_share(int dir, const char *name);
/* The next one who has come, not blocking; -1: nobody. */
int local_accept(int listener);
/* Connects; -1: nobody listens there. */
int local_dial(const char *dir, const char *name);

#endif
