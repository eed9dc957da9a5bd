/*
 * vacant.h - what to say where a statement, or the list behind it, is empty
 *
 * Nothing found is no failure; but mostly a month, a store or a measure was
 * mistyped.  So one line on standard error says that nothing happened, and what
 * there is instead.
 */
#ifndef TOOLS_VACANT_H
#define TOOLS_VACANT_H

#include "core/closing.h"
#include "core/dispute.h"
#include "core/settlement.h"

/* Where one looked, and the command that says so. */
struct vacant {
    const char *command;
    struct ledger *ledger;
    const struct closing_books *books;
    struct arena *arena;
};

/* Whether the statement has no figure and no adjustment. */
bool vacant_is(const struct statement *statement);

/* `what`, and in which months something happened.  Faults of closing_first()
 * are left unsaid. */
void vacant_tell(const char *command, struct ledger *ledger,
                 struct arena *arena, const char *what);

/* The same: that nothing happened from one month to another, both inclusive. */
void vacant_tell_months(const struct vacant *vacant, int32_t first,
                        int32_t last);

/* That no event answers the question, and what the statement of its month has
 * where the question looked.  Likewise. */
void vacant_tell_rows(const struct vacant *vacant,
                      const struct dispute_question *question);

#endif
