/*
 * ledger_parts.h - what a ledger consists of, for who in core/ works on it
 */
#ifndef CORE_LEDGER_PARTS_H
#define CORE_LEDGER_PARTS_H

#include "core/admission.h"
#include "core/history.h"
#include "core/reader.h"
#include "core/versions.h"
#include "core/watch.h"

enum { LEDGER_PATH_SIZE = 3072 };

struct ledger {
    char dir[LEDGER_PATH_SIZE];
    bool owns;                   /* the owner until the close */
    bool lenient;                /* LEDGER_CHECK */
    uint64_t memory;             /* history_set_memory() */
    struct reader_damage damage; /* position 0: none */
    int owner_file; /* holds the lock on LEDGER/owner; -1: we do not */
    struct journal_identity who;
    struct journal *journal;
    struct history *history;
    struct versions *versions;
    struct admission *admission;
    struct watch *watch; /* borrowed; or NULL */
    uint64_t seen;       /* position (ledger_refresh.h) */
};

/* Words for a fault that has none of its own; returns it.  Damage of the
 * journal is looked for and named. */
enum err ledger_fault(const struct ledger *ledger, enum err err,
                      struct complaint *complaint);

/* Notes the first damage of what its parts have met. */
void ledger_note_damage(struct ledger *ledger);

/* "the record at position 7 (stream 1.5, events, seq 7)". */
void ledger_name_record(const struct reader_damage *damage, char *text,
                        size_t room);

/* Becomes the owner of the caches for a while, if nobody else is: only who got
 * true gives it back.  False too where the caller is the owner already. */
bool ledger_borrow_caches(struct ledger *ledger);
void ledger_return_caches(struct ledger *ledger);

/* Makes damaged run files good again: by building them anew where we are or
 * can become the owner, else in our own memory. */
NODISCARD enum err ledger_mend(struct ledger *ledger);

#endif
