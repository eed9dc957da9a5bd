/*
 * model_return.c - goods that came back, with a receipt and without
 */
#include "tests/model_parts.h"

static bool
something_left(const struct bought *bought)
{
    for (uint32_t i = 0; i < bought->lines.count; i++)
        if (bought->lines.items[i].amount > 0)
            return true;
    return false;
}

static struct bought *
find_purchase(struct model *model, const struct event *event)
{
    for (uint32_t i = model->purchases_made.count; i-- > 0;) {
        struct bought *bought = &model->purchases_made.items[i];
        if (!model_same(bought->event->sale.receipt, event->sale.receipt))
            continue;
        if (event->sale.from_store != 0 &&
            event->sale.from_store != bought->event->store)
            continue;
        if (event->sale.bought_on != EVENT_NO_DAY &&
            event->sale.bought_on != bought->context.day)
            continue;
        if (something_left(bought))
            return bought;
    }
    return NULL;
}

/* Takes the refund off the lines; returns the cents that count, and of them
 * those that are eligible. */
static int64_t
take_refund(struct bought *bought, const struct event *event,
            int64_t *ret_eligible)
{
    int64_t sum = 0;
    uint32_t count = event->sale.line_count;
    bool all = count == 0;

    *ret_eligible = 0;
    if (all)
        count = bought->lines.count;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t index = all ? i : event->sale.lines[i].index;
        if (index >= bought->lines.count)
            continue;
        struct line *line = &bought->lines.items[index];
        int64_t refund = all ? line->amount : event->sale.lines[i].amount.minor;
        if (refund > line->amount)
            refund = line->amount;
        if (refund <= 0)
            continue;
        if (model_eligible(bought->version, line))
            *ret_eligible += refund;
        line->amount -= refund;
        sum += refund;
    }
    return sum;
}

static int64_t
share_of_issuer(const struct gains *gains, view issuer)
{
    for (uint32_t i = 0; i < gains->shares.count; i++)
        if (model_same(gains->shares.items[i].issuer, issuer))
            return gains->shares.items[i].points;
    return 0;
}

/* The difference in points, issuer by issuer in byte order. */
static void
change_share(struct model *model, const struct bought *bought,
             const struct gains *now, view issuer, uint32_t store)
{
    int64_t before = share_of_issuer(&bought->gains, issuer);
    int64_t after = share_of_issuer(now, issuer);
    struct key key = { bought->available_at, bought->expires_at, issuer };

    if (after < before)
        model_withdraw(model, &(struct withdrawn) {
                                  before - after, &key, issuer,
                                  bought->event->store, bought->version });
    if (after > before)
        model_earn_points(
            model, &(struct earned) { { NULL, 0 },
                                      issuer,
                                      store,
                                      after - before,
                                      model_version_at(model, model->now_ms),
                                      NULL });
}

static void
change_shares(struct model *model, const struct bought *bought,
              const struct gains *now, uint32_t store)
{
    LIST(view) issuers = { NULL, 0 };

    for (uint32_t i = 0; i < bought->gains.shares.count; i++)
        PUSH(model, &issuers, bought->gains.shares.items[i].issuer);
    for (uint32_t i = 0; i < now->shares.count; i++)
        if (share_of_issuer(&bought->gains, now->shares.items[i].issuer) == 0)
            PUSH(model, &issuers, now->shares.items[i].issuer);
    while (issuers.count > 0) {
        uint32_t first = 0;
        for (uint32_t i = 1; i < issuers.count; i++)
            if (model_order(issuers.items[i], issuers.items[first]) < 0)
                first = i;
        view issuer = issuers.items[first];
        DROP(&issuers, first);
        change_share(model, bought, now, issuer, store);
    }
}

static bool
in_window(struct model *model, const struct bought *bought,
          const struct spend_reward *rule)
{
    const struct spending *state = model_current_spending(model, rule);

    if (bought->step < state->since)
        return false;
    return !state->by_year ||
           state->year == model_year_of(model, bought->event->at_ms);
}

/* Everything that rules gave for the purchase, looked at again. */
static void
evaluate_again(struct model *model, struct bought *bought,
               const int64_t *stamps_before, int64_t refund, uint32_t store)
{
    const struct version_entry *version = bought->version;
    const struct program *program = version->program;
    struct undo undo = { version, bought->partner, bought->event->store };
    struct earning earning = { .version = version,
                               .context = &bought->context,
                               .evaluation = AGAIN,
                               .on = EARN_ON_PURCHASE,
                               .lines = bought->lines.items,
                               .line_count = bought->lines.count,
                               .stopped = bought->gains.stopped.items,
                               .stopped_count = bought->gains.stopped.count };
    struct gains now = model_earn(model, &earning);

    change_shares(model, bought, &now, store);
    bought->gains.shares.items = now.shares.items;
    bought->gains.shares.count = now.shares.count;
    if (model_ended(model, version, bought->event->at_ms))
        return;
    for (uint32_t i = 0; i < program->stamp_count; i++)
        model_take_stamps(model, &undo, &program->stamps[i],
                          stamps_before[i] -
                              model_stamps_for(&earning, &program->stamps[i]));
    for (uint32_t i = 0; i < program->spend_reward_count; i++)
        if (in_window(model, bought, &program->spend_rewards[i]))
            model_take_progress(model, &undo, &program->spend_rewards[i],
                                refund);
}

static const int64_t *
count_stamps(struct model *model, const struct bought *bought)
{
    if (bought->version == NULL)
        return NULL;
    const struct program *program = bought->version->program;
    int64_t *stamps =
        ARENA_NEW(&model->arena, int64_t, program->stamp_count + 1);
    struct earning earning = { .version = bought->version,
                               .context = &bought->context,
                               .lines = bought->lines.items,
                               .line_count = bought->lines.count };
    for (uint32_t i = 0; i < program->stamp_count; i++)
        stamps[i] = model_stamps_for(&earning, &program->stamps[i]);
    return stamps;
}

static void
judge_return(struct model *model, const struct bought *bought, int64_t refund)
{
    const struct version_entry *version =
        model_version_at(model, model->now_ms);

    if (version == NULL || version->program->tiers.count == 0)
        return;
    const struct program_tiers *tiers = &version->program->tiers;
    int32_t held = model_level_place(version, model->level.id);
    int32_t month = model_month_of(model, bought->event->at_ms);
    assert(held >= 0);
    if (model->level.since_ms != NOT_YET && model->level.step >= bought->step &&
        model->level.first_month <= month && month <= model->level.last_month)
        model->level.qualifying -= refund;
    int64_t spend = model_window_spend(model, version, model->now_ms);
    int64_t from = tiers->levels[held].from.minor;
    if (held > 0 && model->level.qualifying < from && spend < from)
        model_change_level(model, version, model_supported_level(tiers, spend),
                           model->now_ms);
}

/* The bonus of the purchase's month, if it has been given, on less spend. */
static void
withdraw_bonus(struct model *model, const struct bought *bought, int64_t refund)
{
    int32_t month = model_month_of(model, bought->event->at_ms);
    int64_t end = model_month_end(model, month);

    if (end > model->now_ms)
        return;
    const struct version_entry *version = model_version_at(model, end - 1);
    int64_t spend = model_spend_of(model, month, month);
    int64_t before = model_bonus_points(model, version, month, spend + refund);
    int64_t after = model_bonus_points(model, version, month, spend);
    model_withdraw(
        model, &(struct withdrawn) { before - after, NULL, bought->partner,
                                     bought->event->store, bought->version });
}

static void
take_receipt(struct model *model, const struct event *event)
{
    const struct version_entry *version = model_version_at(model, event->at_ms);
    struct bought *bought = find_purchase(model, event);
    int64_t refund;

    if (bought == NULL) {
        model->row.unmatched = true;
        return;
    }
    const int64_t *stamps = count_stamps(model, bought);
    int64_t sum = take_refund(bought, event, &refund);
    if (version != NULL) {
        view partner = model_partner_of(version, event->store);
        model_add_sum(model, "returns", partner, event->store, 1);
        model_add_sum(model, "refunds", partner, event->store, sum);
    }
    if (bought->version != NULL)
        evaluate_again(model, bought, stamps, refund, event->store);
    model_add_spend(model, bought->event->store,
                    model_month_of(model, bought->event->at_ms), -refund);
    judge_return(model, bought, refund);
    withdraw_bonus(model, bought, refund);
}

static void
take_blind(struct model *model, const struct event *event)
{
    const struct version_entry *version = model_version_at(model, event->at_ms);
    view partner = model_partner_of(version, event->store);
    struct context context = model_context_now(model, event->store);
    struct line *lines;
    uint32_t count;

    model_lines_of(model, event, &lines, &count);
    int64_t refund = model_eligible_sum(version, lines, count);
    model_add_spend(model, event->store, model_month_of(model, event->at_ms),
                    -refund);
    if (version == NULL)
        return;
    model_add_sum(model, "returns", partner, event->store, 1);
    model_add_sum(model, "refunds", partner, event->store,
                  event->sale.total.minor);
    if (model_ended(model, version, event->at_ms))
        return;
    struct gains gains =
        model_earn(model, &(struct earning) { .version = version,
                                              .context = &context,
                                              .evaluation = BLIND,
                                              .on = EARN_ON_PURCHASE,
                                              .lines = lines,
                                              .line_count = count });
    for (uint32_t i = 0; i < gains.shares.count; i++)
        model_withdraw(model,
                       &(struct withdrawn) { gains.shares.items[i].points, NULL,
                                             gains.shares.items[i].issuer,
                                             event->store, version });
    for (uint32_t i = 0; i < version->program->spend_reward_count; i++)
        model_take_progress(model,
                            &(struct undo) { version, partner, event->store },
                            &version->program->spend_rewards[i], refund);
}

void
model_take_return(struct model *model, const struct event *event)
{
    if (event->sale.receipt.size == 0)
        take_blind(model, event);
    else
        take_receipt(model, event);
}
