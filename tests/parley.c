#include "tests/parley.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit.h"

uint64_t
parley_draw(struct world *world)
{
    world->random = world->random * 6364136223846793005u + 1442695040888963407u;
    return world->random >> 33;
}

__attribute__((format(printf, 2, 3))) static void
note(struct world *world, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int size = vsnprintf(world->log + world->log_size,
                         LOG_SIZE - world->log_size, format, arguments);
    va_end(arguments);
    assert_true(size >= 0);
    world->log_size += (uint32_t)size;
    assert_true(world->log_size < LOG_SIZE);
}

struct log *
parley_log(struct end *end, stream_id stream)
{
    for (uint32_t i = 0; i < end->log_count; i++)
        if (stream_equal(end->logs[i].stream, stream))
            return &end->logs[i];
    assert_true(end->log_count < STREAMS);
    struct log *log = &end->logs[end->log_count++];
    *log = (struct log) { .stream = stream };
    log->records = calloc(RECORDS_MAX, sizeof log->records[0]);
    assert_non_null(log->records);
    return log;
}

stream_head
parley_head(const struct log *log, uint32_t count)
{
    if (count == 0)
        return (stream_head) { 0 };
    const struct fake *last = &log->records[count - 1];
    return (stream_head) { .seq = last->to, .chain = last->chain };
}

/* How many records end at or below the seq. */
static uint32_t
records_to(const struct log *log, uint64_t seq)
{
    uint32_t count = 0;

    while (count < log->count && log->records[count].to <= seq)
        count++;
    return count;
}

/* The letter of a branch stands first in the hash; the rest mixes the past. */
void
parley_append(struct end *end, stream_id stream, uint32_t items, char branch)
{
    struct log *log = parley_log(end, stream);
    stream_head head = parley_head(log, log->count);
    struct fake record = { .from = head.seq + 1,
                           .to = head.seq + items,
                           .before = head.chain,
                           .sound = 1 };

    assert_true(log->count < RECORDS_MAX);
    record.chain.bytes[0] = (uint8_t)branch;
    for (uint32_t i = 1; i < 32; i++)
        record.chain.bytes[i] = (uint8_t)(head.chain.bytes[i] * 31 +
                                          record.to * i + (uint8_t)branch);
    log->records[log->count++] = record;
}

static const char *
place(stream_head head)
{
    static char text[8][32];
    static uint32_t turn;
    char *out = text[turn++ % 8];

    if (head.seq == 0)
        return "0";
    snprintf(out, 32, "%llu%c", (unsigned long long)head.seq,
             head.chain.bytes[0] ? head.chain.bytes[0] : '?');
    return out;
}

static void
note_stream(struct world *world, stream_id stream)
{
    note(world, " %u.%llu.%u", stream.node,
         (unsigned long long)stream.incarnation, stream.channel);
}

static void
note_frame(struct world *world, const struct frame *frame)
{
    static const char *const whys[] = { "?",     "gap",  "fork", "checksum",
                                        "right", "full", "lost" };

    note(world, "%s", frame_kind_name(frame->kind));
    switch (frame->kind) {
    case FRAME_HELLO:
        if (frame->hello.version_min != SYNC_VERSION ||
            frame->hello.version_max != SYNC_VERSION)
            note(world, " versions %u-%u", frame->hello.version_min,
                 frame->hello.version_max);
        for (uint32_t i = 0; i < frame->hello.offer_count; i++) {
            note_stream(world, frame->hello.offers[i].stream);
            note(world, " %s", place(frame->hello.offers[i].head));
        }
        break;
    case FRAME_WELCOME:
        for (uint32_t i = 0; i < frame->welcome.held_count; i++) {
            const struct frame_held *held = &frame->welcome.held[i];
            note(world, held->flags & FRAME_OFFERED ? " offers" : "");
            note_stream(world, held->stream);
            note(world, " %s%s", place(held->head),
                 held->flags & FRAME_CONTINUED ? " continued" : "");
        }
        break;
    case FRAME_WAIT:
        note(world, " %u", frame->wait.ms);
        break;
    case FRAME_BATCH:
        note_stream(world, frame->batch.stream);
        note(world, " %llu-%llu", (unsigned long long)frame->batch.from,
             (unsigned long long)frame->batch.to);
        break;
    case FRAME_ACK:
        note_stream(world, frame->ack.stream);
        note(world, " %s", place(frame->ack.head));
        break;
    case FRAME_NACK:
        note_stream(world, frame->nack.stream);
        note(world, " %s %s", place(frame->nack.head), whys[frame->nack.why]);
        break;
    case FRAME_FORKQ:
        note_stream(world, frame->forkq.stream);
        for (uint32_t i = 0; i < frame->forkq.head_count; i++)
            note(world, " %s", place(frame->forkq.heads[i]));
        note(world, frame->forkq.flags & FRAME_NEIGHBOURS ? " neighbours" : "");
        break;
    case FRAME_FORKA:
        note_stream(world, frame->forka.stream);
        note(world, " common %llu differs %llu",
             (unsigned long long)frame->forka.common,
             (unsigned long long)frame->forka.differs);
        break;
    case FRAME_STATE:
        note(world, " %llu-%llu", (unsigned long long)frame->state.after,
             (unsigned long long)frame->state.position);
        break;
    case FRAME_ERR:
        note(world, " %.*s", (int)frame->err.words.size,
             (const char *)frame->err.words.bytes);
        break;
    case FRAME_JOIN:
    case FRAME_ASK:
    case FRAME_ANSWER:
    case FRAME_PING:
    case FRAME_BYE:
        break;
    }
    note(world, "\n");
}

/* --- the shell of an end --- */

void
parley_post(struct world *world, bool to_hub, const struct frame *frame)
{
    note(world, to_hub ? "n " : "h ");
    note_frame(world, frame);
    if (world->lose > 0 && parley_draw(world) % 1000 < world->lose)
        return;
    assert_true(world->wire_count < WIRE_MAX);
    struct letter *letter =
        &world->wire[(world->wire_first + world->wire_count) % WIRE_MAX];
    letter->to_hub = to_hub;
    letter->size = (uint32_t)frame_payload_size(frame);
    letter->payload = malloc(letter->size + 1);
    assert_non_null(letter->payload);
    frame_encode(frame, letter->header, letter->payload);
    world->wire_count++;
}

static void
answer_admission(struct world *world, struct end *end,
                 const struct sync_output *output)
{
    struct sync_held held[STREAMS];
    struct sync_offer offers[STREAMS];
    struct sync_input input = { .kind = SYNC_ADMIT };

    if (world->busy_ms > 0) {
        input = (struct sync_input) { .kind = SYNC_DEFER,
                                      .defer_ms = world->busy_ms };
        parley_give(world, end, &input);
        return;
    }
    for (uint32_t i = 0; i < output->admission.stream_count; i++) {
        stream_head offered = output->admission.streams[i].head;
        struct log *log = parley_log(end, output->admission.streams[i].stream);
        held[i] = (struct sync_held) { .stream = log->stream,
                                       .head = parley_head(log, log->count) };
        stream_head same = parley_head(log, records_to(log, offered.seq));
        held[i].continued =
            !world->older_hub && held[i].head.seq > offered.seq &&
            same.seq == offered.seq && digest_equal(same.chain, offered.chain);
    }
    input.admit.held = held;
    input.admit.held_count = output->admission.stream_count;
    for (uint32_t i = 0; i < end->log_count; i++)
        if (end->logs[i].stream.channel == CHANNEL_PUBLIC ||
            end->logs[i].stream.node == TILL.node || world->standby)
            offers[input.admit.offer_count++] =
                (struct sync_offer) { .stream = end->logs[i].stream,
                                      .head = parley_head(&end->logs[i],
                                                          end->logs[i].count) };
    input.admit.offers = offers;
    input.admit.session = ++world->sessions;
    input.admit.feed_end = FEED_END;
    input.admit.clock_ms = 1;
    parley_give(world, end, &input);
}

static void
answer_hashes(struct world *world, struct end *end,
              const struct sync_output *output)
{
    stream_head heads[SYNC_PROBES];
    struct log *log = parley_log(end, output->get_hashes.stream);
    struct sync_input input = { .kind = SYNC_HASHES };

    for (uint32_t i = 0; i < output->get_hashes.count; i++)
        heads[i] =
            parley_head(log, records_to(log, output->get_hashes.seqs[i]));
    input.hashes.stream = log->stream;
    input.hashes.heads = heads;
    input.hashes.count = output->get_hashes.count;
    parley_give(world, end, &input);
}

/* As many records as fit, at least one; here each counts for its struct. */
static void
answer_records(struct world *world, struct end *end,
               const struct sync_output *output)
{
    struct log *log = parley_log(end, output->get_records.stream);
    uint32_t first = records_to(log, output->get_records.after.seq);
    uint32_t count = 0;
    struct sync_input input = { .kind = SYNC_RECORDS };

    while (first + count < log->count &&
           (count == 0 || (count + 1) * sizeof(struct fake) <=
                              output->get_records.size_max) &&
           log->records[first + count].to <= output->get_records.last)
        count++;
    input.records.stream = log->stream;
    input.records.before = parley_head(log, first);
    input.records.end = parley_head(log, first + count);
    input.records.bytes = (view) { (const uint8_t *)&log->records[first],
                                   count * (uint32_t)sizeof(struct fake) };
    parley_give(world, end, &input);
}

/* What journal ingest does: from the head on, comparing what is held. */
static enum sync_verdict
ingest(struct end *end, struct log *log, view bytes)
{
    if (end->full)
        return SYNC_STORED_FULL;
    for (uint32_t at = 0; at < bytes.size; at += sizeof(struct fake)) {
        struct fake record;
        memcpy(&record, bytes.bytes + at, sizeof record);
        if (end->damage > 0) {
            end->damage--;
            return SYNC_STORED_CHECKSUM;
        }
        stream_head head = parley_head(log, log->count);
        if (record.to <= head.seq) {
            stream_head held = parley_head(log, records_to(log, record.to));
            if (held.seq != record.to ||
                !digest_equal(held.chain, record.chain))
                return SYNC_STORED_FORK;
            continue;
        }
        if (record.from != head.seq + 1)
            return record.from > head.seq + 1 ? SYNC_STORED_GAP
                                              : SYNC_STORED_FORK;
        if (!digest_equal(record.before, head.chain))
            return SYNC_STORED_FORK;
        log->records[log->count++] = record;
    }
    return SYNC_STORED_OK;
}

/* Of records that have come. */
static stream_head
end_of(view bytes)
{
    struct fake last;

    assert(bytes.size >= sizeof last);
    memcpy(&last, bytes.bytes + bytes.size - sizeof last, sizeof last);
    return (stream_head) { last.to, last.chain };
}

static void
answer_put(struct world *world, struct end *end,
           const struct sync_output *output)
{
    struct log *log = parley_log(end, output->put_records.stream);
    struct sync_input input = { .kind = SYNC_STORED };

    input.stored.stream = log->stream;
    if (output->put_records.shown) {
        note(world, "h is shown");
        note_stream(world, log->stream);
        note(world, " up to %s\n", place(end_of(output->put_records.bytes)));
        input.stored.verdict = SYNC_STORED_OK;
        input.stored.head = end_of(output->put_records.bytes);
    } else {
        input.stored.verdict = ingest(end, log, output->put_records.bytes);
        input.stored.head = parley_head(log, log->count);
    }
    input.stored.total = output->put_records.total;
    parley_give(world, end, &input);
}

static void
carry_out(struct world *world, struct end *end,
          const struct sync_output *output)
{
    static const char *const alarms[] = { "forked", "rewound",    "checksum",
                                          "right",  "unreadable", "restored",
                                          "epoch",  "lost" };
    const char *who = end == &world->node ? "n" : "h";

    switch (output->kind) {
    case SYNC_SEND:
        parley_post(world, end == &world->node, &output->frame);
        return;
    case SYNC_ADMISSION:
        answer_admission(world, end, output);
        return;
    case SYNC_GET_HASHES:
        answer_hashes(world, end, output);
        return;
    case SYNC_GET_RECORDS:
        answer_records(world, end, output);
        return;
    case SYNC_PUT_RECORDS:
        answer_put(world, end, output);
        return;
    case SYNC_PUT_STATES:
        end->states = output->states->state.position;
        parley_give(world, end, &(struct sync_input) { .kind = SYNC_STATES });
        return;
    case SYNC_ACKED: {
        struct log *log = parley_log(end, output->acked.stream);
        if (output->acked.head.seq > log->acked)
            log->acked = output->acked.head.seq;
        log->safe = output->acked.safe;
        return;
    }
    case SYNC_ALARM:
        note(world, "%s alarm %s\n", who, alarms[output->alarm.what]);
        return;
    case SYNC_BRANCH:
        note(world, "%s branches at %s\n", who, place(output->branch.at));
        return;
    case SYNC_DROP:
        note(world, "%s drops: %s\n", who, output->drop.why);
        end->dropped = true;
        end->drop_after_ms = output->drop.after_ms;
        return;
    }
}

void
parley_give(struct world *world, struct end *end,
            const struct sync_input *input)
{
    struct sync_outputs outputs;
    struct sync_input next = *input;

    if (!end->session)
        return;
    do {
        session_step(end->session, &next, world->now_ms, &outputs);
        for (uint32_t i = 0; i < outputs.count; i++)
            carry_out(world, end, &outputs.list[i]);
        next = (struct sync_input) { .kind = SYNC_TICK };
    } while (outputs.again);
}

/* --- the wire --- */

bool
parley_deliver(struct world *world)
{
    if (world->wire_count == 0)
        return false;
    struct letter letter = world->wire[world->wire_first];
    world->wire_first = (world->wire_first + 1) % WIRE_MAX;
    world->wire_count--;
    struct frame frame;
    struct arena scratch = world->arena;
    assert_int_equal(frame_parse((view) { letter.header, FRAME_HEADER_SIZE },
                                 (view) { letter.payload, letter.size },
                                 &scratch, &frame),
                     OK);
    parley_give(world, letter.to_hub ? &world->hub : &world->node,
                &(struct sync_input) { .kind = SYNC_FRAME, .frame = &frame });
    free(letter.payload);
    return true;
}

void
parley_run(struct world *world)
{
    uint32_t steps = 0;

    while (parley_deliver(world))
        assert_true(++steps < 100000);
}

void
parley_lose_all(struct world *world)
{
    while (world->wire_count > 0) {
        free(world->wire[world->wire_first].payload);
        world->wire_first = (world->wire_first + 1) % WIRE_MAX;
        world->wire_count--;
    }
}

static void
cut(struct world *world)
{
    parley_lose_all(world);
    session_close(world->node.session);
    session_close(world->hub.session);
    world->node.session = NULL;
    world->hub.session = NULL;
    world->node.dropped = false;
    world->hub.dropped = false;
}

void
parley_connect(struct world *world)
{
    struct sync_offer offers[STREAMS];
    struct sync_held held[STREAMS];
    struct sync_input input = { .kind = SYNC_START };

    cut(world);
    struct sync_options node = { .role = SYNC_NODE,
                                 .self = 3,
                                 .relay = world->standby,
                                 .books = world->standby,
                                 .window = world->window };
    struct sync_options hub = { .role = SYNC_HUB,
                                .self = 1,
                                .peer = 3,
                                .epoch = 9,
                                .refill = world->refill,
                                .relay = world->standby,
                                .books = world->standby,
                                .window = world->window,
                                .shares = world->shares };
    world->node.session = session_open(&node, world->now_ms);
    world->hub.session = session_open(&hub, world->now_ms);
    for (uint32_t i = 0; i < world->node.log_count; i++) {
        struct log *log = &world->node.logs[i];
        stream_head head = parley_head(log, log->count);
        if (log->stream.channel == CHANNEL_EVENTS || world->standby)
            offers[input.start.offer_count++] = (struct sync_offer) {
                .stream = log->stream,
                .head = i < world->offers_left && world->told > 0
                            ? parley_head(log, world->told)
                            : head,
                .held = head,
                .acked = log->acked,
                .boundary = parley_head(
                    log, stream_equal(log->stream, TILL) ? world->boundary : 0),
                .left = i < world->offers_left,
                .fetch = i < world->offers_left && world->fetch,
                .own = i < world->offers_left ? world->own : 0,
            };
        else
            held[input.start.held_count++] =
                (struct sync_held) { .stream = log->stream, .head = head };
    }
    input.start.offers = offers;
    input.start.held = held;
    input.start.feed_epoch = 9;
    input.start.feed_position = world->node.states;
    parley_give(world, &world->node, &input);
}

void
parley_swap(struct world *world, struct end *other)
{
    cut(world);
    struct end there = world->node;
    world->node = *other;
    *other = there;
}

void
parley_discard(struct end *other)
{
    for (uint32_t i = 0; i < STREAMS; i++)
        free(other->logs[i].records);
}

void
parley_grow(struct world *world, struct end *end, stream_id stream)
{
    struct log *log = parley_log(end, stream);
    struct sync_input input = { .kind = SYNC_GROWN };

    input.grown.stream = stream;
    input.grown.head = parley_head(log, log->count);
    parley_give(world, end, &input);
}

void
parley_pass_time(struct world *world, int64_t ms)
{
    world->now_ms += ms;
    parley_give(world, &world->node,
                &(struct sync_input) { .kind = SYNC_TICK });
    parley_give(world, &world->hub, &(struct sync_input) { .kind = SYNC_TICK });
}

void
parley_said(struct world *world, const char *expected)
{
    assert_string_equal(world->log, expected);
    world->log_size = 0;
    world->log[0] = '\0';
}

struct world *
parley_begin(void)
{
    struct world *world = calloc(1, sizeof *world);

    assert_non_null(world);
    assert_true(arena_open(&world->arena, 4u << 20));
    world->window = 1u << 20;
    world->now_ms = 1000;
    return world;
}

void
parley_finish(struct world *world)
{
    cut(world);
    parley_discard(&world->node);
    parley_discard(&world->hub);
    arena_close(&world->arena);
    free(world);
}

void
parley_check_equal(struct world *world, stream_id stream)
{
    struct log *ours = parley_log(&world->node, stream);
    struct log *theirs = parley_log(&world->hub, stream);

    assert_int_equal(ours->count, theirs->count);
    assert_memory_equal(ours->records, theirs->records,
                        ours->count * sizeof(struct fake));
}
