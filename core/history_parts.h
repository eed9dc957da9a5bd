/*
 * history_parts.h - what a history consists of, for core/history*.c only
 */
#ifndef CORE_HISTORY_PARTS_H
#define CORE_HISTORY_PARTS_H

#include "core/chore.h"
#include "core/draft.h"
#include "core/gather.h"
#include "core/ordinary.h"
#include "core/reader.h"
#include "core/runset.h"
#include "core/tail.h"

/* What a thread has to itself to make chapters with. */
struct history_pen {
    struct words words;
    struct draft draft;
};

/* What is on its way to the disk (history_write.h). */
struct history_write {
    bool beside;       /* in threads of their own */
    bool waiting;      /* there is a tail that is aside: */
    struct tail tail;  /* positions behind set.position; a thread may read it */
    uint64_t position; /* up to which it goes, ... */
    struct history_counts counts; /* ... and what had been taken in then */
    struct chore chore;           /* writes it, with what follows */
    struct history_pen pen;
    struct runs_writer *writer; /* owned, as is the next */
    struct runs *runs;          /* of which it has become */
    struct chore merge_chore;
    struct history_pen merge_pen;
    struct runset_merge merge;
};

/* What is taken in beside (history_ahead.h). */
struct history_ahead {
    struct chore chore;
    uint32_t items; /* that it takes, of positions up to ... */
    uint64_t last;
    struct tail tail;
    uint64_t position; /* up to which it goes, as do the next */
    struct history_counts counts;
    struct words words;
    struct arena scratch; /* for one event, as is the next */
    struct ordinary ordinary;
};

enum { HISTORY_SCRATCH_SIZE = 1 << 20 };

struct history {
    struct journal *journal; /* borrowed */
    bool owner;
    bool loaded;
    bool merge_damaged;           /* a run was, while it was merged */
    uint64_t generation;          /* changes with the runs and the tail */
    uint64_t last_txn;            /* of the last complete refresh */
    uint64_t position;            /* taken in: runs and tail */
    struct history_counts counts; /* of runs and tail */
    struct runset set;
    struct history_write write;
    struct history_ahead ahead;
    struct tail tail;    /* positions after those of the runs, and of the tail
                          * that is aside */
    uint64_t step;       /* positions that one refresh takes in, about */
    bool behind;         /* the last one left some */
    bool unbuilt;        /* what is there can't be built at once */
    uint64_t memory;     /* bytes that building at once may take; 0: bulk.h */
    uint32_t tail_items; /* that an owner's refresh leaves unmerged */
    struct gather_rules rules;
    struct gather_quarantine *quarantine; /* owned; what the rules borrow */
    uint32_t quarantine_room;
    struct reader_damage damage; /* position 0: none */
    struct arena scratch;        /* for one event, as is the next */
    struct ordinary ordinary;
    struct draft draft;  /* of chapters */
    struct words words;  /* of the chapters of the runs */
    uint32_t words_kept; /* of these, how many the note has */
};

#endif
