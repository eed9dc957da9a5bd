#include "core/basket.h"

/* The quantity that is left with the amount. */
static uint32_t
shrink_qty(uint32_t qty, money left, money whole)
{
    if (left.minor >= whole.minor)
        return qty;
    if (left.minor <= 0)
        return 0;
    return (uint32_t)amount_scale_floor(qty, left.minor, whole.minor);
}

/* Whether the line counts, and what it matches. */
static void
judge(struct basket_line *line, const struct version *version)
{
    line->eligible = line->amount.minor > 0;
    line->goods = 0;
    if (!line->eligible || version == NULL)
        return;
    uint64_t goods = goods_of(version->goods, line->category, line->sku);
    line->eligible = goods_eligible(version->goods, goods);
    if (line->eligible)
        line->goods = goods;
}

void
basket_fill(struct basket *basket, const struct version *version,
            const struct event *event, const money *left)
{
    static const struct event_line WHOLE = { .qty = 1 };
    money amounts[LIMIT_EVENT_LINES];
    uint32_t count = event->sale.line_count;

    assert(event->kind == EVENT_PURCHASE || event->kind == EVENT_RETURN);
    assert(count <= LIMIT_EVENT_LINES);
    event_line_amounts(event, amounts);
    basket->count = count == 0 ? 1 : count;
    basket->eligible = (money) { 0 };
    basket->qty = 0;
    basket->goods = 0;
    for (uint32_t i = 0; i < basket->count; i++) {
        const struct event_line *from =
            count == 0 ? &WHOLE : &event->sale.lines[i];
        struct basket_line *line = &basket->lines[i];
        line->amount = left == NULL ? amounts[i] : left[i];
        line->qty = shrink_qty(from->qty, line->amount, amounts[i]);
        line->category = from->category;
        line->sku = from->sku;
        judge(line, version);
        if (!line->eligible)
            continue;
        basket->eligible = money_add(basket->eligible, line->amount);
        basket->qty += line->qty;
        basket->goods |= line->goods;
    }
}

/* --- by number --- */

static bool
has_numbers(const struct goods_filter *filter, const struct goods_filter *also)
{
    return filter->number != GOODS_BY_NAME && also->number != GOODS_BY_NAME;
}

static struct basket_sum
sum_of(const struct basket *basket, uint64_t wanted)
{
    struct basket_sum sum = { 0 };

    if (wanted == goods_bit(GOODS_ANY))
        return (struct basket_sum) { basket->eligible.minor, basket->qty };
    if ((basket->goods & wanted) != wanted)
        return sum;
    for (uint32_t i = 0; i < basket->count; i++) {
        const struct basket_line *line = &basket->lines[i];
        if ((line->goods & wanted) != wanted)
            continue;
        sum.amount += line->amount.minor;
        sum.qty += line->qty;
    }
    return sum;
}

/* --- name by name --- */

static bool
in_categories(const struct condition *when, const struct basket_line *line)
{
    return (when->given & 1u << CONDITION_CATEGORIES) == 0 ||
           name_list_covers(&when->goods.categories, line->category);
}

static bool
in_skus(const struct condition *when, const struct basket_line *line)
{
    return (when->given & 1u << CONDITION_SKUS) == 0 ||
           name_list_has(&when->goods.skus, line->sku);
}

static struct basket_sum
sum_by_name(const struct basket *basket, const struct condition *when,
            const struct condition *also)
{
    struct basket_sum sum = { 0 };

    for (uint32_t i = 0; i < basket->count; i++) {
        const struct basket_line *line = &basket->lines[i];
        if (!line->eligible || !in_categories(when, line) ||
            !in_skus(when, line) || !in_categories(also, line) ||
            !in_skus(also, line))
            continue;
        sum.amount += line->amount.minor;
        sum.qty += line->qty;
    }
    return sum;
}

static bool
matches_by_name(const struct basket *basket, const struct condition *when,
                bool by_sku)
{
    for (uint32_t i = 0; i < basket->count; i++) {
        const struct basket_line *line = &basket->lines[i];
        if (line->eligible && in_categories(when, line) &&
            (!by_sku || in_skus(when, line)))
            return true;
    }
    return false;
}

/* --- either --- */

struct basket_sum
basket_sum(const struct basket *basket, const struct goods_filter *filter,
           const struct goods_filter *also)
{
    if (has_numbers(filter, also))
        return sum_of(basket,
                      goods_bit(filter->number) | goods_bit(also->number));
    return sum_by_name(basket, filter->when, also->when);
}

bool
basket_matches(const struct basket *basket, const struct goods_filter *filter,
               bool by_sku)
{
    bool asks_sku = (filter->when->given & 1u << CONDITION_SKUS) != 0;

    /* A number stands for categories and skus together. */
    if (filter->number != GOODS_BY_NAME && (by_sku || !asks_sku))
        return (basket->goods & goods_bit(filter->number)) != 0;
    return matches_by_name(basket, filter->when, by_sku);
}
