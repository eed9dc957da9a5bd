#include "core/json_quick.h"

#include <string.h>

/* What is left of the line. */
struct scan {
    const uint8_t *next;
    const uint8_t *end;
};

static void
skip_space(struct scan *scan)
{
    while (scan->next < scan->end &&
           (*scan->next == ' ' || *scan->next == '\n' || *scan->next == '\r' ||
            *scan->next == '\t'))
        scan->next++;
}

static bool
take(struct scan *scan, uint8_t c)
{
    skip_space(scan);
    if (scan->next == scan->end || *scan->next != c)
        return false;
    scan->next++;
    return true;
}

/* A string as it stands there; none with escapes or control characters. */
static bool
take_string(struct scan *scan, view *ret_value)
{
    if (!take(scan, '"'))
        return false;
    const uint8_t *first = scan->next;
    const uint8_t *c = first;
    while (c < scan->end && *c != '"') {
        if (*c < 0x20 || *c == '\\')
            return false;
        c++;
    }
    if (c == scan->end)
        return false;
    *ret_value = (view) { first, (uint32_t)(c - first) };
    scan->next = c + 1;
    return true;
}

/* At most 18 digits, so that nothing can overflow.  What must not follow
 * (a fraction, an exponent) is no comma or bracket and fails there. */
static bool
take_integer(struct scan *scan, int64_t *ret_value)
{
    enum { DIGITS_MAX = 18 };
    bool negative = take(scan, '-');
    const uint8_t *first = scan->next;
    int64_t value = 0;

    while (scan->next < scan->end && *scan->next >= '0' && *scan->next <= '9' &&
           scan->next - first < DIGITS_MAX) {
        value = value * 10 + (*scan->next - '0');
        scan->next++;
    }
    if (scan->next == first || (*first == '0' && scan->next - first > 1))
        return false;
    *ret_value = negative ? -value : value;
    return true;
}

static bool
take_bool(struct scan *scan, bool *ret_value)
{
    skip_space(scan);
    size_t left = (size_t)(scan->end - scan->next);
    bool truth = left >= 4 && memcmp(scan->next, "true", 4) == 0;

    if (!truth && (left < 5 || memcmp(scan->next, "false", 5) != 0))
        return false;
    scan->next += truth ? 4 : 5;
    *ret_value = truth;
    return true;
}

static bool
text_fits(const struct json_form *form, struct json_value *value)
{
    int32_t day = 0;

    switch (form->type) {
    case TYPE_NAME:
        return event_is_name(value->text);
    case TYPE_CODE:
        return event_is_code(value->text);
    case TYPE_TEXT:
        return event_is_text(value->text);
    case TYPE_WORD:
        return true;
    case TYPE_TIME:
        return calendar_parse_time(value->text, &value->integer) &&
               value->integer >= form->min && value->integer <= form->max;
    case TYPE_DATE:
        if (!calendar_parse_date(value->text, &day))
            return false;
        value->integer = day;
        return true;
    case TYPE_IDENTITY:
        return identity_parse(value->text, &value->id);
    case TYPE_INTEGER:
    case TYPE_BOOL:
    case TYPE_LINES:
        break;
    }
    return false;
}

static bool
take_value(struct scan *scan, const struct json_form *form,
           struct json_value *ret_value)
{
    *ret_value = (struct json_value) { 0 };
    if (form->type == TYPE_INTEGER)
        return take_integer(scan, &ret_value->integer) &&
               ret_value->integer >= form->min &&
               ret_value->integer <= form->max;
    if (form->type == TYPE_BOOL)
        return take_bool(scan, &ret_value->truth);
    return take_string(scan, &ret_value->text) && text_fits(form, ret_value);
}

/* `"name":` of a field in the table. */
static bool
take_field(struct scan *scan, const struct json_form *forms, uint32_t count,
           uint32_t *field)
{
    view name;

    if (!take_string(scan, &name) || !take(scan, ':'))
        return false;
    *field = json_form_find(forms, count, *field, name);
    return *field < count;
}

static bool
read_line(struct scan *scan, bool by_receipt, struct event_line *line)
{
    uint64_t may = json_fields_line_may(by_receipt);
    uint64_t must = json_fields_line_must(by_receipt);
    uint32_t field = 0;
    uint64_t seen = 0;

    line->qty = 1;
    if (!take(scan, '{'))
        return false;
    do {
        struct json_value value;
        if (!take_field(scan, json_fields_line_forms, LINE_END, &field) ||
            (may & ~seen & JSON_BIT(field)) == 0 ||
            !take_value(scan, &json_fields_line_forms[field], &value))
            return false;
        seen |= JSON_BIT(field);
        json_fields_store_line(line, (enum json_line_field)field, &value);
    } while (take(scan, ','));
    return take(scan, '}') && (must & ~seen) == 0;
}

/* At most as many lines as there are braces up to the bracket; one within a
 * string makes it too many or, in a rare line, too few. */
static uint32_t
count_lines(const struct scan *scan)
{
    uint32_t count = 0;

    for (const uint8_t *c = scan->next; c < scan->end && *c != ']'; c++)
        count += *c == '{';
    return count;
}

static bool
read_lines(struct scan *scan, struct json_reader *reader, bool by_receipt)
{
    uint32_t room = count_lines(scan);
    uint32_t count = 0;

    if (room == 0 || room > LIMIT_EVENT_LINES || !take(scan, '['))
        return false;
    struct event_line *lines =
        ARENA_NEW(reader->arena, struct event_line, room);
    do {
        if (count == room || !read_line(scan, by_receipt, &lines[count]))
            return false;
        count++;
    } while (take(scan, ','));
    reader->event.sale.lines = lines;
    reader->event.sale.line_count = count;
    return take(scan, ']');
}

/* Whether the lines of the event are those of a return by receipt, as far as
 * is known: a receipt behind the lines comes too late. */
static bool
is_by_receipt(const struct json_reader *reader)
{
    return reader->event.kind == EVENT_RETURN &&
           json_fields_has(reader, FIELD_RECEIPT);
}

static bool
read_field(struct scan *scan, struct json_reader *reader, uint32_t field)
{
    struct json_value value = { 0 };

    if (json_fields_has(reader, (enum json_field)field) ||
        !json_fields_allowed(reader->event.kind, (enum json_field)field))
        return false;
    if (field == FIELD_LINES) {
        if (!read_lines(scan, reader, is_by_receipt(reader)))
            return false;
    } else if (!take_value(scan, &json_fields_forms[field], &value)) {
        return false;
    }
    if (field == FIELD_KIND && !json_fields_start(reader, value.text))
        return false;
    return json_fields_store(reader, (enum json_field)field, &value) == OK;
}

static bool
read_object(struct scan *scan, struct json_reader *reader)
{
    uint32_t field = 0;

    if (!take(scan, '{'))
        return false;
    do {
        bool by_receipt = is_by_receipt(reader);
        if (!take_field(scan, json_fields_forms, FIELD_END, &field) ||
            !read_field(scan, reader, field))
            return false;
        /* A receipt that comes behind the lines changes their shape. */
        if (is_by_receipt(reader) != by_receipt &&
            json_fields_has(reader, FIELD_LINES))
            return false;
    } while (take(scan, ','));
    if (!take(scan, '}'))
        return false;
    skip_space(scan);
    return scan->next == scan->end;
}

bool
json_quick_read(view line, struct json_reader *reader)
{
    if (line.size == 0)
        return false;
    uint8_t *before = reader->arena->next;
    view kept = arena_copy(reader->arena, line);
    struct scan scan = { kept.bytes, kept.bytes + kept.size };

    assert(reader->complaint == NULL); /* it is the other's to complain */
    if (read_object(&scan, reader) && json_fields_check_shape(reader) == OK &&
        json_fields_check_values(reader) == OK)
        return true;
    reader->arena->next = before;
    return false;
}
