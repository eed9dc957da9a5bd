/*
 * json.h - events as JSON Lines, the form in which people and programs hand
 * them in and get them out; and JSON documents read as a tree
 *
 * A line is parsed, every rule of EVENTS.md about it is checked, and the
 * event is returned with a note of what the line left to the ledger: its time,
 * its store, its identity, and the event that a `voids_id` means.
 */
#ifndef CORE_JSON_H
#define CORE_JSON_H

#include "core/event.h"
#include "core/text.h"

/* What a line said beside the event itself. */
struct json_extra {
    bool has_at;       /* else at_ms is 0: the caller puts in now */
    bool has_store;    /* else store is 0: the caller puts in its own */
    bool has_event;    /* the line named its identity */
    bool has_recorded; /* and when it was recorded */
    view voids_id;     /* not empty: the `id` of the event that a void voids;
                        * the caller puts the identity into annul.voids */
};

/* Reads one event from one line (with or without its end).  All views and
 * lists of the event lie in the arena.  The event has passed event_check(),
 * apart from what `ret_extra` says the caller must put in.  ERR_INPUT: the
 * complaint names the field, what was expected and what was found.
 * ERR_MEMORY. */
NODISCARD enum err json_read_event(view line, struct arena *arena,
                                   struct event *ret_event,
                                   struct json_extra *ret_extra,
                                   struct complaint *complaint);

/* Appends the event as one JSON object without a line end: its identity as
 * `event` first and `recorded` last, each unless it is 0.  Times are UTC. */
void json_write_event(struct text *text, const struct event *event);

/* A JSON document as a tree. */
struct json_tree; /* a node; all belong to the root that json_open() gave */

enum json_type {
    JSON_TYPE_NULL,
    JSON_TYPE_BOOL,
    JSON_TYPE_INTEGER,
    JSON_TYPE_REAL,
    JSON_TYPE_STRING,
    JSON_TYPE_ARRAY,
    JSON_TYPE_OBJECT,
};

/* Parses one document of any type; duplicate keys are refused.  ERR_INPUT
 * with the place in the complaint; ERR_MEMORY.  json_close(NULL) is allowed. */
NODISCARD enum err json_open(view bytes, struct json_tree **ret_root,
                             struct complaint *complaint);
void json_close(struct json_tree *root);

enum json_type json_type_of(const struct json_tree *node);
/* Entries of an array or object; 0 for anything else. */
uint32_t json_count(const struct json_tree *node);
/* The entry of an array; NULL past its end. */
const struct json_tree *json_at(const struct json_tree *node, uint32_t index);
/* The value of a key; NULL if there is none or it is no object. */
const struct json_tree *json_get(const struct json_tree *node, const char *key);
/* Steps through the entries of an object in the order in which they were
 * written: begin with a zeroed entry; false at the end, and for anything that
 * is no object.  Key and value live as long as the tree. */
struct json_entry {
    view key;
    const struct json_tree *value;
    void *place; /* the walk's own */
};
bool json_next(const struct json_tree *object, struct json_entry *entry);

/* False if the node is NULL or of another type.  Strings live as long as
 * the tree. */
NODISCARD bool json_get_integer(const struct json_tree *node,
                                int64_t *ret_value);
NODISCARD bool json_get_string(const struct json_tree *node, view *ret_value);
NODISCARD bool json_get_bool(const struct json_tree *node, bool *ret_value);

/* What a complaint says was found: the value, quoted, or its type. */
struct quoted json_quote(const struct json_tree *node);

#endif
