/*
 * test_enrol.c - the allow-list's items: what is written is read back, and
 * what is malformed is refused
 */
#include "tests/unit.h"

#include <string.h>

#include "core/enrol.h"
#include "core/pack.h"

static struct enrolment
sample(void)
{
    struct enrolment enrolment = { .node = 421,
                                   .role = ENROL_STORE,
                                   .store_count = 2,
                                   .stores = { 421, 422 },
                                   .once_until_ms = 1800000000000 };

    memset(enrolment.once.bytes, 7, CURVE_KEY_SIZE);
    memset(enrolment.key.bytes, 9, CURVE_KEY_SIZE);
    return enrolment;
}

TEST(an_enrolment_survives_a_round_trip)
{
    for (int joined = 0; joined < 2; joined++) {
        struct enrolment enrolment = sample(), back;
        struct text text = { 0 };

        enrolment.joined = joined;
        enrol_encode(&enrolment, &text);
        assert_true(text_ok(&text));
        assert_int_equal(enrol_decode(text_view(&text), &back), OK);
        assert_int_equal(back.node, 421);
        assert_int_equal(back.role, ENROL_STORE);
        assert_int_equal(back.store_count, 2);
        assert_int_equal(back.stores[1], 422);
        assert_int_equal(back.once_until_ms, 1800000000000);
        assert_true(curve_key_equal(back.once, enrolment.once));
        assert_int_equal(back.joined, joined);
        if (joined)
            assert_true(curve_key_equal(back.key, enrolment.key));
        text_close(&text);
    }
}

TEST(a_revocation_survives_a_round_trip)
{
    struct text text = { 0 };
    uint32_t node = 0;

    enrol_encode_revoke(77, &text);
    assert_int_equal(enrol_decode_revoke(text_view(&text), &node), OK);
    assert_int_equal(node, 77);
    text_close(&text);
}

TEST(what_is_cut_or_out_of_range_is_refused)
{
    struct enrolment enrolment = sample(), back;
    struct text text = { 0 };
    uint32_t node;

    enrol_encode(&enrolment, &text);
    view whole = text_view(&text);
    for (uint32_t size = 0; size < whole.size; size++)
        assert_int_equal(enrol_decode((view) { whole.bytes, size }, &back),
                         ERR_CORRUPT);
    text_clear(&text);
    pack_map(&text, 2); /* no node */
    pack_unsigned(&text, 2);
    pack_unsigned(&text, ENROL_STORE);
    pack_unsigned(&text, 9);
    pack_bool(&text, true);
    assert_int_equal(enrol_decode(text_view(&text), &back), ERR_CORRUPT);
    assert_int_equal(enrol_decode_revoke(text_view(&text), &node), ERR_CORRUPT);
    text_clear(&text);
    pack_map(&text, 2); /* a role that is none */
    pack_unsigned(&text, 1);
    pack_unsigned(&text, 5);
    pack_unsigned(&text, 2);
    pack_unsigned(&text, ENROL_ROLE_END);
    assert_int_equal(enrol_decode(text_view(&text), &back), ERR_CORRUPT);
    text_close(&text);
}

TEST(fields_of_later_versions_are_passed_over)
{
    struct enrolment back;
    struct text text = { 0 };

    pack_map(&text, 3);
    pack_unsigned(&text, 99);
    pack_string(&text, view_of("later"));
    pack_unsigned(&text, 1);
    pack_unsigned(&text, 5);
    pack_unsigned(&text, 2);
    pack_unsigned(&text, ENROL_RELAY);
    assert_int_equal(enrol_decode(text_view(&text), &back), OK);
    assert_int_equal(back.node, 5);
    assert_false(back.joined);
    text_close(&text);
}

TEST(roles_have_names)
{
    enum enrol_role role;

    assert_true(enrol_role_parse(view_of("standby"), &role));
    assert_int_equal(role, ENROL_STANDBY);
    assert_string_equal(enrol_role_name(ENROL_STORE), "store");
    assert_null(enrol_role_name((enum enrol_role)ENROL_ROLE_END));
    assert_false(enrol_role_parse(view_of("king"), &role));
}

RUN(cmocka_unit_test(an_enrolment_survives_a_round_trip),
    cmocka_unit_test(a_revocation_survives_a_round_trip),
    cmocka_unit_test(what_is_cut_or_out_of_range_is_refused),
    cmocka_unit_test(fields_of_later_versions_are_passed_over),
    cmocka_unit_test(roles_have_names))
