/*
 * test_allow.c - who is admitted, where several hubs have a say
 *
 * Proved: who was enrolled is admitted until he is revoked, in whatever order
 * the books of two hubs come, and by whichever clocks they were written; and an
 * item that can't be read stops nothing.
 */
#include "nodes/allow.h"

#include "nodes/clock.h"
#include "tests/enroller.h"
#include "tests/kit.h"
#include "tests/unit.h"

enum { NODE = 42 };

struct office {
    struct place place;
    struct journal *journal;
    struct allow *allow;
};

static void
open_office(struct office *office, uint32_t node)
{
    *office = (struct office) { 0 };
    office->journal = enroller_open(&office->place, node);
    assert_int_equal(allow_open(office->journal, &office->allow), OK);
}

static void
close_office(struct office *office)
{
    allow_close(office->allow);
    enroller_close(&office->place, office->journal);
}

static void
enrol(const struct office *office)
{
    const struct enrolment enrolment = { .node = NODE,
                                         .role = ENROL_STORE,
                                         .store_count = 1,
                                         .stores = { NODE },
                                         .joined = true,
                                         .key = { { 1 } } };

    assert_int_equal(allow_enrol(office->allow, &enrolment), OK);
}

/* "yes", "revoked", or "no". */
static const char *
state_of(const struct office *office)
{
    const curve_key key = { { 1 } };
    struct enrolment enrolment = { 0 };
    struct transport_pass pass;
    bool revoked = false;

    const bool admitted = allow_gate(office->allow, key, &pass);
    assert_int_equal(admitted, allow_find(office->allow, NODE, &enrolment));
    if (admitted)
        return "yes";
    return allow_next(office->allow, NODE - 1, &enrolment, &revoked) && revoked
               ? "revoked"
               : "no";
}

/* The books of one hub come to another. */
static void
carry(const struct office *from, const struct office *to)
{
    uint64_t seq = 1;

    while (enroller_carry(from->journal, seq, to->journal))
        seq++;
}

TEST(who_was_revoked_is_not_admitted_whichever_book_comes_first)
{
    struct office first, second, late;

    open_office(&first, 1);
    open_office(&second, 2);
    open_office(&late, 3);
    enrol(&first);
    assert_string_equal(state_of(&first), "yes");
    carry(&first, &second);
    assert_string_equal(state_of(&second), "yes");
    assert_int_equal(allow_revoke(second.allow, NODE), OK);
    assert_string_equal(state_of(&second), "revoked");

    carry(&second, &late);
    assert_string_equal(state_of(&late), "revoked");
    carry(&first, &late);
    assert_string_equal(state_of(&late), "revoked");
    enrol(&late);
    assert_string_equal(state_of(&late), "yes");
    close_office(&first);
    close_office(&second);
    close_office(&late);
}

/* What was written by a clock that is an hour ahead of ours does not outlive
 * what is decided here. */
TEST(who_is_revoked_by_a_slow_clock_is_revoked)
{
    const int64_t ahead_ms = clock_wall_ms() + 3600 * 1000;
    struct office first, second;

    open_office(&first, 1);
    open_office(&second, 2);
    enroller_enrol(first.journal, NODE, ENROL_STORE, ahead_ms);
    carry(&first, &second);
    assert_int_equal(allow_revoke(second.allow, NODE), OK);
    assert_string_equal(state_of(&second), "revoked");
    carry(&second, &first);
    assert_string_equal(state_of(&first), "revoked");
    enrol(&first);
    carry(&first, &second);
    assert_string_equal(state_of(&first), "yes");
    assert_string_equal(state_of(&second), "yes");
    close_office(&first);
    close_office(&second);
}

/* A role of a later version, say. */
TEST(what_cant_be_read_stops_nothing)
{
    static const enum record_kind kinds[] = { RECORD_ENROL, RECORD_REVOKE };
    struct office office;

    open_office(&office, 1);
    for (uint32_t i = 0; i < COUNT_OF(kinds); i++) {
        const struct journal_control control = { .channel = CHANNEL_BOOKS,
                                                 .kind = (uint8_t)kinds[i],
                                                 .body = view_of("?"),
                                                 .now_ms = KIT_NOW };
        struct journal_result result;
        assert_int_equal(
            journal_append_control(office.journal, &control, &result), OK);
    }
    assert_string_equal(state_of(&office), "no");
    enrol(&office);
    assert_string_equal(state_of(&office), "yes");
    allow_close(office.allow);
    assert_int_equal(allow_open(office.journal, &office.allow), OK);
    assert_string_equal(state_of(&office), "yes");
    close_office(&office);
}

RUN(cmocka_unit_test(
        who_was_revoked_is_not_admitted_whichever_book_comes_first),
    cmocka_unit_test(who_is_revoked_by_a_slow_clock_is_revoked),
    cmocka_unit_test(what_cant_be_read_stops_nothing))
