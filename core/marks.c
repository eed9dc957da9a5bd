#include "core/marks.h"

#include "core/account_order.h"

#include <stdlib.h>
#include <string.h>

enum { FLAG_OWN = 1 };

void
marks_close(struct marks *marks)
{
    account_table_close(&marks->table);
    free(marks->round);
    *marks = (struct marks) { .table = marks->table };
}

enum err
marks_add(struct marks *marks, account_id account, bool own)
{
    runs_key key = runs_key_of(account);
    uint8_t flags = own ? FLAG_OWN : 0;
    view before = { 0 };

    if (account_table_get(&marks->table, runs_key_view(&key), &before))
        flags |= before.bytes[0];
    return account_table_put(&marks->table, runs_key_view(&key),
                             (view) { &flags, 1 });
}

enum err
marks_add_member(struct marks *marks, uint64_t member)
{
    if (member == 0)
        return OK;
    return marks_add(marks, (account_id) { .member = member }, false);
}

bool
marks_has_own(const struct marks *marks, account_id account)
{
    view flags;

    if (marks->table.count == 0)
        return false;
    runs_key key = runs_key_of(account);
    return account_table_get(&marks->table, runs_key_view(&key), &flags) &&
           (flags.bytes[0] & FLAG_OWN) != 0;
}

static enum err
begin_round(struct marks *marks)
{
    const struct account_table *table = &marks->table;
    struct account_order order;
    uint32_t *round =
        realloc(marks->round, (table->count - marks->done) * sizeof *round);

    if (round == NULL)
        return ERR_MEMORY;
    marks->round = round;
    enum err err = account_order_open(table, &order);
    if (err != OK)
        return err;
    marks->round_count = marks->round_next = 0;
    for (uint32_t i = 0; i < order.count; i++)
        if (order.numbers[i] >= marks->done)
            round[marks->round_count++] = order.numbers[i];
    marks->done += marks->round_count;
    assert(marks->done == table->count);
    account_order_close(&order);
    return OK;
}

enum err
marks_next(struct marks *marks, struct mark *ret_mark)
{
    const struct account_table *table = &marks->table;
    enum err err = OK;

    if (marks->round_next == marks->round_count)
        err = marks->done == table->count ? ERR_NOT_FOUND : begin_round(marks);
    if (err != OK)
        return err;
    const struct account_entry *entry =
        &table->entries[marks->round[marks->round_next++]];
    view key = account_table_key(table, entry);
    ret_mark->key.size = (uint8_t)key.size;
    memcpy(ret_mark->key.bytes, key.bytes, key.size);
    ret_mark->own = (account_table_blob(table, entry).bytes[0] & FLAG_OWN) != 0;
    return OK;
}

void
marks_untake(struct marks *marks)
{
    assert(marks->round_next > 0);
    marks->round_next--;
}

uint32_t
marks_count(const struct marks *marks)
{
    return marks->table.count - marks->done + marks->round_count -
           marks->round_next;
}
