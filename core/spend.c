/*
 * spend.c - spend rewards (see spend.h)
 *
 * A window is known by the instant at which it began: what was bought or
 * issued before belongs to another one.
 */
#include "core/spend.h"

#include "core/voucher.h"

static int32_t
year_of(int32_t day)
{
    return calendar_civil(day).year;
}

static void
start_window(struct spend_state *state, int64_t since_ms, int32_t year)
{
    state->since_ms = since_ms;
    state->year = year;
    state->progress = (money) { 0 };
    state->times = 0;
    state->paid = 0;
    state->given = (points) { 0 };
}

/* A calendar year that has begun since starts from 0. */
static void
enter_year(const struct scene *scene, struct spend_state *state, int32_t year)
{
    if (!state->by_year || state->year == year)
        return;
    int32_t first = calendar_day((civil) { year, 1, 1 });
    start_window(state, zone_midnight_ms(&scene->timeline->zone, first), year);
}

static void
give(const struct scene *scene, const struct spend_reward *reward,
     struct spend_state *state, int64_t times)
{
    state->progress.minor -= times * reward->spend.minor;
    state->times += times;
    if (reward->reward != PROGRAM_NONE) {
        const struct voucher_issue issue = {
            .reward =
                version_number(scene->version, NAME_REWARD, reward->reward),
            .issuer = scene->partner,
            .count = times,
            .source = SOURCE_SPEND,
            .source_number = state->spend,
        };
        voucher_issue(scene, &issue);
        return;
    }
    points given = book_times(times, reward->points, (points) { LIMIT_POINTS });
    state->paid += times;
    state->given = points_add(state->given, given);
    book_earn_by(scene, scene->timeline->rule_of[NAME_SPEND][state->spend],
                 given);
}

void
spend_add(const struct scene *scene, money eligible)
{
    const struct program *program = scene->version->program;

    for (uint32_t i = 0; i < program->spend_reward_count; i++) {
        const struct spend_reward *reward = &program->spend_rewards[i];
        int32_t year = year_of(scene->moment.day);
        bool made = false;
        struct spend_state *state = account_spend_make(
            scene->account,
            version_number(scene->version, NAME_SPEND, (int32_t)i), &made);
        if (made) {
            state->by_year = reward->window_year;
            start_window(state, ACCOUNT_NEVER_YET, year);
        }
        enter_year(scene, state, year);
        state->progress = money_add(state->progress, eligible);
        int64_t times = state->progress.minor < reward->spend.minor
                            ? 0
                            : state->progress.minor / reward->spend.minor;
        if (!reward->repeat && times > 0)
            times = state->times > 0 ? 0 : 1;
        if (times > 0)
            give(scene, reward, state, times);
    }
}

/* Takes back what the reward gave in this window until the progress is not
 * negative or there is nothing left. */
static void
take_back(const struct scene *scene, const struct book_undo *undo,
          const struct spend_reward *reward, struct spend_state *state)
{
    int64_t spend = reward->spend.minor;
    int64_t below = (-state->progress.minor + spend - 1) / spend;
    int64_t taken;

    if (reward->reward != PROGRAM_NONE) {
        const struct voucher_match match = {
            .reward =
                version_number(undo->version, NAME_REWARD, reward->reward),
            .source = SOURCE_SPEND,
            .source_number = state->spend,
            .since_ms = state->since_ms,
        };
        taken = voucher_withdraw(scene, &match, below);
    } else {
        taken = below < state->paid ? below : state->paid;
        points back = book_times(taken, reward->points, state->given);
        state->paid -= taken;
        state->given = points_sub(state->given, back);
        book_withdraw(scene, undo, back);
    }
    state->times -= taken;
    state->progress.minor += taken * spend;
}

void
spend_take(const struct scene *scene, const struct book_undo *undo,
           int64_t bought_ms, money eligible)
{
    const struct program *program = undo->version->program;

    if (eligible.minor == 0)
        return;
    for (uint32_t i = 0; i < program->spend_reward_count; i++) {
        int32_t year = year_of(scene->moment.day);
        bool made = false;
        struct spend_state *state = account_spend_make(
            scene->account,
            version_number(undo->version, NAME_SPEND, (int32_t)i), &made);
        if (made) {
            state->by_year = program->spend_rewards[i].window_year;
            start_window(state, ACCOUNT_NEVER_YET, year);
        }
        enter_year(scene, state, year);
        if (bought_ms < state->since_ms)
            continue;
        state->progress = money_sub(state->progress, eligible);
        if (state->progress.minor < 0)
            take_back(scene, undo, &program->spend_rewards[i], state);
    }
}

void
spend_version(const struct scene *scene)
{
    struct account *account = scene->account;

    for (uint32_t i = 0; i < account->spends.count; i++) {
        struct spend_state *state = &account->spends.items[i];
        int32_t place = version_place(scene->version, NAME_SPEND, state->spend);
        if (place == PROGRAM_NONE)
            continue;
        bool by_year =
            scene->version->program->spend_rewards[place].window_year;
        if (by_year == state->by_year)
            continue;
        state->by_year = by_year;
        start_window(state, scene->moment.at_ms, year_of(scene->moment.day));
    }
}

money
spend_progress(const struct spend_state *state, int32_t day)
{
    if (state->by_year && state->year != year_of(day))
        return (money) { 0 };
    return state->progress;
}
