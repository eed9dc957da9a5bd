#include "tools/mapping_file.h"

#include "core/yaml.h"

#include <string.h>

#define KIND(name) (UINT32_C(1) << EVENT_##name)
#define RECEIPTS (KIND(PURCHASE) | KIND(RETURN))
#define ALL UINT32_MAX

static const struct mapping_field FIELDS[] = {
    { "at", MAPPING_TIME, ALL },
    { "store", MAPPING_INTEGER, ALL },
    { "member", MAPPING_INTEGER, ALL },
    { "bearer", MAPPING_CODE, ALL },
    { "id", MAPPING_CODE, ALL },
    { "till", MAPPING_CODE, ALL },
    { "cashier", MAPPING_CODE, ALL },
    { "entry", MAPPING_NAME, ALL },
    { "home_store", MAPPING_INTEGER, KIND(JOIN) },
    { "referrer", MAPPING_INTEGER, KIND(JOIN) },
    /* A return made of rows is a blind one and names no receipt. */
    { "receipt", MAPPING_CODE, KIND(PURCHASE) | KIND(REDEEM) },
    { "total", MAPPING_MONEY, RECEIPTS },
    { "off", MAPPING_MONEY, RECEIPTS },
    { "voids", MAPPING_CODE, KIND(VOID) },
    { "voids_id", MAPPING_CODE, KIND(VOID) },
    { "card", MAPPING_NAME, KIND(STAMP) },
    { "count", MAPPING_INTEGER, KIND(STAMP) | KIND(GRANT) },
    { "points", MAPPING_INTEGER, KIND(REDEEM) | KIND(REVERSE) | KIND(ADJUST) },
    { "reward", MAPPING_NAME, KIND(REDEEM) | KIND(GRANT) },
    { "value", MAPPING_MONEY, KIND(REDEEM) },
    { "redemption", MAPPING_CODE, KIND(REVERSE) },
    { "channel", MAPPING_NAME, KIND(CONSENT) },
    { "granted", MAPPING_BOOL, KIND(CONSENT) },
    { "source", MAPPING_TEXT, KIND(CONSENT) },
    { "text", MAPPING_TEXT, KIND(CONSENT) },
    { "name", MAPPING_NAME, KIND(ACTIVITY) },
    { "reason", MAPPING_TEXT, KIND(VOID) | KIND(GRANT) | KIND(ADJUST) },
    { "by", MAPPING_TEXT, KIND(VOID) | KIND(ADJUST) },
    { "expires_on", MAPPING_DAY, KIND(ADJUST) },
    { "pass", MAPPING_NAME, KIND(PASS_SALE) | KIND(PASS_USE) },
    { "price", MAPPING_MONEY, KIND(PASS_SALE) },
};
static_assert(COUNT_OF(FIELDS) == MAPPING_FIELD_COUNT, "a place for each");

/* One reading. */
struct reader {
    struct mapping *mapping;
    struct arena *arena;
    struct mistakes *mistakes;
    enum err err; /* of the machine: then it is not the file that is wrong */
};

const struct mapping_field *
mapping_file_field(uint32_t index)
{
    assert(index < MAPPING_FIELD_COUNT);
    return &FIELDS[index];
}

uint32_t
mapping_file_find(const char *name)
{
    uint32_t index = 0;

    while (strcmp(FIELDS[index].name, name) != 0) {
        index++;
        assert(index < MAPPING_FIELD_COUNT);
    }
    return index;
}

/* --- small things ------------------------------------------------------- */

static void
expected(struct reader *reader, const struct yaml_node *node, const char *what)
{
    struct mistake_quote quote;

    mistakes_add(reader->mistakes, node->place, "expected %s, found %s", what,
                 yaml_found(node, &quote));
}

static bool
is_word(struct reader *reader, const struct yaml_node *node, const char *what)
{
    if (node->kind == YAML_WORD)
        return true;
    expected(reader, node, what);
    return false;
}

static bool
is_map(struct reader *reader, const struct yaml_node *node)
{
    if (node->kind == YAML_MAP)
        return true;
    expected(reader, node, "a mapping");
    return false;
}

/* Tells each key that is not among `keys`, which ends with NULL. */
static void
check_keys(struct reader *reader, const struct yaml_node *map,
           const char *const *keys)
{
    for (const struct yaml_node *node = map->first; node != NULL;
         node = node->next) {
        struct mistake_guess guess = mistake_guess_start(node->key);
        bool known = false;
        for (uint32_t i = 0; keys[i] != NULL && !known; i++) {
            mistake_guess_offer(&guess, view_of(keys[i]));
            known = view_equal(node->key, view_of(keys[i]));
        }
        struct mistake_quote quote;
        struct mistake_quote meant;
        if (!known)
            mistakes_add(reader->mistakes, node->key_place, "unknown key %s%s",
                         mistake_quote(node->key, &quote),
                         mistake_guess_words(&guess, &meant));
    }
}

static const char *
to_string(struct reader *reader, view text)
{
    char *string = arena_take(reader->arena, (size_t)text.size + 1);

    if (text.size > 0)
        memcpy(string, text.bytes, text.size);
    return string;
}

static void
read_words(struct reader *reader, const struct yaml_node *node,
           const view **ret_words, uint32_t *ret_count)
{
    if (node == NULL)
        return;
    if (node->kind != YAML_LIST) {
        expected(reader, node, "a list");
        return;
    }
    view *words = ARENA_NEW(reader->arena, view, node->count + 1);
    uint32_t count = 0;
    for (const struct yaml_node *n = node->first; n != NULL; n = n->next)
        if (is_word(reader, n, "a text"))
            words[count++] = n->word;
    *ret_words = words;
    *ret_count = count;
}

static void
read_translations(struct reader *reader, const struct yaml_node *node,
                  const struct translation **ret_list, uint32_t *ret_count)
{
    if (node == NULL || !is_map(reader, node))
        return;
    struct translation *list =
        ARENA_NEW(reader->arena, struct translation, node->count + 1);
    uint32_t count = 0;
    for (const struct yaml_node *n = node->first; n != NULL; n = n->next)
        if (is_word(reader, n, "a text"))
            list[count++] = (struct translation) { n->key, n->word };
    *ret_list = list;
    *ret_count = count;
}

/* --- columns and templates ---------------------------------------------- */

static int32_t
find_side(const struct mapping *mapping, view name)
{
    for (uint32_t i = 0; i < mapping->side_count; i++)
        if (view_equal(mapping->sides[i].name, name))
            return (int32_t)i;
    return -1;
}

/* The place of a column, `side.column` too; it is added if it is new. */
static int32_t
column_of(struct reader *reader, view name, struct mistake_place place)
{
    struct mapping *mapping = reader->mapping;
    struct mapping_column column = { name, -1 };
    const uint8_t *dot =
        name.size == 0 ? NULL : memchr(name.bytes, '.', name.size);

    if (dot != NULL) {
        uint32_t size = (uint32_t)(dot - name.bytes);
        column.side = find_side(mapping, (view) { name.bytes, size });
        if (column.side >= 0)
            column.name = (view) { dot + 1, name.size - size - 1 };
    }
    for (uint32_t i = 0; i < mapping->column_count; i++)
        if (view_equal(mapping->columns[i].name, column.name) &&
            mapping->columns[i].side == column.side)
            return (int32_t)i;
    if (mapping->column_count == MAPPING_COLUMNS_MAX) {
        mistakes_add(reader->mistakes, place, "more than %d columns are used",
                     MAPPING_COLUMNS_MAX);
        return 0;
    }
    mapping->columns[mapping->column_count] = column;
    return (int32_t)mapping->column_count++;
}

/* Takes the text apart at its holes. */
static struct template read_template(struct reader *reader,
                                     const struct yaml_node *node)
{
    view text = node->word;
    struct template template = { 0 };
    struct template_piece *pieces =
        ARENA_NEW(reader->arena, struct template_piece, text.size / 2 + 1);
    uint32_t start = 0;

    for (uint32_t i = 0; i < text.size; i++) {
        if (text.bytes[i] != '{')
            continue;
        const uint8_t *end = memchr(text.bytes + i, '}', text.size - i);
        if (end == NULL) {
            mistakes_add(reader->mistakes, node->place,
                         "expected a } behind the name of a column");
            break;
        }
        view name = { text.bytes + i + 1,
                      (uint32_t)(end - text.bytes) - i - 1 };
        pieces[template.count++] = (struct template_piece) {
            { text.bytes + start, i - start },
            view_equal(name, view_of("#"))
                ? MAPPING_COLUMN_NTH
                : column_of(reader, name, node->place),
        };
        i = (uint32_t)(end - text.bytes);
        start = i + 1;
    }
    if (start < text.size || template.count == 0)
        pieces[template.count++] = (struct template_piece) {
            { start == 0 ? text.bytes : text.bytes + start, text.size - start },
            -1
        };
    template.pieces = pieces;
    return template;
}

static struct template read_text(struct reader *reader,
                                 const struct yaml_node *node)
{
    if (!is_word(reader, node, "a text with {Column} in it"))
        return (struct template) { 0 };
    return read_template(reader, node);
}

/* A column given by its bare name. */
static int32_t
read_column(struct reader *reader, const struct yaml_node *node)
{
    if (!is_word(reader, node, "the name of a column"))
        return 0;
    return column_of(reader, node->word, node->place);
}

static struct mapping_value
read_value(struct reader *reader, const struct yaml_node *node)
{
    static const char *const KEYS[] = { "from", "missing", "values", NULL };
    struct mapping_value value = { 0 };

    if (node->kind != YAML_MAP) {
        value.text = read_text(reader, node);
        return value;
    }
    check_keys(reader, node, KEYS);
    const struct yaml_node *from = yaml_find(node, "from");
    if (from == NULL)
        mistakes_add(reader->mistakes, node->place, "missing key \"from\"");
    else
        value.text = read_text(reader, from);
    read_words(reader, yaml_find(node, "missing"), &value.missing,
               &value.missing_count);
    read_translations(reader, yaml_find(node, "values"), &value.values,
                      &value.value_count);
    return value;
}

/* --- how the file is written -------------------------------------------- */

static void
read_widths(struct reader *reader, const struct yaml_node *node)
{
    if (node->kind != YAML_LIST || node->count == 0) {
        expected(reader, node, "a list of widths");
        return;
    }
    uint32_t *widths = ARENA_NEW(reader->arena, uint32_t, node->count);
    uint32_t count = 0;
    for (const struct yaml_node *n = node->first; n != NULL; n = n->next) {
        int64_t width = 0;
        if (n->kind != YAML_WORD || !cell_integer(n->word, &width) ||
            width < 1 || width > CSV_ROW_SIZE_MAX)
            expected(reader, n, "a width from 1 on");
        widths[count++] = (uint32_t)width;
    }
    reader->mapping->widths = widths;
    reader->mapping->width_count = count;
}

static char
read_mark(struct reader *reader, const struct yaml_node *node)
{
    if (node->kind == YAML_WORD && view_equal(node->word, view_of("tab")))
        return '\t';
    if (node->kind == YAML_WORD && node->word.size == 1 &&
        node->word.bytes[0] != '"' && node->word.bytes[0] != '\n')
        return (char)node->word.bytes[0];
    expected(reader, node, "one character (or tab)");
    return ',';
}

static void
read_layout(struct reader *reader, const struct yaml_node *root)
{
    struct mapping *mapping = reader->mapping;
    const struct yaml_node *delimiter = yaml_find(root, "delimiter");
    const struct yaml_node *layout = yaml_find(root, "layout");
    const struct yaml_node *widths = yaml_find(root, "widths");
    const struct yaml_node *columns = yaml_find(root, "columns");

    mapping->delimiter = ',';
    if ((delimiter != NULL) + (layout != NULL) + (widths != NULL) > 1)
        mistakes_add(reader->mistakes, root->place,
                     "expected one of delimiter, layout and widths");
    if (delimiter != NULL)
        mapping->delimiter = read_mark(reader, delimiter);
    if (layout != NULL) {
        if (layout->kind != YAML_WORD ||
            !view_equal(layout->word, view_of("blanks")))
            expected(reader, layout, "blanks");
        mapping->delimiter = 0;
    }
    if (widths != NULL) {
        mapping->delimiter = 0;
        read_widths(reader, widths);
    }
    if (columns != NULL)
        read_words(reader, columns, &mapping->heading, &mapping->heading_count);
    if (mapping->heading_count > CSV_COLUMNS_MAX)
        mistakes_add(reader->mistakes, columns->place, "more than %d columns",
                     CSV_COLUMNS_MAX);
}

static void
read_zone(struct reader *reader, const struct yaml_node *node)
{
    static const struct zone_transition NEVER[] = { { INT64_MIN, 0 } };
    struct mapping *mapping = reader->mapping;

    mapping->zone = (struct zone) { .name = view_of("UTC"),
                                    .count = 1,
                                    .transitions = NEVER };
    mapping->clock.zone = &mapping->zone;
    if (node == NULL || !is_word(reader, node, "the name of a time zone"))
        return;
    enum err err = zone_load(node->word, reader->arena, &mapping->zone);
    if (err == ERR_NOT_FOUND || err == ERR_INPUT)
        expected(reader, node, "a time zone that this machine knows");
    else
        reader->err = err;
}

static void
read_writing(struct reader *reader, const struct yaml_node *root)
{
    struct mapping *mapping = reader->mapping;
    const struct yaml_node *time = yaml_find(root, "time");
    const struct yaml_node *shift = yaml_find(root, "shift_years");
    const struct yaml_node *mark = yaml_find(root, "decimal");
    const struct yaml_node *unit = yaml_find(root, "money");
    int64_t years = 0;

    read_zone(reader, yaml_find(root, "timezone"));
    if (time != NULL && is_word(reader, time, "a format of strptime"))
        mapping->clock.format = to_string(reader, time->word);
    if (shift != NULL &&
        (shift->kind != YAML_WORD || !cell_integer(shift->word, &years) ||
         years < -200 || years > 200))
        expected(reader, shift, "a number of years");
    mapping->clock.shift_years = (int32_t)years;
    mapping->decimal_mark = '.';
    if (mark != NULL)
        mapping->decimal_mark = read_mark(reader, mark);
    if (unit != NULL) {
        mapping->money_is_minor =
            unit->kind == YAML_WORD && view_equal(unit->word, view_of("minor"));
        if (!mapping->money_is_minor)
            expected(reader, unit, "minor");
    }
}

static void
read_sides(struct reader *reader, const struct yaml_node *node)
{
    static const char *const KEYS[] = { "file", "key", "from", NULL };
    struct mapping *mapping = reader->mapping;

    if (node == NULL || !is_map(reader, node))
        return;
    for (const struct yaml_node *n = node->first; n != NULL; n = n->next) {
        if (!is_map(reader, n))
            continue;
        check_keys(reader, n, KEYS);
        const struct yaml_node *file = yaml_find(n, "file");
        const struct yaml_node *key = yaml_find(n, "key");
        const struct yaml_node *from = yaml_find(n, "from");
        if (file == NULL || key == NULL || from == NULL) {
            mistakes_add(reader->mistakes, n->place,
                         "a side file needs file, key and from");
            continue;
        }
        if (mapping->side_count == MAPPING_SIDES_MAX) {
            mistakes_add(reader->mistakes, n->place, "more than %d side files",
                         MAPPING_SIDES_MAX);
            return;
        }
        if (is_word(reader, file, "the name of a file") &&
            is_word(reader, key, "the name of a column"))
            mapping->sides[mapping->side_count] =
                (struct mapping_side) { n->key, file->word, key->word,
                                        read_text(reader, from) };
        mapping->side_count++;
    }
}

static void
read_skip(struct reader *reader, const struct yaml_node *node,
          struct mapping_skip *skip)
{
    static const char *const KEYS[] = { "column", "is", "prefix", "empty",
                                        NULL };
    static const view EMPTY[] = { { NULL, 0 } };
    const struct yaml_node *column;

    if (!is_map(reader, node))
        return;
    check_keys(reader, node, KEYS);
    column = yaml_find(node, "column");
    if (column == NULL || node->count != 2) {
        mistakes_add(reader->mistakes, node->place,
                     "expected column and one of is, prefix, empty");
        return;
    }
    skip->column = read_column(reader, column);
    skip->is_prefix = yaml_find(node, "prefix") != NULL;
    read_words(reader, yaml_find(node, skip->is_prefix ? "prefix" : "is"),
               &skip->values, &skip->value_count);
    const struct yaml_node *empty = yaml_find(node, "empty");
    if (empty == NULL)
        return;
    if (empty->kind != YAML_WORD || !view_equal(empty->word, view_of("true")))
        expected(reader, empty, "true");
    skip->values = EMPTY;
    skip->value_count = 1;
}

static void
read_skips(struct reader *reader, const struct yaml_node *node)
{
    if (node == NULL)
        return;
    if (node->kind != YAML_LIST) {
        expected(reader, node, "a list");
        return;
    }
    struct mapping_skip *skips =
        ARENA_NEW(reader->arena, struct mapping_skip, node->count + 1);
    for (const struct yaml_node *n = node->first; n != NULL; n = n->next)
        read_skip(reader, n, &skips[reader->mapping->skip_count++]);
    reader->mapping->skips = skips;
}

/* --- what becomes of a row ---------------------------------------------- */

static enum event_kind
read_kind_name(struct reader *reader, const struct yaml_node *node)
{
    enum event_kind kind = EVENT_PURCHASE;

    if (node->kind != YAML_WORD || !event_kind_parse(node->word, &kind))
        expected(reader, node, "a kind of event");
    return kind;
}

static void
check_kinds(struct reader *reader, const struct yaml_node *node)
{
    if (node == NULL || node->kind != YAML_MAP)
        return;
    for (const struct yaml_node *n = node->first; n != NULL; n = n->next)
        (void)read_kind_name(reader, n);
}

static void
read_kind(struct reader *reader, const struct yaml_node *node)
{
    static const char *const KEYS[] = { "column",   "values",    "prefix",
                                        "negative", "otherwise", NULL };
    struct mapping_kind *kind = &reader->mapping->kind;

    if (node->kind != YAML_MAP) {
        kind->otherwise = read_kind_name(reader, node);
        return;
    }
    check_keys(reader, node, KEYS);
    const struct yaml_node *column = yaml_find(node, "column");
    const struct yaml_node *values = yaml_find(node, "values");
    const struct yaml_node *prefix = yaml_find(node, "prefix");
    const struct yaml_node *negative = yaml_find(node, "negative");
    const struct yaml_node *otherwise = yaml_find(node, "otherwise");
    if ((column == NULL) != (values == NULL))
        mistakes_add(reader->mistakes, node->place,
                     "column and values go together");
    if (column != NULL)
        kind->column = read_column(reader, column);
    read_translations(reader, values, &kind->values, &kind->value_count);
    read_translations(reader, prefix, &kind->prefixes, &kind->prefix_count);
    check_kinds(reader, values);
    check_kinds(reader, prefix);
    if (negative != NULL)
        kind->negative = read_kind_name(reader, negative);
    if (otherwise != NULL)
        kind->otherwise = read_kind_name(reader, otherwise);
}

static void
read_lines(struct reader *reader, const struct yaml_node *node)
{
    static const char *const KEYS[] = { "amount", "category", "sku", "qty",
                                        NULL };
    struct mapping *mapping = reader->mapping;

    if (!is_map(reader, node))
        return;
    check_keys(reader, node, KEYS);
    mapping->has_lines = true;
    const struct yaml_node *amount = yaml_find(node, "amount");
    const struct yaml_node *category = yaml_find(node, "category");
    const struct yaml_node *sku = yaml_find(node, "sku");
    const struct yaml_node *qty = yaml_find(node, "qty");
    const struct yaml_node *product = NULL;
    if (amount == NULL)
        mistakes_add(reader->mistakes, node->place, "missing key \"amount\"");
    else if (amount->kind == YAML_MAP)
        product = yaml_find(amount, "product");
    else
        mapping->amount = read_text(reader, amount);
    if (product != NULL && product->kind == YAML_LIST && product->count == 2) {
        mapping->amount = read_text(reader, product->first);
        mapping->factor = read_text(reader, product->first->next);
    } else if (amount != NULL && amount->kind == YAML_MAP) {
        expected(reader, amount, "{product: [\"{Column}\", \"{Column}\"]}");
    }
    if (category != NULL)
        mapping->category = read_value(reader, category);
    if (sku != NULL)
        mapping->sku = read_value(reader, sku);
    if (qty != NULL)
        mapping->qty = read_value(reader, qty);
}

static void
read_event(struct reader *reader, const struct yaml_node *node)
{
    const char *keys[MAPPING_FIELD_COUNT + 2] = { 0 };

    if (!is_map(reader, node))
        return;
    for (uint32_t i = 0; i < MAPPING_FIELD_COUNT; i++)
        keys[i] = FIELDS[i].name;
    keys[MAPPING_FIELD_COUNT] = "lines";
    check_keys(reader, node, keys);
    for (uint32_t i = 0; i < MAPPING_FIELD_COUNT; i++) {
        const struct yaml_node *value = yaml_find(node, FIELDS[i].name);
        if (value != NULL)
            reader->mapping->fields[i] = read_value(reader, value);
    }
    const struct yaml_node *lines = yaml_find(node, "lines");
    if (lines != NULL)
        read_lines(reader, lines);
    /* Of anything else the first row's would stand for all of them. */
    else if (reader->mapping->group.count > 0)
        mistakes_add(reader->mistakes, node->place,
                     "missing key \"lines\": group makes one receipt of "
                     "several rows, and their amounts are added up as lines");
}

static void
read_root(struct reader *reader, const struct yaml_node *root)
{
    static const char *const KEYS[] = {
        "delimiter", "layout",  "widths", "columns",     "timezone",
        "time",      "decimal", "money",  "side",        "skip",
        "group",     "kind",    "event",  "shift_years", NULL,
    };

    if (root->kind != YAML_MAP) {
        expected(reader, root,
                 "a mapping file, which is YAML with the keys kind and event");
        return;
    }
    check_keys(reader, root, KEYS);
    read_layout(reader, root);
    read_writing(reader, root);
    read_sides(reader, yaml_find(root, "side"));
    read_skips(reader, yaml_find(root, "skip"));
    const struct yaml_node *group = yaml_find(root, "group");
    const struct yaml_node *kind = yaml_find(root, "kind");
    const struct yaml_node *event = yaml_find(root, "event");
    if (group != NULL)
        reader->mapping->group = read_text(reader, group);
    if (kind == NULL || event == NULL)
        mistakes_add(reader->mistakes, root->place,
                     "a mapping needs the keys kind and event");
    if (kind != NULL)
        read_kind(reader, kind);
    if (event != NULL)
        read_event(reader, event);
}

enum err
mapping_file_read(view bytes, struct arena *arena, struct mistakes *mistakes,
                  const struct mapping **ret_mapping)
{
    const struct yaml_node *root;

    *mistakes = (struct mistakes) { 0 };
    struct reader reader = { .mapping = ARENA_NEW(arena, struct mapping, 1),
                             .arena = arena,
                             .mistakes = mistakes };
    enum err err = yaml_read(bytes, arena, mistakes, &root);
    if (err != OK)
        return err;
    read_root(&reader, root);
    if (reader.err != OK)
        return reader.err;
    mistakes_sort(mistakes);
    if (mistakes->total > 0)
        return ERR_INPUT;
    *ret_mapping = reader.mapping;
    return OK;
}
