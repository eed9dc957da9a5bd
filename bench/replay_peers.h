/*
 * replay_peers.h - DuckDB and SQLite asked the five questions of
 * replay_sums.h, by one query (replay_questions.sql) over a sorted table in
 * which month, weekend, partner and category are columns already
 *
 * DuckDB runs in node: BENCH_DUCKDB names a folder, outside of the tree, in
 * which `npm install @duckdb/node-api` was run.  SQLite is its program
 * sqlite3.  Filling the table is not measured.
 */
#ifndef BENCH_REPLAY_PEERS_H
#define BENCH_REPLAY_PEERS_H

#include "bench/replay_sums.h"

/* Seconds for the table in `csv`, of all cores; negative: not there.  The
 * folder takes files. */
double replay_peers_duckdb(const char *folder, const char *csv,
                           struct replay_sums *ret_sums);
/* Likewise, of one core. */
double replay_peers_sqlite(const char *folder, const char *csv,
                           struct replay_sums *ret_sums);

#endif
