/*
 * disk.h - an invented disk: what a machine's database is kept on
 *
 * The simulator links db_model.c in place of core/db.c.  What LMDB keeps in a
 * file is here a version of an ordered map (tree.h) for each table: the one
 * that processes see, and the one that is left after a power cut.  So a
 * backup, a restore and a clone are exact and cost nothing.
 *
 * What it does and does not do is what crash images of LMDB have shown: a
 * commit is there as a whole or not at all; one that was acknowledged in the
 * default mode is never lost; a lazy one may be, if it was the last; no room
 * is refused and nothing has changed; after any other fault nobody can tell,
 * until it is opened anew; and a bit that turns over is not noticed.
 */
#ifndef TESTS_SIM_DISK_H
#define TESTS_SIM_DISK_H

#include "core/db.h"
#include "tests/sim/luck.h"
#include "tests/sim/tree.h"

/* What a disk holds at one moment. */
struct disk_image {
    struct tree *tables[DB_TABLES_MAX];
    uint64_t txn;
};

struct disk {
    char *path;                /* of the database's directory */
    struct disk_image seen;    /* by processes */
    struct disk_image durable; /* after a power cut */
    bool exists;
    bool full;         /* takes nothing more */
    uint32_t faults;   /* so many of the next commits fail, once `fault_in` */
    uint32_t fault_in; /* commits have passed */
    uint64_t commits;  /* that were durable */
    struct luck *luck; /* borrowed */
    struct disk *next; /* of all disks */
};

/* The disk under the path; processes that open the path find it. */
struct disk *disk_make(const char *path, struct luck *luck);
void disk_free(struct disk *disk);

/* The power is gone: what nobody has synced may be. */
void disk_cut(struct disk *disk);

/* A copy of what is durable, to be dropped by disk_drop(); and back. */
struct disk_image disk_copy(const struct disk *disk);
void disk_restore(struct disk *disk, const struct disk_image *image);
void disk_drop(struct disk_image *image);

/* Turns one bit over in an entry of the table; false: it is empty. */
bool disk_rot(struct disk *disk, uint32_t table);

#endif
