/*
 * test_account_unpack.c - damaged states are refused, or do no harm
 */
#include "tests/story.h"
#include "tests/unit.h"

#include <string.h>

enum { ROOM = 1 << 16 };

/* The shortest damage: every byte changed, every length cut.  Reading may
 * succeed with other numbers, but it must not stop the process, nor may a fold
 * that goes on from there. */
TEST(damaged_bytes_are_refused_or_harmless)
{
    struct story *story = story_open();
    static uint8_t bytes[ROOM], damaged[ROOM];
    int refused = 0;

    story_rules(
        story, "2000-01-01",
        "points: {expire_months: 12}\n"
        "earn: [{id: base, per: 1.00, points: 1, limit: {times: 3, per: "
        "week}}]\n"
        "rewards: [{id: coffee, value: 3.50, valid_days: 60}]\n"
        "passes: [{id: gym, uses: 10, valid_months: 2}]\n"
        "tiers: {window: 12 months, valid_for: 12 months, levels: [{id: b}, "
        "{id: s, from: 5.00, reward: coffee}]}\n");
    story_event(story, "{\"at\": \"2025-01-01T08:01\", \"kind\": \"consent\", "
                       "\"channel\": \"email\", \"granted\": true}");
    story_event(story, "{\"at\": \"2025-01-01T09:00\", \"kind\": \"purchase\", "
                       "\"receipt\": \"A\", \"total\": 1000}");
    story_event(story, "{\"at\": \"2025-01-01T10:00\", \"kind\": "
                       "\"pass_sale\", \"pass\": \"gym\", \"price\": 100}");
    struct walk *walk = story_walk(story, "42", "2025-01-01T10:00", false);
    story_finish(story);
    const struct timeline *timeline = story_timeline(story);
    size_t size = account_pack(&walk->account, timeline, bytes, ROOM);
    for (size_t i = 0; i < size; i++) {
        for (int bit = 0; bit < 8; bit++) {
            struct account account;
            struct arena scratch = story_scratch(story);
            memcpy(damaged, bytes, size);
            damaged[i] ^= (uint8_t)(1 << bit);
            view view_damaged = { damaged, (uint32_t)size };
            if (account_unpack(view_damaged, walk->account.id, timeline,
                               &scratch, &account) == OK) {
                struct fold *fold = fold_open(timeline, false, &scratch);
                fold_run_clock(fold, &account,
                               account.clock_ms + INT64_C(100000000000));
            } else {
                refused++;
            }
        }
        struct account account;
        struct arena scratch = story_scratch(story);
        assert_int_not_equal(account_unpack((view) { bytes, (uint32_t)i },
                                            walk->account.id, timeline,
                                            &scratch, &account),
                             OK);
    }
    assert_true(refused > 50);
    assert_int_equal(account_pack(&walk->account, timeline, bytes, size - 1),
                     0);
    story_close(story);
}

/* They are searched by their order: of a state in which they have none a fold
 * would miss some. */
TEST(voids_out_of_order_are_refused)
{
    struct story *story = story_open();
    static uint8_t bytes[ROOM];

    story_rules(story, "2000-01-01", "points: {expire_months: 12}\n");
    story_event(story, "{\"at\": \"2025-01-01T10:00\", \"kind\": \"purchase\", "
                       "\"receipt\": \"A\", \"total\": 1000}");
    struct walk *walk = story_walk(story, "42", "2025-01-01T10:00", false);
    story_finish(story);
    const struct timeline *timeline = story_timeline(story);
    struct void_list *voids = &walk->account.voids;
    account_note_void(&walk->account, (identity) { 1, 8, 9 });
    account_note_void(&walk->account, (identity) { 1, 7, 9 });
    account_note_void(&walk->account, (identity) { 1, 8, 9 });
    assert_int_equal(voids->count, 3);
    for (uint32_t ordered = 2; ordered-- > 0;) {
        struct account account;
        struct arena scratch = story_scratch(story);
        size_t size = account_pack(&walk->account, timeline, bytes, ROOM);
        enum err err =
            account_unpack((view) { bytes, (uint32_t)size }, walk->account.id,
                           timeline, &scratch, &account);
        assert_int_equal(err == OK, ordered);
        voids->items[2] = (identity) { 1, 6, 9 };
    }
    story_close(story);
}

RUN(cmocka_unit_test(damaged_bytes_are_refused_or_harmless),
    cmocka_unit_test(voids_out_of_order_are_refused))
