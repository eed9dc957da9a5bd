/*
 * output.h - a file that a command is asked to write: whole, or not at all
 *
 * It is written under another name beside the one that was asked for, and
 * takes its place when all is in it.  Until then, and if anything fails, what
 * has been there under that name stays as it was.
 *
 * "-" is standard output; what is no regular file (a device, a pipe) is
 * written as it is.
 */
#ifndef TOOLS_OUTPUT_H
#define TOOLS_OUTPUT_H

#include "core/err.h"
#include "core/text.h"

/* Whether the file could be written now: asked before the long part of a
 * command, so that a wrong name is told at once.  Leaves nothing behind.
 * Faults here and below are those of file_fault(). */
NODISCARD enum err output_check(const char *path, struct complaint *complaint);

/* ERR_MEMORY: the text has failed. */
NODISCARD enum err output_write(const char *path, const struct text *text,
                                struct complaint *complaint);

#endif
