/*
 * db.c - LMDB, the only file that knows it
 *
 * The map.  LMDB reads through one map of fixed size.  We reserve far more
 * address space than any ledger will fill, which costs nothing; a machine with
 * little of it gets less.  Enlarging it moves it, so nobody in this process may
 * look at it meanwhile: each transaction holds `map_lock` shared, whoever
 * changes the map holds it alone, and gives up after a while rather than wait
 * for ever for a reader that its own thread holds.
 *
 * Room ahead.  While we hold the writers' lock, zeros are written beyond the
 * last page from time to time (room.h), so most commits find their place there
 * already.  Whether that works is all the same: LMDB looks at no page beyond
 * its last one.
 *
 * Pages in a row.  A small commit rewrites some seven pages, and a flush of
 * seven that lie apart takes nearly twice as long as one of seven in a row.
 * LMDB takes the pages for them from those that were freed, oldest first, which
 * scatters them more and more.  So now and then we ask for many in a row, more
 * than is needed, and give them back: LMDB gathers and sorts what is free until
 * it finds them, takes the lowest first from then on, and small commits go
 * round in order.
 *
 * Disk full.  LMDB takes a short write for EIO, so EIO on a disk without room
 * is read as ERR_FULL.  Pages are written before the meta page that makes them
 * part of the file, so a failure up to there has changed nothing.  After any
 * other failed commit we can't tell what the disk holds: the environment
 * refuses to write until it has been opened anew.
 */
#include "core/db.h"

#include "core/mark.h"
#include "core/room.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <pthread.h>
#include <stdatomic.h>
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
    RUN_SIZE = 1 << 17, /* of pages in a row, asked for ... */
    RUN_EVERY = 128,    /* ... once in so many commits */
};
static_assert(2 * RUN_SIZE < (int)ROOM_LEFT,
              "no page of a run lies beyond the end of the file");
#define MAP_DEFAULT (UINT64_C(1) << 40)
#define MAP_LEAST (UINT64_C(1) << 28)
#define MAP_MOST (UINT64_C(1) << 46)

struct db {
    MDB_env *env;
    pthread_rwlock_t map_lock;
    atomic_bool broken;
    bool lazy; /* the last writer's mode; only who holds LMDB's lock looks */
    bool sealed;
    bool behind;
    int mark; /* of a sealed one */
    uint32_t table_count;
    MDB_dbi tables[DB_TABLES_MAX];
    char dir[]; /* where it lies, for asking about room */
};

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

static enum err
err_of(int code)
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
    uint64_t counts[DB_TABLES_MAX]; /* of tables[1] and on */
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

static int
put_seal(const struct db *db, MDB_txn *txn)
{
    struct seal seal;
    MDB_val key = seal_key();
    MDB_val value = { sizeof seal, &seal };
    int code = make_seal(db, txn, &seal);

    return code == 0 ? mdb_put(txn, db->tables[0], &key, &value, 0) : code;
}

/* Before the first commit there is none. */
static enum err
check_seal(const struct db *db)
{
    struct seal seal;
    MDB_val key = seal_key();
    MDB_val value;
    MDB_txn *txn = NULL;
    enum err err = OK;

    int code = mdb_txn_begin(db->env, NULL, MDB_RDONLY, &txn);
    if (code != 0)
        return err_of(code);
    code = mdb_get(txn, db->tables[0], &key, &value);
    if (code == 0) {
        code = make_seal(db, txn, &seal);
        if (value.mv_size != sizeof seal ||
            memcmp(value.mv_data, &seal, sizeof seal) != 0)
            err = err_corrupt();
    }
    mdb_txn_abort(txn);
    return code == 0 || code == MDB_NOTFOUND ? err : err_of(code);
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
    return err_of(code);
}

static enum err
enlarge_map(struct db *db)
{
    MDB_envinfo info;

    pthread_rwlock_rdlock(&db->map_lock);
    int code = mdb_env_info(db->env, &info);
    pthread_rwlock_unlock(&db->map_lock);
    if (code != 0)
        return err_of(code);
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
        return err_of(code);
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
    if (code == MDB_NOTFOUND && db_last_txn(db) > 0)
        return err_corrupt(); /* the first transaction made all tables */
    if (code == MDB_NOTFOUND && options->create)
        code = open_table_handles(db, options, 0, MDB_CREATE);
    return err_of(code);
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

/* A map that the machine won't give is tried at half the size. */
static enum err
open_env(struct db *db, uint64_t map_size)
{
    int code = ENOMEM;

    for (uint64_t size = map_size;
         code == ENOMEM && (size == map_size || size >= MAP_LEAST); size /= 2) {
        if (db->env != NULL)
            mdb_env_close(db->env);
        db->env = NULL;
        code = mdb_env_create(&db->env);
        if (code == 0)
            code = mdb_env_set_mapsize(db->env, size);
        if (code == 0)
            code = mdb_env_set_maxdbs(db->env, DB_TABLES_MAX);
        if (code == 0)
            code = mdb_env_set_maxreaders(db->env, READERS_MAX);
        if (code == 0)
            code = mdb_env_set_assert(db->env, panic);
        if (code == 0)
            code = mdb_env_open(db->env, db->dir, MDB_NOTLS, 0600);
    }
    return err_of(code);
}

enum err
db_open(const char *dir, const struct db_options *options, struct db **ret_db)
{
    assert(options->table_count <= DB_TABLES_MAX);
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
    const uint64_t noted = mark_read(db->mark);
    if (err == OK && db->sealed)
        err = check_seal(db);
    if (err != OK) {
        db_close(db);
        return err;
    }
    db->behind = noted > db_last_txn(db);
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

/* ----- transactions ----- */

void
db_fail(struct db_txn *txn, enum err err)
{
    assert(err != OK);
    if (txn->err == OK)
        txn->err = err;
}

static void
fail_code(struct db_txn *txn, int code)
{
    assert(code != 0);
    assert(code != MDB_BAD_VALSIZE); /* our own keys */
    if (txn->err == OK && code == MDB_MAP_FULL)
        txn->map_full = true;
    db_fail(txn, err_of(code));
}

/* LMDB 0.9 takes NOMETASYNC for the whole environment only, not for one
 * transaction; so each writer sets it for itself, under the writers' lock. */
static void
set_lazy(struct db *db, bool lazy)
{
    if (db->lazy == lazy)
        return;
    int code = mdb_env_set_flags(db->env, MDB_NOMETASYNC, lazy);
    assert(code == 0);
    db->lazy = lazy;
}

/* Makes LMDB look for a run of free pages, and gives it back at once: in
 * looking it puts what is free in order.  The run is held by a value that is
 * gone again before anybody could see it, beside the seal, where no caller's
 * keys are. */
static void
take_run(struct db_txn *txn)
{
    MDB_val key = { 3, (void *)(uintptr_t) "run" };
    MDB_val value = { RUN_SIZE, NULL };
    MDB_dbi table = txn->db->tables[0];

    int code = mdb_put(txn->handle, table, &key, &value, MDB_RESERVE);
    if (code == 0)
        code = mdb_del(txn->handle, table, &key, NULL);
    if (code != 0)
        fail_code(txn, code);
}

/* Where the pages of a write transaction will lie; see the head. */
static void
lay_out(struct db_txn *txn)
{
    const struct db *db = txn->db;
    MDB_envinfo info;
    MDB_stat stats;
    int handle = -1;

    if (mdb_env_info(db->env, &info) != 0 ||
        mdb_env_stat(db->env, &stats) != 0 ||
        mdb_env_get_fd(db->env, &handle) != 0)
        return;
    uint64_t used = (info.me_last_pgno + 1) * stats.ms_psize;
    if (room_write_ahead(db->dir, handle, used) && db->sealed &&
        mdb_txn_id(txn->handle) % RUN_EVERY == 0)
        take_run(txn);
}

void
db_begin(struct db *db, enum db_mode mode, struct db_txn *ret_txn)
{
    unsigned flags = mode == DB_READ ? MDB_RDONLY : 0;

    *ret_txn = (struct db_txn) { .db = db, .write = mode != DB_READ };
    if (ret_txn->write && db->broken) {
        db_fail(ret_txn, ERR_IO);
        return;
    }
    for (int tries = 0; tries < 8; tries++) {
        pthread_rwlock_rdlock(&db->map_lock);
        int code = mdb_txn_begin(db->env, NULL, flags, &ret_txn->handle);
        if (code == 0) {
            if (ret_txn->write) {
                set_lazy(db, mode == DB_WRITE_LAZY);
                lay_out(ret_txn);
            }
            return;
        }
        ret_txn->handle = NULL;
        pthread_rwlock_unlock(&db->map_lock);
        if (code != MDB_MAP_RESIZED) {
            fail_code(ret_txn, code);
            return;
        }
        enum err err = change_map(db, 0, 0);
        if (err != OK) {
            db_fail(ret_txn, err);
            return;
        }
    }
    db_fail(ret_txn, ERR_BUSY);
}

void
db_abort(struct db_txn *txn)
{
    if (txn->handle == NULL)
        return;
    mdb_txn_abort(txn->handle);
    txn->handle = NULL;
    pthread_rwlock_unlock(&txn->db->map_lock);
}

/* What a failed commit means; see the head of the file. */
static void
judge_commit(struct db_txn *txn, int code)
{
    if (code == EIO && db_is_full(txn->db))
        code = ENOSPC;
    fail_code(txn, code);
    if (txn->err == ERR_IO || txn->err == ERR_CORRUPT)
        txn->db->broken = true;
}

enum err
db_commit(struct db_txn *txn)
{
    if (txn->err == OK) {
        assert(txn->handle != NULL);
        const uint64_t durable = mdb_txn_id(txn->handle) - txn->db->lazy;
        int code =
            txn->write && txn->db->sealed ? put_seal(txn->db, txn->handle) : 0;
        if (code == 0)
            code = mdb_txn_commit(txn->handle);
        else
            mdb_txn_abort(txn->handle);
        txn->handle = NULL;
        pthread_rwlock_unlock(&txn->db->map_lock);
        if (code != 0)
            judge_commit(txn, code);
        else if (txn->write && txn->db->sealed)
            mark_write(txn->db->mark, durable);
    } else {
        db_abort(txn);
    }
    if (txn->map_full && !txn->grown) {
        enum err err = enlarge_map(txn->db);
        txn->grown = err == OK;
        if (err != OK)
            txn->err = err;
    }
    return txn->err;
}

bool
db_grown(const struct db_txn *txn)
{
    return txn->grown;
}

/* ----- values ----- */

static MDB_val
val_of(view bytes)
{
    return (MDB_val) { bytes.size, (void *)(uintptr_t)bytes.bytes };
}

static view
view_of_val(MDB_val value)
{
    assert(value.mv_size <= UINT32_MAX);
    return (view) { value.mv_data, (uint32_t)value.mv_size };
}

static MDB_dbi
table_of(const struct db_txn *txn, uint32_t table)
{
    assert(table < txn->db->table_count);
    return txn->db->tables[table];
}

bool
db_get(struct db_txn *txn, uint32_t table, view key, view *ret_value)
{
    MDB_val wanted = val_of(key);
    MDB_val found;

    assert(key.size <= DB_KEY_SIZE);
    if (txn->err != OK)
        return false;
    int code = mdb_get(txn->handle, table_of(txn, table), &wanted, &found);
    if (code == MDB_NOTFOUND)
        return false;
    if (code != 0) {
        fail_code(txn, code);
        return false;
    }
    *ret_value = view_of_val(found);
    return true;
}

static bool
put(struct db_txn *txn, uint32_t table, view key, MDB_val *value,
    unsigned flags)
{
    MDB_val wanted = val_of(key);

    assert(txn->write);
    assert(key.size > 0);
    assert(key.size <= DB_KEY_SIZE);
    if (txn->err != OK)
        return false;
    int code =
        mdb_put(txn->handle, table_of(txn, table), &wanted, value, flags);
    /* MDB_APPEND refuses a key that is not the greatest: then the table does
     * not hold what its order says. */
    if (code == MDB_KEYEXIST)
        db_fail(txn, err_corrupt());
    else if (code != 0)
        fail_code(txn, code);
    return code == 0;
}

void
db_put(struct db_txn *txn, uint32_t table, view key, view value)
{
    MDB_val copy = val_of(value);

    put(txn, table, key, &copy, 0);
}

uint8_t *
db_reserve(struct db_txn *txn, uint32_t table, view key, uint32_t size,
           bool last)
{
    MDB_val room = { size, NULL };

    assert(size > 0);
    unsigned flags = MDB_RESERVE | (last ? MDB_APPEND : 0);
    return put(txn, table, key, &room, flags) ? room.mv_data : NULL;
}

void
db_delete(struct db_txn *txn, uint32_t table, view key)
{
    MDB_val wanted = val_of(key);

    assert(txn->write);
    if (txn->err != OK)
        return;
    int code = mdb_del(txn->handle, table_of(txn, table), &wanted, NULL);
    if (code != 0 && code != MDB_NOTFOUND)
        fail_code(txn, code);
}

uint64_t
db_count(struct db_txn *txn, uint32_t table)
{
    MDB_stat stats;

    if (txn->err != OK)
        return 0;
    int code = mdb_stat(txn->handle, table_of(txn, table), &stats);
    if (code != 0) {
        fail_code(txn, code);
        return 0;
    }
    return stats.ms_entries;
}

/* ----- cursors ----- */

void
db_cursor_open(struct db_txn *txn, uint32_t table, struct db_cursor *ret_cursor)
{
    *ret_cursor = (struct db_cursor) { .txn = txn };
    if (txn->err != OK)
        return;
    int code =
        mdb_cursor_open(txn->handle, table_of(txn, table), &ret_cursor->handle);
    if (code != 0) {
        ret_cursor->handle = NULL;
        fail_code(txn, code);
    }
}

void
db_cursor_close(struct db_cursor *cursor)
{
    if (cursor->handle != NULL)
        mdb_cursor_close(cursor->handle);
    cursor->handle = NULL;
}

static bool
move(struct db_cursor *cursor, MDB_val key, MDB_cursor_op how)
{
    MDB_val value;

    if (cursor->handle == NULL || cursor->txn->err != OK)
        return false;
    int code = mdb_cursor_get(cursor->handle, &key, &value, how);
    if (code == MDB_NOTFOUND)
        return false;
    if (code != 0) {
        fail_code(cursor->txn, code);
        return false;
    }
    cursor->key = view_of_val(key);
    cursor->value = view_of_val(value);
    return true;
}

bool
db_cursor_first(struct db_cursor *cursor)
{
    return move(cursor, (MDB_val) { 0 }, MDB_FIRST);
}

bool
db_cursor_last(struct db_cursor *cursor)
{
    return move(cursor, (MDB_val) { 0 }, MDB_LAST);
}

bool
db_cursor_next(struct db_cursor *cursor)
{
    return move(cursor, (MDB_val) { 0 }, MDB_NEXT);
}

bool
db_cursor_prev(struct db_cursor *cursor)
{
    return move(cursor, (MDB_val) { 0 }, MDB_PREV);
}

bool
db_cursor_seek(struct db_cursor *cursor, view key)
{
    assert(key.size > 0);
    return move(cursor, val_of(key), MDB_SET_RANGE);
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

/* What a reader would see.  mdb_env_info() reads the meta page, which is
 * written some time before the commit is on the disk and readers are let at
 * it: whoever compared that number and then read would miss the commit. */
uint64_t
db_last_txn(struct db *db)
{
    struct db_txn txn;

    db_begin(db, DB_READ, &txn);
    uint64_t id = txn.handle ? mdb_txn_id(txn.handle) : 0;
    db_abort(&txn);
    return id;
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

void
db_sizes(struct db *db, uint64_t *ret_used, uint64_t *ret_map)
{
    MDB_envinfo info = { 0 };
    MDB_stat stats = { 0 };

    pthread_rwlock_rdlock(&db->map_lock);
    mdb_env_info(db->env, &info);
    mdb_env_stat(db->env, &stats);
    pthread_rwlock_unlock(&db->map_lock);
    *ret_used = (info.me_last_pgno + 1) * stats.ms_psize;
    *ret_map = info.me_mapsize;
}

enum err
db_copy(struct db *db, const char *dir)
{
    pthread_rwlock_rdlock(&db->map_lock);
    enum err err = err_of(mdb_env_copy(db->env, dir));
    pthread_rwlock_unlock(&db->map_lock);
    if (err == OK)
        err = room_flush(dir, "/data.mdb");
    if (err == OK)
        err = room_flush(dir, "");
    return err;
}
