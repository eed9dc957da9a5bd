#include "core/program_words.h"

#include "core/scalar.h"

#include <string.h>

enum { DATE_SIZE = 11, TIME_SIZE = 25, MONTH_DAY_SIZE = 6 };

static view
id_of(const struct program *program, enum grammar_list list, int64_t place)
{
    assert(place >= 0);
    switch (list) {
    case GRAMMAR_PARTNERS:
        return program->partners[place].id;
    case GRAMMAR_RULES:
        return program->earn[place].id;
    case GRAMMAR_REWARDS:
        return program->rewards[place].id;
    case GRAMMAR_LEVELS:
        return program->tiers.levels[place].id;
    case GRAMMAR_NO_LIST:
    case GRAMMAR_STORE_GROUPS:
    case GRAMMAR_STAMPS:
    case GRAMMAR_SPEND_REWARDS:
    case GRAMMAR_PASSES:
    case GRAMMAR_LIST_COUNT:
        break;
    }
    assert(false); /* nothing refers to the entries of these */
    return (view) { 0 };
}

static void
write_per(struct text *text, struct program_part part)
{
    const struct earn_rule *rule = part.base;

    if (rule->shape == EARN_PER_ITEM)
        text_string(text, "item");
    else if (rule->shape == EARN_PER_AMOUNT && rule->per.minor > 0)
        scalar_number_write(rule->per.minor, 2, text);
    else
        text_string(text, "none");
}

/* A number out of its range stands for a key that was left out. */
static void
write_number(struct text *text, const struct grammar_key *key, int64_t value)
{
    if (value < key->min || value > key->max)
        text_string(text, "none");
    else
        scalar_number_write(value, key->decimals, text);
}

static void
write_months(struct text *text, const struct grammar_key *key, int64_t months)
{
    if (months == 0)
        text_string(text, grammar_word_of(key->words, 0));
    else
        text_format(text, "%lld %s", (long long)months,
                    text_plural((uint64_t)months, "month", "months"));
}

static void
write_date(struct text *text, int64_t day)
{
    char date[DATE_SIZE];

    if (day == INT32_MAX) {
        text_string(text, "none");
        return;
    }
    calendar_format_date((int32_t)day, date);
    text_string(text, date);
}

static void
write_time(struct text *text, int64_t at_ms)
{
    char time[TIME_SIZE];

    calendar_format_time(at_ms, time);
    text_string(text, time);
}

void
program_words_name(struct text *text, const struct grammar_key *key, view name)
{
    if (name.size == 0)
        text_string(text, "none");
    else if (key->kind == GRAMMAR_LABEL)
        text_json_string(text, name);
    else
        text_view_append(text, name);
}

static void
write_choice(struct text *text, const struct grammar_key *key, int64_t value)
{
    const char *word = grammar_word_of(key->words, (int32_t)value);

    text_string(text, word == NULL ? "none" : word);
}

static void
write_reference(struct text *text, const struct grammar_key *key,
                const struct program *program, int64_t place)
{
    if (place == PROGRAM_NONE)
        text_string(text, "none");
    else if (key->kind == GRAMMAR_GROUP)
        text_view_append(text, program->earn_groups.names[place]);
    else
        text_view_append(text, id_of(program, key->list, place));
}

static void
write_events(struct text *text, const struct program_test *test)
{
    for (uint32_t i = 0; i < test->event_count; i++)
        text_view_append(text, test->events[i].json);
}

static void
write_expectations(struct text *text, const struct program_test *test)
{
    for (uint32_t i = 0; i < test->expectation_count; i++) {
        const struct program_expectation *one = &test->expectations[i];
        text_view_append(text, one->account);
        text_format(text, " %s ", expectation_name(one->kind));
        text_view_append(text, one->name);
        text_format(text, " %lld;", (long long)one->value);
    }
}

/* Two values mean the same if and only if this writes the same of them. */
void
program_words_value(struct text *text, const struct grammar_key *key,
                    struct program_part part)
{
    const void *base = part.base;
    struct grammar_field field = key->field;

    if (base == NULL || (key->selector.size > 0 &&
                         grammar_get(base, key->selector) != key->selected)) {
        text_string(text, "none");
        return;
    }
    switch (key->kind) {
    case GRAMMAR_LABEL:
    case GRAMMAR_NAME:
    case GRAMMAR_CURRENCY:
        program_words_name(text, key, grammar_get_view(base, field));
        break;
    case GRAMMAR_NUMBER:
        write_number(text, key, grammar_get(base, field));
        break;
    case GRAMMAR_CHOICE:
        write_choice(text, key, grammar_get(base, field));
        break;
    case GRAMMAR_DATE:
        write_date(text, grammar_get(base, field));
        break;
    case GRAMMAR_TIME:
        write_time(text, grammar_get(base, field));
        break;
    case GRAMMAR_HOURS:
        scalar_hours_write((int32_t)grammar_get(base, field),
                           (int32_t)grammar_get(base, key->second), text);
        break;
    case GRAMMAR_MONTHS:
        write_months(text, key, grammar_get(base, field));
        break;
    case GRAMMAR_PER:
        write_per(text, part);
        break;
    case GRAMMAR_REFERENCE:
    case GRAMMAR_GROUP:
        write_reference(text, key, part.program, grammar_get(base, field));
        break;
    case GRAMMAR_EVENTS:
        write_events(text, base);
        break;
    case GRAMMAR_EXPECT:
        write_expectations(text, base);
        break;
    case GRAMMAR_CHOICES:
    case GRAMMAR_MONTH_DAYS:
    case GRAMMAR_NAMES:
    case GRAMMAR_CODES:
    case GRAMMAR_STORES:
    case GRAMMAR_REFERENCES:
    case GRAMMAR_MAP:
    case GRAMMAR_LIST:
    case GRAMMAR_KIND_COUNT:
        assert(false); /* these are compared item by item */
        break;
    }
}

struct items {
    const struct grammar_key *key;
    struct program_part part;
    uint32_t count;
};

static struct items
items_of(const struct grammar_key *key, struct program_part part)
{
    struct items items = { key, part, 0 };
    struct name_list names;
    struct month_day_list dates;

    if (part.base == NULL ||
        (key->selector.size > 0 &&
         grammar_get(part.base, key->selector) != key->selected))
        return items;
    const uint8_t *at = (const uint8_t *)part.base + key->field.offset;
    if (key->kind == GRAMMAR_CHOICES) {
        items.count = key->words.count;
    } else if (key->kind == GRAMMAR_REFERENCES) {
        items.count = (uint32_t)grammar_get(part.base, key->second);
    } else if (key->kind == GRAMMAR_MONTH_DAYS) {
        memcpy(&dates, at, sizeof dates);
        items.count = dates.count;
    } else {
        memcpy(&names, at, sizeof names);
        items.count = names.count;
    }
    return items;
}

/* The item at that index; empty for a word that was not chosen. */
static view
item_at(const struct items *items, uint32_t index, char buffer[MONTH_DAY_SIZE])
{
    const struct grammar_key *key = items->key;
    const void *base = items->part.base;
    const uint8_t *at = (const uint8_t *)base + key->field.offset;
    struct name_list names;

    assert(index < items->count);
    if (key->kind == GRAMMAR_CHOICES) {
        struct grammar_word word = key->words.list[index];
        bool chosen = (grammar_get(base, key->field) >> word.value & 1) != 0;
        return chosen ? view_of(word.word) : (view) { 0 };
    }
    if (key->kind == GRAMMAR_REFERENCES) {
        const int32_t *places = grammar_get_pointer(base, key->field);
        return id_of(items->part.program, key->list, places[index]);
    }
    if (key->kind == GRAMMAR_MONTH_DAYS) {
        struct month_day_list dates;
        memcpy(&dates, at, sizeof dates);
        struct month_day date = dates.dates[index];
        const char digits[MONTH_DAY_SIZE] = {
            (char)('0' + date.month / 10), (char)('0' + date.month % 10), '-',
            (char)('0' + date.day / 10),   (char)('0' + date.day % 10),   '\0',
        };
        memcpy(buffer, digits, sizeof digits);
        return view_of(buffer);
    }
    memcpy(&names, at, sizeof names);
    return names.names[index];
}

static bool
has_item(const struct items *items, view wanted)
{
    char buffer[MONTH_DAY_SIZE];

    for (uint32_t i = 0; i < items->count; i++)
        if (view_equal(item_at(items, i, buffer), wanted))
            return true;
    return false;
}

/* Appends what `items` has and `others` lacks, each after a sign. */
static void
write_missing(struct text *text, const struct items *items,
              const struct items *others, const char *sign)
{
    char buffer[MONTH_DAY_SIZE];

    for (uint32_t i = 0; i < items->count; i++) {
        view item = item_at(items, i, buffer);
        if (item.size == 0 || has_item(others, item))
            continue;
        text_string(text, sign);
        text_view_append(text, item);
        text_char(text, ' ');
    }
}

static void
write_range(struct text *text, const char *sign, uint32_t first, uint32_t last)
{
    text_string(text, sign);
    text_unsigned(text, first);
    if (last > first)
        text_format(text, "-%u", last);
    text_char(text, ' ');
}

/* Appends the stores of one set that the other lacks. */
static void
write_stores(struct text *text, struct store_set set, struct store_set other,
             const char *sign)
{
    uint32_t j = 0;

    for (uint32_t i = 0; i < set.count; i++) {
        uint32_t first = set.ranges[i].first, last = set.ranges[i].last;
        while (j < other.count && other.ranges[j].last < first)
            j++;
        for (uint32_t k = j; k < other.count && first <= last; k++) {
            struct store_range taken = other.ranges[k];
            if (taken.first > last)
                break;
            if (taken.first > first)
                write_range(text, sign, first, taken.first - 1);
            first = taken.last + 1;
        }
        if (first <= last)
            write_range(text, sign, first, last);
    }
}

static struct store_set
stores_of(const struct grammar_key *key, struct program_part part)
{
    struct store_set set = { 0 };

    if (part.base != NULL)
        memcpy(&set, (const uint8_t *)part.base + key->field.offset,
               sizeof set);
    return set;
}

bool
program_words_is_set(const struct grammar_key *key)
{
    return key->kind == GRAMMAR_CHOICES || key->kind == GRAMMAR_MONTH_DAYS ||
           key->kind == GRAMMAR_NAMES || key->kind == GRAMMAR_CODES ||
           key->kind == GRAMMAR_REFERENCES;
}

void
program_words_missing(struct text *text, const struct grammar_key *key,
                      struct program_part has, struct program_part lacks,
                      const char *sign)
{
    if (key->kind == GRAMMAR_STORES) {
        write_stores(text, stores_of(key, has), stores_of(key, lacks), sign);
        return;
    }
    assert(program_words_is_set(key));
    struct items items = items_of(key, has), others = items_of(key, lacks);
    write_missing(text, &items, &others, sign);
}
