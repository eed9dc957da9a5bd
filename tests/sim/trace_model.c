/*
 * trace_model.c - the other body of nodes/trace.h: silent unless asked, and
 * tells the toll (toll.h) of alarms
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tests/sim/machine.h"
#include "tests/sim/toll.h"
#include "tests/sim/trace_model.h"

static uint32_t loud;

void
trace_be_loud(uint32_t level)
{
    loud = level;
}

void
trace_set_level(enum trace_level level)
{
    (void)level;
}

/* Its first field is what it is about. */
static void
hear_alarm(const char *format, va_list arguments)
{
    char text[256], word[32];

    vsnprintf(text, sizeof text, format, arguments);
    if (sscanf(text, "what=%31s", word) == 1)
        toll_count_alarm(word);
}

void
trace(enum trace_level level, uint32_t node, const char *what,
      const char *format, ...)
{
    const struct machine *machine = machine_here();

    if (machine && machine->dead)
        return; /* nobody reads that any more */
    va_list arguments;
    if (strcmp(what, "alarm") == 0) {
        va_start(arguments, format);
        hear_alarm(format, arguments);
        va_end(arguments);
    }
    if (strcmp(what, "graft") == 0)
        toll_count(TOLL_GRAFTED);
    if (strcmp(what, "rolled_back") == 0)
        toll_count(TOLL_SAW_ROLLED);
    if (strcmp(what, "published_again") == 0)
        toll_count(TOLL_REISSUED);
    if (loud < (level == TRACE_DEBUG ? 2 : 1))
        return;
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
