/*
 * quick_columns.h - what is known of each row of a block (plain.h) under the
 * rules of a side, for the files quick*.c only
 */
#ifndef REPLAY_QUICK_COLUMNS_H
#define REPLAY_QUICK_COLUMNS_H

#include "replay/rulebook.h"

/* Of a loop over columns the compiler makes vectors, and where it can a body
 * for each generation of processors, of which the machine takes its own.  What
 * has no vectors multiplies at once. */
#if defined(__x86_64__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
enum { VECTORS = true };
#define OVER_COLUMNS                                                           \
    __attribute__((                                                            \
        optimize("O3"),                                                        \
        target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
enum { VECTORS = false };
#define OVER_COLUMNS
#endif

/* A stretch of time under one version, all of whose effects are counted or
 * none, and in which rules earn or none does. */
struct quick_era {
    int64_t from_ms;
    int64_t until_ms;       /* of the last one INT64_MAX */
    struct rulebook *table; /* NULL: before the first version */
    bool counts;            /* not before `since` */
    bool earns;             /* not after `ends` */
};

/* Rows of one era, of one account or several. */
struct quick_stretch {
    uint32_t first;
    uint32_t end;
    const struct quick_era *era;
};

/* The columns of a block that hold until the next side takes it; one set per
 * thread. */
struct quick_columns {
    uint32_t room;
    uint64_t *held_back; /* of receipts: line_bits that hold */
    int64_t *gain;       /* points of all rules that are not special */
    int64_t *gained;     /* of all rows before this one; one more than rows */
    struct quick_stretch *stretches;
    uint32_t stretch_count;
};

/* What rules hold where, which sides share whose conditions are the same. */
struct quick_mark {
    uint32_t room;
    uint64_t *mask; /* by row: rules and cards whose conditions hold */
    uint32_t *cell; /* likewise, of the store's partner and the month */
    uint64_t *any;  /* by stretch: bits that may be set somewhere */
};

/* A change of level. */
struct quick_change {
    int64_t at_ms;
    uint32_t row; /* at a purchase: this one; else QUICK_BY_CLOCK */
    int32_t place;
};

#define QUICK_BY_CLOCK UINT32_MAX

/* The levels of an account. */
struct quick_held {
    int32_t first; /* place; PROGRAM_NONE: none; so everywhere */
    int32_t last;
    uint32_t change_first;
    uint32_t change_end;
};

struct quick_month {
    int32_t month;
    int64_t spend;
};

/* Rows with the same level, from where the hold before it ends. */
struct quick_hold {
    uint32_t end;
    uint8_t held; /* as by row */
};

/* Eligible amounts and levels of a block, which sides share whose rules about
 * them are the same. */
struct quick_level {
    uint32_t room;
    uint32_t *eligible; /* cents, by row */
    int64_t *spent;     /* of all rows before this one; one more than rows */
    uint8_t *held;      /* place + 1 before the purchase */
    struct quick_hold *holds;
    uint32_t hold_count;
    struct quick_held *accounts;
    struct quick_changes {
        struct quick_change *items;
        uint32_t count;
        uint32_t room;
    } changes;
    struct quick_month *months; /* of the account at hand */
    uint32_t month_count;
};

/* Points that are over are those of an account's rows before ... */
struct quick_over {
    uint32_t at_end;    /* ... this one */
    uint32_t uncounted; /* likewise, over before `since` */
};

/* Where points are used up in the order in which they were earned; sides share
 * it that agree in when they are over. */
struct quick_flow {
    uint32_t room;
    uint32_t *over; /* at a redemption, by stop: as `at_end` */
    struct quick_over *accounts;
};

#endif
