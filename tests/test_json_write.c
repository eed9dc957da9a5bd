/*
 * test_json_write.c - an event is written in the spelling of the worked
 * examples, and comes out as it went in
 */
#include "tests/unit.h"

#include "core/json.h"

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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_written_as_they_were_read),
    };

    if (!arena_open(&arena, (size_t)1 << 28))
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_close(&arena);
    return failed != 0;
}
