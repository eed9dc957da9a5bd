/*
 * errand.h - the questions that a node has taken at its desk and carries to the
 * hub
 *
 * A question is put to the hub once all that this node had appended when it
 * came has been acknowledged, for the hub decides on what it has; and it is
 * given up when ERRAND_MS have passed: then the command decides alone.
 *
 * Pure but for the clients' numbers: time, what was acknowledged, and answers
 * are inputs.
 */
#ifndef NODES_ERRAND_H
#define NODES_ERRAND_H

#include "nodes/ask.h"

enum {
    ERRAND_MAX = 32, /* under way */
    ERRAND_MS = 150, /* from the question to the answer */
};

struct errand {
    uint64_t client; /* of desk.h */
    struct ask ask;  /* its number is the errand's */
    uint64_t seq;    /* to be acknowledged before */
    bool sent;
    int64_t until_ms;
};

struct errands {
    uint64_t last; /* number given */
    uint32_t count;
    struct errand list[ERRAND_MAX]; /* oldest first */
    uint64_t asked;                 /* ever: counters for `status` */
    uint64_t answered;              /* with what was asked for */
    uint64_t late;
};

/* Takes a question.  False: too many are under way. */
NODISCARD bool errand_take(struct errands *errands, uint64_t client,
                           const struct ask *ask, uint64_t seq, int64_t now_ms);
/* The next question to put, given what has been acknowledged; it counts as
 * sent.  NULL: none.  Valid until the next call. */
const struct ask *errand_next(struct errands *errands, uint64_t acked);
/* Takes out the errand of an answer's number, which says what was asked for, or
 * ASK_NONE: to do without.  False: it was given up. */
NODISCARD bool errand_done(struct errands *errands, uint64_t number,
                           enum ask_kind kind, struct errand *ret_errand);
/* Takes out one whose time is over, or any (`all`: the hub has gone).  False:
 * there is none. */
NODISCARD bool errand_late(struct errands *errands, int64_t now_ms, bool all,
                           struct errand *ret_errand);

#endif
