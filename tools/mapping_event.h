/*
 * mapping_event.h - the rows of one event, made into it
 *
 * The rows become one JSON line, which goes through the same reader as any
 * other line.  So a mapping can't make what EVENTS.md does not allow, and its
 * mistakes are told in the same words.
 */
#ifndef TOOLS_MAPPING_EVENT_H
#define TOOLS_MAPPING_EVENT_H

#include "core/json.h"
#include "core/text.h"
#include "tools/lookup.h"
#include "tools/mapping_file.h"

struct mapping_row {
    uint64_t line;
    view text;                /* as it stood in the file */
    const view *cells;        /* of mapping.columns */
    struct mapping_row *next; /* of the same event */
};

/* The rows that become one event, in the order of the file. */
struct mapping_rows {
    struct mapping_row *first;
    struct mapping_row *last;
    uint32_t count;
};

/* What makes events by one mapping; opened and closed as a whole. */
struct mapping_event {
    const struct mapping *mapping;
    struct lookup *ids;  /* id without its number to how many there were */
    struct arena arena;  /* of the event last made */
    struct text scratch; /* one key or value */
    struct text json;
    uint64_t nth;         /* what {#} stands for in this event */
    bool too_long;        /* a value of this event is */
    struct complaint why; /* the last ERR_INPUT */
};

/* ERR_MEMORY; close it all the same. */
NODISCARD enum err mapping_event_open(struct mapping_event *maker,
                                      const struct mapping *mapping);
void mapping_event_close(struct mapping_event *maker);

/* The event of these rows, all of it in the arena.  ERR_INPUT: they make none,
 * and `why` says it. */
NODISCARD enum err mapping_event_make(struct mapping_event *maker,
                                      const struct mapping_rows *rows,
                                      struct arena *arena,
                                      struct event *ret_event,
                                      struct json_extra *ret_extra);

/* The template filled in with the row's cells; valid until the next call. */
view mapping_event_fill(struct mapping_event *maker, struct template template,
                        const struct mapping_row *row);

#endif
