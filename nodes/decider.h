/*
 * decider.h - the process in which redemptions are decided for a node's tills
 *
 * A decision reads the account, by the rules, from caches that belong to the
 * thread that talks to the hub; and while the hub is asked, up to ERRAND_MS,
 * nobody else should wait.  So a process of its own decides: `leima append
 * LEDGER --stream`, which asks the node as any command does, and which begins
 * with the first question and ends with the node.
 *
 * Several questions may be under way, and are answered in their order: what has
 * come together is decided together, and shares a commit.  Where the process
 * ends without an answer, that is the answer to all of them, and the next
 * question begins another.
 */
#ifndef NODES_DECIDER_H
#define NODES_DECIDER_H

#include "core/err.h"
#include "core/text.h"

enum {
    DECIDER_LINE_MAX = 4096, /* of a question, with the end of its line */
    /* Under way at a time; they fit what a socket holds, so that nobody waits
     * for the process: */
    DECIDER_QUESTIONS_MAX = 64,
    DECIDER_BYTES_MAX = 1 << 16,
};

struct decider;

/* NULL: there is no memory.  The path of the ledger is borrowed. */
struct decider *decider_open(const char *dir);
void decider_close(struct decider *decider); /* NULL is allowed */

/* Takes a question, a line without its end; decider_send() puts it.  ERR_INPUT:
 * it is too long; ERR_BUSY: too many are under way. */
NODISCARD enum err decider_ask(struct decider *decider, view line);
/* Puts what has been asked since.  ERR_IO: there is no process; none of those
 * that are under way will be answered. */
NODISCARD enum err decider_send(struct decider *decider);
/* Readable when there may be something to take; -1: there is no process. */
int decider_bell(const struct decider *decider);
/* Appends the line that answers the oldest question under way.  ERR_BUSY: it is
 * not there yet; ERR_IO: none will come.  Else the question is under way no
 * more. */
NODISCARD enum err decider_take(struct decider *decider, struct text *answer);

#endif
