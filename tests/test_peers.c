/*
 * test_peers.c - other nodes as `status` lists them: all by number while they
 * fit on a screen, and else those first that somebody should look at
 */
#include "tools/peers.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit.h"

#define AT_MS INT64_C(1767225600000) /* 2026-01-01T00:00:00Z */

/* Nodes 11, 12, ... as a ledger holds them. */
static struct peers
make_peers(uint32_t count)
{
    struct peers peers = { 0 };

    for (uint32_t i = 0; i < count; i++) {
        struct peer *peer = peers_add(&peers, 11 + i);
        assert_non_null(peer);
        peer->items = 100 + i;
        peer->last_ms = AT_MS + i;
    }
    return peers;
}

/* What a hub says of nodes from `first` on, all of them well. */
static struct text
all_well(uint32_t first, uint32_t count)
{
    struct text said = { 0 };

    text_string(&said, "{\"nodes\": [");
    for (uint32_t i = 0; i < count; i++)
        text_format(&said,
                    "%s{\"node\": %" PRIu32
                    ", \"heard\": \"noon\", \"clock_offset_ms\": 0, "
                    "\"clock_wrong\": false, \"lag_events\": 0}",
                    i == 0 ? "" : ", ", first + i);
    text_string(&said, "]}");
    assert_true(text_ok(&said));
    return said;
}

static struct json_tree *
tree_of(view json)
{
    struct json_tree *tree = NULL;
    struct complaint complaint = { 0 };

    assert_int_equal(json_open(json, &tree, &complaint), OK);
    return tree;
}

/* free() it. */
static char *
printed(struct peers *peers, bool all)
{
    char *bytes = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&bytes, &size);

    assert_non_null(out);
    assert_true(peers_print(peers, all, out));
    fclose(out);
    return bytes;
}

/* The numbers of the nodes in a table, and how many. */
static uint32_t
nodes_of(const char *table, uint32_t *nodes, uint32_t max)
{
    uint32_t count = 0;

    for (const char *line = strchr(table, '\n'); line && count < max;
         line = strchr(line + 1, '\n'))
        if (line[1] >= '0' && line[1] <= '9')
            nodes[count++] = (uint32_t)strtoul(line + 1, NULL, 10);
    return count;
}

TEST(rows_are_found_and_grow)
{
    struct peers peers = make_peers(300);

    assert_int_equal(peers.count, 300);
    assert_int_equal(peers_find(&peers, 11)->items, 100);
    assert_int_equal(peers_find(&peers, 310)->items, 399);
    assert_null(peers_find(&peers, 10));
    assert_null(peers_find(&peers, 311));
    assert_ptr_equal(peers_add(&peers, 200), peers_find(&peers, 200));
    assert_int_equal(peers.count, 300);
    peers_close(&peers);
    assert_null(peers_find(&peers, 11));
}

TEST(a_few_are_listed_by_number)
{
    struct peers peers = make_peers(2);
    struct json_tree *said = tree_of(
        view_of("{\"nodes\": [{\"node\": 12, \"heard\": \"noon\", "
                "\"clock_offset_ms\": -90500, \"clock_wrong\": false, "
                "\"lag_events\": 7}, {\"node\": 99, \"heard\": \"noon\"}]}"));

    peers_hear(&peers, said);
    peers.rows[0].quarantined = 3;
    char *table = printed(&peers, false);
    assert_string_equal(
        table, "node\trole\titems\tlast came\tlast heard\tlag\tits clock\t"
               "quarantined\n"
               "11\t-\t100\t2026-01-01T00:00:00.000Z\t-\t-\t-\t3\n"
               "12\t-\t101\t2026-01-01T00:00:00.001Z\tnoon\t7\t+90 s\t0\n");
    free(table);
    json_close(said);
    peers_close(&peers);

    table = printed(&peers, false);
    assert_string_equal(table, "");
    free(table);
}

TEST(of_many_the_worst_come_first)
{
    enum { COUNT = 50 };
    struct peers peers = make_peers(COUNT);
    struct text text = all_well(14, COUNT - 3); /* 11, 12 and 13 are away */
    struct json_tree *said =
        tree_of((view) { text.bytes, (uint32_t)text.size });
    uint32_t nodes[COUNT + 1];

    peers_hear(&peers, said);
    peers_find(&peers, 12)->last_ms = AT_MS - 1;
    peers_find(&peers, 30)->lag = 5;
    peers_find(&peers, 31)->lag = 6;
    peers_find(&peers, 40)->clock_wrong = true;
    peers_find(&peers, 50)->quarantined = 1;
    char *table = printed(&peers, false);
    assert_int_equal(nodes_of(table, nodes, COUNT + 1), PEERS_SHOWN);
    static const uint32_t FIRST[] = { 50, 40, 12, 11, 13, 31, 30, 14, 15 };
    for (uint32_t i = 0; i < COUNT_OF(FIRST); i++)
        assert_int_equal(nodes[i], FIRST[i]);
    assert_non_null(strstr(table,
                           "... 50 in all: 47 connected, 2 of them behind; of "
                           "1 something is quarantined; --all lists them all"));
    free(table);

    /* All of them, and after a short list, too, by number. */
    table = printed(&peers, true);
    assert_int_equal(nodes_of(table, nodes, COUNT + 1), COUNT);
    for (uint32_t i = 0; i < COUNT; i++)
        assert_int_equal(nodes[i], 11 + i);
    assert_null(strstr(table, "..."));
    free(table);
    json_close(said);
    text_close(&text);
    peers_close(&peers);
}

TEST(a_screen_is_not_cut)
{
    struct peers peers = make_peers(PEERS_SHOWN);
    uint32_t nodes[PEERS_SHOWN + 1];
    char *table = printed(&peers, false);

    assert_int_equal(nodes_of(table, nodes, PEERS_SHOWN + 1), PEERS_SHOWN);
    assert_null(strstr(table, "..."));
    free(table);
    peers_close(&peers);
}

TEST(json_has_them_all)
{
    struct peers peers = make_peers(30);
    struct text out = { 0 };

    peers.rows[1].last_ms = 0;
    text_char(&out, '{');
    peers_json(&out, &peers);
    text_char(&out, '}');
    struct json_tree *tree = tree_of((view) { out.bytes, (uint32_t)out.size });
    const struct json_tree *nodes = json_get(tree, "nodes");
    int64_t number = 0;
    assert_int_equal(json_count(nodes), 30);
    assert_true(
        json_get_integer(json_get(json_at(nodes, 29), "node"), &number));
    assert_int_equal(number, 40);
    assert_int_equal(json_type_of(json_get(json_at(nodes, 1), "last")),
                     JSON_TYPE_NULL);
    json_close(tree);
    text_close(&out);
    peers_close(&peers);
}

RUN(cmocka_unit_test(rows_are_found_and_grow),
    cmocka_unit_test(a_few_are_listed_by_number),
    cmocka_unit_test(of_many_the_worst_come_first),
    cmocka_unit_test(a_screen_is_not_cut), cmocka_unit_test(json_has_them_all))
