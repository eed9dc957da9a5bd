/*
 * test_allow_list.c - which of several hubs' words holds
 *
 * Proved: whatever order the books of hubs come in, the list is the same, also
 * where a clock was set back between two items; and what a hub has written
 * itself holds in the order in which it wrote it.
 */
#include "core/allow_list.h"

#include "tests/enroller.h"
#include "tests/kit.h"
#include "tests/unit.h"

enum { NODE = 42, HUBS = 2 };

struct hubs {
    struct place places[HUBS];
    struct journal *journals[HUBS];
};

static void
open_hubs(struct hubs *hubs)
{
    for (uint32_t i = 0; i < HUBS; i++)
        hubs->journals[i] = enroller_open(&hubs->places[i], 1 + i);
}

static void
close_hubs(struct hubs *hubs)
{
    for (uint32_t i = 0; i < HUBS; i++)
        enroller_close(&hubs->places[i], hubs->journals[i]);
}

/* What a ledger says of NODE that gets the next item of the hub with that digit
 * at each: its role, or "revoked". */
static const char *
role_after(const struct hubs *hubs, const char *order)
{
    uint64_t seqs[HUBS] = { 0 };
    struct allow_list list = { 0 };
    struct place place;
    struct journal *journal = enroller_open(&place, 9);
    struct reader *reader = NULL;

    for (; *order; order++) {
        const uint32_t hub = (uint32_t)(*order - '0');
        assert_true(enroller_carry(hubs->journals[hub], ++seqs[hub], journal));
        /* However often it is looked at. */
        assert_int_equal(reader_open(journal, &reader), OK);
        assert_int_equal(allow_list_read(&list, reader), OK);
        reader_close(reader);
    }
    const struct allow_list_entry *entry = allow_list_find(&list, NODE);
    assert_non_null(entry);
    const char *role =
        entry->revoked ? "revoked" : enrol_role_name(entry->enrolment.role);
    allow_list_close(&list);
    enroller_close(&place, journal);
    return role;
}

TEST(the_later_word_holds_in_any_order)
{
    struct hubs hubs;

    open_hubs(&hubs);
    enroller_enrol(hubs.journals[0], NODE, ENROL_STORE, KIT_NOW);
    enroller_revoke(hubs.journals[1], NODE, KIT_NOW + 1);
    enroller_enrol(hubs.journals[0], NODE, ENROL_RELAY, KIT_NOW + 2);
    assert_string_equal(role_after(&hubs, "01"), "revoked");
    assert_string_equal(role_after(&hubs, "001"), "relay");
    assert_string_equal(role_after(&hubs, "010"), "relay");
    assert_string_equal(role_after(&hubs, "100"), "relay");
    close_hubs(&hubs);
}

TEST(at_one_time_the_later_stream_holds)
{
    struct hubs hubs;

    open_hubs(&hubs);
    enroller_enrol(hubs.journals[0], NODE, ENROL_STORE, KIT_NOW);
    enroller_enrol(hubs.journals[1], NODE, ENROL_RELAY, KIT_NOW);
    assert_string_equal(role_after(&hubs, "01"), "relay");
    assert_string_equal(role_after(&hubs, "10"), "relay");
    close_hubs(&hubs);
}

/* By their clocks alone the revocation would be the first of the three, and by
 * who wrote what after what the last but one. */
TEST(a_clock_that_was_set_back_turns_nothing_round)
{
    struct hubs hubs;

    open_hubs(&hubs);
    enroller_enrol(hubs.journals[0], NODE, ENROL_STORE, KIT_NOW + 10);
    enroller_revoke(hubs.journals[0], NODE, KIT_NOW + 5);
    enroller_enrol(hubs.journals[1], NODE, ENROL_RELAY, KIT_NOW + 7);
    assert_string_equal(role_after(&hubs, "00"), "revoked");
    assert_string_equal(role_after(&hubs, "001"), "revoked");
    assert_string_equal(role_after(&hubs, "010"), "revoked");
    assert_string_equal(role_after(&hubs, "100"), "revoked");
    close_hubs(&hubs);
}

RUN(cmocka_unit_test(the_later_word_holds_in_any_order),
    cmocka_unit_test(at_one_time_the_later_stream_holds),
    cmocka_unit_test(a_clock_that_was_set_back_turns_nothing_round))
