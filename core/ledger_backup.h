/*
 * ledger_backup.h - a hot copy of a ledger, and a ledger out of it again
 *
 * A backup is a directory with `journal/` and nothing else: all other files
 * of a ledger follow from it, and secret keys are never in a backup.  The copy
 * is consistent while others go on appending.  It is good when it has been read
 * through (every checksum and chain) and when a fold of nothing but what is in
 * it gives what the ledger gives at that position.  Until then it is
 * DIR/unproved/journal, so that neither a full disk nor a kill leaves what
 * looks like a good one.
 *
 * What a restored ledger appends belongs to a new incarnation, for the old one
 * may have gone on after the backup was made; its positions are of a new
 * epoch, since others have counted further in the old one.  The journal's note
 * "hub.restored" says that what others remember of it is yet to come back.
 */
#ifndef CORE_LEDGER_BACKUP_H
#define CORE_LEDGER_BACKUP_H

#include "core/ledger.h"

/* The name of the note. */
#define LEDGER_RESTORED "hub.restored"

struct ledger_backup {
    uint64_t position; /* of the last item in it */
    uint64_t events;
};

enum { LEDGER_BACKUP_PATH = 4096 };

/* Makes `dir`, which must not exist or be empty, and says where the copy is to
 * be made and checked before ledger_backup_end() gives it its name.
 * ERR_EXISTS: something is there; ERR_NOT_FOUND: no directory above it;
 * ERR_INPUT: too long a name; ERR_FULL, ERR_IO. */
NODISCARD enum err
ledger_backup_begin(const char *dir,
                    char ret_unproved[static LEDGER_BACKUP_PATH],
                    struct complaint *complaint);

/* Copies the ledger into `dir`, which must not exist or be empty, and reads the
 * copy through; it is not yet to be called good.  ERR_EXISTS: something is
 * there; ERR_NOT_FOUND: no directory above it; ERR_CORRUPT: what was copied is
 * damaged (the copy is kept); ERR_FULL, ERR_IO: nothing is left of it. */
NODISCARD enum err ledger_backup(struct ledger *ledger, const char *dir,
                                 struct ledger_backup *ret_backup,
                                 struct complaint *complaint);

/* Folds the copy in `dir` anew, from its journal alone, and compares it with
 * the ledger at the copy's position: how far each stream goes, and what every
 * account has.  Takes as long as building all caches of the ledger, and for
 * that time their room beside the copy.  ERR_CORRUPT: it is another ledger than
 * this, the copy is kept; ERR_UNKNOWN: rules beyond this program, the copy is
 * kept; ERR_FULL, ERR_IO: nothing is left of it; faults of both ledgers. */
NODISCARD enum err ledger_backup_check(struct ledger *ledger, const char *dir,
                                       struct complaint *complaint);

/* Calls the copy good, durably, where all was `done` well: it is DIR/journal
 * now.  Else takes `dir` away, unless something was kept in it, and returns
 * what was wrong.  ERR_IO: nothing is left of it. */
NODISCARD enum err ledger_backup_end(const char *dir, enum err done,
                                     struct complaint *complaint);

struct ledger_restore {
    const char *backup; /* directory */
    const char *dir;    /* of the ledger to be made */
    int64_t now_ms;
    struct watch *watch; /* or NULL */
};

/* Makes the ledger `dir` out of the backup.  It appears whole or not at all.
 * ERR_EXISTS: there is something; ERR_NOT_FOUND: no backup, or no directory
 * above `dir`; ERR_CORRUPT: what is in the backup is damaged; ERR_INPUT: too
 * long a name; ERR_FULL, ERR_IO. */
NODISCARD enum err ledger_restore(const struct ledger_restore *restore,
                                  struct ledger_backup *ret_backup,
                                  struct complaint *complaint);

#endif
