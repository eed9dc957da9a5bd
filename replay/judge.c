#include "replay/judge.h"

#include "replay/quick_earn.h"
#include "replay/quick_lines.h"
#include "replay/quick_parts.h"

/* --- purchases as tables want them --- */

/* A line that a table can look up; false: it doesn't fit, or a rule may name
 * its sku. */
static bool
put_line(const struct plain *plain, const struct words *words,
         const struct event_line *from, money amount, struct chapter_line *line)
{
    *line = (struct chapter_line) { .amount = (int32_t)amount.minor,
                                    .qty = (uint16_t)from->qty };
    if (from->category.size > 0) {
        line->goods = (uint16_t)words_find(words, from->category);
        if (line->goods == WORDS_NONE)
            return false;
    }
    return line->amount == amount.minor && line->qty == from->qty &&
           (plain->named == NULL || from->sku.size == 0 ||
            !plain_may_be_named(plain, chapter_sku(from->sku)));
}

static bool
put_lines(const struct plain *plain, const struct words *words,
          struct judge_sale *sale, struct arena *arena)
{
    const struct event *event = sale->event;
    uint32_t count = event->sale.line_count;
    struct chapter_line *lines = ARENA_NEW(arena, struct chapter_line, count);
    money amounts[LIMIT_EVENT_LINES];
    int64_t sum = 0;

    event_line_amounts(event, amounts);
    for (uint32_t i = 0; i < count; i++) {
        if (!put_line(plain, words, &event->sale.lines[i], amounts[i],
                      &lines[i]))
            return false;
        sum += lines[i].amount > 0 ? lines[i].amount : 0;
    }
    sale->amount = (uint32_t)sum;
    sale->receipt = (struct plain_receipt) { 0, count, (const uint8_t *)lines };
    return sum <= UINT32_MAX;
}

/* False: tables can't tell what it earns. */
static bool
read_sale(struct plain *plain, const struct words *words,
          struct judge_sale *sale, struct arena *arena)
{
    const struct event *event = sale->event;

    sale->store = plain_store(plain, event->store);
    if (event->sale.line_count > 0)
        return put_lines(plain, words, sale, arena);
    sale->amount = (uint32_t)event->sale.total.minor;
    return event->sale.total.minor <= UINT32_MAX;
}

struct judge_sales
judge_read(struct plain *plain, const struct words *words,
           const struct event *const *events, uint32_t count,
           struct arena *arena)
{
    struct judge_sales sales = {
        .items = ARENA_NEW(arena, struct judge_sale, count),
    };

    for (uint32_t i = 0; i < count; i++) {
        if (events[i]->kind != EVENT_PURCHASE)
            continue;
        struct judge_sale *sale = &sales.items[sales.count++];
        sale->event = events[i];
        if (!read_sale(plain, words, sale, arena))
            sale->store = 0;
    }
    return sales;
}

/* --- judging --- */

static bool
in_hours(const struct condition *when, int32_t ms_of_day)
{
    bool begun = ms_of_day >= when->hours_from_ms;
    bool over = ms_of_day >= when->hours_to_ms;

    return when->hours_from_ms < when->hours_to_ms ? begun && !over
                                                   : begun || !over;
}

/* Takes out rules whose remaining conditions don't hold. */
static uint64_t
check_all(const struct rulebook *table, const struct earn_context *context,
          uint32_t eligible, uint64_t mask)
{
    int32_t gap = context->last_visit_day == EVENT_NO_DAY
                      ? -1
                      : context->moment.day - context->last_visit_day;

    for (uint32_t i = 0; i < table->check_count; i++) {
        const struct rulebook_check *check = &table->checks[i];
        const struct condition *when = check->when;
        bool holds = true;
        if ((mask >> check->bit & 1) == 0)
            continue;
        if ((when->given & 1u << CONDITION_HOURS) != 0)
            holds &= in_hours(when, context->moment.ms_of_day);
        if ((when->given & 1u << CONDITION_MIN_TOTAL) != 0)
            holds &= eligible >= when->min_total.minor;
        if ((when->given & 1u << CONDITION_INACTIVE_DAYS) != 0)
            holds &= gap >= when->inactive_days;
        mask &= ~((uint64_t)!holds << check->bit);
    }
    return mask;
}

/* The rules and cards that hold for the purchase. */
static uint64_t
mask_of(struct rulebook *table, const struct judge *judge,
        const struct judge_sale *sale, const struct earn_context *context)
{
    uint32_t past =
        (context->first_purchase ? 0u : PLAIN_BOUGHT) |
        (context->store == context->home_store ? PLAIN_AT_HOME : 0u);
    uint64_t goods = 0;

    if (sale->receipt.line_count > 0)
        goods = quick_lines_mask(table, &sale->receipt);
    else if (sale->amount > 0)
        goods = table->goods[WORDS_NONE];
    return goods & rulebook_store(table, judge->plain, sale->store)->mask &
           rulebook_day(table, context->moment.day - table->days->first)->mask &
           table->level[context->level + 1] & table->past[past];
}

static uint32_t
eligible_of(const struct rulebook *table, const struct judge_sale *sale)
{
    if (table == NULL)
        return sale->amount;
    if (sale->receipt.line_count > 0)
        return quick_lines_eligible(table, &sale->receipt);
    return sale->amount & table->eligible[WORDS_NONE];
}

static uint32_t
put_stamps(const struct quick_purchase *purchase, uint64_t mask,
           struct earn_stamps *ret_stamps)
{
    const struct rulebook *table = purchase->table;
    uint32_t count = 0;

    for (uint64_t rest = mask & table->card_bits; rest != 0; rest &= rest - 1) {
        uint32_t bit = (uint32_t)__builtin_ctzll(rest);
        ret_stamps[count++] = (struct earn_stamps) {
            .place = table->card_place[bit],
            .count = quick_earn_stamps(purchase, bit),
        };
    }
    return count;
}

/* The purchase of that event, which comes after those asked for before. */
static const struct judge_sale *
find_sale(struct judge *judge, const struct event *event)
{
    const struct judge_sales *sales = judge->sales;

    while (judge->next < sales->count &&
           sales->items[judge->next].event != event)
        judge->next++;
    assert(judge->next < sales->count);
    return &sales->items[judge->next++];
}

static bool
earn(void *opaque, const struct scene *scene, const struct event *event,
     const struct earn_input *input, struct scene_worth *ret_worth)
{
    struct judge *judge = opaque;
    const struct earn_context *context = input->context;
    const struct judge_sale *sale = find_sale(judge, event);
    struct rulebook *table =
        scene->version == NULL ? NULL : judge->tables[scene->version->index];

    if (sale->store == 0 ||
        (table != NULL && table->asks_consents && context->consents.count > 0))
        return false;
    uint32_t eligible = eligible_of(table, sale);
    *ret_worth = (struct scene_worth) { .eligible = { eligible } };
    if (table == NULL)
        return true;
    uint64_t mask = 0;
    if (!scene_ended(scene))
        mask = check_all(table, context, eligible,
                         mask_of(table, judge, sale, context));
    bool lines = sale->receipt.line_count > 0 && (mask & table->line_bits) != 0;
    const struct quick_purchase purchase = {
        .table = table,
        .receipt = lines ? &sale->receipt : NULL,
        .eligible = eligible,
        .level = (uint32_t)(context->level + 1),
        .partner = scene->partner,
        .date = context->moment.day,
        .counts = input->counts,
    };
    quick_earn(&purchase, mask, &scene->scratch->outcome);
    ret_worth->stamp_count =
        put_stamps(&purchase, mask, scene->scratch->stamps);
    return true;
}

void
judge_begin(struct judge *judge, const struct judge_sales *sales,
            const struct quick *quick)
{
    *judge = (struct judge) {
        .judge = { .earn = earn, .context = judge },
        .sales = sales,
        .tables = quick->tables,
        .plain = quick->plain,
    };
}
