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

#include "core/chapter_row.h"
#include "core/history_account.h"
#include "core/ordinary.h"
#include "core/record.h"

/* A row of an account; both borrow from the record and the arena. */
struct intake {
    account_id account;
    struct chapter_row row;
};
enum { INTAKE_MAX = 2 };

/* All borrowed: words grow as names are met, the last two are room for what
 * the rows point to. */
struct intake_tools {
    struct words *words;
    struct history_counts *counts;
    struct arena *arena;
    struct ordinary *ordinary;
};

/* Decodes the event that stands at the position, counts it, and makes the rows
 * that are kept of it: none; its own; or that and a pointer.  Valid until the
 * next call. */
uint32_t intake_event(const struct record_event *stored, uint64_t position,
                      const struct intake_tools *tools,
                      struct intake ret_intakes[static INTAKE_MAX]);

/* Whether the record's writer had a clock that stood wrong. */
bool intake_is_flagged(const struct record *record);

#endif
