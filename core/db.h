/*
 * db.h - LMDB behind a transaction that remembers its first error
 *
 * One environment holds a few named tables of sorted keys.  A transaction's
 * first error sticks and turns every later call into a no-op, so the one place
 * to look is the commit:
 *
 *     do {
 *         db_begin(db, DB_WRITE, &txn);
 *         db_put(&txn, TABLE, key, value);
 *         err = db_commit(&txn);
 *     } while (db_grown(&txn));
 *
 * The map of the file is far larger than the file.  When it is full all the
 * same it is enlarged and the commit asks for the transaction once more; when
 * another process enlarged it, we follow.  Any number of processes may have
 * the environment open, each of them once, and none may fork with it.
 */
#ifndef CORE_DB_H
#define CORE_DB_H

#include "core/base.h"
#include "core/err.h"

enum { DB_KEY_SIZE = 255 };

struct db; /* owned by whoever opened it; any thread may use it */

struct db_options {
    const char *const *tables; /* names, in the order of their numbers */
    uint32_t table_count;
    uint64_t map_size; /* bytes to begin with; 0: the product's default */
    bool create;       /* make the directory's files if absent */
    bool sealed;       /* see below */
};

/* A sealed environment keeps under the key "seal" of its first table the
 * number of each commit and how many entries it left in every other table.
 * LMDB's root pages have no checksum of their own; a root that has been bent
 * into an older one would else be believed, and with it a past that many have
 * moved on from.  Whoever knows that all its writers have sealed asks once it
 * is open, db_check_seal(); and what is noted beside it, mark.h, is looked at,
 * too, for a root whose number alone was bent makes the commit before it look
 * like the last one. */

/* Opens the environment in the directory `dir`, which exists.  ERR_NOT_FOUND:
 * no environment there and none wanted.  ERR_CORRUPT: not one of LMDB's.
 * ERR_BUSY: too many read it; ERR_FULL, ERR_IO, ERR_MEMORY. */
NODISCARD enum err db_open(const char *dir, const struct db_options *options,
                           struct db **ret_db);
/* ERR_CORRUPT: what is there is not what a sealed commit left.  Before the
 * first one there is no seal, which is OK. */
NODISCARD enum err db_check_seal(struct db *db);
/* Every transaction has ended before. */
void db_close(struct db *db);

enum db_mode {
    DB_READ,       /* a snapshot; never waits */
    DB_WRITE,      /* waits for the one writer; durable at commit */
    DB_WRITE_LAZY, /* durable at the next commit or db_sync() */
};

/* A value on the caller's stack; pass it by pointer only. */
struct db_txn {
    struct db *db;
    struct MDB_txn *handle; /* NULL: nothing to end */
    enum err err;           /* the first; sticky */
    bool write;
    bool map_full;
    bool grown;
};

/* Starts; a failure is remembered in the transaction. */
void db_begin(struct db *db, enum db_mode mode, struct db_txn *ret_txn);
/* Makes everything durable, or nothing has changed: the first error of the
 * transaction, ERR_FULL, ERR_IO (see db_is_broken()). */
NODISCARD enum err db_commit(struct db_txn *txn);
/* Ends it and changes nothing; allowed after db_commit(). */
void db_abort(struct db_txn *txn);
/* The commit failed only because the map was too small, and the map has been
 * enlarged: run the same transaction once more. */
bool db_grown(const struct db_txn *txn);
/* The transaction's error; the first one told sticks. */
void db_fail(struct db_txn *txn, enum err err);

/* False: absent, or the transaction has failed.  The value is valid until the
 * transaction ends or writes. */
bool db_get(struct db_txn *txn, uint32_t table, view key, view *ret_value);
void db_put(struct db_txn *txn, uint32_t table, view key, view value);
/* Room for a value, to be filled before the next call; NULL if the transaction
 * has failed.  `last`: the key is greater than all others of the table. */
uint8_t *db_reserve(struct db_txn *txn, uint32_t table, view key, uint32_t size,
                    bool last);
/* Nothing happens where the key is absent. */
void db_delete(struct db_txn *txn, uint32_t table, view key);
uint64_t db_count(struct db_txn *txn, uint32_t table);

/* A place in a table.  After a move that says true, `key` and `value` are
 * valid until the transaction ends or writes.  Close it before the commit. */
struct db_cursor {
    struct db_txn *txn;
    struct MDB_cursor *handle;
    view key;
    view value;
};
void db_cursor_open(struct db_txn *txn, uint32_t table,
                    struct db_cursor *ret_cursor);
void db_cursor_close(struct db_cursor *cursor);
bool db_cursor_first(struct db_cursor *cursor);
bool db_cursor_last(struct db_cursor *cursor);
bool db_cursor_next(struct db_cursor *cursor);
bool db_cursor_prev(struct db_cursor *cursor);
/* To the first key that is not less; false: there is none. */
bool db_cursor_seek(struct db_cursor *cursor, view key);

/* Flushes what lazy transactions committed.  ERR_IO. */
NODISCARD enum err db_sync(struct db *db);
/* Number of the last commit, of whichever process, that a reader begun now
 * sees; 0 if that can't be told at the moment: take it as a change. */
uint64_t db_last_txn(struct db *db);
/* Frees the slots of readers that died; once a minute. */
void db_reader_check(struct db *db);
/* A commit failed in a way that leaves the file's state unknown to us: close
 * it, open it again, look at the tail.  Until then nothing can be written. */
bool db_is_broken(const struct db *db);
/* LMDB has found its own file's pages impossible and is about to abort the
 * process: the file is damaged, whatever else it looks like. */
bool db_has_panicked(void);
/* A sealed environment held later commits, when it was written, than it did
 * when it was opened here: they are gone. */
bool db_is_behind(const struct db *db);
/* Less than 1 % of the file system is free. */
bool db_is_full(const struct db *db);
/* A consistent copy into the existing, empty directory `dir`, flushed to disk;
 * appends go on meanwhile.  As private as the original.  ERR_EXISTS: there is
 * one; ERR_FULL, ERR_IO. */
NODISCARD enum err db_copy(struct db *db, const char *dir);

#endif
