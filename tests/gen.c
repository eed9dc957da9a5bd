/*
 * gen.c - random histories (see gen.h)
 *
 * Time goes on in steps from nothing to months, and now and then jumps to one
 * of the instants at which something may change.  Events refer back to what
 * has come before them, or to nothing.
 */
#include "tests/gen.h"

#include "core/codec.h"

#include <stdio.h>
#include <string.h>

const char *const gen_zone_names[GEN_ZONES] = {
    "Europe/Helsinki",
    "America/Havana",    /* the clock changes at midnight */
    "America/Sao_Paulo", /* so it did here */
    "Pacific/Apia",      /* 2011 had no 30 December */
    "UTC",
    "America/St_Johns", /* in 2009 the first minute of November was followed by
                         * the last hour of October */
    "Asia/Damascus",    /* in 2002 October began an hour late, and April had
                         * no midnight */
    "America/Asuncion", /* nor had October of 2017 */
};
static const int32_t first_years[GEN_ZONES] = { 2024, 2024, 2016, 2011,
                                                2024, 2009, 2002, 2017 };

struct plot {
    struct gen *gen;
    struct arena *arena;
    const struct zone *zone;
    struct gen_case *made;
    int32_t first_year;
    int64_t now_ms;
    uint64_t seqs[3][3]; /* by node and incarnation */
    bool huge;           /* the greatest amounts occur */
    bool large;          /* amounts around what tables have room for do */
    uint32_t busy;       /* percent of the events that are the first member's */
    uint32_t kinds[EVENT_KIND_END]; /* weights */
};

/* splitmix64, Steele, Lea, Flood 2014 */
static uint64_t
next(struct gen *gen)
{
    uint64_t z = gen->state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint32_t
gen_below(struct gen *gen, uint32_t count)
{
    assert(count > 0);
    return (uint32_t)(next(gen) % count);
}

bool
gen_chance(struct gen *gen, uint32_t percent)
{
    return gen_below(gen, 100) < percent;
}

bool
gen_wide(struct gen *gen, uint32_t percent)
{
    return gen->wide && gen_chance(gen, percent);
}

account_id
gen_account(uint32_t index)
{
    assert(index < GEN_ACCOUNTS);
    if (index < GEN_MEMBERS)
        return (account_id) { .member = index + 1 };
    return (account_id) { .bearer = view_of("BOOK-1") };
}

static view
name_of(struct plot *plot, const char *prefix, uint32_t number)
{
    char text[16];

    snprintf(text, sizeof text, "%s%u", prefix, number);
    return arena_copy(plot->arena, view_of(text));
}

/* An instant at which the clock may do something. */
static int64_t
edge_after(struct plot *plot, int64_t at_ms)
{
    int32_t day = zone_day(plot->zone, at_ms);
    int32_t month = calendar_month(day);

    switch (gen_below(plot->gen, 6)) {
    case 0:
        return zone_midnight_ms(plot->zone, day + 1);
    case 1:
    case 2:
        return zone_month_start_ms(plot->zone, month + 1);
    case 3:
        return zone_month_start_ms(plot->zone, (month / 12 + 1) * 12);
    case 4:
        for (uint32_t i = 0; i < plot->zone->count; i++)
            if (plot->zone->transitions[i].at_ms > at_ms)
                return plot->zone->transitions[i].at_ms;
        return at_ms;
    default:
        return zone_midnight_ms(plot->zone,
                                day + 1 + (int32_t)gen_below(plot->gen, 31));
    }
}

static void
pass_time(struct plot *plot)
{
    static const int64_t steps_ms[] = {
        0, 0, 1, 60000, 3600000, 40000000, 86400000, 3 * 86400000,
    };
    uint32_t kind = gen_below(plot->gen, 16);

    if (kind < COUNT_OF(steps_ms))
        plot->now_ms += steps_ms[kind];
    else if (kind < 11)
        plot->now_ms += (int64_t)gen_below(plot->gen, 20) * CALENDAR_DAY_MS +
                        (int64_t)gen_below(plot->gen, 86400) * 1000;
    else if (kind == 11)
        plot->now_ms += (int64_t)gen_below(plot->gen, 150) * CALENDAR_DAY_MS;
    else
        plot->now_ms = edge_after(plot, plot->now_ms) +
                       (int64_t)gen_below(plot->gen, 3) - 1;
}

static uint32_t
some_store(struct plot *plot)
{
    static const uint32_t stores[] = { 10, 10, 10, 11, 12, 30, 30, 31, 35, 77 };
    static const uint32_t far[] = { 1, 524287, 524288, INT32_MAX };

    if (gen_wide(plot->gen, 2))
        return far[gen_below(plot->gen, COUNT_OF(far))];
    return stores[gen_below(plot->gen, COUNT_OF(stores))];
}

static int64_t
some_cents(struct plot *plot)
{
    static const int64_t cents[] = { 0,    1,    99,    100,   250,  999,  1000,
                                     1999, 2000, 2500,  3000,  4999, 5000, 5001,
                                     7500, 9999, 10000, 12345, 30000 };
    static const int64_t large[] = { 1000001,  99999999,   INT32_MAX,
                                     99999,    4294967295, 4294967296,
                                     10000000, 3000000000 };

    if (plot->large && gen_wide(plot->gen, 10))
        return large[gen_below(plot->gen, COUNT_OF(large))];
    return cents[gen_below(plot->gen, COUNT_OF(cents))];
}

static struct event *
new_event(struct plot *plot, enum event_kind kind)
{
    struct event *event = &plot->made->events[plot->made->event_count++];
    uint32_t node = gen_below(plot->gen, 3);
    uint32_t incarnation = gen_chance(plot->gen, 85) ? 0 : 1;
    uint32_t account = gen_chance(plot->gen, plot->busy)
                           ? 0
                           : gen_below(plot->gen, GEN_ACCOUNTS);

    *event = (struct event) { .kind = kind, .at_ms = plot->now_ms };
    event->store = some_store(plot);
    event->identity.node = node + 1;
    event->identity.incarnation = incarnation + 1;
    event->identity.seq = ++plot->seqs[node][incarnation];
    event->recorded_ms = plot->now_ms + 1000;
    if (account == 3 && (kind == EVENT_JOIN || kind == EVENT_CONSENT))
        account = 1;
    event->account = gen_account(account);
    return event;
}

/* Lines, what is taken off, and the total they come to. */
static void
fill_receipt(struct plot *plot, struct event *event)
{
    static const char *const categories[] = {
        "coffee", "coffee.beans",     "coffee",
        "tools",  "garden.furniture", "tobacco"
    };
    uint32_t count = gen_below(plot->gen, gen_wide(plot->gen, 5) ? 40 : 5);
    int64_t positive = 0;
    int64_t sum = 0;

    event->sale.bought_on = EVENT_NO_DAY;
    if (count == 0) {
        event->sale.total.minor = plot->huge && gen_chance(plot->gen, 20)
                                      ? LIMIT_MONEY_MINOR
                                      : some_cents(plot);
        return;
    }
    struct event_line *lines = ARENA_NEW(plot->arena, struct event_line, count);
    for (uint32_t i = 0; i < count; i++) {
        lines[i].amount.minor = some_cents(plot);
        lines[i].qty =
            gen_chance(plot->gen, 60) ? 1 : 1 + gen_below(plot->gen, 6);
        if (plot->huge && gen_chance(plot->gen, 20))
            lines[i].qty = 1000000;
        if (plot->large && gen_wide(plot->gen, 5))
            lines[i].qty = gen_chance(plot->gen, 50) ? 65535 : 65536;
        if (gen_chance(plot->gen, 80))
            lines[i].category =
                view_of(categories[gen_below(plot->gen, COUNT_OF(categories))]);
        if (gen_chance(plot->gen, 40))
            lines[i].sku = view_of(gen_chance(plot->gen, 50) ? "A1" : "B2");
        if (i > 0 && sum > 100 && gen_chance(plot->gen, 10))
            lines[i].amount.minor = -(int64_t)gen_below(plot->gen, 100);
        if (lines[i].amount.minor > 0)
            positive += lines[i].amount.minor;
        sum += lines[i].amount.minor;
    }
    if (sum > 0 && sum < UINT32_MAX && gen_chance(plot->gen, 30))
        event->sale.off.minor =
            (int64_t)gen_below(plot->gen, (uint32_t)sum + 1);
    assert(event->sale.off.minor <= positive);
    event->sale.lines = lines;
    event->sale.line_count = count;
    event->sale.total.minor = sum - event->sale.off.minor;
}

static void
make_purchase(struct plot *plot)
{
    struct event *event = new_event(plot, EVENT_PURCHASE);

    fill_receipt(plot, event);
    event->sale.receipt = name_of(plot, "R", gen_below(plot->gen, 6));
}

/* Of a receipt that may or may not be there, or of none. */
static void
make_return(struct plot *plot)
{
    struct event *event = new_event(plot, EVENT_RETURN);

    if (gen_chance(plot->gen, 25)) {
        fill_receipt(plot, event);
        return;
    }
    event->sale.bought_on = EVENT_NO_DAY;
    event->sale.receipt = name_of(plot, "R", gen_below(plot->gen, 6));
    for (uint32_t i = plot->made->event_count - 1; i-- > 0;) {
        const struct event *other = &plot->made->events[i];
        if (other->kind != EVENT_PURCHASE || gen_chance(plot->gen, 40))
            continue;
        event->account = other->account;
        event->sale.receipt = other->sale.receipt;
        if (gen_chance(plot->gen, 15))
            event->sale.from_store = other->store;
        if (gen_chance(plot->gen, 15))
            event->sale.bought_on = zone_day(plot->zone, other->at_ms);
        break;
    }
    if (gen_chance(plot->gen, 8))
        event->sale.from_store = some_store(plot);
    if (gen_chance(plot->gen, 30))
        return;
    uint32_t count = 1 + gen_below(plot->gen, 3);
    struct event_line *lines = ARENA_NEW(plot->arena, struct event_line, count);
    for (uint32_t i = 0; i < count; i++) {
        lines[i].index = i + gen_below(plot->gen, 2);
        lines[i].amount.minor = some_cents(plot);
        lines[i].qty = 1;
    }
    event->sale.lines = lines;
    event->sale.line_count = count;
}

static void
make_void(struct plot *plot)
{
    struct event *event = new_event(plot, EVENT_VOID);
    const struct event *other =
        &plot->made->events[gen_below(plot->gen, plot->made->event_count)];

    event->annul.voids = other->identity;
    if (other == event)
        event->annul.voids = (identity) { 1, 999, 1 };
    else if (gen_chance(plot->gen, 90))
        event->account = other->account;
    /* A void may bear an earlier time than what it voids. */
    if (gen_chance(plot->gen, 30))
        event->at_ms -= (int64_t)gen_below(plot->gen, 100) * 3600000;
}

static void
make_redeem(struct plot *plot)
{
    static const int64_t counts[] = { 1, 5, 20, 30, 50, 100, 500 };
    struct event *event = new_event(plot, EVENT_REDEEM);

    event->id = name_of(plot, "x", gen_below(plot->gen, 5));
    event->redeem.value.minor = -1;
    if (gen_chance(plot->gen, 55)) {
        event->redeem.points.value =
            plot->huge && gen_chance(plot->gen, 20)
                ? LIMIT_POINTS
                : counts[gen_below(plot->gen, COUNT_OF(counts))];
        return;
    }
    event->redeem.reward = name_of(plot, "r", gen_below(plot->gen, 4));
    if (gen_chance(plot->gen, 40))
        event->redeem.value.minor = some_cents(plot);
}

static void
make_reverse(struct plot *plot)
{
    struct event *event = new_event(plot, EVENT_REVERSE);

    event->reverse.redemption = name_of(plot, "x", gen_below(plot->gen, 5));
    for (uint32_t i = plot->made->event_count - 1; i-- > 0;) {
        const struct event *other = &plot->made->events[i];
        if (other->kind != EVENT_REDEEM || gen_chance(plot->gen, 40))
            continue;
        event->account = other->account;
        event->reverse.redemption = other->id;
        break;
    }
    if (gen_chance(plot->gen, 50))
        event->reverse.points.value = 1 + (int64_t)gen_below(plot->gen, 60);
}

static void
make_adjust(struct plot *plot)
{
    static const int64_t counts[] = { 1, 10, 50, 100, 200, -1, -30, -100 };
    struct event *event = new_event(plot, EVENT_ADJUST);

    event->annex.reason = view_of("test");
    event->annex.by = view_of("test");
    event->adjust.points.value =
        plot->huge && gen_chance(plot->gen, 20)
            ? LIMIT_POINTS
            : counts[gen_below(plot->gen, COUNT_OF(counts))];
    event->adjust.expires_on = EVENT_NO_DAY;
    if (event->adjust.points.value > 0 && gen_chance(plot->gen, 40))
        event->adjust.expires_on = zone_day(plot->zone, plot->now_ms) - 3 +
                                   (int32_t)gen_below(plot->gen, 60);
}

static void
make_join(struct plot *plot)
{
    struct event *event = new_event(plot, EVENT_JOIN);

    if (gen_chance(plot->gen, 50))
        event->join.home_store = some_store(plot);
    if (gen_chance(plot->gen, 60))
        event->join.referrer = 1 + gen_below(plot->gen, GEN_MEMBERS + 1);
    if (event->join.referrer == event->account.member)
        event->join.referrer = event->account.member % GEN_MEMBERS + 1;
}

/* Mostly of a pass that has been sold. */
static void
make_pass_use(struct plot *plot)
{
    struct event *event = new_event(plot, EVENT_PASS_USE);

    event->pass_use.pass = name_of(plot, "p", gen_below(plot->gen, 3));
    for (uint32_t i = plot->made->event_count - 1; i-- > 0;) {
        const struct event *other = &plot->made->events[i];
        if (other->kind != EVENT_PASS_SALE || gen_chance(plot->gen, 25))
            continue;
        event->account = other->account;
        event->pass_use.pass = other->pass_sale.pass;
        break;
    }
}

static void
make_small(struct plot *plot, enum event_kind kind)
{
    struct event *event = new_event(plot, kind);
    struct gen *gen = plot->gen;

    if (kind == EVENT_STAMP) {
        event->stamp.card = name_of(plot, "c", gen_below(gen, 3));
        event->stamp.count = gen_chance(gen, 70) ? 1 : 1 + gen_below(gen, 6);
    } else if (kind == EVENT_CONSENT) {
        event->consent.channel = view_of(gen_chance(gen, 50) ? "email" : "sms");
        event->consent.granted = gen_chance(gen, 60);
    } else if (kind == EVENT_ACTIVITY) {
        event->activity.name =
            view_of(gen_chance(gen, 60) ? "survey" : "birthday");
    } else if (kind == EVENT_GRANT) {
        event->grant.reward = name_of(plot, "r", gen_below(gen, 4));
        event->grant.count = gen_chance(gen, 80) ? 1 : 2;
    } else {
        event->pass_sale.pass = name_of(plot, "p", gen_below(gen, 3));
        event->pass_sale.price.minor = some_cents(plot);
    }
}

static void
make_event(struct plot *plot)
{
    uint32_t total = 0;
    uint32_t kind = 0;

    for (uint32_t i = 1; i < EVENT_KIND_END; i++)
        total += plot->kinds[i];
    uint32_t draw = gen_below(plot->gen, total);
    while (draw >= plot->kinds[kind])
        draw -= plot->kinds[kind++];
    switch ((enum event_kind)kind) {
    case EVENT_JOIN:
        make_join(plot);
        break;
    case EVENT_PURCHASE:
        make_purchase(plot);
        break;
    case EVENT_RETURN:
        make_return(plot);
        break;
    case EVENT_VOID:
        make_void(plot);
        break;
    case EVENT_REDEEM:
        make_redeem(plot);
        break;
    case EVENT_REVERSE:
        make_reverse(plot);
        break;
    case EVENT_ADJUST:
        make_adjust(plot);
        break;
    case EVENT_PASS_USE:
        make_pass_use(plot);
        break;
    case EVENT_STAMP:
    case EVENT_CONSENT:
    case EVENT_ACTIVITY:
    case EVENT_GRANT:
    case EVENT_PASS_SALE:
        make_small(plot, (enum event_kind)kind);
        break;
    }
}

/* Each case has kinds that it is about. */
static void
weigh_kinds(struct plot *plot)
{
    for (uint32_t i = 1; i < EVENT_KIND_END; i++) {
        uint32_t draw = gen_below(plot->gen, 24);
        plot->kinds[i] = draw < 8 ? 0 : draw < 19 ? 2 : draw < 23 ? 8 : 30;
    }
    plot->kinds[EVENT_PURCHASE] += 6;
    if (plot->kinds[EVENT_VOID] > 2)
        plot->kinds[EVENT_VOID] = 2;
    if (plot->kinds[EVENT_REVERSE] > 0)
        plot->kinds[EVENT_REDEEM] += 2;
    if (plot->kinds[EVENT_PASS_USE] > 0)
        plot->kinds[EVENT_PASS_SALE] += 2;
}

/* Often at the turn of a month, as one would, or at an event. */
static int32_t
some_date(struct plot *plot, int32_t first, int32_t last)
{
    int32_t from =
        first + (int32_t)gen_below(plot->gen, (uint32_t)(last - first + 5));
    uint32_t event = gen_below(plot->gen, plot->made->event_count);

    if (gen_chance(plot->gen, 40))
        return calendar_month_first_day(calendar_month(from));
    if (gen_chance(plot->gen, 50))
        return zone_day(plot->zone, plot->made->events[event].at_ms) +
               (int32_t)gen_below(plot->gen, 2);
    return from;
}

/* The first version mostly lies before all events, but not always. */
static void
make_versions(struct plot *plot, const char *zone)
{
    struct gen_case *made = plot->made;
    static const uint32_t counts[] = { 1, 1, 2, 2, 3, 4 };
    int32_t first = zone_day(plot->zone, made->events[0].at_ms);
    int32_t last = zone_day(plot->zone, plot->now_ms);
    bool before = gen_chance(plot->gen, 75);

    made->version_count = counts[gen_below(plot->gen, COUNT_OF(counts))];
    for (uint32_t i = 0; i < made->version_count; i++) {
        struct gen_version *version = &made->versions[i];
        struct text text = { 0 };
        gen_program(plot->gen, zone, plot->first_year,
                    plot->huge || plot->large, &text);
        text_char(&text, '\0');
        assert(text_ok(&text) && text.size <= sizeof version->yaml);
        memcpy(version->yaml, text.bytes, text.size);
        text_close(&text);
        version->from_day =
            i == 0 && before ? first - 400 : some_date(plot, first, last);
    }
}

void
gen_case_make(uint64_t seed, const struct zone *zones, struct arena *arena,
              struct gen_case *ret_case)
{
    struct gen gen = { seed, seed >= GEN_WIDE };
    uint32_t zones_below = gen.wide ? GEN_ZONES : GEN_ZONES_NARROW;
    uint32_t zone = gen_chance(&gen, 60) ? 0 : gen_below(&gen, zones_below);
    struct plot plot = { .gen = &gen,
                         .arena = arena,
                         .zone = &zones[zone],
                         .made = ret_case,
                         .first_year = first_years[zone] };

    ret_case->seed = seed;
    ret_case->zone = gen_zone_names[zone];
    ret_case->event_count = 0;
    /* In 2011 not all days of Apia are worth a visit. */
    int32_t first = calendar_day((civil) { plot.first_year, 1, 1 });
    first += zone == 3                  ? 300 + (int32_t)gen_below(&gen, 65)
             : zone >= GEN_ZONES_NARROW ? 240 + (int32_t)gen_below(&gen, 65)
                                        : (int32_t)gen_below(&gen, 365);
    plot.now_ms = zone_midnight_ms(plot.zone, first);
    plot.busy = 40 + gen_below(&gen, 60);
    plot.huge = gen_chance(&gen, 3);
    plot.large = gen_wide(&gen, 10);
    weigh_kinds(&plot);
    uint32_t count = 1 + gen_below(&gen, gen_chance(&gen, 70) ? 14 : 40);
    for (uint32_t i = 0; i < count; i++) {
        pass_time(&plot);
        make_event(&plot);
    }
    make_versions(&plot, ret_case->zone);
    ret_case->until_ms = plot.now_ms;
    if (gen_chance(&gen, 80))
        ret_case->until_ms +=
            (int64_t)gen_below(&gen, gen_chance(&gen, 20) ? 900 : 120) *
            CALENDAR_DAY_MS;
}

bool
gen_case_tells_again(const struct gen_case *made)
{
    for (uint32_t i = 0; i < made->event_count; i++)
        for (uint32_t k = 0; k < i; k++) {
            const struct event *a = &made->events[i], *b = &made->events[k];
            if (a->id.size > 0 && a->identity.node == b->identity.node &&
                a->identity.incarnation != b->identity.incarnation &&
                codec_same_content(a, b, false))
                return true;
        }
    return false;
}
