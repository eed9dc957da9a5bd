/*
 * inquiry.h - questions of the nodes, from a hub's wire to its keeper and back
 */
#ifndef NODES_INQUIRY_H
#define NODES_INQUIRY_H

#include "nodes/keeper.h"
#include "nodes/roster.h"
#include "nodes/teller.h"

/* A node may put so many questions at once, and so many a second; what goes
 * beyond is answered with "decide alone", and counted. */
enum { INQUIRY_AT_ONCE = 64, INQUIRY_A_SECOND = 20 };

/* All borrowed for the call. */
struct inquiry {
    struct keeper *keeper;
    struct transport *transport;
    const struct teller *teller; /* NULL: all questions come by the wire */
};

/* An ASK came from a guest. */
void inquiry_take(const struct inquiry *inquiry, struct guest *guest,
                  const struct frame *frame, uint64_t epoch);
/* Sends the answers that are ready to those who are still there, and gives the
 * teller what is for its clients. */
void inquiry_answer(const struct inquiry *inquiry, struct roster *roster);

/* Whether a guest may put one more question at that time of a clock that only
 * runs forward; it counts as put. */
NODISCARD bool inquiry_may(struct guest *guest, int64_t now_ms);

#endif
