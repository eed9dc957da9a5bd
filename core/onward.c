/*
 * onward.c - an ordinary purchase onto an account (see onward.h)
 *
 * What follows from the version and the day, and from these, the store and the
 * level, is kept in two small tables; a place is found by a hash and taken over
 * by whoever comes.
 */
#include "core/onward.h"

#include "core/book.h"
#include "core/gain.h"
#include "core/sale.h"
#include "core/tariff.h"
#include "core/tier.h"

enum { DAYS = 8, TARIFFS = 512 }; /* powers of two */

/* What is the same for all purchases of a day under a version. */
struct onward_day {
    const struct version *version; /* NULL: a free place */
    int32_t day;
    int32_t month;
    bool fits;           /* the version, for purchases without lines */
    int32_t first_month; /* of the window of the tiers, if there are any */
    int64_t kept_until;  /* a level above the lowest, likewise */
};

struct onward_tariff {
    const struct version *version; /* NULL: a free place */
    int32_t day;
    uint32_t store;
    int32_t level; /* place */
    struct tariff tariff;
};

struct onward {
    struct fold *fold;
    struct onward_day days[DAYS];
    struct onward_tariff tariffs[TARIFFS];
};

struct onward *
onward_open(struct fold *fold, struct arena *arena)
{
    struct onward *onward = ARENA_NEW(arena, struct onward, 1);

    onward->fold = fold;
    return onward;
}

/* Cards that a purchase puts stamps on, spend rewards. */
static bool
gives_besides(const struct program *program)
{
    for (uint32_t i = 0; i < program->stamp_count; i++)
        if (program->stamps[i].per != STAMP_BY_EVENT)
            return true;
    return program->spend_reward_count > 0;
}

static const struct onward_day *
day_of(struct onward *onward, const struct version *version, int32_t day)
{
    struct onward_day *found = &onward->days[(uint32_t)day % DAYS];

    if (found->version == version && found->day == day)
        return found;
    const struct program *program = version->program;
    *found = (struct onward_day) {
        .version = version,
        .day = day,
        .month = calendar_month(day),
        .fits = tariff_fits(version) && !gives_besides(program),
    };
    if (program->tiers.count > 0) {
        found->first_month = terms_window_first(&program->tiers, found->month);
        found->kept_until = terms_tier_until(&fold_timeline(onward->fold)->zone,
                                             &program->tiers, day);
    }
    return found;
}

static void
make_tariff(const struct scene *scene, const struct event *event,
            struct tariff *ret_tariff)
{
    struct earn_context context;

    gain_context(scene, &context);
    struct earn_input input = gain_input(scene, &context);
    tariff_make(&input, event, &scene->scratch->basket,
                &scene->scratch->outcome, ret_tariff);
}

static const struct tariff *
tariff_of(struct onward *onward, const struct scene *scene,
          const struct event *event)
{
    int32_t level =
        version_place(scene->version, NAME_LEVEL, scene->account->level.level);
    uint32_t place = scene->store * 31 + (uint32_t)level * 7 +
                     (uint32_t)scene->moment.day * 5;
    struct onward_tariff *found = &onward->tariffs[place % TARIFFS];

    if (found->version == scene->version && found->store == scene->store &&
        found->level == level && found->day == scene->moment.day)
        return &found->tariff;
    found->version = scene->version;
    found->store = scene->store;
    found->level = level;
    found->day = scene->moment.day;
    make_tariff(scene, event, &found->tariff);
    return &found->tariff;
}

/* Moves the scene to the event, without what only others ask for: the store's
 * partner.  In place, for copying what has just been written takes its time. */
static void
enter(struct scene *scene, const struct event *event)
{
    const struct account *account = scene->account;

    scene->version = account->begun
                         ? scene_version(scene->timeline, account->version)
                         : timeline_at(scene->timeline, event->at_ms);
    scene->moment = zone_moment(&scene->timeline->zone, event->at_ms);
    scene->store = event->store;
}

static bool
waits_for_referral(const struct account *account)
{
    const struct referral_state *state = &account->referral;

    return state->joined && state->referrer != 0 && !state->done;
}

/* Whether the purchase leads to no higher level; `ret_supported`: the one that
 * is held, above the lowest, is held for longer by it. */
static bool
stays(const struct scene *scene, const struct onward_day *day,
      const struct tariff *tariff, const struct event *event,
      bool *ret_supported)
{
    const struct program_tiers *tiers = &scene->version->program->tiers;
    const struct account *account = scene->account;

    *ret_supported = false;
    if (tiers->count == 0)
        return true;
    int32_t now =
        version_place(scene->version, NAME_LEVEL, account->level.level);
    money spend = account_spend(account, day->first_month, day->month);
    if (tariff->eligible)
        spend = money_add(spend, event->sale.total);
    int32_t place = tier_supported(tiers, spend);
    *ret_supported = place == now && place > 0;
    return place <= now;
}

/* What the purchase does; it can't fail any more. */
static void
book(const struct scene *scene, const struct event *event,
     const struct onward_day *day, const struct tariff *tariff)
{
    struct account *account = scene->account;
    money total = event->sale.total;
    points earned = { tariff_points(tariff, total) };

    account->ordinal++;
    account->last_ms = event->at_ms;
    account->last = event->identity;
    if (earned.value > 0)
        lot_add(&account->lots, book_key(scene, tariff->issuer), earned,
                account->arena);
    sale_note(scene, day->month, tariff->eligible ? total : (money) { 0 });
}

bool
onward_take(struct onward *onward, struct account *account,
            const struct event *event)
{
    bool supported;

    assert(account->clock_ms == event->at_ms);
    assert(!account->whole || !account->begun);
    if (event->kind != EVENT_PURCHASE || event->sale.line_count > 0 ||
        event->sale.total.minor <= 0 || account->debt.value > 0 ||
        waits_for_referral(account))
        return false;
    struct scene scene = fold_scene(onward->fold, account);
    enter(&scene, event);
    if (version_ended(scene.version, event->at_ms))
        return false;
    const struct onward_day *day =
        day_of(onward, scene.version, scene.moment.day);
    if (!day->fits)
        return false;
    fold_begin(&scene);
    const struct tariff *tariff = tariff_of(onward, &scene, event);
    if (!tariff->fits || !stays(&scene, day, tariff, event, &supported))
        return false;
    book(&scene, event, day, tariff);
    if (supported)
        tier_keep(&account->level, day->kept_until);
    return true;
}
