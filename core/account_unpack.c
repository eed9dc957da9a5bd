/*
 * account_unpack.c - an account's state from its bytes (see account_format.h)
 *
 * The bytes may come from a hub or from a damaged disk: everything is checked
 * that later steps take for granted.
 */
#include "core/account_format.h"

#include "core/varint.h"

struct unpacker {
    const uint8_t *next;
    const uint8_t *end;
    bool failed;
    int64_t base_ms;    /* what instants are told by, ... */
    int64_t quarter_ms; /* ... and the quarter of an hour that it lies in */
    int32_t day;        /* of the last event */
    struct arena *arena;
    const struct timeline *timeline;
};

/* A number, and where it ends; NULL: there is none. */
struct number {
    const uint8_t *end;
    uint64_t value;
};

/* By value, here and in what follows: the place in the bytes, on which every
 * number waits for the one before it, is to stay in a register. */
static struct number
long_number(const uint8_t *at, const uint8_t *end)
{
    struct number number = { .end = at };

    if (!varint_take(&number.end, end, &number.value))
        return (struct number) { 0 };
    return number;
}

/* Most numbers are of one byte. */
static inline uint64_t
get(struct unpacker *unpacker)
{
    if (__builtin_expect(
            unpacker->next < unpacker->end && *unpacker->next < 0x80, 1))
        return *unpacker->next++;
    struct number number = long_number(unpacker->next, unpacker->end);
    if (number.end == NULL) {
        unpacker->failed = true;
        number.end = unpacker->end;
    }
    unpacker->next = number.end;
    return number.value;
}

static inline int64_t
get_signed(struct unpacker *unpacker)
{
    return varint_unfolded(get(unpacker));
}

/* No sum of a history comes near this, and sums of such don't overflow. */
#define AMOUNT_MAX (INT64_C(1) << 56)

static inline int64_t
get_between(struct unpacker *unpacker, int64_t min, int64_t max)
{
    int64_t value = get_signed(unpacker);

    if (value < min || value > max) {
        unpacker->failed = true;
        return min;
    }
    return value;
}

static inline uint64_t
get_below(struct unpacker *unpacker, uint64_t end)
{
    uint64_t value = get(unpacker);

    if (value >= end) {
        unpacker->failed = true;
        return 0;
    }
    return value;
}

static uint32_t
get_store(struct unpacker *unpacker)
{
    return (uint32_t)get_below(unpacker, (uint64_t)LIMIT_STORE + 1);
}

/* A number below `count`, or PROGRAM_NONE. */
static int32_t
get_number(struct unpacker *unpacker, uint32_t count)
{
    return (int32_t)get_below(unpacker, (uint64_t)count + 1) - 1;
}

static int32_t
get_name(struct unpacker *unpacker, enum name_kind kind)
{
    return get_number(unpacker, unpacker->timeline->names[kind].count);
}

/* The same where there has to be one. */
static int32_t
get_some(struct unpacker *unpacker, enum name_kind kind)
{
    int32_t number = get_name(unpacker, kind);

    if (number == PROGRAM_NONE)
        unpacker->failed = true;
    return number;
}

/* False: no instant. */
static bool
distant_time(uint64_t code, int64_t base_ms, int64_t quarter_ms,
             int64_t *ret_at_ms)
{
    int64_t distance = varint_unfolded(code >> 1);
    int64_t at_ms = code & 1 ? base_ms : quarter_ms;

    if (__builtin_mul_overflow(distance, code & 1 ? 1 : QUARTER_MS,
                               &distance) ||
        __builtin_add_overflow(at_ms, distance, &at_ms) ||
        at_ms < -LIMIT_CLOCK_MS_MAX || at_ms > 2 * LIMIT_CLOCK_MS_MAX)
        return false;
    *ret_at_ms = at_ms;
    return true;
}

static inline int64_t
get_time(struct unpacker *unpacker)
{
    uint64_t code = get(unpacker);
    int64_t at_ms = unpacker->base_ms;

    if (code == CODE_DISTANCE + 1)
        return at_ms; /* most are that of the last event */
    if (code == CODE_NEVER_YET)
        return ACCOUNT_NEVER_YET;
    if (code == CODE_NEVER)
        return TERMS_NEVER;
    if (code == CODE_AT_ONCE)
        return TERMS_AT_ONCE;
    if (!distant_time(code - CODE_DISTANCE, at_ms, unpacker->quarter_ms,
                      &at_ms))
        unpacker->failed = true;
    return at_ms;
}

static void
tell_by(struct unpacker *unpacker, int64_t base_ms)
{
    unpacker->base_ms = base_ms;
    unpacker->quarter_ms = base_ms / QUARTER_MS * QUARTER_MS;
}

/* The count of a list whose items take at least `size` bytes each: no more
 * than can be there, so that damage asks for no great memory. */
static inline uint32_t
get_count(struct unpacker *unpacker, uint32_t size)
{
    uint64_t count = get(unpacker);
    uint64_t left = (uint64_t)(unpacker->end - unpacker->next);

    if (count > left || count * size > left) {
        unpacker->failed = true;
        return 0;
    }
    return (uint32_t)count;
}

static identity
get_identity(struct unpacker *unpacker)
{
    identity id;

    id.node = (uint32_t)get_below(unpacker, (uint64_t)LIMIT_NODE + 1);
    id.incarnation = get(unpacker);
    id.seq = get(unpacker);
    return id;
}

static void
get_facts(struct unpacker *unpacker, struct account *account)
{
    account->ordinal = get(unpacker);
    account->version = get_number(unpacker, unpacker->timeline->version_count);
    account->first_ms = get_time(unpacker);
    account->joined_ms = get_time(unpacker);
    account->home_store = get_store(unpacker);
    account->referral.referrer = get(unpacker);
    account->first_purchase_ms = get_time(unpacker);
    account->last_purchase_ms = get_time(unpacker);
    account->purchase_count = get(unpacker);
    account->spend.minor = get_between(unpacker, -AMOUNT_MAX, AMOUNT_MAX);
    account->visit_ms = get_time(unpacker);
    account->visit_store = get_store(unpacker);
    account->active_ms = get_time(unpacker);
    account->idle_ended_ms = get_time(unpacker);
    account->debt.value = get_between(unpacker, 0, AMOUNT_MAX);
}

static void
get_level(struct unpacker *unpacker, struct level_state *level)
{
    level->level = get_name(unpacker, NAME_LEVEL);
    level->until_ms = get_time(unpacker);
    level->since_ms = get_time(unpacker);
    if (level->since_ms == ACCOUNT_NEVER_YET)
        return;
    level->qualifying.minor = get_between(unpacker, -AMOUNT_MAX, AMOUNT_MAX);
    level->first_month = (int32_t)get_between(unpacker, 0, INT32_MAX);
    level->last_month = (int32_t)get_between(unpacker, 0, INT32_MAX);
    level->ordinal = get(unpacker);
}

static void
get_lots(struct unpacker *unpacker, struct lot_list *lots)
{
    uint32_t count = get_count(unpacker, 4);
    int64_t base_ms = unpacker->base_ms;

    LIST_RESERVE(unpacker->arena, lots, count + 1); /* a purchase's, too */
    for (uint32_t i = 0; i < count && !unpacker->failed; i++) {
        struct lot *lot = LIST_ADD(unpacker->arena, lots);
        lot->key.available_at = get_time(unpacker);
        lot->key.expires_at = get_time(unpacker);
        lot->key.partner = get_some(unpacker, NAME_PARTNER);
        lot->left.value = get_between(unpacker, 1, AMOUNT_MAX);
        if (i > 0 && lot_compare(&lot[-1].key, &lot->key) >= 0)
            unpacker->failed = true;
        if (lot->key.expires_at != TERMS_NEVER)
            tell_by(unpacker, lot->key.expires_at);
    }
    tell_by(unpacker, base_ms);
}

static void
get_vouchers(struct unpacker *unpacker, struct account *account)
{
    account->voucher_order = get(unpacker);
    uint32_t count = get_count(unpacker, 10);
    for (uint32_t i = 0; i < count && !unpacker->failed; i++) {
        struct voucher *voucher = LIST_ADD(unpacker->arena, &account->vouchers);
        voucher->order = get(unpacker);
        voucher->issued_ms = get_time(unpacker);
        voucher->expires_at = get_time(unpacker);
        voucher->reward = get_some(unpacker, NAME_REWARD);
        voucher->issuer = get_some(unpacker, NAME_PARTNER);
        voucher->store = get_store(unpacker);
        voucher->version =
            (uint32_t)get_below(unpacker, unpacker->timeline->version_count);
        voucher->source =
            (enum source_kind)get_below(unpacker, SOURCE_SPEND + 1);
        voucher->source_number = get_number(unpacker, INT32_MAX);
        voucher->count = get_between(unpacker, 1, AMOUNT_MAX);
    }
}

static void
get_months(struct unpacker *unpacker, struct account *account)
{
    uint32_t count = get_count(unpacker, 3);
    int32_t now = calendar_month(unpacker->day);

    account->bonus_from = now;
    LIST_RESERVE(unpacker->arena, &account->months, count + 1);
    for (uint32_t i = 0; i < count && !unpacker->failed; i++) {
        struct month_spend *entry = LIST_ADD(unpacker->arena, &account->months);
        entry->month = now - (int32_t)get_between(unpacker, 0, now);
        entry->store = get_store(unpacker);
        entry->spend.minor = get_between(unpacker, -AMOUNT_MAX, AMOUNT_MAX);
    }
}

static void
get_cards(struct unpacker *unpacker, struct account *account)
{
    uint32_t count = get_count(unpacker, 4);

    for (uint32_t i = 0; i < count && !unpacker->failed; i++) {
        struct stamp_state *state = LIST_ADD(unpacker->arena, &account->stamps);
        state->card = get_some(unpacker, NAME_CARD);
        state->count = get_between(unpacker, -AMOUNT_MAX, AMOUNT_MAX);
        state->times = get_between(unpacker, 0, AMOUNT_MAX);
        state->given.value = get_between(unpacker, 0, AMOUNT_MAX);
    }
    count = get_count(unpacker, 7);
    for (uint32_t i = 0; i < count && !unpacker->failed; i++) {
        struct spend_state *state = LIST_ADD(unpacker->arena, &account->spends);
        state->spend = get_some(unpacker, NAME_SPEND);
        state->year = (int32_t)get_between(unpacker, -1, 9999);
        state->by_year = state->year >= 0;
        state->since_ms = get_time(unpacker);
        state->progress.minor = get_between(unpacker, -AMOUNT_MAX, AMOUNT_MAX);
        state->times = get_between(unpacker, 0, AMOUNT_MAX);
        state->paid = get_between(unpacker, 0, AMOUNT_MAX);
        state->given.value = get_between(unpacker, 0, AMOUNT_MAX);
    }
}

static void
get_passes(struct unpacker *unpacker, struct account *account)
{
    uint32_t count = get_count(unpacker, 8);

    for (uint32_t i = 0; i < count && !unpacker->failed; i++) {
        struct pass *pass = LIST_ADD(unpacker->arena, &account->passes);
        pass->pass = get_some(unpacker, NAME_PASS);
        pass->partner = get_some(unpacker, NAME_PARTNER);
        pass->store = get_store(unpacker);
        pass->uses = get_number(unpacker, INT32_MAX);
        pass->left = get_number(unpacker, INT32_MAX);
        pass->first_use_day =
            (int32_t)get_between(unpacker, INT32_MIN, INT32_MAX);
        pass->expires_at = get_time(unpacker);
        pass->price.minor = get_between(unpacker, 0, LIMIT_MONEY_MINOR);
        if (pass->left < 1 || pass->left > pass->uses)
            unpacker->failed = true;
    }
}

static void
get_consents(struct unpacker *unpacker, struct account *account)
{
    uint32_t count = get_count(unpacker, 3);

    for (uint32_t i = 0; i < count && !unpacker->failed; i++) {
        view channel = { .size = get_count(unpacker, 1) };
        channel.bytes = unpacker->next;
        if (unpacker->failed || channel.size > unpacker->end - unpacker->next)
            break;
        unpacker->next += channel.size;
        int64_t at_ms = get_time(unpacker);
        if (i > 0 &&
            view_compare(account->consents.items[i - 1].channel, channel) >= 0)
            unpacker->failed = true;
        else
            account_consent(account, channel, get(unpacker) != 0, at_ms);
    }
}

static void
get_counts(struct unpacker *unpacker, struct account *account)
{
    uint32_t count = get_count(unpacker, 4);

    for (uint32_t i = 0; i < count && !unpacker->failed; i++) {
        struct earn_count *entry = LIST_ADD(unpacker->arena, &account->counts);
        entry->rule = get_some(unpacker, NAME_RULE);
        entry->per = (enum limit_period)get_below(unpacker, LIMIT_PER_EVER + 1);
        entry->period = (int32_t)get_between(unpacker, INT32_MIN, INT32_MAX);
        entry->times = get_number(unpacker, INT32_MAX);
    }
    count = get_count(unpacker, 1);
    for (uint32_t i = 0; i < count && !unpacker->failed; i++)
        *LIST_ADD(unpacker->arena, &account->given) =
            get_some(unpacker, NAME_RULE);
    count = get_count(unpacker, 3);
    for (uint32_t i = 0; i < count && !unpacker->failed; i++)
        *LIST_ADD(unpacker->arena, &account->voids) = get_identity(unpacker);
}

static void
get_begun(struct unpacker *unpacker, struct account *account)
{
    account->begun = true;
    account->last_ms = get_between(unpacker, LIMIT_AT_MS_MIN, LIMIT_AT_MS_MAX);
    account->clock_ms = account->last_ms;
    account->released_ms = account->last_ms;
    account->absence_ms = account->last_ms;
    unpacker->day = zone_day(&unpacker->timeline->zone, account->last_ms);
    tell_by(unpacker, account->last_ms);
    account->last = get_identity(unpacker);
    get_facts(unpacker, account);
    get_level(unpacker, &account->level);
    get_lots(unpacker, &account->lots);
    get_vouchers(unpacker, account);
    get_months(unpacker, account);
    get_cards(unpacker, account);
    get_passes(unpacker, account);
    get_consents(unpacker, account);
}

/* --- what later steps take for granted --- */

static bool
is_ascending(const struct account *account)
{
    bool ok = true;

    for (uint32_t i = 1; i < account->months.count; i++) {
        const struct month_spend *entry = &account->months.items[i];
        ok = ok && (entry[-1].month < entry->month ||
                    (entry[-1].month == entry->month &&
                     entry[-1].store < entry->store));
    }
    for (uint32_t i = 1; i < account->stamps.count; i++)
        ok = ok &&
             account->stamps.items[i - 1].card < account->stamps.items[i].card;
    for (uint32_t i = 1; i < account->spends.count; i++)
        ok = ok && account->spends.items[i - 1].spend <
                       account->spends.items[i].spend;
    for (uint32_t i = 1; i < account->vouchers.count; i++)
        ok = ok && account->vouchers.items[i - 1].order <
                       account->vouchers.items[i].order;
    return ok;
}

/* Names must be known where the fold looks them up, and nothing may lie after
 * the last event. */
static bool
is_sound(const struct account *account, const struct unpacker *unpacker)
{
    const struct timeline *timeline = unpacker->timeline;
    const struct version *version = timeline_at(timeline, account->last_ms);
    int32_t index = version == NULL ? PROGRAM_NONE : (int32_t)version->index;
    bool tiers = version != NULL && version->program->tiers.count > 0;
    bool level = tiers ? version_place(version, NAME_LEVEL,
                                       account->level.level) != PROGRAM_NONE
                       : account->level.level == PROGRAM_NONE;
    bool ok = account->version == index && level && is_ascending(account);

    for (uint32_t i = 0; i < account->vouchers.count; i++) {
        const struct voucher *voucher = &account->vouchers.items[i];
        const struct version *at_issue = &timeline->versions[voucher->version];
        ok = ok && voucher->order <= account->voucher_order &&
             version_place(at_issue, NAME_REWARD, voucher->reward) !=
                 PROGRAM_NONE;
    }
    for (uint32_t i = 0; i < account->counts.count; i++) {
        const struct earn_count *count = &account->counts.items[i];
        ok = ok && count->period <= terms_period(count->per, unpacker->day);
    }
    for (uint32_t i = 0; i < account->consents.count; i++)
        ok = ok && account->consents.items[i].at_ms <= account->last_ms;
    return ok;
}

enum err
account_unpack(view bytes, account_id id, const struct timeline *timeline,
               struct arena *arena, struct account *ret_account)
{
    struct unpacker unpacker = { .next = bytes.bytes,
                                 .end = bytes.bytes + bytes.size,
                                 .arena = arena,
                                 .timeline = timeline };
    struct account *account = ret_account;

    account_open(account, id, arena);
    account->whole = false;
    if (get(&unpacker) != ACCOUNT_FORMAT)
        return err_corrupt();
    uint64_t flags = get_below(&unpacker, FLAG_REFERRAL_DONE << 1);
    account->referral.joined = (flags & FLAG_REFERRAL_JOINED) != 0;
    account->referral.done = (flags & FLAG_REFERRAL_DONE) != 0;
    if (flags & FLAG_BEGUN)
        get_begun(&unpacker, account);
    get_counts(&unpacker, account);
    if (unpacker.failed || unpacker.next < unpacker.end)
        return err_corrupt();
    if (account->begun && !is_sound(account, &unpacker))
        return err_corrupt();
    return OK;
}
