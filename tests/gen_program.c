/*
 * gen_program.c - a random program as YAML, every feature of RULES.md
 *
 * One list entry stands on one line, so that shrinking can drop lines.  A
 * program is valid whatever the draw: one that the reader refuses is a bug of
 * one of the two.
 */
#include "tests/gen.h"

enum { RULES_MAX = 70 };

struct draft {
    struct gen *gen;
    struct text *text;
    int32_t first_year;
    uint32_t reward_count;
    uint32_t level_count;
    uint32_t per_count;       /* rules `per: A`, ... */
    uint32_t pers[RULES_MAX]; /* ... by number */
    const char *levels[3];
    bool huge; /* no voucher for each so many euros or goods */
    bool has_group;
    bool first;    /* of the keys of a mapping */
    uint32_t rich; /* percent with which optional keys are given */
};

static const char *const categories[] = { "coffee", "coffee.beans", "tools",
                                          "garden", "tobacco" };
static const char *const channels[] = { "email", "sms" };
static const char *const level_ids[] = { "basic", "silver", "gold" };

static bool
maybe(struct draft *draft)
{
    return gen_chance(draft->gen, draft->rich);
}

static uint32_t
below(struct draft *draft, uint32_t count)
{
    return gen_below(draft->gen, count);
}

static uint32_t
pick(struct draft *draft, const uint32_t *from, uint32_t count)
{
    return from[below(draft, count)];
}

#define PICK(draft, ...)                                                       \
    pick(draft, (const uint32_t[]) { __VA_ARGS__ },                            \
         COUNT_OF(((const uint32_t[]) { __VA_ARGS__ })))

/* ", key: " or "key: " */
static void
key(struct draft *draft, const char *name)
{
    text_format(draft->text, "%s%s: ", draft->first ? "" : ", ", name);
    draft->first = false;
}

static void
number(struct draft *draft, const char *name, uint32_t value)
{
    key(draft, name);
    text_format(draft->text, "%u", value);
}

/* As usual, or in a wide draft now and then the greatest that is allowed. */
static void
points_key(struct draft *draft, uint32_t value)
{
    number(draft, "points", gen_wide(draft->gen, 4) ? 1000000 : value);
}

static void
cents(struct draft *draft, const char *name, uint32_t value)
{
    key(draft, name);
    text_format(draft->text, "%u.%02u", value / 100, value % 100);
}

static void
word(struct draft *draft, const char *name, const char *value)
{
    key(draft, name);
    text_string(draft->text, value);
}

static void
open_map(struct draft *draft, const char *name)
{
    key(draft, name);
    text_char(draft->text, '{');
    draft->first = true;
}

static void
close_map(struct draft *draft)
{
    text_char(draft->text, '}');
    draft->first = false;
}

static void
entry(struct draft *draft, const char *prefix, uint32_t index)
{
    text_format(draft->text, "  - {id: %s%u", prefix, index);
    draft->first = false;
}

static void
end_entry(struct draft *draft)
{
    text_string(draft->text, "}\n");
}

static void
reward_key(struct draft *draft, const char *name)
{
    key(draft, name);
    text_format(draft->text, "r%u", below(draft, draft->reward_count));
}

static void
points_or_reward(struct draft *draft)
{
    if (draft->reward_count > 0 && !draft->huge && gen_chance(draft->gen, 60))
        reward_key(draft, "reward");
    else
        number(draft, "points", PICK(draft, 0, 5, 20, 50, 100));
}

/* A word, or in a wide draft a list of several. */
static void
words(struct draft *draft, const char *name, const char *const *from,
      uint32_t count)
{
    uint32_t first = below(draft, count);

    key(draft, name);
    text_format(draft->text, "[%s", from[first]);
    for (uint32_t i = 0; i < count; i++)
        if (i != first && gen_wide(draft->gen, 30))
            text_format(draft->text, ", %s", from[i]);
    text_char(draft->text, ']');
}

static void
weekdays(struct draft *draft)
{
    static const char *const sets[] = { "[sat, sun]", "[mon]", "[tue, fri]",
                                        "[mon, wed, thu, sun]" };

    word(draft, "weekdays", sets[below(draft, COUNT_OF(sets))]);
}

static void
hours(struct draft *draft)
{
    static const char *const sets[] = { "\"07:00-12:00\"", "\"22:00-06:00\"",
                                        "\"00:00-24:00\"", "\"12:00-24:00\"",
                                        "\"02:30-03:30\"" };

    word(draft, "hours", sets[below(draft, COUNT_OF(sets))]);
}

static void
stores(struct draft *draft)
{
    static const char *const sets[] = { "[10]", "[10-12, 30]", "[30-39]",
                                        "[77, 1]" };

    if (draft->has_group && gen_chance(draft->gen, 40))
        word(draft, "stores", "[town]");
    else
        word(draft, "stores", sets[below(draft, COUNT_OF(sets))]);
}

static void
dates(struct draft *draft)
{
    int32_t year = draft->first_year + (int32_t)below(draft, 2);

    open_map(draft, "dates");
    key(draft, "from");
    text_format(draft->text, "%d-%02u-01", year, 1 + below(draft, 6));
    key(draft, "to");
    text_format(draft->text, "%d-%02u-%02u", year, 6 + below(draft, 7),
                1 + below(draft, 28));
    close_map(draft);
}

/* Conditions that any rule may have. */
static void
conditions_of_account(struct draft *draft)
{
    static const char *const partners[] = { "[market]", "[cafe]",
                                            "[market, cafe]" };

    if (gen_chance(draft->gen, 20))
        stores(draft);
    if (gen_chance(draft->gen, 15))
        word(draft, "partners", partners[below(draft, 3)]);
    if (draft->level_count > 0 && gen_chance(draft->gen, 25)) {
        words(draft, "tiers", draft->levels, draft->level_count);
    }
    if (gen_chance(draft->gen, 15))
        word(draft, "home_store",
             gen_chance(draft->gen, 50) ? "true" : "false");
    if (gen_chance(draft->gen, 20)) {
        words(draft, "consents", channels, 2);
    }
}

static void
conditions_of_time(struct draft *draft)
{
    if (gen_chance(draft->gen, 20))
        weekdays(draft);
    if (gen_chance(draft->gen, 20))
        hours(draft);
    if (gen_chance(draft->gen, 15))
        dates(draft);
    if (gen_chance(draft->gen, 15))
        number(draft, "inactive_days", PICK(draft, 1, 2, 10, 30, 60));
    if (gen_chance(draft->gen, 15))
        word(draft, "first_purchase",
             gen_chance(draft->gen, 50) ? "true" : "false");
}

static void
conditions_of_goods(struct draft *draft)
{
    if (gen_chance(draft->gen, 50)) {
        words(draft, "categories", categories, COUNT_OF(categories));
    }
    if (gen_chance(draft->gen, 20))
        word(draft, "skus", gen_chance(draft->gen, 50) ? "[A1]" : "[A1, B2]");
    if (gen_chance(draft->gen, 30))
        cents(draft, "min_total", PICK(draft, 0, 500, 2000, 5000, 10000));
}

enum scope { SCOPE_PURCHASE, SCOPE_EVENT, SCOPE_ABSENCE };

static void
when(struct draft *draft, enum scope scope)
{
    if (!maybe(draft))
        return;
    open_map(draft, "when");
    if (scope == SCOPE_PURCHASE)
        conditions_of_goods(draft);
    if (scope != SCOPE_ABSENCE)
        conditions_of_time(draft);
    conditions_of_account(draft);
    if (draft->first)
        word(draft, "stores", "[1-100]");
    close_map(draft);
}

static void
limit(struct draft *draft)
{
    static const char *const periods[] = { "day", "week", "month", "year",
                                           "ever" };

    if (!gen_chance(draft->gen, 35))
        return;
    open_map(draft, "limit");
    number(draft, "times", 1 + below(draft, 2));
    word(draft, "per", periods[below(draft, COUNT_OF(periods))]);
    close_map(draft);
}

/* What any rule may have besides. */
static void
rest_of_rule(struct draft *draft)
{
    static const char *const funders[] = { "market", "cafe", "roaster" };

    limit(draft);
    if (gen_chance(draft->gen, 15))
        number(draft, "max_points",
               gen_wide(draft->gen, 30) ? PICK(draft, 1, 99999, 1000000)
                                        : PICK(draft, 0, 10, 30, 100));
    if (gen_chance(draft->gen, 20))
        word(draft, "funder", funders[below(draft, COUNT_OF(funders))]);
}

static void
purchase_rule(struct draft *draft, uint32_t index)
{
    static const char *const factors[] = { "1",     "1.25",  "1.5", "2",
                                           "3.333", "1.001", "1000" };
    uint32_t factors_below = draft->gen->wide ? 7 : 5;
    uint32_t kind = below(draft, 10);

    entry(draft, "e", index);
    if (draft->per_count == 0 || kind < 2) {
        cents(draft, "per",
              gen_wide(draft->gen, 20)
                  ? PICK(draft, 7, 333, 99999, 4294967295, 429496731)
                  : PICK(draft, 1, 100, 100, 100, 150, 1000));
        points_key(draft, PICK(draft, 1, 1, 1, 2, 7, 0));
        draft->pers[draft->per_count] = index;
    } else if (kind < 4) {
        word(draft, "per", "item");
        points_key(draft, PICK(draft, 1, 5, 20));
    } else if (kind < 7) {
        word(draft, "multiply", factors[below(draft, factors_below)]);
        if (gen_wide(draft->gen, 40)) {
            key(draft, "of");
            text_format(draft->text, "e%u",
                        draft->pers[below(draft, draft->per_count)]);
        } else if (gen_chance(draft->gen, 30)) {
            word(draft, "of", "e0");
        }
    } else if (kind < 9 || draft->reward_count == 0) {
        points_key(draft, PICK(draft, 0, 10, 50, 300));
        if (draft->reward_count > 0 && gen_chance(draft->gen, 30))
            reward_key(draft, "reward");
    } else {
        reward_key(draft, "reward");
    }
    if (draft->per_count == 0 || kind < 2)
        draft->per_count++;
    when(draft, SCOPE_PURCHASE);
    rest_of_rule(draft);
    if (gen_chance(draft->gen, 40))
        word(draft, "best_of", gen_chance(draft->gen, 75) ? "promo" : "other");
    end_entry(draft);
}

/* One that a return may bring down, so that another steps in. */
static void
rival_rule(struct draft *draft, uint32_t index)
{
    entry(draft, "e", index);
    number(draft, "points", PICK(draft, 30, 50, 300));
    open_map(draft, "when");
    cents(draft, "min_total", PICK(draft, 500, 2000, 5000, 10000));
    close_map(draft);
    rest_of_rule(draft);
    word(draft, "best_of", "promo");
    end_entry(draft);
}

static void
other_rule(struct draft *draft, uint32_t index)
{
    static const char *const activities[] = { "survey", "birthday" };
    uint32_t kind = below(draft, 10);

    entry(draft, "e", index);
    if (kind < 4) {
        word(draft, "on", "inactive");
        number(draft, "after_days", PICK(draft, 1, 2, 10, 30, 31, 60));
    } else if (kind < 7) {
        word(draft, "on", "join");
    } else {
        word(draft, "on", "activity");
        if (gen_chance(draft->gen, 70))
            word(draft, "name", activities[below(draft, 2)]);
    }
    if (draft->reward_count > 0 && gen_chance(draft->gen, 40))
        reward_key(draft, "reward");
    else
        number(draft, "points", PICK(draft, 0, 10, 50, 100));
    when(draft, kind < 4 ? SCOPE_ABSENCE : SCOPE_EVENT);
    limit(draft);
    if (gen_chance(draft->gen, 20))
        word(draft, "best_of", "promo");
    if (gen_chance(draft->gen, 20))
        word(draft, "funder", "roaster");
    end_entry(draft);
}

static void
earn(struct draft *draft)
{
    uint32_t count = below(draft, 7);

    if (gen_wide(draft->gen, 10))
        count = 20 + below(draft, RULES_MAX - 20);
    if (count == 0 && draft->level_count == 0)
        return;
    text_string(draft->text, "earn:\n");
    purchase_rule(draft, 0);
    for (uint32_t i = 1; i < count; i++)
        if (gen_chance(draft->gen, 15))
            rival_rule(draft, i);
        else if (gen_chance(draft->gen, 60))
            purchase_rule(draft, i);
        else
            other_rule(draft, i);
}

static void
partners(struct draft *draft)
{
    static const char *const markets[] = { "1, 2, 10-19", "1, 2, 10, 11",
                                           "10-19, 77" };
    static const char *const cafes[] = { "30-39", "30-39", "30-34, 36" };
    uint32_t variant = below(draft, 4);
    static const char *const issue[] = { "0.010", "0.012", "0.000001", "1" };
    static const char *const redeem[] = { "0.009", "0.0075", "0" };

    text_format(draft->text,
                "  - {id: market, stores: [%s], issue_price: %s, redeem_price:"
                " %s}\n",
                markets[variant % 3], issue[below(draft, 4)],
                redeem[below(draft, 3)]);
    text_format(draft->text,
                "  - {id: cafe, stores: [%s%s], issue_price: %s, redeem_price:"
                " %s}\n",
                cafes[below(draft, 3)], variant == 1 ? ", 12" : "",
                issue[below(draft, 4)], redeem[below(draft, 3)]);
    text_format(draft->text,
                "  - {id: roaster, issue_price: %s, redeem_price: 0.009}\n",
                issue[below(draft, 4)]);
}

static void
head(struct draft *draft, const char *zone)
{
    text_format(draft->text,
                "program: Test\ncurrency: EUR\ntimezone: %s\npartners:\n",
                zone);
    partners(draft);
    draft->has_group = gen_chance(draft->gen, 50);
    if (draft->has_group)
        text_string(draft->text, "store_groups:\n"
                                 "  - {id: town, stores: [10, 30]}\n");
    if (gen_wide(draft->gen, 15))
        text_string(draft->text,
                    gen_chance(draft->gen, 50)
                        ? "excluded: {skus: [A1]}\n"
                        : "excluded: {categories: [coffee.beans, garden], "
                          "skus: [B2]}\n");
    else if (gen_chance(draft->gen, 25))
        text_string(draft->text, "excluded: {categories: [tobacco]}\n");
    if (gen_chance(draft->gen, 10))
        text_string(draft->text,
                    gen_chance(draft->gen, 50)
                        ? "only: {categories: [coffee, tools], skus: [A1]}\n"
                        : "only: {skus: [B2]}\n");
    if (gen_chance(draft->gen, 12))
        text_format(draft->text, "ends: %d-%02u-%02u\n",
                    draft->first_year + (int32_t)below(draft, 2),
                    1 + below(draft, 12), PICK(draft, 1, 15, 28));
    if (gen_chance(draft->gen, 30))
        text_string(draft->text, "overdraft: {liable: partner}\n");
}

static void
points_section(struct draft *draft)
{
    static const char *const values[] = { "0.01", "0.005", "0.07", "1" };

    if (!maybe(draft))
        return;
    text_string(draft->text, "points: {");
    draft->first = true;
    if (gen_chance(draft->gen, 30))
        word(draft, "value", values[below(draft, 4)]);
    if (gen_chance(draft->gen, 30))
        number(draft, "pending_days", PICK(draft, 0, 1, 3, 14, 40));
    else if (gen_chance(draft->gen, 20))
        word(draft, "release",
             gen_chance(draft->gen, 50) ? "[12-01]" : "[03-31, 10-26]");
    uint32_t expiry = below(draft, 5);
    if (expiry == 0)
        number(draft, "expire_months", PICK(draft, 1, 1, 2, 12));
    if (expiry == 1)
        word(draft, "expire_dates",
             gen_chance(draft->gen, 50) ? "[12-31]" : "[06-30, 01-01]");
    if (expiry == 2)
        number(draft, "expire_inactive_months", PICK(draft, 1, 1, 2, 6));
    if (draft->first)
        number(draft, "min_redemption", 10);
    text_string(draft->text, "}\n");
}

static void
rewards(struct draft *draft)
{
    draft->reward_count = below(draft, 4);
    if (draft->reward_count == 0)
        return;
    text_string(draft->text, "rewards:\n");
    for (uint32_t i = 0; i < draft->reward_count; i++) {
        entry(draft, "r", i);
        cents(draft, "value", PICK(draft, 0, 350, 5000));
        if (gen_chance(draft->gen, 60))
            number(draft, "valid_days", PICK(draft, 0, 1, 14, 60, 365));
        if (gen_chance(draft->gen, 30))
            number(draft, "points", PICK(draft, 1, 30, 200));
        if (gen_chance(draft->gen, 40))
            word(draft, "paid_by",
                 gen_chance(draft->gen, 80) ? "issuer" : "program");
        end_entry(draft);
    }
}

static void
stamps(struct draft *draft)
{
    uint32_t count = maybe(draft) ? 1 + below(draft, 2) : 0;

    if (count > 0)
        text_string(draft->text, "stamps:\n");
    for (uint32_t i = 0; i < count; i++) {
        entry(draft, "c", i);
        number(draft, "need", PICK(draft, 1, 2, 3, 5));
        points_or_reward(draft);
        if (gen_chance(draft->gen, 75)) {
            word(draft, "per", gen_chance(draft->gen, 60) ? "item" : "receipt");
            when(draft, SCOPE_PURCHASE);
        }
        end_entry(draft);
    }
}

static void
spend_rewards(struct draft *draft)
{
    uint32_t count = maybe(draft) ? 1 + below(draft, 2) : 0;

    if (count > 0)
        text_string(draft->text, "spend_rewards:\n");
    for (uint32_t i = 0; i < count; i++) {
        entry(draft, "s", i);
        cents(draft, "spend", PICK(draft, 1000, 2000, 5000, 10000));
        if (gen_chance(draft->gen, 60))
            word(draft, "window", gen_chance(draft->gen, 70) ? "year" : "ever");
        if (gen_chance(draft->gen, 50))
            word(draft, "repeat",
                 gen_chance(draft->gen, 80) ? "true" : "false");
        points_or_reward(draft);
        end_entry(draft);
    }
}

static void
monthly_bonus(struct draft *draft)
{
    if (!maybe(draft) || !gen_chance(draft->gen, 60))
        return;
    text_string(draft->text, "monthly_bonus:\n  steps: [");
    text_format(draft->text, "{from: %u.00, percent: 1}",
                PICK(draft, 0, 1, 20));
    if (gen_chance(draft->gen, 60))
        text_string(draft->text, ", {from: 50.00, percent: 1.5}");
    if (gen_chance(draft->gen, 60))
        text_string(draft->text, ", {from: 100.00, percent: 12.345}");
    text_string(draft->text, "]\n");
}

static void
tiers(struct draft *draft)
{
    static const char *const windows[] = { "12 months", "1 months", "3 months",
                                           "year" };
    static const char *const valid[] = { "12 months", "1 months", "3 months",
                                         "next_year_end" };

    if (draft->level_count == 0)
        return;
    text_string(draft->text, "tiers:\n");
    text_format(draft->text, "  window: %s\n", windows[below(draft, 4)]);
    text_format(draft->text, "  valid_for: %s\n", valid[below(draft, 4)]);
    if (gen_chance(draft->gen, 40))
        text_format(draft->text, "  downgrade: %s\n",
                    gen_chance(draft->gen, 70) ? "one_level" : "qualified");
    text_string(draft->text, "  levels:\n");
    for (uint32_t i = 0; i < draft->level_count; i++) {
        text_format(draft->text, "    - {id: %s", draft->levels[i]);
        draft->first = false;
        if (i > 0)
            cents(draft, "from", i * 3000 + below(draft, 2) * 2000);
        if (draft->per_count > 0 && gen_chance(draft->gen, 60))
            word(draft, "multiply", gen_chance(draft->gen, 50) ? "1.25" : "2");
        if (draft->reward_count > 0 && gen_chance(draft->gen, 30))
            reward_key(draft, "reward");
        end_entry(draft);
    }
}

static void
referral(struct draft *draft)
{
    static const char *const on[] = { "purchase", "stamp", "either" };

    if (!maybe(draft) || !gen_chance(draft->gen, 60))
        return;
    text_string(draft->text, "referral: {");
    draft->first = true;
    uint32_t kind = below(draft, 4);
    if (kind < 3)
        word(draft, "on", on[kind]);
    if (kind != 1 && gen_chance(draft->gen, 50))
        cents(draft, "min_total", PICK(draft, 0, 1000, 2000));
    number(draft, "referrer_points", PICK(draft, 0, 100, 1000));
    if (gen_chance(draft->gen, 60))
        number(draft, "referred_points", PICK(draft, 0, 50, 500));
    if (draft->reward_count > 0 && gen_chance(draft->gen, 40))
        reward_key(draft, "referrer_reward");
    if (draft->reward_count > 0 && gen_chance(draft->gen, 40))
        reward_key(draft, "referred_reward");
    text_string(draft->text, "}\n");
}

static void
rebates(struct draft *draft)
{
    bool rewards = draft->reward_count > 0;

    key(draft, "rebates");
    text_string(draft->text, "[{");
    draft->first = true;
    number(draft, "within_days", PICK(draft, 0, 1, 5, 40));
    bool worth = !rewards || gen_chance(draft->gen, 70);
    if (worth)
        number(draft, "points", PICK(draft, 0, 20, 100));
    if (rewards && (!worth || gen_chance(draft->gen, 40)))
        reward_key(draft, "reward");
    close_map(draft);
    if (rewards && gen_chance(draft->gen, 50))
        text_format(draft->text, ", {within_days: 90, reward: r%u}",
                    below(draft, draft->reward_count));
    text_char(draft->text, ']');
}

static void
passes(struct draft *draft)
{
    uint32_t count = maybe(draft) ? 1 + below(draft, 2) : 0;

    if (count > 0)
        text_string(draft->text, "passes:\n");
    for (uint32_t i = 0; i < count; i++) {
        entry(draft, "p", i);
        number(draft, "uses", PICK(draft, 1, 2, 3, 3));
        if (gen_chance(draft->gen, 60))
            number(draft, "valid_months", PICK(draft, 1, 1, 2, 12));
        if (gen_chance(draft->gen, 70))
            rebates(draft);
        end_entry(draft);
    }
}

void
gen_program(struct gen *gen, const char *zone, int32_t first_year, bool huge,
            struct text *text)
{
    struct draft draft = {
        .gen = gen, .text = text, .huge = huge, .first_year = first_year
    };

    draft.rich = 25 + below(&draft, 60);
    head(&draft, zone);
    points_section(&draft);
    rewards(&draft);
    draft.level_count = gen_chance(gen, 55) ? 1 + below(&draft, 3) : 0;
    if (draft.level_count == 1 && gen_chance(gen, 70))
        draft.level_count = 2;
    uint32_t left_out = draft.level_count == 2 ? below(&draft, 3) : 3;
    for (uint32_t i = 0, k = 0; i < 3; i++)
        if (i != left_out)
            draft.levels[k++] = level_ids[i];
    earn(&draft);
    stamps(&draft);
    spend_rewards(&draft);
    monthly_bonus(&draft);
    tiers(&draft);
    referral(&draft);
    passes(&draft);
}
