/*
 * model_clock.c - what a local midnight changes, in the order of RULES.md
 *
 * Monthly bonus, inactive, release, points, vouchers, tier, version.  All but
 * the last go by the version in force at the millisecond before.
 */
#include "tests/model_parts.h"

struct store_share {
    uint32_t store;
    int64_t spend;
    int64_t points;
    int128 rest;
};

/* The month's bonus over the stores with spend > 0: the floors, then what is
 * left to the largest remainder, ties to the lower number. */
static void
give_bonus(struct model *model, const struct version_entry *version,
           int32_t month, int64_t total)
{
    LIST(struct store_share) shares = { NULL, 0 };
    int64_t sum = 0;
    int64_t left = total;

    for (uint32_t i = 0; i < model->months.count; i++)
        if (model->months.items[i].month == month &&
            model->months.items[i].spend > 0) {
            PUSH(
                model, &shares,
                (struct store_share) { .store = model->months.items[i].store,
                                       .spend = model->months.items[i].spend });
            sum += model->months.items[i].spend;
        }
    for (uint32_t i = 0; i < shares.count; i++) {
        int128 product = (int128)total * shares.items[i].spend;
        shares.items[i].points = (int64_t)(product / sum);
        shares.items[i].rest = product % sum;
        left -= shares.items[i].points;
    }
    for (; left > 0; left--) {
        struct store_share *best = NULL;
        for (uint32_t i = 0; i < shares.count; i++) {
            struct store_share *share = &shares.items[i];
            if (best == NULL || share->rest > best->rest ||
                (share->rest == best->rest && share->store < best->store))
                best = share;
        }
        best->points++;
        best->rest = -1;
    }
    while (shares.count > 0) {
        uint32_t first = 0;
        for (uint32_t i = 1; i < shares.count; i++)
            if (shares.items[i].store < shares.items[first].store)
                first = i;
        struct store_share share = shares.items[first];
        DROP(&shares, first);
        model_earn_points(
            model,
            &(struct earned) { view_of("monthly_bonus"),
                               model_partner_of(version, share.store),
                               share.store, share.points, version, NULL });
    }
}

static void
do_bonus(struct model *model, const struct version_entry *version, int32_t day)
{
    int32_t month = calendar_month(day) - 1;

    if (calendar_civil(day).day != 1)
        return;
    int64_t spend = model_spend_of(model, month, month);
    int64_t worth = model_bonus_points(model, version, month, spend);
    if (worth == 0)
        return;
    model_begin_row(model);
    give_bonus(model, version, month, worth);
    model_end_row(model, NULL, "monthly_bonus");
}

static void
do_inactive(struct model *model, const struct version_entry *version)
{
    if (version == NULL || model->visit_ms == NOT_YET)
        return;
    struct context context = model_context_now(model, model->visit_store);
    struct earning earning = { .version = version,
                               .context = &context,
                               .evaluation = AS_BOUGHT,
                               .on = EARN_ON_INACTIVE };
    struct gains gains = model_earn(model, &earning);
    if (gains.all.count == 0)
        return;
    model_begin_row(model);
    model_book_gains(model, &gains, version, model->visit_store);
    for (uint32_t i = 0; i < gains.all.count; i++)
        PUSH(model, &model->absent, gains.all.items[i].rule);
    model_end_row(model, NULL, "inactive");
}

static void
do_release(struct model *model)
{
    bool any = false;

    for (uint32_t i = 0; i < model->lots.count; i++)
        if (model->lots.items[i].key.available_at == model->now_ms)
            any = true;
    if (!any)
        return;
    model_begin_row(model);
    model_end_row(model, NULL, "release");
}

/* `idle`: the months of inactivity end now. */
static void
do_points(struct model *model, bool idle)
{
    if (idle)
        model->idle_ended_ms = model->now_ms;
    model_begin_row(model);
    model_expire_points(model, idle);
    if (model->row.points != 0)
        model_end_row(model, NULL, "expire");
}

static void
do_vouchers(struct model *model)
{
    model_begin_row(model);
    model_expire_tickets(model);
    if (model->row.vouchers.count > 0)
        model_end_row(model, NULL, "voucher_expire");
}

static void
do_tier(struct model *model, const struct version_entry *version)
{
    if (model->level.id.size == 0 || model->level.until_ms != model->now_ms)
        return;
    const struct program_tiers *tiers = &version->program->tiers;
    int32_t held = model_level_place(version, model->level.id);
    assert(held >= 0);
    uint32_t next = model_supported_level(
        tiers, model_window_spend(model, version, model->now_ms - 1));
    if (tiers->one_level && (int32_t)next < held - 1)
        next = (uint32_t)held - 1;
    if ((int32_t)next == held) {
        model->level.until_ms = model_tier_end(model, tiers, model->now_ms);
        return;
    }
    model_begin_row(model);
    model_change_level(model, version, next, model->now_ms - 1);
    model_end_row(model, NULL, "tier");
}

static void
change_tiers(struct model *model, const struct version_entry *version)
{
    const struct program_tiers *tiers = &version->program->tiers;

    if (tiers->count == 0) {
        model->level =
            (struct held_level) { .since_ms = NOT_YET, .until_ms = NEVER };
        return;
    }
    uint32_t supported = model_supported_level(
        tiers, model_window_spend(model, version, model->now_ms));
    int32_t place = model->level.id.size == 0
                        ? -1
                        : model_level_place(version, model->level.id);
    if (model->level.id.size == 0 && supported == 0)
        model->level.id = tiers->levels[0].id;
    else if (place < 0)
        model_change_level(model, version, supported, model->now_ms);
    else if (place == 0)
        model->level.until_ms = NEVER;
    else if (model->level.until_ms == NEVER)
        model->level.until_ms = model_tier_end(model, tiers, model->now_ms);
}

static void
change_windows(struct model *model, const struct program *program)
{
    for (uint32_t i = 0; i < program->spend_reward_count; i++)
        for (uint32_t k = 0; k < model->spendings.count; k++) {
            struct spending *state = &model->spendings.items[k];
            const struct spend_reward *rule = &program->spend_rewards[i];
            if (model_same(state->id, rule->id) &&
                state->by_year != rule->window_year)
                *state = (struct spending) {
                    .id = rule->id,
                    .by_year = rule->window_year,
                    .year = model_year_of(model, model->now_ms),
                    .since = model->step + 1,
                };
        }
}

static void
do_version(struct model *model)
{
    const struct version_entry *version =
        model_version_at(model, model->now_ms);

    if (version == NULL || version->from_ms != model->now_ms)
        return;
    model_begin_row(model);
    change_tiers(model, version);
    change_windows(model, version->program);
    model_end_row(model, NULL, "version");
    if (model_idle_end(model, version) <= model->now_ms)
        do_points(model, true);
}

void
model_visit_midnight(struct model *model, int32_t day)
{
    model->now_ms = model_midnight(model, day);
    const struct version_entry *version =
        model_version_at(model, model->now_ms - 1);

    do_bonus(model, version, day);
    do_inactive(model, version);
    do_release(model);
    do_points(model, model_idle_end(model, version) == model->now_ms);
    do_vouchers(model);
    do_tier(model, version);
    do_version(model);
}
