#include "nodes/credit.h"

/* --- receiving --- */

static void
grant(struct session *session, uint64_t size)
{
    uint64_t limit = session->taken_total + size;

    /* What was granted stays granted, also where the window has shrunk. */
    if (limit > session->taken_limit)
        session->taken_limit = limit;
}

uint64_t
credit_say(struct session *session)
{
    if (!session->options.shares)
        grant(session, session->options.window);
    session->credit_due = false;
    return session->taken_limit;
}

void
credit_grant(struct session *session, uint64_t size)
{
    uint64_t before = session->taken_limit;

    grant(session, size);
    if (session->taken_limit > before)
        session->credit_due = session->phase == PHASE_LIVE;
}

void
credit_asked(struct session *session, uint64_t total)
{
    session->asked_limit = total;
    if (total <= session->taken_limit)
        session->credit_due = true;
}

/* --- sending --- */

bool
credit_left(const struct session *session, uint32_t *ret_size)
{
    const uint64_t fixed = session->strict ? FRAME_BATCH_FIXED : 0;

    if (session->sent_total >= session->sent_limit ||
        session->sent_limit < session->needed_limit)
        return false;
    uint64_t left = session->sent_limit - session->sent_total;
    left = left > fixed ? left - fixed : 1;
    *ret_size = left < LIMIT_FRAME_SIZE ? (uint32_t)left : LIMIT_FRAME_SIZE;
    return true;
}

bool
credit_suffices(struct session *session, uint32_t size)
{
    uint64_t total = session->sent_total + FRAME_BATCH_FIXED + size;

    if (!session->strict || total <= session->sent_limit)
        return true;
    session->needed_limit = total;
    return false;
}

void
credit_raise(struct session *session, uint64_t total)
{
    if (total > session->sent_limit)
        session->sent_limit = total;
}

/* An acknowledgement of a whole record brings what the next needs; that of a
 * part may not, and what is only shown has none. */
static bool
awaits_ack(const struct session *session)
{
    for (uint32_t i = 0; i < session->lane_count; i++) {
        const struct lane *lane = &session->lanes[i];
        if (lane->sends && lane->out == LANE_LIVE && lane->part == 0 &&
            !lane->shows && lane->sent.seq > lane->acked.seq)
            return true;
    }
    return false;
}

void
credit_ask(struct session *session, int64_t now_ms)
{
    if (session->needed_limit <= session->sent_limit || awaits_ack(session))
        return;
    if (session->needed_limit == session->asked_for &&
        now_ms - session->asked_ms < SYNC_ASK_MS)
        return;
    struct frame *frame = talk_frame(session, FRAME_PING);
    frame->ping.flags = FRAME_NEEDS_CREDIT;
    frame->ping.pending = session->needed_limit;
    session->asked_for = session->needed_limit;
    session->asked_ms = now_ms;
}
