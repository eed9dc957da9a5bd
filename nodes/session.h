/*
 * session.h - one end of one session of the protocol: step(session, input, now)
 *
 * Pure: no clock, no disk, no socket, no random number.  The vocabulary of
 * inputs and outputs is in sync.h.
 */
#ifndef NODES_SESSION_H
#define NODES_SESSION_H

#include "nodes/sync.h"

struct session;

/* NULL: no memory. */
struct session *session_open(const struct sync_options *options,
                             int64_t now_ms);
void session_close(struct session *session); /* NULL is allowed */

/* Takes one input and says what to do, in order.  `now_ms` is a clock that
 * only runs forward.  Outputs borrow from the session and the input until the
 * next step.  After SYNC_DROP nothing comes out any more. */
void session_step(struct session *session, const struct sync_input *input,
                  int64_t now_ms, struct sync_outputs *ret_outputs);

/* For the shell and `status`. */
/* WELCOME was said; there is none (NULL): it was not. */
bool session_is_live(const struct session *session);
uint64_t session_number(const struct session *session);
uint64_t session_epoch(const struct session *session); /* of the hub */
/* All that we offer has been acknowledged / nothing is missing of what the
 * peer offers, as far as it has told. */
bool session_is_sent(const struct session *session);
bool session_is_received(const struct session *session);
/* All is received, and what is not sent the peer does not take: it has no
 * right to the stream, or has said three times that it comes damaged. */
bool session_is_refused(const struct session *session, stream_id *ret_stream);
/* Besides, where the peer stands in all that we offer is known. */
bool session_is_settled(const struct session *session);
/* The books have come, and nothing is missing of them and of what is public. */
bool session_is_briefed(const struct session *session);
/* Whether the peer sends that stream, or has once sent it. */
bool session_takes(const struct session *session, stream_id stream);
/* How many items of what the peer offers, as far as it has told, are not on
 * disk here. */
uint64_t session_lag(const struct session *session);
/* How many of them are expected: none of a stream that has stopped. */
uint64_t session_backlog(const struct session *session);
/* How many bytes the peer may send that have not come and been dealt with, and
 * how many it needs to send its next frame; 0: it has not said. */
uint64_t session_granted(const struct session *session);
uint64_t session_needed(const struct session *session);
/* Hub: whether the node waits for states, and after which position. */
bool session_wants_states(const struct session *session, uint64_t *ret_after);

/* Full jitter: how long to wait before the `attempt`th try, from 0, to connect
 * again, given a random number.  At most 30 seconds. */
uint32_t session_backoff_ms(uint32_t attempt, uint64_t random);

#endif
