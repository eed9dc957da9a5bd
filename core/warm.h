/*
 * warm.h - an account as a hub keeps it in memory, open for the next purchase
 *
 * Of a packed account (account_format.h) all is read and all is written for
 * every event.  A warm one has what an ordinary purchase looks at and changes
 * lying open: a head, the lots and the months.  All else is packed as it was
 * when the account became warm, and stays so: what such a purchase changes
 * besides follows from the head.
 *
 *   struct warm_head, struct lot [lot_count], struct month_spend [month_count],
 *   what account_pack() wrote of the account without its lots, months and last
 *   event
 *
 * It takes two or three times the room of a packed one, and never leaves the
 * process.  The bytes have no alignment.
 */
#ifndef CORE_WARM_H
#define CORE_WARM_H

#include "core/account.h"

enum {
    WARM_SIZE_MAX = 4096,
    WARM_TAG = 0xff, /* how nothing begins that account_pack() wrote */
    WARM_NO_LEVEL = UINT16_MAX,
};

/* A line of a cache. */
struct warm_head {
    uint8_t tag;
    bool open; /* to ordinary purchases, before the clock changes anything */
    bool kept; /* one that supports the level does not make it last longer */
    uint8_t month_count;
    uint16_t lot_count;
    uint16_t month; /* that the last event lies in, as account_pack() has it */
    uint16_t version;
    uint16_t level; /* WARM_NO_LEVEL */
    uint32_t last_node;
    uint32_t bought; /* purchases that it has taken since it became warm, */
    uint32_t visit_store; /* ... the last one there, ... */
    money spent;          /* ... and what they add to the lifetime's spend */
    int64_t due_ms;       /* the clock changes nothing before that */
    int64_t last_ms;
    uint64_t last_incarnation;
    uint64_t last_seq;
};
static_assert(sizeof(struct warm_head) == 64, "no gaps");

static inline bool
warm_is(view bytes)
{
    return bytes.size > 0 && bytes.bytes[0] == WARM_TAG;
}

/* Writes the account, which is as account_pack() wants it, as a warm one to
 * `bytes`; its months are pruned.  `due_ms`: see clock_due().  Returns the
 * size, or 0: WARM_SIZE_MAX could be too small for it. */
size_t warm_make(struct account *account, const struct timeline *timeline,
                 int64_t due_ms, uint8_t *bytes);

/* The account that account_unpack() would give of it, had it been packed.
 * ERR_CORRUPT: never, of bytes from here under the same timeline. */
NODISCARD enum err warm_account(view bytes, account_id id,
                                const struct timeline *timeline,
                                struct arena *arena,
                                struct account *ret_account);

/* A warm account while it takes a purchase. */
struct warm {
    struct warm_head head; /* a copy */
    uint8_t *bytes;
    uint32_t size;
};

/* The bytes of a warm account, and back with what has changed in the head. */
struct warm warm_open(uint8_t *bytes, uint32_t size);
void warm_close(struct warm *warm);

/* The eligible spend of the months from `first` to `last`. */
money warm_spend(const struct warm *warm, int32_t first, int32_t last);
/* What the head says. */
identity warm_last(const struct warm_head *head);
int32_t warm_level(const struct warm_head *head);

/* Adds to the entry of that store (0: of all) in the month of the head.  False:
 * there is none, or nothing would be left of it; all is as it was. */
NODISCARD bool warm_add_spend(struct warm *warm, uint32_t store, money amount);

/* Whether there is room for one more lot. */
bool warm_has_room(const struct warm *warm);
/* Adds points > 0 to their lot, if there is.  A lot that is new makes the
 * account longer: all of it then lies in `room`, of WARM_SIZE_MAX bytes. */
void warm_add_lot(struct warm *warm, struct lot_key key, points amount,
                  uint8_t *room);

#endif
