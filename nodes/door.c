#include "nodes/door.h"

#include "nodes/trace.h"

void
door_refuse(struct transport *transport, const struct transport_peer *peer,
            enum frame_code code, const char *words)
{
    struct frame frame = { .kind = FRAME_ERR };

    frame.err.code = code;
    frame.err.retry = code != FRAME_CODE_RIGHT;
    frame.err.words = view_of(words);
    if (transport_send(transport, peer, &frame) != OK)
        trace(TRACE_DEBUG, 0, "unsent", "peer=%u", peer->pass.node);
}

void
door_join(const struct door *door, const struct transport_peer *peer,
          const struct frame *frame)
{
    struct transport *transport = door->transport;

    if (frame->kind != FRAME_JOIN || frame->join.node != peer->pass.node) {
        door_refuse(transport, peer, FRAME_CODE_RIGHT,
                    "this key is for JOIN only");
        return;
    }
    enum err err = allow_join(door->allow, frame->join.node, frame->join.key);
    if (err == OK)
        trace(TRACE_NOTICE, door->node, "joined", "peer=%u", peer->pass.node);
    else
        trace(TRACE_ERROR, door->node, "join", "peer=%u err=%s",
              peer->pass.node, err_name(err));
    if (err == OK && transport_send(transport, peer, frame) == OK)
        return;
    if (err == ERR_CONFLICT)
        door_refuse(transport, peer, FRAME_CODE_RIGHT,
                    "the string has been used by another machine");
    else if (err == ERR_NOT_FOUND)
        door_refuse(transport, peer, FRAME_CODE_RIGHT, "not enrolled any more");
    else if (err != OK)
        door_refuse(transport, peer, FRAME_CODE_SESSION, "try again");
}
