/*
 * test_slip.c - slips of tills are read as `append` reads its lines, lists are
 * cut where they should be, and answers are JSON whatever they quote
 */
#include "core/slip.h"

#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "tests/unit.h"

#define STAMP(id) "{\"kind\":\"stamp\",\"member\":4,\"card\":\"" id "\"}"

static struct arena arena;

static struct ledger_entry *
read_good(const char *line, uint32_t count)
{
    struct complaint words = { .text = "" };
    struct ledger_entry *entries = NULL;
    uint32_t found = 0;
    enum err err = slip_read(view_of(line), &arena, &entries, &found, &words);

    assert_string_equal(words.text, "");
    assert_int_equal(err, OK);
    assert_int_equal(found, count);
    return entries;
}

static void
read_bad(const char *line, const char *expected)
{
    struct complaint words = { .text = "" };
    struct ledger_entry *entries = NULL;
    uint32_t found = 7;

    assert_int_equal(slip_read(view_of(line), &arena, &entries, &found, &words),
                     ERR_INPUT);
    if (strstr(words.text, expected) == NULL)
        fail_msg("%s: expected %s, found %s", line, expected, words.text);
    assert_null(entries);
    assert_int_equal(found, 7);
}

TEST(one_event)
{
    const struct ledger_entry *entry = read_good(STAMP("c") "\n", 1);

    assert_int_equal(entry->event.kind, EVENT_STAMP);
    assert_int_equal(entry->line, 0);
    assert_false(entry->at_given);
    entry = read_good(" {\"kind\":\"void\",\"member\":4,\"voids_id\":\"x\","
                      "\"at\":\"2026-01-01T00:00:00Z\"} ",
                      1);
    assert_true(view_equal(entry->voids_id, view_of("x")));
    assert_true(entry->at_given);
}

TEST(a_list_is_cut_at_its_own_commas)
{
    const struct ledger_entry *entries = read_good(
        " [ " STAMP("c") " ,{\"kind\":\"purchase\",\"member\":4,"
                         "\"receipt\":\"],[}{\\u0022\\\\\",\"total\":3,"
                         "\"lines\":[{\"amount\":1},{\"amount\":2}]}\t,"
                         "{\"kind\":\"adjust\",\"member\":4,\"points\":1,"
                         "\"by\":\"b\",\"reason\":\"a \\\"]\\\\\"}\n]\r\n",
        3);

    assert_int_equal(entries[0].event.kind, EVENT_STAMP);
    assert_int_equal(entries[1].event.sale.line_count, 2);
    assert_true(
        view_equal(entries[1].event.sale.receipt, view_of("],[}{\"\\")));
    assert_int_equal(entries[2].event.kind, EVENT_ADJUST);
    assert_int_equal(entries[2].line, 3);
}

TEST(what_is_wrong_is_said_with_its_place)
{
    static const char NOT_CLOSED[] = "expected a list";

    read_bad("", "JSON");
    read_bad("nonsense", "JSON");
    read_bad(STAMP("c") " x", "JSON");
    read_bad("{\"kind\":\"stamp\",\"member\":4}", "card");
    read_bad("{\"event\":\"1.1.1\",\"kind\":\"stamp\",\"member\":4,\"card\":"
             "\"c\",\"recorded\":\"2026-01-01T00:00:00Z\"}",
             "event: expected a new event");
    read_bad("[", NOT_CLOSED);
    read_bad("[]", NOT_CLOSED);
    read_bad(" [ ] ", NOT_CLOSED);
    read_bad("[" STAMP("c"), NOT_CLOSED);
    read_bad("[" STAMP("c") "} ", NOT_CLOSED);
    read_bad("[" STAMP("c") "] x", NOT_CLOSED);
    read_bad("[" STAMP("c") "]]", NOT_CLOSED);
    read_bad("[" STAMP("c") ",]", "line 2: JSON");
    read_bad("[" STAMP("c") "," STAMP("C C") "]", "line 2: card");
    read_bad("[," STAMP("c") "]", "line 1: JSON");
    read_bad("[\"" STAMP("c") "]", "line 1: JSON");
    read_bad("[[" STAMP("c") "]]", "line 1: ");
}

TEST(a_list_has_a_greatest_length)
{
    size_t size = strlen(STAMP("c")) + 1;
    char *line = malloc((SLIP_EVENTS_MAX + 1) * size + 2);
    char *end = line;

    assert_non_null(line);
    for (uint32_t i = 0; i <= SLIP_EVENTS_MAX; i++) {
        *end++ = i == 0 ? '[' : ',';
        memcpy(end, STAMP("c"), size - 1);
        end += size - 1;
        if (i + 1 == SLIP_EVENTS_MAX) {
            memcpy(end, "]", 2);
            read_good(line, SLIP_EVENTS_MAX);
        }
    }
    memcpy(end, "]", 2);
    read_bad(line, "at most 1000 events");
    free(line);
}

TEST(answers)
{
    struct ledger_entry entries[2] = {
        { .event.identity = { .node = 10, .incarnation = 1, .seq = 4 } },
        { .event.identity = { .node = 10, .incarnation = 1, .seq = 5 } },
    };
    struct complaint words = { .text = "at: future" };
    struct text line = { 0 };

    slip_answer(&line, entries, 1, OK, &words);
    slip_answer(&line, entries, 2, OK, &words);
    slip_answer(&line, NULL, 0, ERR_INPUT, &words);
    slip_answer(&line, NULL, 0, ERR_CONFLICT, &words);
    slip_answer(&line, NULL, 0, ERR_NOT_FOUND, &words);
    slip_answer(&line, NULL, 0, ERR_FULL, &words);
    text_char(&line, '\0');
    assert_string_equal((const char *)line.bytes,
                        "{\"events\": [\"10.1.4\"]}\n"
                        "{\"events\": [\"10.1.4\", \"10.1.5\"]}\n"
                        "{\"refused\": \"at: future\"}\n"
                        "{\"refused\": \"at: future\"}\n"
                        "{\"refused\": \"at: future\"}\n"
                        "{\"fault\": \"at: future\"}\n");
    text_close(&line);
}

/* Also where they quote bytes that are no text, or were cut in a character. */
TEST(words_are_always_json)
{
    struct complaint words;
    struct text line = { 0 };
    struct json_tree *tree = NULL;
    view said;

    memset(words.text, 'x', sizeof words.text);
    memcpy(words.text, "\"\xc3\xa4\" \xff \\ \x01 \xed\xa0\x80 ", 14);
    memcpy(words.text + sizeof words.text - 2, "\xc3", 2);
    slip_answer(&line, NULL, 0, ERR_INPUT, &words);
    assert_int_equal(json_open(text_view(&line), &tree, &words), OK);
    assert_true(json_get_string(json_get(tree, "refused"), &said));
    assert_int_equal(said.size, sizeof words.text - 1);
    assert_memory_equal(said.bytes, "\"\xc3\xa4\" ? \\ \x01 ??? ", 14);
    assert_int_equal(said.bytes[said.size - 1], '?');
    json_close(tree);
    text_close(&line);
}

static int
open_arena(void **state)
{
    (void)state;
    return arena_open(&arena, 1 << 26) ? 0 : -1;
}

static int
close_arena(void **state)
{
    (void)state;
    arena_close(&arena);
    return 0;
}

/* --- redemptions to be decided --- */

#define REDEEM "{\"kind\":\"redeem\",\"member\":4,\"points\":300"

TEST(a_question_bears_an_event)
{
    struct complaint words = { .text = "" };
    struct ledger_entry entry;
    view line = view_of(" { \"decide\" : " REDEEM ",\"id\":\"}]\"} } \n");

    assert_true(slip_is_question(line));
    assert_int_equal(slip_read_question(line, &arena, &entry, &words), OK);
    assert_int_equal(entry.event.redeem.points.value, 300);
    assert_true(view_equal(entry.event.id, view_of("}]")));
    assert_false(slip_is_question(view_of(STAMP("c"))));
    assert_false(slip_is_question(view_of("[{\"decide\":1}]")));
    assert_false(slip_is_question(view_of("{\"decide\"")));
    assert_false(slip_is_question(view_of("")));
}

TEST(a_wrong_question_is_told)
{
    static const struct {
        const char *line, *expected;
    } cases[] = {
        { "{\"decide\":", "expected one event" },
        { "{\"decide\":}", "JSON" },
        { "{\"decide\":" STAMP("c") "}", "expected a redeem" },
        { "{\"decide\":" REDEEM "}}", "id: expected" },
        { "{\"decide\":" REDEEM ",\"id\":\"a\"}", "expected one event" },
        { "{\"decide\":" REDEEM ",\"id\":\"a\"},\"b\":1}",
          "expected one event" },
        { "{\"decide\":" REDEEM ",\"id\":\"a\"}}}", "expected one event" },
        { "{\"decide\":{\"kind\":\"redeem\",\"member\":4,\"id\":\"a\","
          "\"reward\":\"cup\",\"value\":5}}",
          "value: the rules" },
        { "{\"decide\":" REDEEM
          ",\"id\":\"a\",\"at\":\"2026-01-01T00:00:00Z\"}}",
          "at: it is decided now" },
    };

    for (uint32_t i = 0; i < COUNT_OF(cases); i++) {
        struct complaint words = { .text = "" };
        struct ledger_entry entry;
        assert_true(slip_is_question(view_of(cases[i].line)));
        assert_int_equal(
            slip_read_question(view_of(cases[i].line), &arena, &entry, &words),
            ERR_INPUT);
        if (strstr(words.text, cases[i].expected) == NULL)
            fail_msg("%s: expected %s, found %s", cases[i].line,
                     cases[i].expected, words.text);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_event),
        cmocka_unit_test(a_list_is_cut_at_its_own_commas),
        cmocka_unit_test(what_is_wrong_is_said_with_its_place),
        cmocka_unit_test(a_list_has_a_greatest_length),
        cmocka_unit_test(answers),
        cmocka_unit_test(words_are_always_json),
        cmocka_unit_test(a_question_bears_an_event),
        cmocka_unit_test(a_wrong_question_is_told),
    };
    return cmocka_run_group_tests(tests, open_arena, close_arena) != 0;
}
