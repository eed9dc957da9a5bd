#include "replay/simulate.h"

#include "core/limits.h"

#include <string.h>

enum { PROGRESS_EVERY = 1024 }; /* accounts */

/* The greater difference first; among equals the earlier account. */
static bool
comes_before(const struct simulate_change *a, const struct simulate_change *b)
{
    int64_t left = a->candidate.value - a->baseline.value;
    int64_t right = b->candidate.value - b->baseline.value;

    left = left < 0 ? -left : left;
    right = right < 0 ? -right : right;
    if (left != right)
        return left > right;
    return account_compare(a->account, b->account) < 0;
}

static void
keep_bearer(struct simulate_change *change)
{
    view code = change->account.bearer;

    assert(code.size <= sizeof change->bearer);
    if (code.size == 0)
        return;
    memmove(change->bearer, code.bytes, code.size);
    change->account.bearer.bytes = (const uint8_t *)change->bearer;
}

static void
offer(struct simulate_top *top, const struct simulate_change *change)
{
    uint32_t place = top->count;

    while (place > 0 && comes_before(change, &top->items[place - 1]))
        place--;
    if (place == SIMULATE_TOP)
        return;
    if (top->count < SIMULATE_TOP)
        top->count++;
    for (uint32_t i = top->count - 1; i > place; i--) {
        top->items[i] = top->items[i - 1];
        keep_bearer(&top->items[i]);
    }
    top->items[place] = *change;
    keep_bearer(&top->items[place]);
}

static void
compare(struct simulation *result, account_id account,
        const struct side_account *baseline,
        const struct side_account *candidate)
{
    struct simulate_change change = { .account = account,
                                      .baseline = baseline->net,
                                      .candidate = candidate->net };

    if (!baseline->begun && !candidate->begun)
        return;
    result->account_count++;
    result->tier_up += candidate->level_place > baseline->level_place;
    result->tier_down += candidate->level_place < baseline->level_place;
    if (candidate->net.value > baseline->net.value) {
        result->up++;
        offer(&result->gain, &change);
    } else if (candidate->net.value < baseline->net.value) {
        result->down++;
        offer(&result->loss, &change);
    } else {
        result->same++;
    }
}

static enum err
fold_side(struct ledger *ledger, const struct history_account *history,
          struct side *side, struct arena scratch,
          struct side_account *ret_account)
{
    const struct ledger_question question = { .known = LEDGER_KNOWN_ALL };
    struct walk_input input;

    /* The fold keeps its scratch in the copy of the arena for this call. */
    fold_use_arena(side->fold, &scratch);
    enum err err = ledger_walk_input(ledger, history, &question, side->fold,
                                     side->until_ms, &scratch, &input);
    if (err == OK)
        side_fold(side, &input, &scratch, ret_account);
    return err;
}

static enum err
take_account(struct ledger *ledger, const struct history_account *history,
             struct arena *arena, struct simulation *result)
{
    struct side_account baseline, candidate;

    for (uint32_t i = 0; i < history->event_count; i++)
        result->event_count += history->events[i]->at_ms <= result->until_ms;
    enum err err =
        fold_side(ledger, history, &result->baseline, *arena, &baseline);
    if (err == OK)
        err =
            fold_side(ledger, history, &result->candidate, *arena, &candidate);
    if (err == OK)
        compare(result, history->account, &baseline, &candidate);
    return err;
}

static enum err
take_all(struct ledger *ledger, const struct simulate_options *options,
         struct history_scan *scan, struct simulation *result)
{
    struct history_account history;
    struct arena arena;
    enum err err;

    if (!arena_open(&arena, LIMIT_ARENA_SIZE))
        return ERR_MEMORY;
    for (uint64_t count = 0;; count++) {
        arena_reset(&arena);
        if (options->progress != NULL && count % PROGRESS_EVERY == 0 &&
            !options->progress(options->context, count)) {
            err = ERR_BUSY;
            break;
        }
        err = history_scan_next(scan, &arena, &history);
        if (err == OK)
            err = take_account(ledger, &history, &arena, result);
        if (err != OK)
            break;
    }
    arena_close(&arena);
    return err == ERR_NOT_FOUND ? OK : err;
}

enum err
simulate(struct ledger *ledger, const struct simulate_options *options,
         struct arena *arena, struct simulation *ret_simulation,
         struct complaint *complaint)
{
    struct history_scan *scan = NULL;

    *ret_simulation =
        (struct simulation) { .until_ms = options->span.until_ms };
    side_open(&ret_simulation->baseline, options->baseline, &options->span,
              arena);
    side_open(&ret_simulation->candidate, options->candidate, &options->span,
              arena);
    enum err err = ledger_scan(ledger, LEDGER_KNOWN_ALL, &scan, complaint);
    if (err != OK)
        return err;
    err = take_all(ledger, options, scan, ret_simulation);
    history_scan_close(scan);
    side_sort_months(&ret_simulation->baseline);
    side_sort_months(&ret_simulation->candidate);
    return err;
}
