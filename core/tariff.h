/*
 * tariff.h - what a purchase without lines earns, by its total alone
 *
 * Most rules look at the day, the store and the level, and then give so many
 * points for so many cents.  A tariff is what is left of them for purchases of
 * one day, store and level: rates (rate.h).  It is made by having a purchase
 * evaluated (earn.h), so that there is one meaning of the rules; then it gives
 * what they give in a fraction of the steps.
 *
 * Rules that ask for more (the hour, a least total, what was given before), or
 * give more (vouchers, fixed points), have no tariff, nor has what a funder
 * pays beside the store's partner.
 */
#ifndef CORE_TARIFF_H
#define CORE_TARIFF_H

#include "core/earn.h"
#include "core/rate.h"

enum { TARIFF_RATES_MAX = 6 };

struct tariff {
    bool fits;      /* false: the rules have to be asked */
    bool eligible;  /* the total counts as spend */
    int32_t issuer; /* number of the partner whose points these are */
    uint32_t count;
    struct rate rates[TARIFF_RATES_MAX];
};

/* Whether purchases without lines can have tariffs under the version. */
bool tariff_fits(const struct version *version);

/* The tariff of purchases like this one, which has no lines and a total above
 * 0, in the input's context.  The version fits, and has not ended.  `basket`
 * and `outcome` are room to work in. */
void tariff_make(const struct earn_input *input, const struct event *event,
                 struct basket *basket, struct earn_outcome *outcome,
                 struct tariff *ret_tariff);

/* The points of a total above 0; the tariff fits. */
int64_t tariff_points(const struct tariff *tariff, money total);

#endif
