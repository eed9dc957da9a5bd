#include "core/yaml.h"

#include <string.h>
#include <yaml.h>

/* A collection that has begun and not ended. */
struct level {
    struct yaml_node *node;
    struct yaml_node *last; /* its last child */
    struct mistake_place key_place;
    view key;
    bool key_read; /* of a mapping: the value of `key` comes next */
    bool drop;     /* ... and is left out: the key was wrong */
};

struct builder {
    yaml_parser_t *parser;
    struct arena *arena;
    struct mistakes *mistakes;
    uint8_t *words; /* where the next decoded text goes */
    uint8_t *words_end;
    const struct yaml_node *root;
    uint32_t node_count;
    uint32_t document_count;
    uint32_t depth; /* of `levels` */
    bool too_deep;
    uint32_t skipped; /* collections open inside one that is left out */
    struct level levels[YAML_DEPTH_MAX];
};

enum {
    NODE_SIZE = (sizeof(struct yaml_node) + 15) / 16 * 16,
    /* The longest that an escape grows: "\L", two bytes, is three in UTF-8. */
    DECODED_MAX = 2,
};

static size_t
words_room(uint32_t size)
{
    return (size_t)size * DECODED_MAX + 16;
}

size_t
yaml_room(uint32_t size)
{
    size_t nodes = (size_t)size + 16;

    if (nodes > YAML_NODES_MAX)
        nodes = YAML_NODES_MAX;
    return nodes * NODE_SIZE + words_room(size) + 64;
}

static struct mistake_place
place_of(yaml_mark_t mark)
{
    return (struct mistake_place) {
        .line = (uint32_t)mark.line + 1,
        .column = (uint32_t)mark.column + 1,
    };
}

static view
keep(struct builder *builder, const yaml_char_t *bytes, size_t size)
{
    uint8_t *kept = builder->words;

    assert(size <= (size_t)(builder->words_end - kept));
    if (size == 0)
        return (view) { 0 };
    memcpy(kept, bytes, size);
    builder->words += size;
    return (view) { kept, (uint32_t)size };
}

static struct yaml_node *
node_new(struct builder *builder, enum yaml_kind kind, yaml_mark_t mark)
{
    struct yaml_node *node = ARENA_NEW(builder->arena, struct yaml_node, 1);

    builder->node_count++;
    node->kind = kind;
    node->place = place_of(mark);
    return node;
}

/* Hangs a node under the collection that is open. */
static void
attach(struct builder *builder, struct yaml_node *node)
{
    if (builder->depth == 0) {
        builder->root = node;
        return;
    }
    struct level *level = &builder->levels[builder->depth - 1];
    bool drop = level->drop;
    if (level->node->kind == YAML_MAP) {
        assert(level->key_read);
        node->key = level->key;
        node->key_place = level->key_place;
        level->key_read = false;
        level->drop = false;
    }
    if (drop)
        return;
    if (level->last == NULL)
        level->node->first = node;
    else
        level->last->next = node;
    level->last = node;
    level->node->count++;
}

/* The same key twice, or one too many: said once, and its value left out. */
static bool
is_key_wrong(struct builder *builder, const struct level *level)
{
    struct mistake_quote quote;

    if (level->node->count == YAML_KEYS_MAX) {
        mistakes_add(builder->mistakes, level->key_place,
                     "more than %d keys in one mapping", YAML_KEYS_MAX);
        return true;
    }
    for (const struct yaml_node *child = level->node->first; child != NULL;
         child = child->next) {
        if (!view_equal(child->key, level->key))
            continue;
        mistakes_add(builder->mistakes, level->key_place,
                     "duplicate key %s; it stands on line %u already",
                     mistake_quote(level->key, &quote), child->key_place.line);
        return true;
    }
    return false;
}

/* Whether a node that comes now is the key of a mapping. */
static struct level *
level_of_key(struct builder *builder)
{
    if (builder->depth == 0)
        return NULL;
    struct level *level = &builder->levels[builder->depth - 1];
    bool is_key = level->node->kind == YAML_MAP && !level->key_read;
    return is_key ? level : NULL;
}

static void
refuse_key(struct builder *builder, struct level *level, yaml_mark_t mark)
{
    mistakes_add(builder->mistakes, place_of(mark),
                 "a key must be a plain word");
    level->key = (view) { 0 };
    level->key_place = place_of(mark);
    level->key_read = true;
    level->drop = true;
}

static void
refuse_marks(struct builder *builder, const yaml_event_t *event,
             const yaml_char_t *anchor, const yaml_char_t *tag)
{
    struct mistake_place place = place_of(event->start_mark);

    if (anchor != NULL)
        mistakes_add(builder->mistakes, place,
                     "anchors and aliases are not allowed; write the value "
                     "out where it is needed");
    if (tag != NULL)
        mistakes_add(builder->mistakes, place, "tags are not allowed");
}

static void
on_word(struct builder *builder, const yaml_event_t *event)
{
    const yaml_char_t *bytes = event->data.scalar.value;
    size_t size = event->data.scalar.length;
    struct level *level = level_of_key(builder);

    refuse_marks(builder, event, event->data.scalar.anchor,
                 event->data.scalar.tag);
    if (level != NULL) {
        level->key = keep(builder, bytes, size);
        level->key_place = place_of(event->start_mark);
        level->key_read = true;
        level->drop = is_key_wrong(builder, level);
        return;
    }
    struct yaml_node *node = node_new(builder, YAML_WORD, event->start_mark);
    node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    node->word = keep(builder, bytes, size);
    attach(builder, node);
}

static void
on_alias(struct builder *builder, const yaml_event_t *event)
{
    struct level *level = level_of_key(builder);

    refuse_marks(builder, event, event->data.alias.anchor, NULL);
    if (level != NULL)
        refuse_key(builder, level, event->start_mark);
    else
        attach(builder, node_new(builder, YAML_WRONG, event->start_mark));
}

static void
tell_depth(struct builder *builder, const yaml_event_t *event)
{
    mistakes_add(builder->mistakes, place_of(event->start_mark),
                 "nested deeper than %d levels", YAML_DEPTH_MAX);
    builder->too_deep = true;
}

/* A list or a mapping begins.  What is left out is passed over to its end by
 * counting. */
static void
on_begin(struct builder *builder, enum yaml_kind kind,
         const yaml_event_t *event)
{
    struct level *level = level_of_key(builder);

    if (level != NULL) {
        refuse_key(builder, level, event->start_mark);
        builder->skipped = 1;
        return;
    }
    if (builder->depth == YAML_DEPTH_MAX) {
        tell_depth(builder, event);
        return;
    }
    struct yaml_node *node = node_new(builder, kind, event->start_mark);
    attach(builder, node);
    builder->levels[builder->depth++] = (struct level) { .node = node };
}

static void
on_end(struct builder *builder)
{
    assert(builder->depth > 0);
    assert(!builder->levels[builder->depth - 1].key_read);
    builder->depth--;
}

static void
on_document(struct builder *builder, const yaml_event_t *event)
{
    builder->document_count++;
    if (builder->document_count == 2)
        mistakes_add(builder->mistakes, place_of(event->start_mark),
                     "a second document begins here; one file holds one");
}

/* True for the events that open (+1) or close (-1) a collection. */
static int
nesting_of(yaml_event_type_t type)
{
    if (type == YAML_SEQUENCE_START_EVENT || type == YAML_MAPPING_START_EVENT)
        return 1;
    return type == YAML_SEQUENCE_END_EVENT || type == YAML_MAPPING_END_EVENT
               ? -1
               : 0;
}

static void
on_event(struct builder *builder, const yaml_event_t *event)
{
    if (builder->skipped > 0) {
        builder->skipped =
            (uint32_t)((int)builder->skipped + nesting_of(event->type));
        if (builder->skipped > YAML_DEPTH_MAX)
            tell_depth(builder, event);
        return;
    }
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        on_document(builder, event);
        break;
    case YAML_ALIAS_EVENT:
        on_alias(builder, event);
        break;
    case YAML_SCALAR_EVENT:
        on_word(builder, event);
        break;
    case YAML_SEQUENCE_START_EVENT:
        refuse_marks(builder, event, event->data.sequence_start.anchor,
                     event->data.sequence_start.tag);
        on_begin(builder, YAML_LIST, event);
        break;
    case YAML_MAPPING_START_EVENT:
        refuse_marks(builder, event, event->data.mapping_start.anchor,
                     event->data.mapping_start.tag);
        on_begin(builder, YAML_MAP, event);
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        on_end(builder);
        break;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        break;
    }
}

/* libyaml tells the place of bytes that are no UTF-8 as an offset only. */
static struct mistake_place
place_at(view bytes, size_t offset)
{
    struct mistake_place place = { 1, 1 };

    for (size_t i = 0; i < offset && i < bytes.size; i++) {
        if (bytes.bytes[i] == '\n')
            place = (struct mistake_place) { place.line + 1, 1 };
        else if ((bytes.bytes[i] & 0xc0) != 0x80)
            place.column++;
    }
    return place;
}

static bool
is_tab_at(view bytes, size_t character)
{
    size_t at = 0;

    for (; at < bytes.size && character > 0; character--)
        do
            at++;
        while (at < bytes.size && (bytes.bytes[at] & 0xc0) == 0x80);
    return at < bytes.size && bytes.bytes[at] == '\t';
}

static void
tell_syntax(struct builder *builder, view bytes)
{
    const yaml_parser_t *parser = builder->parser;
    const char *problem =
        parser->problem != NULL ? parser->problem : "not understood";
    struct mistake_place place = place_of(parser->problem_mark);

    if (parser->error == YAML_READER_ERROR) {
        mistakes_add(builder->mistakes, place_at(bytes, parser->problem_offset),
                     "no YAML: %s", problem);
    } else if (parser->error == YAML_SCANNER_ERROR &&
               is_tab_at(bytes, parser->problem_mark.index)) {
        mistakes_add(builder->mistakes, place,
                     "no YAML: a tab can't indent; use blanks");
    } else if (parser->context != NULL &&
               parser->context_mark.line != parser->problem_mark.line) {
        mistakes_add(builder->mistakes, place,
                     "no YAML: %s, %s that begins on line %zu", problem,
                     parser->context, parser->context_mark.line + 1);
    } else {
        mistakes_add(builder->mistakes, place, "no YAML: %s%s%s", problem,
                     parser->context != NULL ? ", " : "",
                     parser->context != NULL ? parser->context : "");
    }
}

/* Takes the events one by one.  A second document and far too much of anything
 * end the reading at once: libyaml's time grows with the square of the depth.
 * What is passed over as a key is bounded for the same reason. */
static enum err
build(struct builder *builder, view bytes)
{
    for (bool ended = false; !ended;) {
        yaml_event_t event;
        if (!yaml_parser_parse(builder->parser, &event)) {
            if (builder->parser->error == YAML_MEMORY_ERROR)
                return ERR_MEMORY;
            tell_syntax(builder, bytes);
            return ERR_INPUT;
        }
        bool full = builder->node_count == YAML_NODES_MAX - 1;
        if (full)
            mistakes_add(builder->mistakes, place_of(event.start_mark),
                         "more than %d values in one file", YAML_NODES_MAX);
        else
            on_event(builder, &event);
        ended = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
        if (full || builder->too_deep || builder->document_count > 1)
            return ERR_INPUT;
    }
    if (builder->root == NULL) {
        mistakes_add(builder->mistakes, (struct mistake_place) { 1, 1 },
                     "the file is empty");
        return ERR_INPUT;
    }
    return OK;
}

static bool
is_line_start(view text, uint32_t at)
{
    const uint8_t *end = text.bytes + at;

    if (at == 0 || end[-1] == '\n' || end[-1] == '\r')
        return true;
    if (at >= 2 && memcmp(end - 2, "\xc2\x85", 2) == 0)
        return true;
    return at >= 3 && (memcmp(end - 3, "\xe2\x80\xa8", 3) == 0 ||
                       memcmp(end - 3, "\xe2\x80\xa9", 3) == 0);
}

/* Directives (%TAG) are looked for beforehand: libyaml compares each with all
 * others, so that a file full of them would keep it busy for minutes.  Nothing
 * else begins a line with a percent sign. */
static bool
has_directive(view text, struct mistakes *mistakes)
{
    for (uint32_t at = 0; at < text.size; at++) {
        const uint8_t *found =
            memchr(text.bytes + at, '%', text.size - (size_t)at);
        if (found == NULL)
            return false;
        at = (uint32_t)(found - text.bytes);
        if (is_line_start(text, at)) {
            mistakes_add(mistakes, place_at(text, at),
                         "directives are not allowed");
            return true;
        }
    }
    return false;
}

enum err
yaml_read(view bytes, struct arena *arena, struct mistakes *mistakes,
          const struct yaml_node **ret_root)
{
    yaml_parser_t parser;
    view text = text_without_mark(bytes);
    struct builder builder = {
        .parser = &parser,
        .arena = arena,
        .mistakes = mistakes,
        .words = arena_take(arena, words_room(text.size)),
    };

    builder.words_end = builder.words + words_room(text.size);
    if (text.size == 0)
        text = view_of("\n"); /* which libyaml takes, as nothing */
    if (has_directive(text, mistakes))
        return ERR_INPUT;
    if (!yaml_parser_initialize(&parser))
        return ERR_MEMORY;
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, text.bytes, text.size);
    enum err err = build(&builder, text);
    yaml_parser_delete(&parser);
    if (err != OK)
        return err;
    assert(builder.depth == 0);
    *ret_root = builder.root;
    return OK;
}

const struct yaml_node *
yaml_find(const struct yaml_node *map, const char *key)
{
    view wanted = view_of(key);

    if (map == NULL || map->kind != YAML_MAP)
        return NULL;
    for (const struct yaml_node *node = map->first; node != NULL;
         node = node->next)
        if (view_equal(node->key, wanted))
            return node;
    return NULL;
}

const char *
yaml_found(const struct yaml_node *node, struct mistake_quote *quote)
{
    switch (node->kind) {
    case YAML_LIST:
        return "a list";
    case YAML_MAP:
        return "a mapping";
    case YAML_WRONG:
        return "something wrong";
    case YAML_WORD:
        break;
    }
    if (node->word.size == 0 && node->plain)
        return "nothing";
    return mistake_quote(node->word, quote);
}
