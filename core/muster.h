/*
 * muster.h - the accounts of a partition, counted and put in order
 *
 * Rows of many accounts come mixed.  The account of each is told once, in the
 * order of the rows; then the accounts stand in the order of keys, and it is
 * known how many rows each has and which rows these are: a sort by counting,
 * in which no row is moved.
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
    } * accounts;      /* owned, as are all; in the order of coming */
    uint32_t *numbers; /* of each row its account */
    uint32_t *slots;   /* account + 1; 0: free */
    struct muster_place {
        uint64_t member;
        uint32_t account;
    } * order, *other; /* by key; and room for as many */
};

/* A zeroed one with a seed is empty. */
void muster_close(struct muster *muster);
/* Forgets all and makes room for so many rows.  False: no memory. */
NODISCARD bool muster_begin(struct muster *muster, uint32_t row_count);
/* The account of the next row.  False: no memory. */
NODISCARD bool muster_add(struct muster *muster, const account_id *account);
/* Puts the accounts in order.  False: no memory. */
NODISCARD bool muster_sort(struct muster *muster);

#endif
