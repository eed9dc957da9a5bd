#include "core/breakdown.h"

#include "core/census.h"
#include "core/list.h"
#include "core/served.h"

#include <string.h>

/* --- names -------------------------------------------------------------- */

static const char *const NAMES[] = {
    [BREAKDOWN_BY_STORE] = "store",       [BREAKDOWN_BY_PARTNER] = "partner",
    [BREAKDOWN_BY_GROUP] = "group",       [BREAKDOWN_BY_DAY] = "day",
    [BREAKDOWN_BY_MONTH] = "month",       [BREAKDOWN_BY_CASHIER] = "cashier",
    [BREAKDOWN_BY_REWARD] = "reward",     [BREAKDOWN_BY_RULE] = "rule",
    [BREAKDOWN_BY_CATEGORY] = "category", [BREAKDOWN_BY_SKU] = "sku",
};
static_assert(COUNT_OF(NAMES) == BREAKDOWN_BY_COUNT, "all named");

const char *
breakdown_by_name(enum breakdown_by by)
{
    assert(by < BREAKDOWN_BY_COUNT);
    return NAMES[by];
}

bool
breakdown_by_parse(view name, enum breakdown_by *ret_by)
{
    for (uint32_t i = 0; i < COUNT_OF(NAMES); i++) {
        if (!view_equal(name, view_of(NAMES[i])))
            continue;
        *ret_by = (enum breakdown_by)i;
        return true;
    }
    return false;
}

#define FIGURE(name) (1u << TALLY_##name)

bool
breakdown_has(enum breakdown_by by, enum tally_figure figure)
{
    static const uint32_t GOODS = FIGURE(ACTIVE_MEMBERS) | FIGURE(PURCHASES) |
                                  FIGURE(SALES) | FIGURE(RETURNS) |
                                  FIGURE(REFUNDS);
    static const uint32_t RULE = FIGURE(ACTIVE_MEMBERS) | FIGURE(PURCHASES) |
                                 FIGURE(SALES) | FIGURE(ISSUED) |
                                 FIGURE(VOUCHERS_ISSUED);
    static const uint32_t REWARD = FIGURE(ACTIVE_MEMBERS) | FIGURE(REDEEMED) |
                                   FIGURE(RESTORED) | FIGURE(VOUCHERS_ISSUED) |
                                   FIGURE(VOUCHERS_REDEEMED) |
                                   FIGURE(VOUCHERS_VALUE) | FIGURE(UNCOVERED);
    uint32_t told = UINT32_MAX;

    if (by == BREAKDOWN_BY_CATEGORY || by == BREAKDOWN_BY_SKU)
        told = GOODS;
    else if (by == BREAKDOWN_BY_RULE)
        told = RULE;
    else if (by == BREAKDOWN_BY_REWARD)
        told = REWARD;
    return (told >> figure & 1) != 0;
}

void
breakdown_key_text(enum breakdown_by by, view key, struct text *text)
{
    char date[11];

    if (key.size == 0)
        return;
    if (by == BREAKDOWN_BY_STORE) {
        text_unsigned(text, tally_key_parse(key));
    } else if (by == BREAKDOWN_BY_DAY) {
        calendar_format_date((int32_t)tally_key_parse(key), date);
        text_string(text, date);
    } else if (by == BREAKDOWN_BY_MONTH) {
        calendar_format_month((int32_t)tally_key_parse(key), date);
        text_string(text, date);
    } else {
        text_view_append(text, key);
    }
}

/* --- keys --------------------------------------------------------------- */

struct work {
    const struct breakdown_options *options;
    const struct program_store_group *groups; /* each id once */
    uint32_t group_count;
    struct served served;
    struct arena kept; /* of the sums of one thread */
    struct tally sums;
    struct tally_row total;

    /* Of the account at work: */
    const struct history_account *history;
    struct arena arena;
    struct tally own;
    struct tally_row own_total;
    bool joined;
    uint32_t next; /* event of its history */
    /* What is left of each purchase's lines, as it was before the step. */
    struct goods_list {
        money **items; /* by place in account.bought */
        uint32_t count;
        uint32_t room;
    } goods;

    /* Of the step at work: */
    const struct walk *walk;
    uint64_t mark; /* counts the steps */
    uint64_t position;
    view cashier;
};

/* Where a figure stands. */
struct stand {
    uint32_t store;
    int32_t partner; /* number */
};

static void
add(int64_t figures[TALLY_FIGURES], enum tally_figure figure, int64_t amount)
{
    if (figure == TALLY_ACTIVE_MEMBERS)
        figures[figure] = 1;
    else
        figures[figure] += amount;
}

static void
put(struct work *work, view key, enum tally_figure figure, int64_t amount)
{
    add(tally_row(&work->own, key)->figures, figure, amount);
}

/* Counts the step once under the key. */
static void
put_once(struct work *work, view key, enum tally_figure figure)
{
    struct tally_row *row = tally_row(&work->own, key);

    if (row->mark != work->mark)
        row->figures[figure]++;
    row->mark = work->mark;
}

static void
put_total(struct work *work, enum tally_figure figure, int64_t amount)
{
    add(work->own_total.figures, figure, amount);
}

static view
key_of(const struct work *work, struct stand stand,
       uint8_t bytes[static TALLY_NUMBER_SIZE])
{
    const struct timeline *timeline = work->options->timeline;
    int64_t at_ms = work->walk->step.at_ms;

    if (work->options->by == BREAKDOWN_BY_STORE)
        return stand.store == 0 ? (view) { 0 }
                                : tally_key_number(stand.store, bytes);
    if (work->options->by == BREAKDOWN_BY_DAY)
        return tally_key_number((uint32_t)zone_day(&timeline->zone, at_ms),
                                bytes);
    if (work->options->by == BREAKDOWN_BY_MONTH)
        return tally_key_number((uint32_t)zone_month(&timeline->zone, at_ms),
                                bytes);
    if (work->options->by == BREAKDOWN_BY_CASHIER)
        return work->cashier;
    assert(work->options->by == BREAKDOWN_BY_PARTNER);
    return timeline_name(timeline, NAME_PARTNER, stand.partner);
}

static void
book_groups(struct work *work, uint32_t store, enum tally_figure figure,
            int64_t amount)
{
    bool found = false;

    for (uint32_t i = 0; i < work->group_count; i++) {
        if (!store_set_has(&work->groups[i].stores, store))
            continue;
        put(work, work->groups[i].id, figure, amount);
        found = true;
    }
    if (!found)
        put(work, (view) { 0 }, figure, amount);
}

static void
book(struct work *work, struct stand stand, enum tally_figure figure,
     int64_t amount)
{
    uint8_t bytes[TALLY_NUMBER_SIZE];

    put_total(work, figure, amount);
    if (work->options->by == BREAKDOWN_BY_GROUP)
        book_groups(work, stand.store, figure, amount);
    else
        put(work, key_of(work, stand, bytes), figure, amount);
}

/* --- by place, time and person ------------------------------------------ */

/* The figure that a measure of the statement is told as; TALLY_FIGURES: none.
 * Purchases and sales are counted from the events. */
static enum tally_figure
figure_of(enum measure measure)
{
    static const struct {
        enum measure measure;
        enum tally_figure figure;
    } TOLD[] = {
        { MEASURE_RETURNS, TALLY_RETURNS },
        { MEASURE_REFUNDS, TALLY_REFUNDS },
        { MEASURE_ISSUED, TALLY_ISSUED },
        { MEASURE_REVERSED, TALLY_REVERSED },
        { MEASURE_REDEEMED, TALLY_REDEEMED },
        { MEASURE_RESTORED, TALLY_RESTORED },
        { MEASURE_EXPIRED, TALLY_EXPIRED },
        { MEASURE_STAMPS, TALLY_STAMPS },
        { MEASURE_VOUCHERS_ISSUED, TALLY_VOUCHERS_ISSUED },
        { MEASURE_VOUCHERS_REDEEMED, TALLY_VOUCHERS_REDEEMED },
        { MEASURE_VOUCHERS_VALUE, TALLY_VOUCHERS_VALUE },
        { MEASURE_UNCOVERED, TALLY_UNCOVERED },
    };

    for (uint32_t i = 0; i < COUNT_OF(TOLD); i++)
        if (TOLD[i].measure == measure)
            return TOLD[i].figure;
    return TALLY_FIGURES;
}

static bool
is_visit(const struct event *event)
{
    return event->kind == EVENT_PURCHASE || event->kind == EVENT_STAMP ||
           event->kind == EVENT_PASS_USE;
}

static void
book_facts(struct work *work, const struct event *event, bool joins)
{
    const struct step *step = &work->walk->step;
    const struct stand stand = {
        .store = event->store,
        .partner = timeline_partner_of(work->options->timeline, step->version,
                                       event->store),
    };

    if (joins)
        book(work, stand, TALLY_JOINED, 1);
    if (is_visit(event) && event->account.member != 0)
        book(work, stand, TALLY_ACTIVE_MEMBERS, 1);
    if (event->kind == EVENT_PURCHASE) {
        book(work, stand, TALLY_PURCHASES, 1);
        book(work, stand, TALLY_SALES, event->sale.total.minor);
    }
    if (served_entry(&work->served, work->position) == ENTRY_KEY)
        book(work, stand, TALLY_KEYED, 1);
}

static void
book_effects(struct work *work)
{
    const struct effect_list *effects = work->walk->step.effects;

    for (uint32_t i = 0; i < effects->count; i++) {
        const struct effect *effect = &effects->items[i];
        const struct stand stand = { effect->store, effect->partner };
        enum tally_figure figure = figure_of(effect->measure);
        if (figure != TALLY_FIGURES)
            book(work, stand, figure, effect->amount);
    }
}

/* --- by reward ---------------------------------------------------------- */

/* The reward that a redemption or its reversal is about; empty: points as
 * money, or the use of a pass. */
static view
reward_asked(const struct walk *walk)
{
    const struct event *event = walk->step.event;
    const struct redemption_list *redeemed = &walk->account.redeemed;

    if (event == NULL)
        return (view) { 0 };
    if (event->kind == EVENT_REDEEM)
        return event->redeem.reward;
    if (event->kind != EVENT_REVERSE)
        return (view) { 0 };
    assert(redeemed->reversed < redeemed->count);
    return redeemed->items[redeemed->reversed].event->redeem.reward;
}

static void
book_rewards(struct work *work)
{
    const struct walk *walk = work->walk;
    const struct effect_list *effects = walk->step.effects;

    for (uint32_t i = 0; i < effects->count; i++) {
        const struct effect *effect = &effects->items[i];
        enum tally_figure figure = figure_of(effect->measure);
        if (figure == TALLY_FIGURES ||
            !breakdown_has(BREAKDOWN_BY_REWARD, figure))
            continue;
        view key = effect->name != PROGRAM_NONE
                       ? timeline_name(work->options->timeline, NAME_REWARD,
                                       effect->name)
                       : reward_asked(walk);
        put(work, key, figure, effect->amount);
        put_total(work, figure, effect->amount);
        if (walk->account.id.member == 0)
            continue;
        put(work, key, TALLY_ACTIVE_MEMBERS, 1);
        put_total(work, TALLY_ACTIVE_MEMBERS, 1);
    }
}

/* --- by rule ------------------------------------------------------------ */

static void
book_rule(struct work *work, view rule, enum tally_figure figure,
          int64_t amount)
{
    put(work, rule, figure, amount);
    put_total(work, figure, amount);
    if (work->walk->account.id.member == 0)
        return;
    put(work, rule, TALLY_ACTIVE_MEMBERS, 1);
    put_total(work, TALLY_ACTIVE_MEMBERS, 1);
}

/* Whether the voucher that the effect at `index` issued is that of a rule: the
 * fold tells it right after the rule, before anything else. */
static bool
is_of_rule(const struct effect_list *effects, uint32_t index)
{
    while (index > 0 && effects->items[index - 1].measure == MEASURE_VOUCHERS)
        index--;
    return index > 0 && effects->items[index - 1].measure == MEASURE_RULE;
}

/* The receipt at which the rule gave something, once. */
static void
book_receipt(struct work *work, view rule, const struct event *purchase)
{
    struct tally_row *row = tally_row(&work->own, rule);

    if (row->mark == work->mark)
        return;
    row->mark = work->mark;
    row->figures[TALLY_PURCHASES]++;
    row->figures[TALLY_SALES] += purchase->sale.total.minor;
}

static void
book_rules(struct work *work)
{
    const struct step *step = &work->walk->step;
    const struct effect_list *effects = step->effects;
    bool bought =
        step->kind == STEP_EVENT && step->event->kind == EVENT_PURCHASE;
    int64_t others = effect_sum(effects, MEASURE_ISSUED);
    view rule = { 0 };

    for (uint32_t i = 0; i < effects->count; i++) {
        const struct effect *effect = &effects->items[i];
        if (effect->measure == MEASURE_RULE) {
            rule =
                timeline_name(work->options->timeline, NAME_RULE, effect->name);
            others -= effect->amount;
            book_rule(work, rule, TALLY_ISSUED, effect->amount);
            if (bought)
                book_receipt(work, rule, step->event);
        }
        if (effect->measure == MEASURE_VOUCHERS_ISSUED)
            book_rule(work, is_of_rule(effects, i) ? rule : (view) { 0 },
                      TALLY_VOUCHERS_ISSUED, effect->amount);
    }
    if (others != 0)
        book_rule(work, (view) { 0 }, TALLY_ISSUED, others);
    if (!bought)
        return;
    if (rule.size == 0)
        book_receipt(work, rule, step->event);
    put_total(work, TALLY_PURCHASES, 1);
    put_total(work, TALLY_SALES, step->event->sale.total.minor);
}

/* --- by goods ----------------------------------------------------------- */

/* Books cents of one line, and its receipt once: under the line's sku, or its
 * category and all that this one is a part of. */
static void
book_line(struct work *work, const struct event *sale, uint32_t index,
          int64_t cents)
{
    bool back = work->walk->step.event->kind == EVENT_RETURN;
    const struct event_line *line =
        sale->sale.line_count == 0 ? NULL : &sale->sale.lines[index];
    bool by_sku = work->options->by == BREAKDOWN_BY_SKU;
    view key = { 0 };

    if (line != NULL)
        key = by_sku ? line->sku : line->category;
    for (;;) {
        put(work, key, back ? TALLY_REFUNDS : TALLY_SALES, cents);
        put_once(work, key, back ? TALLY_RETURNS : TALLY_PURCHASES);
        if (!back && work->walk->account.id.member != 0)
            put(work, key, TALLY_ACTIVE_MEMBERS, 1);
        const uint8_t *dot =
            key.size == 0 || by_sku ? NULL : memrchr(key.bytes, '.', key.size);
        if (dot == NULL || dot == key.bytes)
            return;
        key.size = (uint32_t)(dot - key.bytes);
    }
}

static uint32_t
line_count(const struct event *sale)
{
    return sale->sale.line_count == 0 ? 1 : sale->sale.line_count;
}

static void
book_lines(struct work *work, const struct event *sale)
{
    struct arena scratch = *work->walk->account.arena;
    uint32_t count = line_count(sale);
    money *amounts = ARENA_NEW(&scratch, money, count);

    event_line_amounts(sale, amounts);
    for (uint32_t i = 0; i < count; i++)
        book_line(work, sale, i, amounts[i].minor);
}

/* Books what a return took off the purchase that it was about: the one that
 * came back last, if there is less left of it. */
static void
look_at_purchase(struct work *work, bool counts)
{
    const struct purchase_list *bought = &work->walk->account.bought;

    if (work->goods.count == 0)
        return;
    assert(bought->returned < work->goods.count);
    const struct purchase *purchase = &bought->items[bought->returned];
    money *left = work->goods.items[bought->returned];
    for (uint32_t i = 0; i < line_count(purchase->event); i++) {
        int64_t taken = left[i].minor - purchase->left[i].minor;
        left[i] = purchase->left[i];
        if (taken != 0 && counts)
            book_line(work, purchase->event, i, taken);
    }
}

/* Remembers what is left of the purchases that are new. */
static void
remember_purchases(struct work *work)
{
    const struct purchase_list *bought = &work->walk->account.bought;

    while (work->goods.count < bought->count) {
        const struct purchase *purchase = &bought->items[work->goods.count];
        uint32_t lines = line_count(purchase->event);
        money *left = ARENA_NEW(&work->arena, money, lines);
        memcpy(left, purchase->left, lines * sizeof(money));
        *LIST_ADD(&work->arena, &work->goods) = left;
    }
}

static void
book_goods(struct work *work, bool counts)
{
    const struct step *step = &work->walk->step;
    const struct effect_list *effects = step->effects;

    if (step->kind != STEP_EVENT || (step->event->kind != EVENT_PURCHASE &&
                                     step->event->kind != EVENT_RETURN))
        return;
    bool returns = effect_sum(effects, MEASURE_RETURNS) > 0;
    if (step->event->kind == EVENT_RETURN)
        look_at_purchase(work, counts && returns);
    else
        remember_purchases(work);
    if (!counts)
        return;
    if (step->event->kind == EVENT_PURCHASE) {
        book_lines(work, step->event);
        put_total(work, TALLY_PURCHASES, 1);
        put_total(work, TALLY_SALES, step->event->sale.total.minor);
        if (work->walk->account.id.member != 0)
            put_total(work, TALLY_ACTIVE_MEMBERS, 1);
    } else if (returns) {
        if (step->event->sale.receipt.size == 0)
            book_lines(work, step->event);
        put_total(work, TALLY_RETURNS, 1);
        put_total(work, TALLY_REFUNDS, effect_sum(effects, MEASURE_REFUNDS));
    }
}

/* --- accounts ----------------------------------------------------------- */

/* Where the step's event arrived; 0 for what is no event of this account. */
static void
find_position(struct work *work, const struct step *step)
{
    const struct history_account *history = work->history;

    work->position = 0;
    work->cashier = (view) { 0 };
    if (step->event == NULL || step->kind == STEP_REFERRAL)
        return;
    uint32_t start = work->next;
    while (history->events[work->next] != step->event) {
        work->next = (work->next + 1) % history->event_count;
        assert(work->next != start);
    }
    work->position = history->positions[work->next];
    work->cashier = served_cashier(&work->served, work->position);
}

static bool
wants_served(enum breakdown_by by)
{
    return breakdown_has(by, TALLY_KEYED);
}

static void
take_step(void *context, const struct walk *walk)
{
    struct work *work = context;
    const struct step *step = &walk->step;
    enum breakdown_by by = work->options->by;
    bool counts = step->at_ms >= work->options->from_ms;
    bool joins = step->kind == STEP_EVENT && step->event->kind == EVENT_JOIN &&
                 !work->joined;

    work->walk = walk;
    work->mark++;
    work->joined = work->joined || joins;
    if (by == BREAKDOWN_BY_CATEGORY || by == BREAKDOWN_BY_SKU)
        book_goods(work, counts);
    if (!counts)
        return;
    if (by == BREAKDOWN_BY_REWARD)
        book_rewards(work);
    if (by == BREAKDOWN_BY_RULE)
        book_rules(work);
    if (!wants_served(by))
        return;
    find_position(work, step);
    if (step->kind == STEP_EVENT)
        book_facts(work, step->event, joins);
    book_effects(work);
}

static void
begin_account(void *context, const struct history_account *history)
{
    struct work *work = context;

    arena_reset(&work->arena);
    tally_open(&work->own, work->options->seed, &work->arena);
    work->history = history;
    work->own_total = (struct tally_row) { 0 };
    work->joined = false;
    work->next = 0;
    work->goods = (struct goods_list) { 0 };
}

static void
add_total(struct tally_row *total, const struct tally_row *one)
{
    for (int k = 0; k < TALLY_FIGURES; k++)
        total->figures[k] += one->figures[k];
}

static enum err
take_account(void *context, const struct walk *walk)
{
    struct work *work = context;
    const struct breakdown_options *options = work->options;

    if (options->segment != NULL &&
        !segment_holds(options->segment, &walk->account, options->until_ms))
        return OK;
    tally_merge(&work->sums, &work->own);
    add_total(&work->total, &work->own_total);
    return OK;
}

/* The store groups of all versions; of one id the last version's. */
static void
collect_groups(struct work *work, struct arena *arena)
{
    const struct timeline *timeline = work->options->timeline;
    struct intern ids;
    uint32_t count = 0;

    intern_open(&ids, work->options->seed, arena);
    for (uint32_t v = 0; v < timeline->version_count; v++)
        count += timeline->versions[v].program->store_group_count;
    struct program_store_group *groups =
        ARENA_NEW(arena, struct program_store_group, count);
    for (uint32_t v = timeline->version_count; v-- > 0;) {
        const struct program *program = timeline->versions[v].program;
        for (uint32_t i = 0; i < program->store_group_count; i++) {
            uint32_t known = intern_count(&ids);
            if (intern_number(&ids, program->store_groups[i].id) == known)
                groups[known] = program->store_groups[i];
        }
    }
    work->groups = groups;
    work->group_count = intern_count(&ids);
}

/* One thread's, of what all have. */
static enum err
open_share(const struct work *work, struct work *ret_share)
{
    *ret_share = *work;
    if (!arena_open(&ret_share->kept, LIMIT_ARENA_SIZE) ||
        !arena_open(&ret_share->arena, LIMIT_ARENA_SIZE))
        return ERR_MEMORY;
    tally_open(&ret_share->sums, work->options->seed, &ret_share->kept);
    return OK;
}

static void
close_share(struct work *share)
{
    arena_close(&share->kept);
    arena_close(&share->arena);
}

static enum err
count_accounts(struct ledger *ledger, struct work *work,
               struct complaint *complaint)
{
    static const struct census_calls calls = { begin_account, take_step,
                                               take_account };
    const struct census_options options = {
        .known = work->options->known,
        .at_ms = work->options->until_ms,
        .timeline = work->options->timeline,
    };
    struct work shares[SPREAD_THREADS_MAX] = { 0 };
    struct spread_contexts contexts = { .count = spread_threads() };
    enum err err = OK;

    for (uint32_t i = 0; i < contexts.count && err == OK; i++) {
        contexts.items[i] = &shares[i];
        err = open_share(work, &shares[i]);
    }
    if (err == OK)
        err = census_spread(ledger, &options, &calls, &contexts, complaint);
    for (uint32_t i = 0; i < contexts.count; i++) {
        if (err == OK) {
            tally_merge(&work->sums, &shares[i].sums);
            add_total(&work->total, &shares[i].total);
        }
        close_share(&shares[i]);
    }
    return err;
}

enum err
breakdown_make(struct ledger *ledger, const struct breakdown_options *options,
               struct arena *arena, struct breakdown *ret_breakdown,
               struct complaint *complaint)
{
    struct work work = { .options = options };
    enum err err = OK;

    tally_open(&work.sums, options->seed, arena);
    collect_groups(&work, arena);
    if (wants_served(options->by))
        err = served_load(ledger_journal(ledger), ledger_position(ledger),
                          options->seed, arena, &work.served);
    if (err == OK)
        err = count_accounts(ledger, &work, complaint);
    *ret_breakdown = (struct breakdown) {
        .rows = tally_sorted(&work.sums, arena),
        .row_count = work.sums.rows.count,
        .total = work.total,
    };
    return err;
}
