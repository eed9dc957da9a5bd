#include "core/program_schema.h"

#include "core/grammar.h"
#include "core/limits.h"
#include "core/program_tests.h"
#include "core/scalar.h"

/* What a plain 12 or a quoted "12" are to an editor: names may look alike. */
#define NAME_TYPES "[\"string\", \"integer\"]"
#define NAME_PATTERN "^[a-z0-9_.-]{1,32}$"
#define CODE_PATTERN "^[!-~]{1,64}$"
#define DATE_PATTERN "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
#define MONTH_DAY_PATTERN "^[0-9]{2}-[0-9]{2}$"
#define TIME_PATTERN "^[0-9]{4}-[0-9]{2}-[0-9]{2}T"
#define HOURS_PATTERN "^[0-9]{2}:[0-9]{2}-[0-9]{2}:[0-9]{2}$"
#define STORES_PATTERN                                                         \
    "^([1-9][0-9]*(-[1-9][0-9]*)?|[a-z_.-][a-z0-9_.-]{0,31})$"

static void
write_string(struct text *text, const char *key, const char *value)
{
    text_json_view(text, key, view_of(value));
}

/* Types are written as they are: a word in quotes or a list. */
static void
write_type(struct text *text, const char *type)
{
    text_json_key(text, "type");
    text_string(text, type);
}

static void
write_pattern(struct text *text, const char *type, const char *pattern)
{
    write_type(text, type);
    write_string(text, "pattern", pattern);
}

static void
write_number(struct text *text, const struct grammar_key *key)
{
    write_type(text, key->decimals == 0 ? "\"integer\"" : "\"number\"");
    text_json_key(text, "minimum");
    scalar_number_write(key->min, key->decimals, text);
    text_json_key(text, "maximum");
    scalar_number_write(key->max, key->decimals, text);
    if (key->fallback >= key->min && key->fallback <= key->max &&
        key->fallback != 0) {
        text_json_key(text, "default");
        scalar_number_write(key->fallback, key->decimals, text);
    }
}

/* `true` and `false` are values of their own in JSON, not words. */
static bool
is_truth(const char *word)
{
    return view_equal(view_of(word), view_of("true")) ||
           view_equal(view_of(word), view_of("false"));
}

static void
write_word(struct text *text, const char *word)
{
    if (is_truth(word))
        text_string(text, word);
    else
        text_json_string(text, view_of(word));
}

static void
write_words(struct text *text, struct grammar_words words)
{
    text_json_key(text, "enum");
    text_char(text, '[');
    for (uint32_t i = 0; i < words.count; i++) {
        text_comma(text);
        write_word(text, words.list[i].word);
    }
    text_char(text, ']');
}

static void
write_choice(struct text *text, const struct grammar_key *key)
{
    const char *usual = grammar_word_of(key->words, (int32_t)key->fallback);

    write_words(text, key->words);
    if (usual != NULL && !key->required) {
        text_json_key(text, "default");
        write_word(text, usual);
    }
}

static void
write_months(struct text *text, const struct grammar_key *key)
{
    struct text pattern = { 0 };

    text_format(&pattern, "^([1-9][0-9]{0,3} months?|%s)$",
                key->words.list[0].word);
    write_type(text, "\"string\"");
    text_json_view(text, "pattern", text_view(&pattern));
    text_close(&pattern);
}

static void
write_per(struct text *text, const struct grammar_key *key)
{
    text_json_key(text, "anyOf");
    text_string(text, "[{\"const\": \"item\"}, {");
    write_number(text, key);
    text_string(text, "}]");
}

/* A list, whose items the caller writes next and then closes. */
static void
open_list(struct text *text, const struct grammar_key *key)
{
    write_type(text, "\"array\"");
    text_json_integer(text, "minItems", key->min);
    text_json_integer(text, "maxItems", key->max);
    text_json_key(text, "items");
    text_char(text, '{');
}

static void write_map(struct text *text, const struct grammar_map *map);

static void
write_list(struct text *text, const struct grammar_key *key)
{
    open_list(text, key);
    if (key->kind == GRAMMAR_CHOICES)
        write_words(text, key->words);
    else if (key->kind == GRAMMAR_MONTH_DAYS)
        write_pattern(text, "\"string\"", MONTH_DAY_PATTERN);
    else if (key->kind == GRAMMAR_CODES)
        write_pattern(text, NAME_TYPES, CODE_PATTERN);
    else if (key->kind == GRAMMAR_STORES)
        write_pattern(text, NAME_TYPES, STORES_PATTERN);
    else if (key->kind == GRAMMAR_LIST)
        write_map(text, key->map);
    else
        write_pattern(text, NAME_TYPES, NAME_PATTERN);
    text_char(text, '}');
}

static void
write_events(struct text *text, const struct grammar_key *key)
{
    open_list(text, key);
    write_type(text, "\"object\"");
    text_json_key(text, "required");
    text_string(text, "[\"kind\", \"at\", \"store\"]}");
}

/* Accounts by name; what is expected of each has the names of a balance. */
static void
write_expect(struct text *text)
{
    write_type(text, "\"object\"");
    text_json_key(text, "additionalProperties");
    text_char(text, '{');
    write_type(text, "\"object\"");
    text_json_bool(text, "additionalProperties", false);
    text_json_key(text, "properties");
    text_char(text, '{');
    for (enum expectation_kind kind = 0; kind < EXPECT_COUNT; kind++) {
        text_json_key(text, expectation_name(kind));
        if (kind == EXPECT_TIER)
            text_string(text, "{\"type\": [\"string\", \"null\"]}");
        else if (program_tests_list(kind) == GRAMMAR_NO_LIST)
            text_string(text, "{\"type\": \"integer\"}");
        else
            text_string(text,
                        "{\"type\": \"object\", \"additionalProperties\": "
                        "{\"type\": \"integer\"}}");
    }
    text_string(text, "}}");
}

static void
write_text(struct text *text, const struct grammar_key *key)
{
    if (key->kind == GRAMMAR_LABEL) {
        write_type(text, "\"string\"");
        text_json_integer(text, "minLength", 1);
        text_json_integer(text, "maxLength", LIMIT_TEXT_SIZE);
    } else if (key->kind == GRAMMAR_CURRENCY) {
        write_pattern(text, "\"string\"", "^[A-Z]{3}$");
    } else if (key->kind == GRAMMAR_DATE) {
        write_pattern(text, "\"string\"", DATE_PATTERN);
    } else if (key->kind == GRAMMAR_TIME) {
        write_pattern(text, "\"string\"", TIME_PATTERN);
    } else if (key->kind == GRAMMAR_HOURS) {
        write_pattern(text, "\"string\"", HOURS_PATTERN);
    } else {
        write_pattern(text, NAME_TYPES, NAME_PATTERN);
    }
}

static void
write_value(struct text *text, const struct grammar_key *key)
{
    switch (key->kind) {
    case GRAMMAR_LABEL:
    case GRAMMAR_NAME:
    case GRAMMAR_CURRENCY:
    case GRAMMAR_DATE:
    case GRAMMAR_TIME:
    case GRAMMAR_HOURS:
    case GRAMMAR_REFERENCE:
    case GRAMMAR_GROUP:
        write_text(text, key);
        break;
    case GRAMMAR_NUMBER:
        write_number(text, key);
        break;
    case GRAMMAR_CHOICE:
        write_choice(text, key);
        break;
    case GRAMMAR_MONTHS:
        write_months(text, key);
        break;
    case GRAMMAR_PER:
        write_per(text, key);
        break;
    case GRAMMAR_CHOICES:
    case GRAMMAR_MONTH_DAYS:
    case GRAMMAR_NAMES:
    case GRAMMAR_CODES:
    case GRAMMAR_STORES:
    case GRAMMAR_REFERENCES:
    case GRAMMAR_LIST:
        write_list(text, key);
        break;
    case GRAMMAR_MAP:
        write_map(text, key->map);
        break;
    case GRAMMAR_EVENTS:
        write_events(text, key);
        break;
    case GRAMMAR_EXPECT:
        write_expect(text);
        break;
    case GRAMMAR_KIND_COUNT:
        assert(false);
        break;
    }
}

static void
write_map(struct text *text, const struct grammar_map *map)
{
    write_type(text, "\"object\"");
    text_json_bool(text, "additionalProperties", false);
    text_json_key(text, "properties");
    text_char(text, '{');
    for (uint32_t i = 0; i < map->count; i++) {
        text_json_key(text, map->keys[i].name);
        text_char(text, '{');
        write_string(text, "description", map->keys[i].about);
        write_value(text, &map->keys[i]);
        text_char(text, '}');
    }
    text_char(text, '}');
    text_json_key(text, "required");
    text_char(text, '[');
    for (uint32_t i = 0; i < map->count; i++) {
        if (!map->keys[i].required)
            continue;
        text_comma(text);
        text_json_string(text, view_of(map->keys[i].name));
    }
    text_char(text, ']');
}

void
program_schema_write(struct text *text)
{
    text_char(text, '{');
    write_string(text, "$schema",
                 "https://json-schema.org/draft/2020-12/schema");
    write_string(text, "title", "A reward program of leima");
    write_map(text, &grammar_program);
    text_string(text, "}\n");
}
