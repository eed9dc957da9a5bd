/*
 * parley.h - two sessions that talk through a wire in memory
 *
 * For tests of the protocol: a node's end (n) and a hub's (h), whose journals
 * are lists of records that hold nothing but numbers and a hash, and a wire
 * that can lose and cut.  What they say is written down as text: a stream is
 * NODE.INCARNATION.CHANNEL, a place in it a seq with the letter of the branch
 * of history that it is on.
 */
#ifndef TESTS_PARLEY_H
#define TESTS_PARLEY_H

#include "nodes/session.h"

enum { RECORDS_MAX = 4000, STREAMS = 6, WIRE_MAX = 4096, LOG_SIZE = 60000 };
enum { FEED_END = 1000 }; /* the hub's last position */

/* A record of nothing: what a journal of this world stores and sends. */
struct fake {
    uint64_t from;
    uint64_t to;
    digest before;
    digest chain;
    uint32_t sound; /* 0: damaged on the way */
    uint32_t filler;
};

struct log { /* one stream in one journal */
    stream_id stream;
    uint32_t count;
    struct fake *records;
    uint64_t acked; /* what the other side has acknowledged */
    uint64_t safe;  /* what it calls safe */
};

struct end {
    struct session *session;
    struct log logs[STREAMS];
    uint32_t log_count;
    bool dropped;
    uint32_t drop_after_ms;
    bool full;
    uint32_t damage; /* so many batches arrive damaged */
    uint64_t states; /* position of the states kept */
};

struct letter {
    bool to_hub;
    uint8_t header[FRAME_HEADER_SIZE];
    uint8_t *payload;
    uint32_t size;
};

struct world {
    struct end node;
    struct end hub;
    struct letter wire[WIRE_MAX];
    uint32_t wire_first;
    uint32_t wire_count;
    int64_t now_ms;
    uint64_t sessions;
    uint64_t window;
    bool shares;   /* the hub: and grants what comes after that itself */
    uint32_t lose; /* per mille */
    uint64_t random;
    uint32_t offers_left; /* incarnations that the node has left */
    bool fetch;
    uint64_t own;      /* of those, up to here they were written by it */
    uint32_t told;     /* and above so many records told again; 0: nothing */
    bool refill;       /* the hub was restored */
    bool older_hub;    /* one that does not say that it continues a stream */
    uint32_t busy_ms;  /* so long the hub makes a node wait; 0: it lets it in */
    bool standby;      /* number 3 is one */
    uint32_t boundary; /* so many records of TILL the node has dropped */
    struct arena arena;
    char log[LOG_SIZE];
    uint32_t log_size;
};

/* Number 3, whose own stream is this, talks to number 1, which offers that. */
#define TILL ((stream_id) { .incarnation = 7, .node = 3, .channel = 0 })
#define PUBLIC ((stream_id) { .incarnation = 9, .node = 1, .channel = 1 })

struct world *parley_begin(void);
void parley_finish(struct world *world);

/* A record of so many items at the end of a stream, on a branch of history. */
void parley_append(struct end *end, stream_id stream, uint32_t items,
                   char branch);
/* Tells the session of that end about it. */
void parley_grow(struct world *world, struct end *end, stream_id stream);
struct log *parley_log(struct end *end, stream_id stream);
/* The end of the first `count` records. */
stream_head parley_head(const struct log *log, uint32_t count);

/* A new connection, after cutting the old one, up to the HELLO. */
void parley_connect(struct world *world);
/* One frame, or all frames until there are none.  False: there was none. */
bool parley_deliver(struct world *world);
void parley_run(struct world *world);
/* All frames on the wire are lost. */
void parley_lose_all(struct world *world);
void parley_pass_time(struct world *world, int64_t ms);
/* Another machine takes the node's place, with its journal; the one that was
 * there is kept in `other`.  What is on the wire is lost. */
void parley_swap(struct world *world, struct end *other);
void parley_discard(struct end *other);
/* Puts a frame on the wire that no session has said. */
void parley_post(struct world *world, bool to_hub, const struct frame *frame);
/* An input for an end, whose outputs are carried out. */
void parley_give(struct world *world, struct end *end,
                 const struct sync_input *input);

/* What was said since the last call is exactly this. */
void parley_said(struct world *world, const char *expected);
/* Both ends hold the same of the stream. */
void parley_check_equal(struct world *world, stream_id stream);
/* The next random number. */
uint64_t parley_draw(struct world *world);

#endif
