/*
 * fold.c - one event after another (see fold.h); what each means is said in
 * the file of its concept
 */
#include "core/fold.h"

#include "core/book.h"
#include "core/gain.h"
#include "core/give_back.h"
#include "core/pass.h"
#include "core/redeem.h"
#include "core/sale.h"
#include "core/stamp.h"
#include "core/tier.h"
#include "core/voucher.h"

struct fold {
    const struct timeline *timeline;
    const struct scene_judge *judge; /* NULL: none */
    bool why;
    struct effect_list effects;
    struct scratch scratch;
};

static const char *const change_names[] = {
    [CHANGE_MONTHLY_BONUS] = "monthly_bonus",
    [CHANGE_INACTIVE] = "inactive",
    [CHANGE_RELEASE] = "release",
    [CHANGE_EXPIRE] = "expire",
    [CHANGE_VOUCHER_EXPIRE] = "voucher_expire",
    [CHANGE_TIER] = "tier",
    [CHANGE_VERSION] = "version",
};
static_assert(COUNT_OF(change_names) == CHANGE_NONE, "all named");

const char *
fold_change_name(enum change change)
{
    assert(change < CHANGE_NONE);
    return change_names[change];
}

struct fold *
fold_open(const struct timeline *timeline, bool why, struct arena *arena)
{
    struct fold *fold = ARENA_NEW(arena, struct fold, 1);

    fold->timeline = timeline;
    fold->why = why;
    fold->effects.arena = arena;
    return fold;
}

void
fold_use_timeline(struct fold *fold, const struct timeline *timeline)
{
    assert(fold->effects.count == 0);
    fold->timeline = timeline;
}

void
fold_use_judge(struct fold *fold, const struct scene_judge *judge)
{
    assert(judge == NULL || !fold->why);
    fold->judge = judge;
}

const struct timeline *
fold_timeline(const struct fold *fold)
{
    return fold->timeline;
}

struct basket *
fold_basket(struct fold *fold)
{
    return &fold->scratch.basket;
}

struct effect_list *
fold_effects(struct fold *fold)
{
    return &fold->effects;
}

void
fold_drop_effects(struct fold *fold)
{
    assert(fold->effects.count == 0);
    fold->effects.dropped = true;
}

void
fold_use_arena(struct fold *fold, struct arena *arena)
{
    assert(fold->effects.count == 0);
    fold->effects.items = NULL;
    fold->effects.room = 0;
    fold->effects.arena = arena;
}

struct scene
fold_scene(struct fold *fold, struct account *account)
{
    return (struct scene) {
        .timeline = fold->timeline,
        .account = account,
        .effects = &fold->effects,
        .scratch = &fold->scratch,
        .judge = fold->judge,
        .why = fold->why,
    };
}

enum change
fold_clock(struct fold *fold, struct account *account, int64_t until_ms,
           int64_t *ret_at_ms)
{
    struct scene scene = fold_scene(fold, account);

    return clock_step(&scene, until_ms, ret_at_ms);
}

void
fold_run_clock(struct fold *fold, struct account *account, int64_t until_ms)
{
    int64_t at_ms;

    while (fold_clock(fold, account, until_ms, &at_ms) != CHANGE_NONE)
        fold->effects.count = 0;
    fold->effects.count = 0;
}

void
fold_begin(const struct scene *scene)
{
    struct account *account = scene->account;

    if (account->begun)
        return;
    account->begun = true;
    account->first_ms = scene->moment.at_ms;
    account->bonus_from = calendar_month(scene->moment.day);
    account->version =
        scene->version == NULL ? PROGRAM_NONE : (int32_t)scene->version->index;
    tier_begin(scene);
}

static struct scene
enter(struct fold *fold, struct account *account, const struct event *event)
{
    const struct scene outside = fold_scene(fold, account);
    struct scene scene =
        scene_move(&outside, timeline_at(fold->timeline, event->at_ms),
                   event->at_ms, event->store);

    assert(account->clock_ms == event->at_ms);
    fold_begin(&scene);
    assert(scene_version(fold->timeline, account->version) == scene.version);
    account->ordinal++;
    account->last_ms = event->at_ms;
    account->last = event->identity;
    return scene;
}

static void
fold_join(const struct scene *scene, const struct event *event)
{
    struct account *account = scene->account;
    bool first = account->joined_ms == ACCOUNT_NEVER_YET;

    if (first)
        account->joined_ms = event->at_ms;
    if (event->join.home_store != 0)
        account->home_store = event->join.home_store;
    if (first && scene->version != NULL) {
        struct earn_context context;
        gain_context(scene, &context);
        struct earn_input input = gain_input(scene, &context);
        earn_join(&input, &scene->scratch->outcome);
        gain_book(scene);
    }
    sale_referral(scene, event, (money) { 0 });
}

static void
fold_activity(const struct scene *scene, const struct event *event)
{
    struct earn_context context;

    scene->account->active_ms = event->at_ms;
    if (scene->version == NULL)
        return;
    gain_context(scene, &context);
    struct earn_input input = gain_input(scene, &context);
    earn_activity(&input, event->activity.name, &scene->scratch->outcome);
    gain_book(scene);
}

static void
fold_stamp(const struct scene *scene, const struct event *event)
{
    sale_visit(scene);
    scene->account->active_ms = event->at_ms;
    if (scene->version == NULL)
        return;
    int32_t number =
        timeline_find(scene->timeline, NAME_CARD, event->stamp.card);
    int32_t place = version_place(scene->version, NAME_CARD, number);
    if (place == PROGRAM_NONE)
        scene_effect(scene, MEASURE_UNKNOWN, PROGRAM_NONE, 1);
    else if (!scene_ended(scene))
        stamp_add(scene, place, event->stamp.count);
    sale_referral(scene, event, (money) { 0 });
}

static void
fold_grant(const struct scene *scene, const struct event *event)
{
    int32_t number =
        timeline_find(scene->timeline, NAME_REWARD, event->grant.reward);

    if (scene->version == NULL)
        return;
    if (version_place(scene->version, NAME_REWARD, number) == PROGRAM_NONE) {
        scene_effect(scene, MEASURE_UNKNOWN, PROGRAM_NONE, 1);
        return;
    }
    const struct voucher_issue issue = {
        .reward = number,
        .issuer = scene->partner,
        .count = event->grant.count,
        .source_number = PROGRAM_NONE,
    };
    voucher_issue(scene, &issue);
}

static void
fold_adjust(const struct scene *scene, const struct event *event)
{
    points amount = event->adjust.points;

    if (scene->version == NULL)
        return;
    if (amount.value > 0) {
        struct lot_key key = book_key(scene, scene->partner);
        if (event->adjust.expires_on != EVENT_NO_DAY)
            key.expires_at = terms_day_end_ms(&scene->timeline->zone,
                                              event->adjust.expires_on);
        book_earn(scene, key, amount);
        return;
    }
    const struct book_undo undo = { .issuer = scene->partner,
                                    .store = scene->store,
                                    .version = scene->version };
    book_withdraw(scene, &undo, points_sub((points) { 0 }, amount));
}

void
fold_event(struct fold *fold, struct account *account,
           const struct event *event)
{
    struct scene scene = enter(fold, account, event);

    switch (event->kind) {
    case EVENT_JOIN:
        fold_join(&scene, event);
        return;
    case EVENT_PURCHASE:
        sale_fold(&scene, event);
        return;
    case EVENT_RETURN:
        give_back_fold(&scene, event);
        return;
    case EVENT_STAMP:
        fold_stamp(&scene, event);
        return;
    case EVENT_REDEEM:
        redeem_fold(&scene, event);
        return;
    case EVENT_REVERSE:
        redeem_reverse(&scene, event);
        return;
    case EVENT_CONSENT:
        account_consent(account, event->consent.channel, event->consent.granted,
                        event->at_ms);
        return;
    case EVENT_ACTIVITY:
        fold_activity(&scene, event);
        return;
    case EVENT_GRANT:
        fold_grant(&scene, event);
        return;
    case EVENT_ADJUST:
        fold_adjust(&scene, event);
        return;
    case EVENT_PASS_SALE:
        pass_sell(&scene, event);
        return;
    case EVENT_PASS_USE:
        pass_use(&scene, event);
        return;
    case EVENT_VOID:
        break;
    }
    assert(false);
}

void
fold_referral(struct fold *fold, struct account *account,
              const struct referral *referral)
{
    struct scene scene = enter(fold, account, referral->event);

    assert(scene.version == referral->version);
    const struct program_referral *terms = &scene.version->program->referral;
    const struct sale_reward reward = {
        .points = terms->referrer_points,
        .reward = terms->referrer_reward,
    };
    sale_referral_reward(&scene, &reward);
}

static int
compare_void(const void *item, const void *key)
{
    return identity_compare(*(const identity *)item, *(const identity *)key);
}

static bool
is_voided(const struct account *account, identity id)
{
    const struct void_list *voids = &account->voids;
    uint32_t index = LIST_PLACE(voids->items, voids->count, &id, compare_void);

    return index < voids->count && identity_equal(voids->items[index], id);
}

bool
fold_can_forward(const struct account *account, const struct event *event)
{
    if (event->kind == EVENT_VOID || is_voided(account, event->identity))
        return false;
    bool looks_back =
        event->kind == EVENT_REVERSE ||
        (event->kind == EVENT_RETURN && event->sale.receipt.size > 0);
    if (looks_back && !account->whole)
        return false;
    if (event->at_ms < account->clock_ms)
        return false;
    if (!account->begun)
        return true;
    if (event->at_ms != account->last_ms)
        return event->at_ms > account->last_ms;
    return identity_compare(event->identity, account->last) > 0;
}
