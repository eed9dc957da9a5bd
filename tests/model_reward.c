/*
 * model_reward.c - stamp cards, spend rewards, tiers and the monthly bonus
 */
#include "tests/model_parts.h"

static const int64_t POINTS_MAX = 1000000000;

static struct card *
card_of(struct model *model, view id)
{
    for (uint32_t i = 0; i < model->cards.count; i++)
        if (model_same(model->cards.items[i].id, id))
            return &model->cards.items[i];
    PUSH(model, &model->cards, (struct card) { .id = id });
    return &model->cards.items[model->cards.count - 1];
}

/* What `times` full cards or rewards give in points: a rule gives at most 10^9
 * on one event. */
static int64_t
all_points(int64_t times, int64_t each, int64_t most)
{
    int128 sum = (int128)times * each;

    return sum > most ? most : (int64_t)sum;
}

void
model_add_stamps(struct model *model, const struct version_entry *version,
                 const struct stamp_card *card, int64_t count, uint32_t store)
{
    struct card *state = card_of(model, card->id);
    view source = model_joined_name(model, "stamp.", card->id);
    view partner = model_partner_of(version, store);

    if (count == 0)
        return;
    state->count += count;
    if (state->count < card->need)
        return;
    int64_t times = state->count / card->need;
    state->count -= times * card->need;
    if (card->reward == PROGRAM_NONE) {
        int64_t worth = all_points(times, card->points.value, POINTS_MAX);
        state->times += times;
        state->given += worth;
        model_earn_points(model, &(struct earned) { source, partner, store,
                                                    worth, version, NULL });
    } else {
        model_issue_tickets(
            model, &(struct issue) { version->program->rewards[card->reward].id,
                                     partner, store, source, times, version });
    }
}

/* The one issued last of those of that reward from that source, in this
 * window; -1: none is held. */
static int
last_ticket(const struct model *model, view source, view reward,
            const struct spending *window)
{
    int found = -1;

    for (uint32_t i = 0; i < model->tickets.count; i++) {
        const struct ticket *ticket = &model->tickets.items[i];
        if (!model_same(ticket->source, source) ||
            !model_same(ticket->reward, reward))
            continue;
        if (window != NULL &&
            (ticket->step < window->since ||
             (window->by_year && ticket->year != window->year)))
            continue;
        if (found < 0 || ticket->order > model->tickets.items[found].order)
            found = (int)i;
    }
    return found;
}

static void
drop_ticket(struct model *model, int place)
{
    model_row_voucher(model, model->tickets.items[place].reward, -1);
    DROP(&model->tickets, (uint32_t)place);
}

/* Withdraws what so many full cards or rewards gave in points, but no more
 * than was given; returns the points. */
static int64_t
withdraw_points(struct model *model, const struct undo *undo, int64_t worth)
{
    model_withdraw(model, &(struct withdrawn) { worth, NULL, undo->partner,
                                                undo->store, undo->version });
    return worth;
}

/* How often `each` goes into what is missing, rounded up. */
static int64_t
times_below(int64_t below, int64_t each)
{
    return (-below + each - 1) / each;
}

void
model_take_stamps(struct model *model, const struct undo *undo,
                  const struct stamp_card *card, int64_t count)
{
    struct card *state = card_of(model, card->id);
    view source = model_joined_name(model, "stamp.", card->id);

    if (count == 0)
        return;
    state->count -= count;
    if (state->count < 0 && card->reward == PROGRAM_NONE) {
        int64_t times = times_below(state->count, card->need);
        if (times > state->times)
            times = state->times;
        state->times -= times;
        state->count += times * card->need;
        state->given -= withdraw_points(
            model, undo, all_points(times, card->points.value, state->given));
    }
    while (state->count < 0 && card->reward != PROGRAM_NONE) {
        int place =
            last_ticket(model, source,
                        undo->version->program->rewards[card->reward].id, NULL);
        if (place < 0)
            break;
        drop_ticket(model, place);
        state->count += card->need;
    }
}

void
model_add_spend(struct model *model, uint32_t store, int32_t month,
                int64_t amount)
{
    for (uint32_t i = 0; i < model->months.count; i++)
        if (model->months.items[i].month == month &&
            model->months.items[i].store == store) {
            model->months.items[i].spend += amount;
            return;
        }
    PUSH(model, &model->months, (struct month_store) { month, store, amount });
}

int64_t
model_spend_of(const struct model *model, int32_t first, int32_t last)
{
    int64_t sum = 0;

    for (uint32_t i = 0; i < model->months.count; i++)
        if (first <= model->months.items[i].month &&
            model->months.items[i].month <= last)
            sum += model->months.items[i].spend;
    return sum;
}

/* The state of a spend reward in the window of the instant at hand. */
struct spending *
model_current_spending(struct model *model, const struct spend_reward *rule)
{
    int32_t year = model_year_of(model, model->now_ms);

    for (uint32_t i = 0; i < model->spendings.count; i++) {
        struct spending *state = &model->spendings.items[i];
        if (!model_same(state->id, rule->id))
            continue;
        if (state->by_year && state->year != year)
            *state = (struct spending) { .id = rule->id,
                                         .by_year = true,
                                         .year = year };
        return state;
    }
    PUSH(model, &model->spendings,
         (struct spending) {
             .id = rule->id, .by_year = rule->window_year, .year = year });
    return &model->spendings.items[model->spendings.count - 1];
}

void
model_add_progress(struct model *model, const struct version_entry *version,
                   const struct spend_reward *rule, int64_t amount,
                   uint32_t store)
{
    struct spending *state = model_current_spending(model, rule);
    view source = model_joined_name(model, "spend.", rule->id);
    view partner = model_partner_of(version, store);

    state->progress += amount;
    int64_t times = state->progress < rule->spend.minor
                        ? 0
                        : state->progress / rule->spend.minor;
    if (!rule->repeat && times > 0)
        times = state->times == 0 ? 1 : 0;
    if (times == 0)
        return;
    state->progress -= times * rule->spend.minor;
    state->times += times;
    if (rule->reward == PROGRAM_NONE) {
        int64_t worth = all_points(times, rule->points.value, POINTS_MAX);
        state->paid += times;
        state->given += worth;
        model_earn_points(model, &(struct earned) { source, partner, store,
                                                    worth, version, NULL });
    } else {
        model_issue_tickets(
            model, &(struct issue) { version->program->rewards[rule->reward].id,
                                     partner, store, source, times, version });
    }
}

void
model_take_progress(struct model *model, const struct undo *undo,
                    const struct spend_reward *rule, int64_t amount)
{
    struct spending *state = model_current_spending(model, rule);
    view source = model_joined_name(model, "spend.", rule->id);

    if (amount == 0)
        return;
    state->progress -= amount;
    if (state->progress < 0 && rule->reward == PROGRAM_NONE) {
        int64_t times = times_below(state->progress, rule->spend.minor);
        if (times > state->paid)
            times = state->paid;
        state->paid -= times;
        state->times -= times;
        state->progress += times * rule->spend.minor;
        state->given -= withdraw_points(
            model, undo, all_points(times, rule->points.value, state->given));
    }
    while (state->progress < 0 && rule->reward != PROGRAM_NONE) {
        int place = last_ticket(
            model, source, undo->version->program->rewards[rule->reward].id,
            state);
        if (place < 0)
            break;
        drop_ticket(model, place);
        state->times--;
        state->progress += rule->spend.minor;
    }
}

int32_t
model_window_first(const struct program_tiers *tiers, int32_t month)
{
    if (tiers->window_months > 0)
        return month - tiers->window_months + 1;
    return month / 12 * 12;
}

/* By the tiers of that version; 0 without. */
int64_t
model_window_spend(const struct model *model,
                   const struct version_entry *version, int64_t at_ms)
{
    int32_t month = model_month_of(model, at_ms);

    if (version == NULL || version->program->tiers.count == 0)
        return 0;
    const struct program_tiers *tiers = &version->program->tiers;
    int32_t last = tiers->window_months > 0 ? month : month / 12 * 12 + 11;
    return model_spend_of(model, model_window_first(tiers, month), last);
}

/* The highest level with `from` at most that. */
uint32_t
model_supported_level(const struct program_tiers *tiers, int64_t spend)
{
    uint32_t found = 0;

    for (uint32_t i = 1; i < tiers->count; i++)
        if (tiers->levels[i].from.minor <= spend)
            found = i;
    return found;
}

/* The level is reached now, judged by the window of `judged_ms`. */
void
model_change_level(struct model *model, const struct version_entry *version,
                   uint32_t place, int64_t judged_ms)
{
    const struct program_tiers *tiers = &version->program->tiers;
    int32_t month = model_month_of(model, judged_ms);

    model->level = (struct held_level) {
        .id = tiers->levels[place].id,
        .since_ms = model->now_ms,
        .until_ms =
            place == 0 ? NEVER : model_tier_end(model, tiers, model->now_ms),
        .qualifying = model_window_spend(model, version, judged_ms),
        .first_month = model_window_first(tiers, month),
        .last_month = tiers->window_months > 0 ? month : month / 12 * 12 + 11,
        .step = model->step,
    };
}

void
model_judge_purchase(struct model *model, const struct version_entry *version,
                     uint32_t store)
{
    const struct program *program = version->program;

    if (program->tiers.count == 0)
        return;
    int32_t held = model_level_place(version, model->level.id);
    assert(held >= 0);
    uint32_t earned = model_supported_level(
        &program->tiers, model_window_spend(model, version, model->now_ms));
    if ((int32_t)earned > held) {
        const struct tier_level *level = &program->tiers.levels[earned];
        model_change_level(model, version, earned, model->now_ms);
        if (level->reward != PROGRAM_NONE &&
            !model_ended(model, version, model->now_ms))
            model_issue_tickets(
                model, &(struct issue) { program->rewards[level->reward].id,
                                         model_partner_of(version, store),
                                         store,
                                         { NULL, 0 },
                                         1,
                                         version });
    } else if ((int32_t)earned == held && held > 0) {
        int64_t until = model_tier_end(model, &program->tiers, model->now_ms);
        if (until > model->level.until_ms)
            model->level.until_ms = until;
    }
}

int64_t
model_bonus_points(const struct model *model,
                   const struct version_entry *version, int32_t month,
                   int64_t spend)
{
    const struct bonus_step *step = NULL;

    if (version == NULL || spend <= 0)
        return 0;
    const struct program *program = version->program;
    if (calendar_month_first_day(month) > program->ends)
        return 0;
    (void)model;
    for (uint32_t i = 0; i < program->bonus_step_count; i++)
        if (program->bonus_steps[i].from.minor <= spend)
            step = &program->bonus_steps[i];
    if (step == NULL)
        return 0;
    /* cents/100 x thousandths/1000/100 / (micro/10^6) */
    int128 worth = (int128)spend * step->percent /
                   ((int128)10 * program->points.value.micro);
    return worth > 1000000000 ? 1000000000 : (int64_t)worth;
}
