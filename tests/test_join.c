/*
 * test_join.c - a joining that was cut goes on where it was
 *
 * What takes a hub is tried by real processes (test_replication.py).
 */
#include "tests/unit.h"

#include <string.h>

#include "core/crypto.h"
#include "nodes/join.h"
#include "tests/place.h"
#include "tests/unread.h"

static struct keys_pair
pair_of(uint8_t fill)
{
    struct keys_pair pair;

    memset(pair.secret_key.bytes, fill, CURVE_KEY_SIZE);
    crypto_curve_public(pair.secret_key.bytes, pair.public_key.bytes);
    return pair;
}

static void
keep(const struct place *place, const char *name, uint8_t fill)
{
    struct keys_pair pair = pair_of(fill);

    assert_int_equal(keys_store(place->path, name, &pair, NULL), OK);
}

/* The hub has registered the key and it is the ledger's own, but the power went
 * before the one-time key was forgotten: nobody has to be asked again. */
TEST(who_has_been_registered_asks_no_more)
{
    struct place place = place_make();
    struct keys_pair own = pair_of(1), found;
    struct complaint complaint = { .text = "" };

    keep(&place, "own", 1);
    keep(&place, "once", 2);
    assert_true(join_is_pending(place.path));
    assert_int_equal(join_finish(place.path, 11, NULL, -1, &complaint), OK);
    assert_string_equal(complaint.text, "");
    assert_false(join_is_pending(place.path));
    assert_int_equal(keys_load(place.path, "own", &found, NULL), OK);
    assert_memory_equal(&found, &own, sizeof own);
    place_remove(&place);
}

/* Without either pair there is nothing to go on with. */
TEST(a_lost_key_is_told)
{
    struct place place = place_make();
    struct complaint complaint = { .text = "" };

    keep(&place, "once", 2);
    assert_int_equal(join_finish(place.path, 11, NULL, -1, &complaint),
                     ERR_NOT_FOUND);
    assert_non_null(strstr(complaint.text, "keys/next"));
    assert_true(join_is_pending(place.path));
    place_remove(&place);
}

/* The hub may have registered the key made for the string: with another one in
 * its place, nobody could use the string any more. */
TEST(a_key_that_cannot_be_read_now_is_kept)
{
    struct place place = place_make();
    struct keys_ticket ticket = { .node = 11, .once = pair_of(2) };
    struct complaint complaint = { .text = "" };
    struct keys_pair made, found;
    char string[KEYS_STRING_SIZE];

    ticket.hubs.count = 1;
    strcpy(ticket.hubs.list[0].endpoint, "tcp://10.0.0.1:7001");
    keys_ticket_format(&ticket, string);
    assert_int_equal(
        join_prepare(place.path, view_of(string), false, &complaint), OK);
    assert_int_equal(keys_load(place.path, "next", &made, NULL), OK);
    int refused = 0;
    for (int reads = 0; reads < 5; reads++) {
        unread_after = reads;
        enum err err =
            join_prepare(place.path, view_of(string), false, &complaint);
        unread_after = -1;
        assert_true(err == OK || err == ERR_IO);
        refused += err == ERR_IO;
        assert_true(join_is_pending(place.path));
        assert_int_equal(keys_load(place.path, "next", &found, NULL), OK);
        assert_memory_equal(&found, &made, sizeof made);
    }
    unread_after = 0;
    assert_true(join_is_pending(place.path));
    unread_after = -1;
    assert_true(refused >= 2);
    place_remove(&place);
}

RUN(cmocka_unit_test(who_has_been_registered_asks_no_more),
    cmocka_unit_test(a_lost_key_is_told),
    cmocka_unit_test(a_key_that_cannot_be_read_now_is_kept))
