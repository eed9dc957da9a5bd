#include "tools/summary.h"

#include <stdlib.h>

#include "core/limits.h"
#include "tools/lookup.h"

struct addition {
    view key; /* in `scratch` */
    enum summary_column column;
    int64_t amount;
};

struct summary {
    struct lookup *lookup; /* key to place of the row, from 1 */
    struct summary_row *rows;
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
    [SUMMARY_JOINED] = "joined",
    [SUMMARY_ACTIVE] = "active",
    [SUMMARY_PURCHASES] = "purchases",
    [SUMMARY_SALES] = "sales",
    [SUMMARY_REFUNDS] = "refunds",
    [SUMMARY_ISSUED] = "issued",
    [SUMMARY_REDEEMED] = "redeemed",
    [SUMMARY_STAMPS] = "stamps",
    [SUMMARY_VOUCHERS_ISSUED] = "vouchers_issued",
    [SUMMARY_VOUCHERS_REDEEMED] = "vouchers_redeemed",
    [SUMMARY_VOUCHERS_VALUE] = "vouchers_value",
    [SUMMARY_UNCOVERED] = "uncovered",
    [SUMMARY_KEYED] = "keyed",
};
static_assert(COUNT_OF(NAMES) == SUMMARY_COLUMNS, "a name for each column");

const char *
summary_column_name(enum summary_column column)
{
    assert((unsigned)column < SUMMARY_COLUMNS);
    return NAMES[column];
}

bool
summary_is_money(enum summary_column column)
{
    return column == SUMMARY_SALES || column == SUMMARY_REFUNDS ||
           column == SUMMARY_VOUCHERS_VALUE;
}

struct summary *
summary_open(void)
{
    struct summary *summary = calloc(1, sizeof *summary);

    if (summary == NULL)
        return NULL;
    summary->account = 1;
    summary->lookup = lookup_open();
    if (summary->lookup == NULL ||
        !arena_open(&summary->lasting, LIMIT_ARENA_SIZE) ||
        !arena_open(&summary->scratch, LIMIT_ARENA_SIZE)) {
        summary_close(summary);
        return NULL;
    }
    return summary;
}

void
summary_close(struct summary *summary)
{
    if (summary == NULL)
        return;
    lookup_close(summary->lookup);
    arena_close(&summary->lasting);
    arena_close(&summary->scratch);
    free(summary->additions);
    free(summary->rows);
    free(summary);
}

void
summary_add(struct summary *summary, view key, enum summary_column column,
            int64_t amount)
{
    if (amount == 0 || summary->failed)
        return;
    if (summary->addition_count == summary->addition_room) {
        uint32_t room =
            summary->addition_room == 0 ? 256 : summary->addition_room * 2;
        struct addition *additions =
            realloc(summary->additions, room * sizeof *additions);
        if (additions == NULL) {
            summary->failed = true;
            return;
        }
        summary->additions = additions;
        summary->addition_room = room;
    }
    summary->additions[summary->addition_count++] =
        (struct addition) { arena_copy(&summary->scratch, key), column,
                            amount };
}

static struct summary_row *
row_of(struct summary *summary, view key)
{
    uint64_t *place = lookup_take(summary->lookup, key);

    if (place == NULL)
        return NULL;
    if (*place > 0)
        return &summary->rows[*place - 1];
    if (summary->row_count == summary->row_room) {
        uint32_t room = summary->row_room == 0 ? 64 : summary->row_room * 2;
        struct summary_row *rows = realloc(summary->rows, room * sizeof *rows);
        if (rows == NULL)
            return NULL;
        summary->rows = rows;
        summary->row_room = room;
    }
    *place = summary->row_count + 1;
    struct summary_row *row = &summary->rows[summary->row_count++];
    *row = (struct summary_row) { .key = arena_copy(&summary->lasting, key) };
    return row;
}

enum err
summary_take(struct summary *summary, bool counts)
{
    for (uint32_t i = 0; counts && i < summary->addition_count; i++) {
        const struct addition *addition = &summary->additions[i];
        struct summary_row *row = row_of(summary, addition->key);
        if (row == NULL)
            return ERR_MEMORY;
        if (addition->column == SUMMARY_ACTIVE) {
            row->amounts[SUMMARY_ACTIVE] +=
                row->last_active != summary->account;
            row->last_active = summary->account;
        } else {
            row->amounts[addition->column] += addition->amount;
        }
    }
    summary->addition_count = 0;
    summary->account++;
    arena_reset(&summary->scratch);
    return summary->failed ? ERR_MEMORY : OK;
}

static int
compare_keys(const void *left, const void *right)
{
    const struct summary_row *a = left;
    const struct summary_row *b = right;

    return view_compare(a->key, b->key);
}

static int
compare_numbers(const void *left, const void *right)
{
    const struct summary_row *a = left;
    const struct summary_row *b = right;

    if (a->key.size != b->key.size)
        return a->key.size < b->key.size ? -1 : 1;
    return view_compare(a->key, b->key);
}

const struct summary_row *
summary_rows(struct summary *summary, bool by_number, uint32_t *ret_count)
{
    if (summary->row_count > 0)
        qsort(summary->rows, summary->row_count, sizeof *summary->rows,
              by_number ? compare_numbers : compare_keys);
    *ret_count = summary->row_count;
    return summary->rows;
}
