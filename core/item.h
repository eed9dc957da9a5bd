/*
 * item.h - one entry of an account's history as bytes
 *
 * An item is an event of the account or a pointer: a member whose join
 * named this account as the referrer.  It carries the position at which it
 * arrived, so that a question can leave out what was not known yet.
 *
 *      at size
 *       0    1  kind: enum item_kind
 *       1    1  flags: 1 the event is a copy
 *       2    2  zeros
 *       4    4  node
 *       8    8  arrival position
 *      16    8  incarnation; 0 in a pointer
 *      24    8  seq; in a pointer the referred member
 *      32    4  of a copy: the node in whose stream it stands
 *       .    .  an event's core (codec.h)
 */
#ifndef CORE_ITEM_H
#define CORE_ITEM_H

#include "core/event.h"

enum item_kind {
    ITEM_EVENT = 1,
    ITEM_POINTER = 2,
    ITEM_ODD = 3, /* an event that breaks a rule: shown, without effect */
};

enum { ITEM_HEAD_SIZE = 32, ITEM_HEAD_MAX = 36 }; /* that of a copy */

struct item {
    uint8_t kind; /* enum item_kind */
    bool copy;
    uint32_t carrier; /* of a copy */
    uint64_t position;
    identity identity; /* of an event */
    uint64_t referred; /* of a pointer */
    view core;         /* of an event; borrowed */
};

/* How many bytes stand before the core. */
uint32_t item_head_size(const struct item *item);
/* Writes them. */
void item_encode_head(const struct item *item, uint8_t *bytes);

/* Borrows from the bytes.  ERR_CORRUPT: they are no item. */
NODISCARD enum err item_decode(view bytes, struct item *ret_item);

#endif
