#include "nodes/stall.h"

/* Something of it is sent and not acknowledged for long. */
static bool
is_unheard(const struct lane *lane, int64_t now_ms)
{
    return lane->sends && !lane->shows && lane->sent.seq > lane->acked.seq &&
           now_ms - lane->waiting_ms >= SYNC_ACK_MS;
}

/* What was left is told again, or at rest. */
static bool
is_owed(const struct lane *lane)
{
    return lane->sends && !lane->shows && lane->acked.seq < lane->head.seq &&
           !(lane->left && lane->out == LANE_STOPPED);
}

/* Whether something is to be sent and nothing of all has been acknowledged for
 * long. */
static bool
is_stuck(struct session *session, int64_t now_ms)
{
    uint64_t acked = 0;
    bool owed = false;

    for (uint32_t i = 0; i < session->lane_count; i++) {
        owed |= is_owed(&session->lanes[i]);
        acked += session->lanes[i].acked.seq;
    }
    if (!owed || acked != session->acked_sum || session->moved_ms == 0) {
        session->acked_sum = acked;
        session->moved_ms = now_ms;
    }
    return now_ms - session->moved_ms >= STALL_MS;
}

const char *
stall_look(struct session *session, int64_t now_ms)
{
    const bool node = session->options.role == SYNC_NODE;

    if (node && session->phase == PHASE_HELLO &&
        now_ms - session->since_ms >= SYNC_HELLO_MS)
        return "no WELCOME";
    if (now_ms - session->heard_ms >= SYNC_SILENCE_MS)
        return "silence";
    if (session->phase != PHASE_LIVE)
        return NULL;
    for (uint32_t i = 0; i < session->lane_count; i++)
        if (is_unheard(&session->lanes[i], now_ms))
            return "no ACK";
    return node && is_stuck(session, now_ms) ? "nothing moves" : NULL;
}
