#include "nodes/transport.h"

#include "core/crypto.h"
#include "nodes/clock.h"
#include "nodes/flood.h"
#include "nodes/resolve.h"
#include "nodes/trace.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <zmq.h>

enum {
    /* Its name came with libzmq 4.3.3 as a draft; the number is what counts. */
    OPTION_ZAP_ENFORCE_DOMAIN = 93,
    QUEUE_FRAMES = 64, /* of a connection, each way */
    PROBE_S = 5,       /* TCP asks whether an idle peer is there ... */
    PROBES = 2,        /* ... so often */
    DEAD_MS = 15000,   /* a cut cable is noticed within this */
    HANDSHAKE_MS = 10000,
    CONNECT_MS = 10000,
    CURVE_OVERHEAD = 256, /* at most, of an encrypted message */
    CURVE_BODY = 33,      /* what CURVE adds to a part; before it stand ... */
    PART_SHORT = 255,     /* ... two bytes up to this size of both, ... */
    PART_LONG = 9,        /* ... and else so many */
    WAIT_MAX = 8,         /* descriptors besides ours */
    Z85_SIZE = 41,
};

static const char ZAP_ADDRESS[] = "inproc://zeromq.zap.01";
static const char ZAP_DOMAIN[] = "leima";

struct transport {
    void *context;
    void *socket;  /* ROUTER or DEALER; NULL: not connected */
    void *monitor; /* what happens to a DEALER */
    bool listens;
    struct flood flood; /* of a ROUTER */
    int64_t cut_ms;     /* when it is to be looked for again */
    uint64_t dialled;   /* names the monitors */
    char endpoint[KEYS_ENDPOINT_SIZE];
    struct resolve resolve;
    bool looks_up;   /* the name in `endpoint`, to dial what it stands for */
    const char *why; /* nothing has come of that, or not yet */

    void *zap; /* the handler's socket; its thread's own once it runs */
    bool zap_runs;
    pthread_t zap_thread;
    transport_gate *gate;
    void *gate_context;
};

static_assert(sizeof(zmq_msg_t) == 64, "storage for a message");

void
transport_keypair(struct keys_pair *ret_pair)
{
    char public_text[Z85_SIZE], secret_text[Z85_SIZE];

    /* Fails only in a libzmq without CURVE, with which nothing here works. */
    int failed = zmq_curve_keypair(public_text, secret_text);
    assert(failed == 0);
    zmq_z85_decode(ret_pair->public_key.bytes, public_text);
    zmq_z85_decode(ret_pair->secret_key.bytes, secret_text);
    crypto_wipe(secret_text, sizeof secret_text);
}

enum err
transport_open(struct transport **ret_transport)
{
    struct transport *transport = calloc(1, sizeof *transport);
    if (!transport)
        return ERR_MEMORY;
    transport->context = zmq_ctx_new();
    if (!transport->context) {
        free(transport);
        return ERR_MEMORY;
    }
    zmq_ctx_set(transport->context, ZMQ_MAX_SOCKETS, 64);
    *ret_transport = transport;
    return OK;
}

void
transport_close(struct transport *transport)
{
    if (!transport)
        return;
    transport_hang_up(transport);
    /* Wakes the handler out of its wait; it closes its socket and ends. */
    zmq_ctx_shutdown(transport->context);
    if (transport->zap_runs)
        pthread_join(transport->zap_thread, NULL);
    else if (transport->zap)
        zmq_close(transport->zap);
    while (zmq_ctx_term(transport->context) != 0 && errno == EINTR)
        continue;
    resolve_close(&transport->resolve);
    flood_close(&transport->flood);
    free(transport);
}

/* --- handshakes --- */

enum zap_part {
    ZAP_VERSION,
    ZAP_REQUEST,
    ZAP_DOMAIN_PART,
    ZAP_PEER,
    ZAP_IDENTITY,
    ZAP_MECHANISM,
    ZAP_KEY,
};
enum { ZAP_PARTS = 7, ZAP_PART_SIZE = 255 };

struct zap_request {
    uint8_t part[ZAP_PARTS][ZAP_PART_SIZE];
    uint32_t size[ZAP_PARTS];
    uint32_t count; /* of the parts that came, with those that are too many */
};

/* False: the context ends. */
static bool
zap_receive(void *socket, struct zap_request *request)
{
    int more = 1;

    request->count = 0;
    while (more) {
        uint8_t part[ZAP_PART_SIZE];
        int size = zmq_recv(socket, part, sizeof part, 0);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            return false;
        size_t option_size = sizeof more;
        if (zmq_getsockopt(socket, ZMQ_RCVMORE, &more, &option_size) != 0)
            return false;
        if (request->count < ZAP_PARTS) {
            /* A longer part is cut, and is none of the lengths that we want. */
            uint32_t kept = size > ZAP_PART_SIZE ? 0 : (uint32_t)size;
            memcpy(request->part[request->count], part, kept);
            request->size[request->count] = kept;
        }
        request->count++;
    }
    return true;
}

static bool
zap_is(const struct zap_request *request, enum zap_part part, const char *text)
{
    return view_equal((view) { request->part[part], request->size[part] },
                      view_of(text));
}

/* A property of the connection: u8 length, name, u32 length (network order),
 * value. */
static void
zap_property(uint8_t *bytes, uint32_t *size, const char *name,
             const char *value)
{
    uint32_t name_size = (uint32_t)strlen(name);
    uint32_t value_size = (uint32_t)strlen(value);

    bytes[(*size)++] = (uint8_t)name_size;
    memcpy(bytes + *size, name, name_size);
    *size += name_size;
    for (int shift = 24; shift >= 0; shift -= 8)
        bytes[(*size)++] = (uint8_t)(value_size >> shift);
    memcpy(bytes + *size, value, value_size);
    *size += value_size;
}

static void
zap_answer(struct transport *transport, const struct zap_request *request)
{
    struct transport_pass pass = { 0 };
    curve_key key = { 0 };
    /* Whatever is not exactly as expected is not admitted. */
    bool good = request->count == ZAP_PARTS &&
                zap_is(request, ZAP_VERSION, "1.0") &&
                zap_is(request, ZAP_DOMAIN_PART, ZAP_DOMAIN) &&
                zap_is(request, ZAP_MECHANISM, "CURVE") &&
                request->size[ZAP_KEY] == CURVE_KEY_SIZE;
    if (good) {
        memcpy(key.bytes, request->part[ZAP_KEY], CURVE_KEY_SIZE);
        good = transport->gate(transport->gate_context, key, &pass) &&
               pass.node > 0;
    }
    char user[16] = "", key_text[Z85_SIZE];
    uint8_t metadata[128];
    uint32_t metadata_size = 0;
    if (good) {
        snprintf(user, sizeof user, "%u", pass.node);
        zmq_z85_encode(key_text, key.bytes, CURVE_KEY_SIZE);
        zap_property(metadata, &metadata_size, "Key", key_text);
        if (pass.joining)
            zap_property(metadata, &metadata_size, "Joining", "1");
    }
    const char *status = good ? "200" : "400";
    uint32_t id_size =
        request->count > ZAP_REQUEST ? request->size[ZAP_REQUEST] : 0;
    zmq_send(transport->zap, "1.0", 3, ZMQ_SNDMORE);
    zmq_send(transport->zap, request->part[ZAP_REQUEST], id_size, ZMQ_SNDMORE);
    zmq_send(transport->zap, status, 3, ZMQ_SNDMORE);
    zmq_send(transport->zap, "", 0, ZMQ_SNDMORE);
    zmq_send(transport->zap, user, strlen(user), ZMQ_SNDMORE);
    zmq_send(transport->zap, metadata, metadata_size, 0);
}

static void *
zap_run(void *argument)
{
    struct transport *transport = argument;
    struct zap_request request;

    while (zap_receive(transport->zap, &request))
        zap_answer(transport, &request);
    zmq_close(transport->zap);
    return NULL;
}

static enum err
zap_start(struct transport *transport)
{
    int linger = 0;

    transport->zap = zmq_socket(transport->context, ZMQ_REP);
    if (!transport->zap)
        return ERR_IO;
    zmq_setsockopt(transport->zap, ZMQ_LINGER, &linger, sizeof linger);
    if (zmq_bind(transport->zap, ZAP_ADDRESS) != 0)
        return ERR_IO;
    if (pthread_create(&transport->zap_thread, NULL, zap_run, transport) != 0)
        return ERR_MEMORY;
    transport->zap_runs = true;
    return OK;
}

/* --- sockets --- */

static bool
set_number(void *socket, int option, int value)
{
    return zmq_setsockopt(socket, option, &value, sizeof value) == 0;
}

static bool
set_bytes(void *socket, int option, const void *bytes, size_t size)
{
    return zmq_setsockopt(socket, option, bytes, size) == 0;
}

/* TCP tells when the other side is gone.  libzmq's own heartbeats are not for
 * us: version 4.3.4 ends the process (stream_engine_base.cpp, !_io_error) where
 * a PING or PONG is due on a connection that broke when our queue was full, and
 * a hub that stands still for a moment has many of those. */
static bool
set_watch(void *socket)
{
    return set_number(socket, ZMQ_TCP_KEEPALIVE, 1) &&
           set_number(socket, ZMQ_TCP_KEEPALIVE_IDLE, PROBE_S) &&
           set_number(socket, ZMQ_TCP_KEEPALIVE_INTVL, PROBE_S) &&
           set_number(socket, ZMQ_TCP_KEEPALIVE_CNT, PROBES) &&
           set_number(socket, ZMQ_TCP_MAXRT, DEAD_MS);
}

/* "[::1]", or a name to listen at, which may stand for either. */
static bool
set_family(void *socket, const char *endpoint)
{
    bool is_ipv4 = endpoint[strspn(endpoint, "tcp:/*0123456789.")] == '\0';

    return set_number(socket, ZMQ_IPV6, !is_ipv4);
}

static bool
set_common(void *socket, const struct keys_pair *keys)
{
    int64_t size_max = LIMIT_FRAME_SIZE + CURVE_OVERHEAD;

    return set_number(socket, ZMQ_LINGER, 0) &&
           set_number(socket, ZMQ_SNDHWM, QUEUE_FRAMES) &&
           set_number(socket, ZMQ_RCVHWM, QUEUE_FRAMES) && set_watch(socket) &&
           set_bytes(socket, ZMQ_MAXMSGSIZE, &size_max, sizeof size_max) &&
           set_number(socket, ZMQ_HANDSHAKE_IVL, HANDSHAKE_MS) &&
           set_bytes(socket, ZMQ_CURVE_SECRETKEY, keys->secret_key.bytes,
                     CURVE_KEY_SIZE);
}

static enum err
fault(struct complaint *complaint, const char *endpoint)
{
    int code = errno;

    complain(complaint, "%s: %s%s", endpoint, zmq_strerror(code),
             code == EADDRNOTAVAIL || code == ENODEV
                 ? "; expected an address of this machine, or * for all"
                 : "");
    if (code == EADDRINUSE)
        return ERR_BUSY;
    return code == EINVAL || code == EADDRNOTAVAIL || code == ENODEV ||
                   code == EPROTONOSUPPORT
               ? ERR_INPUT
               : ERR_IO;
}

/* Each connection takes a descriptor, and a shell grants a thousand unless it
 * is asked for what it may grant. */
static void
take_descriptors(void)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return;
    files.rlim_cur = files.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &files);
}

enum err
transport_listen(struct transport *transport,
                 const struct transport_listen *options,
                 struct complaint *complaint)
{
    assert(!transport->socket);
    if (!keys_is_endpoint(options->endpoint))
        return complain(complaint, "%s: expected tcp://ADDRESS:PORT",
                        options->endpoint);
    take_descriptors();
    transport->gate = options->gate;
    transport->gate_context = options->context;
    /* Before the first handshake can come. */
    enum err err = options->gate ? zap_start(transport) : OK;
    if (err != OK) {
        complain(complaint, "%s: can't answer handshakes", options->endpoint);
        return err;
    }
    transport->socket = zmq_socket(transport->context, ZMQ_ROUTER);
    if (!transport->socket)
        return fault(complaint, options->endpoint);
    void *socket = transport->socket;
    size_t size = sizeof transport->endpoint;
    if (!set_common(socket, options->keys) ||
        !set_family(socket, options->endpoint) ||
        !set_number(socket, ZMQ_CURVE_SERVER, 1) ||
        !set_bytes(socket, ZMQ_ZAP_DOMAIN, ZAP_DOMAIN, strlen(ZAP_DOMAIN)) ||
        !set_number(socket, OPTION_ZAP_ENFORCE_DOMAIN, 1) ||
        !set_number(socket, ZMQ_ROUTER_MANDATORY, 1) ||
        !set_number(socket, ZMQ_BACKLOG, 1024) ||
        zmq_bind(socket, options->endpoint) != 0 ||
        zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, transport->endpoint, &size) !=
            0) {
        err = fault(complaint, options->endpoint);
        transport_hang_up(transport);
        return err;
    }
    transport->listens = true;
    return OK;
}

const char *
transport_endpoint(const struct transport *transport)
{
    return transport->endpoint;
}

/* Its events come through a socket of its own. */
static bool
watch(struct transport *transport)
{
    char address[64];
    const int events = ZMQ_EVENT_HANDSHAKE_SUCCEEDED |
                       ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |
                       ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                       ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                       ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CLOSED;

    snprintf(address, sizeof address, "inproc://monitor-%llu",
             (unsigned long long)transport->dialled);
    if (zmq_socket_monitor(transport->socket, address, events) != 0)
        return false;
    transport->monitor = zmq_socket(transport->context, ZMQ_PAIR);
    return transport->monitor &&
           set_number(transport->monitor, ZMQ_LINGER, 0) &&
           zmq_connect(transport->monitor, address) == 0;
}

/* Goes on dialling, as soon as there is an address.  False: there is none, or
 * none to dial. */
static bool
dial_on(struct transport *transport)
{
    char found[KEYS_ENDPOINT_SIZE];

    switch (resolve_ask(&transport->resolve, transport->endpoint, found,
                        &transport->why)) {
    case RESOLVE_WAIT:
        return true;
    case RESOLVE_FOUND:
        transport->looks_up = false;
        transport->why = NULL;
        return set_family(transport->socket, found) &&
               zmq_connect(transport->socket, found) == 0;
    case RESOLVE_NONE:
        break;
    }
    return false;
}

static bool
dial_first(struct transport *transport)
{
    transport->looks_up = true;
    transport->why = "no name server has answered for its name yet";
    return dial_on(transport);
}

/* Where no address was found no call of the system has failed. */
static enum err
dial_fault(const struct transport *transport, struct complaint *complaint)
{
    if (transport->why == NULL)
        return fault(complaint, transport->endpoint);
    complain(complaint, "%s: %s", transport->endpoint, transport->why);
    return ERR_IO;
}

enum err
transport_dial(struct transport *transport, const struct keys_hub *hub,
               const struct keys_pair *keys, struct complaint *complaint)
{
    assert(!transport->listens);
    transport_hang_up(transport);
    transport->dialled++;
    transport->socket = zmq_socket(transport->context, ZMQ_DEALER);
    if (!transport->socket)
        return fault(complaint, hub->endpoint);
    void *socket = transport->socket;
    strcpy(transport->endpoint, hub->endpoint);
    transport->why = NULL;
    if (!set_common(socket, keys) ||
        !set_bytes(socket, ZMQ_CURVE_PUBLICKEY, keys->public_key.bytes,
                   CURVE_KEY_SIZE) ||
        !set_bytes(socket, ZMQ_CURVE_SERVERKEY, hub->key.bytes,
                   CURVE_KEY_SIZE) ||
        !set_number(socket, ZMQ_RECONNECT_IVL, -1) ||
        !set_number(socket, ZMQ_CONNECT_TIMEOUT, CONNECT_MS) ||
        !watch(transport) || !dial_first(transport)) {
        enum err err = dial_fault(transport, complaint);
        transport_hang_up(transport);
        return err;
    }
    return OK;
}

void
transport_hang_up(struct transport *transport)
{
    if (transport->monitor) {
        zmq_socket_monitor(transport->socket, NULL, 0);
        zmq_close(transport->monitor);
        transport->monitor = NULL;
    }
    if (transport->socket) {
        zmq_close(transport->socket);
        transport->socket = NULL;
        transport->listens = false;
        transport->looks_up = false;
    }
}

static void
cut_floods(struct transport *transport)
{
    const char *colon = strrchr(transport->endpoint, ':');
    const int64_t now_ms = clock_steady_ms();

    if (!colon || now_ms < transport->cut_ms)
        return;
    const uint32_t cut =
        flood_cut(&transport->flood, (uint16_t)strtoul(colon + 1, NULL, 10));
    const int64_t done_ms = clock_steady_ms();
    transport->cut_ms = done_ms + flood_pause_ms(done_ms - now_ms);
    if (cut > 0)
        trace(TRACE_ERROR, 0, "alarm", "what=flood connections=%u", cut);
}

void
transport_wait(struct transport *transport, const int *descriptors,
               uint32_t count, int64_t timeout_ms)
{
    if (transport->listens)
        cut_floods(transport);
    zmq_pollitem_t items[WAIT_MAX + 2] = { 0 };
    int used = 0;

    assert(count <= WAIT_MAX);
    if (transport->socket)
        items[used++] = (zmq_pollitem_t) { .socket = transport->socket,
                                           .events = ZMQ_POLLIN };
    if (transport->monitor)
        items[used++] = (zmq_pollitem_t) { .socket = transport->monitor,
                                           .events = ZMQ_POLLIN };
    for (uint32_t i = 0; i < count; i++)
        items[used++] =
            (zmq_pollitem_t) { .fd = descriptors[i], .events = ZMQ_POLLIN };
    /* A signal ends the wait early, as everything else does. */
    (void)zmq_poll(items, used, timeout_ms < 0 ? 0 : (long)timeout_ms);
}

enum transport_event
transport_event(struct transport *transport)
{
    uint8_t event[6], address[256];

    if (!transport->monitor)
        return TRANSPORT_NOTHING;
    if (transport->looks_up && !dial_on(transport)) {
        transport->looks_up = false;
        return TRANSPORT_DOWN;
    }
    int size = zmq_recv(transport->monitor, event, sizeof event, ZMQ_DONTWAIT);
    if (size < (int)sizeof event)
        return TRANSPORT_NOTHING;
    (void)zmq_recv(transport->monitor, address, sizeof address, ZMQ_DONTWAIT);
    uint16_t number;
    memcpy(&number, event, sizeof number);
    if (number == ZMQ_EVENT_HANDSHAKE_SUCCEEDED)
        return TRANSPORT_UP;
    return number == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH ? TRANSPORT_REFUSED
                                                     : TRANSPORT_DOWN;
}

const char *
transport_why(const struct transport *transport)
{
    return transport->why;
}

/* --- messages --- */

static zmq_msg_t *
stored(struct transport_message *message, uint32_t part)
{
    return (zmq_msg_t *)(void *)message->storage[part];
}

static bool
receive_part(struct transport *transport, zmq_msg_t *part, bool *ret_more)
{
    zmq_msg_init(part);
    if (zmq_msg_recv(part, transport->socket, ZMQ_DONTWAIT) < 0) {
        zmq_msg_close(part);
        return false;
    }
    *ret_more = zmq_msg_more(part) != 0;
    return true;
}

/* A part that a peer has sent, of which it is counted what the wire brought. */
static bool
receive_sent(struct transport *transport, const struct transport_peer *peer,
             zmq_msg_t *part, bool *ret_more)
{
    uint64_t name;

    static_assert(sizeof name == sizeof peer->route, "all of it");
    if (!receive_part(transport, part, ret_more))
        return false;
    const uint64_t size = zmq_msg_size(part) + CURVE_BODY;
    memcpy(&name, peer->route, sizeof name);
    if (transport->listens)
        flood_took(&transport->flood, zmq_msg_get(part, ZMQ_SRCFD), name,
                   size + (size > PART_SHORT ? PART_LONG : 2));
    return true;
}

static void
skip_parts(struct transport *transport, const struct transport_peer *peer,
           bool more)
{
    zmq_msg_t part;

    while (more && receive_sent(transport, peer, &part, &more))
        zmq_msg_close(&part);
}

/* Who sent it, from the header's properties: those of the routing part can be
 * another connection's (a prefetch in libzmq 4.3.4). */
static bool
read_pass(struct transport_peer *peer, zmq_msg_t *header)
{
    const char *user = zmq_msg_gets(header, "User-Id");
    const char *key = zmq_msg_gets(header, "Key");
    char *end = NULL;

    if (!user || !key || strlen(key) != Z85_SIZE - 1)
        return false;
    unsigned long node = strtoul(user, &end, 10);
    if (*end != '\0' || node == 0 || node > LIMIT_NODE ||
        !zmq_z85_decode(peer->key.bytes, key))
        return false;
    peer->pass.node = (uint32_t)node;
    peer->pass.joining = zmq_msg_gets(header, "Joining") != NULL;
    return true;
}

static view
bytes_of(zmq_msg_t *part)
{
    return (view) { zmq_msg_data(part), (uint32_t)zmq_msg_size(part) };
}

/* One whole message; false: it is malformed and gone. */
static bool
receive_rest(struct transport *transport, struct transport_message *message,
             bool more)
{
    zmq_msg_t *header = stored(message, 0);
    zmq_msg_t *payload = stored(message, 1);

    if (!more || !receive_sent(transport, &message->peer, header, &more))
        return false;
    if (!more || !receive_sent(transport, &message->peer, payload, &more)) {
        zmq_msg_close(header);
        return false;
    }
    if (!more && zmq_msg_size(header) == FRAME_HEADER_SIZE &&
        (!transport->listens || read_pass(&message->peer, header))) {
        message->header = bytes_of(header);
        message->payload = bytes_of(payload);
        return true;
    }
    skip_parts(transport, &message->peer, more);
    transport_release(message);
    return false;
}

/* The first part of what a ROUTER gives: where an answer goes. */
static bool
receive_route(struct transport *transport, struct transport_peer *peer,
              bool *ret_more)
{
    zmq_msg_t route;

    if (!receive_part(transport, &route, ret_more))
        return false;
    size_t size = zmq_msg_size(&route);
    bool fits = size <= sizeof peer->route;
    if (fits)
        memcpy(peer->route, zmq_msg_data(&route), size);
    peer->route_size = (uint32_t)size;
    zmq_msg_close(&route);
    if (!fits)
        skip_parts(transport, peer, *ret_more);
    return fits;
}

static bool
is_waiting(struct transport *transport)
{
    int events = 0;
    size_t size = sizeof events;

    return transport->socket &&
           zmq_getsockopt(transport->socket, ZMQ_EVENTS, &events, &size) == 0 &&
           (events & ZMQ_POLLIN) != 0;
}

enum err
transport_receive(struct transport *transport,
                  struct transport_message *ret_message)
{
    while (is_waiting(transport)) {
        bool more = true;
        ret_message->peer = (struct transport_peer) { 0 };
        if (transport->listens &&
            !receive_route(transport, &ret_message->peer, &more))
            continue;
        if (receive_rest(transport, ret_message, more))
            return OK;
    }
    return ERR_NOT_FOUND;
}

void
transport_release(struct transport_message *message)
{
    zmq_msg_close(stored(message, 0));
    zmq_msg_close(stored(message, 1));
}

enum err
transport_send(struct transport *transport, const struct transport_peer *peer,
               const struct frame *frame)
{
    uint8_t header[FRAME_HEADER_SIZE];
    zmq_msg_t payload;
    void *socket = transport->socket;

    if (!socket)
        return ERR_NOT_FOUND;
    assert(transport->listens == (peer != NULL));
    if (zmq_msg_init_size(&payload, frame_payload_size(frame)) != 0)
        return ERR_MEMORY;
    frame_encode(frame, header, zmq_msg_data(&payload));

    /* Only the first part can be refused; the others go where it went. */
    bool good = !peer || zmq_send(socket, peer->route, peer->route_size,
                                  ZMQ_DONTWAIT | ZMQ_SNDMORE) >= 0;
    good = good && zmq_send(socket, header, sizeof header,
                            ZMQ_DONTWAIT | ZMQ_SNDMORE) >= 0;
    good = good && zmq_msg_send(&payload, socket, ZMQ_DONTWAIT) >= 0;
    if (good)
        return OK;
    int code = errno;
    zmq_msg_close(&payload);
    return code == EAGAIN ? ERR_BUSY : ERR_NOT_FOUND;
}
