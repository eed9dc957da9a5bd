#include "replay/quick.h"

#include "replay/quick_book.h"
#include "replay/quick_clock.h"
#include "replay/quick_era.h"
#include "replay/quick_event.h"
#include "replay/quick_flow.h"
#include "replay/quick_gain.h"
#include "replay/quick_level.h"
#include "replay/quick_mark.h"

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
    for (uint32_t i = 0; i < count; i++) {
        struct rulebook *table =
            rulebook_make(timeline, &timeline->versions[i], setup->plain->days,
                          setup->words, setup->basket, setup->arena);
        if (table == NULL)
            return ERR_UNKNOWN;
        quick->tables[i] = table;
        name_all_skus(quick->plain, table->program);
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
        .last = timeline_at(timeline, side->until_ms),
        .effects = { .arena = setup->arena },
    };
    enum err err = make_tables(quick, setup);
    if (err == OK) {
        quick_era_make(quick);
        quick->flows = quick_flow_fits(quick);
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

static bool
take_twin(struct quick_twin *twin, const struct quick *other, int64_t from_ms)
{
    if (from_ms == INT64_MAX || (twin->of != NULL && twin->from_ms <= from_ms))
        return false;
    *twin = (struct quick_twin) { other, from_ms };
    return true;
}

void
quick_share(struct quick *quick, const struct quick *other)
{
    take_twin(&quick->level_twin, other, quick_level_same_from(quick, other));
    take_twin(&quick->flow_twin, other, quick_flow_same_from(quick, other));
    if (take_twin(&quick->mark_twin, other, quick_mark_same_from(quick, other)))
        quick->same_cells = quick_mark_same_cells(quick, other);
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
fold_fully(struct quick *quick, uint32_t index, struct side_account *sums)
{
    const struct plain *plain = quick->plain;
    const struct plain_account *account = &plain->accounts[index];
    uint32_t row = account->row_first;

    begin(quick, account, &quick->level->accounts[index]);
    for (uint32_t i = account->stop_first; i < account->stop_end; i++) {
        for (; row < plain->stops[i].row; row++)
            quick_event_buy(quick, row);
        stop_at(quick, &plain->stops[i]);
    }
    for (; row < account->row_end; row++)
        quick_event_buy(quick, row);
    quick_clock_run(quick, quick->side->until_ms);
    *sums = quick_book_left(quick);
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
        columns->held_back = ARENA_NEW(arena, uint64_t, room);
        columns->gain = ARENA_NEW(arena, int64_t, room);
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

static bool
has_twin(const struct quick *quick, const struct quick_twin *twin)
{
    return twin->of != NULL && quick->plain->begins_ms >= twin->from_ms;
}

/* What does not depend on points; a twin knows it already. */
static void
look_up(struct quick *quick)
{
    const struct quick *twin = quick->mark_twin.of;

    quick->level = &quick->own_level;
    if (has_twin(quick, &quick->level_twin))
        quick->level = quick->level_twin.of->level;
    else
        quick_level_run(quick);
    quick->flow = &quick->own_flow;
    if (has_twin(quick, &quick->flow_twin))
        quick->flow = quick->flow_twin.of->flow;
    else if (quick->flows)
        quick_flow_run(quick);
    quick->mark = &quick->own_mark;
    if (!has_twin(quick, &quick->mark_twin) || twin->level != quick->level) {
        quick_mark_run(quick);
        return;
    }
    quick->mark = twin->mark;
    if (quick->same_cells)
        quick->cell = twin->cell;
    else
        quick_mark_cells(quick);
}

void
quick_fold(struct quick *quick, struct side_account *ret_accounts,
           uint32_t stride)
{
    const struct plain *plain = quick->plain;

    make_room(quick);
    quick_era_stretch(quick);
    look_up(quick);
    quick_gain_run(quick);
    quick_book_issue(quick);
    for (uint32_t i = 0; i < plain->account_count; i++) {
        struct side_account *sums = &ret_accounts[i * stride];
        *sums = (struct side_account) { .level = PROGRAM_NONE };
        if (plain_is_empty(&plain->accounts[i]))
            continue;
        sums->begun = true;
        if (quick->flows)
            quick_flow_fold(quick, i, sums);
        else
            fold_fully(quick, i, sums);
        quick_book_end(quick, i, sums);
    }
}

void
quick_finish(struct quick *quick)
{
    quick_book_finish(quick);
}
