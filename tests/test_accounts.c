/*
 * test_accounts.c - rows of accounts have as many columns as the heading, and
 * codes of bearers are quoted
 */
#include "tests/unit.h"

#include "core/text.h"
#include "replay/accounts.h"
#include "tests/stage.h"

#include <string.h>

TEST(rows_have_the_columns_of_the_heading)
{
    struct shop shop;
    struct stage stage = { .candidate = stage_other_rules,
                           .options = { .rows = true } };
    static const char *const NAMES[] = { "a.yaml" };
    struct text text = { 0 };

    shop_open(&shop);
    shop_rules(&shop, "2000-01-01", stage_rules);
    shop_import(&shop, "{\"kind\": \"purchase\", \"at\": "
                       "\"2025-02-01T12:00:00Z\", \"store\": 10, \"bearer\": "
                       "\"a\\\"b\", \"receipt\": \"1\", \"total\": 20000}\n"
                       "{\"kind\": \"redeem\", \"at\": "
                       "\"2025-02-09T12:00:00Z\", \"store\": 10, \"member\": "
                       "7, \"id\": \"x\", \"points\": 30}\n");
    stage_run(&shop, &stage);
    assert_int_equal(stage.simulation.account_count, 2);
    accounts_heading(&text, NAMES, 1);
    for (uint32_t i = 0; i < 2; i++)
        accounts_row(&text, &stage.simulation, &stage.simulation.rows[i]);
    text_char(&text, '\0');
    char *lines[3];
    char *rest = (char *)text.bytes;
    for (uint32_t i = 0; i < 3; i++) {
        uint32_t commas = 0;
        lines[i] = strsep(&rest, "\n");
        for (const char *c = lines[i]; *c != '\0'; c++)
            commas += *c == ',';
        assert_int_equal(commas, 16);
    }
    assert_string_equal(lines[1],
                        "7,0,0,30,30,30,30,0,0,0,0,30,30,0,0,basic,basic");
    assert_int_equal(strncmp(lines[2], "\"bearer:a\"\"b\",", 14), 0);
    text_close(&text);
    shop_close(&shop);
}

/* A path may be longer than any cell that one would expect. */
TEST(headings_keep_their_ends)
{
    char name[3000];
    const char *const names[] = { name, "b" };
    struct text text = { 0 };
    uint32_t found = 0;

    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    accounts_heading(&text, names, COUNT_OF(names));
    text_char(&text, '\0');
    const char *rest = (const char *)text.bytes;
    for (; (rest = strstr(rest, "_points\"")) != NULL; rest++)
        found++;
    assert_int_equal(found, 3); /* the baseline's and each candidate's */
    text_close(&text);
}

RUN(cmocka_unit_test(headings_keep_their_ends),
    cmocka_unit_test(rows_have_the_columns_of_the_heading))
