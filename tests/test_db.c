/*
 * test_db.c - transactions happen wholly or not at all: when one step fails,
 * when the map is too small, when another process enlarged it, when the disk is
 * full
 */
#include "core/db.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/place.h"
#include "tests/unit.h"

enum { FRUIT, STONE };
enum { BIG = 100000 };

static const char *const TABLES[] = { "fruit", "stone" };

static struct db *
open_db(const char *dir, uint64_t map_size)
{
    struct db *db = NULL;
    struct db_options options = { .tables = TABLES,
                                  .table_count = COUNT_OF(TABLES),
                                  .map_size = map_size,
                                  .create = true };

    assert_int_equal(db_open(dir, &options, &db), OK);
    return db;
}

static enum err
put_one(struct db *db, const char *key, view value, uint32_t *ret_runs)
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

static bool
has(struct db *db, const char *key)
{
    struct db_txn txn;
    view value;

    db_begin(db, DB_READ, &txn);
    bool found = db_get(&txn, FRUIT, view_of(key), &value);
    assert_int_equal(txn.err, OK);
    db_abort(&txn);
    return found;
}

TEST(values_and_cursors)
{
    struct place place = place_make();
    struct db *db = open_db(place.path, 0);
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
    struct db *db = open_db(place.path, 0);
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
    assert_false(has(db, "a"));
    assert_false(has(db, "b"));
    assert_false(db_is_broken(db));
    /* A key out of order is damage, not a place in the middle. */
    db_begin(db, DB_WRITE, &txn);
    db_put(&txn, FRUIT, view_of("m"), view_of("1"));
    assert_null(db_reserve(&txn, FRUIT, view_of("a"), 1, true));
    assert_int_equal(db_commit(&txn), ERR_CORRUPT);
    assert_false(has(db, "m"));
    db_close(db);
    place_remove(&place);
}

TEST(a_full_map_grows_and_the_work_is_done_again)
{
    struct place place = place_make();
    struct db *db = open_db(place.path, 1 << 18);
    uint8_t *bytes = calloc(1, BIG);
    uint64_t used;
    uint64_t map;
    uint32_t most = 0;

    assert_non_null(bytes);
    for (int i = 0; i < 20; i++) {
        char key[16];
        uint32_t runs;
        snprintf(key, sizeof key, "k%d", i);
        assert_int_equal(put_one(db, key, (view) { bytes, BIG }, &runs), OK);
        most = runs > most ? runs : most;
    }
    assert_true(most > 1);
    assert_true(has(db, "k0"));
    assert_true(has(db, "k19"));
    db_sizes(db, &used, &map);
    assert_true(used > 20 * BIG);
    assert_true(map >= used);
    free(bytes);
    db_close(db);
    place_remove(&place);
}

/* The other process, forked before anybody opened anything. */
static void
enlarge_when_told(const char *path, int told)
{
    static uint8_t bytes[BIG];
    char byte;
    uint32_t runs;

    if (read(told, &byte, 1) != 1)
        _exit(1);
    struct db_options options = { .tables = TABLES,
                                  .table_count = COUNT_OF(TABLES),
                                  .map_size = 1 << 18 };
    struct db *db = NULL;
    if (db_open(path, &options, &db) != OK)
        _exit(2);
    for (int i = 0; i < 20; i++) {
        char key[16];
        snprintf(key, sizeof key, "k%d", i);
        if (put_one(db, key, (view) { bytes, BIG }, &runs) != OK)
            _exit(3);
    }
    db_close(db);
    _exit(0);
}

TEST(a_map_that_another_process_enlarged_is_followed)
{
    struct place place = place_make();
    int ends[2];
    int status = 0;
    uint32_t runs;

    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        enlarge_when_told(place.path, ends[0]);
    struct db *db = open_db(place.path, 1 << 18);
    assert_int_equal(put_one(db, "mine", view_of("1"), &runs), OK);
    uint64_t txn = db_last_txn(db);
    assert_int_equal(write(ends[1], "g", 1), 1);
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    assert_true(db_last_txn(db) >= txn + 20);
    assert_true(has(db, "k19"));
    assert_true(has(db, "mine"));
    assert_int_equal(put_one(db, "more", view_of("2"), &runs), OK);
    assert_true(has(db, "more"));
    close(ends[0]);
    close(ends[1]);
    db_close(db);
    place_remove(&place);
}

TEST(lazy_commits_are_seen_and_synced)
{
    struct place place = place_make();
    struct db *db = open_db(place.path, 0);
    struct db_txn txn;

    db_begin(db, DB_WRITE_LAZY, &txn);
    db_put(&txn, FRUIT, view_of("a"), view_of("1"));
    assert_int_equal(db_commit(&txn), OK);
    assert_true(has(db, "a"));
    assert_int_equal(db_sync(db), OK);
    db_reader_check(db);
    db_close(db);
    db = open_db(place.path, 0);
    assert_true(has(db, "a"));
    db_close(db);
    place_remove(&place);
}

TEST(what_is_no_database_is_refused)
{
    struct place place = place_make();
    struct db *db = NULL;
    struct db_options options = { .tables = TABLES,
                                  .table_count = COUNT_OF(TABLES) };
    char path[PLACE_SIZE];
    uint32_t runs;

    assert_int_equal(db_open(place.path, &options, &db), ERR_NOT_FOUND);
    place_join(&place, "data.mdb", path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (int i = 0; i < 5000; i++)
        fputs("no database ", file);
    fclose(file);
    assert_int_equal(db_open(place.path, &options, &db), ERR_CORRUPT);
    assert_null(db);
    remove(path);

    db = open_db(place.path, 0);
    static uint8_t bytes[1 << 20];
    assert_int_equal(put_one(db, "a", (view) { bytes, sizeof bytes }, &runs),
                     OK);
    db_close(db);
    assert_int_equal(truncate(path, 1 << 17), 0);
    assert_int_equal(db_open(place.path, &options, &db), ERR_CORRUPT);
    place_remove(&place);
}

TEST(a_copy_is_whole)
{
    struct place place = place_make();
    struct place other = place_make();
    struct db *db = open_db(place.path, 0);
    uint32_t runs;

    assert_int_equal(put_one(db, "a", view_of("1"), &runs), OK);
    assert_int_equal(db_copy(db, other.path), OK);
    db_close(db);
    db = open_db(other.path, 0);
    assert_true(has(db, "a"));
    db_close(db);
    place_remove(&place);
    place_remove(&other);
}

/* ----- commits that are gone ----- */

static struct db *
open_sealed(const char *dir)
{
    struct db *db = NULL;
    struct db_options options = { .tables = TABLES,
                                  .table_count = COUNT_OF(TABLES),
                                  .create = true,
                                  .sealed = true };

    enum err err = db_open(dir, &options, &db);
    assert_true(err == OK || err == ERR_CORRUPT);
    return err == OK ? db : NULL;
}

enum { ROOTS_SIZE = 8192, ROOT_SIZE = 4096, NUMBER_AT = 144 };

/* The database after five commits; `ret_roots`: its first two pages. */
static void
commit_five(const struct place *place, char path[static PLACE_SIZE],
            uint8_t ret_roots[static ROOTS_SIZE])
{
    struct db *db = open_sealed(place->path);
    uint32_t runs;

    for (char key[] = "1"; key[0] <= '5'; key[0]++)
        assert_int_equal(put_one(db, key, view_of("x"), &runs), OK);
    db_close(db);
    place_join(place, "data.mdb", path);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fread(ret_roots, ROOTS_SIZE, 1, file), 1);
    fclose(file);
}

static void
write_roots(const char *path, const uint8_t *roots)
{
    FILE *file = fopen(path, "r+");

    assert_non_null(file);
    assert_int_equal(fwrite(roots, ROOTS_SIZE, 1, file), 1);
    assert_int_equal(fclose(file), 0);
}

/* Whichever bit of either number rots: all is there, or it is damage, or it is
 * known that the last commit is gone. */
TEST(a_bent_number_of_a_root_is_noticed)
{
    struct place place = place_make();
    uint8_t roots[ROOTS_SIZE];
    char path[PLACE_SIZE];
    uint32_t fell_back = 0;

    commit_five(&place, path, roots);
    for (uint32_t bit = 0; bit < 128; bit++) {
        uint8_t *byte = &roots[bit / 64 * ROOT_SIZE + NUMBER_AT + bit % 64 / 8];
        *byte ^= (uint8_t)(1u << bit % 8);
        write_roots(path, roots);
        *byte ^= (uint8_t)(1u << bit % 8);
        struct db *db = open_sealed(place.path);
        assert_true(db == NULL || has(db, "5") || db_is_behind(db));
        fell_back += db != NULL && db_is_behind(db);
        db_close(db);
    }
    assert_true(fell_back > 0);
    write_roots(path, roots);
    struct db *db = open_sealed(place.path);
    assert_false(db_is_behind(db));
    db_close(db);
    place_remove(&place);
}

/* What follows is counted from where the database is, and a copy, which has
 * nothing noted beside it, is behind nothing. */
TEST(a_database_that_went_on_is_behind_no_more)
{
    struct place place = place_make();
    struct place other = place_make();
    uint8_t roots[ROOTS_SIZE];
    char path[PLACE_SIZE], mark[PLACE_SIZE];
    uint64_t number;
    uint32_t runs;

    commit_five(&place, path, roots);
    for (uint32_t page = 0; page < 2; page++) {
        uint8_t *at = &roots[page * ROOT_SIZE + NUMBER_AT];
        memcpy(&number, at, sizeof number);
        number = number == 6 ? 4 : number; /* the first made the tables */
        memcpy(at, &number, sizeof number);
    }
    write_roots(path, roots);
    struct db *db = open_sealed(place.path);
    assert_false(has(db, "5"));
    assert_true(db_is_behind(db));
    assert_int_equal(put_one(db, "again", view_of("x"), &runs), OK);
    assert_int_equal(db_copy(db, other.path), OK);
    db_close(db);
    db = open_sealed(place.path);
    assert_false(db_is_behind(db));
    db_close(db);
    place_join(&other, "mark", mark);
    assert_int_equal(access(mark, F_OK), -1);
    db = open_sealed(other.path);
    assert_false(db_is_behind(db));
    db_close(db);
    place_remove(&place);
    place_remove(&other);
}

/* ----- a full disk ----- */

/* In a process with mounts of its own: fills a small file system and makes
 * room again.  The exit status says how far it came; 77: mounting is not
 * allowed here. */
static void
fill_a_disk(const char *path)
{
    static uint8_t bytes[BIG];
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
        if (file == NULL || fwrite(bytes, BIG, 1, file) != 1)
            _exit(1);
    fclose(file);

    struct db *db = open_db(path, 0);
    while (err == OK) {
        snprintf(key, sizeof key, "k%03d", ++last);
        err = put_one(db, key, (view) { bytes, BIG }, &runs);
    }
    if (err != ERR_FULL)
        _exit(2);
    if (db_is_broken(db))
        _exit(3);
    if (last < 10 || has(db, key))
        _exit(4);
    for (int i = 0; i < last; i++) {
        snprintf(key, sizeof key, "k%03d", i);
        if (!has(db, key))
            _exit(5);
    }
    if (remove(ballast) != 0)
        _exit(6);
    if (put_one(db, "again", (view) { bytes, BIG }, &runs) != OK)
        _exit(7);
    db_close(db);
    db = open_db(path, 0);
    if (!has(db, "again") || !has(db, "k000"))
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
    cmocka_unit_test(a_full_map_grows_and_the_work_is_done_again),
    cmocka_unit_test(a_map_that_another_process_enlarged_is_followed),
    cmocka_unit_test(lazy_commits_are_seen_and_synced),
    cmocka_unit_test(what_is_no_database_is_refused),
    cmocka_unit_test(a_copy_is_whole),
    cmocka_unit_test(a_bent_number_of_a_root_is_noticed),
    cmocka_unit_test(a_database_that_went_on_is_behind_no_more),
    cmocka_unit_test(a_full_disk_refuses_and_recovers),
    cmocka_unit_test(small_commits_write_in_a_row))
