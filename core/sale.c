/*
 * sale.c - a purchase (see sale.h)
 */
#include "core/sale.h"

#include "core/book.h"
#include "core/gain.h"
#include "core/spend.h"
#include "core/stamp.h"
#include "core/tier.h"
#include "core/voucher.h"

#include <string.h>

void
sale_visit(const struct scene *scene)
{
    struct account *account = scene->account;

    account->visit_ms = scene->moment.at_ms;
    account->visit_store = scene->store;
    account->given.count = 0;
}

void
sale_referral_reward(const struct scene *scene,
                     const struct sale_reward *reward)
{
    if (reward->points.value == 0 && reward->reward == PROGRAM_NONE)
        return;
    struct effect *effect =
        scene_effect(scene, MEASURE_RULE, scene->partner, reward->points.value);
    effect->name = scene->timeline->rule_referral;
    if (reward->reward != PROGRAM_NONE)
        voucher_give(
            scene, version_number(scene->version, NAME_REWARD, reward->reward));
    if (reward->points.value > 0)
        book_earn(scene, book_key(scene, scene->partner), reward->points);
}

void
sale_referral(const struct scene *scene, const struct event *event,
              money eligible)
{
    struct account *account = scene->account;

    if (account->id.member == 0 ||
        !referral_step(&account->referral, scene->version, event, eligible))
        return;
    const struct program_referral *referral =
        &scene->version->program->referral;
    const struct sale_reward reward = {
        .points = referral->referred_points,
        .reward = referral->referred_reward,
    };
    sale_referral_reward(scene, &reward);
}

static void *
copy_of(struct arena *arena, const void *items, uint32_t count, size_t size)
{
    void *copy = arena_take(arena, (size_t)count * size + 1);

    if (count > 0)
        memcpy(copy, items, (size_t)count * size);
    return copy;
}

/* Whether anybody may look back at the purchase. */
static bool
is_recalled(const struct account *account, const struct event *event)
{
    const struct name_list *recalled = account->recalled;

    if (!account->whole || recalled == NULL)
        return account->whole;
    for (uint32_t i = 0; i < recalled->count; i++)
        if (view_equal(recalled->names[i], event->sale.receipt))
            return true;
    return false;
}

/* Remembers what a return of this purchase will need. */
static void
remember(const struct scene *scene, const struct event *event,
         const struct earn_context *context)
{
    struct account *account = scene->account;
    struct arena *arena = account->arena;
    const struct earn_outcome *outcome = &scene->scratch->outcome;
    uint32_t lines = event->sale.line_count ? event->sale.line_count : 1;
    struct purchase *purchase = LIST_ADD(arena, &account->bought);

    *purchase = (struct purchase) {
        .event = event,
        .version = scene->version,
        .ordinal = account->ordinal,
        .context = *context,
        .left = ARENA_NEW(arena, money, lines),
        .partner = scene->partner,
    };
    event_line_amounts(event, purchase->left);
    for (uint32_t i = 0; i < lines; i++)
        if (purchase->left[i].minor > 0)
            purchase->left_sum += purchase->left[i].minor;
    if (scene->version == NULL)
        return;
    struct lot_key key = book_key(scene, scene->partner);
    purchase->available_at = key.available_at;
    purchase->expires_at = key.expires_at;
    purchase->stopped = (struct place_list) {
        .places = copy_of(arena, outcome->stopped, outcome->stopped_count,
                          sizeof outcome->stopped[0]),
        .count = outcome->stopped_count,
    };
    purchase->share_count = outcome->share_count;
    purchase->shares = copy_of(arena, outcome->shares, outcome->share_count,
                               sizeof outcome->shares[0]);
}

/* What the rules say of it. */
static struct scene_worth
evaluate(const struct scene *scene, const struct event *event,
         const struct earn_input *input)
{
    struct scratch *scratch = scene->scratch;
    struct basket *basket = &scratch->basket;
    struct scene_worth worth;

    if (scene->judge != NULL &&
        scene->judge->earn(scene->judge->context, scene, event, input, &worth))
        return worth;
    basket_fill(basket, scene->version, event, NULL);
    worth = (struct scene_worth) { .eligible = basket->eligible };
    if (scene->version == NULL)
        return worth;
    earn_purchase(input, basket, &scratch->outcome);
    worth.stamp_count = earn_stamp(input, basket, scratch->stamps);
    return worth;
}

void
sale_note(const struct scene *scene, int32_t month, money eligible)
{
    struct account *account = scene->account;
    int64_t at_ms = scene->moment.at_ms;

    if (account->purchase_count++ == 0)
        account->first_purchase_ms = at_ms;
    account->last_purchase_ms = at_ms;
    account->active_ms = at_ms;
    sale_visit(scene);
    account_add_spend(account, month, scene->store, eligible);
}

void
sale_fold(const struct scene *scene, const struct event *event)
{
    const struct earn_stamps *stamps = scene->scratch->stamps;
    struct earn_context context;

    gain_context(scene, &context);
    const struct earn_input input = gain_input(scene, &context);
    const struct scene_worth worth = evaluate(scene, event, &input);
    if (scene->version != NULL) {
        scene_effect(scene, MEASURE_PURCHASES, scene->partner, 1);
        scene_effect(scene, MEASURE_SALES, scene->partner,
                     event->sale.total.minor);
        gain_book(scene);
        for (uint32_t i = 0; i < worth.stamp_count; i++)
            stamp_add(scene, stamps[i].place, stamps[i].count);
    }
    if (is_recalled(scene->account, event))
        remember(scene, event, &context);
    sale_note(scene, calendar_month(scene->moment.day), worth.eligible);
    tier_purchase(scene);
    if (!scene_ended(scene))
        spend_add(scene, worth.eligible);
    sale_referral(scene, event, worth.eligible);
}
