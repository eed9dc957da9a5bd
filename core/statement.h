/*
 * statement.h - a statement as JSON, the form that is signed and kept
 *
 * The closing event holds these bytes, so their layout is part of the format:
 * keys and their order are those of SETTLEMENT.md, "Forms"; nothing else may
 * ever change them for a closed period, which is printed from its event.
 */
#ifndef CORE_STATEMENT_H
#define CORE_STATEMENT_H

#include "core/err.h"
#include "core/settlement.h"
#include "core/text.h"

/* Appends the whole statement, a line for each partner, and a newline. */
void statement_json(struct text *text, const struct statement *statement);

/* Appends what one partner may see: its own part and no other's figures. */
void statement_partner_json(struct text *text,
                            const struct statement *statement,
                            const struct statement_partner *partner);

/* Reads what statement_json() has written, so that every other form of a
 * closed period derives from the bytes that were signed.  Lists and names lie
 * in the arena.  ERR_INPUT: it is no statement, the complaint says why. */
NODISCARD enum err statement_read(view json, struct arena *arena,
                                  struct statement *ret_statement,
                                  struct complaint *complaint);

/* The same of what statement_partner_json() has written: it has one partner,
 * and neither clearing nor the program's net. */
NODISCARD enum err statement_partner_read(view json, struct arena *arena,
                                          struct statement *ret_statement,
                                          struct complaint *complaint);

/* The partner of that id; NULL. */
const struct statement_partner *
statement_find(const struct statement *statement, view partner);

#endif
