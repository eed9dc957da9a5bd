#include "nodes/roster.h"

#include "core/hash.h"

#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 4096 };

struct roster {
    uint32_t count;
    struct guest *list[ROSTER_MAX]; /* in no order, without holes */
    uint32_t bulk_count;
    uint32_t busy_count; /* of the others, those who have something to bring */
    struct guest *buckets[BUCKETS]; /* by route ... */
    struct guest *nodes[BUCKETS];   /* ... and by number */
    struct guest *relays;
};

struct roster *
roster_open(void)
{
    return calloc(1, sizeof(struct roster));
}

static void
end(struct guest *guest)
{
    session_close(guest->session);
    feed_parcel_close(&guest->parcel);
    refill_close(&guest->refill);
    free(guest);
}

void
roster_close(struct roster *roster)
{
    if (!roster)
        return;
    for (uint32_t i = 0; i < roster->count; i++)
        end(roster->list[i]);
    free(roster);
}

uint32_t
roster_count(const struct roster *roster)
{
    return roster->count;
}

/* Routes are numbers that libzmq counts up; no stranger chooses them. */
static uint32_t
bucket_of(const struct transport_peer *peer)
{
    return (uint32_t)(hash_64((view) { peer->route, peer->route_size }, 0) %
                      BUCKETS);
}

static bool
same_route(const struct transport_peer *a, const struct transport_peer *b)
{
    return a->route_size == b->route_size &&
           memcmp(a->route, b->route, a->route_size) == 0;
}

struct guest *
roster_find(const struct roster *roster, const struct transport_peer *peer)
{
    struct guest *guest = roster->buckets[bucket_of(peer)];

    while (guest && !same_route(&guest->peer, peer))
        guest = guest->chain;
    return guest;
}

static void
end_later(struct guest *guest, enum frame_code code, const char *words)
{
    guest->ends = code;
    guest->ends_words = words;
}

/* Makes room for one more of the node. */
static void
bound_node(const struct roster *roster, uint32_t node)
{
    struct guest *silent = NULL;
    struct guest *guest = NULL;
    uint32_t count = 0;

    while ((guest = roster_next_of(roster, node, guest)) != NULL) {
        if (guest->ends != 0)
            continue;
        count++;
        if (!silent || guest->heard_ms < silent->heard_ms)
            silent = guest;
    }
    if (count >= ROSTER_NODE_MAX)
        end_later(silent, FRAME_CODE_FENCED, "newer sessions began");
}

struct guest *
roster_add(struct roster *roster, const struct transport_peer *peer,
           struct session *session, bool relay)
{
    assert(!roster_find(roster, peer));
    struct guest *guest =
        roster->count < ROSTER_MAX ? calloc(1, sizeof *guest) : NULL;
    if (!guest)
        return NULL;
    bound_node(roster, peer->pass.node);
    struct guest **bucket = &roster->buckets[bucket_of(peer)];
    struct guest **of_node = &roster->nodes[peer->pass.node % BUCKETS];
    guest->peer = *peer;
    guest->session = session;
    guest->relay = relay;
    guest->chain = *bucket;
    *bucket = guest;
    guest->node_chain = *of_node;
    *of_node = guest;
    if (relay) {
        guest->next_relay = roster->relays;
        roster->relays = guest;
    }
    roster->list[roster->count++] = guest;
    roster->busy_count++;
    return guest;
}

struct guest *
roster_at(const struct roster *roster, uint32_t index)
{
    assert(index < roster->count);
    return roster->list[index];
}

struct guest *
roster_next_of(const struct roster *roster, uint32_t node,
               const struct guest *prev)
{
    struct guest *guest =
        prev ? prev->node_chain : roster->nodes[node % BUCKETS];

    while (guest && (guest->gone || guest->peer.pass.node != node))
        guest = guest->node_chain;
    return guest;
}

struct guest *
roster_next_relay(const struct roster *roster, const struct guest *prev)
{
    struct guest *guest = prev ? prev->next_relay : roster->relays;

    while (guest && guest->gone)
        guest = guest->next_relay;
    return guest;
}

void
roster_fence(struct roster *roster, const struct guest *guest)
{
    const uint32_t node = guest->peer.pass.node;
    struct guest *other = NULL;

    while ((other = roster_next_of(roster, node, other)) != NULL) {
        if (other == guest)
            continue;
        roster_set_bulk(roster, other, false);
        if (other->incarnation == guest->incarnation)
            end_later(other, FRAME_CODE_FENCED, "a newer session began");
        else
            other->rival = true;
    }
}

/* The guest that holds back most; NULL: all together are within the bound. */
static struct guest *
find_excess(const struct roster *roster)
{
    struct guest *most = NULL;
    uint64_t size = 0;

    for (uint32_t i = 0; i < roster->count; i++) {
        struct guest *guest = roster->list[i];
        size += guest->refill.size;
        if (!most || guest->refill.size > most->refill.size)
            most = guest;
    }
    return size > ROSTER_REFILL_MAX ? most : NULL;
}

void
roster_bound_refills(struct roster *roster)
{
    struct guest *guest;

    while ((guest = find_excess(roster)) != NULL) {
        refill_close(&guest->refill);
        end_later(guest, FRAME_CODE_SESSION, "no room: come again");
    }
}

void
roster_set_bulk(struct roster *roster, struct guest *guest, bool bulk)
{
    roster->bulk_count += bulk;
    roster->bulk_count -= guest->bulk;
    guest->bulk = bulk;
}

uint32_t
roster_bulk_count(const struct roster *roster)
{
    return roster->bulk_count;
}

uint64_t
roster_window(const struct roster *roster, bool bulk)
{
    uint32_t count = bulk ? roster->bulk_count : roster->busy_count;
    uint64_t all = bulk ? ROSTER_WINDOW_ALL : ROSTER_WINDOW_REST;
    uint64_t most = bulk ? ROSTER_WINDOW_BULK : ROSTER_WINDOW_LIVE;
    uint64_t share = all / (count > 0 ? count : 1);

    if (share < ROSTER_WINDOW_LEAST)
        return ROSTER_WINDOW_LEAST;
    return share < most ? share : most;
}

static uint32_t
count_busy(const struct roster *roster)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < roster->count; i++) {
        const struct guest *guest = roster->list[i];
        count += !guest->gone && !guest->bulk &&
                 !session_is_received(guest->session);
    }
    return count;
}

void
roster_share_window(struct roster *roster)
{
    roster->busy_count = count_busy(roster);
    const uint64_t windows[2] = { roster_window(roster, false),
                                  roster_window(roster, true) };

    for (uint32_t i = 0; i < roster->count; i++) {
        struct guest *guest = roster->list[i];
        if (!guest->gone)
            session_set_window(guest->session, windows[guest->bulk]);
    }
}

/* Out of all lists but the first. */
static void
unlink_guest(struct roster *roster, const struct guest *guest)
{
    struct guest **link = &roster->buckets[bucket_of(&guest->peer)];

    while (*link != guest)
        link = &(*link)->chain;
    *link = guest->chain;
    link = &roster->nodes[guest->peer.pass.node % BUCKETS];
    while (*link != guest)
        link = &(*link)->node_chain;
    *link = guest->node_chain;
    if (!guest->relay)
        return;
    link = &roster->relays;
    while (*link != guest)
        link = &(*link)->next_relay;
    *link = guest->next_relay;
}

void
roster_sweep(struct roster *roster)
{
    for (uint32_t i = 0; i < roster->count;) {
        struct guest *guest = roster->list[i];
        if (!guest->gone) {
            i++;
            continue;
        }
        roster_set_bulk(roster, guest, false);
        unlink_guest(roster, guest);
        roster->list[i] = roster->list[--roster->count];
        end(guest);
    }
}
