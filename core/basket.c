#include "core/basket.h"

static bool
goods_empty(const struct goods *goods)
{
    return goods->categories.count == 0 && goods->skus.count == 0;
}

static bool
goods_name(const struct goods *goods, const struct basket_line *line)
{
    return name_list_covers(&goods->categories, line->category) ||
           name_list_has(&goods->skus, line->sku);
}

static bool
is_eligible(const struct version *version, const struct basket_line *line)
{
    if (line->amount.minor <= 0)
        return false;
    if (version == NULL)
        return true;
    const struct program *program = version->program;
    if (goods_name(&program->excluded, line))
        return false;
    return goods_empty(&program->only) || goods_name(&program->only, line);
}

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
    for (uint32_t i = 0; i < basket->count; i++) {
        const struct event_line *from =
            count == 0 ? &WHOLE : &event->sale.lines[i];
        struct basket_line *line = &basket->lines[i];
        line->amount = left == NULL ? amounts[i] : left[i];
        line->qty = shrink_qty(from->qty, line->amount, amounts[i]);
        line->category = from->category;
        line->sku = from->sku;
        line->eligible = is_eligible(version, line);
        if (!line->eligible)
            continue;
        basket->eligible = money_add(basket->eligible, line->amount);
        basket->qty += line->qty;
    }
}

static bool
has_goods(const struct condition *when)
{
    const uint32_t goods = 1u << CONDITION_CATEGORIES | 1u << CONDITION_SKUS;

    return (when->given & goods) != 0;
}

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

struct basket_sum
basket_sum(const struct basket *basket, const struct condition *when,
           const struct condition *also)
{
    struct basket_sum sum = { 0 };

    if (!has_goods(when) && !has_goods(also))
        return (struct basket_sum) { basket->eligible.minor, basket->qty };
    for (uint32_t i = 0; i < basket->count; i++) {
        const struct basket_line *line = &basket->lines[i];
        if (!line->eligible)
            continue;
        if (!in_categories(when, line) || !in_skus(when, line))
            continue;
        if (when != also &&
            (!in_categories(also, line) || !in_skus(also, line)))
            continue;
        sum.amount += line->amount.minor;
        sum.qty += line->qty;
    }
    return sum;
}

bool
basket_matches(const struct basket *basket, const struct condition *when,
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
