#include "core/program_check.h"

#include "core/program_stores.h"
#include "core/scalar.h"

#include <stdio.h>
#include <stdlib.h>

struct check {
    const struct program *program;
    struct mistakes *mistakes;
    int32_t per_rule; /* the first rule per amount; PROGRAM_NONE */
};

/* "from" and "percent" of a list: read again from the text, so that a value
 * which is a mistake already is not held against its neighbours. */
static bool
number_of(const struct yaml_node *entry, const char *key, uint32_t decimals,
          int64_t *ret_value)
{
    const struct yaml_node *node = yaml_find(entry, key);

    return node != NULL && node->kind == YAML_WORD &&
           scalar_number(node->word, decimals, ret_value);
}

static void
tell_missing(struct check *check, const struct yaml_node *map, const char *keys,
             const char *where)
{
    mistakes_add(check->mistakes, map->place, "missing key %s in %s", keys,
                 where);
}

/* Keys that exclude each other, told at the one that comes later; whether
 * there is anything to tell. */
static bool
tell_beside(struct check *check, const struct yaml_node *map, const char *one,
            const char *other, const char *why)
{
    const struct yaml_node *a = yaml_find(map, one);
    const struct yaml_node *b = yaml_find(map, other);

    if (a == NULL || b == NULL)
        return false;
    bool a_is_later = a->key_place.line != b->key_place.line
                          ? a->key_place.line > b->key_place.line
                          : a->key_place.column > b->key_place.column;
    mistakes_add(check->mistakes, a_is_later ? a->key_place : b->key_place,
                 "\"%s\" can't stand beside \"%s\": %s",
                 a_is_later ? one : other, a_is_later ? other : one, why);
    return true;
}

static void
check_prefix(struct check *check, const struct yaml_node *entry,
             const char *prefix, bool whole)
{
    const struct yaml_node *id = yaml_find(entry, "id");
    struct mistake_quote quote;
    view reserved = view_of(prefix);

    if (id == NULL || id->kind != YAML_WORD || id->word.size < reserved.size)
        return;
    if (!view_equal((view) { id->word.bytes, reserved.size }, reserved) ||
        (whole && id->word.size != reserved.size))
        return;
    mistakes_add(check->mistakes, id->place,
                 whole ? "id: %s is reserved"
                       : "id: %s begins with \"%s\", which is reserved",
                 mistake_quote(id->word, &quote), prefix);
}

static void
check_when(struct check *check, const struct condition *when,
           const struct yaml_node *entry)
{
    const struct yaml_node *dates =
        yaml_find(yaml_find(entry, "when"), "dates");
    const struct yaml_node *from = yaml_find(dates, "from");

    /* A date that could not be read is 0, long before all that are allowed. */
    if (from == NULL || when->date_to <= 0 || when->date_from <= when->date_to)
        return;
    char to[11];
    struct mistake_quote quote;
    calendar_format_date(when->date_to, to);
    mistakes_add(check->mistakes, from->place,
                 "from: expected a day not after \"to\", %s, found %s", to,
                 yaml_found(from, &quote));
}

static void
check_shape(struct check *check, const struct yaml_node *rule)
{
    static const char ONE_SHAPE[] =
        "a rule has either \"per\" and \"points\", or \"multiply\", or fixed "
        "\"points\" and \"reward\"";
    const struct yaml_node *per = yaml_find(rule, "per");
    const struct yaml_node *fixed = yaml_find(rule, "points");
    const struct yaml_node *multiply = yaml_find(rule, "multiply");
    const struct yaml_node *of = yaml_find(rule, "of");

    if (tell_beside(check, rule, "multiply", "points", ONE_SHAPE) ||
        tell_beside(check, rule, "multiply", "reward", ONE_SHAPE) ||
        tell_beside(check, rule, "multiply", "per", ONE_SHAPE) ||
        tell_beside(check, rule, "per", "reward", ONE_SHAPE))
        return;
    if (per != NULL && fixed == NULL && multiply == NULL)
        tell_missing(check, rule, "\"points\"", "a rule with \"per\"");
    else if (fixed == NULL && multiply == NULL && per == NULL &&
             yaml_find(rule, "reward") == NULL)
        tell_missing(check, rule, "\"points\", \"multiply\" or \"reward\"",
                     "an earn rule");
    if (of != NULL && multiply == NULL)
        mistakes_add(check->mistakes, of->key_place,
                     "\"of\" belongs beside \"multiply\" only");
}

static void
check_multiply(struct check *check, const struct earn_rule *rule,
               const struct yaml_node *node)
{
    const struct yaml_node *multiply = yaml_find(node, "multiply");
    const struct yaml_node *of = yaml_find(node, "of");

    if (multiply == NULL)
        return;
    if (check->per_rule == PROGRAM_NONE)
        mistakes_add(check->mistakes, multiply->key_place,
                     "\"multiply\" needs a rule with \"per\" and an amount, "
                     "and there is none in earn");
    else if (of != NULL && rule->of != PROGRAM_NONE &&
             check->program->earn[rule->of].shape != EARN_PER_AMOUNT)
        mistakes_add(check->mistakes, of->place,
                     "of: expected a rule with \"per\" and an amount");
}

/* Which conditions may stand on a rule that is given for something else than
 * a purchase: it has no lines and no total; an absence has a store only. */
static bool
is_allowed(enum earn_on on, enum condition_kind kind)
{
    const uint32_t goods = 1u << CONDITION_CATEGORIES | 1u << CONDITION_SKUS |
                           1u << CONDITION_MIN_TOTAL;
    const uint32_t absence = 1u << CONDITION_STORES | 1u << CONDITION_PARTNERS |
                             1u << CONDITION_TIERS | 1u << CONDITION_CONSENTS |
                             1u << CONDITION_HOME_STORE;

    if (on == EARN_ON_INACTIVE)
        return (absence >> kind & 1) != 0;
    return on == EARN_ON_PURCHASE || (goods >> kind & 1) == 0;
}

static const char *
on_name(enum earn_on on)
{
    static const char *const NAMES[] = {
        [EARN_ON_PURCHASE] = "purchase",
        [EARN_ON_JOIN] = "join",
        [EARN_ON_ACTIVITY] = "activity",
        [EARN_ON_INACTIVE] = "inactive",
    };
    return NAMES[on];
}

static void
check_on(struct check *check, const struct earn_rule *rule,
         const struct yaml_node *node)
{
    const struct yaml_node *when = yaml_find(node, "when");
    const struct yaml_node *name = yaml_find(node, "name");
    const struct yaml_node *after = yaml_find(node, "after_days");
    const struct yaml_node *per = yaml_find(node, "per");
    const struct yaml_node *multiply = yaml_find(node, "multiply");

    if (name != NULL && rule->on != EARN_ON_ACTIVITY)
        mistakes_add(check->mistakes, name->key_place,
                     "\"name\" belongs to a rule with on: activity only");
    if (after != NULL && rule->on != EARN_ON_INACTIVE)
        mistakes_add(check->mistakes, after->key_place,
                     "\"after_days\" belongs to a rule with on: inactive only");
    if (after == NULL && rule->on == EARN_ON_INACTIVE)
        tell_missing(check, node, "\"after_days\"", "a rule with on: inactive");
    if (rule->on == EARN_ON_PURCHASE)
        return;
    for (uint32_t i = 0; i < 2; i++) {
        const struct yaml_node *shape = i == 0 ? per : multiply;
        if (shape != NULL)
            mistakes_add(check->mistakes, shape->key_place,
                         "\"%s\" can't stand beside \"on\": such a rule gives "
                         "fixed points or a reward",
                         i == 0 ? "per" : "multiply");
    }
    for (enum condition_kind kind = 0; kind < CONDITION_COUNT; kind++) {
        const struct yaml_node *given = yaml_find(when, condition_name(kind));
        if (given != NULL && !is_allowed(rule->on, kind))
            mistakes_add(check->mistakes, given->key_place,
                         "the condition \"%s\" can't stand on a rule with "
                         "on: %s",
                         condition_name(kind), on_name(rule->on));
    }
}

static void
check_earn(struct check *check, const struct yaml_node *list)
{
    static const char *const RESERVED[] = { "tier.", "stamp.", "spend.",
                                            "pass." };
    const struct earn_rule *rule = check->program->earn;

    for (const struct yaml_node *node = list->first; node != NULL;
         node = node->next, rule++) {
        if (node->kind != YAML_MAP)
            continue;
        check_prefix(check, node, "referral", true);
        check_prefix(check, node, "monthly_bonus", true);
        for (uint32_t i = 0; i < COUNT_OF(RESERVED); i++)
            check_prefix(check, node, RESERVED[i], false);
        check_shape(check, node);
        check_multiply(check, rule, node);
        check_on(check, rule, node);
        check_when(check, &rule->when, node);
    }
}

/* A stamp card and a spend reward give either a reward or points. */
static void
check_gift(struct check *check, const struct yaml_node *entry,
           const char *where)
{
    tell_beside(check, entry, "reward", "points", "it gives either");
    if (yaml_find(entry, "reward") == NULL &&
        yaml_find(entry, "points") == NULL)
        tell_missing(check, entry, "\"reward\" or \"points\"", where);
}

static void
check_stamps(struct check *check, const struct yaml_node *list)
{
    const struct stamp_card *card = check->program->stamps;

    for (const struct yaml_node *node = list->first; node != NULL;
         node = node->next, card++) {
        if (node->kind != YAML_MAP)
            continue;
        check_gift(check, node, "a stamp card");
        check_when(check, &card->when, node);
        if (yaml_find(node, "when") != NULL && yaml_find(node, "per") == NULL)
            tell_missing(check, node, "\"per\"", "a stamp card with \"when\"");
    }
}

static void
check_spend_rewards(struct check *check, const struct yaml_node *list)
{
    for (const struct yaml_node *node = list->first; node != NULL;
         node = node->next)
        if (node->kind == YAML_MAP)
            check_gift(check, node, "a spend reward");
}

static void
check_passes(struct check *check, const struct yaml_node *list)
{
    for (const struct yaml_node *node = list->first; node != NULL;
         node = node->next) {
        const struct yaml_node *rebates = yaml_find(node, "rebates");
        if (rebates == NULL || rebates->kind != YAML_LIST)
            continue;
        for (const struct yaml_node *rebate = rebates->first; rebate != NULL;
             rebate = rebate->next)
            if (rebate->kind == YAML_MAP &&
                yaml_find(rebate, "points") == NULL &&
                yaml_find(rebate, "reward") == NULL)
                tell_missing(check, rebate, "\"points\" or \"reward\"",
                             "a rebate");
    }
}

/* How the values of a key go on from entry to entry: each at least `step`
 * above the one before, the first above `start`. */
struct ascent {
    const char *key;
    uint32_t decimals;
    int64_t start;
    int64_t step;
};

static void
tell_ascent(struct check *check, const struct yaml_node *node,
            struct ascent ascent, int64_t before)
{
    struct mistake_quote quote;
    struct text text = { 0 };

    scalar_number_write(before, ascent.decimals, &text);
    mistakes_add(check->mistakes, node->place,
                 "%s: expected %s %.*s, the one before, found %s", ascent.key,
                 ascent.step == 0 ? "at least" : "more than", (int)text.size,
                 (const char *)text.bytes, yaml_found(node, &quote));
    text_close(&text);
}

static void
check_ascent(struct check *check, const struct yaml_node *first,
             struct ascent ascent)
{
    int64_t before = ascent.start, value;

    for (const struct yaml_node *node = first; node != NULL;
         node = node->next) {
        if (!number_of(node, ascent.key, ascent.decimals, &value))
            continue;
        if (value < before + ascent.step)
            tell_ascent(check, yaml_find(node, ascent.key), ascent, before);
        before = value;
    }
}

static void
check_steps(struct check *check, const struct yaml_node *list)
{
    check_ascent(check, list->first, (struct ascent) { "from", 2, -1, 1 });
    check_ascent(check, list->first, (struct ascent) { "percent", 3, 0, 0 });
}

static void
check_levels(struct check *check, const struct yaml_node *list)
{
    for (const struct yaml_node *node = list->first; node != NULL;
         node = node->next) {
        const struct yaml_node *from = yaml_find(node, "from");
        const struct yaml_node *multiply = yaml_find(node, "multiply");
        if (node->kind != YAML_MAP)
            continue;
        if (node == list->first && from != NULL)
            mistakes_add(check->mistakes, from->key_place,
                         "the first level has no \"from\": it is where "
                         "everybody starts");
        else if (node != list->first && from == NULL)
            tell_missing(check, node, "\"from\"",
                         "a level that is not the first");
        if (multiply != NULL && check->per_rule == PROGRAM_NONE)
            mistakes_add(check->mistakes, multiply->key_place,
                         "\"multiply\" needs a rule with \"per\" and an "
                         "amount, and there is none in earn");
    }
    check_ascent(check, list->first->next, (struct ascent) { "from", 2, 0, 1 });
}

static void
check_points(struct check *check, const struct yaml_node *map)
{
    static const char *const EXPIRY[] = { "expire_months", "expire_dates",
                                          "expire_inactive_months" };

    for (uint32_t i = 0; i < COUNT_OF(EXPIRY); i++)
        for (uint32_t j = i + 1; j < COUNT_OF(EXPIRY); j++)
            tell_beside(check, map, EXPIRY[i], EXPIRY[j],
                        "points expire in one way");
    if (check->program->points.pending_days > 0)
        tell_beside(check, map, "pending_days", "release",
                    "points become available in one way");
}

static void
check_store_groups(struct check *check, const struct yaml_node *list)
{
    struct mistake_quote quote;

    for (const struct yaml_node *node = list->first; node != NULL;
         node = node->next) {
        const struct yaml_node *id = yaml_find(node, "id");
        if (id != NULL && id->kind == YAML_WORD && id->word.size > 0 &&
            id->word.bytes[0] >= '0' && id->word.bytes[0] <= '9')
            mistakes_add(check->mistakes, id->place,
                         "id: expected a store group's id that does not begin "
                         "with a digit, found %s",
                         mistake_quote(id->word, &quote));
    }
}

struct owned_range {
    struct store_range range;
    uint32_t partner;
};

static int
compare_owned(const void *a, const void *b)
{
    const struct owned_range *left = a, *right = b;

    if (left->range.first != right->range.first)
        return left->range.first < right->range.first ? -1 : 1;
    return left->partner < right->partner ? -1 : left->partner > right->partner;
}

static const struct yaml_node *
child_at(const struct yaml_node *list, uint32_t place)
{
    const struct yaml_node *node = list->first;

    while (place-- > 0)
        node = node->next;
    return node;
}

/* The item of a partner's `stores` that names the store: a number, a range or
 * a group. */
static struct mistake_place
place_of_store(struct check *check, const struct yaml_node *partner,
               uint32_t store)
{
    const struct yaml_node *stores = yaml_find(partner, "stores");
    const struct program *program = check->program;

    for (const struct yaml_node *item = stores->first; item != NULL;
         item = item->next) {
        uint32_t first = 0, last = 0;
        if (item->kind != YAML_WORD)
            continue;
        if (scalar_range(item->word, &first, &last) && first <= store &&
            store <= last)
            return item->place;
        for (uint32_t i = 0; i < program->store_group_count; i++)
            if (view_equal(program->store_groups[i].id, item->word) &&
                store_set_has(&program->store_groups[i].stores, store))
                return item->place;
    }
    return stores->place;
}

/* Two partners want the stores from `first` to `last`: told at the one that
 * stands later in the file. */
static void
tell_shared(struct check *check, const struct yaml_node *list, uint32_t one,
            uint32_t other, struct store_range shared)
{
    uint32_t later = one > other ? one : other;
    uint32_t earlier = one > other ? other : one;
    struct mistake_quote quote;
    char last[16] = "";

    if (shared.last > shared.first)
        snprintf(last, sizeof last, "-%u", shared.last);
    mistakes_add(check->mistakes,
                 place_of_store(check, child_at(list, later), shared.first),
                 "stores: %u%s %s to partner %s already", shared.first, last,
                 shared.last > shared.first ? "belong" : "belongs",
                 mistake_quote(check->program->partners[earlier].id, &quote));
}

static void
check_owners(struct check *check, const struct yaml_node *list,
             struct arena *scratch)
{
    const struct program *program = check->program;
    uint32_t count = 0, total = 0;

    for (uint32_t i = 0; i < program->partner_count; i++)
        total += program->partners[i].stores.count;
    struct owned_range *owned = ARENA_NEW(scratch, struct owned_range, total);
    for (uint32_t i = 0; i < program->partner_count; i++)
        for (uint32_t j = 0; j < program->partners[i].stores.count; j++)
            owned[count++] = (struct owned_range) {
                program->partners[i].stores.ranges[j],
                i,
            };
    qsort(owned, count, sizeof owned[0], compare_owned);
    /* Against the range that reaches furthest of those before. */
    for (uint32_t i = 1, reach = 0; i < count; i++) {
        struct store_range a = owned[reach].range, b = owned[i].range;
        if (b.first <= a.last && check->mistakes->count < LIMIT_MISTAKES) {
            uint32_t last = a.last < b.last ? a.last : b.last;
            tell_shared(check, list, owned[reach].partner, owned[i].partner,
                        (struct store_range) { b.first, last });
        }
        if (b.last > a.last)
            reach = i;
    }
}

static void
check_partners(struct check *check, const struct yaml_node *list,
               struct arena *scratch)
{
    for (const struct yaml_node *node = list->first; node != NULL;
         node = node->next) {
        check_prefix(check, node, "none", true);
        check_prefix(check, node, "debt", true);
    }
    check_owners(check, list, scratch);
}

size_t
program_check_room(uint32_t size)
{
    return program_stores_room(size) / sizeof(struct store_range) *
               sizeof(struct owned_range) +
           64;
}

static int32_t
find_per_rule(const struct program *program)
{
    for (uint32_t i = 0; i < program->earn_count; i++)
        if (program->earn[i].shape == EARN_PER_AMOUNT)
            return (int32_t)i;
    return PROGRAM_NONE;
}

void
program_check(const struct program *program, const struct yaml_node *root,
              struct arena scratch, struct mistakes *mistakes)
{
    struct check check = { program, mistakes, find_per_rule(program) };
    const struct yaml_node *steps =
        yaml_find(yaml_find(root, "monthly_bonus"), "steps");

    /* A list that was not read (too long, no list) has no entries here. */
    if (program->store_group_count > 0)
        check_store_groups(&check, yaml_find(root, "store_groups"));
    if (program->partner_count > 0)
        check_partners(&check, yaml_find(root, "partners"), &scratch);
    check_points(&check, yaml_find(root, "points"));
    if (program->earn_count > 0)
        check_earn(&check, yaml_find(root, "earn"));
    if (program->stamp_count > 0)
        check_stamps(&check, yaml_find(root, "stamps"));
    if (program->spend_reward_count > 0)
        check_spend_rewards(&check, yaml_find(root, "spend_rewards"));
    if (program->bonus_step_count > 0)
        check_steps(&check, steps);
    if (program->tiers.count > 0)
        check_levels(&check, yaml_find(yaml_find(root, "tiers"), "levels"));
    if (program->pass_count > 0)
        check_passes(&check, yaml_find(root, "passes"));
}
