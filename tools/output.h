/*
 * output.h - a file that a command is asked to write: whole, or not at all
 *
 * It is written under another name beside the one that was asked for, and
 * takes its place when all is in it.  Until then, and if anything fails, what
 * has been there under that name stays as it was.  A command that is killed
 * leaves what it had written under the other name, PATH.XXXXXX.
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
/* The same for a directory of files, which is made where it is not there. */
NODISCARD enum err output_check_folder(const char *path,
                                       struct complaint *complaint);
NODISCARD enum err output_make_folder(const char *path,
                                      struct complaint *complaint);

/* ERR_MEMORY: the text has failed. */
NODISCARD enum err output_write(const char *path, const struct text *text,
                                struct complaint *complaint);

/* The same in pieces, for what is written bit by bit.  Whoever opens one
 * closes or discards it; the path is borrowed until then. */
struct output;
NODISCARD enum err output_open(const char *path, struct output **ret_output,
                               struct complaint *complaint);
/* False: something could not be written, now or before; closing says why. */
bool output_put(struct output *output, view bytes);
/* What has been put takes its place, if all of it could be written. */
NODISCARD enum err output_close(struct output *output,
                                struct complaint *complaint);
void output_discard(struct output *output); /* NULL is allowed */

#endif
