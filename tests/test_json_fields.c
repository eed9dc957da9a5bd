/*
 * test_json_fields.c - fields that are unknown, missing, given twice or of
 * another shape are told by name
 */
#include "tests/unit.h"

#include "tests/mistakes.h"

static struct arena arena;

TEST(unknown_missing_and_misplaced_fields_are_told)
{
    static const struct mistake MISTAKES[] = {
        { JOIN "\"colour\":1}", "\"colour\": expected a field of kind join",
          "unknown" },
        { JOIN "\"\":1}", "\"\": expected a field of kind join", "unknown" },
        { JOIN "\"reason\":\"x\"}", "\"reason\": expected a field of kind join",
          "another kind" },
        { JOIN "\"id\":\"a\",\"id\":\"b\"}", "\"id\": expected once", "again" },
        { "{\"member\":4}", "kind: expected join, ", "found nothing" },
        { "{\"kind\":\"jion\",\"member\":4}", "kind: expected join, ",
          "\"jion\"" },
        { "{\"kind\":7,\"member\":4}", "kind: expected join, ", "found 7" },
        { "{\"kind\":\"join\"}", "bearer: expected exactly one", "neither" },
        { JOIN "\"bearer\":\"x\"}", "bearer: expected exactly one", "both" },
        { "{\"kind\":\"join\",\"bearer\":\"x\"}", "bearer: expected a member",
          "\"x\"" },
        { "{\"kind\":\"consent\",\"bearer\":\"x\",\"channel\":\"a\","
          "\"granted\":true}",
          "bearer: expected a member", "\"x\"" },
        { PURCHASE "\"lines\":[{\"amount\":1}]}",
          "total: expected on kind "
          "purchase",
          "found nothing" },
        { "{\"kind\":\"stamp\",\"member\":4}", "card: expected on kind stamp",
          "found nothing" },
        { "{\"kind\":\"adjust\",\"member\":4,\"points\":5,\"by\":\"x\"}",
          "reason: expected on kind adjust", "found nothing" },
        { JOIN "\"event\":\"1.1.1\"}", "recorded: expected", "nothing" },
    };
    mistakes_check(&arena, MISTAKES, COUNT_OF(MISTAKES));
}

TEST(fields_on_the_wrong_shape_are_told)
{
    static const struct mistake MISTAKES[] = {
        { REDEEM "\"points\":5,\"value\":3}", "value: expected no such field",
          "points" },
        { REDEEM "\"points\":5,\"reward\":\"g\"}",
          "reward: expected exactly one", "both" },
        { REDEEM "\"value\":5}", "reward: expected exactly one", "neither" },
        { "{\"kind\":\"redeem\",\"member\":4,\"points\":5}",
          "id: expected on kind redeem", "nothing" },
        { "{\"kind\":\"return\",\"member\":4,\"total\":5,\"receipt\":\"R\"}",
          "total: expected exactly one", "both" },
        { "{\"kind\":\"return\",\"member\":4}", "total: expected exactly one",
          "neither" },
        { "{\"kind\":\"return\",\"member\":4,\"total\":5,\"bought_on\":"
          "\"2025-01-01\"}",
          "bought_on: expected no such field", "total" },
        { "{\"kind\":\"return\",\"member\":4,\"total\":5,\"from_store\":1}",
          "from_store: expected no such field", "total" },
        { "{\"kind\":\"return\",\"member\":4,\"receipt\":\"R\",\"off\":1}",
          "off: expected no such field", "receipt" },
        { PURCHASE "\"total\":5,\"off\":0}", "off: expected only beside lines",
          "no lines" },
        { "{\"kind\":\"void\",\"member\":4}", "voids_id: expected exactly one",
          "neither" },
        { "{\"kind\":\"void\",\"member\":4,\"voids\":\"1.1.1\",\"voids_id\":"
          "\"x\"}",
          "voids_id: expected exactly one", "both" },
        { "{\"kind\":\"adjust\",\"member\":4,\"points\":-5,\"reason\":\"r\","
          "\"by\":\"x\",\"expires_on\":\"2025-01-01\"}",
          "expires_on: expected no such field", "" },
        { PURCHASE "\"total\":5,\"lines\":[{\"amount\":5,\"line\":0}]}",
          "lines[0].\"line\": expected amount", "unknown" },
        { "{\"kind\":\"return\",\"member\":4,\"receipt\":\"R\",\"lines\":[{"
          "\"amount\":5,\"line\":0,\"sku\":\"x\"}]}",
          "lines[0].\"sku\": expected only line", "unknown" },
        { "{\"kind\":\"return\",\"member\":4,\"receipt\":\"R\",\"lines\":[{"
          "\"amount\":5}]}",
          "lines[0].line: expected", "nothing" },
    };
    mistakes_check(&arena, MISTAKES, COUNT_OF(MISTAKES));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unknown_missing_and_misplaced_fields_are_told),
        cmocka_unit_test(fields_on_the_wrong_shape_are_told),
    };

    if (!arena_open(&arena, (size_t)1 << 28))
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_close(&arena);
    return failed != 0;
}
