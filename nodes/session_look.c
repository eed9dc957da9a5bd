/*
 * session_look.c - what the shell sees of a session: see session.h
 */
#include "nodes/session.h"

#include "nodes/talk.h"

bool
session_is_live(const struct session *session)
{
    return session != NULL && session->phase == PHASE_LIVE;
}

uint64_t
session_number(const struct session *session)
{
    return session->number;
}

uint64_t
session_epoch(const struct session *session)
{
    return session->epoch;
}

bool
session_is_sent(const struct session *session)
{
    for (uint32_t i = 0; i < session->lane_count; i++) {
        const struct lane *lane = &session->lanes[i];
        bool over = lane->shows || (lane->left && lane->out == LANE_STOPPED);
        if (lane->sends && !over && lane->acked.seq < lane->head.seq)
            return false;
    }
    return session->phase == PHASE_LIVE;
}

bool
session_is_received(const struct session *session)
{
    for (uint32_t i = 0; i < session->lane_count; i++) {
        const struct lane *lane = &session->lanes[i];
        if (lane->receives && !lane->refused && lane->durable.seq < lane->told)
            return false;
    }
    return session->phase == PHASE_LIVE;
}

bool
session_is_refused(const struct session *session, stream_id *ret_stream)
{
    bool refused = false;

    for (uint32_t i = 0; i < session->lane_count; i++) {
        const struct lane *lane = &session->lanes[i];
        if (!lane->sends || lane->shows || lane->acked.seq >= lane->head.seq)
            continue;
        if (!lane->denied)
            return false;
        *ret_stream = lane->stream;
        refused = true;
    }
    return refused && session_is_received(session);
}

bool
session_is_briefed(const struct session *session)
{
    bool books = false;

    for (uint32_t i = 0; i < session->lane_count; i++) {
        const struct lane *lane = &session->lanes[i];
        if (lane->stream.channel == CHANNEL_EVENTS || !lane->receives)
            continue;
        if (!lane->refused && lane->durable.seq < lane->told)
            return false;
        books |= lane->stream.channel == CHANNEL_BOOKS && lane->durable.seq > 0;
    }
    return books && session->phase == PHASE_LIVE;
}

bool
session_takes(const struct session *session, stream_id stream)
{
    const struct lane *lane = talk_find(session, stream);

    return lane && lane->receives;
}

uint64_t
session_granted(const struct session *session)
{
    return session->taken_limit > session->taken_total
               ? session->taken_limit - session->taken_total
               : 0; /* an older node's last frame went beyond */
}

uint64_t
session_needed(const struct session *session)
{
    return session->asked_limit > session->taken_limit
               ? session->asked_limit - session->taken_total
               : 0;
}

uint64_t
session_lag(const struct session *session)
{
    uint64_t lag = 0;

    for (uint32_t i = 0; i < session->lane_count; i++) {
        const struct lane *lane = &session->lanes[i];
        if (lane->receives && !lane->shown && lane->told > lane->durable.seq)
            lag += lane->told - lane->durable.seq;
    }
    return lag;
}

uint64_t
session_backlog(const struct session *session)
{
    uint64_t count = 0;

    for (uint32_t i = 0; i < session->lane_count; i++) {
        const struct lane *lane = &session->lanes[i];
        if (lane->receives && !lane->in_stopped &&
            lane->told > lane->durable.seq)
            count += lane->told - lane->durable.seq;
    }
    return session->phase == PHASE_LIVE ? count : 0;
}

bool
session_is_settled(const struct session *session)
{
    for (uint32_t i = 0; i < session->lane_count; i++) {
        const struct lane *lane = &session->lanes[i];
        if (lane->sends &&
            (lane->out == LANE_UNKNOWN || lane->out == LANE_CHECK))
            return false;
    }
    return session_is_received(session);
}

bool
session_wants_states(const struct session *session, uint64_t *ret_after)
{
    if (session->phase != PHASE_LIVE || !session->feed_open)
        return false;
    *ret_after = session->feed_position;
    return true;
}
