/*
 * decide.h - whether a redemption is granted, by what is known of the account
 *
 * Pure: state, command and time in, a verdict out.  Whoever knows the whole
 * account (a hub, a ledger that joined none, a node that the hub has answered)
 * grants what is there; a node on its own grants by the `offline` key of the
 * rules only.  A refusal is a normal answer, not a fault; the event itself,
 * once it has happened, can't be refused by anybody.
 */
#ifndef NODES_DECIDE_H
#define NODES_DECIDE_H

#include "core/account.h"

/* In their order of precedence; VERDICT_GRANTED is none of the refusals. */
enum verdict {
    VERDICT_GRANTED = 0,
    VERDICT_UNKNOWN,       /* no such account, no such reward */
    VERDICT_BELOW_MINIMUM, /* fewer points than `min_redemption` */
    VERDICT_TOO_LITTLE,    /* too few points available, no voucher */
    VERDICT_TOO_OLD,       /* offline: the hub's state of it is too old */
    VERDICT_OFFLINE_LIMIT, /* offline: more than `max_value` for the day */
    VERDICT_CONFLICT,      /* before all: the hub holds another event of this
                            * node under the `id` (answer.h) */
};
enum { VERDICT_COUNT = 7 };

/* "granted", "unknown", ... as CLI.md spells them. */
const char *decide_verdict_name(enum verdict verdict);

struct decide_command {
    points points; /* 0: a reward is wanted */
    view reward;
    points points_held;     /* reserved for other redemptions */
    uint32_t vouchers_held; /* likewise, of `reward` */
    bool offline;           /* nobody who knows the whole account was asked */
    int64_t state_ms;    /* offline: when the hub told this state; 0: never */
    money granted_today; /* offline: what this node granted the account on
                          * the local day, in all */
};

struct decision {
    enum verdict verdict;
    bool by_voucher;  /* the reward is paid by a voucher that is held */
    points points;    /* that it takes: asked for, or the reward's price */
    points available; /* to the account now */
    points minimum;   /* of the rules; 0: none */
    money value;      /* what it is worth, points rounded up to cents */
    /* Offline; zeros where the rules have no `offline`: */
    money limit;      /* of the local day */
    money limit_used; /* of it, today */
    money limit_left; /* what could still be granted today */
    int64_t age_ms;   /* of the hub's state; INT64_MAX: there is none */
    int32_t age_days_max;
};

/* The account's clock stands at `now_ms`. */
struct decision decide_redemption(const struct timeline *timeline,
                                  const struct account *account,
                                  const struct decide_command *command,
                                  int64_t now_ms);

/* What so many points are worth by the version in force, rounded up to cents;
 * and a reward (0 where the version does not know it). */
money decide_points_value(const struct version *version, points count);
money decide_reward_value(const struct version *version, view reward);

#endif
