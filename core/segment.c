#include "core/segment.h"

#include "core/balance.h"
#include "core/segment_part.h"

static bool
in_range(const struct part *part, int64_t value)
{
    return value >= part->from && value <= part->to;
}

static bool
bought_line(const struct part *part, const struct event *event)
{
    const struct name_list wanted = { &part->name, 1 };

    for (uint32_t i = 0; i < event->sale.line_count; i++) {
        const struct event_line *line = &event->sale.lines[i];
        if (part->kind == PART_SKU
                ? view_equal(line->sku, part->name)
                : line->category.size > 0 &&
                      name_list_covers(&wanted, line->category))
            return true;
    }
    return false;
}

/* Whether some purchase is as the part says. */
static bool
has_bought(const struct part *part, const struct account *account)
{
    assert(account->whole);
    for (uint32_t i = 0; i < account->bought.count; i++) {
        const struct purchase *purchase = &account->bought.items[i];
        bool holds = false;
        if (part->kind == PART_STORES)
            holds = store_set_has(&part->stores, purchase->event->store);
        else if (part->kind == PART_PARTNERS)
            holds = purchase->partner == part->number;
        else
            holds = bought_line(part, purchase->event);
        if (holds)
            return true;
    }
    return false;
}

static bool
has_consent(const struct part *part, const struct account *account)
{
    for (uint32_t i = 0; i < account->consents.count; i++)
        if (view_equal(account->consents.items[i].channel, part->name))
            return account->consents.items[i].granted;
    return false;
}

static int64_t
count_vouchers(const struct account *account, int32_t reward)
{
    int64_t count = 0;

    for (uint32_t i = 0; i < account->vouchers.count; i++)
        if (account->vouchers.items[i].reward == reward)
            count += account->vouchers.items[i].count;
    return count;
}

static int64_t
count_stamps(const struct account *account, int32_t card)
{
    for (uint32_t i = 0; i < account->stamps.count; i++)
        if (account->stamps.items[i].card == card)
            return account->stamps.items[i].count;
    return 0;
}

/* Passes that are over may still be listed. */
static int64_t
count_uses(const struct account *account, int32_t pass, int64_t at_ms)
{
    int64_t left = 0;

    for (uint32_t i = 0; i < account->passes.count; i++)
        if (account->passes.items[i].pass == pass &&
            account->passes.items[i].expires_at > at_ms)
            left += account->passes.items[i].left;
    return left;
}

static int64_t
count_frequency(const struct account *account, int32_t month)
{
    enum { MONTHS = 12 };
    int64_t count = 0;

    assert(account->whole);
    for (uint32_t i = 0; i < account->bought.count; i++) {
        int32_t bought =
            calendar_month(account->bought.items[i].context.moment.day);
        count += bought > month - MONTHS && bought <= month;
    }
    return count;
}

/* The local date of an instant that may not have come. */
static bool
has_date(const struct part *part, const struct zone *zone, int64_t date_ms)
{
    return date_ms != ACCOUNT_NEVER_YET &&
           in_range(part, zone_day(zone, date_ms));
}

/* The local days since then. */
static bool
has_days(const struct part *part, const struct zone *zone, int64_t since_ms,
         int64_t at_ms)
{
    return since_ms != ACCOUNT_NEVER_YET &&
           in_range(part, zone_day(zone, at_ms) - zone_day(zone, since_ms));
}

/* What the account has or is. */
static bool
holds_state(const struct part *part, const struct account *account,
            int64_t at_ms)
{
    switch ((int)part->kind) {
    case PART_MEMBER:
        return (account->id.member != 0) == (part->number != 0);
    case PART_HOME_STORE:
        return account->home_store != 0 &&
               store_set_has(&part->stores, account->home_store);
    case PART_TIER:
        return account->level.level == part->number;
    case PART_PURCHASES:
        return in_range(part, (int64_t)account->purchase_count);
    case PART_SPEND:
        return in_range(part, account->spend.minor);
    case PART_POINTS:
        return in_range(part, lot_available(&account->lots, at_ms).value);
    case PART_PENDING:
        return in_range(part, lot_pending(&account->lots, at_ms).value);
    case PART_DEBT:
        return in_range(part, account->debt.value);
    case PART_STAMPS:
        return in_range(part, count_stamps(account, part->number));
    case PART_REWARD:
        return in_range(part, count_vouchers(account, part->number));
    case PART_PASS:
        return in_range(part, count_uses(account, part->number, at_ms));
    case PART_CONSENT:
        return has_consent(part, account);
    default:
        return has_bought(part, account);
    }
}

static bool
holds_part(const struct segment *segment, const struct part *part,
           const struct account *account, int64_t at_ms)
{
    const struct timeline *timeline = segment->timeline;
    const struct zone *zone = &timeline->zone;

    switch ((int)part->kind) {
    case PART_ALL:
        return holds_part(segment, part->left, account, at_ms) &&
               holds_part(segment, part->right, account, at_ms);
    case PART_ANY:
        return holds_part(segment, part->left, account, at_ms) ||
               holds_part(segment, part->right, account, at_ms);
    case PART_NOT:
        return !holds_part(segment, part->left, account, at_ms);
    case PART_JOINED:
        return has_date(part, zone, account->joined_ms);
    case PART_FIRST_PURCHASE:
        return account->purchase_count > 0 &&
               has_date(part, zone, account->first_purchase_ms);
    case PART_LAST_PURCHASE:
        return account->purchase_count > 0 &&
               has_date(part, zone, account->last_purchase_ms);
    case PART_RECENCY:
        return account->purchase_count > 0 &&
               has_days(part, zone, account->last_purchase_ms, at_ms);
    case PART_INACTIVE_DAYS:
        return has_days(part, zone, account->visit_ms, at_ms);
    case PART_FREQUENCY:
        return in_range(part,
                        count_frequency(account, zone_month(zone, at_ms)));
    case PART_WINDOW_SPEND:
        return in_range(part,
                        balance_window_spend(timeline, account, at_ms).minor);
    default:
        return holds_state(part, account, at_ms);
    }
}

bool
segment_holds(const struct segment *segment, const struct account *account,
              int64_t at_ms)
{
    return holds_part(segment, segment->root, account, at_ms);
}

static bool
asks_rules(const struct part *part)
{
    const uint32_t by_rules = 1u << PART_TIER | 1u << PART_WINDOW_SPEND |
                              1u << PART_SPEND | 1u << PART_PARTNERS |
                              1u << PART_POINTS | 1u << PART_PENDING |
                              1u << PART_DEBT | 1u << PART_STAMPS |
                              1u << PART_REWARD | 1u << PART_PASS;

    if (part->kind == PART_NOT)
        return asks_rules(part->left);
    if (part->kind == PART_ALL || part->kind == PART_ANY)
        return asks_rules(part->left) || asks_rules(part->right);
    return (by_rules >> part->kind & 1) != 0;
}

bool
segment_asks_rules(const struct segment *segment)
{
    return asks_rules(segment->root);
}
