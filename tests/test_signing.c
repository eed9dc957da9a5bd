/*
 * test_signing.c - the key for statements is made once and for good, kept from
 * others, and noticed when it is no key
 */
#include "tests/unit.h"

#include "core/signing.h"
#include "tests/place.h"
#include "tests/synced.h"
#include "tests/unread.h"

#include <stdio.h>
#include <string.h>

TEST(the_key_is_made_once_and_signs)
{
    struct place place = place_make();
    struct signing_key first, second;
    struct complaint complaint;

    assert_int_equal(
        signing_load(place.path, SIGNING_STATEMENT, &first, &complaint), OK);
    assert_int_equal(
        signing_load(place.path, SIGNING_STATEMENT, &second, &complaint), OK);
    assert_memory_equal(&first, &second, sizeof first);
    crypto_signature signature =
        crypto_signature_make(&first.secret_key, view_of("statement"));
    assert_true(crypto_signature_check(second.public_key, view_of("statement"),
                                       signature));
    assert_false(crypto_signature_check(second.public_key, view_of("statemenu"),
                                        signature));
    place_remove(&place);
}

/* Else a power cut leaves a statement that is signed by a key that is not
 * there. */
TEST(a_new_key_s_name_is_durable)
{
    struct place place = place_make();
    struct complaint complaint;
    struct signing_key key;
    char path[PLACE_SIZE];

    synced_count = 0;
    assert_int_equal(
        signing_load(place.path, SIGNING_STATEMENT, &key, &complaint), OK);
    place_join(&place, "keys", path);
    assert_true(was_synced(path));
    assert_true(was_synced(place.path));
    place_remove(&place);
}

/* Of who was killed while making it. */
TEST(half_a_key_is_no_key_and_does_not_stay)
{
    struct place place = place_make();
    struct complaint complaint;
    struct signing_key key;
    char path[PLACE_SIZE];

    place_join(&place, "keys", path);
    assert_int_equal(mkdir(path, 0700), 0);
    place_join(&place, "keys/statement.key.new", path);
    assert_int_equal(mknod(path, S_IFREG | 0644, 0), 0);
    assert_int_equal(
        signing_load(place.path, SIGNING_STATEMENT, &key, &complaint), OK);
    assert_int_equal(access(path, F_OK), -1);
    place_remove(&place);
}

TEST(a_key_that_others_may_read_is_refused)
{
    struct place place = place_make();
    struct complaint complaint;
    struct signing_key key;
    char path[PLACE_SIZE];

    assert_int_equal(
        signing_load(place.path, SIGNING_STATEMENT, &key, &complaint), OK);
    place_join(&place, "keys/statement.key", path);
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(
        signing_load(place.path, SIGNING_STATEMENT, &key, &complaint),
        ERR_INPUT);
    assert_non_null(strstr(complaint.text, "chmod 600"));
    place_remove(&place);
}

TEST(a_cut_key_is_damage)
{
    struct place place = place_make();
    struct complaint complaint;
    struct signing_key key;
    char path[PLACE_SIZE];

    assert_int_equal(
        signing_load(place.path, SIGNING_STATEMENT, &key, &complaint), OK);
    place_join(&place, "keys/statement.key", path);
    assert_int_equal(truncate(path, 95), 0);
    assert_int_equal(
        signing_load(place.path, SIGNING_STATEMENT, &key, &complaint),
        ERR_CORRUPT);
    place_remove(&place);
}

/* Who takes it for damaged makes another, which nobody vouches for. */
TEST(a_key_that_cannot_be_read_now_is_not_damaged)
{
    struct place place = place_make();
    struct complaint complaint;
    struct signing_key key;

    assert_int_equal(
        signing_load(place.path, SIGNING_STATEMENT, &key, &complaint), OK);
    unread_after = 0;
    assert_int_equal(
        signing_load(place.path, SIGNING_STATEMENT, &key, &complaint), ERR_IO);
    assert_non_null(
        strstr(complaint.text, "keys/statement.key: Input/output error"));
    assert_int_equal(
        signing_load(place.path, SIGNING_STATEMENT, &key, &complaint), OK);
    place_remove(&place);
}

/* What lies elsewhere may be read by others, or be another's. */
TEST(a_link_to_a_key_is_not_followed)
{
    struct place place = place_make();
    struct complaint complaint = { .text = "" };
    struct signing_key key;
    char path[PLACE_SIZE], away[PLACE_SIZE];

    assert_int_equal(
        signing_load(place.path, SIGNING_STATEMENT, &key, &complaint), OK);
    place_join(&place, "keys/statement.key", path);
    place_join(&place, "away.key", away);
    assert_int_equal(rename(path, away), 0);
    assert_int_equal(symlink(away, path), 0);
    assert_int_equal(
        signing_load(place.path, SIGNING_STATEMENT, &key, &complaint), ERR_IO);
    assert_non_null(strstr(complaint.text, "keys/statement.key: "));
    place_remove(&place);
}

TEST(a_key_that_cannot_be_made_is_said)
{
    struct place place = place_make();
    struct complaint complaint = { .text = "" };
    struct signing_key key;
    char path[PLACE_SIZE];

    place_join(&place, "keys", path);
    assert_int_equal(mkdir(path, 0700), 0);
    place_join(&place, "keys/statement.key.new", path);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(
        signing_load(place.path, SIGNING_STATEMENT, &key, &complaint), ERR_IO);
    assert_non_null(strstr(complaint.text, "statement.key: it can't be made"));
    place_remove(&place);
}

RUN(cmocka_unit_test(the_key_is_made_once_and_signs),
    cmocka_unit_test(a_new_key_s_name_is_durable),
    cmocka_unit_test(half_a_key_is_no_key_and_does_not_stay),
    cmocka_unit_test(a_key_that_others_may_read_is_refused),
    cmocka_unit_test(a_cut_key_is_damage),
    cmocka_unit_test(a_key_that_cannot_be_read_now_is_not_damaged),
    cmocka_unit_test(a_link_to_a_key_is_not_followed),
    cmocka_unit_test(a_key_that_cannot_be_made_is_said))
