/*
 * room.h - room on a disk: whether there is some, and taking it ahead
 *
 * A flush of a file that has grown writes the file system's own journal, too,
 * and takes about twice as long as one of a file that has not.  So a file that
 * will grow gets zeros beyond its end, many at a time.
 */
#ifndef CORE_ROOM_H
#define CORE_ROOM_H

#include "core/base.h"
#include "core/err.h"

enum {
    ROOM_SIZE = 1 << 20, /* bytes written ahead; never less than ... */
    ROOM_LEFT = 3 << 17, /* ... these are left */
};

/* No more than 1 % of the file system of the directory is free. */
bool room_is_short(const char *dir);

/* Sees to it that the file goes on for ROOM_LEFT bytes at least beyond the
 * `used` ones, and says whether it does.  It must not be what fills a small
 * disk up: where there is not plenty of room, nothing is written.  Touches no
 * byte that is there already; flushes nothing. */
bool room_write_ahead(const char *dir, int file, uint64_t used);

/* Brings a file of the directory, or with "" the directory itself, to the
 * disk; `name` begins with a slash.  ERR_IO. */
NODISCARD enum err room_flush(const char *dir, const char *name);

/* Brings the name of a file or directory to the disk, which the directory above
 * it holds.  ERR_IO. */
NODISCARD enum err room_flush_name(const char *path);

#endif
