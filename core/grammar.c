#include "core/grammar.h"

#include "core/limits.h"

#include <string.h>

enum {
    COUNT_MAX = 1000000,        /* need, uses, times, points of a rule */
    MULTIPLY_MAX = 1000 * 1000, /* thousandths */
    PERCENT_MAX = 100 * 1000,
};
#define MONEY_MAX INT64_C(100000000000) /* 10^9 units in cents */
#define PRICE_MAX INT64_C(1000000000)   /* 1000 units in millionths */
#define PRICE_OF_A_POINT INT64_C(10000) /* 0.01 */

/* The parts of a row that go together.  Rows are read as: name, what it is
 * for people, whether it must be there, then where it goes and its range. */
#define AT(type, member)                                                       \
    {                                                                          \
        offsetof(type, member), sizeof(((type *)0)->member)                    \
    }
#define HERE                                                                   \
    {                                                                          \
        0, 1                                                                   \
    } /* a mapping whose keys fill the struct around it */
#define WORDS(words)                                                           \
    {                                                                          \
        words, COUNT_OF(words)                                                 \
    }
#define KEYS(table) .keys = table, .count = COUNT_OF(table)
#define ID(type)                                                               \
    {                                                                          \
        .name = "id", .about = "what references and reports call it",          \
        .kind = GRAMMAR_NAME, .required = true, .field = AT(type, id),         \
    }
#define LABEL(type)                                                            \
    {                                                                          \
        .name = "name", .about = "what people call it", .kind = GRAMMAR_LABEL, \
        .field = AT(type, name),                                               \
    }
#define REWARD(key, what, type, member)                                        \
    {                                                                          \
        .name = key, .about = what, .kind = GRAMMAR_REFERENCE,                 \
        .list = GRAMMAR_REWARDS, .fallback = PROGRAM_NONE,                     \
        .field = AT(type, member),                                             \
    }
#define POINTS(key, what, type, member)                                        \
    {                                                                          \
        .name = key, .about = what, .kind = GRAMMAR_NUMBER, .max = COUNT_MAX,  \
        .field = AT(type, member),                                             \
    }

static const struct grammar_word YES_NO[] = { { "true", 1 }, { "false", 0 } };

static const struct grammar_key GOODS[] = {
    { "categories", "categories, each with all that stands below it at a dot",
      .kind = GRAMMAR_NAMES, .max = LIMIT_PROGRAM_LIST,
      .field = AT(struct goods, categories) },
    { "skus", "articles by their code", .kind = GRAMMAR_CODES,
      .max = LIMIT_PROGRAM_LIST, .field = AT(struct goods, skus) },
};
static const struct grammar_map GOODS_MAP = {
    KEYS(GOODS),
};

static const struct grammar_key STORE_GROUP[] = {
    ID(struct program_store_group),
    LABEL(struct program_store_group),
    { "stores", "store numbers, ranges such as 10-19, and other groups",
      .kind = GRAMMAR_STORES, .required = true, .max = LIMIT_PROGRAM_LIST,
      .field = AT(struct program_store_group, stores) },
};
static const struct grammar_map STORE_GROUP_MAP = {
    .title = "a store group",
    KEYS(STORE_GROUP),
    .size = sizeof(struct program_store_group),
};

static const struct grammar_key PARTNER[] = {
    ID(struct program_partner),
    LABEL(struct program_partner),
    { "stores", "store numbers, ranges such as 10-19, and store groups",
      .kind = GRAMMAR_STORES, .max = LIMIT_PROGRAM_LIST,
      .field = AT(struct program_partner, stores) },
    { "issue_price", "what one point costs this partner when it issues it",
      .kind = GRAMMAR_NUMBER, .required = true, .decimals = 6, .max = PRICE_MAX,
      .field = AT(struct program_partner, issue_price) },
    { "redeem_price", "what one point pays this partner when it accepts it",
      .kind = GRAMMAR_NUMBER, .required = true, .decimals = 6, .max = PRICE_MAX,
      .field = AT(struct program_partner, redeem_price) },
};
static const struct grammar_map PARTNER_MAP = {
    .title = "a partner",
    KEYS(PARTNER),
    .size = sizeof(struct program_partner),
};

static const struct grammar_key POINTS_KEYS[] = {
    { "value", "what one point is worth as money", .kind = GRAMMAR_NUMBER,
      .decimals = 6, .min = 1, .max = PRICE_MAX, .fallback = PRICE_OF_A_POINT,
      .field = AT(struct program_points, value) },
    { "pending_days", "days until points can be used", .kind = GRAMMAR_NUMBER,
      .max = LIMIT_PROGRAM_DAYS,
      .field = AT(struct program_points, pending_days) },
    { "release", "days of the year on which points can be used at last",
      .kind = GRAMMAR_MONTH_DAYS, .min = 1, .max = LIMIT_PROGRAM_LIST,
      .field = AT(struct program_points, release) },
    { "expire_months", "months until points expire, at the end of a month",
      .kind = GRAMMAR_NUMBER, .min = 1, .max = LIMIT_PROGRAM_MONTHS,
      .field = AT(struct program_points, expire_months),
      .selector = AT(struct program_points, expiry),
      .selected = EXPIRE_MONTHS },
    { "expire_dates", "days of the year at whose end points expire",
      .kind = GRAMMAR_MONTH_DAYS, .min = 1, .max = LIMIT_PROGRAM_LIST,
      .field = AT(struct program_points, expire_dates),
      .selector = AT(struct program_points, expiry), .selected = EXPIRE_DATES },
    { "expire_inactive_months",
      "months without activity after which all points expire",
      .kind = GRAMMAR_NUMBER, .min = 1, .max = LIMIT_PROGRAM_MONTHS,
      .field = AT(struct program_points, expire_months),
      .selector = AT(struct program_points, expiry),
      .selected = EXPIRE_INACTIVE },
    POINTS("min_redemption", "the fewest points that are redeemed at once",
           struct program_points, min_redemption),
};
static const struct grammar_map POINTS_MAP = {
    KEYS(POINTS_KEYS),
};

static const struct grammar_word LIABLE[] = { { "program", 0 },
                                              { "partner", 1 } };
static const struct grammar_key OVERDRAFT[] = {
    { "liable", "who bears what a store accepted without cover",
      .kind = GRAMMAR_CHOICE, .words = WORDS(LIABLE),
      .field = AT(struct program, overdraft_partner) },
};
static const struct grammar_map OVERDRAFT_MAP = {
    KEYS(OVERDRAFT),
};

static const struct grammar_key DATES[] = {
    { "from", "the first day", .kind = GRAMMAR_DATE, .required = true,
      .field = AT(struct condition, date_from) },
    { "to", "the last day", .kind = GRAMMAR_DATE, .required = true,
      .field = AT(struct condition, date_to) },
};
static const struct grammar_map DATES_MAP = {
    KEYS(DATES),
};

static const struct grammar_word WEEKDAYS[] = {
    { "mon", 0 }, { "tue", 1 }, { "wed", 2 }, { "thu", 3 },
    { "fri", 4 }, { "sat", 5 }, { "sun", 6 },
};

/* In the order of enum condition_kind, whose bits `given` holds. */
static const struct grammar_key WHEN[] = {
    { "weekdays", "days of the week", .kind = GRAMMAR_CHOICES, .min = 1,
      .max = LIMIT_PROGRAM_LIST, .words = WORDS(WEEKDAYS),
      .field = AT(struct condition, weekdays) },
    { "hours", "local time from (inclusive) to (exclusive)",
      .kind = GRAMMAR_HOURS, .field = AT(struct condition, hours_from_ms),
      .second = AT(struct condition, hours_to_ms) },
    { "dates", "local days from and to, both inclusive", .kind = GRAMMAR_MAP,
      .map = &DATES_MAP, .field = HERE },
    { "stores", "store numbers, ranges such as 10-19, and store groups",
      .kind = GRAMMAR_STORES, .min = 1, .max = LIMIT_PROGRAM_LIST,
      .field = AT(struct condition, stores) },
    { "partners", "partners of the store", .kind = GRAMMAR_REFERENCES,
      .list = GRAMMAR_PARTNERS, .min = 1, .max = LIMIT_PROGRAM_LIST,
      .field = AT(struct condition, partners),
      .second = AT(struct condition, partner_count) },
    { "categories", "categories, each with all that stands below it at a dot",
      .kind = GRAMMAR_NAMES, .min = 1, .max = LIMIT_PROGRAM_LIST,
      .field = AT(struct condition, goods.categories) },
    { "skus", "articles by their code", .kind = GRAMMAR_CODES, .min = 1,
      .max = LIMIT_PROGRAM_LIST, .field = AT(struct condition, goods.skus) },
    { "tiers", "levels held", .kind = GRAMMAR_REFERENCES,
      .list = GRAMMAR_LEVELS, .min = 1, .max = LIMIT_PROGRAM_LIST,
      .field = AT(struct condition, tiers),
      .second = AT(struct condition, tier_count) },
    { "min_total", "the least eligible amount of the receipt",
      .kind = GRAMMAR_NUMBER, .decimals = 2, .max = MONEY_MAX,
      .field = AT(struct condition, min_total) },
    { "inactive_days", "the previous visit lies at least so many days back",
      .kind = GRAMMAR_NUMBER, .min = 1, .max = LIMIT_PROGRAM_DAYS,
      .field = AT(struct condition, inactive_days) },
    { "first_purchase", "whether it is the account's first purchase",
      .kind = GRAMMAR_CHOICE, .words = WORDS(YES_NO),
      .field = AT(struct condition, first_purchase) },
    { "home_store", "whether the store is the account's home store",
      .kind = GRAMMAR_CHOICE, .words = WORDS(YES_NO),
      .field = AT(struct condition, home_store) },
    { "consents", "channels, all of which are granted", .kind = GRAMMAR_NAMES,
      .min = 1, .max = LIMIT_PROGRAM_LIST,
      .field = AT(struct condition, consents) },
};
static_assert(COUNT_OF(WHEN) == CONDITION_COUNT, "a row for each condition");
static const struct grammar_map WHEN_MAP = {
    KEYS(WHEN),
    .given = AT(struct condition, given),
};

static const struct grammar_word ON[] = {
    { "join", EARN_ON_JOIN },
    { "activity", EARN_ON_ACTIVITY },
    { "inactive", EARN_ON_INACTIVE },
};
static const struct grammar_word PERIODS[] = {
    { "day", LIMIT_PER_DAY },     { "week", LIMIT_PER_WEEK },
    { "month", LIMIT_PER_MONTH }, { "year", LIMIT_PER_YEAR },
    { "ever", LIMIT_PER_EVER },
};
static const struct grammar_key LIMIT[] = {
    { "times", "so often", .kind = GRAMMAR_NUMBER, .required = true, .min = 1,
      .max = COUNT_MAX, .field = AT(struct earn_rule, limit_times) },
    { "per", "in each local period", .kind = GRAMMAR_CHOICE, .required = true,
      .words = WORDS(PERIODS), .field = AT(struct earn_rule, limit_per) },
};
static const struct grammar_map LIMIT_MAP = {
    KEYS(LIMIT),
    .present = AT(struct earn_rule, limit_per),
};

static const struct grammar_key EARN[] = {
    ID(struct earn_rule),
    { "on", "what it is given for, if not a purchase", .kind = GRAMMAR_CHOICE,
      .words = WORDS(ON), .field = AT(struct earn_rule, on) },
    { "name", "on: activity: which one (left out: any)", .kind = GRAMMAR_NAME,
      .field = AT(struct earn_rule, activity) },
    { "after_days", "on: inactive: days since the last visit",
      .kind = GRAMMAR_NUMBER, .min = 1, .max = LIMIT_PROGRAM_DAYS,
      .field = AT(struct earn_rule, after_days) },
    { "when", "conditions, all of which must hold", .kind = GRAMMAR_MAP,
      .map = &WHEN_MAP, .field = AT(struct earn_rule, when) },
    { "per", "the amount, or item, for which points are given",
      .kind = GRAMMAR_PER, .decimals = 2, .min = 1, .max = MONEY_MAX,
      .field = AT(struct earn_rule, per) },
    POINTS("points", "how many points", struct earn_rule, points),
    { "multiply", "how many times the points of another rule",
      .kind = GRAMMAR_NUMBER, .decimals = 3, .min = 1000, .max = MULTIPLY_MAX,
      .field = AT(struct earn_rule, multiply) },
    { "of", "the rule that is multiplied (left out: the first per amount)",
      .kind = GRAMMAR_REFERENCE, .list = GRAMMAR_RULES,
      .fallback = PROGRAM_NONE, .field = AT(struct earn_rule, of) },
    REWARD("reward", "one voucher of this reward", struct earn_rule, reward),
    { "funder", "the partner that issues the points, if not the store's",
      .kind = GRAMMAR_REFERENCE, .list = GRAMMAR_PARTNERS,
      .fallback = PROGRAM_NONE, .field = AT(struct earn_rule, funder) },
    { "limit", "how often an account gets it", .kind = GRAMMAR_MAP,
      .map = &LIMIT_MAP, .field = HERE },
    { "max_points", "the most points on one event", .kind = GRAMMAR_NUMBER,
      .max = COUNT_MAX, .fallback = PROGRAM_NO_LIMIT,
      .field = AT(struct earn_rule, max_points) },
    { "best_of", "of the rules of this group only the best one counts",
      .kind = GRAMMAR_GROUP, .fallback = PROGRAM_NONE,
      .field = AT(struct earn_rule, best_of) },
};
static const struct grammar_map EARN_MAP = {
    .title = "an earn rule",
    KEYS(EARN),
    .size = sizeof(struct earn_rule),
};

static const struct grammar_word PAID_BY[] = { { "program", 0 },
                                               { "issuer", 1 } };
static const struct grammar_key REWARDS[] = {
    ID(struct program_reward),
    LABEL(struct program_reward),
    { "value", "what it is worth as money", .kind = GRAMMAR_NUMBER,
      .required = true, .decimals = 2, .max = MONEY_MAX,
      .field = AT(struct program_reward, value) },
    { "valid_days", "days for which a voucher is good (left out: for ever)",
      .kind = GRAMMAR_NUMBER, .max = LIMIT_PROGRAM_DAYS,
      .fallback = PROGRAM_NONE,
      .field = AT(struct program_reward, valid_days) },
    { "points", "its price in points", .kind = GRAMMAR_NUMBER, .min = 1,
      .max = COUNT_MAX, .field = AT(struct program_reward, price) },
    { "paid_by", "who pays the partner that accepts a voucher",
      .kind = GRAMMAR_CHOICE, .words = WORDS(PAID_BY),
      .field = AT(struct program_reward, paid_by_issuer) },
};
static const struct grammar_map REWARD_MAP = {
    .title = "a reward",
    KEYS(REWARDS),
    .size = sizeof(struct program_reward),
};

static const struct grammar_word STAMP_PER[] = {
    { "item", STAMP_PER_ITEM },
    { "receipt", STAMP_PER_RECEIPT },
};
static const struct grammar_key STAMPS[] = {
    ID(struct stamp_card),
    LABEL(struct stamp_card),
    { "when", "conditions of a purchase that gives stamps", .kind = GRAMMAR_MAP,
      .map = &WHEN_MAP, .field = AT(struct stamp_card, when) },
    { "per", "what gives a stamp (left out: stamp events only)",
      .kind = GRAMMAR_CHOICE, .words = WORDS(STAMP_PER),
      .field = AT(struct stamp_card, per) },
    { "need", "stamps of a full card", .kind = GRAMMAR_NUMBER, .required = true,
      .min = 1, .max = COUNT_MAX, .field = AT(struct stamp_card, need) },
    REWARD("reward", "what a full card gives", struct stamp_card, reward),
    POINTS("points", "points in place of a reward", struct stamp_card, points),
};
static const struct grammar_map STAMP_MAP = {
    .title = "a stamp card",
    KEYS(STAMPS),
    .size = sizeof(struct stamp_card),
};

static const struct grammar_word SPEND_WINDOWS[] = { { "ever", 0 },
                                                     { "year", 1 } };
static const struct grammar_key SPEND_REWARDS[] = {
    ID(struct spend_reward),
    { "spend", "the spend that it takes", .kind = GRAMMAR_NUMBER,
      .required = true, .decimals = 2, .min = 1, .max = MONEY_MAX,
      .field = AT(struct spend_reward, spend) },
    { "window", "in which spend is counted", .kind = GRAMMAR_CHOICE,
      .words = WORDS(SPEND_WINDOWS),
      .field = AT(struct spend_reward, window_year) },
    REWARD("reward", "what it gives", struct spend_reward, reward),
    POINTS("points", "points in place of a reward", struct spend_reward,
           points),
    { "repeat", "whether it is given more than once in a window",
      .kind = GRAMMAR_CHOICE, .words = WORDS(YES_NO),
      .field = AT(struct spend_reward, repeat) },
};
static const struct grammar_map SPEND_REWARD_MAP = {
    .title = "a spend reward",
    KEYS(SPEND_REWARDS),
    .size = sizeof(struct spend_reward),
};

static const struct grammar_key STEPS[] = {
    { "from", "from this spend of the month on", .kind = GRAMMAR_NUMBER,
      .required = true, .decimals = 2, .max = MONEY_MAX,
      .field = AT(struct bonus_step, from) },
    { "percent", "of the whole month's spend", .kind = GRAMMAR_NUMBER,
      .required = true, .decimals = 3, .max = PERCENT_MAX,
      .field = AT(struct bonus_step, percent) },
};
static const struct grammar_map STEP_MAP = {
    .title = "a step",
    KEYS(STEPS),
    .size = sizeof(struct bonus_step),
};
static const struct grammar_key MONTHLY_BONUS[] = {
    { "steps", "rates by how much the month's spend came to",
      .kind = GRAMMAR_LIST, .required = true, .map = &STEP_MAP, .min = 1,
      .max = LIMIT_PROGRAM_LIST, .field = AT(struct program, bonus_steps),
      .second = AT(struct program, bonus_step_count) },
};
static const struct grammar_map MONTHLY_BONUS_MAP = {
    KEYS(MONTHLY_BONUS),
    .present = AT(struct program, bonus_step_count),
};

static const struct grammar_key LEVEL[] = {
    ID(struct tier_level),
    LABEL(struct tier_level),
    { "from", "from this spend of the window on", .kind = GRAMMAR_NUMBER,
      .decimals = 2, .max = MONEY_MAX, .field = AT(struct tier_level, from) },
    { "multiply", "how many times the points of the first rule per amount",
      .kind = GRAMMAR_NUMBER, .decimals = 3, .min = 1000, .max = MULTIPLY_MAX,
      .fallback = 1000, .field = AT(struct tier_level, multiply) },
    { "discount_percent", "shown to the till", .kind = GRAMMAR_NUMBER,
      .decimals = 3, .max = PERCENT_MAX,
      .field = AT(struct tier_level, discount_percent) },
    REWARD("reward", "given when an account rises to it", struct tier_level,
           reward),
    { "perks", "shown to the till", .kind = GRAMMAR_NAMES,
      .max = LIMIT_PROGRAM_LIST, .field = AT(struct tier_level, perks) },
};
static const struct grammar_map LEVEL_MAP = {
    .title = "a level",
    KEYS(LEVEL),
    .size = sizeof(struct tier_level),
};

static const struct grammar_word TIER_WINDOWS[] = { { "year", 0 } };
static const struct grammar_word TIER_VALIDITY[] = { { "next_year_end", 0 } };
static const struct grammar_word DOWNGRADES[] = { { "qualified", 0 },
                                                  { "one_level", 1 } };
static const struct grammar_key TIERS[] = {
    { "window", "the spend that counts", .kind = GRAMMAR_MONTHS,
      .required = true, .words = WORDS(TIER_WINDOWS), .min = 1,
      .max = LIMIT_PROGRAM_MONTHS,
      .field = AT(struct program_tiers, window_months) },
    { "valid_for", "how long a level is held", .kind = GRAMMAR_MONTHS,
      .required = true, .words = WORDS(TIER_VALIDITY), .min = 1,
      .max = LIMIT_PROGRAM_MONTHS,
      .field = AT(struct program_tiers, valid_months) },
    { "downgrade", "how far an account falls at the end of its validity",
      .kind = GRAMMAR_CHOICE, .words = WORDS(DOWNGRADES),
      .field = AT(struct program_tiers, one_level) },
    { "levels", "from the lowest to the highest", .kind = GRAMMAR_LIST,
      .required = true, .map = &LEVEL_MAP, .list = GRAMMAR_LEVELS, .min = 1,
      .max = LIMIT_TIER_LEVELS, .field = AT(struct program_tiers, levels),
      .second = AT(struct program_tiers, count) },
};
static const struct grammar_map TIERS_MAP = {
    KEYS(TIERS),
    .present = AT(struct program_tiers, count),
};

static const struct grammar_word REFERRAL_ON[] = {
    { "purchase", REFERRAL_PURCHASE },
    { "stamp", REFERRAL_STAMP },
    { "either", REFERRAL_EITHER },
};
static const struct grammar_key REFERRAL[] = {
    { "on", "the first event of the new member that counts",
      .kind = GRAMMAR_CHOICE, .words = WORDS(REFERRAL_ON),
      .fallback = REFERRAL_PURCHASE, .field = AT(struct program_referral, on) },
    { "min_total", "the least eligible amount of that purchase",
      .kind = GRAMMAR_NUMBER, .decimals = 2, .max = MONEY_MAX,
      .field = AT(struct program_referral, min_total) },
    POINTS("referrer_points", "points for the one who recommended",
           struct program_referral, referrer_points),
    REWARD("referrer_reward", "voucher for the one who recommended",
           struct program_referral, referrer_reward),
    POINTS("referred_points", "points for the new member",
           struct program_referral, referred_points),
    REWARD("referred_reward", "voucher for the new member",
           struct program_referral, referred_reward),
};
static const struct grammar_map REFERRAL_MAP = {
    KEYS(REFERRAL),
    .present = AT(struct program_referral, on),
};

static const struct grammar_key REBATE[] = {
    { "within_days", "days from the first to the last use",
      .kind = GRAMMAR_NUMBER, .required = true, .max = LIMIT_PROGRAM_DAYS,
      .field = AT(struct pass_rebate, within_days) },
    POINTS("points", "how many points", struct pass_rebate, points),
    REWARD("reward", "one voucher of this reward", struct pass_rebate, reward),
};
static const struct grammar_map REBATE_MAP = {
    .title = "a rebate",
    KEYS(REBATE),
    .size = sizeof(struct pass_rebate),
};
static const struct grammar_key PASS[] = {
    ID(struct program_pass),
    LABEL(struct program_pass),
    { "uses", "visits of one pass", .kind = GRAMMAR_NUMBER, .required = true,
      .min = 1, .max = COUNT_MAX, .field = AT(struct program_pass, uses) },
    { "valid_months", "months for which it is good (left out: for ever)",
      .kind = GRAMMAR_NUMBER, .min = 1, .max = LIMIT_PROGRAM_MONTHS,
      .fallback = PROGRAM_NONE,
      .field = AT(struct program_pass, valid_months) },
    { "rebates", "what is given when all uses are used up in time",
      .kind = GRAMMAR_LIST, .map = &REBATE_MAP, .max = LIMIT_PROGRAM_LIST,
      .field = AT(struct program_pass, rebates),
      .second = AT(struct program_pass, rebate_count) },
};
static const struct grammar_map PASS_MAP = {
    .title = "a pass",
    KEYS(PASS),
    .size = sizeof(struct program_pass),
};

static const struct grammar_key OFFLINE[] = {
    { "max_value", "granted to one account a day without the hub's answer",
      .kind = GRAMMAR_NUMBER, .required = true, .decimals = 2, .max = MONEY_MAX,
      .field = AT(struct program_offline, max_value) },
    { "max_age_days", "how old the hub's state of the account may be",
      .kind = GRAMMAR_NUMBER, .required = true, .max = LIMIT_PROGRAM_DAYS,
      .field = AT(struct program_offline, max_age_days) },
};
static const struct grammar_map OFFLINE_MAP = {
    KEYS(OFFLINE),
    .present = AT(struct program_offline, given),
};

static const struct grammar_key TEST[] = {
    { "name", "what is shown", .kind = GRAMMAR_LABEL, .required = true,
      .field = AT(struct program_test, name) },
    { "events", "what happens, as EVENTS.md has it", .kind = GRAMMAR_EVENTS,
      .required = true, .max = LIMIT_PROGRAM_LIST,
      .field = AT(struct program_test, events),
      .second = AT(struct program_test, event_count) },
    { "at", "when the question is asked", .kind = GRAMMAR_TIME,
      .required = true, .field = AT(struct program_test, at_ms) },
    { "expect", "what `leima balance --json` must show then, by account",
      .kind = GRAMMAR_EXPECT, .required = true,
      .field = AT(struct program_test, expectations),
      .second = AT(struct program_test, expectation_count) },
};
static const struct grammar_map TEST_MAP = {
    .title = "a test",
    KEYS(TEST),
    .size = sizeof(struct program_test),
};

#define LIST(key, what, of, which, most)                                       \
    .name = key, .about = what, .kind = GRAMMAR_LIST, .map = &of,              \
    .list = which, .max = most

static const struct grammar_key PROGRAM[] = {
    { "program", "its name for people", .kind = GRAMMAR_LABEL, .required = true,
      .field = AT(struct program, program) },
    { "currency", "three letters (ISO 4217)", .kind = GRAMMAR_CURRENCY,
      .required = true, .field = AT(struct program, currency) },
    { "timezone", "name in the tz database, Europe/Helsinki",
      .kind = GRAMMAR_LABEL, .required = true,
      .field = AT(struct program, timezone) },
    { LIST("store_groups", "names for sets of stores", STORE_GROUP_MAP,
           GRAMMAR_STORE_GROUPS, LIMIT_PROGRAM_LIST),
      .field = AT(struct program, store_groups),
      .second = AT(struct program, store_group_count) },
    { LIST("partners", "the companies that take part", PARTNER_MAP,
           GRAMMAR_PARTNERS, LIMIT_PROGRAM_LIST),
      .field = AT(struct program, partners),
      .second = AT(struct program, partner_count) },
    { "excluded", "goods that never earn nor count as spend",
      .kind = GRAMMAR_MAP, .map = &GOODS_MAP,
      .field = AT(struct program, excluded) },
    { "only", "nothing but these goods earns and counts", .kind = GRAMMAR_MAP,
      .map = &GOODS_MAP, .field = AT(struct program, only) },
    { "ends", "the last local day on which anything is earned",
      .kind = GRAMMAR_DATE, .fallback = INT32_MAX,
      .field = AT(struct program, ends) },
    { "points", "what points are worth and how long they are good",
      .kind = GRAMMAR_MAP, .map = &POINTS_MAP,
      .field = AT(struct program, points) },
    { "overdraft", "who bears what a store accepted without cover",
      .kind = GRAMMAR_MAP, .map = &OVERDRAFT_MAP, .field = HERE },
    { LIST("earn", "rules by which points and vouchers are given", EARN_MAP,
           GRAMMAR_RULES, LIMIT_EARN_RULES),
      .field = AT(struct program, earn),
      .second = AT(struct program, earn_count) },
    { LIST("rewards", "what vouchers are good for", REWARD_MAP, GRAMMAR_REWARDS,
           LIMIT_PROGRAM_LIST),
      .field = AT(struct program, rewards),
      .second = AT(struct program, reward_count) },
    { LIST("stamps", "stamp cards", STAMP_MAP, GRAMMAR_STAMPS,
           LIMIT_PROGRAM_LIST),
      .field = AT(struct program, stamps),
      .second = AT(struct program, stamp_count) },
    { LIST("spend_rewards", "given for spend that has come together",
           SPEND_REWARD_MAP, GRAMMAR_SPEND_REWARDS, LIMIT_PROGRAM_LIST),
      .field = AT(struct program, spend_rewards),
      .second = AT(struct program, spend_reward_count) },
    { "monthly_bonus", "points on a month's spend", .kind = GRAMMAR_MAP,
      .map = &MONTHLY_BONUS_MAP, .field = HERE },
    { "tiers", "levels that accounts reach by their spend", .kind = GRAMMAR_MAP,
      .map = &TIERS_MAP, .field = AT(struct program, tiers) },
    { "referral", "for members who recommend the program", .kind = GRAMMAR_MAP,
      .map = &REFERRAL_MAP, .field = AT(struct program, referral) },
    { LIST("passes", "prepaid passes for several visits", PASS_MAP,
           GRAMMAR_PASSES, LIMIT_PROGRAM_LIST),
      .field = AT(struct program, passes),
      .second = AT(struct program, pass_count) },
    { "offline", "what a node grants without the hub's answer",
      .kind = GRAMMAR_MAP, .map = &OFFLINE_MAP,
      .field = AT(struct program, offline) },
    { LIST("tests", "histories in small and what they must come to", TEST_MAP,
           GRAMMAR_NO_LIST, LIMIT_PROGRAM_LIST),
      .field = AT(struct program, tests),
      .second = AT(struct program, test_count) },
};
const struct grammar_map grammar_program = {
    KEYS(PROGRAM),
};

const struct grammar_key *
grammar_find(const struct grammar_map *map, view name)
{
    for (uint32_t i = 0; i < map->count; i++)
        if (view_equal(view_of(map->keys[i].name), name))
            return &map->keys[i];
    return NULL;
}

const char *
grammar_list_path(enum grammar_list list)
{
    static const char *const PATHS[] = {
        [GRAMMAR_NO_LIST] = "",
        [GRAMMAR_STORE_GROUPS] = "store_groups",
        [GRAMMAR_PARTNERS] = "partners",
        [GRAMMAR_RULES] = "earn",
        [GRAMMAR_REWARDS] = "rewards",
        [GRAMMAR_STAMPS] = "stamps",
        [GRAMMAR_SPEND_REWARDS] = "spend_rewards",
        [GRAMMAR_LEVELS] = "tiers.levels",
        [GRAMMAR_PASSES] = "passes",
    };
    static_assert(COUNT_OF(PATHS) == GRAMMAR_LIST_COUNT, "a path each");

    assert((unsigned)list < GRAMMAR_LIST_COUNT);
    return PATHS[list];
}

const char *
grammar_word_of(struct grammar_words words, int32_t value)
{
    for (uint32_t i = 0; i < words.count; i++)
        if (words.list[i].value == value)
            return words.list[i].word;
    return NULL;
}

int64_t
grammar_get(const void *base, struct grammar_field field)
{
    const uint8_t *at = (const uint8_t *)base + field.offset;
    int32_t narrow;
    int64_t wide;

    assert(field.size == 1 || field.size == 4 || field.size == 8);
    if (field.size == 1)
        return *at;
    if (field.size == 4) {
        memcpy(&narrow, at, sizeof narrow);
        return narrow;
    }
    memcpy(&wide, at, sizeof wide);
    return wide;
}

void
grammar_set(void *base, struct grammar_field field, int64_t value)
{
    uint8_t *at = (uint8_t *)base + field.offset;
    int32_t narrow = (int32_t)value;

    assert(field.size == 1 || field.size == 4 || field.size == 8);
    if (field.size == 1) {
        *at = (uint8_t)value;
    } else if (field.size == 4) {
        assert(narrow == value);
        memcpy(at, &narrow, sizeof narrow);
    } else {
        memcpy(at, &value, sizeof value);
    }
    assert(grammar_get(base, field) == value);
}

view
grammar_get_view(const void *base, struct grammar_field field)
{
    view value;

    assert(field.size == sizeof value);
    memcpy(&value, (const uint8_t *)base + field.offset, sizeof value);
    return value;
}

const void *
grammar_get_pointer(const void *base, struct grammar_field field)
{
    const void *value;

    assert(field.size == sizeof value);
    memcpy(&value, (const uint8_t *)base + field.offset, sizeof value);
    return value;
}

void
grammar_set_pointer(void *base, struct grammar_field field, const void *value)
{
    assert(field.size == sizeof value);
    memcpy((uint8_t *)base + field.offset, &value, sizeof value);
}

/* A mapping that says by a field whether it is there has no defaults when it
 * is not; entries of lists get theirs when they are read. */
void
grammar_fill_defaults(const struct grammar_map *map, void *base)
{
    for (uint32_t i = 0; i < map->count; i++) {
        const struct grammar_key *key = &map->keys[i];
        if (key->fallback != 0)
            grammar_set(base, key->field, key->fallback);
        if (key->kind == GRAMMAR_MAP && key->map->present.size == 0)
            grammar_fill_defaults(key->map,
                                  (uint8_t *)base + key->field.offset);
    }
}
