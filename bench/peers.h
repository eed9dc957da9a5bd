/*
 * peers.h - the same durable appends by others: raw LMDB and SQLite
 *
 * LMDB: 64-byte values under ascending keys, default durability.  SQLite: a
 * row of 100 bytes in a table with a rowid, WAL and synchronous=FULL; the
 * library is taken at run time, and without it the peer is left out.
 */
#ifndef BENCH_PEERS_H
#define BENCH_PEERS_H

#include <stdbool.h>
#include <stdint.h>

/* Appends batches of `batch` rows for about `seconds`; rows per second. */
double peers_lmdb(const char *folder, uint32_t batch, double seconds);
/* Negative: SQLite is not installed. */
double peers_sqlite(const char *folder, uint32_t batch, double seconds);

#endif
