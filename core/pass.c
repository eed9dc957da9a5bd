/*
 * pass.c - prepaid passes (see pass.h)
 *
 * Passes that are used up or over stay in the list until a later sale or use
 * finds them; nobody is told of them.
 */
#include "core/pass.h"

#include "core/book.h"
#include "core/sale.h"
#include "core/voucher.h"

static struct effect *
note(const struct scene *scene, enum measure measure, int32_t pass,
     int64_t amount)
{
    struct effect *effect =
        scene_effect(scene, measure, scene->partner, amount);

    effect->name = pass;
    return effect;
}

static bool
is_good(const struct scene *scene, const struct pass *pass)
{
    return pass->left > 0 && pass->expires_at > scene->moment.at_ms;
}

static void
forget_dead(const struct scene *scene)
{
    struct pass_list *passes = &scene->account->passes;

    for (uint32_t i = passes->count; i-- > 0;)
        if (!is_good(scene, &passes->items[i]))
            LIST_REMOVE(passes, i);
}

void
pass_sell(const struct scene *scene, const struct event *event)
{
    struct account *account = scene->account;

    if (scene->version == NULL)
        return;
    int32_t number =
        timeline_find(scene->timeline, NAME_PASS, event->pass_sale.pass);
    int32_t place = version_place(scene->version, NAME_PASS, number);
    if (place == PROGRAM_NONE) {
        scene_effect(scene, MEASURE_UNKNOWN, PROGRAM_NONE, 1);
        return;
    }
    const struct program_pass *kind = &scene->version->program->passes[place];
    forget_dead(scene);
    struct pass *pass = LIST_ADD(account->arena, &account->passes);
    *pass = (struct pass) {
        .pass = number,
        .partner = scene->partner,
        .store = scene->store,
        .uses = kind->uses,
        .left = kind->uses,
        .first_use_day = EVENT_NO_DAY,
        .expires_at = terms_pass_expires_at(&scene->timeline->zone, kind,
                                            scene->moment.day),
        .price = event->pass_sale.price,
    };
    note(scene, MEASURE_PASSES_SOLD, number, 1);
    note(scene, MEASURE_PASSES_PRICE, number, pass->price.minor);
}

/* The first rebate that covers the days from the first to the last use. */
static void
give_rebate(const struct scene *scene, const struct pass *pass)
{
    int32_t place = version_place(scene->version, NAME_PASS, pass->pass);
    int32_t days = scene->moment.day - pass->first_use_day;

    if (place == PROGRAM_NONE || scene_ended(scene))
        return;
    const struct program_pass *kind = &scene->version->program->passes[place];
    uint32_t i = 0;
    while (i < kind->rebate_count && kind->rebates[i].within_days < days)
        i++;
    if (i == kind->rebate_count)
        return;
    const struct pass_rebate *rebate = &kind->rebates[i];
    if (rebate->points.value == 0 && rebate->reward == PROGRAM_NONE)
        return;
    struct effect *effect =
        scene_effect(scene, MEASURE_RULE, scene->partner, rebate->points.value);
    effect->name = scene->timeline->rule_of[NAME_PASS][pass->pass];
    if (rebate->reward != PROGRAM_NONE)
        voucher_give(
            scene, version_number(scene->version, NAME_REWARD, rebate->reward));
    if (rebate->points.value > 0)
        book_earn(scene, book_key(scene, scene->partner), rebate->points);
}

/* What the k-th use is worth: all uses together are worth the price. */
static money
worth(const struct pass *pass, int32_t use)
{
    int64_t up_to = amount_scale_floor(pass->price.minor, use, pass->uses);
    int64_t before = amount_scale_floor(pass->price.minor, use - 1, pass->uses);

    return (money) { up_to - before };
}

static void
use_one(const struct scene *scene, struct pass *pass)
{
    money value = worth(pass, pass->uses - pass->left + 1);

    if (pass->first_use_day == EVENT_NO_DAY)
        pass->first_use_day = scene->moment.day;
    pass->left--;
    note(scene, MEASURE_PASS_USES, pass->pass, 1);
    struct effect *credit =
        note(scene, MEASURE_PASS_VALUE, pass->pass, value.minor);
    credit->money = micro_of_money(value);
    struct effect *charge =
        note(scene, MEASURE_PASS_CHARGED, pass->pass, value.minor);
    charge->partner = pass->partner;
    charge->store = pass->store;
    charge->money = micro_of_money((money) { -value.minor });
    if (pass->left == 0)
        give_rebate(scene, pass);
}

void
pass_use(const struct scene *scene, const struct event *event)
{
    struct account *account = scene->account;

    sale_visit(scene);
    account->active_ms = scene->moment.at_ms;
    if (scene->version == NULL)
        return;
    int32_t number =
        timeline_find(scene->timeline, NAME_PASS, event->pass_use.pass);
    for (uint32_t i = 0; i < account->passes.count; i++) {
        struct pass *pass = &account->passes.items[i];
        if (pass->pass == number && is_good(scene, pass)) {
            use_one(scene, pass);
            return;
        }
    }
    scene_effect(scene, MEASURE_UNCOVERED, scene->partner, 1);
}
