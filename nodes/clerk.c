#include "nodes/clerk.h"

#include "nodes/clock.h"
#include "nodes/trace.h"

/* The end of what this node has appended. */
static uint64_t
own_head(const struct clerk *clerk, stream_id *ret_stream)
{
    struct journal_identity who;
    stream_head head = { 0 };

    if (journal_get_identity(clerk->journal, &who) != OK)
        return UINT64_MAX;
    *ret_stream = (stream_id) { .node = clerk->node,
                                .incarnation = who.incarnation,
                                .channel = CHANNEL_EVENTS };
    if (carry_head(clerk->carry, *ret_stream, &head) != OK)
        return UINT64_MAX;
    return head.seq;
}

static void
take_questions(const struct clerk *clerk, int64_t now_ms)
{
    stream_id stream;
    uint64_t client;
    struct ask ask;

    while (desk_next(clerk->desk, now_ms, &client, &ask)) {
        bool live = session_is_live(clerk->session);
        uint64_t seq =
            live && ask.kind == ASK_REDEEM ? own_head(clerk, &stream) : 0;
        if (!live || !errand_take(clerk->errands, client, &ask, seq, now_ms))
            desk_answer_none(clerk->desk, client);
        else
            clerk->look(clerk->context);
    }
}

static void
send_questions(const struct clerk *clerk)
{
    const struct ask *ask;
    stream_id stream = { 0 };

    if (clerk->errands->count == 0 || !clerk->session ||
        own_head(clerk, &stream) == UINT64_MAX)
        return;
    uint64_t acked = notes_get_acked(clerk->notes, stream);
    while ((ask = errand_next(clerk->errands, acked)) != NULL) {
        struct arena scratch = clerk->scratch;
        struct frame frame;
        ask_write(ask, &scratch, &frame);
        frame.session = session_number(clerk->session);
        if (transport_send(clerk->transport, NULL, &frame) != OK)
            trace(TRACE_DEBUG, clerk->node, "unsent", "frame=ASK");
    }
}

static void
take_decision(const struct clerk *clerk, const struct errand *errand,
              const struct frame *frame)
{
    struct decision decision;
    struct text line = { 0 };

    if (!ask_read_decision(frame, &decision)) {
        desk_answer_none(clerk->desk, errand->client);
        return;
    }
    desk_write_decision(&line, &decision);
    desk_answer(clerk->desk, errand->client, &line);
    text_close(&line);
}

static void
take_asked(const struct clerk *clerk, const struct errand *errand,
           const struct frame *frame, struct arena scratch)
{
    struct text line = { 0 };
    struct frame state;

    if (ask_read_states(frame, clerk->node, &scratch, &state) &&
        copies_put_asked(clerk->copies, &state, clerk->node, clock_wall_ms()) ==
            OK)
        text_string(&line, "{\"answer\": \"state\"}\n");
    else
        text_string(&line, "{\"answer\": \"none\"}\n");
    desk_answer(clerk->desk, errand->client, &line);
    text_close(&line);
}

/* What is left of the scratch in which the frame lies. */
void
clerk_answer(const struct clerk *clerk, const struct frame *frame,
             struct arena scratch)
{
    const enum ask_kind kind = ask_answer_kind(frame);
    struct errand errand;

    if (!clerk->desk || !session_is_live(clerk->session) ||
        frame->session != session_number(clerk->session) ||
        !errand_done(clerk->errands, frame->ask.number, kind, &errand))
        return;
    if (kind != errand.ask.kind)
        desk_answer_none(clerk->desk, errand.client);
    else if (kind == ASK_REDEEM)
        take_decision(clerk, &errand, frame);
    else
        take_asked(clerk, &errand, frame, scratch);
}

void
clerk_serve(const struct clerk *clerk)
{
    int64_t now_ms = clock_steady_ms();
    struct errand errand;

    take_questions(clerk, now_ms);
    send_questions(clerk);
    while (errand_late(clerk->errands, now_ms, !clerk->session, &errand))
        desk_answer_none(clerk->desk, errand.client);
}
