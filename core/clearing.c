#include "core/clearing.h"

#include "core/census.h"
#include "core/limits.h"
#include "core/list.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { LINE_SIZE = 256 };

struct finding {
    account_id account;
    uint32_t index; /* among the account's */
    bool damage;
    char line[LINE_SIZE];
};

/* One thread's. */
struct share {
    const struct timeline *timeline;
    struct arena arena; /* of all below */
    struct finding_list {
        struct finding *items;
        uint32_t count;
        uint32_t room;
    } findings;
    /* Of the account that is being walked: */
    const struct history_account *history;
    int64_t *balance; /* by partner: earned less accounted for */
};

static void note(struct share *share, bool damage, const char *format, ...)
    PRINTF_LIKE(3, 4);

static void
note(struct share *share, bool damage, const char *format, ...)
{
    account_id account = share->history->account;
    va_list arguments;

    account.bearer = arena_copy(&share->arena, account.bearer);
    struct finding *finding = LIST_ADD(&share->arena, &share->findings);
    finding->account = account;
    finding->index = share->findings.count;
    finding->damage = damage;
    va_start(arguments, format);
    vsnprintf(finding->line, sizeof finding->line, format, arguments);
    va_end(arguments);
}

/* --- one account --- */

static void
begin_account(void *context, const struct history_account *history)
{
    struct share *share = context;

    share->history = history;
}

/* issued(I) = outstanding(I) + expired(I) + withdrawn from lots of I + sum
 * over A of M[I][A], and debt = sum over A of M[debt][A] + withdrawn that
 * became debt - sum over I of M[I][debt].  Source: SETTLEMENT.md.  With debt
 * as the issuer the first becomes the second: what it "issued" is what paid
 * it, taken negative on both sides. */
static void
add_effects(void *context, const struct walk *walk)
{
    const struct share *share = context;
    const struct effect_list *effects = walk->step.effects;

    for (uint32_t i = 0; i < effects->count; i++) {
        const struct effect *effect = &effects->items[i];
        if (effect->measure == MEASURE_ISSUED)
            share->balance[effect->partner] += effect->amount;
        else if (effect->measure == MEASURE_EXPIRED ||
                 effect->measure == MEASURE_WITHDRAWN ||
                 effect->measure == MEASURE_CLEARING)
            share->balance[effect->partner] -= effect->amount;
        if (effect->measure == MEASURE_CLEARING &&
            effect->other == share->timeline->partner_debt)
            share->balance[effect->other] += effect->amount;
    }
}

static void
check_balance(struct share *share, const struct account *account)
{
    const struct timeline *timeline = share->timeline;
    char name[ACCOUNT_SIZE];

    for (uint32_t i = 0; i < account->lots.count; i++)
        share->balance[account->lots.items[i].key.partner] -=
            account->lots.items[i].left.value;
    share->balance[timeline->partner_debt] += account->debt.value;
    account_format(account->id, name);
    for (uint32_t i = 0; i < timeline->names[NAME_PARTNER].count; i++) {
        view partner = timeline_name(timeline, NAME_PARTNER, (int32_t)i);
        if (share->balance[i] != 0)
            note(share, true,
                 "clearing: account %s: %" PRId64 " points of %.*s are "
                 "unaccounted for",
                 name, share->balance[i], (int)partner.size,
                 (const char *)partner.bytes);
        share->balance[i] = 0;
    }
}

/* A number that two nodes have enrolled stands for two people. */
static void
check_member(struct share *share, const struct history_account *history)
{
    uint32_t node = 0;

    for (uint32_t i = 0; i < history->event_count; i++) {
        const struct event *event = history->events[i];
        if (event->kind != EVENT_JOIN)
            continue;
        if (node != 0 && event->identity.node != node) {
            note(share, false,
                 "member %" PRIu64 ": joined at node %" PRIu32
                 " and at node %" PRIu32 ": one number for two people?",
                 history->account.member, node, event->identity.node);
            return;
        }
        node = event->identity.node;
    }
}

static enum err
check_account(void *context, const struct walk *walk)
{
    struct share *share = context;

    check_balance(share, &walk->account);
    check_member(share, share->history);
    return OK;
}

/* --- all of them --- */

static int
compare_findings(const void *left, const void *right)
{
    const struct finding *const *a = left, *const *b = right;
    int order = account_compare((*a)->account, (*b)->account);

    if (order != 0)
        return order;
    return (*a)->index < (*b)->index ? -1 : (*a)->index > (*b)->index;
}

static enum err
tell_all(const struct share *shares, uint32_t count, clearing_tell *tell,
         void *context)
{
    uint32_t total = 0, next = 0;

    for (uint32_t i = 0; i < count; i++)
        total += shares[i].findings.count;
    const struct finding **findings =
        calloc((size_t)total + 1, sizeof *findings);
    if (findings == NULL)
        return ERR_MEMORY;
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t k = 0; k < shares[i].findings.count; k++)
            findings[next++] = &shares[i].findings.items[k];
    qsort(findings, total, sizeof *findings, compare_findings);
    for (uint32_t i = 0; i < total; i++)
        tell(context, findings[i]->damage, findings[i]->line);
    free(findings);
    return OK;
}

static enum err
open_share(struct share *share, const struct timeline *timeline)
{
    if (!arena_open(&share->arena, LIMIT_ARENA_SIZE))
        return ERR_MEMORY;
    share->timeline = timeline;
    share->balance =
        ARENA_NEW(&share->arena, int64_t, timeline->names[NAME_PARTNER].count);
    return OK;
}

enum err
clearing_check(struct ledger *ledger, clearing_tell *tell, void *context,
               struct complaint *complaint)
{
    static const struct census_calls calls = { begin_account, add_effects,
                                               check_account };
    struct census_options options = { .known = LEDGER_KNOWN_ALL,
                                      .at_ms = LIMIT_AT_MS_MAX };
    struct share shares[SPREAD_THREADS_MAX] = { 0 };
    struct spread_contexts contexts = { .count = spread_threads() };
    enum err err =
        ledger_timeline(ledger, LEDGER_KNOWN_ALL, &options.timeline, complaint);

    for (uint32_t i = 0; i < contexts.count && err == OK; i++) {
        contexts.items[i] = &shares[i];
        err = open_share(&shares[i], options.timeline);
    }
    if (err == OK)
        err = census_spread(ledger, &options, &calls, &contexts, complaint);
    if (err == OK)
        err = tell_all(shares, contexts.count, tell, context);
    for (uint32_t i = 0; i < contexts.count; i++)
        arena_close(&shares[i].arena);
    return err;
}
