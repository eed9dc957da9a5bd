/*
 * json_quick.h - the reader for the lines that programs write by the million
 *
 * It knows only what an ordinary line looks like: no escapes in strings, the
 * kind before what belongs to it, nothing wrong anywhere.  For all else it
 * says no, and json_read.c reads the line again, at leisure and with words
 * for what is wrong.  Whatever this reader takes, that one would have taken
 * and made the same event of it (test_json_quick.c).
 */
#ifndef CORE_JSON_QUICK_H
#define CORE_JSON_QUICK_H

#include "core/json_fields.h"

/* Reads a whole line into a zeroed reader, of which only the arena is set;
 * the event's views lie in there.  False: not an ordinary line; the reader
 * must not be used, and nothing has been taken from the arena. */
NODISCARD bool json_quick_read(view line, struct json_reader *reader);

#endif
