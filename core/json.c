#include "core/json.h"

#include <inttypes.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A json_tree is never defined: it is jansson's node under another name, so
 * that no other file sees jansson. */
static const json_t *
node_of(const struct json_tree *tree)
{
    return (const json_t *)tree;
}

static const struct json_tree *
tree_of(const json_t *node)
{
    return (const struct json_tree *)node;
}

/* "duplicate object key near '"a"'": the key is worth naming first. */
static enum err
complain_duplicate(const json_error_t *error, struct complaint *complaint)
{
    const char *near = strstr(error->text, "near '\"");
    view key = view_of(near == NULL ? "" : near + 7);

    if (key.size >= 2)
        key.size -= 2;
    return complain(complaint, "%s: expected once, found again at character %d",
                    err_quote(key).text, error->position);
}

/* jansson repeats what it could not read, line ends and all. */
static struct complaint
on_one_line(const json_error_t *error)
{
    struct complaint line;

    (void)complain(&line, "%s", error->text);
    for (char *c = line.text; *c != '\0'; c++)
        *c = (char)(*c < ' ' || *c == 0x7f ? '?' : *c);
    return line;
}

/* Whether jansson has lacked memory in this thread: it calls that a mistake of
 * the text, and a line that is refused is not said again; or it leaves a
 * character out of a string, and says nothing. */
static _Thread_local bool lacked;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void *
allocate(size_t size)
{
    void *room = malloc(size);

    lacked = lacked || room == NULL;
    return room;
}

static void
take_over(void)
{
    json_set_alloc_funcs(allocate, free);
}

static enum err
complain_syntax(const json_error_t *error, struct complaint *complaint)
{
    enum json_error_code code = json_error_code(error);

    if (code == json_error_duplicate_key)
        return complain_duplicate(error, complaint);
    if (code == json_error_null_character ||
        code == json_error_null_byte_in_key)
        return complain(complaint,
                        "JSON: expected text without NUL, found \\u0000 at "
                        "character %d",
                        error->position);
    if (code == json_error_invalid_utf8)
        return complain(complaint,
                        "JSON: expected UTF-8, found other bytes at character "
                        "%d",
                        error->position);
    if (code == json_error_numeric_overflow)
        return complain(complaint,
                        "JSON: expected integers of at most 64 bits, found %s",
                        on_one_line(error).text);
    return complain(complaint, "JSON: %s, at character %d",
                    on_one_line(error).text, error->position);
}

enum err
json_open(view bytes, struct json_tree **ret_root, struct complaint *complaint)
{
    json_error_t error;

    pthread_once(&once, take_over);
    lacked = false;
    json_t *root = json_loadb((const char *)bytes.bytes, bytes.size,
                              JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);

    if (lacked) {
        json_decref(root);
        complain(complaint, "%s", err_name(ERR_MEMORY));
        return ERR_MEMORY;
    }
    if (root == NULL)
        return complain_syntax(&error, complaint);
    *ret_root = (struct json_tree *)root;
    return OK;
}

void
json_close(struct json_tree *root)
{
    json_decref((json_t *)root);
}

enum json_type
json_type_of(const struct json_tree *node)
{
    if (node == NULL)
        return JSON_TYPE_NULL;
    switch (json_typeof(node_of(node))) {
    case JSON_OBJECT:
        return JSON_TYPE_OBJECT;
    case JSON_ARRAY:
        return JSON_TYPE_ARRAY;
    case JSON_STRING:
        return JSON_TYPE_STRING;
    case JSON_INTEGER:
        return JSON_TYPE_INTEGER;
    case JSON_REAL:
        return JSON_TYPE_REAL;
    case JSON_TRUE:
    case JSON_FALSE:
        return JSON_TYPE_BOOL;
    case JSON_NULL:
        break;
    }
    return JSON_TYPE_NULL;
}

uint32_t
json_count(const struct json_tree *node)
{
    size_t count = json_is_array(node_of(node))
                       ? json_array_size(node_of(node))
                       : json_object_size(node_of(node));
    assert(count <= UINT32_MAX);
    return (uint32_t)count;
}

const struct json_tree *
json_at(const struct json_tree *node, uint32_t index)
{
    return tree_of(json_array_get(node_of(node), index));
}

const struct json_tree *
json_get(const struct json_tree *node, const char *key)
{
    return tree_of(json_object_get(node_of(node), key));
}

bool
json_next(const struct json_tree *object, struct json_entry *entry)
{
    /* The walk does not change the object, but jansson's iterators could. */
    json_t *node = (json_t *)(uintptr_t)object;
    void *place = entry->place == NULL
                      ? json_object_iter(node)
                      : json_object_iter_next(node, entry->place);

    if (place == NULL)
        return false;
    *entry = (struct json_entry) {
        .key = view_of(json_object_iter_key(place)),
        .value = tree_of(json_object_iter_value(place)),
        .place = place,
    };
    return true;
}

bool
json_get_integer(const struct json_tree *node, int64_t *ret_value)
{
    if (!json_is_integer(node_of(node)))
        return false;
    *ret_value = json_integer_value(node_of(node));
    return true;
}

bool
json_get_string(const struct json_tree *node, view *ret_value)
{
    if (!json_is_string(node_of(node)))
        return false;
    size_t size = json_string_length(node_of(node));
    assert(size <= UINT32_MAX);
    *ret_value = (view) { (const uint8_t *)json_string_value(node_of(node)),
                          (uint32_t)size };
    return true;
}

bool
json_get_bool(const struct json_tree *node, bool *ret_value)
{
    if (!json_is_boolean(node_of(node)))
        return false;
    *ret_value = json_is_true(node_of(node));
    return true;
}

struct quoted
json_quote(const struct json_tree *node)
{
    static const char *const WORDS[] = {
        [JSON_TYPE_NULL] = "null",
        [JSON_TYPE_REAL] = "a number with a fraction or an exponent",
        [JSON_TYPE_ARRAY] = "a list",
        [JSON_TYPE_OBJECT] = "an object",
    };
    struct quoted quoted = { "nothing" };
    view text = { 0 };
    int64_t integer = 0;
    bool truth = false;

    if (node == NULL)
        return quoted;
    if (json_get_string(node, &text))
        return err_quote(text);
    if (json_get_integer(node, &integer))
        snprintf(quoted.text, sizeof quoted.text, "%" PRId64, integer);
    else if (json_get_bool(node, &truth))
        snprintf(quoted.text, sizeof quoted.text, truth ? "true" : "false");
    else
        snprintf(quoted.text, sizeof quoted.text, "%s",
                 WORDS[json_type_of(node)]);
    return quoted;
}
