#include "nodes/once.h"

enum { STATES_MS = 5000 };

static bool
knows_accounts(const struct once *once, const struct session *session)
{
    struct journal_identity who;

    if (journal_get_identity(once->journal, &who) != OK)
        return false;
    const stream_id own = { .node = who.node,
                            .incarnation = who.incarnation,
                            .channel = CHANNEL_EVENTS };
    uint64_t folded = 0;

    return once->told_in == session_number(session) &&
           copies_folded(once->copies, who.incarnation, &folded) == OK &&
           folded >= notes_get_acked(once->notes, own);
}

bool
once_is_done(struct once *once, const struct session *session, int64_t now_ms)
{
    if (!session || !session_is_sent(session) || !session_is_received(session))
        return false;
    if (once->until_ms == 0)
        once->until_ms = now_ms + STATES_MS;
    return !once->copies || knows_accounts(once, session) ||
           now_ms >= once->until_ms;
}
