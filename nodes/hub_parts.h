/*
 * hub_parts.h - what a hub consists of, for nodes/hub*.c only
 */
#ifndef NODES_HUB_PARTS_H
#define NODES_HUB_PARTS_H

#include "nodes/carry.h"
#include "nodes/heir.h"
#include "nodes/keeper.h"
#include "nodes/pulse.h"
#include "nodes/roster.h"
#include "nodes/shadow.h"
#include "nodes/teller.h"

enum {
    HUB_FRAMES_AT_ONCE = 256, /* of a drain, and so of a commit */
    HUB_WISHES_MAX = 4,
};

/* Records that wait for the commit. */
struct hub_put {
    struct guest *guest;
    uint64_t total;
    uint8_t *owned; /* the bytes, where they were held back; NULL: they are the
                     * message's */
    bool refused;   /* what follows on them is not taken */
};

struct hub {
    const struct hub_options *options;
    uint32_t node;
    uint64_t epoch;
    uint64_t sessions; /* the last session's number */
    struct ledger *ledger;
    struct journal *journal;
    struct keeper *keeper;
    struct teller teller;
    struct carry carry;
    struct allow *allow;
    uint64_t allow_changes;
    struct transport *transport;
    struct roster *roster;
    struct shadow *shadow;
    struct heir heir;
    struct arena scratch;
    uint64_t txn;
    int64_t look_ms;
    int64_t tick_ms;
    int64_t since_ms; /* of the process, by the wall's clock */
    struct pulse_turn pulse;
    bool broken;
    bool full;          /* there was no room for the last commit */
    uint64_t conflicts; /* events of which another counts (conflict.h) */

    struct sync_outputs outputs;
    struct sync_output wishes[HUB_WISHES_MAX];
    uint32_t wish_count;
    struct transport_message messages[HUB_FRAMES_AT_ONCE]; /* of a drain */
    uint32_t message_count;
    uint64_t came; /* bytes, since the last look */
    bool late;     /* the last of them is a HELLO, and waits for the commit */
    struct hub_put puts[HUB_FRAMES_AT_ONCE];
    struct ingest_batch batches[HUB_FRAMES_AT_ONCE];
    uint32_t put_count;
    struct guest *touched[HUB_FRAMES_AT_ONCE]; /* by what came in this turn */
    uint32_t touched_count;
};

/* The disk has failed in a way that only opening everything anew mends. */
void hub_fault(struct hub *hub, const char *what, enum err err);

/* Gives a guest's session an input, and steps until nothing is left to do
 * about it: what is to be stored is put on the list of the turn. */
void hub_give(struct hub *hub, struct guest *guest,
              const struct sync_input *input);
/* The same as a roster_give; the context is the hub. */
void hub_give_any(void *context, struct guest *guest,
                  const struct sync_input *input);
/* Says goodbye; the words are kept by the caller. */
void hub_end_guest(struct hub *hub, struct guest *guest, enum frame_code code,
                   const char *words);

/* A frame that has come, from a guest or from one that may become one.  The
 * message is kept until the commit: what is to be stored borrows it. */
void hub_take_frame(struct hub *hub, const struct transport_message *message,
                    const struct frame *frame);

#endif
