#include "replay/quick.h"

#include "replay/quick_book.h"
#include "replay/quick_clock.h"
#include "replay/quick_era.h"
#include "replay/quick_event.h"
#include "replay/quick_gain.h"
#include "replay/quick_level.h"

#include <string.h>

enum { PARTNERS_MAX = 1024 };

/* --- opening --- */

struct quick_columns *
quick_columns_open(struct arena *arena)
{
    return ARENA_NEW(arena, struct quick_columns, 1);
}

static void
name_skus(struct plain *plain, const struct name_list *skus)
{
    for (uint32_t i = 0; i < skus->count; i++)
        plain_name_sku(plain, skus->names[i]);
}

/* Tables know no skus. */
static void
name_all_skus(struct plain *plain, const struct program *program)
{
    name_skus(plain, &program->only.skus);
    name_skus(plain, &program->excluded.skus);
    for (uint32_t i = 0; i < program->earn_count; i++)
        name_skus(plain, &program->earn[i].when.goods.skus);
    for (uint32_t i = 0; i < program->stamp_count; i++)
        name_skus(plain, &program->stamps[i].when.goods.skus);
}

static enum err
make_tables(struct quick *quick, const struct quick_setup *setup)
{
    const struct timeline *timeline = quick->timeline;
    uint32_t count = timeline->version_count;

    quick->tables = ARENA_NEW(quick->arena, struct rulebook *, count + 1);
    quick->simple = true;
    for (uint32_t i = 0; i < count; i++) {
        struct rulebook *table =
            rulebook_make(timeline, &timeline->versions[i], setup->plain->days,
                          setup->words, setup->basket, setup->arena);
        if (table == NULL)
            return ERR_UNKNOWN;
        quick->tables[i] = table;
        name_all_skus(quick->plain, table->program);
        quick->simple &= table->simple;
        quick->tiered |= table->program->tiers.count > 0;
        quick->bonused |= table->program->bonus_step_count > 0;
        quick->idles |= table->program->points.expiry == EXPIRE_INACTIVE;
        quick->plain->looks_back |= table->asks_past || table->asks_gap;
        if (table->version->absence_count > 0 &&
            (quick->absence_min == 0 ||
             table->version->absence_days[0] < quick->absence_min))
            quick->absence_min = table->version->absence_days[0];
    }
    return OK;
}

/* What an account keeps beside its lots has room for the names of all
 * versions. */
static void
make_state(struct quick *quick)
{
    const struct timeline *timeline = quick->timeline;
    struct arena *arena = quick->arena;
    uint32_t rules = 1;

    for (uint32_t i = 0; i < timeline->version_count; i++)
        rules += timeline->versions[i].program->earn_count;
    quick->counts = ARENA_NEW(arena, struct earn_count, rules);
    quick->given = ARENA_NEW(arena, int32_t, rules);
    quick->stamps = ARENA_NEW(arena, int64_t, timeline->names[NAME_CARD].count);
    quick->spends =
        ARENA_NEW(arena, struct quick_spend, timeline->names[NAME_SPEND].count);
}

enum err
quick_open(struct side *side, const struct quick_setup *setup,
           struct quick **ret_quick)
{
    const struct timeline *timeline = side->timeline;

    if (timeline->names[NAME_PARTNER].count > PARTNERS_MAX ||
        !zone_equal(&timeline->zone, setup->plain->days->zone))
        return ERR_UNKNOWN;
    struct quick *quick = ARENA_NEW(setup->arena, struct quick, 1);
    *quick = (struct quick) {
        .side = side,
        .timeline = timeline,
        .plain = setup->plain,
        .columns = setup->columns,
        .outcome = setup->outcome,
        .arena = setup->arena,
        .goods_count = setup->words->count + 1,
        .level = &quick->own,
        .effects = { .arena = setup->arena },
    };
    enum err err = make_tables(quick, setup);
    if (err == OK) {
        quick_era_make(quick);
        make_state(quick);
        err = quick_book_open(quick) ? OK : ERR_MEMORY;
    }
    if (err != OK) {
        quick_close(quick);
        return err;
    }
    *ret_quick = quick;
    return OK;
}

void
quick_close(struct quick *quick)
{
    if (quick == NULL)
        return;
    for (uint32_t i = 0; i < quick->timeline->version_count; i++)
        rulebook_close(quick->tables[i]);
    quick_book_close(quick);
}

bool
quick_share(struct quick *quick, const struct quick *other)
{
    if (!quick_level_same(quick, other))
        return false;
    quick->level = other->level;
    return true;
}

/* --- an account --- */

static void
begin(struct quick *quick, const struct plain_account *account,
      const struct quick_held *held)
{
    const struct plain *plain = quick->plain;
    struct quick_state *state = &quick->state;
    const struct timeline *timeline = quick->timeline;

    if (state->stamped)
        memset(quick->stamps, 0,
               timeline->names[NAME_CARD].count * sizeof *quick->stamps);
    if (state->spent)
        memset(quick->spends, 0,
               timeline->names[NAME_SPEND].count * sizeof *quick->spends);
    *state = (struct quick_state) {
        .era = quick_era_at(quick, plain_begins_ms(plain, account)),
        .lots = state->lots,
        .lot_room = state->lot_room,
        .held = held,
        .change = held->change_first,
        .row = account->row_first,
        .bonus_month = -1,
        .absence_ms = INT64_MIN,
        .active_month = -1,
        .idle_ended_ms = INT64_MIN,
        .visit_day = EVENT_NO_DAY,
        .sums = { .begun = true, .level = PROGRAM_NONE },
    };
    state->due = state->era->until_ms;
}

/* The points of rows of one month become a lot, or one for each day whose
 * terms are others. */
static inline void
add_lots(struct quick *quick, struct rulebook *table, uint32_t row,
         uint32_t end)
{
    const int64_t *gained = quick->columns->gained;
    const int32_t *day = quick->plain->day;

    while (row < end) {
        const struct rulebook_terms *terms =
            rulebook_day(table, day[row])->terms;
        uint32_t first = row;
        row = table->monthly ? end : row + 1;
        if (gained[row] > gained[first])
            quick_book_add(quick, terms, gained[row] - gained[first]);
    }
}

/* The same of rows of several eras. */
static void
add_by_era(struct quick *quick, uint32_t row, uint32_t end)
{
    const int64_t *at_ms = quick->plain->at_ms;

    while (row < end) {
        const struct quick_era *era = quick_era_at(quick, at_ms[row]);
        uint32_t first = row;
        while (row < end && at_ms[row] < era->until_ms)
            row++;
        if (era->table != NULL)
            add_lots(quick, era->table, first, row);
    }
}

/* Purchases between two stops, by month. */
static void
buy_simply(struct quick *quick, uint32_t row, uint32_t end)
{
    const int64_t *at_ms = quick->plain->at_ms;
    struct quick_state *state = &quick->state;
    const struct plain_run *run = state->run;
    const struct quick_era *era = state->era;
    bool whole =
        row < end && era->table != NULL && at_ms[end - 1] < era->until_ms;

    while (row < end) {
        run += run->end == row;
        uint32_t until = run->end < end ? run->end : end;
        if (whole)
            add_lots(quick, era->table, row, until);
        else
            add_by_era(quick, row, until);
        row = until;
    }
    state->run = run;
}

/* No purchase asks what is over: that is seen to where points are taken. */
static void
fold_simply(struct quick *quick, const struct plain_account *account)
{
    const struct plain *plain = quick->plain;
    uint32_t row = account->row_first;

    quick->state.run = &plain->runs[account->run_first];
    for (uint32_t i = account->stop_first; i < account->stop_end; i++) {
        const struct plain_stop *stop = &plain->stops[i];
        if (stop->kind != CHAPTER_REDEEM)
            continue;
        buy_simply(quick, row, stop->row);
        row = stop->row;
        quick_book_expire(quick, stop->at_ms);
        quick_book_redeem(quick, stop, quick_era_at(quick, stop->at_ms));
    }
    buy_simply(quick, row, account->row_end);
    quick_book_expire(quick, quick->side->until_ms);
}

static void
stop_at(struct quick *quick, const struct plain_stop *stop)
{
    if (stop->at_ms >= quick->state.due)
        quick_clock_run(quick, stop->at_ms);
    if (stop->kind == CHAPTER_REDEEM) {
        quick_book_active(quick, stop->month);
        quick_book_redeem(quick, stop, quick->state.era);
    } else {
        quick_event_join(quick, stop);
    }
}

static void
fold_fully(struct quick *quick, const struct plain_account *account)
{
    const struct plain *plain = quick->plain;
    uint32_t row = account->row_first;

    for (uint32_t i = account->stop_first; i < account->stop_end; i++) {
        for (; row < plain->stops[i].row; row++)
            quick_event_buy(quick, row);
        stop_at(quick, &plain->stops[i]);
    }
    for (; row < account->row_end; row++)
        quick_event_buy(quick, row);
    quick_clock_run(quick, quick->side->until_ms);
}

/* --- a block --- */

static void
make_room(struct quick *quick)
{
    struct quick_columns *columns = quick->columns;
    struct arena *arena = quick->arena;
    uint32_t room = quick->plain->room;

    if (columns->room != room) {
        columns->room = room;
        columns->mask = ARENA_NEW(arena, uint64_t, room);
        columns->held_back = ARENA_NEW(arena, uint64_t, room);
        columns->gain = ARENA_NEW(arena, int64_t, room);
        columns->cell = ARENA_NEW(arena, uint32_t, room);
        columns->gained = ARENA_NEW(arena, int64_t, room + 1);
        columns->stretches = ARENA_NEW(arena, struct quick_stretch, room);
    }
    if (quick->bonused && quick->bonus_room != room) {
        quick->bonus_room = room;
        quick->bonus = ARENA_NEW(arena, struct quick_share, room);
        quick->weights = ARENA_NEW(arena, int64_t, room);
        quick->parts = ARENA_NEW(arena, int64_t, room);
    }
}

void
quick_fold(struct quick *quick, struct side_account *ret_accounts,
           uint32_t stride)
{
    const struct plain *plain = quick->plain;

    make_room(quick);
    quick_era_stretch(quick);
    if (quick->level == &quick->own)
        quick_level_run(quick);
    quick_gain_run(quick);
    quick_book_issue(quick);
    for (uint32_t i = 0; i < plain->account_count; i++) {
        const struct plain_account *account = &plain->accounts[i];
        struct side_account *sums = &ret_accounts[i * stride];
        *sums = (struct side_account) { .level = PROGRAM_NONE };
        if (plain_is_empty(account))
            continue;
        begin(quick, account, &quick->level->accounts[i]);
        if (quick->simple)
            fold_simply(quick, account);
        else
            fold_fully(quick, account);
        quick_book_net(quick, account);
        quick_book_end(quick);
        *sums = quick->state.sums;
    }
}

void
quick_finish(struct quick *quick)
{
    quick_book_finish(quick);
}
