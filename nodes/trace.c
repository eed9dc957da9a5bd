#include "nodes/trace.h"

#include "core/calendar.h"
#include "nodes/clock.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The only things that are global. */
static _Atomic int trace_level_max = TRACE_NOTICE;
static _Atomic bool trace_is_journal;

/* JOURNAL_STREAM is "DEVICE:INODE" of what systemd has connected; a process
 * further down may have inherited it and write elsewhere. */
void
trace_find_journal(void)
{
    const char *journal = getenv("JOURNAL_STREAM");
    struct stat file;
    char own[48];

    if (journal == NULL || fstat(STDERR_FILENO, &file) != 0)
        return;
    snprintf(own, sizeof own, "%llu:%llu", (unsigned long long)file.st_dev,
             (unsigned long long)file.st_ino);
    atomic_store(&trace_is_journal, strcmp(journal, own) == 0);
}

const char *
trace_priority(enum trace_level level)
{
    static const char *const priorities[] = { "<3>", "<6>", "<7>" };

    return atomic_load(&trace_is_journal) ? priorities[level] : "";
}

void
trace_set_level(enum trace_level level)
{
    atomic_store(&trace_level_max, (int)level);
}

void
trace(enum trace_level level, uint32_t node, const char *what,
      const char *format, ...)
{
    static const char *const names[] = { "error", "notice", "debug" };
    char line[1024], time[25];

    if ((int)level > atomic_load(&trace_level_max))
        return;
    calendar_format_time(clock_wall_ms(), time);
    int size = snprintf(line, sizeof line - 1, "%s%s %s %u %s ",
                        trace_priority(level), time, names[level], node, what);
    assert(size > 0);
    va_list arguments;
    va_start(arguments, format);
    int more = vsnprintf(line + size, sizeof line - 1 - (size_t)size, format,
                         arguments);
    va_end(arguments);
    size += more > 0 ? more : 0;
    if (size > (int)sizeof line - 2)
        size = (int)sizeof line - 2;
    line[size++] = '\n';
    /* In one write, so that lines of two threads don't mix. */
    fwrite(line, 1, (size_t)size, stderr);
}

const char *
trace_stream(stream_id stream)
{
    static _Thread_local char texts[8][56];
    static _Thread_local unsigned turn;
    char *text = texts[turn++ % 8];

    snprintf(text, sizeof texts[0], "%u.%llu.%u", stream.node,
             (unsigned long long)stream.incarnation, stream.channel);
    return text;
}
