/*
 * frame.c - the wire format of frame.h, written and read
 *
 * One function per kind writes and one reads, field by field in the order of
 * the table.  The writer knows its room: the size was counted by running the
 * same functions without a buffer.  The reader remembers its first failure
 * and gives zeros after it, so there is one place to fail, at the end.
 */
#include "nodes/frame.h"

#include <string.h>

enum { FRAME_MAGIC = 0x4d49454c, FLAG_MORE = 1 };
enum {
    HELLO_ENTRY = 64,
    WELCOME_ENTRY = 72,
    HEAD_ENTRY = 40,
    FOLDED_ENTRY = 24,
};

static const char *const kind_names[FRAME_KIND_END] = {
    "?",     "JOIN",  "HELLO", "WELCOME", "WAIT",   "BATCH", "ACK", "NACK",
    "FORKQ", "FORKA", "STATE", "ASK",     "ANSWER", "PING",  "BYE", "ERR",
};

const char *
frame_kind_name(enum frame_kind kind)
{
    if ((uint32_t)kind >= FRAME_KIND_END)
        return "?";
    return kind_names[kind];
}

/* Counts, and writes too where there is a buffer. */
struct writer {
    uint8_t *bytes; /* NULL: only count */
    size_t size;
};

static void
put(struct writer *writer, const void *bytes, size_t size)
{
    if (writer->bytes && size > 0)
        memcpy(writer->bytes + writer->size, bytes, size);
    writer->size += size;
}

static void
put_u32(struct writer *writer, uint32_t value)
{
    put(writer, &value, sizeof value);
}

static void
put_u64(struct writer *writer, uint64_t value)
{
    put(writer, &value, sizeof value);
}

static void
put_i64(struct writer *writer, int64_t value)
{
    put(writer, &value, sizeof value);
}

static void
put_stream(struct writer *writer, stream_id stream)
{
    put_u64(writer, stream.incarnation);
    put_u32(writer, stream.node);
    put_u32(writer, stream.channel);
}

static void
put_head(struct writer *writer, stream_head head)
{
    put_u64(writer, head.seq);
    put(writer, head.chain.bytes, sizeof head.chain.bytes);
}

static void
put_list(struct writer *writer, uint32_t count, uint32_t entry_size)
{
    assert(count <= FRAME_ENTRIES_MAX);
    put_u32(writer, count);
    put_u32(writer, entry_size);
}

static void
put_blobs(struct writer *writer, const view *blobs, uint32_t count)
{
    assert(count <= FRAME_BLOBS_MAX);
    put_u32(writer, count);
    put_u32(writer, 0);
    for (uint32_t i = 0; i < count; i++) {
        put_u32(writer, blobs[i].size);
        put(writer, blobs[i].bytes, blobs[i].size);
    }
}

static void
put_claim(struct writer *writer, const struct claim *claim)
{
    uint8_t bytes[CLAIM_SIZE];

    claim_encode(claim, bytes);
    put(writer, bytes, sizeof bytes);
}

static void
put_hello(struct writer *writer, const struct frame *frame)
{
    put_u32(writer, frame->hello.version_min);
    put_u32(writer, frame->hello.version_max);
    put_u32(writer, frame->hello.node);
    put_u32(writer, 0);
    put_u64(writer, frame->hello.epoch);
    put_i64(writer, frame->hello.clock_ms);
    put_u64(writer, frame->hello.pending);
    put_u64(writer, frame->hello.feed_epoch);
    put_u64(writer, frame->hello.feed_position);
    put_list(writer, frame->hello.offer_count, HELLO_ENTRY);
    for (uint32_t i = 0; i < frame->hello.offer_count; i++) {
        const struct frame_offer *offer = &frame->hello.offers[i];
        put_stream(writer, offer->stream);
        put_head(writer, offer->head);
        put_u64(writer, offer->acked);
    }
    put_claim(writer, &frame->hello.claim);
    put(writer, frame->hello.signer.bytes, sizeof frame->hello.signer.bytes);
}

static void
put_welcome(struct writer *writer, const struct frame *frame)
{
    put_u32(writer, frame->welcome.version);
    put_u32(writer, frame->welcome.hub);
    put_u64(writer, frame->welcome.epoch);
    put_i64(writer, frame->welcome.clock_ms);
    put_u64(writer, frame->welcome.credit);
    put_list(writer, frame->welcome.held_count, WELCOME_ENTRY);
    for (uint32_t i = 0; i < frame->welcome.held_count; i++) {
        const struct frame_held *held = &frame->welcome.held[i];
        put_stream(writer, held->stream);
        put_head(writer, held->head);
        put_u64(writer, held->safe);
        put_u32(writer, held->flags);
        put_u32(writer, 0);
    }
    put_claim(writer, &frame->welcome.claim);
    put_u32(writer, frame->welcome.flags);
    put_u32(writer, 0);
}

static void
put_batch(struct writer *writer, const struct frame *frame)
{
    put_stream(writer, frame->batch.stream);
    put_u64(writer, frame->batch.from);
    put_u64(writer, frame->batch.to);
    put(writer, frame->batch.before.bytes, sizeof frame->batch.before.bytes);
    put_u64(writer, frame->batch.total);
    put_u64(writer, frame->batch.head_seq);
    put_u32(writer, frame->batch.records.size);
    put_u32(writer, frame->batch.offset);
    put(writer, frame->batch.records.bytes, frame->batch.records.size);
}

static void
put_ack(struct writer *writer, const struct frame *frame)
{
    put_stream(writer, frame->ack.stream);
    put_head(writer, frame->ack.head);
    put_u64(writer, frame->ack.safe);
    put_u64(writer, frame->ack.credit);
}

static void
put_nack(struct writer *writer, const struct frame *frame)
{
    put_stream(writer, frame->nack.stream);
    put_head(writer, frame->nack.head);
    put_u64(writer, frame->nack.credit);
    put_u32(writer, frame->nack.why);
    put_u32(writer, 0);
}

static void
put_forkq(struct writer *writer, const struct frame *frame)
{
    put_stream(writer, frame->forkq.stream);
    put_u32(writer, frame->forkq.flags);
    put_u32(writer, 0);
    put_list(writer, frame->forkq.head_count, HEAD_ENTRY);
    for (uint32_t i = 0; i < frame->forkq.head_count; i++)
        put_head(writer, frame->forkq.heads[i]);
}

static void
put_forka(struct writer *writer, const struct frame *frame)
{
    put_stream(writer, frame->forka.stream);
    put_u64(writer, frame->forka.common);
    put_u64(writer, frame->forka.differs);
}

static void
put_state(struct writer *writer, const struct frame *frame)
{
    put_u64(writer, frame->state.epoch);
    put_u64(writer, frame->state.after);
    put_u64(writer, frame->state.position);
    put(writer, frame->state.versions.bytes,
        sizeof frame->state.versions.bytes);
    put_u32(writer, frame->state.format);
    put_u32(writer, 0);
    put_list(writer, frame->state.folded_count, FOLDED_ENTRY);
    for (uint32_t i = 0; i < frame->state.folded_count; i++) {
        put_stream(writer, frame->state.folded[i].stream);
        put_u64(writer, frame->state.folded[i].seq);
    }
    put_blobs(writer, frame->state.states, frame->state.state_count);
}

static void
put_ask(struct writer *writer, const struct frame *frame)
{
    put_u64(writer, frame->ask.number);
    put_u32(writer, frame->ask.kind);
    put_u32(writer, 0);
    put_blobs(writer, frame->ask.parts, frame->ask.part_count);
}

static void
put_ping(struct writer *writer, const struct frame *frame)
{
    put_u64(writer, frame->ping.number);
    put_i64(writer, frame->ping.clock_ms);
    put_u64(writer, frame->ping.pending);
    put_u32(writer, frame->ping.flags);
    put_u32(writer, 0);
}

static void
put_payload(struct writer *writer, const struct frame *frame)
{
    switch (frame->kind) {
    case FRAME_JOIN:
        put_u32(writer, frame->join.node);
        put_u32(writer, 0);
        put(writer, frame->join.key.bytes, CURVE_KEY_SIZE);
        return;
    case FRAME_HELLO:
        put_hello(writer, frame);
        return;
    case FRAME_WELCOME:
        put_welcome(writer, frame);
        return;
    case FRAME_WAIT:
        put_u32(writer, frame->wait.ms);
        put_u32(writer, 0);
        return;
    case FRAME_BATCH:
        put_batch(writer, frame);
        return;
    case FRAME_ACK:
        put_ack(writer, frame);
        return;
    case FRAME_NACK:
        put_nack(writer, frame);
        return;
    case FRAME_FORKQ:
        put_forkq(writer, frame);
        return;
    case FRAME_FORKA:
        put_forka(writer, frame);
        return;
    case FRAME_STATE:
        put_state(writer, frame);
        return;
    case FRAME_ASK:
    case FRAME_ANSWER:
        put_ask(writer, frame);
        return;
    case FRAME_PING:
        put_ping(writer, frame);
        return;
    case FRAME_BYE:
        put_u32(writer, frame->bye.why);
        put_u32(writer, 0);
        return;
    case FRAME_ERR:
        put_u32(writer, frame->err.code);
        put_u32(writer, frame->err.retry);
        put_blobs(writer, &frame->err.words, 1);
        return;
    }
    assert(!"a frame of no kind");
}

size_t
frame_payload_size(const struct frame *frame)
{
    struct writer writer = { 0 };

    put_payload(&writer, frame);
    return writer.size;
}

void
frame_encode(const struct frame *frame,
             uint8_t header[static FRAME_HEADER_SIZE], uint8_t *payload)
{
    struct writer body = { .bytes = payload };
    put_payload(&body, frame);
    assert(body.size <= LIMIT_FRAME_SIZE);

    const uint8_t small[4] = { FRAME_MAJOR, (uint8_t)frame->kind,
                               frame->more ? FLAG_MORE : 0, 0 };
    struct writer head = { .bytes = header };
    put_u32(&head, FRAME_MAGIC);
    put(&head, small, sizeof small);
    put_u64(&head, frame->session);
    put_u32(&head, (uint32_t)body.size);
    put_u32(&head, 0);
    assert(head.size == FRAME_HEADER_SIZE);
}

/* Gives zeros from its first failure on. */
struct reader {
    view rest;
    struct arena *arena;
    bool failed;
};

static view
take(struct reader *reader, uint32_t size)
{
    if (reader->failed || reader->rest.size < size) {
        reader->failed = true;
        return (view) { 0 };
    }
    view taken = { reader->rest.bytes, size };
    reader->rest.bytes += size;
    reader->rest.size -= size;
    return taken;
}

static void
take_into(struct reader *reader, void *ret_bytes, uint32_t size)
{
    view taken = take(reader, size);

    if (reader->failed)
        memset(ret_bytes, 0, size);
    else if (size > 0)
        memcpy(ret_bytes, taken.bytes, size);
}

static uint32_t
take_u32(struct reader *reader)
{
    uint32_t value;

    take_into(reader, &value, sizeof value);
    return value;
}

static uint64_t
take_u64(struct reader *reader)
{
    uint64_t value;

    take_into(reader, &value, sizeof value);
    return value;
}

/* A clock that no calendar holds is as malformed as a short payload. */
static int64_t
take_clock(struct reader *reader)
{
    int64_t value;

    take_into(reader, &value, sizeof value);
    if (value < 0 || value > LIMIT_CLOCK_MS_MAX)
        reader->failed = true;
    return value;
}

static stream_id
take_stream(struct reader *reader)
{
    uint64_t incarnation = take_u64(reader);
    uint32_t node = take_u32(reader);
    uint32_t channel = take_u32(reader);

    if (incarnation > LIMIT_INCARNATION || node > LIMIT_NODE ||
        channel >= CHANNEL_END)
        reader->failed = true;
    return (stream_id) { .incarnation = incarnation,
                         .node = node,
                         .channel = (uint8_t)channel };
}

static stream_head
take_head(struct reader *reader)
{
    stream_head head;

    head.seq = take_u64(reader);
    if (head.seq > INT64_MAX)
        reader->failed = true;
    take_into(reader, head.chain.bytes, sizeof head.chain.bytes);
    return head;
}

/* Opens a list; `ret_entries` reads its entries, of `ret_size` bytes each,
 * which hold at least the `known` bytes.  Returns how many there are. */
static uint32_t
take_list(struct reader *reader, uint32_t known, uint32_t *ret_size,
          struct reader *ret_entries)
{
    uint32_t count = take_u32(reader);
    uint32_t size = take_u32(reader);

    if (size < known || count > FRAME_ENTRIES_MAX ||
        (uint64_t)count * size > reader->rest.size) {
        reader->failed = true;
        count = 0;
        size = known;
    }
    *ret_size = size;
    *ret_entries = *reader;
    ret_entries->rest = take(reader, count * size);
    return count;
}

/* The next entry of a list as a reader of its own. */
static struct reader
take_entry(struct reader *entries, uint32_t size)
{
    struct reader entry = *entries;

    entry.rest = take(entries, size);
    entry.failed = entries->failed;
    return entry;
}

static const view *
take_blobs(struct reader *reader, uint32_t *ret_count)
{
    uint32_t count = take_u32(reader);
    (void)take_u32(reader);
    if (count > FRAME_BLOBS_MAX ||
        (uint64_t)count * FRAME_BLOB_FIXED > reader->rest.size)
        reader->failed = true;
    if (reader->failed)
        count = 0;

    view *blobs = ARENA_NEW(reader->arena, view, count);
    for (uint32_t i = 0; i < count; i++)
        blobs[i] = take(reader, take_u32(reader));
    *ret_count = count;
    return blobs;
}

/* An older peer ends before it. */
static void
take_claim(struct reader *reader, struct claim *ret_claim)
{
    uint8_t bytes[CLAIM_SIZE] = { 0 };

    if (reader->rest.size > 0)
        take_into(reader, bytes, sizeof bytes);
    claim_decode(bytes, ret_claim);
}

static void
take_hello(struct reader *reader, struct frame *frame)
{
    frame->hello.version_min = take_u32(reader);
    frame->hello.version_max = take_u32(reader);
    frame->hello.node = take_u32(reader);
    (void)take_u32(reader);
    frame->hello.epoch = take_u64(reader);
    frame->hello.clock_ms = take_clock(reader);
    frame->hello.pending = take_u64(reader);
    frame->hello.feed_epoch = take_u64(reader);
    frame->hello.feed_position = take_u64(reader);

    struct reader entries;
    uint32_t size;
    uint32_t count = take_list(reader, HELLO_ENTRY, &size, &entries);
    struct frame_offer *offers =
        ARENA_NEW(reader->arena, struct frame_offer, count);
    for (uint32_t i = 0; i < count; i++) {
        struct reader entry = take_entry(&entries, size);
        offers[i].stream = take_stream(&entry);
        offers[i].head = take_head(&entry);
        offers[i].acked = take_u64(&entry);
        reader->failed |= entry.failed;
    }
    frame->hello.offers = offers;
    frame->hello.offer_count = count;
    take_claim(reader, &frame->hello.claim);
    if (reader->rest.size > 0)
        take_into(reader, frame->hello.signer.bytes,
                  sizeof frame->hello.signer.bytes);
}

static void
take_welcome(struct reader *reader, struct frame *frame)
{
    frame->welcome.version = take_u32(reader);
    frame->welcome.hub = take_u32(reader);
    frame->welcome.epoch = take_u64(reader);
    frame->welcome.clock_ms = take_clock(reader);
    frame->welcome.credit = take_u64(reader);

    struct reader entries;
    uint32_t size;
    uint32_t count = take_list(reader, WELCOME_ENTRY, &size, &entries);
    struct frame_held *held =
        ARENA_NEW(reader->arena, struct frame_held, count);
    for (uint32_t i = 0; i < count; i++) {
        struct reader entry = take_entry(&entries, size);
        held[i].stream = take_stream(&entry);
        held[i].head = take_head(&entry);
        held[i].safe = take_u64(&entry);
        held[i].flags = take_u32(&entry);
        reader->failed |= entry.failed;
    }
    frame->welcome.held = held;
    frame->welcome.held_count = count;
    take_claim(reader, &frame->welcome.claim);
    if (reader->rest.size > 0) {
        frame->welcome.flags = take_u32(reader);
        (void)take_u32(reader);
    }
}

/* That the records really are from..to is for whoever reads them; here only
 * that the numbers make sense at all. */
static void
take_batch(struct reader *reader, struct frame *frame)
{
    frame->batch.stream = take_stream(reader);
    frame->batch.from = take_u64(reader);
    frame->batch.to = take_u64(reader);
    take_into(reader, frame->batch.before.bytes,
              sizeof frame->batch.before.bytes);
    frame->batch.total = take_u64(reader);
    frame->batch.head_seq = take_u64(reader);
    uint32_t size = take_u32(reader);
    frame->batch.offset = take_u32(reader);
    frame->batch.records = take(reader, size);
    if (frame->batch.from == 0 || frame->batch.to < frame->batch.from ||
        frame->batch.to > INT64_MAX || frame->batch.records.size == 0 ||
        frame->batch.head_seq < frame->batch.to)
        reader->failed = true;
}

static void
take_ack(struct reader *reader, struct frame *frame)
{
    frame->ack.stream = take_stream(reader);
    frame->ack.head = take_head(reader);
    frame->ack.safe = take_u64(reader);
    frame->ack.credit = take_u64(reader);
}

static void
take_nack(struct reader *reader, struct frame *frame)
{
    frame->nack.stream = take_stream(reader);
    frame->nack.head = take_head(reader);
    frame->nack.credit = take_u64(reader);
    frame->nack.why = take_u32(reader);
}

static void
take_forkq(struct reader *reader, struct frame *frame)
{
    frame->forkq.stream = take_stream(reader);
    frame->forkq.flags = take_u32(reader);
    (void)take_u32(reader);

    struct reader entries;
    uint32_t size;
    uint32_t count = take_list(reader, HEAD_ENTRY, &size, &entries);
    stream_head *heads = ARENA_NEW(reader->arena, stream_head, count);
    for (uint32_t i = 0; i < count; i++) {
        struct reader entry = take_entry(&entries, size);
        heads[i] = take_head(&entry);
        reader->failed |= entry.failed;
        if (i > 0 && heads[i].seq <= heads[i - 1].seq)
            reader->failed = true;
    }
    frame->forkq.heads = heads;
    frame->forkq.head_count = count;
}

static void
take_forka(struct reader *reader, struct frame *frame)
{
    frame->forka.stream = take_stream(reader);
    frame->forka.common = take_u64(reader);
    frame->forka.differs = take_u64(reader);
}

static void
take_state(struct reader *reader, struct frame *frame)
{
    frame->state.epoch = take_u64(reader);
    frame->state.after = take_u64(reader);
    frame->state.position = take_u64(reader);
    take_into(reader, frame->state.versions.bytes,
              sizeof frame->state.versions.bytes);
    frame->state.format = take_u32(reader);
    (void)take_u32(reader);
    if (frame->state.position < frame->state.after)
        reader->failed = true;

    struct reader entries;
    uint32_t size;
    uint32_t count = take_list(reader, FOLDED_ENTRY, &size, &entries);
    struct frame_folded *folded =
        ARENA_NEW(reader->arena, struct frame_folded, count);
    for (uint32_t i = 0; i < count; i++) {
        struct reader entry = take_entry(&entries, size);
        folded[i].stream = take_stream(&entry);
        folded[i].seq = take_u64(&entry);
        reader->failed |= entry.failed;
    }
    frame->state.folded = folded;
    frame->state.folded_count = count;
    frame->state.states = take_blobs(reader, &frame->state.state_count);
}

static void
take_ask(struct reader *reader, struct frame *frame)
{
    frame->ask.number = take_u64(reader);
    frame->ask.kind = take_u32(reader);
    (void)take_u32(reader);
    frame->ask.parts = take_blobs(reader, &frame->ask.part_count);
}

static void
take_ping(struct reader *reader, struct frame *frame)
{
    frame->ping.number = take_u64(reader);
    frame->ping.clock_ms = take_clock(reader);
    frame->ping.pending = take_u64(reader);
    frame->ping.flags = take_u32(reader);
}

static void
take_err(struct reader *reader, struct frame *frame)
{
    frame->err.code = take_u32(reader);
    frame->err.retry = take_u32(reader);
    uint32_t count;
    const view *words = take_blobs(reader, &count);
    if (count > 0)
        frame->err.words = words[0];
}

static void
take_payload(struct reader *reader, struct frame *frame)
{
    switch (frame->kind) {
    case FRAME_JOIN:
        frame->join.node = take_u32(reader);
        (void)take_u32(reader);
        take_into(reader, frame->join.key.bytes, CURVE_KEY_SIZE);
        return;
    case FRAME_HELLO:
        take_hello(reader, frame);
        return;
    case FRAME_WELCOME:
        take_welcome(reader, frame);
        return;
    case FRAME_WAIT:
        frame->wait.ms = take_u32(reader);
        return;
    case FRAME_BATCH:
        take_batch(reader, frame);
        return;
    case FRAME_ACK:
        take_ack(reader, frame);
        return;
    case FRAME_NACK:
        take_nack(reader, frame);
        return;
    case FRAME_FORKQ:
        take_forkq(reader, frame);
        return;
    case FRAME_FORKA:
        take_forka(reader, frame);
        return;
    case FRAME_STATE:
        take_state(reader, frame);
        return;
    case FRAME_ASK:
    case FRAME_ANSWER:
        take_ask(reader, frame);
        return;
    case FRAME_PING:
        take_ping(reader, frame);
        return;
    case FRAME_BYE:
        frame->bye.why = take_u32(reader);
        return;
    case FRAME_ERR:
        take_err(reader, frame);
        return;
    }
    assert(!"frame_parse() has looked at the kind");
}

enum err
frame_parse(view header, view payload, struct arena *arena,
            struct frame *ret_frame)
{
    struct reader head = { .rest = header };
    uint8_t small[4];

    if (header.size != FRAME_HEADER_SIZE || payload.size > LIMIT_FRAME_SIZE)
        return ERR_INPUT;
    uint32_t magic = take_u32(&head);
    take_into(&head, small, sizeof small);
    uint64_t session = take_u64(&head);
    uint32_t size = take_u32(&head);
    if (magic != FRAME_MAGIC || small[0] != FRAME_MAJOR || size != payload.size)
        return ERR_INPUT;
    if (small[1] == 0 || small[1] >= FRAME_KIND_END)
        return ERR_UNKNOWN;

    struct frame frame = { .kind = (enum frame_kind)small[1],
                           .more = (small[2] & FLAG_MORE) != 0,
                           .session = session };
    struct reader body = { .rest = payload, .arena = arena };
    take_payload(&body, &frame);
    if (body.failed)
        return ERR_INPUT;
    *ret_frame = frame;
    return OK;
}
