#include "core/basis.h"

#include "core/codec.h"
#include "core/limits.h"
#include "core/list.h"

enum { SCRATCH_SIZE = 1 << 20 };

bool
basis_open(struct basis *basis)
{
    *basis = (struct basis) { 0 };
    return arena_open(&basis->arena, LIMIT_ARENA_SIZE) &&
           arena_open(&basis->scratch, SCRATCH_SIZE);
}

void
basis_close(struct basis *basis)
{
    arena_close(&basis->arena);
    arena_close(&basis->scratch);
}

void
basis_begin(struct basis *basis, uint64_t position)
{
    arena_reset(&basis->arena);
    basis->position = position;
    basis->items = NULL;
    basis->count = 0;
    basis->room = 0;
}

static int
compare(const void *item, const void *key)
{
    return account_compare(*(const account_id *)item, *(const account_id *)key);
}

static bool
holds(const struct basis *basis, account_id account)
{
    uint32_t index = LIST_PLACE(basis->items, basis->count, &account, compare);

    return index < basis->count && account_equal(basis->items[index], account);
}

static void
add(struct basis *basis, account_id account)
{
    if (!holds(basis, account))
        *LIST_INSERT(&basis->arena, basis,
                     LIST_PLACE(basis->items, basis->count, &account,
                                compare)) = account;
}

void
basis_add(struct basis *basis, const struct history_account *history)
{
    add(basis, history->account);
    for (uint32_t i = 0; i < history->referred_count; i++)
        add(basis, (account_id) { .member = history->referred[i] });
}

bool
basis_hinders(void *context, const struct record_event *event)
{
    struct basis *basis = context;
    struct event decoded;

    arena_reset(&basis->scratch);
    if (codec_decode(event->core, &basis->scratch, &decoded) != OK)
        return true;
    if (decoded.kind == EVENT_JOIN && decoded.join.referrer != 0 &&
        holds(basis, (account_id) { .member = decoded.join.referrer }))
        return true;
    return holds(basis, decoded.account);
}
