/*
 * clock.c - what changes in an account by the clock alone (see clock.h)
 *
 * Each kind of change says when it would be due next; the earliest is made,
 * at one instant in the order of `enum change`.  What has been made leaves a
 * mark in the account, so that asking again finds the next one.  What turns
 * out to do nothing (a bonus of 0, a level kept) is passed over in silence.
 *
 * Something may already be over when it comes into the account (a reversal
 * into an expired lot): it is due at the instant where the clock stands.
 */
#include "core/clock.h"

#include "core/bonus.h"
#include "core/book.h"
#include "core/gain.h"
#include "core/spend.h"
#include "core/tier.h"
#include "core/voucher.h"

static int64_t
later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t
earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static const struct version *
in_force(const struct scene *scene)
{
    return scene_version(scene->timeline, scene->account->version);
}

/* Where clocks go back over the first midnight of a month, purchases of the
 * month before follow its end: too late for its bonus. */
static int64_t
due_bonus(const struct scene *scene)
{
    struct account *account = scene->account;

    if (!scene->timeline->gives_bonus)
        return TERMS_NEVER;
    for (;;) {
        int32_t month = bonus_next_month(account);
        if (month == INT32_MAX)
            return TERMS_NEVER;
        if (account->due_month != month) {
            account->due_month = month;
            account->due_ms = terms_month_end_ms(&scene->timeline->zone, month);
        }
        if (account->due_ms > account->clock_ms)
            return account->due_ms;
        account->bonus_from = month + 1;
    }
}

/* A rule is given by the version in force a millisecond before its midnight,
 * which has to be the one in force now: others are asked in their time.  What
 * comes after `until_ms` need not be told; no clock change takes two days. */
static int64_t
due_absence(const struct scene *scene, int64_t until_ms,
            int32_t *ret_after_days)
{
    const struct account *account = scene->account;
    const struct version *version = in_force(scene);
    const struct zone *zone = &scene->timeline->zone;

    if (version == NULL || version->absence_count == 0 ||
        account->visit_ms == ACCOUNT_NEVER_YET ||
        account->visit_ms + (version->absence_days[0] - 3) * CALENDAR_DAY_MS >
            until_ms)
        return TERMS_NEVER;
    int32_t visit_day = zone_day(zone, account->visit_ms);
    for (uint32_t i = 0; i < version->absence_count; i++) {
        int32_t after_days = version->absence_days[i];
        int64_t at_ms = terms_absence_at(zone, visit_day, after_days);
        if (at_ms <= account->absence_ms || at_ms <= version->from_ms)
            continue;
        *ret_after_days = after_days;
        return at_ms <= version->until_ms ? at_ms : TERMS_NEVER;
    }
    return TERMS_NEVER;
}

static int64_t
due_release(const struct scene *scene)
{
    const struct account *account = scene->account;
    int64_t next = TERMS_NEVER;

    for (uint32_t i = 0; i < account->lots.count; i++) {
        int64_t at_ms = account->lots.items[i].key.available_at;
        if (at_ms > account->released_ms && at_ms < next)
            next = at_ms;
    }
    return next;
}

/* When the months of inactivity end, if they have not ended yet since the last
 * activity. */
static int64_t
due_idle(const struct scene *scene)
{
    const struct account *account = scene->account;
    const struct version *version = in_force(scene);

    if (version == NULL || account->active_ms == ACCOUNT_NEVER_YET ||
        version->program->points.expiry != EXPIRE_INACTIVE)
        return TERMS_NEVER;
    int32_t day = zone_day(&scene->timeline->zone, account->active_ms);
    int64_t at_ms = terms_inactive_at(&scene->timeline->zone,
                                      &version->program->points, day);
    return at_ms > account->idle_ended_ms ? at_ms : TERMS_NEVER;
}

static int64_t
due_expiry(const struct scene *scene)
{
    const struct account *account = scene->account;
    int64_t next = due_idle(scene);

    if (account->lots.count > 0)
        next = earlier(next, account->lots.items[0].key.expires_at);
    return next;
}

static int64_t
due_version(const struct scene *scene)
{
    const struct timeline *timeline = scene->timeline;
    const struct version *version = in_force(scene);

    if (version != NULL)
        return version->until_ms;
    return timeline->version_count > 0 ? timeline->versions[0].from_ms
                                       : TERMS_NEVER;
}

/* What is due first. */
struct due {
    enum change change;
    int64_t at_ms; /* TERMS_NEVER: nothing */
};

/* Takes what is due earlier, at one instant what comes first in `enum change`.
 * What was due before is due where the clock stands. */
static inline void
take_due(struct due *next, enum change change, int64_t at_ms, int64_t clock_ms)
{
    int64_t instant = later(at_ms, clock_ms);

    if (instant < next->at_ms ||
        (instant == next->at_ms && change < next->change))
        *next = (struct due) { change, instant };
}

/* The next change that is more than the release of a lot, up to then, if there
 * is one, and its instant. */
static struct due
next_change(const struct scene *scene, int64_t until_ms,
            int32_t *ret_after_days)
{
    struct account *account = scene->account;
    int64_t clock_ms = account->clock_ms;
    struct due next = { CHANGE_NONE, TERMS_NEVER };

    take_due(&next, CHANGE_MONTHLY_BONUS, due_bonus(scene), clock_ms);
    take_due(&next, CHANGE_INACTIVE,
             due_absence(scene, until_ms, ret_after_days), clock_ms);
    take_due(&next, CHANGE_EXPIRE, due_expiry(scene), clock_ms);
    take_due(&next, CHANGE_VOUCHER_EXPIRE, voucher_next_expiry(account),
             clock_ms);
    take_due(&next, CHANGE_TIER, account->level.until_ms, clock_ms);
    take_due(&next, CHANGE_VERSION, due_version(scene), clock_ms);
    return next;
}

static struct due
next_due(const struct scene *scene, int64_t until_ms, int32_t *ret_after_days)
{
    struct due next = next_change(scene, until_ms, ret_after_days);

    take_due(&next, CHANGE_RELEASE, due_release(scene),
             scene->account->clock_ms);
    return next;
}

static bool
give_bonus(const struct scene *scene, int64_t at_ms)
{
    const struct version *before = timeline_at(scene->timeline, at_ms - 1);
    struct scene then = scene_move(scene, before, at_ms, 0);

    return bonus_give(&then, bonus_next_month(scene->account));
}

/* Rewards for an absence of so many days, as an effect at the store of the
 * last visit.  True: there were any. */
static bool
give_absence(const struct scene *scene, int64_t at_ms, int32_t after_days)
{
    struct account *account = scene->account;
    struct earn_outcome *outcome = &scene->scratch->outcome;
    struct scene then =
        scene_move(scene, in_force(scene), at_ms, account->visit_store);
    struct earn_context context;

    account->absence_ms = at_ms;
    gain_context(&then, &context);
    struct earn_input input = gain_input(&then, &context);
    const struct place_list given = { .places = account->given.items,
                                      .count = account->given.count };
    earn_absence(&input, after_days, given, outcome);
    if (outcome->gain_count == 0)
        return false;
    gain_book(&then);
    for (uint32_t i = 0; i < outcome->gain_count; i++)
        *LIST_ADD(account->arena, &account->given) = outcome->gains[i].rule;
    return true;
}

/* What is over at the scene's instant is breakage: lots with a date, and if
 * the months of inactivity end, all that never expire. */
static bool
expire(const struct scene *scene)
{
    struct account *account = scene->account;
    struct lot_list *lots = &account->lots;
    bool idle = due_idle(scene) <= scene->moment.at_ms;
    bool any = false;

    if (idle)
        account->idle_ended_ms = scene->moment.at_ms;
    for (uint32_t i = 0; i < lots->count;) {
        int64_t expires_at = lots->items[i].key.expires_at;
        if (expires_at == TERMS_NEVER ? !idle
                                      : expires_at > scene->moment.at_ms) {
            i++;
            continue;
        }
        book_expire(scene, i);
        any = true;
    }
    return any;
}

static void
take_version(const struct scene *scene, int64_t at_ms)
{
    const struct version *version = timeline_at(scene->timeline, at_ms);
    struct scene then = scene_move(scene, version, at_ms, 0);

    scene->account->version = (int32_t)version->index;
    tier_version(&then);
    spend_version(&then);
}

/* Makes the change; false: it did nothing that anybody could see. */
static bool
make(const struct scene *scene, enum change change, int64_t at_ms,
     int32_t after_days)
{
    struct account *account = scene->account;
    struct scene then = scene_move(scene, in_force(scene), at_ms, 0);

    account->clock_ms = at_ms;
    switch (change) {
    case CHANGE_MONTHLY_BONUS:
        return give_bonus(scene, at_ms);
    case CHANGE_INACTIVE:
        return give_absence(scene, at_ms, after_days);
    case CHANGE_RELEASE:
        account->released_ms = at_ms;
        return true;
    case CHANGE_EXPIRE:
        return expire(&then);
    case CHANGE_VOUCHER_EXPIRE:
        voucher_expire(&then);
        return true;
    case CHANGE_TIER:
        return tier_end(&then);
    case CHANGE_VERSION:
        take_version(scene, at_ms);
        return true;
    case CHANGE_NONE:
        break;
    }
    assert(false);
    return false;
}

enum change
clock_step(const struct scene *scene, int64_t until_ms, int64_t *ret_at_ms)
{
    struct account *account = scene->account;

    assert(until_ms >= account->clock_ms);
    while (account->begun) {
        int32_t after_days = 0;
        struct due next = next_due(scene, until_ms, &after_days);
        if (next.change == CHANGE_NONE || next.at_ms > until_ms)
            break;
        if (make(scene, next.change, next.at_ms, after_days)) {
            *ret_at_ms = next.at_ms;
            return next.change;
        }
    }
    account->clock_ms = until_ms;
    account->released_ms = until_ms;
    account->absence_ms = until_ms;
    return CHANGE_NONE;
}

int64_t
clock_due(const struct scene *scene)
{
    int32_t after_days;

    return next_change(scene, INT64_MAX, &after_days).at_ms;
}
