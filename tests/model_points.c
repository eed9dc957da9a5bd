/*
 * model_points.c - points into and out of lots, vouchers, and the figures that
 * settlement is made of
 */
#include "tests/model_parts.h"

/* Adds to a figure of the month of the instant at hand. */
static void
add(struct model *model, struct model_sum sum)
{
    sum.month = model_month_of(model, model->now_ms);
    for (uint32_t i = 0; i < model->sums.count; i++)
        if (model_sum_compare(&model->sums.items[i], &sum) == 0) {
            model->sums.items[i].amount += sum.amount;
            return;
        }
    PUSH(model, &model->sums, sum);
}

void
model_add_sum(struct model *model, const char *measure, view partner,
              uint32_t store, int128 amount)
{
    add(model, (struct model_sum) { .partner = partner,
                                    .store = store,
                                    .measure = measure,
                                    .amount = amount });
}

void
model_add_clearing(struct model *model, view issuer, view acceptor,
                   int64_t amount)
{
    add(model, (struct model_sum) { .partner = issuer,
                                    .other = acceptor,
                                    .measure = "clearing",
                                    .amount = amount });
}

/* One entry for each rule and each reward, however often it gave. */
void
model_row_rule(struct model *model, view rule, int64_t worth)
{
    for (uint32_t i = 0; i < model->row.rules.count; i++)
        if (model_same(model->row.rules.items[i].rule, rule)) {
            model->row.rules.items[i].points += worth;
            return;
        }
    PUSH(model, &model->row.rules, (struct rule_row) { rule, worth });
}

void
model_row_voucher(struct model *model, view reward, int64_t count)
{
    uint32_t place = 0;

    while (place < model->row.vouchers.count &&
           model_order(model->row.vouchers.items[place].reward, reward) < 0)
        place++;
    if (place < model->row.vouchers.count &&
        model_same(model->row.vouchers.items[place].reward, reward)) {
        model->row.vouchers.items[place].count += count;
        return;
    }
    PUSH(model, &model->row.vouchers, (struct voucher_row) { reward, count });
    for (uint32_t i = model->row.vouchers.count - 1; i > place; i--)
        model->row.vouchers.items[i] = model->row.vouchers.items[i - 1];
    model->row.vouchers.items[place] = (struct voucher_row) { reward, count };
}

/* Whatever comes in pays debt first; returns what is left over. */
int64_t
model_pay_debt(struct model *model, view issuer, int64_t worth)
{
    int64_t paid = worth < model->debt ? worth : model->debt;

    if (paid > 0)
        model_add_clearing(model, issuer, view_of("debt"), paid);
    model->debt -= paid;
    return worth - paid;
}

void
model_put_lot(struct model *model, struct key key, int64_t worth, bool gone)
{
    if (worth == 0)
        return;
    for (uint32_t i = 0; i < model->lots.count; i++) {
        struct lot *lot = &model->lots.items[i];
        if (lot->gone == gone && lot->key.available_at == key.available_at &&
            lot->key.expires_at == key.expires_at &&
            model_same(lot->key.partner, key.partner)) {
            lot->points += worth;
            return;
        }
    }
    PUSH(model, &model->lots, (struct lot) { key, worth, gone });
}

void
model_earn_points(struct model *model, const struct earned *earned)
{
    if (earned->points == 0)
        return;
    struct key key =
        model_key_of(model, earned->version, model->now_ms, earned->issuer);
    if (earned->expires_at != NULL)
        key.expires_at = *earned->expires_at;
    model_add_sum(model, "issued", earned->issuer, earned->store,
                  earned->points);
    model_add_sum(model, "issue_cost", earned->issuer, earned->store,
                  (int128)earned->points *
                      model_issue_price(earned->version, earned->issuer));
    model->active_ms = model->now_ms;
    model->row.points += earned->points;
    if (earned->rule.size > 0)
        model_row_rule(model, earned->rule, earned->points);
    int64_t left = model_pay_debt(model, earned->issuer, earned->points);
    model_put_lot(model, key, left, key.expires_at <= model->now_ms);
}

static bool
comes_before(const struct key *a, const struct key *b)
{
    if (a->expires_at != b->expires_at)
        return a->expires_at < b->expires_at;
    if (a->available_at != b->available_at)
        return a->available_at < b->available_at;
    return model_order(a->partner, b->partner) < 0;
}

/* The place of the lot that is consumed next; -1: there is none. */
int
model_next_lot(const struct model *model, bool available_only,
               bool pending_only)
{
    int found = -1;

    for (uint32_t i = 0; i < model->lots.count; i++) {
        const struct lot *lot = &model->lots.items[i];
        bool pending = lot->key.available_at > model->now_ms;
        if ((available_only && pending) || (pending_only && !pending))
            continue;
        if (found < 0 || comes_before(&lot->key, &model->lots.items[found].key))
            found = (int)i;
    }
    return found;
}

void
model_take_lot(struct model *model, uint32_t place, int64_t worth)
{
    assert(model->lots.items[place].points >= worth);
    model->lots.items[place].points -= worth;
    if (model->lots.items[place].points == 0)
        DROP(&model->lots, place);
}

static int64_t
take_first(struct model *model, const struct key *key, int64_t worth)
{
    for (uint32_t i = 0; i < model->lots.count; i++) {
        const struct lot *lot = &model->lots.items[i];
        if (lot->key.available_at != key->available_at ||
            lot->key.expires_at != key->expires_at ||
            !model_same(lot->key.partner, key->partner))
            continue;
        int64_t taken = worth < lot->points ? worth : lot->points;
        model_take_lot(model, i, taken);
        return worth - taken;
    }
    return worth;
}

/* From the lot named, then from all in order, the rest becomes debt. */
void
model_withdraw(struct model *model, const struct withdrawn *withdrawn)
{
    int64_t left = withdrawn->points;

    if (left == 0)
        return;
    model_add_sum(model, "reversed", withdrawn->partner, withdrawn->store,
                  left);
    model_add_sum(model, "issue_cost", withdrawn->partner, withdrawn->store,
                  -(int128)left * model_issue_price(withdrawn->version,
                                                    withdrawn->partner));
    model->row.points -= left;
    if (withdrawn->first != NULL)
        left = take_first(model, withdrawn->first, left);
    while (left > 0) {
        int place = model_next_lot(model, false, false);
        if (place < 0)
            break;
        int64_t there = model->lots.items[place].points;
        int64_t taken = left < there ? left : there;
        model_take_lot(model, (uint32_t)place, taken);
        left -= taken;
    }
    model->debt += left;
}

/* What is past its end is gone as breakage; with `all_lasting` also what never
 * expires by itself. */
void
model_expire_points(struct model *model, bool all_lasting)
{
    for (uint32_t i = 0; i < model->lots.count;) {
        struct lot lot = model->lots.items[i];
        bool over = lot.gone || lot.key.expires_at <= model->now_ms ||
                    (all_lasting && lot.key.expires_at == NEVER);
        if (!over) {
            i++;
            continue;
        }
        model_add_sum(model, "expired", lot.key.partner, 0, lot.points);
        model->row.points -= lot.points;
        DROP(&model->lots, i);
    }
}

void
model_expire_tickets(struct model *model)
{
    for (uint32_t i = 0; i < model->tickets.count;) {
        if (model->tickets.items[i].expires_at > model->now_ms) {
            i++;
            continue;
        }
        model_row_voucher(model, model->tickets.items[i].reward, -1);
        DROP(&model->tickets, i);
    }
}

void
model_issue_tickets(struct model *model, const struct issue *issue)
{
    int32_t place = model_reward_place(issue->version, issue->reward);
    assert(place >= 0);
    const struct program_reward *reward =
        &issue->version->program->rewards[place];
    int32_t day = model_day_of(model, model->now_ms);
    struct ticket ticket = {
        .reward = issue->reward,
        .expires_at = NEVER,
        .issuer = issue->issuer,
        .store = issue->store,
        .value = reward->value.minor,
        .paid_by_issuer = reward->paid_by_issuer,
        .source = issue->source,
        .step = model->step,
        .year = model_year_of(model, model->now_ms),
    };

    if (reward->valid_days != PROGRAM_NONE)
        ticket.expires_at = model_midnight(model, day + reward->valid_days + 1);
    for (int64_t i = 0; i < issue->count; i++) {
        ticket.order = ++model->ticket_order;
        PUSH(model, &model->tickets, ticket);
    }
    model_row_voucher(model, issue->reward, issue->count);
    model_add_sum(model, "vouchers_issued", issue->issuer, issue->store,
                  issue->count);
}

static void
count_limit(struct model *model, const struct earn_rule *rule)
{
    int32_t period =
        model_limit_period(model, rule, model_day_of(model, model->now_ms));

    for (uint32_t i = 0; i < model->limits.count; i++) {
        struct used_limit *used = &model->limits.items[i];
        if (model_same(used->rule, rule->id) && used->per == rule->limit_per &&
            used->period == period) {
            used->times++;
            return;
        }
    }
    PUSH(model, &model->limits,
         (struct used_limit) { rule->id, rule->limit_per, period, 1 });
}

/* Points issuer by issuer, vouchers rule by rule, limits counted. */
void
model_book_gains(struct model *model, const struct gains *gains,
                 const struct version_entry *version, uint32_t store)
{
    for (uint32_t i = 0; i < gains->all.count; i++)
        model_row_rule(model, gains->all.items[i].rule,
                       gains->all.items[i].points);
    for (uint32_t i = 0; i < gains->shares.count; i++)
        model_earn_points(model, &(struct earned) {
                                     .issuer = gains->shares.items[i].issuer,
                                     .store = store,
                                     .points = gains->shares.items[i].points,
                                     .version = version,
                                 });
    for (uint32_t i = 0; i < gains->all.count; i++)
        if (gains->all.items[i].reward.size > 0)
            model_issue_tickets(model, &(struct issue) {
                                           .reward = gains->all.items[i].reward,
                                           .issuer = gains->all.items[i].issuer,
                                           .store = store,
                                           .count = 1,
                                           .version = version,
                                       });
    for (uint32_t i = 0; i < gains->contributed.count; i++)
        count_limit(model,
                    &version->program->earn[gains->contributed.items[i]]);
}
