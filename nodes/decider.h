/*
 * decider.h - the process in which redemptions are decided for a node's tills
 *
 * A decision reads the account, by the rules, from caches that belong to the
 * thread that talks to the hub; and while the hub is asked, up to ERRAND_MS,
 * nobody else should wait.  So a process of its own decides: `leima append
 * LEDGER --stream`, which asks the node as any command does, and which begins
 * with the first question and ends with the node.
 *
 * One question is under way at a time.  Where the process ends without an
 * answer, that is the answer, and the next question begins another.
 */
#ifndef NODES_DECIDER_H
#define NODES_DECIDER_H

#include "core/err.h"
#include "core/text.h"

/* Of a question, with the end of its line: as much is taken at once. */
enum { DECIDER_LINE_MAX = 4096 };

struct decider;

/* NULL: there is no memory.  The path of the ledger is borrowed. */
struct decider *decider_open(const char *dir);
void decider_close(struct decider *decider); /* NULL is allowed */

/* Puts a question, a line without its end.  ERR_INPUT: it is too long;
 * ERR_IO: there is no process.  Then nothing is under way. */
NODISCARD enum err decider_ask(struct decider *decider, view line);
/* Readable when there is something to take; until the answer is there. */
int decider_bell(const struct decider *decider);
/* Appends the line of the answer.  ERR_BUSY: it is not there yet; ERR_IO: none
 * will come. */
NODISCARD enum err decider_take(struct decider *decider, struct text *answer);

#endif
