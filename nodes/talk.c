#include "nodes/talk.h"

#include "core/list.h"

#include <stdlib.h>
#include <string.h>

uint32_t
talk_room(const struct session *session)
{
    return SYNC_OUTPUTS_MAX - session->out->count;
}

struct sync_output *
talk_emit(struct session *session, enum sync_output_kind kind)
{
    assert(talk_room(session) > 0);
    struct sync_output *output = &session->out->list[session->out->count++];
    memset(output, 0, sizeof *output);
    output->kind = kind;
    return output;
}

struct frame *
talk_frame(struct session *session, enum frame_kind kind)
{
    struct sync_output *output = talk_emit(session, SYNC_SEND);

    output->frame.kind = kind;
    output->frame.session = session->number;
    return &output->frame;
}

void
talk_drop(struct session *session, bool retry, uint32_t after_ms,
          const char *why)
{
    struct sync_output *output = talk_emit(session, SYNC_DROP);

    output->drop.retry = retry;
    output->drop.after_ms = after_ms;
    output->drop.why = why;
    session->phase = PHASE_DEAD;
}

void
talk_refuse(struct session *session, enum frame_code code, bool retry,
            const char *words)
{
    if (code == FRAME_CODE_LEAVING) {
        talk_frame(session, FRAME_BYE)->bye.why = code;
    } else {
        struct frame *frame = talk_frame(session, FRAME_ERR);
        frame->err.code = code;
        frame->err.retry = retry;
        frame->err.words = view_of(words);
    }
    talk_drop(session, retry, 0, words);
}

void
talk_alarm(struct session *session, enum sync_alarm what, stream_id stream,
           uint64_t seq)
{
    struct sync_output *output = talk_emit(session, SYNC_ALARM);

    output->alarm.what = what;
    output->alarm.stream = stream;
    output->alarm.seq = seq;
}

void
talk_acked(struct session *session, const struct lane *lane)
{
    struct sync_output *output = talk_emit(session, SYNC_ACKED);

    output->acked.stream = lane->stream;
    output->acked.head = lane->acked;
    /* A seq alone is no place: the peer may speak of another branch, of which
     * more is safe than is common to both. */
    output->acked.safe =
        lane->safe < lane->acked.seq ? lane->safe : lane->acked.seq;
}

static int
compare(const void *item, const void *key)
{
    const struct lane *lane = item;
    const stream_id *stream = key;

    return stream_compare(lane->stream, *stream);
}

/* The place of the stream, or where it would stand. */
static uint32_t
place(const struct session *session, stream_id stream)
{
    return LIST_PLACE(session->lanes, session->lane_count, &stream, compare);
}

struct lane *
talk_find(const struct session *session, stream_id stream)
{
    uint32_t at = place(session, stream);

    if (at == session->lane_count ||
        !stream_equal(session->lanes[at].stream, stream))
        return NULL;
    return &session->lanes[at];
}

struct lane *
talk_obtain(struct session *session, stream_id stream)
{
    struct lane *found = talk_find(session, stream);
    if (found)
        return found;
    if (session->lane_count ==
        (session->options.relay ? SYNC_STREAMS_MAX : SYNC_STREAMS_STORE))
        return NULL;
    if (session->lane_count == session->lane_room) {
        uint32_t wanted = session->lane_room ? session->lane_room * 2 : 4;
        struct lane *grown =
            realloc(session->lanes, wanted * sizeof session->lanes[0]);
        if (!grown)
            return NULL;
        session->lanes = grown;
        session->lane_room = wanted;
    }
    uint32_t at = place(session, stream);
    memmove(&session->lanes[at + 1], &session->lanes[at],
            (session->lane_count - at) * sizeof session->lanes[0]);
    session->lane_count++;
    session->lanes[at] = (struct lane) { .stream = stream };
    return &session->lanes[at];
}

/* Of the streams of a session with a store. */
enum { TAKEN_MAX = SYNC_STREAMS_STORE / 2 };

/* Of its own events a node takes what it has lost, and a standby, of all that
 * it has written; what it is writing nobody else writes.  With incarnations
 * that a store has never heard of a hub could fill it until no hub had room for
 * them. */
static bool
may_fetch(const struct session *session, stream_id stream)
{
    const struct lane *lane = talk_find(session, stream);

    if (!session->options.relay && stream.channel != CHANNEL_EVENTS)
        return false;
    if (lane)
        return !lane->sends || lane->left;
    return session->options.relay || session->lane_count < TAKEN_MAX;
}

bool
talk_may_receive(const struct session *session, stream_id stream)
{
    bool own = stream.node == session->options.self;

    if (stream.channel == CHANNEL_BOOKS && !session->options.books)
        return false;
    if (session->options.role == SYNC_NODE && own)
        return may_fetch(session, stream);
    if (session->options.relay) /* of ours, what we once wrote */
        return !own || stream.incarnation != session->options.epoch;
    if (session->options.role == SYNC_NODE)
        return stream.channel == CHANNEL_PUBLIC;
    if (stream.channel == CHANNEL_PUBLIC)
        return stream.node != session->options.peer &&
               !(own && stream.incarnation == session->options.epoch);
    if (own)
        return false;
    return stream.channel == CHANNEL_EVENTS &&
           stream.node == session->options.peer;
}

void
talk_no_memory(struct session *session)
{
    talk_refuse(session, FRAME_CODE_PROTOCOL, true, "too many streams");
}
