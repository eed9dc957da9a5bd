/*
 * tables.c - opened, written and read as the product does
 */
#include "tests/tables.h"

#include "tests/unit.h"

const char *const TABLES[] = { "fruit", "stone" };

struct db *
tables_open(const char *dir, uint64_t map_size)
{
    struct db *db = NULL;
    struct db_options options = { .tables = TABLES,
                                  .table_count = COUNT_OF(TABLES),
                                  .map_size = map_size,
                                  .create = true };

    assert_int_equal(db_open(dir, &options, &db), OK);
    return db;
}

enum err
tables_put(struct db *db, const char *key, view value, uint32_t *ret_runs)
{
    struct db_txn txn;
    enum err err;

    *ret_runs = 0;
    do {
        db_begin(db, DB_WRITE, &txn);
        db_put(&txn, FRUIT, view_of(key), value);
        err = db_commit(&txn);
        ++*ret_runs;
    } while (db_grown(&txn));
    return err;
}

bool
tables_has(struct db *db, const char *key)
{
    struct db_txn txn;
    view value;

    db_begin(db, DB_READ, &txn);
    bool found = db_get(&txn, FRUIT, view_of(key), &value);
    assert_int_equal(txn.err, OK);
    db_abort(&txn);
    return found;
}
