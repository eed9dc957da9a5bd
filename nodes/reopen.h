/*
 * reopen.h - how often a ledger that broke is opened again
 *
 * After a fault of the disk nothing is tried in place: everything is closed,
 * opened and checked again.  A disk that fails again and again soon after that
 * must end the process, so that people look; faults that lie far apart in a
 * life of months are none of that.
 */
#ifndef NODES_REOPEN_H
#define NODES_REOPEN_H

#include "core/err.h"

enum {
    REOPEN_FAULTS_MAX = 5,    /* in a row; the last one ends the process */
    REOPEN_SOUND_MS = 600000, /* whoever went well for so long begins anew */
};

/* A ledger that was open for `open_ms` broke.  `faults` counts those in a row,
 * 0 at first.  OK: open it again; ERR_IO: that was one too many. */
NODISCARD enum err reopen_after(uint32_t *faults, int64_t open_ms);

#endif
