/*
 * test_heir.c - a hub asks those who may have taken its place
 *
 * Proved: it dials the others of its list and only these; one that answers
 * WELCOME with the claim of a later epoch is believed if a hub has named its
 * key, and only then; the HELLO has our own claim in it; and that nobody
 * listens, as a standby does not, is told to nobody.
 */
#include "tests/unit.h"

#include <string.h>

#include "nodes/clock.h"
#include "nodes/heir.h"
#include "nodes/reign.h"
#include "tests/hearing.h"
#include "tests/loopback.h"
#include "tests/place.h"

#define NOW_MS INT64_C(1735725600000)

enum { HUB = 1, OTHER = 2, EPOCH = 7, SCRATCH_SIZE = 4 << 20 };

/* A hub that came back, its ledger, and the other end, which listens. */
struct site {
    struct place place;
    char dir[PLACE_SIZE];
    struct ledger *ledger;
    struct journal *journal;
    struct loopback loopback; /* its `hub` is the other one */
    struct signing_key key;   /* the other's */
    struct trust trust;
    struct carry carry;
    struct heir heir;
    struct arena scratch;
};

/* What the hub published last. */
static void
publish_list(struct site *site, bool other)
{
    struct allow *allow = NULL;
    struct enrolment enrolment = { .node = OTHER,
                                   .role = ENROL_STANDBY,
                                   .store_count = 1,
                                   .stores = { OTHER },
                                   .joined = true,
                                   .key = site->loopback.hub_keys.public_key };
    struct hubs_own own = { .node = HUB,
                            .hub = {
                                .endpoint = "tcp://127.0.0.1:1",
                                .key = site->loopback.node_keys.public_key } };

    strcpy(enrolment.endpoint, site->loopback.address.endpoint);
    hubs_signers_add(&own.signers, HUB, site->trust.key.public_key);
    hubs_signers_add(&own.signers, OTHER, site->key.public_key);
    assert_int_equal(allow_open(site->journal, &allow), OK);
    if (other)
        assert_int_equal(allow_enrol(allow, &enrolment), OK);
    assert_int_equal(
        hubs_publish(site->journal, allow, &site->trust.hubs, &own), OK);
    allow_close(allow);
    assert_true(trust_refresh(&site->trust));
}

static void
open_site(struct site *site, bool other)
{
    const struct ledger_identity who = { .node = HUB, .incarnation = EPOCH };

    memset(site, 0, sizeof *site);
    site->place = place_make();
    place_join(&site->place, "hq", site->dir);
    assert_int_equal(ledger_create(site->dir, &who, NOW_MS, NULL), OK);
    assert_int_equal(ledger_open(site->dir, LEDGER_WRITE, NULL, &site->ledger),
                     OK);
    site->journal = ledger_journal(site->ledger);
    loopback_open(&site->loopback, true);
    site->loopback.pass.node = HUB;
    assert_int_equal(
        keys_store(site->dir, "own", &site->loopback.node_keys, NULL), OK);
    crypto_keypair_make(&site->key.public_key, &site->key.secret_key);
    assert_int_equal(trust_open(site->dir, site->journal, &site->trust, NULL),
                     OK);
    assert_int_equal(carry_open(site->journal, &site->carry), OK);
    assert_true(arena_open(&site->scratch, SCRATCH_SIZE));
    publish_list(site, other);
    heir_open(&(struct heir_options) { .trust = &site->trust,
                                       .carry = &site->carry,
                                       .epoch = EPOCH },
              &site->loopback.node_keys, &site->heir);
}

static void
close_site(struct site *site)
{
    heir_close(&site->heir);
    arena_close(&site->scratch);
    carry_close(&site->carry);
    trust_close(&site->trust);
    loopback_close(&site->loopback);
    ledger_close(site->ledger);
    place_remove(&site->place);
}

/* Takes turns until the claim has come, the other end has heard a HELLO (into
 * the message, if it is not NULL), or no link has been tried less than so
 * often.  Whether a claim has come. */
static bool
take_turns(struct site *site, uint32_t failures,
           struct transport_message *hello, struct claim *ret_claim)
{
    const int64_t until_ms = clock_steady_ms() + LOOPBACK_MS;

    while (clock_steady_ms() < until_ms) {
        if (heir_turn(&site->heir, site->scratch, ret_claim))
            return true;
        if (hello && transport_receive(site->loopback.hub, hello) == OK)
            return false;
        if (site->heir.count == 0 ||
            site->heir.links[0].link.failures >= failures)
            return false;
        transport_wait(site->loopback.hub, NULL, 0, 5);
    }
    fail();
    return false;
}

/* The other end's answer to the HELLO that has come. */
static void
say_welcome(struct site *site, struct transport_message *hello, uint64_t epoch,
            const struct signing_key *key)
{
    struct frame welcome = { .kind = FRAME_WELCOME, .session = 1 };
    struct claim *claim = &welcome.welcome.claim;

    *claim = (struct claim) { .epoch = epoch,
                              .node = OTHER,
                              .curve = site->loopback.hub_keys.public_key };
    claim_sign(claim, key);
    welcome.welcome.version = SYNC_VERSION;
    welcome.welcome.hub = OTHER;
    welcome.welcome.epoch = epoch;
    assert_int_equal(transport_send(site->loopback.hub, &hello->peer, &welcome),
                     OK);
    transport_release(hello);
}

TEST(a_later_hub_that_answers_is_believed)
{
    struct site site;
    struct transport_message hello;
    struct claim claim;
    struct frame frame;

    open_site(&site, true);
    assert_false(take_turns(&site, 1, &hello, &claim));
    struct arena scratch = site.scratch;
    assert_int_equal(frame_parse(hello.header, hello.payload, &scratch, &frame),
                     OK);
    assert_int_equal(frame.kind, FRAME_HELLO);
    assert_int_equal(frame.hello.node, HUB);
    assert_int_equal(frame.hello.epoch, EPOCH);
    assert_int_equal(frame.hello.claim.epoch, EPOCH);
    assert_true(trust_believes(&site.trust, &frame.hello.claim));
    say_welcome(&site, &hello, EPOCH + 1, &site.key);
    assert_true(take_turns(&site, UINT32_MAX, NULL, &claim));
    assert_int_equal(claim.node, OTHER);
    assert_int_equal(claim.epoch, EPOCH + 1);
    close_site(&site);
}

TEST(one_whose_key_nobody_has_named_is_not)
{
    struct site site;
    struct transport_message hello;
    struct claim claim;
    struct signing_key strange;

    open_site(&site, true);
    crypto_keypair_make(&strange.public_key, &strange.secret_key);
    assert_false(take_turns(&site, 1, &hello, &claim));
    say_welcome(&site, &hello, EPOCH + 1, &strange);
    hearing_begin();
    assert_false(take_turns(&site, 1, NULL, &claim));
    hearing_end();
    assert_int_equal(hearing_count(" alarm what=unproved hub="), 1);
    close_site(&site);
}

/* It hears our claim, and its reign ends, not ours. */
TEST(one_that_does_not_rule_later_changes_nothing)
{
    for (uint64_t epoch = EPOCH - 1; epoch <= EPOCH; epoch++) {
        struct site site;
        struct transport_message hello;
        struct claim claim;

        open_site(&site, true);
        assert_false(take_turns(&site, 1, &hello, &claim));
        say_welcome(&site, &hello, epoch, &site.key);
        hearing_begin();
        assert_false(take_turns(&site, 1, NULL, &claim));
        hearing_end();
        close_site(&site);
    }
}

TEST(one_that_does_not_admit_us_is_told_of)
{
    struct site site;
    struct claim claim;

    open_site(&site, true);
    site.loopback.pass.node = 0; /* so it refuses */
    hearing_begin();
    assert_false(take_turns(&site, 4, NULL, &claim));
    hearing_end();
    assert_int_equal(hearing_count(" alarm what=not_admitted hub="), 3);
    close_site(&site);
}

TEST(a_standby_does_not_listen_and_nothing_is_said_of_it)
{
    struct site site;
    struct claim claim;
    struct complaint complaint;

    open_site(&site, true);
    transport_hang_up(site.loopback.hub);
    hearing_begin();
    assert_false(take_turns(&site, 4, NULL, &claim));
    assert_int_equal(heir_may_rule(site.dir, site.journal, &complaint), OK);
    hearing_end();
    assert_int_equal(hearing_count(" "), 0);
    close_site(&site);
}

TEST(who_is_alone_dials_nobody)
{
    struct site site;
    struct claim claim;

    open_site(&site, false);
    assert_false(take_turns(&site, 1, NULL, &claim));
    assert_int_equal(site.heir.count, 0);
    assert_int_equal(site.loopback.asked, 0);
    /* Until one stands by. */
    publish_list(&site, true);
    assert_false(heir_turn(&site.heir, site.scratch, &claim));
    assert_int_equal(site.heir.count, 1);
    close_site(&site);
}

RUN(cmocka_unit_test(a_later_hub_that_answers_is_believed),
    cmocka_unit_test(one_whose_key_nobody_has_named_is_not),
    cmocka_unit_test(one_that_does_not_rule_later_changes_nothing),
    cmocka_unit_test(one_that_does_not_admit_us_is_told_of),
    cmocka_unit_test(a_standby_does_not_listen_and_nothing_is_said_of_it),
    cmocka_unit_test(who_is_alone_dials_nobody))
