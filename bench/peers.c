#include "bench/peers.h"

#include "bench/bench.h"

#include <dlfcn.h>
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

/* As much of SQLite's interface as is used here. */
struct sqlite {
    int (*open)(const char *, void **);
    int (*exec)(void *, const char *, void *, void *, void *);
    int (*prepare)(void *, const char *, int, void **, const char **);
    int (*bind)(void *, int, const void *, int, void (*)(void *));
    int (*step)(void *);
    int (*reset)(void *);
    int (*finalize)(void *);
    int (*close)(void *);
};

static bool
load_sqlite(struct sqlite *sqlite)
{
    void *library = dlopen("libsqlite3.so.0", RTLD_NOW);

    if (library == NULL)
        return false;
    /* POSIX lets dlsym() give functions through this cast. */
    *(void **)&sqlite->open = dlsym(library, "sqlite3_open");
    *(void **)&sqlite->exec = dlsym(library, "sqlite3_exec");
    *(void **)&sqlite->prepare = dlsym(library, "sqlite3_prepare_v2");
    *(void **)&sqlite->bind = dlsym(library, "sqlite3_bind_blob");
    *(void **)&sqlite->step = dlsym(library, "sqlite3_step");
    *(void **)&sqlite->reset = dlsym(library, "sqlite3_reset");
    *(void **)&sqlite->finalize = dlsym(library, "sqlite3_finalize");
    *(void **)&sqlite->close = dlsym(library, "sqlite3_close");
    return true;
}

static void
insert_sqlite(const struct sqlite *sqlite, void *db, void *insert,
              uint32_t batch)
{
    enum { DONE = 101 };
    char value[100] = { 0 };

    bench_need(sqlite->exec(db, "BEGIN", NULL, NULL, NULL) == 0,
               "begin in SQLite");
    for (uint32_t i = 0; i < batch; i++) {
        memcpy(value, &i, sizeof i);
        sqlite->bind(insert, 1, value, (int)sizeof value, NULL);
        bench_need(sqlite->step(insert) == DONE, "insert into SQLite");
        sqlite->reset(insert);
    }
    bench_need(sqlite->exec(db, "COMMIT", NULL, NULL, NULL) == 0,
               "commit in SQLite");
}

double
peers_sqlite(const char *folder, uint32_t batch, double seconds)
{
    struct sqlite sqlite;
    char path[4200];
    void *db, *insert;
    uint64_t count = 0;
    static int number;

    if (!load_sqlite(&sqlite))
        return -1;
    snprintf(path, sizeof path, "%s/sqlite-%d", folder, number++);
    bench_need(sqlite.open(path, &db) == 0 &&
                   sqlite.exec(db,
                               "PRAGMA journal_mode=WAL;"
                               "PRAGMA synchronous=FULL;"
                               "CREATE TABLE event(value BLOB)",
                               NULL, NULL, NULL) == 0 &&
                   sqlite.prepare(db, "INSERT INTO event VALUES(?)", -1,
                                  &insert, NULL) == 0,
               "open SQLite");
    double start = bench_now(), now = start;
    for (; now - start < seconds; now = bench_now(), count += batch)
        insert_sqlite(&sqlite, db, insert, batch);
    sqlite.finalize(insert);
    sqlite.close(db);
    return (double)count / (now - start);
}
