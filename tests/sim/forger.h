/*
 * forger.h - a machine that holds a key and speaks the protocol dishonestly
 *
 * A *stranger* was enrolled as a store, and no node is behind it; a *thief* has
 * the key of a store whose node goes on.  What they may say is taken: sales of
 * the stores of their key.  What they may not (lies.h) must come to nothing,
 * cost nobody anything, and keep nobody waiting.
 *
 * A thief does what his victim's number may, and no hub can tell the two
 * apart: so it stops when the world is healed, as when the store is enrolled
 * anew.  A stranger goes on, but for what it may say.
 */
#ifndef TESTS_SIM_FORGER_H
#define TESTS_SIM_FORGER_H

#include "tests/sim/world.h"

enum { FORGER_BRANCHES = 24, FORGER_TAPE = 16 };

/* A stream that it makes up, or goes on with. */
struct forger_branch {
    stream_id stream;
    stream_head head;   /* the end, as far as the forger knows */
    stream_head before; /* an end before that, to begin another branch from */
};

/* A frame that it has said before. */
struct forger_said {
    uint8_t header[FRAME_HEADER_SIZE];
    struct text payload;
};

struct forger {
    struct world *world; /* borrowed, like the next two */
    struct box *box;
    struct box *victim; /* whose key it has; NULL: it has its own */
    struct keys_pair keys;
    struct transport *transport;
    bool wrong_key; /* dials with a key that nobody has enrolled */
    bool up;
    uint64_t session; /* 0: none */
    uint64_t epoch;   /* of the hub */
    uint64_t total;   /* bytes said in the session */
    int64_t next_ms;
    struct forger_branch branches[FORGER_BRANCHES];
    uint32_t branch_count;
    uint32_t repeats; /* events that it has said again as its own */
    struct forger_said tape[FORGER_TAPE];
    uint32_t said;
};

/* The plan's forgers, on machines of their own; after the stores were made. */
void forger_found(struct world *world);
/* What the machine does at this moment. */
void forger_live(struct world *world, struct box *box);
void forger_close(struct box *box);

/* Says the frame, in the session that there is, and keeps it on the tape.  The
 * kind, and what belongs to it, are set. */
void forger_say(struct forger *forger, struct frame *frame);
/* The same of bytes that may be no frame. */
void forger_blurt(struct forger *forger, view header, view payload);

/* A store, but none of the number that the forger's key is for; NULL: there is
 * none. */
struct box *forger_other(const struct forger *forger);

/* At rest: nothing that it made up lies in a stream of anybody else's. */
void forger_check(struct world *world);

#endif
