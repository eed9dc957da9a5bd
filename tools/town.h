/*
 * town.h - where a generated history takes place: people, stores, chance
 *
 * The state of generate.c and what it does not want to see: the random
 * numbers, the plans of a day, the returns that are still to come, and the
 * numbering of events as each store's node would have given it.
 */
#ifndef TOOLS_TOWN_H
#define TOOLS_TOWN_H

#include "core/event.h"

enum {
    TOWN_STORE_FIRST = 10,
    TOWN_STORES_MAX = 10000,
    TOWN_MEMBERS_MAX = 50000000,
    TOWN_MONTHS_MAX = 600,
};

struct town_options {
    uint64_t seed;
    uint32_t stores;      /* numbered from TOWN_STORE_FIRST */
    uint32_t members;     /* numbered from 1 */
    int32_t month_first;  /* of calendar.h */
    uint32_t months;      /* how many */
    uint32_t visits_mean; /* of a member, a year; 1 to 365 */
};

/* One event, whole, with identity (node = store, incarnation 1) and recorded;
 * borrowed for the call.  Where it is a void, `voids_id` is the `id` of what
 * it voids.  A fault ends the generation. */
struct town_sink {
    void *context;
    enum err (*event)(void *context, const struct event *event, view voids_id);
};

/* A member, with what they roughly have. */
struct person {
    uint32_t home;      /* store */
    uint32_t eagerness; /* thousandths of the mean */
    int32_t first_day;
    int32_t points;
    int32_t voucher_day; /* of the last voucher; they are good for 60 days */
    uint32_t stamps;
    uint16_t vouchers;
    uint16_t washes; /* left on the pass */
    bool joined;
    bool washes_car;
};

struct town_store {
    uint64_t seq;
    int64_t recorded_ms; /* of its last event */
    uint32_t receipts;   /* of today */
};

struct planned {
    int64_t at_ms;
    uint32_t who;
};

struct planned_return {
    uint32_t who;
    uint32_t store;
    int32_t day; /* of the purchase */
    uint32_t receipt;
    uint32_t line;
    uint32_t next; /* of the same day, place in town.returns from 1 */
    int64_t amount;
    bool is_whole;
    bool is_blind;
};

enum { TOWN_RETURN_DAYS = 16 };

struct town {
    struct town_options options;
    const struct town_sink *sink;
    enum err err;   /* the first fault of the sink; nothing is told after it */
    uint64_t state; /* of the random numbers */
    struct zone zone;
    struct arena lasting; /* the zone */
    struct arena today;   /* strings of events */
    int32_t day;
    int32_t month;    /* of the year, from 1 */
    uint32_t receipt; /* the last number given */
    uint32_t redemptions;
    uint32_t mistakes;
    view voids_id; /* of the void that is told next */
    struct person *people;
    struct town_store *stores;
    struct planned *plans;
    uint32_t plan_count;
    uint32_t plan_room;
    struct planned_return *returns; /* a pool; free ones are linked, too */
    uint32_t return_count;
    uint32_t return_room;
    uint32_t return_free;
    uint32_t due[TOWN_RETURN_DAYS]; /* first of the day, day modulo */
};

/* Everybody and every store, drawn from the seed.  ERR_MEMORY; ERR_IO: the
 * time zone can't be read now. */
NODISCARD enum err town_open(const struct town_options *options,
                             const struct town_sink *sink,
                             struct town **ret_town);
void town_close(struct town *town);

/* A number of 64 random bits, one below `bound`, whether something of that
 * many thousandths happens. */
uint64_t town_random(struct town *town);
uint32_t town_draw(struct town *town, uint32_t bound);
bool town_chance(struct town *town, uint32_t thousandths);

/* Any store. */
uint32_t town_store(struct town *town);

/* A string that lives until the end of the day. */
view town_format(struct town *town, const char *format, ...) PRINTF_LIKE(2, 3);

/* Forgets yesterday's strings, plans and receipt numbers. */
void town_open_day(struct town *town);

/* Plans a visit today; and puts all plans in the order of time. */
NODISCARD enum err town_plan(struct town *town, uint32_t who, int64_t at_ms);
void town_sort_plans(struct town *town);

/* Plans a return in so many days; memory that runs out sets town->err. */
void town_plan_return(struct town *town, uint32_t days,
                      const struct planned_return *planned);
/* Takes the next one that is due today; valid until the next call. */
const struct planned_return *town_take_return(struct town *town);

/* The number of the store's next receipt of the day, as text. */
view town_receipt(struct town *town, uint32_t store);

/* An event with the fields that all have, to be filled in. */
struct event town_event(struct town *town, enum event_kind kind,
                        account_id account, uint32_t store, int64_t at_ms);

/* Gives the event its identity and `recorded`, and tells it. */
identity town_emit(struct town *town, struct event *event);

#endif
