#include "nodes/roster.h"

#include "core/hash.h"

#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 4096 };

struct roster {
    uint32_t count;
    struct guest *list[ROSTER_MAX]; /* in no order, without holes */
    uint32_t bulk_count;
    struct grants grants;
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
    guest->grant.owner = guest;
    guest->chain = *bucket;
    *bucket = guest;
    guest->node_chain = *of_node;
    *of_node = guest;
    if (relay) {
        guest->next_relay = roster->relays;
        roster->relays = guest;
    }
    roster->list[roster->count++] = guest;
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

static void
take_place(struct guest *guest, const struct guest *before)
{
    if (before->settled_ms != 0 &&
        (guest->settled_ms == 0 || before->settled_ms < guest->settled_ms))
        guest->settled_ms = before->settled_ms;
}

void
roster_fence(struct roster *roster, struct guest *guest)
{
    const uint32_t node = guest->peer.pass.node;
    struct guest *other = NULL;

    while ((other = roster_next_of(roster, node, other)) != NULL) {
        if (other == guest)
            continue;
        roster_set_bulk(roster, other, false);
        if (other->incarnation == guest->incarnation) {
            take_place(guest, other);
            end_later(other, FRAME_CODE_FENCED, "a newer session began");
        } else {
            other->rival = true;
        }
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

void
roster_note(struct roster *roster, struct guest *guest)
{
    const struct session *session = guest->session;

    if (guest->gone)
        return;
    grants_note(&roster->grants, &guest->grant, session_granted(session),
                session_backlog(session), session_needed(session));
}

void
roster_came(struct roster *roster, uint64_t size)
{
    grants_came(&roster->grants, size);
}

struct guest *
roster_next_turn(struct roster *roster, uint64_t *ret_size)
{
    struct grant *grant = grants_next(&roster->grants, ret_size);

    return grant ? grant->owner : NULL;
}

void
roster_tick_turns(struct roster *roster)
{
    struct guest *most = NULL;

    for (uint32_t i = 0; i < roster->count; i++) {
        struct guest *guest = roster->list[i];
        grants_tick(&roster->grants, &guest->grant);
        if (!guest->gone && guest->ends == 0 && guest->grant.stale &&
            guest->grant.held > GRANTS_REST &&
            (!most || guest->grant.held > most->grant.held))
            most = guest;
    }
    if (roster->grants.choked && most)
        end_later(most, FRAME_CODE_SESSION, "credit not used: come again");
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
        grants_leave(&roster->grants, &guest->grant);
        unlink_guest(roster, guest);
        roster->list[i] = roster->list[--roster->count];
        end(guest);
    }
}
