/*
 * test_shadow.c - which streams a hub offers to whom, and whose word makes one
 * safe
 */
#include "nodes/shadow.h"

#include "tests/book.h"
#include "tests/unit.h"

enum { STORE = 7, STANDBY = 20 };

struct hub {
    struct book book;
    struct carry carry;
    struct allow *allow;
    struct roster *roster;
    struct shadow *shadow;
};

static void
give(void *context, struct guest *guest, const struct sync_input *input)
{
    (void)context;
    (void)guest;
    (void)input;
    fail(); /* nothing here gives anything */
}

/* It has events of its own and of two stores, what is public, and books. */
static void
hub_open(struct hub *hub)
{
    book_open(&hub->book, LEDGER_OWN);
    struct journal *journal = ledger_journal(hub->book.ledger);
    book_rules(&hub->book, "2025-01-01", "earn: []\n");
    book_enrol(&hub->book, STORE, 10, ENROL_STORE);
    for (uint32_t node = STORE; node < STORE + 2; node++)
        book_hear(&hub->book, node,
                  "{\"kind\": \"stamp\", \"card\": \"c\", \"member\": 1}");
    assert_int_equal(book_append(&hub->book,
                                 "{\"kind\": \"stamp\", \"card\": \"c\", "
                                 "\"member\": 1}",
                                 NULL, NULL),
                     OK);
    assert_int_equal(carry_open(journal, &hub->carry), OK);
    assert_int_equal(allow_open(journal, &hub->allow), OK);
    hub->roster = roster_open();
    assert_non_null(hub->roster);
    const struct shadow_options options = {
        .dir = ledger_dir(hub->book.ledger),
        .journal = journal,
        .carry = &hub->carry,
        .allow = hub->allow,
        .roster = hub->roster,
        .node = 1,
        .give = give,
    };
    struct complaint complaint;
    assert_int_equal(shadow_open(&options, &hub->shadow, &complaint), OK);
}

static void
hub_close(struct hub *hub)
{
    shadow_close(hub->shadow);
    roster_close(hub->roster);
    allow_close(hub->allow);
    carry_close(&hub->carry);
    book_close(&hub->book);
}

/* How many streams of a channel the guest is offered. */
static uint32_t
count(struct hub *hub, const struct guest *guest, enum record_channel channel)
{
    uint32_t found = 0;

    assert_int_equal(shadow_offers(hub->shadow, guest), OK);
    for (uint32_t i = 0; i < hub->carry.offer_count; i++)
        found += hub->carry.offers[i].stream.channel == channel;
    return found;
}

/* The books say who may join and by which key, and what was closed: they are a
 * standby's only. */
TEST(each_is_offered_what_it_may_have)
{
    static const struct {
        bool relay, standby;
        uint32_t events, publics, books;
    } CASES[] = {
        { false, false, 1, 1, 0 }, /* a store: its own events */
        { true, false, 3, 1, 0 },
        { true, true, 3, 1, 1 },
    };
    struct hub hub;

    hub_open(&hub);
    for (uint32_t i = 0; i < COUNT_OF(CASES); i++) {
        struct guest guest = { .relay = CASES[i].relay,
                               .standby = CASES[i].standby };
        guest.peer.pass.node = STORE;
        assert_int_equal(count(&hub, &guest, CHANNEL_EVENTS), CASES[i].events);
        assert_int_equal(count(&hub, &guest, CHANNEL_PUBLIC), CASES[i].publics);
        assert_int_equal(count(&hub, &guest, CHANNEL_BOOKS), CASES[i].books);
    }
    hub_close(&hub);
}

static const stream_id there = { .incarnation = 100, .node = STORE };

static uint64_t
safe_by(struct hub *hub, bool standby)
{
    struct guest guest = { .relay = true, .standby = standby };
    const struct sync_held acked = { .stream = there, .head = { .seq = 5 } };
    const struct frame_offer held = { .stream = there, .head = { .seq = 3 } };

    guest.peer.pass.node = STANDBY;
    shadow_acked(hub->shadow, &guest, &acked);
    const uint64_t safe = shadow_safe(hub->shadow, there);
    shadow_came(hub->shadow, &guest, &held, 1);
    assert_int_equal(shadow_safe(hub->shadow, there), standby ? 3 : 0);
    return safe;
}

/* As long as it is enrolled, and no more than it has when it comes again. */
TEST(what_a_standby_holds_is_safe)
{
    struct hub hub;

    hub_open(&hub);
    assert_int_equal(safe_by(&hub, false), 0);
    assert_int_equal(safe_by(&hub, true), 5);
    book_enrol(&hub.book, STANDBY, 10, ENROL_STANDBY);
    shadow_tick(hub.shadow);
    assert_int_equal(shadow_safe(hub.shadow, there), 3);
    assert_int_equal(allow_revoke(hub.allow, STANDBY), OK);
    shadow_tick(hub.shadow);
    assert_int_equal(shadow_safe(hub.shadow, there), 0);
    hub_close(&hub);
}

RUN(cmocka_unit_test(each_is_offered_what_it_may_have),
    cmocka_unit_test(what_a_standby_holds_is_safe))
