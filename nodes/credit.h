/*
 * credit.h - how much each end of a session may send
 *
 * Credit is a total: so many bytes of BATCH payload may have been sent in this
 * session.  A receiver gives it with what it says anyway.  One that has a
 * window lets it move on with what it has taken.  A hub that has many nodes
 * shares out what all of them together may have on the way (grants.h), and
 * says so in its WELCOME: then nothing goes beyond the credit, and a node whose
 * next frame does not fit asks for the credit that it needs.  An older node
 * lets the end of one frame go beyond, and does not ask.
 */
#ifndef NODES_CREDIT_H
#define NODES_CREDIT_H

#include "nodes/talk.h"

/* --- receiving --- */

/* What the peer may have sent altogether: to be said to it. */
uint64_t credit_say(struct session *session);
/* So many bytes from what has been taken on may be on the way, from now on:
 * what was granted stays granted.  What is new is said by the pump. */
void credit_grant(struct session *session, uint64_t size);
/* The peer needs a total of so much; where it has that already, it is told. */
void credit_asked(struct session *session, uint64_t total);

/* --- sending --- */

/* Whether something may be read to be sent, and how many bytes. */
bool credit_left(const struct session *session, uint32_t *ret_size);
/* Whether a BATCH with so many bytes of records may go out; if not, so much
 * credit is needed, and nothing is read before it is there. */
bool credit_suffices(struct session *session, uint32_t size);
void credit_raise(struct session *session, uint64_t total);
/* Asks for what is needed, where no acknowledgement is to come that could bring
 * it; and again after a while. */
void credit_ask(struct session *session, int64_t now_ms);

#endif
