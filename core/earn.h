/*
 * earn.h - what one event earns under one version of the rules
 *
 * Pure evaluation of RULES.md, "A purchase", 1 and 2, and of the rules with
 * `on`.  It changes no account: the caller hands over what the account was
 * before the event (`struct earn_context`), the lines of the receipt (`struct
 * basket`) and how often its limits have been used, and books what comes out
 * (`struct earn_outcome`), limits included.
 *
 * The same evaluation serves a purchase, the purchase looked at again after a
 * return (with the amounts that remain), and a blind return.  Everything is
 * written into structs that the caller keeps for as many events as it likes:
 * nothing is allocated here.
 */
#ifndef CORE_EARN_H
#define CORE_EARN_H

#include "core/basket.h"
#include "core/terms.h"
#include "core/timeline.h"

enum { EARN_GAINS_MAX = LIMIT_EARN_RULES + 1 }; /* every rule and the tier */

/* What the account was before the event.  For a return: before the purchase,
 * so the caller keeps it with the purchase. */
struct earn_context {
    moment moment;             /* of the event, local in the timeline's zone */
    uint32_t store;            /* of the event */
    uint32_t home_store;       /* 0: none */
    int32_t level;             /* place of the level held; PROGRAM_NONE */
    int32_t last_visit_day;    /* EVENT_NO_DAY: no visit before this */
    bool first_purchase;       /* no purchase before this */
    struct name_list consents; /* the channels granted; borrowed */
};

/* How often a rule with a limit has contributed in one period.  An older period
 * counts as none; a later one, if clocks went back over midnight, goes on. */
struct earn_count {
    int32_t rule; /* number */
    enum limit_period per;
    int32_t period; /* terms_period() */
    int32_t times;
};

struct earn_counts {
    const struct earn_count *list; /* borrowed; any order */
    uint32_t count;
};

enum earn_mode {
    EARN_BOUGHT, /* an event as it happens */
    EARN_AGAIN,  /* its purchase after a return: `stopped` in place of limits */
    EARN_BLIND,  /* per and multiply rules and the tier only */
};

struct earn_input {
    const struct timeline *timeline;
    const struct version *version; /* in force; NULL: nothing is earned */
    const struct earn_context *context;
    enum earn_mode mode;
    bool why;                  /* fill `misses` */
    struct earn_counts counts; /* EARN_BOUGHT */
    struct place_list stopped; /* EARN_AGAIN: of the outcome as bought */
};

/* What one rule gave: points, a voucher or both. */
struct earn_gain {
    int32_t rule;   /* number */
    int32_t issuer; /* number of a partner: the funder, or the store's */
    int32_t reward; /* number; PROGRAM_NONE: no voucher */
    int32_t place;  /* in program->earn; PROGRAM_NONE: the tier */
    points points;  /* 0 to 10^9 */
    enum limit_period limit_per; /* the limit it used: count it; none if it has
                                  * none, and when evaluated again */
};

/* Why a rule gave nothing: a condition by its kind, or one of these. */
enum {
    EARN_WHY_LIMIT = CONDITION_COUNT,
    EARN_WHY_BEST_OF,
    EARN_WHY_ENDS,
    EARN_WHY_AMOUNT,
    EARN_WHY_COUNT,
};

struct earn_miss {
    int32_t rule;
    int32_t why;   /* enum condition_kind or EARN_WHY_... */
    int32_t place; /* as in a gain */
};

struct earn_share {
    int32_t issuer;
    points points; /* > 0 */
};

/* About 90 kB, one per fold. */
struct earn_outcome {
    uint32_t gain_count;
    uint32_t share_count;
    uint32_t miss_count;
    uint32_t stopped_count;
    points points;                            /* of all gains */
    struct earn_gain gains[EARN_GAINS_MAX];   /* in the order of RULES.md */
    struct earn_share shares[EARN_GAINS_MAX]; /* by issuer, ascending */
    struct earn_miss misses[EARN_GAINS_MAX];  /* in the same order as gains */
    int32_t stopped[LIMIT_EARN_RULES]; /* places of rules that would have given
                                        * something but for their limit */
};

/* The earning rules without `on` and the tier's multiplier. */
void earn_purchase(const struct earn_input *input, const struct basket *basket,
                   struct earn_outcome *ret_outcome);

/* The rules on: join. */
void earn_join(const struct earn_input *input,
               struct earn_outcome *ret_outcome);

/* The rules on: activity of that name or of any. */
void earn_activity(const struct earn_input *input, view name,
                   struct earn_outcome *ret_outcome);

/* The rules on: inactive that are due `after_days` days after the last visit,
 * but for those in `given` (rule numbers), which gave something in this
 * absence before.  The context's moment is the midnight, its store that of the
 * visit; `version` the one in force a millisecond before. */
void earn_absence(const struct earn_input *input, int32_t after_days,
                  struct place_list given, struct earn_outcome *ret_outcome);

/* Stamps for one card. */
struct earn_stamps {
    int32_t place; /* in program->stamps */
    int64_t count; /* >= 1 */
};

/* The stamps that a purchase puts on the cards with `per`, in file order; 0
 * before the first version and after `ends`.  `ret_stamps` has room for
 * program->stamp_count; returns how many were written.  Limits play no part;
 * a purchase looked at again needs only its smaller basket. */
uint32_t earn_stamp(const struct earn_input *input, const struct basket *basket,
                    struct earn_stamps *ret_stamps);

/* How often the rule has contributed in the period. */
int32_t earn_count_of(const struct earn_counts *counts, int32_t rule,
                      enum limit_period per, int32_t period);

/* "weekdays", ..., "limit", "best_of", "ends", "amount". */
const char *earn_why_name(int32_t why);

#endif
