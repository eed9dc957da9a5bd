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

static bool
same_effect(const struct effect *a, const struct effect *b)
{
    return a->measure == b->measure && a->partner == b->partner &&
           a->other == b->other && a->store == b->store && a->name == b->name &&
           a->amount == b->amount && a->money.value == b->money.value;
}

/* The index of the next effect that is no miss. */
static uint32_t
skip_misses(const struct effect_list *list, uint32_t index)
{
    while (index < list->count && list->items[index].measure == MEASURE_MISS)
        index++;
    return index;
}

bool
trial_same_effects(const struct effect_list *a, const struct effect_list *b)
{
    uint32_t i = skip_misses(a, 0);
    uint32_t k = skip_misses(b, 0);

    while (i < a->count && k < b->count) {
        if (!same_effect(&a->items[i], &b->items[k]))
            return false;
        i = skip_misses(a, i + 1);
        k = skip_misses(b, k + 1);
    }
    return i == a->count && k == b->count;
}

bool
trial_check_identities(struct trial *trial)
{
    struct tally tally = { 0 };
    struct walk walk;
    struct walk why;
    bool good = true;
    uint32_t step = 0;

    assert(trial->timeline->names[NAME_PARTNER].count <= PARTNERS);
    trial_walk(trial, trial->event_count, trial->made->until_ms, &walk);
    trial_walk_why(trial, &why);
    while (good && walk_next(&walk)) {
        if (!walk_next(&why) ||
            !trial_same_effects(walk.step.effects, why.step.effects))
            return trial_differs(trial, "step %u: asking why\n", step);
        add_effects(&tally, trial->timeline, walk.step.effects);
        good = holds(trial, &tally, &walk.account, step++);
    }
    return good;
}
