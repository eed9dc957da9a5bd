/*
 * agree.h - finding out where both ends of a stream agree
 *
 * Before a sender sends, it makes sure that the place where the receiver
 * stands is on its own chain.  If it is not, the two are forked, and the last
 * common end is searched (fork.h); if it is beyond the sender's own end, the
 * sender has been rewound, and may have sold on since.  A hub that goes on from
 * the end that it was offered says so at once, and that is where the node
 * branches.  Else the node asks to be sent what it lacks: what comes follows on
 * its own end (an older hub does not say it); or the peer says that they are
 * forked, and the common end is searched the other way round.
 *
 * What a node has told again for a branch of one hub may have stayed in the
 * end, and a twin have gone on from there: where the hub is beyond its end the
 * node asks whether that is the same, and then for the rest; mostly it is not,
 * which is no news.
 *
 * Over what is public nobody branches: its hub was rolled back and has
 * published twice under one name.  It asks the node, by an ACK of nothing, for
 * all that it holds of the stream, looks at that, and acknowledges none of it.
 */
#ifndef NODES_AGREE_H
#define NODES_AGREE_H

#include "nodes/talk.h"

/* Sender: the lane stands in LANE_CHECK, or in doubt of an ACK; settles it, or
 * looks up our hash.  At most two outputs. */
void agree_check(struct session *session, struct lane *lane);
/* Goes on with the search for a common end, if one waits for a look-up.  At
 * most one output. */
void agree_search(struct session *session);
/* Time goes by: what was said of a fork and never answered is said again, a few
 * times; then a node ends the session, for it must not wait for ever.  At most
 * one output. */
void agree_again(struct session *session, int64_t now_ms);
/* Our hashes have been looked up. */
void agree_hashes(struct session *session, const struct sync_input *input);
/* A sender whose peer's place is not known yet: whether the peer is known to
 * continue what we write; then we were rewound, and branch.  At most two
 * outputs. */
bool agree_is_rewound(struct session *session, struct lane *lane);
/* A sender that was rewound: a BATCH of its own stream came. */
void agree_rewound(struct session *session, struct lane *lane,
                   const struct frame *frame);
/* Node: a hub's ACK of what is public.  One of nothing asks for all of it: to
 * store it or, where we have parted over it, to look at it. */
void agree_hear_wish(const struct session *session, struct lane *lane,
                     const struct frame *frame);
/* Receiver: whether what is overdue is to be asked for once more; of what is
 * only to be looked at, or may be none of ours, three times are enough, and
 * nothing waits for it any more: the former is asked for once a minute then. */
bool agree_is_waited_for(struct lane *lane);
/* Receiver: asks whether our end lies on the peer's chain.  One output. */
void agree_ask(struct session *session, const struct lane *lane);
/* Receiver: a FORKA. */
void agree_answer(struct session *session, const struct frame *frame);
/* Sender, or a hub: a FORKQ. */
void agree_question(struct session *session, const struct frame *frame);

#endif
