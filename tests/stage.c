#include "tests/stage.h"

#include "tests/unit.h"

#include "replay/report.h"
#include "tests/stage_rules.h"

#include <stdio.h>

enum { RECEIPTS = 16 }; /* numbers come again */

const char stage_rules[] =
    "excluded: {categories: [tobacco]}\n"
    "points: {value: 0.01, expire_months: 4, pending_days: 3}\n"
    "earn:\n"
    "  - {id: base, per: 1.00, points: 1}\n"
    "  - {id: weekend, when: {weekdays: [sat, sun]}, multiply: 2}\n"
    "  - {id: coffee, when: {categories: [coffee]}, multiply: 3, best_of: p}\n"
    "  - {id: big, when: {min_total: 60.00}, points: 50, best_of: p}\n"
    "  - {id: back, when: {inactive_days: 20}, points: 9, max_points: 7}\n"
    "  - {id: wake, on: inactive, after_days: 15, reward: cup}\n"
    "  - {id: hello, on: join, points: 500, when: {stores: [10]}}\n"
    "rewards: [{id: cup, value: 3.50, valid_days: 60}]\n"
    "stamps:\n"
    "  - {id: card, when: {categories: [coffee]}, per: item, need: 3, points: "
    "5}\n"
    "  - {id: lunch, need: 2, reward: cup}\n"
    "spend_rewards:\n"
    "  - {id: hundred, spend: 100.00, window: year, reward: cup, repeat: "
    "true}\n"
    "monthly_bonus: {steps: [{from: 50.00, percent: 1}]}\n"
    "tiers:\n"
    "  window: 3 months\n"
    "  valid_for: 2 months\n"
    "  levels: [{id: basic}, {id: gold, from: 150.00, multiply: 1.5, reward: "
    "cup}]\n";

const char stage_other_rules[] =
    "ends: 2025-09-30\n"
    "only: {categories: [coffee, garden]}\n"
    "overdraft: {liable: partner}\n"
    "points: {value: 0.02, expire_dates: [06-30, 12-31], release: [03-01]}\n"
    "earn:\n"
    "  - {id: base, per: 0.70, points: 3}\n"
    "  - {id: fund, when: {categories: [coffee]}, per: 2.00, points: 5, "
    "funder: "
    "cafe}\n"
    "  - {id: night, when: {hours: \"22:00-06:00\"}, multiply: 1.5, of: fund}\n"
    "  - {id: date, when: {dates: {from: 2025-03-01, to: 2025-06-30}}, "
    "multiply: 3, limit: {times: 2, per: month}}\n"
    "  - {id: home, when: {home_store: true, partners: [market]}, points: 4, "
    "best_of: q}\n"
    "  - {id: first, when: {first_purchase: true}, points: 70, reward: mug, "
    "best_of: q}\n"
    "  - {id: gold, when: {tiers: [gold]}, points: 3, limit: {times: 1, per: "
    "day}}\n"
    "  - {id: mail, when: {consents: [email]}, points: 1000}\n"
    "rewards: [{id: mug, value: 2.00}]\n"
    "spend_rewards: [{id: once, spend: 50.00, points: 40}]\n"
    "tiers:\n"
    "  window: year\n"
    "  valid_for: next_year_end\n"
    "  downgrade: one_level\n"
    "  levels: [{id: basic, multiply: 1.1}, {id: silver, from: 30.00}, {id: "
    "gold, from: 90.00, multiply: 1.777}]\n";

static uint64_t
draw(uint64_t *seed, uint64_t below)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return (*seed >> 11) % below;
}

static void
put_odd(char *line, size_t size, const char *head, uint64_t *seed, uint32_t i)
{
    unsigned long long other = draw(seed, i + 1);
    unsigned long long receipt = draw(seed, RECEIPTS);

    switch (draw(seed, 9)) {
    case 0:
        snprintf(line, size, "%s\"kind\": \"stamp\", \"card\": \"lunch\"}\n",
                 head);
        return;
    case 1:
        snprintf(line, size, "%s\"kind\": \"return\", \"receipt\": \"%llu\"}\n",
                 head, receipt);
        return;
    case 2:
        snprintf(line, size,
                 "%s\"kind\": \"return\", \"receipt\": \"%llu\", \"lines\": "
                 "[{\"line\": 0, \"amount\": 250}]}\n",
                 head, receipt);
        return;
    case 3:
        snprintf(line, size,
                 "%s\"kind\": \"return\", \"total\": 700, \"lines\": "
                 "[{\"amount\": 700, \"category\": \"coffee\"}]}\n",
                 head);
        return;
    case 4:
        snprintf(line, size,
                 "%s\"kind\": \"reverse\", \"redemption\": \"q%llu\"}\n", head,
                 other);
        return;
    case 5:
        snprintf(line, size,
                 "%s\"kind\": \"redeem\", \"id\": \"q%u\", \"reward\": "
                 "\"cup\"}\n",
                 head, i);
        return;
    case 6:
        snprintf(line, size, "%s\"kind\": \"grant\", \"reward\": \"cup\"}\n",
                 head);
        return;
    case 7:
        snprintf(line, size,
                 strstr(head, "bearer") != NULL
                     ? "%s\"kind\": \"activity\", \"name\": \"survey\"}\n"
                     : "%s\"kind\": \"consent\", \"channel\": \"email\", "
                       "\"granted\": true}\n",
                 head);
        return;
    default:
        snprintf(line, size, "%s\"kind\": \"void\", \"voids\": \"1.1.%llu\"}\n",
                 head, other + 2);
        return;
    }
}

/* Several lines, of all goods and of none, with amounts of 0 and below among
 * them. */
static void
put_receipt(char *line, size_t size, const char *head, uint64_t *seed,
            uint32_t i)
{
    static const char *const GOODS[] = {
        "",
        "\"category\": \"coffee\", ",
        "\"category\": \"coffee.beans\", ",
        "\"category\": \"tobacco\", ",
        "\"category\": \"garden\", ",
        "\"category\": \"garden.tools\", \"sku\": \"spade\", ",
        "\"sku\": \"4006381333931\", ",
    };
    uint64_t count = 2 + draw(seed, draw(seed, 4) == 0 ? 19 : 4);
    int64_t total = 0, off = draw(seed, 4) == 0 ? (int64_t)draw(seed, 100) : 0;
    char lines[2000];
    int at = 0;

    for (uint64_t k = 0; k < count; k++) {
        int64_t amount = (int64_t)draw(seed, 1500);
        if (k == 0)
            amount = 100 * (int64_t)count; /* more than all below 0 */
        else if (draw(seed, 3) == 0)
            amount = draw(seed, 2) == 0 ? 0 : -(amount % 100);
        total += amount;
        at +=
            snprintf(lines + at, sizeof lines - (size_t)at,
                     "%s{%s\"amount\": %lld, \"qty\": %llu}",
                     k == 0 ? "" : ", ", GOODS[draw(seed, COUNT_OF(GOODS))],
                     (long long)amount, 1 + (unsigned long long)draw(seed, 4));
    }
    snprintf(line, size,
             "%s\"kind\": \"purchase\", \"receipt\": \"%u\", \"total\": %lld, "
             "\"off\": %lld, \"lines\": [%s]}\n",
             head, i % RECEIPTS, (long long)(total - off), (long long)off,
             lines);
}

static void
put_event(char *line, size_t size, uint64_t *seed, uint32_t i, uint32_t odd)
{
    static const char *const GOODS[] = { "coffee", "coffee.beans", "tobacco",
                                         "garden" };
    static const uint32_t STORES[] = { 5, 10, 11, 12, 30 };
    uint64_t day = draw(seed, 330), minute = draw(seed, 1440);
    uint64_t member = 1 + draw(seed, 9);
    uint64_t total = draw(seed, 3) == 0 ? draw(seed, 9000) : draw(seed, 2000);
    char head[200], who[40], at[25];

    snprintf(who, sizeof who, "\"member\": %llu", (unsigned long long)member);
    if (member == 9)
        snprintf(who, sizeof who, "\"bearer\": \"B-%llu\"",
                 (unsigned long long)draw(seed, 2));
    calendar_format_time(
        INT64_C(1735689600000) + (int64_t)(day * 1440 + minute) * 60000, at);
    snprintf(head, sizeof head, "{\"at\": \"%s\", \"store\": %u, %s, ", at,
             STORES[draw(seed, COUNT_OF(STORES))], who);
    uint64_t kind = draw(seed, 20);
    if (odd > 0 && draw(seed, odd) == 0)
        put_odd(line, size, head, seed, i);
    else if (kind < 4)
        snprintf(line, size,
                 "%s\"kind\": \"redeem\", \"id\": \"q%u\", \"points\": "
                 "%llu}\n",
                 head, i, (unsigned long long)draw(seed, 200) + 1);
    else if (kind == 4 && member != 9)
        snprintf(line, size, "%s\"kind\": \"join\", \"home_store\": 11}\n",
                 head);
    else if (kind < 8)
        put_receipt(line, size, head, seed, i);
    else if (kind < 12 || total == 0)
        snprintf(line, size,
                 "%s\"kind\": \"purchase\", \"receipt\": \"%u\", \"total\": "
                 "%llu}\n",
                 head, i % RECEIPTS, (unsigned long long)total);
    else
        snprintf(line, size,
                 "%s\"kind\": \"purchase\", \"receipt\": \"%u\", \"total\": "
                 "%llu, \"lines\": [{\"amount\": %llu, \"category\": "
                 "\"%s\"}]}\n",
                 head, i % RECEIPTS, (unsigned long long)total,
                 (unsigned long long)total, GOODS[draw(seed, COUNT_OF(GOODS))]);
}

void
stage_fill(struct shop *shop, uint64_t seed, uint32_t count, uint32_t odd)
{
    char line[2500];

    for (uint32_t i = 0; i < count; i++) {
        put_event(line, sizeof line, &seed, i, odd);
        shop_import(shop, line);
    }
}

void
stage_void(struct shop *shop, uint64_t seed, uint32_t count, uint32_t events)
{
    char line[300], who[40];

    for (uint32_t i = 0; i < count; i++) {
        unsigned long long event = 1 + draw(&seed, events);
        for (uint32_t account = 1; account <= 10; account++) {
            snprintf(who, sizeof who,
                     account <= 8 ? "\"member\": %u" : "\"bearer\": \"B-%u\"",
                     account <= 8 ? account : account - 9);
            snprintf(line, sizeof line,
                     "{\"at\": \"2025-%02u-15T12:00:00Z\", \"store\": 10, %s, "
                     "\"kind\": \"void\", \"voids\": \"1.1.%llu\"}\n",
                     1 + (uint32_t)draw(&seed, 12), who, event);
            shop_import(shop, line);
        }
    }
}

void
stage_merge(struct shop *shop)
{
    struct history *history = ledger_history(shop->ledger);

    history_set_owner(history, true);
    assert_int_equal(history_refresh(history), OK);
    assert_int_equal(history_merge(history), OK);
}

void
stage_run(struct shop *shop, struct stage *stage)
{
    const struct timeline **candidates =
        ARENA_NEW(&shop->arena, const struct timeline *, 1);
    struct complaint complaint = { "" };

    assert_int_equal(ledger_timeline(shop->ledger, LEDGER_KNOWN_ALL,
                                     &stage->options.baseline, &complaint),
                     OK);
    candidates[0] = stage_rules_compile(
        shop->ledger, shop_program(shop, stage->candidate), &shop->arena);
    stage->options.candidates = candidates;
    stage->options.candidate_count = 1;
    if (stage->options.thread_count == 0)
        stage->options.thread_count = 1;
    if (stage->options.span.until_ms == 0)
        stage->options.span =
            (struct side_span) { INT64_MIN, INT64_C(1767225600000) };
    assert_int_equal(simulate(shop->ledger, &stage->options, &shop->arena,
                              &stage->simulation, &complaint),
                     OK);
    compare_sides(&stage->simulation, 0, &shop->arena, &stage->comparison);
}

view
stage_json(struct shop *shop, const struct stage *stage)
{
    struct text text = { 0 };

    report_json(&text, &stage->comparison, INT32_MIN);
    assert_true(text_ok(&text));
    view kept = arena_copy(&shop->arena, text_view(&text));
    text_close(&text);
    return kept;
}
