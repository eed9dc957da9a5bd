/*
 * test_pulse.c - what a running process says of itself: every word of it, for
 * people and for monitoring, when, and files that are replaced whole
 */
#include "nodes/pulse.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/json.h"
#include "core/release.h"
#include "tests/place.h"
#include "tests/unit.h"

#define AT_MS INT64_C(1767225600000) /* 2026-01-01T00:00:00Z */

static struct pulse
of_node(void)
{
    return (struct pulse) {
        .node = 421,
        .at_ms = AT_MS,
        .since_ms = AT_MS - 60000,
        .position = 50,
        .unfolded = 2,
        .connected = true,
        .hub = "tcp://10.0.0.1:7001",
        .contact_ms = AT_MS - 1000,
        .clock_offset_ms = -30,
        .lag = 3,
        .oldest_ms = AT_MS - 5500,
        .asked = 9,
        .answered = 8,
        .pruned = 7,
        .disk_free = 1000,
        .disk_size = 4000,
        .journal_size = 500,
    };
}

static struct pulse_peer peers[] = {
    { .node = 11, .heard_ms = AT_MS, .lag = 4, .asked = 6, .turned_away = 1 },
    { .node = 12, .heard_ms = AT_MS - 2000, .clock_offset_ms = -900001 },
};

static struct pulse
of_hub(void)
{
    return (struct pulse) {
        .is_hub = true,
        .node = 1,
        .at_ms = AT_MS,
        .since_ms = AT_MS,
        .position = 50,
        .epoch = 9,
        .holds = 2,
        .conflicts = 3,
        .peer_count = COUNT_OF(peers),
        .peers = peers,
    };
}

static void
says(const struct pulse *pulse, const char *expected)
{
    struct text text = { 0 };

    pulse_json(&text, pulse);
    text_char(&text, '\0');
    assert_true(text_ok(&text));
    assert_string_equal((const char *)text.bytes, expected);
    text_close(&text);
}

TEST(a_node_in_json)
{
    struct pulse pulse = of_node();

    says(&pulse,
         "{\"role\": \"node\", \"release\": \"" RELEASE "\", \"node\": 421, "
         "\"at\": \"2026-01-01T00:00:00.000Z\", "
         "\"since\": \"2025-12-31T23:59:00.000Z\", \"position\": 50, "
         "\"unfolded\": 2, \"folded_at\": null, \"connected\": true, "
         "\"hub\": \"tcp://10.0.0.1:7001\", \"why\": null, "
         "\"last_contact\": \"2025-12-31T23:59:59.000Z\", "
         "\"clock_offset_ms\": -30, \"clock_wrong\": false, \"lag_events\": 3, "
         "\"lag_seconds\": 5, "
         "\"oldest_unsent\": \"2025-12-31T23:59:54.500Z\", \"asked\": 9, "
         "\"answered\": 8, \"pruned\": 7, \"disk_free\": 1000, \"disk_size\": "
         "4000, "
         "\"journal_bytes\": 500}");
}

/* It has never heard of a hub, and says why; everything has been sent; a clock
 * that was set back makes no lag of centuries. */
TEST(what_is_not_known_is_null)
{
    struct pulse pulse = { .node = 421, .at_ms = AT_MS, .why = "nobody" };

    says(&pulse,
         "{\"role\": \"node\", \"release\": \"" RELEASE "\", \"node\": 421, "
         "\"at\": \"2026-01-01T00:00:00.000Z\", \"since\": null, "
         "\"position\": 0, \"unfolded\": 0, \"folded_at\": null, "
         "\"connected\": false, "
         "\"hub\": \"\", \"why\": \"nobody\", \"last_contact\": null, "
         "\"clock_offset_ms\": 0, \"clock_wrong\": false, \"lag_events\": 0, "
         "\"lag_seconds\": 0, \"oldest_unsent\": null, \"asked\": 0, "
         "\"answered\": 0, \"pruned\": 0, \"disk_free\": 0, \"disk_size\": 0, "
         "\"journal_bytes\": 0}");
    struct text text = { 0 };
    pulse.oldest_ms = AT_MS + 60000;
    pulse_json(&text, &pulse);
    assert_non_null(memmem(text.bytes, text.size, "\"lag_seconds\": 0,", 17));
    text_close(&text);
}

TEST(a_standby_is_told_from_a_store)
{
    struct pulse pulse = of_node();
    struct text text = { 0 };

    pulse.keeps_all = true;
    pulse_json(&text, &pulse);
    assert_non_null(
        memmem(text.bytes, text.size, "\"role\": \"standby\",", 18));
    text_close(&text);
}

TEST(a_hub_in_json)
{
    struct pulse pulse = of_hub();

    says(&pulse,
         "{\"role\": \"hub\", \"release\": \"" RELEASE "\", \"node\": 1, "
         "\"at\": \"2026-01-01T00:00:00.000Z\", "
         "\"since\": \"2026-01-01T00:00:00.000Z\", \"position\": 50, "
         "\"unfolded\": 0, \"folded_at\": null, \"epoch\": 9, "
         "\"reserved\": 2, \"conflicts\": 3, \"nodes\": ["
         "{\"node\": 11, \"heard\": \"2026-01-01T00:00:00.000Z\", "
         "\"clock_offset_ms\": 0, \"clock_wrong\": false, "
         "\"lag_events\": 4, \"asked\": 6, \"turned_away\": 1}, "
         "{\"node\": 12, \"heard\": \"2025-12-31T23:59:58.000Z\", "
         "\"clock_offset_ms\": -900001, \"clock_wrong\": true, "
         "\"lag_events\": 0, \"asked\": 0, \"turned_away\": 0}], "
         "\"disk_free\": 0, \"disk_size\": 0, \"journal_bytes\": 0}");
}

/* Prometheus wants HELP and TYPE once for each name, before its values. */
static void
metrics_hold(const struct pulse *pulse, const char *const *lines,
             uint32_t count)
{
    struct text text = { 0 };
    char name[128], seen[8192] = "";
    uint32_t helps = 0;

    pulse_metrics(&text, pulse);
    text_char(&text, '\0');
    const char *all = (const char *)text.bytes;
    for (uint32_t i = 0; i < count; i++)
        if (!strstr(all, lines[i]))
            fail_msg("no \"%s\" in:\n%s", lines[i], all);
    for (const char *at = all; *at; at = strchr(at, '\n') + 1) {
        assert_non_null(strchr(at, '\n'));
        if (sscanf(at, "# HELP %100s", name) == 1) {
            assert_null(strstr(seen, name));
            strcat(strcat(seen, name), " ");
            helps++;
        } else if (at[0] != '#') {
            assert_int_equal(sscanf(at, "%100[a-z_]", name), 1);
            assert_non_null(strstr(seen, name));
        }
    }
    assert_true(helps > 8);
    text_close(&text);
}

TEST(metrics_for_prometheus)
{
    static const char *const node[] = {
        "\nleima_connected{node=\"421\"} 1\n",
        "\nleima_clock_offset_milliseconds{node=\"421\"} -30\n",
        "\nleima_unacknowledged_events{node=\"421\"} 3\n",
        "\nleima_oldest_unacknowledged_timestamp_seconds{node=\"421\"} "
        "1767225594\n",
        "\nleima_questions_answered_total{node=\"421\"} 8\n",
        "\nleima_pruned_events_total{node=\"421\"} 7\n",
        "# TYPE leima_questions_total counter\n",
        "\nleima_position{node=\"421\"} 50\n",
        "\nleima_disk_free_bytes{node=\"421\"} 1000\n",
    };
    static const char *const hub[] = {
        "\nleima_sessions{node=\"1\"} 2\n",
        "\nleima_reservations{node=\"1\"} 2\n",
        "\nleima_conflicting_events{node=\"1\"} 3\n",
        "\nleima_peer_heard_timestamp_seconds{peer=\"12\"} 1767225598\n",
        "\nleima_peer_lag_events{peer=\"11\"} 4\n",
    };
    struct pulse pulse = of_node();

    metrics_hold(&pulse, node, COUNT_OF(node));
    pulse = of_hub();
    metrics_hold(&pulse, hub, COUNT_OF(hub));
}

static void
is_written(const struct place *place, const char *part)
{
    struct arena arena = { 0 };
    view json;

    assert_true(arena_open(&arena, 1 << 20));
    assert_int_equal(pulse_read(place->path, &arena, &json), OK);
    assert_non_null(memmem(json.bytes, json.size, part, strlen(part)));
    arena_close(&arena);
}

TEST(files_are_replaced_whole)
{
    struct place place = place_make();
    struct arena arena = { 0 };
    struct pulse pulse = of_node();
    char metrics[PLACE_SIZE], fresh[PLACE_SIZE], path[PLACE_SIZE];
    struct complaint complaint = { 0 };
    struct stat about;
    view json;

    assert_true(arena_open(&arena, 1 << 20));
    assert_int_equal(pulse_read(place.path, &arena, &json), ERR_NOT_FOUND);
    place_join(&place, "leima.prom", metrics);
    mode_t mask = umask(077); /* whatever it is, others read metrics */
    assert_int_equal(pulse_write(place.path, metrics, &pulse, &complaint), OK);
    umask(mask);
    is_written(&place, "\"position\": 50,");
    /* What a reader has open stays as it was. */
    place_join(&place, "pulse", path);
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 07777, 0600);
    ino_t before = about.st_ino;
    assert_int_equal(stat(metrics, &about), 0);
    assert_int_equal(about.st_mode & 07777, 0644);
    pulse.position = 51;
    assert_int_equal(link(path, strcat(strcpy(fresh, path), ".kept")), 0);
    assert_int_equal(pulse_write(place.path, NULL, &pulse, NULL), OK);
    is_written(&place, "\"position\": 51,");
    assert_int_equal(stat(path, &about), 0);
    assert_true(about.st_ino != before);

    /* A folder of metrics that is not there does not keep `status` blind. */
    pulse.position = 52;
    place_join(&place, "nowhere/leima.prom", metrics);
    assert_int_equal(pulse_write(place.path, metrics, &pulse, &complaint),
                     ERR_IO);
    assert_string_equal(complaint.text, metrics);
    is_written(&place, "\"position\": 52,");
    place_join(&place, "folder", metrics);
    assert_int_equal(mkdir(metrics, 0700), 0);
    assert_int_equal(pulse_write(place.path, metrics, &pulse, &complaint),
                     ERR_IO);
    place_join(&place, "folder.new", fresh);
    assert_int_equal(access(fresh, F_OK), -1);
    arena_close(&arena);
    place_remove(&place);
}

TEST(it_is_soon_time_where_somebody_has_come_or_gone)
{
    struct pulse_turn turn = { 0 };

    assert_true(pulse_is_due(&turn, 0));
    turn = pulse_turn_after(1);
    assert_false(pulse_is_due(&turn, 1));
    assert_false(pulse_is_due(&turn, 2)); /* however often they do */
    turn.soon_ms = 0;
    assert_true(pulse_is_due(&turn, 2));
    assert_true(pulse_is_due(&turn, 0));
    assert_false(pulse_is_due(&turn, 1));
    turn.due_ms = 0;
    assert_true(pulse_is_due(&turn, 1));
}

RUN(cmocka_unit_test(it_is_soon_time_where_somebody_has_come_or_gone),
    cmocka_unit_test(a_node_in_json),
    cmocka_unit_test(what_is_not_known_is_null),
    cmocka_unit_test(a_standby_is_told_from_a_store),
    cmocka_unit_test(a_hub_in_json), cmocka_unit_test(metrics_for_prometheus),
    cmocka_unit_test(files_are_replaced_whole))
