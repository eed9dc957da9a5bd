#include "tests/stage_same.h"

#include "tests/unit.h"

#include "replay/accounts.h"

static view
rows_of(struct shop *shop, const struct stage *stage)
{
    struct text text = { 0 };

    for (uint64_t i = 0; i < stage->simulation.account_count; i++)
        accounts_row(&text, &stage->simulation, &stage->simulation.rows[i]);
    assert_true(text_ok(&text));
    view kept = arena_copy(&shop->arena, text_view(&text));
    text_close(&text);
    return kept;
}

/* Shows the first difference, with what stands before it. */
static void
need_same(view a, view b)
{
    enum { BEFORE = 150, SHOWN = 250 };
    uint32_t at = 0;

    while (at < a.size && at < b.size && a.bytes[at] == b.bytes[at])
        at++;
    if (at == a.size && at == b.size)
        return;
    uint32_t from = at < BEFORE ? 0 : at - BEFORE;
    fail_msg(
        "by tables:\n%.*s\nby the fold:\n%.*s",
        (int)(a.size - from < SHOWN ? a.size - from : SHOWN), a.bytes + from,
        (int)(b.size - from < SHOWN ? b.size - from : SHOWN), b.bytes + from);
}

static struct comparison
compare(struct shop *shop, const struct stage_same *same, struct side_span span)
{
    struct stage quick = { .candidate = same->candidate,
                           .options = { .rows = true, .span = span } };
    struct stage slow = quick;

    slow.options.fold_only = true;
    stage_run(shop, &quick);
    stage_run(shop, &slow);
    assert_true(quick.simulation.account_count > 5);
    assert_true(quick.simulation.table_count >= same->tables);
    assert_int_equal(slow.simulation.table_count, 0);
    assert_int_equal(quick.simulation.event_count, slow.simulation.event_count);
    need_same(stage_json(shop, &quick), stage_json(shop, &slow));
    need_same(rows_of(shop, &quick), rows_of(shop, &slow));
    return quick.comparison;
}

void
stage_same(struct stage_same *same)
{
    const int64_t end_ms = INT64_C(1767225600000);
    const int64_t half_ms = INT64_C(1751323456789);
    struct shop shop;

    shop_open(&shop);
    for (uint32_t i = 0; i < STAGE_VERSIONS_MAX; i++)
        if (same->published[i].from != NULL)
            shop_rules(&shop, same->published[i].from,
                       same->published[i].rules);
    stage_fill(&shop, same->seed, same->events, same->odd);
    stage_void(&shop, same->seed, same->voids, same->events);
    stage_merge(&shop);
    compare(&shop, same, (struct side_span) { INT64_MIN, half_ms });
    compare(&shop, same, (struct side_span) { half_ms, end_ms });
    same->figures =
        compare(&shop, same, (struct side_span) { INT64_MIN, end_ms });
    shop_close(&shop);
}
