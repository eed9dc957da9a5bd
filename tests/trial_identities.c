/*
 * trial_identities.c - what must hold after every step (SETTLEMENT.md,
 * "Clearing matrix")
 */
#include "tests/trial_state.h"

enum { PARTNERS = 16 };

struct tally {
    int64_t issued[PARTNERS];
    int64_t expired[PARTNERS];
    int64_t withdrawn[PARTNERS];
    int64_t row[PARTNERS];  /* sum over acceptors of M[I][A] */
    int64_t paid[PARTNERS]; /* M[I][debt] */
};

static void
add_effects(struct tally *tally, const struct timeline *timeline,
            const struct effect_list *effects)
{
    for (uint32_t i = 0; i < effects->count; i++) {
        const struct effect *effect = &effects->items[i];
        if (effect->measure == MEASURE_ISSUED)
            tally->issued[effect->partner] += effect->amount;
        if (effect->measure == MEASURE_EXPIRED)
            tally->expired[effect->partner] += effect->amount;
        if (effect->measure == MEASURE_WITHDRAWN)
            tally->withdrawn[effect->partner] += effect->amount;
        if (effect->measure != MEASURE_CLEARING)
            continue;
        tally->row[effect->partner] += effect->amount;
        if (effect->other == timeline->partner_debt)
            tally->paid[effect->partner] += effect->amount;
    }
}

static bool
holds(struct trial *trial, const struct tally *tally,
      const struct account *account, uint32_t step)
{
    const struct timeline *timeline = trial->timeline;
    int64_t paid = 0;

    for (int32_t i = 0; i < (int32_t)timeline->names[NAME_PARTNER].count; i++) {
        int64_t outstanding = 0;
        if (i == timeline->partner_debt)
            continue;
        for (uint32_t k = 0; k < account->lots.count; k++)
            if (account->lots.items[k].key.partner == i)
                outstanding += account->lots.items[k].left.value;
        if (tally->issued[i] != outstanding + tally->expired[i] +
                                    tally->withdrawn[i] + tally->row[i])
            return trial_differs(trial, "step %u: issued of partner %d\n", step,
                                 i);
        paid += tally->paid[i];
    }
    int32_t debt = timeline->partner_debt;
    if (account->debt.value != tally->row[debt] + tally->withdrawn[debt] - paid)
        return trial_differs(trial, "step %u: debt\n", step);
    if (account->debt.value > 0 && account->lots.count > 0)
        return trial_differs(trial, "step %u: both debt and lots\n", step);
    return true;
}

bool
trial_check_identities(struct trial *trial)
{
    struct tally tally = { 0 };
    struct walk walk;
    bool good = true;
    uint32_t step = 0;

    assert(trial->timeline->names[NAME_PARTNER].count <= PARTNERS);
    trial_walk(trial, trial->event_count, trial->made->until_ms, &walk);
    while (good && walk_next(&walk)) {
        add_effects(&tally, trial->timeline, walk.step.effects);
        good = holds(trial, &tally, &walk.account, step++);
    }
    return good;
}
