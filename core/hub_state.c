#include "core/hub_state.h"

uint64_t
hub_state_folded(const struct hub_state_seq *folded, uint32_t count,
                 uint64_t incarnation)
{
    bool before = count >= HUB_STATE_SEQS_MAX; /* all that are told */

    for (uint32_t i = 0; i < count; i++) {
        if (folded[i].incarnation == incarnation)
            return folded[i].seq;
        before &= incarnation < folded[i].incarnation;
    }
    return before ? UINT64_MAX : 0;
}

static bool
is_folded(const struct hub_state *base, identity id)
{
    return id.seq <=
           hub_state_folded(base->folded, base->folded_count, id.incarnation);
}

/* This node's events that the hub has not folded, in canonical order. */
static uint32_t
own_events(const struct state_fold *fold, const struct history_account *history,
           const struct hub_state *base, const struct event **ret_events)
{
    uint32_t node = ledger_who(fold->ledger).node;
    uint32_t count = 0;

    for (uint32_t i = 0; i < history->event_count; i++) {
        identity id = history->events[i]->identity;
        if (id.node == node && !is_folded(base, id))
            ret_events[count++] = history->events[i];
    }
    return count;
}

static void
run_clock(struct fold *fold, struct account *account, int64_t until_ms)
{
    if (account->begun && until_ms >= account->clock_ms)
        fold_run_clock(fold, account, until_ms);
}

/* Folds the event, moved to the account's clock if it lies before. */
static bool
fold_own(struct state_fold *fold, struct account *account,
         const struct event *event)
{
    struct event *moved = ARENA_NEW(&fold->arena, struct event, 1);

    *moved = *event;
    if (account->begun && moved->at_ms <= account->clock_ms) {
        moved->at_ms = account->clock_ms;
        moved->identity = account->last;
        moved->identity.seq++;
    }
    if (!fold_can_forward(account, moved))
        return false;
    if (account->begun)
        run_clock(fold->fold, account, moved->at_ms);
    else
        account->clock_ms = moved->at_ms;
    fold_event(fold->fold, account, moved);
    fold_effects(fold->fold)->count = 0;
    return true;
}

enum err
hub_state_read(struct state_fold *fold, account_id account,
               const struct hub_state *base, int64_t until_ms,
               struct account *ret_account, uint32_t *ret_own)
{
    const struct ledger_question question = { .known = LEDGER_KNOWN_ALL };
    struct history_account history;
    uint32_t own = 0;
    uint32_t count = 0;

    arena_reset(&fold->arena);
    enum err err = ledger_account(fold->ledger, account, &question,
                                  &fold->arena, &history, NULL);
    if (err == OK && base->packed.size > 0)
        err = account_unpack(base->packed, account, fold->timeline,
                             &fold->arena, ret_account);
    if (err != OK)
        return err;
    if (base->packed.size == 0)
        account_open(ret_account, history.account, &fold->arena);
    const struct event **events =
        ARENA_NEW(&fold->arena, const struct event *, history.event_count);
    count = own_events(fold, &history, base, events);
    const struct event *const *live =
        walk_live(events, count, &fold->arena, &count);
    fold_effects(fold->fold)->count = 0;
    fold_use_arena(fold->fold, &fold->arena);
    for (uint32_t i = 0; i < count; i++)
        own += fold_own(fold, ret_account, live[i]);
    run_clock(fold->fold, ret_account, until_ms);
    *ret_own = own;
    return OK;
}
