/*
 * crash.h - power cuts, tried on paper: what recorder and replayer share
 *
 * A load (load.c) runs under a recorder (record.c, preloaded), which writes
 * down every write to the journal's file, every flush of it that has returned,
 * and every acknowledgement of the load.  The replayer (replay.c) then cuts the
 * power at each of these moments: what had been flushed is on the disk, and of
 * what came after it any set of sectors.  Each such file is opened by the real
 * code, which must find every event that had been acknowledged, and nothing
 * damaged.
 */
#ifndef TESTS_CRASH_CRASH_H
#define TESTS_CRASH_CRASH_H

#include <stdint.h>

enum { CRASH_SECTOR = 512 };

enum crash_kind {
    CRASH_WRITE = 1,      /* on the disk some time before the next flush */
    CRASH_WRITE_SYNC = 2, /* of a file opened so: on the disk on return */
    CRASH_FLUSH = 3,
    CRASH_CUT = 4, /* ftruncate to `offset` */
    CRASH_ACK = 5, /* `offset`: how many events have been acknowledged */
};

/* An entry of the log, `size` bytes follow. */
struct crash_entry {
    uint32_t kind;
    uint32_t size;
    uint64_t offset;
};

#endif
