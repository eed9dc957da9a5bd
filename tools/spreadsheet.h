/*
 * spreadsheet.h - a statement's workbook, whole or not at all
 *
 * The library that writes it does not tell all that goes wrong: without memory
 * it crashes or leaves cells out, and on a disk that is full for a moment rows.
 * So it works in a process of its own, which may crash, and whose words are
 * listened to; and it works twice, for the same statement gives the same file.
 * On the way nothing has a name that could be left behind.
 */
#ifndef TOOLS_SPREADSHEET_H
#define TOOLS_SPREADSHEET_H

#include "tools/statement_xlsx.h"

#include <stdio.h>

/* The workbook, to be read from its beginning, and closed; `partner` as in
 * statement_xlsx().  ERR_FULL, ERR_IO, ERR_MEMORY. */
NODISCARD enum err spreadsheet_make(const struct statement *statement,
                                    const struct statement_partner *partner,
                                    const struct evidence *evidence,
                                    FILE **ret_file,
                                    struct complaint *complaint);

#endif
