/*
 * gain.c - books what rules gave for an event (see gain.h)
 */
#include "core/gain.h"

#include "core/book.h"
#include "core/voucher.h"

void
gain_context(const struct scene *scene, struct earn_context *ret_context)
{
    const struct account *account = scene->account;
    const struct zone *zone = &scene->timeline->zone;
    bool visited = account->visit_ms != ACCOUNT_NEVER_YET;

    *ret_context = (struct earn_context) {
        .moment = scene->moment,
        .store = scene->store,
        .home_store = account->home_store,
        .level =
            version_place(scene->version, NAME_LEVEL, account->level.level),
        .last_visit_day =
            visited ? zone_day(zone, account->visit_ms) : EVENT_NO_DAY,
        .first_purchase = account->purchase_count == 0,
        .consents = account->granted,
    };
}

struct earn_input
gain_input(const struct scene *scene, const struct earn_context *context)
{
    return (struct earn_input) {
        .timeline = scene->timeline,
        .version = scene->version,
        .context = context,
        .mode = EARN_BOUGHT,
        .why = scene->why,
        .counts = { .list = scene->account->counts.items,
                    .count = scene->account->counts.count },
    };
}

/* The tier comes after all rules. */
static int64_t
order_of(int32_t place)
{
    return place == PROGRAM_NONE ? INT64_MAX : place;
}

static void
book_gain(const struct scene *scene, const struct earn_gain *gain)
{
    struct effect *effect =
        scene_effect(scene, MEASURE_RULE, gain->issuer, gain->points.value);

    effect->name = gain->rule;
    if (gain->reward != PROGRAM_NONE) {
        const struct voucher_issue issue = {
            .reward = gain->reward,
            .issuer = gain->issuer,
            .count = 1,
            .source_number = PROGRAM_NONE,
        };
        voucher_issue(scene, &issue);
    }
    if (gain->limit_per != LIMIT_PER_NONE)
        account_count(scene->account, gain->rule, gain->limit_per,
                      terms_period(gain->limit_per, scene->moment.day));
}

static void
book_miss(const struct scene *scene, const struct earn_miss *miss)
{
    struct effect *effect =
        scene_effect(scene, MEASURE_MISS, PROGRAM_NONE, miss->why);

    effect->name = miss->rule;
}

void
gain_book(const struct scene *scene)
{
    const struct earn_outcome *outcome = &scene->scratch->outcome;
    uint32_t miss = 0;

    for (uint32_t i = 0; i <= outcome->gain_count; i++) {
        bool last = i == outcome->gain_count;
        int64_t order = last ? INT64_MAX : order_of(outcome->gains[i].place);
        while (miss < outcome->miss_count &&
               (last || order_of(outcome->misses[miss].place) < order))
            book_miss(scene, &outcome->misses[miss++]);
        if (!last)
            book_gain(scene, &outcome->gains[i]);
    }
    for (uint32_t i = 0; i < outcome->share_count; i++) {
        const struct earn_share *share = &outcome->shares[i];
        book_earn(scene, book_key(scene, share->issuer), share->points);
    }
}
