/*
 * account.c - the state of one account (see account.h); how it is packed is
 * the business of account_pack.c
 */
#include "core/account.h"

void
account_open(struct account *account, account_id id, struct arena *arena)
{
    *account = (struct account) {
        .arena = arena,
        .id = id,
        .whole = true,
        .clock_ms = ACCOUNT_NEVER_YET,
        .released_ms = ACCOUNT_NEVER_YET,
        .absence_ms = ACCOUNT_NEVER_YET,
        .version = PROGRAM_NONE,
        .last_ms = ACCOUNT_NEVER_YET,
        .first_ms = ACCOUNT_NEVER_YET,
        .joined_ms = ACCOUNT_NEVER_YET,
        .first_purchase_ms = ACCOUNT_NEVER_YET,
        .last_purchase_ms = ACCOUNT_NEVER_YET,
        .visit_ms = ACCOUNT_NEVER_YET,
        .active_ms = ACCOUNT_NEVER_YET,
        .idle_ended_ms = ACCOUNT_NEVER_YET,
        .level = { .level = PROGRAM_NONE,
                   .since_ms = ACCOUNT_NEVER_YET,
                   .until_ms = TERMS_NEVER },
    };
}

void
account_note_void(struct account *account, identity voided)
{
    struct void_list *voids = &account->voids;
    uint32_t index = voids->count;

    while (index > 0 && identity_compare(voids->items[index - 1], voided) > 0)
        index--;
    *LIST_INSERT(account->arena, voids, index) = voided;
}

/* Months come mostly in order, so that the place is near the end. */
void
account_add_spend(struct account *account, int32_t month, uint32_t store,
                  money amount)
{
    struct month_list *months = &account->months;
    uint32_t index = months->count;

    account->spend = money_add(account->spend, amount);
    while (index > 0) {
        const struct month_spend *before = &months->items[index - 1];
        if (before->month < month ||
            (before->month == month && before->store < store))
            break;
        index--;
    }
    if (index == months->count || months->items[index].month != month ||
        months->items[index].store != store) {
        struct month_spend *entry = LIST_INSERT(account->arena, months, index);
        *entry = (struct month_spend) { .month = month, .store = store };
    }
    struct month_spend *entry = &months->items[index];
    entry->spend = money_add(entry->spend, amount);
}

money
account_spend(const struct account *account, int32_t first, int32_t last)
{
    const struct month_list *months = &account->months;
    money sum = { 0 };

    for (uint32_t i = months->count; i-- > 0;) {
        if (months->items[i].month < first)
            break;
        if (months->items[i].month <= last)
            sum = money_add(sum, months->items[i].spend);
    }
    return sum;
}

static void
list_granted(struct account *account)
{
    const struct consent_list *consents = &account->consents;
    view *names = ARENA_NEW(account->arena, view, consents->count);
    uint32_t count = 0;

    for (uint32_t i = 0; i < consents->count; i++)
        if (consents->items[i].granted)
            names[count++] = consents->items[i].channel;
    account->granted = (struct name_list) { .names = names, .count = count };
}

void
account_consent(struct account *account, view channel, bool granted,
                int64_t at_ms)
{
    struct consent_list *consents = &account->consents;
    uint32_t index = 0;

    while (index < consents->count &&
           view_compare(consents->items[index].channel, channel) < 0)
        index++;
    bool there = index < consents->count &&
                 view_equal(consents->items[index].channel, channel);
    if (!there) {
        struct consent *added = LIST_INSERT(account->arena, consents, index);
        added->channel = arena_copy(account->arena, channel);
    }
    struct consent *consent = &consents->items[index];
    assert(!there || consent->at_ms <= at_ms);
    if (there && consent->at_ms == at_ms)
        granted = granted && consent->granted;
    consent->granted = granted;
    consent->at_ms = at_ms;
    list_granted(account);
}

struct stamp_state *
account_stamp_make(struct account *account, int32_t card)
{
    struct stamp_list *stamps = &account->stamps;
    uint32_t index = 0;

    assert(card >= 0);
    while (index < stamps->count && stamps->items[index].card < card)
        index++;
    if (index == stamps->count || stamps->items[index].card != card)
        LIST_INSERT(account->arena, stamps, index)->card = card;
    return &stamps->items[index];
}

struct spend_state *
account_spend_make(struct account *account, int32_t spend, bool *ret_new)
{
    struct spend_list *spends = &account->spends;
    uint32_t index = 0;

    assert(spend >= 0);
    while (index < spends->count && spends->items[index].spend < spend)
        index++;
    *ret_new = index == spends->count || spends->items[index].spend != spend;
    if (*ret_new)
        LIST_INSERT(account->arena, spends, index)->spend = spend;
    return &spends->items[index];
}

void
account_count(struct account *account, int32_t rule, enum limit_period per,
              int32_t period)
{
    struct count_list *counts = &account->counts;
    uint32_t index = 0;

    while (index < counts->count && (counts->items[index].rule < rule ||
                                     (counts->items[index].rule == rule &&
                                      counts->items[index].per < per)))
        index++;
    if (index == counts->count || counts->items[index].rule != rule ||
        counts->items[index].per != per) {
        struct earn_count *added = LIST_INSERT(account->arena, counts, index);
        *added =
            (struct earn_count) { .rule = rule, .per = per, .period = period };
    }
    struct earn_count *count = &counts->items[index];
    if (count->period < period) {
        count->period = period;
        count->times = 0;
    }
    count->times++;
}
