/*
 * model_time.c - versions, midnights, ends: when things are so
 */
#include "tests/model_parts.h"

enum { FIRST_YEAR = 2000 };

static int32_t
first_day(void)
{
    return calendar_day((civil) { FIRST_YEAR, 1, 1 });
}

/* The first instant of a local date; NEVER for one far away. */
int64_t
model_midnight(const struct model *model, int32_t day)
{
    assert(day >= first_day());
    if (day - first_day() >= MODEL_DAYS)
        return NEVER;
    return model->midnights[day - first_day()];
}

int32_t
model_day_of(const struct model *model, int64_t at_ms)
{
    return zone_day(&model->zone, at_ms);
}

int32_t
model_month_of(const struct model *model, int64_t at_ms)
{
    return calendar_month(model_day_of(model, at_ms));
}

int32_t
model_year_of(const struct model *model, int64_t at_ms)
{
    return model_month_of(model, at_ms) / 12;
}

int64_t
model_month_end(const struct model *model, int32_t month)
{
    return model_midnight(model, calendar_month_first_day(month + 1));
}

/* The last one of those that have begun; they are sorted by date. */
const struct version_entry *
model_version_at(const struct model *model, int64_t at_ms)
{
    const struct version_entry *found = NULL;

    for (uint32_t i = 0; i < model->versions.count; i++)
        if (model->versions.items[i].from_ms <= at_ms)
            found = &model->versions.items[i];
    return found;
}

bool
model_ended(const struct model *model, const struct version_entry *version,
            int64_t at_ms)
{
    return model_day_of(model, at_ms) > version->program->ends;
}

/* The first of the dates on or after a day. */
static int32_t
next_date(const struct month_day_list *dates, int32_t day)
{
    for (;; day++) {
        civil date = calendar_civil(day);
        for (uint32_t i = 0; i < dates->count; i++)
            if (dates->dates[i].month == date.month &&
                dates->dates[i].day == date.day)
                return day;
    }
}

/* The lot that points belong to which are earned at that instant. */
struct key
model_key_of(const struct model *model, const struct version_entry *version,
             int64_t at_ms, view partner)
{
    const struct program_points *rules = &version->program->points;
    int32_t earned = model_day_of(model, at_ms);
    int32_t usable = earned;
    struct key key = { 0, NEVER, partner };

    if (rules->pending_days > 0)
        usable = earned + rules->pending_days;
    else if (rules->release.count > 0)
        usable = next_date(&rules->release, earned + 1);
    if (usable != earned)
        key.available_at = model_midnight(model, usable);
    if (rules->expiry == EXPIRE_MONTHS)
        key.expires_at = model_month_end(model, calendar_month(usable) +
                                                    rules->expire_months);
    if (rules->expiry == EXPIRE_DATES)
        key.expires_at =
            model_midnight(model, next_date(&rules->expire_dates, usable) + 1);
    return key;
}

/* When the months of inactivity end, counted from what the account has done
 * so far; NEVER without such a rule. */
int64_t
model_idle_end(const struct model *model, const struct version_entry *version)
{
    if (version == NULL || model->active_ms == NOT_YET)
        return NEVER;
    if (version->program->points.expiry != EXPIRE_INACTIVE)
        return NEVER;
    return model_month_end(model, model_month_of(model, model->active_ms) +
                                      version->program->points.expire_months);
}

int64_t
model_tier_end(const struct model *model, const struct program_tiers *tiers,
               int64_t at_ms)
{
    int32_t month = model_month_of(model, at_ms);

    if (tiers->valid_months > 0)
        return model_month_end(model, month + tiers->valid_months);
    return model_month_end(model, (month / 12 + 1) * 12 + 11);
}

/* Days of one period have one number. */
int32_t
model_limit_number(enum limit_period per, int32_t day)
{
    switch (per) {
    case LIMIT_PER_DAY:
        return day;
    case LIMIT_PER_WEEK:
        return day - calendar_weekday(day);
    case LIMIT_PER_MONTH:
        return calendar_month(day);
    case LIMIT_PER_YEAR:
        return calendar_month(day) / 12;
    case LIMIT_PER_NONE:
    case LIMIT_PER_EVER:
        return 0;
    }
    return 0;
}

static bool
has_store(const struct store_set *stores, uint32_t store)
{
    for (uint32_t i = 0; i < stores->count; i++)
        if (stores->ranges[i].first <= store && store <= stores->ranges[i].last)
            return true;
    return false;
}

view
model_partner_of(const struct version_entry *version, uint32_t store)
{
    if (version != NULL)
        for (uint32_t i = 0; i < version->program->partner_count; i++)
            if (has_store(&version->program->partners[i].stores, store))
                return version->program->partners[i].id;
    return view_of("none");
}

static const struct program_partner *
find_partner(const struct version_entry *version, view id)
{
    if (version != NULL)
        for (uint32_t i = 0; i < version->program->partner_count; i++)
            if (model_same(version->program->partners[i].id, id))
                return &version->program->partners[i];
    return NULL;
}

int64_t
model_issue_price(const struct version_entry *version, view partner)
{
    const struct program_partner *found = find_partner(version, partner);

    return found == NULL ? 0 : found->issue_price.micro;
}

int64_t
model_redeem_price(const struct version_entry *version, view partner)
{
    const struct program_partner *found = find_partner(version, partner);

    return found == NULL ? 0 : found->redeem_price.micro;
}

/* The places of ids in the lists of a program; -1: it does not know them. */
int32_t
model_reward_place(const struct version_entry *version, view id)
{
    for (uint32_t i = 0; i < version->program->reward_count; i++)
        if (model_same(version->program->rewards[i].id, id))
            return (int32_t)i;
    return -1;
}

int32_t
model_card_place(const struct version_entry *version, view id)
{
    for (uint32_t i = 0; i < version->program->stamp_count; i++)
        if (model_same(version->program->stamps[i].id, id))
            return (int32_t)i;
    return -1;
}

int32_t
model_level_place(const struct version_entry *version, view id)
{
    for (uint32_t i = 0; i < version->program->tiers.count; i++)
        if (model_same(version->program->tiers.levels[i].id, id))
            return (int32_t)i;
    return -1;
}
