/*
 * json_value.h - one typed value of an event's JSON, with words for what is
 * wrong with it
 *
 * Included by the readers of json.h, and by nobody else.
 */
#ifndef CORE_JSON_VALUE_H
#define CORE_JSON_VALUE_H

#include "core/json.h"

enum json_value_type {
    TYPE_INTEGER,
    TYPE_NAME,
    TYPE_CODE,
    TYPE_TEXT,
    TYPE_TIME,
    TYPE_DATE,
    TYPE_BOOL,
    TYPE_WORD, /* one of a list; checked where it is stored */
    TYPE_IDENTITY,
    TYPE_LINES,
};

/* How a field is written; the range is that of all kinds that have it, the
 * narrower one of the kind is event_check()'s. */
struct json_form {
    const char *name;
    uint32_t name_size;
    enum json_value_type type;
    int64_t min;
    int64_t max;
};

#define JSON_FORM(name, type, min, max)                                        \
    {                                                                          \
        name, sizeof(name) - 1, type, min, max                                 \
    }

/* One value of the right type; which member holds it follows from that. */
struct json_value {
    int64_t integer; /* TIME: ms; DATE: day */
    view text;
    identity id;
    bool truth;
};

/* Reads a value of that form.  TYPE_LINES is not one value: the caller reads
 * it.  The text borrows from the tree.  ERR_INPUT with the field, what was
 * expected and what was found in the complaint. */
NODISCARD enum err json_value_read(const struct json_tree *node,
                                   const struct json_form *form,
                                   struct complaint *complaint,
                                   struct json_value *ret_value);

/* The place of the form with that name, tried from `from` on and round, for
 * fields mostly come in order; `count` if there is none. */
uint32_t json_form_find(const struct json_form *forms, uint32_t count,
                        uint32_t from, view name);

/* "name: expected ..., found ..." with the value that was found. */
enum err json_complain(struct complaint *complaint, const char *name,
                       const char *expected, const struct json_tree *found);

#endif
