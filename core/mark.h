/*
 * mark.h - how far a database has come, noted beside it
 *
 * LMDB has two root pages and believes the one with the greater number.  Where
 * a bit of that number rots, or an old copy of the file is put in its place, it
 * opens an earlier commit, which is whole and gives no sign.  So the number of
 * the last commit is noted in DIR/mark, too: u64 number, u64 its complement.
 *
 * It is written after the commit is on the disk and is not flushed itself: a
 * power cut may leave it behind the database, never ahead of it.  Without the
 * file, or with one that is bent, nothing is known.
 */
#ifndef CORE_MARK_H
#define CORE_MARK_H

#include "core/base.h"

/* A descriptor; -1: there is no file and none can be made. */
int mark_open(const char *dir);
void mark_close(int mark); /* -1 is allowed, as below */

/* The number noted last; 0: nothing is known. */
uint64_t mark_read(int mark);
void mark_write(int mark, uint64_t number);

#endif
