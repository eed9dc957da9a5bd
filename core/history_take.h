/*
 * history_take.h - records of the journal become rows of a tail
 */
#ifndef CORE_HISTORY_TAKE_H
#define CORE_HISTORY_TAKE_H

#include "core/history_account.h"
#include "core/ordinary.h"
#include "core/reader.h"
#include "core/tail.h"

/* What is filled, and with what; all of it borrowed. */
struct history_taker {
    struct tail *tail;
    uint64_t *position; /* up to which all has been taken */
    struct history_counts *counts;
    struct words *words;
    struct reader_damage *damage;
    struct arena *scratch; /* for one event, as is the next */
    struct ordinary *ordinary;
};

/* Takes what lies behind the position, to the end of a record.  ERR_NOT_FOUND:
 * there is nothing, or damage, which is told then; ERR_MEMORY, and as
 * reader_next(): nothing was taken, and it can be tried again. */
NODISCARD enum err history_take_next(const struct history_taker *taker,
                                     struct reader *reader);

#endif
