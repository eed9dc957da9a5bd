#include "core/program_diff.h"

#include "core/program_words.h"

/* An entry that says nothing, which an added one is described against; some
 * mappings fill fields of the program itself. */
union blank {
    struct program program;
    struct earn_rule rule;
};

struct diff {
    struct text *text;
    struct text path; /* "earn.base" */
    uint32_t count;   /* of lines */
    bool describing;  /* what is new is told in words within one line */
};

/* ---- lines -------------------------------------------------------------- */

static void
push_path(struct diff *diff, const char *name)
{
    if (diff->path.size > 0)
        text_char(&diff->path, '.');
    text_string(&diff->path, name);
}

static void
separate(struct diff *diff)
{
    assert(diff->describing);
    if (diff->text->size > 0)
        text_string(diff->text, ", ");
}

/* What stands before the change itself: "earn.base: points ", or within a
 * description "points ". */
static void
begin_change(struct diff *diff, const char *key)
{
    if (diff->describing) {
        separate(diff);
        text_format(diff->text, "%s ", key);
        return;
    }
    text_view_append(diff->text, text_view(&diff->path));
    text_format(diff->text, diff->path.size > 0 ? ": %s " : "%s: ", key);
    diff->count++;
}

static void
end_change(struct diff *diff)
{
    if (!diff->describing)
        text_char(diff->text, '\n');
}

static void
write_line(struct diff *diff, const char *what)
{
    text_view_append(diff->text, text_view(&diff->path));
    text_format(diff->text, ": %s", what);
    diff->count++;
}

/* A description has what an entry must say, and what is not the default. */
static void
diff_value(struct diff *diff, const struct grammar_key *key,
           struct program_part old, struct program_part new)
{
    bool is_long = key->kind == GRAMMAR_EVENTS || key->kind == GRAMMAR_EXPECT;
    struct text before = { 0 }, after = { 0 };

    program_words_value(&before, key, old);
    program_words_value(&after, key, new);
    bool same = view_equal(text_view(&before), text_view(&after));
    if (diff->describing && !is_long && (key->required || !same)) {
        begin_change(diff, key->name);
        text_view_append(diff->text, text_view(&after));
    } else if (!diff->describing && !same) {
        begin_change(diff, key->name);
        text_view_append(diff->text,
                         is_long ? view_of("changed") : text_view(&before));
        text_string(diff->text, is_long ? "" : " -> ");
        text_view_append(diff->text,
                         is_long ? (view) { 0 } : text_view(&after));
        end_change(diff);
    }
    text_close(&before);
    text_close(&after);
}

/* "+12 -30-31": what came and what went, or of a new entry what there is. */
static void
diff_set(struct diff *diff, const struct grammar_key *key,
         struct program_part old, struct program_part new)
{
    struct text change = { 0 };

    program_words_missing(&change, key, new, old, diff->describing ? "" : "+");
    program_words_missing(&change, key, old, new, "-");
    if (change.size > 0) {
        begin_change(diff, key->name);
        text_bytes(diff->text, change.bytes, change.size - 1);
        end_change(diff);
    }
    text_close(&change);
}

/* ---- mappings and lists ------------------------------------------------- */

static void diff_map(struct diff *diff, const struct grammar_map *map,
                     struct program_part old, struct program_part new);

static const struct grammar_key *
name_key(const struct grammar_map *map)
{
    const struct grammar_key *first = &map->keys[0];
    bool named = first->required &&
                 (first->kind == GRAMMAR_NAME || first->kind == GRAMMAR_LABEL);

    return named ? first : NULL;
}

struct entries {
    const struct grammar_map *map;
    const uint8_t *first;
    uint32_t count;
};

static struct entries
entries_of(const struct grammar_key *key, struct program_part side)
{
    struct entries entries = { .map = key->map };

    entries.first = grammar_get_pointer(side.base, key->field);
    entries.count = (uint32_t)grammar_get(side.base, key->second);
    return entries;
}

static const uint8_t *
entry_at(const struct entries *entries, uint32_t index)
{
    assert(index < entries->count);
    return entries->first + (size_t)index * entries->map->size;
}

/* The index of the entry of that name, tried first where it stood; or the
 * place itself where entries have no names.  `count`: there is none. */
static uint32_t
find_entry(const struct entries *entries, const uint8_t *wanted, uint32_t index)
{
    const struct grammar_key *key = name_key(entries->map);

    if (key == NULL)
        return index < entries->count ? index : entries->count;
    view name = grammar_get_view(wanted, key->field);
    if (index < entries->count &&
        view_equal(grammar_get_view(entry_at(entries, index), key->field),
                   name))
        return index;
    uint32_t found = 0;
    while (found < entries->count &&
           !view_equal(grammar_get_view(entry_at(entries, found), key->field),
                       name))
        found++;
    return found;
}

/* "silver", or "0" where entries have no names. */
static void
write_entry_name(struct text *text, const struct entries *entries,
                 uint32_t index)
{
    const struct grammar_key *key = name_key(entries->map);

    if (key == NULL)
        text_unsigned(text, index);
    else
        program_words_name(
            text, key, grammar_get_view(entry_at(entries, index), key->field));
}

/* Where entries are tried one after the other their order says something. */
static void
diff_order(struct diff *diff, const struct grammar_key *key,
           const struct entries *before, const struct entries *after)
{
    bool matters = key->list == GRAMMAR_RULES || key->list == GRAMMAR_STAMPS ||
                   key->list == GRAMMAR_SPEND_REWARDS;
    uint32_t reached = 0;
    bool changed = false;

    if (!matters)
        return;
    for (uint32_t i = 0; i < after->count && !changed; i++) {
        uint32_t found = find_entry(before, entry_at(after, i), i);
        if (found == before->count)
            continue;
        changed = found < reached;
        reached = found;
    }
    if (!changed)
        return;
    write_line(diff, "order is now");
    for (uint32_t i = 0; i < after->count; i++) {
        text_string(diff->text, i == 0 ? " " : ", ");
        text_view_append(
            diff->text,
            grammar_get_view(entry_at(after, i), name_key(key->map)->field));
    }
    text_char(diff->text, '\n');
}

/* What an entry or a mapping says that is new, in words: a line of its own, or
 * in brackets within the line of what it belongs to. */
static void
describe(struct diff *diff, const struct grammar_map *map, view name,
         struct program_part new)
{
    union blank blank = { 0 };
    struct text *outer = diff->text;
    struct text words = { 0 };
    bool nested = diff->describing;

    assert(map->size <= sizeof blank);
    grammar_fill_defaults(map, &blank);
    diff->text = &words;
    diff->describing = true;
    diff_map(diff, map, (struct program_part) { new.program, &blank }, new);
    diff->text = outer;
    diff->describing = nested;
    if (!nested) {
        write_line(diff, words.size > 0 ? "added: " : "added");
        text_view_append(outer, text_view(&words));
        text_char(outer, '\n');
    } else if (words.size > 0 || map->size > 0) {
        separate(diff);
        text_view_append(outer, name);
        text_string(outer, words.size > 0 ? " (" : "");
        text_view_append(outer, text_view(&words));
        text_string(outer, words.size > 0 ? ")" : "");
    }
    text_close(&words);
}

static void
diff_removed(struct diff *diff, const struct entries *before,
             const struct entries *after)
{
    for (uint32_t i = 0; i < before->count; i++) {
        size_t outer = diff->path.size;
        if (find_entry(after, entry_at(before, i), i) < after->count)
            continue;
        text_char(&diff->path, '.');
        write_entry_name(&diff->path, before, i);
        write_line(diff, "removed\n");
        diff->path.size = outer;
    }
}

static void
diff_list(struct diff *diff, const struct grammar_key *key,
          struct program_part old, struct program_part new)
{
    struct entries before = entries_of(key, old), after = entries_of(key, new);
    size_t outer = diff->path.size;

    push_path(diff, key->name);
    diff_removed(diff, &before, &after);
    for (uint32_t i = 0; i < after.count; i++) {
        uint32_t found = find_entry(&before, entry_at(&after, i), i);
        struct program_part entry = { new.program, entry_at(&after, i) };
        struct text name = { 0 };
        size_t inner = diff->path.size;
        text_format(&name, "%s.", key->name);
        write_entry_name(&name, &after, i);
        text_char(&diff->path, '.');
        write_entry_name(&diff->path, &after, i);
        if (found == before.count)
            describe(diff, key->map, text_view(&name), entry);
        else
            diff_map(
                diff, key->map,
                (struct program_part) { old.program, entry_at(&before, found) },
                entry);
        diff->path.size = inner;
        text_close(&name);
    }
    diff_order(diff, key, &before, &after);
    diff->path.size = outer;
}

/* The side as it is for the key at `index`: without a base where the key was
 * left out. */
static struct program_part
side_of(const struct grammar_map *map, uint32_t index, struct program_part side)
{
    const struct grammar_key *key = &map->keys[index];

    if (map->given.size > 0 &&
        (grammar_get(side.base, map->given) >> index & 1) == 0)
        return (struct program_part) { side.program, NULL };
    if (key->kind != GRAMMAR_MAP)
        return side;
    side.base = (const uint8_t *)side.base + key->field.offset;
    if (key->map->present.size > 0 &&
        grammar_get(side.base, key->map->present) == 0)
        side.base = NULL;
    return side;
}

static void
diff_inner(struct diff *diff, const struct grammar_key *key,
           struct program_part old, struct program_part new)
{
    size_t outer = diff->path.size;

    if (old.base == NULL && new.base == NULL)
        return;
    push_path(diff, key->name);
    if (new.base == NULL)
        write_line(diff, "removed\n");
    else if (old.base == NULL || diff->describing)
        describe(diff, key->map, view_of(key->name), new);
    else
        diff_map(diff, key->map, old, new);
    diff->path.size = outer;
}

/* The recursion follows the tables, which are four deep. */
static void
diff_map(struct diff *diff, const struct grammar_map *map,
         struct program_part old, struct program_part new)
{
    for (uint32_t i = 0; i < map->count; i++) {
        const struct grammar_key *key = &map->keys[i];
        struct program_part before = side_of(map, i, old);
        struct program_part after = side_of(map, i, new);
        if (diff->describing && key == name_key(map))
            continue;
        if (key->kind == GRAMMAR_MAP)
            diff_inner(diff, key, before, after);
        else if (key->kind == GRAMMAR_LIST)
            diff_list(diff, key, before, after);
        else if (key->kind == GRAMMAR_STORES || program_words_is_set(key))
            diff_set(diff, key, before, after);
        else
            diff_value(diff, key, before, after);
    }
}

uint32_t
program_diff_write(const struct program *old, const struct program *new,
                   struct text *text)
{
    struct diff diff = { .text = text };

    diff_map(&diff, &grammar_program, (struct program_part) { old, old },
             (struct program_part) { new, new });
    text_close(&diff.path);
    return diff.count;
}
