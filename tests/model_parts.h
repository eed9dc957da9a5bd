/*
 * model_parts.h - the functions by which the files model*.c work together
 */
#ifndef TESTS_MODEL_PARTS_H
#define TESTS_MODEL_PARTS_H

#include "tests/model_requests.h"

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
/* That of the rule on a day; where clocks went back over midnight a period that
 * had begun goes on. */
int32_t model_limit_period(const struct model *model,
                           const struct earn_rule *rule, int32_t day);
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
void model_earn_points(struct model *model, const struct earned *earned);
int64_t model_pay_debt(struct model *model, view issuer, int64_t worth);
void model_put_lot(struct model *model, struct key key, int64_t worth,
                   bool gone);
int model_next_lot(const struct model *model, bool available_only,
                   bool pending_only);
void model_take_lot(struct model *model, uint32_t place, int64_t worth);
void model_withdraw(struct model *model, const struct withdrawn *withdrawn);
void model_expire_points(struct model *model, bool all_lasting);
void model_expire_tickets(struct model *model);
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
