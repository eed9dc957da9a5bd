/*
 * closing_write.h - the statement of a period that is open, and its close
 * (closing.h)
 */
#ifndef CORE_CLOSING_WRITE_H
#define CORE_CLOSING_WRITE_H

#include "core/closing.h"
#include "core/settlement.h"

/* The first period of the ledger: the first that was closed, or else the month
 * of the earliest event known.  ERR_NOT_FOUND: no events, no rules. */
NODISCARD enum err closing_first(struct ledger *ledger,
                                 const struct closing_books *books,
                                 uint64_t known, struct arena *arena,
                                 int32_t *ret_period,
                                 struct complaint *complaint);

struct closing_question {
    const struct closing_books *books;
    int32_t period;
    uint64_t known; /* position; LEDGER_KNOWN_ALL */
    int64_t now_ms; /* what the clock has done up to then counts */
};

/* Makes the statement of a period that is not closed.  ERR_NOT_FOUND: no rules
 * have been published; ERR_INPUT as of settlement_make(). */
NODISCARD enum err closing_statement(struct ledger *ledger,
                                     const struct closing_question *question,
                                     struct arena *arena,
                                     const struct statement **ret_statement,
                                     struct complaint *complaint);

/* Whether the period has ended.  ERR_INPUT: not yet, the complaint says when.
 */
NODISCARD enum err closing_check_end(const struct zone *zone, int32_t period,
                                     int64_t now_ms,
                                     struct complaint *complaint);

/* Whether that period can be closed now, as far as is known at the position.
 * ERR_INPUT: not the next period, or not ended; ERR_EXISTS: closed already;
 * ERR_NOT_FOUND: no events, no rules.  The complaint says which, and what
 * can be done. */
NODISCARD enum err closing_check(struct ledger *ledger,
                                 const struct closing_question *question,
                                 struct arena *arena,
                                 struct complaint *complaint);

/* Closes the period: takes in what is known now, makes the statement of just
 * that, signs it and appends it to the books, unless somebody else has closed
 * one meanwhile.  Faults of closing_check(); ERR_INPUT also of a statement
 * that takes more than LIMIT_STATEMENT_SIZE, or with which the books would come
 * to more than LIMIT_SETTLED_VOLUME; ERR_BUSY: the books don't come to rest;
 * ERR_CORRUPT, ERR_UNKNOWN as of closing_read(); ERR_FULL, ERR_IO,
 * ERR_MEMORY.  The complaint has words for each. */
NODISCARD enum err closing_close(struct ledger *ledger, int32_t period,
                                 int64_t now_ms, struct complaint *complaint);

#endif
