#include "bench/sqlite.h"

#include "bench/bench.h"
#include "core/base.h"

#include <dlfcn.h>
#include <stddef.h>

enum { DONE = 101 };

/* As much of SQLite's interface as is used here. */
static struct {
    int (*open)(const char *, void **);
    int (*exec)(void *, const char *, void *, void *, void *);
    int (*prepare)(void *, const char *, int, void **, const char **);
    int (*bind)(void *, int, const void *, int, void (*)(void *));
    int (*step)(void *);
    int (*reset)(void *);
    int (*finalize)(void *);
    int (*close)(void *);
} library;

bool
sqlite_load(void)
{
    /* POSIX lets dlsym() give functions through this cast. */
    const struct {
        void **function;
        const char *name;
    } wanted[] = {
        { (void **)&library.open, "sqlite3_open" },
        { (void **)&library.exec, "sqlite3_exec" },
        { (void **)&library.prepare, "sqlite3_prepare_v2" },
        { (void **)&library.bind, "sqlite3_bind_blob" },
        { (void **)&library.step, "sqlite3_step" },
        { (void **)&library.reset, "sqlite3_reset" },
        { (void **)&library.finalize, "sqlite3_finalize" },
        { (void **)&library.close, "sqlite3_close" },
    };
    void *handle = dlopen("libsqlite3.so.0", RTLD_NOW);
    bool found = handle != NULL;

    for (uint32_t i = 0; found && i < COUNT_OF(wanted); i++) {
        *wanted[i].function = dlsym(handle, wanted[i].name);
        found = *wanted[i].function != NULL;
    }
    return found;
}

void
sqlite_open(const char *path, struct sqlite *ret_sqlite)
{
    bench_need(library.open(path, &ret_sqlite->db) == 0, "open SQLite");
    sqlite_run(ret_sqlite, "PRAGMA busy_timeout=60000;"
                           "PRAGMA journal_mode=WAL;"
                           "PRAGMA synchronous=FULL;"
                           "CREATE TABLE IF NOT EXISTS event(value BLOB)");
    bench_need(library.prepare(ret_sqlite->db, "INSERT INTO event VALUES(?)",
                               -1, &ret_sqlite->insert, NULL) == 0,
               "prepare in SQLite");
}

void
sqlite_close(struct sqlite *sqlite)
{
    library.finalize(sqlite->insert);
    library.close(sqlite->db);
}

void
sqlite_run(const struct sqlite *sqlite, const char *sql)
{
    bench_need(library.exec(sqlite->db, sql, NULL, NULL, NULL) == 0,
               "run SQL in SQLite");
}

void
sqlite_insert(const struct sqlite *sqlite, const void *row, uint32_t size)
{
    library.bind(sqlite->insert, 1, row, (int)size, NULL);
    bench_need(library.step(sqlite->insert) == DONE, "insert into SQLite");
    library.reset(sqlite->insert);
}
