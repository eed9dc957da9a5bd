/* peers.c - see peers.h */
#include "tools/peers.h"

#include "core/calendar.h"
#include "tools/table.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static int
compare_numbers(const void *left, const void *right)
{
    const struct peer *a = left;
    const struct peer *b = right;

    return (a->node > b->node) - (a->node < b->node);
}

struct peer *
peers_add(struct peers *peers, uint32_t node)
{
    struct peer *peer = peers_find(peers, node);

    if (peer)
        return peer;
    if (peers->count == peers->room) {
        uint32_t room = peers->room == 0 ? 64 : peers->room * 2;
        struct peer *rows = realloc(peers->rows, room * sizeof *rows);
        if (!rows)
            return NULL;
        peers->rows = rows;
        peers->room = room;
    }
    uint32_t place = peers->count++;
    while (place > 0 && peers->rows[place - 1].node > node)
        place--;
    peer = &peers->rows[place];
    memmove(peer + 1, peer, (peers->count - 1 - place) * sizeof *peer);
    *peer = (struct peer) { .node = node };
    return peer;
}

struct peer *
peers_find(const struct peers *peers, uint32_t node)
{
    const struct peer key = { .node = node };

    return peers->count == 0 ? NULL
                             : bsearch(&key, peers->rows, peers->count,
                                       sizeof key, compare_numbers);
}

void
peers_close(struct peers *peers)
{
    free(peers->rows);
    *peers = (struct peers) { 0 };
}

static void
hear(struct peer *peer, const struct json_tree *said)
{
    int64_t lag = 0;

    peer->is_here =
        json_get_string(json_get(said, "heard"), &peer->heard) &&
        json_get_integer(json_get(said, "lag_events"), &lag) &&
        json_get_integer(json_get(said, "clock_offset_ms"),
                         &peer->clock_offset_ms) &&
        json_get_bool(json_get(said, "clock_wrong"), &peer->clock_wrong);
    peer->lag = (uint64_t)lag;
}

void
peers_hear(struct peers *peers, const struct json_tree *process)
{
    const struct json_tree *nodes = json_get(process, "nodes");

    for (uint32_t i = 0; i < json_count(nodes); i++) {
        const struct json_tree *said = json_at(nodes, i);
        int64_t node = 0;
        struct peer *peer = NULL;
        if (json_get_integer(json_get(said, "node"), &node) && node > 0 &&
            node <= UINT32_MAX)
            peer = peers_find(peers, (uint32_t)node);
        if (peer)
            hear(peer, said);
    }
}

/* Who has brought what has no effect; whose clock is wrong; who is away, the
 * longest first; who lags, the most first. */
static int
compare_worst(const void *left, const void *right)
{
    const struct peer *a = left;
    const struct peer *b = right;

    if ((a->quarantined > 0) != (b->quarantined > 0))
        return a->quarantined > 0 ? -1 : 1;
    if (a->clock_wrong != b->clock_wrong)
        return a->clock_wrong ? -1 : 1;
    if (a->is_here != b->is_here)
        return a->is_here ? 1 : -1;
    if (!a->is_here && a->last_ms != b->last_ms)
        return a->last_ms < b->last_ms ? -1 : 1;
    if (a->lag != b->lag)
        return a->lag > b->lag ? -1 : 1;
    return compare_numbers(left, right);
}

static void
put_row(struct table *table, const struct peer *peer)
{
    char time[25] = "-";
    char clock[32] = "-";

    if (peer->last_ms > 0)
        calendar_format_time(peer->last_ms, time);
    if (peer->is_here)
        snprintf(clock, sizeof clock, "%+" PRId64 " s",
                 -peer->clock_offset_ms / 1000);
    table_row(table);
    table_integer(table, peer->node);
    table_text(table, peer->role ? peer->role : "-");
    table_integer(table, (int64_t)peer->items);
    table_text(table, time);
    table_view(table, peer->is_here ? peer->heard : view_of("-"));
    if (peer->is_here)
        table_integer(table, (int64_t)peer->lag);
    else
        table_text(table, "-");
    table_text(table, clock);
    table_integer(table, (int64_t)peer->quarantined);
}

static void
print_count(const struct peers *peers, FILE *out)
{
    uint32_t here = 0;
    uint32_t late = 0;
    uint32_t bad = 0;

    for (uint32_t i = 0; i < peers->count; i++) {
        here += peers->rows[i].is_here;
        late += peers->rows[i].lag > 0;
        bad += peers->rows[i].quarantined > 0;
    }
    fprintf(out,
            "... %" PRIu32 " in all: %" PRIu32 " connected, %" PRIu32
            " of them behind; of %" PRIu32
            " something is quarantined; --all lists them all\n",
            peers->count, here, late, bad);
}

bool
peers_print(struct peers *peers, bool all, FILE *out)
{
    static const struct table_column COLUMNS[] = {
        { "node", true },       { "role", false },       { "items", true },
        { "last came", false }, { "last heard", false }, { "lag", true },
        { "its clock", true },  { "quarantined", true },
    };
    bool is_short = !all && peers->count > PEERS_SHOWN;

    if (peers->count == 0)
        return true;
    struct table *table = table_open(COLUMNS, COUNT_OF(COLUMNS));
    if (table && is_short)
        qsort(peers->rows, peers->count, sizeof *peers->rows, compare_worst);
    for (uint32_t i = 0; table && i < peers->count; i++)
        if (!is_short || i < PEERS_SHOWN)
            put_row(table, &peers->rows[i]);
    bool done = table != NULL && table_print(table, out);
    table_close(table);
    if (table && is_short) {
        print_count(peers, out);
        qsort(peers->rows, peers->count, sizeof *peers->rows, compare_numbers);
    }
    return done;
}

void
peers_json(struct text *out, const struct peers *peers)
{
    text_json_key(out, "nodes");
    text_char(out, '[');
    for (uint32_t i = 0; i < peers->count; i++) {
        const struct peer *peer = &peers->rows[i];
        text_comma(out);
        text_char(out, '{');
        text_json_integer(out, "node", peer->node);
        if (peer->role)
            text_json_view(out, "role", view_of(peer->role));
        else
            text_json_null(out, "role");
        text_json_integer(out, "items", (int64_t)peer->items);
        if (peer->last_ms > 0)
            text_json_time(out, "last", peer->last_ms);
        else
            text_json_null(out, "last");
        text_json_integer(out, "quarantined", (int64_t)peer->quarantined);
        text_char(out, '}');
    }
    text_char(out, ']');
}
