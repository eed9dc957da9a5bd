/*
 * test_walk.c - a whole history step by step: voids, referrals, canonical
 * order; and random histories under changing versions, whose every step keeps
 * the identities of the clearing matrix (story.c asserts them) and whose
 * packed states can be gone on from
 */
#include "core/balance.h"
#include "tests/story.h"
#include "tests/unit.h"

#include <stdio.h>
#include <string.h>

static const char plain[] = "earn: [{id: base, per: 1.00, points: 1}]\n"
                            "stamps: [{id: lunch, need: 10, points: 5}]\n";

/* --- voids --- */

TEST(a_void_undoes_whatever_arrives_first)
{
    struct story *story = story_open();

    story_rules(story, "2000-01-01", plain);
    story_event(story, "{\"at\": \"2025-01-10T12:00\", \"kind\": \"purchase\", "
                       "\"receipt\": \"A\", \"total\": 1000}");
    story_event(story, "{\"at\": \"2025-01-09T12:00\", \"kind\": \"void\", "
                       "\"voids\": \"1.1.1\"}");
    /* Names 1.1.2, a void: unmatched, so that 1.1.1 stays voided; 1.1.9 never
     * arrives. */
    story_event(story, "{\"at\": \"2025-01-11T12:00\", \"kind\": \"void\", "
                       "\"voids\": \"1.1.2\"}");
    story_event(story, "{\"at\": \"2025-01-11T12:01\", \"kind\": \"void\", "
                       "\"voids\": \"1.1.9\"}");
    const char *rows = story_explain(story, "42", "2025-02-01", false);
    story_has(rows, "[{\"event\": \"1.1.2\", \"at\": "
                    "\"2025-01-09T10:00:00.000Z\", \"kind\": \"void\", "
                    "\"store\": 10, \"rules\": [], \"points\": 0, "
                    "\"vouchers\": [], \"notes\": [],");
    story_has(rows, "\"event\": \"1.1.1\", \"at\": "
                    "\"2025-01-10T10:00:00.000Z\", \"kind\": \"purchase\", "
                    "\"store\": 10, \"rules\": [], \"points\": 0, "
                    "\"vouchers\": [], \"notes\": [\"voided\"],");
    story_has(rows, "\"event\": \"1.1.3\", \"at\": "
                    "\"2025-01-11T10:00:00.000Z\", \"kind\": \"void\", "
                    "\"store\": 10, \"rules\": [], \"points\": 0, "
                    "\"vouchers\": [], \"notes\": [\"unmatched\"],");
    assert_string_equal(story_accounts_json(story, "2025-02-01"), "");
    /* The void of 1.1.9 was noted, so that it is not folded forward. */
    struct walk *walk = story_walk(story, "42", "2025-02-01", false);
    story_finish(story);
    struct event late = { .kind = EVENT_JOIN,
                          .identity = { 1, 9, 1 },
                          .at_ms = walk->account.clock_ms };
    assert_false(fold_can_forward(&walk->account, &late));
    late.identity.seq = 10;
    assert_true(fold_can_forward(&walk->account, &late));
    late.kind = EVENT_VOID;
    assert_false(fold_can_forward(&walk->account, &late));
    story_close(story);
}

/* --until before the void: it holds all the same. */
TEST(a_later_void_holds_for_earlier_questions)
{
    struct story *story = story_open();

    story_rules(story, "2000-01-01", plain);
    story_event(story, "{\"at\": \"2025-01-10T12:00\", \"kind\": \"purchase\", "
                       "\"receipt\": \"A\", \"total\": 1000}");
    story_event(story, "{\"at\": \"2025-01-11T12:00\", \"kind\": \"purchase\", "
                       "\"receipt\": \"B\", \"total\": 500}");
    story_event(story, "{\"at\": \"2025-06-01T12:00\", \"kind\": \"void\", "
                       "\"voids\": \"1.1.1\"}");
    story_has(story_balance(story, "42", "2025-01-12"), "\"available\": 5,");
    story_has(story_balance(story, "42", "2025-01-12"),
              "\"first_purchase\": \"2025-01-11T10:00:00.000Z\"");
    story_close(story);
}

/* --- referrals --- */

TEST(a_referrer_becomes_an_account_and_takes_the_events_place)
{
    struct story *story = story_open();

    story_rules(story, "2000-01-01",
                "points: {pending_days: 2}\n"
                "earn: [{id: base, per: 1.00, points: 1}]\n"
                "referral: {on: either, min_total: 5.00, referrer_points: 10, "
                "referred_points: 3}\n"
                "stamps: [{id: lunch, need: 10, points: 5}]\n");
    story_event(story, "{\"at\": \"2025-01-10T12:00\", \"kind\": \"join\", "
                       "\"member\": 7, \"referrer\": 42}");
    story_event(story, "{\"at\": \"2025-01-11T12:00\", \"kind\": \"stamp\", "
                       "\"member\": 7, \"store\": 30, \"card\": \"dinner\"}");
    story_event(story, "{\"at\": \"2025-01-12T12:00\", \"kind\": \"stamp\", "
                       "\"member\": 7, \"store\": 30, \"card\": \"lunch\"}");
    story_event(story, "{\"at\": \"2025-01-13T12:00\", \"kind\": \"stamp\", "
                       "\"member\": 7, \"store\": 30, \"card\": \"lunch\"}");
    story_same_json(
        story_explain(story, "42", "2025-02-01", false),
        "[{\"event\": \"1.1.3\", \"at\": \"2025-01-12T10:00:00.000Z\", "
        "\"kind\": \"referral\", \"store\": 30, \"rules\": [{\"rule\": "
        "\"referral\", \"points\": 10}], \"points\": 10, \"vouchers\": [], "
        "\"notes\": [], \"available\": 0, \"pending\": 10, \"debt\": 0, "
        "\"tier\": null},"
        "{\"event\": null, \"at\": \"2025-01-13T22:00:00.000Z\", "
        "\"kind\": \"release\", \"store\": null, \"rules\": [], \"points\": 0, "
        "\"vouchers\": [], \"notes\": [], \"available\": 10, \"pending\": 0, "
        "\"debt\": 0, \"tier\": null}]");
    story_has(story_balance(story, "42", "2025-02-01"),
              "\"purchases\": 0, \"spend\": 0, \"first_purchase\": null, "
              "\"last_purchase\": null, \"last_visit\": null}");
    story_has(story_balance(story, "7", "2025-02-01"), "\"available\": 3,");
    struct story_figure figure =
        story_figure(story, "42", "2025-02-01", MEASURE_ISSUED, "cafe", 30);
    assert_int_equal(figure.amount, 10);
    assert_int_equal(figure.micro, 10 * 12000);
    story_close(story);
}

/* --- before the first version --- */

/* Facts count, nothing else does; the first version takes effect with a row
 * and puts the account on the level that its spend supports. */
TEST(events_before_the_first_version_are_facts)
{
    struct story *story = story_open();

    story_rules(story, "2025-02-01",
                "points: {value: 0.01}\n"
                "earn: [{id: base, per: 1.00, points: 1}]\n"
                "monthly_bonus: {steps: [{from: 1.00, percent: 1}]}\n"
                "tiers: {window: 12 months, valid_for: 12 months, levels: "
                "[{id: b}, {id: s, from: 50.00}]}\n");
    story_event(story, "{\"at\": \"2025-01-10T12:00\", \"kind\": \"purchase\", "
                       "\"receipt\": \"A\", \"total\": 10000}");
    story_event(story, "{\"at\": \"2025-01-11T12:00\", \"kind\": \"redeem\", "
                       "\"id\": \"x\", \"points\": 5}");
    story_event(story, "{\"at\": \"2025-01-12T12:00\", \"kind\": \"return\", "
                       "\"total\": 1000}");
    story_event(story, "{\"at\": \"2025-02-12T12:00\", \"kind\": \"reverse\", "
                       "\"redemption\": \"x\"}");
    story_event(story, "{\"at\": \"2025-02-13T12:00\", \"kind\": \"return\", "
                       "\"receipt\": \"A\"}");
    const char *balance = story_balance(story, "42", "2025-02-01");
    story_has(balance, "\"available\": 0, \"pending\": 0, \"debt\": 0,");
    story_has(balance, "\"tier\": \"s\", \"tier_since\": "
                       "\"2025-01-31T22:00:00.000Z\", \"tier_until\": "
                       "\"2026-02-28T22:00:00.000Z\", \"window_spend\": 9000");
    story_has(balance, "\"purchases\": 1, \"spend\": 9000");
    /* The bonus of January is that of the last millisecond of January: none.
     * The return takes the level, for both spends are below 50.00 now. */
    balance = story_balance(story, "42", "2025-03-02");
    story_has(balance, "\"available\": 0, \"pending\": 0, \"debt\": 0,");
    story_has(balance, "\"tier\": \"b\"");
    story_has(balance, "\"purchases\": 1, \"spend\": -1000");
    const char *rows = story_explain(story, "42", "2025-03-02", false);
    story_has(rows, "\"kind\": \"version\"");
    story_has(rows, "\"kind\": \"reverse\", \"store\": 10, \"rules\": [], "
                    "\"points\": 0, \"vouchers\": [], "
                    "\"notes\": [\"unmatched\"]");
    assert_int_equal(
        story_figure(story, "42", "2025-03-02", MEASURE_PURCHASES, "", 0)
            .amount,
        0);
    assert_int_equal(
        story_figure(story, "42", "2025-03-02", MEASURE_REFUNDS, "market", 10)
            .amount,
        10000);
    story_close(story);
}

TEST(without_any_version_there_are_facts_only)
{
    struct story *story = story_open();

    story_event(story, "{\"at\": \"2025-01-10T12:00:00Z\", \"kind\": "
                       "\"purchase\", \"receipt\": \"A\", \"total\": 10000}");
    const char *balance = story_balance(story, "42", "2025-02-01T00:00:00Z");
    story_has(balance, "\"purchases\": 1, \"spend\": 10000");
    story_has(balance, "\"tier\": null");
    story_close(story);
}

/* --- random histories --- */

static const char first_rules[] =
    "ends: 2026-06-30\n"
    "points: {pending_days: 2, expire_months: 3}\n"
    "excluded: {categories: [tobacco]}\n"
    "rewards:\n"
    "  - {id: bun, value: 2.00, valid_days: 20, paid_by: issuer}\n"
    "  - {id: cup, value: 8.00, points: 80}\n"
    "  - {id: gift, value: 50.00}\n"
    "earn:\n"
    "  - {id: base, per: 1.00, points: 1}\n"
    "  - {id: food2, when: {categories: [food]}, multiply: 2, best_of: g}\n"
    "  - {id: big, when: {min_total: 40.00}, points: 60, best_of: g,"
    " funder: roaster}\n"
    "  - {id: item, when: {categories: [beans]}, per: item, points: 5,"
    " funder: roaster, limit: {times: 2, per: week}}\n"
    "  - {id: gift, when: {min_total: 80.00}, reward: bun, points: 3}\n"
    "  - {id: wake, on: inactive, after_days: 9, reward: bun, points: 2}\n"
    "  - {id: hi, on: join, points: 30}\n"
    "  - {id: act, on: activity, points: 10, limit: {times: 1, per: month}}\n"
    "stamps:\n"
    "  - {id: card, per: item, when: {categories: [food]}, need: 5,"
    " reward: bun}\n"
    "  - {id: dots, per: receipt, need: 4, points: 7}\n"
    "spend_rewards:\n"
    "  - {id: k, spend: 100.00, window: year, reward: cup, repeat: true}\n"
    "  - {id: one, spend: 60.00, points: 9}\n"
    "monthly_bonus: {steps: [{from: 50.00, percent: 2}]}\n"
    "tiers: {window: 2 months, valid_for: 2 months, downgrade: one_level,"
    " levels: [{id: b}, {id: s, from: 100.00, multiply: 1.5, reward: gift},"
    " {id: g, from: 200.00, multiply: 2}]}\n"
    "passes: [{id: gym, uses: 3, valid_months: 1, rebates: [{within_days: 20,"
    " points: 40}, {within_days: 60, reward: bun}]}]\n";

static const char second_rules[] =
    "overdraft: {liable: partner}\n"
    "points: {expire_inactive_months: 1}\n"
    "rewards:\n"
    "  - {id: cup, value: 7.00, points: 60, paid_by: issuer}\n"
    "  - {id: gift, value: 40.00, valid_days: 9}\n"
    "earn:\n"
    "  - {id: base, per: 0.50, points: 1}\n"
    "  - {id: wake, on: inactive, after_days: 5, points: 4}\n"
    "stamps:\n"
    "  - {id: card, per: item, need: 3, points: 11}\n"
    "spend_rewards:\n"
    "  - {id: k, spend: 70.00, window: ever, points: 20, repeat: true}\n"
    "tiers: {window: year, valid_for: next_year_end,"
    " levels: [{id: s}, {id: d, from: 150.00, multiply: 3}]}\n";

static const char third_rules[] =
    "points: {release: [04-01, 10-01], expire_dates: [12-31]}\n"
    "earn: [{id: base, per: 2.00, points: 3}]\n"
    "rewards: [{id: bun, value: 1.00}]\n"
    "monthly_bonus: {steps: [{from: 20.00, percent: 5}]}\n";

struct random {
    uint64_t state;
};

static uint32_t
below(struct random *random, uint32_t end)
{
    random->state = random->state * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)((random->state >> 33) % end);
}

static const char *
pick(struct random *random, const char *const *names, uint32_t count)
{
    return names[below(random, count)];
}

static const char *const goods[] = { "food", "beans", "tobacco", "tools" };
static const char *const rewards[] = { "bun", "cup", "gift", "none-such" };
static const char *const cards[] = { "card", "dots", "none-such" };

struct fields {
    char text[512];
};

static void
random_sale(struct random *random, struct fields *fields, uint32_t number)
{
    int some = 1 + (int)below(random, 9);
    int cents = (int)below(random, 9000);
    const char *good = pick(random, goods, COUNT_OF(goods));
    uint32_t receipt = below(random, 40);

    switch (below(random, 5)) {
    default:
        snprintf(fields->text, sizeof fields->text,
                 "\"kind\": \"purchase\", \"receipt\": \"r%u\", \"lines\": "
                 "[{\"amount\": %d, \"category\": \"%s\", \"qty\": %d}, "
                 "{\"amount\": %d, \"category\": \"food\"}], \"total\": %d",
                 number % 40, cents, good, some, 900, cents + 900);
        return;
    case 0:
        snprintf(fields->text, sizeof fields->text,
                 "\"kind\": \"return\", \"receipt\": \"r%u\"", receipt);
        return;
    case 1:
        snprintf(fields->text, sizeof fields->text,
                 "\"kind\": \"return\", \"receipt\": \"r%u\", \"lines\": "
                 "[{\"line\": %d, \"amount\": %d}]",
                 receipt, some % 3, cents / 3);
        return;
    case 2:
        snprintf(fields->text, sizeof fields->text,
                 "\"kind\": \"return\", \"total\": %d, \"lines\": "
                 "[{\"amount\": %d, \"category\": \"%s\"}]",
                 cents / 2, cents / 2, good);
        return;
    }
}

static void
random_points(struct random *random, struct fields *fields)
{
    int some = 1 + (int)below(random, 9);
    uint32_t id = below(random, 20);
    const char *reward = pick(random, rewards, COUNT_OF(rewards));

    switch (below(random, 8)) {
    default:
        snprintf(fields->text, sizeof fields->text,
                 "\"kind\": \"redeem\", \"id\": \"x%u\", \"points\": %d", id,
                 some * 15);
        return;
    case 0:
    case 1:
        snprintf(fields->text, sizeof fields->text,
                 "\"kind\": \"redeem\", \"id\": \"x%u\", \"reward\": \"%s\"",
                 id, reward);
        return;
    case 2:
    case 3:
        snprintf(fields->text, sizeof fields->text,
                 "\"kind\": \"reverse\", \"redemption\": \"x%u\"%s", id,
                 some > 4 ? ", \"points\": 17" : "");
        return;
    case 4:
        snprintf(fields->text, sizeof fields->text,
                 "\"kind\": \"adjust\", \"points\": %d, \"reason\": \"r\", "
                 "\"by\": \"b\"%s",
                 some * 7 + 1,
                 some > 4 ? ", \"expires_on\": \"2025-07-01\"" : "");
        return;
    case 5:
        snprintf(fields->text, sizeof fields->text,
                 "\"kind\": \"adjust\", \"points\": -%d, \"reason\": \"r\", "
                 "\"by\": \"b\"",
                 some * 9);
        return;
    }
}

static void
random_rest(struct random *random, struct fields *fields, uint32_t number)
{
    int some = 1 + (int)below(random, 9);
    const char *card = pick(random, cards, COUNT_OF(cards));
    const char *reward = pick(random, rewards, COUNT_OF(rewards));
    static const char *const fixed[] = {
        "\"kind\": \"pass_sale\", \"pass\": \"gym\", \"price\": 4444",
        "\"kind\": \"pass_use\", \"pass\": \"gym\"",
        "\"kind\": \"pass_use\", \"pass\": \"gym\"",
        "\"kind\": \"activity\", \"name\": \"survey\"",
        "\"kind\": \"consent\", \"channel\": \"sms\", \"granted\": true",
        "\"kind\": \"consent\", \"channel\": \"sms\", \"granted\": false",
        "\"kind\": \"join\", \"home_store\": 10",
    };

    switch (below(random, 7)) {
    default:
        snprintf(fields->text, sizeof fields->text, "%s",
                 pick(random, fixed, COUNT_OF(fixed)));
        return;
    case 0:
        snprintf(fields->text, sizeof fields->text,
                 "\"kind\": \"stamp\", \"card\": \"%s\", \"count\": %d", card,
                 some);
        return;
    case 1:
        snprintf(fields->text, sizeof fields->text,
                 "\"kind\": \"grant\", \"reward\": \"%s\"", reward);
        return;
    case 2:
        snprintf(fields->text, sizeof fields->text,
                 "\"kind\": \"void\", \"voids\": \"1.1.%u\"",
                 1 + below(random, number + 1));
        return;
    }
}

static void
random_event(struct story *story, struct random *random, uint32_t number)
{
    char line[768];
    struct fields fields;
    static const int stores[] = { 1, 10, 30, 77 };

    switch (below(random, 3)) {
    case 0:
        random_sale(random, &fields, number);
        break;
    case 1:
        random_points(random, &fields);
        break;
    default:
        random_rest(random, &fields, number);
        break;
    }
    snprintf(line, sizeof line,
             "{\"at\": \"202%u-%02u-%02uT%02u:00\", \"store\": %d, %s}",
             5 + below(random, 2), 1 + below(random, 12), 1 + below(random, 28),
             below(random, 24), stores[below(random, 4)], fields.text);
    story_event(story, line);
}

enum { ROOM = 1 << 18 };

/* What the random histories have brought about so far. */
static bool measures_seen[MEASURE_COUNT];
static bool changes_seen[CHANGE_NONE];

static void
note_seen(const struct step *step)
{
    if (step->kind == STEP_CHANGE)
        changes_seen[step->change] = true;
    for (uint32_t i = 0; i < step->effects->count; i++)
        measures_seen[step->effects->items[i].measure] = true;
}

/* False: it can't. */
static bool
go_forward(struct fold *fold, struct account *account, const struct step *step)
{
    int64_t at_ms;

    if (!fold_can_forward(account, step->event))
        return false;
    while (fold_clock(fold, account, step->at_ms, &at_ms) != CHANGE_NONE)
        continue;
    fold_event(fold, account, step->event);
    fold_effects(fold)->count = 0;
    return true;
}

/* Goes on from every packed state: the next event folded forward gives the
 * same bytes as the whole history. */
static void
check_forward(struct story *story, struct arena *arena)
{
    static uint8_t before[ROOM], after[ROOM], bytes[ROOM];
    const struct timeline *timeline = story_timeline(story);
    struct walk *walk = story_walk(story, "42", "2027-06-01", true);
    struct fold *fold = fold_open(timeline, false, arena);
    size_t before_size = 0;

    while (story_next(story)) {
        note_seen(&walk->step);
        if (walk->step.kind != STEP_EVENT)
            continue;
        size_t after_size = account_pack(&walk->account, timeline, after, ROOM);
        assert_true(after_size > 0);
        struct account account;
        view packed = { before, (uint32_t)before_size };
        if (before_size > 0) {
            assert_int_equal(account_unpack(packed, walk->account.id, timeline,
                                            arena, &account),
                             OK);
            if (go_forward(fold, &account, &walk->step)) {
                assert_int_equal(account_pack(&account, timeline, bytes, ROOM),
                                 after_size);
                assert_memory_equal(bytes, after, after_size);
            }
        }
        memcpy(before, after, after_size);
        before_size = after_size;
    }
}

TEST(random_histories_keep_every_identity)
{
    enum { SEEDS = 40, EVENTS = 250 };
    struct arena arena;

    assert_true(arena_open(&arena, (size_t)1 << 32));
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct random random = { .state = seed };
        struct story *story = story_open();
        story_rules(story, "2025-02-10", first_rules);
        story_rules(story, "2025-06-15", second_rules);
        story_rules(story, "2025-10-01", third_rules);
        story_rules(story, "2025-12-31", second_rules);
        story_rules(story, "2026-03-01", first_rules);
        for (uint32_t i = 0; i < EVENTS; i++)
            random_event(story, &random, i);
        check_forward(story, &arena);
        arena_reset(&arena);
        story_close(story);
    }
    arena_close(&arena);
    for (int i = 0; i < MEASURE_COUNT; i++)
        assert_true(measures_seen[i]);
    for (int i = 0; i < CHANGE_NONE; i++)
        assert_true(changes_seen[i]);
}

RUN(cmocka_unit_test(a_void_undoes_whatever_arrives_first),
    cmocka_unit_test(a_later_void_holds_for_earlier_questions),
    cmocka_unit_test(a_referrer_becomes_an_account_and_takes_the_events_place),
    cmocka_unit_test(events_before_the_first_version_are_facts),
    cmocka_unit_test(without_any_version_there_are_facts_only),
    cmocka_unit_test(random_histories_keep_every_identity))
