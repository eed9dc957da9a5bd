#include "core/tally.h"

#include "core/list.h"

#include <stdlib.h>
#include <string.h>

static const char *const NAMES[] = {
    [TALLY_JOINED] = "joined",
    [TALLY_ACTIVE_MEMBERS] = "active_members",
    [TALLY_PURCHASES] = "purchases",
    [TALLY_SALES] = "sales",
    [TALLY_RETURNS] = "returns",
    [TALLY_REFUNDS] = "refunds",
    [TALLY_ISSUED] = "issued",
    [TALLY_REVERSED] = "reversed",
    [TALLY_REDEEMED] = "redeemed",
    [TALLY_RESTORED] = "restored",
    [TALLY_EXPIRED] = "expired",
    [TALLY_STAMPS] = "stamps",
    [TALLY_VOUCHERS_ISSUED] = "vouchers_issued",
    [TALLY_VOUCHERS_REDEEMED] = "vouchers_redeemed",
    [TALLY_VOUCHERS_VALUE] = "vouchers_value",
    [TALLY_UNCOVERED] = "uncovered",
    [TALLY_KEYED] = "keyed",
};
static_assert(COUNT_OF(NAMES) == TALLY_FIGURES, "all named");

const char *
tally_figure_name(enum tally_figure figure)
{
    assert(figure < TALLY_FIGURES);
    return NAMES[figure];
}

bool
tally_figure_is_money(enum tally_figure figure)
{
    return figure == TALLY_SALES || figure == TALLY_REFUNDS ||
           figure == TALLY_VOUCHERS_VALUE;
}

void
tally_open(struct tally *tally, uint64_t seed, struct arena *arena)
{
    *tally = (struct tally) { .arena = arena };
    intern_open(&tally->keys, seed, arena);
}

struct tally_row *
tally_row(struct tally *tally, view key)
{
    uint32_t number = intern_number(&tally->keys, key);

    if (number == tally->rows.count)
        LIST_ADD(tally->arena, &tally->rows)->key =
            intern_string(&tally->keys, number);
    return &tally->rows.items[number];
}

void
tally_merge(struct tally *tally, const struct tally *from)
{
    assert(tally != from);
    for (uint32_t i = 0; i < from->rows.count; i++) {
        const struct tally_row *row = &from->rows.items[i];
        struct tally_row *sum = tally_row(tally, row->key);
        for (int k = 0; k < TALLY_FIGURES; k++)
            sum->figures[k] += row->figures[k];
    }
}

static int
compare_rows(const void *left, const void *right)
{
    const struct tally_row *a = left, *b = right;

    return view_compare(a->key, b->key);
}

const struct tally_row *
tally_sorted(const struct tally *tally, struct arena *arena)
{
    uint32_t count = tally->rows.count;
    struct tally_row *sorted = ARENA_NEW(arena, struct tally_row, count);

    if (count > 0) {
        memcpy(sorted, tally->rows.items, count * sizeof *sorted);
        qsort(sorted, count, sizeof *sorted, compare_rows);
    }
    return sorted;
}

view
tally_key_number(uint32_t number, uint8_t bytes[static TALLY_NUMBER_SIZE])
{
    for (int i = 0; i < TALLY_NUMBER_SIZE; i++)
        bytes[i] = (uint8_t)(number >> (24 - 8 * i));
    return (view) { bytes, TALLY_NUMBER_SIZE };
}

uint32_t
tally_key_parse(view key)
{
    uint32_t number = 0;

    assert(key.size == TALLY_NUMBER_SIZE);
    for (int i = 0; i < TALLY_NUMBER_SIZE; i++)
        number = number << 8 | key.bytes[i];
    return number;
}
