/*
 * test_heads.c - the heads as of a position are those that were, however much
 * has arrived since
 */
#include "tests/unit.h"

#include "core/heads.h"
#include "tests/kit.h"

static digest
heads_at(struct journal *journal, uint64_t known, size_t *ret_size)
{
    struct text text = { 0 };
    digest heads;

    assert_int_equal(heads_pack(journal, known, &text, &heads), OK);
    *ret_size = text.size;
    text_close(&text);
    return heads;
}

static void
append_key(struct journal *journal)
{
    struct journal_control control = { .channel = CHANNEL_BOOKS,
                                       .kind = RECORD_KEY,
                                       .body = view_of("k"),
                                       .now_ms = KIT_NOW };
    struct journal_result result;

    assert_int_equal(journal_append_control(journal, &control, &result), OK);
}

TEST(what_came_later_is_left_out)
{
    struct place place = place_make();
    struct journal *journal = kit_open_new(&place);
    size_t empty, first, second, again;

    digest none = heads_at(journal, 0, &empty);
    kit_append_one(journal, "a");
    digest one = heads_at(journal, 1, &first);
    kit_append_one(journal, "b");
    append_key(journal);
    kit_append_one(journal, "c");
    digest all = heads_at(journal, 4, &second);

    assert_false(digest_equal(none, one));
    assert_false(digest_equal(one, all));
    assert_true(second > first);
    assert_true(digest_equal(heads_at(journal, 0, &again), none));
    assert_int_equal(again, empty);
    assert_true(digest_equal(heads_at(journal, 1, &again), one));
    assert_int_equal(again, first);
    journal_close(journal);
    place_remove(&place);
}

RUN(cmocka_unit_test(what_came_later_is_left_out))
