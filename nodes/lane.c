#include "nodes/lane.h"

static bool
head_equal(stream_head a, stream_head b)
{
    return a.seq == b.seq && digest_equal(a.chain, b.chain);
}

void
lane_offer(struct lane *lane, const struct sync_offer *offer)
{
    assert(stream_equal(lane->stream, offer->stream));
    lane->sends = true;
    lane->left = offer->left;
    lane->fetch = offer->fetch;
    lane->own = offer->own;
    lane->held = offer->held;
    lane->head = offer->head;
    lane->peer = offer->head;
    lane->acked_before = offer->acked;
    lane->boundary = offer->boundary;
    lane->out = LANE_UNKNOWN;
}

void
lane_hold(struct lane *lane, stream_head head, uint64_t safe)
{
    lane->receives = true;
    lane->durable = head;
    lane->durable_safe = safe;
    lane->received = head.seq;
    if (lane->told < head.seq)
        lane->told = head.seq;
}

void
lane_peer_at(struct lane *lane, stream_head head)
{
    assert(lane->sends);
    lane->peer = head;
    lane->assumed = false;
    lane->part = 0;
    lane->claimed = (stream_head) { 0 };
    lane->out = LANE_CHECK;
}

void
lane_assume_at(struct lane *lane, stream_head head)
{
    lane_peer_at(lane, head);
    lane->assumed = head.seq > 0;
}

void
lane_assume(struct lane *lane)
{
    if (lane->sends && lane->out == LANE_UNKNOWN)
        lane_assume_at(lane, lane->peer);
}

bool
lane_knows(const struct lane *lane, uint64_t seq, stream_head *ret_head)
{
    const stream_head known[] = { { 0 }, lane->head, lane->sent, lane->acked };

    for (uint32_t i = 0; i < COUNT_OF(known); i++) {
        if (known[i].seq == seq) {
            *ret_head = known[i];
            return true;
        }
    }
    return false;
}

bool
lane_checked(struct lane *lane, stream_head ours)
{
    assert(lane->out == LANE_CHECK);
    assert(lane->peer.seq <= lane->head.seq);
    /* Nothing has a hash of its own: whoever holds nothing agrees with all. */
    if (lane->peer.seq > 0 && !head_equal(ours, lane->peer)) {
        lane->out = LANE_FORKED;
        return false;
    }
    lane->out = LANE_LIVE;
    lane->sent = lane->peer;
    lane->part = 0;
    lane->acked = lane->peer;
    lane->lost = lane->acked_before > lane->peer.seq;
    return true;
}

bool
lane_is_due(const struct lane *lane, int64_t now_ms)
{
    return lane->sends && lane->out == LANE_LIVE &&
           lane->sent.seq < lane->head.seq && now_ms >= lane->not_before_ms;
}

void
lane_sent(struct lane *lane, stream_head end, int64_t now_ms)
{
    assert(lane->out == LANE_LIVE);
    assert(end.seq > lane->sent.seq);
    if (lane->sent.seq == lane->acked.seq)
        lane->waiting_ms = now_ms;
    lane->sent = end;
    lane->part = 0;
    /* Another process may have appended since we were told of our end. */
    if (end.seq > lane->head.seq)
        lane->head = end;
}

bool
lane_acked(struct lane *lane, stream_head head, int64_t now_ms)
{
    assert(lane->sends);
    if (lane->out == LANE_UNKNOWN || lane->out == LANE_CHECK || lane->assumed) {
        if (lane->out != LANE_FORKED && lane->out != LANE_STOPPED)
            lane_peer_at(lane, head);
        return false;
    }
    /* What it lacked has come to it from elsewhere. */
    if (lane->out == LANE_STOPPED && lane->missed &&
        head.seq >= lane->boundary.seq) {
        lane->missed = false;
        lane_peer_at(lane, head);
        return false;
    }
    if (lane->out != LANE_LIVE || head.seq <= lane->acked.seq)
        return false;
    if (head.seq > lane->sent.seq) {
        lane_peer_at(lane, head);
        return false;
    }
    lane->claimed = head;
    lane->waiting_ms = now_ms;
    return head.seq == lane->sent.seq && lane_confirmed(lane, lane->sent);
}

bool
lane_doubts(const struct lane *lane)
{
    return lane->sends && lane->out == LANE_LIVE &&
           lane->claimed.seq > lane->acked.seq;
}

bool
lane_confirmed(struct lane *lane, stream_head ours)
{
    assert(lane_doubts(lane));
    if (!head_equal(ours, lane->claimed)) {
        lane_peer_at(lane, lane->claimed);
        return false;
    }
    lane->acked = lane->claimed;
    lane->nacks = 0;
    assert(lane->acked.seq <= lane->sent.seq);
    return true;
}

enum lane_nack
lane_nacked(struct lane *lane, uint32_t why, stream_head head, int64_t now_ms)
{
    assert(lane->sends);
    if (lane->out == LANE_FORKED || lane->out == LANE_STOPPED)
        return LANE_FINE;
    if (why == FRAME_WHY_RIGHT) {
        lane->out = LANE_STOPPED;
        lane->denied = true;
        return LANE_REFUSED;
    }
    lane_peer_at(lane, head);
    if (why == FRAME_WHY_GAP)
        return LANE_FINE;
    if (why == FRAME_WHY_FULL) {
        lane->not_before_ms = now_ms + SYNC_FULL_MS;
        return LANE_FINE;
    }
    /* A checksum, a hash, or what a later version does not like. */
    if (++lane->nacks < SYNC_CHECKSUM_MAX)
        return LANE_FINE;
    lane->out = LANE_STOPPED;
    lane->denied = true;
    return LANE_DAMAGED;
}

enum lane_verdict
lane_take(struct lane *lane, uint64_t from, uint64_t to)
{
    assert(from > 0);
    assert(to >= from);
    if (lane->in_stopped)
        return LANE_IGNORE;
    if (from > lane->received + 1) {
        if (lane->nacked_at == lane->received + 1)
            return LANE_IGNORE;
        lane->nacked_at = lane->received + 1;
        return LANE_NACK;
    }
    lane->nacked_at = 0;
    if (to > lane->received)
        lane->received = to;
    return LANE_STORE;
}

void
lane_stored(struct lane *lane, stream_head head)
{
    lane->durable = head;
    if (lane->received < head.seq)
        lane->received = head.seq;
    if (lane->told < head.seq)
        lane->told = head.seq;
    lane->ack_due = true;
    lane->unsure = false;
    lane->bad = 0;
    assert(lane->durable.seq <= lane->received);
}

void
lane_goes_on(struct lane *lane)
{
    if (lane->sends && lane->head.seq < lane->durable.seq)
        lane->head = lane->durable;
}

bool
lane_rewind(struct lane *lane, stream_head head)
{
    bool news = lane->nacked_at != head.seq + 1;

    lane->durable = head;
    lane->received = head.seq;
    lane->nacked_at = head.seq + 1;
    return news;
}

void
lane_wonder(struct lane *lane)
{
    assert(lane->left);
    assert(!lane->fetch);
    if (lane->peer.seq <= lane->held.seq) {
        lane->sent = lane->head;
        lane->out = LANE_LIVE;
        return;
    }
    lane_hold(lane, lane->held, 0);
    lane->told = lane->peer.seq;
    lane->unsure = true;
    lane->ack_due = true;
}

void
lane_show(struct lane *lane, uint64_t end)
{
    assert(!lane->shown);
    lane->sends = false;
    lane->out = LANE_STOPPED;
    lane->in_stopped = false;
    lane->shown = true;
    lane_hold(lane, (stream_head) { 0 }, 0);
    lane->told = end;
    lane->ack_due = true;
}

void
lane_seen(struct lane *lane, uint64_t seq)
{
    assert(lane->shown);
    lane->vain = 0;
    lane->in_stopped = lane->refused = seq >= lane->told;
}

bool
lane_is_overdue(struct lane *lane, int64_t now_ms)
{
    const uint64_t at = lane->shown ? lane->received : lane->durable.seq;

    if (!lane->receives || lane->in_stopped || at >= lane->told)
        return false;
    bool still = lane->still_ms != 0 && lane->still_seq == at;
    if (still && now_ms - lane->still_ms < SYNC_ASK_MS)
        return false;
    lane->still_seq = at;
    lane->still_ms = now_ms;
    return still;
}
