/*
 * model_state.h - what the model keeps of the account it is asked about
 *
 * Only the files model*.c include this.  Every list is an array in the order
 * in which things came; all memory lies in one arena until the next question.
 */
#ifndef TESTS_MODEL_STATE_H
#define TESTS_MODEL_STATE_H

#include "tests/model.h"

#define NEVER INT64_MAX /* expires_at of what does not end */
#define NOT_YET INT64_MIN

#define LIST(type)                                                             \
    struct {                                                                   \
        type *items;                                                           \
        uint32_t count;                                                        \
    }

/* Appends an item to a LIST. */
#define PUSH(model, list, ...)                                                 \
    do {                                                                       \
        (list)->items = model_grow(model, (list)->items, (list)->count,        \
                                   sizeof(list)->items[0]);                    \
        (list)->items[(list)->count++] = __VA_ARGS__;                          \
    } while (0)

/* Drops the item at a place of a LIST; the others move up. */
#define DROP(list, place)                                                      \
    do {                                                                       \
        for (uint32_t from_ = (place) + 1; from_ < (list)->count; from_++)     \
            (list)->items[from_ - 1] = (list)->items[from_];                   \
        (list)->count--;                                                       \
    } while (0)

struct version_entry {
    const struct program *program;
    int64_t from_ms;
    int32_t from_day;
};

struct key {
    int64_t available_at; /* 0: at once */
    int64_t expires_at;
    view partner;
};

struct lot {
    struct key key;
    int64_t points;
    bool gone; /* came back after its end: breakage right after the event */
};

struct ticket { /* one voucher */
    view reward;
    int64_t expires_at;
    view issuer;
    uint32_t store;
    int64_t value; /* at the issue */
    bool paid_by_issuer;
    view source; /* "stamp.ID", "spend.ID" or empty */
    uint32_t order;
    uint32_t step; /* of the event that issued it */
    int32_t year;
    bool gone;
};

struct card {
    view id;
    int64_t count;
    int64_t times; /* that it gave points, net */
    int64_t given; /* these points */
};

struct spending {
    view id;
    bool by_year;
    int32_t year;
    uint32_t since; /* step at which the window began */
    int64_t progress;
    int64_t times; /* given in this window, net */
    int64_t paid;  /* of them in points */
    int64_t given; /* these points */
};

struct pass_held {
    view id;
    view partner;
    uint32_t store;
    int64_t price;
    int64_t uses;
    int64_t left;
    int32_t first_day;
    int64_t expires_at;
};

struct channel {
    view name;
    int64_t at_ms;
    bool granted;
};

struct month_store {
    int32_t month;
    uint32_t store;
    int64_t spend;
};

struct used_limit {
    view rule;
    enum limit_period per;
    int32_t period;
    int64_t times;
};

struct line {
    int64_t bought; /* after `off` */
    int64_t amount; /* what is left of it */
    int64_t qty;    /* as bought */
    view category;
    view sku;
};

/* What the account was before an event. */
struct context {
    int64_t at_ms;
    int32_t day;
    int32_t ms_of_day;
    uint32_t store;
    uint32_t home_store;
    view level; /* empty: none */
    bool visited;
    int32_t visit_day;
    bool bought_before;
    LIST(view) granted;
};

struct gain {
    view rule;
    view issuer;
    view reward; /* empty: no voucher */
    int64_t points;
};

struct share {
    view issuer;
    int64_t points;
};

enum evaluation { AS_BOUGHT, AGAIN, BLIND };

struct gains {
    LIST(struct gain) all;      /* in the order of RULES.md */
    LIST(struct share) shares;  /* by issuer, byte order */
    LIST(uint32_t) stopped;     /* places of rules held by their limits */
    LIST(uint32_t) contributed; /* places of rules with a limit that gave */
};

struct bought {
    const struct event *event;
    const struct version_entry *version; /* NULL: before the first */
    uint32_t step;
    struct context context;
    LIST(struct line) lines;
    struct gains gains; /* as it stands */
    view partner;
    int64_t available_at;
    int64_t expires_at;
};

struct redeemed {
    const struct event *event;
    view partner;
    int64_t price;      /* micro, credited for a point */
    bool partner_bears; /* overdraft: {liable: partner} */
    bool done;
    int64_t overdrawn; /* not yet reversed */
    LIST(struct lot) taken;
    bool covered; /* by `ticket` */
    struct ticket ticket;
    bool charged;
    bool uncovered;
    int64_t value;
};

struct rule_row {
    view rule;
    int64_t points;
};

struct voucher_row {
    view reward;
    int64_t count;
};

/* A row of explain while it is being made. */
struct row {
    LIST(struct rule_row) rules;
    LIST(struct voucher_row) vouchers;
    int64_t points;
    int64_t early;
    int64_t overdrawn;
    bool unmatched;
    bool unknown;
    bool uncovered;
    bool voided;
};

struct held_level {
    view id; /* empty: none */
    int64_t since_ms;
    int64_t until_ms;
    int64_t qualifying;
    int32_t first_month;
    int32_t last_month;
    uint32_t step;
};

enum { MODEL_DAYS = 80384 };

struct model {
    struct arena arena;
    struct zone zone;
    int64_t *midnights; /* of the days from 2000-01-01 on */

    LIST(struct version_entry) versions; /* by date */
    uint32_t step;                       /* events and referrals so far */
    bool begun;
    int64_t now_ms; /* instant of the event or change at hand */

    int64_t joined_ms;
    uint32_t home_store;
    bool joined;
    uint64_t referrer;
    bool referral_done;
    int64_t first_purchase_ms;
    int64_t last_purchase_ms;
    int64_t purchases;
    int64_t visit_ms;
    uint32_t visit_store;
    int64_t active_ms;
    int64_t idle_ended_ms;
    LIST(view) absent; /* rules that gave in this absence */
    LIST(struct month_store) months;
    LIST(struct channel) channels;
    LIST(struct used_limit) limits;

    int64_t debt;
    LIST(struct lot) lots;
    uint32_t ticket_order;
    LIST(struct ticket) tickets;
    LIST(struct card) cards;
    LIST(struct spending) spendings;
    LIST(struct pass_held) passes;
    struct held_level level;
    LIST(struct bought) purchases_made;
    LIST(struct redeemed) redemptions;

    struct row row;
    LIST(view) rows;
    LIST(struct model_sum) sums;
};

/* model.c */
void *model_grow(struct model *model, void *items, uint32_t count, size_t size);
bool model_same(view a, view b);
int model_order(view a, view b); /* by bytes */
view model_joined_name(struct model *model, const char *prefix, view id);

/* model_time.c */
int64_t model_midnight(const struct model *model, int32_t day);
int32_t model_day_of(const struct model *model, int64_t at_ms);
int32_t model_month_of(const struct model *model, int64_t at_ms);
int32_t model_year_of(const struct model *model, int64_t at_ms);
int64_t model_month_end(const struct model *model, int32_t month);
const struct version_entry *model_version_at(const struct model *model,
                                             int64_t at_ms);
bool model_ended(const struct model *model, const struct version_entry *version,
                 int64_t at_ms);
struct key model_key_of(const struct model *model,
                        const struct version_entry *version, int64_t at_ms,
                        view partner);
int64_t model_idle_end(const struct model *model,
                       const struct version_entry *version);
int64_t model_tier_end(const struct model *model,
                       const struct program_tiers *tiers, int64_t at_ms);
int32_t model_limit_number(enum limit_period per, int32_t day);
view model_partner_of(const struct version_entry *version, uint32_t store);
int64_t model_issue_price(const struct version_entry *version, view partner);
int64_t model_redeem_price(const struct version_entry *version, view partner);
int32_t model_reward_place(const struct version_entry *version, view id);
int32_t model_card_place(const struct version_entry *version, view id);
int32_t model_level_place(const struct version_entry *version, view id);

/* model_earn.c */
bool model_eligible(const struct version_entry *version,
                    const struct line *line);
int64_t model_eligible_sum(const struct version_entry *version,
                           const struct line *lines, uint32_t count);
struct context model_context_now(struct model *model, uint32_t store);
struct earning {
    const struct version_entry *version;
    const struct context *context;
    enum evaluation evaluation;
    enum earn_on on;
    view activity;
    int32_t after_days;
    const struct line *lines;
    uint32_t line_count;
    const uint32_t *stopped; /* AGAIN */
    uint32_t stopped_count;
};
struct gains model_earn(struct model *model, const struct earning *earning);
int64_t model_stamps_for(const struct earning *earning,
                         const struct stamp_card *card);

/* model_points.c */
void model_add_sum(struct model *model, const char *measure, view partner,
                   uint32_t store, int128 amount);
void model_add_clearing(struct model *model, view issuer, view acceptor,
                        int64_t amount);
void model_row_rule(struct model *model, view rule, int64_t worth);
void model_row_voucher(struct model *model, view reward, int64_t count);
struct earned {
    view rule; /* empty: none for explain */
    view issuer;
    uint32_t store;
    int64_t points;
    const struct version_entry *version; /* prices and dates */
    const int64_t *expires_at;           /* NULL: as the rules say */
};
void model_earn_points(struct model *model, const struct earned *earned);
int64_t model_pay_debt(struct model *model, view issuer, int64_t worth);
void model_put_lot(struct model *model, struct key key, int64_t worth,
                   bool gone);
int model_next_lot(const struct model *model, bool available_only,
                   bool pending_only);
void model_take_lot(struct model *model, uint32_t place, int64_t worth);
struct withdrawn {
    int64_t points;
    const struct key *first; /* NULL: no lot is named */
    view partner;            /* whom it is booked to */
    uint32_t store;
    const struct version_entry *version; /* of the price */
};
void model_withdraw(struct model *model, const struct withdrawn *withdrawn);
void model_expire_points(struct model *model, bool all_lasting);
void model_expire_tickets(struct model *model);
struct issue {
    view reward;
    view issuer;
    uint32_t store;
    view source;
    int64_t count;
    const struct version_entry *version;
};
void model_issue_tickets(struct model *model, const struct issue *issue);
void model_book_gains(struct model *model, const struct gains *gains,
                      const struct version_entry *version, uint32_t store);

/* model_event.c */
void model_take_event(struct model *model, const struct event *event);
void model_take_referral(struct model *model, const struct event *event);
bool model_referral_counts(const struct model *model,
                           const struct version_entry *version,
                           const struct event *event);
void model_lines_of(struct model *model, const struct event *event,
                    struct line **ret_lines, uint32_t *ret_count);

/* model_redeem.c */
void model_take_redeem(struct model *model, const struct event *event);
void model_take_reverse(struct model *model, const struct event *event);
void model_take_pass_sale(struct model *model, const struct event *event);
void model_take_pass_use(struct model *model, const struct event *event);

/* model_return.c */
void model_take_return(struct model *model, const struct event *event);

/* model_reward.c: stamps, spend rewards, tiers, the monthly bonus */
void model_add_stamps(struct model *model, const struct version_entry *version,
                      const struct stamp_card *card, int64_t count,
                      uint32_t store);
struct undo {
    const struct version_entry *version;
    view partner;
    uint32_t store;
};
void model_take_stamps(struct model *model, const struct undo *undo,
                       const struct stamp_card *card, int64_t count);
void model_add_spend(struct model *model, uint32_t store, int32_t month,
                     int64_t amount);
int64_t model_spend_of(const struct model *model, int32_t first, int32_t last);
void model_add_progress(struct model *model,
                        const struct version_entry *version,
                        const struct spend_reward *rule, int64_t amount,
                        uint32_t store);
void model_take_progress(struct model *model, const struct undo *undo,
                         const struct spend_reward *rule, int64_t amount);
struct spending *model_current_spending(struct model *model,
                                        const struct spend_reward *rule);
int32_t model_window_first(const struct program_tiers *tiers, int32_t month);
int64_t model_window_spend(const struct model *model,
                           const struct version_entry *version, int64_t at_ms);
uint32_t model_supported_level(const struct program_tiers *tiers,
                               int64_t spend);
void model_change_level(struct model *model,
                        const struct version_entry *version, uint32_t place,
                        int64_t judged_ms);
void model_judge_purchase(struct model *model,
                          const struct version_entry *version, uint32_t store);
int64_t model_bonus_points(const struct model *model,
                           const struct version_entry *version, int32_t month,
                           int64_t spend);

/* model_clock.c */
void model_visit_midnight(struct model *model, int32_t day);

/* model_text.c */
void model_begin_row(struct model *model);
void model_end_row(struct model *model, const struct event *event,
                   const char *kind);
view model_balance_text(struct model *model, account_id account, int64_t at_ms);
/* What is there at the instant `now_ms`. */
int64_t model_available_points(const struct model *model);
int64_t model_pending_points(const struct model *model);

#endif
