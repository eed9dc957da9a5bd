/*
 * test_json_value.c - a value of the wrong type or out of range is told with
 * what was expected and what was found
 */
#include "tests/unit.h"

#include "tests/mistakes.h"

static struct arena arena;

TEST(wrong_types_are_told)
{
    static const struct mistake MISTAKES[] = {
        { JOIN "\"store\":\"1\"}", "store: expected an integer", "\"1\"" },
        { JOIN "\"store\":1.0}", "store: expected an integer", "fraction" },
        { JOIN "\"store\":1e2}", "store: expected an integer", "exponent" },
        { JOIN "\"store\":null}", "store: expected an integer", "null" },
        { JOIN "\"store\":true}", "store: expected an integer", "true" },
        { JOIN "\"store\":[1]}", "store: expected an integer", "a list" },
        { JOIN "\"id\":7}", "id: expected a string", "found 7" },
        { JOIN "\"at\":1736935200}", "at: expected an RFC 3339", "17369" },
        { "{\"kind\":\"consent\",\"member\":4,\"channel\":\"a\",\"granted\":1}",
          "granted: expected true or false", "found 1" },
        { PURCHASE "\"total\":5,\"lines\":{}}", "lines: expected a list",
          "an object" },
        { PURCHASE "\"total\":5,\"lines\":[]}", "lines: expected a list",
          "empty" },
        { PURCHASE "\"total\":5,\"lines\":[5]}", "lines[0]: expected an object",
          "found 5" },
        { PURCHASE "\"total\":5,\"lines\":[{\"amount\":\"5\"}]}",
          "lines[0].amount: expected an integer", "\"5\"" },
        { PURCHASE "\"total\":5,\"lines\":[{\"amount\":5},{\"qty\":1}]}",
          "lines[1].amount: expected", "nothing" },
        { "{\"kind\":\"adjust\",\"member\":4,\"points\":5,\"by\":\"x\","
          "\"reason\":7}",
          "reason: expected a string", "found 7" },
        { "{\"kind\":\"void\",\"member\":4,\"voids\":\"1.1\"}",
          "voids: expected a string NODE.INCARNATION.SEQ", "\"1.1\"" },
    };
    mistakes_check(&arena, MISTAKES, COUNT_OF(MISTAKES));
}

TEST(values_out_of_range_are_told)
{
    static const struct mistake MISTAKES[] = {
        { "{\"kind\":\"join\",\"member\":9007199254740992}",
          "member: expected an integer from 1 to 9007199254740991",
          "9007199254740992" },
        { "{\"kind\":\"join\",\"member\":0}", "member: expected", "found 0" },
        { JOIN "\"store\":0}", "store: expected an integer from 1", "0" },
        { JOIN "\"store\":2147483648}", "store: expected", "2147483648" },
        { JOIN "\"store\":4294967297}", "store: expected", "4294967297" },
        { JOIN "\"referrer\":4}", "referrer: expected another member", "4" },
        { JOIN "\"home_store\":0}", "home_store: expected", "0" },
        { JOIN "\"id\":\"\"}", "id: expected", "\"\"" },
        { JOIN "\"till\":\"a b\"}", "till: expected", "\"a b\"" },
        { JOIN "\"entry\":\"sniff\"}", "entry: expected scan, tap",
          "\"sniff\"" },
        { JOIN "\"at\":\"1999-12-31T23:59:59.999Z\"}",
          "at: expected a time in the years 2000 to 2099", "1999" },
        { JOIN "\"at\":\"2100-01-01T00:00:00Z\"}",
          "at: expected a time in the years 2000 to 2099", "2100" },
        { JOIN "\"at\":\"2025-01-01T00:00:60Z\"}", "at: expected an RFC 3339",
          ":60Z" },
        { JOIN "\"at\":\"2025-01-01\"}", "at: expected an RFC 3339", "" },
        { PURCHASE "\"total\":-1}", "total: expected an integer from 0", "-1" },
        { PURCHASE "\"total\":100000000001}", "total: expected", "1000" },
        { PURCHASE "\"total\":5,\"lines\":[{\"amount\":6}]}",
          "total: expected the sum of the lines less off, 6", "5" },
        { PURCHASE "\"total\":0,\"off\":6,\"lines\":[{\"amount\":5},"
                   "{\"amount\":-1}]}",
          "off: expected at most", "6" },
        { PURCHASE "\"total\":5,\"lines\":[{\"amount\":5,\"qty\":0}]}",
          "lines[0].qty: expected an integer from 1 to 1000000", "0" },
        { PURCHASE "\"total\":5,\"lines\":[{\"amount\":5,\"category\":\"A\"}]}",
          "lines[0].category: expected", "\"A\"" },
        { "{\"kind\":\"return\",\"member\":4,\"receipt\":\"R\",\"lines\":[{"
          "\"amount\":-5,\"line\":0}]}",
          "lines[0].amount: expected an integer from 0", "-5" },
        { "{\"kind\":\"return\",\"member\":4,\"receipt\":\"R\",\"bought_on\":"
          "\"2025-02-29\"}",
          "bought_on: expected a date", "02-29" },
        { REDEEM "\"points\":0}", "points: expected an integer from 1", "0" },
        { "{\"kind\":\"reverse\",\"member\":4,\"redemption\":\"x\","
          "\"points\":0}",
          "points: expected an integer from 1", "0" },
        { "{\"kind\":\"adjust\",\"member\":4,\"points\":0,\"reason\":\"r\","
          "\"by\":\"x\"}",
          "points: expected an integer other than 0", "0" },
        { "{\"kind\":\"adjust\",\"member\":4,\"points\":1,\"reason\":\"\","
          "\"by\":\"x\"}",
          "reason: expected", "" },
        { "{\"kind\":\"stamp\",\"member\":4,\"card\":\"Lunch\"}",
          "card: expected", "\"Lunch\"" },
        { "{\"kind\":\"stamp\",\"member\":4,\"card\":\"l\",\"count\":1001}",
          "count: expected an integer from 1 to 1000", "1001" },
        { JOIN "\"event\":\"1.1.0\",\"recorded\":\"2025-01-01T00:00:00Z\"}",
          "event: expected a string NODE", "1.1.0" },
    };
    mistakes_check(&arena, MISTAKES, COUNT_OF(MISTAKES));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_types_are_told),
        cmocka_unit_test(values_out_of_range_are_told),
    };

    if (!arena_open(&arena, (size_t)1 << 28))
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_close(&arena);
    return failed != 0;
}
