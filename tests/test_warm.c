/*
 * test_warm.c - a warm account is the account it was made of, takes what an
 * ordinary purchase brings, and refuses what it has no place for
 */
#include "core/fold.h"
#include "core/warm.h"

#include "tests/story.h"
#include "tests/unit.h"

static const char rules[] = "points: {expire_months: 6}\n"
                            "earn:\n  - {id: base, per: 1.00, points: 1}\n"
                            "tiers: {window: 12 months, valid_for: 12 months, "
                            "levels: [{id: a}, {id: b, from: 500.00}]}\n";

enum { AT = 1735689600, PACKED_MAX = 1 << 14, LOTS = 80 }; /* s: 2025-01-01 */
#define AT_MS (INT64_C(1000) * AT)

static struct story *story;
static struct arena arena;
static const account_id member = { .member = 42 };

static void
begin(void)
{
    story = story_open();
    story_rules(story, "2000-01-01", rules);
    assert_true(arena_open(&arena, 1 << 27));
}

static void
end(void)
{
    arena_close(&arena);
    story_close(story);
}

/* One that has bought this month and has so many lots. */
static struct account
make(uint32_t lots)
{
    struct account account;
    struct fold *fold = fold_open(story_timeline(story), false, &arena);
    struct event event = {
        .kind = EVENT_PURCHASE,
        .store = 10,
        .identity = { .incarnation = 1, .node = 7, .seq = 1 },
        .at_ms = AT_MS,
        .account = member,
        .sale = { .total = { 1000 }, .bought_on = EVENT_NO_DAY },
    };

    account_open(&account, member, &arena);
    fold_run_clock(fold, &account, event.at_ms);
    fold_event(fold, &account, &event);
    fold_run_clock(fold, &account, event.at_ms);
    const struct lot_key key = account.lots.items[0].key;
    for (uint32_t i = 1; i < lots; i++) {
        struct lot_key other = key;
        other.expires_at += 2 * i;
        lot_add(&account.lots, other, (points) { i }, &arena);
    }
    return account;
}

static view
pack(const struct account *account)
{
    uint8_t *bytes = arena_take(&arena, PACKED_MAX);
    size_t size =
        account_pack(account, story_timeline(story), bytes, PACKED_MAX);

    assert_true(size > 0);
    return (view) { bytes, (uint32_t)size };
}

static uint32_t
warm(struct account *account, uint8_t *bytes)
{
    return (uint32_t)warm_make(account, story_timeline(story), TERMS_NEVER,
                               bytes);
}

static struct account
cool(const uint8_t *bytes, uint32_t size)
{
    struct account account;

    assert_int_equal(warm_account((view) { bytes, size }, member,
                                  story_timeline(story), &arena, &account),
                     OK);
    return account;
}

TEST(says_the_same)
{
    begin();
    for (uint32_t lots = 1; lots <= LOTS; lots++) {
        struct account account = make(lots);
        const view packed = pack(&account);
        uint8_t bytes[WARM_SIZE_MAX];
        const uint32_t size = warm(&account, bytes);
        assert_true(size > 0);
        assert_true(warm_is((view) { bytes, size }));
        assert_false(warm_is(packed));
        account = cool(bytes, size);
        assert_true(view_equal(pack(&account), packed));
    }
    end();
}

TEST(is_not_made_of_what_is_large)
{
    uint8_t bytes[WARM_SIZE_MAX];

    begin();
    struct account account = make(2 * LOTS);
    const view packed = pack(&account);
    assert_int_equal(warm(&account, bytes), 0);
    assert_true(view_equal(pack(&account), packed));
    account = make(1);
    for (uint32_t i = 0; i < 400; i++)
        account_note_void(&account, (identity) { 1, i, 7 });
    assert_int_equal(warm(&account, bytes), 0);
    end();
}

TEST(is_closed_to_what_asks_for_more)
{
    uint8_t bytes[WARM_SIZE_MAX];

    begin();
    struct account account = make(1);
    assert_true(warm_open(bytes, warm(&account, bytes)).head.open);
    account = make(1);
    account.debt.value = 1;
    assert_false(warm_open(bytes, warm(&account, bytes)).head.open);
    account = make(1);
    account_note_void(&account, (identity) { 1, 9, 7 });
    assert_false(warm_open(bytes, warm(&account, bytes)).head.open);
    account = make(1);
    account.referral =
        (struct referral_state) { .referrer = 3, .joined = true };
    assert_false(warm_open(bytes, warm(&account, bytes)).head.open);
    end();
}

/* Into a lot that is there nothing grows; before, between and behind others it
 * finds its place. */
TEST(takes_points)
{
    begin();
    for (int32_t step = -1; step <= 6; step++) {
        uint8_t bytes[WARM_SIZE_MAX], room[WARM_SIZE_MAX];
        struct account account = make(3);
        struct lot_key key = account.lots.items[0].key;
        struct account expected = make(3);
        key.expires_at += step;
        lot_add(&expected.lots, key, (points) { 7 }, &arena);
        struct warm opened = warm_open(bytes, warm(&account, bytes));
        const uint32_t before = opened.size;
        warm_add_lot(&opened, key, (points) { 7 }, room);
        warm_close(&opened);
        const bool there = step == 0 || step == 2 || step == 4;
        assert_int_equal(opened.size > before, !there);
        assert_ptr_equal(opened.bytes, there ? bytes : room);
        account = cool(opened.bytes, opened.size);
        assert_true(view_equal(pack(&account), pack(&expected)));
    }
    end();
}

TEST(says_when_it_is_full)
{
    uint8_t bytes[WARM_SIZE_MAX], room[WARM_SIZE_MAX];

    begin();
    struct account account = make(LOTS);
    struct lot_key key = account.lots.items[0].key;
    struct warm opened = warm_open(bytes, warm(&account, bytes));
    uint32_t added = 0;
    for (; warm_has_room(&opened); added++) {
        uint8_t *other = opened.bytes == bytes ? room : bytes;
        key.expires_at -= 1;
        warm_add_lot(&opened, key, (points) { 7 }, other);
    }
    assert_true(added > 0);
    assert_int_equal(opened.head.lot_count, LOTS + added);
    assert_true(opened.size <= WARM_SIZE_MAX);
    end();
}

TEST(takes_spend_where_there_is_some)
{
    uint8_t bytes[WARM_SIZE_MAX];

    begin();
    struct account account = make(1);
    struct warm opened = warm_open(bytes, warm(&account, bytes));
    const int32_t month = opened.head.month;
    assert_false(warm_add_spend(&opened, 10, (money) { 5 }));
    assert_false(warm_add_spend(&opened, 0, (money) { -1000 }));
    assert_true(warm_add_spend(&opened, 0, (money) { 234 }));
    assert_int_equal(warm_spend(&opened, month, month).minor, 1234);
    assert_int_equal(warm_spend(&opened, month + 1, month + 2).minor, 0);
    assert_int_equal(warm_spend(&opened, month - 2, month - 1).minor, 0);
    warm_close(&opened);
    account = cool(opened.bytes, opened.size);
    assert_int_equal(account_spend(&account, month, month).minor, 1234);
    opened.head.month++;
    assert_false(warm_add_spend(&opened, 0, (money) { 5 }));
    end();
}

RUN(cmocka_unit_test(says_the_same),
    cmocka_unit_test(is_not_made_of_what_is_large),
    cmocka_unit_test(is_closed_to_what_asks_for_more),
    cmocka_unit_test(takes_points), cmocka_unit_test(says_when_it_is_full),
    cmocka_unit_test(takes_spend_where_there_is_some))
