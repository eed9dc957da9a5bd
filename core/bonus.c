/*
 * bonus.c - the monthly bonus (see bonus.h)
 */
#include "core/bonus.h"

int32_t
bonus_next_month(const struct account *account)
{
    const struct month_list *months = &account->months;
    int32_t next = INT32_MAX;

    for (uint32_t i = months->count; i-- > 0;) {
        if (months->items[i].month < account->bonus_from)
            break;
        next = months->items[i].month;
    }
    return next;
}

/* The version by which a month's bonus is reckoned; NULL: there is none for
 * months like this one. */
static const struct version *
version_of(const struct timeline *timeline, int32_t month)
{
    int64_t end_ms = terms_month_end_ms(&timeline->zone, month);
    const struct version *version = timeline_at(timeline, end_ms - 1);

    if (version == NULL || version->program->bonus_step_count == 0 ||
        calendar_month_first_day(month) > version->program->ends)
        return NULL;
    return version;
}

/* floor(spend * percent / 100 / value of a point): the spend is in cents, the
 * percent in thousandths, the value in millionths. */
points
bonus_reckon(const struct program *program, money spend)
{
    int32_t percent = 0;

    for (uint32_t i = 0; i < program->bonus_step_count; i++)
        if (program->bonus_steps[i].from.minor <= spend.minor)
            percent = program->bonus_steps[i].percent;
    if (spend.minor <= 0 || percent == 0)
        return (points) { 0 };
    return (points) { amount_scale_floor_max(
        spend.minor, percent, program->points.value.micro * 10, LIMIT_POINTS) };
}

bool
bonus_give(const struct scene *scene, int32_t month)
{
    struct account *account = scene->account;
    const struct version *version = version_of(scene->timeline, month);

    assert(version == NULL || version == scene->version);
    account->bonus_from = month + 1;
    money spend = account_spend(account, month, month);
    points bonus = { 0 };
    if (version != NULL)
        bonus = bonus_reckon(version->program, spend);
    if (bonus.value == 0)
        return false;
    struct effect *effect =
        scene_effect(scene, MEASURE_RULE, PROGRAM_NONE, bonus.value);
    effect->name = scene->timeline->rule_monthly_bonus;

    const struct month_list *months = &account->months;
    uint32_t first = 0;
    while (months->items[first].month != month)
        first++;
    uint32_t count = 0;
    while (first + count < months->count &&
           months->items[first + count].month == month)
        count++;
    int64_t *weights = ARENA_NEW(account->arena, int64_t, count);
    int64_t *parts = ARENA_NEW(account->arena, int64_t, count);
    for (uint32_t i = 0; i < count; i++) {
        int64_t minor = months->items[first + i].spend.minor;
        weights[i] = minor > 0 ? minor : 0;
    }
    amount_split(bonus.value, weights, count, parts);
    for (uint32_t i = 0; i < count; i++) {
        struct scene there = scene_move(scene, version, scene->moment.at_ms,
                                        months->items[first + i].store);
        book_earn(&there, book_key(&there, there.partner),
                  (points) { parts[i] });
    }
    return true;
}

void
bonus_reduce(const struct scene *scene, const struct book_undo *undo,
             int32_t month, money before)
{
    const struct version *version = version_of(scene->timeline, month);

    if (version == NULL || month >= calendar_month(scene->moment.day))
        return;
    money after = account_spend(scene->account, month, month);
    points less = points_sub(bonus_reckon(version->program, before),
                             bonus_reckon(version->program, after));
    book_withdraw(scene, undo, less);
}
