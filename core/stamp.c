/*
 * stamp.c - stamp cards (see stamp.h)
 *
 * A purchase may bring millions of stamps, so that full cards are counted by
 * division, not one by one.
 */
#include "core/stamp.h"

#include "core/voucher.h"

static struct effect *
note(const struct scene *scene, int32_t card, int32_t partner, int64_t count)
{
    struct effect *effect = scene_effect(scene, MEASURE_STAMPS, partner, count);

    effect->name = card;
    return effect;
}

void
stamp_add(const struct scene *scene, int32_t place, int64_t count)
{
    const struct stamp_card *card = &scene->version->program->stamps[place];
    int32_t number = version_number(scene->version, NAME_CARD, place);
    struct stamp_state *state = account_stamp_make(scene->account, number);

    assert(count >= 1);
    note(scene, number, scene->partner, count);
    state->count += count;
    if (state->count < card->need)
        return;
    int64_t full = state->count / card->need;
    state->count -= full * card->need;
    if (card->reward != PROGRAM_NONE) {
        const struct voucher_issue issue = {
            .reward = version_number(scene->version, NAME_REWARD, card->reward),
            .issuer = scene->partner,
            .count = full,
            .source = SOURCE_CARD,
            .source_number = number,
        };
        voucher_issue(scene, &issue);
        return;
    }
    points given = book_times(full, card->points, (points) { LIMIT_POINTS });
    state->times += full;
    state->given = points_add(state->given, given);
    book_earn_by(scene, scene->timeline->rule_of[NAME_CARD][number], given);
}

/* How many full cards must be undone so that the count is not negative. */
static int64_t
cards_below(int64_t count, int32_t need)
{
    return count >= 0 ? 0 : (-count + need - 1) / need;
}

void
stamp_take(const struct scene *scene, const struct book_undo *undo,
           int32_t place, int64_t count)
{
    const struct stamp_card *card = &undo->version->program->stamps[place];
    int32_t number = version_number(undo->version, NAME_CARD, place);
    struct stamp_state *state = account_stamp_make(scene->account, number);

    assert(count >= 1);
    note(scene, number, undo->issuer, -count)->store = undo->store;
    state->count -= count;
    int64_t below = cards_below(state->count, card->need);
    if (below == 0)
        return;
    if (card->reward != PROGRAM_NONE) {
        const struct voucher_match match = {
            .reward = version_number(undo->version, NAME_REWARD, card->reward),
            .source = SOURCE_CARD,
            .source_number = number,
            .since_ms = ACCOUNT_NEVER_YET,
        };
        int64_t taken = voucher_withdraw(scene, &match, below);
        state->count += taken * card->need;
        return;
    }
    int64_t times = below < state->times ? below : state->times;
    points back = book_times(times, card->points, state->given);
    state->count += times * card->need;
    state->times -= times;
    state->given = points_sub(state->given, back);
    book_withdraw(scene, undo, back);
}
