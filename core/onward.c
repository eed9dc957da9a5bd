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
    int64_t from_ms;            /* its instants, ... */
    int64_t until_ms;           /* ... none where clocks change on it */
    bool fits;                  /* the version, for purchases without lines */
    enum account_months months; /* how the month is kept */
    int32_t first_month;  /* of the window of the tiers, if there are any */
    int64_t kept_until;   /* a level above the lowest, likewise */
    int64_t available_at; /* of points earned */
    int64_t expires_at;
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
    const struct onward_day *recent; /* one of them: */
    struct onward_day days[DAYS];
    struct onward_tariff tariffs[TARIFFS];
};

struct onward *
onward_open(struct fold *fold, struct arena *arena)
{
    struct onward *onward = ARENA_NEW(arena, struct onward, 1);

    onward->fold = fold;
    onward->recent = &onward->days[0];
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

/* Its instants follow one another by the wall clock, and none after them lies
 * on an earlier day. */
static void
set_instants(struct onward_day *day, const struct zone *zone)
{
    const int64_t from_ms = zone_midnight_ms(zone, day->day);
    const int64_t until_ms = zone_midnight_ms(zone, day->day + 1);

    if (until_ms - from_ms != CALENDAR_DAY_MS ||
        zone_moment(zone, from_ms).ms_of_day != 0 ||
        zone_day_open(zone, from_ms) != day->day)
        return;
    day->from_ms = from_ms;
    day->until_ms = until_ms;
}

static const struct onward_day *
day_of(struct onward *onward, const struct version *version, int32_t day)
{
    struct onward_day *found = &onward->days[(uint32_t)day % DAYS];
    const struct timeline *timeline = fold_timeline(onward->fold);
    const struct zone *zone = &timeline->zone;

    if (found->version == version && found->day == day)
        return found;
    const struct program *program = version->program;
    *found = (struct onward_day) {
        .version = version,
        .day = day,
        .month = calendar_month(day),
        .fits = tariff_fits(version) && !gives_besides(program),
        .months = account_months_kept(timeline, calendar_month(day)),
        .available_at = terms_available_at(zone, &program->points, day),
        .expires_at = terms_expires_at(zone, &program->points, day),
    };
    set_instants(found, zone);
    if (program->tiers.count > 0) {
        found->first_month = terms_window_first(&program->tiers, found->month);
        found->kept_until = terms_tier_until(zone, &program->tiers, day);
    }
    return found;
}

static bool
is_on(const struct onward_day *day, const struct version *version,
      int64_t at_ms)
{
    return day->version == version && at_ms >= day->from_ms &&
           at_ms < day->until_ms;
}

/* NULL: somebody has to ask for it first, as nobody does where the version has
 * ended. */
static const struct onward_day *
known_day(struct onward *onward, const struct version *version, int64_t at_ms)
{
    if (is_on(onward->recent, version, at_ms))
        return onward->recent;
    for (uint32_t i = 0; i < DAYS; i++) {
        if (!is_on(&onward->days[i], version, at_ms))
            continue;
        onward->recent = &onward->days[i];
        return onward->recent;
    }
    return NULL;
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

static struct onward_tariff *
place_of(struct onward *onward, uint32_t store, int32_t level, int32_t day)
{
    uint32_t place = store * 31 + (uint32_t)level * 7 + (uint32_t)day * 5;

    return &onward->tariffs[place % TARIFFS];
}

/* NULL: likewise. */
static const struct tariff *
known_tariff(struct onward *onward, const struct version *version,
             uint32_t store, int32_t level, int32_t day)
{
    const struct onward_tariff *found = place_of(onward, store, level, day);

    return found->version == version && found->store == store &&
                   found->level == level && found->day == day
               ? &found->tariff
               : NULL;
}

static const struct tariff *
tariff_of(struct onward *onward, const struct scene *scene,
          const struct event *event)
{
    const struct version *version = scene->version;
    const int32_t day = scene->moment.day;
    int32_t level =
        version_place(version, NAME_LEVEL, scene->account->level.level);
    const struct tariff *known =
        known_tariff(onward, version, scene->store, level, day);

    if (known != NULL)
        return known;
    struct onward_tariff *found = place_of(onward, scene->store, level, day);
    found->version = version;
    found->store = scene->store;
    found->level = level;
    found->day = day;
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

/* Whether so much spend in the window leads to no higher level than the one at
 * `now`; `ret_supported`: that one, above the lowest, is held for longer. */
static bool
stays(const struct program_tiers *tiers, int32_t now, money spend,
      bool *ret_supported)
{
    int32_t place = tier_supported(tiers, spend);

    *ret_supported = place == now && place > 0;
    return place <= now;
}

/* The same of an account, after the purchase. */
static bool
account_stays(const struct scene *scene, const struct onward_day *day,
              money eligible, bool *ret_supported)
{
    const struct program_tiers *tiers = &scene->version->program->tiers;
    const struct account *account = scene->account;

    *ret_supported = false;
    if (tiers->count == 0)
        return true;
    return stays(
        tiers, version_place(scene->version, NAME_LEVEL, account->level.level),
        money_add(account_spend(account, day->first_month, day->month),
                  eligible),
        ret_supported);
}

/* What the purchase does; it can't fail any more. */
static void
book(const struct scene *scene, const struct event *event,
     const struct onward_day *day, const struct tariff *tariff, money eligible)
{
    struct account *account = scene->account;
    points earned = { tariff_points(tariff, event->sale.total) };

    account->ordinal++;
    account->last_ms = event->at_ms;
    account->last = event->identity;
    if (earned.value > 0)
        lot_add(&account->lots, book_key(scene, tariff->issuer), earned,
                account->arena);
    sale_note(scene, day->month, eligible);
}

static bool
is_ordinary(const struct event *event)
{
    return event->kind == EVENT_PURCHASE && event->sale.line_count == 0 &&
           event->sale.total.minor > 0;
}

static money
eligible_of(money total, const struct tariff *tariff)
{
    return tariff->eligible ? total : (money) { 0 };
}

bool
onward_take(struct onward *onward, struct account *account,
            const struct event *event)
{
    bool supported;

    assert(account->clock_ms == event->at_ms);
    assert(!account->whole || !account->begun);
    if (!is_ordinary(event) || account->debt.value > 0 ||
        referral_waits(&account->referral))
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
    const money eligible = eligible_of(event->sale.total, tariff);
    if (!tariff->fits || !account_stays(&scene, day, eligible, &supported))
        return false;
    book(&scene, event, day, tariff, eligible);
    if (supported)
        tier_keep(&account->level, day->kept_until);
    return true;
}

/* --- warm accounts --- */

/* The event comes after all that the account has seen, and before the clock
 * changes anything. */
static bool
follows(const struct onward_sale *sale, const struct warm_head *head)
{
    if (!head->open || sale->at_ms >= head->due_ms)
        return false;
    if (sale->at_ms != head->last_ms)
        return sale->at_ms > head->last_ms;
    return identity_compare(sale->identity, warm_last(head)) > 0;
}

/* As account_stays(). */
static bool
warm_stays(const struct warm *warm, const struct onward_day *day, int32_t level,
           money eligible, bool *ret_supported)
{
    const struct program_tiers *tiers = &day->version->program->tiers;

    *ret_supported = false;
    if (tiers->count == 0)
        return true;
    return stays(
        tiers, level,
        money_add(warm_spend(warm, day->first_month, day->month), eligible),
        ret_supported);
}

/* False: there is no place for it yet. */
static bool
add_spend(struct warm *warm, const struct onward_day *day, uint32_t store,
          money eligible)
{
    if (eligible.minor != 0 && day->months != ACCOUNT_MONTHS_NONE &&
        !warm_add_spend(
            warm, day->months == ACCOUNT_MONTHS_BY_STORE ? store : 0, eligible))
        return false;
    warm->head.spent = money_add(warm->head.spent, eligible);
    return true;
}

/* What comes in may expire sooner than what is there. */
static void
add_lot(struct warm *warm, const struct onward_day *day, int32_t issuer,
        points earned, uint8_t *room)
{
    const struct lot_key key = { day->available_at, day->expires_at, issuer };
    struct warm_head *head = &warm->head;

    if (key.expires_at < head->due_ms)
        head->due_ms = key.expires_at;
    warm_add_lot(warm, key, earned, room);
}

static void
note(struct warm_head *head, const struct onward_sale *sale)
{
    head->last_ms = sale->at_ms;
    head->last_node = sale->identity.node;
    head->last_incarnation = sale->identity.incarnation;
    head->last_seq = sale->identity.seq;
    head->visit_store = sale->store;
    head->bought++;
}

bool
onward_sale_of(const struct event *event, struct onward_sale *ret_sale)
{
    if (!is_ordinary(event))
        return false;
    *ret_sale = (struct onward_sale) { .at_ms = event->at_ms,
                                       .total = event->sale.total,
                                       .identity = event->identity,
                                       .store = event->store };
    return true;
}

bool
onward_pass(struct onward *onward, struct warm *warm,
            const struct onward_sale *sale, uint8_t *room)
{
    struct warm_head *head = &warm->head;
    bool supported;

    if (!follows(sale, head))
        return false;
    const struct version *version =
        &fold_timeline(onward->fold)->versions[head->version];
    const struct onward_day *day = known_day(onward, version, sale->at_ms);
    if (day == NULL || !day->fits || day->month != head->month)
        return false;
    const int32_t level = version_place(version, NAME_LEVEL, warm_level(head));
    const struct tariff *tariff =
        known_tariff(onward, version, sale->store, level, day->day);
    if (tariff == NULL || !tariff->fits || !warm_has_room(warm))
        return false;
    const money eligible = eligible_of(sale->total, tariff);
    if (!warm_stays(warm, day, level, eligible, &supported) ||
        (supported && !head->kept) ||
        !add_spend(warm, day, sale->store, eligible))
        return false;
    note(head, sale);
    const points earned = { tariff_points(tariff, sale->total) };
    if (earned.value > 0)
        add_lot(warm, day, tariff->issuer, earned, room);
    warm_close(warm);
    return true;
}
