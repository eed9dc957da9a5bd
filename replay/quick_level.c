#include "replay/quick_level.h"

#include "replay/quick_era.h"
#include "replay/quick_lines.h"

#include <string.h>

/* --- what sides agree in --- */

static bool
same_tiers(const struct program_tiers *a, const struct program_tiers *b)
{
    if (a->count != b->count || a->window_months != b->window_months ||
        a->valid_months != b->valid_months || a->one_level != b->one_level)
        return false;
    for (uint32_t i = 0; i < a->count; i++)
        if (a->levels[i].from.minor != b->levels[i].from.minor ||
            !view_equal(a->levels[i].id, b->levels[i].id))
            return false;
    return true;
}

static bool
same_version(const struct quick *quick, const struct rulebook *a,
             const struct rulebook *b)
{
    return same_tiers(&a->program->tiers, &b->program->tiers) &&
           memcmp(a->eligible, b->eligible,
                  quick->goods_count * sizeof *a->eligible) == 0;
}

int64_t
quick_level_same_from(const struct quick *a, const struct quick *b)
{
    return quick_era_same_from(a, b, same_version);
}

/* --- eligible amounts --- */

/* Before the first version all is eligible. */
static int64_t
fill_eligible(const struct quick *quick, const struct quick_stretch *stretch,
              int64_t spent)
{
    static const uint32_t ALL = UINT32_MAX;
    const struct rulebook *table = stretch->era->table;
    const uint32_t *amounts = quick->plain->amount;
    const uint16_t *goods = quick->plain->goods;
    const uint32_t *masks = table == NULL ? &ALL : table->eligible;
    uint32_t asked = table == NULL ? 0 : UINT32_MAX;
    uint32_t *eligible = quick->level->eligible;
    int64_t *sums = quick->level->spent;
    uint32_t end = stretch->end;

    for (uint32_t i = stretch->first; i < end; i++) {
        uint32_t amount = amounts[i] & masks[goods[i] & asked];
        eligible[i] = amount;
        sums[i] = spent;
        spent += amount;
    }
    return spent;
}

/* The same where some goods are not eligible, and receipts are seen to line by
 * line. */
static int64_t
fill_by_line(const struct quick *quick, const struct quick_stretch *stretch,
             int64_t spent)
{
    const struct plain *plain = quick->plain;
    struct quick_stretch part = *stretch;
    uint32_t at = plain_receipt_from(plain, stretch->first);

    for (; at < plain->receipt_count && plain->receipts[at].row < stretch->end;
         at++) {
        const struct plain_receipt *receipt = &plain->receipts[at];
        part.end = receipt->row;
        spent = fill_eligible(quick, &part, spent);
        uint32_t amount = quick_lines_eligible(stretch->era->table, receipt);
        quick->level->eligible[receipt->row] = amount;
        quick->level->spent[receipt->row] = spent;
        spent += amount;
        part.first = receipt->row + 1;
    }
    part.end = stretch->end;
    return fill_eligible(quick, &part, spent);
}

/* --- an account on its way up and down --- */

struct climb {
    const struct quick *quick;
    struct quick_level *level;
    const struct quick_era *era;
    const struct program_tiers *tiers; /* NULL: none */
    int32_t place;
    int64_t until_ms;
    int64_t due_ms;        /* of the validity's end and the era's */
    int32_t month;         /* of the last purchase */
    uint32_t window_first; /* of months: where the window begins ... */
    int64_t spend;         /* ... and what has been spent in it */
    int64_t act_at; /* the spend from which a purchase changes something */
};

static void
set_due(struct climb *climb)
{
    climb->due_ms = climb->until_ms < climb->era->until_ms
                        ? climb->until_ms
                        : climb->era->until_ms;
}

/* A purchase can raise the level, or extend what is held. */
static void
set_act(struct climb *climb, bool extended)
{
    const struct program_tiers *tiers = climb->tiers;
    int32_t next =
        climb->place > 0 && !extended ? climb->place : climb->place + 1;

    climb->act_at = tiers == NULL || (uint32_t)next >= tiers->count
                        ? INT64_MAX
                        : tiers->levels[next].from.minor;
}

/* Leaves out the months before the window that ends with `month`. */
static void
move_window(struct climb *climb, int32_t month)
{
    const struct quick_level *level = climb->level;
    int32_t first =
        terms_window_first(climb->tiers, month + ALMANAC_MONTH_FIRST) -
        ALMANAC_MONTH_FIRST;

    while (climb->window_first < level->month_count &&
           level->months[climb->window_first].month < first)
        climb->spend -= level->months[climb->window_first++].spend;
}

static int32_t
supported(const struct program_tiers *tiers, int64_t spend)
{
    int32_t place = 0;

    for (uint32_t i = 1; i < tiers->count; i++)
        if (tiers->levels[i].from.minor <= spend)
            place = (int32_t)i;
    return place;
}

static int32_t
month_of(const struct climb *climb, int64_t at_ms)
{
    const struct almanac *days = climb->quick->plain->days;

    return days->months[zone_day(days->zone, at_ms) - days->first];
}

static void
change(struct climb *climb, int64_t at_ms, uint32_t row)
{
    struct quick_level *level = climb->level;

    *LIST_ADD(climb->quick->arena, &level->changes) =
        (struct quick_change) { at_ms, row, climb->place };
}

/* A purchase whose window supports the level that is held, or a higher one. */
static void
take_level(struct climb *climb, int64_t at_ms, uint32_t row)
{
    int32_t now = supported(climb->tiers, climb->spend);
    int64_t until = rulebook_level_until(climb->era->table, now, climb->month);

    assert(now >= climb->place);
    if (now > climb->place) {
        climb->place = now;
        climb->until_ms = until;
        change(climb, at_ms, row);
    } else if (until > climb->until_ms) {
        climb->until_ms = until;
    }
    set_due(climb);
    set_act(climb, true);
}

static void
end_level(struct climb *climb)
{
    int64_t at_ms = climb->until_ms;
    int32_t before = climb->place;

    move_window(climb, month_of(climb, at_ms - 1));
    climb->place = supported(climb->tiers, climb->spend);
    if (climb->tiers->one_level && climb->place < before - 1)
        climb->place = before - 1;
    climb->until_ms = rulebook_level_until(climb->era->table, climb->place,
                                           month_of(climb, at_ms));
    if (climb->place != before)
        change(climb, at_ms, QUICK_BY_CLOCK);
    set_act(climb, false);
}

/* The window of other tiers begins elsewhere. */
static void
open_window(struct climb *climb, int32_t month)
{
    const struct quick_level *level = climb->level;

    climb->window_first = 0;
    climb->spend = 0;
    for (uint32_t i = 0; i < level->month_count; i++)
        climb->spend += level->months[i].spend;
    move_window(climb, month);
}

static const struct program_tiers *
tiers_of(const struct quick_era *era)
{
    return era->table == NULL || era->table->program->tiers.count == 0
               ? NULL
               : &era->table->program->tiers;
}

/* The level under a version that takes effect. */
static void
keep_level(struct climb *climb, int32_t number, int64_t at_ms)
{
    struct rulebook *table = climb->era->table;
    int32_t month = month_of(climb, at_ms);

    if (climb->tiers == NULL) {
        climb->place = PROGRAM_NONE;
        climb->until_ms = TERMS_NEVER;
        return;
    }
    open_window(climb, month);
    climb->place = version_place(table->version, NAME_LEVEL, number);
    if (climb->place == PROGRAM_NONE) {
        climb->place = supported(climb->tiers, climb->spend);
        climb->until_ms = rulebook_level_until(table, climb->place, month);
    } else if (climb->place == 0) {
        climb->until_ms = TERMS_NEVER;
    } else if (climb->until_ms == TERMS_NEVER) {
        climb->until_ms = rulebook_level_until(table, climb->place, month);
    }
}

static void
enter_era(struct climb *climb)
{
    const struct quick_era *before = climb->era++;
    int64_t at_ms = climb->era->from_ms;

    if (climb->era->table == before->table)
        return;
    int32_t number =
        before->table == NULL
            ? PROGRAM_NONE
            : version_number(before->table->version, NAME_LEVEL, climb->place);
    climb->tiers = tiers_of(climb->era);
    keep_level(climb, number, at_ms);
    change(climb, at_ms, QUICK_BY_CLOCK);
    set_act(climb, false);
}

/* Of a validity and a version that end at one instant the validity is first. */
static void
pass_time(struct climb *climb, int64_t until_ms)
{
    while (climb->due_ms <= until_ms && climb->due_ms != INT64_MAX) {
        if (climb->until_ms == climb->due_ms)
            end_level(climb);
        else
            enter_era(climb);
        set_due(climb);
    }
}

static void
enter_month(struct climb *climb, int32_t month)
{
    struct quick_level *level = climb->level;

    assert(level->month_count < ALMANAC_MONTHS);
    level->months[level->month_count++] =
        (struct quick_month) { .month = month };
    climb->month = month;
    if (climb->tiers == NULL)
        return;
    move_window(climb, month);
    set_act(climb, false);
}

/* The account's level before these rows, which follow those held before. */
static void
hold(const struct climb *climb, uint32_t first, uint32_t end)
{
    struct quick_level *level = climb->level;
    uint8_t held = (uint8_t)(climb->place + 1);
    uint32_t count = level->hold_count;

    memset(level->held + first, held, end - first);
    if (count == 0 || level->holds[count - 1].held != held)
        level->holds[level->hold_count++].held = held;
    level->holds[level->hold_count - 1].end = end;
}

/* Purchases of one month, one after the other. */
static void
climb_rows(struct climb *climb, uint32_t first, uint32_t end)
{
    const int64_t *at_ms = climb->quick->plain->at_ms;
    struct quick_level *level = climb->level;
    struct quick_month *month = &level->months[level->month_count - 1];

    for (uint32_t i = first; i < end; i++) {
        if (at_ms[i] >= climb->due_ms)
            pass_time(climb, at_ms[i]);
        hold(climb, i, i + 1);
        month->spend += level->eligible[i];
        climb->spend += level->eligible[i];
        if (climb->spend >= climb->act_at)
            take_level(climb, at_ms[i], i);
    }
}

/* In most months nothing happens but that the first purchase extends what is
 * held. */
static void
climb_month(struct climb *climb, uint32_t row, const struct plain_run *run)
{
    const int64_t *at_ms = climb->quick->plain->at_ms;
    struct quick_level *level = climb->level;

    if (at_ms[row] >= climb->due_ms)
        pass_time(climb, at_ms[row]);
    enter_month(climb, run->month);
    if (climb->spend + level->eligible[row] >= climb->act_at) {
        climb_rows(climb, row, row + 1);
        row++;
    }
    if (row == run->end)
        return;
    int64_t spend = level->spent[run->end] - level->spent[row];
    if (at_ms[run->end - 1] >= climb->due_ms ||
        climb->spend + spend >= climb->act_at) {
        climb_rows(climb, row, run->end);
        return;
    }
    hold(climb, row, run->end);
    level->months[level->month_count - 1].spend += spend;
    climb->spend += spend;
}

static void
climb_account(const struct quick *quick, const struct plain_account *account,
              struct quick_held *ret_held)
{
    const struct plain *plain = quick->plain;
    struct quick_level *level = quick->level;
    struct climb climb = {
        .quick = quick,
        .level = level,
        .era = quick_era_at(quick, plain_begins_ms(plain, account)),
        .until_ms = TERMS_NEVER,
    };

    level->month_count = 0;
    climb.tiers = tiers_of(climb.era);
    climb.place = climb.tiers == NULL ? PROGRAM_NONE : 0;
    set_due(&climb);
    set_act(&climb, false);
    *ret_held = (struct quick_held) { .first = climb.place,
                                      .change_first = level->changes.count };
    uint32_t row = account->row_first;
    for (uint32_t i = account->run_first; i < account->run_end; i++) {
        climb_month(&climb, row, &plain->runs[i]);
        row = plain->runs[i].end;
    }
    pass_time(&climb, quick->side->until_ms);
    ret_held->last = climb.place;
    ret_held->change_end = level->changes.count;
}

/* --- the block --- */

static void
make_room(struct quick *quick)
{
    struct quick_level *level = quick->level;
    uint32_t room = quick->plain->room;

    if (level->room == room)
        return;
    level->room = room;
    level->eligible = ARENA_NEW(quick->arena, uint32_t, room);
    level->spent = ARENA_NEW(quick->arena, int64_t, room + 1);
    level->held = ARENA_NEW(quick->arena, uint8_t, room);
    level->holds = ARENA_NEW(quick->arena, struct quick_hold, room);
    if (level->months == NULL)
        level->months =
            ARENA_NEW(quick->arena, struct quick_month, ALMANAC_MONTHS);
    level->accounts =
        ARENA_NEW(quick->arena, struct quick_held, quick->plain->account_room);
}

void
quick_level_run(struct quick *quick)
{
    const struct plain *plain = quick->plain;
    struct quick_level *level = quick->level;

    assert(level == &quick->own_level);
    make_room(quick);
    int64_t spent = 0;
    for (uint32_t i = 0; i < quick->columns->stretch_count; i++) {
        const struct quick_stretch *stretch = &quick->columns->stretches[i];
        const struct rulebook *table = stretch->era->table;
        bool by_line =
            plain->receipt_count > 0 && table != NULL && table->asks_lines;
        spent = by_line ? fill_by_line(quick, stretch, spent)
                        : fill_eligible(quick, stretch, spent);
    }
    level->spent[plain->row_count] = spent;
    level->changes.count = 0;
    level->hold_count = 0;
    if (!quick->tiered) {
        for (uint32_t i = 0; i < plain->account_count; i++)
            level->accounts[i] =
                (struct quick_held) { PROGRAM_NONE, PROGRAM_NONE, 0, 0 };
        level->holds[0] = (struct quick_hold) { plain->row_count, 0 };
        return; /* what is held stays 0: none */
    }
    for (uint32_t i = 0; i < plain->account_count; i++)
        if (!plain_is_empty(&plain->accounts[i]))
            climb_account(quick, &plain->accounts[i], &level->accounts[i]);
}

int32_t
quick_level_before(const struct quick_level *level,
                   const struct quick_held *held, int64_t at_ms, uint32_t row)
{
    int32_t place = held->first;

    for (uint32_t i = held->change_first; i < held->change_end; i++) {
        const struct quick_change *change = &level->changes.items[i];
        if (change->row == QUICK_BY_CLOCK ? change->at_ms >= at_ms
                                          : change->row >= row)
            break;
        place = change->place;
    }
    return place;
}
