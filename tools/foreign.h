/*
 * foreign.h - files of other programs, told by how they begin
 *
 * All that is read here is text in UTF-8.  Who hands over a workbook, a packed
 * file or what a spreadsheet calls Unicode shall hear that, and not of a
 * thousand lines that are no events.
 */
#ifndef TOOLS_FOREIGN_H
#define TOOLS_FOREIGN_H

#include "core/base.h"

enum { FOREIGN_LOOK = 512 }; /* so much of a file is enough */

/* What the file is that begins so, what was expected and what to do, to stand
 * behind its name and a colon; NULL: it may be text.  Of a line, or of a file
 * of which no more has come, less will do. */
const char *foreign_words(view start);

/* The same of a file that should hold a JSON object on each line, and whose
 * first line this is: also of one that has columns. */
const char *foreign_words_of_lines(view line);

/* The same of a file that should be a statement with its seal, as only those in
 * JSON have one; also of any text that is none. */
const char *foreign_words_of_statement(view start);

#endif
