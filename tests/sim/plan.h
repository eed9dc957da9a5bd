/*
 * plan.h - which misfortunes there are in a world, and how bad they are
 *
 * Everything follows from the seed.
 */
#ifndef TESTS_SIM_PLAN_H
#define TESTS_SIM_PLAN_H

#include "tests/sim/net.h"

/* What becomes of the hub in the middle of a run. */
enum world_fall {
    FALL_NONE,
    FALL_RESTORED, /* its disk is gone; it is made anew from a backup */
    FALL_PROMOTED, /* cut off from all; a standby is promoted; it comes back */
    FALL_SPLIT,    /* cut off with half of the stores: two active hubs */
    FALL_BURNED,   /* its disk is gone, a standby is promoted, and then it is
                    * made anew from a backup after all */
    FALL_ROTTEN,   /* bits of its journal turn over, until somebody notices */
    FALL_ROLLED,   /* its machine is an older one again, epoch and all, and
                    * nobody says so */
    FALL_END
};

/* Who lies, beside everything else that goes wrong. */
enum plan_liars { LIARS_NONE, LIARS_NODES, LIARS_HUBS };

/* How often misfortunes strike: of a million milliseconds of each machine. */
struct world_plan {
    uint32_t stores;
    uint32_t standbys;
    enum world_fall fall;
    bool unaided; /* of two hubs the one of the past is told by no store */
    int64_t trouble_ms;
    int64_t budget_ms; /* for coming to rest */
    struct net_weather weather;
    uint32_t looks; /* the keeper looks once in so many turns */
    uint32_t sales;
    uint32_t redemptions;
    uint32_t deaths;     /* power cuts, at any write */
    uint32_t hub_deaths; /* likewise */
    uint32_t stops;      /* the process ends and begins again, politely */
    uint32_t cuts;       /* from the network */
    uint32_t fulls;      /* no room on the disk for a while */
    uint32_t faults;     /* of the disk */
    uint32_t jumps;      /* of the wall clock */
    uint32_t restores;   /* of an old backup of a store */
    uint32_t lapses;     /* of a standby's machine, to a snapshot of it */
    uint32_t clones;     /* of a store's whole disk, onto another machine */
    bool moves;          /* half of those notice that they are not what, or
                          * where, they were (instance.h) */
    uint32_t sleeps;     /* no turn for many seconds */
    uint32_t dawdles;    /* frames are read late, or not at all, for a while */
    uint32_t publishes;  /* new rules at the hub */
    bool closes;         /* and now and then so long a record in the books that
                          * it goes over the line in parts */
    bool settles;        /* months are closed, and where two hubs are active
                          * people at both do so, and publish there */
    uint32_t backups;    /* of the hub */
    uint32_t prunes;     /* a store drops what is safe */
    uint32_t poisons;    /* events that may not count */
    uint32_t forgers;    /* machines that lie */
    uint32_t hub_lies;   /* of a million frames from a hub */
    bool mixed;          /* some machines speak a newer protocol */
    uint32_t apart;      /* 1: now and then a store speaks one that is a version
                          * too far; 2: a hub, too */
    uint32_t rots;       /* a bit of a store's journal turns over */
    uint32_t files;      /* a bit of any machine's other files does */
    uint32_t backlog;    /* sales at each store before anything runs */
    uint32_t at_once;    /* of those, in a commit; 0: all */
    uint32_t customers;  /* of each store; 0: all have the same dozen */
    int64_t commit_ms;   /* that a commit takes; 0: no time at all */
    bool herd;           /* too many for all the checks: only that everything
                          * arrives, and that little waits at the hub */
};

struct world_plan plan_draw(uint64_t seed);
/* The same world with forgers in it (forger.h). */
struct world_plan plan_forgers(uint64_t seed);
/* ... and with hubs that lie (hub_lies.h). */
struct world_plan plan_hub_lies(uint64_t seed);
/* An outage of eight hours: all come back at once, each with its backlog, over
 * lines and to disks that take their time. */
struct world_plan plan_herd(uint32_t stores);

#endif
