#include "tests/sim/plan.h"

#include "nodes/stall.h"

enum {
    CLOSES_MIN = 40, /* of a million ms: about two in a world */
    ROLLED_PUBLISHES = 100,
};

/* Zero as often as not, or something up to the most. */
static uint32_t
some(struct luck *luck, uint32_t most)
{
    uint32_t drawn = 1 + luck_below(luck, most);

    return luck_below(luck, 2) ? drawn : 0;
}

/* Where a hub is rolled back much is published, some of it before it has found
 * out.  What nodes drop because a standby has it comes back from there; what
 * they drop because a backup has it only people can bring, by restoring that,
 * which is another fall. */
static void
roll_back(struct world_plan *plan, struct luck *luck)
{
    plan->publishes += ROLLED_PUBLISHES;
    if (luck_below(luck, 2))
        plan->prunes = 0;
    else
        plan->backups = 0;
}

/* A standby, backups, and half the time the fall of the hub. */
static void
draw_standby(struct world_plan *plan, uint64_t seed, struct luck *luck,
             struct luck *later)
{
    plan->standbys = 1 + (seed % 16 == 1);
    plan->closes = seed % 16 == 3 || seed % 16 == 7 || seed % 16 == 15;
    plan->settles = seed % 16 == 7 || seed % 16 == 15;
    if (plan->closes && plan->publishes < CLOSES_MIN)
        plan->publishes = CLOSES_MIN;
    plan->backups = some(luck, 100);
    plan->prunes = some(luck, 40);
    if (luck_below(luck, 4) != 0)
        plan->fall = (enum world_fall)(1 + luck_below(luck, FALL_ROLLED - 1));
    else if (luck_below(later, 2))
        plan->fall = FALL_ROLLED;
    if (plan->fall == FALL_ROLLED)
        roll_back(plan, later);
    plan->unaided = (plan->fall == FALL_PROMOTED || plan->fall == FALL_SPLIT) &&
                    luck_below(later, 2) == 0;
    plan->rots = 0;
    /* What stores drop because a standby has it nobody may have then, where the
     * hub falls as well. */
    if ((seed % 16 == 7 || seed % 16 == 9) &&
        (plan->fall == FALL_NONE || plan->prunes == 0))
        plan->lapses = 20 + luck_below(later, 80);
    if (seed % 8 == 5) /* twins, of which each hub may hear another one */
        plan->clones =
            (plan->fall == FALL_SPLIT ? 30 : 1) + luck_below(luck, 30);
    else
        plan->restores = 0;
}

struct world_plan
plan_draw(uint64_t seed)
{
    struct luck luck = { seed ^ UINT64_C(0x5eed) };
    struct luck later = { seed ^ UINT64_C(0x1a7e) };
    uint32_t clones = seed % 4 == 0 ? 1 + luck_below(&luck, 30) : 0;
    struct world_plan plan = {
        .stores = 2 + luck_below(&luck, 9),
        .trouble_ms = 20000 + luck_below(&luck, 60000),
        /* A stream that was quarantined is sent again by the next session. */
        .budget_ms = 240000 + STALL_MS,
        .weather = { .loss = some(&luck, 100000),
                     .twice = some(&luck, 50000),
                     .overtake = some(&luck, 100000),
                     .breaks = some(&luck, 5000),
                     .flips = some(&luck, 30000),
                     .delay_ms = 1 + luck_below(&luck, 50),
                     .delay_more = some(&luck, 500) },
        .looks = 1 + luck_below(&luck, 10),
        .sales = 200 + luck_below(&luck, 1500),
        .redemptions = some(&luck, 2000),
        .deaths = some(&luck, 60),
        .hub_deaths = some(&luck, 100),
        .stops = some(&luck, 40),
        .cuts = some(&luck, 60),
        .fulls = some(&luck, 40),
        .faults = some(&luck, 40),
        .jumps = some(&luck, 40),
        .restores = some(&luck, 60),
        .clones = clones,
        .moves = seed % 16 == 12 || seed % 32 == 29,
        .sleeps = some(&luck, 20),
        .publishes = some(&luck, 60),
        .poisons = some(&luck, 100),
        .mixed = luck_below(&luck, 2) == 0,
        .apart = some(&later, 2),
        .rots = some(&luck, 30),
        .files = some(&luck, 60),
    };

    if (seed % 8 == 2 || seed % 8 == 7) {
        plan.dawdles = 10 + luck_below(&later, 60);
        plan.backlog = 100 + luck_below(&later, 400); /* more than credit */
    }
    if (seed % 8 == 6) /* a line on which the same record is bent again */
        plan.weather.flips = 200000 + luck_below(&later, 400000);
    if (seed % 16 == 8)
        plan.fall = FALL_ROLLED;
    if (seed % 2 == 0)
        return plan;
    draw_standby(&plan, seed, &luck, &later);
    return plan;
}

struct world_plan
plan_forgers(uint64_t seed)
{
    struct luck luck = { seed ^ UINT64_C(0xf0e) };
    struct world_plan plan = plan_draw(seed);

    plan.forgers = 1 + luck_below(&luck, 3);
    return plan;
}

struct world_plan
plan_hub_lies(uint64_t seed)
{
    struct luck luck = { seed ^ UINT64_C(0x11e5) };
    struct world_plan plan = plan_draw(seed);

    plan.hub_lies = 2000 + luck_below(&luck, 60000);
    plan.unaided = false; /* it may have been told that its heir is far ahead */
    return plan;
}

struct world_plan
plan_herd(uint32_t stores)
{
    return (struct world_plan) {
        .stores = stores,
        .trouble_ms = 1000,
        .budget_ms = 120000,
        .weather = { .delay_ms = 5,
                     .delay_more = 50,
                     .line_rate = 125,
                     .hub_rate = 12500 },
        /* The keeper has much to fold; what it does takes no time here, so it
         * is seldom let. */
        .looks = 256,
        .backlog = 8 * 60,
        .at_once = 1,
        .customers = 200,
        .commit_ms = 5,
        .sales = 20,
        .herd = true,
    };
}
