/*
 * bulk.h - a long stretch of the journal becomes chapters in one pass
 *
 * For a history that is built anew or has much to catch up on.  Threads read
 * piece by piece, whichever is next, and throw what they find, as rows, into
 * partitions (spill.h); then they take partition by partition, sort it by
 * account and write the chapters, which are appended in the order of partitions
 * by whoever has the turn.  So all are done at the same time, even where one of
 * the processors has something else to do.  What comes out is what history.c
 * would make of the same events one by one, whoever has read which of them.
 */
#ifndef CORE_BULK_H
#define CORE_BULK_H

#include "core/history_account.h"
#include "core/runs_write.h"
#include "core/words.h"

struct journal;

enum {
    BULK_THREADS_MAX = 16,
    BULK_MEMORY_MIN = 8 << 20, /* of a thread */
};

struct bulk {
    struct journal *journal; /* borrowed, as are the next two */
    const char *dir;         /* for what does not fit the memory */
    struct words *words;     /* get those that are met */
    uint64_t first;          /* position; of no record begun before */
    uint64_t last;
    uint32_t thread_count; /* 0: as many as there are processors, and as the
                            * memory is enough for */
    uint64_t memory; /* bytes of its own that the process gets, at most, as
                      * long as they are many more than the rows of any
                      * account, 16 bytes for each row of a partition and the
                      * index of the run (a hundredth of it) take, and
                      * BULK_MEMORY_MIN a thread.  0: a quarter of the
                      * machine's */
};

/* Adds the chapters to the run, and what was met to the counts.  ERR_UNKNOWN:
 * it can't be done in this way, for records are damaged or of a later format,
 * or there are too many words.  ERR_FULL, ERR_IO, ERR_MEMORY.  After an error
 * the run is of no use. */
NODISCARD enum err bulk_write(const struct bulk *bulk,
                              struct runs_writer *writer,
                              struct history_counts *counts);

#endif
