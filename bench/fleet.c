#include "bench/fleet.h"

#include "bench/bench.h"
#include "core/codec.h"
#include "nodes/allow.h"
#include "nodes/sync.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <zmq.h>

enum {
    NODE_FIRST = 1001,
    STRETCHES = 2,
    LIVE_FRAMES =
        20, /* of a node that is live beside one that catches up, ... */
};
static const double LIVE_PAUSE = 0.02; /* ... with as many seconds between */

/* One frame to be sent, and when it was. */
struct shipment {
    view bytes; /* a record */
    uint64_t seq;
    digest before;
    double sent;
};

struct ship {
    uint32_t node;
    stream_head head;
    struct keys_pair keys;
    uint64_t session;
    uint64_t credit;
    uint64_t total;
    uint64_t needed; /* what it has asked for */
    bool strict;     /* nothing goes beyond the credit */
    uint32_t next;   /* shipment to send */
    uint32_t acked;  /* the first that is not */
    uint32_t count;
    uint32_t stretch_count; /* of the first stretch */
    uint64_t sales;         /* prepared */
    double ready;           /* not before that */
    double heard;           /* when it was told something, or asked for it */
    struct shipment *shipments;
};

struct fleet {
    struct fleet_options options;
    uint32_t stretch;
    uint64_t epoch;
    void *context;
    void *socket; /* a ROUTER with a connection for each; NULL: hung up */
    struct arena arena;
    uint64_t number; /* of the next purchase */
    double *waits;
    uint32_t wait_count;
    uint32_t asked_count; /* in this stretch, who heard nothing and asked */
    uint32_t left;        /* frames of it that are not acknowledged yet */
    struct ship ships[FLEET_NODES_MAX];
};

/* --- preparing --- */

/* Purchases follow each other by a tenth of a second in the whole fleet. */
static int64_t
at_ms(const struct fleet *fleet, uint32_t index, uint32_t stretch)
{
    int64_t at = SALES_START_MS + (int64_t)fleet->number * 100;

    if (fleet->options.late && index == 0 && stretch == 1)
        at -= CALENDAR_DAY_MS;
    return at;
}

/* Who buys next at a node: of its own customers, one after the other and then
 * any; where one node is late, anybody. */
static uint64_t
customer(const struct fleet *fleet, uint32_t index, uint32_t stretch)
{
    const struct fleet_options *options = &fleet->options;
    const struct ship *ship = &fleet->ships[index];
    uint64_t own = options->accounts / options->nodes;

    if (stretch == 1 && options->late)
        return sales_member(fleet->number, options->accounts);
    uint64_t customer =
        stretch == 0 ? ship->sales % own : sales_member(fleet->number, own) - 1;
    return 1 + customer * options->nodes + index;
}

static void
encode_sale(struct fleet *fleet, uint32_t index, uint32_t stretch,
            struct text *text)
{
    uint64_t number = fleet->number;
    struct sale sale;

    sales_make(&sale, number, customer(fleet, index, stretch),
               at_ms(fleet, index, stretch), fleet->options.lines);
    sale.event.store = 10 + index % 10;
    codec_encode(&sale.event, CODEC_NO_IDENTITY, text);
    fleet->number++;
    fleet->ships[index].sales++;
}

/* The next record of a node: a frame. */
static void
prepare(struct fleet *fleet, uint32_t index, uint32_t stretch,
        struct text *text)
{
    struct ship *ship = &fleet->ships[index];
    struct shipment *shipment = &ship->shipments[ship->count++];
    struct record_entry entries[FLEET_FRAME_EVENTS] = { 0 };
    struct record_writer writer;
    uint32_t ends[FLEET_FRAME_EVENTS], size = 0, from = 0;
    struct record record = {
        .stream = { 1, ship->node, CHANNEL_EVENTS },
        .seq = ship->head.seq + 1,
        .count = FLEET_FRAME_EVENTS,
        .kind = RECORD_EVENTS,
        .flags = ship->head.seq == 0 ? RECORD_FIRST : 0,
        .recorded_ms = at_ms(fleet, index, 0),
        .prev = ship->head.chain,
    };

    text_clear(text);
    for (uint32_t i = 0; i < FLEET_FRAME_EVENTS; i++) {
        encode_sale(fleet, index, stretch, text);
        ends[i] = (uint32_t)text->size;
    }
    for (uint32_t i = 0; i < FLEET_FRAME_EVENTS; from = ends[i++]) {
        entries[i].core = (view) { text->bytes + from, ends[i] - from };
        size += record_entry_size(&entries[i]);
    }
    uint32_t whole = record_size(size, ship->head.seq == 0);
    uint8_t *bytes = arena_take(&fleet->arena, whole);
    record_write(&writer, &record, bytes, whole);
    for (uint32_t i = 0; i < FLEET_FRAME_EVENTS; i++)
        record_write_event(&writer, &entries[i]);
    record_write_end(&writer);
    *shipment = (struct shipment) { .bytes = { bytes, whole },
                                    .seq = record.seq,
                                    .before = ship->head.chain };
    ship->head = (stream_head) { record_last(&record), record.chain };
}

/* The node of a frame. */
static uint32_t
whose(const struct fleet_options *options, uint32_t frame, uint32_t stretch)
{
    if (options->late && stretch == 1 && frame >= LIVE_FRAMES * options->nodes)
        return 0;
    return frame % options->nodes;
}

struct fleet *
fleet_open(const struct fleet_options *options)
{
    struct fleet *fleet = calloc(1, sizeof *fleet);
    const uint32_t frames[STRETCHES] = {
        (uint32_t)(options->events / FLEET_FRAME_EVENTS),
        (uint32_t)(options->further / FLEET_FRAME_EVENTS),
    };
    struct text text = { 0 };

    bench_need(fleet != NULL && arena_open(&fleet->arena, (size_t)1 << 33),
               "have memory");
    fleet->options = *options;
    /* Of each ship; who is late has nearly all of the second. */
    uint32_t share = frames[0] / options->nodes + 1 +
                     (options->late ? frames[1] : frames[1] / options->nodes) +
                     1;
    fleet->waits = calloc(frames[0] + frames[1], sizeof *fleet->waits);
    for (uint32_t i = 0; i < options->nodes; i++) {
        struct ship *ship = &fleet->ships[i];
        ship->node = NODE_FIRST + i;
        ship->shipments = ARENA_NEW(&fleet->arena, struct shipment, share);
        transport_keypair(&ship->keys);
    }
    for (uint32_t stretch = 0; stretch < STRETCHES; stretch++) {
        for (uint32_t i = 0; i < frames[stretch]; i++)
            prepare(fleet, whose(options, i, stretch), stretch, &text);
        for (uint32_t i = 0; i < options->nodes && stretch == 0; i++)
            fleet->ships[i].stretch_count = fleet->ships[i].count;
    }
    text_close(&text);
    fleet->context = zmq_ctx_new();
    return fleet;
}

void
fleet_close(struct fleet *fleet)
{
    fleet_hang_up(fleet);
    zmq_ctx_term(fleet->context);
    arena_close(&fleet->arena);
    free(fleet->waits);
    free(fleet);
}

void
fleet_enrol(struct fleet *fleet, struct journal *journal)
{
    struct allow *allow;

    bench_need(allow_open(journal, &allow) == OK, "open the books");
    for (uint32_t i = 0; i < fleet->options.nodes; i++) {
        struct enrolment enrolment = {
            .node = fleet->ships[i].node,
            .role = ENROL_STORE,
            .store_count = 1,
            .stores = { 10 + i % 10 },
            .joined = true,
            .key = fleet->ships[i].keys.public_key,
        };
        bench_need(allow_enrol(allow, &enrolment) == OK, "enrol a node");
    }
    allow_close(allow);
}

/* --- talking --- */

/* False: its queue is full. */
static bool
post(const struct fleet *fleet, const struct ship *ship,
     const struct frame *frame)
{
    uint8_t header[FRAME_HEADER_SIZE];
    zmq_msg_t payload;
    const uint32_t number = (uint32_t)(ship - fleet->ships);

    if (zmq_send(fleet->socket, &number, sizeof number,
                 ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0)
        return false;
    bench_need(zmq_msg_init_size(&payload, frame_payload_size(frame)) == 0,
               "have memory");
    frame_encode(frame, header, zmq_msg_data(&payload));
    bench_need(zmq_send(fleet->socket, header, sizeof header,
                        ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0 &&
                   zmq_msg_send(&payload, fleet->socket, ZMQ_DONTWAIT) >= 0,
               "send a frame");
    return true;
}

/* Where its stream ends in this stretch. */
static stream_head
head_of(const struct fleet *fleet, const struct ship *ship)
{
    const struct shipment *next = &ship->shipments[ship->stretch_count];

    if (fleet->stretch > 0 || ship->stretch_count == ship->count)
        return ship->head;
    return (stream_head) { .seq = next->seq - 1, .chain = next->before };
}

static void
hail(struct fleet *fleet, struct ship *ship)
{
    uint64_t pending = 0;
    const struct frame_offer offer = {
        .stream = { 1, ship->node, CHANNEL_EVENTS },
        .head = head_of(fleet, ship),
    };
    struct frame frame = { .kind = FRAME_HELLO };

    for (uint32_t i = 0; i < ship->stretch_count; i++)
        pending += ship->shipments[i].bytes.size;
    frame.hello.version_min = 1;
    frame.hello.version_max = 1;
    frame.hello.node = ship->node;
    frame.hello.epoch = fleet->epoch;
    frame.hello.clock_ms = SALES_START_MS;
    frame.hello.pending = fleet->options.nodes > 16 ? 0 : pending;
    frame.hello.feed_epoch = fleet->epoch;
    frame.hello.feed_position = UINT64_C(1) << 60;
    frame.hello.offers = &offer;
    frame.hello.offer_count = 1;
    bench_need(post(fleet, ship, &frame), "say HELLO");
}

/* Beside others that are live. */
static bool
catches_up(const struct fleet *fleet, const struct ship *ship)
{
    return fleet->options.late && fleet->stretch == 1 && ship == fleet->ships;
}

static void
take_head(struct fleet *fleet, struct ship *ship, uint64_t seq)
{
    double now = ship->heard = bench_now();

    for (; ship->acked < ship->next; ship->acked++) {
        const struct shipment *shipment = &ship->shipments[ship->acked];
        if (shipment->seq + FLEET_FRAME_EVENTS - 1 > seq)
            return;
        fleet->left--;
        if (!catches_up(fleet, ship))
            fleet->waits[fleet->wait_count++] = (now - shipment->sent) * 1e3;
    }
}

/* A session begins, the first one or another: what the hub has is
 * acknowledged, the rest goes again. */
static void
take_welcome(struct fleet *fleet, struct ship *ship, const struct frame *frame)
{
    ship->session = frame->session;
    ship->credit = frame->welcome.credit;
    ship->total = 0;
    ship->needed = 0;
    ship->strict = (frame->welcome.flags & FRAME_SHARES) != 0;
    for (uint32_t i = 0; i < frame->welcome.held_count; i++)
        if (frame->welcome.held[i].stream.node == ship->node)
            take_head(fleet, ship, frame->welcome.held[i].head.seq);
    ship->next = ship->acked;
}

/* The hub's queue for us may have been full, and an acknowledgement lost with
 * nothing behind it: a node asks again after a while, and so do we. */
static void
ask_again(struct fleet *fleet, struct ship *ship)
{
    if (ship->acked == ship->next ||
        bench_now() < ship->heard + SYNC_ACK_MS / 1e3 ||
        bench_now() < ship->shipments[ship->next - 1].sent + SYNC_ACK_MS / 1e3)
        return;
    fprintf(stderr, "node %u hears nothing, and asks again\n", ship->node);
    fleet->asked_count++;
    ship->heard = bench_now();
    hail(fleet, ship);
}

/* Takes in what the hub says to one of them.  NULL: there is nothing. */
static struct ship *
hear(struct fleet *fleet)
{
    static struct arena scratch;
    static uint8_t payload[LIMIT_FRAME_SIZE];
    uint8_t header[FRAME_HEADER_SIZE];
    uint32_t number = 0;
    struct frame frame;

    int size = zmq_recv(fleet->socket, &number, sizeof number, ZMQ_DONTWAIT);
    if (size < 0)
        return NULL;
    bench_need(size == (int)sizeof number && number < fleet->options.nodes,
               "know whom the hub talks to");
    struct ship *ship = &fleet->ships[number];
    int head_size =
        zmq_recv(fleet->socket, header, sizeof header, ZMQ_DONTWAIT);
    size = zmq_recv(fleet->socket, payload, sizeof payload, ZMQ_DONTWAIT);
    if (scratch.base == NULL)
        bench_need(arena_open(&scratch, 1 << 26), "have memory");
    arena_reset(&scratch);
    bench_need(size >= 0 && head_size == (int)sizeof header &&
                   frame_parse((view) { header, sizeof header },
                               (view) { payload, (uint32_t)size }, &scratch,
                               &frame) == OK,
               "understand the hub");
    if (frame.kind == FRAME_WELCOME) {
        take_welcome(fleet, ship, &frame);
    } else if (frame.kind == FRAME_ACK) {
        if (frame.ack.credit > ship->credit)
            ship->credit = frame.ack.credit;
        take_head(fleet, ship, frame.ack.head.seq);
    } else {
        bench_need(frame.kind == FRAME_PING || frame.kind == FRAME_BATCH ||
                       frame.kind == FRAME_STATE,
                   frame_kind_name(frame.kind));
    }
    return ship;
}

static void
open_socket(struct fleet *fleet, curve_key hub)
{
    const int linger = 0, mandatory = 1;

    fleet->socket = zmq_socket(fleet->context, ZMQ_ROUTER);
    bench_need(fleet->socket != NULL, "make a socket");
    zmq_setsockopt(fleet->socket, ZMQ_LINGER, &linger, sizeof linger);
    zmq_setsockopt(fleet->socket, ZMQ_ROUTER_MANDATORY, &mandatory,
                   sizeof mandatory);
    zmq_setsockopt(fleet->socket, ZMQ_CURVE_SERVERKEY, hub.bytes,
                   CURVE_KEY_SIZE);
}

/* A connection has the keys that the socket had when it was begun, and is
 * addressed by the ship's number. */
static void
connect_ship(struct fleet *fleet, const struct ship *ship, const char *endpoint)
{
    const uint32_t number = (uint32_t)(ship - fleet->ships);

    zmq_setsockopt(fleet->socket, ZMQ_CURVE_PUBLICKEY,
                   ship->keys.public_key.bytes, CURVE_KEY_SIZE);
    zmq_setsockopt(fleet->socket, ZMQ_CURVE_SECRETKEY,
                   ship->keys.secret_key.bytes, CURVE_KEY_SIZE);
    zmq_setsockopt(fleet->socket, ZMQ_CONNECT_ROUTING_ID, &number,
                   sizeof number);
    bench_need(zmq_connect(fleet->socket, endpoint) == 0, "reach the hub");
}

static uint32_t
end_of(const struct fleet *fleet, const struct ship *ship)
{
    return fleet->stretch == 0 ? ship->stretch_count : ship->count;
}

/* As a node does: of an older hub's credit the end of a frame may go beyond, of
 * another what is needed is asked for, where no acknowledgement is to come. */
static bool
has_credit(const struct fleet *fleet, struct ship *ship, uint64_t total)
{
    if (!ship->strict)
        return ship->total < ship->credit;
    if (total <= ship->credit)
        return true;
    struct frame ping = { .kind = FRAME_PING, .session = ship->session };
    ping.ping.flags = FRAME_NEEDS_CREDIT;
    ping.ping.pending = total;
    if (ship->acked == ship->next && total > ship->needed &&
        post(fleet, ship, &ping))
        ship->needed = total;
    return false;
}

/* As many frames as its credit and its queue allow. */
static void
ship_out(struct fleet *fleet, struct ship *ship)
{
    uint32_t end = end_of(fleet, ship);
    bool is_live =
        fleet->options.late && fleet->stretch == 1 && !catches_up(fleet, ship);

    while (ship->next < end) {
        struct shipment *shipment = &ship->shipments[ship->next];
        uint64_t total = ship->total + FRAME_BATCH_FIXED + shipment->bytes.size;
        struct frame frame = { .kind = FRAME_BATCH, .session = ship->session };
        if (bench_now() < ship->ready || !has_credit(fleet, ship, total))
            return;
        frame.batch.stream = (stream_id) { 1, ship->node, CHANNEL_EVENTS };
        frame.batch.from = shipment->seq;
        frame.batch.to = shipment->seq + FLEET_FRAME_EVENTS - 1;
        frame.batch.before = shipment->before;
        frame.batch.total = total;
        frame.batch.head_seq =
            is_live ? frame.batch.to
                    : ship->shipments[end - 1].seq + FLEET_FRAME_EVENTS - 1;
        frame.batch.records = shipment->bytes;
        if (!post(fleet, ship, &frame))
            return;
        shipment->sent = bench_now();
        if (is_live)
            ship->ready = shipment->sent + LIVE_PAUSE;
        ship->total = total;
        ship->next++;
    }
}

/* Waits a little for anything from the hub, and tends those who hear. */
static void
tend_ready(struct fleet *fleet, bool sends, int timeout_ms)
{
    zmq_pollitem_t item = { .socket = fleet->socket, .events = ZMQ_POLLIN };
    struct ship *ship;

    bench_need(zmq_poll(&item, 1, timeout_ms) >= 0 || errno == EINTR,
               "wait for the hub");
    while ((ship = hear(fleet)) != NULL)
        if (sends)
            ship_out(fleet, ship);
}

/* Those who hear nothing as well: they may be waiting for a time. */
static void
tend_all(struct fleet *fleet)
{
    for (uint32_t i = 0; i < fleet->options.nodes; i++) {
        ask_again(fleet, &fleet->ships[i]);
        ship_out(fleet, &fleet->ships[i]);
    }
}

void
fleet_dial(struct fleet *fleet, const char *endpoint, curve_key hub,
           uint64_t epoch)
{
    uint32_t welcome = 0;

    fleet->epoch = epoch;
    open_socket(fleet, hub);
    for (uint32_t i = 0; i < fleet->options.nodes; i++) {
        connect_ship(fleet, &fleet->ships[i], endpoint);
        hail(fleet, &fleet->ships[i]);
    }
    for (double end = bench_now() + 300; welcome < fleet->options.nodes;) {
        bench_need(bench_now() < end, "be welcome");
        tend_ready(fleet, false, 100);
        welcome = 0;
        for (uint32_t i = 0; i < fleet->options.nodes; i++)
            welcome += fleet->ships[i].session != 0;
    }
}

void
fleet_hang_up(struct fleet *fleet)
{
    if (fleet->socket != NULL)
        zmq_close(fleet->socket);
    fleet->socket = NULL;
    for (uint32_t i = 0; i < fleet->options.nodes; i++)
        fleet->ships[i].session = 0;
}

struct fleet_times
fleet_send(struct fleet *fleet)
{
    const int pause_ms = fleet->options.late ? 1 : 10;
    double begun = bench_now();
    double all = 0; /* when all are tended next */

    assert(fleet->stretch < STRETCHES);
    fleet->wait_count = 0;
    fleet->asked_count = 0;
    for (uint32_t i = 0; i < fleet->options.nodes; i++)
        fleet->left += end_of(fleet, &fleet->ships[i]) - fleet->ships[i].acked;
    while (fleet->left > 0) {
        if (bench_now() >= all) {
            bench_need(bench_now() < begun + 300, "see all acknowledged");
            tend_all(fleet);
            all = bench_now() + pause_ms / 1e3;
        }
        tend_ready(fleet, true, pause_ms);
    }
    struct fleet_times times = { .seconds = bench_now() - begun,
                                 .asked_count = fleet->asked_count };
    times.p50_ms = bench_median(fleet->waits, fleet->wait_count);
    times.p99_ms =
        fleet->waits[fleet->wait_count - 1 - fleet->wait_count / 100];
    fleet->stretch++;
    return times;
}
