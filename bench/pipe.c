#include "bench/pipe.h"

#include "bench/bench.h"
#include "bench/sales.h"
#include "core/hash.h"
#include "core/wide.h"
#include "nodes/transport.h"

#include <lmdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

enum {
    EVENTS = 100,   /* of a frame */
    POOL = 10000,   /* frames that are prepared, and sent in turn */
    DRAIN = 256,    /* frames of one commit */
    UNDERWAY = 512, /* frames that are not answered, of all connections */
    FEWEST = 4,     /* of one */
    AHEAD = 8,      /* rows that are on their way */
    DEADLINE = 300, /* seconds */
};

struct pipe_event {
    uint64_t member;
    int64_t at_ms;
    int64_t total;
    uint8_t rest[40]; /* the receipt, the store */
};
static_assert(sizeof(struct pipe_event) == 64, "as others have measured");

struct pipe_frame {
    uint64_t checksum; /* of the events */
    struct pipe_event events[EVENTS];
};

struct row {
    uint64_t member; /* 0: free */
    uint64_t count;
    int64_t total;
    int64_t last_ms;
    uint8_t rest[32];
};
static_assert(sizeof(struct row) == 64, "a line");

static view
events_of(const struct pipe_frame *frame)
{
    return (view) { (const uint8_t *)frame->events, sizeof frame->events };
}

/* --- the end that receives --- */

struct receiver {
    void *socket;
    MDB_env *env;
    MDB_dbi table;
    uint64_t number; /* of frames that were put */
    struct row *rows;
    uint64_t row_count; /* a power of two */
    uint32_t waiting;   /* frames that are not answered: */
    struct parcel {
        uint32_t from;
        zmq_msg_t frame;
    } parcels[DRAIN];
};

static struct row *
row_of(const struct receiver *receiver, uint64_t member)
{
    uint64_t at = hash_number(member, 1) & (receiver->row_count - 1);

    while (receiver->rows[at].member != 0 &&
           receiver->rows[at].member != member)
        at = (at + 1) & (receiver->row_count - 1);
    return &receiver->rows[at];
}

static void
fill_table(struct receiver *receiver, uint64_t accounts)
{
    receiver->row_count = 64;
    while (receiver->row_count < accounts * 2)
        receiver->row_count *= 2;
    uint64_t size = receiver->row_count * sizeof *receiver->rows;
    receiver->rows = wide_grow(NULL, 0, size);
    bench_need(receiver->rows != NULL, "have memory");
    memset(receiver->rows, 0, size);
    for (uint64_t member = 1; member <= accounts; member++)
        row_of(receiver, member)->member = member;
}

static void
open_table(struct receiver *receiver, const char *path)
{
    MDB_txn *txn;

    mkdir(path, 0777);
    bench_need(mdb_env_create(&receiver->env) == 0 &&
                   mdb_env_set_mapsize(receiver->env, (size_t)8 << 30) == 0 &&
                   mdb_env_open(receiver->env, path, MDB_NOMETASYNC, 0666) ==
                       0 &&
                   mdb_txn_begin(receiver->env, NULL, 0, &txn) == 0 &&
                   mdb_dbi_open(txn, NULL, 0, &receiver->table) == 0 &&
                   mdb_txn_commit(txn) == 0,
               "open LMDB");
}

/* Where it listens goes into the pipe. */
static void
listen_on(struct receiver *receiver, const struct keys_pair *keys, int told)
{
    const int linger = 0, server = 1;
    char endpoint[64] = "";
    size_t size = sizeof endpoint;

    receiver->socket = zmq_socket(zmq_ctx_new(), ZMQ_ROUTER);
    bench_need(receiver->socket != NULL, "make a socket");
    zmq_setsockopt(receiver->socket, ZMQ_LINGER, &linger, sizeof linger);
    zmq_setsockopt(receiver->socket, ZMQ_CURVE_SERVER, &server, sizeof server);
    zmq_setsockopt(receiver->socket, ZMQ_CURVE_SECRETKEY,
                   keys->secret_key.bytes, CURVE_KEY_SIZE);
    bench_need(zmq_bind(receiver->socket, "tcp://127.0.0.1:*") == 0 &&
                   zmq_getsockopt(receiver->socket, ZMQ_LAST_ENDPOINT, endpoint,
                                  &size) == 0 &&
                   write(told, endpoint, sizeof endpoint) ==
                       (ssize_t)sizeof endpoint,
               "listen");
}

/* A frame, or the empty one that says that somebody is there. */
static void
check(zmq_msg_t *message)
{
    const struct pipe_frame *frame = zmq_msg_data(message);

    bench_need(zmq_msg_size(message) == 0 ||
                   (zmq_msg_size(message) == sizeof *frame &&
                    frame->checksum == hash_64(events_of(frame), 0)),
               "receive what was sent");
}

static void
drain(struct receiver *receiver)
{
    uint8_t from[5]; /* a zero and four bytes, as ZeroMQ names them */

    while (receiver->waiting < DRAIN &&
           zmq_recv(receiver->socket, from, sizeof from, ZMQ_DONTWAIT) ==
               (int)sizeof from) {
        struct parcel *parcel = &receiver->parcels[receiver->waiting++];
        memcpy(&parcel->from, from + 1, sizeof parcel->from);
        zmq_msg_init(&parcel->frame);
        bench_need(zmq_msg_recv(&parcel->frame, receiver->socket, 0) >= 0,
                   "receive a frame");
        check(&parcel->frame);
    }
}

static void
commit(struct receiver *receiver)
{
    MDB_txn *txn;

    bench_need(mdb_txn_begin(receiver->env, NULL, 0, &txn) == 0,
               "begin in LMDB");
    for (uint32_t i = 0; i < receiver->waiting; i++) {
        uint64_t big_endian = __builtin_bswap64(++receiver->number);
        zmq_msg_t *frame = &receiver->parcels[i].frame;
        MDB_val key = { sizeof big_endian, &big_endian };
        MDB_val value = { zmq_msg_size(frame), zmq_msg_data(frame) };
        bench_need(mdb_put(txn, receiver->table, &key, &value, MDB_APPEND) == 0,
                   "put into LMDB");
    }
    bench_need(mdb_txn_commit(txn) == 0, "commit in LMDB");
}

static void
fold(struct receiver *receiver, const struct pipe_frame *frame)
{
    for (uint32_t i = 0; i < EVENTS; i++) {
        if (i + AHEAD < EVENTS)
            __builtin_prefetch(
                &receiver
                     ->rows[hash_number(frame->events[i + AHEAD].member, 1) &
                            (receiver->row_count - 1)]);
        const struct pipe_event *event = &frame->events[i];
        struct row *row = row_of(receiver, event->member);
        row->count++;
        row->total += event->total;
        row->last_ms = event->at_ms;
    }
}

static void
answer(struct receiver *receiver, struct parcel *parcel)
{
    uint8_t to[5] = { 0 };

    memcpy(to + 1, &parcel->from, sizeof parcel->from);
    if (zmq_msg_size(&parcel->frame) > 0)
        fold(receiver, zmq_msg_data(&parcel->frame));
    zmq_msg_close(&parcel->frame);
    bench_need(zmq_send(receiver->socket, to, sizeof to, ZMQ_SNDMORE) >= 0 &&
                   zmq_send(receiver->socket, "", 0, 0) >= 0,
               "answer");
}

/* Until it is killed. */
static void
receive(const char *path, const struct pipe_options *options,
        const struct keys_pair *keys, int told)
{
    static struct receiver receiver;
    zmq_pollitem_t item = { .events = ZMQ_POLLIN };

    prctl(PR_SET_PDEATHSIG, SIGKILL); /* gone when we are */
    fill_table(&receiver, options->accounts);
    open_table(&receiver, path);
    listen_on(&receiver, keys, told);
    item.socket = receiver.socket;
    for (;;) {
        bench_need(zmq_poll(&item, 1, -1) >= 0, "wait for frames");
        drain(&receiver);
        commit(&receiver);
        for (uint32_t i = 0; i < receiver.waiting; i++)
            answer(&receiver, &receiver.parcels[i]);
        receiver.waiting = 0;
    }
}

/* --- the end that sends --- */

struct sender {
    const struct pipe_options *options;
    void *context;
    void *socket; /* a ROUTER with a connection for each */
    struct pipe_frame *pool;
    uint64_t sent; /* frames, as is the next */
    uint64_t answered;
};

static struct pipe_frame *
prepare(uint64_t accounts)
{
    struct pipe_frame *pool = calloc(POOL, sizeof *pool);

    bench_need(pool != NULL, "have memory");
    for (uint64_t i = 0; i < (uint64_t)POOL * EVENTS; i++)
        pool[i / EVENTS].events[i % EVENTS] = (struct pipe_event) {
            .member = sales_member(i, accounts),
            .at_ms = SALES_START_MS + (int64_t)i,
            .total = (int64_t)(i % 10000),
        };
    for (uint32_t i = 0; i < POOL; i++)
        pool[i].checksum = hash_64(events_of(&pool[i]), 0);
    return pool;
}

static void
post(struct sender *sender, uint32_t connection, const void *frame, size_t size)
{
    bench_need(zmq_send(sender->socket, &connection, sizeof connection,
                        ZMQ_SNDMORE) >= 0 &&
                   zmq_send(sender->socket, frame, size, 0) >= 0,
               "send a frame");
}

/* Who is answered sends its next frame, if there is one. */
static void
hear(struct sender *sender, uint64_t frames)
{
    uint32_t connection;

    while (zmq_recv(sender->socket, &connection, sizeof connection,
                    ZMQ_DONTWAIT) >= 0) {
        bench_need(zmq_recv(sender->socket, NULL, 0, 0) == 0, "be answered");
        sender->answered++;
        if (sender->sent < frames) {
            const struct pipe_frame *frame =
                &sender->pool[sender->sent++ % POOL];
            post(sender, connection, frame, sizeof *frame);
        }
    }
}

static void
hear_until(struct sender *sender, uint64_t answered, uint64_t frames)
{
    zmq_pollitem_t item = { .socket = sender->socket, .events = ZMQ_POLLIN };

    for (double end = bench_now() + DEADLINE; sender->answered < answered;) {
        bench_need(bench_now() < end && zmq_poll(&item, 1, 1000) >= 0,
                   "see all frames answered");
        hear(sender, frames);
    }
    sender->answered = 0;
}

/* All connections, and an answer on each. */
static void
dial(struct sender *sender, const struct keys_pair *hub, const char *endpoint)
{
    const int linger = 0;
    struct keys_pair keys;

    transport_keypair(&keys);
    sender->context = zmq_ctx_new();
    sender->socket = zmq_socket(sender->context, ZMQ_ROUTER);
    bench_need(sender->socket != NULL, "make a socket");
    zmq_setsockopt(sender->socket, ZMQ_LINGER, &linger, sizeof linger);
    zmq_setsockopt(sender->socket, ZMQ_CURVE_SERVERKEY, hub->public_key.bytes,
                   CURVE_KEY_SIZE);
    zmq_setsockopt(sender->socket, ZMQ_CURVE_PUBLICKEY, keys.public_key.bytes,
                   CURVE_KEY_SIZE);
    zmq_setsockopt(sender->socket, ZMQ_CURVE_SECRETKEY, keys.secret_key.bytes,
                   CURVE_KEY_SIZE);
    for (uint32_t i = 0; i < sender->options->connections; i++) {
        zmq_setsockopt(sender->socket, ZMQ_CONNECT_ROUTING_ID, &i, sizeof i);
        bench_need(zmq_connect(sender->socket, endpoint) == 0, "connect");
        post(sender, i, "", 0);
    }
    hear_until(sender, sender->options->connections, 0);
}

static double
send_all(struct sender *sender)
{
    uint32_t connections = sender->options->connections;
    uint64_t frames = sender->options->events / EVENTS;
    uint32_t each =
        UNDERWAY / connections > FEWEST ? UNDERWAY / connections : FEWEST;

    double begun = bench_now();
    for (uint32_t i = 0; i < each * connections && sender->sent < frames; i++) {
        const struct pipe_frame *frame = &sender->pool[sender->sent++ % POOL];
        post(sender, i % connections, frame, sizeof *frame);
    }
    hear_until(sender, frames, frames);
    return bench_now() - begun;
}

double
pipe_rate(const char *folder, const struct pipe_options *options)
{
    struct sender sender = { .options = options };
    struct keys_pair keys;
    char path[4200], endpoint[64];
    int ends[2];
    static int number;

    snprintf(path, sizeof path, "%s/pipe-%d", folder, number++);
    transport_keypair(&keys);
    bench_need(pipe(ends) == 0, "make a pipe");
    pid_t pid = fork();
    if (pid == 0)
        receive(path, options, &keys, ends[1]);
    close(ends[1]);
    bench_need(pid > 0 && read(ends[0], endpoint, sizeof endpoint) ==
                              (ssize_t)sizeof endpoint,
               "see the pipe listen");
    close(ends[0]);
    sender.pool = prepare(options->accounts);
    dial(&sender, &keys, endpoint);
    double seconds = send_all(&sender);
    zmq_close(sender.socket);
    zmq_ctx_term(sender.context);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    free(sender.pool);
    return (double)options->events / seconds;
}
