/*
 * gen_small.c - every short history over a few events and a few steps of time
 *
 * Under two versions in which little is enough for everything: a card is full
 * with two stamps, points go after a month, a level lasts one.
 */
#include "tests/gen.h"

#include <stdio.h>

static const char first_program[] =
    "program: Small\n"
    "currency: EUR\n"
    "timezone: Europe/Helsinki\n"
    "partners:\n"
    "  - {id: market, stores: [10], issue_price: 0.010, redeem_price: 0.009}\n"
    "  - {id: cafe, stores: [30], issue_price: 0.012, redeem_price: 0.009}\n"
    "points: {expire_months: 1}\n"
    "rewards:\n"
    "  - {id: r0, value: 3.50, valid_days: 30, paid_by: issuer}\n"
    "earn:\n"
    "  - {id: base, per: 1.00, points: 1}\n"
    "  - {id: big, points: 50, when: {min_total: 50.00}, best_of: promo}\n"
    "  - {id: coffee, when: {categories: [coffee]}, multiply: 2, funder: cafe,"
    " limit: {times: 1, per: month}, best_of: promo}\n"
    "stamps:\n"
    "  - {id: c0, need: 2, reward: r0, per: item, when: {categories:"
    " [coffee]}}\n"
    "spend_rewards:\n"
    "  - {id: s0, spend: 50.00, window: year, points: 20, repeat: true}\n"
    "tiers:\n"
    "  window: 1 months\n"
    "  valid_for: 1 months\n"
    "  levels:\n"
    "    - {id: basic}\n"
    "    - {id: gold, from: 60.00, multiply: 2, reward: r0}\n"
    "passes:\n"
    "  - {id: p0, uses: 1, valid_months: 1, rebates: [{within_days: 0, points:"
    " 10}]}\n";

static const char second_program[] =
    "program: Small\n"
    "currency: EUR\n"
    "timezone: Europe/Helsinki\n"
    "partners:\n"
    "  - {id: market, stores: [10], issue_price: 0.020, redeem_price: 0.018}\n"
    "  - {id: cafe, stores: [30], issue_price: 0.012, redeem_price: 0.009}\n"
    "overdraft: {liable: partner}\n"
    "points: {pending_days: 1, expire_inactive_months: 1}\n"
    "rewards:\n"
    "  - {id: r0, value: 3.00}\n"
    "earn:\n"
    "  - {id: base, per: 1.00, points: 2}\n"
    "  - {id: gone, on: inactive, after_days: 1, points: 5}\n"
    "stamps:\n"
    "  - {id: c0, need: 3, points: 15, per: receipt}\n"
    "spend_rewards:\n"
    "  - {id: s0, spend: 20.00, reward: r0}\n"
    "monthly_bonus:\n"
    "  steps: [{from: 10.00, percent: 1}]\n"
    "tiers:\n"
    "  window: year\n"
    "  valid_for: 1 months\n"
    "  levels:\n"
    "    - {id: basic}\n"
    "    - {id: silver, from: 20.00}\n"
    "    - {id: gold, from: 100.00}\n";

enum { STEPS = 4, WORDS = 20, SYMBOLS = STEPS * WORDS };

uint64_t
gen_small_count(uint32_t length)
{
    uint64_t count = 1;

    assert(length <= 4);
    for (uint32_t i = 0; i < length; i++)
        count *= SYMBOLS;
    return count;
}

static const struct event_line coffee[] = {
    { .amount = { 6000 },
      .qty = 3,
      .category = { (const uint8_t *)"coffee", 6 } },
    { .amount = { 1000 }, .qty = 1 },
};
static const struct event_line tenner[] = { { .amount = { 4500 }, .qty = 1 } };

static void
sale(struct event *event, enum event_kind kind, int64_t total)
{
    event->kind = kind;
    event->sale.total.minor = total;
    event->sale.bought_on = EVENT_NO_DAY;
}

static void
receipt(struct event *event, enum event_kind kind, int64_t total,
        const struct event_line *lines, uint32_t count)
{
    sale(event, kind, total);
    event->sale.receipt = view_of("R");
    event->sale.lines = lines;
    event->sale.line_count = count;
}

static void
redeem(struct event *event, int64_t count)
{
    event->kind = EVENT_REDEEM;
    event->id = view_of("x");
    event->redeem.value.minor = -1;
    event->redeem.points.value = count;
    if (count == 0)
        event->redeem.reward = view_of("r0");
}

static void
adjust(struct event *event, int64_t count, int32_t expires_on)
{
    event->kind = EVENT_ADJUST;
    event->adjust.points.value = count;
    event->adjust.expires_on = expires_on;
    event->annex.reason = view_of("test");
    event->annex.by = view_of("test");
}

/* What follows a purchase. */
static void
take_back(struct event *event, uint32_t word)
{
    if (word == 0)
        receipt(event, EVENT_RETURN, 0, NULL, 0);
    else if (word == 1)
        receipt(event, EVENT_RETURN, 0, tenner, 1);
    else if (word == 2)
        sale(event, EVENT_RETURN, 2000);
    else if (word == 3) {
        event->kind = EVENT_VOID;
        event->annul.voids = (identity) { 1, 1, 1 };
    } else {
        event->kind = EVENT_REVERSE;
        event->reverse.redemption = view_of("x");
        event->reverse.points.value = word == 4 ? 0 : 10;
    }
}

static void
say(struct event *event, uint32_t word, int32_t day)
{
    if (word == 0)
        receipt(event, EVENT_PURCHASE, 2000, NULL, 0);
    else if (word == 1)
        receipt(event, EVENT_PURCHASE, 7000, coffee, 2);
    else if (word < 8)
        take_back(event, word - 2);
    else if (word < 11)
        redeem(event, word == 8 ? 30 : word == 9 ? 100 : 0);
    else if (word < 14)
        adjust(event, word == 12 ? -40 : 40,
               word == 13 ? day - 1 : EVENT_NO_DAY);
    else if (word < 16) {
        event->kind = EVENT_STAMP;
        event->stamp.card = view_of("c0");
        event->stamp.count = word == 14 ? 1 : 5;
    } else if (word == 16) {
        event->kind = EVENT_GRANT;
        event->grant.reward = view_of("r0");
        event->grant.count = 1;
    } else if (word == 17) {
        event->kind = EVENT_PASS_SALE;
        event->pass_sale.pass = view_of("p0");
        event->pass_sale.price.minor = 999;
    } else if (word == 18) {
        event->kind = EVENT_PASS_USE;
        event->pass_use.pass = view_of("p0");
    } else {
        event->kind = EVENT_ACTIVITY;
        event->activity.name = view_of("survey");
    }
}

static int64_t
step(const struct zone *zone, int64_t now_ms, uint32_t kind)
{
    int32_t day = zone_day(zone, now_ms);

    switch (kind) {
    case 0:
        return now_ms;
    case 1:
        return zone_midnight_ms(zone, day + 1) - 1;
    case 2:
        return zone_midnight_ms(zone, day + 2);
    default:
        return zone_month_start_ms(zone, calendar_month(day) + 1);
    }
}

void
gen_small_make(uint64_t number, uint32_t length, const struct zone *helsinki,
               struct gen_case *ret_case)
{
    int32_t first = calendar_day((civil) { 2025, 2, 27 });
    int64_t now_ms = zone_midnight_ms(helsinki, first);

    ret_case->seed = number;
    ret_case->zone = gen_zone_names[0];
    ret_case->version_count = 2;
    ret_case->event_count = length;
    snprintf(ret_case->versions[0].yaml, GEN_YAML, "%s", first_program);
    snprintf(ret_case->versions[1].yaml, GEN_YAML, "%s", second_program);
    ret_case->versions[0].from_day = first - 100;
    ret_case->versions[1].from_day = first + 33; /* 1 April */
    for (uint32_t i = 0; i < length; i++) {
        struct event *event = &ret_case->events[i];
        uint32_t symbol = (uint32_t)(number % SYMBOLS);
        number /= SYMBOLS;
        now_ms = step(helsinki, now_ms, symbol % STEPS);
        *event = (struct event) {
            .store = i % 2 == 0 ? 10 : 30,
            .identity = { .node = 1, .incarnation = 1, .seq = i + 1 },
            .at_ms = now_ms,
            .recorded_ms = now_ms,
            .account = gen_account(0)
        };
        say(event, symbol / STEPS, zone_day(helsinki, now_ms));
    }
    ret_case->until_ms = now_ms + 70 * CALENDAR_DAY_MS;
}
