#include "tools/progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { PROGRESS_MS = 100 }; /* between two lines */

/* 1234567 as "1,234,567". */
static void
format_count(uint64_t count, char text[static 32])
{
    char digits[24];
    int size =
        snprintf(digits, sizeof digits, "%llu", (unsigned long long)count);

    int at = 0;
    for (int i = 0; i < size; i++) {
        if (i > 0 && (size - i) % 3 == 0)
            text[at++] = ',';
        text[at++] = digits[i];
    }
    text[at] = '\0';
}

static void
show_rate(const struct progress *progress, uint64_t count, int64_t now_ms)
{
    uint64_t spent_ms = (uint64_t)(now_ms - progress->began_ms);
    uint64_t left = progress->total > count ? progress->total - count : 0;
    char total[32], rate[32];

    if (spent_ms == 0 || count == 0)
        return;
    format_count(progress->total, total);
    format_count(count * 1000 / spent_ms, rate);
    fprintf(stderr, " of %s, %s/s, %llu s left\033[K", total, rate,
            (unsigned long long)(left * spent_ms / count / 1000));
}

void
progress_show(struct progress *progress, uint64_t count)
{
    struct timespec now;
    char text[32];

    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t now_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    if (now_ms < progress->next_ms || !isatty(STDERR_FILENO))
        return;
    if (progress->began_ms == 0)
        progress->began_ms = now_ms;
    progress->next_ms = now_ms + PROGRESS_MS;
    progress->shown = true;
    format_count(count, text);
    fprintf(stderr, "\r%s %s", progress->words, text);
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
