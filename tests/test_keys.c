/*
 * test_keys.c - key files and the string that lets a node join
 *
 * Proved: key files have mode 0600 and one that others can read is refused; a
 * pair is never overwritten; the string survives a round trip, and any change
 * or cut of it is noticed.
 */
#include "tests/unit.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/crypto.h"
#include "nodes/keys.h"
#include "tests/place.h"

static struct place place;
static const char *const dir = place.path;

static int
make_place(void **state)
{
    (void)state;
    place = place_make();
    return 0;
}

static int
remove_place(void **state)
{
    (void)state;
    place_remove(&place);
    return 0;
}

static struct keys_pair
pair_of(uint8_t fill)
{
    struct keys_pair pair;

    memset(pair.secret_key.bytes, fill, CURVE_KEY_SIZE);
    crypto_curve_public(pair.secret_key.bytes, pair.public_key.bytes);
    return pair;
}

TEST(a_pair_is_kept_for_its_owner_only)
{
    struct keys_pair pair = pair_of(3), back;
    struct complaint complaint = { 0 };
    struct stat status;
    char path[PLACE_SIZE + 32];

    assert_int_equal(keys_load(dir, "own", &back, &complaint), ERR_NOT_FOUND);
    assert_int_equal(keys_store(dir, "own", &pair, &complaint), OK);
    assert_int_equal(keys_load(dir, "own", &back, &complaint), OK);
    assert_memory_equal(&pair, &back, sizeof pair);
    snprintf(path, sizeof path, "%s/keys/own", dir);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);

    struct keys_pair other = pair_of(8);
    assert_int_equal(keys_store(dir, "own", &other, &complaint), ERR_EXISTS);
    assert_int_equal(keys_load(dir, "own", &back, &complaint), OK);
    assert_memory_equal(&pair, &back, sizeof pair);

    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(keys_load(dir, "own", &back, &complaint), ERR_INPUT);
    assert_non_null(strstr(complaint.text, "0600"));
    assert_int_equal(chmod(path, 0600), 0);

    FILE *file = fopen(path, "r+");
    assert_non_null(file);
    fputs("public 00112233", file);
    fclose(file);
    assert_int_equal(keys_load(dir, "own", &back, &complaint), ERR_INPUT);
    assert_non_null(strstr(complaint.text, "not a key pair"));

    file = fopen(path, "w");
    assert_non_null(file);
    fputs("public 00\n", file);
    fclose(file);
    assert_int_equal(keys_load(dir, "own", &back, &complaint), ERR_INPUT);
    keys_forget(dir, "own");
    assert_int_equal(keys_load(dir, "own", &back, &complaint), ERR_NOT_FOUND);
}

static struct keys_hubs
two_hubs(void)
{
    struct keys_hubs hubs = { .count = 2 };

    strcpy(hubs.list[0].endpoint, "tcp://hub.example:7001");
    strcpy(hubs.list[1].endpoint, "tcp://[::1]:7002");
    memset(hubs.list[0].key.bytes, 1, CURVE_KEY_SIZE);
    memset(hubs.list[1].key.bytes, 2, CURVE_KEY_SIZE);
    return hubs;
}

/* What a writer that was killed has left, whoever reads it now. */
TEST(nothing_is_left_beside_a_pair)
{
    struct keys_pair pair = pair_of(5), back;
    struct complaint complaint = { 0 };
    char path[PLACE_SIZE + 32];

    snprintf(path, sizeof path, "%s/keys", dir);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof path, "%s/keys/next.new", dir);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("public 00", file);
    fclose(file);
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(keys_store(dir, "next", &pair, &complaint), OK);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(keys_load(dir, "next", &back, &complaint), OK);
    assert_memory_equal(&pair, &back, sizeof pair);
}

TEST(the_hubs_are_kept_in_order)
{
    struct keys_hubs hubs = two_hubs(), back;

    assert_int_equal(keys_load_hubs(dir, &back, NULL), ERR_NOT_FOUND);
    assert_int_equal(keys_store_hubs(dir, &hubs, NULL), OK);
    assert_int_equal(keys_load_hubs(dir, &back, NULL), OK);
    assert_int_equal(back.count, 2);
    assert_string_equal(back.list[1].endpoint, "tcp://[::1]:7002");
    assert_true(curve_key_equal(back.list[1].key, hubs.list[1].key));
    hubs.count = 1;
    assert_int_equal(keys_store_hubs(dir, &hubs, NULL), OK);
    assert_int_equal(keys_load_hubs(dir, &back, NULL), OK);
    assert_int_equal(back.count, 1);
}

TEST(endpoints)
{
    assert_true(keys_is_endpoint("tcp://127.0.0.1:0"));
    assert_true(keys_is_endpoint("tcp://hub.example:65535"));
    assert_true(keys_is_endpoint("tcp://*:7001"));
    assert_false(keys_is_endpoint("tcp://hub.example:65536"));
    assert_false(keys_is_endpoint("tcp://hub"));
    assert_false(keys_is_endpoint("tcp://:7001"));
    assert_false(keys_is_endpoint("tcp://hub:"));
    assert_false(keys_is_endpoint("tcp://hub:70a"));
    assert_false(keys_is_endpoint("ipc:///tmp/hub:1"));
    assert_false(keys_is_endpoint("tcp://a b:1"));
    assert_false(keys_is_endpoint(""));

    char back[KEYS_ENDPOINT_SIZE];
    assert_int_equal(keys_store_listen(dir, "tcp://hub:1", NULL), OK);
    assert_int_equal(keys_load_listen(dir, back, NULL), OK);
    assert_string_equal(back, "tcp://hub:1");
}

static struct keys_ticket
ticket_of(uint32_t stores)
{
    struct keys_ticket ticket = { .node = 421, .store_count = stores };

    for (uint32_t i = 0; i < stores; i++)
        ticket.stores[i] = 1000 + i;
    ticket.once = pair_of(40);
    ticket.hubs = two_hubs();
    return ticket;
}

TEST(the_string_survives_a_round_trip)
{
    for (uint32_t stores = 0; stores <= ENROL_STORES_MAX; stores++) {
        struct keys_ticket ticket = ticket_of(stores), back;
        char string[KEYS_STRING_SIZE], spaced[KEYS_STRING_SIZE + 8];

        keys_ticket_format(&ticket, string);
        assert_null(strpbrk(string, " +/="));
        snprintf(spaced, sizeof spaced, " \t%s\r\n", string);
        assert_int_equal(keys_ticket_parse(view_of(spaced), &back, NULL), OK);
        assert_int_equal(back.node, 421);
        assert_int_equal(back.store_count, stores);
        assert_memory_equal(back.stores, ticket.stores, 4 * stores);
        assert_memory_equal(&back.once, &ticket.once, sizeof back.once);
        assert_int_equal(back.hubs.count, 2);
        assert_string_equal(back.hubs.list[0].endpoint,
                            "tcp://hub.example:7001");
    }
}

TEST(a_changed_string_is_noticed)
{
    struct keys_ticket ticket = ticket_of(2), back;
    char string[KEYS_STRING_SIZE];
    struct complaint complaint = { 0 };

    keys_ticket_format(&ticket, string);
    uint32_t size = (uint32_t)strlen(string);
    for (uint32_t i = 0; i < size; i++) {
        assert_int_equal(keys_ticket_parse((view) { (uint8_t *)string, i },
                                           &back, &complaint),
                         ERR_INPUT);
        char was = string[i];
        string[i] = was == 'A' ? 'B' : 'A';
        /* The last digit may hold bits that belong to no byte. */
        if (i + 1 < size)
            assert_int_equal(
                keys_ticket_parse(view_of(string), &back, &complaint),
                ERR_INPUT);
        string[i] = was;
    }
    assert_true(complaint.text[0] != '\0');
}

RUN(cmocka_unit_test_setup_teardown(a_pair_is_kept_for_its_owner_only,
                                    make_place, remove_place),
    cmocka_unit_test_setup_teardown(nothing_is_left_beside_a_pair, make_place,
                                    remove_place),
    cmocka_unit_test_setup_teardown(the_hubs_are_kept_in_order, make_place,
                                    remove_place),
    cmocka_unit_test_setup_teardown(endpoints, make_place, remove_place),
    cmocka_unit_test(the_string_survives_a_round_trip),
    cmocka_unit_test(a_changed_string_is_noticed))
