/*
 * trace_model.c - the other body of nodes/trace.h: silent unless asked, and
 * counts the alarms
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tests/sim/machine.h"
#include "tests/sim/trace_model.h"

static uint64_t alarms;
static uint32_t loud;

void
trace_be_loud(uint32_t level)
{
    loud = level;
}

uint64_t
trace_alarms(void)
{
    return alarms;
}

void
trace_set_level(enum trace_level level)
{
    (void)level;
}

void
trace(enum trace_level level, uint32_t node, const char *what,
      const char *format, ...)
{
    const struct machine *machine = machine_here();

    if (machine && machine->dead)
        return; /* nobody reads that any more */
    if (strcmp(what, "alarm") == 0)
        alarms++;
    if (loud < (level == TRACE_DEBUG ? 2 : 1))
        return;
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "%9.3f m%u n%u %s ", (double)machine_true_ms() / 1000,
            machine ? machine->index : 9999, node, what);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

const char *
trace_stream(stream_id stream)
{
    static char texts[8][56];
    static unsigned turn;
    char *text = texts[turn++ % 8];

    snprintf(text, sizeof texts[0], "%u.%llu.%u", stream.node,
             (unsigned long long)stream.incarnation, stream.channel);
    return text;
}
