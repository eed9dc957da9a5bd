/*
 * test_follow.c - whom a node follows
 *
 * Proved: it remembers the greatest epoch, over restarts, and nothing of one
 * that no clock of today could have made; of a later hub nothing is safe until
 * it says so; and what a hub says now holds, not the most that one ever said.
 */
#include "nodes/follow.h"

#include "nodes/trust.h"
#include "tests/book.h"
#include "tests/unit.h"

#define NOW_MS INT64_C(1735725600000)
#define DAY_MS (INT64_C(24) * 3600 * 1000)

static const stream_id own = { .node = 1, .incarnation = 1 };

struct seat {
    struct book book;
    struct journal *journal;
    struct notes notes;
    struct follow follow;
};

/* As the process does when it begins. */
static void
sit_down(struct seat *seat)
{
    assert_int_equal(notes_load(&seat->notes, seat->journal), OK);
    seat->follow = (struct follow) { .node = 1,
                                     .journal = seat->journal,
                                     .notes = &seat->notes };
    assert_int_equal(follow_open(&seat->follow), OK);
}

static void
open_seat(struct seat *seat)
{
    book_open(&seat->book, LEDGER_OWN);
    seat->journal = ledger_journal(seat->book.ledger);
    sit_down(seat);
}

static uint64_t
epoch_of(int64_t ms)
{
    return journal_draw_incarnation(ms);
}

/* The hub greets with a claim of that epoch. */
static void
greet(struct seat *seat, uint64_t epoch)
{
    const curve_key key = { { 7 } };
    struct frame welcome = { .kind = FRAME_WELCOME };
    struct signing_key signer;

    crypto_keypair_make(&signer.public_key, &signer.secret_key);
    welcome.welcome.epoch = epoch;
    welcome.welcome.claim =
        (struct claim) { .epoch = epoch, .node = 2, .curve = key };
    claim_sign(&welcome.welcome.claim, &signer);
    follow_hear(&seat->follow, &welcome, key, NOW_MS);
    follow_live(&seat->follow, epoch, NOW_MS);
}

TEST(the_greatest_epoch_is_remembered)
{
    const uint64_t early = epoch_of(NOW_MS - DAY_MS);
    const uint64_t late = epoch_of(NOW_MS + DAY_MS / 2);
    struct seat seat;

    open_seat(&seat);
    greet(&seat, early);
    greet(&seat, late);
    greet(&seat, early);
    sit_down(&seat);
    assert_int_equal(seat.notes.epoch, late);
    assert_int_equal(seat.follow.claim.epoch, late);
    book_close(&seat.book);
}

TEST(an_epoch_of_the_far_future_is_not)
{
    const uint64_t sane = epoch_of(NOW_MS);
    struct seat seat;

    open_seat(&seat);
    greet(&seat, sane);
    greet(&seat, epoch_of(NOW_MS + 2 * DAY_MS));
    greet(&seat, UINT64_MAX);
    assert_int_equal(seat.notes.epoch, sane);
    sit_down(&seat);
    assert_int_equal(seat.notes.epoch, sane);
    assert_int_equal(seat.follow.claim.epoch, sane);
    book_close(&seat.book);
}

TEST(of_a_later_hub_nothing_is_safe_yet)
{
    const uint64_t early = epoch_of(NOW_MS - DAY_MS);
    struct seat seat;

    open_seat(&seat);
    greet(&seat, early);
    notes_told(&seat.notes, own, 6, 4);
    greet(&seat, early);
    assert_int_equal(notes_get_safe(&seat.notes, own), 4);
    greet(&seat, epoch_of(NOW_MS));
    sit_down(&seat);
    assert_int_equal(notes_get_safe(&seat.notes, own), 0);
    assert_int_equal(notes_get_acked(&seat.notes, own), 6);
    book_close(&seat.book);
}

TEST(what_a_hub_says_now_holds)
{
    struct seat seat;

    open_seat(&seat);
    notes_told(&seat.notes, own, 60, 60);
    notes_told(&seat.notes, own, 6, 4);
    assert_int_equal(notes_get_acked(&seat.notes, own), 6);
    assert_int_equal(notes_get_safe(&seat.notes, own), 4);
    notes_acked(&seat.notes, own, 5);
    notes_acked(&seat.notes, own, 7);
    assert_int_equal(notes_get_acked(&seat.notes, own), 7);
    assert_int_equal(notes_get_safe(&seat.notes, own), 4);
    book_close(&seat.book);
}

RUN(cmocka_unit_test(the_greatest_epoch_is_remembered),
    cmocka_unit_test(an_epoch_of_the_far_future_is_not),
    cmocka_unit_test(of_a_later_hub_nothing_is_safe_yet),
    cmocka_unit_test(what_a_hub_says_now_holds))
