#include "tools/progress.h"

#include "tools/grouped.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { PROGRESS_MS = 100 }; /* between two lines */

static void
show_rate(const struct progress *progress, uint64_t count, int64_t now_ms)
{
    uint64_t spent_ms = (uint64_t)(now_ms - progress->began_ms);
    uint64_t left = progress->total > count ? progress->total - count : 0;
    char total[GROUPED_SIZE], rate[GROUPED_SIZE];

    if (spent_ms == 0 || count == 0)
        return;
    fprintf(stderr, " of %s, %s/s, %llu s left\033[K",
            grouped(progress->total, total),
            grouped(count * 1000 / spent_ms, rate),
            (unsigned long long)(left * spent_ms / count / 1000));
}

void
progress_show(struct progress *progress, uint64_t count)
{
    struct timespec now;
    char text[GROUPED_SIZE];

    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t now_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    if (now_ms < progress->next_ms || !isatty(STDERR_FILENO))
        return;
    if (progress->began_ms == 0)
        progress->began_ms = now_ms;
    progress->next_ms = now_ms + PROGRESS_MS;
    progress->shown = true;
    fprintf(stderr, "\r%s %s", progress->words, grouped(count, text));
    if (progress->total > 0)
        show_rate(progress, count, now_ms);
}

void
progress_end(struct progress *progress)
{
    if (progress->shown)
        fprintf(stderr, "\r\033[K");
    progress->shown = false;
}
