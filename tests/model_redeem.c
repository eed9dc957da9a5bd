/*
 * model_redeem.c - points and vouchers taken, given back, and passes
 */
#include "tests/model_parts.h"

static void
take_from_lots(struct model *model, struct redeemed *redeemed, bool pending,
               int64_t *left)
{
    while (*left > 0) {
        int place = model_next_lot(model, !pending, pending);
        if (place < 0)
            return;
        struct lot lot = model->lots.items[place];
        int64_t taken = *left < lot.points ? *left : lot.points;
        model_take_lot(model, (uint32_t)place, taken);
        lot.points = taken;
        PUSH(model, &redeemed->taken, lot);
        model_add_clearing(model, lot.key.partner, redeemed->partner, taken);
        if (pending)
            model->row.early += taken;
        *left -= taken;
    }
}

static void
take_points(struct model *model, struct redeemed *redeemed,
            const struct version_entry *version, int64_t count)
{
    uint32_t store = redeemed->event->store;
    int64_t left = count;

    redeemed->price = model_redeem_price(version, redeemed->partner);
    take_from_lots(model, redeemed, false, &left);
    take_from_lots(model, redeemed, true, &left);
    model_add_sum(model, "redeemed", redeemed->partner, store, count);
    redeemed->overdrawn = left;
    model->debt += left;
    model->row.points -= count;
    model->row.overdrawn = left;
    if (left > 0) {
        model_add_sum(model, "overdrawn", redeemed->partner, store, left);
        model_add_clearing(model, view_of("debt"), redeemed->partner, left);
    }
    int64_t credited = redeemed->partner_bears ? count - left : count;
    model_add_sum(model, "redeem_credit", redeemed->partner, store,
                  (int128)credited * redeemed->price);
}

/* The one that expires first, then was issued first; -1. */
static int
first_ticket(const struct model *model, view reward)
{
    int found = -1;

    for (uint32_t i = 0; i < model->tickets.count; i++) {
        const struct ticket *ticket = &model->tickets.items[i];
        if (!model_same(ticket->reward, reward))
            continue;
        if (found < 0) {
            found = (int)i;
            continue;
        }
        const struct ticket *best = &model->tickets.items[found];
        if (ticket->expires_at < best->expires_at ||
            (ticket->expires_at == best->expires_at &&
             ticket->order < best->order))
            found = (int)i;
    }
    return found;
}

/* A voucher used (+1) or given back (-1). */
static void
book_covered(struct model *model, const struct redeemed *redeemed, int sign)
{
    const struct ticket *ticket = &redeemed->ticket;
    uint32_t store = redeemed->event->store;
    int64_t value = sign * redeemed->value;

    model_add_sum(model, "vouchers_redeemed", redeemed->partner, store, sign);
    model_add_sum(model, "vouchers_value", redeemed->partner, store, value);
    model_add_sum(model, "voucher_credit", redeemed->partner, store,
                  (int128)value * 10000);
    if (!redeemed->charged)
        return;
    model_add_sum(model, "vouchers_charged", ticket->issuer, ticket->store,
                  value);
    model_add_sum(model, "voucher_credit", ticket->issuer, ticket->store,
                  -(int128)value * 10000);
}

static void
book_uncovered(struct model *model, const struct redeemed *redeemed, int sign)
{
    uint32_t store = redeemed->event->store;
    int64_t value = sign * redeemed->value;

    model_add_sum(model, "uncovered", redeemed->partner, store, sign);
    model_add_sum(model, "uncovered_value", redeemed->partner, store, value);
    if (!redeemed->partner_bears)
        model_add_sum(model, "voucher_credit", redeemed->partner, store,
                      (int128)value * 10000);
}

static int64_t
lesser_value(const struct event *event, int64_t value)
{
    if (event->redeem.value.minor >= 0 && event->redeem.value.minor < value)
        return event->redeem.value.minor;
    return value;
}

static void
take_reward(struct model *model, struct redeemed *redeemed,
            const struct version_entry *version)
{
    const struct event *event = redeemed->event;
    int32_t place = model_reward_place(version, event->redeem.reward);
    int held = first_ticket(model, event->redeem.reward);
    const struct program_reward *reward =
        place < 0 ? NULL : &version->program->rewards[place];

    if (held >= 0) {
        redeemed->covered = true;
        redeemed->ticket = model->tickets.items[held];
        DROP(&model->tickets, (uint32_t)held);
        redeemed->value =
            lesser_value(event, reward != NULL ? reward->value.minor
                                               : redeemed->ticket.value);
        redeemed->charged = reward != NULL ? reward->paid_by_issuer
                                           : redeemed->ticket.paid_by_issuer;
        model_row_voucher(model, event->redeem.reward, -1);
        book_covered(model, redeemed, 1);
    } else if (reward != NULL && reward->price.value > 0) {
        take_points(model, redeemed, version, reward->price.value);
    } else {
        redeemed->uncovered = true;
        model->row.uncovered = true;
        model->row.unknown = reward == NULL;
        if (reward != NULL)
            redeemed->value = lesser_value(event, reward->value.minor);
        book_uncovered(model, redeemed, 1);
    }
}

void
model_take_redeem(struct model *model, const struct event *event)
{
    const struct version_entry *version = model_version_at(model, event->at_ms);
    struct redeemed redeemed = { .event = event };

    if (version == NULL)
        return;
    redeemed.partner = model_partner_of(version, event->store);
    redeemed.partner_bears = version->program->overdraft_partner;
    if (event->redeem.points.value > 0)
        take_points(model, &redeemed, version, event->redeem.points.value);
    else
        take_reward(model, &redeemed, version);
    PUSH(model, &model->redemptions, redeemed);
}

static struct redeemed *
find_redemption(struct model *model, view id)
{
    for (uint32_t i = model->redemptions.count; i-- > 0;)
        if (model_same(model->redemptions.items[i].event->id, id) &&
            !model->redemptions.items[i].done)
            return &model->redemptions.items[i];
    return NULL;
}

/* The overdrawn part pays debt; what exceeds it is a lot as if earned now at
 * the redemption's store: by the version in force now. */
static void
give_back_overdrawn(struct model *model, struct redeemed *redeemed,
                    int64_t count)
{
    const struct version_entry *version =
        model_version_at(model, model->now_ms);
    view partner = model_partner_of(version, redeemed->event->store);
    int64_t paid = count < model->debt ? count : model->debt;

    redeemed->overdrawn -= count;
    model->debt -= paid;
    model_add_clearing(model, view_of("debt"), redeemed->partner, -count);
    if (count == paid)
        return;
    model_add_clearing(model, partner, view_of("debt"), -(count - paid));
    model->active_ms = model->now_ms;
    model_put_lot(model, model_key_of(model, version, model->now_ms, partner),
                  count - paid, false);
}

static void
give_back_lot(struct model *model, struct redeemed *redeemed, struct key key,
              int64_t count)
{
    bool gone = key.expires_at <= model->now_ms ||
                (key.expires_at == NEVER &&
                 model->idle_ended_ms > redeemed->event->at_ms);

    model_add_clearing(model, key.partner, redeemed->partner, -count);
    int64_t left = model_pay_debt(model, key.partner, count);
    model_put_lot(model, key, left, gone);
}

static int64_t
not_reversed(const struct redeemed *redeemed)
{
    int64_t sum = redeemed->overdrawn;

    for (uint32_t i = 0; i < redeemed->taken.count; i++)
        sum += redeemed->taken.items[i].points;
    return sum;
}

static void
give_back_points(struct model *model, struct redeemed *redeemed, int64_t count)
{
    uint32_t store = redeemed->event->store;
    int64_t over = count < redeemed->overdrawn ? count : redeemed->overdrawn;
    int64_t left = count - over;

    model_add_sum(model, "restored", redeemed->partner, store, count);
    model_add_sum(model, "redeem_credit", redeemed->partner, store,
                  -(int128)(redeemed->partner_bears ? left : count) *
                      redeemed->price);
    model->row.points += count;
    if (over > 0)
        give_back_overdrawn(model, redeemed, over);
    for (uint32_t i = redeemed->taken.count; i-- > 0 && left > 0;) {
        struct lot *lot = &redeemed->taken.items[i];
        int64_t back = left < lot->points ? left : lot->points;
        if (back == 0)
            continue;
        lot->points -= back;
        left -= back;
        give_back_lot(model, redeemed, lot->key, back);
    }
    redeemed->done = not_reversed(redeemed) == 0;
}

void
model_take_reverse(struct model *model, const struct event *event)
{
    struct redeemed *redeemed =
        find_redemption(model, event->reverse.redemption);

    if (redeemed == NULL) {
        model->row.unmatched = true;
        return;
    }
    if (redeemed->covered) {
        redeemed->done = true;
        PUSH(model, &model->tickets, redeemed->ticket);
        model_row_voucher(model, redeemed->ticket.reward, 1);
        book_covered(model, redeemed, -1);
    } else if (redeemed->uncovered) {
        redeemed->done = true;
        book_uncovered(model, redeemed, -1);
    } else {
        int64_t count = not_reversed(redeemed);
        if (event->reverse.points.value > 0 &&
            event->reverse.points.value < count)
            count = event->reverse.points.value;
        give_back_points(model, redeemed, count);
    }
}

static int32_t
pass_place(const struct version_entry *version, view id)
{
    for (uint32_t i = 0; i < version->program->pass_count; i++)
        if (model_same(version->program->passes[i].id, id))
            return (int32_t)i;
    return -1;
}

void
model_take_pass_sale(struct model *model, const struct event *event)
{
    const struct version_entry *version = model_version_at(model, event->at_ms);

    if (version == NULL)
        return;
    int32_t place = pass_place(version, event->pass_sale.pass);
    if (place < 0) {
        model->row.unknown = true;
        return;
    }
    const struct program_pass *rule = &version->program->passes[place];
    struct pass_held pass = { .id = rule->id,
                              .partner =
                                  model_partner_of(version, event->store),
                              .store = event->store,
                              .price = event->pass_sale.price.minor,
                              .uses = rule->uses,
                              .left = rule->uses,
                              .expires_at = NEVER };
    if (rule->valid_months != PROGRAM_NONE)
        pass.expires_at = model_month_end(
            model, model_month_of(model, event->at_ms) + rule->valid_months);
    PUSH(model, &model->passes, pass);
    model_add_sum(model, "passes_sold", pass.partner, pass.store, 1);
    model_add_sum(model, "passes_price", pass.partner, pass.store, pass.price);
}

static void
give_rebate(struct model *model, const struct event *event,
            const struct version_entry *version, int32_t days)
{
    int32_t place = pass_place(version, event->pass_use.pass);
    view name = model_joined_name(model, "pass.", event->pass_use.pass);
    view partner = model_partner_of(version, event->store);

    if (place < 0 || model_ended(model, version, event->at_ms))
        return;
    const struct program_pass *pass = &version->program->passes[place];
    for (uint32_t i = 0; i < pass->rebate_count; i++) {
        const struct pass_rebate *rebate = &pass->rebates[i];
        if (rebate->within_days < days)
            continue;
        if (rebate->reward != PROGRAM_NONE)
            model_row_rule(model, name, 0);
        model_earn_points(model, &(struct earned) { name, partner, event->store,
                                                    rebate->points.value,
                                                    version, NULL });
        if (rebate->reward != PROGRAM_NONE)
            model_issue_tickets(
                model,
                &(struct issue) { version->program->rewards[rebate->reward].id,
                                  partner,
                                  event->store,
                                  { NULL, 0 },
                                  1,
                                  version });
        return;
    }
}

void
model_take_pass_use(struct model *model, const struct event *event)
{
    const struct version_entry *version = model_version_at(model, event->at_ms);
    view partner = model_partner_of(version, event->store);
    struct pass_held *pass = NULL;
    int32_t today = model_day_of(model, event->at_ms);

    if (version == NULL)
        return;
    for (uint32_t i = model->passes.count; i-- > 0;)
        if (model_same(model->passes.items[i].id, event->pass_use.pass) &&
            model->passes.items[i].left > 0 &&
            model->passes.items[i].expires_at > event->at_ms)
            pass = &model->passes.items[i];
    if (pass == NULL) {
        model->row.uncovered = true;
        model_add_sum(model, "uncovered", partner, event->store, 1);
        return;
    }
    int64_t use = pass->uses - pass->left + 1;
    int64_t value = (int64_t)((int128)pass->price * use / pass->uses -
                              (int128)pass->price * (use - 1) / pass->uses);
    if (use == 1)
        pass->first_day = today;
    pass->left--;
    model_add_sum(model, "pass_uses", partner, event->store, 1);
    model_add_sum(model, "pass_value", partner, event->store, value);
    model_add_sum(model, "voucher_credit", partner, event->store,
                  (int128)value * 10000);
    model_add_sum(model, "pass_charged", pass->partner, pass->store, value);
    model_add_sum(model, "voucher_credit", pass->partner, pass->store,
                  -(int128)value * 10000);
    if (pass->left == 0)
        give_rebate(model, event, version, today - pass->first_day);
}
