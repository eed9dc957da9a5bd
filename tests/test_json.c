/*
 * test_json.c - every line that EVENTS.md allows is read as what it says, and
 * every mistake is told: the field, what was expected, what was found
 */
#include "tests/unit.h"

#include "core/codec.h"
#include "core/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct arena arena;
static struct event event;
static struct json_extra extra;

static void
read_good(const char *line)
{
    struct complaint complaint = { 0 };

    if (json_read_event(view_of(line), &arena, &event, &extra, &complaint) !=
        OK)
        fail_msg("%s: %s", line, complaint.text);
}

/* A line and how the complaint about it begins, and what else it says. */
struct mistake {
    const char *line;
    const char *begin;
    const char *found;
};

static void
assert_mistakes(const struct mistake *mistakes, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct mistake *mistake = &mistakes[i];
        struct complaint complaint = { 0 };
        struct event untouched = { .store = 77 };
        struct json_extra none = { .has_at = true };
        view line = view_of(mistake->line);
        assert_int_equal(
            json_read_event(line, &arena, &untouched, &none, &complaint),
            ERR_INPUT);
        if (strstr(complaint.text, mistake->begin) != complaint.text ||
            strstr(complaint.text, mistake->found) == NULL)
            fail_msg("%s: %s", mistake->line, complaint.text);
        assert_null(strchr(complaint.text, '\n'));
        assert_int_equal(untouched.store, 77);
        assert_true(none.has_at);
        assert_int_equal(json_read_event(line, &arena, &untouched, &none, NULL),
                         ERR_INPUT);
    }
}

TEST(a_purchase_is_read_in_whatever_order_it_is_written)
{
    struct event first;

    read_good("{\"kind\": \"purchase\", \"at\": \"2025-01-15T12:00:00+02:00\", "
              "\"store\": 10, \"member\": 42, \"receipt\": \"A\", \"off\": 49, "
              "\"lines\": [{\"category\": \"food\", \"amount\": 1299}, "
              "{\"sku\": \"64\", \"qty\": 3, \"amount\": 450}], "
              "\"total\": 1700}\n");
    first = event;
    assert_int_equal(event.kind, EVENT_PURCHASE);
    assert_int_equal(event.at_ms, 1736935200000);
    assert_int_equal(event.store, 10);
    assert_int_equal(event.account.member, 42);
    assert_int_equal(event.sale.total.minor, 1700);
    assert_int_equal(event.sale.off.minor, 49);
    assert_int_equal(event.sale.line_count, 2);
    assert_true(view_equal(event.sale.lines[0].category, view_of("food")));
    assert_int_equal(event.sale.lines[0].qty, 1);
    assert_int_equal(event.sale.lines[1].qty, 3);
    assert_int_equal(event.sale.lines[1].amount.minor, 450);
    assert_int_equal(event.sale.bought_on, EVENT_NO_DAY);
    assert_true(extra.has_at && extra.has_store);
    assert_false(extra.has_event || extra.has_recorded);
    read_good("{\"total\":1700,\"lines\":[{\"amount\":1299,\"category\":"
              "\"food\"},{\"amount\":450,\"qty\":3,\"sku\":\"6\\u0034\"}],"
              "\"off\":49,\"receipt\":\"A\",\"member\":42,\"store\":10,"
              "\"at\":\"2025-01-15T10:00:00.000Z\",\"kind\":\"purchase\"}");
    assert_true(codec_same_content(&first, &event, true));
}

TEST(what_is_left_out_is_said)
{
    read_good("{\"kind\":\"stamp\",\"bearer\":\"S-7\",\"card\":\"lunch\"}");
    assert_false(extra.has_at || extra.has_store || extra.has_event);
    assert_int_equal(event.at_ms, 0);
    assert_int_equal(event.store, 0);
    assert_int_equal(event.stamp.count, 1);
    assert_int_equal(extra.voids_id.size, 0);
    read_good("{\"kind\":\"void\",\"member\":4,\"voids_id\":\"r-1\"}");
    assert_true(view_equal(extra.voids_id, view_of("r-1")));
    assert_int_equal(event.annul.voids.node, 0);
    read_good("{\"kind\":\"void\",\"member\":4,\"voids\":\"3.2.1\","
              "\"event\":\"1.2.3\",\"recorded\":\"2025-01-01T00:00:00Z\"}");
    assert_true(extra.has_event && extra.has_recorded);
    assert_int_equal(event.identity.node, 1);
    assert_int_equal(event.identity.incarnation, 2);
    assert_int_equal(event.identity.seq, 3);
    assert_int_equal(event.annul.voids.node, 3);
    assert_int_equal(event.recorded_ms, 1735689600000);
}

TEST(defaults_are_those_of_the_codec)
{
    read_good("{\"kind\":\"redeem\",\"member\":4,\"id\":\"x\",\"points\":5}");
    assert_int_equal(event.redeem.value.minor, -1);
    read_good("{\"kind\":\"redeem\",\"member\":4,\"id\":\"x\","
              "\"reward\":\"gift\",\"value\":0,\"receipt\":\"R\"}");
    assert_int_equal(event.redeem.value.minor, 0);
    read_good("{\"kind\":\"grant\",\"member\":4,\"reward\":\"gift\"}");
    assert_int_equal(event.grant.count, 1);
    read_good("{\"kind\":\"adjust\",\"member\":4,\"points\":-5,"
              "\"reason\":\"w\",\"by\":\"c\",\"till\":\"t\","
              "\"cashier\":\"c9\",\"entry\":\"tap\"}");
    assert_int_equal(event.adjust.expires_on, EVENT_NO_DAY);
    assert_int_equal(event.annex.entry, ENTRY_TAP);
    read_good("{\"kind\":\"return\",\"member\":4,\"receipt\":\"R\","
              "\"bought_on\":\"2025-01-31\",\"from_store\":3,"
              "\"lines\":[{\"line\":4,\"amount\":0}]}");
    assert_int_equal(event.sale.bought_on, 20119);
    assert_int_equal(event.sale.lines[0].index, 4);
}

TEST(lines_that_are_no_object_are_told)
{
    static const struct mistake MISTAKES[] = {
        { "", "JSON: ", "" },
        { "nonsense", "JSON: ", "nonsense" },
        { "[1]", "the line: expected a JSON object", "a list" },
        { "{\"kind\":\"join\",\"member\":4} x", "JSON: ", "x" },
        { "{\"kind\":\"join\",\"member\":4", "JSON: ", "" },
        { "{\"kind\":\"join\",\"member\":4,}", "JSON: ", "" },
        { "{\"kind\":\"join\",\"member\":99999999999999999999}",
          "JSON: expected integers", "99999999999999999999" },
        { "{\"kind\":\"join\",\"member\":4,\"id\":\"a\\u0000b\"}",
          "JSON: ", "NUL" },
        { "{\"kind\":\"join\",\"member\":4,\"id\":\"a\nb\"}", "JSON: ", "" },
        { "{\"kind\":\"join\",\"member\":4,\"id\":\"\xff\"}",
          "JSON: ", "UTF-8" },
        { "{\"kind\":\"join\",\"member\":04}", "JSON: ", "" },
    };
    assert_mistakes(MISTAKES, COUNT_OF(MISTAKES));

    char *deep = malloc(LIMIT_JSON_LINE + 2);
    memset(deep, '[', LIMIT_JSON_LINE + 1);
    deep[LIMIT_JSON_LINE + 1] = '\0';
    const struct mistake long_one[] = {
        { deep, "the line: expected at most 1048576 bytes", "1048577" },
    };
    assert_mistakes(long_one, 1);
    deep[LIMIT_JSON_LINE] = '\0';
    const struct mistake deep_one[] = { { deep, "JSON: ", "" } };
    assert_mistakes(deep_one, 1);
    free(deep);
}

#define JOIN "{\"kind\":\"join\",\"member\":4,"
#define PURCHASE "{\"kind\":\"purchase\",\"member\":4,\"receipt\":\"R\","
#define REDEEM "{\"kind\":\"redeem\",\"member\":4,\"id\":\"x\","

TEST(unknown_missing_and_misplaced_fields_are_told)
{
    static const struct mistake MISTAKES[] = {
        { JOIN "\"colour\":1}", "\"colour\": expected a field of a join",
          "unknown" },
        { JOIN "\"\":1}", "\"\": expected a field of a join", "unknown" },
        { JOIN "\"reason\":\"x\"}", "\"reason\": expected a field of a join",
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
          "total: expected on a "
          "purchase",
          "found nothing" },
        { "{\"kind\":\"stamp\",\"member\":4}", "card: expected on a stamp",
          "found nothing" },
        { "{\"kind\":\"adjust\",\"member\":4,\"points\":5,\"by\":\"x\"}",
          "reason: expected on a adjust", "found nothing" },
        { JOIN "\"event\":\"1.1.1\"}", "recorded: expected", "nothing" },
    };
    assert_mistakes(MISTAKES, COUNT_OF(MISTAKES));
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
          "id: expected on a redeem", "nothing" },
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
    assert_mistakes(MISTAKES, COUNT_OF(MISTAKES));
}

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
    assert_mistakes(MISTAKES, COUNT_OF(MISTAKES));
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
    assert_mistakes(MISTAKES, COUNT_OF(MISTAKES));
}

TEST(a_receipt_has_at_most_a_thousand_lines)
{
    struct text line = { 0 };

    text_string(&line, PURCHASE "\"total\":0,\"lines\":[");
    for (int i = 0; i < LIMIT_EVENT_LINES; i++)
        text_string(&line, i == 0 ? "{\"amount\":0}" : ",{\"amount\":0}");
    size_t size = line.size;
    text_bytes(&line, "]}", 3);
    read_good((const char *)line.bytes);
    assert_int_equal(event.sale.line_count, LIMIT_EVENT_LINES);
    line.size = size;
    text_bytes(&line, ",{\"amount\":0}]}", 16);
    const struct mistake one_more[] = {
        { (const char *)line.bytes, "lines: expected a list of 1 to 1000",
          "longer" },
    };
    assert_mistakes(one_more, 1);
    text_close(&line);
}

TEST(lines_are_written_as_they_were_read)
{
    static const char *const LINES[] = {
        "{\"event\": \"1.2.3\", \"kind\": \"join\", \"at\": "
        "\"2025-01-01T00:00:00.001Z\", \"store\": 1, \"member\": 42, \"id\": "
        "\"a\\\"b\\\\\", \"home_store\": 2, \"referrer\": 41, \"till\": "
        "\"t1\", \"cashier\": \"c1\", \"entry\": \"scan\", \"recorded\": "
        "\"2025-01-01T00:00:00.002Z\"}",
        "{\"kind\": \"adjust\", \"at\": \"2025-01-01T00:00:00.000Z\", "
        "\"store\": 1, \"bearer\": \"B\", \"points\": 5, \"expires_on\": "
        "\"2026-12-31\", \"reason\": \"é\\n\\u0001\", \"by\": \"x\"}",
    };
    struct text text = { 0 };

    for (uint32_t i = 0; i < COUNT_OF(LINES); i++) {
        read_good(LINES[i]);
        text_clear(&text);
        json_write_event(&text, &event);
        assert_int_equal(text.size, strlen(LINES[i]));
        assert_memory_equal(text.bytes, LINES[i], text.size);
    }
    text_close(&text);
}

/* Whatever a line says, it is read or refused, never more. */
TEST(damaged_lines_do_no_harm)
{
    static const char LINE[] =
        "{\"kind\":\"purchase\",\"at\":\"2025-01-15T10:00:00Z\",\"store\":10,"
        "\"member\":42,\"receipt\":\"A\",\"off\":49,\"lines\":[{\"amount\":"
        "1299},{\"sku\":\"64\",\"qty\":3,\"amount\":450}],\"total\":1700}";
    uint64_t seed = 3;
    uint32_t good = 0;

    for (int round = 0; round < 20000; round++) {
        struct complaint complaint = { 0 };
        struct arena scratch = arena;
        char *line = malloc(sizeof LINE - 1); /* its end is the block's */
        memcpy(line, LINE, sizeof LINE - 1);
        for (int change = 0; change <= round % 2; change++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            line[(seed >> 33) % (sizeof LINE - 1)] =
                (char)(round % 5 == 0 ? seed >> 56 : "0123\",{}[:"[seed >> 61]);
        }
        view whole = { (const uint8_t *)line, sizeof LINE - 1 };
        enum err err =
            json_read_event(whole, &scratch, &event, &extra, &complaint);
        assert_true(err == OK || err == ERR_INPUT);
        assert_int_equal(err == OK, complaint.text[0] == '\0');
        good += err == OK;
        free(line);
    }
    assert_true(good > 0);
    event = (struct event) { 0 };
}

TEST(a_document_is_read_as_a_tree)
{
    struct complaint complaint = { 0 };
    struct json_tree *root = NULL;
    struct json_entry entry = { 0 };
    int64_t integer = 0;
    bool truth = false;
    view text;

    assert_int_equal(json_open(view_of("{\"a\":[1,\"x\",true],\"b\":{}}"),
                               &root, &complaint),
                     OK);
    assert_int_equal(json_type_of(root), JSON_TYPE_OBJECT);
    assert_int_equal(json_count(root), 2);
    const struct json_tree *list = json_get(root, "a");
    assert_int_equal(json_count(list), 3);
    assert_true(json_get_integer(json_at(list, 0), &integer));
    assert_int_equal(integer, 1);
    assert_true(json_get_string(json_at(list, 1), &text));
    assert_true(view_equal(text, view_of("x")));
    assert_true(json_get_bool(json_at(list, 2), &truth));
    assert_true(truth);
    assert_null(json_at(list, 3));
    assert_null(json_get(root, "c"));
    assert_null(json_get(list, "a"));
    assert_false(json_get_integer(json_get(root, "c"), &integer));
    assert_false(json_get_string(list, &text));
    assert_string_equal(json_quote(list).text, "a list");
    assert_string_equal(json_quote(NULL).text, "nothing");
    assert_true(json_next(root, &entry));
    assert_true(view_equal(entry.key, view_of("a")));
    assert_ptr_equal(entry.value, list);
    assert_true(json_next(root, &entry));
    assert_true(view_equal(entry.key, view_of("b")));
    assert_false(json_next(root, &entry));
    json_close(root);
    json_close(NULL);
    assert_int_equal(json_open(view_of("{\"a\":1,\"a\":2}"), &root, &complaint),
                     ERR_INPUT);
    assert_non_null(strstr(complaint.text, "\"a\""));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_purchase_is_read_in_whatever_order_it_is_written),
        cmocka_unit_test(what_is_left_out_is_said),
        cmocka_unit_test(defaults_are_those_of_the_codec),
        cmocka_unit_test(lines_that_are_no_object_are_told),
        cmocka_unit_test(unknown_missing_and_misplaced_fields_are_told),
        cmocka_unit_test(fields_on_the_wrong_shape_are_told),
        cmocka_unit_test(wrong_types_are_told),
        cmocka_unit_test(values_out_of_range_are_told),
        cmocka_unit_test(a_receipt_has_at_most_a_thousand_lines),
        cmocka_unit_test(lines_are_written_as_they_were_read),
        cmocka_unit_test(damaged_lines_do_no_harm),
        cmocka_unit_test(a_document_is_read_as_a_tree),
    };

    if (!arena_open(&arena, (size_t)1 << 28))
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_close(&arena);
    return failed != 0;
}
