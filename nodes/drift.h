/*
 * drift.h - how far this machine's clock stands from the hub's
 *
 * The hub tells its time when a session begins and with every PING; in between
 * a clock that only runs forward carries it on, so that a clock set wrong is
 * noticed as well as one that has been put right, here or there.  Whoever
 * appends to the ledger reads the note that is kept here and flags what a wrong
 * clock writes (pen.h).
 */
#ifndef NODES_DRIFT_H
#define NODES_DRIFT_H

#include "core/journal.h"
#include "nodes/frame.h"

struct drift {
    bool known;
    bool wrong;        /* as was said last */
    int64_t hub_ms;    /* the hub's clock ... */
    int64_t steady_ms; /* ... at this time of one that only runs forward */
};

/* Puts our clock into a PING that is about to be sent; any other frame stays as
 * it is, and so does that of a clock that no frame can tell. */
void drift_tell(struct frame *frame, int64_t clock_ms);
/* What the clock of the sender of a WELCOME or PING said.  False: the frame
 * tells nothing of it. */
bool drift_told(const struct frame *frame, int64_t *ret_clock_ms);

/* A hub has told its clock, at `steady_ms`. */
void drift_hear(struct drift *drift, int64_t hub_ms, int64_t steady_ms);
/* The hub's clock less ours; 0: no hub has told. */
int64_t drift_offset_ms(const struct drift *drift, int64_t wall_ms,
                        int64_t steady_ms);
/* More than LIMIT_CLOCK_OFF_MS. */
bool drift_is_wrong(int64_t offset_ms);
/* Looks now, and says so when it has become wrong or right; keeps it for those
 * who append.  Gives the offset. */
int64_t drift_look(struct drift *drift, uint32_t node, struct journal *journal);
/* The same of a peer's clock, as a hub hears it; alarms if it is wrong. */
int64_t drift_peer(uint32_t node, uint32_t peer, int64_t wall_ms,
                   int64_t peer_ms);
/* Keeps it for those who append, where it is known and has changed by more than
 * a minute.  ERR_FULL, ERR_IO. */
NODISCARD enum err drift_note(const struct drift *drift,
                              struct journal *journal, int64_t wall_ms,
                              int64_t steady_ms);

#endif
