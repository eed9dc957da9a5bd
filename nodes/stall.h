/*
 * stall.h - a peer that is there, or seems to be, and lets nothing go on
 *
 * Nobody waits for ever on anything: whoever gets no answer, or can't say what
 * he has to, ends the session and begins another, maybe with another hub.
 */
#ifndef NODES_STALL_H
#define NODES_STALL_H

#include "nodes/talk.h"

/* So long a node that has something to send waits for the next ACK, where it
 * may not send: there is no credit, or no word of where the hub stands. */
enum { STALL_MS = 300000 };

/* Time goes by.  Why the session is to end, a static word; NULL: it goes on. */
const char *stall_look(struct session *session, int64_t now_ms);

#endif
