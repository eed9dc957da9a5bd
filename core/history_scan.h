/*
 * history_scan.h - the histories of all accounts, one after the other
 *
 * A merge of the runs and the tail, in account order or partition by
 * partition; what one account's history is, gather.h says.  A scan borrows the
 * history, which must not be refreshed before the scan is closed.  Scans of
 * different partitions may run in different threads.
 */
#ifndef CORE_HISTORY_SCAN_H
#define CORE_HISTORY_SCAN_H

#include "core/history.h"
#include "core/marks.h"

struct history_scan;

/* All accounts that have an event or are named as a referrer at positions
 * <= `known`, in account order: members by number, then bearers by bytes.
 * ERR_CORRUPT: a run is damaged; ERR_MEMORY. */
NODISCARD enum err history_scan_all(const struct history *history,
                                    uint64_t known,
                                    struct history_scan **ret_scan);

/* The same of one partition (runs.h, 0 to 255). */
NODISCARD enum err history_scan_partition(const struct history *history,
                                          uint32_t partition, uint64_t known,
                                          struct history_scan **ret_scan);

/* The next account, into the arena; ERR_NOT_FOUND after the last.  ERR_BUSY:
 * the history has changed under the scan; open another.  ERR_CORRUPT,
 * ERR_MEMORY: the scan is over. */
NODISCARD enum err history_scan_next(struct history_scan *scan,
                                     struct arena *arena,
                                     struct history_account *ret_account);
void history_scan_close(struct history_scan *scan);

/* --- in two steps, for who can do with the chapters --- */

/* What there is of an account; borrowed until the scan is closed, the list
 * lives in the arena. */
struct history_raw {
    account_id account;   /* its code is in the arena */
    const view *chapters; /* oldest first (chapter.h); those of what no run
                           * holds yet lie in the arena */
    uint32_t chapter_count;
};

/* Marks the accounts of which an event is quarantined.  Of all others, asked
 * for what is known now, every plain event of a chapter counts whose node may
 * speak for its store, as history_scan_gather() would find.  ERR_NOT_FOUND:
 * such an event was dropped, and nobody knows any more whose it was;
 * ERR_MEMORY, ERR_CORRUPT, ERR_IO. */
NODISCARD enum err history_mark_quarantined(const struct history *history,
                                            struct marks *marks);

/* Whether that node may speak for the store; store 0: for all stores. */
bool history_scan_admits(const struct history_scan *scan, uint32_t node,
                         uint32_t store);

/* The next account; errors as of history_scan_next(). */
NODISCARD enum err history_scan_raw(struct history_scan *scan,
                                    struct arena *arena,
                                    struct history_raw *ret_raw);
/* Its history, as history_scan_next() gives it, perhaps empty. */
NODISCARD enum err history_scan_gather(const struct history_scan *scan,
                                       const struct history_raw *raw,
                                       struct arena *arena,
                                       struct history_account *ret_account);

#endif
