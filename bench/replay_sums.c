#include "bench/replay_sums.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The place of a figure; NULL: there is none of that name or at that place. */
static int64_t *
place_of(struct replay_sums *sums, const char *name, int32_t at[static 3])
{
    int32_t side = at[0], month = at[1], partner = at[2];

    if (side < 0 || side >= SUMS_SIDES || month < 0 || month >= SUMS_MONTHS ||
        partner < 0 || partner >= SUMS_PARTNERS)
        return NULL;
    struct replay_side *one = &sums->sides[side];
    if (strcmp(name, "issued") == 0)
        return &one->issued[month][partner];
    if (strcmp(name, "redeemed") == 0)
        return &one->redeemed[month][partner];
    if (strcmp(name, "levels") == 0)
        return month < SUMS_LEVELS ? &one->levels[month] : NULL;
    if (strcmp(name, "overdrawn") == 0)
        return &one->overdrawn;
    if (strcmp(name, "expired") == 0)
        return &one->expired;
    if (strcmp(name, "outstanding") == 0)
        return &one->outstanding;
    if (strcmp(name, "debt") == 0)
        return &one->debt;
    return strcmp(name, "up") == 0 ? &sums->up : NULL;
}

bool
replay_sums_add(struct replay_sums *sums, const char *line)
{
    char name[16];
    int32_t at[3];
    int64_t value;

    if (sscanf(line, "%" SCNd32 ",%15[a-z],%" SCNd32 ",%" SCNd32 ",%" SCNd64,
               &at[0], name, &at[1], &at[2], &value) != 5)
        return false;
    int64_t *place = place_of(sums, name, at);
    if (place == NULL)
        return false;
    *place += value;
    return true;
}

static uint32_t
differs(const char *peer, const char *what, int64_t theirs, int64_t ours)
{
    if (theirs == ours)
        return 0;
    fprintf(stderr, "%s: %s %" PRId64 ", leima %" PRId64 "\n", peer, what,
            theirs, ours);
    return 1;
}

static uint32_t
compare_side(const char *peer, const struct replay_side *theirs,
             const struct replay_side *ours)
{
    uint32_t count = 0;

    for (uint32_t month = 0; month < SUMS_MONTHS; month++)
        for (uint32_t i = 0; i < SUMS_PARTNERS; i++) {
            count += differs(peer, "issued by a partner in a month",
                             theirs->issued[month][i], ours->issued[month][i]);
            count +=
                differs(peer, "redeemed at a partner in a month",
                        theirs->redeemed[month][i], ours->redeemed[month][i]);
        }
    for (uint32_t i = 0; i < SUMS_LEVELS; i++)
        count += differs(peer, "accounts at a level", theirs->levels[i],
                         ours->levels[i]);
    count += differs(peer, "overdrawn", theirs->overdrawn, ours->overdrawn);
    count += differs(peer, "expired", theirs->expired, ours->expired);
    count +=
        differs(peer, "outstanding", theirs->outstanding, ours->outstanding);
    return count + differs(peer, "debt", theirs->debt, ours->debt);
}

void
replay_sums_need_equal(const char *peer, const struct replay_sums *theirs,
                       const struct replay_sums *ours)
{
    uint32_t count = differs(peer, "accounts that gain", theirs->up, ours->up);

    for (uint32_t i = 0; i < SUMS_SIDES; i++)
        count += compare_side(peer, &theirs->sides[i], &ours->sides[i]);
    if (count > 0)
        exit(1);
}
