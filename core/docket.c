#include "core/docket.h"

#include "core/list.h"

#include <stdlib.h>
#include <string.h>

enum {
    IS_ITEM = 1,
    LINE_SIZE = sizeof(struct chapter_line),
    DIGIT_BITS = 11,
    DIGITS = 1 << DIGIT_BITS,
    FEW = 32,   /* are sorted by inserting */
    AHEAD = 12, /* dockets that are fetched before they are needed */
};
static_assert((CHAPTER_TAG_OWN & IS_ITEM) == 0, "there is a bit to spare");

/* --- bytes --- */

static uint32_t
bearer_size(account_id account)
{
    return account.member != 0 ? 0 : 1 + account.bearer.size;
}

uint32_t
docket_size(account_id account, const struct chapter_row *row)
{
    uint32_t lines = row->lines == NULL ? 0
                                        : row->goods * (uint32_t)LINE_SIZE + 4 +
                                              row->skus.size;

    return (uint32_t)sizeof(struct docket) + bearer_size(account) + lines +
           row->codes.size;
}

static uint8_t *
put(uint8_t *at, const void *bytes, size_t size)
{
    if (size > 0)
        memcpy(at, bytes, size);
    return at + size;
}

void
docket_write(account_id account, const struct chapter_row *row, void *place)
{
    uint8_t *at = place;
    const struct docket docket = {
        .member = account.member,
        .key = row->key,
        .position = row->position,
        .seq = row->identity.seq,
        .incarnation = row->identity.incarnation,
        .recorded_ms = row->recorded_ms,
        .node = row->identity.node,
        .amount = row->amount,
        .size = docket_size(account, row),
        .goods = row->goods,
        .tag = row->item ? IS_ITEM : row->tag,
    };

    at = put(at, &docket, sizeof docket);
    if (account.member == 0) {
        *at++ = (uint8_t)account.bearer.size;
        at = put(at, account.bearer.bytes, account.bearer.size);
    }
    if (row->lines != NULL) {
        at = put(at, row->lines, row->goods * (size_t)LINE_SIZE);
        at = put(at, &row->skus.size, 4);
        at = put(at, row->skus.bytes, row->skus.size);
    }
    put(at, row->codes.bytes, row->codes.size);
}

account_id
docket_account(const struct docket *docket)
{
    const uint8_t *behind = (const uint8_t *)(docket + 1);

    if (docket->member != 0)
        return (account_id) { .member = docket->member };
    return (account_id) { .bearer = { behind + 1, behind[0] } };
}

void
docket_row(const struct docket *docket, struct chapter_row *ret_row)
{
    const uint8_t *at = (const uint8_t *)(docket + 1);
    const uint8_t *end = (const uint8_t *)docket + docket->size;

    *ret_row = (struct chapter_row) {
        .key = docket->key,
        .position = docket->position,
        .identity = { docket->incarnation, docket->seq, docket->node },
        .recorded_ms = docket->recorded_ms,
        .amount = docket->amount,
        .goods = docket->goods,
        .tag = docket->tag & CHAPTER_TAG_OWN,
        .item = (docket->tag & IS_ITEM) != 0,
    };
    at += docket->member != 0 ? 0 : 1 + at[0];
    if (!ret_row->item && chapter_key_kind(docket->key) == CHAPTER_LINES) {
        ret_row->lines = at;
        at += docket->goods * (size_t)LINE_SIZE;
        memcpy(&ret_row->skus.size, at, 4);
        ret_row->skus.bytes = at + 4;
        at += 4 + ret_row->skus.size;
    }
    ret_row->codes = (view) { at, (uint32_t)(end - at) };
}

/* --- in order --- */

enum err
docket_list_open(struct docket_list *list, uint32_t room)
{
    assert(list->items == NULL);
    if (room == 0)
        return OK;
    list->items = malloc(room * sizeof *list->items);
    list->other = malloc(room * sizeof *list->other);
    list->room = room;
    if (list->items != NULL && list->other != NULL)
        return OK;
    docket_list_close(list);
    return ERR_MEMORY;
}

void
docket_list_close(struct docket_list *list)
{
    free(list->items);
    free(list->other);
    *list = (struct docket_list) { 0 };
}

void
docket_list_add(struct docket_list *list, uint64_t member,
                const struct docket *docket)
{
    assert(list->count < list->room);
    list->items[list->count++] = (struct docket_place) { member, docket };
}

/* One pass of a radix sort, stable. */
static void
sort_digit(struct docket_list *list, uint32_t shift)
{
    uint32_t starts[DIGITS + 1] = { 0 };
    struct docket_place *from = list->items;
    struct docket_place *to = list->other;

    for (uint32_t i = 0; i < list->count; i++)
        starts[(from[i].member >> shift) % DIGITS + 1]++;
    for (uint32_t i = 0; i < DIGITS; i++)
        starts[i + 1] += starts[i];
    for (uint32_t i = 0; i < list->count; i++)
        to[starts[(from[i].member >> shift) % DIGITS]++] = from[i];
    list->items = to;
    list->other = from;
}

/* Where there are few, a pass over all digits would be the most of it. */
static void
sort_few(struct docket_list *list)
{
    for (uint32_t i = 1; i < list->count; i++) {
        struct docket_place moved = list->items[i];
        uint32_t at = i;
        for (; at > 0 && list->items[at - 1].member > moved.member; at--)
            list->items[at] = list->items[at - 1];
        list->items[at] = moved;
    }
}

static void
sort_members(struct docket_list *list)
{
    uint64_t used = 0;

    if (list->count <= FEW) {
        sort_few(list);
        return;
    }
    for (uint32_t i = 0; i < list->count; i++)
        used |= list->items[i].member;
    for (uint32_t shift = 0; shift < 64 && used >> shift != 0;
         shift += DIGIT_BITS)
        sort_digit(list, shift);
}

static int
compare_bearers(const void *a, const void *b)
{
    const struct docket_place *x = a, *y = b;
    int order = view_compare(docket_account(x->docket).bearer,
                             docket_account(y->docket).bearer);

    if (order != 0)
        return order;
    return x->docket->position < y->docket->position ? -1 : 1;
}

void
docket_list_sort(struct docket_list *list)
{
    uint32_t bearers = 0;

    sort_members(list);
    while (bearers < list->count && list->items[bearers].member == 0)
        bearers++;
    if (bearers == 0)
        return;
    uint32_t members = list->count - bearers;
    qsort(list->items, bearers, sizeof *list->items, compare_bearers);
    memcpy(list->other, list->items + bearers, members * sizeof *list->items);
    memcpy(list->other + members, list->items, bearers * sizeof *list->items);
    struct docket_place *sorted = list->other;
    list->other = list->items;
    list->items = sorted;
}

static bool
same_account(const struct docket_place *a, const struct docket_place *b)
{
    return a->member == b->member &&
           (a->member != 0 || view_equal(docket_account(a->docket).bearer,
                                         docket_account(b->docket).bearer));
}

/* It may lie across two lines of the cache. */
static void
fetch(const struct docket *docket)
{
    __builtin_prefetch(docket);
    __builtin_prefetch(docket + 1);
}

uint32_t
docket_list_next(const struct docket_list *list, uint32_t first)
{
    const struct docket_place *items = list->items;
    uint32_t end = first;

    assert(first < list->count);
    do {
        if (end + AHEAD < list->count)
            fetch(items[end + AHEAD].docket);
        end++;
    } while (end < list->count && same_account(&items[first], &items[end]));
    return end;
}
