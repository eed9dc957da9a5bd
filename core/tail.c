#include "core/tail.h"

#include "core/hash.h"
#include "core/runs.h"

#include <stdlib.h>

static const uint64_t BEARER = UINT64_C(1) << 63;
static_assert(LIMIT_MEMBER < INT64_MAX, "no member is taken for a bearer");

void
tail_close(struct tail *tail)
{
    for (uint32_t i = 0; i < LIMIT_PARTITIONS; i++) {
        free(tail->parts[i].accounts);
        free(tail->parts[i].places);
    }
    free(tail->bytes);
    *tail = (struct tail) { .seed = tail->seed };
}

void
tail_clear(struct tail *tail)
{
    for (uint32_t i = 0; i < LIMIT_PARTITIONS; i++)
        tail->parts[i].count = 0;
    tail->item_count = 0;
    tail->size = 0;
}

/* What stands for the account in the lists: two bearers may have the same. */
static uint64_t
number_of(const struct tail *tail, account_id account)
{
    return account.member != 0 ? account.member
                               : hash_64(account.bearer, tail->seed) | BEARER;
}

/* --- adding --- */

static bool
reserve_entry(struct tail_part *part)
{
    enum { FIRST = 16 };

    if (part->count < part->room)
        return true;
    assert(part->count < UINT32_MAX / 2);
    uint32_t room = part->room == 0 ? FIRST : part->room * 2;
    void *grown = realloc(part->accounts, room * sizeof *part->accounts);
    if (grown == NULL)
        return false;
    part->accounts = grown;
    grown = realloc(part->places, room * sizeof *part->places);
    if (grown == NULL)
        return false;
    part->places = grown;
    part->room = room;
    return true;
}

static bool
reserve_bytes(struct tail *tail, uint32_t size)
{
    if (tail->size + size <= tail->room)
        return true;
    uint64_t room = (tail->size + size) * 2;
    uint8_t *grown = realloc(tail->bytes, room);
    if (grown == NULL)
        return false;
    tail->bytes = grown;
    tail->room = room;
    return true;
}

enum err
tail_add(struct tail *tail, account_id account, const struct chapter_row *row)
{
    struct tail_part *part = &tail->parts[runs_partition(account)];
    uint32_t size = (docket_size(account, row) + DOCKET_ALIGN - 1) &
                    ~(uint32_t)(DOCKET_ALIGN - 1);

    if (!reserve_entry(part) || !reserve_bytes(tail, size))
        return ERR_MEMORY;
    assert(tail->size / DOCKET_ALIGN <= UINT32_MAX);
    docket_write(account, row, tail->bytes + tail->size);
    part->accounts[part->count] = number_of(tail, account);
    part->places[part->count++] = (uint32_t)(tail->size / DOCKET_ALIGN);
    tail->item_count++;
    tail->size += size;
    return OK;
}

void
tail_cut(struct tail *tail, uint64_t size)
{
    assert(size <= tail->size);
    tail->size = size;
    tail->item_count = 0;
    for (uint32_t i = 0; i < LIMIT_PARTITIONS; i++) {
        struct tail_part *part = &tail->parts[i];
        while (part->count > 0 &&
               (uint64_t)part->places[part->count - 1] * DOCKET_ALIGN >= size)
            part->count--;
        tail->item_count += part->count;
    }
}

/* --- reading --- */

static const struct docket *
docket_at(const struct tail *tail, const struct tail_part *part, uint32_t index)
{
    assert(index < part->count);
    return (const void *)(tail->bytes +
                          (uint64_t)part->places[index] * DOCKET_ALIGN);
}

void
tail_seek(const struct tail *tail, account_id account,
          struct tail_cursor *ret_cursor)
{
    *ret_cursor = (struct tail_cursor) {
        .tail = tail,
        .part = &tail->parts[runs_partition(account)],
        .account = account,
        .number = number_of(tail, account),
    };
}

const struct docket *
tail_next(struct tail_cursor *cursor)
{
    const struct tail_part *part = cursor->part;

    while (cursor->next < part->count) {
        uint32_t index = cursor->next++;
        if (part->accounts[index] != cursor->number)
            continue;
        const struct docket *docket = docket_at(cursor->tail, part, index);
        if (account_equal(docket_account(docket), cursor->account))
            return docket;
    }
    return NULL;
}

static void
list_part(const struct tail *tail, const struct tail_part *part,
          struct docket_list *list)
{
    for (uint32_t i = 0; i < part->count; i++) {
        uint64_t number = part->accounts[i];
        docket_list_add(list, (number & BEARER) != 0 ? 0 : number,
                        docket_at(tail, part, i));
    }
}

enum err
tail_sort(const struct tail *const *tails, uint32_t count, uint32_t partition,
          struct docket_list *ret_list)
{
    uint32_t room = 0;

    assert(partition < LIMIT_PARTITIONS);
    *ret_list = (struct docket_list) { 0 };
    for (uint32_t i = 0; i < count; i++)
        room += tails[i]->parts[partition].count;
    enum err err = docket_list_open(ret_list, room);
    if (err != OK)
        return err;
    for (uint32_t i = 0; i < count; i++)
        list_part(tails[i], &tails[i]->parts[partition], ret_list);
    docket_list_sort(ret_list);
    return OK;
}
