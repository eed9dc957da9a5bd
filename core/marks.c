#include "core/marks.h"

#include <string.h>

enum { FLAG_OWN = 1 };

void
marks_close(struct marks *marks)
{
    account_table_close(&marks->table);
    marks->done = 0;
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

bool
marks_next(struct marks *marks, struct mark *ret_mark)
{
    const struct account_table *table = &marks->table;

    if (marks->done == table->count)
        return false;
    const struct account_entry *entry = &table->entries[marks->done++];
    view key = account_table_key(table, entry);
    ret_mark->key.size = (uint8_t)key.size;
    memcpy(ret_mark->key.bytes, key.bytes, key.size);
    ret_mark->own = (account_table_blob(table, entry).bytes[0] & FLAG_OWN) != 0;
    return true;
}
