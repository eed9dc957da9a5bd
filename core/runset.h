/*
 * runset.h - the live run files of one kind, and the record that names them
 *
 * A runset is a set of runs (runs.h), oldest first, that together hold what was
 * derived from the journal up to a position.  One note in the journal's
 * database says which files these are.  A change goes: the new run is brought
 * to the disk, then the note is replaced in one transaction, then files that
 * it no longer names are removed.  Whatever a crash leaves, the note names
 * whole files; what it does not name is removed by runset_clean().
 *
 * Runs grow by merging: beyond RUNSET_RUNS_KEEP of them (RUNSET_RUNS_BUSY
 * where the owner has more urgent things to do: an eight hours' backlog of a
 * chain is not copied twice while all wait for it) the newest are merged
 * with all before them that are not RUNSET_RATIO times greater than these
 * together, so that a blob is copied a logarithmic number of times.
 *
 * Only one process (the owner) changes a runset; others load it again when the
 * note has changed.
 */
#ifndef CORE_RUNSET_H
#define CORE_RUNSET_H

#include "core/journal.h"
#include "core/runs_merge.h"

enum {
    RUNSET_RUNS_MAX = 96,
    RUNSET_RUNS_KEEP = 12,
    RUNSET_RUNS_BUSY = 56,
    RUNSET_RATIO = 2,
    RUNSET_TAG_SIZE = 32,
    RUNSET_NOTE_SIZE = 56 + RUNSET_RUNS_MAX * 16 + 8,
    RUNSET_PATH_SIZE = 3072,
};

struct runset {
    struct journal *journal; /* borrowed */
    const char *name;        /* of the directory and of the note */
    enum runs_kind kind;
    enum runs_rule rule;
    struct runs_joiner joiner; /* for RUNS_JOIN */
    uint32_t format; /* of the blobs; a set of another one counts as empty */
    char dir[RUNSET_PATH_SIZE];

    uint64_t position;            /* held by the runs; 0: nothing */
    uint8_t tag[RUNSET_TAG_SIZE]; /* what else the blobs depend on */
    uint64_t next_number;
    uint32_t run_count;
    struct runs *runs[RUNSET_RUNS_MAX]; /* owned; oldest first */
    uint8_t note[RUNSET_NOTE_SIZE];     /* as it was loaded */
    uint32_t note_size;
};

/* Prepares an empty runset: `kind`, `rule`, `format` and `name` are set by the
 * caller, the rest here.  ERR_INPUT: the ledger's path is too long. */
NODISCARD enum err runset_init(struct runset *runset, const char *ledger_dir,
                               struct journal *journal);
void runset_close(struct runset *runset);

/* Reads the note and opens the files that it names.  `ret_changed`: they are
 * others than before.  ERR_CORRUPT: one is damaged or missing; the runset is
 * then empty, and runset_reset() makes that so for all.  ERR_IO, ERR_MEMORY:
 * the machine could not; the next call tries again. */
NODISCARD enum err runset_load(struct runset *runset, bool *ret_changed);

/* Empties it in this process's memory only. */
void runset_drop(struct runset *runset);

/* --- the owner's --- */

/* Begins the next run of the runset; runs_add() fills it.  Errors as of
 * runs_create(). */
NODISCARD enum err runset_begin(struct runset *runset,
                                struct runs_writer **ret_writer);
/* Publishes that run (the writer is gone) and moves the note to it.  Where the
 * note could not be written nobody knows which runs are live, and its size is
 * 0: this process goes on with what it has, which is whole, until
 * runset_load() reads what the note says.  So it is with whatever writes it.
 * Errors as of runs_publish() and journal_put_note(). */
NODISCARD enum err runset_commit(struct runset *runset,
                                 struct runs_writer *writer, uint64_t position,
                                 const uint8_t tag[static RUNSET_TAG_SIZE]);
/* The same in two steps, of which another thread may do the first: it leaves
 * the runset as it is.  The second takes over the run, whatever comes back.
 * Errors as of runs_publish(); of journal_put_note(). */
NODISCARD enum err runset_publish(const struct runset *runset,
                                  struct runs_writer *writer,
                                  struct runs **ret_runs);
NODISCARD enum err runset_append(struct runset *runset, struct runs *runs,
                                 uint64_t position,
                                 const uint8_t tag[static RUNSET_TAG_SIZE]);

/* Several runs on their way to become one. */
struct runset_merge {
    uint32_t first; /* of the runset's runs */
    uint32_t count;
    const struct runs *runs[RUNSET_RUNS_MAX]; /* borrowed */
    struct runs_joiner joiner;
    struct runs_writer *writer; /* owned */
    struct runs *merged;        /* owned; by runset_merge_run() */
};

/* Of a runset of more than RUNSET_RUNS_KEEP: what is to be merged.  Runs may be
 * appended until the end, but none taken away.  The joiner may be another one
 * than the runset's.  Errors as of runs_create(). */
NODISCARD enum err runset_merge_begin(struct runset *runset,
                                      struct runset_merge *ret_merge);
/* Makes the new run; another thread may.  ERR_CORRUPT: one is damaged; errors
 * of runs_publish(). */
NODISCARD enum err runset_merge_run(const struct runset *runset,
                                    struct runset_merge *merge);
/* Puts it in their place, whatever comes back.  Errors as of
 * journal_put_note(). */
NODISCARD enum err runset_merge_end(struct runset *runset,
                                    struct runset_merge *merge);
/* Gives it up. */
void runset_merge_drop(const struct runset *runset, struct runset_merge *merge);
/* Merges runs where there are too many.  ERR_CORRUPT: one is damaged; errors of
 * all that a merge is made of. */
NODISCARD enum err runset_compact(struct runset *runset);
/* Merges all runs into one.  Errors likewise. */
NODISCARD enum err runset_unite(struct runset *runset);
/* Makes the runset empty and removes its files.  Errors as of
 * journal_put_note(). */
NODISCARD enum err runset_reset(struct runset *runset);
/* Removes files that the note does not name. */
void runset_clean(const struct runset *runset);

/* Reads every block of every run.  ERR_CORRUPT: one is damaged. */
NODISCARD enum err runset_verify(const struct runset *runset);
/* Bytes on disk. */
uint64_t runset_size(const struct runset *runset);

#endif
