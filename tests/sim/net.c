#include "tests/sim/net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/crypto.h"
#include "core/hash.h"
#include "nodes/frame.h"
#include "nodes/sync.h"
#include "tests/sim/heap.h"
#include "tests/sim/toll.h"

enum {
    QUEUE_FRAMES = 128, /* of a connection, each way: of its two ends */
    HANDSHAKE_MS = 40,
    NOTICED_MS = 20000,
    LONG_MS = 100,
    UNREAD_MS = 1000,
};
/* The speech of a newer program; places in frames as frame.h has them. */
enum {
    NEWER_SIZE = 24, /* bytes more, of every payload ... */
    WIDER_SIZE = 8,  /* ... and of every entry of a list */
    STRANGE = 20,    /* one in so many is followed by one of no known kind */
    HEADER_KIND_AT = 5,
    HEADER_SIZE_AT = 16,
    VERSION_AT = 0, /* of a HELLO the least, ... */
    HELLO_MAX_AT = 4,
    HELLO_LIST_AT = 56,
    WELCOME_LIST_AT = 32,
    LIST_HEAD_SIZE = 8, /* count, and the size of an entry */
    HELD_FLAGS_AT = 64,
};
static const uint32_t STRANGE_FLAG = 1u << 30;

struct packet {
    int64_t due_ms;
    uint64_t order;
    struct transport_peer peer; /* whom it comes from; at a node: zeros */
    uint64_t route;             /* the connection that it belongs to */
    struct machine *from;
    uint32_t size;
    uint8_t header[FRAME_HEADER_SIZE];
    uint8_t payload[];
};

/* A node's connection. */
struct cable {
    uint64_t route; /* 0: none; else machine's index and number of the dial */
    uint32_t hub;   /* index of the machine at the other end */
    bool up;
    int64_t up_ms;              /* when the handshake ends */
    int64_t down_ms;            /* when the node notices that it is over */
    int64_t sent_ms;            /* the last frame's time, up ... */
    int64_t back_ms;            /* ... and down */
    uint32_t waiting[2];        /* frames that nobody has read, up and down */
    struct transport_peer peer; /* as the hub sees it */
    curve_key key;
    curve_key hub_key;
};

struct transport {
    struct machine *machine;
    struct transport *beside; /* the process's next one; a hub listens by the
                               * first */
    bool listens;
    char endpoint[KEYS_ENDPOINT_SIZE];
    curve_key key;
    transport_gate *gate;
    void *context;
    struct cable cable;
    struct packet **queue; /* a heap, soonest first */
    uint32_t queue_count;
    uint32_t queue_room;
    int64_t queue_bytes;
};

static struct net *the_net;

void
net_begin(struct net *net)
{
    the_net = net;
}

/* --- who hears whom --- */

static bool
can_see(uint32_t a, uint32_t b)
{
    const struct net_place *places = the_net->places;

    return !places[a].cut && !places[b].cut && places[a].side == places[b].side;
}

static struct transport *
transport_at(uint32_t index)
{
    const struct machine *machine = the_net->machines[index];

    return machine->dead ? NULL : machine->transport;
}

static struct transport *
dialler_of(uint64_t route)
{
    struct transport *transport = transport_at((uint32_t)(route >> 32));

    while (transport && transport->cable.route != route)
        transport = transport->beside;
    return transport;
}

/* --- a queue --- */

static bool
comes_before(const struct packet *a, const struct packet *b)
{
    return a->due_ms != b->due_ms ? a->due_ms < b->due_ms : a->order < b->order;
}

/* How many frames wait on the packet's connection, in its direction; NULL: that
 * connection is no more. */
static uint32_t *
waiting_with(const struct transport *to, const struct packet *packet)
{
    struct transport *node = dialler_of(packet->route);

    return node ? &node->cable.waiting[!to->listens] : NULL;
}

static void
queue_put(struct transport *to, struct packet *packet)
{
    uint32_t *waiting = waiting_with(to, packet);

    if (waiting)
        ++*waiting;
    if (to->queue_count == to->queue_room) {
        to->queue_room = to->queue_room ? to->queue_room * 2 : 16;
        to->queue =
            heap_own_grow(to->queue, to->queue_room * sizeof to->queue[0]);
    }
    uint32_t at = to->queue_count++;
    for (; at > 0 && comes_before(packet, to->queue[(at - 1) / 2]);
         at = (at - 1) / 2)
        to->queue[at] = to->queue[(at - 1) / 2];
    to->queue[at] = packet;
    to->queue_bytes += packet->size;
    packet->from->unread_bytes += packet->size;
}

static struct packet *
queue_take(struct transport *from)
{
    struct packet *first = from->queue[0];
    struct packet *last = from->queue[--from->queue_count];
    uint32_t at = 0;

    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child >= from->queue_count)
            break;
        if (child + 1 < from->queue_count &&
            comes_before(from->queue[child + 1], from->queue[child]))
            child++;
        if (!comes_before(from->queue[child], last))
            break;
        from->queue[at] = from->queue[child];
        at = child;
    }
    from->queue[at] = last;
    from->queue_bytes -= first->size;
    first->from->unread_bytes -= first->size;
    uint32_t *waiting = waiting_with(from, first);
    if (waiting)
        --*waiting;
    return first;
}

static uint64_t
route_of(const struct transport_peer *peer)
{
    uint64_t route;

    memcpy(&route, peer->route, sizeof route);
    return route;
}

/* --- opening and closing --- */

/* Where the machine's list has it, or ends. */
static struct transport **
find_place(struct machine *machine, const struct transport *transport)
{
    struct transport **place = &machine->transport;

    while (*place != NULL && *place != transport)
        place = &(*place)->beside;
    return place;
}

enum err
transport_open(struct transport **ret_transport)
{
    struct transport *transport = calloc(1, sizeof *transport);

    if (transport == NULL)
        return ERR_MEMORY;
    transport->machine = machine_here();
    assert(transport->machine != NULL);
    *find_place(transport->machine, NULL) = transport;
    *ret_transport = transport;
    return OK;
}

void
transport_close(struct transport *transport)
{
    if (transport == NULL)
        return;
    if (transport->listens)
        net_forget(transport->machine);
    while (transport->queue_count > 0)
        heap_own_drop(queue_take(transport));
    *find_place(transport->machine, transport) = transport->beside;
    heap_own_drop(transport->queue);
    free(transport);
}

void
net_forget(struct machine *machine)
{
    const struct transport *transport = machine->transport;

    if (transport == NULL || !transport->listens)
        return;
    for (uint32_t i = 0; i < the_net->machine_count; i++) {
        struct transport *other = the_net->machines[i]->transport;
        for (; other; other = other->beside)
            if (other->cable.route && other->cable.hub == machine->index &&
                other->cable.down_ms == INT64_MAX)
                other->cable.down_ms =
                    machine_true_ms() +
                    luck_between(the_net->luck, 1, NOTICED_MS);
    }
}

void
transport_keypair(struct keys_pair *ret_pair)
{
    for (uint32_t i = 0; i < CURVE_KEY_SIZE; i++)
        ret_pair->secret_key.bytes[i] = (uint8_t)luck_draw(the_net->luck);
    crypto_curve_public(ret_pair->secret_key.bytes, ret_pair->public_key.bytes);
}

void
net_endpoint(uint32_t index, char text[static KEYS_ENDPOINT_SIZE])
{
    snprintf(text, KEYS_ENDPOINT_SIZE, "tcp://10.0.0.1:%u", index + 1);
}

enum err
transport_listen(struct transport *transport,
                 const struct transport_listen *options,
                 struct complaint *complaint)
{
    (void)complaint;
    transport->listens = true;
    transport->gate = options->gate;
    transport->context = options->context;
    transport->key = options->keys->public_key;
    net_endpoint(transport->machine->index, transport->endpoint);
    return OK;
}

const char *
transport_endpoint(const struct transport *transport)
{
    return transport->endpoint;
}

enum err
transport_dial(struct transport *transport, const struct keys_hub *hub,
               const struct keys_pair *keys, struct complaint *complaint)
{
    unsigned port = 0;

    (void)complaint;
    transport_hang_up(transport);
    if (sscanf(hub->endpoint, "tcp://10.0.0.1:%u", &port) != 1 || port == 0 ||
        port > the_net->machine_count)
        return ERR_INPUT;
    struct cable *cable = &transport->cable;
    *cable = (struct cable) {
        .route = (uint64_t)transport->machine->index << 32 |
                 ++transport->machine->dials,
        .hub = port - 1,
        .up_ms =
            machine_true_ms() + luck_between(the_net->luck, 1, HANDSHAKE_MS),
        .down_ms = INT64_MAX,
        .key = keys->public_key,
        .hub_key = hub->key,
    };
    return OK;
}

void
transport_hang_up(struct transport *transport)
{
    /* What is on its way to the hub may still come there. */
    transport->cable = (struct cable) { 0 };
    while (transport->queue_count > 0)
        heap_own_drop(queue_take(transport));
}

void
transport_wait(struct transport *transport, const int *descriptors,
               uint32_t count, int64_t timeout_ms)
{
    (void)transport, (void)descriptors, (void)count, (void)timeout_ms;
}

/* The hub's gate is asked as on the thread of the handshakes. */
static enum transport_event
shake_hands(struct transport *transport)
{
    struct cable *cable = &transport->cable;
    struct transport *hub = transport_at(cable->hub);
    struct machine *here = machine_here();
    struct transport_peer *peer = &cable->peer;

    if (hub == NULL || !hub->listens ||
        !can_see(transport->machine->index, cable->hub) ||
        !curve_key_equal(hub->key, cable->hub_key))
        return TRANSPORT_DOWN;
    machine_enter(hub->machine);
    struct heap *heap = heap_watch(&hub->machine->heap);
    bool good = hub->gate(hub->context, cable->key, &peer->pass);
    heap_watch(heap);
    machine_enter(here);
    if (!good)
        return TRANSPORT_REFUSED;
    peer->key = cable->key;
    memcpy(peer->route, &cable->route, sizeof cable->route);
    peer->route_size = sizeof cable->route;
    cable->up = true;
    return TRANSPORT_UP;
}

enum transport_event
transport_event(struct transport *transport)
{
    struct cable *cable = &transport->cable;
    int64_t now_ms = machine_true_ms();

    if (cable->route == 0)
        return TRANSPORT_NOTHING;
    if (now_ms >= cable->down_ms) {
        *cable = (struct cable) { 0 };
        return TRANSPORT_DOWN;
    }
    if (cable->up || now_ms < cable->up_ms)
        return TRANSPORT_NOTHING;
    return shake_hands(transport);
}

const char *
transport_why(const struct transport *transport)
{
    (void)transport;
    return NULL;
}

/* --- frames --- */

int64_t
net_due_ms(const struct machine *machine)
{
    const struct transport *transport = machine->transport;
    int64_t due_ms = INT64_MAX;

    for (; transport; transport = transport->beside)
        if (transport->queue_count > 0 && transport->queue[0]->due_ms < due_ms)
            due_ms = transport->queue[0]->due_ms;
    return due_ms;
}

int64_t
net_waiting(const struct machine *machine)
{
    const struct transport *transport = machine->transport;
    int64_t bytes = 0;

    for (; transport; transport = transport->beside)
        bytes += transport->queue_bytes;
    return bytes;
}

enum err
transport_receive(struct transport *transport,
                  struct transport_message *ret_message)
{
    struct machine *machine = transport->machine;
    int64_t now_ms = machine_true_ms();

    if (transport->queue_count == 0 || transport->queue[0]->due_ms > now_ms)
        return ERR_NOT_FOUND;
    if (machine->read_every_ms > 0 &&
        now_ms < machine->read_ms + machine->read_every_ms)
        return ERR_NOT_FOUND;
    machine->read_ms = now_ms;
    struct packet *packet = queue_take(transport);
    if (machine->read_every_ms > 0 && now_ms >= packet->due_ms + UNREAD_MS)
        toll_count(TOLL_UNREAD);
    struct transport_message message = {
        .peer = packet->peer,
        .header = { packet->header, FRAME_HEADER_SIZE },
        .payload = { packet->payload, packet->size },
    };
    memcpy(message.storage[0], &packet, sizeof packet);
    *ret_message = message;
    return OK;
}

void
transport_release(struct transport_message *message)
{
    struct packet *packet;

    memcpy(&packet, message->storage[0], sizeof packet);
    heap_own_drop(packet);
}

static struct packet *
new_packet(size_t size)
{
    struct packet *packet = heap_own_take(sizeof *packet + size);

    assert(size <= LIMIT_FRAME_SIZE);
    packet->size = (uint32_t)size;
    return packet;
}

/* Where the list of streams stands in the frame; 0: it has none. */
static uint32_t
list_at(const struct frame *frame)
{
    return frame->kind == FRAME_HELLO     ? HELLO_LIST_AT
           : frame->kind == FRAME_WELCOME ? WELCOME_LIST_AT
                                          : 0;
}

/* Each entry of the list is longer by something unknown.  Returns by how much
 * the payload, for which there is room, has grown. */
static uint32_t
widen(uint8_t *payload, uint32_t size, uint32_t at, bool flags)
{
    uint32_t head[2];

    memcpy(head, payload + at, sizeof head);
    const uint32_t count = head[0], entry = head[1], wide = entry + WIDER_SIZE;
    uint8_t *list = payload + at + LIST_HEAD_SIZE;
    assert(at + LIST_HEAD_SIZE + count * entry <= size);
    memmove(list + (size_t)count * wide, list + (size_t)count * entry,
            size - at - LIST_HEAD_SIZE - (size_t)count * entry);
    for (uint32_t i = count; i-- > 0;) {
        uint8_t *to = list + (size_t)i * wide;
        uint32_t known;
        memmove(to, list + (size_t)i * entry, entry);
        memset(to + entry, 0x5a, WIDER_SIZE);
        memcpy(&known, to + HELD_FLAGS_AT, sizeof known);
        known |= STRANGE_FLAG;
        if (flags)
            memcpy(to + HELD_FLAGS_AT, &known, sizeof known);
    }
    memcpy(payload + at + sizeof head[0], &wide, sizeof wide);
    return count * WIDER_SIZE;
}

static void
say_version(const struct machine *machine, const struct frame *frame,
            uint8_t *payload)
{
    const uint32_t version = SYNC_VERSION + 1;

    if (frame->kind == FRAME_HELLO && (machine->newer || machine->apart)) {
        memcpy(payload + HELLO_MAX_AT, &version, sizeof version);
        toll_count(machine->apart ? TOLL_APART : TOLL_NEWER);
    }
    if (list_at(frame) > 0 && machine->apart)
        memcpy(payload + VERSION_AT, &version, sizeof version);
}

static struct packet *
pack(const struct frame *frame, const struct machine *machine)
{
    const uint32_t at = list_at(frame);
    uint32_t size = (uint32_t)frame_payload_size(frame);
    uint32_t count = frame->kind == FRAME_HELLO ? frame->hello.offer_count : 0;

    if (frame->kind == FRAME_WELCOME)
        count = frame->welcome.held_count;
    uint32_t more = NEWER_SIZE + count * WIDER_SIZE;
    if (!machine->newer || size + more > LIMIT_FRAME_SIZE)
        more = 0;
    struct packet *packet = new_packet(size + more);
    frame_encode(frame, packet->header, packet->payload);
    memcpy(packet->header + HEADER_SIZE_AT, &packet->size, sizeof packet->size);
    say_version(machine, frame, packet->payload);
    if (more > 0 && at > 0)
        size += widen(packet->payload, size, at, frame->kind == FRAME_WELCOME);
    memset(packet->payload + size, 0x5a, packet->size - size);
    return packet;
}

/* As nobody here knows. */
static struct packet *
pack_strange(const struct frame *like, const struct machine *machine)
{
    struct frame frame = { .kind = FRAME_BYE, .session = like->session };
    struct packet *packet = pack(&frame, machine);

    packet->header[HEADER_KIND_AT] = FRAME_KIND_END + 7;
    return packet;
}

/* How long the line is in use; `free_us` is when it is free again. */
static int64_t
occupy(int64_t *free_us, int64_t now_us, uint32_t size, int64_t rate)
{
    if (now_us > *free_us)
        *free_us = now_us;
    *free_us += rate > 0 ? (int64_t)size * 1000 / rate : 0;
    return *free_us;
}

/* When the last byte of it has gone over both machines' lines. */
static int64_t
carry_over(const struct transport *to, const struct packet *packet)
{
    const struct net_weather *weather = &the_net->weather;
    struct machine *from = packet->from;
    bool from_hub = from->transport && from->transport->listens;

    int64_t out_us =
        occupy(&from->out_free_us, machine_true_ms() * 1000, packet->size,
               from_hub ? weather->hub_rate : weather->line_rate);
    return occupy(&to->machine->in_free_us, out_us, packet->size,
                  to->listens ? weather->hub_rate : weather->line_rate) /
           1000;
}

/* Puts it on its way.  `last_ms` is when the one before it arrives. */
static void
post(struct transport *to, struct packet *packet, int64_t *last_ms)
{
    const struct net_weather *weather = &the_net->weather;
    struct luck *luck = the_net->luck;

    packet->due_ms = carry_over(to, packet) + weather->delay_ms +
                     luck_between(luck, 0, weather->delay_more);
    packet->order = the_net->order++;
    if (!luck_hits(luck, weather->overtake)) {
        if (packet->due_ms < *last_ms)
            packet->due_ms = *last_ms;
        *last_ms = packet->due_ms;
    } else if (packet->due_ms < *last_ms) {
        toll_count(TOLL_OVERTAKEN);
    }
    if (packet->due_ms >= machine_true_ms() + LONG_MS)
        toll_count(TOLL_DELAYED);
    queue_put(to, packet);
}

static void
deliver(struct transport *to, struct packet *packet, int64_t *last_ms)
{
    struct luck *luck = the_net->luck;

    if (luck_hits(luck, the_net->weather.twice)) {
        struct packet *copy = heap_own_take(sizeof *copy + packet->size);
        memcpy(copy, packet, sizeof *copy + packet->size);
        toll_count(TOLL_DOUBLED);
        post(to, copy, last_ms);
    }
    post(to, packet, last_ms);
}

/* What stands before the records has no check of its own: CURVE is its check.
 */
static void
flip(struct packet *packet, const struct frame *frame)
{
    struct luck *luck = the_net->luck;

    if (frame->kind != FRAME_BATCH || frame->batch.records.size == 0 ||
        packet->size <= FRAME_BATCH_FIXED + frame->batch.records.size - 1 ||
        !luck_hits(luck, the_net->weather.flips))
        return;
    uint32_t at =
        FRAME_BATCH_FIXED + luck_below(luck, frame->batch.records.size);
    packet->payload[at] ^= (uint8_t)(1 << luck_below(luck, 8));
    toll_count(TOLL_FLIPPED);
}

static void
take_print(const struct machine *machine, const struct packet *packet)
{
    uint64_t print = the_net->print;

    print = hash_64((view) { packet->header, FRAME_HEADER_SIZE }, print);
    print = hash_64((view) { packet->payload, packet->size }, print);
    the_net->print = print + (uint64_t)machine_true_ms() + machine->index;
}

/* Who hears it, over which cable; NULL: nobody. */
static enum err
find_way(struct transport *from, const struct transport_peer *peer,
         struct transport **ret_to, struct cable **ret_cable)
{
    struct transport *node = peer ? dialler_of(route_of(peer)) : from;

    if (node == NULL || !node->cable.up)
        return ERR_NOT_FOUND;
    *ret_cable = &node->cable;
    *ret_to = peer ? node : transport_at(node->cable.hub);
    return OK;
}

static void
send_packet(struct machine *machine, const struct transport_peer *peer,
            struct transport *to, struct cable *cable, struct packet *packet)
{
    packet->route = cable->route;
    packet->from = machine;
    take_print(machine, packet);
    if (peer == NULL)
        packet->peer = cable->peer;
    deliver(to, packet, peer ? &cable->back_ms : &cable->sent_ms);
}

static bool
arrives(const struct machine *from, const struct transport *to)
{
    if (to == NULL)
        return false;
    if (!can_see(from->index, to->machine->index)) {
        toll_count(TOLL_PARTED);
        return false;
    }
    if (!luck_hits(the_net->luck, the_net->weather.loss))
        return true;
    toll_count(TOLL_LOST);
    return false;
}

enum err
transport_send(struct transport *transport, const struct transport_peer *peer,
               const struct frame *meant)
{
    struct machine *machine = transport->machine;
    struct frame said = *meant;
    const struct frame *frame = &said;
    struct transport *to;
    struct cable *cable;

    if (machine->dead)
        return OK;
    if (machine_burn(machine)) {
        toll_count(TOLL_DIED_SENDING);
        return OK;
    }
    if (find_way(transport, peer, &to, &cable) != OK)
        return ERR_NOT_FOUND;
    the_net->sent++;
    const uint32_t whom = peer ? (uint32_t)(cable->route >> 32) : cable->hub;
    if (the_net->spy)
        the_net->spy(the_net->context, machine, whom, frame);
    if (the_net->bend)
        the_net->bend(the_net->context, machine, whom, &said);
    if (cable->waiting[peer != NULL] >= QUEUE_FRAMES)
        return ERR_BUSY;
    if (luck_hits(the_net->luck, the_net->weather.breaks)) {
        cable->down_ms = machine_true_ms() + 1;
        toll_count(TOLL_BROKEN);
    }
    if (!arrives(machine, to)) {
        the_net->lost++;
        return OK;
    }
    struct packet *packet = pack(frame, machine);
    flip(packet, frame);
    send_packet(machine, peer, to, cable, packet);
    if (machine->newer && luck_below(the_net->luck, STRANGE) == 0) {
        toll_count(TOLL_STRANGE);
        send_packet(machine, peer, to, cable, pack_strange(frame, machine));
    }
    return OK;
}

void
net_blurt(struct machine *machine, view header, view payload)
{
    struct transport *to;
    struct cable *cable;

    assert(header.size == FRAME_HEADER_SIZE);
    if (find_way(machine->transport, NULL, &to, &cable) != OK ||
        cable->waiting[0] >= QUEUE_FRAMES || !arrives(machine, to))
        return;
    struct packet *packet = new_packet(payload.size);
    memcpy(packet->header, header.bytes, header.size);
    memcpy(packet->payload, payload.bytes, payload.size);
    send_packet(machine, NULL, to, cable, packet);
}
