/*
 * test_report.c - the report is JSON with the keys of REPLAY.md, in their
 * order (the examples hold it to the byte)
 */
#include "tests/unit.h"

#include "replay/report.h"
#include "tests/stage.h"

#include <string.h>

static void
follow(const char *text, const char *const *keys, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        text = strstr(text, keys[i]);
        if (text == NULL)
            fail_msg("no %s in its place", keys[i]);
    }
}

TEST(keys_stand_in_their_order)
{
    static const char *const ONE[] = {
        "{\"from\": null", "\"until\"",     "\"events\": 40", "\"accounts\"",
        "\"baseline\"",    "\"candidate\"", "\"rules\"",      "\"partners\"",
        "\"months\"",      "\"changed\"",   "\"top_gain\"",   "\"top_loss\"",
    };
    static const char *const MANY[] = { "\"baseline\"", "\"candidates\"",
                                        "\"candidate\": \"?.yaml\"",
                                        "\"figures\"", "\"changed\"" };
    static const char *const NAMES[] = { "\xff.yaml" }; /* no UTF-8 */
    struct shop shop;
    struct stage stage = { .candidate = stage_other_rules };
    struct text text = { 0 };

    shop_open(&shop);
    shop_rules(&shop, "2000-01-01", stage_rules);
    stage_fill(&shop, 10, 40, 0);
    stage_run(&shop, &stage);
    report_json(&text, &stage.comparison, INT32_MIN);
    text_char(&text, '\0');
    follow((const char *)text.bytes, ONE, COUNT_OF(ONE));
    text_clear(&text);
    report_json_all(&text, &stage.comparison, NAMES, 1, 20000);
    text_char(&text, '\0');
    follow((const char *)text.bytes, MANY, COUNT_OF(MANY));
    assert_non_null(
        strstr((const char *)text.bytes, "\"from\": \"2024-10-04\""));
    text_close(&text);
    shop_close(&shop);
}

RUN(cmocka_unit_test(keys_stand_in_their_order))
