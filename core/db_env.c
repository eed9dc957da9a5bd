/*
 * db_env.c - the environment of a database: opening it, its map, its seal
 *
 * The map.  LMDB reads through one map of fixed size.  We reserve far more
 * address space than any ledger will fill, which costs nothing; a machine with
 * little of it gets less.  Enlarging it moves it, so nobody in this process may
 * look at it meanwhile: each transaction holds `map_lock` shared, whoever
 * changes the map holds it alone, and gives up after a while rather than wait
 * for ever for a reader that its own thread holds.
 *
 * The seal is what db.h says it is: u64 number of the commit, u64 entries of
 * each table but the first, in the machine's order, which is little endian.
 */
#include "core/db.h"

#include "core/db_parts.h"
#include "core/mark.h"
#include "core/room.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    MAP_TRIES = 30000 /* of 1 ms */,
    READERS_MAX = 510,
    TAIL_SLACK_PAGES = 32,
    FILE_MODE = 0600, /* who bought what is nobody else's to read */
};
#define MAP_DEFAULT (UINT64_C(1) << 40)
#define MAP_LEAST (UINT64_C(1) << 28)
#define MAP_MOST (UINT64_C(1) << 46)

/* Diagnostics only, for whoever sees the process die: nothing decides by it. */
static atomic_bool panicked;

static void
panic(MDB_env *env, const char *words)
{
    (void)env;
    (void)words;
    atomic_store(&panicked, true);
}

bool
db_has_panicked(void)
{
    return atomic_load(&panicked);
}

bool
db_is_full(const struct db *db)
{
    return room_is_short(db->dir);
}

enum err
db_err(int code)
{
    switch (code) {
    case 0:
        return OK;
    case MDB_NOTFOUND:
    case ENOENT:
        return ERR_NOT_FOUND;
    case MDB_MAP_FULL:
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return ERR_FULL;
    case ENOMEM:
    case MDB_TXN_FULL:
        return ERR_MEMORY;
    case MDB_READERS_FULL:
        return ERR_BUSY;
    case MDB_VERSION_MISMATCH:
        return ERR_UNKNOWN;
    case MDB_PANIC:
        return ERR_IO;
    default:
        /* LMDB's other codes of its own speak of its pages; what is not its
         * own is the machine's. */
        return code >= MDB_KEYEXIST && code <= MDB_LAST_ERRCODE ? err_corrupt()
                                                                : ERR_IO;
    }
}

/* ----- the seal ----- */

struct seal {
    uint64_t txn;
    uint64_t counts[LIMIT_DB_TABLES]; /* of tables[1] and on */
};

static MDB_val
seal_key(void)
{
    static const char key[] = "seal";

    return (MDB_val) { sizeof key - 1, (void *)(uintptr_t)key };
}

static int
make_seal(const struct db *db, MDB_txn *txn, struct seal *ret_seal)
{
    MDB_stat stats;

    *ret_seal = (struct seal) { .txn = mdb_txn_id(txn) };
    for (uint32_t i = 1; i < db->table_count; i++) {
        int code = mdb_stat(txn, db->tables[i], &stats);
        if (code != 0)
            return code;
        ret_seal->counts[i] = stats.ms_entries;
    }
    return 0;
}

int
db_seal(const struct db *db, MDB_txn *txn)
{
    struct seal seal;
    MDB_val key = seal_key();
    MDB_val value = { sizeof seal, &seal };
    int code = make_seal(db, txn, &seal);

    return code == 0 ? mdb_put(txn, db->tables[0], &key, &value, 0) : code;
}

enum err
db_check_seal(struct db *db)
{
    struct seal seal;
    MDB_val key = seal_key();
    MDB_val value;
    MDB_txn *txn = NULL;
    enum err err = OK;

    int code = mdb_txn_begin(db->env, NULL, MDB_RDONLY, &txn);
    if (code != 0)
        return db_err(code);
    code = mdb_get(txn, db->tables[0], &key, &value);
    if (code == 0) {
        code = make_seal(db, txn, &seal);
        if (value.mv_size != sizeof seal ||
            memcmp(value.mv_data, &seal, sizeof seal) != 0)
            err = err_corrupt();
    }
    mdb_txn_abort(txn);
    return code == 0 || code == MDB_NOTFOUND ? err : db_err(code);
}

/* Runs with the map to ourselves.  `size` 0 takes the size that is on disk.
 * `seen` is the size that was too small: somebody else may have been here
 * first. */
static enum err
change_map(struct db *db, uint64_t size, uint64_t seen)
{
    static const struct timespec PAUSE = { .tv_nsec = 1000000 };
    MDB_envinfo info;

    for (int tries = 0; pthread_rwlock_trywrlock(&db->map_lock) != 0; tries++) {
        if (tries == MAP_TRIES)
            return ERR_BUSY;
        nanosleep(&PAUSE, NULL);
    }
    int code = mdb_env_info(db->env, &info);
    if (code == 0 && (size == 0 || info.me_mapsize == seen))
        code = mdb_env_set_mapsize(db->env, size);
    pthread_rwlock_unlock(&db->map_lock);
    return db_err(code);
}

enum err
db_follow_map(struct db *db)
{
    return change_map(db, 0, 0);
}

enum err
db_enlarge_map(struct db *db)
{
    MDB_envinfo info;

    pthread_rwlock_rdlock(&db->map_lock);
    int code = mdb_env_info(db->env, &info);
    pthread_rwlock_unlock(&db->map_lock);
    if (code != 0)
        return db_err(code);
    if (info.me_mapsize >= MAP_MOST)
        return ERR_FULL;
    return change_map(db, info.me_mapsize * 2, info.me_mapsize);
}

/* ----- opening ----- */

/* Reading a map beyond the end of its file kills the process, so a file that
 * was cut short is refused at the door.  Pages that a transaction took and
 * gave back may never have been written; hence the slack. */
static enum err
check_length(struct db *db)
{
    MDB_envinfo info;
    MDB_stat stats;
    struct stat file;
    int handle = -1;

    int code = mdb_env_info(db->env, &info);
    if (code == 0)
        code = mdb_env_stat(db->env, &stats);
    if (code == 0)
        code = mdb_env_get_fd(db->env, &handle);
    if (code != 0)
        return db_err(code);
    if (fstat(handle, &file) != 0)
        return ERR_IO;
    uint64_t pages = (uint64_t)file.st_size / stats.ms_psize;
    if (pages + TAIL_SLACK_PAGES < info.me_last_pgno + 1)
        return err_corrupt();
    return OK;
}

static int
open_table_handles(struct db *db, const struct db_options *options,
                   unsigned txn_flags, unsigned table_flags)
{
    MDB_txn *txn = NULL;

    int code = mdb_txn_begin(db->env, NULL, txn_flags, &txn);
    if (code != 0)
        return code;
    for (uint32_t i = 0; i < options->table_count && code == 0; i++)
        code =
            mdb_dbi_open(txn, options->tables[i], table_flags, &db->tables[i]);
    if (code == 0)
        return mdb_txn_commit(txn);
    mdb_txn_abort(txn);
    return code;
}

static enum err
open_tables(struct db *db, const struct db_options *options)
{
    db->table_count = options->table_count;
    int code = open_table_handles(db, options, MDB_RDONLY, 0);
    if (code == MDB_MAP_RESIZED) {
        code = mdb_env_set_mapsize(db->env, 0);
        if (code == 0)
            code = open_table_handles(db, options, MDB_RDONLY, 0);
    }
    if (code == MDB_NOTFOUND) {
        uint64_t last = 0;
        enum err err = db_find_last_txn(db, &last);
        if (err != OK || last > 0) /* the first transaction made all tables */
            return err != OK ? err : err_corrupt();
    }
    if (code == MDB_NOTFOUND && options->create)
        code = open_table_handles(db, options, 0, MDB_CREATE);
    return db_err(code);
}

static enum err
find_file(const char *dir)
{
    char path[4096];

    int size = snprintf(path, sizeof path, "%s/data.mdb", dir);
    if (size < 0 || (size_t)size >= sizeof path)
        return ERR_NOT_FOUND;
    if (access(path, F_OK) == 0)
        return OK;
    return errno == ENOENT || errno == ENOTDIR ? ERR_NOT_FOUND : ERR_IO;
}

/* How a machine says that it has no room for a map: a kernel by ENOMEM, and
 * valgrind by EINVAL. */
static bool
is_too_large(int code)
{
    return code == ENOMEM || code == EINVAL;
}

/* A map that the machine won't give is tried at half the size. */
static enum err
open_env(struct db *db, uint64_t map_size)
{
    int code = ENOMEM;

    for (uint64_t size = map_size;
         is_too_large(code) && (size == map_size || size >= MAP_LEAST);
         size /= 2) {
        if (db->env != NULL)
            mdb_env_close(db->env);
        db->env = NULL;
        code = mdb_env_create(&db->env);
        if (code == 0)
            code = mdb_env_set_mapsize(db->env, size);
        if (code == 0)
            code = mdb_env_set_maxdbs(db->env, LIMIT_DB_TABLES);
        if (code == 0)
            code = mdb_env_set_maxreaders(db->env, READERS_MAX);
        if (code == 0)
            code = mdb_env_set_assert(db->env, panic);
        if (code == 0)
            code = mdb_env_open(db->env, db->dir, MDB_NOTLS, FILE_MODE);
    }
    return db_err(code);
}

enum err
db_open(const char *dir, const struct db_options *options, struct db **ret_db)
{
    assert(options->table_count <= LIMIT_DB_TABLES);
    size_t dir_size = strlen(dir) + 1;
    uint64_t map_size =
        options->map_size != 0 ? options->map_size : MAP_DEFAULT;

    enum err err = options->create ? OK : find_file(dir);
    if (err != OK)
        return err;
    struct db *db = calloc(1, sizeof *db + dir_size);
    if (db == NULL)
        return ERR_MEMORY;
    memcpy(db->dir, dir, dir_size);
    pthread_rwlock_init(&db->map_lock, NULL);
    err = open_env(db, map_size);
    if (err == OK)
        err = check_length(db);
    if (err == OK)
        err = open_tables(db, options);
    db->sealed = options->sealed;
    db->mark = db->sealed && err == OK ? mark_open(dir) : -1;
    /* The note first: what is committed meanwhile is behind neither. */
    const uint64_t noted = mark_read(db->mark);
    uint64_t last = 0;
    if (err == OK)
        err = db_find_last_txn(db, &last);
    if (err != OK) {
        db_close(db);
        return err;
    }
    db->behind = noted > last;
    *ret_db = db;
    return OK;
}

void
db_close(struct db *db)
{
    if (db == NULL)
        return;
    if (db->env != NULL)
        mdb_env_close(db->env);
    mark_close(db->mark);
    pthread_rwlock_destroy(&db->map_lock);
    free(db);
}

/* ----- the environment ----- */

enum err
db_sync(struct db *db)
{
    pthread_rwlock_rdlock(&db->map_lock);
    int code = mdb_env_sync(db->env, 1);
    pthread_rwlock_unlock(&db->map_lock);
    if (code == 0)
        return OK;
    /* A second fsync would say all is well: the kernel forgets. */
    db->broken = true;
    return ERR_IO;
}

void
db_reader_check(struct db *db)
{
    int dead = 0;

    mdb_reader_check(db->env, &dead);
}

bool
db_is_behind(const struct db *db)
{
    return db->behind;
}

bool
db_is_broken(const struct db *db)
{
    return db->broken;
}

/* LMDB would make the file one that everybody may read. */
static enum err
open_copy(const char *dir, int *ret_file)
{
    char path[PATH_MAX];
    int size = snprintf(path, sizeof path, "%s/data.mdb", dir);

    if (size < 0 || size >= PATH_MAX)
        return ERR_IO;
    *ret_file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);
    if (*ret_file >= 0)
        return OK;
    return errno == EEXIST ? ERR_EXISTS : err_of_errno(errno);
}

enum err
db_copy(struct db *db, const char *dir)
{
    int file = -1;
    enum err err = open_copy(dir, &file);

    if (err != OK)
        return err;
    pthread_rwlock_rdlock(&db->map_lock);
    err = db_err(mdb_env_copyfd(db->env, file));
    pthread_rwlock_unlock(&db->map_lock);
    if (close(file) != 0 && err == OK)
        err = err_of_errno(errno);
    if (err == OK)
        err = room_flush(dir, "/data.mdb");
    if (err == OK)
        err = room_flush(dir, "");
    /* Of a write for which there was no room LMDB may say EIO, and of a flush
     * room_flush() does. */
    return err == ERR_IO && room_is_short(dir) ? ERR_FULL : err;
}
