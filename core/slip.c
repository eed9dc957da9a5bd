/*
 * slip.c - slips of tills are read and answered; see slip.h
 *
 * A list is only cut into its events here, at the commas that stand in no
 * string and no deeper bracket; what is between them is read as any line is,
 * and with that reader's words.
 */
#include "core/slip.h"

#include "core/json.h"

#include <string.h>

enum err
slip_read_event(view line, struct arena *arena, struct ledger_entry *ret_entry,
                struct complaint *complaint)
{
    struct json_extra extra;
    struct event event;

    enum err err = json_read_event(line, arena, &event, &extra, complaint);
    if (err != OK)
        return err;
    if (extra.has_event || extra.has_recorded)
        return complain(complaint,
                        "%s: expected a new event, found one that has been "
                        "appended before; use import",
                        extra.has_event ? "event" : "recorded");
    *ret_entry = (struct ledger_entry) {
        .event = event,
        .voids_id = extra.voids_id,
        .at_given = extra.has_at,
    };
    return OK;
}

/* --- lists --- */

static view
skip_blanks(view rest)
{
    while (rest.size > 0 && strchr(" \t\r\n", rest.bytes[0]) != NULL &&
           rest.bytes[0] != '\0')
        rest = (view) { rest.bytes + 1, rest.size - 1 };
    return rest;
}

/* The size of the string that the bytes begin with; all of them if it has no
 * end. */
static uint32_t
string_size(view rest)
{
    uint32_t i = 1;

    while (i < rest.size && rest.bytes[i] != '"')
        i += rest.bytes[i] == '\\' ? 2 : 1;
    return i < rest.size ? i + 1 : rest.size;
}

/* The size of the element that the bytes begin with, up to the comma or the
 * bracket behind it. */
static uint32_t
element_size(view rest)
{
    uint32_t depth = 0;

    for (uint32_t i = 0; i < rest.size; i++) {
        uint8_t c = rest.bytes[i];
        if (c == '"')
            i += string_size((view) { rest.bytes + i, rest.size - i }) - 1;
        else if (c == '{' || c == '[')
            depth++;
        else if (depth == 0 && (c == ',' || c == ']' || c == '}'))
            return i;
        else if (c == '}' || c == ']')
            depth--;
    }
    return rest.size;
}

/* Takes the next element off the rest; what is left begins with the comma or
 * the bracket behind it, or is empty. */
static view
cut(view *rest)
{
    view element = { rest->bytes, element_size(*rest) };

    rest->bytes += element.size;
    rest->size -= element.size;
    return element;
}

/* How many there are, if the commas are right. */
static uint32_t
count_elements(view rest)
{
    uint32_t count = 0;

    do {
        rest = (view) { rest.bytes + 1, rest.size - 1 };
        cut(&rest);
        count++;
    } while (rest.size > 0 && rest.bytes[0] == ',');
    return count;
}

static enum err
read_element(view element, uint32_t place, struct arena *arena,
             struct ledger_entry *entry, struct complaint *complaint)
{
    struct complaint words = { .text = "" };

    enum err err = slip_read_event(element, arena, entry, &words);
    entry->line = place;
    if (err != OK)
        complain(complaint, "line %u: %s", place, words.text);
    return err;
}

static enum err
complain_list(struct complaint *complaint)
{
    return complain(complaint,
                    "expected a list [{...}, {...}] and nothing behind it");
}

static enum err
read_list(view list, struct arena *arena, struct ledger_entry **ret_entries,
          uint32_t *ret_count, struct complaint *complaint)
{
    uint32_t count = count_elements(list);
    view rest = { list.bytes + 1, list.size - 1 };

    if (count > SLIP_EVENTS_MAX)
        return complain(complaint, "expected a list of at most %d events",
                        SLIP_EVENTS_MAX);
    if (skip_blanks(rest).size > 0 && skip_blanks(rest).bytes[0] == ']')
        return complain(complaint,
                        "expected a list of 1 to %d events, found "
                        "an empty one",
                        SLIP_EVENTS_MAX);
    if (skip_blanks(rest).size == 0)
        return complain_list(complaint);
    struct ledger_entry *entries = ARENA_NEW(arena, struct ledger_entry, count);
    for (uint32_t i = 0; i < count; i++) {
        enum err err =
            read_element(cut(&rest), i + 1, arena, &entries[i], complaint);
        if (err != OK)
            return err;
        if (i + 1 < count)
            rest = (view) { rest.bytes + 1, rest.size - 1 };
    }
    bool closed =
        rest.size > 0 && rest.bytes[0] == ']' &&
        skip_blanks((view) { rest.bytes + 1, rest.size - 1 }).size == 0;
    if (!closed)
        return complain_list(complaint);
    *ret_entries = entries;
    *ret_count = count;
    return OK;
}

enum err
slip_read(view line, struct arena *arena, struct ledger_entry **ret_entries,
          uint32_t *ret_count, struct complaint *complaint)
{
    view whole = skip_blanks(line);

    assert(line.size <= LIMIT_JSON_LINE);
    if (whole.size > 0 && whole.bytes[0] == '[')
        return read_list(whole, arena, ret_entries, ret_count, complaint);
    struct ledger_entry *entry = ARENA_NEW(arena, struct ledger_entry, 1);
    enum err err = slip_read_event(line, arena, entry, complaint);
    if (err != OK)
        return err;
    *ret_entries = entry;
    *ret_count = 1;
    return OK;
}

/* --- questions --- */

/* What comes behind {"decide":, without blanks.  False: it is another line. */
static bool
skip_decide(view line, view *ret_rest)
{
    static const char *const PIECES[] = { "{", "\"decide\"", ":" };
    view rest = line;

    for (uint32_t i = 0; i < COUNT_OF(PIECES); i++) {
        view piece = view_of(PIECES[i]);
        rest = skip_blanks(rest);
        if (rest.size < piece.size ||
            memcmp(rest.bytes, piece.bytes, piece.size) != 0)
            return false;
        rest = (view) { rest.bytes + piece.size, rest.size - piece.size };
    }
    *ret_rest = skip_blanks(rest);
    return true;
}

bool
slip_is_question(view line)
{
    view rest;

    return skip_decide(line, &rest);
}

enum err
slip_read_question(view line, struct arena *arena,
                   struct ledger_entry *ret_entry, struct complaint *complaint)
{
    view rest = { 0 };

    if (!skip_decide(line, &rest))
        return complain(complaint, "expected {\"decide\": ...}");
    view event = cut(&rest);
    rest = skip_blanks(rest);
    if (rest.size == 0 || rest.bytes[0] != '}' ||
        skip_blanks((view) { rest.bytes + 1, rest.size - 1 }).size > 0)
        return complain(complaint, "decide: expected one event");
    enum err err = slip_read_event(event, arena, ret_entry, complaint);
    if (err != OK)
        return err;
    if (ret_entry->event.kind != EVENT_REDEEM)
        return complain(complaint, "decide: expected a redeem");
    if (ret_entry->at_given)
        return complain(complaint, "at: it is decided now; leave it out");
    if (ret_entry->event.redeem.value.minor >= 0)
        return complain(complaint, "value: the rules say it; leave it out");
    return OK;
}

/* --- answers --- */

/* A refusal is the fault of who handed it in, whatever the machine does. */
static bool
is_refusal(enum err err)
{
    return err == ERR_INPUT || err == ERR_CONFLICT || err == ERR_NOT_FOUND;
}

void
slip_answer(struct text *line, const struct ledger_entry *entries,
            uint32_t count, enum err err, const struct complaint *complaint)
{
    char name[IDENTITY_SIZE];

    text_char(line, '{');
    if (err != OK) {
        /* Words may quote what was handed in, and be cut anywhere. */
        text_json_words(line, is_refusal(err) ? "refused" : "fault",
                        view_of(complaint->text));
        text_string(line, "}\n");
        return;
    }
    text_json_key(line, "events");
    text_char(line, '[');
    for (uint32_t i = 0; i < count; i++) {
        identity_format(entries[i].event.identity, name);
        text_comma(line);
        text_json_string(line, view_of(name));
    }
    text_string(line, "]}\n");
}
