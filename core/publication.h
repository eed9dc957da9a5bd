/*
 * publication.h - a published version as the body of a control item
 *
 * A publication holds all that its meaning depends on: the bytes of the
 * program file, the grammar they are read by, the semantics they are folded
 * by, the local date from which they hold, and the transitions of the time
 * zone from the publisher's tz database.  As msgpack, a map with small frozen
 * keys:
 *
 *   1 grammar   2 semantics   3 from (days from 1970-01-01)   4 file (bin)
 *   5 zone name   6 zone: array of (ms, offset in s), one after the other;
 *                 the first instant, which is before all others, is nil
 */
#ifndef CORE_PUBLICATION_H
#define CORE_PUBLICATION_H

#include "core/calendar.h"
#include "core/limits.h"
#include "core/text.h"

/* The grammar of program files that this program reads. */
enum { PUBLICATION_GRAMMAR = 1 };

struct publication {
    uint32_t grammar;
    uint32_t semantics;
    int32_t from_day;
    view file;
    struct zone zone;
};

/* Appends the body; the caller asks text_ok() at the end. */
void publication_encode(const struct publication *publication,
                        struct text *text);

/* Reads a body; the file and the zone's name borrow from it, transitions are
 * in the arena.  ERR_CORRUPT: malformed.  ERR_UNKNOWN: a later grammar or
 * semantics, or a field unknown to this program. */
NODISCARD enum err publication_decode(view body, struct arena *arena,
                                      struct publication *ret_publication);

#endif
