/*
 * test_json_read.c - every line that EVENTS.md allows is read as what it says,
 * in whatever order, and damaged ones do no harm
 */
#include "tests/unit.h"

#include "core/codec.h"
#include "tests/mistakes.h"

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
    mistakes_check(&arena, one_more, 1);
    text_close(&line);
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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_purchase_is_read_in_whatever_order_it_is_written),
        cmocka_unit_test(what_is_left_out_is_said),
        cmocka_unit_test(defaults_are_those_of_the_codec),
        cmocka_unit_test(a_receipt_has_at_most_a_thousand_lines),
        cmocka_unit_test(damaged_lines_do_no_harm),
    };

    if (!arena_open(&arena, (size_t)1 << 28))
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_close(&arena);
    return failed != 0;
}
