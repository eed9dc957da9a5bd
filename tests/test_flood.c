/*
 * test_flood.c - who brings more than is taken from him is cut off, and nobody
 * else
 */
#include "nodes/flood.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit.h"

enum { PIECE = 65536 };

struct wire {
    int door;
    uint16_t port;
    int node; /* its end of the connection ... */
    int hub;  /* ... and ours */
};

static void
dial(struct wire *wire)
{
    const struct sockaddr_in there = { .sin_family = AF_INET,
                                       .sin_port = htons(wire->port),
                                       .sin_addr.s_addr =
                                           htonl(INADDR_LOOPBACK) };

    wire->node = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(
        connect(wire->node, (const struct sockaddr *)&there, sizeof there), 0);
    wire->hub = accept(wire->door, NULL, NULL);
    assert_true(wire->hub >= 0);
}

static void
hang_up(const struct wire *wire)
{
    close(wire->node);
    close(wire->hub);
}

static void
open_wire(struct wire *wire)
{
    struct sockaddr_in here = { .sin_family = AF_INET,
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof here;

    wire->door = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(wire->door, (struct sockaddr *)&here, size), 0);
    assert_int_equal(listen(wire->door, 1), 0);
    assert_int_equal(getsockname(wire->door, (struct sockaddr *)&here, &size),
                     0);
    wire->port = ntohs(here.sin_port);
    dial(wire);
}

/* So much comes in, and is read as a library does that keeps it. */
static void
bring(const struct wire *wire, uint64_t size)
{
    static uint8_t bytes[PIECE];

    for (uint64_t at = 0; at < size; at += PIECE) {
        assert_int_equal(send(wire->node, bytes, PIECE, 0), PIECE);
        assert_int_equal(recv(wire->hub, bytes, PIECE, MSG_WAITALL), PIECE);
    }
}

static bool
is_cut(const struct wire *wire)
{
    char byte;

    return recv(wire->node, &byte, 1, MSG_DONTWAIT) == 0;
}

TEST(who_brings_more_than_is_taken_is_cut_off)
{
    struct flood flood = { 0 };
    struct wire wire;

    open_wire(&wire);
    bring(&wire, FLOOD_MAX);
    assert_int_equal(flood_cut(&flood, wire.port), 0);
    bring(&wire, PIECE);
    assert_int_equal(flood_cut(&flood, (uint16_t)(wire.port + 1)), 0);
    assert_false(is_cut(&wire));
    assert_int_equal(flood_cut(&flood, wire.port), 1);
    assert_true(is_cut(&wire));
    hang_up(&wire);
    close(wire.door);
    flood_close(&flood);
}

TEST(who_is_listened_to_may_bring_any_amount)
{
    struct flood flood = { 0 };
    struct wire wire;

    open_wire(&wire);
    for (uint32_t i = 0; i < 3; i++) {
        bring(&wire, FLOOD_MAX);
        flood_took(&flood, wire.hub, 1, FLOOD_MAX);
        assert_int_equal(flood_cut(&flood, wire.port), 0);
    }
    /* The next one on the same descriptor has brought nothing yet. */
    const int before = wire.hub;
    hang_up(&wire);
    dial(&wire);
    assert_int_equal(wire.hub, before);
    bring(&wire, FLOOD_MAX + PIECE);
    assert_int_equal(flood_cut(&flood, wire.port), 1);
    hang_up(&wire);
    close(wire.door);
    flood_close(&flood);
}

/* What is taken from him counts at once, though nobody has looked since. */
TEST(who_follows_on_a_descriptor_is_listened_to_as_well)
{
    struct flood flood = { 0 };
    struct wire wire;

    open_wire(&wire);
    for (uint32_t peer = 1; peer <= 3; peer++) {
        const int before = wire.hub;
        bring(&wire, FLOOD_MAX);
        flood_took(&flood, wire.hub, peer, FLOOD_MAX - PIECE);
        flood_took(&flood, wire.hub, peer, PIECE);
        bring(&wire, PIECE);
        assert_int_equal(flood_cut(&flood, wire.port), 0);
        hang_up(&wire);
        dial(&wire);
        assert_int_equal(wire.hub, before);
    }
    hang_up(&wire);
    close(wire.door);
    flood_close(&flood);
}

/* None of them brings more than one may. */
TEST(many_are_cut_off_where_all_is_too_much)
{
    enum { MANY = 9 };
    struct flood flood = { 0 };
    struct wire wire, quiet;
    struct wire wires[MANY];

    open_wire(&wire);
    quiet = wire;
    for (uint32_t i = 0; i < MANY; i++) {
        assert_int_equal(flood_cut(&flood, wire.port), 0);
        dial(&wire);
        wires[i] = wire;
        bring(&wire, FLOOD_MAX - PIECE);
    }
    assert_int_equal(flood_cut(&flood, wire.port), MANY);
    assert_false(is_cut(&quiet));
    for (uint32_t i = 0; i < MANY; i++) {
        assert_true(is_cut(&wires[i]));
        hang_up(&wires[i]);
    }
    hang_up(&quiet);
    close(wire.door);
    flood_close(&flood);
}

TEST(looks_take_a_small_share_of_the_time)
{
    assert_int_equal(flood_pause_ms(0), FLOOD_PAUSE_MIN_MS);
    assert_int_equal(flood_pause_ms(5), 5 * FLOOD_SHARE);
    assert_int_equal(flood_pause_ms(1000), FLOOD_PAUSE_MAX_MS);
}

RUN(cmocka_unit_test(who_brings_more_than_is_taken_is_cut_off),
    cmocka_unit_test(who_is_listened_to_may_bring_any_amount),
    cmocka_unit_test(who_follows_on_a_descriptor_is_listened_to_as_well),
    cmocka_unit_test(many_are_cut_off_where_all_is_too_much),
    cmocka_unit_test(looks_take_a_small_share_of_the_time))
