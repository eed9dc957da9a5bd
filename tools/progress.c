#include "tools/progress.h"

#include "tools/grouped.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { PROGRESS_MS = 100 }; /* between two lines */

static int64_t
read_clock(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void
show_share(const struct progress *progress, uint64_t count, int64_t now_ms)
{
    uint64_t spent_ms = (uint64_t)(now_ms - progress->began_ms);
    uint64_t left = progress->total > count ? progress->total - count : 0;
    char text[GROUPED_SIZE];

    fprintf(stderr, " of %s (%u %%)", grouped(progress->total, text),
            (unsigned)((progress->total - left) * 100 / progress->total));
    if (spent_ms == 0 || count == 0)
        return;
    fprintf(stderr, ", %s/s, %llu s left",
            grouped(count * 1000 / spent_ms, text),
            (unsigned long long)(left * spent_ms / count / 1000));
}

static void
draw(struct progress *progress, uint64_t count, int64_t now_ms)
{
    char text[GROUPED_SIZE];

    progress->next_ms = now_ms + PROGRESS_MS;
    progress->shown = true;
    fprintf(stderr, "\r%s", progress->words);
    if (count > 0 || progress->total > 0)
        fprintf(stderr, " %s", grouped(count, text));
    if (progress->total > 0)
        show_share(progress, count, now_ms);
    fprintf(stderr, "\033[K");
}

void
progress_begin(struct progress *progress, const char *words, uint64_t total)
{
    progress->words = words;
    progress->total = total;
    progress->began_ms = read_clock();
    if (isatty(STDERR_FILENO))
        draw(progress, 0, progress->began_ms);
}

void
progress_show(struct progress *progress, uint64_t count)
{
    int64_t now_ms = read_clock();

    if (now_ms >= progress->next_ms && isatty(STDERR_FILENO))
        draw(progress, count, now_ms);
}

void
progress_end(struct progress *progress)
{
    if (progress->shown)
        fprintf(stderr, "\r\033[K");
    progress->shown = false;
}

static void
tell(void *context, const char *words, uint64_t done, uint64_t total)
{
    struct progress *progress = context;

    if (words != progress->words)
        progress_begin(progress, words, total);
    else
        progress_show(progress, done);
}

struct watch
progress_watch(struct progress *progress, bool wanted)
{
    const bool shows = wanted && isatty(STDERR_FILENO);

    return (struct watch) { .tell = shows ? tell : NULL, .context = progress };
}
