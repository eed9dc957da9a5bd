#include "core/timeline.h"

#include "core/limits.h"

#include <stdlib.h>
#include <string.h>

static const struct zone_transition UTC_TRANSITIONS[] = { { INT64_MIN, 0 } };

/* --- tables of names --- */

static uint32_t
list_count(const struct program *program, enum name_kind kind)
{
    switch (kind) {
    case NAME_PARTNER:
        return program->partner_count;
    case NAME_REWARD:
        return program->reward_count;
    case NAME_CARD:
        return program->stamp_count;
    case NAME_SPEND:
        return program->spend_reward_count;
    case NAME_PASS:
        return program->pass_count;
    case NAME_LEVEL:
        return program->tiers.count;
    case NAME_RULE:
        return program->earn_count;
    case NAME_KIND_COUNT:
        break;
    }
    assert(!"a kind of name");
    return 0;
}

static view
list_id(const struct program *program, enum name_kind kind, uint32_t place)
{
    assert(place < list_count(program, kind));
    switch (kind) {
    case NAME_PARTNER:
        return program->partners[place].id;
    case NAME_REWARD:
        return program->rewards[place].id;
    case NAME_CARD:
        return program->stamps[place].id;
    case NAME_SPEND:
        return program->spend_rewards[place].id;
    case NAME_PASS:
        return program->passes[place].id;
    case NAME_LEVEL:
        return program->tiers.levels[place].id;
    case NAME_RULE:
        return program->earn[place].id;
    case NAME_KIND_COUNT:
        break;
    }
    assert(!"a kind of name");
    return (view) { 0 };
}

/* What the synthetic rules of a kind begin with; NULL: it has none. */
static const char *
rule_prefix(enum name_kind kind)
{
    switch (kind) {
    case NAME_CARD:
        return "stamp.";
    case NAME_SPEND:
        return "spend.";
    case NAME_PASS:
        return "pass.";
    case NAME_LEVEL:
        return "tier.";
    case NAME_PARTNER:
    case NAME_REWARD:
    case NAME_RULE:
    case NAME_KIND_COUNT:
        break;
    }
    return NULL;
}

static int
compare_names(const void *a, const void *b)
{
    return view_compare(*(const view *)a, *(const view *)b);
}

/* Sorts the names in place and leaves each once; returns how many. */
static uint32_t
sort_once(view *names, uint32_t count)
{
    uint32_t kept = 0;

    if (count > 0)
        qsort(names, count, sizeof(*names), compare_names);
    for (uint32_t i = 0; i < count; i++)
        if (kept == 0 || !view_equal(names[kept - 1], names[i]))
            names[kept++] = names[i];
    return kept;
}

static view
join_name(const char *prefix, view id, struct arena *arena)
{
    size_t prefix_size = strlen(prefix);
    uint8_t *bytes = arena_take(arena, prefix_size + id.size);

    memcpy(bytes, prefix, prefix_size);
    if (id.size > 0)
        memcpy(bytes + prefix_size, id.bytes, id.size);
    return (view) { bytes, (uint32_t)(prefix_size + id.size) };
}

/* The names of one kind that the programs themselves spell. */
static uint32_t
gather_ids(const struct timeline_input *inputs, uint32_t count,
           enum name_kind kind, view *names)
{
    uint32_t found = 0;

    for (uint32_t i = 0; i < count; i++) {
        const struct program *program = inputs[i].program;
        uint32_t places = list_count(program, kind);
        for (uint32_t place = 0; place < places; place++)
            names[found++] = list_id(program, kind, place);
    }
    return found;
}

static uint32_t
count_ids(const struct timeline_input *inputs, uint32_t count,
          enum name_kind kind)
{
    uint32_t total = 0;

    for (uint32_t i = 0; i < count; i++)
        total += list_count(inputs[i].program, kind);
    return total;
}

/* The rules come last: their table takes in a synthetic name for each name of
 * the other kinds. */
static void
intern_rules(struct timeline *timeline, const struct timeline_input *inputs,
             uint32_t count, struct arena *arena)
{
    uint32_t total = count_ids(inputs, count, NAME_RULE) + 2;

    for (int kind = 0; kind < NAME_RULE; kind++)
        if (rule_prefix((enum name_kind)kind) != NULL)
            total += timeline->names[kind].count;
    view *names = ARENA_NEW(arena, view, total);
    uint32_t found = gather_ids(inputs, count, NAME_RULE, names);
    names[found++] = view_of("referral");
    names[found++] = view_of("monthly_bonus");
    for (int kind = 0; kind < NAME_RULE; kind++) {
        const char *prefix = rule_prefix((enum name_kind)kind);
        const struct name_list *list = &timeline->names[kind];
        for (uint32_t i = 0; prefix != NULL && i < list->count; i++)
            names[found++] = join_name(prefix, list->names[i], arena);
    }
    assert(found == total);
    timeline->names[NAME_RULE] =
        (struct name_list) { names, sort_once(names, found) };
}

static void
intern(struct timeline *timeline, const struct timeline_input *inputs,
       uint32_t count, struct arena *arena)
{
    for (int kind = 0; kind < NAME_RULE; kind++) {
        uint32_t extra = kind == NAME_PARTNER ? 2 : 0;
        uint32_t total = count_ids(inputs, count, (enum name_kind)kind);
        view *names = ARENA_NEW(arena, view, total + extra);
        uint32_t found = gather_ids(inputs, count, (enum name_kind)kind, names);
        if (kind == NAME_PARTNER) {
            names[found++] = view_of("none");
            names[found++] = view_of("debt");
        }
        timeline->names[kind] =
            (struct name_list) { names, sort_once(names, found) };
    }
    intern_rules(timeline, inputs, count, arena);
    timeline->partner_none =
        timeline_find(timeline, NAME_PARTNER, view_of("none"));
    timeline->partner_debt =
        timeline_find(timeline, NAME_PARTNER, view_of("debt"));
    timeline->rule_referral =
        timeline_find(timeline, NAME_RULE, view_of("referral"));
    timeline->rule_monthly_bonus =
        timeline_find(timeline, NAME_RULE, view_of("monthly_bonus"));
}

/* The synthetic rule of each name of a kind. */
static void
link_rules(struct timeline *timeline, enum name_kind kind, struct arena *arena)
{
    const struct name_list *list = &timeline->names[kind];
    int32_t *rules = ARENA_NEW(arena, int32_t, list->count);

    for (uint32_t i = 0; i < list->count; i++) {
        struct arena scratch = *arena;
        view name = join_name(rule_prefix(kind), list->names[i], &scratch);
        rules[i] = timeline_find(timeline, NAME_RULE, name);
        assert(rules[i] != PROGRAM_NONE);
    }
    timeline->rule_of[kind] = rules;
}

/* --- one version --- */

static void
map_names(const struct timeline *timeline, struct version *version,
          enum name_kind kind, struct arena *arena)
{
    uint32_t count = list_count(version->program, kind);
    uint32_t names = timeline->names[kind].count;
    int32_t *numbers = ARENA_NEW(arena, int32_t, count);
    int32_t *places = ARENA_NEW(arena, int32_t, names);

    for (uint32_t i = 0; i < names; i++)
        places[i] = PROGRAM_NONE;
    for (uint32_t place = 0; place < count; place++) {
        view id = list_id(version->program, kind, place);
        numbers[place] = timeline_find(timeline, kind, id);
        assert(numbers[place] != PROGRAM_NONE);
        places[numbers[place]] = (int32_t)place;
    }
    version->numbers[kind] = numbers;
    version->places[kind] = places;
}

static int
compare_stores(const void *a, const void *b)
{
    uint32_t left = ((const struct version_stores *)a)->first;
    uint32_t right = ((const struct version_stores *)b)->first;

    return left < right ? -1 : left > right;
}

static void
map_stores(struct version *version, struct arena *arena)
{
    const struct program *program = version->program;
    uint32_t total = 0;

    for (uint32_t i = 0; i < program->partner_count; i++)
        total += program->partners[i].stores.count;
    struct version_stores *stores =
        ARENA_NEW(arena, struct version_stores, total);
    uint32_t found = 0;
    for (uint32_t i = 0; i < program->partner_count; i++) {
        const struct store_set *set = &program->partners[i].stores;
        for (uint32_t j = 0; j < set->count; j++)
            stores[found++] =
                (struct version_stores) { set->ranges[j].first,
                                          set->ranges[j].last,
                                          version->numbers[NAME_PARTNER][i] };
    }
    if (found > 0)
        qsort(stores, found, sizeof(*stores), compare_stores);
    version->stores = stores;
    version->store_count = found;
}

static struct place_list
places_on(const struct program *program, enum earn_on on, struct arena *arena)
{
    int32_t *places = ARENA_NEW(arena, int32_t, program->earn_count);
    uint32_t found = 0;

    for (uint32_t i = 0; i < program->earn_count; i++)
        if (program->earn[i].on == on)
            places[found++] = (int32_t)i;
    return (struct place_list) { places, found };
}

static const struct campaign *
campaigns_of(const struct program *program, struct place_list rules,
             struct arena *arena)
{
    struct campaign *campaigns = ARENA_NEW(arena, struct campaign, rules.count);

    for (uint32_t i = 0; i < rules.count; i++)
        campaigns[i] = campaign_of(program, rules.places[i]);
    return campaigns;
}

static int
compare_days(const void *a, const void *b)
{
    int32_t left = *(const int32_t *)a, right = *(const int32_t *)b;

    return left < right ? -1 : left > right;
}

static void
map_rules(struct version *version, struct arena *arena)
{
    const struct program *program = version->program;

    for (int on = 0; on <= EARN_ON_INACTIVE; on++)
        version->rules[on] = places_on(program, (enum earn_on)on, arena);
    version->campaigns =
        campaigns_of(program, version->rules[EARN_ON_PURCHASE], arena);
    version->tier_of = PROGRAM_NONE;
    for (uint32_t i = program->earn_count; i-- > 0;)
        if (program->earn[i].shape == EARN_PER_AMOUNT)
            version->tier_of = (int32_t)i;

    struct place_list absences = version->rules[EARN_ON_INACTIVE];
    int32_t *days = ARENA_NEW(arena, int32_t, absences.count);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < absences.count; i++)
        days[i] = program->earn[absences.places[i]].after_days;
    if (absences.count > 0)
        qsort(days, absences.count, sizeof(*days), compare_days);
    for (uint32_t i = 0; i < absences.count; i++)
        if (kept == 0 || days[kept - 1] != days[i])
            days[kept++] = days[i];
    version->absence_days = days;
    version->absence_count = kept;
}

static void
compile(const struct timeline *timeline, struct version *version,
        struct arena *arena)
{
    int32_t ends = version->program->ends;

    for (int kind = 0; kind < NAME_KIND_COUNT; kind++)
        map_names(timeline, version, (enum name_kind)kind, arena);
    map_stores(version, arena);
    map_rules(version, arena);
    version->goods = goods_build(version->program, arena);
    version->ends_ms = ends == INT32_MAX
                           ? INT64_MAX
                           : zone_midnight_ms(&timeline->zone, ends + 1);
}

/* --- all of them --- */

/* The versions in the order in which they take effect.  Of two with one date
 * the one published later holds; so does the later date of two that begin at
 * one instant (a zone can skip a whole day). */
static void
order_versions(struct timeline *timeline, const struct timeline_input *inputs,
               uint32_t count, struct arena *arena)
{
    struct version *versions = ARENA_NEW(arena, struct version, count);
    uint32_t kept = 0;

    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = kept;
        while (at > 0 &&
               inputs[versions[at - 1].input].from_day > inputs[i].from_day)
            at--;
        memmove(&versions[at + 1], &versions[at],
                (kept - at) * sizeof(*versions));
        versions[at] = (struct version) {
            .program = inputs[i].program,
            .input = i,
            .from_ms = zone_midnight_ms(&timeline->zone, inputs[i].from_day),
        };
        kept++;
    }
    timeline->version_count = 0;
    for (uint32_t i = 0; i < kept; i++) {
        if (i + 1 < kept && versions[i + 1].from_ms == versions[i].from_ms)
            continue;
        uint32_t index = timeline->version_count++;
        versions[index] = versions[i];
        versions[index].index = index;
        versions[index].until_ms =
            i + 1 < kept ? versions[i + 1].from_ms : INT64_MAX;
        compile(timeline, &versions[index], arena);
    }
    timeline->versions = versions;
}

static void
digest_view(struct crypto_blake *hash, view bytes)
{
    uint64_t size = bytes.size;

    crypto_blake_add(hash, &size, sizeof(size));
    crypto_blake_add(hash, bytes.bytes, bytes.size);
}

static void
digest_number(struct crypto_blake *hash, int64_t number)
{
    crypto_blake_add(hash, &number, sizeof(number));
}

static void
make_digest(struct timeline *timeline, const struct timeline_input *inputs,
            uint32_t count)
{
    struct crypto_blake hash;

    crypto_blake_start(&hash);
    digest_number(&hash, TIMELINE_SEMANTICS);
    digest_view(&hash, timeline->zone.name);
    digest_number(&hash, timeline->zone.count);
    for (uint32_t i = 0; i < timeline->zone.count; i++) {
        digest_number(&hash, timeline->zone.transitions[i].at_ms);
        digest_number(&hash, timeline->zone.transitions[i].offset_s);
    }
    for (uint32_t i = 0; i < count; i++) {
        digest_number(&hash, inputs[i].from_day);
        digest_view(&hash, inputs[i].file);
    }
    timeline->digest = crypto_blake_end(&hash);
}

size_t
timeline_room(const struct timeline_input *inputs, uint32_t count)
{
    enum { ROUNDING = 16, LISTS_OF_VERSION = 32, TABLES = 64 };
    size_t names = 0, bytes = 0, stores = 0, goods = 0;

    for (uint32_t i = 0; i < count; i++) {
        const struct program *program = inputs[i].program;
        for (int kind = 0; kind < NAME_KIND_COUNT; kind++) {
            uint32_t places = list_count(program, (enum name_kind)kind);
            names += places;
            for (uint32_t place = 0; place < places; place++)
                bytes += list_id(program, (enum name_kind)kind, place).size;
        }
        for (uint32_t j = 0; j < program->partner_count; j++)
            stores += program->partners[j].stores.count;
        goods += goods_room(program);
    }
    /* Each name may stand in a table, name a synthetic rule too, and stand in
     * the places of every version; each place in its numbers, five lists and
     * the campaigns. */
    size_t tables =
        (names + 4) * (2 * sizeof(view) + 2 * ROUNDING + sizeof(int32_t)) +
        bytes;
    size_t places = (2 * names + 4) * count * sizeof(int32_t);
    size_t lists = (6 * sizeof(int32_t) + sizeof(struct campaign)) * names +
                   stores * sizeof(struct version_stores);
    size_t each = sizeof(struct version) + LISTS_OF_VERSION * ROUNDING;
    return sizeof(struct timeline) + ZONE_INDEX_SIZE + TABLES * ROUNDING +
           tables + places + lists + goods + count * each;
}

const struct timeline *
timeline_build(const struct timeline_input *inputs, uint32_t count,
               struct arena *arena)
{
    struct timeline *timeline = ARENA_NEW(arena, struct timeline, 1);

    assert(count <= LIMIT_VERSIONS);
    timeline->zone = (struct zone) { .name = view_of("UTC"),
                                     .count = 1,
                                     .transitions = UTC_TRANSITIONS };
    if (count > 0)
        timeline->zone = inputs[count - 1].zone;
    zone_index(&timeline->zone, arena);
    intern(timeline, inputs, count, arena);
    for (int kind = 0; kind < NAME_RULE; kind++)
        if (rule_prefix((enum name_kind)kind) != NULL)
            link_rules(timeline, (enum name_kind)kind, arena);
    order_versions(timeline, inputs, count, arena);
    for (uint32_t i = 0; i < timeline->version_count; i++)
        timeline->gives_bonus |=
            timeline->versions[i].program->bonus_step_count > 0;
    make_digest(timeline, inputs, count);
    return timeline;
}

/* --- questions --- */

/* How many versions have taken effect by then. */
static uint32_t
count_until(const struct timeline *timeline, int64_t at_ms)
{
    uint32_t low = 0, high = timeline->version_count;

    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (timeline->versions[middle].from_ms <= at_ms)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct version *
timeline_at(const struct timeline *timeline, int64_t at_ms)
{
    uint32_t count = count_until(timeline, at_ms);

    return count == 0 ? NULL : &timeline->versions[count - 1];
}

int32_t
timeline_find(const struct timeline *timeline, enum name_kind kind, view name)
{
    const struct name_list *list = &timeline->names[kind];
    uint32_t low = 0, high = list->count;

    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (view_compare(list->names[middle], name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == list->count || !view_equal(list->names[low], name))
        return PROGRAM_NONE;
    return (int32_t)low;
}

view
timeline_name(const struct timeline *timeline, enum name_kind kind,
              int32_t number)
{
    assert(number >= 0);
    assert((uint32_t)number < timeline->names[kind].count);
    return timeline->names[kind].names[number];
}

int32_t
timeline_partner_of(const struct timeline *timeline,
                    const struct version *version, uint32_t store)
{
    if (version == NULL)
        return timeline->partner_none;
    uint32_t low = 0, high = version->store_count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (version->stores[middle].last < store)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == version->store_count || version->stores[low].first > store)
        return timeline->partner_none;
    return version->stores[low].partner;
}

price
version_issue_price(const struct version *version, int32_t partner)
{
    int32_t place = version_place(version, NAME_PARTNER, partner);

    if (place == PROGRAM_NONE)
        return (price) { 0 };
    return version->program->partners[place].issue_price;
}

price
version_redeem_price(const struct version *version, int32_t partner)
{
    int32_t place = version_place(version, NAME_PARTNER, partner);

    if (place == PROGRAM_NONE)
        return (price) { 0 };
    return version->program->partners[place].redeem_price;
}

bool
version_ended(const struct version *version, int64_t at_ms)
{
    return version == NULL || at_ms >= version->ends_ms;
}
