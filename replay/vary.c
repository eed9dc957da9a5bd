#include "replay/vary.h"

#include "core/list.h"
#include "core/yaml.h"

#include <stdio.h>
#include <string.h>

enum {
    DECIMALS_MAX = 6,
    NUMBER_SIZE = 32,
};

struct value_list {
    view *items;
    uint32_t count;
    uint32_t room;
};

static view
part(view text, uint32_t from, uint32_t to)
{
    assert(from <= to);
    assert(to <= text.size);
    return (view) { text.bytes + from, to - from };
}

/* The place of `word` in the text, or its size. */
static uint32_t
find(view text, const char *word)
{
    size_t size = strlen(word);
    uint32_t at = 0;

    while (at + size <= text.size && memcmp(text.bytes + at, word, size) != 0)
        at++;
    return at + size <= text.size ? at : text.size;
}

/* --- numbers --- */

/* A decimal as millionths, and how many decimals it was written with. */
static bool
parse_decimal(view text, int64_t *ret_micro, uint32_t *decimals)
{
    uint32_t at = 0;
    uint32_t point = UINT32_MAX;
    int64_t value = 0;

    for (; at < text.size; at++) {
        uint8_t c = text.bytes[at];
        if (c == '.' && point == UINT32_MAX && at > 0) {
            point = at;
            continue;
        }
        if (c < '0' || c > '9' || value > INT64_MAX / 100000000)
            return false;
        value = value * 10 + (c - '0');
    }
    uint32_t written = point == UINT32_MAX ? 0 : at - point - 1;
    if (at == 0 || written > DECIMALS_MAX || point + 1 == at)
        return false;
    for (uint32_t i = written; i < DECIMALS_MAX; i++) {
        if (value > INT64_MAX / 10)
            return false;
        value *= 10;
    }
    if (written > *decimals)
        *decimals = written;
    *ret_micro = value;
    return true;
}

static view
format_decimal(int64_t micro, uint32_t decimals, struct arena *arena)
{
    char text[NUMBER_SIZE];
    int64_t whole = micro / 1000000;
    int64_t rest = micro % 1000000;

    for (uint32_t i = decimals; i < DECIMALS_MAX; i++)
        rest /= 10;
    if (decimals == 0)
        snprintf(text, sizeof text, "%lld", (long long)whole);
    else
        snprintf(text, sizeof text, "%lld.%0*lld", (long long)whole,
                 (int)decimals, (long long)rest);
    return arena_copy(arena, view_of(text));
}

/* FROM..TO:STEP. */
static bool
add_range(view text, struct value_list *values, struct arena *arena)
{
    uint32_t dots = find(text, "..");
    uint32_t colon = find(text, ":");
    uint32_t decimals = 0;
    int64_t from, to, step;

    if (colon == text.size || colon < dots + 2 ||
        !parse_decimal(part(text, 0, dots), &from, &decimals) ||
        !parse_decimal(part(text, dots + 2, colon), &to, &decimals) ||
        !parse_decimal(part(text, colon + 1, text.size), &step, &decimals) ||
        step <= 0 || from > to || (to - from) / step >= VARY_VALUES_MAX)
        return false;
    for (int64_t value = from; value <= to; value += step)
        *LIST_ADD(arena, values) = format_decimal(value, decimals, arena);
    return true;
}

/* --- options --- */

static bool
add_values(view text, struct value_list *values, struct arena *arena)
{
    while (text.size > 0) {
        uint32_t comma = find(text, ",");
        view value = part(text, 0, comma);
        if (value.size == 0)
            return false;
        if (find(value, "..") == value.size)
            *LIST_ADD(arena, values) = value;
        else if (!add_range(value, values, arena))
            return false;
        if (comma + 1 == text.size)
            return false;
        text = comma == text.size ? part(text, comma, comma)
                                  : part(text, comma + 1, text.size);
    }
    return values->count > 0 && values->count <= VARY_VALUES_MAX;
}

enum err
vary_parse(const char *option, struct arena *arena, struct vary_axis *ret_axis,
           struct complaint *complaint)
{
    view text = view_of(option);
    uint32_t equals = find(text, "=");
    struct value_list values = { 0 };

    if (equals == 0 || equals == text.size ||
        !add_values(part(text, equals + 1, text.size), &values, arena))
        return complain(complaint,
                        "--vary takes PATH=VALUE,... or "
                        "PATH=FROM..TO:STEP, at most %d values; found %s",
                        VARY_VALUES_MAX, err_quote(text).text);
    *ret_axis = (struct vary_axis) { .path = part(text, 0, equals),
                                     .count = values.count,
                                     .values = values.items };
    return OK;
}

uint64_t
vary_count(const struct vary_axis *axes, uint32_t count, uint64_t max)
{
    uint64_t combinations = 1;

    for (uint32_t i = 0; i < count; i++) {
        combinations *= axes[i].count;
        if (combinations > max)
            return max + 1;
    }
    return combinations;
}

/* --- the tree --- */

/* Whether the path begins with the name as a whole part; what follows. */
static bool
begins_with(view path, view name, view *ret_rest)
{
    if (name.size == 0 || name.size > path.size ||
        memcmp(path.bytes, name.bytes, name.size) != 0)
        return false;
    if (name.size == path.size) {
        *ret_rest = part(path, path.size, path.size);
        return true;
    }
    *ret_rest = part(path, name.size + 1, path.size);
    return path.bytes[name.size] == '.';
}

/* What a child of a list or a mapping is called. */
static view
name_of(const struct yaml_node *parent, const struct yaml_node *child,
        uint32_t place, char number[static NUMBER_SIZE])
{
    if (parent->kind == YAML_MAP)
        return child->key;
    const struct yaml_node *id = yaml_find(child, "id");
    if (id != NULL && id->kind == YAML_WORD)
        return id->word;
    snprintf(number, NUMBER_SIZE, "%u", place);
    return view_of(number);
}

/* The node that the path names; NULL.  Ids may have dots: the longest one that
 * fits is meant. */
static const struct yaml_node *
resolve(const struct yaml_node *node, view path)
{
    char number[NUMBER_SIZE];

    for (int depth = 0; depth < YAML_DEPTH_MAX && path.size > 0; depth++) {
        const struct yaml_node *best = NULL;
        uint32_t place = 0;
        view rest = path;
        if (node->kind != YAML_MAP && node->kind != YAML_LIST)
            return NULL;
        for (const struct yaml_node *child = node->first; child != NULL;
             child = child->next) {
            view after;
            view name = name_of(node, child, place++, number);
            if (begins_with(path, name, &after) && after.size <= rest.size) {
                best = child;
                rest = after;
            }
        }
        if (best == NULL)
            return NULL;
        node = best;
        path = rest;
    }
    return path.size == 0 ? node : NULL;
}

/* Where that line and column (in characters) begins. */
static uint32_t
offset_of(view file, struct mistake_place place)
{
    uint32_t at = (uint32_t)(mistake_line(file, place.line).bytes - file.bytes);

    for (uint32_t column = 1; column < place.column && at < file.size; column++)
        do
            at++;
        while (at < file.size && (file.bytes[at] & 0xc0) == 0x80);
    return at;
}

/* --- variants --- */

struct edit {
    uint32_t from;
    uint32_t to;
    view value;
};

static enum err
find_edit(view file, const struct yaml_node *root, const struct vary_axis *axis,
          view value, struct edit *ret_edit, struct complaint *complaint)
{
    const struct yaml_node *node = resolve(root, axis->path);

    if (node == NULL || node->kind != YAML_WORD || !node->plain)
        return complain(complaint,
                        "--vary %.*s: the file has no plain value there; "
                        "expected a path such as earn.base.points",
                        (int)axis->path.size, axis->path.bytes);
    uint32_t from = offset_of(file, node->place);
    uint32_t to = from + node->word.size;
    if (to > file.size || !view_equal(part(file, from, to), node->word))
        return complain(complaint,
                        "--vary %.*s: a value over several lines can't be "
                        "varied",
                        (int)axis->path.size, axis->path.bytes);
    *ret_edit = (struct edit) { from, to, value };
    return OK;
}

/* In the order of the file. */
static void
sort_edits(struct edit *edits, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        struct edit edit = edits[i];
        uint32_t at = i;
        for (; at > 0 && edits[at - 1].from > edit.from; at--)
            edits[at] = edits[at - 1];
        edits[at] = edit;
    }
}

static view
apply(view file, const struct edit *edits, uint32_t count, struct arena *arena)
{
    struct value_list parts = { 0 };
    uint32_t size = 0, at = 0;

    for (uint32_t i = 0; i < count; i++) {
        *LIST_ADD(arena, &parts) = part(file, at, edits[i].from);
        *LIST_ADD(arena, &parts) = edits[i].value;
        at = edits[i].to;
    }
    *LIST_ADD(arena, &parts) = part(file, at, file.size);
    for (uint32_t i = 0; i < parts.count; i++)
        size += parts.items[i].size;
    uint8_t *bytes = arena_take(arena, size);
    uint32_t done = 0;
    for (uint32_t i = 0; i < parts.count; i++) {
        if (parts.items[i].size > 0)
            memcpy(bytes + done, parts.items[i].bytes, parts.items[i].size);
        done += parts.items[i].size;
    }
    return (view) { bytes, size };
}

static view
join_names(const struct vary_axis *axes, const view *values, uint32_t count,
           struct arena *arena)
{
    uint32_t size = 0, done = 0;

    for (uint32_t i = 0; i < count; i++)
        size += axes[i].path.size + values[i].size + 2;
    char *name = arena_take(arena, size + 1);
    for (uint32_t i = 0; i < count; i++)
        done += (uint32_t)snprintf(name + done, size + 1 - done, "%s%.*s=%.*s",
                                   i > 0 ? " " : "", (int)axes[i].path.size,
                                   axes[i].path.bytes, (int)values[i].size,
                                   values[i].bytes);
    return view_of(name);
}

enum err
vary_make(view file, const struct vary_axis *axes, uint32_t count,
          uint64_t index, struct arena *arena, struct variant *ret_variant,
          struct complaint *complaint)
{
    struct mistakes *mistakes = ARENA_NEW(arena, struct mistakes, 1);
    const struct yaml_node *root;
    struct edit edits[VARY_AXES_MAX];
    view values[VARY_AXES_MAX];

    assert(count <= VARY_AXES_MAX);
    enum err err = yaml_read(file, arena, mistakes, &root);
    for (uint32_t i = count; i-- > 0 && err == OK;) {
        values[i] = axes[i].values[index % axes[i].count];
        index /= axes[i].count;
        err = find_edit(file, root, &axes[i], values[i], &edits[i], complaint);
    }
    if (err != OK)
        return err;
    sort_edits(edits, count);
    for (uint32_t i = 1; i < count; i++)
        if (edits[i].from == edits[i - 1].from)
            return complain(complaint, "--vary names the same value twice");
    ret_variant->file = apply(file, edits, count, arena);
    ret_variant->name = join_names(axes, values, count, arena);
    return OK;
}
