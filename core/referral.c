#include "core/referral.h"

#include "core/basket.h"

/* Whether the version pays for this event by itself: its kind, its amount, a
 * card that it knows; it has referral and has not ended. */
static bool
qualifies(const struct version *version, const struct event *event,
          money eligible)
{
    if (version_ended(version, event->at_ms))
        return false;
    const struct program_referral *referral = &version->program->referral;
    bool purchases =
        referral->on == REFERRAL_PURCHASE || referral->on == REFERRAL_EITHER;
    bool stamps =
        referral->on == REFERRAL_STAMP || referral->on == REFERRAL_EITHER;

    if (event->kind == EVENT_PURCHASE)
        return purchases && eligible.minor >= referral->min_total.minor;
    if (event->kind == EVENT_STAMP)
        return stamps && program_find_stamp(version->program,
                                            event->stamp.card) != PROGRAM_NONE;
    return false;
}

bool
referral_step(struct referral_state *state, const struct version *version,
              const struct event *event, money eligible)
{
    if (event->kind == EVENT_JOIN && !state->joined) {
        state->joined = true;
        state->referrer = event->join.referrer;
        return false;
    }
    if (!state->joined || state->referrer == 0 || state->done)
        return false;
    state->done = qualifies(version, event, eligible);
    return state->done;
}

bool
referral_find(const struct timeline *timeline,
              const struct event *const *events, uint32_t count,
              struct basket *scratch, struct referral *ret_referral)
{
    struct referral_state state = { 0 };

    for (uint32_t i = 0; i < count; i++) {
        const struct event *event = events[i];
        const struct version *version = timeline_at(timeline, event->at_ms);
        money eligible = { 0 };
        assert(i == 0 || event_compare(events[i - 1], event) < 0);
        if (event->kind == EVENT_PURCHASE && state.referrer != 0) {
            basket_fill(scratch, version, event, NULL);
            eligible = scratch->eligible;
        }
        if (referral_step(&state, version, event, eligible)) {
            *ret_referral =
                (struct referral) { state.referrer, event, version };
            return true;
        }
        if (state.joined && state.referrer == 0)
            return false;
    }
    return false;
}
