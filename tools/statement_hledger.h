/*
 * statement_hledger.h - a statement as a journal of plain text accounting
 *
 * One balanced transaction for each partner, dated on the last day of the
 * period.  The account of a partner is what it owes the program (positive) or
 * is owed by it; against it stand the program's liability for points, which
 * an issuer pays into and an acceptor is paid from, and the cost of vouchers
 * and passes.  An adjustment is a pair of postings of its own, tagged with
 * the month that it adjusts.  `hledger check --strict` accepts the whole.
 */
#ifndef TOOLS_STATEMENT_HLEDGER_H
#define TOOLS_STATEMENT_HLEDGER_H

#include "core/settlement.h"
#include "core/text.h"

/* Appends the journal; `partner`: of that one only, NULL: of all. */
void statement_hledger(struct text *text, const struct statement *statement,
                       const struct statement_partner *partner);

#endif
