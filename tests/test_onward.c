/*
 * test_onward.c - the short ways of an ordinary purchase, onto an account and
 * onto a warm one, lead to the account that fold_event() leads to, and go where
 * they are meant to go
 *
 * Random purchases without lines and what makes them special: first ones,
 * redemptions that leave a debt, joins that name a referrer, levels reached,
 * midnights and ends of months; under rules that have tariffs and others.
 */
#include "core/state_fold.h"

#include "tests/gen.h"
#include "tests/story.h"
#include "tests/unit.h"

#include <string.h>

enum { ROOM = 1 << 14, EVENTS = 400, HISTORIES = 12 };

/* The rules of a test, perhaps changed half way. */
struct rules {
    const char *yaml;
    const char *later; /* NULL: none */
    bool taken;        /* ordinary purchases go the short way, ... */
    bool refused;      /* ... or some don't */
};

static struct gen gen;
static int64_t now_ms;
static uint64_t seq;

/* --- what happens --- */

static struct event
buy(uint32_t store, int64_t total)
{
    return (struct event) {
        .kind = EVENT_PURCHASE,
        .store = store,
        .identity = { .incarnation = 1, .node = 7, .seq = ++seq },
        .at_ms = now_ms,
        .recorded_ms = now_ms,
        .account = { .member = 42 },
        .sale = { .receipt = view_of("r"),
                  .total = { total },
                  .bought_on = EVENT_NO_DAY },
    };
}

static struct event
happen(void)
{
    static const uint32_t stores[] = { 1, 10, 30, 999 };
    static const int64_t steps[] = { 1, 1000, 3600000, 86400000, 900000000 };
    struct event event;

    now_ms += 1 + gen_below(&gen, (uint32_t)steps[gen_below(&gen, 5)]);
    if (gen_chance(&gen, 10))
        now_ms += 900000 - now_ms % 900000;
    event = buy(stores[gen_below(&gen, 4)],
                gen_chance(&gen, 5) ? 0 : gen_below(&gen, 30000));
    if (gen_chance(&gen, 6)) {
        memset(&event.sale, 0, sizeof event.sale);
        event.kind = EVENT_REDEEM;
        event.id = view_of("x");
        event.redeem.points.value =
            1 + gen_below(&gen, gen_chance(&gen, 20) ? 2000 : 60);
        event.redeem.value.minor = -1;
    } else if (gen_chance(&gen, 2)) {
        memset(&event.sale, 0, sizeof event.sale);
        event.kind = EVENT_JOIN;
        event.join.referrer = 41;
    }
    return event;
}

/* --- both ways --- */

struct way {
    struct fold *fold;
    struct arena arena;
    uint8_t bytes[ROOM]; /* the account, packed; */
    size_t size;         /* 0: none */
};

/* True: `onward`, where it is given, took the event. */
static bool
go(struct way *way, struct onward *onward, const struct event *event)
{
    const struct timeline *timeline = fold_timeline(way->fold);
    struct account account;

    arena_reset(&way->arena);
    if (way->size == 0)
        account_open(&account, event->account, &way->arena);
    else
        assert_int_equal(
            account_unpack((view) { way->bytes, (uint32_t)way->size },
                           event->account, timeline, &way->arena, &account),
            OK);
    fold_run_clock(way->fold, &account, event->at_ms);
    bool taken = onward != NULL && onward_take(onward, &account, event);
    if (!taken) {
        fold_event(way->fold, &account, event);
        fold_run_clock(way->fold, &account, event->at_ms);
    }
    way->size = account_pack(&account, timeline, way->bytes, ROOM);
    assert_true(way->size > 0);
    return taken;
}

/* A state that is warm from one event to the next. */
struct warm_way {
    struct state_fold fold;
    uint8_t bytes[WARM_SIZE_MAX];
    uint32_t size; /* 0: none */
};

/* True: the event was taken where the state lies.  Somebody else's first
 * purchase was like it, so that what the day gives is known. */
static bool
go_warm(struct warm_way *way, const struct event *event)
{
    struct state_folded folded;
    struct onward_sale sale;

    if (event->kind == EVENT_PURCHASE)
        assert_int_equal(
            state_fold_forward(&way->fold, (view) { 0 }, event, &folded), OK);
    const bool passed = onward_sale_of(event, &sale) &&
                        state_fold_pass(&way->fold, way->bytes, way->size,
                                        &sale, &folded.packed);

    if (!passed)
        assert_int_equal(state_fold_forward(&way->fold,
                                            (view) { way->bytes, way->size },
                                            event, &folded),
                         OK);
    assert_true(warm_is(folded.packed));
    assert_true(folded.packed.size <= sizeof way->bytes);
    memmove(way->bytes, folded.packed.bytes, folded.packed.size);
    way->size = folded.packed.size;
    return passed;
}

static void
assert_same(struct warm_way *warm, const struct way *way, account_id account)
{
    view cooled;

    assert_int_equal(state_fold_cool(&warm->fold,
                                     (view) { warm->bytes, warm->size },
                                     account, &cooled),
                     OK);
    assert_int_equal(cooled.size, way->size);
    assert_memory_equal(cooled.bytes, way->bytes, way->size);
}

/* How often each way went. */
struct tally {
    uint32_t taken;
    uint32_t refused;
    uint32_t passed;
};

static void
compare(struct way *shorter, struct way *longer, struct warm_way *warm,
        struct onward *onward, struct tally *tally)
{
    shorter->size = longer->size = warm->size = 0;
    for (uint32_t i = 0; i < EVENTS; i++) {
        const struct event event = happen();
        bool taken = go(shorter, onward, &event);
        (void)go(longer, NULL, &event);
        assert_int_equal(shorter->size, longer->size);
        assert_memory_equal(shorter->bytes, longer->bytes, longer->size);
        tally->passed += go_warm(warm, &event);
        assert_same(warm, longer, event.account);
        tally->taken += taken;
        tally->refused += !taken && event.kind == EVENT_PURCHASE &&
                          event.sale.total.minor > 0;
    }
}

static void
try(const struct rules *rules)
{
    static struct way ways[2];
    static struct warm_way warm;
    struct story *story = story_open();
    struct arena arena = { 0 };
    struct tally tally = { 0 };

    story_rules(story, "2000-01-01", rules->yaml);
    if (rules->later != NULL)
        story_rules(story, "2025-08-01", rules->later);
    assert_true(arena_open(&arena, 1 << 24));
    for (int i = 0; i < 2; i++) {
        ways[i].fold = fold_open(story_timeline(story), false, &arena);
        assert_true(arena_open(&ways[i].arena, 1 << 24));
    }
    struct onward *onward = onward_open(ways[0].fold, &arena);
    assert_int_equal(state_fold_open(&warm.fold, NULL, story_timeline(story)),
                     OK);
    warm.fold.warms = true;
    for (uint32_t i = 0; i < HISTORIES; i++) {
        now_ms = INT64_C(1735689600000) + gen_below(&gen, 1000000000);
        compare(&ways[0], &ways[1], &warm, onward, &tally);
    }
    assert_int_equal(tally.taken > 0, rules->taken);
    assert_int_equal(tally.passed > 0, rules->taken);
    assert_int_equal(tally.refused > 0, rules->refused);
    state_fold_close(&warm.fold);
    for (int i = 0; i < 2; i++)
        arena_close(&ways[i].arena);
    arena_close(&arena);
    story_close(story);
}

/* --- rules --- */

#define BASE "  - {id: base, per: 1.00, points: 1}\n"
#define TIERS                                                                  \
    "tiers:\n"                                                                 \
    "  window: 12 months\n"                                                    \
    "  valid_for: 12 months\n"                                                 \
    "  levels: [{id: basic}, {id: silver, from: 500.00, multiply: 1.25}, "     \
    "{id: gold, from: 1500.00, multiply: 1.5}]\n"

/* Some are refused, for a debt or a level reached. */
TEST(under_rules_with_tariffs)
{
    static const struct rules all[] = {
        { "points: {expire_months: 6}\nearn:\n" BASE
          "  - {id: weekend, when: {weekdays: [sat, sun]}, multiply: 2}\n"
          "  - {id: coffee, when: {categories: [c3]}, points: 5, limit: "
          "{times: 1, per: day}}\n" TIERS,
          "points: {expire_dates: [12-31]}\nearn:\n" BASE, true, true },
        { "points: {pending_days: 3, expire_months: 1}\nearn:\n"
          "  - {id: base, per: 7.00, points: 3}\n"
          "  - {id: here, when: {stores: [10]}, multiply: 1.3}\n"
          "  - {id: june, when: {dates: {from: 2025-06-01, to: 2025-06-30}}, "
          "multiply: 3}\n"
          "referral: {on: purchase, min_total: 10.00, referrer_points: 100, "
          "referred_points: 50}\n",
          NULL, true, true },
        { "points: {expire_inactive_months: 1}\nearn:\n" BASE
          "  - {id: wake, on: inactive, after_days: 3, points: 9}\n"
          "monthly_bonus: {steps: [{from: 50.00, percent: 1}]}\n",
          "earn:\n  - {id: wake, on: inactive, after_days: 2, points: 9}\n",
          true, true },
        { "ends: 2025-06-17\nonly: {categories: [c1]}\nearn:\n" BASE
          "stamps: [{id: lunch, need: 10, points: 500}]\n" TIERS,
          NULL, true, true },
        { "tiers:\n  window: year\n  valid_for: next_year_end\n  levels: [{id: "
          "a}, {id: b, from: 200.00}]\nearn:\n" BASE,
          NULL, true, true },
    };

    for (uint32_t i = 0; i < COUNT_OF(all); i++)
        try(&all[i]);
}

TEST(under_other_rules)
{
    static const char *const all[] = {
        "earn:\n" BASE "  - {id: big, when: {min_total: 100.00}, points: 50}\n",
        "earn:\n  - {id: base, per: 1.00, points: 1, max_points: 20}\n",
        "earn:\n  - {id: base, per: 1.00, points: 1, limit: {times: 1, per: "
        "day}}\n",
        "earn:\n" BASE "  - {id: lunch, when: {hours: \"11:00-13:00\"}, "
        "multiply: 2}\n",
        "earn:\n" BASE "stamps: [{id: card, per: receipt, need: 3, points: "
        "5}]\n",
        "earn:\n" BASE "spend_rewards: [{id: k, spend: 10.00, window: ever, "
        "points: 7, repeat: true}]\n",
    };

    for (uint32_t i = 0; i < COUNT_OF(all); i++)
        try(&(struct rules) { .yaml = all[i], .refused = true });
}

/* A purchase on a day from 2025-01-01 (0) on; `passed`: onto the warm account
 * where it lies. */
struct bought {
    int32_t day;
    int64_t total;
    bool passed;
};

static void
follow(const char *yaml, const struct bought *steps, uint32_t count)
{
    static struct way longer;
    static struct warm_way warm;
    struct story *story = story_open();
    struct arena arena = { 0 };

    story_rules(story, "2000-01-01", yaml);
    assert_true(arena_open(&arena, 1 << 24));
    assert_true(arena_open(&longer.arena, 1 << 24));
    longer.fold = fold_open(story_timeline(story), false, &arena);
    longer.size = warm.size = 0;
    assert_int_equal(state_fold_open(&warm.fold, NULL, story_timeline(story)),
                     OK);
    warm.fold.warms = true;
    for (uint32_t i = 0; i < count; i++) {
        now_ms = INT64_C(1735725600000) + steps[i].day * CALENDAR_DAY_MS + i;
        const struct event event = buy(10, steps[i].total);
        (void)go(&longer, NULL, &event);
        assert_int_equal(go_warm(&warm, &event), steps[i].passed);
        assert_same(&warm, &longer, event.account);
    }
    state_fold_close(&warm.fold);
    arena_close(&longer.arena);
    arena_close(&arena);
    story_close(story);
}

/* The lot of the second purchase is the only one, and expires before the
 * third. */
TEST(what_comes_in_may_expire_soon)
{
    static const struct bought steps[] = { { 2, 40, false },
                                           { 3, 1000, true },
                                           { 11, 1000, false } };

    follow("points: {expire_dates: [01-10]}\nearn:\n" BASE, steps,
           COUNT_OF(steps));
}

/* The level of 2025 is held until the end of 2026, and from the last purchase
 * but one of a June day, with which the year supports it again, for longer. */
TEST(what_supports_a_level_keeps_it)
{
    enum { JUNE = 365 + 155 };
    static const struct bought steps[] = {
        { 0, 60000, false },     { JUNE, 30000, false },
        { JUNE, 1000, true },    { JUNE, 24000, false },
        { JUNE, 1000, true },    { JUNE + 1, 1000, false },
        { JUNE + 1, 1000, true }
    };

    follow("tiers: {window: year, valid_for: next_year_end, levels: [{id: a}, "
           "{id: b, from: 500.00}]}\nearn:\n" BASE,
           steps, COUNT_OF(steps));
}

RUN(cmocka_unit_test(under_rules_with_tariffs),
    cmocka_unit_test(what_comes_in_may_expire_soon),
    cmocka_unit_test(what_supports_a_level_keeps_it),
    cmocka_unit_test(under_other_rules))
