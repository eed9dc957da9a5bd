/*
 * docket.h - rows of chapters on their way, as bytes in memory, and their order
 * by account
 *
 * Between the journal, which has events in order of arrival, and the chapters
 * of a run, which are by account, rows lie in memory for a while: those of the
 * tail (tail.h) until a run is due.  A docket is all of a row and whose it is,
 * and can be read by itself.  (A build that throws millions of rows into
 * partitions has parcel.h, which takes a third of the room.)
 */
#ifndef CORE_DOCKET_H
#define CORE_DOCKET_H

#include "core/chapter_row.h"

/* Behind it, where they are: a bearer's size (u8) and code, the lines, the size
 * of the skus (u32) and these; and the codes. */
struct docket {
    uint64_t member; /* 0: a bearer */
    uint64_t key;
    uint64_t position;
    uint64_t seq;
    uint64_t incarnation;
    int64_t recorded_ms;
    uint32_t node;
    uint32_t amount;
    uint32_t size; /* of all, this included */
    uint16_t goods;
    uint8_t tag; /* of the row, and whether it is an item */
    uint8_t zero;
};
static_assert(sizeof(struct docket) == 64, "no gaps");

/* Dockets begin at multiples of this. */
enum { DOCKET_ALIGN = 8 };

/* The bytes that docket_write() needs. */
uint32_t docket_size(account_id account, const struct chapter_row *row);
/* Writes all of them, to a place of that alignment. */
void docket_write(account_id account, const struct chapter_row *row, void *at);

/* What is handed out borrows from the docket. */
account_id docket_account(const struct docket *docket);
void docket_row(const struct docket *docket, struct chapter_row *ret_row);

/* --- in order --- */

/* Zeroed, it is empty. */
struct docket_list {
    struct docket_place {
        uint64_t member;
        const struct docket *docket; /* borrowed */
    } * items;                       /* owned, as is the next */
    struct docket_place *other;      /* room for as many, to sort */
    uint32_t count;
    uint32_t room;
};

/* Room for so many in all.  ERR_MEMORY. */
NODISCARD enum err docket_list_open(struct docket_list *list, uint32_t room);
void docket_list_close(struct docket_list *list);

/* `member` is that of the docket, which is not looked at. */
void docket_list_add(struct docket_list *list, uint64_t member,
                     const struct docket *docket);
/* By account as keys are (runs.h): members by number, then bearers by code; the
 * dockets of an account as they were added. */
void docket_list_sort(struct docket_list *list);
/* Of a sorted list: where the account that begins at `first` ends.  Asks for
 * what is read soon. */
uint32_t docket_list_next(const struct docket_list *list, uint32_t first);

#endif
