/*
 * ask.h - what a node asks its hub, and the answers, as frames
 *
 * Two questions: what does the hub know of these accounts, and may this
 * redemption be.  A redemption that is granted is reserved at the hub under
 * its `id` (hold.h), so the node can append it in peace.
 *
 *   ASK     1 (states)  parts: accounts, as account_format() writes them
 *           2 (redeem)  parts: i64 points, u32 flags (1: only try), u32 0;
 *                       account; reward; id
 *   ANSWER  0 (none)    no parts: the hub can't say now, decide alone
 *           1           parts: u64 epoch, u64 position, digest of the versions,
 *                       u32 format, u32 count, so many (u64 incarnation, u64
 *                       seq folded) of the asker; states as in STATE
 *           2           parts: u32 verdict, u32 flags (1: by a voucher), i64
 *                       points, available, minimum, value
 *
 * Both carry the asker's number of the question.  A part may be longer than is
 * known here.  Reading trusts nothing.
 */
#ifndef NODES_ASK_H
#define NODES_ASK_H

#include "core/hub_state.h"
#include "nodes/decide.h"
#include "nodes/frame.h"

enum { ASK_ACCOUNTS_MAX = 16 };

enum ask_kind {
    ASK_NONE = 0,
    ASK_STATES = 1,
    ASK_REDEEM = 2,
};

/* A question.  It owns what it says, for it waits in queues. */
struct ask {
    uint64_t number;
    enum ask_kind kind; /* not ASK_NONE */
    uint32_t account_count;
    char accounts[ASK_ACCOUNTS_MAX][ACCOUNT_SIZE];
    points points; /* redeem; 0: a reward */
    bool dry_run;  /* nothing is to be reserved */
    char reward[LIMIT_NAME_SIZE + 1];
    char id[LIMIT_CODE_SIZE + 1];
};

/* The frame borrows from the question and the arena. */
void ask_write(const struct ask *ask, struct arena *arena,
               struct frame *ret_frame);
/* False: malformed, or a question that is not known here. */
NODISCARD bool ask_read(const struct frame *frame, struct ask *ret_ask);

/* Whether account, points, reward and id of a redemption are such as an event
 * may have. */
bool ask_is_sound(const struct ask *ask);

/* ANSWERs.  The frames borrow likewise. */
void ask_answer_none(uint64_t number, struct frame *ret_frame);
void ask_answer_decision(uint64_t number, const struct decision *decision,
                         struct arena *arena, struct frame *ret_frame);
/* `state` is a STATE with the states asked for and the asker's streams. */
void ask_answer_states(uint64_t number, const struct frame *state,
                       struct arena *arena, struct frame *ret_frame);

/* What kind an ANSWER is of; one that is not known counts as none. */
enum ask_kind ask_answer_kind(const struct frame *frame);
/* False: malformed. */
NODISCARD bool ask_read_decision(const struct frame *frame,
                                 struct decision *ret_decision);
/* As the STATE that it stands for, of the streams of `node`. */
NODISCARD bool ask_read_states(const struct frame *frame, uint32_t node,
                               struct arena *arena, struct frame *ret_state);

#endif
