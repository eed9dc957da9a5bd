/*
 * door.h - those who come to a hub and are no guests yet: joining, or refused
 */
#ifndef NODES_DOOR_H
#define NODES_DOOR_H

#include "nodes/allow.h"
#include "nodes/transport.h"

struct door { /* borrowed for the call */
    struct transport *transport;
    struct allow *allow;
    uint32_t node; /* the hub's */
};

/* Says ERR; `words` for a person. */
void door_refuse(struct transport *transport, const struct transport_peer *peer,
                 enum frame_code code, const char *words);

/* A frame of a connection made with a one-time key: registers the node's own
 * key by JOIN.  The answer repeats the frame. */
void door_join(const struct door *door, const struct transport_peer *peer,
               const struct frame *frame);

#endif
