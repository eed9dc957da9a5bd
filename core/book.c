/*
 * book.c - points into an account and out of it (see book.h)
 */
#include "core/book.h"

/* `amount` points that `issuer` issued are taken by, or (negative) given back
 * from, a redemption at `acceptor`; or pay debt (acceptor "debt"). */
static void
clear(const struct scene *scene, int32_t issuer, int32_t acceptor,
      points amount)
{
    if (amount.value == 0)
        return;
    struct effect *effect =
        scene_effect(scene, MEASURE_CLEARING, issuer, amount.value);
    effect->other = acceptor;
}

static points
minus(points amount)
{
    return points_sub((points) { 0 }, amount);
}

/* Points of `issuer` pay as much debt as there is; returns what is left. */
static points
pay_debt(const struct scene *scene, int32_t issuer, points amount)
{
    struct account *account = scene->account;
    points paid = points_min(amount, account->debt);

    assert(paid.value >= 0);
    account->debt = points_sub(account->debt, paid);
    clear(scene, issuer, scene->timeline->partner_debt, paid);
    return points_sub(amount, paid);
}

struct lot_key
book_key(const struct scene *scene, int32_t issuer)
{
    struct scratch *scratch = scene->scratch;
    const struct zone *zone = &scene->timeline->zone;
    int32_t day = scene->moment.day;

    assert(scene->version != NULL);
    if (scratch->terms_version != scene->version || scratch->terms_day != day) {
        const struct program_points *terms = &scene->version->program->points;
        scratch->terms_version = scene->version;
        scratch->terms_day = day;
        scratch->available_at = terms_available_at(zone, terms, day);
        scratch->expires_at = terms_expires_at(zone, terms, day);
    }
    return (struct lot_key) {
        .available_at = scratch->available_at,
        .expires_at = scratch->expires_at,
        .partner = issuer,
    };
}

void
book_earn(const struct scene *scene, struct lot_key key, points amount)
{
    struct account *account = scene->account;

    assert(amount.value >= 0);
    if (amount.value == 0)
        return;
    struct effect *effect =
        scene_effect(scene, MEASURE_ISSUED, key.partner, amount.value);
    effect->money = micro_of_points(
        amount, version_issue_price(scene->version, key.partner));
    points left = pay_debt(scene, key.partner, amount);
    lot_add(&account->lots, key, left, account->arena);
    account->active_ms = scene->moment.at_ms;
}

void
book_earn_by(const struct scene *scene, int32_t rule, points amount)
{
    if (amount.value == 0)
        return;
    struct effect *effect =
        scene_effect(scene, MEASURE_RULE, scene->partner, amount.value);
    effect->name = rule;
    book_earn(scene, book_key(scene, scene->partner), amount);
}

/* Takes up to `amount` from the lot at `index` as a withdrawal. */
static points
withdraw_from(const struct scene *scene, uint32_t index, points amount)
{
    struct lot_list *lots = &scene->account->lots;
    int32_t partner = lots->items[index].key.partner;
    points taken = lot_take(lots, index, amount);

    scene_effect(scene, MEASURE_WITHDRAWN, partner, taken.value);
    return points_sub(amount, taken);
}

void
book_withdraw(const struct scene *scene, const struct book_undo *undo,
              points amount)
{
    struct account *account = scene->account;

    assert(amount.value >= 0);
    if (amount.value == 0)
        return;
    struct effect *effect =
        scene_effect(scene, MEASURE_REVERSED, undo->issuer, amount.value);
    effect->store = undo->store;
    effect->money = micro_of_points(
        minus(amount), version_issue_price(undo->version, undo->issuer));

    points left = amount;
    if (undo->first != NULL) {
        uint32_t index = lot_find(&account->lots, undo->first);
        if (index < account->lots.count)
            left = withdraw_from(scene, index, left);
    }
    while (left.value > 0 && account->lots.count > 0)
        left = withdraw_from(scene, 0, left);
    if (left.value > 0) {
        account->debt = points_add(account->debt, left);
        scene_effect(scene, MEASURE_WITHDRAWN, scene->timeline->partner_debt,
                     left.value);
    }
}

/* Takes up to `amount` from the lots that can (or can't yet) be used. */
static points
redeem_from(const struct scene *scene, bool available, points amount,
            struct redemption *redemption)
{
    struct account *account = scene->account;
    struct lot_list *lots = &account->lots;

    for (uint32_t i = 0; i < lots->count && amount.value > 0;) {
        struct lot_key key = lots->items[i].key;
        if ((key.available_at <= scene->moment.at_ms) != available) {
            i++;
            continue;
        }
        points taken = lot_take(lots, i, amount); /* a used up lot is gone */
        amount = points_sub(amount, taken);
        clear(scene, key.partner, scene->partner, taken);
        if (account->whole) {
            struct taken *entry =
                LIST_ADD(account->arena, &redemption->taken_from);
            *entry = (struct taken) { .key = key, .left = taken };
        }
    }
    return amount;
}

void
book_redeem(const struct scene *scene, points amount,
            struct redemption *redemption)
{
    struct account *account = scene->account;

    assert(amount.value > 0);
    assert(scene->version != NULL);
    redemption->partner = scene->partner;
    redemption->price = version_redeem_price(scene->version, scene->partner);
    redemption->overdrawn_credited =
        !scene->version->program->overdraft_partner;

    points pending = redeem_from(scene, true, amount, redemption);
    points missing = redeem_from(scene, false, pending, redemption);
    points early = points_sub(pending, missing);
    if (early.value > 0)
        scene_effect(scene, MEASURE_EARLY, scene->partner, early.value);

    points credited = amount;
    if (missing.value > 0) {
        account->debt = points_add(account->debt, missing);
        clear(scene, scene->timeline->partner_debt, scene->partner, missing);
        scene_effect(scene, MEASURE_OVERDRAWN, scene->partner, missing.value);
        if (!redemption->overdrawn_credited)
            credited = points_sub(credited, missing);
    }
    redemption->overdrawn = missing;
    struct effect *effect =
        scene_effect(scene, MEASURE_REDEEMED, scene->partner, amount.value);
    effect->money = micro_of_points(credited, redemption->price);
}

/* The overdrawn part of a redemption: it pays debt; what exceeds the debt is
 * a lot as if earned now at the redemption's store, though nothing has been
 * issued: those points were redeemed before they were there. */
static void
give_back_overdrawn(const struct scene *scene,
                    const struct redemption *redemption, points amount)
{
    struct account *account = scene->account;
    int32_t debt = scene->timeline->partner_debt;
    points paid = points_min(amount, account->debt);
    points excess = points_sub(amount, paid);

    account->debt = points_sub(account->debt, paid);
    clear(scene, debt, redemption->partner, minus(amount));
    if (excess.value == 0)
        return;
    int32_t issuer = timeline_partner_of(scene->timeline, scene->version,
                                         redemption->event->store);
    clear(scene, issuer, debt, minus(excess));
    lot_add(&account->lots, book_key(scene, issuer), excess, account->arena);
    account->active_ms = scene->moment.at_ms;
}

/* Points go back into the lot they came from.  One that would be over, because
 * the months of inactivity ended since, gets that instant as its end: it is
 * breakage at once, as is a lot that has expired. */
static void
give_back_taken(const struct scene *scene, const struct redemption *redemption,
                struct lot_key key, points amount)
{
    struct account *account = scene->account;
    bool idle_ended = account->idle_ended_ms > redemption->event->at_ms;

    clear(scene, key.partner, redemption->partner, minus(amount));
    points left = pay_debt(scene, key.partner, amount);
    if (key.expires_at == TERMS_NEVER && idle_ended)
        key.expires_at = account->idle_ended_ms;
    lot_add(&account->lots, key, left, account->arena);
}

points
book_give_back(const struct scene *scene, struct redemption *redemption,
               points amount)
{
    points left = amount;
    points overdrawn = points_min(left, redemption->overdrawn);

    give_back_overdrawn(scene, redemption, overdrawn);
    redemption->overdrawn = points_sub(redemption->overdrawn, overdrawn);
    left = points_sub(left, overdrawn);
    for (uint32_t i = redemption->taken_from.count; i-- > 0;) {
        struct taken *taken = &redemption->taken_from.items[i];
        points part = points_min(left, taken->left);
        if (part.value == 0)
            continue;
        give_back_taken(scene, redemption, taken->key, part);
        taken->left = points_sub(taken->left, part);
        left = points_sub(left, part);
    }

    points given = points_sub(amount, left);
    points debited = given;
    if (!redemption->overdrawn_credited)
        debited = points_sub(debited, overdrawn);
    struct effect *effect =
        scene_effect(scene, MEASURE_RESTORED, redemption->partner, given.value);
    effect->store = redemption->event->store;
    effect->money = micro_of_points(minus(debited), redemption->price);
    return given;
}

points
book_times(int64_t times, points each, points most)
{
    assert(times >= 0);
    assert(each.value >= 0);

    if (each.value == 0)
        return each;
    if (times > most.value / each.value)
        return most;
    return (points) { times * each.value };
}

void
book_expire(const struct scene *scene, uint32_t index)
{
    struct lot_list *lots = &scene->account->lots;
    struct lot lot = lots->items[index];

    lot_take(lots, index, lot.left);
    struct effect *effect =
        scene_effect(scene, MEASURE_EXPIRED, lot.key.partner, lot.left.value);
    effect->store = 0;
}
