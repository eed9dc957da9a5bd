/*
 * json_fields.h - the fields of an event's line: how each is written, which
 * kind has it, where it goes, and what must hold among them
 *
 * Between the two readers of a line, which differ only in how they get at the
 * values: json_quick.c, and json_read.c, which also finds words for mistakes.
 * Included by them and by nobody else.
 */
#ifndef CORE_JSON_FIELDS_H
#define CORE_JSON_FIELDS_H

#include "core/json_value.h"

/* In the order in which they mostly come. */
enum json_field {
    FIELD_EVENT,
    FIELD_KIND,
    FIELD_AT,
    FIELD_STORE,
    FIELD_MEMBER,
    FIELD_BEARER,
    FIELD_ID,
    FIELD_RECEIPT,
    FIELD_OFF,
    FIELD_LINES,
    FIELD_TOTAL,
    FIELD_FROM_STORE,
    FIELD_BOUGHT_ON,
    FIELD_HOME_STORE,
    FIELD_REFERRER,
    FIELD_VOIDS,
    FIELD_VOIDS_ID,
    FIELD_CARD,
    FIELD_REWARD,
    FIELD_COUNT,
    FIELD_POINTS,
    FIELD_VALUE,
    FIELD_REDEMPTION,
    FIELD_CHANNEL,
    FIELD_GRANTED,
    FIELD_SOURCE,
    FIELD_TEXT,
    FIELD_NAME,
    FIELD_EXPIRES_ON,
    FIELD_PRICE,
    FIELD_PASS,
    FIELD_REASON,
    FIELD_BY,
    FIELD_TILL,
    FIELD_CASHIER,
    FIELD_ENTRY,
    FIELD_RECORDED,
    FIELD_END,
};

/* The fields of one entry of `lines`. */
enum json_line_field {
    LINE_INDEX,
    LINE_CATEGORY,
    LINE_AMOUNT,
    LINE_QTY,
    LINE_SKU,
    LINE_END,
};

#define JSON_BIT(field) (UINT64_C(1) << (field))

/* One line on its way to an event. */
struct json_reader {
    struct arena *arena;
    struct complaint *complaint;
    struct event event;
    struct json_extra extra;
    uint64_t seen;
};

/* By json_field and json_line_field. */
extern const struct json_form json_fields_forms[FIELD_END];
extern const struct json_form json_fields_line_forms[LINE_END];

/* Sets the kind and what its fields are if they are left out.  False: there
 * is no such kind. */
NODISCARD bool json_fields_start(struct json_reader *reader, view kind);

/* Whether the kind may have the field. */
bool json_fields_allowed(enum event_kind kind, enum json_field field);

/* Puts a value in its place and notes that it has been seen; `kind` and
 * `lines` are only noted.  The text must live as long as the event.
 * ERR_INPUT: `entry` is none. */
NODISCARD enum err json_fields_store(struct json_reader *reader,
                                     enum json_field field,
                                     const struct json_value *value);

/* The same for a line, whose text is borrowed, too. */
void json_fields_store_line(struct event_line *line, enum json_line_field field,
                            const struct json_value *value);

/* What a line of the one or the other shape may and must have, as JSON_BITs
 * of json_line_field. */
uint64_t json_fields_line_may(bool by_receipt);
uint64_t json_fields_line_must(bool by_receipt);

/* Whether the field has been seen on the line. */
bool json_fields_has(const struct json_reader *reader, enum json_field field);

/* That nothing is missing and all fields go together; before the lines are
 * read.  ERR_INPUT with a complaint. */
NODISCARD enum err json_fields_check_shape(struct json_reader *reader);

/* The rules about values; fills `extra`. */
NODISCARD enum err json_fields_check_values(struct json_reader *reader);

#endif
