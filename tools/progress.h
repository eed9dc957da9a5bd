/*
 * progress.h - how far a long command has come
 *
 * A line "WORDS 12,345" that is redrawn in place, on a terminal only and at
 * most ten times a second; with a total also how many a second, and how many
 * seconds are left.
 */
#ifndef TOOLS_PROGRESS_H
#define TOOLS_PROGRESS_H

#include "core/base.h"

struct progress {
    const char *words;
    uint64_t total; /* 0: nobody knows */
    int64_t began_ms;
    int64_t next_ms;
    bool shown;
};
/* How far it has come: now and then a line on a terminal; and takes it away. */
void progress_show(struct progress *progress, uint64_t count);
void progress_end(struct progress *progress);

#endif
