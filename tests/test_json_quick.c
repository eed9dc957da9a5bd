/*
 * test_json_quick.c - ordinary lines go the quick way, and whatever goes it is
 * read exactly as the thorough reader reads it
 */
#include "tests/unit.h"

#include "core/codec.h"
#include "core/json_quick.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct arena arena;

static bool
is_quick(view line)
{
    struct arena scratch = arena;
    struct json_reader reader = { .arena = &scratch };
    return json_quick_read(line, &reader);
}

/* The same line in a spelling that only the thorough reader takes. */
static view
spelled_out(view line, uint8_t *room)
{
    static const char PLAIN[] = "\"kind\"";
    static const char SPELLED[] = "\"\\u006bind\"";
    const uint8_t *at = memmem(line.bytes, line.size, PLAIN, sizeof PLAIN - 1);

    if (at == NULL)
        return (view) { 0 };
    size_t before = (size_t)(at - line.bytes);
    size_t after = line.size - before - (sizeof PLAIN - 1);
    memcpy(room, line.bytes, before);
    memcpy(room + before, SPELLED, sizeof SPELLED - 1);
    memcpy(room + before + sizeof SPELLED - 1, at + sizeof PLAIN - 1, after);
    return (view) { room, (uint32_t)(before + sizeof SPELLED - 1 + after) };
}

/* Reads the line both ways; returns whether it is good. */
static bool
assert_same_both_ways(view line)
{
    struct arena scratch = arena;
    struct event events[2] = { 0 };
    struct json_extra extras[2] = { 0 };
    uint8_t room[4096];
    view slow = spelled_out(line, room);

    if (slow.size == 0)
        return false;
    assert_false(is_quick(slow));
    enum err first =
        json_read_event(line, &scratch, &events[0], &extras[0], NULL);
    enum err second =
        json_read_event(slow, &scratch, &events[1], &extras[1], NULL);
    if (first != second)
        fail_msg("%.*s", (int)line.size, (const char *)line.bytes);
    if (first != OK)
        return false;
    assert_true(codec_same_content(&events[0], &events[1], true));
    assert_true(identity_equal(events[0].identity, events[1].identity));
    assert_int_equal(events[0].recorded_ms, events[1].recorded_ms);
    assert_int_equal(extras[0].has_at, extras[1].has_at);
    assert_int_equal(extras[0].has_store, extras[1].has_store);
    assert_int_equal(extras[0].has_event, extras[1].has_event);
    assert_int_equal(extras[0].has_recorded, extras[1].has_recorded);
    assert_true(view_equal(extras[0].voids_id, extras[1].voids_id));
    return true;
}

/* Changes some bytes, mostly to such as mean something in JSON. */
static void
damage(uint8_t *bytes, uint32_t size, uint64_t *seed)
{
    static const char LIKELY[] = "0123456789\"\\{}[]:, -.eu";

    for (int change = 0; change < 1 + (int)(*seed >> 62); change++) {
        *seed = *seed * 6364136223846793005u + 1442695040888963407u;
        uint32_t at = (uint32_t)(*seed >> 33) % size;
        uint32_t pick = (uint32_t)(*seed >> 58);
        bytes[at] = (uint8_t)(pick < sizeof LIKELY - 1 ? LIKELY[pick]
                                                       : *seed >> 20 & 0x7f);
    }
}

TEST(golden_lines_go_the_quick_way_and_damaged_ones_differ_in_nothing)
{
    FILE *file = fopen("tests/golden/events.txt", "r");
    char line[4096];
    uint64_t seed = 11;
    uint32_t quick = 0;
    uint32_t good = 0;

    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        view whole = view_of(line);
        if (line[0] != '{')
            continue;
        quick += is_quick(whole);
        assert_true(assert_same_both_ways(whole));
        for (int round = 0; round < 1500; round++) {
            uint8_t *bytes = malloc(whole.size);
            memcpy(bytes, line, whole.size);
            damage(bytes, whole.size, &seed);
            good += assert_same_both_ways((view) { bytes, whole.size });
            free(bytes);
        }
    }
    fclose(file);
    assert_int_equal(quick, 25); /* one has escapes */
    assert_true(good > 1000);
}

TEST(lines_that_are_not_ordinary_are_left_to_the_other)
{
    static const char *const LINES[] = {
        "",
        "{",
        "{}",
        "{\"member\":4,\"kind\":\"join\",\"home_store\":1,}",
        "{\"home_store\":1,\"member\":4,\"kind\":\"join\"}",
        "{\"kind\":\"join\",\"member\":4,\"member\":4}",
        "{\"kind\":\"join\",\"member\":4.0}",
        "{\"kind\":\"join\",\"member\":04}",
        "{\"kind\":\"join\",\"member\":- 4}",
        "{\"kind\":\"join\",\"member\":4,\"id\":\"\\u0041\"}",
        "{\"kind\":\"join\",\"member\":4} {}",
        "{\"kind\":\"return\",\"member\":4,\"lines\":[{\"line\":0,\"amount\":"
        "1}],\"receipt\":\"R\"}",
        "{\"kind\":\"return\",\"member\":4,\"lines\":[{\"amount\":1}],"
        "\"receipt\":\"R\"}",
    };

    for (uint32_t i = 0; i < COUNT_OF(LINES); i++)
        assert_false(is_quick(view_of(LINES[i])));
    /* Common fields may stand before the kind. */
    assert_true(
        is_quick(view_of(" { \"member\" : 4 , \"kind\":\"join\"}\r\n")));
    assert_true(is_quick(view_of("{\"kind\":\"return\",\"member\":4,"
                                 "\"receipt\":\"]{\",\"lines\":[{\"line\":0,"
                                 "\"amount\":1},{\"amount\":1,\"line\":1}]}")));
    assert_true(is_quick(view_of("{\"kind\":\"consent\",\"member\":4,"
                                 "\"channel\":\"sms\",\"granted\":false}")));
}

TEST(nothing_is_taken_where_a_line_is_refused)
{
    struct json_reader reader = { .arena = &arena };
    uint8_t *before = arena.next;

    assert_false(json_quick_read(view_of("{\"kind\":\"join\"}"), &reader));
    assert_ptr_equal(arena.next, before);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            golden_lines_go_the_quick_way_and_damaged_ones_differ_in_nothing),
        cmocka_unit_test(lines_that_are_not_ordinary_are_left_to_the_other),
        cmocka_unit_test(nothing_is_taken_where_a_line_is_refused),
    };

    if (!arena_open(&arena, (size_t)1 << 24))
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_close(&arena);
    return failed != 0;
}
