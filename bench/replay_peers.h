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

struct replay_time {
    double clock; /* seconds that went by; negative: the peer is not there */
    double processor; /* and of computing, on all cores together */
};

/* Asks about the table in `csv`, on all cores.  The folder takes files. */
struct replay_time replay_peers_duckdb(const char *folder, const char *csv,
                                       struct replay_sums *ret_sums);
/* Likewise, on one core. */
struct replay_time replay_peers_sqlite(const char *folder, const char *csv,
                                       struct replay_sums *ret_sums);

#endif
