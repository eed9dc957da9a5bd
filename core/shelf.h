/*
 * shelf.h - the live run files of one kind, and the record that names them
 *
 * A shelf is a set of runs (runs.h), oldest first, that together hold what was
 * derived from the journal up to a position.  One note in the journal's
 * database says which files these are.  A change goes: the new run is brought
 * to the disk, then the note is replaced in one transaction, then files that
 * it no longer names are removed.  Whatever a crash leaves, the note names
 * whole files; what it does not name is removed by shelf_clean().
 *
 * Runs grow by merging: beyond SHELF_RUNS_KEEP of them the newest are merged
 * with all before them that are not SHELF_RATIO times greater than these
 * together, so that a blob is copied a logarithmic number of times.
 *
 * Only one process (the owner) changes a shelf; others load it again when the
 * note has changed.
 */
#ifndef CORE_SHELF_H
#define CORE_SHELF_H

#include "core/journal.h"
#include "core/runs.h"

enum {
    SHELF_RUNS_MAX = 16,
    SHELF_RUNS_KEEP = 8,
    SHELF_RATIO = 4,
    SHELF_TAG_SIZE = 32,
    SHELF_NOTE_SIZE = 56 + SHELF_RUNS_MAX * 16,
    SHELF_PATH_SIZE = 3072,
};

struct shelf {
    struct journal *journal; /* borrowed */
    const char *name;        /* of the directory and of the note */
    enum runs_kind kind;
    enum runs_rule rule;
    uint32_t format; /* of the blobs; a shelf of another one counts as empty */
    char dir[SHELF_PATH_SIZE];

    uint64_t position;           /* held by the runs; 0: nothing */
    uint8_t tag[SHELF_TAG_SIZE]; /* what else the blobs depend on */
    uint64_t next_number;
    uint32_t run_count;
    struct runs *runs[SHELF_RUNS_MAX]; /* owned; oldest first */
    uint8_t note[SHELF_NOTE_SIZE];     /* as it was loaded */
    uint32_t note_size;
};

/* Prepares an empty shelf: `kind`, `rule`, `format` and `name` are set by the
 * caller, the rest here.  ERR_INPUT: the ledger's path is too long. */
NODISCARD enum err shelf_init(struct shelf *shelf, const char *ledger_dir,
                              struct journal *journal);
void shelf_close(struct shelf *shelf);

/* Reads the note and opens the files that it names.  `ret_changed`: they are
 * others than before.  ERR_CORRUPT: one is damaged or missing; the shelf is
 * then empty, and shelf_reset() makes that so for all. */
NODISCARD enum err shelf_load(struct shelf *shelf, bool *ret_changed);

/* Empties it in this process's memory only. */
void shelf_drop(struct shelf *shelf);

/* --- the owner's --- */

/* Begins the next run of the shelf; runs_add() fills it. */
NODISCARD enum err shelf_begin(struct shelf *shelf,
                               struct runs_writer **ret_writer);
/* Publishes that run (the writer is gone) and moves the note to it. */
NODISCARD enum err shelf_commit(struct shelf *shelf, struct runs_writer *writer,
                                uint64_t position,
                                const uint8_t tag[static SHELF_TAG_SIZE]);
/* Merges runs where there are too many.  ERR_CORRUPT: one is damaged. */
NODISCARD enum err shelf_compact(struct shelf *shelf);
/* Makes the shelf empty and removes its files. */
NODISCARD enum err shelf_reset(struct shelf *shelf);
/* Removes files that the note does not name. */
void shelf_clean(const struct shelf *shelf);

/* Reads every block of every run.  ERR_CORRUPT. */
NODISCARD enum err shelf_verify(const struct shelf *shelf);
/* Bytes on disk. */
uint64_t shelf_size(const struct shelf *shelf);

#endif
