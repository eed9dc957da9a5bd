/*
 * test_lives.c - who has written in one incarnation, and who in several
 */
#include "core/lives.h"

#include "tests/kit.h"
#include "tests/unit.h"

static bool
is_only(struct lives *lives, struct journal *journal, uint64_t incarnation)
{
    const identity id = { .node = KIT_WHO.node, .incarnation = incarnation };
    struct reader *reader = NULL;
    bool only = false;

    assert_int_equal(reader_open(journal, &reader), OK);
    assert_int_equal(lives_is_only(lives, reader, id, &only), OK);
    reader_close(reader);
    return only;
}

TEST(a_second_incarnation_is_noticed)
{
    struct place place = place_make();
    struct journal *journal = kit_open_new(&place);
    struct lives lives = { 0 };

    kit_append_one(journal, "a");
    assert_true(is_only(&lives, journal, 100));
    assert_int_equal(journal_renew(journal, 101, REASON_MOVED, NULL), OK);
    kit_append_one(journal, "b");
    /* The first is not asked about anew until the second has been met. */
    assert_false(is_only(&lives, journal, 101));
    assert_false(is_only(&lives, journal, 100));
    lives_close(&lives);
    assert_false(is_only(&lives, journal, 100));
    lives_close(&lives);
    journal_close(journal);
    place_remove(&place);
}

RUN(cmocka_unit_test(a_second_incarnation_is_noticed))
