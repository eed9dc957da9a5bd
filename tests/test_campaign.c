/*
 * test_campaign.c - the days of a rule are those on which its conditions, and
 * those of the rule that it multiplies, hold
 */
#include "core/campaign.h"

#include "tests/rules.h"
#include "tests/unit.h"

#pragma GCC diagnostic ignored "-Woverride-init"

enum { ALL = 0x7f, WEEKEND = 1 << 5 | 1 << 6 };

static const struct earn_rule rules[] = {
    { RULE, .shape = EARN_PER_AMOUNT },
    { RULE, .shape = EARN_PER_AMOUNT,
      .when = { .given = GIVEN(DATES) | GIVEN(WEEKDAYS),
                .date_from = 100,
                .date_to = 200,
                .weekdays = ALL & ~1 } },
    { RULE, .shape = EARN_MULTIPLY, .of = 1,
      .when = { .given = GIVEN(DATES), .date_from = 150, .date_to = 300 } },
    { RULE, .shape = EARN_MULTIPLY, .of = 1,
      .when = { .given = GIVEN(WEEKDAYS), .weekdays = WEEKEND | 1 } },
};
static const struct program program = { .earn_count = COUNT_OF(rules),
                                        .earn = rules };

static bool
holds(const struct condition *when, int32_t day, int32_t weekday)
{
    return ((when->given & GIVEN(DATES)) == 0 ||
            (day >= when->date_from && day <= when->date_to)) &&
           ((when->given & GIVEN(WEEKDAYS)) == 0 ||
            (when->weekdays >> weekday & 1) != 0);
}

TEST(the_days_are_those_of_the_conditions)
{
    for (int32_t place = 0; place < (int32_t)COUNT_OF(rules); place++) {
        const struct earn_rule *rule = &rules[place];
        struct campaign campaign = campaign_of(&program, place);
        for (int32_t day = 0; day < 400; day++) {
            int32_t weekday = calendar_weekday(day);
            bool runs = holds(&rule->when, day, weekday) &&
                        (rule->of == PROGRAM_NONE ||
                         holds(&rules[rule->of].when, day, weekday));
            assert_int_equal(campaign_runs(&campaign, day, weekday), runs);
        }
    }
}

RUN(cmocka_unit_test(the_days_are_those_of_the_conditions))
