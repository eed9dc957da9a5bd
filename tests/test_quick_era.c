/*
 * test_quick_era.c - what is before a version, before `since` and after `ends`
 * is that also where two of these are one instant or lie beside each other
 */
#include "tests/unit.h"

#include "tests/stage_same.h"

#include <stdio.h>

#define EARN "earn: [{id: base, per: 1.00, points: 1}]\n"

TEST(ends_and_versions_cut_time)
{
    static const char *const ENDS[] = { "2025-02-28", "2025-07-01",
                                        "2025-12-31" };

    for (uint32_t i = 0; i < COUNT_OF(ENDS); i++) {
        char rules[200];
        snprintf(rules, sizeof rules,
                 "ends: %s\npoints: {expire_months: 3}\n%s", ENDS[i], EARN);
        struct stage_same same = {
            .published = { { "2025-01-03", rules },
                           { "2025-03-01", EARN },
                           { "2025-03-02", rules },
                           { "2025-09-01", EARN } },
            .candidate = rules,
            .seed = 95,
            .events = 300,
            .tables = 6,
        };
        stage_same(&same);
    }
}

RUN(cmocka_unit_test(ends_and_versions_cut_time))
