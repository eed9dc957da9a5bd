/*
 * campaign.c - the days on which a rule may give anything (see campaign.h)
 */
#include "core/campaign.h"

static void
limit(struct campaign *campaign, const struct condition *when)
{
    if ((when->given & 1u << CONDITION_WEEKDAYS) != 0)
        campaign->weekdays &= when->weekdays;
    if ((when->given & 1u << CONDITION_DATES) == 0)
        return;
    if (when->date_from > campaign->first)
        campaign->first = when->date_from;
    if (when->date_to < campaign->last)
        campaign->last = when->date_to;
}

struct campaign
campaign_of(const struct program *program, int32_t place)
{
    const struct earn_rule *rule = &program->earn[place];
    struct campaign campaign = { INT32_MIN, INT32_MAX, UINT8_MAX };

    limit(&campaign, &rule->when);
    if (rule->shape == EARN_MULTIPLY)
        limit(&campaign, &program->earn[rule->of].when);
    return campaign;
}
