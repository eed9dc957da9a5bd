#include "tests/till.h"

#include "tests/unit.h"

struct till *
till_open(const struct program *program)
{
    static struct till till;

    till.timeline = rules_single(program);
    till.context = (struct earn_context) {
        .store = 10,
        .level = PROGRAM_NONE,
        .last_visit_day = EVENT_NO_DAY,
    };
    till.input = (struct earn_input) {
        .timeline = till.timeline,
        .version = &till.timeline->versions[0],
        .context = &till.context,
        .why = true,
    };
    return &till;
}

void
till_set_time(struct till *till, const char *time)
{
    till->event.at_ms = rules_ms(time);
    till->context.moment = zone_moment(&till->timeline->zone, rules_ms(time));
}

void
till_set_lines(struct till *till, const struct event_line *lines,
               uint32_t count)
{
    int64_t total = 0;

    for (uint32_t i = 0; i < count; i++)
        total += lines[i].amount.minor;
    till->event.kind = EVENT_PURCHASE;
    till->event.sale.lines = lines;
    till->event.sale.line_count = count;
    till->event.sale.off = (money) { 0 };
    till->event.sale.total = (money) { total };
}

int64_t
till_evaluate(struct till *till, const money *left)
{
    basket_fill(&till->basket, till->input.version, &till->event, left);
    earn_purchase(&till->input, &till->basket, &till->outcome);
    return till->outcome.points.value;
}

const struct earn_gain *
till_gain(const struct till *till, const char *rule)
{
    int32_t number = timeline_find(till->timeline, NAME_RULE, view_of(rule));

    assert_int_not_equal(number, PROGRAM_NONE);
    for (uint32_t i = 0; i < till->outcome.gain_count; i++)
        if (till->outcome.gains[i].rule == number)
            return &till->outcome.gains[i];
    return NULL;
}

int64_t
till_points(const struct till *till, const char *rule)
{
    const struct earn_gain *found = till_gain(till, rule);

    return found == NULL ? -1 : found->points.value;
}

const char *
till_why(const struct till *till, const char *rule)
{
    int32_t number = timeline_find(till->timeline, NAME_RULE, view_of(rule));

    for (uint32_t i = 0; i < till->outcome.miss_count; i++)
        if (till->outcome.misses[i].rule == number)
            return earn_why_name(till->outcome.misses[i].why);
    return "";
}

int64_t
till_share(const struct till *till, const char *partner)
{
    int32_t number =
        timeline_find(till->timeline, NAME_PARTNER, view_of(partner));

    for (uint32_t i = 0; i < till->outcome.share_count; i++)
        if (till->outcome.shares[i].issuer == number)
            return till->outcome.shares[i].points.value;
    return 0;
}

void
till_book_limits(struct till *till, struct earn_count *counts)
{
    for (uint32_t i = 0; i < till->outcome.gain_count; i++) {
        const struct earn_gain *given = &till->outcome.gains[i];
        if (given->limit_per == LIMIT_PER_NONE)
            continue;
        int32_t period =
            terms_period(given->limit_per, till->context.moment.day);
        int32_t times = earn_count_of(&till->input.counts, given->rule,
                                      given->limit_per, period);
        uint32_t at = 0;
        while (at < till->input.counts.count && counts[at].rule != given->rule)
            at++;
        assert_true(at < TILL_COUNTS);
        counts[at] = (struct earn_count) { given->rule, given->limit_per,
                                           period, times + 1 };
        if (at == till->input.counts.count)
            till->input.counts.count++;
    }
}
