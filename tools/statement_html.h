/*
 * statement_html.h - a statement to be printed, or saved as PDF by a browser
 *
 * One page or more for each partner, each beginning a new sheet of A4, with
 * nothing of another partner on it; where all partners are asked for, the
 * program's overview with the clearing matrix stands first.  One file, no
 * scripts, nothing fetched.
 */
#ifndef TOOLS_STATEMENT_HTML_H
#define TOOLS_STATEMENT_HTML_H

#include "core/settlement.h"
#include "core/text.h"

/* Appends the document; `partner`: of that one only, NULL: of all. */
void statement_html(struct text *text, const struct statement *statement,
                    const struct statement_partner *partner);

#endif
