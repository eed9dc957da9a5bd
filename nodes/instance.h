/*
 * instance.h - the token by which a ledger notices that it is a copy
 *
 * LEDGER/instance says where the journal lies: machine id, and device, inode
 * and time of birth of its file.  Not the boot: a restart is no move.  A disk
 * image brought back, a directory copied to another machine, a restored file:
 * in all of these the token, which was copied along, no longer fits, and
 * whoever looks first opens a new incarnation, before anything is appended
 * under names that may have been given already.
 *
 * A journal that has lost its last commits (core/mark.h) is treated the same.
 *
 * Written by the processes of nodes and hubs; a ledger without one is none's
 * copy.  A hub that finds itself moved counts as restored (reign.h): it may
 * have forgotten what it published.
 */
#ifndef NODES_INSTANCE_H
#define NODES_INSTANCE_H

#include "core/err.h"

/* Looks whether the ledger is where it was and holds what it held, and opens a
 * new incarnation if not; `ret_moved` says so.  `create`: a ledger without a
 * token gets one.  Nobody in this process has the ledger open.  ERR_FULL,
 * ERR_IO, faults of the journal: nothing may be appended. */
NODISCARD enum err instance_check(const char *dir, bool create, int64_t now_ms,
                                  bool *ret_moved, struct complaint *complaint);

#endif
