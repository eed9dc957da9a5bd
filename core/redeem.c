/*
 * redeem.c - points and rewards redeemed and given back (see redeem.h)
 *
 * What undoes takes the partner and the price of what it undoes, so that a
 * redemption keeps what it was credited at.
 */
#include "core/redeem.h"

#include "core/book.h"
#include "core/voucher.h"

static money
worth(const struct program_reward *reward, const struct event *event)
{
    if (event->redeem.value.minor < 0)
        return reward->value;
    return money_min(reward->value, event->redeem.value);
}

/* An effect with money that stands at the redemption's store, `sign` +1 for a
 * redemption and -1 for its reversal. */
static void
credit(const struct scene *scene, const struct redemption *redemption,
       enum measure measure, int sign)
{
    bool value =
        measure == MEASURE_VOUCHERS_VALUE || measure == MEASURE_UNCOVERED_VALUE;
    int64_t amount = value ? redemption->value.minor : 1;
    struct effect *effect =
        scene_effect(scene, measure, redemption->partner, sign * amount);

    effect->store = redemption->event->store;
    effect->name = redemption->reward;
    if (value && redemption->credited)
        effect->money = micro_of_money((money) { effect->amount });
}

/* Credits or debits what a reward brought, and its issuer who pays for it. */
static void
settle_reward(const struct scene *scene, const struct redemption *redemption,
              int sign)
{
    if (redemption->uncovered) {
        credit(scene, redemption, MEASURE_UNCOVERED, sign);
        credit(scene, redemption, MEASURE_UNCOVERED_VALUE, sign);
        return;
    }
    credit(scene, redemption, MEASURE_VOUCHERS_REDEEMED, sign);
    credit(scene, redemption, MEASURE_VOUCHERS_VALUE, sign);
    if (!redemption->charged)
        return;
    const struct voucher *voucher = &redemption->voucher;
    struct effect *effect =
        scene_effect(scene, MEASURE_VOUCHERS_CHARGED, voucher->issuer,
                     sign * redemption->value.minor);
    effect->store = voucher->store;
    effect->name = voucher->reward;
    effect->money = micro_of_money((money) { -effect->amount });
}

static void
redeem_reward(const struct scene *scene, const struct event *event,
              struct redemption *redemption)
{
    const struct version *version = scene->version;
    int32_t number =
        timeline_find(scene->timeline, NAME_REWARD, event->redeem.reward);
    int32_t place = version_place(version, NAME_REWARD, number);
    const struct program_reward *known =
        place == PROGRAM_NONE ? NULL : &version->program->rewards[place];

    redemption->reward = number;
    redemption->partner = scene->partner;
    redemption->credited = true;
    if (number != PROGRAM_NONE &&
        voucher_use(scene, number, &redemption->voucher)) {
        const struct program_reward *reward =
            known != NULL
                ? known
                : voucher_reward(scene->timeline, &redemption->voucher);
        redemption->covered = true;
        redemption->value = worth(reward, event);
        redemption->charged = reward->paid_by_issuer;
        settle_reward(scene, redemption, 1);
        return;
    }
    if (known != NULL && known->price.value > 0) {
        book_redeem(scene, known->price, redemption);
        return;
    }
    if (known == NULL)
        scene_effect(scene, MEASURE_UNKNOWN, PROGRAM_NONE, 1);
    redemption->uncovered = true;
    redemption->value = known == NULL ? (money) { 0 } : worth(known, event);
    redemption->credited = !version->program->overdraft_partner;
    settle_reward(scene, redemption, 1);
}

void
redeem_fold(const struct scene *scene, const struct event *event)
{
    struct account *account = scene->account;
    struct redemption redemption = { .event = event, .reward = PROGRAM_NONE };

    account->active_ms = scene->moment.at_ms;
    if (scene->version == NULL)
        return;
    if (event->redeem.points.value > 0)
        book_redeem(scene, event->redeem.points, &redemption);
    else
        redeem_reward(scene, event, &redemption);
    if (account->whole)
        *LIST_ADD(account->arena, &account->redeemed) = redemption;
}

/* How many points can still be given back. */
static points
points_left(const struct redemption *redemption)
{
    points left = redemption->overdrawn;

    for (uint32_t i = 0; i < redemption->taken_from.count; i++)
        left = points_add(left, redemption->taken_from.items[i].left);
    return left;
}

static struct redemption *
find_redemption(const struct account *account, view id)
{
    for (uint32_t i = account->redeemed.count; i-- > 0;) {
        struct redemption *redemption = &account->redeemed.items[i];
        if (!redemption->done && view_equal(redemption->event->id, id))
            return redemption;
    }
    return NULL;
}

void
redeem_reverse(const struct scene *scene, const struct event *event)
{
    struct account *account = scene->account;
    struct redemption *redemption =
        find_redemption(account, event->reverse.redemption);

    assert(account->whole);
    if (redemption == NULL) {
        scene_effect(scene, MEASURE_UNMATCHED, PROGRAM_NONE, 1);
        return;
    }
    assert(scene->version != NULL);
    account->redeemed.reversed =
        (uint32_t)(redemption - account->redeemed.items);
    if (redemption->covered || redemption->uncovered) {
        settle_reward(scene, redemption, -1);
        if (redemption->covered)
            voucher_put_back(scene, &redemption->voucher);
        redemption->done = true;
        return;
    }
    points amount = points_left(redemption);
    if (event->reverse.points.value > 0)
        amount = points_min(amount, event->reverse.points);
    points given = book_give_back(scene, redemption, amount);
    assert(given.value == amount.value);
    redemption->done = points_left(redemption).value == 0;
}
