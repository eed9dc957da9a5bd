/*
 * till.h - what goes on at the tills of a store
 *
 * A till tells the ledger by a process of its own, and repeats what nobody has
 * answered, under the same id.
 */
#ifndef TESTS_SIM_TILL_H
#define TESTS_SIM_TILL_H

#include "tests/sim/world.h"

enum sale_state {
    SALE_OPEN,    /* a redemption that is being decided */
    SALE_REFUSED, /* one that was not granted */
    SALE_MAYBE,   /* one that was granted, nobody has answered, and nobody will
                   * ask again */
    SALE_ASKED,   /* nobody has answered */
    SALE_DONE,    /* acknowledged by the node */
    SALE_GONE,    /* acknowledged, and lost with every disk that it was on, or
                   * left on a twin's alone, behind another branch */
};

/* Or a redemption. */
struct sale {
    uint32_t box;
    uint32_t member;
    uint32_t amount; /* minor units; a redemption's points are worth it */
    bool redeems;
    enum sale_state state;
    identity identity; /* once done */
};

/* Enters a sale, or a redemption, into the world's list; its number. */
uint32_t till_record(struct world *world, const struct sale *sale);
/* What it adds to the member's points. */
int64_t till_points(const struct sale *sale);
/* Tries it; the till repeats it with the same id until it is told. */
void till_try(struct world *world, uint32_t number);

/* A sale; and one more try of a sale that nobody has answered. */
void till_sell(struct world *world, struct box *box);
void till_repeat(struct world *world, struct box *box);
/* All those that nobody has answered. */
void till_repeat_all(struct world *world);
/* What was sold in an outage, so many in a commit. */
void till_stock_up(struct world *world, struct box *box, uint32_t count,
                   uint32_t at_once);

/* An element for each sale, none of them set; to be freed. */
bool *till_marks(const struct world *world);
/* Sets the element of each sale whose event is on the disk, under whatever
 * identity. */
void till_mark_sales(struct world *world, const struct disk *disk,
                     bool *present);
/* Whether a sale that no hub has is on the disks of twins only, behind another
 * branch than the hub's: its own machine, put back to an older disk after the
 * hub was, too, has gone on without it, and of a branch that is not its own
 * nobody tells anything again. */
bool till_is_left_behind(struct world *world, uint32_t number);
/* A disk has been replaced: what was on no other is gone. */
void till_count_losses(struct world *world);

#endif
