#include "core/conflict.h"

#include <inttypes.h>
#include <stdio.h>

bool
conflict_wins(fingerprint copy, fingerprint other)
{
    int order = hash128_compare(copy.content, other.content);

    return order != 0 ? order < 0 : copy.at_ms < other.at_ms;
}

bool
conflict_is(enum reader_quarantine why)
{
    switch (why) {
    case QUARANTINE_COPY_DIFFERS:
    case QUARANTINE_COPIES_DIFFER:
    case QUARANTINE_COPY_FALSE:
        return true;
    case QUARANTINE_NONE:
    case QUARANTINE_TOLD_AGAIN:
        return false;
    }
    return false;
}

/* What an event is by its bytes. */
static fingerprint
print_of(journal_describe *describe, const struct record_event *event)
{
    struct journal_facts facts = { 0 };

    if (!describe || !describe(event, &facts))
        return (fingerprint) { 0 };
    return facts.print;
}

/* What counts under the identity now.  Nothing may: the original was dropped,
 * or can't be read. */
static struct conflict_side
find_counting(struct reader *reader, journal_describe *describe, identity of,
              uint64_t aside)
{
    struct record_event event;
    uint64_t position = 0;

    if (reader_find_event(reader, of, &position) != OK || position == aside ||
        reader_event(reader, position, &event) != OK)
        return (struct conflict_side) { 0 };
    return (struct conflict_side) { event.here.node,
                                    event.copy ? event.print
                                               : print_of(describe, &event) };
}

enum err
conflict_find(struct reader *reader, journal_describe *describe,
              uint64_t position, enum reader_quarantine why,
              struct conflict *ret_conflict)
{
    struct record_event event;
    enum err err = reader_event(reader, position, &event);

    assert(conflict_is(why));
    if (err != OK)
        return err;
    struct conflict conflict = { .why = why,
                                 .identity = event.origin,
                                 .aside = { event.here.node, event.print } };
    if (why == QUARANTINE_COPY_FALSE)
        conflict.counts = (struct conflict_side) { event.here.node,
                                                   print_of(describe, &event) };
    else
        conflict.counts =
            find_counting(reader, describe, event.origin, position);
    *ret_conflict = conflict;
    return OK;
}

void
conflict_print(fingerprint print, char text[static CONFLICT_PRINT_SIZE])
{
    const uint32_t digits = 2 * (uint32_t)sizeof print.content.bytes;

    for (uint32_t i = 0; i < sizeof print.content.bytes; i++)
        snprintf(text + 2 * i, 3, "%02x", print.content.bytes[i]);
    snprintf(text + digits, CONFLICT_PRINT_SIZE - digits, "@%" PRId64,
             print.at_ms);
}

void
conflict_format(const struct conflict *conflict,
                char text[static CONFLICT_WORDS_SIZE])
{
    char aside[CONFLICT_PRINT_SIZE], counts[CONFLICT_PRINT_SIZE];

    conflict_print(conflict->aside.print, aside);
    conflict_print(conflict->counts.print, counts);
    if (conflict->why == QUARANTINE_COPY_FALSE)
        snprintf(text, CONFLICT_WORDS_SIZE,
                 "a copy by node %" PRIu32
                 " that says of itself what it is not: it says %s and is %s",
                 conflict->aside.node, aside, counts);
    else if (conflict->counts.node == 0)
        snprintf(text, CONFLICT_WORDS_SIZE,
                 "a copy by node %" PRIu32
                 " (%s) that differs from what was held under this identity",
                 conflict->aside.node, aside);
    else if (conflict->counts.node == conflict->identity.node)
        snprintf(text, CONFLICT_WORDS_SIZE,
                 "a copy by node %" PRIu32
                 " (%s) that differs from its original (%s)",
                 conflict->aside.node, aside, counts);
    else
        snprintf(text, CONFLICT_WORDS_SIZE,
                 "a copy by node %" PRIu32
                 " (%s) that differs from another by node %" PRIu32
                 " (%s), which counts",
                 conflict->aside.node, aside, conflict->counts.node, counts);
}

uint64_t
conflict_count(struct reader *reader)
{
    enum reader_quarantine why;
    uint64_t position = 0, count = 0;

    while (reader_next_quarantine(reader, position + 1, &position, &why) == OK)
        count += conflict_is(why);
    return count;
}
