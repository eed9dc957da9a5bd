/*
 * relay.h - a run whose parts, a partition each, are made by several threads
 * at a time and appended in order
 *
 * A thread takes the next partition and an empty part, fills that and hands it
 * in; whoever has the part whose turn it is appends it, and with it those
 * behind it that are made already.  Nobody waits for another but where there is
 * no part left to fill, or in one so much that it waits for its turn: so the
 * memory is bounded, whatever the parts come to.  What is written is the same
 * whoever has made which part, and however many threads there were.
 *
 *     while (relay_take(relay, &part)) {
 *         ... runs_add(part.writer, key, blob); relay_hand_in(&part); ...
 *         relay_end(&part, err);
 *     }
 */
#ifndef CORE_RELAY_H
#define CORE_RELAY_H

#include "core/runs_write.h"

enum { RELAY_THREADS_MAX = 16 };

struct relay;

/* In the hands of one thread, until it ends it. */
struct relay_part {
    struct relay *relay;
    struct runs_writer *writer; /* owned by the relay */
    uint32_t partition;
};

/* For so many threads, of which each holds two parts of about `part_max` bytes
 * at most.  The run is borrowed until the close.  ERR_MEMORY. */
NODISCARD enum err relay_open(struct runs_writer *writer, uint32_t threads,
                              size_t part_max, struct relay **ret_relay);
/* NULL is allowed. */
void relay_close(struct relay *relay);

/* The next partition to be made, with an empty part, as soon as there is one.
 * False: all are taken, or there was a fault. */
NODISCARD bool relay_take(struct relay *relay, struct relay_part *ret_part);

/* Appends what there is of the part if it is its turn; waits for that if it has
 * become too much.  Worth a call after each account. */
void relay_hand_in(const struct relay_part *part);

/* The part is made, or (`err`) can't be: then nothing more is appended. */
void relay_end(const struct relay_part *part, enum err err);

/* Waits until the partition whose turn it is has been appended.  False: all
 * are, or there was a fault. */
NODISCARD bool relay_await_turn(struct relay *relay);

/* The first fault that a part was ended with.  Those of writing are told by
 * runs_publish(). */
NODISCARD enum err relay_fault(struct relay *relay);

#endif
