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
    /* The special instants; what others are told by comes last, behind the
     * quarter of an hour that it lies in. */
    int64_t instants[CODE_DISTANCE + 2];
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
distant_time(uint64_t code, int64_t from_ms, int64_t *ret_at_ms)
{
    int64_t distance = varint_unfolded(code >> 1);
    int64_t at_ms;

    if (__builtin_mul_overflow(distance, code & 1 ? 1 : QUARTER_MS,
                               &distance) ||
        __builtin_add_overflow(from_ms, distance, &at_ms) ||
        at_ms < -LIMIT_CLOCK_MS_MAX || at_ms > 2 * LIMIT_CLOCK_MS_MAX)
        return false;
    *ret_at_ms = at_ms;
    return true;
}

static inline int64_t
get_time(struct unpacker *unpacker)
{
    uint64_t code = get(unpacker);

    if (code < COUNT_OF(unpacker->instants))
        return unpacker->instants[code]; /* most are that of the last event */
    code -= CODE_DISTANCE;
    int64_t at_ms = unpacker->instants[CODE_DISTANCE + (code & 1)];
    if (!distant_time(code, at_ms, &at_ms))
        unpacker->failed = true;
    return at_ms;
}

static inline void
tell_by(struct unpacker *unpacker, int64_t base_ms)
{
    unpacker->instants[CODE_DISTANCE] = base_ms / QUARTER_MS * QUARTER_MS;
    unpacker->instants[CODE_DISTANCE + 1] = base_ms;
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
    int64_t base_ms = unpacker->instants[CODE_DISTANCE + 1];

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

/* By value, so that the one it is a copy of stays in registers. */
static __attribute__((noinline)) struct unpacker
take_vouchers(struct unpacker copy, struct account *account, uint32_t count)
{
    struct unpacker *unpacker = &copy;

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
    return copy;
}

static inline void
get_vouchers(struct unpacker *unpacker, struct account *account)
{
    account->voucher_order = get(unpacker);
    uint32_t count = get_count(unpacker, 10);
    if (count > 0)
        *unpacker = take_vouchers(*unpacker, account, count);
}

static void
get_months(struct unpacker *unpacker, struct account *account)
{
    uint32_t count = get_count(unpacker, 3);
    int32_t now = calendar_month(
        zone_day_open(&unpacker->timeline->zone, account->last_ms));

    account->bonus_from = now;
    LIST_RESERVE(unpacker->arena, &account->months, count + 1);
    for (uint32_t i = 0; i < count && !unpacker->failed; i++) {
        struct month_spend *entry = LIST_ADD(unpacker->arena, &account->months);
        /* The clock may go back into the month before (zone_day_open()). */
        entry->month = now - (int32_t)get_between(unpacker, -1, now);
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

/* They are searched by their order. */
static void
get_voids(struct unpacker *unpacker, struct void_list *voids, uint32_t count)
{
    for (uint32_t i = 0; i < count && !unpacker->failed; i++) {
        identity *voided = LIST_ADD(unpacker->arena, voids);
        *voided = get_identity(unpacker);
        if (i > 0 && identity_compare(voided[-1], *voided) > 0)
            unpacker->failed = true;
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
    get_voids(unpacker, &account->voids, count);
}

static void
get_begun(struct unpacker *unpacker, struct account *account)
{
    account->begun = true;
    account->last_ms = get_between(unpacker, LIMIT_AT_MS_MIN, LIMIT_AT_MS_MAX);
    account->clock_ms = account->last_ms;
    account->released_ms = account->last_ms;
    account->absence_ms = account->last_ms;
    tell_by(unpacker, account->last_ms);
    account->last = get_identity(unpacker);
    get_facts(unpacker, account);
    get_level(unpacker, &account->level);
    get_lots(unpacker, &account->lots);
    get_vouchers(unpacker, account);
    get_months(unpacker, account);
}

static bool
has_rest(const struct unpacker *unpacker)
{
    static const uint8_t none[REST_LISTS];

    return unpacker->end - unpacker->next != REST_LISTS ||
           memcmp(unpacker->next, none, REST_LISTS) != 0;
}

/* By value, likewise. */
static __attribute__((noinline)) struct unpacker
take_rest(struct unpacker unpacker, struct account *account)
{
    if (account->begun) {
        get_cards(&unpacker, account);
        get_passes(&unpacker, account);
        get_consents(&unpacker, account);
    }
    get_counts(&unpacker, account);
    return unpacker;
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

/* NULL: none is in force at that instant. */
static bool
is_in_force(const struct timeline *timeline, const struct version *version,
            int64_t at_ms)
{
    if (version == NULL)
        return timeline->version_count == 0 ||
               at_ms < timeline->versions[0].from_ms;
    return version->from_ms <= at_ms && at_ms < version->until_ms;
}

static bool
is_level(const struct version *version, int32_t level)
{
    if (version == NULL || version->program->tiers.count == 0)
        return level == PROGRAM_NONE;
    return version_place(version, NAME_LEVEL, level) != PROGRAM_NONE;
}

static bool
are_counts_sound(const struct account *account, const struct zone *zone)
{
    bool ok = true;

    if (account->counts.count == 0)
        return true;
    /* Clocks may have gone back since a later day. */
    int32_t day = zone_day(zone, account->last_ms) + 1;
    for (uint32_t i = 0; i < account->counts.count; i++) {
        const struct earn_count *count = &account->counts.items[i];
        ok = ok && count->period <= terms_period(count->per, day);
    }
    return ok;
}

/* Names must be known where the fold looks them up, and nothing may lie after
 * the last event. */
static bool
is_sound(const struct account *account, const struct timeline *timeline)
{
    const struct version *version = account->version == PROGRAM_NONE
                                        ? NULL
                                        : &timeline->versions[account->version];
    bool ok = is_in_force(timeline, version, account->last_ms) &&
              is_level(version, account->level.level) &&
              is_ascending(account) &&
              are_counts_sound(account, &timeline->zone);

    for (uint32_t i = 0; i < account->vouchers.count; i++) {
        const struct voucher *voucher = &account->vouchers.items[i];
        const struct version *at_issue = &timeline->versions[voucher->version];
        ok = ok && voucher->order <= account->voucher_order &&
             version_place(at_issue, NAME_REWARD, voucher->reward) !=
                 PROGRAM_NONE;
    }
    for (uint32_t i = 0; i < account->consents.count; i++)
        ok = ok && account->consents.items[i].at_ms <= account->last_ms;
    return ok;
}

enum err
account_unpack(view bytes, account_id id, const struct timeline *timeline,
               struct arena *arena, struct account *ret_account)
{
    struct unpacker unpacker = {
        .next = bytes.bytes,
        .end = bytes.bytes + bytes.size,
        .instants = { [CODE_NEVER_YET] = ACCOUNT_NEVER_YET,
                      [CODE_NEVER] = TERMS_NEVER,
                      [CODE_AT_ONCE] = TERMS_AT_ONCE },
        .arena = arena,
        .timeline = timeline,
    };
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
    if (!account->begun || has_rest(&unpacker))
        unpacker = take_rest(unpacker, account);
    else
        unpacker.next = unpacker.end;
    if (unpacker.failed || unpacker.next < unpacker.end)
        return err_corrupt();
    if (account->begun && !is_sound(account, timeline))
        return err_corrupt();
    return OK;
}
