/*
 * sqlite.h - a table of SQLite that takes durable rows, for who is measured
 * beside it
 *
 * WAL, synchronous=FULL, a row is one blob under a rowid.  The library is taken
 * at run time: without it the peer is left out.
 */
#ifndef BENCH_SQLITE_H
#define BENCH_SQLITE_H

#include <stdbool.h>
#include <stdint.h>

/* A connection and its statement, which its opener closes. */
struct sqlite {
    void *db;
    void *insert;
};

/* False: SQLite is not installed.  Before all others, and from one thread. */
bool sqlite_load(void);

/* The table in that file, made if it is not there; waits for others' locks. */
void sqlite_open(const char *path, struct sqlite *ret_sqlite);
void sqlite_close(struct sqlite *sqlite);

/* SQL without an answer: BEGIN, COMMIT. */
void sqlite_run(const struct sqlite *sqlite, const char *sql);
/* A row of these bytes; a commit of its own outside BEGIN. */
void sqlite_insert(const struct sqlite *sqlite, const void *row, uint32_t size);

#endif
