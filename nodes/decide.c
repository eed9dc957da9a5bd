#include "nodes/decide.h"

enum { MICRO_PER_CENT = 10000 };
#define DAY_MS INT64_C(86400000)

static const char *const NAMES[] = {
    [VERDICT_GRANTED] = "granted",
    [VERDICT_UNKNOWN] = "unknown",
    [VERDICT_BELOW_MINIMUM] = "below_minimum",
    [VERDICT_TOO_LITTLE] = "too_little",
    [VERDICT_TOO_OLD] = "too_old",
    [VERDICT_OFFLINE_LIMIT] = "offline_limit",
    [VERDICT_CONFLICT] = "conflict",
};
static_assert(COUNT_OF(NAMES) == VERDICT_COUNT, "a name for every verdict");

const char *
decide_verdict_name(enum verdict verdict)
{
    assert((unsigned)verdict < VERDICT_COUNT);
    return NAMES[verdict];
}

money
decide_points_value(const struct version *version, points count)
{
    if (version == NULL)
        return (money) { 0 };
    assert(count.value >= 0);
    int128 micros =
        micro_of_points(count, version->program->points.value).value;
    return (
        money) { (int64_t)((micros + MICRO_PER_CENT - 1) / MICRO_PER_CENT) };
}

static const struct program_reward *
find_reward(const struct version *version, view reward)
{
    if (version == NULL)
        return NULL;
    int32_t place = program_find_reward(version->program, reward);
    return place == PROGRAM_NONE ? NULL : &version->program->rewards[place];
}

money
decide_reward_value(const struct version *version, view reward)
{
    const struct program_reward *found = find_reward(version, reward);

    return found == NULL ? (money) { 0 } : found->value;
}

static bool
holds_voucher(const struct timeline *timeline, const struct account *account,
              const struct decide_command *command)
{
    int32_t number = timeline_find(timeline, NAME_REWARD, command->reward);
    int64_t count = 0;

    for (uint32_t i = 0; i < account->vouchers.count; i++)
        if (account->vouchers.items[i].reward == number)
            count += account->vouchers.items[i].count;
    return count > command->vouchers_held;
}

/* Refusals that hold whoever decides. */
static enum verdict
judge(const struct decide_command *command, const struct decision *decision,
      const struct program_reward *reward)
{
    bool is_points = command->points.value > 0;

    if (decision->by_voucher)
        return VERDICT_GRANTED;
    if (!is_points && reward == NULL)
        return VERDICT_UNKNOWN;
    if (is_points && command->points.value < decision->minimum.value)
        return VERDICT_BELOW_MINIMUM;
    if (!is_points && reward->price.value == 0)
        return VERDICT_TOO_LITTLE;
    if (decision->points.value > decision->available.value)
        return VERDICT_TOO_LITTLE;
    return VERDICT_GRANTED;
}

/* What binds a node without the hub's answer. */
static enum verdict
judge_offline(const struct version *version,
              const struct decide_command *command, struct decision *decision,
              int64_t now_ms)
{
    const struct program_offline *offline =
        version == NULL ? NULL : &version->program->offline;

    if (offline == NULL || !offline->given)
        return VERDICT_OFFLINE_LIMIT;
    decision->limit = offline->max_value;
    decision->limit_used = command->granted_today;
    decision->age_days_max = offline->max_age_days;
    decision->age_ms =
        command->state_ms > 0 ? now_ms - command->state_ms : INT64_MAX;
    decision->limit_left = money_max(
        money_sub(offline->max_value, command->granted_today), (money) { 0 });
    if (decision->age_ms > offline->max_age_days * DAY_MS)
        return VERDICT_TOO_OLD;
    if (decision->value.minor > decision->limit_left.minor)
        return VERDICT_OFFLINE_LIMIT;
    return VERDICT_GRANTED;
}

struct decision
decide_redemption(const struct timeline *timeline,
                  const struct account *account,
                  const struct decide_command *command, int64_t now_ms)
{
    const struct version *version = timeline_at(timeline, now_ms);
    const struct program_reward *reward = find_reward(version, command->reward);
    bool is_points = command->points.value > 0;
    struct decision decision = {
        .points = command->points,
        .available = points_sub(lot_available(&account->lots, now_ms),
                                command->points_held),
    };

    assert(is_points != (command->reward.size > 0));
    if (version != NULL)
        decision.minimum = version->program->points.min_redemption;
    if (!account->begun) {
        decision.verdict = VERDICT_UNKNOWN;
        return decision;
    }
    if (!is_points) {
        decision.by_voucher = holds_voucher(timeline, account, command);
        if (!decision.by_voucher && reward != NULL)
            decision.points = reward->price;
    }
    decision.value = is_points ? decide_points_value(version, command->points)
                               : decide_reward_value(version, command->reward);
    decision.verdict = judge(command, &decision, reward);
    if (decision.verdict == VERDICT_GRANTED && command->offline)
        decision.verdict = judge_offline(version, command, &decision, now_ms);
    return decision;
}
