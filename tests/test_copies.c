/*
 * test_copies.c - a node keeps what its hub has told of accounts, as long as
 * that goes together
 */
#include "nodes/copies.h"

#include "nodes/feed.h"
#include "tests/place.h"
#include "tests/unit.h"

enum { NODE = 7, TOLD_MS = 1000, ASKED_MS = 2000, STATE_SIZE = 9 + 3 };

struct shelf {
    struct place place;
    struct copies *copies;
    struct arena arena;
};

static void
shelf_open(struct shelf *shelf)
{
    shelf->place = place_make();
    shelf->copies = NULL;
    assert_true(arena_open(&shelf->arena, 1 << 20));
    assert_int_equal(copies_open(shelf->place.path, false, &shelf->copies),
                     ERR_NOT_FOUND);
    assert_int_equal(copies_open(shelf->place.path, true, &shelf->copies), OK);
}

static void
shelf_close(struct shelf *shelf)
{
    copies_close(shelf->copies);
    arena_close(&shelf->arena);
    place_remove(&shelf->place);
}

/* All that the hub has after position 5 at its position 10, in its epoch 3: one
 * account, of which three letters are the state. */
struct telling {
    struct frame frame;
    struct frame_folded folded;
    view state;
    uint8_t bytes[STATE_SIZE];
};

static struct frame *
tell(struct telling *telling, uint64_t member, const char letters[static 3])
{
    *telling = (struct telling) {
        .frame = { .kind = FRAME_STATE },
        .folded = { .stream = { .node = NODE, .incarnation = 4 }, .seq = 8 },
    };
    memcpy(telling->bytes + 1, &member, sizeof member);
    memcpy(telling->bytes + 9, letters, 3);
    telling->state = (view) { telling->bytes, STATE_SIZE };
    telling->frame.state.epoch = 3;
    telling->frame.state.after = 5;
    telling->frame.state.position = 10;
    telling->frame.state.format = FEED_FORMAT;
    telling->frame.state.folded = &telling->folded;
    telling->frame.state.folded_count = 1;
    telling->frame.state.states = &telling->state;
    telling->frame.state.state_count = 1;
    return &telling->frame;
}

static void
put(struct shelf *shelf, const struct frame *frame)
{
    assert_int_equal(copies_put(shelf->copies, frame, NODE, TOLD_MS), OK);
}

static enum err
get(struct shelf *shelf, uint64_t member, struct hub_state *ret_state)
{
    const account_id account = { .member = member };

    return copies_get(shelf->copies, account, (digest) { 0 }, &shelf->arena,
                      ret_state);
}

TEST(what_is_told_is_kept)
{
    const account_id account = { .member = 42 };
    const digest others = { { 1 } };
    uint64_t epoch = 9, position = 9, seq = 9;
    struct telling telling;
    struct hub_state state;
    struct shelf shelf;
    bool told = true;

    shelf_open(&shelf);
    assert_int_equal(copies_where(shelf.copies, &epoch, &position), OK);
    assert_int_equal(epoch, 0);
    assert_int_equal(copies_told(shelf.copies, &told), OK);
    assert_false(told);
    put(&shelf, tell(&telling, 42, "abc"));
    assert_int_equal(copies_where(shelf.copies, &epoch, &position), OK);
    assert_int_equal(epoch, 3);
    assert_int_equal(position, 10);
    assert_int_equal(copies_told(shelf.copies, &told), OK);
    assert_true(told);
    assert_int_equal(copies_folded(shelf.copies, 4, &seq), OK);
    assert_int_equal(seq, 8);
    assert_int_equal(copies_folded(shelf.copies, 5, &seq), OK);
    assert_int_equal(seq, 0);
    assert_int_equal(get(&shelf, 42, &state), OK);
    assert_true(view_equal(state.packed, view_of("abc")));
    assert_int_equal(state.folded_count, 1);
    assert_int_equal(state.folded[0].incarnation, 4);
    assert_int_equal(state.folded[0].seq, 8);
    assert_int_equal(state.told_ms, TOLD_MS);
    assert_false(state.asked);
    assert_int_equal(get(&shelf, 43, &state), ERR_NOT_FOUND);
    assert_int_equal(
        copies_get(shelf.copies, account, others, &shelf.arena, &state),
        ERR_NOT_FOUND);
    shelf_close(&shelf);
}

/* Another hub, rules or form: what is kept would not go with it. */
TEST(what_does_not_go_with_it_is_forgotten)
{
    struct telling telling;
    struct hub_state state;
    struct shelf shelf;

    shelf_open(&shelf);
    for (uint32_t i = 0; i < 4; i++) {
        put(&shelf, tell(&telling, 42, "abc"));
        assert_int_equal(get(&shelf, 42, &state), OK);
        struct frame *other = tell(&telling, 43, "def");
        if (i == 0)
            other->state.epoch = 2;
        if (i == 1)
            other->state.versions.bytes[0] = 1;
        if (i == 2)
            other->state.format = 0;
        put(&shelf, other);
        put(&shelf, tell(&telling, 44, "ghi"));
        assert_int_equal(get(&shelf, 42, &state), i < 3 ? ERR_NOT_FOUND : OK);
        assert_int_equal(get(&shelf, 43, &state), i < 3 ? ERR_NOT_FOUND : OK);
        assert_int_equal(get(&shelf, 44, &state), OK);
    }
    shelf_close(&shelf);
}

/* Of a telling that was cut nobody knows what it would have said next. */
TEST(only_the_last_part_says_how_far_it_went)
{
    struct telling telling;
    struct hub_state state;
    struct shelf shelf;
    uint64_t seq;
    bool told;

    shelf_open(&shelf);
    struct frame *part = tell(&telling, 42, "abc");
    part->state.position = part->state.after;
    put(&shelf, part);
    assert_int_equal(copies_told(shelf.copies, &told), OK);
    assert_false(told);
    assert_int_equal(copies_folded(shelf.copies, 4, &seq), OK);
    assert_int_equal(seq, 0);
    assert_int_equal(get(&shelf, 42, &state), OK);
    assert_int_equal(state.told_ms, 0);
    assert_int_equal(state.folded[0].seq, 8);
    shelf_close(&shelf);
}

TEST(an_answer_is_kept_where_it_goes_with_the_feed)
{
    struct telling telling;
    struct hub_state state;
    struct shelf shelf;

    shelf_open(&shelf);
    put(&shelf, tell(&telling, 42, "abc"));
    assert_int_equal(copies_put_asked(shelf.copies, tell(&telling, 42, "def"),
                                      NODE, ASKED_MS),
                     OK);
    assert_int_equal(get(&shelf, 42, &state), OK);
    assert_true(view_equal(state.packed, view_of("def")));
    assert_true(state.asked);
    assert_int_equal(state.told_ms, ASKED_MS);
    struct frame *other = tell(&telling, 42, "ghi");
    other->state.versions.bytes[0] = 1;
    assert_int_equal(copies_put_asked(shelf.copies, other, NODE, ASKED_MS), OK);
    assert_int_equal(get(&shelf, 42, &state), OK);
    assert_true(view_equal(state.packed, view_of("def")));
    shelf_close(&shelf);
}

/* A hub that lies, or a later one. */
TEST(what_is_no_state_is_left_out)
{
    struct telling telling;
    struct hub_state state;
    struct shelf shelf;
    uint64_t seq;

    shelf_open(&shelf);
    struct frame *frame = tell(&telling, 42, "abc");
    telling.state.size = 8;
    telling.folded.stream.node = NODE + 1;
    put(&shelf, frame);
    assert_int_equal(get(&shelf, 42, &state), ERR_NOT_FOUND);
    assert_int_equal(copies_folded(shelf.copies, 4, &seq), OK);
    assert_int_equal(seq, 0);
    shelf_close(&shelf);
}

RUN(cmocka_unit_test(what_is_told_is_kept),
    cmocka_unit_test(what_does_not_go_with_it_is_forgotten),
    cmocka_unit_test(only_the_last_part_says_how_far_it_went),
    cmocka_unit_test(an_answer_is_kept_where_it_goes_with_the_feed),
    cmocka_unit_test(what_is_no_state_is_left_out))
