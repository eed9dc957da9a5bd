/*
 * segment_read.c - a segment's expression, read by recursive descent (the
 * grammar stands in segment.h)
 */
#include "core/mistake.h"
#include "core/scalar.h"
#include "core/segment.h"
#include "core/segment_part.h"

#include <stdio.h>
#include <string.h>

/* What stands behind the sign of equality. */
enum value_kind {
    VALUE_YES_NO,
    VALUE_DATES,
    VALUE_STORES,
    VALUE_LEVEL,
    VALUE_RANGE,
    VALUE_MONEY,
    VALUE_NAME, /* of a category or channel, which no program lists */
    VALUE_SKU,
    VALUE_PARTNER,
    VALUE_CARD, /* these three with a range behind a colon */
    VALUE_REWARD,
    VALUE_PASS,
};

struct field {
    const char *name;
    enum part_kind kind;
    enum value_kind value;
};

static const struct field FIELDS[] = {
    { "member", PART_MEMBER, VALUE_YES_NO },
    { "joined", PART_JOINED, VALUE_DATES },
    { "home_store", PART_HOME_STORE, VALUE_STORES },
    { "tier", PART_TIER, VALUE_LEVEL },
    { "window_spend", PART_WINDOW_SPEND, VALUE_MONEY },
    { "inactive_days", PART_INACTIVE_DAYS, VALUE_RANGE },
    { "recency", PART_RECENCY, VALUE_RANGE },
    { "first_purchase", PART_FIRST_PURCHASE, VALUE_DATES },
    { "last_purchase", PART_LAST_PURCHASE, VALUE_DATES },
    { "purchases", PART_PURCHASES, VALUE_RANGE },
    { "frequency", PART_FREQUENCY, VALUE_RANGE },
    { "spend", PART_SPEND, VALUE_MONEY },
    { "bought", PART_BOUGHT, VALUE_NAME },
    { "sku", PART_SKU, VALUE_SKU },
    { "stores", PART_STORES, VALUE_STORES },
    { "partners", PART_PARTNERS, VALUE_PARTNER },
    { "points", PART_POINTS, VALUE_RANGE },
    { "pending", PART_PENDING, VALUE_RANGE },
    { "debt", PART_DEBT, VALUE_RANGE },
    { "stamps", PART_STAMPS, VALUE_CARD },
    { "reward", PART_REWARD, VALUE_REWARD },
    { "pass", PART_PASS, VALUE_PASS },
    { "consent", PART_CONSENT, VALUE_NAME },
};

static const char EXPECTED_FIELD[] =
    "member, joined, home_store, tier, window_spend, inactive_days, recency, "
    "first_purchase, last_purchase, purchases, frequency, spend, bought, sku, "
    "stores, partners, points, pending, debt, stamps, reward, pass or consent";

enum { HINT_SIZE = 200 };

struct reader {
    const struct timeline *timeline;
    struct arena *arena;
    struct complaint *complaint;
    view text;
    uint32_t at;
    uint32_t count;       /* of parts */
    char hint[HINT_SIZE]; /* behind the complaint of a name not found */
};

/* The stops of a word. */
#define STOPS ",|()! "

static enum err read_any(struct reader *reader, uint32_t depth,
                         const struct part **ret);

static enum err
expected(struct reader *reader, const char *what)
{
    view rest = { reader->text.bytes + reader->at,
                  reader->text.size - reader->at };
    uint32_t size = rest.size > 0;

    while (size < rest.size && strchr(STOPS, rest.bytes[size]) == NULL)
        size++;
    rest.size = size; /* what follows may be right */

    if (rest.size == 0)
        return complain(reader->complaint,
                        "expected %s at the end of \"%.*s\"%s", what,
                        (int)reader->text.size,
                        (const char *)reader->text.bytes, reader->hint);
    return complain(reader->complaint,
                    "expected %s at character %u, found \"%.*s\"%s", what,
                    reader->at + 1, (int)rest.size, (const char *)rest.bytes,
                    reader->hint);
}

static void
skip_blanks(struct reader *reader)
{
    while (reader->at < reader->text.size &&
           reader->text.bytes[reader->at] == ' ')
        reader->at++;
}

static bool
take(struct reader *reader, char c)
{
    skip_blanks(reader);
    if (reader->at == reader->text.size ||
        reader->text.bytes[reader->at] != (uint8_t)c)
        return false;
    reader->at++;
    return true;
}

/* Up to one of the stops, or the end. */
static view
take_word(struct reader *reader, const char *stops)
{
    skip_blanks(reader);
    uint32_t start = reader->at;
    while (reader->at < reader->text.size &&
           strchr(stops, reader->text.bytes[reader->at]) == NULL)
        reader->at++;
    return (view) { reader->text.bytes + start, reader->at - start };
}

static struct part *
new_part(struct reader *reader, enum part_kind kind)
{
    struct part *part = ARENA_NEW(reader->arena, struct part, 1);

    part->kind = kind;
    reader->count++;
    return part;
}

static bool
read_end(view text, enum value_kind kind, int64_t *ret)
{
    int32_t day;

    if (kind != VALUE_DATES)
        return scalar_number(text, kind == VALUE_MONEY ? 2 : 0, ret);
    if (!calendar_parse_date(text, &day))
        return false;
    *ret = day;
    return true;
}

static bool
read_range(view text, enum value_kind kind, struct part *part)
{
    const uint8_t *dots =
        text.size < 2 ? NULL : memmem(text.bytes, text.size, "..", 2);

    part->from = INT64_MIN;
    part->to = INT64_MAX;
    if (dots == NULL) {
        if (!read_end(text, kind, &part->from))
            return false;
        part->to = part->from;
        return true;
    }
    view from = { text.bytes, (uint32_t)(dots - text.bytes) };
    view to = { dots + 2, text.size - from.size - 2 };
    if (from.size == 0 && to.size == 0)
        return false;
    return (from.size == 0 || read_end(from, kind, &part->from)) &&
           (to.size == 0 || read_end(to, kind, &part->to)) &&
           part->from <= part->to;
}

/* Names that the rules have, of which one was wanted in vain. */
struct offer {
    struct mistake_guess guess;
    char list[HINT_SIZE / 2];
    size_t used;
};

static void
offer_name(struct offer *offer, view name)
{
    mistake_guess_offer(&offer->guess, name);
    if (offer->used < sizeof offer->list)
        offer->used += (size_t)snprintf(
            offer->list + offer->used, sizeof offer->list - offer->used,
            "%s%.*s", offer->used > 0 ? ", " : "", (int)name.size,
            (const char *)name.bytes);
}

/* The one that was probably meant, or all, if they are few. */
static void
hint(struct reader *reader, const struct offer *offer)
{
    struct mistake_quote quote;

    if (offer->guess.best.size > 0)
        snprintf(reader->hint, sizeof reader->hint, "%s",
                 mistake_guess_words(&offer->guess, &quote));
    else if (offer->used > 0 && offer->used < sizeof offer->list)
        snprintf(reader->hint, sizeof reader->hint, "; the rules have %s",
                 offer->list);
}

static bool
read_group(struct reader *reader, view text, struct part *part)
{
    const struct timeline *timeline = reader->timeline;
    struct offer offer = { .guess = mistake_guess_start(text) };

    for (uint32_t v = timeline->version_count; v-- > 0;) {
        const struct program *program = timeline->versions[v].program;
        for (uint32_t i = 0; i < program->store_group_count; i++) {
            if (view_equal(program->store_groups[i].id, text)) {
                part->stores = program->store_groups[i].stores;
                return true;
            }
            if (v + 1 == timeline->version_count)
                offer_name(&offer, program->store_groups[i].id);
        }
    }
    hint(reader, &offer);
    return false;
}

static bool
read_stores(struct reader *reader, view text, struct part *part)
{
    struct store_range range;

    if (scalar_range(text, &range.first, &range.last) &&
        range.first <= range.last) {
        struct store_range *own =
            ARENA_NEW(reader->arena, struct store_range, 1);
        *own = range;
        part->stores = (struct store_set) { own, 1 };
        return true;
    }
    return read_group(reader, text, part);
}

static bool
read_name(struct reader *reader, view text, enum name_kind kind,
          struct part *part)
{
    const struct timeline *timeline = reader->timeline;
    struct offer offer = { .guess = mistake_guess_start(text) };

    part->number = timeline_find(timeline, kind, text);
    if (part->number != PROGRAM_NONE)
        return true;
    for (int32_t n = 0; n < (int32_t)timeline->names[kind].count; n++)
        if (kind != NAME_PARTNER || n != timeline->partner_debt)
            offer_name(&offer, timeline_name(timeline, kind, n));
    hint(reader, &offer);
    return false;
}

/* NAME or NAME:RANGE. */
static bool
read_counted(struct reader *reader, view text, enum name_kind kind,
             struct part *part)
{
    const uint8_t *colon =
        text.size == 0 ? NULL : memchr(text.bytes, ':', text.size);
    view name = text;

    part->from = 1;
    part->to = INT64_MAX;
    if (colon != NULL) {
        name.size = (uint32_t)(colon - text.bytes);
        view range = { colon + 1, text.size - name.size - 1 };
        if (!read_range(range, VALUE_RANGE, part))
            return false;
    }
    return read_name(reader, name, kind, part);
}

static bool
read_level(struct reader *reader, view text, struct part *part)
{
    if (!view_equal(text, view_of("none")))
        return read_name(reader, text, NAME_LEVEL, part);
    part->number = timeline_find(reader->timeline, NAME_LEVEL, text);
    return true;
}

static bool
read_yes_no(view text, struct part *part)
{
    part->number = view_equal(text, view_of("yes"));
    return part->number != 0 || view_equal(text, view_of("no"));
}

/* The value of a field.  NULL: it is good; else what was expected. */
static const char *
read_value(struct reader *reader, enum value_kind kind, view text,
           struct part *part)
{
    part->name = text;
    switch (kind) {
    case VALUE_YES_NO:
        return read_yes_no(text, part) ? NULL : "yes or no";
    case VALUE_DATES:
        return read_range(text, kind, part)
                   ? NULL
                   : "dates: 2026-01-31, 2026-01-01..2026-03-31";
    case VALUE_STORES:
        return read_stores(reader, text, part)
                   ? NULL
                   : "a store, a range of stores (10-14) or a store group";
    case VALUE_LEVEL:
        return read_level(reader, text, part) ? NULL
                                              : "a published level or none";
    case VALUE_RANGE:
        return read_range(text, kind, part) ? NULL
                                            : "a range: 5, 5.., ..5, 5..9";
    case VALUE_MONEY:
        return read_range(text, kind, part) ? NULL
                                            : "a range of money: 5.., 0.50..9";
    case VALUE_NAME:
        return event_is_name(text) ? NULL : "a name of a-z 0-9 _ - .";
    case VALUE_SKU:
        return event_is_code(text) ? NULL : "a code without blanks";
    case VALUE_PARTNER:
        return read_name(reader, text, NAME_PARTNER, part)
                   ? NULL
                   : "a published partner";
    case VALUE_CARD:
        return read_counted(reader, text, NAME_CARD, part)
                   ? NULL
                   : "a published card, or CARD:5..";
    case VALUE_REWARD:
        return read_counted(reader, text, NAME_REWARD, part)
                   ? NULL
                   : "a published reward, or REWARD:2..";
    case VALUE_PASS:
        return read_counted(reader, text, NAME_PASS, part)
                   ? NULL
                   : "a published pass, or PASS:..2";
    }
    return "a value";
}

/* All there are, or the one that was probably meant. */
static enum err
complain_field(struct reader *reader, view name)
{
    struct mistake_guess guess = mistake_guess_start(name);
    struct mistake_quote quote, words;

    for (uint32_t i = 0; i < COUNT_OF(FIELDS); i++)
        mistake_guess_offer(&guess, view_of(FIELDS[i].name));
    if (guess.best.size == 0)
        return expected(reader, EXPECTED_FIELD);
    return complain(reader->complaint,
                    "expected a field at character %u, "
                    "found %s%s",
                    reader->at + 1, mistake_quote(name, &quote),
                    mistake_guess_words(&guess, &words));
}

static enum err
read_field(struct reader *reader, const struct part **ret)
{
    view name = take_word(reader, "=" STOPS);

    for (uint32_t i = 0; i < COUNT_OF(FIELDS); i++) {
        if (!view_equal(name, view_of(FIELDS[i].name)))
            continue;
        if (!take(reader, '='))
            return expected(reader, "=");
        struct part *part = new_part(reader, FIELDS[i].kind);
        view value = take_word(reader, STOPS);
        const char *missing = read_value(reader, FIELDS[i].value, value, part);
        if (missing != NULL) {
            reader->at -= value.size;
            return expected(reader, missing);
        }
        *ret = part;
        return OK;
    }
    reader->at -= name.size;
    return complain_field(reader, name);
}

static enum err
read_one(struct reader *reader, uint32_t depth, const struct part **ret)
{
    if (depth == SEGMENT_DEPTH_MAX || reader->count >= SEGMENT_PARTS_MAX)
        return complain(reader->complaint,
                        "expected at most %d parts and a depth of %d",
                        SEGMENT_PARTS_MAX, SEGMENT_DEPTH_MAX);
    if (take(reader, '!')) {
        struct part *part = new_part(reader, PART_NOT);
        *ret = part;
        return read_one(reader, depth + 1, &part->left);
    }
    if (!take(reader, '('))
        return read_field(reader, ret);
    enum err err = read_any(reader, depth + 1, ret);
    if (err == OK && !take(reader, ')'))
        return expected(reader, "a closing parenthesis");
    return err;
}

/* A chain of parts with one sign between them. */
static enum err
read_all(struct reader *reader, uint32_t depth, const struct part **ret)
{
    enum err err = read_one(reader, depth, ret);

    while (err == OK && take(reader, ',')) {
        struct part *both = new_part(reader, PART_ALL);
        both->left = *ret;
        err = read_one(reader, depth, &both->right);
        *ret = both;
    }
    return err;
}

static enum err
read_any(struct reader *reader, uint32_t depth, const struct part **ret)
{
    enum err err = read_all(reader, depth, ret);

    while (err == OK && take(reader, '|')) {
        struct part *either = new_part(reader, PART_ANY);
        either->left = *ret;
        err = read_all(reader, depth, &either->right);
        *ret = either;
    }
    return err;
}

enum err
segment_read(view text, const struct timeline *timeline, struct arena *arena,
             const struct segment **ret_segment, struct complaint *complaint)
{
    struct reader reader = {
        .timeline = timeline,
        .arena = arena,
        .complaint = complaint,
        .text = text,
    };
    struct segment *segment = ARENA_NEW(arena, struct segment, 1);

    segment->timeline = timeline;
    enum err err = read_any(&reader, 0, &segment->root);
    if (err != OK)
        return err;
    skip_blanks(&reader);
    if (reader.at != text.size)
        return expected(&reader, "a comma, | or the end");
    *ret_segment = segment;
    return OK;
}
