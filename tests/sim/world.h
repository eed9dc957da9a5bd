/*
 * world.h - a hub and its stores on invented machines, and what befalls them
 *
 * The processes are the real ones of nodes/hub.c and nodes/store.c, turn by
 * turn; below them journal, ingest, fold and ledger are real, too.  Invented
 * are db.h (disk.h), transport.h (net.h), both clocks and the moments at which
 * the keeper folds.  All that happens follows from one seed.
 *
 * A run has two parts.  First, trouble: sales at the tills while the plan's
 * misfortunes strike.  Then everything is healed and nothing is sold; within
 * a budget of time all must have come to rest and agree (checks.h).
 */
#ifndef TESTS_SIM_WORLD_H
#define TESTS_SIM_WORLD_H

#include "core/ledger_append.h"
#include "nodes/hub.h"
#include "nodes/store.h"
#include "tests/place.h"
#include "tests/sim/net.h"

enum { WORLD_MEMBERS = 12, WORLD_PROBLEM_SIZE = 400, WORLD_DIR_SIZE = 280 };

/* How often misfortunes strike: of a million milliseconds of each machine. */
struct world_plan {
    uint32_t stores;
    int64_t trouble_ms;
    int64_t budget_ms; /* for coming to rest */
    struct net_weather weather;
    uint32_t sales;
    uint32_t deaths;     /* power cuts, at any write */
    uint32_t hub_deaths; /* likewise */
    uint32_t stops;      /* the process ends and begins again, politely */
    uint32_t cuts;       /* from the network */
    uint32_t fulls;      /* no room on the disk for a while */
    uint32_t faults;     /* of the disk */
    uint32_t jumps;      /* of the wall clock */
    uint32_t restores;   /* of an old backup */
    uint32_t clones;     /* of a store's whole disk, onto another machine */
    uint32_t sleeps;     /* no turn for many seconds */
    uint32_t publishes;  /* new rules at the hub */
    uint32_t backlog;    /* sales at each store before anything runs */
    bool herd;           /* too many for all the checks: only that everything
                          * arrives, and that little waits at the hub */
};

enum box_kind { BOX_HUB, BOX_STORE };

/* A machine, its process, and its till. */
struct box {
    struct machine machine; /* the first member */
    enum box_kind kind;
    uint32_t node;
    char dir[WORLD_DIR_SIZE];
    struct hub *hub; /* one of them while the process runs */
    struct store *store;
    struct hub_options hub_options;
    struct store_options store_options;
    struct ledger *till; /* another process; NULL */
    int64_t begin_ms;    /* when a process that does not run begins */
    int64_t turn_ms;     /* the next turn, if nothing comes before */
    int64_t heal_ms;     /* when full disk and cut end; 0: neither */
    struct disk_copy backup;
    bool has_backup;
    bool parted; /* its disk was an older one, or another has had it: streams
                  * may have forked */
};

enum sale_state {
    SALE_ASKED, /* nobody has answered */
    SALE_DONE,  /* acknowledged by the node */
    SALE_GONE,  /* acknowledged, and lost with its disk before it got out */
};

struct sale {
    uint32_t box;
    uint32_t member;
    uint32_t amount; /* minor units */
    enum sale_state state;
    identity identity; /* once done */
};

struct world {
    struct world_plan plan;
    struct luck luck;
    struct net net;
    struct place place;
    struct arena arena; /* for a sale's parsing */
    struct box **boxes; /* the hub is the first */
    struct machine **machines;
    uint32_t box_count;
    uint32_t box_room;
    struct sale *sales;
    uint32_t sale_count;
    uint32_t sale_room;
    uint32_t published;
    bool healed;
    uint64_t queue_max;               /* most bytes that waited at the hub */
    char problem[WORLD_PROBLEM_SIZE]; /* the first; "" */
};

void world_open(struct world *world, const struct world_plan *plan,
                uint64_t seed);
void world_close(struct world *world);

/* Lives through the trouble, heals, waits for rest, checks.  False: see
 * `problem`. */
bool world_run(struct world *world);

/* Says what is wrong; the first time counts. */
void world_fail(struct world *world, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
