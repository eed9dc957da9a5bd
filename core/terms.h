/*
 * terms.h - the dates that the rules set: when points can be used, when they,
 * vouchers, passes and levels end, which period a limit counts in
 *
 * Pure reckoning with local days and months.  An instant at which something
 * ends is the first at which it is gone: local midnight after its last day.
 */
#ifndef CORE_TERMS_H
#define CORE_TERMS_H

#include "core/program.h"

#define TERMS_AT_ONCE INT64_C(0) /* available_at of points without a wait */
#define TERMS_NEVER INT64_MAX    /* expires_at of what does not end */

/* The number of the period that a local day lies in; days of one period have
 * one number, and later periods greater ones.  0 for `ever` and none. */
int32_t terms_period(enum limit_period per, int32_t day);

/* The first instant after that local day, and after that month. */
int64_t terms_day_end_ms(const struct zone *zone, int32_t day);
int64_t terms_month_end_ms(const struct zone *zone, int32_t month);

/* When points earned on that local day can be used: TERMS_AT_ONCE or a local
 * midnight. */
int64_t terms_available_at(const struct zone *zone,
                           const struct program_points *rules, int32_t day);

/* When points earned on that local day are gone: a local midnight or
 * TERMS_NEVER (with EXPIRE_INACTIVE, too). */
int64_t terms_expires_at(const struct zone *zone,
                         const struct program_points *rules, int32_t day);

/* EXPIRE_INACTIVE: when the points of an account are gone whose last activity
 * was on that local day; TERMS_NEVER under the other ways of expiry. */
int64_t terms_inactive_at(const struct zone *zone,
                          const struct program_points *rules, int32_t day);

/* When a voucher issued on that local day is gone, or TERMS_NEVER. */
int64_t terms_voucher_expires_at(const struct zone *zone,
                                 const struct program_reward *reward,
                                 int32_t day);

/* When a pass sold on that local day is no longer good, or TERMS_NEVER. */
int64_t terms_pass_expires_at(const struct zone *zone,
                              const struct program_pass *pass, int32_t day);

/* When the validity of a level ends that begins on that local day.  The lowest
 * level has no end: that is for the caller. */
int64_t terms_tier_until(const struct zone *zone,
                         const struct program_tiers *tiers, int32_t day);

/* The first month of the window by which tiers are judged in that month (the
 * last is that month itself). */
int32_t terms_window_first(const struct program_tiers *tiers, int32_t month);

/* At the midnight that begins the Nth day after the local day of the last
 * visit `on: inactive` rules are due. */
int64_t terms_absence_at(const struct zone *zone, int32_t visit_day,
                         int32_t after_days);

#endif
