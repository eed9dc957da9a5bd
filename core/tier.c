/*
 * tier.c - the level an account holds (see tier.h)
 *
 * Levels are ascending in the program, so that a place says how high one is.
 * With every change goes the window by which it was judged: a return of a
 * purchase within it reduces the qualifying spend.
 */
#include "core/tier.h"

#include "core/voucher.h"

struct window {
    int32_t first;
    int32_t last; /* months, inclusive */
    money spend;
};

static const struct program_tiers *
tiers_of(const struct scene *scene)
{
    if (scene->version == NULL || scene->version->program->tiers.count == 0)
        return NULL;
    return &scene->version->program->tiers;
}

static struct window
window_of(const struct scene *scene, int32_t day)
{
    int32_t last = calendar_month(day);
    int32_t first = terms_window_first(tiers_of(scene), last);

    return (struct window) {
        .first = first,
        .last = last,
        .spend = account_spend(scene->account, first, last),
    };
}

int32_t
tier_supported(const struct program_tiers *tiers, money spend)
{
    int32_t place = 0;

    for (uint32_t i = 1; i < tiers->count; i++)
        if (tiers->levels[i].from.minor <= spend.minor)
            place = (int32_t)i;
    return place;
}

/* When the validity of the level at `place` ends if it begins now. */
static int64_t
until(const struct scene *scene, int32_t place)
{
    if (place == 0)
        return TERMS_NEVER;
    return terms_tier_until(&scene->timeline->zone, tiers_of(scene),
                            scene->moment.day);
}

static void
change(const struct scene *scene, int32_t place, const struct window *window)
{
    scene->account->level = (struct level_state) {
        .level = version_number(scene->version, NAME_LEVEL, place),
        .since_ms = scene->moment.at_ms,
        .until_ms = until(scene, place),
        .qualifying = window->spend,
        .first_month = window->first,
        .last_month = window->last,
        .ordinal = scene->account->ordinal,
    };
}

static void
hold_unchanged(const struct scene *scene, int32_t place)
{
    scene->account->level = (struct level_state) {
        .level = place == PROGRAM_NONE
                     ? PROGRAM_NONE
                     : version_number(scene->version, NAME_LEVEL, place),
        .since_ms = ACCOUNT_NEVER_YET,
        .until_ms = TERMS_NEVER,
    };
}

void
tier_begin(const struct scene *scene)
{
    hold_unchanged(scene, tiers_of(scene) == NULL ? PROGRAM_NONE : 0);
}

static int32_t
held(const struct scene *scene)
{
    return version_place(scene->version, NAME_LEVEL,
                         scene->account->level.level);
}

void
tier_keep(struct level_state *level, int64_t until_ms)
{
    if (until_ms > level->until_ms)
        level->until_ms = until_ms;
}

void
tier_purchase(const struct scene *scene)
{
    const struct program_tiers *tiers = tiers_of(scene);

    if (tiers == NULL)
        return;
    struct level_state *level = &scene->account->level;
    struct window window = window_of(scene, scene->moment.day);
    int32_t place = tier_supported(tiers, window.spend);
    int32_t now = held(scene);
    assert(now != PROGRAM_NONE);
    if (place < now)
        return;
    if (place == now) {
        tier_keep(level, until(scene, place));
        return;
    }
    change(scene, place, &window);
    int32_t reward = tiers->levels[place].reward;
    if (reward != PROGRAM_NONE && !scene_ended(scene))
        voucher_give(scene,
                     version_number(scene->version, NAME_REWARD, reward));
}

bool
tier_end(const struct scene *scene)
{
    const struct program_tiers *tiers = tiers_of(scene);

    assert(tiers != NULL);
    struct level_state *level = &scene->account->level;
    int32_t day_before =
        zone_day(&scene->timeline->zone, scene->moment.at_ms - 1);
    struct window window = window_of(scene, day_before);
    int32_t place = tier_supported(tiers, window.spend);
    int32_t now = held(scene);
    assert(now != PROGRAM_NONE);
    if (tiers->one_level && place < now - 1)
        place = now - 1;
    if (place == now) {
        level->until_ms = until(scene, place);
        return false;
    }
    change(scene, place, &window);
    return true;
}

void
tier_version(const struct scene *scene)
{
    const struct program_tiers *tiers = tiers_of(scene);
    struct level_state *level = &scene->account->level;

    if (tiers == NULL) {
        hold_unchanged(scene, PROGRAM_NONE);
        return;
    }
    int32_t now = held(scene);
    if (now == PROGRAM_NONE) {
        struct window window = window_of(scene, scene->moment.day);
        int32_t place = tier_supported(tiers, window.spend);
        if (place == 0 && level->level == PROGRAM_NONE)
            hold_unchanged(scene, place);
        else
            change(scene, place, &window);
        return;
    }
    if (now == 0)
        level->until_ms = TERMS_NEVER;
    else if (level->until_ms == TERMS_NEVER)
        level->until_ms = until(scene, now);
}

void
tier_return(const struct scene *scene, const struct purchase *purchase,
            money refund)
{
    const struct program_tiers *tiers = tiers_of(scene);

    if (tiers == NULL)
        return;
    struct level_state *level = &scene->account->level;
    int32_t month = calendar_month(purchase->context.moment.day);
    if (level->since_ms != ACCOUNT_NEVER_YET &&
        purchase->ordinal <= level->ordinal && month >= level->first_month &&
        month <= level->last_month)
        level->qualifying = money_sub(level->qualifying, refund);

    int32_t now = held(scene);
    assert(now != PROGRAM_NONE);
    money from = tiers->levels[now].from;
    struct window window = window_of(scene, scene->moment.day);
    if (now > 0 && level->qualifying.minor < from.minor &&
        window.spend.minor < from.minor)
        change(scene, tier_supported(tiers, window.spend), &window);
}
