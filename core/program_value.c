#include "core/program_value.h"

#include "core/event.h"
#include "core/scalar.h"

#include <stdlib.h>
#include <string.h>

static void
tell(struct program_reader *reader, const struct grammar_key *key,
     const struct yaml_node *node, const char *expected)
{
    struct mistake_quote quote;

    if (node->kind != YAML_WRONG)
        mistakes_add(reader->mistakes, node->place, "%s: expected %s, found %s",
                     key->name, expected, yaml_found(node, &quote));
}

static void
set_view(void *base, struct grammar_field field, view value)
{
    assert(field.size == sizeof value);
    memcpy((uint8_t *)base + field.offset, &value, sizeof value);
}

static bool
is_currency(view word)
{
    bool letters = word.size == 3;

    for (uint32_t i = 0; letters && i < word.size; i++)
        letters = word.bytes[i] >= 'A' && word.bytes[i] <= 'Z';
    return letters;
}

/* Texts of one kind: what they must be, and what to say if they are not. */
static bool
is_text(enum grammar_kind kind, view word)
{
    if (kind == GRAMMAR_NAME || kind == GRAMMAR_NAMES || kind == GRAMMAR_GROUP)
        return event_is_name(word);
    if (kind == GRAMMAR_CODES)
        return event_is_code(word);
    if (kind == GRAMMAR_CURRENCY)
        return is_currency(word);
    assert(kind == GRAMMAR_LABEL);
    return word.size > 0 && event_is_text(word);
}

/* What a text of that kind must be, in words. */
static const char *
expected_text(enum grammar_kind kind)
{
    if (kind == GRAMMAR_NAME || kind == GRAMMAR_NAMES || kind == GRAMMAR_GROUP)
        return "a name of 1 to 32 of a-z 0-9 _ - .";
    if (kind == GRAMMAR_CODES)
        return "a code of 1 to 64 printable ASCII characters without blanks";
    if (kind == GRAMMAR_CURRENCY)
        return "three capital letters such as EUR";
    return "a text of 1 to 256 bytes";
}

static void
read_text(struct program_reader *reader, const struct grammar_key *key,
          const struct yaml_node *node, void *base)
{
    if (node->kind == YAML_WORD && is_text(key->kind, node->word))
        set_view(base, key->field, arena_copy(reader->arena, node->word));
    else
        tell(reader, key, node, expected_text(key->kind));
}

/* "an amount from 0.01 to 1000000000.00 with at most 2 decimals" */
static void
tell_number(struct program_reader *reader, const struct grammar_key *key,
            const struct yaml_node *node, const char *instead)
{
    struct text text = { 0 };

    text_string(&text, instead);
    text_string(&text,
                key->decimals == 0 ? "a whole number from " : "a number from ");
    scalar_number_write(key->min, key->decimals, &text);
    text_string(&text, " to ");
    scalar_number_write(key->max, key->decimals, &text);
    if (key->decimals > 0)
        text_format(&text, " with at most %u decimals", key->decimals);
    text_char(&text, '\0');
    tell(reader, key, node,
         text_ok(&text) ? (const char *)text.bytes : "a number");
    text_close(&text);
}

static bool
is_number(const struct grammar_key *key, const struct yaml_node *node,
          int64_t *ret_value)
{
    return node->kind == YAML_WORD &&
           scalar_number(node->word, key->decimals, ret_value) &&
           *ret_value >= key->min && *ret_value <= key->max;
}

static void
read_number(struct program_reader *reader, const struct grammar_key *key,
            const struct yaml_node *node, void *base)
{
    int64_t value;

    if (is_number(key, node, &value))
        grammar_set(base, key->field, value);
    else
        tell_number(reader, key, node, "");
}

/* `item` is kept as no amount at all, which no number can be. */
static void
read_per(struct program_reader *reader, const struct grammar_key *key,
         const struct yaml_node *node, void *base)
{
    int64_t value = 0;

    assert(key->min > 0);
    if ((node->kind == YAML_WORD && view_equal(node->word, view_of("item"))) ||
        is_number(key, node, &value))
        grammar_set(base, key->field, value);
    else
        tell_number(reader, key, node, "item, or ");
}

/* One of the words; false after a mistake that lists them. */
static bool
read_word(struct program_reader *reader, const struct grammar_key *key,
          const struct yaml_node *node, const char *or_else, int32_t *ret_value)
{
    struct mistake_guess guess = mistake_guess_start(
        node->kind == YAML_WORD ? node->word : (view) { 0 });
    struct mistake_quote found, meant;
    struct text text = { 0 };

    for (uint32_t i = 0; i < key->words.count; i++) {
        view word = view_of(key->words.list[i].word);
        bool last = i + 1 == key->words.count;
        if (node->kind == YAML_WORD && view_equal(node->word, word)) {
            *ret_value = key->words.list[i].value;
            text_close(&text);
            return true;
        }
        mistake_guess_offer(&guess, word);
        text_string(&text, i == 0 ? "" : last ? " or " : ", ");
        text_view_append(&text, word);
    }
    text_char(&text, '\0');
    if (node->kind != YAML_WRONG && text_ok(&text))
        mistakes_add(reader->mistakes, node->place,
                     "%s: expected %s%s, found %s%s", key->name, or_else,
                     (const char *)text.bytes, yaml_found(node, &found),
                     mistake_guess_words(&guess, &meant));
    text_close(&text);
    return false;
}

static void
read_choice(struct program_reader *reader, const struct grammar_key *key,
            const struct yaml_node *node, void *base)
{
    int32_t value;

    if (read_word(reader, key, node, "", &value))
        grammar_set(base, key->field, value);
}

static void
read_months(struct program_reader *reader, const struct grammar_key *key,
            const struct yaml_node *node, void *base)
{
    int64_t months;
    int32_t value;

    if (node->kind == YAML_WORD && scalar_months(node->word, &months) &&
        months >= key->min && months <= key->max)
        grammar_set(base, key->field, months);
    else if (read_word(reader, key, node,
                       "1 to 1200 months (\"12 months\"), or ", &value))
        grammar_set(base, key->field, value);
}

static void
read_date(struct program_reader *reader, const struct grammar_key *key,
          const struct yaml_node *node, void *base)
{
    const int32_t first = calendar_day((civil) { 2000, 1, 1 });
    const int32_t last = calendar_day((civil) { 2099, 12, 31 });
    int32_t day;

    if (node->kind == YAML_WORD && calendar_parse_date(node->word, &day) &&
        day >= first && day <= last)
        grammar_set(base, key->field, day);
    else
        tell(reader, key, node, "a day from 2000-01-01 to 2099-12-31");
}

static void
read_time(struct program_reader *reader, const struct grammar_key *key,
          const struct yaml_node *node, void *base)
{
    int64_t at_ms;

    if (node->kind == YAML_WORD && calendar_parse_time(node->word, &at_ms) &&
        at_ms >= LIMIT_AT_MS_MIN && at_ms <= LIMIT_CLOCK_MS_MAX)
        grammar_set(base, key->field, at_ms);
    else
        tell(reader, key, node, "a time such as 2026-10-31T15:00:00Z");
}

static void
read_hours(struct program_reader *reader, const struct grammar_key *key,
           const struct yaml_node *node, void *base)
{
    int32_t from_ms, to_ms;

    if (node->kind != YAML_WORD ||
        !scalar_hours(node->word, &from_ms, &to_ms)) {
        tell(reader, key, node,
             "HH:MM-HH:MM, 00:00 to 24:00, not the same twice");
        return;
    }
    grammar_set(base, key->field, from_ms);
    grammar_set(base, key->second, to_ms);
}

/* Whether the node is a list of an allowed length. */
bool
program_value_is_list(struct program_reader *reader,
                      const struct grammar_key *key,
                      const struct yaml_node *node)
{
    if (node->kind != YAML_LIST) {
        tell(reader, key, node, "a list");
        return false;
    }
    assert(key->min <= 1);
    if (node->count >= key->min && node->count <= key->max)
        return true;
    if (node->count == 0)
        mistakes_add(reader->mistakes, node->place,
                     "%s: expected at least one entry, found none", key->name);
    else
        mistakes_add(reader->mistakes, node->place,
                     "%s: expected at most %lld entries, found %u", key->name,
                     (long long)key->max, node->count);
    return false;
}

static void
read_choices(struct program_reader *reader, const struct grammar_key *key,
             const struct yaml_node *list, void *base)
{
    int64_t mask = 0;
    int32_t value;

    if (!program_value_is_list(reader, key, list))
        return;
    for (const struct yaml_node *node = list->first; node != NULL;
         node = node->next)
        if (read_word(reader, key, node, "", &value))
            mask |= INT64_C(1) << value;
    grammar_set(base, key->field, mask);
}

static int
compare_month_days(const void *a, const void *b)
{
    const struct month_day *left = a, *right = b;

    if (left->month != right->month)
        return left->month < right->month ? -1 : 1;
    return left->day < right->day ? -1 : left->day > right->day;
}

static void
read_month_days(struct program_reader *reader, const struct grammar_key *key,
                const struct yaml_node *list, void *base)
{
    if (!program_value_is_list(reader, key, list))
        return;
    struct month_day *dates =
        ARENA_NEW(reader->arena, struct month_day, list->count);
    struct month_day_list sorted = { dates, 0 };
    for (const struct yaml_node *node = list->first; node != NULL;
         node = node->next) {
        struct month_day *date = &dates[sorted.count];
        if (node->kind == YAML_WORD &&
            scalar_month_day(node->word, &date->month, &date->day))
            sorted.count++;
        else
            tell(reader, key, node, "a day of the year as MM-DD, not 02-29");
    }
    qsort(dates, sorted.count, sizeof dates[0], compare_month_days);
    assert(key->field.size == sizeof sorted);
    memcpy((uint8_t *)base + key->field.offset, &sorted, sizeof sorted);
}

static void
read_names(struct program_reader *reader, const struct grammar_key *key,
           const struct yaml_node *list, void *base)
{
    if (!program_value_is_list(reader, key, list))
        return;
    view *names = ARENA_NEW(reader->arena, view, list->count);
    struct name_list read = { names, 0 };
    for (const struct yaml_node *node = list->first; node != NULL;
         node = node->next) {
        if (node->kind == YAML_WORD && is_text(key->kind, node->word))
            names[read.count++] = arena_copy(reader->arena, node->word);
        else
            tell(reader, key, node, expected_text(key->kind));
    }
    assert(key->field.size == sizeof read);
    memcpy((uint8_t *)base + key->field.offset, &read, sizeof read);
}

static void
read_stores(struct program_reader *reader, const struct grammar_key *key,
            const struct yaml_node *list, void *base)
{
    struct store_set set =
        program_stores_read(&reader->stores, key->name, list);

    if (list->kind == YAML_LIST && list->count < key->min)
        mistakes_add(reader->mistakes, list->place,
                     "%s: expected at least one entry, found none", key->name);
    assert(key->field.size == sizeof set);
    memcpy((uint8_t *)base + key->field.offset, &set, sizeof set);
}

static int
compare_places(const void *a, const void *b)
{
    int32_t left = *(const int32_t *)a, right = *(const int32_t *)b;
    return left < right ? -1 : left > right;
}

static void
read_references(struct program_reader *reader, const struct grammar_key *key,
                const struct yaml_node *list, void *base)
{
    uint32_t count = 0, kept = 0;

    if (!program_value_is_list(reader, key, list))
        return;
    int32_t *places = ARENA_NEW(reader->arena, int32_t, list->count);
    for (const struct yaml_node *node = list->first; node != NULL;
         node = node->next) {
        int32_t place = program_ids_resolve(&reader->ids, key->list, key->name,
                                            node, reader->mistakes);
        if (place != PROGRAM_NONE)
            places[count++] = place;
    }
    qsort(places, count, sizeof places[0], compare_places);
    for (uint32_t i = 0; i < count; i++)
        if (kept == 0 || places[kept - 1] != places[i])
            places[kept++] = places[i];
    grammar_set_pointer(base, key->field, places);
    grammar_set(base, key->second, kept);
}

static void
read_reference(struct program_reader *reader, const struct grammar_key *key,
               const struct yaml_node *node, void *base)
{
    grammar_set(base, key->field,
                program_ids_resolve(&reader->ids, key->list, key->name, node,
                                    reader->mistakes));
}

/* Groups of rules get numbers in the order in which they are first named. */
static void
read_group(struct program_reader *reader, const struct grammar_key *key,
           const struct yaml_node *node, void *base)
{
    uint32_t number = 0;

    if (node->kind != YAML_WORD || !is_text(key->kind, node->word)) {
        tell(reader, key, node, expected_text(key->kind));
        return;
    }
    while (number < reader->group_count &&
           !view_equal(reader->groups[number], node->word))
        number++;
    if (number == reader->group_count) {
        assert(number < LIMIT_EARN_RULES);
        reader->groups[reader->group_count++] =
            arena_copy(reader->arena, node->word);
    }
    grammar_set(base, key->field, number);
}

static void
read_events(struct program_reader *reader, const struct grammar_key *key,
            const struct yaml_node *node, void *base)
{
    const struct program_tests tests = { reader->arena, reader->scratch,
                                         reader->mistakes, &reader->ids };

    assert(key->kind == GRAMMAR_EVENTS);
    program_tests_events(&tests, node, base);
}

static void
read_expect(struct program_reader *reader, const struct grammar_key *key,
            const struct yaml_node *node, void *base)
{
    const struct program_tests tests = { reader->arena, reader->scratch,
                                         reader->mistakes, &reader->ids };

    assert(key->kind == GRAMMAR_EXPECT);
    program_tests_expect(&tests, node, base);
}

typedef void read_function(struct program_reader *reader,
                           const struct grammar_key *key,
                           const struct yaml_node *node, void *base);

static read_function *const READ[] = {
    [GRAMMAR_LABEL] = read_text,
    [GRAMMAR_NAME] = read_text,
    [GRAMMAR_CURRENCY] = read_text,
    [GRAMMAR_NUMBER] = read_number,
    [GRAMMAR_CHOICE] = read_choice,
    [GRAMMAR_DATE] = read_date,
    [GRAMMAR_TIME] = read_time,
    [GRAMMAR_HOURS] = read_hours,
    [GRAMMAR_MONTHS] = read_months,
    [GRAMMAR_PER] = read_per,
    [GRAMMAR_REFERENCE] = read_reference,
    [GRAMMAR_GROUP] = read_group,
    [GRAMMAR_CHOICES] = read_choices,
    [GRAMMAR_MONTH_DAYS] = read_month_days,
    [GRAMMAR_NAMES] = read_names,
    [GRAMMAR_CODES] = read_names,
    [GRAMMAR_STORES] = read_stores,
    [GRAMMAR_REFERENCES] = read_references,
    [GRAMMAR_EVENTS] = read_events,
    [GRAMMAR_EXPECT] = read_expect,
    [GRAMMAR_MAP] = NULL,
    [GRAMMAR_LIST] = NULL,
};
static_assert(COUNT_OF(READ) == GRAMMAR_KIND_COUNT, "all kinds of values");

void
program_value_read(struct program_reader *reader, const struct grammar_key *key,
                   const struct yaml_node *node, void *base)
{
    assert((unsigned)key->kind < GRAMMAR_KIND_COUNT);
    assert(READ[key->kind] != NULL);
    READ[key->kind](reader, key, node, base);
    if (key->selector.size > 0)
        grammar_set(base, key->selector, key->selected);
}
