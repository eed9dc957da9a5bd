#include "core/program.h"

static const char *const CONDITION_NAMES[] = {
    [CONDITION_WEEKDAYS] = "weekdays",
    [CONDITION_HOURS] = "hours",
    [CONDITION_DATES] = "dates",
    [CONDITION_STORES] = "stores",
    [CONDITION_PARTNERS] = "partners",
    [CONDITION_CATEGORIES] = "categories",
    [CONDITION_SKUS] = "skus",
    [CONDITION_TIERS] = "tiers",
    [CONDITION_MIN_TOTAL] = "min_total",
    [CONDITION_INACTIVE_DAYS] = "inactive_days",
    [CONDITION_FIRST_PURCHASE] = "first_purchase",
    [CONDITION_HOME_STORE] = "home_store",
    [CONDITION_CONSENTS] = "consents",
};
static_assert(COUNT_OF(CONDITION_NAMES) == CONDITION_COUNT,
              "a name for every condition");

const char *
condition_name(enum condition_kind kind)
{
    assert((unsigned)kind < CONDITION_COUNT);
    return CONDITION_NAMES[kind];
}

static const char *const EXPECTATION_NAMES[] = {
    [EXPECT_AVAILABLE] = "available",
    [EXPECT_PENDING] = "pending",
    [EXPECT_DEBT] = "debt",
    [EXPECT_BALANCE] = "balance",
    [EXPECT_WINDOW_SPEND] = "window_spend",
    [EXPECT_PURCHASES] = "purchases",
    [EXPECT_SPEND] = "spend",
    [EXPECT_TIER] = "tier",
    [EXPECT_STAMPS] = "stamps",
    [EXPECT_SPEND_PROGRESS] = "spend_progress",
    [EXPECT_VOUCHERS] = "vouchers",
    [EXPECT_PASSES] = "passes",
};
static_assert(COUNT_OF(EXPECTATION_NAMES) == EXPECT_COUNT,
              "a name for every expectation");

const char *
expectation_name(enum expectation_kind kind)
{
    assert((unsigned)kind < EXPECT_COUNT);
    return EXPECTATION_NAMES[kind];
}

bool
store_set_has(const struct store_set *set, uint32_t store)
{
    uint32_t low = 0, high = set->count;

    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (set->ranges[middle].last < store)
            low = middle + 1;
        else
            high = middle;
    }
    return low < set->count && set->ranges[low].first <= store;
}

bool
name_list_covers(const struct name_list *names, view category)
{
    for (uint32_t i = 0; i < names->count; i++) {
        view name = names->names[i];
        if (name.size > category.size)
            continue;
        if (!view_equal(name, (view) { category.bytes, name.size }))
            continue;
        if (name.size == category.size || category.bytes[name.size] == '.')
            return true;
    }
    return false;
}

bool
name_list_has(const struct name_list *names, view name)
{
    for (uint32_t i = 0; i < names->count; i++)
        if (view_equal(names->names[i], name))
            return true;
    return false;
}

/* The lists differ in type only; each has an `id`. */
#define FIND_BY_ID(list, list_count)                                           \
    do {                                                                       \
        for (uint32_t i = 0; i < (list_count); i++)                            \
            if (view_equal((list)[i].id, id))                                  \
                return (int32_t)i;                                             \
        return PROGRAM_NONE;                                                   \
    } while (0)

int32_t
program_find_reward(const struct program *program, view id)
{
    FIND_BY_ID(program->rewards, program->reward_count);
}

int32_t
program_find_stamp(const struct program *program, view id)
{
    FIND_BY_ID(program->stamps, program->stamp_count);
}
