/*
 * generate.c - day by day: who comes today is drawn, put in the order of the
 * clock, and played.  A member's own points and vouchers are reckoned roughly,
 * only to redeem what is probably there: now and then it is not, as in life.
 */
#include "tools/generate.h"

#include <stdlib.h>
#include <string.h>

enum {
    DAY_OPENS_MINUTE = 8 * 60,
    DAY_OPEN_MINUTES = 13 * 60,
    CARD_NEED = 10, /* of the coffee card */
    REDEEM_POINTS = 500,
    FREE_COFFEE = 350, /* cents; no redemption of points is worth that */
    VOUCHER_DAYS = 55,
    RETURN_DAYS_MAX = 14,
    LINES_MAX = 12,
};

/* Thousandths of an average day. */
static const uint32_t WEEKDAYS[7] = { 850, 850, 900, 1000, 1250, 1450, 700 };
static const uint32_t MONTHS[12] = { 850,  850, 930, 980, 1020, 1060,
                                     1000, 980, 960, 990, 1100, 1400 };

struct goods_kind {
    const char *category;
    uint32_t share; /* of all lines, in thousandths */
    uint32_t price_min;
    uint32_t price_max; /* cents */
    uint32_t skus;
    uint32_t qty_max;
};

static const struct goods_kind GOODS[] = {
    { "food", 430, 79, 2900, 900, 4 },
    { "coffee", 140, 250, 550, 8, 2 },
    { "coffee.beans", 40, 590, 1890, 20, 2 },
    { "household", 120, 149, 3990, 200, 2 },
    { "books", 60, 690, 3490, 400, 1 },
    { "clothes", 80, 990, 12900, 300, 1 },
    { "garden", 60, 290, 4900, 120, 3 },
    { "garden.furniture", 5, 4900, 69900, 30, 1 },
    { "tools", 35, 490, 18900, 150, 1 },
    { "tobacco", 30, 890, 1290, 12, 2 },
};

const char *
generate_program(void)
{
    return "program: Kanta\n"
           "currency: EUR\n"
           "timezone: Europe/Helsinki\n"
           "\n"
           "store_groups:\n"
           "  - {id: turku, name: Turun seutu, stores: [10-12]}\n"
           "\n"
           "partners:\n"
           "  - {id: market, name: Market Oy, stores: [10-14, 16-9999], "
           "issue_price: 0.010, redeem_price: 0.009}\n"
           "  - {id: cafe, name: Cafe Oy, stores: [15], "
           "issue_price: 0.012, redeem_price: 0.009}\n"
           "  - {id: roaster, name: Roaster Oy, issue_price: 0.010, "
           "redeem_price: 0.009}\n"
           "\n"
           "excluded: {categories: [tobacco]}\n"
           "\n"
           "points: {value: 0.01, expire_months: 12, min_redemption: 100}\n"
           "\n"
           "earn:\n"
           "  - {id: base, per: 1.00, points: 1}\n"
           "  - {id: weekend, when: {weekdays: [sat, sun]}, multiply: 2}\n"
           "  - {id: coffee3, when: {categories: [coffee]}, multiply: 3, "
           "best_of: promo}\n"
           "  - {id: big, when: {min_total: 100.00}, points: 50, "
           "best_of: promo}\n"
           "  - {id: roast, when: {categories: [coffee.beans]}, per: item, "
           "points: 20, funder: roaster}\n"
           "  - {id: wake, on: inactive, after_days: 90, "
           "reward: free_coffee}\n"
           "  - {id: welcome, on: join, points: 500}\n"
           "  - {id: survey, on: activity, name: survey, points: 100, "
           "limit: {times: 1, per: month}}\n"
           "  - {id: birthday, on: activity, name: birthday, "
           "reward: free_coffee, limit: {times: 1, per: year}}\n"
           "\n"
           "rewards:\n"
           "  - {id: free_coffee, name: Ilmainen kahvi, value: 3.50, "
           "valid_days: 60, paid_by: issuer}\n"
           "  - {id: gift50, value: 50.00, valid_days: 365}\n"
           "  - {id: cup, value: 8.00, points: 800}\n"
           "\n"
           "stamps:\n"
           "  - {id: coffee, when: {categories: [coffee]}, per: item, "
           "need: 10, reward: free_coffee}\n"
           "  - {id: lunch, need: 10, points: 500}\n"
           "\n"
           "spend_rewards:\n"
           "  - {id: thousand, spend: 1000.00, window: year, "
           "reward: gift50, repeat: true}\n"
           "\n"
           "tiers:\n"
           "  window: 12 months\n"
           "  valid_for: 12 months\n"
           "  levels:\n"
           "    - {id: basic}\n"
           "    - {id: silver, from: 500.00, multiply: 1.25}\n"
           "    - {id: gold, from: 2000.00, multiply: 1.5, reward: gift50}\n"
           "\n"
           "referral: {on: purchase, min_total: 20.00, "
           "referrer_points: 1000, referred_reward: free_coffee}\n"
           "\n"
           "passes:\n"
           "  - {id: wash10, uses: 10, valid_months: 12, "
           "rebates: [{within_days: 90, points: 1000}]}\n"
           "\n"
           "offline: {max_value: 20.00, max_age_days: 7}\n";
}

/* --- what a visit consists of ------------------------------------------- */

static const struct goods_kind *
draw_goods(struct town *town, int32_t month)
{
    /* Nobody buys a garden chair in December. */
    for (;;) {
        uint32_t at = town_draw(town, 1000);
        const struct goods_kind *kind = GOODS;
        while (at >= kind->share) {
            at -= kind->share;
            kind++;
        }
        bool is_garden = strncmp(kind->category, "garden", 6) == 0;
        if (!is_garden || (month >= 3 && month <= 8) || town_chance(town, 150))
            return kind;
    }
}

/* Cheap things are bought more often than dear ones. */
static int64_t
draw_price(struct town *town, const struct goods_kind *kind)
{
    uint64_t range = kind->price_max - kind->price_min + 1;
    uint64_t a = town_draw(town, 1000);
    uint64_t b = town_draw(town, 1000);

    return (int64_t)(kind->price_min + range * a * b / 1000000);
}

static uint32_t
draw_lines(struct town *town, int32_t month, struct event_line *lines)
{
    uint32_t count = 1 + town_draw(town, 3) + town_draw(town, 3);

    if (town_chance(town, 80))
        count += town_draw(town, LINES_MAX - 5);
    for (uint32_t i = 0; i < count; i++) {
        const struct goods_kind *kind = draw_goods(town, month);
        uint32_t qty = 1;
        if (kind->qty_max > 1 && town_chance(town, 300))
            qty += town_draw(town, kind->qty_max);
        lines[i] = (struct event_line) {
            .amount = { draw_price(town, kind) * qty },
            .qty = qty,
            .category = view_of(kind->category),
            .sku = town_format(town, "%s-%u", kind->category,
                               town_draw(town, kind->skus)),
        };
    }
    /* A bottle is handed back: in the total only. */
    if (town_chance(town, 60) && lines[0].amount.minor > 300)
        lines[count++] = (struct event_line) {
            .amount = { -(int64_t)(20 * (1 + town_draw(town, 10))) },
            .qty = 1,
            .category = view_of("deposit"),
            .sku = view_of("pant"),
        };
    return count;
}

/* A part of the receipt is paid with points or a voucher, or taken off. */
static void
redeem(struct town *town, struct person *person, struct event *sale,
       int64_t off)
{
    struct event event = town_event(town, EVENT_REDEEM, sale->account,
                                    sale->store, sale->at_ms - 1500);

    event.id = town_format(town, "r%u-%u", sale->store, ++town->redemptions);
    event.redeem.receipt = sale->sale.receipt;
    if (off == FREE_COFFEE) {
        person->vouchers--;
        event.redeem.reward = view_of("free_coffee");
    } else {
        event.redeem.points = (points) { off };
        person->points -= (int32_t)off;
    }
    town_emit(town, &event);
    if (!town_chance(town, 8))
        return;
    struct event reverse = town_event(town, EVENT_REVERSE, sale->account,
                                      sale->store, sale->at_ms + 240000);
    reverse.reverse.redemption = event.id;
    town_emit(town, &reverse);
}

/* How much of a receipt the member asks to have taken off for what they
 * hold: 350 for a free coffee, else points; 0: nothing. */
static int64_t
draw_redemption(struct town *town, const struct person *person, int64_t sum)
{
    bool is_good =
        person->vouchers > 0 && town->day - person->voucher_day < VOUCHER_DAYS;

    if (is_good && sum >= FREE_COFFEE && town_chance(town, 400))
        return FREE_COFFEE;
    if (person->points >= REDEEM_POINTS && town_chance(town, 120)) {
        int64_t count = person->points / 100 * 100;
        return count <= sum ? count : sum / 100 * 100;
    }
    return 0;
}

static void
plan_return(struct town *town, uint32_t who, const struct event *sale)
{
    uint32_t line = town_draw(town, sale->sale.line_count);

    town_plan_return(town, 1 + town_draw(town, RETURN_DAYS_MAX),
                     &(struct planned_return) {
                         .who = who,
                         .store = sale->store,
                         .day = town->day,
                         .receipt = town->receipt,
                         .line = line,
                         .amount = sale->sale.lines[line].amount.minor,
                         .is_whole = town_chance(town, 250),
                         .is_blind = town_chance(town, 100),
                     });
}

/* The till beeps for the wrong member: the sale is told again and voided. */
static void
scan_wrong_card(struct town *town, const struct event *sale)
{
    struct event wrong = *sale;

    wrong.account.member = 1 + town_draw(town, town->options.members);
    wrong.at_ms -= 60000;
    wrong.id = town_format(town, "w%u-%u", sale->store, ++town->mistakes);
    identity voided = town_emit(town, &wrong);
    struct event event = town_event(town, EVENT_VOID, wrong.account,
                                    sale->store, sale->at_ms - 30000);
    event.annul.voids = voided;
    event.annex.reason = view_of("wrong card");
    event.annex.by = view_of("till");
    town->voids_id = wrong.id;
    town_emit(town, &event);
    town->voids_id = (view) { 0 };
}

/* Older ones are not worth remembering: the newest decides. */
static void
receive_voucher(struct town *town, struct person *person)
{
    if (town->day - person->voucher_day >= VOUCHER_DAYS)
        person->vouchers = 0;
    person->vouchers++;
    person->voucher_day = town->day;
}

static bool
begins_with_coffee(view category)
{
    return category.size >= 6 && memcmp(category.bytes, "coffee", 6) == 0;
}

static void
reckon(struct town *town, struct person *person, const struct event *sale)
{
    int64_t earned = 0;

    for (uint32_t i = 0; i < sale->sale.line_count; i++) {
        const struct event_line *line = &sale->sale.lines[i];
        if (line->amount.minor <= 0)
            continue;
        earned += line->amount.minor / 100;
        if (begins_with_coffee(line->category))
            person->stamps += line->qty;
    }
    if (person->points < 1000000)
        person->points += (int32_t)earned;
    if (person->stamps >= CARD_NEED) {
        person->stamps -= CARD_NEED;
        receive_voucher(town, person);
    }
}

static void
buy(struct town *town, uint32_t who, uint32_t store, int64_t at_ms)
{
    struct person *person = &town->people[who];
    struct event_line lines[LINES_MAX + 2];
    account_id account = { who + 1, { 0 } };
    struct event sale = town_event(town, EVENT_PURCHASE, account, store, at_ms);
    int64_t sum = 0;
    int64_t positive = 0;

    uint32_t count = draw_lines(town, town->month, lines);
    for (uint32_t i = 0; i < count; i++) {
        sum += lines[i].amount.minor;
        if (lines[i].amount.minor > 0)
            positive += lines[i].amount.minor;
    }
    if (sum < 0)
        return;
    sale.sale.receipt = town_receipt(town, store);
    int64_t off = draw_redemption(town, person, sum);
    if (off > 0)
        redeem(town, person, &sale, off);
    else if (town_chance(town, 40))
        off = sum / 10;
    assert(off <= positive);
    sale.sale.lines = lines;
    sale.sale.line_count = count;
    sale.sale.off = (money) { off };
    sale.sale.total = (money) { sum - off };
    if (town_chance(town, 2))
        scan_wrong_card(town, &sale);
    town_emit(town, &sale);
    reckon(town, person, &sale);
    if (town_chance(town, 25))
        plan_return(town, who, &sale);
}

/* --- the other things that happen --------------------------------------- */

static void
agree(struct town *town, uint32_t who, uint32_t store, int64_t at_ms,
      bool granted)
{
    struct event event = town_event(
        town, EVENT_CONSENT, (account_id) { who + 1, { 0 } }, store, at_ms);

    event.consent.channel = view_of(town_chance(town, 700) ? "email" : "sms");
    event.consent.granted = granted;
    event.consent.text = view_of("2024-01");
    event.annex.source = view_of(granted ? "till" : "letter");
    town_emit(town, &event);
}

static void
join(struct town *town, uint32_t who, uint32_t store, int64_t at_ms)
{
    struct event event = town_event(
        town, EVENT_JOIN, (account_id) { who + 1, { 0 } }, store, at_ms);

    event.join.home_store = store;
    if (town_chance(town, 150)) {
        uint32_t friend = town_draw(town, town->options.members);
        if (friend != who && town->people[friend].joined)
            event.join.referrer = friend + 1;
    }
    town_emit(town, &event);
    town->people[who].joined = true;
    town->people[who].points = 500;
    if (town_chance(town, 650))
        agree(town, who, store, at_ms + 20000, true);
}

static void
be_active(struct town *town, uint32_t who, uint32_t store, int64_t at_ms)
{
    struct event event = town_event(
        town, EVENT_ACTIVITY, (account_id) { who + 1, { 0 } }, store, at_ms);

    event.activity.name =
        view_of(town_chance(town, 800) ? "survey" : "birthday");
    town_emit(town, &event);
}

static void
wash(struct town *town, uint32_t who, uint32_t store, int64_t at_ms)
{
    struct person *person = &town->people[who];
    bool sold = person->washes == 0;
    struct event event =
        town_event(town, sold ? EVENT_PASS_SALE : EVENT_PASS_USE,
                   (account_id) { who + 1, { 0 } }, store, at_ms);

    if (sold) {
        event.pass_sale.pass = view_of("wash10");
        event.pass_sale.price = (money) { 9900 };
        person->washes = 10;
    } else {
        event.pass_use.pass = view_of("wash10");
        person->washes--;
    }
    town_emit(town, &event);
}

/* A stamp on the lunch card; by an anonymous one as often as not. */
static void
lunch(struct town *town, uint32_t who, uint32_t store, int64_t at_ms)
{
    account_id account = { who + 1, { 0 } };

    if (town_chance(town, 500))
        account = (account_id) { 0, town_format(town, "lunch-%u-%u", store,
                                                town_draw(town, 200)) };
    struct event event = town_event(town, EVENT_STAMP, account, store, at_ms);
    event.stamp.card = view_of("lunch");
    town_emit(town, &event);
}

static void
bring_back(struct town *town, const struct planned_return *planned,
           int64_t at_ms)
{
    account_id account = { planned->who + 1, { 0 } };
    struct event event =
        town_event(town, EVENT_RETURN, account, planned->store, at_ms);
    struct event_line line = { .amount = { planned->amount },
                               .index = planned->line,
                               .qty = 1 };

    if (planned->amount <= 0)
        return;
    if (planned->is_blind) {
        event.sale.total = line.amount;
    } else {
        event.sale.receipt = town_format(town, "%u", planned->receipt);
        event.sale.from_store = planned->store;
        event.sale.bought_on = planned->day;
    }
    if (!planned->is_blind && !planned->is_whole) {
        event.sale.lines = &line;
        event.sale.line_count = 1;
    }
    town_emit(town, &event);
    town->people[planned->who].points -= (int32_t)(planned->amount / 100);
}

/* Letters go out on the 5th; a correction by hand now and then. */
static void
do_office_work(struct town *town, int64_t at_ms)
{
    uint32_t who = town_draw(town, town->options.members);
    uint32_t store = town->people[who].home;

    if (!town->people[who].joined)
        return;
    account_id account = { who + 1, { 0 } };
    bool letter = town_chance(town, 900);
    struct event event = town_event(town, letter ? EVENT_GRANT : EVENT_ADJUST,
                                    account, store, at_ms);
    if (letter) {
        event.grant.reward = view_of("free_coffee");
        event.annex.reason = view_of("letter of the month");
        receive_voucher(town, &town->people[who]);
    } else {
        event.adjust.points = (points) { town_chance(town, 500) ? 200 : -100 };
        event.annex.reason = view_of("complaint");
        event.annex.by = view_of("office");
    }
    town_emit(town, &event);
}

/* --- days --------------------------------------------------------------- */

static void
play(struct town *town, const struct planned *planned)
{
    struct person *person = &town->people[planned->who];
    int64_t at_ms = planned->at_ms;
    uint32_t store = town_chance(town, 850) ? person->home : town_store(town);

    if (!person->joined)
        join(town, planned->who, store, at_ms - 180000);
    else if (town_chance(town, 3))
        agree(town, planned->who, store, at_ms - 180000,
              town_chance(town, 400));
    buy(town, planned->who, store, at_ms);
    if (town_chance(town, 60))
        lunch(town, planned->who, store, at_ms + 60000);
    if (town_chance(town, 12))
        be_active(town, planned->who, store, at_ms + 90000);
    if (person->washes_car && town_chance(town, 350))
        wash(town, planned->who, store, at_ms + 120000);
}

/* When on a day: most in the afternoon. */
static int64_t
draw_time(struct town *town)
{
    uint32_t second = town_draw(town, DAY_OPEN_MINUTES * 30) +
                      town_draw(town, DAY_OPEN_MINUTES * 30);
    int32_t ms = (int32_t)(DAY_OPENS_MINUTE * 60 + second) * 1000 +
                 (int32_t)town_draw(town, 1000);

    return zone_at_ms(&town->zone, town->day, ms);
}

static enum err
plan_day(struct town *town)
{
    civil date = calendar_civil(town->day);
    uint64_t rhythm = (uint64_t)WEEKDAYS[calendar_weekday(town->day)] *
                      MONTHS[date.month - 1] * town->options.visits_mean;

    town->month = date.month;
    for (uint32_t who = 0; who < town->options.members; who++) {
        const struct person *person = &town->people[who];
        if (town->day < person->first_day)
            continue;
        /* In parts of 365 * 10^6: rhythm times the person's own share. */
        uint64_t chance = rhythm * person->eagerness / 1000;
        if (town_random(town) % UINT64_C(365000000) >= chance)
            continue;
        enum err err = town_plan(town, who, draw_time(town));
        if (err != OK)
            return err;
    }
    town_sort_plans(town);
    return OK;
}

static enum err
play_day(struct town *town)
{
    const struct planned_return *planned;
    int64_t opens_ms =
        zone_at_ms(&town->zone, town->day, DAY_OPENS_MINUTE * 60000);

    town_open_day(town);
    if (calendar_civil(town->day).day == 5)
        for (uint32_t i = 0; i < 1 + town->options.members / 50; i++)
            do_office_work(town, opens_ms - 3600000 + i);
    for (uint32_t i = 0; (planned = town_take_return(town)) != NULL; i++)
        bring_back(town, planned, opens_ms + i * 1000);
    enum err err = plan_day(town);
    for (uint32_t i = 0; i < town->plan_count && err == OK; i++) {
        play(town, &town->plans[i]);
        err = town->err;
    }
    return err != OK ? err : town->err;
}

enum err
generate_history(const struct town_options *options,
                 const struct town_sink *sink)
{
    struct town *town = NULL;

    enum err err = town_open(options, sink, &town);
    if (err != OK)
        return err;
    int32_t first = calendar_month_first_day(options->month_first);
    int32_t end = calendar_month_first_day(options->month_first +
                                           (int32_t)options->months);
    for (town->day = first; town->day < end && err == OK; town->day++)
        err = play_day(town);
    town_close(town);
    return err;
}
