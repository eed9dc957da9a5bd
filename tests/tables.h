/*
 * tables.h - a small database for the tests of core/db*.c
 */
#ifndef TESTS_TABLES_H
#define TESTS_TABLES_H

#include "core/db.h"

enum { FRUIT, STONE, TABLES_COUNT };
enum { TABLES_BIG = 100000 }; /* bytes of a value that a few of fill a map */

extern const char *const TABLES[TABLES_COUNT];

/* Opens one, made if absent.  `map_size` 0: the product's default. */
struct db *tables_open(const char *dir, uint64_t map_size);
/* Puts a fruit, in a transaction of its own, which is run again where the map
 * has grown; `ret_runs`: how often it was run. */
enum err tables_put(struct db *db, const char *key, view value,
                    uint32_t *ret_runs);
bool tables_has(struct db *db, const char *key); /* a fruit */

#endif
