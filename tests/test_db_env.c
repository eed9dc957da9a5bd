/*
 * test_db_env.c - the map of a database grows and is followed, what is none is
 * refused, a copy is whole, and a commit that is gone is noticed
 *
 * mmap(), write() and statvfs() are this file's, so that a machine can be
 * played that gives only small maps, and one whose disk is full.
 */
#include "core/db.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/place.h"
#include "tests/tables.h"
#include "tests/unit.h"

/* The largest map that the machine gives, what it says to others, and the
 * largest of a file that it has given. */
static size_t largest_map = SIZE_MAX;
static int refusal;
static size_t given_map;

void *
mmap(void *at, size_t size, int protection, int flags, int file, off_t offset)
{
    if (size > largest_map) {
        errno = refusal;
        return MAP_FAILED;
    }
    if (file >= 0 && size > given_map)
        given_map = size;
    return (void *)syscall(SYS_mmap, at, size, protection, flags, file, offset);
}

/* Nothing more can be written, and LMDB makes EIO of that. */
static bool nothing_is_written;
static bool disk_is_full;

ssize_t
write(int file, const void *bytes, size_t size)
{
    if (nothing_is_written && file > STDERR_FILENO)
        return 0;
    return syscall(SYS_write, file, bytes, size);
}

int
statvfs(const char *path, struct statvfs *ret_about)
{
    struct statfs about;

    if (statfs(path, &about) != 0)
        return -1;
    *ret_about = (struct statvfs) {
        .f_bsize = (unsigned long)about.f_bsize,
        .f_frsize = (unsigned long)about.f_bsize,
        .f_blocks = about.f_blocks,
        .f_bfree = about.f_bfree,
        .f_bavail = disk_is_full ? 0 : about.f_bavail,
    };
    return 0;
}

TEST(a_machine_of_little_room_gives_a_smaller_map)
{
    static const int REFUSALS[] = { ENOMEM, EINVAL };
    uint32_t runs;

    largest_map = (size_t)1 << 32;
    for (uint32_t i = 0; i < COUNT_OF(REFUSALS); i++) {
        struct place place = place_make();
        refusal = REFUSALS[i];
        given_map = 0;
        struct db *db = tables_open(place.path, 0);
        assert_int_equal(given_map, largest_map);
        assert_int_equal(tables_put(db, "a", view_of("1"), &runs), OK);
        db_close(db);
        place_remove(&place);
    }
    largest_map = SIZE_MAX;
}

TEST(a_full_map_grows_and_the_work_is_done_again)
{
    struct place place = place_make();
    struct db *db = tables_open(place.path, 1 << 18);
    uint8_t *bytes = calloc(1, TABLES_BIG);
    uint32_t most = 0;

    assert_non_null(bytes);
    for (int i = 0; i < 20; i++) {
        char key[16];
        uint32_t runs;
        snprintf(key, sizeof key, "k%d", i);
        assert_int_equal(
            tables_put(db, key, (view) { bytes, TABLES_BIG }, &runs), OK);
        most = runs > most ? runs : most;
    }
    assert_true(most > 1);
    assert_true(tables_has(db, "k0"));
    assert_true(tables_has(db, "k19"));
    free(bytes);
    db_close(db);
    place_remove(&place);
}

/* The other process, forked before anybody opened anything. */
static void
enlarge_when_told(const char *path, int told)
{
    static uint8_t bytes[TABLES_BIG];
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
        if (tables_put(db, key, (view) { bytes, TABLES_BIG }, &runs) != OK)
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
    struct db *db = tables_open(place.path, 1 << 18);
    assert_int_equal(tables_put(db, "mine", view_of("1"), &runs), OK);
    uint64_t txn = db_last_txn(db);
    assert_int_equal(write(ends[1], "g", 1), 1);
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    assert_true(db_last_txn(db) >= txn + 20);
    assert_true(tables_has(db, "k19"));
    assert_true(tables_has(db, "mine"));
    assert_int_equal(tables_put(db, "more", view_of("2"), &runs), OK);
    assert_true(tables_has(db, "more"));
    close(ends[0]);
    close(ends[1]);
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

    db = tables_open(place.path, 0);
    static uint8_t bytes[1 << 20];
    assert_int_equal(tables_put(db, "a", (view) { bytes, sizeof bytes }, &runs),
                     OK);
    db_close(db);
    assert_int_equal(truncate(path, 1 << 17), 0);
    assert_int_equal(db_open(place.path, &options, &db), ERR_CORRUPT);
    place_remove(&place);
}

/* Also whole and private where others may read what is made there. */
TEST(a_copy_is_whole)
{
    struct place place = place_make();
    struct place other = place_make();
    struct db *db = tables_open(place.path, 0);
    char path[PLACE_SIZE];
    struct stat about;
    uint32_t runs;

    assert_int_equal(tables_put(db, "a", view_of("1"), &runs), OK);
    const mode_t mask = umask(0);
    assert_int_equal(db_copy(db, other.path), OK);
    umask(mask);
    place_join(&other, "data.mdb", path);
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    assert_int_equal(db_copy(db, other.path), ERR_EXISTS);
    db_close(db);
    db = tables_open(other.path, 0);
    assert_true(tables_has(db, "a"));
    db_close(db);
    place_remove(&place);
    place_remove(&other);
}

/* What LMDB says of a copy that stops in the middle is EIO; whether the disk
 * is full is asked of the disk. */
TEST(a_copy_for_which_there_is_no_room_says_so)
{
    struct place place = place_make();
    struct place full = place_make();
    struct place bad = place_make();
    struct db *db = tables_open(place.path, 0);

    nothing_is_written = true;
    disk_is_full = true;
    enum err without_room = db_copy(db, full.path);
    disk_is_full = false;
    enum err with_room = db_copy(db, bad.path);
    nothing_is_written = false;
    assert_int_equal(without_room, ERR_FULL);
    assert_int_equal(with_room, ERR_IO);
    db_close(db);
    place_remove(&place);
    place_remove(&full);
    place_remove(&bad);
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
    if (err == OK)
        err = db_check_seal(db);
    assert_true(err == OK || err == ERR_CORRUPT);
    if (err != OK)
        db_close(db);
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
        assert_int_equal(tables_put(db, key, view_of("x"), &runs), OK);
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
        assert_true(db == NULL || tables_has(db, "5") || db_is_behind(db));
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
    assert_false(tables_has(db, "5"));
    assert_true(db_is_behind(db));
    assert_int_equal(tables_put(db, "again", view_of("x"), &runs), OK);
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

RUN(cmocka_unit_test(a_machine_of_little_room_gives_a_smaller_map),
    cmocka_unit_test(a_full_map_grows_and_the_work_is_done_again),
    cmocka_unit_test(a_map_that_another_process_enlarged_is_followed),
    cmocka_unit_test(what_is_no_database_is_refused),
    cmocka_unit_test(a_copy_is_whole),
    cmocka_unit_test(a_copy_for_which_there_is_no_room_says_so),
    cmocka_unit_test(a_bent_number_of_a_root_is_noticed),
    cmocka_unit_test(a_database_that_went_on_is_behind_no_more))
