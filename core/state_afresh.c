#include "core/state_afresh.h"

#include "core/ledger_parts.h"
#include "core/ledger_refresh.h"

enum { FEW = 256 }; /* marked accounts that are not worth a thread */

/* What is shared while marked accounts are folded. */
struct afresh {
    struct state *state;
    uint64_t position;
};

enum err
state_mark(struct state *state, account_id account, bool own)
{
    runs_key key = runs_key_of(account);

    return marks_add(&state->parts[state_part_of(runs_key_view(&key))].marks,
                     account, own);
}

void
state_forget_marks(struct state *state)
{
    for (uint32_t i = 0; i < STATE_PARTS; i++) {
        marks_close(&state->parts[i].marks);
        marks_close(&state->parts[i].named);
    }
}

/* Folds one account; whom it names as its referrer, and whom it named before,
 * may win or lose by it. */
static enum err
fold_marked(const struct afresh *afresh, struct state_part *part,
            struct state_fold *fold, const struct mark *mark)
{
    const struct state *state = afresh->state;
    struct state_packed before = { 0 };
    struct state_folded folded;
    struct referral_state named = { 0 };
    account_id account;
    view key = runs_key_view(&mark->key);
    uint64_t hash = state_hash(state, key);

    if (!runs_key_account(key, &account))
        return err_corrupt();
    enum err err = state_find_packed(state, hash, key, &before);
    if (err == OK && before.bytes.size > 0)
        err = state_fold_referral(fold, before.bytes, account, &named);
    bool new = err == ERR_NOT_FOUND;
    if (err != OK && !new)
        return err;
    err = state_fold_account(fold, account, afresh->position, &folded);
    if (err != OK)
        return err;
    struct referral_state names = folded.referral;
    if (!new || mark->own || folded.packed.size > 0)
        err =
            state_put(&part->table, hash, key, afresh->position, folded.packed);
    if (err == OK && mark->own)
        err = marks_add_member(&part->named, named.referrer);
    if (err == OK && mark->own)
        err = marks_add_member(&part->named, names.referrer);
    return err;
}

/* One window is all there is: each part's marked accounts. */
static enum err
fill(void *context, uint32_t window)
{
    (void)context;
    (void)window;
    return ERR_NOT_FOUND;
}

static enum err
fold_part(void *context, uint32_t thread, uint32_t window, uint32_t lane)
{
    const struct afresh *afresh = context;
    struct state_part *part = &afresh->state->parts[lane];
    struct mark mark;
    enum err err;

    (void)window;
    while ((err = marks_next(&part->marks, &mark)) == OK) {
        err = fold_marked(afresh, part, &afresh->state->folds[thread], &mark);
        if (err == OK)
            continue;
        marks_untake(&part->marks);
        return err;
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

/* What is found damaged can be mended on the way if there is but one. */
static enum err
fold_parts(struct afresh *afresh, uint32_t threads)
{
    const struct lanes_job job = { afresh, fill, fold_part };
    struct state *state = afresh->state;
    enum err err = state_open_folds(state, threads);

    if (err != OK)
        return err;
    for (uint32_t i = 0; i < threads; i++)
        state->folds[i].crowded = threads > 1;
    err = lanes_run(&job, threads);
    for (uint32_t i = 0; i < threads; i++)
        state->folds[i].crowded = false;
    return err;
}

/* Marks whom the parts have named. */
static enum err
mark_named(struct state *state, uint32_t *ret_count)
{
    struct mark mark;
    account_id account;
    enum err err = ERR_NOT_FOUND;

    *ret_count = 0;
    for (uint32_t i = 0; i < STATE_PARTS && err == ERR_NOT_FOUND; i++) {
        struct marks *named = &state->parts[i].named;
        while ((err = marks_next(named, &mark)) == OK) {
            if (!runs_key_account(runs_key_view(&mark.key), &account))
                return err_corrupt();
            err = state_mark(state, account, false);
            if (err != OK)
                return err;
        }
        marks_close(named);
    }
    for (uint32_t i = 0; i < STATE_PARTS; i++)
        *ret_count += marks_count(&state->parts[i].marks);
    return err == ERR_NOT_FOUND ? OK : err;
}

/* Histories may be behind the states (ledger_refresh.h). */
static enum err
fold_round(struct afresh *afresh, uint32_t count)
{
    struct state *state = afresh->state;
    bool alone = state->threads == 1 || !state->whole || count < FEW;
    enum err err = ledger_position(state->ledger) < afresh->position
                       ? ledger_refresh_histories(state->ledger, NULL)
                       : OK;

    if (err != OK)
        return err;
    err = fold_parts(afresh, alone ? 1 : state->threads);
    return err == ERR_CORRUPT && !alone ? fold_parts(afresh, 1) : err;
}

enum err
state_fold_afresh(struct state *state, uint64_t position)
{
    struct afresh afresh = { state, position };
    uint32_t count = 0;
    enum err err;

    while ((err = mark_named(state, &count)) == OK && count > 0) {
        err = fold_round(&afresh, count);
        if (err != OK)
            return err;
    }
    return err;
}
