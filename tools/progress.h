/*
 * progress.h - how far a long command has come
 *
 * A line "WORDS 12,345" that is redrawn in place, on a terminal only and at
 * most ten times a second; with a total also how much of it that is, how many a
 * second, and how many seconds are left.
 */
#ifndef TOOLS_PROGRESS_H
#define TOOLS_PROGRESS_H

#include "core/watch.h"

struct progress {
    const char *words;
    uint64_t total; /* 0: nobody knows */
    int64_t began_ms;
    int64_t next_ms;
    bool shown;
};
/* Something begins, of which there is a line at once. */
void progress_begin(struct progress *progress, const char *words,
                    uint64_t total);
/* How far it has come: now and then a line on a terminal; and takes it away. */
void progress_show(struct progress *progress, uint64_t count);
void progress_end(struct progress *progress);

/* Shows what core says of its work, if that is wanted: not to a program, which
 * asks for JSON.  The progress is borrowed. */
struct watch progress_watch(struct progress *progress, bool wanted);

#endif
