#include "nodes/agree.h"

/* The receiver names hashes of its record ends; we look up ours. */
void
agree_question(struct session *session, const struct frame *frame)
{
    struct lane *lane = talk_find(session, frame->forkq.stream);

    if (!lane || frame->forkq.head_count == 0 ||
        frame->forkq.head_count > SYNC_PROBES ||
        !(lane->sends || session->options.role == SYNC_HUB))
        return;
    session->fork_moved = true;
    fork_question(&session->asked, lane->stream, frame->forkq.heads,
                  frame->forkq.head_count,
                  (frame->forkq.flags & FRAME_NEIGHBOURS) != 0);
}

/* Of an incarnation that was left nothing is to be told again where the hub has
 * all that we wrote, and both went on from there. */
static void
emit_branch(struct session *session, struct lane *lane, stream_head at,
            uint8_t reason)
{
    lane->out = LANE_STOPPED;
    if (lane->left && at.seq >= lane->own) {
        lane->own = 0; /* and nobody need look for it again */
        if (!lane->fetch && at.seq >= lane->head.seq)
            lane_wonder(lane);
        return;
    }
    struct sync_output *output = talk_emit(session, SYNC_BRANCH);
    output->branch.stream = lane->stream;
    output->branch.at = at;
    output->branch.reason = reason;
    output->branch.upto = lane->own;
}

/* Of two branches a node leaves its own, and a standby the one that it holds of
 * another node's: what the hub holds stays.  What a node has left already, but
 * for another reason, it has not told again. */
static bool
is_ours_to_leave(const struct session *session, const struct lane *lane)
{
    if (session->options.role != SYNC_NODE)
        return false;
    if (lane->stream.node == session->options.self)
        return !lane->left || lane->own > 0;
    return session->options.books && lane->stream.channel == CHANNEL_EVENTS;
}

/* What is public and is another there than here nobody tells again by himself.
 * While a hub writes a stream this tells it that its disk is an older one, and
 * while it is refilled, what it has to publish again: it looks at all that the
 * peer has (shadow.h).  A standby need not prove the former. */
static bool
wants_to_see(const struct session *session, const struct lane *lane)
{
    const struct sync_options *options = &session->options;

    if (options->role != SYNC_HUB || lane->stream.channel != CHANNEL_PUBLIC ||
        lane->shown)
        return false;
    return options->refill ||
           (!options->relay && lane->stream.node == options->self &&
            lane->stream.incarnation == options->epoch);
}

/* Two branches are an alarm; but not those of what was public in an epoch that
 * is over, which remain for ever, and of which a hub that was refilled has
 * published all again.  Where the peer's is the longer one it may be a branch
 * that nobody showed then: a twin's, who came later. */
static void
alarm_forked(struct session *session, const struct lane *lane, uint64_t seq)
{
    if (lane->stream.channel != CHANNEL_PUBLIC || session->options.refill ||
        lane->stream.incarnation == session->epoch ||
        (session->options.role == SYNC_HUB && lane->told > lane->durable.seq))
        talk_alarm(session, SYNC_ALARM_FORKED, lane->stream, seq);
}

void
agree_hear_wish(const struct session *session, struct lane *lane,
                const struct frame *frame)
{
    const bool anew = frame->ack.head.seq == 0;

    if (session->options.role != SYNC_NODE || lane->denied ||
        lane->stream.channel != CHANNEL_PUBLIC)
        return;
    lane->shows = anew && lane->in_stopped;
    if (anew)
        lane_peer_at(lane, frame->ack.head);
}

bool
agree_is_waited_for(struct lane *lane)
{
    enum { TRIES = 3, SELDOM = 12 };

    if (!(lane->shown || lane->unsure) || ++lane->vain < TRIES)
        return true;
    /* An older peer, which shows or says nothing; or each time it was lost. */
    lane->refused = true;
    lane->in_stopped = !lane->shown;
    return lane->shown && lane->vain % SELDOM == 0;
}

void
agree_ask(struct session *session, const struct lane *lane)
{
    struct frame *frame = talk_frame(session, FRAME_FORKQ);

    assert(lane->unsure);
    frame->forkq.stream = lane->stream;
    frame->forkq.heads = &lane->durable;
    frame->forkq.head_count = 1;
}

/* The sender says that the place where we stand is not on its chain, or answers
 * whether it is. */
void
agree_answer(struct session *session, const struct frame *frame)
{
    struct lane *lane = talk_find(session, frame->forka.stream);
    uint64_t common = frame->forka.common;
    uint64_t differs = frame->forka.differs;

    if (!lane || !lane->receives || differs > lane->durable.seq)
        return;
    if (lane->unsure) {
        lane->unsure = false;
        lane->ack_due = differs == 0 && common == lane->durable.seq;
        lane->in_stopped = lane->refused = !lane->ack_due;
        return;
    }
    if (!lane->in_stopped)
        alarm_forked(session, lane, differs);
    lane->in_stopped = true;
    if (wants_to_see(session, lane)) {
        lane_show(lane, lane->told);
        return;
    }
    /* Nothing of it is told again: a restored hub would wait for it for ever.
     */
    if (session->options.role == SYNC_HUB &&
        lane->stream.channel != CHANNEL_EVENTS) {
        lane->refused = true;
        return;
    }
    /* Where a node has left it, it is not to be left: nothing to look for. */
    if (session->options.role == SYNC_NODE &&
        !is_ours_to_leave(session, lane)) {
        lane->refused = lane->stream.channel == CHANNEL_PUBLIC;
        return;
    }
    session->fork_moved = true;
    (void)fork_narrow(&session->fork, lane->stream, common, differs);
}

/* Below our boundary there is nothing to compare: a fork there is taken as one
 * at the boundary. */
static stream_head
common_end(const struct lane *lane, stream_head common)
{
    return common.seq < lane->boundary.seq ? lane->boundary : common;
}

/* Compares our hashes with those asked about. */
static void
answer_fork(struct session *session, struct lane *lane, const stream_head *held,
            uint32_t count)
{
    struct fork_search *fork = &session->asked;
    stream_head ours[SYNC_PROBES];

    assert(count <= SYNC_PROBES);
    for (uint32_t i = 0; i < count; i++)
        ours[i] = i < fork->asked && fork->heads[i].seq < lane->boundary.seq
                      ? fork->heads[i]
                      : held[i];
    struct fork_answer answer = fork_compare(fork, ours, count);
    answer.common = common_end(lane, answer.common);
    bool found = fork->neighbours || answer.differs <= lane->boundary.seq;
    fork->asked = 0;
    if (found && answer.differs != 0) {
        if (is_ours_to_leave(session, lane))
            emit_branch(session, lane, answer.common, REASON_FORK);
        else
            lane->out = LANE_STOPPED;
        *fork = (struct fork_search) { 0 };
        return;
    }
    struct frame *frame = talk_frame(session, FRAME_FORKA);
    frame->forka.stream = lane->stream;
    frame->forka.common = answer.common.seq;
    frame->forka.differs = answer.differs;
}

static void
ask_fork(struct session *session, struct lane *lane, const stream_head *ends,
         uint32_t count)
{
    struct fork_search *fork = &session->fork;
    stream_head common = { 0 };

    for (uint32_t i = 0; i < count; i++)
        if (ends[i].seq == fork->common)
            common = ends[i];
    fork_probe(fork, ends, count);
    if (fork->neighbours &&
        (lane->rewound ||
         ((lane->stream.node != session->options.self || lane->left) &&
          is_ours_to_leave(session, lane)))) {
        /* The peer has more of it, and we went on otherwise. */
        emit_branch(session, lane, common_end(lane, common), REASON_FORK);
        *fork = (struct fork_search) { 0 };
        return;
    }
    struct frame *frame = talk_frame(session, FRAME_FORKQ);
    frame->forkq.stream = lane->stream;
    frame->forkq.flags = fork->neighbours ? FRAME_NEIGHBOURS : 0;
    frame->forkq.heads = fork->heads;
    frame->forkq.head_count = fork->head_count;
    /* That says it all, and there may be another to look for. */
    fork->busy = !fork->neighbours;
}

/* With this the search begins. */
static void
say_forked(struct session *session, const struct lane *lane)
{
    struct frame *frame = talk_frame(session, FRAME_FORKA);

    frame->forka.stream = lane->stream;
    frame->forka.common = 0;
    frame->forka.differs = lane->peer.seq;
    session->fork_moved = true;
}

/* Our hash at the place where the peer stands: is that place on our chain? */
static void
checked(struct session *session, struct lane *lane, stream_head ours)
{
    if (lane_checked(lane, ours)) {
        if (lane->lost) {
            lane->lost = false;
            talk_alarm(session, SYNC_ALARM_RESTORED, lane->stream,
                       lane->acked.seq);
        }
        if (!lane->assumed) /* an assumption makes nothing safe */
            talk_acked(session, lane);
        return;
    }
    alarm_forked(session, lane, lane->peer.seq);
    if (session->options.role == SYNC_NODE &&
        !is_ours_to_leave(session, lane)) {
        lane->out = LANE_STOPPED; /* nothing to look for, as in a FORKA */
        if (lane->stream.channel == CHANNEL_PUBLIC)
            lane->in_stopped = lane->refused = true;
    }
    /* Who waits for the rest of it learns that it is none of his. */
    if (lane->out != LANE_STOPPED || !lane->left)
        say_forked(session, lane);
    if (wants_to_see(session, lane))
        lane_show(lane, lane->peer.seq);
}

void
agree_hashes(struct session *session, const struct sync_input *input)
{
    struct lane *lane = talk_find(session, input->hashes.stream);
    const struct fork_search *fork = &session->fork;
    bool answering = session->answering;

    session->hashing = false;
    session->answering = false;
    if (!lane || input->hashes.count == 0)
        return;
    if (lane->checking) {
        lane->checking = false;
        /* The peer may have moved meanwhile; then the pump asks again. */
        if (lane->out == LANE_CHECK && lane->asked == lane->peer.seq)
            checked(session, lane, input->hashes.heads[0]);
        else if (lane_doubts(lane) && lane->asked == lane->claimed.seq &&
                 lane_confirmed(lane, input->hashes.heads[0]))
            talk_acked(session, lane);
    } else if (answering) {
        if (session->asked.asked > 0 &&
            stream_equal(session->asked.stream, lane->stream))
            answer_fork(session, lane, input->hashes.heads,
                        input->hashes.count);
    } else if (fork->busy && fork->probing &&
               stream_equal(fork->stream, lane->stream)) {
        ask_fork(session, lane, input->hashes.heads, input->hashes.count);
    }
}

/* The peer stands beyond our end. */
static void
peer_is_ahead(struct session *session, struct lane *lane)
{
    /* Where it has stood at our end it goes on from there. */
    lane->continued |= lane->acked.seq == lane->head.seq;
    lane->out = LANE_STOPPED;
    /* It holds all that is ours to send; where it does not say so, what it
     * sends of the rest will show whether that is the same. */
    if (lane->left && (lane->continued || !lane->fetch)) {
        lane->acked = lane->head;
        talk_acked(session, lane);
    }
    if (lane->left && !lane->fetch) {
        /* Told again from here on; the hub may have less of it than another
         * that we have told it for, or what we had, and more. */
        if (lane->own > 0 && !lane->continued)
            say_forked(session, lane);
        else
            lane_wonder(lane);
        return;
    }
    bool own = lane->stream.node == session->options.self;
    if (session->options.role == SYNC_HUB &&
        !talk_may_receive(session, lane->stream)) {
        /* A standby has it from us: our disk is an older one.  A store may say
         * so of what we publish: let it show that we have signed it. */
        talk_alarm(session,
                   own && session->options.books ? SYNC_ALARM_REWOUND
                                                 : SYNC_ALARM_RIGHT,
                   lane->stream, lane->peer.seq);
        if (wants_to_see(session, lane))
            lane_show(lane, lane->peer.seq);
        return;
    } else if (own && !lane->left) {
        talk_alarm(session, SYNC_ALARM_REWOUND, lane->stream, lane->peer.seq);
    }
    /* Ours of old, or a restored hub's: ask for what we lack.  Ours of now: ask
     * to learn whether the peer's has our end in it, for we may have sold on
     * after we were rewound. */
    lane->rewound = own && !lane->left && session->options.role == SYNC_NODE;
    /* When it grows here again it is offered anew. */
    lane->sends = session->options.role == SYNC_NODE;
    lane->receives = true;
    lane->durable = lane->head;
    lane->received = lane->head.seq;
    lane->told = lane->peer.seq;
    lane->ack_due = true;
}

/* The peer lacks what we have dropped: it must come from another copy. */
static void
range_is_lost(struct session *session, struct lane *lane)
{
    lane->out = LANE_STOPPED;
    lane->missed = true;
    talk_alarm(session, SYNC_ALARM_LOST, lane->stream, lane->boundary.seq);
    struct frame *frame = talk_frame(session, FRAME_NACK);
    frame->nack.stream = lane->stream;
    frame->nack.head = lane->boundary;
    frame->nack.credit = session->taken_limit;
    frame->nack.why = FRAME_WHY_LOST;
}

bool
agree_is_rewound(struct session *session, struct lane *lane)
{
    if (!lane->continued || lane->out != LANE_UNKNOWN ||
        lane->stream.node != session->options.self || lane->left)
        return false;
    talk_alarm(session, SYNC_ALARM_REWOUND, lane->stream, lane->peer.seq);
    emit_branch(session, lane, lane->peer, REASON_REWOUND);
    return true;
}

void
agree_rewound(struct session *session, struct lane *lane,
              const struct frame *frame)
{
    assert(lane->rewound);
    if (lane->out != LANE_STOPPED ||
        frame->batch.from != lane->durable.seq + 1 ||
        !digest_equal(frame->batch.before, lane->durable.chain))
        return;
    emit_branch(session, lane, lane->durable, REASON_REWOUND);
    lane->in_stopped = true;
}

static void
look_up(struct session *session, struct lane *lane, uint64_t seq)
{
    if (session->hashing)
        return;
    struct sync_output *output = talk_emit(session, SYNC_GET_HASHES);
    output->get_hashes.stream = lane->stream;
    output->get_hashes.seqs[0] = seq;
    output->get_hashes.count = 1;
    lane->checking = true;
    lane->asked = seq;
    session->hashing = true;
}

void
agree_check(struct session *session, struct lane *lane)
{
    if (lane_doubts(lane)) {
        look_up(session, lane, lane->claimed.seq);
        return;
    }
    /* What has come from the peer itself is ours, before we are told that our
     * end has moved. */
    if (lane->receives)
        lane_goes_on(lane);
    if (lane->peer.seq > lane->head.seq) {
        peer_is_ahead(session, lane);
        return;
    }
    if (lane->peer.seq < lane->boundary.seq) {
        range_is_lost(session, lane);
        return;
    }
    stream_head known;
    if (lane_knows(lane, lane->peer.seq, &known)) {
        checked(session, lane, known);
        return;
    }
    look_up(session, lane, lane->peer.seq);
}

/* The forked stream after the one that was spoken of last: of several the peer
 * looks for one at a time, and may have nothing to look for in some. */
static struct lane *
next_forked(struct session *session, bool *ret_around)
{
    const uint32_t last = session->fork_told;

    for (uint32_t i = 1; i <= session->lane_count; i++) {
        uint32_t at = (last + i) % session->lane_count;
        struct lane *lane = &session->lanes[at];
        if (!lane->sends || lane->out != LANE_FORKED)
            continue;
        session->fork_told = at;
        *ret_around = at <= last;
        return lane;
    }
    return NULL;
}

void
agree_again(struct session *session, int64_t now_ms)
{
    enum { TRIES = 4 };
    struct fork_search *fork = &session->fork;
    bool around = false;

    if (session->fork_moved) {
        session->fork_moved = false;
        session->fork_tries = 0;
        session->fork_ms = now_ms;
    }
    if (now_ms - session->fork_ms < SYNC_ASK_MS)
        return;
    if (session->fork_tries == TRIES) {
        if (session->options.role == SYNC_NODE)
            talk_drop(session, true, 0, "no word about a fork");
        return;
    }
    session->fork_ms = now_ms;
    if (fork->busy && fork->differs > 0) { /* a receiver's */
        fork->probing = true;
        if (++session->fork_tries == TRIES)
            *fork = (struct fork_search) { 0 }; /* make room for another */
        return;
    }
    const struct lane *lane = next_forked(session, &around);
    if (!lane)
        return;
    session->fork_tries += around;
    say_forked(session, lane);
    session->fork_moved = false;
}

void
agree_search(struct session *session)
{
    const struct fork_search *fork = &session->fork;

    if (session->hashing)
        return;
    if (session->asked.asked > 0) {
        session->answering = true;
        fork = &session->asked;
    } else if (!fork->busy || !fork->probing) {
        return;
    }
    struct sync_output *output = talk_emit(session, SYNC_GET_HASHES);
    output->get_hashes.stream = fork->stream;
    output->get_hashes.count = fork_seqs(fork, output->get_hashes.seqs);
    session->hashing = true;
}
