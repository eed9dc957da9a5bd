/*
 * model_event.c - what each kind of event does
 */
#include "tests/model_parts.h"

/* The lines of a receipt after `off`: each gets the floor of its share, what
 * is left goes cent by cent to the largest remainder. */
void
model_lines_of(struct model *model, const struct event *event,
               struct line **ret_lines, uint32_t *ret_count)
{
    bool one = event->sale.lines == NULL || event->sale.line_count == 0;
    uint32_t count = one ? 1 : event->sale.line_count;
    struct line *lines = ARENA_NEW(&model->arena, struct line, count);
    int128 *rest = ARENA_NEW(&model->arena, int128, count);
    int64_t positive = 0;
    int64_t off = event->sale.off.minor;

    for (uint32_t i = 0; i < count && !one; i++) {
        const struct event_line *line = &event->sale.lines[i];
        lines[i] = (struct line) { line->amount.minor, line->amount.minor,
                                   line->qty, line->category, line->sku };
    }
    if (one)
        lines[0] = (struct line) { event->sale.total.minor,
                                   event->sale.total.minor,
                                   1,
                                   { NULL, 0 },
                                   { NULL, 0 } };
    for (uint32_t i = 0; i < count; i++)
        positive += lines[i].amount > 0 ? lines[i].amount : 0;
    int64_t left = off;
    for (uint32_t i = 0; i < count && off > 0; i++) {
        rest[i] = -1;
        if (lines[i].bought <= 0)
            continue;
        int128 share = (int128)off * lines[i].bought;
        lines[i].amount -= (int64_t)(share / positive);
        left -= (int64_t)(share / positive);
        rest[i] = share % positive;
    }
    while (left > 0) {
        uint32_t best = 0;
        for (uint32_t i = 1; i < count; i++)
            if (rest[i] > rest[best])
                best = i;
        lines[best].amount--;
        rest[best] = -1;
        left--;
    }
    for (uint32_t i = 0; i < count; i++)
        lines[i].bought = lines[i].amount;
    *ret_lines = lines;
    *ret_count = count;
}

static void
visit(struct model *model, const struct event *event)
{
    model->visit_ms = event->at_ms;
    model->visit_store = event->store;
    model->active_ms = event->at_ms;
    model->absent.count = 0;
}

bool
model_referral_counts(const struct model *model,
                      const struct version_entry *version,
                      const struct event *event)
{
    if (version == NULL || model_ended(model, version, event->at_ms))
        return false;
    const struct program_referral *rule = &version->program->referral;
    bool purchase =
        rule->on == REFERRAL_PURCHASE || rule->on == REFERRAL_EITHER;
    bool stamp = rule->on == REFERRAL_STAMP || rule->on == REFERRAL_EITHER;
    if (stamp && event->kind == EVENT_STAMP)
        return model_card_place(version, event->stamp.card) >= 0;
    if (!purchase || event->kind != EVENT_PURCHASE)
        return false;
    struct line *lines;
    uint32_t count;
    /* The arena is only scratch here. */
    model_lines_of((struct model *)(uintptr_t)model, event, &lines, &count);
    return model_eligible_sum(version, lines, count) >= rule->min_total.minor;
}

static void
give_referral(struct model *model, const struct version_entry *version,
              uint32_t store, points amount, int32_t reward)
{
    view partner = model_partner_of(version, store);

    if (amount.value == 0 && reward == PROGRAM_NONE)
        return;
    model_row_rule(model, view_of("referral"), 0);
    model_earn_points(model,
                      &(struct earned) { view_of("referral"), partner, store,
                                         amount.value, version, NULL });
    if (reward != PROGRAM_NONE)
        model_issue_tickets(
            model, &(struct issue) { version->program->rewards[reward].id,
                                     partner,
                                     store,
                                     { NULL, 0 },
                                     1,
                                     version });
}

/* The rewards of the account's member for having been referred. */
static void
look_for_referral(struct model *model, const struct event *event)
{
    const struct version_entry *version = model_version_at(model, event->at_ms);

    if (!model->joined || model->referrer == 0 || model->referral_done ||
        !model_referral_counts(model, version, event))
        return;
    model->referral_done = true;
    give_referral(model, version, event->store,
                  version->program->referral.referred_points,
                  version->program->referral.referred_reward);
}

/* For having referred another one: `event` is the other's. */
void
model_take_referral(struct model *model, const struct event *event)
{
    const struct version_entry *version = model_version_at(model, event->at_ms);

    give_referral(model, version, event->store,
                  version->program->referral.referrer_points,
                  version->program->referral.referrer_reward);
}

static void
take_purchase(struct model *model, const struct event *event)
{
    const struct version_entry *version = model_version_at(model, event->at_ms);
    struct bought bought = { .event = event,
                             .version = version,
                             .step = model->step };
    bool open = version != NULL && !model_ended(model, version, event->at_ms);

    model_lines_of(model, event, &bought.lines.items, &bought.lines.count);
    bought.context = model_context_now(model, event->store);
    bought.partner = model_partner_of(version, event->store);
    int64_t amount =
        model_eligible_sum(version, bought.lines.items, bought.lines.count);
    struct earning earning = { .version = version,
                               .context = &bought.context,
                               .evaluation = AS_BOUGHT,
                               .on = EARN_ON_PURCHASE,
                               .lines = bought.lines.items,
                               .line_count = bought.lines.count };
    if (version != NULL) {
        struct key key =
            model_key_of(model, version, event->at_ms, bought.partner);
        bought.available_at = key.available_at;
        bought.expires_at = key.expires_at;
        model_add_sum(model, "purchases", bought.partner, event->store, 1);
        model_add_sum(model, "sales", bought.partner, event->store,
                      event->sale.total.minor);
        bought.gains = model_earn(model, &earning);
        model_book_gains(model, &bought.gains, version, event->store);
    }
    for (uint32_t i = 0; open && i < version->program->stamp_count; i++)
        model_add_stamps(
            model, version, &version->program->stamps[i],
            model_stamps_for(&earning, &version->program->stamps[i]),
            event->store);
    if (model->purchases == 0)
        model->first_purchase_ms = event->at_ms;
    model->last_purchase_ms = event->at_ms;
    model->purchases++;
    visit(model, event);
    model_add_spend(model, event->store, model_month_of(model, event->at_ms),
                    amount);
    if (version != NULL)
        model_judge_purchase(model, version, event->store);
    for (uint32_t i = 0; open && i < version->program->spend_reward_count; i++)
        model_add_progress(model, version, &version->program->spend_rewards[i],
                           amount, event->store);
    look_for_referral(model, event);
    PUSH(model, &model->purchases_made, bought);
}

static void
take_rules_on(struct model *model, const struct event *event, enum earn_on on,
              view activity)
{
    const struct version_entry *version = model_version_at(model, event->at_ms);
    struct context context = model_context_now(model, event->store);
    struct gains gains =
        model_earn(model, &(struct earning) { .version = version,
                                              .context = &context,
                                              .evaluation = AS_BOUGHT,
                                              .on = on,
                                              .activity = activity });

    model_book_gains(model, &gains, version, event->store);
}

static void
take_join(struct model *model, const struct event *event)
{
    bool first = !model->joined;

    if (first || event->join.home_store != 0)
        model->home_store = event->join.home_store;
    if (!first)
        return;
    model->joined = true;
    model->joined_ms = event->at_ms;
    model->referrer = event->join.referrer;
    take_rules_on(model, event, EARN_ON_JOIN, (view) { NULL, 0 });
}

static void
take_stamp(struct model *model, const struct event *event)
{
    const struct version_entry *version = model_version_at(model, event->at_ms);

    visit(model, event);
    if (version == NULL)
        return;
    int32_t place = model_card_place(version, event->stamp.card);
    if (place < 0)
        model->row.unknown = true;
    else if (!model_ended(model, version, event->at_ms))
        model_add_stamps(model, version, &version->program->stamps[place],
                         event->stamp.count, event->store);
    look_for_referral(model, event);
}

static void
take_consent(struct model *model, const struct event *event)
{
    for (uint32_t i = 0; i < model->channels.count; i++) {
        struct channel *channel = &model->channels.items[i];
        if (!model_same(channel->name, event->consent.channel))
            continue;
        /* At the same instant a withdrawal holds. */
        if (channel->at_ms == event->at_ms)
            channel->granted = channel->granted && event->consent.granted;
        else
            channel->granted = event->consent.granted;
        channel->at_ms = event->at_ms;
        return;
    }
    PUSH(model, &model->channels,
         (struct channel) { event->consent.channel, event->at_ms,
                            event->consent.granted });
}

static void
take_grant(struct model *model, const struct event *event)
{
    const struct version_entry *version = model_version_at(model, event->at_ms);

    if (version == NULL)
        return;
    if (model_reward_place(version, event->grant.reward) < 0)
        model->row.unknown = true;
    else
        model_issue_tickets(
            model, &(struct issue) { event->grant.reward,
                                     model_partner_of(version, event->store),
                                     event->store,
                                     { NULL, 0 },
                                     event->grant.count,
                                     version });
}

static void
take_adjust(struct model *model, const struct event *event)
{
    const struct version_entry *version = model_version_at(model, event->at_ms);
    view partner = model_partner_of(version, event->store);
    int64_t count = event->adjust.points.value;
    int64_t end = 0;
    bool dated = event->adjust.expires_on != EVENT_NO_DAY;

    if (version == NULL)
        return;
    if (dated)
        end = model_midnight(model, event->adjust.expires_on + 1);
    if (count > 0)
        model_earn_points(model, &(struct earned) { { NULL, 0 },
                                                    partner,
                                                    event->store,
                                                    count,
                                                    version,
                                                    dated ? &end : NULL });
    else
        model_withdraw(model, &(struct withdrawn) { -count, NULL, partner,
                                                    event->store, version });
}

void
model_take_event(struct model *model, const struct event *event)
{
    switch (event->kind) {
    case EVENT_JOIN:
        take_join(model, event);
        break;
    case EVENT_PURCHASE:
        take_purchase(model, event);
        break;
    case EVENT_RETURN:
        model_take_return(model, event);
        break;
    case EVENT_STAMP:
        take_stamp(model, event);
        break;
    case EVENT_REDEEM:
        model->active_ms = event->at_ms;
        model_take_redeem(model, event);
        break;
    case EVENT_REVERSE:
        model_take_reverse(model, event);
        break;
    case EVENT_CONSENT:
        take_consent(model, event);
        break;
    case EVENT_ACTIVITY:
        model->active_ms = event->at_ms;
        take_rules_on(model, event, EARN_ON_ACTIVITY, event->activity.name);
        break;
    case EVENT_GRANT:
        take_grant(model, event);
        break;
    case EVENT_ADJUST:
        take_adjust(model, event);
        break;
    case EVENT_PASS_SALE:
        model_take_pass_sale(model, event);
        break;
    case EVENT_PASS_USE:
        visit(model, event);
        model_take_pass_use(model, event);
        break;
    case EVENT_VOID:
        break;
    }
}
