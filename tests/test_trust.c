/*
 * test_trust.c - what is signed is believed as far as it goes, and no further
 */
#include "tests/unit.h"

#include "core/ingest.h"
#include "core/ledger.h"
#include "core/reader.h"
#include "nodes/refill.h"
#include "nodes/trust.h"
#include "tests/place.h"

#include <stdlib.h>
#include <string.h>

#define NOW_MS INT64_C(1735725600000)
enum { HUB = 1, INCARNATION = 7, STREAM_MAX = 8192 };

/* A hub's ledger, and what it has published as bytes. */
struct seat {
    struct place place;
    char dir[PLACE_SIZE];
    struct ledger *ledger;
    struct journal *journal;
    struct trust trust;
    stream_id stream;
    uint8_t bytes[STREAM_MAX];
    uint32_t size;
    uint32_t ends[8]; /* of its records */
    uint32_t count;
};

static void
say(struct seat *seat, const char *what)
{
    const struct journal_control control = { .channel = CHANNEL_PUBLIC,
                                             .kind = RECORD_KEY,
                                             .body = view_of(what),
                                             .now_ms = NOW_MS };
    struct journal_result result;

    assert_int_equal(journal_append_control(seat->journal, &control, &result),
                     OK);
}

static void
read_stream(struct seat *seat)
{
    struct reader *reader = NULL;
    struct reader_item item;

    seat->size = 0;
    seat->count = 0;
    assert_int_equal(reader_open(seat->journal, &reader), OK);
    while (reader_find(reader, seat->stream, seat->count + 1, &item) == OK) {
        view bytes = item.record.bytes;
        assert_true(seat->size + bytes.size <= STREAM_MAX);
        memcpy(seat->bytes + seat->size, bytes.bytes, bytes.size);
        seat->size += bytes.size;
        seat->ends[seat->count++] = seat->size;
    }
    reader_close(reader);
}

/* Two items, a signature, and one more item.  All seats are of the same hub in
 * the same incarnation, as far as they say themselves. */
static struct seat *
take_seat(const char *first)
{
    const struct ledger_identity who = { .node = HUB,
                                         .incarnation = INCARNATION };
    struct seat *seat = calloc(1, sizeof *seat);

    assert_non_null(seat);
    seat->place = place_make();
    place_join(&seat->place, "hub", seat->dir);
    assert_int_equal(ledger_create(seat->dir, &who, NOW_MS, NULL), OK);
    assert_int_equal(ledger_open(seat->dir, LEDGER_WRITE, NULL, &seat->ledger),
                     OK);
    seat->journal = ledger_journal(seat->ledger);
    seat->stream = (stream_id) { .incarnation = INCARNATION,
                                 .node = HUB,
                                 .channel = CHANNEL_PUBLIC };
    assert_int_equal(trust_open(seat->dir, seat->journal, &seat->trust, NULL),
                     OK);
    say(seat, first);
    say(seat, "two");
    assert_int_equal(trust_sign(&seat->trust, NOW_MS), OK);
    assert_int_equal(trust_sign(&seat->trust, NOW_MS), OK); /* once is enough */
    say(seat, "three");
    read_stream(seat);
    assert_int_equal(seat->count, 4);
    return seat;
}

static void
leave_seat(struct seat *seat)
{
    trust_close(&seat->trust);
    ledger_close(seat->ledger);
    place_remove(&seat->place);
    free(seat);
}

static view
all_of(const struct seat *seat)
{
    return (view) { seat->bytes, seat->size };
}

static enum trust_verdict
look(const struct seat *seat, view records, uint32_t *ret_size)
{
    return trust_look(&seat->trust, seat->stream, records, ret_size);
}

TEST(a_signature_covers_what_is_before_it)
{
    struct seat *seat = take_seat("one");
    uint32_t size;

    assert_int_equal(look(seat, all_of(seat), &size), TRUST_SIGNED);
    assert_int_equal(size, seat->ends[2]);
    /* From the middle on, too: the chain says that it is the same. */
    view rest = { seat->bytes + seat->ends[0], seat->size - seat->ends[0] };
    assert_int_equal(look(seat, rest, &size), TRUST_SIGNED);
    assert_int_equal(look(seat, (view) { seat->bytes, seat->ends[1] }, &size),
                     TRUST_UNSIGNED);
    leave_seat(seat);
}

TEST(a_key_that_nobody_named_covers_nothing)
{
    struct seat *seat = take_seat("one");
    struct seat *rogue = take_seat("another");
    uint32_t size;

    assert_int_equal(look(seat, all_of(rogue), &size), TRUST_UNSIGNED);
    assert_int_equal(size, 0);
    hubs_signers_add(&seat->trust.hubs.signers, 2, rogue->trust.key.public_key);
    assert_int_equal(look(seat, all_of(rogue), &size),
                     TRUST_UNSIGNED); /* it is another's */
    hubs_signers_add(&seat->trust.hubs.signers, HUB,
                     rogue->trust.key.public_key);
    assert_int_equal(look(seat, all_of(rogue), &size), TRUST_SIGNED);
    leave_seat(rogue);
    leave_seat(seat);
}

/* What it covers is before it in the chain, not just in the bytes. */
TEST(a_signature_covers_nothing_else)
{
    struct seat *seat = take_seat("one");
    struct seat *rogue = take_seat("another");
    uint8_t mixed[STREAM_MAX];
    uint32_t signature = seat->ends[2] - seat->ends[1];
    uint32_t size;

    memcpy(mixed, rogue->bytes, rogue->ends[1]);
    memcpy(mixed + rogue->ends[1], seat->bytes + seat->ends[1], signature);
    const view bytes = { mixed, rogue->ends[1] + signature };
    assert_int_equal(look(seat, bytes, &size), TRUST_FORGED);
    assert_int_equal(size, 0);
    /* One item is left out. */
    memcpy(mixed, seat->bytes, seat->ends[0]);
    memcpy(mixed + seat->ends[0], seat->bytes + seat->ends[1], signature);
    const view less = { mixed, seat->ends[0] + signature };
    assert_int_equal(look(seat, less, &size), TRUST_FORGED);
    leave_seat(rogue);
    leave_seat(seat);
}

TEST(a_claim_is_believed_of_a_hub_that_is_known)
{
    struct seat *seat = take_seat("one");
    struct seat *rogue = take_seat("another");
    struct claim kept;

    struct claim claim = trust_claim(&seat->trust, 99, (curve_key) { "where" });
    assert_true(trust_believes(&seat->trust, &claim));
    assert_int_equal(trust_save_claim(seat->journal, &claim), OK);
    assert_int_equal(trust_load_claim(seat->journal, &kept), OK);
    assert_true(trust_believes(&seat->trust, &kept));
    assert_true(claim_is_sound(&kept));
    assert_false(trust_believes(&rogue->trust, &kept));
    kept.epoch++; /* another epoch than was signed */
    assert_false(claim_is_sound(&kept));
    kept = claim;
    kept.curve.bytes[0]++; /* another place */
    assert_false(claim_is_sound(&kept));
    assert_false(claim_is_sound(&(struct claim) { 0 }));
    leave_seat(rogue);
    leave_seat(seat);
}

/* Records from..to of the seat come in. */
static struct refill_result
take(struct refill *refill, const struct seat *seat, uint32_t from, uint32_t to)
{
    struct sync_output wish = { .kind = SYNC_PUT_RECORDS };
    struct refill_result result;
    uint32_t begin = from > 1 ? seat->ends[from - 2] : 0;

    wish.put_records.stream = seat->stream;
    wish.put_records.from = from;
    wish.put_records.to = to;
    wish.put_records.last = to == seat->count;
    wish.put_records.bytes =
        (view) { seat->bytes + begin, seat->ends[to - 1] - begin };
    assert_int_equal(refill_take(refill, &seat->trust, &wish, &result), OK);
    return result;
}

TEST(nothing_is_stored_before_it_is_signed)
{
    struct seat *seat = take_seat("one");
    struct refill refill = { 0 };

    struct refill_result result = take(&refill, seat, 1, 1);
    assert_int_equal(result.size, 0);
    assert_false(result.refused);
    result = take(&refill, seat, 2, 2);
    assert_int_equal(result.size, 0);
    result = take(&refill, seat, 1, 2); /* it begins anew */
    assert_int_equal(result.size, 0);
    result = take(&refill, seat, 3, 3);
    assert_int_equal(result.size, seat->ends[2]);
    assert_memory_equal(result.bytes, seat->bytes, result.size);
    free(result.bytes);
    /* Nobody has signed the last, and nothing will follow. */
    result = take(&refill, seat, 4, 4);
    assert_int_equal(result.size, 0);
    assert_true(result.refused);
    assert_int_equal(refill.size, 0);
    refill_close(&refill);
    leave_seat(seat);
}

TEST(what_is_signed_is_stored_and_the_rest_refused)
{
    struct seat *seat = take_seat("one");
    struct refill refill = { 0 };

    struct refill_result result = take(&refill, seat, 1, 4);
    assert_int_equal(result.size, seat->ends[2]);
    assert_true(result.refused);
    free(result.bytes);
    refill_close(&refill);
    leave_seat(seat);
}

/* A node brings what the hub signed in another epoch as if it were of this one:
 * the hub would take its own disk for an older one. */
TEST(what_is_of_another_stream_is_refused)
{
    struct seat *seat = take_seat("one");
    struct refill refill = { 0 };

    seat->stream.incarnation++;
    struct refill_result result = take(&refill, seat, 1, 3);
    assert_true(result.refused);
    assert_int_equal(result.size, 0);
    refill_close(&refill);
    leave_seat(seat);
}

RUN(cmocka_unit_test(a_signature_covers_what_is_before_it),
    cmocka_unit_test(a_key_that_nobody_named_covers_nothing),
    cmocka_unit_test(a_signature_covers_nothing_else),
    cmocka_unit_test(a_claim_is_believed_of_a_hub_that_is_known),
    cmocka_unit_test(nothing_is_stored_before_it_is_signed),
    cmocka_unit_test(what_is_signed_is_stored_and_the_rest_refused),
    cmocka_unit_test(what_is_of_another_stream_is_refused))
