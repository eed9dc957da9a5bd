#include "tools/tally.h"

#include <stdlib.h>

#include "core/limits.h"
#include "tools/lookup.h"

struct addition {
    view key; /* in `scratch` */
    enum tally_column column;
    int64_t amount;
};

struct tally {
    struct lookup *lookup; /* key to place of the row, from 1 */
    struct tally_row *rows;
    uint32_t row_count;
    uint32_t row_room;
    struct addition *additions; /* of the account at work */
    uint32_t addition_count;
    uint32_t addition_room;
    uint64_t account; /* its number, from 1 */
    bool failed;
    struct arena lasting; /* keys of rows */
    struct arena scratch; /* keys of additions */
};

static const char *const NAMES[] = {
    [TALLY_JOINED] = "joined",
    [TALLY_ACTIVE] = "active",
    [TALLY_PURCHASES] = "purchases",
    [TALLY_SALES] = "sales",
    [TALLY_REFUNDS] = "refunds",
    [TALLY_ISSUED] = "issued",
    [TALLY_REDEEMED] = "redeemed",
    [TALLY_STAMPS] = "stamps",
    [TALLY_VOUCHERS_ISSUED] = "vouchers_issued",
    [TALLY_VOUCHERS_REDEEMED] = "vouchers_redeemed",
    [TALLY_VOUCHERS_VALUE] = "vouchers_value",
    [TALLY_UNCOVERED] = "uncovered",
    [TALLY_KEYED] = "keyed",
};
static_assert(COUNT_OF(NAMES) == TALLY_COLUMNS, "a name for each column");

const char *
tally_column_name(enum tally_column column)
{
    assert((unsigned)column < TALLY_COLUMNS);
    return NAMES[column];
}

bool
tally_is_money(enum tally_column column)
{
    return column == TALLY_SALES || column == TALLY_REFUNDS ||
           column == TALLY_VOUCHERS_VALUE;
}

struct tally *
tally_open(void)
{
    struct tally *tally = calloc(1, sizeof *tally);

    if (tally == NULL)
        return NULL;
    tally->account = 1;
    tally->lookup = lookup_open();
    if (tally->lookup == NULL ||
        !arena_open(&tally->lasting, LIMIT_ARENA_SIZE) ||
        !arena_open(&tally->scratch, LIMIT_ARENA_SIZE)) {
        tally_close(tally);
        return NULL;
    }
    return tally;
}

void
tally_close(struct tally *tally)
{
    if (tally == NULL)
        return;
    lookup_close(tally->lookup);
    arena_close(&tally->lasting);
    arena_close(&tally->scratch);
    free(tally->additions);
    free(tally->rows);
    free(tally);
}

void
tally_add(struct tally *tally, view key, enum tally_column column,
          int64_t amount)
{
    if (amount == 0 || tally->failed)
        return;
    if (tally->addition_count == tally->addition_room) {
        uint32_t room =
            tally->addition_room == 0 ? 256 : tally->addition_room * 2;
        struct addition *additions =
            realloc(tally->additions, room * sizeof *additions);
        if (additions == NULL) {
            tally->failed = true;
            return;
        }
        tally->additions = additions;
        tally->addition_room = room;
    }
    tally->additions[tally->addition_count++] =
        (struct addition) { arena_copy(&tally->scratch, key), column, amount };
}

static struct tally_row *
row_of(struct tally *tally, view key)
{
    uint64_t *place = lookup_take(tally->lookup, key);

    if (place == NULL)
        return NULL;
    if (*place > 0)
        return &tally->rows[*place - 1];
    if (tally->row_count == tally->row_room) {
        uint32_t room = tally->row_room == 0 ? 64 : tally->row_room * 2;
        struct tally_row *rows = realloc(tally->rows, room * sizeof *rows);
        if (rows == NULL)
            return NULL;
        tally->rows = rows;
        tally->row_room = room;
    }
    *place = tally->row_count + 1;
    struct tally_row *row = &tally->rows[tally->row_count++];
    *row = (struct tally_row) { .key = arena_copy(&tally->lasting, key) };
    return row;
}

enum err
tally_take(struct tally *tally, bool counts)
{
    for (uint32_t i = 0; counts && i < tally->addition_count; i++) {
        const struct addition *addition = &tally->additions[i];
        struct tally_row *row = row_of(tally, addition->key);
        if (row == NULL)
            return ERR_MEMORY;
        if (addition->column == TALLY_ACTIVE) {
            row->amounts[TALLY_ACTIVE] += row->last_active != tally->account;
            row->last_active = tally->account;
        } else {
            row->amounts[addition->column] += addition->amount;
        }
    }
    tally->addition_count = 0;
    tally->account++;
    arena_reset(&tally->scratch);
    return tally->failed ? ERR_MEMORY : OK;
}

static int
compare_keys(const void *left, const void *right)
{
    const struct tally_row *a = left;
    const struct tally_row *b = right;

    return view_compare(a->key, b->key);
}

static int
compare_numbers(const void *left, const void *right)
{
    const struct tally_row *a = left;
    const struct tally_row *b = right;

    if (a->key.size != b->key.size)
        return a->key.size < b->key.size ? -1 : 1;
    return view_compare(a->key, b->key);
}

const struct tally_row *
tally_rows(struct tally *tally, bool by_number, uint32_t *ret_count)
{
    if (tally->row_count > 0)
        qsort(tally->rows, tally->row_count, sizeof *tally->rows,
              by_number ? compare_numbers : compare_keys);
    *ret_count = tally->row_count;
    return tally->rows;
}
