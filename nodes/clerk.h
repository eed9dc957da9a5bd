/*
 * clerk.h - carries the questions of a store's tills to its hub, and the
 * answers back
 */
#ifndef NODES_CLERK_H
#define NODES_CLERK_H

#include "nodes/carry.h"
#include "nodes/copies.h"
#include "nodes/desk.h"
#include "nodes/errand.h"
#include "nodes/notes.h"
#include "nodes/transport.h"

/* All borrowed for the call. */
struct clerk {
    uint32_t node;
    struct journal *journal;
    struct carry *carry;
    const struct notes *notes;
    struct copies *copies;
    struct desk *desk; /* NULL: nobody asks here */
    struct errands *errands;
    struct session *session; /* NULL: there is none */
    struct transport *transport;
    struct arena scratch;
    void (*look)(void *context); /* sends what was appended */
    void *context;
};

/* Takes questions, sends those that are due, gives up on those that are late.
 */
void clerk_serve(const struct clerk *clerk);
/* An ANSWER came; `scratch` is what is left of that in which it lies. */
void clerk_answer(const struct clerk *clerk, const struct frame *frame,
                  struct arena scratch);

#endif
