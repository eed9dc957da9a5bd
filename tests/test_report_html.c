/*
 * test_report_html.c - the page holds the report, the script and Chart.js, and
 * no name can end a script
 */
#include "tests/unit.h"

#include "replay/report_html.h"
#include "tests/stage.h"

#include <string.h>

static bool
has(const struct text *page, const char *words)
{
    return memmem(page->bytes, page->size, words, strlen(words)) != NULL;
}

TEST(the_page_is_whole)
{
    struct shop shop;
    struct stage stage = { .candidate = stage_rules };
    static const char *const NAMES[] = { "</script><b>.yaml" };
    struct text page = { 0 };
    const struct report_html names = {
        .ledger = "hub",
        .candidates = NAMES,
        .count = 1,
        .currency = view_of("EUR"),
        .from_day = INT32_MIN,
        .since_ms = INT64_MIN,
    };

    shop_open(&shop);
    shop_rules(&shop, "2000-01-01", stage_rules);
    stage_fill(&shop, 6, 20, 0);
    stage_run(&shop, &stage);
    report_html(&page, &names, &stage.comparison);
    assert_true(text_ok(&page));
    assert_true(has(&page, "\\u003c/script>\\u003cb>.yaml"));
    assert_false(has(&page, "</script><b>"));
    assert_true(has(&page, "\"top_gain\""));
    assert_true(has(&page, "Chart.js v"));
    assert_true(has(&page, "</html>"));
    assert_false(has(&page, "<!--DATA-->"));
    assert_false(has(&page, "<!--CHART-->"));
    text_close(&page);
    shop_close(&shop);
}

RUN(cmocka_unit_test(the_page_is_whole))
