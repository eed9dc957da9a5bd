/*
 * account_pack.c - an account's state as few bytes (see account_format.h)
 */
#include "core/account_format.h"

#include "core/varint.h"

#include <string.h>

struct packer {
    uint8_t *next;      /* there is room for all that comes */
    int64_t base_ms;    /* what instants are told by, ... */
    int64_t quarter_ms; /* ... and the quarter of an hour that it lies in */
    uint64_t base_code; /* what base_ms itself is put as */
};

/* By value, so that the place in the bytes stays in a register. */
static __attribute__((noinline)) uint8_t *
put_long(uint8_t *at, uint64_t value)
{
    return varint_put(at, value);
}

/* Most numbers are of one byte. */
static inline void
put(struct packer *packer, uint64_t value)
{
    if (__builtin_expect(value < 0x80, 1))
        *packer->next++ = (uint8_t)value;
    else
        packer->next = put_long(packer->next, value);
}

static inline void
put_signed(struct packer *packer, int64_t value)
{
    put(packer, varint_folded(value));
}

/* A number or place that may be PROGRAM_NONE. */
static inline void
put_number(struct packer *packer, int32_t number)
{
    assert(number >= PROGRAM_NONE);
    put(packer, (uint64_t)(number + 1));
}

/* What an instant is put as that is neither of the special ones nor the one
 * that instants are told by. */
static uint64_t
distance_code(int64_t at_ms, int64_t base_ms, int64_t quarter_ms)
{
    int64_t quarters = (at_ms - quarter_ms) / QUARTER_MS;

    if (quarter_ms + quarters * QUARTER_MS == at_ms)
        return CODE_DISTANCE + varint_folded(quarters) * 2;
    return CODE_DISTANCE + varint_folded(at_ms - base_ms) * 2 + 1;
}

static inline void
put_time(struct packer *packer, int64_t at_ms)
{
    uint64_t code;

    if (at_ms == packer->base_ms)
        code = packer->base_code; /* most are */
    else if (at_ms == ACCOUNT_NEVER_YET)
        code = CODE_NEVER_YET;
    else if (at_ms == TERMS_NEVER)
        code = CODE_NEVER;
    else if (at_ms == TERMS_AT_ONCE)
        code = CODE_AT_ONCE;
    else
        code = distance_code(at_ms, packer->base_ms, packer->quarter_ms);
    put(packer, code);
}

static inline void
tell_by(struct packer *packer, int64_t base_ms)
{
    packer->base_ms = base_ms;
    packer->quarter_ms = base_ms / QUARTER_MS * QUARTER_MS;
    packer->base_code = CODE_DISTANCE + (base_ms != packer->quarter_ms);
}

static void
put_view(struct packer *packer, view bytes)
{
    put(packer, bytes.size);
    if (bytes.size > 0)
        memcpy(packer->next, bytes.bytes, bytes.size);
    packer->next += bytes.size;
}

static void
put_identity(struct packer *packer, identity id)
{
    put(packer, id.node);
    put(packer, id.incarnation);
    put(packer, id.seq);
}

static void
put_facts(struct packer *packer, const struct account *account)
{
    put(packer, account->ordinal);
    put_number(packer, account->version);
    put_time(packer, account->first_ms);
    put_time(packer, account->joined_ms);
    put(packer, account->home_store);
    put(packer, account->referral.referrer);
    put_time(packer, account->first_purchase_ms);
    put_time(packer, account->last_purchase_ms);
    put(packer, account->purchase_count);
    put_signed(packer, account->spend.minor);
    put_time(packer, account->visit_ms);
    put(packer, account->visit_store);
    put_time(packer, account->active_ms);
    put_time(packer, account->idle_ended_ms);
    put_signed(packer, account->debt.value);
}

static void
put_level(struct packer *packer, const struct level_state *level)
{
    put_number(packer, level->level);
    put_time(packer, level->until_ms);
    put_time(packer, level->since_ms);
    if (level->since_ms == ACCOUNT_NEVER_YET)
        return;
    put_signed(packer, level->qualifying.minor);
    put_signed(packer, level->first_month);
    put_signed(packer, level->last_month);
    put(packer, level->ordinal);
}

static void
put_lots(struct packer *packer, const struct lot_list *lots)
{
    int64_t base_ms = packer->base_ms;

    put(packer, lots->count);
    for (uint32_t i = 0; i < lots->count; i++) {
        const struct lot *lot = &lots->items[i];
        put_time(packer, lot->key.available_at);
        put_time(packer, lot->key.expires_at);
        put_number(packer, lot->key.partner);
        put_signed(packer, lot->left.value);
        if (lot->key.expires_at != TERMS_NEVER)
            tell_by(packer, lot->key.expires_at);
    }
    tell_by(packer, base_ms);
}

static void
put_vouchers(struct packer *packer, const struct account *account)
{
    put(packer, account->voucher_order);
    put(packer, account->vouchers.count);
    for (uint32_t i = 0; i < account->vouchers.count; i++) {
        const struct voucher *voucher = &account->vouchers.items[i];
        put(packer, voucher->order);
        put_time(packer, voucher->issued_ms);
        put_time(packer, voucher->expires_at);
        put_number(packer, voucher->reward);
        put_number(packer, voucher->issuer);
        put(packer, voucher->store);
        put(packer, voucher->version);
        put(packer, voucher->source);
        put_number(packer, voucher->source_number);
        put_signed(packer, voucher->count);
    }
}

/* How far back some version's window reaches from `month`, and whether any
 * bonus asks for the stores of a month. */
struct reach {
    int32_t first_month; /* INT32_MAX: no window */
    bool stores;
};

static struct reach
reach_of(const struct timeline *timeline, int32_t month)
{
    struct reach reach = { .first_month = INT32_MAX,
                           .stores = timeline->gives_bonus };

    for (uint32_t i = 0; i < timeline->version_count; i++) {
        const struct program *program = timeline->versions[i].program;
        if (program->tiers.count == 0)
            continue;
        int32_t first = terms_window_first(&program->tiers, month);
        if (first < reach.first_month)
            reach.first_month = first;
    }
    return reach;
}

/* The month that the list has at `index` as it is kept, and where the next one
 * begins; a spend of 0 is not. */
static inline struct month_spend
kept_month(const struct month_list *months, int32_t now,
           const struct reach *reach, uint32_t *index)
{
    struct month_spend entry = months->items[(*index)++];

    if (reach->stores && entry.month >= now)
        return entry;
    entry.store = 0;
    for (; *index < months->count && months->items[*index].month == entry.month;
         ++*index)
        entry.spend = money_add(entry.spend, months->items[*index].spend);
    if (entry.month < reach->first_month)
        entry.spend.minor = 0;
    return entry;
}

enum account_months
account_months_kept(const struct timeline *timeline, int32_t month)
{
    const struct reach reach = reach_of(timeline, month);

    if (reach.stores)
        return ACCOUNT_MONTHS_BY_STORE;
    return month < reach.first_month ? ACCOUNT_MONTHS_NONE
                                     : ACCOUNT_MONTHS_TOGETHER;
}

void
account_prune_months(struct account *account, const struct timeline *timeline)
{
    struct month_list *months = &account->months;
    const int32_t now =
        calendar_month(zone_day_open(&timeline->zone, account->last_ms));
    const struct reach reach = reach_of(timeline, now);
    uint32_t kept = 0;

    for (uint32_t i = 0; i < months->count;) {
        struct month_spend entry = kept_month(months, now, &reach, &i);
        if (entry.spend.minor != 0)
            months->items[kept++] = entry;
    }
    months->count = kept;
}

/* The months that matter, each with its distance from the one that the next
 * event may lie in. */
static void
put_months(struct packer *packer, const struct account *account,
           const struct timeline *timeline, int32_t now)
{
    const struct month_list *months = &account->months;
    struct reach reach = reach_of(timeline, now);
    uint32_t count = 0;

    for (uint32_t i = 0; i < months->count;)
        count += kept_month(months, now, &reach, &i).spend.minor != 0;
    put(packer, count);
    for (uint32_t i = 0; i < months->count;) {
        struct month_spend entry = kept_month(months, now, &reach, &i);
        if (entry.spend.minor == 0)
            continue;
        put_signed(packer, now - entry.month);
        put(packer, entry.store);
        put_signed(packer, entry.spend.minor);
    }
}

static void
put_cards(struct packer *packer, const struct account *account)
{
    put(packer, account->stamps.count);
    for (uint32_t i = 0; i < account->stamps.count; i++) {
        const struct stamp_state *state = &account->stamps.items[i];
        put_number(packer, state->card);
        put_signed(packer, state->count);
        put_signed(packer, state->times);
        put_signed(packer, state->given.value);
    }
    put(packer, account->spends.count);
    for (uint32_t i = 0; i < account->spends.count; i++) {
        const struct spend_state *state = &account->spends.items[i];
        put_number(packer, state->spend);
        put_signed(packer, state->by_year ? state->year : -1);
        put_time(packer, state->since_ms);
        put_signed(packer, state->progress.minor);
        put_signed(packer, state->times);
        put_signed(packer, state->paid);
        put_signed(packer, state->given.value);
    }
}

static bool
is_dead(const struct account *account, const struct pass *pass)
{
    return pass->left == 0 || pass->expires_at <= account->clock_ms;
}

static void
put_passes(struct packer *packer, const struct account *account)
{
    uint32_t live = 0;

    for (uint32_t i = 0; i < account->passes.count; i++)
        live += !is_dead(account, &account->passes.items[i]);
    put(packer, live);
    for (uint32_t i = 0; i < account->passes.count; i++) {
        const struct pass *pass = &account->passes.items[i];
        if (is_dead(account, pass))
            continue;
        put_number(packer, pass->pass);
        put_number(packer, pass->partner);
        put(packer, pass->store);
        put_number(packer, pass->uses);
        put_number(packer, pass->left);
        put_signed(packer, pass->first_use_day);
        put_time(packer, pass->expires_at);
        put_signed(packer, pass->price.minor);
    }
}

static void
put_consents(struct packer *packer, const struct account *account)
{
    put(packer, account->consents.count);
    for (uint32_t i = 0; i < account->consents.count; i++) {
        const struct consent *consent = &account->consents.items[i];
        put_view(packer, consent->channel);
        put_time(packer, consent->at_ms);
        put(packer, consent->granted);
    }
}

static bool
is_past(const struct earn_count *count, int32_t day)
{
    return count->period < terms_period(count->per, day);
}

static void
put_counts(struct packer *packer, const struct account *account, int32_t day)
{
    uint32_t current = 0;

    for (uint32_t i = 0; i < account->counts.count; i++)
        current += !is_past(&account->counts.items[i], day);
    put(packer, current);
    for (uint32_t i = 0; i < account->counts.count; i++) {
        const struct earn_count *count = &account->counts.items[i];
        if (is_past(count, day))
            continue;
        put_number(packer, count->rule);
        put(packer, count->per);
        put_signed(packer, count->period);
        put_number(packer, count->times);
    }
    put(packer, account->given.count);
    for (uint32_t i = 0; i < account->given.count; i++)
        put_number(packer, account->given.items[i]);
    put(packer, account->voids.count);
    for (uint32_t i = 0; i < account->voids.count; i++)
        put_identity(packer, account->voids.items[i]);
}

/* No account takes more: each of its numbers as long as can be. */
static size_t
room_for(const struct account *account)
{
    enum { SINGLE = 40 };
    size_t numbers =
        SINGLE + 4 * (size_t)account->lots.count +
        10 * (size_t)account->vouchers.count +
        3 * (size_t)account->months.count + 4 * (size_t)account->stamps.count +
        7 * (size_t)account->spends.count + 8 * (size_t)account->passes.count +
        3 * (size_t)account->consents.count +
        4 * (size_t)account->counts.count + (size_t)account->given.count +
        3 * (size_t)account->voids.count;
    size_t channels = 0;

    for (uint32_t i = 0; i < account->consents.count; i++)
        channels += account->consents.items[i].channel.size;
    return numbers * VARINT_SIZE + channels;
}

static bool
has_rest(const struct account *account)
{
    return (account->stamps.count | account->spends.count |
            account->passes.count | account->consents.count |
            account->counts.count | account->given.count |
            account->voids.count) != 0;
}

static __attribute__((noinline)) uint8_t *
put_rest(struct packer packer, const struct account *account,
         const struct timeline *timeline)
{
    int32_t day = 0;

    if (account->begun) {
        day = zone_day_open(&timeline->zone, account->last_ms);
        put_cards(&packer, account);
        put_passes(&packer, account);
        put_consents(&packer, account);
    }
    put_counts(&packer, account, day);
    return packer.next;
}

static void
put_begun(struct packer *packer, const struct account *account,
          const struct timeline *timeline)
{
    assert(account->clock_ms == account->last_ms);
    put_signed(packer, account->last_ms);
    tell_by(packer, account->last_ms);
    put_identity(packer, account->last);
    put_facts(packer, account);
    put_level(packer, &account->level);
    put_lots(packer, &account->lots);
    put_vouchers(packer, account);
    put_months(
        packer, account, timeline,
        calendar_month(zone_day_open(&timeline->zone, account->last_ms)));
}

size_t
account_pack(const struct account *account, const struct timeline *timeline,
             uint8_t *bytes, size_t room)
{
    struct packer packer = { .next = bytes };
    unsigned flags = (account->begun ? FLAG_BEGUN : 0U) |
                     (account->referral.joined ? FLAG_REFERRAL_JOINED : 0U) |
                     (account->referral.done ? FLAG_REFERRAL_DONE : 0U);

    size_t most = room_for(account);
    if (room < most)
        return 0;
    put(&packer, ACCOUNT_FORMAT);
    put(&packer, flags);
    if (account->begun)
        put_begun(&packer, account, timeline);
    if (account->begun && !has_rest(account)) {
        memset(packer.next, 0, REST_LISTS);
        packer.next += REST_LISTS;
    } else {
        packer.next = put_rest(packer, account, timeline);
    }
    assert(packer.next - bytes <= (ptrdiff_t)most);
    return (size_t)(packer.next - bytes);
}
