/*
 * campaign.h - the days on which a purchase rule may give anything
 *
 * Most rules that a chain has ever published are campaigns of another time.
 * Their days are kept apart, so that a purchase passes them over without a
 * look at their conditions (earn.c).
 */
#ifndef CORE_CAMPAIGN_H
#define CORE_CAMPAIGN_H

#include "core/program.h"

struct campaign {
    int32_t first;
    int32_t last;     /* inclusive */
    uint8_t weekdays; /* 1 << calendar_weekday() */
};

/* That of the rule at `place`: its days, as far as they are those of the rule
 * that it multiplies. */
struct campaign campaign_of(const struct program *program, int32_t place);

/* `weekday` is that of the day. */
static inline bool
campaign_runs(const struct campaign *campaign, int32_t day, int32_t weekday)
{
    return day >= campaign->first && day <= campaign->last &&
           (campaign->weekdays >> weekday & 1) != 0;
}

#endif
