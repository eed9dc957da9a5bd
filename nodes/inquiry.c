#include "nodes/inquiry.h"

#include "nodes/clock.h"
#include "nodes/trace.h"

bool
inquiry_may(struct guest *guest, int64_t now_ms)
{
    int64_t more = (now_ms - guest->questions_ms) * INQUIRY_A_SECOND / 1000;

    if (guest->questions_ms == 0)
        more = INQUIRY_AT_ONCE;
    if (more > 0) {
        guest->questions_ms = now_ms;
        guest->questions = more > INQUIRY_AT_ONCE - guest->questions
                               ? INQUIRY_AT_ONCE
                               : guest->questions + (uint32_t)more;
    }
    if (guest->questions == 0)
        return false;
    guest->questions--;
    return true;
}

/* A full queue loses the answer; the till does not wait for long. */
static void
send(const struct inquiry *inquiry, struct guest *guest,
     const struct frame *frame)
{
    if (transport_send(inquiry->transport, &guest->peer, frame) ==
        ERR_NOT_FOUND)
        guest->gone = true;
}

void
inquiry_take(const struct inquiry *inquiry, struct guest *guest,
             const struct frame *frame, uint64_t epoch)
{
    struct answer_to question = { .node = guest->peer.pass.node,
                                  .session = frame->session,
                                  .epoch = epoch };
    struct frame none;

    assert(frame->kind == FRAME_ASK);
    if (guest->gone || !session_is_live(guest->session) ||
        frame->session != session_number(guest->session))
        return;
    guest->asked_count++;
    if (inquiry_may(guest, clock_steady_ms()) &&
        ask_read(frame, &question.ask) &&
        keeper_question(inquiry->keeper, &question))
        return;
    guest->turned_away++;
    if (guest->turned_away == 1)
        trace(TRACE_NOTICE, 0, "turned_away", "peer=%u", guest->peer.pass.node);
    ask_answer_none(frame->ask.number, &none);
    none.session = frame->session;
    send(inquiry, guest, &none);
}

static struct guest *
find_session(const struct roster *roster, const struct answer_to *to)
{
    struct guest *guest = NULL;

    while ((guest = roster_next_of(roster, to->node, guest)) != NULL)
        if (session_number(guest->session) == to->session)
            return guest;
    return NULL;
}

void
inquiry_answer(const struct inquiry *inquiry, struct roster *roster)
{
    struct answer answer;

    while (keeper_answer(inquiry->keeper, &answer)) {
        bool handed =
            inquiry->teller && teller_answer(inquiry->teller, &answer);
        struct guest *guest = handed ? NULL : find_session(roster, &answer.to);
        if (guest) {
            answer.frame.session = answer.to.session;
            send(inquiry, guest, &answer.frame);
        }
        answer_close(&answer);
    }
}
