/*
 * db.c - transactions on LMDB, their values and cursors
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

#include "core/db_parts.h"
#include "core/mark.h"
#include "core/room.h"

#include <errno.h>

enum {
    RUN_SIZE = 1 << 17, /* of pages in a row, asked for ... */
    RUN_EVERY = 128,    /* ... once in so many commits */
};
static_assert(2 * RUN_SIZE < (int)ROOM_LEFT,
              "no page of a run lies beyond the end of the file");

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
    db_fail(txn, db_err(code));
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
        enum err err = db_follow_map(db);
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
            txn->write && txn->db->sealed ? db_seal(txn->db, txn->handle) : 0;
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
        enum err err = db_enlarge_map(txn->db);
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

/* What a reader would see.  mdb_env_info() reads the meta page, which is
 * written some time before the commit is on the disk and readers are let at
 * it: whoever compared that number and then read would miss the commit. */
enum err
db_find_last_txn(struct db *db, uint64_t *ret_id)
{
    struct db_txn txn;

    db_begin(db, DB_READ, &txn);
    if (txn.err == OK)
        *ret_id = mdb_txn_id(txn.handle);
    db_abort(&txn);
    return txn.err;
}

uint64_t
db_last_txn(struct db *db)
{
    uint64_t id = 0;

    return db_find_last_txn(db, &id) == OK ? id : 0;
}
