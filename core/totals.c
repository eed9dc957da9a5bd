#include "core/totals.h"

#include "core/list.h"

#include <stdlib.h>

/* What a row or a pair is found by: `other` is a store or an acceptor. */
struct key {
    int32_t month;
    int32_t partner;
    uint32_t other;
};

/* Keys in the order in which they came, with an open-addressing index of their
 * 1-based places beside them; the sums stand at the same places in a list of
 * their own, and a sorted copy is made when somebody reads after a change. */
struct key_table {
    struct key *items;
    uint32_t count;
    uint32_t room;
    uint32_t *places; /* 0: free */
    uint32_t mask;
};

struct totals {
    struct arena *arena;
    struct key_table row_keys;
    struct key_table pair_keys;
    struct row_list {
        struct totals_row *items;
        uint32_t count;
        uint32_t room;
        uint32_t last;             /* the one asked for last */
        struct totals_row *sorted; /* NULL: changed since */
        uint32_t sorted_count;
    } rows;
    struct pair_list {
        struct totals_pair *items;
        uint32_t count;
        uint32_t room;
        struct totals_pair *sorted; /* likewise */
        uint32_t sorted_count;
    } pairs;
};

enum { FIRST_SIZE = 256 };

static void
open_places(struct key_table *table, uint32_t size, struct arena *arena)
{
    assert((size & (size - 1)) == 0);
    table->places = ARENA_NEW(arena, uint32_t, size);
    table->mask = size - 1;
}

struct totals *
totals_open(struct arena *arena)
{
    struct totals *totals = ARENA_NEW(arena, struct totals, 1);

    totals->arena = arena;
    open_places(&totals->row_keys, FIRST_SIZE, arena);
    open_places(&totals->pair_keys, FIRST_SIZE, arena);
    return totals;
}

/* Keys are small numbers that nobody outside chooses freely, so a fixed
 * multiplicative mix is enough here. */
static uint32_t
hash_key(struct key key)
{
    uint64_t mixed =
        ((uint64_t)(uint32_t)key.month << 32 | (uint32_t)key.partner) ^
        (uint64_t)key.other << 17;

    mixed *= UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)(mixed >> 32);
}

/* Where the key is, or where it would have to go. */
static uint32_t
probe(const struct key_table *table, struct key key)
{
    uint32_t at = hash_key(key) & table->mask;

    for (; table->places[at] != 0; at = (at + 1) & table->mask) {
        struct key other = table->items[table->places[at] - 1];
        if (other.month == key.month && other.partner == key.partner &&
            other.other == key.other)
            break;
    }
    return at;
}

/* The place of the key in its list; the count before the call if it is new. */
static uint32_t
place_of(struct key_table *table, struct key key, struct arena *arena)
{
    uint32_t at = probe(table, key);

    if (table->places[at] != 0)
        return table->places[at] - 1;
    *LIST_ADD(arena, table) = key;
    table->places[at] = table->count;
    if (table->count * 2 > table->mask) {
        open_places(table, (table->mask + 1) * 2, arena);
        for (uint32_t i = 0; i < table->count; i++)
            table->places[probe(table, table->items[i])] = i + 1;
    }
    return table->count - 1;
}

/* The row of that key, to be changed. */
static struct totals_row *
find_row(struct totals *totals, int32_t month, int32_t partner, uint32_t store)
{
    struct row_list *rows = &totals->rows;
    struct key key = { month, partner, store };

    rows->sorted = NULL;
    /* The effects of a step, and of the next one, mostly share a row. */
    if (rows->last < rows->count) {
        struct totals_row *last = &rows->items[rows->last];
        if (last->month == month && last->partner == partner &&
            last->store == store)
            return last;
    }
    rows->last = place_of(&totals->row_keys, key, totals->arena);
    if (rows->last == rows->count)
        *LIST_ADD(totals->arena, rows) = (struct totals_row) {
            .month = month, .partner = partner, .store = store
        };
    return &rows->items[rows->last];
}

/* Likewise. */
static struct totals_pair *
find_pair(struct totals *totals, int32_t month, int32_t issuer,
          int32_t acceptor)
{
    struct key key = { month, issuer, (uint32_t)acceptor };
    uint32_t place = place_of(&totals->pair_keys, key, totals->arena);

    totals->pairs.sorted = NULL;
    if (place == totals->pairs.count)
        *LIST_ADD(totals->arena, &totals->pairs) =
            (struct totals_pair) { month, issuer, acceptor, 0, 0 };
    return &totals->pairs.items[place];
}

static void
book(struct totals *totals, int32_t month, const struct effect *effect,
     int sign)
{
    struct totals_row *row =
        find_row(totals, month, effect->partner, effect->store);
    enum figure figure = effect_figure(effect->measure);

    row->effects += sign;
    int64_t *amount = &row->amounts[effect->measure];
    *amount = amount_add(*amount, sign * effect->amount);
    if (figure == FIGURE_NONE)
        return;
    micro *sum = &row->figures[figure - 1];
    *sum = sign > 0 ? micro_add(*sum, effect->money)
                    : micro_sub(*sum, effect->money);
}

static void
book_all(struct totals *totals, int32_t month,
         const struct effect_list *effects, int sign)
{
    for (uint32_t i = 0; i < effects->count; i++) {
        const struct effect *effect = &effects->items[i];
        if (effect->measure < MEASURE_STATEMENT_COUNT)
            book(totals, month, effect, sign);
        if (effect->measure != MEASURE_CLEARING)
            continue;
        struct totals_pair *pair =
            find_pair(totals, month, effect->partner, effect->other);
        pair->effects += sign;
        pair->points = amount_add(pair->points, sign * effect->amount);
    }
}

void
totals_add(struct totals *totals, int32_t month,
           const struct effect_list *effects)
{
    book_all(totals, month, effects, 1);
}

void
totals_take(struct totals *totals, int32_t month,
            const struct effect_list *effects)
{
    book_all(totals, month, effects, -1);
}

void
totals_add_row(struct totals *totals, const struct totals_row *row)
{
    struct totals_row *sum =
        find_row(totals, row->month, row->partner, row->store);

    sum->effects += row->effects;
    for (int k = 0; k < MEASURE_STATEMENT_COUNT; k++)
        sum->amounts[k] = amount_add(sum->amounts[k], row->amounts[k]);
    for (int k = 0; k < TOTALS_FIGURES; k++)
        sum->figures[k] = micro_add(sum->figures[k], row->figures[k]);
}

void
totals_add_pair(struct totals *totals, const struct totals_pair *pair)
{
    struct totals_pair *sum =
        find_pair(totals, pair->month, pair->issuer, pair->acceptor);

    sum->effects += pair->effects;
    sum->points = amount_add(sum->points, pair->points);
}

void
totals_merge(struct totals *totals, const struct totals *from)
{
    assert(totals != from);
    for (uint32_t i = 0; i < from->rows.count; i++)
        totals_add_row(totals, &from->rows.items[i]);
    for (uint32_t i = 0; i < from->pairs.count; i++)
        totals_add_pair(totals, &from->pairs.items[i]);
}

#define ORDER(a, b) ((a) < (b) ? -1 : (a) > (b))

int
totals_row_compare(const struct totals_row *a, const struct totals_row *b)
{
    if (a->month != b->month)
        return ORDER(a->month, b->month);
    if (a->partner != b->partner)
        return ORDER(a->partner, b->partner);
    return ORDER(a->store, b->store);
}

int
totals_pair_compare(const struct totals_pair *a, const struct totals_pair *b)
{
    if (a->month != b->month)
        return ORDER(a->month, b->month);
    if (a->issuer != b->issuer)
        return ORDER(a->issuer, b->issuer);
    return ORDER(a->acceptor, b->acceptor);
}

static int
compare_rows(const void *a, const void *b)
{
    return totals_row_compare(a, b);
}

static int
compare_pairs(const void *a, const void *b)
{
    return totals_pair_compare(a, b);
}

static void
sort_rows(struct row_list *rows, struct arena *arena)
{
    uint32_t count = 0;

    rows->sorted = ARENA_NEW(arena, struct totals_row, rows->count);
    for (uint32_t i = 0; i < rows->count; i++)
        if (rows->items[i].effects != 0)
            rows->sorted[count++] = rows->items[i];
    if (count > 0)
        qsort(rows->sorted, count, sizeof *rows->sorted, compare_rows);
    rows->sorted_count = count;
}

const struct totals_row *
totals_rows(struct totals *totals, uint32_t *ret_count)
{
    struct row_list *rows = &totals->rows;

    if (rows->sorted == NULL)
        sort_rows(rows, totals->arena);
    *ret_count = rows->sorted_count;
    return rows->sorted;
}

static void
sort_pairs(struct pair_list *pairs, struct arena *arena)
{
    uint32_t count = 0;

    pairs->sorted = ARENA_NEW(arena, struct totals_pair, pairs->count);
    for (uint32_t i = 0; i < pairs->count; i++)
        if (pairs->items[i].effects != 0)
            pairs->sorted[count++] = pairs->items[i];
    if (count > 0)
        qsort(pairs->sorted, count, sizeof *pairs->sorted, compare_pairs);
    pairs->sorted_count = count;
}

const struct totals_pair *
totals_pairs(struct totals *totals, uint32_t *ret_count)
{
    struct pair_list *pairs = &totals->pairs;

    if (pairs->sorted == NULL)
        sort_pairs(pairs, totals->arena);
    *ret_count = pairs->sorted_count;
    return pairs->sorted;
}

bool
totals_row_equal(const struct totals_row *a, const struct totals_row *b)
{
    bool same = a->month == b->month && a->partner == b->partner &&
                a->store == b->store && a->effects == b->effects;

    for (int k = 0; k < MEASURE_STATEMENT_COUNT; k++)
        same = same && a->amounts[k] == b->amounts[k];
    for (int k = 0; k < TOTALS_FIGURES; k++)
        same = same && a->figures[k].value == b->figures[k].value;
    return same;
}

bool
totals_pair_equal(const struct totals_pair *a, const struct totals_pair *b)
{
    return a->month == b->month && a->issuer == b->issuer &&
           a->acceptor == b->acceptor && a->effects == b->effects &&
           a->points == b->points;
}

static bool
same_rows(struct totals *a, struct totals *b)
{
    uint32_t count, other_count;
    const struct totals_row *rows = totals_rows(a, &count);
    const struct totals_row *others = totals_rows(b, &other_count);

    if (count != other_count)
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (!totals_row_equal(&rows[i], &others[i]))
            return false;
    return true;
}

static bool
same_pairs(struct totals *a, struct totals *b)
{
    uint32_t count, other_count;
    const struct totals_pair *pairs = totals_pairs(a, &count);
    const struct totals_pair *others = totals_pairs(b, &other_count);

    if (count != other_count)
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (!totals_pair_equal(&pairs[i], &others[i]))
            return false;
    return true;
}

bool
totals_equal(struct totals *a, struct totals *b)
{
    return same_rows(a, b) && same_pairs(a, b);
}
