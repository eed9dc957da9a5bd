/*
 * greet.h - how a session begins: HELLO, admission, WELCOME or WAIT
 */
#ifndef NODES_GREET_H
#define NODES_GREET_H

#include "nodes/talk.h"

/* Node: the connection is there; says HELLO. */
void greet_start(struct session *session, const struct sync_input *input,
                 int64_t now_ms);
/* Hub: a HELLO, or a part of one; asks the shell for admission. */
void greet_hello(struct session *session, const struct frame *frame,
                 int64_t now_ms);
/* Hub: the shell lets it in; says WELCOME. */
void greet_admit(struct session *session, const struct sync_input *input);
/* Hub: the shell does not, for now; says WAIT. */
void greet_defer(struct session *session, uint32_t ms);
/* Node: a WELCOME, or a part of one. */
void greet_welcome(struct session *session, const struct frame *frame,
                   int64_t now_ms);

#endif
