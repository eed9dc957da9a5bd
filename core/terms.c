#include "core/terms.h"

enum { MONTHS_OF_YEAR = 12 };

int32_t
terms_period(enum limit_period per, int32_t day)
{
    switch (per) {
    case LIMIT_PER_DAY:
        return day;
    case LIMIT_PER_WEEK:
        return day - calendar_weekday(day); /* its Monday */
    case LIMIT_PER_MONTH:
        return calendar_month(day);
    case LIMIT_PER_YEAR:
        return calendar_month(day) / MONTHS_OF_YEAR;
    case LIMIT_PER_NONE:
    case LIMIT_PER_EVER:
        break;
    }
    return 0;
}

int64_t
terms_day_end_ms(const struct zone *zone, int32_t day)
{
    return zone_midnight_ms(zone, day + 1);
}

int64_t
terms_month_end_ms(const struct zone *zone, int32_t month)
{
    return zone_month_start_ms(zone, month + 1);
}

/* The first date of the list on `day` or later. */
static int32_t
next_date(const struct month_day_list *list, int32_t day)
{
    assert(list->count > 0);
    int32_t year = calendar_civil(day).year;

    for (;; year++)
        for (uint32_t i = 0; i < list->count; i++) {
            const struct month_day *date = &list->dates[i];
            int32_t next =
                calendar_day((civil) { year, date->month, date->day });
            if (next >= day)
                return next;
        }
}

/* The local day on which points earned on `day` can be used. */
static int32_t
available_day(const struct program_points *rules, int32_t day)
{
    if (rules->release.count > 0)
        return next_date(&rules->release, day + 1);
    assert(rules->pending_days >= 0);
    return day + rules->pending_days;
}

int64_t
terms_available_at(const struct zone *zone, const struct program_points *rules,
                   int32_t day)
{
    int32_t available = available_day(rules, day);

    assert(available >= day);
    return available == day ? TERMS_AT_ONCE : zone_midnight_ms(zone, available);
}

int64_t
terms_expires_at(const struct zone *zone, const struct program_points *rules,
                 int32_t day)
{
    int32_t available = available_day(rules, day);

    switch (rules->expiry) {
    case EXPIRE_MONTHS:
        return terms_month_end_ms(zone, calendar_month(available) +
                                            rules->expire_months);
    case EXPIRE_DATES:
        return terms_day_end_ms(zone,
                                next_date(&rules->expire_dates, available));
    case EXPIRE_NEVER:
    case EXPIRE_INACTIVE:
        break;
    }
    return TERMS_NEVER;
}

int64_t
terms_inactive_at(const struct zone *zone, const struct program_points *rules,
                  int32_t day)
{
    if (rules->expiry != EXPIRE_INACTIVE)
        return TERMS_NEVER;
    return terms_month_end_ms(zone, calendar_month(day) + rules->expire_months);
}

int64_t
terms_voucher_expires_at(const struct zone *zone,
                         const struct program_reward *reward, int32_t day)
{
    if (reward->valid_days == PROGRAM_NONE)
        return TERMS_NEVER;
    return terms_day_end_ms(zone, day + reward->valid_days);
}

int64_t
terms_pass_expires_at(const struct zone *zone, const struct program_pass *pass,
                      int32_t day)
{
    if (pass->valid_months == PROGRAM_NONE)
        return TERMS_NEVER;
    return terms_month_end_ms(zone, calendar_month(day) + pass->valid_months);
}

int64_t
terms_tier_until(const struct zone *zone, const struct program_tiers *tiers,
                 int32_t day)
{
    int32_t month = calendar_month(day);

    if (tiers->valid_months > 0)
        return terms_month_end_ms(zone, month + tiers->valid_months);
    int32_t december = month - month % MONTHS_OF_YEAR + MONTHS_OF_YEAR - 1;
    return terms_month_end_ms(zone, december + MONTHS_OF_YEAR);
}

int32_t
terms_window_first(const struct program_tiers *tiers, int32_t month)
{
    if (tiers->window_months > 0)
        return month - tiers->window_months + 1;
    return month - month % MONTHS_OF_YEAR;
}

int64_t
terms_absence_at(const struct zone *zone, int32_t visit_day, int32_t after_days)
{
    assert(after_days > 0);
    return zone_midnight_ms(zone, visit_day + after_days);
}
