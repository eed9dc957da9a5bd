/*
 * test_quick.c - accounts folded by tables come to what the ordinary fold
 * comes to: random histories, programs that use most of what there is, and
 * every figure of the report and of each account
 */
#include "tests/unit.h"

#include "replay/accounts.h"
#include "tests/stage.h"

static view
rows_of(struct shop *shop, const struct stage *stage)
{
    struct text text = { 0 };

    for (uint64_t i = 0; i < stage->simulation.account_count; i++)
        accounts_row(&text, &stage->simulation, &stage->simulation.rows[i], 0);
    assert_true(text_ok(&text));
    view kept = arena_copy(&shop->arena, text_view(&text));
    text_close(&text);
    return kept;
}

static void
same(view a, view b)
{
    if (!view_equal(a, b))
        fail_msg("by tables:\n%.*s\nby the fold:\n%.*s", (int)a.size, a.bytes,
                 (int)b.size, b.bytes);
}

static void
compare(struct shop *shop, struct side_span span, uint64_t tables_min)
{
    struct stage quick = { .candidate = stage_other_rules,
                           .options = { .rows = true, .span = span } };
    struct stage slow = quick;

    slow.options.fold_only = true;
    stage_run(shop, &quick);
    stage_run(shop, &slow);
    assert_true(quick.simulation.account_count > 5);
    assert_true(quick.simulation.table_count >= tables_min);
    assert_int_equal(slow.simulation.table_count, 0);
    same(stage_json(shop, &quick), stage_json(shop, &slow));
    same(rows_of(shop, &quick), rows_of(shop, &slow));
}

static void
compare_all(uint64_t seed, uint32_t odd, uint64_t tables_min)
{
    const int64_t end_ms = INT64_C(1767225600000);
    const int64_t half_ms = INT64_C(1751323456789);
    struct shop shop;

    shop_open(&shop);
    shop_rules(&shop, "2000-01-01", stage_rules);
    stage_fill(&shop, seed, 700, odd);
    stage_merge(&shop);
    compare(&shop, (struct side_span) { INT64_MIN, end_ms }, tables_min);
    compare(&shop, (struct side_span) { INT64_MIN, half_ms }, tables_min);
    compare(&shop, (struct side_span) { half_ms, end_ms }, tables_min);
    shop_close(&shop);
}

TEST(plain_histories_come_to_the_same)
{
    compare_all(11, 0, 10);
    compare_all(12, 0, 10);
}

TEST(mixed_histories_come_to_the_same)
{
    compare_all(13, 100, 1);
    compare_all(14, 12, 0);
}

RUN(cmocka_unit_test(plain_histories_come_to_the_same),
    cmocka_unit_test(mixed_histories_come_to_the_same))
