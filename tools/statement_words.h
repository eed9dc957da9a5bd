/*
 * statement_words.h - what the forms of a statement have in common: how money
 * is written, and what the measures are called for people
 */
#ifndef TOOLS_STATEMENT_WORDS_H
#define TOOLS_STATEMENT_WORDS_H

#include "core/settlement.h"
#include "core/text.h"

/* Cents as "-1234.56" with that decimal sign. */
void statement_words_money(struct text *text, money amount, char decimal);
/* Millionths as "-0.004500". */
void statement_words_micro(struct text *text, micro amount, char decimal);

/* Whether the measure counts cents; else points or pieces. */
bool statement_words_is_money(enum measure measure);
/* "points", "count", or NULL for money. */
const char *statement_words_unit(enum measure measure);
/* "Points issued", ... */
const char *statement_words_title(enum measure measure);

/* Gives the partners their names, copied into the arena: as the last version
 * has them that took effect before the period was over. */
void statement_words_names(struct statement *statement,
                           const struct timeline *timeline,
                           struct arena *arena);
/* The name of a partner by its id; empty: it has none. */
view statement_words_name(const struct statement *statement, view partner);

/* What the adjustments of a partner come to. */
money statement_words_adjusted(const struct statement_partner *partner);

#endif
