#include "core/muster.h"

#include "core/hash.h"

#include <stdlib.h>
#include <string.h>

enum {
    SLOTS_FIRST = 256,
    DIGIT_BITS = 11,
    DIGITS = 1 << DIGIT_BITS,
};

/* 2^64 by the golden ratio: a factor that is good without a seed, too. */
#define GOLDEN UINT64_C(0x9e3779b97f4a7c15)

void
muster_close(struct muster *muster)
{
    free(muster->accounts);
    free(muster->rows);
    free(muster->places);
    free(muster->slots);
    free(muster->starts);
    free(muster->order);
    free(muster->other);
    *muster = (struct muster) { .seed = muster->seed };
}

bool
muster_begin(struct muster *muster, uint32_t row_count)
{
    if (row_count > muster->row_room) {
        free(muster->rows);
        free(muster->places);
        muster->row_room = 0;
        size_t room = (size_t)row_count + row_count / 8;
        muster->rows = malloc(room * sizeof *muster->rows);
        muster->places = malloc(room * sizeof *muster->places);
        if (muster->rows == NULL || muster->places == NULL)
            return false;
        muster->row_room = (uint32_t)room;
    }
    muster->row_count = 0;
    muster->account_count = 0;
    if (muster->slots != NULL)
        memset(muster->slots, 0, muster->slot_count * sizeof *muster->slots);
    return true;
}

/* --- accounts --- */

static inline uint32_t
first_slot(const struct muster *muster, const account_id *account)
{
    uint64_t hash = account->member != 0
                        ? account->member * ((muster->seed ^ GOLDEN) | 1)
                        : hash_64(account->bearer, muster->seed);

    return (uint32_t)(hash >> 32) & (muster->slot_count - 1);
}

/* Where the account's number is, or where it would have to go. */
static inline uint32_t *
find_slot(const struct muster *muster, const account_id *account)
{
    for (uint32_t at = first_slot(muster, account);;
         at = (at + 1) & (muster->slot_count - 1)) {
        uint32_t *slot = &muster->slots[at];
        if (*slot == 0)
            return slot;
        const account_id *known = &muster->accounts[*slot - 1].account;
        if (known->member == account->member &&
            (account->member != 0 ||
             view_equal(known->bearer, account->bearer)))
            return slot;
    }
}

static bool
grow_accounts(struct muster *muster, uint32_t room)
{
    struct muster_account *accounts =
        realloc(muster->accounts, room * sizeof *accounts);

    if (accounts != NULL)
        muster->accounts = accounts;
    free(muster->order);
    free(muster->other);
    free(muster->starts);
    muster->order = malloc(room * sizeof *muster->order);
    muster->other = malloc(room * sizeof *muster->other);
    muster->starts = malloc(room * sizeof *muster->starts);
    return accounts != NULL && muster->order != NULL && muster->other != NULL &&
           muster->starts != NULL;
}

/* Half of the slots are free at least. */
static bool
grow(struct muster *muster)
{
    uint32_t slot_count =
        muster->slot_count == 0 ? SLOTS_FIRST : muster->slot_count * 2;
    uint32_t room = slot_count / 2;

    if (!grow_accounts(muster, room))
        return false;
    uint32_t *slots = calloc(slot_count, sizeof *slots);
    if (slots == NULL)
        return false;
    free(muster->slots);
    muster->slots = slots;
    muster->slot_count = slot_count;
    muster->account_room = room;
    for (uint32_t i = 0; i < muster->account_count; i++)
        *find_slot(muster, &muster->accounts[i].account) = i + 1;
    return true;
}

bool
muster_add(struct muster *muster, const account_id *account, uint32_t place)
{
    assert(muster->row_count < muster->row_room);
    if (muster->account_count == muster->account_room && !grow(muster))
        return false;
    uint32_t *slot = find_slot(muster, account);
    if (*slot == 0) {
        muster->accounts[muster->account_count] =
            (struct muster_account) { .account.member = account->member };
        if (account->member == 0)
            muster->accounts[muster->account_count].account.bearer =
                account->bearer;
        *slot = ++muster->account_count;
    }
    muster->accounts[*slot - 1].rows++;
    muster->rows[muster->row_count++] =
        (struct muster_row) { *slot - 1, place };
    return true;
}

/* --- order --- */

/* One pass of a radix sort, stable. */
static void
sort_digit(struct muster *muster, uint32_t shift)
{
    uint32_t starts[DIGITS + 1] = { 0 };
    struct muster_order *from = muster->order;
    struct muster_order *to = muster->other;
    uint32_t count = muster->account_count;

    for (uint32_t i = 0; i < count; i++)
        starts[(from[i].member >> shift) % DIGITS + 1]++;
    for (uint32_t i = 0; i < DIGITS; i++)
        starts[i + 1] += starts[i];
    for (uint32_t i = 0; i < count; i++)
        to[starts[(from[i].member >> shift) % DIGITS]++] = from[i];
    muster->order = to;
    muster->other = from;
}

/* A bearer's place holds its code while bearers are sorted. */
struct bearer {
    view code;
    uint32_t account;
};

static int
compare_bearers(const void *a, const void *b)
{
    const struct bearer *x = a, *y = b;

    return view_compare(x->code, y->code);
}

/* Bearers stand in front, for their member is 0; but they belong behind. */
static bool
sort_bearers(struct muster *muster, uint32_t count)
{
    uint32_t members = muster->account_count - count;
    struct bearer *bearers = malloc(count * sizeof *bearers);

    if (bearers == NULL)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t account = muster->order[i].account;
        bearers[i] = (struct bearer) { muster->accounts[account].account.bearer,
                                       account };
    }
    qsort(bearers, count, sizeof *bearers, compare_bearers);
    memmove(muster->order, muster->order + count,
            members * sizeof *muster->order);
    for (uint32_t i = 0; i < count; i++)
        muster->order[members + i] =
            (struct muster_order) { 0, bearers[i].account };
    free(bearers);
    return true;
}

static bool
sort_accounts(struct muster *muster)
{
    uint64_t used = 0;
    uint32_t bearers = 0;

    for (uint32_t i = 0; i < muster->account_count; i++) {
        uint64_t member = muster->accounts[i].account.member;
        muster->order[i] = (struct muster_order) { member, i };
        used |= member;
        bearers += member == 0;
    }
    for (uint32_t shift = 0; shift < 64 && used >> shift != 0;
         shift += DIGIT_BITS)
        sort_digit(muster, shift);
    return bearers == 0 || sort_bearers(muster, bearers);
}

bool
muster_sort(struct muster *muster)
{
    uint32_t start = 0;

    if (!sort_accounts(muster))
        return false;
    for (uint32_t i = 0; i < muster->account_count; i++) {
        muster->starts[muster->order[i].account] = start;
        start += muster_at(muster, i)->rows;
    }
    assert(start == muster->row_count);
    for (uint32_t i = 0; i < muster->row_count; i++) {
        const struct muster_row *row = &muster->rows[i];
        muster->places[muster->starts[row->account]++] = row->place;
    }
    return true;
}
