#include "core/program_stores.h"

#include "core/scalar.h"

#include <stdlib.h>
#include <string.h>

enum group_step { GROUP_NEW = 0, GROUP_OPEN, GROUP_DONE };

struct program_store_state {
    const struct yaml_node *list; /* its `stores`; NULL: a mistake */
    enum group_step step;
    struct store_set set;
};

size_t
program_stores_room(uint32_t size)
{
    /* A range takes two bytes ("1,"); each set is rounded up. */
    return (size_t)size * sizeof(struct store_range) +
           PROGRAM_STORES_ADDED_MAX * sizeof(struct store_range);
}

void
program_stores_open(struct program_stores *stores, const struct yaml_node *root)
{
    const struct yaml_node *list = program_ids_list(root, GRAMMAR_STORE_GROUPS);
    uint32_t place = 0;

    stores->group_count = list == NULL ? 0 : list->count;
    stores->groups = ARENA_NEW(stores->scratch, struct program_store_state,
                               stores->group_count);
    if (list == NULL)
        return;
    for (const struct yaml_node *entry = list->first; entry != NULL;
         entry = entry->next)
        stores->groups[place++].list = yaml_find(entry, "stores");
    assert(place == stores->group_count);
}

static bool
is_group_id(view word)
{
    return word.size > 0 && (word.bytes[0] < '0' || word.bytes[0] > '9');
}

/* One number or range. */
static bool
read_range(struct program_stores *stores, const char *key,
           const struct yaml_node *item, struct store_range *ret_range)
{
    struct mistake_quote quote;
    struct store_range range = { 0 };
    bool is_range = item->kind == YAML_WORD &&
                    scalar_range(item->word, &range.first, &range.last);

    if (!is_range || range.first < 1 || range.last > LIMIT_STORE) {
        mistakes_add(stores->mistakes, item->place,
                     "%s: expected a store from 1 to %d, a range such as "
                     "10-19, or a store group, found %s",
                     key, LIMIT_STORE, yaml_found(item, &quote));
        return false;
    }
    if (range.first > range.last) {
        mistakes_add(stores->mistakes, item->place,
                     "%s: the range %s begins after its end", key,
                     yaml_found(item, &quote));
        return false;
    }
    *ret_range = range;
    return true;
}

static struct store_set set_of_group(struct program_stores *stores,
                                     int32_t place);

/* The set of the group that an item names. */
static struct store_set
read_group(struct program_stores *stores, const char *key,
           const struct yaml_node *item)
{
    struct mistake_quote quote;
    int32_t place = program_ids_resolve(stores->ids, GRAMMAR_STORE_GROUPS, key,
                                        item, stores->mistakes);

    if (place == PROGRAM_NONE)
        return (struct store_set) { 0 };
    if (stores->groups[place].step == GROUP_OPEN) {
        mistakes_add(stores->mistakes, item->place,
                     "%s: the store group %s contains itself", key,
                     yaml_found(item, &quote));
        return (struct store_set) { 0 };
    }
    if (stores->depth == PROGRAM_STORES_DEPTH_MAX) {
        mistakes_add(stores->mistakes, item->place,
                     "%s: store groups are nested deeper than %d", key,
                     PROGRAM_STORES_DEPTH_MAX);
        return (struct store_set) { 0 };
    }
    return set_of_group(stores, place);
}

static int
compare_ranges(const void *a, const void *b)
{
    const struct store_range *left = a, *right = b;
    return left->first < right->first ? -1 : left->first > right->first;
}

/* Sorts, joins what overlaps or touches, and keeps the result. */
static struct store_set
make_set(struct arena *arena, struct store_range *ranges, uint32_t count)
{
    uint32_t kept = 0;

    if (count == 0)
        return (struct store_set) { 0 };
    qsort(ranges, count, sizeof ranges[0], compare_ranges);
    for (uint32_t i = 1; i < count; i++) {
        if (ranges[i].first > ranges[kept].last + 1)
            ranges[++kept] = ranges[i];
        else if (ranges[i].last > ranges[kept].last)
            ranges[kept].last = ranges[i].last;
    }
    kept++;
    struct store_range *out = ARENA_NEW(arena, struct store_range, kept);
    memcpy(out, ranges, kept * sizeof out[0]);
    return (struct store_set) { out, kept };
}

/* Joins the sets of the items of one list. */
static struct store_set
join_sets(struct program_stores *stores, const struct store_set *sets,
          uint32_t count, size_t total)
{
    struct store_range *ranges =
        ARENA_NEW(stores->scratch, struct store_range, total);
    uint32_t copied = 0;

    for (uint32_t i = 0; i < count; i++) {
        if (sets[i].count == 0)
            continue;
        memcpy(ranges + copied, sets[i].ranges,
               sets[i].count * sizeof ranges[0]);
        copied += sets[i].count;
    }
    assert(copied == total);
    return make_set(stores->arena, ranges, copied);
}

/* A group by itself shares its set: only what is joined anew counts against
 * the bound, and it is counted before it is copied. */
static struct store_set
read_items(struct program_stores *stores, const char *key,
           const struct yaml_node *list)
{
    struct store_set *sets =
        ARENA_NEW(stores->scratch, struct store_set, list->count);
    struct store_range *own =
        ARENA_NEW(stores->scratch, struct store_range, list->count);
    uint64_t grouped = 0, total = 0;
    uint32_t place = 0;

    for (const struct yaml_node *item = list->first; item != NULL;
         item = item->next, place++) {
        if (item->kind == YAML_WORD && is_group_id(item->word)) {
            sets[place] = read_group(stores, key, item);
            grouped += sets[place].count;
        } else if (item->kind != YAML_WRONG &&
                   read_range(stores, key, item, &own[place])) {
            sets[place] = (struct store_set) { &own[place], 1 };
        }
        total += sets[place].count;
    }
    if (list->count == 1 && grouped > 0)
        return sets[0];
    if (stores->added + grouped > PROGRAM_STORES_ADDED_MAX) {
        mistakes_add(stores->mistakes, list->place,
                     "%s: store groups come to more than %d ranges in all", key,
                     PROGRAM_STORES_ADDED_MAX);
        return (struct store_set) { 0 };
    }
    stores->added += (uint32_t)grouped;
    return join_sets(stores, sets, list->count, (size_t)total);
}

/* The set for a list that is no group's, or is asked for the first time. */
static struct store_set
read_list(struct program_stores *stores, const char *key,
          const struct yaml_node *list)
{
    struct mistake_quote quote;

    if (list->kind == YAML_LIST && list->count <= LIMIT_PROGRAM_LIST) {
        struct arena saved = *stores->scratch;
        struct store_set set = read_items(stores, key, list);
        *stores->scratch = saved;
        return set;
    }
    if (list->kind == YAML_LIST)
        mistakes_add(stores->mistakes, list->place,
                     "%s: expected at most %d entries, found %u", key,
                     LIMIT_PROGRAM_LIST, list->count);
    else if (list->kind != YAML_WRONG)
        mistakes_add(stores->mistakes, list->place,
                     "%s: expected a list of stores, found %s", key,
                     yaml_found(list, &quote));
    return (struct store_set) { 0 };
}

/* The set of the group at that place: what its `stores` comes to.  Its
 * mistakes are told once, whoever asks first. */
static struct store_set
set_of_group(struct program_stores *stores, int32_t place)
{
    assert(place >= 0);
    assert((uint32_t)place < stores->group_count);
    struct program_store_state *group = &stores->groups[place];

    if (group->step == GROUP_NEW) {
        group->step = GROUP_OPEN;
        stores->depth++;
        if (group->list != NULL)
            group->set = read_list(stores, "stores", group->list);
        stores->depth--;
        group->step = GROUP_DONE;
    }
    return group->set;
}

/* Groups are read in file order, so the next one's list is known. */
struct store_set
program_stores_read(struct program_stores *stores, const char *key,
                    const struct yaml_node *list)
{
    while (stores->next < stores->group_count &&
           stores->groups[stores->next].list == NULL)
        stores->next++;
    if (stores->next < stores->group_count &&
        stores->groups[stores->next].list == list)
        return set_of_group(stores, (int32_t)stores->next++);
    return read_list(stores, key, list);
}
