/*
 * runs_merge.h - several runs become one
 */
#ifndef CORE_RUNS_MERGE_H
#define CORE_RUNS_MERGE_H

#include "core/runs_write.h"

enum runs_rule {
    RUNS_NEWEST, /* only those of the newest run that has the key */
    RUNS_JOIN,   /* what a joiner makes of the blobs of all */
};

/* Makes new blobs out of those of one key, oldest first, and adds them. */
struct runs_joiner {
    enum err (*join)(void *context, view key, const view *blobs, uint32_t count,
                     struct runs_writer *writer);
    void *context;
};

/* Adds the entries of `count` runs, oldest first, to the writer.  The joiner
 * is for RUNS_JOIN.  ERR_CORRUPT: a block is damaged; ERR_MEMORY. */
NODISCARD enum err runs_merge(const struct runs *const *runs, uint32_t count,
                              enum runs_rule rule,
                              const struct runs_joiner *joiner,
                              struct runs_writer *writer);

#endif
