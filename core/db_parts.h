/*
 * db_parts.h - what a database consists of, for core/db*.c only, which alone
 * know LMDB
 */
#ifndef CORE_DB_PARTS_H
#define CORE_DB_PARTS_H

#include "core/err.h"
#include "core/limits.h"

#include <lmdb.h>
#include <pthread.h>
#include <stdatomic.h>

struct db {
    MDB_env *env;
    pthread_rwlock_t map_lock; /* shared by transactions; see db_env.c */
    atomic_bool broken;
    bool lazy; /* the last writer's mode; only who holds LMDB's lock looks */
    bool sealed;
    bool behind;
    int mark; /* of a sealed one */
    uint32_t table_count;
    MDB_dbi tables[LIMIT_DB_TABLES];
    char dir[]; /* where it lies, for asking about room */
};

/* What one of LMDB's codes, or the machine's, is to us; OK is 0. */
enum err db_err(int code);

/* Puts the seal of a write transaction that is about to commit; one of LMDB's
 * codes. */
NODISCARD int db_seal(const struct db *db, MDB_txn *txn);

/* Number of the last commit that a reader begun now sees.  ERR_MEMORY, ERR_BUSY
 * and others: there can be none now. */
NODISCARD enum err db_find_last_txn(struct db *db, uint64_t *ret_id);

/* Follows a map that another process has enlarged, or doubles it.  No
 * transaction of the caller's is open.  ERR_BUSY: one of somebody else's has
 * been for long; ERR_FULL: it can't grow. */
NODISCARD enum err db_follow_map(struct db *db);
NODISCARD enum err db_enlarge_map(struct db *db);

#endif
