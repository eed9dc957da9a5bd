/*
 * till.h - a till's connection to a node: a line of JSON, and a line back
 */
#ifndef BENCH_TILL_H
#define BENCH_TILL_H

#include "core/text.h"

#include <stdbool.h>

enum { TILL_REPLY_SIZE = 1024 };

/* Whether the node that runs on the ledger has opened its socket yet. */
bool till_can_open(const char *ledger);
/* A connection; close() it. */
int till_open(const char *ledger);

/* Sends the text, which is a line without its end, and closes it; waits for the
 * answer, without its end. */
void till_ask(int till, struct text *line, char reply[static TILL_REPLY_SIZE]);

#endif
