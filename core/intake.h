/*
 * intake.h - what an event of the journal is to a history
 *
 * An event of an unknown kind is left out; the journal keeps it for a later
 * program.  One that breaks a rule of EVENTS.md is kept under its account, if
 * it says whose it is, and has no effect.  A join that names a referrer leaves
 * a pointer with the referrer, too.
 */
#ifndef CORE_INTAKE_H
#define CORE_INTAKE_H

#include "core/history_account.h"
#include "core/item.h"
#include "core/record.h"

/* Decodes the event that stands at the position and counts it; identity and
 * all is set, its lines are in the arena.  The item borrows from the record.
 * False: nothing of it is kept. */
NODISCARD bool intake_event(const struct record_event *stored,
                            uint64_t position, struct arena *arena,
                            struct history_counts *counts,
                            struct event *ret_event, struct item *ret_item);

/* The pointer that the event leaves with its referrer, if it does. */
NODISCARD bool intake_pointer(const struct event *event,
                              const struct item *item, account_id *ret_referrer,
                              struct item *ret_pointer);

/* Whether the record's writer had a clock that stood wrong. */
bool intake_is_flagged(const struct record *record);

#endif
