/*
 * give_back.c - goods come back (see give_back.h)
 */
#include "core/give_back.h"

#include "core/bonus.h"
#include "core/book.h"
#include "core/gain.h"
#include "core/hash.h"
#include "core/spend.h"
#include "core/stamp.h"
#include "core/tier.h"

#include <string.h>

/* What one return by receipt is about. */
struct look_back {
    struct purchase *purchase;
    int32_t month; /* of the purchase */
    struct book_undo undo;
    struct earn_input input; /* the purchase as it was */
    money counted;           /* refund of all lines, ... */
    money eligible;          /* ... and of the eligible ones */
};

/* Receipts that collide make it as slow as looking at every purchase; a fold
 * draws no random numbers, and nobody is hurt but who chose them. */
static uint32_t *
bucket_of(const struct purchase_list *bought, view receipt)
{
    return &bought->buckets[hash_64(receipt, 0) & (bought->bucket_count - 1)];
}

/* Puts what has been bought since the last return into the buckets, of which
 * there are more than purchases; newest first in each. */
static void
fill_buckets(struct purchase_list *bought, struct arena *arena)
{
    enum { BUCKETS_MIN = 16 };

    if (bought->count >= bought->bucket_count) {
        bought->bucket_count = BUCKETS_MIN;
        while (bought->bucket_count <= bought->count)
            bought->bucket_count *= 2;
        bought->buckets = ARENA_NEW(arena, uint32_t, bought->bucket_count);
        bought->bucketed = 0;
    }
    while (bought->bucketed < bought->count) {
        struct purchase *purchase = &bought->items[bought->bucketed];
        uint32_t *bucket = bucket_of(bought, purchase->event->sale.receipt);
        purchase->before = *bucket;
        *bucket = ++bought->bucketed;
    }
}

/* The newest that the return may mean; NULL. */
static struct purchase *
find_purchase(struct account *account, const struct event *event)
{
    struct purchase_list *bought = &account->bought;
    struct purchase *purchase;

    fill_buckets(bought, account->arena);
    for (uint32_t i = *bucket_of(bought, event->sale.receipt); i > 0;
         i = purchase->before) {
        purchase = &bought->items[i - 1];
        const struct event *sale = purchase->event;
        if (purchase->left_sum > 0 &&
            view_equal(sale->sale.receipt, event->sale.receipt) &&
            (event->sale.from_store == 0 ||
             event->sale.from_store == sale->store) &&
            (event->sale.bought_on == EVENT_NO_DAY ||
             event->sale.bought_on == purchase->context.moment.day))
            return purchase;
    }
    return NULL;
}

/* Takes at most `amount` of what is left of a line; returns what counts. */
static int64_t
take_line(struct purchase *purchase, uint32_t line, int64_t amount)
{
    int64_t left = purchase->left[line].minor;
    int64_t taken = amount < left ? amount : left;

    if (taken <= 0)
        return 0;
    purchase->left[line].minor -= taken;
    purchase->left_sum -= taken;
    return taken;
}

static money
take_lines(struct purchase *purchase, const struct event *event)
{
    uint32_t bought = purchase->event->sale.line_count;
    int64_t counted = 0;

    if (bought == 0)
        bought = 1;
    if (event->sale.line_count == 0) {
        for (uint32_t i = 0; i < bought; i++)
            counted += take_line(purchase, i, INT64_MAX);
        return (money) { counted };
    }
    for (uint32_t i = 0; i < event->sale.line_count; i++) {
        const struct event_line *line = &event->sale.lines[i];
        if (line->index < bought)
            counted += take_line(purchase, line->index, line->amount.minor);
    }
    return (money) { counted };
}

/* The points of one issuer change from `before` to `after`. */
static void
move_share(const struct scene *scene, struct look_back *back, int32_t issuer,
           const points change[2])
{
    points before = change[0], after = change[1];

    if (after.value > before.value) {
        book_earn(scene, book_key(scene, issuer), points_sub(after, before));
        return;
    }
    const struct lot_key first = {
        .available_at = back->purchase->available_at,
        .expires_at = back->purchase->expires_at,
        .partner = issuer,
    };
    struct book_undo undo = back->undo;
    undo.issuer = issuer;
    undo.first = &first;
    book_withdraw(scene, &undo, points_sub(before, after));
}

/* Takes the difference between what the purchase has earned so far and what
 * it earns now, issuer by issuer; both lists are in the order of issuers. */
static void
move_shares(const struct scene *scene, struct look_back *back)
{
    struct purchase *purchase = back->purchase;
    const struct earn_outcome *now = &scene->scratch->outcome;
    uint32_t old = 0, new = 0;

    while (old < purchase->share_count || new < now->share_count) {
        int32_t issuer = INT32_MAX;
        points change[2] = { { 0 }, { 0 } };
        if (old < purchase->share_count)
            issuer = purchase->shares[old].issuer;
        if (new < now->share_count && now->shares[new].issuer < issuer)
            issuer = now->shares[new].issuer;
        if (old < purchase->share_count &&
            purchase->shares[old].issuer == issuer)
            change[0] = purchase->shares[old++].points;
        if (new < now->share_count && now->shares[new].issuer == issuer)
            change[1] = now->shares[new ++].points;
        move_share(scene, back, issuer, change);
    }
    purchase->share_count = now->share_count;
    purchase->shares =
        ARENA_NEW(scene->account->arena, struct earn_share, now->share_count);
    if (now->share_count > 0)
        memcpy(purchase->shares, now->shares,
               sizeof now->shares[0] * now->share_count);
}

/* Stamps go by the difference; both lists are in file order, and no card has
 * more stamps from less. */
static void
move_stamps(const struct scene *scene, const struct look_back *back,
            uint32_t old_count)
{
    struct scratch *scratch = scene->scratch;
    uint32_t new_count =
        earn_stamp(&back->input, &scratch->basket, scratch->stamps_left);

    for (uint32_t i = 0, k = 0; i < old_count; i++) {
        struct earn_stamps old = scratch->stamps[i];
        int64_t left = 0;
        if (k < new_count && scratch->stamps_left[k].place == old.place)
            left = scratch->stamps_left[k++].count;
        assert(left <= old.count);
        if (old.count > left)
            stamp_take(scene, &back->undo, old.place, old.count - left);
    }
}

static struct look_back
look_back(const struct scene *scene, struct purchase *purchase)
{
    struct look_back back = {
        .purchase = purchase,
        .month = calendar_month(purchase->context.moment.day),
        .undo = { .issuer = purchase->partner,
                  .store = purchase->event->store,
                  .version = purchase->version },
        .input = { .timeline = scene->timeline,
                   .version = purchase->version,
                   .context = &purchase->context,
                   .mode = EARN_AGAIN,
                   .stopped = purchase->stopped },
    };

    return back;
}

/* Evaluates what is left of the purchase and takes the differences of points,
 * stamps and progress. */
static void
evaluate_again(const struct scene *scene, struct look_back *back,
               const struct event *event)
{
    struct scratch *scratch = scene->scratch;
    struct purchase *purchase = back->purchase;
    const struct event *sale = purchase->event;
    uint32_t old_stamps = 0;

    basket_fill(&scratch->basket, purchase->version, sale, purchase->left);
    money before = scratch->basket.eligible;
    if (purchase->version != NULL)
        old_stamps =
            earn_stamp(&back->input, &scratch->basket, scratch->stamps);
    back->counted = take_lines(purchase, event);
    basket_fill(&scratch->basket, purchase->version, sale, purchase->left);
    back->eligible = money_sub(before, scratch->basket.eligible);
    if (purchase->version == NULL)
        return;
    earn_purchase(&back->input, &scratch->basket, &scratch->outcome);
    move_shares(scene, back);
    move_stamps(scene, back, old_stamps);
    if (!version_ended(purchase->version, sale->at_ms))
        spend_take(scene, &back->undo, sale->at_ms, back->eligible);
}

static void
fold_receipt(const struct scene *scene, const struct event *event)
{
    struct account *account = scene->account;
    struct purchase *purchase = find_purchase(account, event);

    assert(account->whole);
    if (purchase == NULL) {
        scene_effect(scene, MEASURE_UNMATCHED, PROGRAM_NONE, 1);
        return;
    }
    account->bought.returned = (uint32_t)(purchase - account->bought.items);
    struct look_back back = look_back(scene, purchase);
    evaluate_again(scene, &back, event);
    money spent = account_spend(account, back.month, back.month);
    account_add_spend(account, back.month, purchase->event->store,
                      money_sub((money) { 0 }, back.eligible));
    if (scene->version == NULL)
        return;
    scene_effect(scene, MEASURE_RETURNS, scene->partner, 1);
    scene_effect(scene, MEASURE_REFUNDS, scene->partner, back.counted.minor);
    bonus_reduce(scene, &back.undo, back.month, spent);
    tier_return(scene, purchase, back.eligible);
}

static void
withdraw_blind(const struct scene *scene, money eligible)
{
    struct earn_context context;

    gain_context(scene, &context);
    struct earn_input input = gain_input(scene, &context);
    input.mode = EARN_BLIND;
    input.why = false;
    const struct earn_outcome *outcome = &scene->scratch->outcome;
    earn_purchase(&input, &scene->scratch->basket, &scene->scratch->outcome);
    struct book_undo undo = { .store = scene->store,
                              .version = scene->version };
    for (uint32_t i = 0; i < outcome->share_count; i++) {
        undo.issuer = outcome->shares[i].issuer;
        book_withdraw(scene, &undo, outcome->shares[i].points);
    }
    undo.issuer = scene->partner;
    spend_take(scene, &undo, scene->moment.at_ms, eligible);
}

static void
fold_blind(const struct scene *scene, const struct event *event)
{
    struct basket *basket = &scene->scratch->basket;

    basket_fill(basket, scene->version, event, NULL);
    money eligible = basket->eligible;
    if (scene->version != NULL) {
        scene_effect(scene, MEASURE_RETURNS, scene->partner, 1);
        scene_effect(scene, MEASURE_REFUNDS, scene->partner,
                     event->sale.total.minor);
    }
    if (!scene_ended(scene))
        withdraw_blind(scene, eligible);
    account_add_spend(scene->account, calendar_month(scene->moment.day),
                      scene->store, money_sub((money) { 0 }, eligible));
}

void
give_back_fold(const struct scene *scene, const struct event *event)
{
    if (event->sale.receipt.size > 0)
        fold_receipt(scene, event);
    else
        fold_blind(scene, event);
}
