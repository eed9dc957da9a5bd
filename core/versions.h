/*
 * versions.h - the published versions of a ledger, in their order
 *
 * Read from the control items of the journal and kept parsed, with the
 * timeline compiled from all of them.  The order of publishing is that of
 * (recorded, node, incarnation, seq), the same on every ledger.  One that a hub
 * says again in a later stream, with the same time and bytes, counts once.  A
 * question that asks what was known at a position gets the versions that had
 * arrived.
 */
#ifndef CORE_VERSIONS_H
#define CORE_VERSIONS_H

#include "core/journal.h"
#include "core/timeline.h"

/* A published version. */
struct ledger_version {
    uint32_t number;     /* from 1, in the order of publishing */
    int32_t from_day;    /* local date from which it holds */
    int64_t recorded_ms; /* when it was published ... */
    identity identity;   /* ... and by whom */
    uint64_t position;   /* where it arrived here */
    view file;           /* the bytes of the program file */
    struct zone zone;
    const struct program *program; /* NULL: made by a later program */
};

struct versions;

/* Empty: nothing has been read yet.  The journal is borrowed until the close.
 * ERR_MEMORY. */
NODISCARD enum err versions_open(struct journal *journal,
                                 struct versions **ret_versions);
void versions_close(struct versions *versions);

/* Takes in what was published since, up to a damaged control item.  What was
 * handed out before is gone if `ret_changed`. */
NODISCARD enum err versions_refresh(struct versions *versions,
                                    bool *ret_changed);

/* The damaged control item that the last refresh stopped at, or NULL. */
struct reader_damage;
const struct reader_damage *versions_damage(const struct versions *versions);

/* How often they have changed since the opening: as long as this stays, what
 * was handed out about all of them does. */
uint64_t versions_changes(const struct versions *versions);

/* Control items up to this position have been read. */
uint64_t versions_position(const struct versions *versions);

/* Those that had arrived at positions <= `known`, borrowed until the next
 * refresh that changes them, whatever else is asked meanwhile. */
NODISCARD enum err versions_list(struct versions *versions, uint64_t known,
                                 const struct ledger_version **ret_list,
                                 uint32_t *ret_count);

/* These compiled together; borrowed likewise.  ERR_UNKNOWN: one of them is
 * beyond this program. */
NODISCARD enum err versions_timeline(struct versions *versions, uint64_t known,
                                     const struct timeline **ret_timeline);

#endif
