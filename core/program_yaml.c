#include "core/program_yaml.h"

#include "core/program_check.h"
#include "core/program_value.h"

#include <string.h>

enum {
    ROOM_PER_BYTE = 64,              /* of lists of small values */
    ROOM_PER_ENTRY = 256,            /* of lists of mappings, for each byte, */
    ROOM_ENTRIES_MAX = 16 * 1048576, /* which are bounded in number */
};

static_assert(sizeof(struct earn_rule) <= 2 * ROOM_PER_ENTRY,
              "the largest entry, which takes two bytes of the file");

size_t
program_yaml_room(uint32_t size)
{
    size_t entries = (size_t)size * ROOM_PER_ENTRY;

    if (entries > ROOM_ENTRIES_MAX)
        entries = ROOM_ENTRIES_MAX;
    return (size_t)size * ROOM_PER_BYTE + entries + program_stores_room(size) +
           sizeof(struct program) + 65536;
}

/* What is needed while a file is read: the tree, the ids, the lists of stores,
 * and the largest event of a test. */
static size_t
scratch_room(uint32_t size)
{
    enum { EVENT_ROOM = 8 * 1048576 };

    return yaml_room(size) + (size_t)size * ROOM_PER_BYTE +
           2 * program_check_room(size) + EVENT_ROOM;
}

/* In braces a decimal comma begins another key: {min_total: 10,50}. */
static bool
is_half_number(const struct yaml_node *node)
{
    return node->key.size > 0 && node->key.bytes[0] >= '0' &&
           node->key.bytes[0] <= '9';
}

static void
tell_unknown(struct program_reader *reader, const struct grammar_map *map,
             const char *where, const struct yaml_node *node)
{
    struct mistake_guess guess = mistake_guess_start(node->key);
    struct mistake_quote found, meant;

    for (uint32_t i = 0; i < map->count; i++)
        mistake_guess_offer(&guess, view_of(map->keys[i].name));
    mistakes_add(reader->mistakes, node->key_place, "unknown key %s in %s%s",
                 mistake_quote(node->key, &found), where,
                 is_half_number(node)
                     ? "; decimals are written with a point, as 10.50"
                     : mistake_guess_words(&guess, &meant));
}

static void read_key(struct program_reader *reader,
                     const struct grammar_key *key,
                     const struct yaml_node *node, void *base);

/* The keys of a mapping into the struct at `base`.  The recursion follows the
 * tables, which are four deep. */
static void
read_map(struct program_reader *reader, const struct grammar_map *map,
         const char *where, const struct yaml_node *node, void *base)
{
    uint32_t given = 0;

    static_assert(CONDITION_COUNT <= 32, "a bit for each key of a mapping");
    assert(map->count <= 32);
    for (const struct yaml_node *child = node->first; child != NULL;
         child = child->next) {
        const struct grammar_key *key = grammar_find(map, child->key);
        if (key == NULL) {
            tell_unknown(reader, map, where, child);
            continue;
        }
        given |= 1u << (key - map->keys);
        read_key(reader, key, child, base);
    }
    for (uint32_t i = 0; i < map->count; i++)
        if (map->keys[i].required && (given >> i & 1) == 0)
            mistakes_add(reader->mistakes, node->place,
                         "missing key \"%s\" in %s", map->keys[i].name, where);
    if (map->given.size > 0)
        grammar_set(base, map->given, given);
}

/* A mapping at a key, or an entry of a list. */
static void
read_entry(struct program_reader *reader, const struct grammar_key *key,
           const struct yaml_node *node, void *base)
{
    bool listed = key->kind == GRAMMAR_LIST;
    const char *where = listed ? key->map->title : key->name;
    struct mistake_quote quote;

    grammar_fill_defaults(key->map, base);
    if (node->kind == YAML_MAP) {
        if (key->map->present.size == 1)
            grammar_set(base, key->map->present, true);
        read_map(reader, key->map, where, node, base);
    } else if (node->kind != YAML_WRONG) {
        mistakes_add(reader->mistakes, node->place,
                     "%s: expected %s%sa mapping, found %s", key->name,
                     listed ? where : "", listed ? " as " : "",
                     yaml_found(node, &quote));
    }
}

static void
read_list(struct program_reader *reader, const struct grammar_key *key,
          const struct yaml_node *list, void *base)
{
    if (!program_value_is_list(reader, key, list))
        return;
    uint8_t *entries =
        arena_take(reader->arena, (size_t)list->count * key->map->size);
    uint8_t *entry = entries;
    for (const struct yaml_node *node = list->first; node != NULL;
         node = node->next, entry += key->map->size)
        read_entry(reader, key, node, entry);
    grammar_set_pointer(base, key->field, entries);
    grammar_set(base, key->second, list->count);
}

static void
read_key(struct program_reader *reader, const struct grammar_key *key,
         const struct yaml_node *node, void *base)
{
    if (key->kind == GRAMMAR_MAP)
        read_entry(reader, key, node, (uint8_t *)base + key->field.offset);
    else if (key->kind == GRAMMAR_LIST)
        read_list(reader, key, node, base);
    else
        program_value_read(reader, key, node, base);
}

/* From the keys, not the values: one that could not be read must not make
 * other rules look wrong. */
static enum earn_shape
shape_of(const struct yaml_node *rule)
{
    const struct yaml_node *per = yaml_find(rule, "per");

    if (yaml_find(rule, "multiply") != NULL)
        return EARN_MULTIPLY;
    if (per == NULL)
        return EARN_FIXED;
    return view_equal(per->word, view_of("item")) ? EARN_PER_ITEM
                                                  : EARN_PER_AMOUNT;
}

/* What follows from the keys of all rules: their shapes, and which rule is
 * multiplied where one does not say. */
static void
finish_rules(struct program *program, const struct yaml_node *list)
{
    struct earn_rule *rules = (struct earn_rule *)program->earn;
    int32_t per_rule = PROGRAM_NONE;
    uint32_t place = 0;

    if (program->earn_count == 0)
        return;
    for (const struct yaml_node *node = list->first; node != NULL;
         node = node->next, place++) {
        rules[place].shape = shape_of(node);
        if (rules[place].shape == EARN_PER_AMOUNT && per_rule == PROGRAM_NONE)
            per_rule = (int32_t)place;
    }
    assert(place == program->earn_count);
    for (place = 0; place < program->earn_count; place++)
        if (rules[place].shape == EARN_MULTIPLY &&
            rules[place].of == PROGRAM_NONE)
            rules[place].of = per_rule;
}

static void
finish_tests(struct program *program, const struct yaml_node *list)
{
    struct program_test *tests = (struct program_test *)program->tests;

    if (program->test_count == 0)
        return;
    for (const struct yaml_node *node = list->first; node != NULL;
         node = node->next)
        (tests++)->line = node->place.line;
    assert(tests == program->tests + program->test_count);
}

static void
keep_groups(struct program_reader *reader, struct program *program)
{
    view *names = ARENA_NEW(reader->arena, view, reader->group_count);

    memcpy(names, reader->groups, sizeof names[0] * reader->group_count);
    program->earn_groups = (struct name_list) { names, reader->group_count };
}

/* The tree is a mapping: the program with all its mistakes. */
static const struct program *
read_program(struct program_reader *reader, const struct yaml_node *root)
{
    struct program *program = ARENA_NEW(reader->arena, struct program, 1);

    reader->groups = ARENA_NEW(reader->scratch, view, LIMIT_EARN_RULES);
    program_ids_collect(&reader->ids, root, reader->scratch, reader->mistakes);
    reader->stores = (struct program_stores) {
        .arena = reader->arena,
        .scratch = reader->scratch,
        .mistakes = reader->mistakes,
        .ids = &reader->ids,
    };
    program_stores_open(&reader->stores, root);
    grammar_fill_defaults(&grammar_program, program);
    read_map(reader, &grammar_program, "the program", root, program);
    keep_groups(reader, program);
    finish_rules(program, yaml_find(root, "earn"));
    finish_tests(program, yaml_find(root, "tests"));
    program_check(program, root, *reader->scratch, reader->mistakes);
    return program;
}

static enum err
check_zone(struct program_reader *reader, const struct program *program,
           const struct yaml_node *root, struct zone *ret_zone)
{
    const struct yaml_node *node = yaml_find(root, "timezone");
    struct mistake_quote quote;

    if (program->timezone.size == 0)
        return OK; /* told already */
    enum err err = zone_load(program->timezone, reader->arena, ret_zone);
    if (err != ERR_NOT_FOUND && err != ERR_INPUT)
        return err;
    mistakes_add(reader->mistakes, node->place,
                 "timezone: expected a name that the tz database of this "
                 "machine knows, such as Europe/Helsinki, found %s",
                 yaml_found(node, &quote));
    return OK;
}

static enum err
read_bytes(view bytes, struct program_reader *reader,
           const struct program **ret_program, struct zone *ret_zone)
{
    const struct yaml_node *root;
    struct mistake_quote quote;
    enum err err = yaml_read(bytes, reader->scratch, reader->mistakes, &root);

    if (err != OK)
        return err;
    if (root->kind != YAML_MAP) {
        mistakes_add(reader->mistakes, root->place,
                     "expected a program, which is YAML with keys like "
                     "program, currency and earn (leima rules schema tells "
                     "all), found %s",
                     yaml_found(root, &quote));
        return ERR_INPUT;
    }
    const struct program *program = read_program(reader, root);
    if (ret_zone != NULL)
        err = check_zone(reader, program, root, ret_zone);
    if (err != OK)
        return err;
    if (reader->mistakes->total > 0)
        return ERR_INPUT;
    *ret_program = program;
    return OK;
}

static enum err
read_file(view bytes, struct arena *arena, struct mistakes *mistakes,
          const struct program **ret_program, struct zone *ret_zone)
{
    struct arena saved = *arena;
    struct arena scratch;

    mistakes->count = 0;
    mistakes->total = 0;
    if (bytes.size > LIMIT_PROGRAM_SIZE) {
        mistakes_add(mistakes, (struct mistake_place) { 1, 1 },
                     "expected a file of at most %d bytes, found %u",
                     LIMIT_PROGRAM_SIZE, bytes.size);
        return ERR_INPUT;
    }
    assert((size_t)(arena->end - arena->next) >= program_yaml_room(bytes.size));
    if (!arena_open(&scratch, scratch_room(bytes.size)))
        return ERR_MEMORY;
    struct program_reader reader = {
        .arena = arena,
        .scratch = &scratch,
        .mistakes = mistakes,
    };
    enum err err = read_bytes(bytes, &reader, ret_program, ret_zone);
    if (err != OK)
        *arena = saved;
    mistakes_sort(mistakes);
    arena_close(&scratch);
    assert((err == ERR_INPUT) == (mistakes->total > 0) || err == ERR_MEMORY ||
           err == ERR_IO);
    return err;
}

enum err
program_yaml_read(view bytes, struct arena *arena, struct mistakes *mistakes,
                  const struct program **ret_program)
{
    return read_file(bytes, arena, mistakes, ret_program, NULL);
}

enum err
program_yaml_check(view bytes, struct arena *arena, struct mistakes *mistakes,
                   const struct program **ret_program, struct zone *ret_zone)
{
    assert(ret_zone != NULL);
    return read_file(bytes, arena, mistakes, ret_program, ret_zone);
}
