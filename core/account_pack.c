/*
 * account_pack.c - an account's state as few bytes (see account_format.h)
 */
#include "core/account_format.h"

#include "core/varint.h"

#include <string.h>

struct packer {
    uint8_t *next;
    uint8_t *end;
    bool full;          /* it did not fit */
    int64_t base_ms;    /* what instants are told by, ... */
    int64_t quarter_ms; /* ... and the quarter of an hour that it lies in */
    uint64_t base_code; /* what base_ms itself is put as */
};

/* Where the number ends; NULL: it does not fit.  By value, here and in what
 * follows, so that the place in the bytes stays in a register. */
static __attribute__((noinline)) uint8_t *
put_long(uint8_t *at, const uint8_t *end, uint64_t value)
{
    uint8_t bytes[VARINT_SIZE];

    if (end - at >= VARINT_SIZE)
        return varint_put(at, value);
    size_t size = (size_t)(varint_put(bytes, value) - bytes);
    if (size > (size_t)(end - at))
        return NULL;
    memcpy(at, bytes, size);
    return at + size;
}

/* Most numbers are of one byte. */
static inline void
put(struct packer *packer, uint64_t value)
{
    if (__builtin_expect(value < 0x80 && packer->next < packer->end, 1)) {
        *packer->next++ = (uint8_t)value;
        return;
    }
    uint8_t *end = put_long(packer->next, packer->end, value);
    packer->full |= end == NULL;
    packer->next = end == NULL ? packer->end : end;
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
    bool quarter = at_ms % QUARTER_MS == 0;
    int64_t distance =
        quarter ? (at_ms - quarter_ms) / QUARTER_MS : at_ms - base_ms;

    return CODE_DISTANCE + varint_folded(distance) * 2 + !quarter;
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
put_byte(struct packer *packer, uint8_t byte)
{
    packer->full |= packer->next == packer->end;
    if (!packer->full)
        *packer->next++ = byte;
}

static void
put_view(struct packer *packer, view bytes)
{
    put(packer, bytes.size);
    for (uint32_t i = 0; i < bytes.size; i++)
        put_byte(packer, bytes.bytes[i]);
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
static struct month_spend
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

/* The months that matter, each with its distance from the last event's. */
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
        put_byte(packer, consent->granted);
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

size_t
account_pack(const struct account *account, const struct timeline *timeline,
             uint8_t *bytes, size_t room)
{
    struct packer packer = { .next = bytes, .end = bytes + room };
    unsigned flags = (account->begun ? FLAG_BEGUN : 0U) |
                     (account->referral.joined ? FLAG_REFERRAL_JOINED : 0U) |
                     (account->referral.done ? FLAG_REFERRAL_DONE : 0U);

    int32_t day =
        account->begun ? zone_day(&timeline->zone, account->last_ms) : 0;

    put(&packer, ACCOUNT_FORMAT);
    put(&packer, flags);
    if (account->begun) {
        assert(account->clock_ms == account->last_ms);
        put_signed(&packer, account->last_ms);
        tell_by(&packer, account->last_ms);
        put_identity(&packer, account->last);
        put_facts(&packer, account);
        put_level(&packer, &account->level);
        put_lots(&packer, &account->lots);
        put_vouchers(&packer, account);
        put_months(&packer, account, timeline, calendar_month(day));
        put_cards(&packer, account);
        put_passes(&packer, account);
        put_consents(&packer, account);
    }
    put_counts(&packer, account, day);
    return packer.full ? 0 : (size_t)(packer.next - bytes);
}
