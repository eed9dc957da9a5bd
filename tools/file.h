/*
 * file.h - the files that a command line names, and what to say of those that
 * are not there or not what they should be
 *
 * Someone has mistyped a name far more often than a disk has failed: a name
 * that leads nowhere, or to a directory, is refused (ERR_NOT_FOUND, ERR_INPUT),
 * and only what the machine itself can't do is its fault (ERR_IO, ERR_FULL).
 */
#ifndef TOOLS_FILE_H
#define TOOLS_FILE_H

#include "core/err.h"

#include <stdio.h>

/* Before anything else is opened: where the program was started without
 * standard input, output or error, the next file that is opened would get that
 * number, and what is printed would go into it - into LMDB's lock file, which
 * running processes share.  Afterwards reading from and writing to what was
 * closed fails as before, and nobody reads an error that has no place. */
void file_hold_standard(void);

/* What a file to be read is called, where something is said of it. */
const char *file_name(const char *path);

/* What errno means for whoever gave the name; said with it. */
NODISCARD enum err file_fault(const char *path, struct complaint *complaint);

/* Whether the file can be opened to be read, and is no directory; "-" can.
 * What is wrong is said with its name. */
NODISCARD enum err file_check(const char *path, struct complaint *complaint);

/* Opens the file to be read, "-": standard input; or makes it anew to be
 * written, "-": standard output.  What is wrong is said with its name. */
NODISCARD enum err file_open(const char *path, FILE **ret_file,
                             struct complaint *complaint);
NODISCARD enum err file_create(const char *path, FILE **ret_file,
                               struct complaint *complaint);

/* Reads a whole file of text into the arena, which gives no more than its size.
 * Also ERR_INPUT: larger than `size_max`, or begun like no text. */
NODISCARD enum err file_read(const char *path, uint32_t size_max,
                             struct arena *arena, view *ret_bytes,
                             struct complaint *complaint);

/* The same of a statement that has a seal: larger than LIMIT_STATEMENT_SIZE, or
 * begun like none. */
NODISCARD enum err file_read_statement(const char *path, struct arena *arena,
                                       view *ret_bytes,
                                       struct complaint *complaint);

/* What stands under the key, where the file is the document that a command
 * prints with --json; else all of it, as it prints without.  Valid as long as
 * the file and the arena, which has room for as much again. */
view file_unwrap(view file, const char *key, struct arena *arena);

#endif
