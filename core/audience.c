#include "core/audience.h"

#include "core/ledger_parts.h"

#include <stdlib.h>
#include <string.h>

/* What one thread finds. */
struct share {
    const struct segment *const *segments;
    uint32_t segment_count;
    int64_t at_ms;
    struct audience found;
};

/* Makes room for so many. */
static bool
reserve(struct audience *audience, uint32_t wanted)
{
    if (wanted <= audience->room)
        return true;
    account_id *items = realloc(audience->items, wanted * sizeof *items);
    if (items == NULL)
        return false;
    audience->items = items;
    audience->room = wanted;
    return true;
}

static bool
add(struct audience *audience, account_id account)
{
    enum { FIRST = 256 };

    if (audience->count == audience->room &&
        !reserve(audience, audience->room == 0 ? FIRST : audience->room * 2))
        return false;
    if (account.bearer.size > 0) {
        uint8_t *code = malloc(account.bearer.size);
        if (code == NULL)
            return false;
        memcpy(code, account.bearer.bytes, account.bearer.size);
        account.bearer.bytes = code;
    }
    audience->items[audience->count++] = account;
    return true;
}

static enum err
take(void *context, const struct walk *walk)
{
    struct share *share = context;

    for (uint32_t i = 0; i < share->segment_count; i++)
        if (!segment_holds(share->segments[i], &walk->account, share->at_ms))
            return OK;
    return add(&share->found, walk->account.id) ? OK : ERR_MEMORY;
}

static int
compare_accounts(const void *left, const void *right)
{
    return account_compare(*(const account_id *)left,
                           *(const account_id *)right);
}

/* All that was found, which is theirs no longer. */
static enum err
gather(struct share *shares, uint32_t count, struct audience *ret_audience)
{
    struct audience all = { 0 };
    uint32_t total = 0;

    for (uint32_t i = 0; i < count; i++)
        total += shares[i].found.count;
    if (!reserve(&all, total + 1))
        return ERR_MEMORY;
    for (uint32_t i = 0; i < count; i++) {
        struct audience *found = &shares[i].found;
        if (found->count > 0)
            memcpy(all.items + all.count, found->items,
                   found->count * sizeof *found->items);
        all.count += found->count;
        found->count = 0;
    }
    qsort(all.items, all.count, sizeof *all.items, compare_accounts);
    *ret_audience = all;
    return OK;
}

enum err
audience_find(struct ledger *ledger, const struct census_options *options,
              const struct segment *const *segments, uint32_t count,
              struct complaint *complaint, struct audience *ret_audience)
{
    static const struct census_calls calls = { .take = take };
    struct share shares[SPREAD_THREADS_MAX];
    struct spread_contexts contexts = { .count = spread_threads() };

    for (uint32_t i = 0; i < contexts.count; i++) {
        shares[i] = (struct share) { .segments = segments,
                                     .segment_count = count,
                                     .at_ms = options->at_ms };
        contexts.items[i] = &shares[i];
    }
    enum err err = census_spread(ledger, options, &calls, &contexts, complaint);
    if (err == OK)
        err = ledger_fault(ledger, gather(shares, contexts.count, ret_audience),
                           complaint);
    for (uint32_t i = 0; i < contexts.count; i++)
        audience_close(&shares[i].found);
    return err;
}

void
audience_close(struct audience *audience)
{
    for (uint32_t i = 0; i < audience->count; i++)
        if (audience->items[i].bearer.size > 0)
            free((void *)audience->items[i].bearer.bytes);
    free(audience->items);
    *audience = (struct audience) { 0 };
}
