#include "bench/replay_rules.h"

#define HEAD                                                                   \
    "program: Chain\n"                                                         \
    "currency: EUR\n"                                                          \
    "timezone: Europe/Helsinki\n"

#define FOUR_PARTNERS                                                          \
    "partners:\n"                                                              \
    "  - {id: a, stores: [1-50], issue_price: 0.010, redeem_price: 0.009}\n"   \
    "  - {id: b, stores: [51-100], issue_price: 0.011, redeem_price: 0.009}\n" \
    "  - {id: c, stores: [101-150], issue_price: 0.012, redeem_price: "        \
    "0.009}\n"                                                                 \
    "  - {id: d, stores: [151-200], issue_price: 0.009, redeem_price: "        \
    "0.009}\n"

const char replay_five[] = HEAD FOUR_PARTNERS
    "points: {value: 0.01, expire_months: 6}\n"
    "earn:\n"
    "  - {id: base, per: 1.00, points: 1}\n"
    "  - {id: weekend, when: {weekdays: [sat, sun]}, multiply: 2}\n"
    "  - {id: coffee, when: {categories: [c3]}, multiply: 3}\n"
    "tiers:\n"
    "  window: 12 months\n"
    "  valid_for: 12 months\n"
    "  levels: [{id: basic}, {id: silver, from: 500.00, multiply: 1.25}, "
    "{id: gold, from: 1500.00, multiply: 1.5}]\n";

const char replay_whole[] = HEAD
    "store_groups:\n"
    "  - {id: turku, stores: [10-14, 30]}\n"
    "partners:\n"
    "  - {id: market, stores: [1-100], issue_price: 0.010, redeem_price: "
    "0.009}\n"
    "  - {id: cafe, stores: [101-200], issue_price: 0.012, redeem_price: "
    "0.009}\n"
    "  - {id: roaster, issue_price: 0.010, redeem_price: 0.009}\n"
    "excluded: {categories: [c11]}\n"
    "points: {value: 0.01, expire_months: 12, min_redemption: 100}\n"
    "overdraft: {liable: program}\n"
    "earn:\n"
    "  - {id: base, per: 1.00, points: 1}\n"
    "  - {id: weekend, when: {weekdays: [sat, sun]}, multiply: 2}\n"
    "  - {id: coffee3, when: {categories: [c3]}, multiply: 3, best_of: promo}\n"
    "  - {id: big, when: {min_total: 100.00}, points: 50, best_of: promo}\n"
    "  - {id: roast, when: {categories: [c4]}, per: item, points: 20, funder: "
    "roaster}\n"
    "  - {id: comeback, when: {inactive_days: 180}, points: 300, max_points: "
    "300}\n"
    "  - {id: wake, on: inactive, after_days: 90, reward: free_coffee}\n"
    "  - {id: welcome, on: join, points: 500}\n"
    "rewards:\n"
    "  - {id: free_coffee, value: 3.50, valid_days: 60, paid_by: issuer}\n"
    "  - {id: gift50, value: 50.00, valid_days: 365}\n"
    "stamps:\n"
    "  - {id: coffee, when: {categories: [c3]}, per: item, need: 10, reward: "
    "free_coffee}\n"
    "  - {id: lunch, need: 10, points: 500}\n"
    "spend_rewards:\n"
    "  - {id: thousand, spend: 1000.00, window: year, reward: gift50, repeat: "
    "true}\n"
    "monthly_bonus:\n"
    "  steps: [{from: 50.00, percent: 1}, {from: 200.00, percent: 1.5}, "
    "{from: 400.00, percent: 2.5}]\n"
    "tiers:\n"
    "  window: 12 months\n"
    "  valid_for: 12 months\n"
    "  levels:\n"
    "    - {id: basic}\n"
    "    - {id: silver, from: 500.00, multiply: 1.25}\n"
    "    - {id: gold, from: 2000.00, multiply: 1.5, reward: gift50}\n"
    "referral: {on: purchase, min_total: 20.00, referrer_points: 1000, "
    "referred_reward: free_coffee}\n";

/* The other seven: the last of the eight is the whole example. */
#define PLAIN HEAD FOUR_PARTNERS "earn: [{id: base, per: 1.00, points: 1}]\n"

#define DATES                                                                  \
    HEAD FOUR_PARTNERS                                                         \
        "points: {expire_dates: [06-30, 12-31], pending_days: 14}\n"           \
        "earn:\n"                                                              \
        "  - {id: base, per: 2.00, points: 3}\n"                               \
        "  - {id: spring, when: {dates: {from: 2025-03-01, to: "               \
        "2025-05-31}}, multiply: 2}\n"

#define STAMPS                                                                 \
    HEAD FOUR_PARTNERS                                                         \
        "rewards: [{id: cup, value: 3.50, valid_days: 60}]\n"                  \
        "stamps:\n"                                                            \
        "  - {id: coffee, when: {categories: [c3]}, per: item, need: 5, "      \
        "reward: cup}\n"                                                       \
        "  - {id: tea, when: {categories: [c7]}, per: item, need: 8, "         \
        "points: 50}\n"

#define SPENDING                                                               \
    HEAD FOUR_PARTNERS                                                         \
        "rewards: [{id: gift, value: 20.00, valid_days: 365}]\n"               \
        "spend_rewards:\n"                                                     \
        "  - {id: year, spend: 300.00, window: year, reward: gift, "           \
        "repeat: true}\n"                                                      \
        "  - {id: once, spend: 1000.00, points: 500}\n"                        \
        "monthly_bonus: {steps: [{from: 40.00, percent: 1}, {from: 150.00, "   \
        "percent: 2}]}\n"

#define GROUPS                                                                 \
    HEAD FOUR_PARTNERS                                                         \
        "points: {expire_months: 24}\n"                                        \
        "earn:\n"                                                              \
        "  - {id: base, per: 5.00, points: 1}\n"                               \
        "  - {id: big, when: {min_total: 60.00}, points: 30, best_of: g}\n"    \
        "  - {id: bigger, when: {min_total: 80.00}, points: 60, best_of: g}\n" \
        "  - {id: night, when: {hours: \"20:00-06:00\"}, points: 5, limit: "   \
        "{times: 2, per: month}}\n"                                            \
        "  - {id: c5, when: {categories: [c5]}, per: 1.00, points: 2, "        \
        "funder: b}\n"

#define YEARS                                                                  \
    HEAD FOUR_PARTNERS                                                         \
        "points: {expire_months: 12}\n"                                        \
        "earn:\n"                                                              \
        "  - {id: base, per: 1.00, points: 1}\n"                               \
        "  - {id: gold, when: {tiers: [gold]}, points: 5}\n"                   \
        "tiers:\n"                                                             \
        "  window: year\n"                                                     \
        "  valid_for: next_year_end\n"                                         \
        "  downgrade: one_level\n"                                             \
        "  levels: [{id: basic}, {id: silver, from: 200.00, multiply: 1.1}, "  \
        "{id: gold, from: 900.00, multiply: 2}]\n"

const char *const replay_unlike[REPLAY_UNLIKE] = {
    replay_five, PLAIN, DATES, STAMPS, SPENDING, GROUPS, YEARS, replay_whole,
};
