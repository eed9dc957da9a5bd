#include "core/account_order.h"

#include <stdlib.h>
#include <string.h>

/* How far ahead entries, and what they hold, are asked for. */
enum { AHEAD_BYTES = 8, AHEAD_ENTRY = 16, LINE = 64 };

/* An entry on its way into order, by a number first. */
struct ranked {
    uint64_t rank;
    uint32_t number;
};

static const struct account_entry *
entry_of(const struct account_table *table, uint32_t number)
{
    return &table->entries[number];
}

/* Asks for what is read soon of a list of numbers. */
static inline void
look_ahead(const struct account_table *table, const uint32_t *numbers,
           uint32_t count, uint32_t at)
{
    if (at + AHEAD_ENTRY >= count)
        return;
    const uint8_t *bytes =
        account_table_key(table, entry_of(table, numbers[at + AHEAD_BYTES]))
            .bytes;
    __builtin_prefetch(entry_of(table, numbers[at + AHEAD_ENTRY]));
    __builtin_prefetch(bytes);
    __builtin_prefetch(bytes + LINE);
}

/* --- partitions --- */

/* Distributes the numbers over the partitions, which are the first bytes of
 * keys; `ret_ends` is where each ends. */
static enum err
distribute(struct account_order *order, uint32_t ret_ends[LIMIT_PARTITIONS])
{
    const struct account_table *table = order->table;
    uint8_t *partitions = malloc(order->count + 1u);
    uint32_t begin = 0;

    if (partitions == NULL)
        return ERR_MEMORY;
    memset(ret_ends, 0, LIMIT_PARTITIONS * sizeof *ret_ends);
    for (uint32_t i = 0; i < order->count; i++) {
        look_ahead(table, table->changed, order->count, i);
        view key = account_table_key(table, entry_of(table, table->changed[i]));
        partitions[i] = key.bytes[0];
        ret_ends[partitions[i]]++;
    }
    for (uint32_t p = 0; p < LIMIT_PARTITIONS; p++) {
        uint32_t those = ret_ends[p];
        ret_ends[p] = begin;
        begin += those;
    }
    for (uint32_t i = 0; i < order->count; i++)
        order->numbers[ret_ends[partitions[i]]++] = table->changed[i];
    free(partitions);
    return OK;
}

/* --- order in a partition --- */

/* A number that orders keys of a partition (runs.h) as their bytes do: the kind
 * and what fits of the account, which is all of a member's number.  Most keys
 * are told apart by it without a look at their bytes. */
static uint64_t
rank_of(view key)
{
    enum { FITS = 8 };
    static_assert(LIMIT_MEMBER < INT64_MAX, "a member leaves a bit");
    uint64_t rank = 0;

    assert(key.size > 2);
    for (uint32_t i = 2; i < 2 + FITS; i++)
        rank = rank << 8 | (i < key.size ? key.bytes[i] : 0);
    /* A bearer comes behind all members. */
    return key.bytes[1] > 1 ? rank >> 1 | UINT64_C(1) << 63 : rank;
}

/* Byte after byte, the lowest first, from one array into the other and back;
 * most bytes are alike in all ranks.  Returns the one that is in order. */
static struct ranked *
sort_by_rank(struct ranked *from, struct ranked *to, uint32_t count)
{
    enum { BITS = 8, VALUES = 1 << BITS };
    uint64_t unlike = 0;

    for (uint32_t i = 1; i < count; i++)
        unlike |= from[i].rank ^ from[0].rank;
    for (uint32_t shift = 0; shift < 64; shift += BITS) {
        uint32_t places[VALUES] = { 0 };
        uint32_t begin = 0;
        if ((unlike >> shift & (VALUES - 1)) == 0)
            continue;
        for (uint32_t i = 0; i < count; i++)
            places[from[i].rank >> shift & (VALUES - 1)]++;
        for (uint32_t value = 0; value < VALUES; value++) {
            uint32_t those = places[value];
            places[value] = begin;
            begin += those;
        }
        for (uint32_t i = 0; i < count; i++)
            to[places[from[i].rank >> shift & (VALUES - 1)]++] = from[i];
        struct ranked *sorted = to;
        to = from;
        from = sorted;
    }
    return from;
}

static int
compare_keys(const void *a, const void *b, void *context)
{
    const struct account_table *table = context;
    const struct ranked *left = a, *right = b;

    return view_compare(
        account_table_key(table, entry_of(table, left->number)),
        account_table_key(table, entry_of(table, right->number)));
}

/* Bearers whose codes begin alike. */
static void
sort_alike(const struct account_table *table, struct ranked *ranked,
           uint32_t count)
{
    uint32_t end;

    for (uint32_t begin = 0; begin < count; begin = end) {
        end = begin + 1;
        while (end < count && ranked[end].rank == ranked[begin].rank)
            end++;
        if (end - begin > 1)
            qsort_r(ranked + begin, end - begin, sizeof *ranked, compare_keys,
                    (void *)table);
    }
}

/* Of one partition; `room` is for twice as many. */
static void
sort_partition(const struct account_table *table, uint32_t *numbers,
               uint32_t count, struct ranked *room)
{
    for (uint32_t i = 0; i < count; i++) {
        look_ahead(table, numbers, count, i);
        view key = account_table_key(table, entry_of(table, numbers[i]));
        room[i] = (struct ranked) { rank_of(key), numbers[i] };
    }
    struct ranked *sorted = sort_by_rank(room, room + count, count);
    sort_alike(table, sorted, count);
    for (uint32_t i = 0; i < count; i++)
        numbers[i] = sorted[i].number;
}

static enum err
sort_all(struct account_order *order, const uint32_t ends[LIMIT_PARTITIONS])
{
    uint32_t most = 0;

    for (uint32_t p = 0, begin = 0; p < LIMIT_PARTITIONS; begin = ends[p++])
        most = ends[p] - begin > most ? ends[p] - begin : most;
    struct ranked *room = malloc((most + 1u) * 2 * sizeof *room);
    if (room == NULL)
        return ERR_MEMORY;
    for (uint32_t p = 0, begin = 0; p < LIMIT_PARTITIONS; begin = ends[p++])
        sort_partition(order->table, order->numbers + begin, ends[p] - begin,
                       room);
    free(room);
    return OK;
}

/* --- the whole --- */

enum err
account_order_open(const struct account_table *table,
                   struct account_order *ret_order)
{
    uint32_t ends[LIMIT_PARTITIONS];
    struct account_order order = {
        .table = table,
        .numbers = malloc((table->changed_count + 1u) * sizeof *order.numbers),
        .count = table->changed_count,
    };

    enum err err = order.numbers == NULL ? ERR_MEMORY : OK;
    if (err == OK)
        err = distribute(&order, ends);
    if (err == OK)
        err = sort_all(&order, ends);
    if (err == OK)
        *ret_order = order;
    else
        account_order_close(&order);
    return err;
}

void
account_order_close(struct account_order *order)
{
    free(order->numbers);
    *order = (struct account_order) { 0 };
}

const struct account_entry *
account_order_at(const struct account_order *order, uint32_t at)
{
    assert(at < order->count);
    look_ahead(order->table, order->numbers, order->count, at);
    return entry_of(order->table, order->numbers[at]);
}
