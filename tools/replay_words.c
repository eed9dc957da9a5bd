#include "tools/replay_words.h"

#include "replay/candidate.h"
#include "tools/grouped.h"

#include <inttypes.h>

enum { NUMBER_SIZE = 40 };

/* --- numbers --- */

static uint64_t
size_of(int64_t amount)
{
    return amount < 0 ? -(uint64_t)amount : (uint64_t)amount;
}

/* 123456 as "1,234.56"; the sign is left to the sentence. */
static const char *
money_words(int64_t minor, char text[static NUMBER_SIZE])
{
    uint64_t size = size_of(minor);
    char whole[NUMBER_SIZE];

    snprintf(text, NUMBER_SIZE, "%s.%02" PRIu64, grouped(size / 100, whole),
             size % 100);
    return text;
}

static const char *
more_or_less(int64_t change)
{
    return change < 0 ? "less" : "more";
}

/* " (+8.0 %)", rounded half away from zero; nothing to compare with: "". */
static const char *
share_words(int64_t baseline, int64_t candidate, char text[static NUMBER_SIZE])
{
    int128 change = (int128)candidate - baseline;
    int128 size = change < 0 ? -change : change;

    text[0] = '\0';
    if (baseline <= 0)
        return text;
    int64_t tenths =
        (int64_t)((size * 2000 + baseline) / (2 * (int128)baseline));
    snprintf(text, NUMBER_SIZE, " (%s%" PRId64 ".%" PRId64 " %%)",
             change < 0 ? "-" : "+", tenths / 10, tenths % 10);
    return text;
}

/* "none", or so many. */
static const char *
some_words(uint64_t count, char text[static NUMBER_SIZE])
{
    return count == 0 ? "none" : grouped(count, text);
}

/* --- sentences --- */

/* "... and what it would be about", without an end. */
static void
say_history(const struct replay_words *words,
            const struct simulation *simulation, FILE *out)
{
    const struct zone *zone = &simulation->sides[1].timeline->zone;
    char events[NUMBER_SIZE], accounts[NUMBER_SIZE], date[11], until[17];

    if (words->baseline == NULL)
        fprintf(out, " against the published rules");
    else
        fprintf(out, " against %s", words->baseline);
    if (words->from_day != CANDIDATE_FROM_START) {
        calendar_format_date(words->from_day, date);
        fprintf(out, ", from %s on", date);
    }
    zone_format_minute(zone, simulation->until_ms, until);
    fprintf(out, ":\n%s %s of %s %s", grouped(simulation->event_count, events),
            text_plural(simulation->event_count, "event", "events"),
            grouped(simulation->account_count, accounts),
            text_plural(simulation->account_count, "account", "accounts"));
    if (words->segment != NULL)
        fprintf(out, " (%s)", words->segment);
    fprintf(out, " up to %s", until);
    if (words->since_ms != INT64_MIN) {
        calendar_format_date(zone_day(zone, words->since_ms), date);
        fprintf(out, ", effects counted from %s on", date);
    }
    fprintf(out, ".\n\n");
}

/* "WHAT would have cost 12.00 EUR, 2.00 more than it did (+20.0 %)." */
static void
say_cost(const struct replay_words *words, const char *what, money baseline,
         money candidate, FILE *out)
{
    char all[NUMBER_SIZE], change[NUMBER_SIZE], share[NUMBER_SIZE];
    int64_t difference = candidate.minor - baseline.minor;

    fprintf(out, "%s %s%s %.*s", what, candidate.minor < 0 ? "-" : "",
            money_words(candidate.minor, all), (int)words->currency.size,
            (const char *)words->currency.bytes);
    if (difference == 0)
        fprintf(out, ", the same.\n");
    else
        fprintf(out, ", %s %s%s.\n", money_words(difference, change),
                more_or_less(difference),
                share_words(baseline.minor, candidate.minor, share));
}

static void
say_accounts(const struct comparison *comparison, FILE *out)
{
    const struct outcome *outcome = comparison->outcome;
    char up[NUMBER_SIZE], down[NUMBER_SIZE], same[NUMBER_SIZE];

    fprintf(out,
            "Accounts with more points: %s; with fewer: %s; the same: %s.\n",
            some_words(outcome->up, up), some_words(outcome->down, down),
            some_words(outcome->same, same));
    if (comparison->baseline.tier_count + comparison->candidate.tier_count > 0)
        fprintf(out,
                "Accounts that end on a higher tier: %s; on a lower one: "
                "%s.\n",
                some_words(outcome->tier_up, up),
                some_words(outcome->tier_down, down));
}

/* Redemptions that took place and would not have been covered. */
static void
say_overdrawn(const struct comparison *comparison, FILE *out)
{
    const struct compare_side *a = &comparison->baseline;
    const struct compare_side *b = &comparison->candidate;
    char count[NUMBER_SIZE], all[NUMBER_SIZE], before[NUMBER_SIZE];

    if (a->overdrawn_redemptions == 0 && b->overdrawn_redemptions == 0)
        return;
    const uint64_t lacking = size_of(b->amounts[MEASURE_OVERDRAWN]);
    fprintf(out,
            "Redemptions without enough points: %s, lacking %s %s; under "
            "the baseline: %s.\n",
            some_words((uint64_t)b->overdrawn_redemptions, count),
            grouped(lacking, all), text_plural(lacking, "point", "points"),
            some_words((uint64_t)a->overdrawn_redemptions, before));
}

/* The partner whose net changes most. */
static void
say_partner(const struct replay_words *words,
            const struct comparison *comparison, FILE *out)
{
    const struct compare_pair *most = NULL;
    int64_t greatest = 0;
    char amount[NUMBER_SIZE];

    for (uint32_t i = 0; i < comparison->partner_count; i++) {
        const struct compare_pair *pair = &comparison->partners[i];
        int64_t change = pair->candidate - pair->baseline;
        if (size_of(change) <= size_of(greatest))
            continue;
        greatest = change;
        most = pair;
    }
    if (most == NULL)
        return;
    fprintf(out,
            "The partner with the greatest change is %.*s, whose net %s by %s "
            "%.*s.\n",
            (int)most->name.size, (const char *)most->name.bytes,
            greatest < 0 ? "falls" : "rises", money_words(greatest, amount),
            (int)words->currency.size, (const char *)words->currency.bytes);
}

/* The month whose points change most. */
static void
say_month(const struct replay_words *words, const struct comparison *comparison,
          FILE *out)
{
    const struct compare_month *most = NULL;
    int64_t greatest = 0;
    char amount[NUMBER_SIZE], name[8];

    for (uint32_t i = 0; i < comparison->month_count; i++) {
        const struct compare_month *month = &comparison->months[i];
        int64_t change = month->candidate.accrual_cost.minor -
                         month->baseline.accrual_cost.minor;
        if (size_of(change) <= size_of(greatest))
            continue;
        greatest = change;
        most = month;
    }
    if (most == NULL || comparison->month_count < 2)
        return;
    calendar_format_month(most->month, name);
    fprintf(out,
            "The month with the greatest change is %s, whose points cost %s "
            "%.*s %s.\n",
            name, money_words(greatest, amount), (int)words->currency.size,
            (const char *)words->currency.bytes, more_or_less(greatest));
}

void
replay_words_one(const struct replay_words *words,
                 const struct comparison *comparison, FILE *out)
{
    const struct compare_side *a = &comparison->baseline;
    const struct compare_side *b = &comparison->candidate;

    assert(words->count == 1);
    fprintf(out, "%s", words->candidates[0]);
    say_history(words, comparison->simulation, out);
    say_cost(words, "The points given would have cost", a->accrual_cost,
             b->accrual_cost, out);
    say_cost(words, "What was redeemed would have cost", a->burn_cost,
             b->burn_cost, out);
    say_cost(words, "The points left at the end would be worth", a->liability,
             b->liability, out);
    if (a->vouchers_outstanding_value.minor !=
        b->vouchers_outstanding_value.minor)
        say_cost(words, "The vouchers left at the end would be worth, at most,",
                 a->vouchers_outstanding_value, b->vouchers_outstanding_value,
                 out);
    say_accounts(comparison, out);
    say_overdrawn(comparison, out);
    say_partner(words, comparison, out);
    say_month(words, comparison, out);
    fputc('\n', out);
}

static void
say_points(const struct replay_words *words,
           const struct comparison *comparison, FILE *out)
{
    say_cost(words, "the points given would have cost",
             comparison->baseline.accrual_cost,
             comparison->candidate.accrual_cost, out);
}

static void
say_extreme(const struct replay_words *words, const char *what,
            const struct comparison *comparisons, uint32_t index, FILE *out)
{
    fprintf(out, "%s is %s: ", what, words->candidates[index]);
    say_points(words, &comparisons[index], out);
}

void
replay_words_all(const struct replay_words *words,
                 const struct comparison *comparisons, FILE *out)
{
    uint32_t least = 0, most = 0;

    assert(words->count > 1);
    for (uint32_t i = 1; i < words->count; i++) {
        int64_t cost = comparisons[i].candidate.accrual_cost.minor;
        if (cost < comparisons[least].candidate.accrual_cost.minor)
            least = i;
        if (cost > comparisons[most].candidate.accrual_cost.minor)
            most = i;
    }
    fprintf(out, "%" PRIu32 " candidates", words->count);
    say_history(words, comparisons[0].simulation, out);
    if (least == most) { /* the first, for none is cheaper or dearer */
        fprintf(out, "With each of them ");
        say_points(words, &comparisons[0], out);
    } else {
        say_extreme(words, "The cheapest", comparisons, least, out);
        say_extreme(words, "The dearest", comparisons, most, out);
    }
    fputc('\n', out);
}
