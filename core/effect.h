/*
 * effect.h - what a step of the fold does, as figures that can be summed
 *
 * The fold of an account emits effects; reports, settlement, the clearing
 * matrix, replay and explain are sums over them.  An effect has no time of its
 * own: its instant, and so its calendar month, is that of the step.
 *
 * The first measures are those of a statement (SETTLEMENT.md, "Measures"), in
 * the order of its JSON; what an effect is worth to which partner is already
 * in it as `money`, so that whoever sums needs no prices.
 */
#ifndef CORE_EFFECT_H
#define CORE_EFFECT_H

#include "core/amount.h"
#include "core/list.h"

enum measure {
    MEASURE_ISSUED,
    MEASURE_REVERSED,
    MEASURE_REDEEMED,
    MEASURE_RESTORED,
    MEASURE_OVERDRAWN,
    MEASURE_EXPIRED, /* store 0 */
    MEASURE_PURCHASES,
    MEASURE_SALES, /* cents; so are all called sales, refunds, value, price */
    MEASURE_RETURNS,
    MEASURE_REFUNDS,
    MEASURE_VOUCHERS_ISSUED, /* name: the reward, also of the next four */
    MEASURE_VOUCHERS_REDEEMED,
    MEASURE_VOUCHERS_VALUE,
    MEASURE_VOUCHERS_CHARGED,
    MEASURE_UNCOVERED, /* name: the reward; none for a pass */
    MEASURE_UNCOVERED_VALUE,
    MEASURE_PASSES_SOLD, /* name: the pass, also of the next four */
    MEASURE_PASSES_PRICE,
    MEASURE_PASS_USES,
    MEASURE_PASS_VALUE,
    MEASURE_PASS_CHARGED,
    MEASURE_STATEMENT_COUNT,

    /* M[partner][other] of the clearing matrix. */
    MEASURE_CLEARING = MEASURE_STATEMENT_COUNT,
    /* Points that a withdrawal took from lots of `partner`, or that became
     * debt (partner "debt"): what the clearing identities need besides. */
    MEASURE_WITHDRAWN,
    /* What one rule gave: name its number, amount its points (0: vouchers
     * only); in the order of RULES.md. */
    MEASURE_RULE,
    /* Vouchers in the account, + and -: name the reward. */
    MEASURE_VOUCHERS,
    /* Stamps put on a card, + and -: name the card. */
    MEASURE_STAMPS,
    /* For explain: points of a redemption that were still pending; a reference
     * that found nothing; an id that the version does not know; a rule that
     * gave nothing (name; amount: why, as in earn.h), only if asked for. */
    MEASURE_EARLY,
    MEASURE_UNMATCHED,
    MEASURE_UNKNOWN,
    MEASURE_MISS,
    MEASURE_COUNT,
};

/* Which of a statement's three money figures a measure belongs to. */
enum figure {
    FIGURE_NONE,
    FIGURE_ISSUE_COST,     /* the partner pays */
    FIGURE_REDEEM_CREDIT,  /* the partner receives */
    FIGURE_VOUCHER_CREDIT, /* the partner receives */
};

struct effect {
    enum measure measure;
    int32_t partner; /* number: who bears or receives it; PROGRAM_NONE */
    int32_t other;   /* MEASURE_CLEARING: the acceptor; else PROGRAM_NONE */
    uint32_t store;  /* 0: none */
    int32_t name;    /* number of a rule, reward, card, pass; PROGRAM_NONE */
    int64_t amount;  /* points, pieces or cents */
    micro money;     /* its exact part, signed, of the measure's figure */
};

struct effect_list {
    struct effect *items;
    uint32_t count; /* set it to 0 to drain the list */
    uint32_t room;
    struct arena *arena; /* it grows in; borrowed */
    bool dropped;        /* nobody asks for them: the list stays empty */
    struct effect last;  /* then, what the fold has filled in */
};

/* Appends a zeroed effect of that measure with no partner, other and name, for
 * the caller to fill in; one that is dropped holds anything. */
struct effect *effect_append(struct effect_list *effects, enum measure measure);
static inline struct effect *
effect_add(struct effect_list *effects, enum measure measure)
{
    return effects->dropped ? &effects->last : effect_append(effects, measure);
}

/* "issued", ... as the statement spells them; NULL beyond its measures. */
const char *effect_measure_name(enum measure measure);

enum figure effect_figure(enum measure measure);

/* The sum of the amounts of one measure. */
int64_t effect_sum(const struct effect_list *effects, enum measure measure);

/* What the step did to the points of the account: earned +, redeemed -, given
 * back +, withdrawn -, expired -. */
points effect_points(const struct effect_list *effects);

#endif
