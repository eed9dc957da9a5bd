/*
 * test_plain_live.c - accounts with voids go by tables if what is left is
 * plain, and come to what the ordinary fold says
 */
#include "tests/unit.h"

#include "tests/stage.h"

#include <stdio.h>

#define HEAD "{\"at\": \"2025-0%u-1%uT12:00:00Z\", \"store\": %u, "

/* Events 1.1.1 on. */
static void
fill(struct shop *shop, uint32_t members)
{
    static const char *const LINES[] = {
        HEAD "\"member\": %u, \"kind\": \"purchase\", \"receipt\": \"a\", "
             "\"total\": 900, \"lines\": [{\"amount\": 700, \"category\": "
             "\"coffee\", \"qty\": 2}, {\"amount\": 200, \"category\": "
             "\"tobacco\"}]}\n",
        HEAD "\"member\": %u, \"kind\": \"purchase\", \"receipt\": \"b\", "
             "\"total\": 7000}\n",
        HEAD "\"member\": %u, \"kind\": \"redeem\", \"id\": \"r%u\", "
             "\"points\": 3}\n",
        HEAD "\"member\": %u, \"kind\": \"stamp\", \"card\": \"lunch\"}\n",
    };
    char line[400];

    for (uint32_t member = 1; member <= members; member++)
        for (uint32_t i = 0; i < COUNT_OF(LINES); i++) {
            snprintf(line, sizeof line, LINES[i], 1 + i, member % 9, 10 + i,
                     member, member);
            shop_import(shop, line);
        }
}

static void
undo(struct shop *shop, uint32_t member, uint32_t event)
{
    char line[400];

    snprintf(line, sizeof line,
             HEAD "\"member\": %u, \"kind\": \"void\", \"voids\": "
                  "\"1.1.%u\"}\n",
             9u, 9u, 10u, member, event);
    shop_import(shop, line);
}

static uint64_t
compare(struct shop *shop, int64_t until_ms)
{
    struct stage tables = { .candidate = stage_other_rules }, fold = tables;

    if (until_ms != 0)
        tables.options.span = (struct side_span) { INT64_MIN, until_ms };
    fold.options = tables.options;
    fold.options.fold_only = true;
    stage_run(shop, &tables);
    stage_run(shop, &fold);
    assert_int_equal(tables.simulation.event_count,
                     fold.simulation.event_count);
    view a = stage_json(shop, &tables), b = stage_json(shop, &fold);
    if (!view_equal(a, b))
        fail_msg("by tables:\n%.*s\nby the fold:\n%.*s", (int)a.size, a.bytes,
                 (int)b.size, b.bytes);
    return tables.simulation.table_count;
}

TEST(voids_leave_plain_accounts)
{
    enum { MEMBERS = 6, EVENTS = 4 };
    struct shop shop;

    shop_open(&shop);
    shop_rules(&shop, "2000-01-01", stage_rules);
    fill(&shop, MEMBERS);
    stage_merge(&shop);
    assert_int_equal(compare(&shop, 0), 0); /* each has a stamp */
    for (uint32_t member = 1; member < MEMBERS; member++)
        undo(&shop, member, member * EVENTS);
    assert_int_equal(compare(&shop, 0), MEMBERS - 1);
    stage_merge(&shop);
    assert_int_equal(compare(&shop, 0), MEMBERS - 1);
    /* One account loses more, and one all. */
    undo(&shop, 1, 1);
    for (uint32_t i = 1; i < EVENTS; i++)
        undo(&shop, 2, EVENTS + i);
    assert_int_equal(compare(&shop, 0), MEMBERS - 2);
    /* The voids lie behind this, and count all the same. */
    assert_int_equal(compare(&shop, INT64_C(1741000000000)), MEMBERS - 2);
    shop_close(&shop);
}

RUN(cmocka_unit_test(voids_leave_plain_accounts))
