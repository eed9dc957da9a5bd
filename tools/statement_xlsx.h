/*
 * statement_xlsx.h - a statement as a workbook for spreadsheet programs
 *
 * Sheets: the statement, its stores, the clearing matrix (of all partners
 * only), the adjustments, and the events behind these, to which each
 * adjustment links: the first hundred thousand, and how many there are more; or
 * that these are not exact, as of a month that another hub has closed.
 * Cells hold numbers and dates, sums and nets are formulas that carry their
 * value, so that what opens the file need not compute.
 *
 * The only includer of libxlsxwriter.
 */
#ifndef TOOLS_STATEMENT_XLSX_H
#define TOOLS_STATEMENT_XLSX_H

#include "core/err.h"
#include "tools/evidence.h"

/* Writes the file; `partner`: that one's only, NULL: all.  ERR_FULL, ERR_IO,
 * ERR_MEMORY: but the library does not notice all of it (spreadsheet.h). */
NODISCARD enum err statement_xlsx(const char *path,
                                  const struct statement *statement,
                                  const struct statement_partner *partner,
                                  const struct evidence *evidence);

#endif
