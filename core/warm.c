#include "core/warm.h"

#include <string.h>

enum { LOTS_AT = sizeof(struct warm_head) };

/* --- where what lies --- */

static uint32_t
months_at(const struct warm_head *head)
{
    return LOTS_AT + head->lot_count * (uint32_t)sizeof(struct lot);
}

static uint32_t
cold_at(const struct warm_head *head)
{
    return months_at(head) +
           head->month_count * (uint32_t)sizeof(struct month_spend);
}

static struct lot
lot_at(const struct warm *warm, uint32_t index)
{
    struct lot lot;

    memcpy(&lot, warm->bytes + LOTS_AT + index * sizeof lot, sizeof lot);
    return lot;
}

static void
put_lot(struct warm *warm, uint32_t index, const struct lot *lot)
{
    memcpy(warm->bytes + LOTS_AT + index * sizeof *lot, lot, sizeof *lot);
}

static struct month_spend
month_at(const struct warm *warm, uint32_t index)
{
    struct month_spend month;

    memcpy(&month, warm->bytes + months_at(&warm->head) + index * sizeof month,
           sizeof month);
    return month;
}

static void
put_month(struct warm *warm, uint32_t index, const struct month_spend *month)
{
    memcpy(warm->bytes + months_at(&warm->head) + index * sizeof *month, month,
           sizeof *month);
}

/* --- between warm and cold --- */

/* What would have to be asked at each purchase, or be changed with it, and is
 * not in the head. */
static bool
is_open(const struct account *account)
{
    return account->version != PROGRAM_NONE && account->purchase_count > 0 &&
           account->debt.value == 0 && account->voids.count == 0 &&
           !referral_waits(&account->referral);
}

/* Nothing that is bought on that day keeps the level for longer. */
static bool
is_kept(const struct account *account, const struct timeline *timeline,
        int32_t day)
{
    const int64_t until_ms = account->level.until_ms;

    return until_ms == TERMS_NEVER || account->version == PROGRAM_NONE ||
           until_ms >= terms_tier_until(
                           &timeline->zone,
                           &timeline->versions[account->version].program->tiers,
                           day);
}

static struct warm_head
head_of(const struct account *account, const struct timeline *timeline,
        int64_t due_ms)
{
    const int32_t day = zone_day_open(&timeline->zone, account->last_ms);

    return (struct warm_head) {
        .tag = WARM_TAG,
        .open = is_open(account),
        .kept = is_kept(account, timeline, day),
        .month_count = (uint8_t)account->months.count,
        .lot_count = (uint16_t)account->lots.count,
        .month = (uint16_t)calendar_month(day),
        .version = (uint16_t)account->version,
        .level = (uint16_t)account->level.level,
        .last_node = account->last.node,
        .due_ms = due_ms,
        .last_ms = account->last_ms,
        .last_incarnation = account->last.incarnation,
        .last_seq = account->last.seq,
    };
}

/* Each number has its place in the head. */
static bool
fits(const struct account *account)
{
    return account->months.count <= UINT8_MAX &&
           account->lots.count <= UINT16_MAX && account->version < UINT16_MAX &&
           account->level.level < WARM_NO_LEVEL;
}

size_t
warm_make(struct account *account, const struct timeline *timeline,
          int64_t due_ms, uint8_t *bytes)
{
    assert(account->begun);
    account_prune_months(account, timeline);
    if (!fits(account))
        return 0;
    const struct warm_head head = head_of(account, timeline, due_ms);
    const size_t lots_size = head.lot_count * sizeof(struct lot);
    const size_t months_size = head.month_count * sizeof(struct month_spend);
    const size_t cold = LOTS_AT + lots_size + months_size;

    if (cold >= WARM_SIZE_MAX)
        return 0;
    memcpy(bytes, &head, sizeof head);
    if (lots_size > 0)
        memcpy(bytes + LOTS_AT, account->lots.items, lots_size);
    if (months_size > 0)
        memcpy(bytes + LOTS_AT + lots_size, account->months.items, months_size);
    account->lots.count = 0;
    account->months.count = 0;
    account->last = (identity) { 0 };
    const size_t size =
        account_pack(account, timeline, bytes + cold, WARM_SIZE_MAX - cold);
    account->lots.count = head.lot_count;
    account->months.count = head.month_count;
    account->last = warm_last(&head);
    return size == 0 ? 0 : cold + size;
}

/* What ordinary purchases have done since. */
static void
add_bought(struct account *account, const struct warm_head *head)
{
    account->last_ms = account->clock_ms = head->last_ms;
    account->released_ms = account->absence_ms = head->last_ms;
    account->ordinal += head->bought;
    account->purchase_count += head->bought;
    account->spend = money_add(account->spend, head->spent);
    account->last_purchase_ms = head->last_ms;
    account->active_ms = head->last_ms;
    account->visit_ms = head->last_ms;
    account->visit_store = head->visit_store;
    account->given.count = 0;
}

enum err
warm_account(view bytes, account_id id, const struct timeline *timeline,
             struct arena *arena, struct account *ret_account)
{
    struct warm_head head;
    struct account *account = ret_account;

    assert(warm_is(bytes));
    memcpy(&head, bytes.bytes, sizeof head);
    const uint32_t cold = cold_at(&head);
    enum err err =
        account_unpack((view) { bytes.bytes + cold, bytes.size - cold }, id,
                       timeline, arena, account);

    if (err != OK)
        return err;
    account->last = warm_last(&head);
    if (head.bought > 0)
        add_bought(account, &head);
    LIST_RESERVE(arena, &account->lots, head.lot_count + 1);
    LIST_RESERVE(arena, &account->months, head.month_count + 1);
    account->lots.count = head.lot_count;
    account->months.count = head.month_count;
    memcpy(account->lots.items, bytes.bytes + LOTS_AT,
           head.lot_count * sizeof(struct lot));
    memcpy(account->months.items, bytes.bytes + months_at(&head),
           head.month_count * sizeof(struct month_spend));
    return OK;
}

/* --- a purchase --- */

struct warm
warm_open(uint8_t *bytes, uint32_t size)
{
    struct warm warm = { .bytes = bytes, .size = size };

    memcpy(&warm.head, bytes, sizeof warm.head);
    return warm;
}

void
warm_close(struct warm *warm)
{
    memcpy(warm->bytes, &warm->head, sizeof warm->head);
}

identity
warm_last(const struct warm_head *head)
{
    return (identity) { .incarnation = head->last_incarnation,
                        .seq = head->last_seq,
                        .node = head->last_node };
}

int32_t
warm_level(const struct warm_head *head)
{
    return head->level == WARM_NO_LEVEL ? PROGRAM_NONE : head->level;
}

money
warm_spend(const struct warm *warm, int32_t first, int32_t last)
{
    money sum = { 0 };

    for (uint32_t i = warm->head.month_count; i-- > 0;) {
        const struct month_spend month = month_at(warm, i);
        if (month.month < first)
            break;
        if (month.month <= last)
            sum = money_add(sum, month.spend);
    }
    return sum;
}

bool
warm_add_spend(struct warm *warm, uint32_t store, money amount)
{
    for (uint32_t i = warm->head.month_count; i-- > 0;) {
        struct month_spend month = month_at(warm, i);
        if (month.month != warm->head.month || month.store < store)
            return false;
        if (month.store != store)
            continue;
        month.spend = money_add(month.spend, amount);
        if (month.spend.minor == 0)
            return false;
        put_month(warm, i, &month);
        return true;
    }
    return false;
}

bool
warm_has_room(const struct warm *warm)
{
    return warm->size + sizeof(struct lot) <= WARM_SIZE_MAX &&
           warm->head.bought < UINT32_MAX;
}

/* A gap for one more lot, in a copy. */
static void
make_gap(struct warm *warm, uint32_t index, uint8_t *room)
{
    const uint32_t at = LOTS_AT + index * (uint32_t)sizeof(struct lot);

    memcpy(room, warm->bytes, at);
    memcpy(room + at + sizeof(struct lot), warm->bytes + at, warm->size - at);
    warm->bytes = room;
    warm->size += (uint32_t)sizeof(struct lot);
    warm->head.lot_count++;
}

void
warm_add_lot(struct warm *warm, struct lot_key key, points amount,
             uint8_t *room)
{
    uint32_t index = warm->head.lot_count;

    assert(amount.value > 0);
    assert(warm_has_room(warm));
    while (index > 0) {
        struct lot lot = lot_at(warm, index - 1);
        int order = lot_compare(&lot.key, &key);
        if (order < 0)
            break;
        index--;
        if (order > 0)
            continue;
        lot.left = points_add(lot.left, amount);
        put_lot(warm, index, &lot);
        return;
    }
    const struct lot lot = { key, amount };
    make_gap(warm, index, room);
    put_lot(warm, index, &lot);
}
