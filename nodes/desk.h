/*
 * desk.h - where commands ask the node or hub that runs on their ledger
 *
 * A Unix socket LEDGER/desk of mode 0600: one line of JSON in, one line out,
 * then it is closed.  Who may open it may read the ledger as well.  Only the
 * owner of the ledger serves, so a socket that a killed process has left is
 * taken away.  Bounded: so many clients, so long a line, so short a time.
 *
 *   {"ask": "redeem", "account": "42", "points": 500, "reward": "", "id":
 *    "till1-881", "dry_run": false}
 *     -> {"answer": "decision", "verdict": "granted", "voucher": false,
 *         "points": 500, "available": 800, "minimum": 100, "value": 500}
 *   {"ask": "state", "account": "42"}
 *     -> {"answer": "state"}: LEDGER/copies holds now what the hub knows
 *   anything else, or the hub can't say -> {"answer": "none"}
 */
#ifndef NODES_DESK_H
#define NODES_DESK_H

#include "core/text.h"
#include "nodes/ask.h"

enum {
    DESK_CLIENTS_MAX = 32,
    DESK_LINE_SIZE = 1024,
    DESK_MS = 1000, /* for a client, from its coming to its going */
};

/* --- the lines --- */

/* False: no question that is known here. */
NODISCARD bool desk_read_question(view line, struct ask *ret_ask);
void desk_write_question(struct text *line, const struct ask *ask);
void desk_write_decision(struct text *line, const struct decision *decision);
/* What was answered; `ret_decision` is filled in for ASK_REDEEM. */
enum ask_kind desk_read_answer(view line, struct decision *ret_decision);

/* --- the node's side --- */

struct desk;

/* ERR_IO, ERR_MEMORY. */
NODISCARD enum err desk_open(const char *dir, uint32_t node,
                             struct desk **ret_desk);
void desk_close(struct desk *desk); /* NULL is allowed */
/* Readable whenever desk_next() may have something. */
int desk_bell(const struct desk *desk);
/* The next question, and whom to answer.  False: none is there; lines that are
 * none have been answered. */
NODISCARD bool desk_next(struct desk *desk, int64_t now_ms,
                         uint64_t *ret_client, struct ask *ret_ask);
/* Sends the line and ends it; a client that has gone is passed over. */
void desk_answer(struct desk *desk, uint64_t client, const struct text *line);
void desk_answer_none(struct desk *desk, uint64_t client);

/* --- the command's side --- */

/* Asks whoever runs on the ledger and waits so long.  ASK_NONE: nobody runs,
 * or can say in time. */
enum ask_kind desk_ask(const char *dir, const struct ask *ask,
                       uint32_t timeout_ms, struct decision *ret_decision);
/* One of several questions that are asked at once. */
struct desk_question {
    const struct ask *ask;    /* borrowed */
    enum ask_kind kind;       /* out: what was answered, ASK_NONE: nothing */
    struct decision decision; /* out: for ASK_REDEEM */
};
/* The same for several, which wait together, but no more of them at a time than
 * leave half of the places to others. */
void desk_ask_each(const char *dir, struct desk_question *questions,
                   uint32_t count, uint32_t timeout_ms);
/* Whether somebody takes questions on the ledger at all. */
bool desk_is_served(const char *dir);

#endif
