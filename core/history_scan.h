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

struct history_scan;

/* All accounts that have an event or are named as a referrer at positions
 * <= `known`, in account order: members by number, then bearers by bytes. */
NODISCARD enum err history_scan_all(const struct history *history,
                                    uint64_t known,
                                    struct history_scan **ret_scan);

/* The same of one partition (runs.h, 0 to 255). */
NODISCARD enum err history_scan_partition(const struct history *history,
                                          uint32_t partition, uint64_t known,
                                          struct history_scan **ret_scan);

/* The next account, into the arena; ERR_NOT_FOUND after the last.  ERR_BUSY:
 * the history has changed under the scan; open another. */
NODISCARD enum err history_scan_next(struct history_scan *scan,
                                     struct arena *arena,
                                     struct history_account *ret_account);
void history_scan_close(struct history_scan *scan);

#endif
