/*
 * servers.h - others that take durable appends from many callers at once
 *
 * Each caller adds rows of 100 bytes, one commit each: SQLite (a connection
 * each, WAL, synchronous=FULL, waiting for the lock), PostgreSQL (a prepared
 * INSERT over a unix socket) and Redis (RPUSH over a unix socket,
 * appendfsync always).  The two servers are private ones with their data in
 * the folder, started once and stopped at the end; libraries are taken at run
 * time.
 */
#ifndef BENCH_SERVERS_H
#define BENCH_SERVERS_H

#include "bench/crowd.h"

struct servers; /* owned by its opener */

/* Starts what is installed, and says what is not. */
struct servers *servers_open(const char *folder);
void servers_close(struct servers *servers);

/* Rows per second of that many callers, and how long a row took; a rate of 0:
 * not installed. */
struct crowd_result servers_sqlite(struct servers *servers, uint32_t callers,
                                   double seconds);
struct crowd_result servers_postgres(struct servers *servers, uint32_t callers,
                                     double seconds);
struct crowd_result servers_redis(struct servers *servers, uint32_t callers,
                                  double seconds);

#endif
