#include "core/state_fold.h"

#include "core/varint.h"
#include "core/warm.h"

#include <stdlib.h>

enum {
    FOLD_SIZE = 1 << 26,
    ARENA_BYTES = INT32_MAX, /* address space for one account */
    PACK_ROOM = WARM_SIZE_MAX,
    /* Packing asks for room as if all numbers were long. */
    PACK_ROOM_MAX = 1 << 28,
    /* A run has room for that and for what is put before it. */
    PACK_SIZE_MAX = RUNS_BLOB_SIZE_MAX - 256,
};
static_assert(PACK_ROOM_MAX / VARINT_SIZE > PACK_SIZE_MAX,
              "what asks for more would hardly fit a run were they short");

enum err
state_fold_open(struct state_fold *fold, struct ledger *ledger,
                const struct timeline *timeline)
{
    *fold = (struct state_fold) { .ledger = ledger, .timeline = timeline };
    fold->bytes = malloc(PACK_ROOM);
    fold->room = PACK_ROOM;
    if (fold->bytes == NULL || !arena_open(&fold->fold_arena, FOLD_SIZE) ||
        !arena_open(&fold->arena, ARENA_BYTES)) {
        state_fold_close(fold);
        return ERR_MEMORY;
    }
    fold->fold = fold_open(timeline, false, &fold->fold_arena);
    fold_drop_effects(fold->fold);
    fold->onward = onward_open(fold->fold, &fold->fold_arena);
    return OK;
}

void
state_fold_close(struct state_fold *fold)
{
    arena_close(&fold->fold_arena);
    arena_close(&fold->arena);
    free(fold->bytes);
    *fold = (struct state_fold) { 0 };
}

/* Twice the room to pack into. */
static enum err
grow(struct state_fold *fold)
{
    uint8_t *grown = realloc(fold->bytes, fold->room * 2);

    if (grown == NULL)
        return ERR_MEMORY;
    fold->bytes = grown;
    fold->room *= 2;
    return OK;
}

/* What no run takes is left empty: a fault would keep all other accounts from
 * being folded. */
static enum err
pack(struct state_fold *fold, const struct account *account, view *ret_packed)
{
    enum err err = OK;
    size_t size;

    *ret_packed = (view) { 0 };
    if (!account->begun)
        return OK;
    while ((size = account_pack(account, fold->timeline, fold->bytes,
                                fold->room)) == 0 &&
           fold->room < PACK_ROOM_MAX && err == OK)
        err = grow(fold);
    if (err == OK && size <= PACK_SIZE_MAX)
        *ret_packed = (view) { fold->bytes, (uint32_t)size };
    return err;
}

/* Packed or warm, from either. */
static enum err
open_account(struct state_fold *fold, view state, account_id id,
             struct account *ret_account)
{
    return warm_is(state) ? warm_account(state, id, fold->timeline,
                                         &fold->arena, ret_account)
                          : account_unpack(state, id, fold->timeline,
                                           &fold->arena, ret_account);
}

/* Warm, if that is wanted and can be. */
static enum err
close_account(struct state_fold *fold, struct account *account, view *ret_state)
{
    if (!fold->warms || !account->begun)
        return pack(fold, account, ret_state);
    const struct scene scene = fold_scene(fold->fold, account);
    const size_t size =
        warm_make(account, fold->timeline, clock_due(&scene), fold->bytes);
    if (size == 0)
        return pack(fold, account, ret_state);
    *ret_state = (view) { fold->bytes, (uint32_t)size };
    return OK;
}

/* The instant of the last event or referral that counts. */
static int64_t
last_ms(const struct walk_input *input, struct arena *arena)
{
    uint32_t count = 0;
    const struct event *const *live =
        walk_live(input->events, input->event_count, arena, &count);
    int64_t last = INT64_MIN;

    for (uint32_t i = count; i-- > 0 && last == INT64_MIN;)
        if (live[i]->kind != EVENT_VOID)
            last = live[i]->at_ms;
    for (uint32_t i = 0; i < input->referral_count; i++)
        if (input->referrals[i].event->at_ms > last)
            last = input->referrals[i].event->at_ms;
    return last;
}

enum err
state_fold_history(struct state_fold *fold,
                   const struct history_account *history, uint64_t known,
                   struct state_folded *ret_folded)
{
    const struct ledger_question question = { .known = known,
                                              .crowded = fold->crowded };
    struct walk_input input;
    struct walk walk;
    enum err err =
        ledger_walk_input(fold->ledger, history, &question, fold->fold,
                          LIMIT_AT_MS_MAX, &fold->arena, &input);

    if (err != OK)
        return err;
    input.until_ms = last_ms(&input, &fold->arena);
    if (input.until_ms == INT64_MIN) {
        *ret_folded = (struct state_folded) { 0 };
        return OK;
    }
    walk_open(&walk, &input, &fold->arena);
    walk_finish(&walk);
    *ret_folded = (struct state_folded) { .referral = walk.account.referral };
    return pack(fold, &walk.account, &ret_folded->packed);
}

enum err
state_fold_account(struct state_fold *fold, account_id account, uint64_t known,
                   struct state_folded *ret_folded)
{
    const struct ledger_question question = { .known = known,
                                              .crowded = fold->crowded,
                                              .trail = &fold->trail };
    struct history_account history;

    fold->trail.history = ledger_history(fold->ledger);
    arena_reset(&fold->arena);
    enum err err = ledger_account(fold->ledger, account, &question,
                                  &fold->arena, &history, NULL);
    return err == OK ? state_fold_history(fold, &history, known, ret_folded)
                     : err;
}

enum err
state_fold_forward(struct state_fold *fold, view state,
                   const struct event *event, struct state_folded *ret_folded)
{
    struct account account;
    enum err err = OK;

    arena_reset(&fold->arena);
    if (state.size == 0)
        account_open(&account, event->account, &fold->arena);
    else
        err = open_account(fold, state, event->account, &account);
    if (err != OK)
        return err;
    if (!fold_can_forward(&account, event))
        return ERR_NOT_FOUND;
    bool done = account.referral.done;
    fold_run_clock(fold->fold, &account, event->at_ms);
    if (!onward_take(fold->onward, &account, event)) {
        fold_event(fold->fold, &account, event);
        fold_run_clock(fold->fold, &account, event->at_ms);
    }
    *ret_folded = (struct state_folded) {
        .referral = account.referral,
        .rewards_referrer = account.referral.done && !done,
    };
    return close_account(fold, &account, &ret_folded->packed);
}

bool
state_fold_pass(struct state_fold *fold, uint8_t *bytes, uint32_t size,
                const struct onward_sale *sale, view *ret_state)
{
    if (!warm_is((view) { bytes, size }))
        return false;
    struct warm warm = warm_open(bytes, size);
    if (!onward_pass(fold->onward, &warm, sale, fold->bytes))
        return false;
    *ret_state = (view) { warm.bytes, warm.size };
    return true;
}

enum err
state_fold_cool(struct state_fold *fold, view state, account_id account,
                view *ret_packed)
{
    struct account warm;

    *ret_packed = state;
    if (!warm_is(state))
        return OK;
    arena_reset(&fold->arena);
    enum err err = open_account(fold, state, account, &warm);
    return err == OK ? pack(fold, &warm, ret_packed) : err;
}

enum err
state_fold_referral(struct state_fold *fold, view state, account_id account,
                    struct referral_state *ret_referral)
{
    struct account opened;

    arena_reset(&fold->arena);
    enum err err = open_account(fold, state, account, &opened);
    if (err == OK)
        *ret_referral = opened.referral;
    return err;
}
