/*
 * test_heads.c - the heads as of a position are those that were, however much
 * has arrived since
 */
#include "tests/unit.h"

#include "core/heads.h"
#include "core/pack.h"
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

static void
name_head(struct text *text, stream_id stream, uint64_t seq)
{
    const digest chain = { { 0 } };

    pack_array(text, 5);
    pack_unsigned(text, stream.node);
    pack_unsigned(text, stream.incarnation);
    pack_unsigned(text, stream.channel);
    pack_unsigned(text, seq);
    pack_bin(text, (view) { chain.bytes, sizeof chain.bytes });
}

/* Of two streams so much is named; 0: not at all. */
static struct heads_place
find(struct journal *journal, stream_id one, uint64_t first, stream_id other,
     uint64_t second)
{
    struct heads_place place;
    struct text text = { 0 };

    pack_array(&text, (first > 0 ? 1u : 0u) + (second > 0 ? 1u : 0u));
    if (first > 0)
        name_head(&text, one, first);
    if (second > 0)
        name_head(&text, other, second);
    assert_int_equal(heads_find(journal, text_view(&text), &place), OK);
    text_close(&text);
    return place;
}

/* What a hub knew when it closed a month, found at another one, where things
 * came in another order. */
TEST(the_place_of_heads_is_found)
{
    static const struct {
        uint64_t first, second, position;
        bool exact;
    } CASES[] = {
        { 0, 0, 0, true },  { 1, 0, 1, true },  { 2, 0, 2, true },
        { 2, 1, 3, true },  { 2, 2, 5, true },  { 1, 1, 3, false },
        { 0, 2, 5, false }, { 3, 1, 3, false }, /* that has not come */
    };
    struct place place = place_make();
    struct journal *journal = kit_open_new(&place);
    struct journal_identity who;
    struct heads_place found;

    assert_int_equal(journal_get_identity(journal, &who), OK);
    const stream_id one = { .node = who.node, .incarnation = who.incarnation };
    const stream_id other = { .node = who.node,
                              .incarnation = who.incarnation + 1 };
    kit_append_one(journal, "a");
    kit_append_one(journal, "b");
    assert_int_equal(
        journal_renew(journal, other.incarnation, REASON_RESTORE, NULL), OK);
    kit_append_one(journal, "c");
    append_key(journal); /* no event */
    kit_append_one(journal, "d");
    for (uint32_t i = 0; i < COUNT_OF(CASES); i++) {
        found = find(journal, one, CASES[i].first, other, CASES[i].second);
        assert_int_equal(found.position, CASES[i].position);
        assert_int_equal(found.exact, CASES[i].exact);
    }
    assert_int_equal(heads_find(journal, view_of("x"), &found), ERR_CORRUPT);
    journal_close(journal);
    place_remove(&place);
}

RUN(cmocka_unit_test(what_came_later_is_left_out),
    cmocka_unit_test(the_place_of_heads_is_found))
