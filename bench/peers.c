#include "bench/peers.h"

#include "bench/bench.h"
#include "bench/sqlite.h"

#include <lmdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static void
put_lmdb(MDB_env *env, MDB_dbi table, uint64_t *key, uint32_t batch)
{
    uint8_t value[64] = { 0 };
    MDB_txn *txn;

    bench_need(mdb_txn_begin(env, NULL, 0, &txn) == 0, "begin in LMDB");
    for (uint32_t i = 0; i < batch; i++) {
        uint64_t big_endian = __builtin_bswap64((*key)++);
        MDB_val k = { sizeof big_endian, &big_endian };
        MDB_val v = { sizeof value, value };
        memcpy(value, &big_endian, sizeof big_endian);
        bench_need(mdb_put(txn, table, &k, &v, MDB_APPEND) == 0,
                   "put into LMDB");
    }
    bench_need(mdb_txn_commit(txn) == 0, "commit in LMDB");
}

double
peers_lmdb(const char *folder, uint32_t batch, double seconds)
{
    char path[4200];
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi table;
    uint64_t key = 0;
    static int number;

    snprintf(path, sizeof path, "%s/lmdb-%d", folder, number++);
    mkdir(path, 0777);
    bench_need(mdb_env_create(&env) == 0 &&
                   mdb_env_set_mapsize(env, (size_t)8 << 30) == 0 &&
                   mdb_env_open(env, path, 0, 0666) == 0 &&
                   mdb_txn_begin(env, NULL, 0, &txn) == 0 &&
                   mdb_dbi_open(txn, NULL, 0, &table) == 0 &&
                   mdb_txn_commit(txn) == 0,
               "open LMDB");
    double start = bench_now(), now = start;
    for (; now - start < seconds; now = bench_now())
        put_lmdb(env, table, &key, batch);
    mdb_env_close(env);
    return (double)key / (now - start);
}

static void
insert_batch(const struct sqlite *sqlite, uint32_t batch)
{
    char value[100] = { 0 };

    sqlite_run(sqlite, "BEGIN");
    for (uint32_t i = 0; i < batch; i++) {
        memcpy(value, &i, sizeof i);
        sqlite_insert(sqlite, value, sizeof value);
    }
    sqlite_run(sqlite, "COMMIT");
}

double
peers_sqlite(const char *folder, uint32_t batch, double seconds)
{
    struct sqlite sqlite;
    char path[4200];
    uint64_t count = 0;
    static int number;

    if (!sqlite_load())
        return -1;
    snprintf(path, sizeof path, "%s/sqlite-%d", folder, number++);
    sqlite_open(path, &sqlite);
    double start = bench_now(), now = start;
    for (; now - start < seconds; now = bench_now(), count += batch)
        insert_batch(&sqlite, batch);
    sqlite_close(&sqlite);
    return (double)count / (now - start);
}
