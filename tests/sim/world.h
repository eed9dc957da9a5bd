/*
 * world.h - hubs and stores on invented machines, and what befalls them
 *
 * The processes are the real ones of nodes/hub.c and nodes/store.c, turn by
 * turn; below them journal, ingest, fold and ledger are real, too.  Invented
 * are db.h (disk.h), transport.h (net.h), both clocks and the moments at which
 * the keeper folds.  All that happens follows from one seed.
 *
 * A run has two parts.  First, trouble: sales and redemptions at the tills
 * while the plan's misfortunes strike (fate.h), and people at HQ who do
 * something about it (office.h).  Then everything is healed and nothing is
 * sold; within a budget of time all must have come to rest (rest.h) and agree
 * (checks.h).
 */
#ifndef TESTS_SIM_WORLD_H
#define TESTS_SIM_WORLD_H

#include "core/ledger_append.h"
#include "nodes/hub.h"
#include "nodes/store.h"
#include "tests/place.h"
#include "tests/sim/plan.h"

enum {
    WORLD_MEMBERS = 12,
    WORLD_PROBLEM_SIZE = 400,
    WORLD_DIR_SIZE = 280,
    WORLD_HUBS_MAX = 3,
    WORLD_BACKUPS_MAX = 8,
    WORLD_STEP_MS = 5,
};

/* A hub, or the standby of one; or a machine without a process (forger.h). */
enum box_kind { BOX_HUB, BOX_STORE, BOX_FORGER };

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
    struct ledger *till;   /* another process; NULL */
    struct forger *forger; /* in place of a process; owned; NULL: none */
    int64_t begin_ms;      /* when a process that does not run begins */
    int64_t turn_ms;       /* the next turn, if nothing comes before */
    int64_t busy_ms;       /* with its disk, until then */
    int64_t heal_ms;       /* when full disk and cut end; 0: neither */
    int64_t slow_ms;       /* when it reads as usual again; 0: it does */
    uint64_t session; /* that a hub has last opened for this machine, ... */
    uint64_t session_epoch; /* ... and its epoch */
    uint64_t granted_up;    /* bytes that it may send in that session ... */
    uint64_t granted_down;  /* ... and the hub */
    uint64_t epoch;         /* the greatest in which this process has spoken */
    uint64_t epoch_told;    /* of its last HELLO */
    struct disk_copy backup;
    bool has_backup;
    bool pruned;        /* has dropped what was safe */
    bool rotten;        /* a bit of its journal has turned over ... */
    int64_t noticed_ms; /* ... and by then somebody has noticed */
    bool moved;         /* is to notice that when it begins, by its token */
    bool parted; /* its disk was an older one, or another has had it: streams
                  * may have forked */
    int64_t owned_ms; /* a standby's older disk: its hub has heard what is on
                       * it, and has told others by then */
};

/* A verified copy of a hub, of which its books speak; kept for ever. */
struct world_backup {
    uint32_t box;
    struct disk *disk;
    bool good; /* read through, and folded anew */
};

struct world {
    struct world_plan plan;
    struct luck luck;
    struct net net;
    struct place place;
    struct arena arena; /* for a sale's parsing */
    struct box **boxes; /* the first is the hub, then come the standbys */
    struct machine **machines;
    uint32_t box_count;
    uint32_t box_room;
    uint32_t hub_count; /* that one and the standbys */
    uint32_t reigning;  /* whom people hold to be the hub */
    struct world_backup backups[WORLD_BACKUPS_MAX];
    uint32_t backup_count;
    int64_t fall_ms;     /* when the hub falls ... */
    int64_t recover_ms;  /* ... and when its machine comes back */
    uint64_t rolled;     /* the epoch in which a hub was rolled back; 0: none */
    bool closed_falsely; /* a hub has lied about a close */
    struct sale *sales;
    uint32_t sale_count;
    uint32_t sale_room;
    uint32_t published;
    uint32_t told;   /* stores, where the hub is */
    uint32_t grants; /* by hubs */
    uint32_t alone;  /* by nodes without one */
    bool healed;
    bool unaided;        /* and no store runs until there is one hub */
    int64_t patience_ms; /* healed for so long, people demote old hubs */
    int64_t rest_ms;     /* when all had come to rest */
    int64_t hub_most;    /* bytes of memory that a hub has ever needed ... */
    int64_t node_most;   /* ... and a node */
    char problem[WORLD_PROBLEM_SIZE]; /* the first; "" */
};

void world_open(struct world *world, const struct world_plan *plan,
                uint64_t seed);
void world_close(struct world *world);

/* Lives through the trouble, heals, waits for rest, checks.  False: see
 * `problem`. */
bool world_run(struct world *world);

/* A hash of all that went over the network and of what the disks hold: the same
 * for two runs of one seed. */
uint64_t world_print(const struct world *world);

/* Says what is wrong; the first time counts. */
void world_fail(struct world *world, const char *format, ...) PRINTF_LIKE(2, 3);
/* Says so unless it went well. */
void world_must(struct world *world, enum err err, const char *what);

/* By the true clock, as people at their desks have it. */
static inline int64_t
world_now_ms(void)
{
    return MACHINE_EPOCH_MS + machine_true_ms();
}

/* The box that people hold to be the hub. */
static inline struct box *
world_hub(const struct world *world)
{
    return world->boxes[world->reigning];
}

#endif
