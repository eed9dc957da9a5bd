/*
 * program.h - the reward program as data: what RULES.md lets a file say
 *
 * Made by program_yaml.h from a file, checked by program_check.h, compiled
 * together with the other versions by timeline.h.  References between its
 * parts (a rule's reward, a tier's level) are resolved to 0-based places in
 * the lists of the same program; PROGRAM_NONE where there is none.  Defaults
 * of RULES.md have been filled in.  Views and lists live in the arena that the
 * program was parsed into.
 */
#ifndef CORE_PROGRAM_H
#define CORE_PROGRAM_H

#include "core/amount.h"
#include "core/calendar.h"

#define PROGRAM_NONE (-1)
#define PROGRAM_NO_LIMIT INT64_C(-1)

struct name_list {
    const view *names;
    uint32_t count;
};

struct place_list {
    const int32_t *places; /* ascending */
    uint32_t count;
};

struct store_range {
    uint32_t first;
    uint32_t last; /* inclusive */
};

/* Ascending, disjoint, groups resolved. */
struct store_set {
    const struct store_range *ranges;
    uint32_t count;
};

/* `excluded`, `only`, and the goods of a condition. */
struct goods {
    struct name_list categories;
    struct name_list skus;
};

struct program_store_group {
    view id;
    view name; /* empty: left out; so for all names */
    struct store_set stores;
};

struct program_partner {
    view id;
    view name;
    struct store_set stores; /* may be empty */
    price issue_price;
    price redeem_price;
};

struct month_day {
    uint8_t month; /* 1 to 12 */
    uint8_t day;   /* 1 to 31, never 29 February */
};

struct month_day_list {
    const struct month_day *dates; /* ascending within the year */
    uint32_t count;
};

enum points_expiry {
    EXPIRE_NEVER = 0,
    EXPIRE_MONTHS,
    EXPIRE_DATES,
    EXPIRE_INACTIVE,
};

struct program_points {
    price value;          /* of one point as money */
    int32_t pending_days; /* 0: at once */
    struct month_day_list release;
    enum points_expiry expiry;
    int32_t expire_months; /* of EXPIRE_MONTHS and EXPIRE_INACTIVE */
    struct month_day_list expire_dates;
    points min_redemption; /* 0: none */
};

/* Which conditions a `when` names; in this order they are tried and, by
 * `explain --why`, named. */
enum condition_kind {
    CONDITION_WEEKDAYS,
    CONDITION_HOURS,
    CONDITION_DATES,
    CONDITION_STORES,
    CONDITION_PARTNERS,
    CONDITION_CATEGORIES,
    CONDITION_SKUS,
    CONDITION_TIERS,
    CONDITION_MIN_TOTAL,
    CONDITION_INACTIVE_DAYS,
    CONDITION_FIRST_PURCHASE,
    CONDITION_HOME_STORE,
    CONDITION_CONSENTS,
    CONDITION_COUNT,
};

/* "weekdays", ... as the file and `why` spell them. */
const char *condition_name(enum condition_kind kind);

struct condition {
    uint32_t given;        /* 1 << condition_kind of those named */
    uint8_t weekdays;      /* 1 << calendar_weekday */
    int32_t hours_from_ms; /* of the day, inclusive */
    int32_t hours_to_ms;   /* exclusive; below `from`: past midnight */
    int32_t date_from;     /* days, inclusive */
    int32_t date_to;
    struct store_set stores;
    const int32_t *partners; /* places in partners, ascending */
    uint32_t partner_count;
    struct goods goods;
    const int32_t *tiers; /* places in levels, ascending */
    uint32_t tier_count;
    money min_total;
    int32_t inactive_days;
    bool first_purchase;
    bool home_store;
    struct name_list consents;
};

enum earn_on {
    EARN_ON_PURCHASE = 0, /* no `on` */
    EARN_ON_JOIN,
    EARN_ON_ACTIVITY,
    EARN_ON_INACTIVE,
};

enum earn_shape {
    EARN_PER_AMOUNT, /* per: A, points: P */
    EARN_PER_ITEM,   /* per: item, points: P */
    EARN_MULTIPLY,   /* multiply: M, of a per-amount rule */
    EARN_FIXED,      /* points and/or reward */
};

enum limit_period {
    LIMIT_PER_NONE = 0,
    LIMIT_PER_DAY,
    LIMIT_PER_WEEK,
    LIMIT_PER_MONTH,
    LIMIT_PER_YEAR,
    LIMIT_PER_EVER,
};

struct earn_rule {
    view id;
    enum earn_on on;
    enum earn_shape shape;
    view activity;      /* on: activity; empty: any */
    int32_t after_days; /* on: inactive */
    money per;          /* EARN_PER_AMOUNT */
    points points;
    int32_t multiply; /* EARN_MULTIPLY: thousandths */
    int32_t of;       /* EARN_MULTIPLY: the per-amount rule */
    int32_t reward;
    int32_t funder; /* place in partners */
    enum limit_period limit_per;
    int32_t limit_times;
    int64_t max_points; /* PROGRAM_NO_LIMIT */
    int32_t best_of;    /* number of its group, from 0 */
    struct condition when;
};

struct program_reward {
    view id;
    view name;
    money value;
    int32_t valid_days; /* PROGRAM_NONE: for ever */
    points price;       /* 0: not to be had for points */
    bool paid_by_issuer;
};

enum stamp_per {
    STAMP_BY_EVENT = 0, /* only by stamp events */
    STAMP_PER_ITEM,
    STAMP_PER_RECEIPT,
};

struct stamp_card {
    view id;
    view name;
    enum stamp_per per;
    struct condition when;
    int32_t need;
    int32_t reward; /* PROGRAM_NONE: points */
    points points;
};

struct spend_reward {
    view id;
    money spend;
    bool window_year; /* else ever */
    bool repeat;
    int32_t reward; /* PROGRAM_NONE: points */
    points points;
};

struct bonus_step {
    money from;
    int32_t percent; /* thousandths of a percent */
};

struct tier_level {
    view id;
    view name;
    money from;               /* 0 for the lowest */
    int32_t multiply;         /* thousandths; 1000: none */
    int32_t discount_percent; /* thousandths of a percent */
    int32_t reward;
    struct name_list perks;
};

struct program_tiers {
    uint32_t count; /* 0: no tiers */
    const struct tier_level *levels;
    int32_t window_months; /* 0: the calendar year */
    int32_t valid_months;  /* 0: next_year_end */
    bool one_level;        /* downgrade */
};

enum referral_on {
    REFERRAL_NONE = 0, /* the program has no referral */
    REFERRAL_PURCHASE,
    REFERRAL_STAMP,
    REFERRAL_EITHER,
};

struct program_referral {
    enum referral_on on;
    money min_total;
    points referrer_points;
    points referred_points;
    int32_t referrer_reward;
    int32_t referred_reward;
};

struct pass_rebate {
    int32_t within_days;
    points points;
    int32_t reward; /* PROGRAM_NONE: points only */
};

struct program_pass {
    view id;
    view name;
    int32_t uses;
    int32_t valid_months; /* PROGRAM_NONE: for ever */
    uint32_t rebate_count;
    const struct pass_rebate *rebates;
};

struct program_offline {
    bool given;
    money max_value;
    int32_t max_age_days;
};

/* What one line of a test expects of an account at the test's time; the names
 * are those of `balance --json`, money is in cents as there. */
enum expectation_kind {
    EXPECT_AVAILABLE,
    EXPECT_PENDING,
    EXPECT_DEBT,
    EXPECT_BALANCE,
    EXPECT_WINDOW_SPEND,
    EXPECT_PURCHASES,
    EXPECT_SPEND,
    EXPECT_TIER,           /* `name`; empty: none */
    EXPECT_STAMPS,         /* `name` is the card, `value` the count */
    EXPECT_SPEND_PROGRESS, /* `name` is the spend reward */
    EXPECT_VOUCHERS,       /* `name` is the reward, `value` how many are held */
    EXPECT_PASSES, /* `name` is the pass, `value` the uses left in all */
    EXPECT_COUNT,
};

/* "available", ... as the file spells them. */
const char *expectation_name(enum expectation_kind kind);

struct program_expectation {
    view account; /* "42" or "bearer:CODE" */
    enum expectation_kind kind;
    view name;
    int64_t value;
    uint32_t line; /* of the file, from 1 */
};

struct program_test_event {
    view json; /* one line as EVENTS.md has it */
    uint32_t line;
};

/* `tests`: a history in small, and what it must come to under this program. */
struct program_test {
    view name;
    uint32_t line;
    int64_t at_ms; /* when the question is asked */
    uint32_t event_count;
    uint32_t expectation_count;
    const struct program_test_event *events;
    const struct program_expectation *expectations;
};

struct program {
    view program;
    view currency;
    view timezone;
    uint32_t store_group_count;
    uint32_t partner_count;
    uint32_t earn_count;
    uint32_t reward_count;
    uint32_t stamp_count;
    uint32_t spend_reward_count;
    uint32_t bonus_step_count; /* 0: no monthly bonus */
    uint32_t pass_count;
    uint32_t test_count;
    const struct program_store_group *store_groups;
    const struct program_partner *partners;
    const struct earn_rule *earn;
    const struct program_reward *rewards;
    const struct stamp_card *stamps;
    const struct spend_reward *spend_rewards;
    const struct bonus_step *bonus_steps;
    const struct program_pass *passes;
    const struct program_test *tests; /* play no part in any result */
    struct name_list earn_groups;     /* names of `best_of`, by number */
    struct goods excluded;
    struct goods only;
    int32_t ends; /* last day on which anything is earned; INT32_MAX */
    struct program_points points;
    bool overdraft_partner; /* overdraft: {liable: partner} */
    struct program_tiers tiers;
    struct program_referral referral;
    struct program_offline offline;
};

/* Whether the store lies in one of the ranges. */
bool store_set_has(const struct store_set *set, uint32_t store);

/* Whether `category` is one of the names or stands below one at a dot. */
bool name_list_covers(const struct name_list *names, view category);
bool name_list_has(const struct name_list *names, view name);

/* The place of the entry with that id; PROGRAM_NONE. */
int32_t program_find_reward(const struct program *program, view id);
int32_t program_find_stamp(const struct program *program, view id);

#endif
