/*
 * history_parts.h - what a history consists of, for history.c and
 * history_scan.c only
 */
#ifndef CORE_HISTORY_PARTS_H
#define CORE_HISTORY_PARTS_H

#include "core/draft.h"
#include "core/gather.h"
#include "core/ordinary.h"
#include "core/reader.h"
#include "core/runset.h"
#include "core/tail.h"

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
    struct tail tail;    /* positions after set.position */
    uint64_t step;       /* positions that one refresh takes in, about */
    bool behind;         /* the last one left some */
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
