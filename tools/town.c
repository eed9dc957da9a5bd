#include "tools/town.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define TOWN_DAY_ROOM ((size_t)1 << 34)

/* --- chance ------------------------------------------------------------- */

/* SplitMix64 (Steele, Lea, Flood 2014): small, good enough, the same
 * everywhere. */
uint64_t
town_random(struct town *town)
{
    uint64_t z = town->state += UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

uint32_t
town_draw(struct town *town, uint32_t bound)
{
    assert(bound > 0);
    return (uint32_t)(((town_random(town) >> 32) * bound) >> 32);
}

bool
town_chance(struct town *town, uint32_t thousandths)
{
    return town_draw(town, 1000) < thousandths;
}

uint32_t
town_store(struct town *town)
{
    return TOWN_STORE_FIRST + town_draw(town, town->options.stores);
}

/* --- opening ------------------------------------------------------------ */

static void
draw_people(struct town *town)
{
    int32_t first = calendar_month_first_day(town->options.month_first);
    int32_t days = calendar_month_first_day(town->options.month_first +
                                            (int32_t)town->options.months) -
                   first;

    for (uint32_t i = 0; i < town->options.members; i++) {
        uint64_t u = town_draw(town, 1000);
        bool from_start = town_chance(town, 500);
        town->people[i] = (struct person) {
            .home = town_store(town),
            /* Three times a square: most seldom, a few often, 1 on average. */
            .eagerness = (uint32_t)(3 * u * u / 1000),
            .first_day = from_start
                             ? first
                             : first + (int32_t)town_draw(town, (uint32_t)days),
            .washes_car = town_chance(town, 40),
        };
    }
}

enum err
town_open(const struct town_options *options, const struct town_sink *sink,
          struct town **ret_town)
{
    static const struct zone_transition NEVER[] = { { INT64_MIN, 0 } };
    struct town *town = calloc(1, sizeof *town);

    assert(options->members > 0);
    assert(options->stores > 0);
    if (town == NULL)
        return ERR_MEMORY;
    town->options = *options;
    town->sink = sink;
    town->state = options->seed;
    town->people = calloc(options->members, sizeof *town->people);
    town->stores = calloc(options->stores, sizeof *town->stores);
    if (town->people == NULL || town->stores == NULL ||
        !arena_open(&town->lasting, 1 << 24) ||
        !arena_open(&town->today, TOWN_DAY_ROOM)) {
        town_close(town);
        return ERR_MEMORY;
    }
    enum err err =
        zone_load(view_of("Europe/Helsinki"), &town->lasting, &town->zone);
    if (err == ERR_NOT_FOUND) {
        town->zone = (struct zone) { .name = view_of("UTC"),
                                     .count = 1,
                                     .transitions = NEVER };
    } else if (err != OK) { /* the same options give the same events */
        town_close(town);
        return err;
    }
    draw_people(town);
    *ret_town = town;
    return OK;
}

void
town_close(struct town *town)
{
    if (town == NULL)
        return;
    arena_close(&town->today);
    arena_close(&town->lasting);
    free(town->returns);
    free(town->plans);
    free(town->stores);
    free(town->people);
    free(town);
}

/* --- days and plans ----------------------------------------------------- */

view
town_format(struct town *town, const char *format, ...)
{
    char text[LIMIT_CODE_SIZE + 1];
    va_list list;

    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    return arena_copy(&town->today, view_of(text));
}

void
town_open_day(struct town *town)
{
    arena_reset(&town->today);
    town->plan_count = 0;
    for (uint32_t i = 0; i < town->options.stores; i++)
        town->stores[i].receipts = 0;
}

enum err
town_plan(struct town *town, uint32_t who, int64_t at_ms)
{
    if (town->plan_count == town->plan_room) {
        uint32_t room = town->plan_room == 0 ? 1024 : town->plan_room * 2;
        struct planned *plans = realloc(town->plans, room * sizeof *plans);
        if (plans == NULL)
            return ERR_MEMORY;
        town->plans = plans;
        town->plan_room = room;
    }
    town->plans[town->plan_count++] = (struct planned) { at_ms, who };
    return OK;
}

static int
compare_plans(const void *left, const void *right)
{
    const struct planned *a = left;
    const struct planned *b = right;

    if (a->at_ms != b->at_ms)
        return a->at_ms < b->at_ms ? -1 : 1;
    return a->who < b->who ? -1 : a->who > b->who;
}

void
town_sort_plans(struct town *town)
{
    if (town->plan_count > 0)
        qsort(town->plans, town->plan_count, sizeof *town->plans,
              compare_plans);
}

/* A free place in the pool, from 1; 0: no memory. */
static uint32_t
take_place(struct town *town)
{
    uint32_t place = town->return_free;

    if (place != 0) {
        town->return_free = town->returns[place - 1].next;
        return place;
    }
    if (town->return_count == town->return_room) {
        uint32_t room = town->return_room == 0 ? 256 : town->return_room * 2;
        struct planned_return *returns =
            realloc(town->returns, room * sizeof *returns);
        if (returns == NULL)
            return 0;
        town->returns = returns;
        town->return_room = room;
    }
    return ++town->return_count;
}

void
town_plan_return(struct town *town, uint32_t days,
                 const struct planned_return *planned)
{
    assert(days > 0);
    assert(days < TOWN_RETURN_DAYS);
    uint32_t *due = &town->due[((uint32_t)town->day + days) % TOWN_RETURN_DAYS];
    uint32_t place = take_place(town);

    if (place == 0) {
        town->err = ERR_MEMORY;
        return;
    }
    town->returns[place - 1] = *planned;
    town->returns[place - 1].next = *due;
    *due = place;
}

const struct planned_return *
town_take_return(struct town *town)
{
    uint32_t *due = &town->due[(uint32_t)town->day % TOWN_RETURN_DAYS];
    uint32_t place = *due;

    if (place == 0)
        return NULL;
    struct planned_return *planned = &town->returns[place - 1];
    *due = planned->next;
    planned->next = town->return_free;
    town->return_free = place;
    return planned;
}

/* --- events ------------------------------------------------------------- */

static struct town_store *
store_of(struct town *town, uint32_t store)
{
    assert(store >= TOWN_STORE_FIRST);
    assert(store < TOWN_STORE_FIRST + town->options.stores);
    return &town->stores[store - TOWN_STORE_FIRST];
}

view
town_receipt(struct town *town, uint32_t store)
{
    town->receipt = ++store_of(town, store)->receipts;
    return town_format(town, "%u", town->receipt);
}

struct event
town_event(struct town *town, enum event_kind kind, account_id account,
           uint32_t store, int64_t at_ms)
{
    static const enum event_entry ENTRIES[] = { ENTRY_SCAN, ENTRY_SCAN,
                                                ENTRY_TAP,  ENTRY_APP,
                                                ENTRY_KEY,  ENTRY_LOOKUP };
    struct event event = {
        .kind = kind,
        .store = store,
        .at_ms = at_ms,
        .account = account,
    };

    event_set_defaults(&event);
    if (kind == EVENT_PURCHASE || kind == EVENT_RETURN) {
        event.annex.entry = ENTRIES[town_draw(town, COUNT_OF(ENTRIES))];
        event.annex.till = town_format(town, "t%u", 1 + town_draw(town, 4));
        event.annex.cashier = town_format(town, "c%u", 1 + town_draw(town, 9));
    }
    return event;
}

identity
town_emit(struct town *town, struct event *event)
{
    struct town_store *store = store_of(town, event->store);
    int64_t recorded_ms = event->at_ms + town_draw(town, 900);

    /* A node's clock doesn't run backwards. */
    if (recorded_ms < store->recorded_ms)
        recorded_ms = store->recorded_ms;
    store->recorded_ms = recorded_ms;
    event->recorded_ms = recorded_ms;
    event->identity = (identity) { 1, ++store->seq, event->store };
    if (town->err == OK)
        town->err =
            town->sink->event(town->sink->context, event, town->voids_id);
    return event->identity;
}
