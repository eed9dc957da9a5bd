#include "core/json_value.h"

#include <inttypes.h>
#include <string.h>

uint32_t
json_form_find(const struct json_form *forms, uint32_t count, uint32_t from,
               view name)
{
    assert(from <= count);
    for (uint32_t tried = 0; tried < count; tried++) {
        uint32_t i = from + tried < count ? from + tried : from + tried - count;
        if (name.size == forms[i].name_size &&
            memcmp(name.bytes, forms[i].name, name.size) == 0)
            return i;
    }
    return count;
}

enum err
json_complain(struct complaint *complaint, const char *name,
              const char *expected, const struct json_tree *found)
{
    return complain(complaint, "%s: expected %s, found %s", name, expected,
                    json_quote(found).text);
}

static enum err
read_integer(const struct json_tree *node, const struct json_form *form,
             struct complaint *complaint, int64_t *ret_value)
{
    int64_t value = 0;

    if (json_get_integer(node, &value) && value >= form->min &&
        value <= form->max) {
        *ret_value = value;
        return OK;
    }
    return complain(complaint,
                    "%s: expected an integer from %" PRId64 " to %" PRId64
                    ", found %s",
                    form->name, form->min, form->max, json_quote(node).text);
}

/* Any kind of string; the characters it may have depend on its type. */
static enum err
read_string(const struct json_tree *node, const struct json_form *form,
            struct complaint *complaint, view *ret_value)
{
    bool good = json_get_string(node, ret_value);
    const char *expected = "a string";

    if (form->type == TYPE_NAME) {
        good = good && event_is_name(*ret_value);
        expected = "a string of 1-32 characters of a-z 0-9 _ - .";
    } else if (form->type == TYPE_CODE) {
        good = good && event_is_code(*ret_value);
        expected = "a string of 1-64 printable ASCII characters, no space";
    } else if (form->type == TYPE_TEXT) {
        good = good && event_is_text(*ret_value);
        expected = "a string of at most 256 bytes of UTF-8";
    }
    return good ? OK : json_complain(complaint, form->name, expected, node);
}

static enum err
read_time(const struct json_tree *node, const struct json_form *form,
          struct complaint *complaint, int64_t *ret_at_ms)
{
    int64_t at_ms = 0;
    view text;

    if (!json_get_string(node, &text) || !calendar_parse_time(text, &at_ms))
        return json_complain(complaint, form->name,
                             "an RFC 3339 time with an offset or Z and at "
                             "most milliseconds",
                             node);
    if (at_ms < form->min || at_ms > form->max)
        return json_complain(complaint, form->name,
                             form->min == LIMIT_AT_MS_MIN
                                 ? "a time in the years 2000 to 2099 (UTC)"
                                 : "a time in the years 1970 to 2199 (UTC)",
                             node);
    *ret_at_ms = at_ms;
    return OK;
}

enum err
json_value_read(const struct json_tree *node, const struct json_form *form,
                struct complaint *complaint, struct json_value *ret_value)
{
    int32_t day = 0;
    view text;

    switch (form->type) {
    case TYPE_INTEGER:
        return read_integer(node, form, complaint, &ret_value->integer);
    case TYPE_NAME:
    case TYPE_CODE:
    case TYPE_TEXT:
    case TYPE_WORD:
        return read_string(node, form, complaint, &ret_value->text);
    case TYPE_TIME:
        return read_time(node, form, complaint, &ret_value->integer);
    case TYPE_DATE:
        if (!json_get_string(node, &text) || !calendar_parse_date(text, &day))
            return json_complain(complaint, form->name, "a date YYYY-MM-DD",
                                 node);
        ret_value->integer = day;
        return OK;
    case TYPE_BOOL:
        if (json_get_bool(node, &ret_value->truth))
            return OK;
        return json_complain(complaint, form->name, "true or false", node);
    case TYPE_IDENTITY:
        if (json_get_string(node, &text) &&
            identity_parse(text, &ret_value->id))
            return OK;
        return json_complain(complaint, form->name,
                             "a string NODE.INCARNATION.SEQ", node);
    case TYPE_LINES:
        break;
    }
    assert(form->type == TYPE_LINES); /* read by read_lines() */
    return OK;
}
