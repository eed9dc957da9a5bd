/*
 * muster.h - the rows of a partition by account, the accounts in order
 *
 * Rows of many accounts come mixed.  The account of each is told once, in the
 * order of the rows, with a number that says where the row lies; then the
 * accounts stand in the order of keys, each with the places of its rows as they
 * came: a sort by counting, in which no row is moved.
 */
#ifndef CORE_MUSTER_H
#define CORE_MUSTER_H

#include "core/event.h"

struct muster {
    uint64_t seed; /* random */
    uint32_t account_count;
    uint32_t account_room;
    uint32_t row_count;
    uint32_t row_room;
    uint32_t slot_count; /* a power of two */
    struct muster_account {
        account_id account; /* borrows until it is begun anew */
        uint32_t rows;
    } * accounts; /* owned, as are all; in the order of coming */
    struct muster_row {
        uint32_t account;
        uint32_t place;
    } * rows;
    uint32_t *places; /* when sorted: of the first account's rows, and on */
    uint32_t *slots;  /* account + 1; 0: free */
    uint32_t *starts; /* of each account, where its next place goes */
    struct muster_order {
        uint64_t member;
        uint32_t account;
    } * order, *other; /* by key; and room for as many */
};

/* A zeroed one with a seed is empty. */
void muster_close(struct muster *muster);
/* Forgets all and makes room for so many rows.  False: no memory. */
NODISCARD bool muster_begin(struct muster *muster, uint32_t row_count);
/* The account of the next row, and where that lies.  False: no memory. */
NODISCARD bool muster_add(struct muster *muster, const account_id *account,
                          uint32_t place);
/* Puts the accounts in order.  False: no memory. */
NODISCARD bool muster_sort(struct muster *muster);

/* The account at a place of the order. */
static inline const struct muster_account *
muster_at(const struct muster *muster, uint32_t index)
{
    return &muster->accounts[muster->order[index].account];
}

#endif
