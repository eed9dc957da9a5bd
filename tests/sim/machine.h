/*
 * machine.h - an invented computer: its disk, its clock, what runs on it
 *
 * The real code below runs as if it were on a machine of its own.  Which one
 * that is, is said by machine_enter(); the simulator's bodies of clock.h,
 * transport.h, keeper.h and db.h ask machine_here().
 *
 * A machine dies at any write: `fuse` counts the commits and frames to go.
 * From that moment its disk takes nothing any more and no frame of it goes
 * out; that the process then still runs to its end and frees its memory is
 * seen by nobody.
 */
#ifndef TESTS_SIM_MACHINE_H
#define TESTS_SIM_MACHINE_H

#include "core/base.h"
#include "tests/sim/disk.h"
#include "tests/sim/heap.h"
#include "tests/sim/luck.h"

struct machine {
    uint32_t index;
    struct disk *disk; /* owned */
    struct luck *luck; /* borrowed: the world's */
    int64_t wall_ms;   /* its wall clock is so much ahead of the true one */
    int64_t fuse;      /* commits and frames until it dies; negative: none */
    bool dead;         /* has lost its power */
    bool newer;        /* its program speaks a later minor version (net.h) */
    bool apart;        /* or only a later major one, which nobody else does */
    int64_t read_every_ms; /* takes a frame so seldom; 0: as they come */
    int64_t read_ms;       /* when it last has */

    struct transport *transport; /* the first of the process here; NULL */
    struct keeper *keeper;       /* likewise */
    struct heap heap;            /* of it */
    uint32_t dials;              /* that it has ever made */
    uint32_t knocks;             /* at its desk, which nobody has heard yet */
    int64_t unread_bytes;        /* that it has sent, and nobody has read */
    int64_t out_free_us;         /* when its line is free again, out ... */
    int64_t in_free_us;          /* ... and in */
};

/* NULL: nobody's code runs. */
struct machine *machine_here(void);
void machine_enter(struct machine *machine);
void machine_leave(void);

/* One step nearer to the end of the fuse; true: it dies right now. */
bool machine_burn(struct machine *machine);

/* True time: ms since the world began, and the wall clock at its beginning. */
#define MACHINE_EPOCH_MS INT64_C(1767225600000)
int64_t machine_true_ms(void);
void machine_set_true_ms(int64_t now_ms);

#endif
