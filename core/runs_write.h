/*
 * runs_write.h - how a run (runs.h) comes to be
 *
 * A run is written from one end to the other.  Parts of it can be made by
 * several threads at a time: a part has whole blocks and lies in memory until
 * it is appended.
 */
#ifndef CORE_RUNS_WRITE_H
#define CORE_RUNS_WRITE_H

#include "core/runs.h"

struct runs_writer;

/* Begins the run DIR/NUMBER.run under a temporary name; makes the directory
 * if it is not there.  ERR_FULL, ERR_IO, ERR_MEMORY. */
NODISCARD enum err runs_create(const char *dir, enum runs_kind kind,
                               uint64_t number, struct runs_writer **ret);

/* As runs_create() was told. */
uint64_t runs_writer_number(const struct runs_writer *writer);

/* The next blob, of a key not below the one before.  A fault sticks and is
 * told by runs_publish(). */
void runs_add(struct runs_writer *writer, view key, view blob);

/* Begins a part, which is nowhere on the disk; runs_add() fills it, and
 * runs_abandon() gives it up.  ERR_MEMORY. */
NODISCARD enum err runs_create_part(struct runs_writer **ret);
/* Bytes of the part's blocks that have ended. */
size_t runs_part_size(const struct runs_writer *part);
/* Appends those blocks; the rest of the part stays in it. */
void runs_add_blocks(struct runs_writer *writer, struct runs_writer *part);
/* Appends all of the part, whose keys are above those before; the part is empty
 * then, and can be filled with what comes behind. */
void runs_add_part(struct runs_writer *writer, struct runs_writer *part);

/* Forgets what is in the part. */
void runs_empty_part(struct runs_writer *part);

/* Brings all of it to the disk and gives it its name.  The writer is gone
 * afterwards, whatever comes back; `ret_check` is what runs_open() asks for.
 * ERR_FULL, ERR_IO, ERR_MEMORY: there is no such run. */
NODISCARD enum err runs_publish(struct runs_writer *writer,
                                uint64_t *ret_check);

/* Gives up the run; NULL is allowed. */
void runs_abandon(struct runs_writer *writer);

#endif
