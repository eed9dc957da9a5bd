/*
 * test_db.c - transactions happen wholly or not at all: when one step fails,
 * when the disk is full; and small ones write little
 */
#include "core/db.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/place.h"
#include "tests/tables.h"
#include "tests/unit.h"

TEST(values_and_cursors)
{
    struct place place = place_make();
    struct db *db = tables_open(place.path, 0);
    struct db_cursor cursor;
    struct db_txn txn;
    view value = { 0 };

    db_begin(db, DB_WRITE, &txn);
    db_put(&txn, FRUIT, view_of("b"), view_of("2"));
    db_put(&txn, FRUIT, view_of("d"), view_of("4"));
    db_put(&txn, STONE, view_of("a"), view_of("other"));
    uint8_t *room = db_reserve(&txn, FRUIT, view_of("e"), 3, true);
    assert_non_null(room);
    memcpy(room, "555", 3);
    assert_int_equal(db_commit(&txn), OK);
    assert_false(db_grown(&txn));
    db_abort(&txn); /* allowed after the commit */

    db_begin(db, DB_READ, &txn);
    assert_true(db_get(&txn, FRUIT, view_of("e"), &value));
    assert_true(view_equal(value, view_of("555")));
    assert_false(db_get(&txn, FRUIT, view_of("a"), &value));
    assert_int_equal(db_count(&txn, FRUIT), 3);
    db_cursor_open(&txn, FRUIT, &cursor);
    assert_true(db_cursor_first(&cursor));
    assert_true(view_equal(cursor.key, view_of("b")));
    assert_false(db_cursor_prev(&cursor));
    assert_true(db_cursor_seek(&cursor, view_of("c")));
    assert_true(view_equal(cursor.key, view_of("d")));
    assert_true(db_cursor_next(&cursor));
    assert_true(view_equal(cursor.value, view_of("555")));
    assert_false(db_cursor_seek(&cursor, view_of("f")));
    assert_true(db_cursor_last(&cursor));
    assert_int_equal(txn.err, OK);
    db_cursor_close(&cursor);
    db_abort(&txn);
    db_close(db);
    place_remove(&place);
}

TEST(the_first_error_sticks_and_nothing_is_written)
{
    struct place place = place_make();
    struct db *db = tables_open(place.path, 0);
    struct db_cursor cursor;
    struct db_txn txn;
    view value;

    db_begin(db, DB_WRITE, &txn);
    db_put(&txn, FRUIT, view_of("a"), view_of("1"));
    db_fail(&txn, ERR_CONFLICT);
    db_fail(&txn, ERR_IO);
    db_put(&txn, FRUIT, view_of("b"), view_of("2"));
    assert_null(db_reserve(&txn, FRUIT, view_of("c"), 1, false));
    assert_false(db_get(&txn, FRUIT, view_of("a"), &value));
    db_cursor_open(&txn, FRUIT, &cursor);
    assert_false(db_cursor_first(&cursor));
    db_cursor_close(&cursor);
    assert_int_equal(db_commit(&txn), ERR_CONFLICT);
    assert_false(tables_has(db, "a"));
    assert_false(tables_has(db, "b"));
    assert_false(db_is_broken(db));
    /* A key out of order is damage, not a place in the middle. */
    db_begin(db, DB_WRITE, &txn);
    db_put(&txn, FRUIT, view_of("m"), view_of("1"));
    assert_null(db_reserve(&txn, FRUIT, view_of("a"), 1, true));
    assert_int_equal(db_commit(&txn), ERR_CORRUPT);
    assert_false(tables_has(db, "m"));
    db_close(db);
    place_remove(&place);
}

TEST(lazy_commits_are_seen_and_synced)
{
    struct place place = place_make();
    struct db *db = tables_open(place.path, 0);
    struct db_txn txn;

    db_begin(db, DB_WRITE_LAZY, &txn);
    db_put(&txn, FRUIT, view_of("a"), view_of("1"));
    assert_int_equal(db_commit(&txn), OK);
    assert_true(tables_has(db, "a"));
    assert_int_equal(db_sync(db), OK);
    db_reader_check(db);
    db_close(db);
    db = tables_open(place.path, 0);
    assert_true(tables_has(db, "a"));
    db_close(db);
    place_remove(&place);
}

/* ----- a full disk ----- */

/* In a process with mounts of its own: fills a small file system and makes
 * room again.  The exit status says how far it came; 77: mounting is not
 * allowed here. */
static void
fill_a_disk(const char *path)
{
    static uint8_t bytes[TABLES_BIG];
    char ballast[PLACE_SIZE + 16];
    char key[16];
    uint32_t runs;
    int last = -1;
    enum err err = OK;

    if (unshare(CLONE_NEWNS) != 0 ||
        mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("tmpfs", path, "tmpfs", 0, "size=4m") != 0)
        _exit(77);
    snprintf(ballast, sizeof ballast, "%s/ballast", path);
    FILE *file = fopen(ballast, "w");
    for (int i = 0; i < 10; i++)
        if (file == NULL || fwrite(bytes, TABLES_BIG, 1, file) != 1)
            _exit(1);
    fclose(file);

    struct db *db = tables_open(path, 0);
    while (err == OK) {
        snprintf(key, sizeof key, "k%03d", ++last);
        err = tables_put(db, key, (view) { bytes, TABLES_BIG }, &runs);
    }
    if (err != ERR_FULL)
        _exit(2);
    if (db_is_broken(db))
        _exit(3);
    if (last < 10 || tables_has(db, key))
        _exit(4);
    for (int i = 0; i < last; i++) {
        snprintf(key, sizeof key, "k%03d", i);
        if (!tables_has(db, key))
            _exit(5);
    }
    if (remove(ballast) != 0)
        _exit(6);
    if (tables_put(db, "again", (view) { bytes, TABLES_BIG }, &runs) != OK)
        _exit(7);
    db_close(db);
    db = tables_open(path, 0);
    if (!tables_has(db, "again") || !tables_has(db, "k000"))
        _exit(8);
    _exit(0);
}

TEST(a_full_disk_refuses_and_recovers)
{
    struct place place = place_make();
    int status = 0;

    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        fill_a_disk(place.path);
    waitpid(child, &status, 0);
    place_remove(&place);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77)
        skip();
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* --- where pages lie --- */

enum { PAGE = 4096, METAS = 2 };

static size_t
read_file(const char *dir, uint8_t *bytes, size_t room)
{
    char path[PLACE_SIZE + 16];

    snprintf(path, sizeof path, "%s/data.mdb", dir);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t size = fread(bytes, 1, room, file);
    fclose(file);
    return size;
}

/* In how many places a commit of one small value writes, the meta page aside.
 */
static uint32_t
count_places(struct db *db, const char *dir, uint32_t number)
{
    enum { MOST = 1 << 23 };
    static uint8_t before[MOST], after[MOST];
    struct db_txn txn;
    uint32_t places = 0;
    bool inside = false;
    char key[16];

    snprintf(key, sizeof key, "%08u", number);
    size_t size = read_file(dir, before, MOST);
    db_begin(db, DB_WRITE, &txn);
    db_put(&txn, STONE, view_of(key), view_of(key));
    assert_int_equal(db_commit(&txn), OK);
    assert_true(read_file(dir, after, MOST) >= size && size < MOST);
    for (size_t at = METAS * PAGE; at < size; at += PAGE) {
        bool other = memcmp(before + at, after + at, PAGE) != 0;
        places += other && !inside;
        inside = other;
    }
    return places;
}

/* A flush takes the longer the more places there are. */
TEST(small_commits_write_in_a_row)
{
    enum { COMMITS = 1500 };
    struct place place = place_make();
    struct db *db = NULL;
    struct db_options options = { .tables = TABLES,
                                  .table_count = COUNT_OF(TABLES),
                                  .create = true,
                                  .sealed = true };
    uint32_t places = 0;

    assert_int_equal(db_open(place.path, &options, &db), OK);
    for (uint32_t i = 0; i < COMMITS; i++)
        places += count_places(db, place.path, i);
    db_close(db);
    place_remove(&place);
    assert_true(places < 2 * COMMITS);
}

RUN(cmocka_unit_test(values_and_cursors),
    cmocka_unit_test(the_first_error_sticks_and_nothing_is_written),
    cmocka_unit_test(lazy_commits_are_seen_and_synced),
    cmocka_unit_test(a_full_disk_refuses_and_recovers),
    cmocka_unit_test(small_commits_write_in_a_row))
