#include "core/segment.h"

#include <string.h>

#include "core/scalar.h"

enum part_kind {
    PART_ALL, /* both sides */
    PART_ANY, /* either side */
    PART_NOT, /* not the left side */
    PART_TIER,
    PART_INACTIVE_DAYS,
    PART_BOUGHT,
    PART_SKU,
    PART_STORES,
    PART_PARTNERS,
    PART_HOME_STORE,
    PART_CONSENT,
    PART_REWARD,
    PART_POINTS,
    PART_PURCHASES,
    PART_SPEND,
};

struct part {
    enum part_kind kind;
    const struct part *left;
    const struct part *right;
    int32_t number; /* of a level, partner or reward */
    view name;      /* of a category, sku or channel */
    int64_t from;   /* of a range, inclusive */
    int64_t to;
    struct store_set stores;
};

struct segment {
    const struct timeline *timeline;
    const struct part *root;
};

struct reader {
    const struct timeline *timeline;
    struct arena *arena;
    struct complaint *complaint;
    view text;
    uint32_t at;
    uint32_t count; /* of parts */
};

struct field {
    const char *name;
    enum part_kind kind;
};

static const struct field FIELDS[] = {
    { "tier", PART_TIER },
    { "inactive_days", PART_INACTIVE_DAYS },
    { "bought", PART_BOUGHT },
    { "sku", PART_SKU },
    { "stores", PART_STORES },
    { "partners", PART_PARTNERS },
    { "home_store", PART_HOME_STORE },
    { "consent", PART_CONSENT },
    { "reward", PART_REWARD },
    { "points", PART_POINTS },
    { "purchases", PART_PURCHASES },
    { "spend", PART_SPEND },
};

/* --- reading ------------------------------------------------------------ */

static enum err read_any(struct reader *reader, uint32_t depth,
                         const struct part **ret);

static enum err
expected(struct reader *reader, const char *what)
{
    view rest = { reader->text.bytes + reader->at,
                  reader->text.size - reader->at };

    if (rest.size == 0)
        return complain(
            reader->complaint, "segment: expected %s at the end of \"%.*s\"",
            what, (int)reader->text.size, (const char *)reader->text.bytes);
    return complain(reader->complaint,
                    "segment: expected %s at character %u, found \"%.*s\"",
                    what, reader->at + 1, (int)rest.size,
                    (const char *)rest.bytes);
}

static bool
take(struct reader *reader, char c)
{
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
read_range(view text, uint32_t decimals, struct part *part)
{
    const uint8_t *dots =
        text.size < 2 ? NULL : memmem(text.bytes, text.size, "..", 2);

    part->from = INT64_MIN;
    part->to = INT64_MAX;
    if (dots == NULL) {
        if (!scalar_number(text, decimals, &part->from))
            return false;
        part->to = part->from;
        return true;
    }
    view from = { text.bytes, (uint32_t)(dots - text.bytes) };
    view to = { dots + 2, text.size - from.size - 2 };
    if (from.size == 0 && to.size == 0)
        return false;
    return (from.size == 0 || scalar_number(from, decimals, &part->from)) &&
           (to.size == 0 || scalar_number(to, decimals, &part->to)) &&
           part->from <= part->to;
}

static bool
read_stores(struct reader *reader, view text, struct part *part)
{
    struct store_range range;
    const struct timeline *timeline = reader->timeline;

    if (scalar_range(text, &range.first, &range.last) &&
        range.first <= range.last) {
        struct store_range *own =
            ARENA_NEW(reader->arena, struct store_range, 1);
        *own = range;
        part->stores = (struct store_set) { own, 1 };
        return true;
    }
    for (uint32_t v = timeline->version_count; v-- > 0;) {
        const struct program *program = timeline->versions[v].program;
        for (uint32_t i = 0; i < program->store_group_count; i++) {
            if (!view_equal(program->store_groups[i].id, text))
                continue;
            part->stores = program->store_groups[i].stores;
            return true;
        }
    }
    return false;
}

static bool
read_name(struct reader *reader, view text, enum name_kind kind,
          struct part *part)
{
    part->number = timeline_find(reader->timeline, kind, text);
    return part->number != PROGRAM_NONE;
}

/* The value of a field.  NULL: it is good; else what was expected. */
static const char *
read_value(struct reader *reader, view text, struct part *part)
{
    part->name = text;
    switch (part->kind) {
    case PART_TIER:
        return read_name(reader, text, NAME_LEVEL, part) ? NULL
                                                         : "a published level";
    case PART_PARTNERS:
        return read_name(reader, text, NAME_PARTNER, part)
                   ? NULL
                   : "a published partner";
    case PART_REWARD:
        return read_name(reader, text, NAME_REWARD, part)
                   ? NULL
                   : "a published reward";
    case PART_STORES:
    case PART_HOME_STORE:
        return read_stores(reader, text, part)
                   ? NULL
                   : "a store, a range of stores (10-14) or a store group";
    case PART_BOUGHT:
    case PART_CONSENT:
        return event_is_name(text) ? NULL : "a name of a-z 0-9 _ - .";
    case PART_SKU:
        return event_is_code(text) ? NULL : "a code without blanks";
    case PART_INACTIVE_DAYS:
    case PART_POINTS:
    case PART_PURCHASES:
        return read_range(text, 0, part) ? NULL : "a range: 5, 5.., ..5, 5..9";
    case PART_SPEND:
        return read_range(text, 2, part) ? NULL
                                         : "a range of money: 5.., 0.50..9";
    case PART_ALL:
    case PART_ANY:
    case PART_NOT:
        break;
    }
    return "a value";
}

static enum err
read_field(struct reader *reader, const struct part **ret)
{
    uint32_t start = reader->at;
    view name = take_word(reader, "=,|()!");

    for (uint32_t i = 0; i < COUNT_OF(FIELDS); i++) {
        if (!view_equal(name, view_of(FIELDS[i].name)))
            continue;
        if (!take(reader, '='))
            return expected(reader, "=");
        struct part *part = new_part(reader, FIELDS[i].kind);
        uint32_t value_start = reader->at;
        const char *missing =
            read_value(reader, take_word(reader, ",|()!"), part);
        if (missing != NULL) {
            reader->at = value_start;
            return expected(reader, missing);
        }
        *ret = part;
        return OK;
    }
    reader->at = start;
    return expected(reader, "tier, inactive_days, bought, sku, stores, "
                            "partners, home_store, consent, reward, points, "
                            "purchases or spend");
}

static enum err
read_one(struct reader *reader, uint32_t depth, const struct part **ret)
{
    if (depth == SEGMENT_DEPTH_MAX || reader->count >= SEGMENT_PARTS_MAX)
        return complain(reader->complaint,
                        "segment: expected at most %d parts and a depth of %d",
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
    if (reader.at != text.size)
        return expected(&reader, "a comma, | or the end");
    *ret_segment = segment;
    return OK;
}

/* --- judging ------------------------------------------------------------ */

static bool
in_range(const struct part *part, int64_t value)
{
    return value >= part->from && value <= part->to;
}

static bool
bought_line(const struct part *part, const struct event *event)
{
    const struct name_list wanted = { &part->name, 1 };

    for (uint32_t i = 0; i < event->sale.line_count; i++) {
        const struct event_line *line = &event->sale.lines[i];
        if (part->kind == PART_SKU
                ? view_equal(line->sku, part->name)
                : line->category.size > 0 &&
                      name_list_covers(&wanted, line->category))
            return true;
    }
    return false;
}

/* Whether some purchase is as the part says. */
static bool
has_bought(const struct part *part, const struct account *account)
{
    assert(account->whole);
    for (uint32_t i = 0; i < account->bought.count; i++) {
        const struct purchase *purchase = &account->bought.items[i];
        bool holds = false;
        if (part->kind == PART_STORES)
            holds = store_set_has(&part->stores, purchase->event->store);
        else if (part->kind == PART_PARTNERS)
            holds = purchase->partner == part->number;
        else
            holds = bought_line(part, purchase->event);
        if (holds)
            return true;
    }
    return false;
}

static bool
has_consent(const struct part *part, const struct account *account)
{
    for (uint32_t i = 0; i < account->consents.count; i++)
        if (view_equal(account->consents.items[i].channel, part->name))
            return account->consents.items[i].granted;
    return false;
}

static bool
has_voucher(const struct part *part, const struct account *account)
{
    for (uint32_t i = 0; i < account->vouchers.count; i++)
        if (account->vouchers.items[i].reward == part->number)
            return true;
    return false;
}

static bool
is_inactive(const struct part *part, const struct zone *zone,
            const struct account *account, int64_t at_ms)
{
    if (account->visit_ms == ACCOUNT_NEVER_YET)
        return false;
    return in_range(part,
                    zone_day(zone, at_ms) - zone_day(zone, account->visit_ms));
}

static bool
holds_part(const struct segment *segment, const struct part *part,
           const struct account *account, int64_t at_ms)
{
    switch (part->kind) {
    case PART_ALL:
        return holds_part(segment, part->left, account, at_ms) &&
               holds_part(segment, part->right, account, at_ms);
    case PART_ANY:
        return holds_part(segment, part->left, account, at_ms) ||
               holds_part(segment, part->right, account, at_ms);
    case PART_NOT:
        return !holds_part(segment, part->left, account, at_ms);
    case PART_TIER:
        return account->level.level == part->number;
    case PART_INACTIVE_DAYS:
        return is_inactive(part, &segment->timeline->zone, account, at_ms);
    case PART_BOUGHT:
    case PART_SKU:
    case PART_STORES:
    case PART_PARTNERS:
        return has_bought(part, account);
    case PART_HOME_STORE:
        return account->home_store != 0 &&
               store_set_has(&part->stores, account->home_store);
    case PART_CONSENT:
        return has_consent(part, account);
    case PART_REWARD:
        return has_voucher(part, account);
    case PART_POINTS:
        return in_range(part, lot_available(&account->lots, at_ms).value);
    case PART_PURCHASES:
        return in_range(part, (int64_t)account->purchase_count);
    case PART_SPEND:
        return in_range(part, account->spend.minor);
    }
    return false;
}

bool
segment_holds(const struct segment *segment, const struct account *account,
              int64_t at_ms)
{
    return holds_part(segment, segment->root, account, at_ms);
}
