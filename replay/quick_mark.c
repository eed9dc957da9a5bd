#include "replay/quick_mark.h"

#include "replay/quick_era.h"
#include "replay/quick_lines.h"

#include <string.h>

/* --- what sides agree in --- */

static bool
same_stores(const struct store_set *a, const struct store_set *b)
{
    return a->count == b->count &&
           (a->count == 0 ||
            memcmp(a->ranges, b->ranges, a->count * sizeof *a->ranges) == 0);
}

/* Whether two conditions say the same, but for what tables are made of: goods,
 * levels, consents and the past. */
static bool
same_condition(const struct condition *a, const struct condition *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return a->given == b->given && a->weekdays == b->weekdays &&
           a->hours_from_ms == b->hours_from_ms &&
           a->hours_to_ms == b->hours_to_ms && a->date_from == b->date_from &&
           a->date_to == b->date_to && same_stores(&a->stores, &b->stores) &&
           a->partner_count == b->partner_count &&
           (a->partner_count == 0 ||
            memcmp(a->partners, b->partners,
                   a->partner_count * sizeof *a->partners) == 0) &&
           a->min_total.minor == b->min_total.minor &&
           a->inactive_days == b->inactive_days;
}

static bool
same_conditions(const struct rulebook *a, const struct rulebook *b,
                uint32_t goods_count)
{
    bool same =
        a->rule_count == b->rule_count && a->card_count == b->card_count &&
        a->asks_amount == b->asks_amount && a->asks_lines == b->asks_lines &&
        memcmp(a->goods, b->goods, goods_count * sizeof *a->goods) == 0 &&
        memcmp(a->level, b->level, sizeof a->level) == 0 &&
        memcmp(a->past, b->past, sizeof a->past) == 0;

    for (uint32_t i = 0; i < a->rule_count + a->card_count && same; i++)
        same = same_condition(a->when[i], b->when[i]) &&
               same_condition(a->also[i], b->also[i]);
    return same;
}

static bool
same_partners(const struct program *a, const struct program *b)
{
    bool same = a->partner_count == b->partner_count;

    for (uint32_t i = 0; i < a->partner_count && same; i++)
        same = same_stores(&a->partners[i].stores, &b->partners[i].stores);
    return same;
}

static bool
same_version(const struct quick *quick, const struct rulebook *a,
             const struct rulebook *b)
{
    return a->version->ends_ms == b->version->ends_ms &&
           same_conditions(a, b, quick->goods_count) &&
           same_partners(a->program, b->program);
}

int64_t
quick_mark_same_from(const struct quick *a, const struct quick *b)
{
    return quick_era_same_from(a, b, same_version);
}

/* Whether both versions call the partners of stores by the same numbers and
 * have their cells at the same places. */
static bool
same_layout(const struct rulebook *a, const struct rulebook *b)
{
    const struct version *x = a->version, *y = b->version;

    return a->timeline->partner_none == b->timeline->partner_none &&
           a->cell_base == b->cell_base && a->cell_months == b->cell_months &&
           x->store_count == y->store_count &&
           (x->store_count == 0 ||
            memcmp(x->stores, y->stores, x->store_count * sizeof *x->stores) ==
                0);
}

bool
quick_mark_same_cells(const struct quick *a, const struct quick *b)
{
    uint32_t count = a->timeline->version_count;
    bool same = count == b->timeline->version_count;

    for (uint32_t i = 0; i < count && same; i++)
        same = same_layout(a->tables[i], b->tables[i]);
    return same;
}

/* --- conditions --- */

/* Fills in what days, stores and goods say of a stretch; returns the bits that
 * are set anywhere. */
static uint64_t
mark(const struct quick *quick, const struct quick_stretch *stretch)
{
    const struct plain *plain = quick->plain;
    struct rulebook *table = stretch->era->table;
    const uint16_t *stores = plain->store, *goods = plain->goods;
    const uint16_t *months = plain->month;
    const int32_t *days = plain->day;
    const uint64_t *of_goods = table->goods;
    uint64_t *masks = quick->mark->mask;
    uint32_t *cells = quick->own_mark.cell;
    uint32_t counted = stretch->era->counts ? UINT32_MAX : 0;
    uint32_t end = stretch->end;
    uint64_t any = 0;

    for (uint32_t i = stretch->first; i < end; i++) {
        const struct rulebook_store *store =
            rulebook_store(table, plain, stores[i]);
        const struct rulebook_day *day = rulebook_day(table, days[i]);
        uint64_t mask = store->mask & day->mask & of_goods[goods[i]];
        masks[i] = mask;
        any |= mask;
        cells[i] = ((uint32_t)store->cell + months[i]) & counted;
    }
    return any;
}

/* Takes out what needs an amount, where there is none. */
static OVER_COLUMNS void
check_amount(const struct quick *quick, const struct quick_stretch *stretch)
{
    const uint32_t *amount = quick->plain->amount;

    for (uint32_t i = stretch->first; i < stretch->end; i++)
        quick->mark->mask[i] &= -(uint64_t)(amount[i] != 0);
}

static OVER_COLUMNS void
check_level(const struct quick *quick, const struct quick_stretch *stretch)
{
    const uint64_t *level = stretch->era->table->level;

    for (uint32_t i = stretch->first; i < stretch->end; i++)
        quick->mark->mask[i] &= level[quick->level->held[i]];
}

static OVER_COLUMNS void
check_past(const struct quick *quick, const struct quick_stretch *stretch)
{
    const uint64_t *past = stretch->era->table->past;

    for (uint32_t i = stretch->first; i < stretch->end; i++)
        quick->mark->mask[i] &= past[quick->plain->past[i]];
}

static OVER_COLUMNS void
check_hours(const struct quick *quick, const struct quick_stretch *stretch,
            const struct rulebook_check *check)
{
    const int32_t *ms_of_day = quick->plain->ms_of_day;
    int32_t from = check->when->hours_from_ms;
    int32_t to = check->when->hours_to_ms;

    for (uint32_t i = stretch->first; i < stretch->end; i++) {
        bool begun = ms_of_day[i] >= from;
        bool over = ms_of_day[i] >= to;
        bool holds = from < to ? begun & !over : begun | !over;
        quick->mark->mask[i] &= ~((uint64_t)!holds << check->bit);
    }
}

static OVER_COLUMNS void
check_total(const struct quick *quick, const struct quick_stretch *stretch,
            const struct rulebook_check *check)
{
    const uint32_t *eligible = quick->level->eligible;
    int64_t least = check->when->min_total.minor;

    for (uint32_t i = stretch->first; i < stretch->end; i++)
        quick->mark->mask[i] &=
            ~((uint64_t)(eligible[i] < least) << check->bit);
}

static OVER_COLUMNS void
check_absence(const struct quick *quick, const struct quick_stretch *stretch,
              const struct rulebook_check *check)
{
    const int32_t *gap = quick->plain->gap;
    int32_t least = check->when->inactive_days;

    for (uint32_t i = stretch->first; i < stretch->end; i++)
        quick->mark->mask[i] &= ~((uint64_t)(gap[i] < least) << check->bit);
}

/* Takes out what the other conditions don't allow. */
static void
check_all(const struct quick *quick, const struct quick_stretch *stretch,
          uint64_t any)
{
    const struct rulebook *table = stretch->era->table;

    if (table->asks_amount)
        check_amount(quick, stretch);
    if (table->asks_level)
        check_level(quick, stretch);
    if (table->asks_past)
        check_past(quick, stretch);
    for (uint32_t i = 0; i < table->check_count; i++) {
        const struct rulebook_check *check = &table->checks[i];
        uint32_t given = check->when->given;
        if ((any >> check->bit & 1) == 0)
            continue;
        if ((given & 1u << CONDITION_HOURS) != 0)
            check_hours(quick, stretch, check);
        if ((given & 1u << CONDITION_MIN_TOTAL) != 0)
            check_total(quick, stretch, check);
        if ((given & 1u << CONDITION_INACTIVE_DAYS) != 0)
            check_absence(quick, stretch, check);
    }
}

/* --- receipts of several lines --- */

struct quick_receipts
quick_mark_receipts(const struct quick *quick,
                    const struct quick_stretch *stretch)
{
    if (quick->plain->receipt_count == 0 || !stretch->era->table->asks_lines)
        return (struct quick_receipts) { 0, 0 };
    return (struct quick_receipts) {
        plain_receipt_from(quick->plain, stretch->first),
        plain_receipt_from(quick->plain, stretch->end),
    };
}

/* What mark() does, by the lines; returns the same. */
static uint64_t
mark_receipts(const struct quick *quick, const struct quick_stretch *stretch,
              struct quick_receipts receipts)
{
    const struct plain *plain = quick->plain;
    struct rulebook *table = stretch->era->table;
    uint64_t any = 0;

    for (uint32_t i = receipts.first; i < receipts.end; i++) {
        const struct plain_receipt *receipt = &plain->receipts[i];
        uint32_t row = receipt->row;
        uint64_t mask = rulebook_store(table, plain, plain->store[row])->mask &
                        rulebook_day(table, plain->day[row])->mask &
                        quick_lines_mask(table, receipt);
        quick->mark->mask[row] = mask;
        any |= mask;
    }
    return any;
}

/* --- a stretch --- */

/* Returns the bits that may be set somewhere. */
static uint64_t
run_stretch(const struct quick *quick, const struct quick_stretch *stretch)
{
    uint32_t first = stretch->first;
    uint32_t count = stretch->end - first;

    if (!stretch->era->earns) {
        memset(quick->mark->mask + first, 0, count * sizeof *quick->mark->mask);
        memset(quick->own_mark.cell + first, 0,
               count * sizeof *quick->own_mark.cell);
        return 0;
    }
    uint64_t any = mark(quick, stretch);
    any |= mark_receipts(quick, stretch, quick_mark_receipts(quick, stretch));
    check_all(quick, stretch, any);
    return any;
}

static void
make_room(struct quick *quick)
{
    struct quick_mark *mark = &quick->own_mark;
    uint32_t room = quick->plain->room;

    if (mark->room == room)
        return;
    mark->room = room;
    mark->mask = ARENA_NEW(quick->arena, uint64_t, room);
    mark->cell = ARENA_NEW(quick->arena, uint32_t, room);
    mark->any = ARENA_NEW(quick->arena, uint64_t, room);
}

void
quick_mark_run(struct quick *quick)
{
    const struct quick_columns *columns = quick->columns;

    assert(quick->mark == &quick->own_mark);
    make_room(quick);
    for (uint32_t i = 0; i < columns->stretch_count; i++)
        quick->mark->any[i] = run_stretch(quick, &columns->stretches[i]);
    quick->cell = quick->own_mark.cell;
}

void
quick_mark_cells(struct quick *quick)
{
    const struct quick_columns *columns = quick->columns;
    const struct plain *plain = quick->plain;

    make_room(quick);
    for (uint32_t i = 0; i < columns->stretch_count; i++) {
        const struct quick_stretch *stretch = &columns->stretches[i];
        const struct quick_era *era = stretch->era;
        uint32_t counted = era->counts && era->earns ? UINT32_MAX : 0;
        for (uint32_t row = stretch->first; row < stretch->end; row++) {
            int32_t cell = counted == 0 ? 0
                                        : rulebook_store(era->table, plain,
                                                         plain->store[row])
                                              ->cell;
            quick->own_mark.cell[row] =
                ((uint32_t)cell + plain->month[row]) & counted;
        }
    }
    quick->cell = quick->own_mark.cell;
}
