/*
 * inlet.h - standard input among the files that a command line names
 *
 * `-` is standard input, which is read to its end and then gone: who names it
 * twice would be told that the second file is empty.
 */
#ifndef TOOLS_INLET_H
#define TOOLS_INLET_H

#include "tools/command.h"

/* Whether `-` stands at most once among the operands from `first` on and the
 * values of those options (NULL after them; NULL: none), which are all files
 * to be read.  False: that has been said; return COMMAND_MISUSE. */
NODISCARD bool inlet_is_single(const struct arguments *arguments,
                               uint32_t first, const char *const *options);

#endif
