/*
 * test_frame.c - the wire format: what is written is read back, and nothing
 * that a peer can send is read as something else
 *
 * Proved: every kind survives a round trip; every prefix of a payload is
 * refused; counts larger than the bytes that are there are refused before
 * memory is taken; a longer payload and longer list entries, as a later
 * version writes them, are read; random bytes and random changes never read
 * outside of the payload (run under a sanitizer) nor stop the process.
 */
#include "tests/unit.h"

#include <stdlib.h>
#include <string.h>

#include "nodes/frame.h"

struct wire {
    uint8_t header[FRAME_HEADER_SIZE];
    uint8_t *payload; /* exactly as large as needed, so that a sanitizer
                       * notices a read beyond it */
    uint32_t size;
};

static const stream_id stream = { .incarnation = 1700000000000,
                                  .node = 421,
                                  .channel = CHANNEL_EVENTS };

static stream_head
head_at(uint64_t seq)
{
    stream_head head = { .seq = seq };

    memset(head.chain.bytes, (int)(seq & 0x7f), sizeof head.chain.bytes);
    return head;
}

static struct wire
encode(const struct frame *frame)
{
    struct wire wire = { .size = (uint32_t)frame_payload_size(frame) };

    wire.payload = malloc(wire.size ? wire.size : 1);
    assert_non_null(wire.payload);
    frame_encode(frame, wire.header, wire.payload);
    return wire;
}

static enum err
parse(const struct wire *wire, struct arena *arena, struct frame *ret_frame)
{
    return frame_parse((view) { wire->header, FRAME_HEADER_SIZE },
                       (view) { wire->payload, wire->size }, arena, ret_frame);
}

static void
greetings(struct frame *list)
{
    static struct frame_offer offers[3];
    static struct frame_held held[2];
    const struct claim claim = { 77, 9, { "key" }, { "curve" }, { "signed" } };

    for (uint32_t i = 0; i < 3; i++)
        offers[i] = (struct frame_offer) { stream, head_at(i + 7), i + 3 };
    for (uint32_t i = 0; i < 2; i++)
        held[i] = (struct frame_held) { stream, head_at(i + 5), 4, i };

    list[0] = (struct frame) { .kind = FRAME_HELLO,
                               .more = true,
                               .hello = { 1,
                                          2,
                                          421,
                                          77,
                                          1700000000000,
                                          4096,
                                          77,
                                          900,
                                          offers,
                                          3,
                                          claim,
                                          { "s" } } };
    list[1] = (struct frame) { .kind = FRAME_WELCOME,
                               .session = 12,
                               .welcome = { 1, 9, 77, 1700000000001, 65536,
                                            held, 2, claim, FRAME_SHARES } };
}

/* One frame of every kind with something in every field. */
static uint32_t
samples(struct frame list[static FRAME_KIND_END])
{
    static struct frame_folded folded[2];
    static stream_head heads[4];
    static view blobs[3];
    uint32_t count = 0;

    for (uint32_t i = 0; i < 2; i++)
        folded[i] = (struct frame_folded) { stream, 100 + i };
    for (uint32_t i = 0; i < 4; i++)
        heads[i] = head_at(10 * (i + 1));
    blobs[0] = view_of("state of one");
    blobs[1] = (view) { 0 };
    blobs[2] = view_of("x");

    list[count++] =
        (struct frame) { .kind = FRAME_JOIN, .join = { 421, { "k" } } };
    greetings(&list[count]);
    count += 2;
    list[count++] = (struct frame) { .kind = FRAME_WAIT, .wait = { 5000 } };
    list[count++] =
        (struct frame) { .kind = FRAME_BATCH,
                         .session = 12,
                         .batch = { .stream = stream,
                                    .from = 8,
                                    .to = 12,
                                    .total = 555,
                                    .head_seq = 20,
                                    .records = view_of("records") } };
    list[count++] = (struct frame) { .kind = FRAME_ACK,
                                     .session = 12,
                                     .ack = { stream, head_at(12), 3, 99 } };
    list[count++] =
        (struct frame) { .kind = FRAME_NACK,
                         .session = 12,
                         .nack = { stream, head_at(7), 99, FRAME_WHY_GAP } };
    list[count++] = (struct frame) { .kind = FRAME_FORKQ,
                                     .forkq = { stream, 1, heads, 4 } };
    list[count++] =
        (struct frame) { .kind = FRAME_FORKA, .forka = { stream, 10, 20 } };
    list[count++] = (struct frame) { .kind = FRAME_STATE,
                                     .state = { .epoch = 77,
                                                .after = 10,
                                                .position = 20,
                                                .format = 1,
                                                .folded = folded,
                                                .folded_count = 2,
                                                .states = blobs,
                                                .state_count = 3 } };
    list[count++] =
        (struct frame) { .kind = FRAME_ASK, .ask = { 5, 1, blobs, 3 } };
    list[count++] =
        (struct frame) { .kind = FRAME_ANSWER, .ask = { 5, 1, blobs, 2 } };
    list[count++] = (struct frame) { .kind = FRAME_PING,
                                     .ping = { 6, 1700000000000, 10, 1 } };
    list[count++] = (struct frame) { .kind = FRAME_BYE, .bye = { 1 } };
    list[count++] =
        (struct frame) { .kind = FRAME_ERR,
                         .err = { FRAME_CODE_RIGHT, 1, view_of("go away") } };
    return count;
}

TEST(every_kind_survives_a_round_trip)
{
    struct frame list[FRAME_KIND_END];
    uint32_t count = samples(list);
    struct arena arena;

    assert_true(arena_open(&arena, 8u << 20));
    assert_int_equal(count, FRAME_KIND_END - 1);
    for (uint32_t i = 0; i < count; i++) {
        struct frame back;
        struct wire once = encode(&list[i]);
        assert_int_equal(parse(&once, &arena, &back), OK);
        assert_int_equal(back.kind, list[i].kind);
        assert_int_equal(back.more, list[i].more);
        assert_int_equal(back.session, list[i].session);
        struct wire twice = encode(&back);
        assert_int_equal(once.size, twice.size);
        assert_memory_equal(once.header, twice.header, FRAME_HEADER_SIZE);
        assert_memory_equal(once.payload, twice.payload, once.size);
        free(once.payload);
        free(twice.payload);
    }
    arena_close(&arena);
}

TEST(fields_are_what_was_written)
{
    struct frame list[FRAME_KIND_END], back;
    struct arena arena;

    assert_true(arena_open(&arena, 1u << 20));
    samples(list);
    struct wire wire = encode(&list[FRAME_HELLO - 1]);
    assert_int_equal(parse(&wire, &arena, &back), OK);
    assert_int_equal(back.hello.node, 421);
    assert_int_equal(back.hello.offer_count, 3);
    assert_true(stream_equal(back.hello.offers[2].stream, stream));
    assert_int_equal(back.hello.offers[2].head.seq, 9);
    assert_int_equal(back.hello.offers[2].acked, 5);
    assert_int_equal(back.hello.claim.node, 9);
    assert_string_equal((const char *)back.hello.claim.curve.bytes, "curve");
    assert_string_equal((const char *)back.hello.signer.bytes, "s");
    free(wire.payload);
    wire = encode(&list[FRAME_STATE - 1]);
    assert_int_equal(parse(&wire, &arena, &back), OK);
    assert_int_equal(back.state.state_count, 3);
    assert_true(view_equal(back.state.states[0], view_of("state of one")));
    assert_int_equal(back.state.states[1].size, 0);
    assert_int_equal(back.state.folded[1].seq, 101);
    free(wire.payload);
    arena_close(&arena);
}

/* Claims were added when there were peers without already, and flags. */
static bool
is_older(enum frame_kind kind, uint32_t missing)
{
    return (kind == FRAME_WELCOME &&
            (missing == 8 || missing == CLAIM_SIZE + 8)) ||
           (kind == FRAME_HELLO &&
            (missing == 32 || missing == CLAIM_SIZE + 32));
}

TEST(an_older_peer_makes_no_claim)
{
    struct frame list[FRAME_KIND_END], back;
    struct arena arena;

    assert_true(arena_open(&arena, 1u << 20));
    samples(list);
    for (uint32_t kind = FRAME_HELLO; kind <= FRAME_WELCOME; kind++) {
        struct wire wire = encode(&list[kind - 1]);
        wire.size -= kind == FRAME_HELLO ? CLAIM_SIZE + 32u : CLAIM_SIZE + 8u;
        memcpy(wire.header + 16, &wire.size, sizeof wire.size);
        assert_int_equal(parse(&wire, &arena, &back), OK);
        const struct claim *claim =
            kind == FRAME_HELLO ? &back.hello.claim : &back.welcome.claim;
        assert_int_equal(claim->node, 0);
        if (kind == FRAME_WELCOME)
            assert_int_equal(back.welcome.flags, 0);
        free(wire.payload);
    }
    arena_close(&arena);
}

/* With the header saying the shorter size, so that it is the payload's own
 * reading that must notice. */
TEST(every_prefix_of_a_payload_is_refused)
{
    struct frame list[FRAME_KIND_END], back;
    uint32_t count = samples(list);
    struct arena arena;

    assert_true(arena_open(&arena, 8u << 20));
    for (uint32_t i = 0; i < count; i++) {
        struct wire whole = encode(&list[i]);
        uint32_t known = whole.size;
        /* Padding at the end that nobody reads. */
        if (list[i].kind == FRAME_WAIT || list[i].kind == FRAME_BYE ||
            list[i].kind == FRAME_NACK || list[i].kind == FRAME_PING)
            known -= 4;
        for (uint32_t size = 0; size < known; size++) {
            struct wire cut = whole;
            if (is_older(list[i].kind, whole.size - size))
                continue;
            cut.payload = malloc(size ? size : 1);
            assert_non_null(cut.payload);
            memcpy(cut.payload, whole.payload, size);
            cut.size = size;
            memcpy(cut.header + 16, &size, sizeof size);
            arena_reset(&arena);
            assert_int_equal(parse(&cut, &arena, &back), ERR_INPUT);
            free(cut.payload);
        }
        free(whole.payload);
    }
    arena_close(&arena);
}

TEST(headers_that_are_not_ours_are_refused)
{
    struct frame ping = { .kind = FRAME_PING }, back;
    struct arena arena;

    assert_true(arena_open(&arena, 1u << 20));
    struct wire wire = encode(&ping);
    assert_int_equal(parse(&wire, &arena, &back), OK);
    wire.header[0] ^= 1; /* magic */
    assert_int_equal(parse(&wire, &arena, &back), ERR_INPUT);
    wire.header[0] ^= 1;
    wire.header[4] = 2; /* another major version */
    assert_int_equal(parse(&wire, &arena, &back), ERR_INPUT);
    wire.header[4] = 1;
    wire.header[16] ^= 1; /* another size than what came */
    assert_int_equal(parse(&wire, &arena, &back), ERR_INPUT);
    wire.header[16] ^= 1;
    wire.header[5] = FRAME_KIND_END; /* a later minor version's kind */
    assert_int_equal(parse(&wire, &arena, &back), ERR_UNKNOWN);
    wire.header[5] = 0;
    assert_int_equal(parse(&wire, &arena, &back), ERR_UNKNOWN);
    assert_int_equal(frame_parse((view) { wire.header, 23 },
                                 (view) { wire.payload, wire.size }, &arena,
                                 &back),
                     ERR_INPUT);
    free(wire.payload);
    arena_close(&arena);
}

/* A count in a few bytes that claims gigabytes. */
TEST(counts_are_compared_with_the_bytes_that_are_there)
{
    struct frame list[FRAME_KIND_END], back;
    struct arena arena;
    static const uint32_t claims[] = { 4, 1000, 8193, 0x7fffffff, 0xffffffff };

    assert_true(arena_open(&arena, 1u << 20));
    samples(list);
    struct wire wire = encode(&list[FRAME_HELLO - 1]);
    const uint32_t at = 56 - 0; /* the count of the offers */
    for (uint32_t i = 0; i < COUNT_OF(claims); i++) {
        memcpy(wire.payload + at, &claims[i], 4);
        assert_int_equal(parse(&wire, &arena, &back), ERR_INPUT);
    }
    const uint32_t three = 3, tiny = 63;
    memcpy(wire.payload + at, &three, 4);
    assert_int_equal(parse(&wire, &arena, &back), OK);
    memcpy(wire.payload + at + 4, &tiny, 4); /* entries too small */
    assert_int_equal(parse(&wire, &arena, &back), ERR_INPUT);
    free(wire.payload);
    arena_close(&arena);
}

/* What a later minor version adds stands at the ends and is passed over. */
TEST(longer_payloads_and_entries_are_read)
{
    struct frame list[FRAME_KIND_END], back;
    struct arena arena;

    assert_true(arena_open(&arena, 1u << 20));
    samples(list);
    struct wire wire = encode(&list[FRAME_ACK - 1]);
    struct wire more = wire;
    more.size = wire.size + 13;
    more.payload = calloc(1, more.size);
    assert_non_null(more.payload);
    memcpy(more.payload, wire.payload, wire.size);
    memcpy(more.header + 16, &more.size, 4);
    assert_int_equal(parse(&more, &arena, &back), OK);
    assert_int_equal(back.ack.credit, 99);
    free(more.payload);
    free(wire.payload);

    wire = encode(&list[FRAME_HELLO - 1]);
    const uint32_t entry = 64, longer = 72, before = 64, count = 3;
    more = wire;
    more.size = before + count * longer;
    more.payload = calloc(1, more.size);
    assert_non_null(more.payload);
    memcpy(more.payload, wire.payload, before);
    memcpy(more.payload + before - 4, &longer, 4);
    for (uint32_t i = 0; i < count; i++)
        memcpy(more.payload + before + i * longer,
               wire.payload + before + i * entry, entry);
    memcpy(more.header + 16, &more.size, 4);
    assert_int_equal(parse(&more, &arena, &back), OK);
    assert_int_equal(back.hello.offer_count, 3);
    assert_int_equal(back.hello.offers[2].head.seq, 9);
    free(more.payload);
    free(wire.payload);
    arena_close(&arena);
}

static uint64_t
next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

/* Whatever is read must be readable whole: touch every byte of every view. */
static uint64_t
touch(const struct frame *frame)
{
    struct wire wire = encode(frame);
    uint64_t sum = 0;

    for (uint32_t i = 0; i < wire.size; i++)
        sum += wire.payload[i];
    free(wire.payload);
    return sum;
}

TEST(changed_bytes_never_read_outside)
{
    struct frame list[FRAME_KIND_END], back;
    uint32_t count = samples(list);
    struct arena arena;
    uint64_t random = 20261121, sum = 0;
    uint32_t taken = 0;

    assert_true(arena_open(&arena, 8u << 20));
    for (uint32_t round = 0; round < 20000; round++) {
        struct wire wire = encode(&list[round % count]);
        uint32_t changes = 1 + (uint32_t)next_random(&random) % 4;
        for (uint32_t i = 0; i < changes && wire.size > 0; i++) {
            uint32_t at = (uint32_t)next_random(&random) % wire.size;
            wire.payload[at] = (uint8_t)next_random(&random);
        }
        arena_reset(&arena);
        if (parse(&wire, &arena, &back) == OK) {
            sum += touch(&back);
            taken++;
        }
        free(wire.payload);
    }
    assert_true(taken > 0);
    assert_true(taken < 20000);
    assert_true(sum > 0);
    arena_close(&arena);
}

TEST(random_bytes_never_read_outside)
{
    struct frame back;
    struct arena arena;
    uint64_t random = 7;

    assert_true(arena_open(&arena, 8u << 20));
    for (uint32_t round = 0; round < 20000; round++) {
        struct frame ping = { .kind = FRAME_PING };
        struct wire wire = encode(&ping);
        wire.header[5] = (uint8_t)(1 + next_random(&random) % 15);
        wire.size = (uint32_t)next_random(&random) % 300;
        free(wire.payload);
        wire.payload = malloc(wire.size ? wire.size : 1);
        assert_non_null(wire.payload);
        for (uint32_t i = 0; i < wire.size; i++)
            wire.payload[i] = (uint8_t)(next_random(&random) % 4);
        memcpy(wire.header + 16, &wire.size, 4);
        arena_reset(&arena);
        if (parse(&wire, &arena, &back) == OK)
            (void)touch(&back);
        free(wire.payload);
    }
    arena_close(&arena);
}

RUN(cmocka_unit_test(every_kind_survives_a_round_trip),
    cmocka_unit_test(fields_are_what_was_written),
    cmocka_unit_test(an_older_peer_makes_no_claim),
    cmocka_unit_test(every_prefix_of_a_payload_is_refused),
    cmocka_unit_test(headers_that_are_not_ours_are_refused),
    cmocka_unit_test(counts_are_compared_with_the_bytes_that_are_there),
    cmocka_unit_test(longer_payloads_and_entries_are_read),
    cmocka_unit_test(changed_bytes_never_read_outside),
    cmocka_unit_test(random_bytes_never_read_outside))
