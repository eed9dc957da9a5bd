/*
 * disk.h - an invented disk: what a machine's database is kept on
 *
 * The simulator links db_model.c in place of core/db*.c.  What LMDB keeps in a
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
#include "core/limits.h"
#include "tests/sim/luck.h"
#include "tests/sim/tree.h"

/* What one environment holds at one moment. */
struct disk_image {
    struct tree *tables[LIMIT_DB_TABLES];
    uint64_t txn;
};

enum { DISK_ENVS_MAX = 3 };

/* One environment: what LMDB keeps in a directory. */
struct disk_env {
    char *path;                /* NULL: none */
    struct disk_image seen;    /* by processes */
    struct disk_image durable; /* after a power cut */
};

struct disk {
    char *path; /* of the ledger's directory; the first environment is its
                 * journal, others are made when they are opened */
    struct disk_env envs[DISK_ENVS_MAX];
    bool full;         /* takes nothing more */
    uint32_t faults;   /* so many of the next commits fail, once `fault_in` */
    uint32_t fault_in; /* commits have passed */
    uint64_t commits;  /* that were kept */
    struct luck *luck; /* borrowed */
    struct disk *next; /* of all disks */
};

/* The disk on which that directory lies; who opens a path finds it. */
struct disk *disk_make(const char *dir, struct luck *luck);
void disk_free(struct disk *disk);

/* What is durable of the journal. */
const struct disk_image *disk_journal(const struct disk *disk);

/* The power is gone: what nobody has synced may be. */
void disk_cut(struct disk *disk);

/* All that is durable on a disk. */
struct disk_copy {
    struct disk_image images[DISK_ENVS_MAX];
};
struct disk_copy disk_save(const struct disk *disk);
void disk_restore(struct disk *disk, const struct disk_copy *copy);
void disk_forget(struct disk_copy *copy);

/* Turns one bit over in an entry of that table of the journal; false: it is
 * empty. */
bool disk_rot(struct disk *disk, uint32_t table);

#endif
