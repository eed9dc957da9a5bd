/*
 * test_ledger_backup.c - a copy holds what was there and is good only if a fold
 * says so; a restored ledger goes on under a name of its own
 */
#include "tests/unit.h"

#include "core/ledger_append.h"
#include "core/ledger_backup.h"
#include "core/reader.h"
#include "core/shelf.h"
#include "tests/place.h"
#include "tests/synced.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NOW_MS INT64_C(1735725600000)

static struct ledger *
open_at(const char *path)
{
    struct ledger *ledger = NULL;

    assert_int_equal(ledger_open(path, LEDGER_WRITE, NULL, &ledger), OK);
    return ledger;
}

static void
append_join(struct ledger *ledger, uint64_t member)
{
    const struct ledger_append options = { .now_ms = NOW_MS };
    struct ledger_entry entry = {
        .event = { .kind = EVENT_JOIN, .account = { member, { 0 } } },
    };

    assert_int_equal(ledger_append(ledger, &entry, 1, &options, NULL), OK);
}

/* A ledger of two joins in `path`. */
static struct ledger *
make(const struct place *place, char path[static PLACE_SIZE])
{
    const struct ledger_identity who = { .node = 3,
                                         .store = 3,
                                         .incarnation = 7 };

    place_join(place, "ledger", path);
    assert_int_equal(ledger_create(path, &who, NOW_MS, NULL), OK);
    struct ledger *ledger = open_at(path);
    append_join(ledger, 1);
    append_join(ledger, 2);
    return ledger;
}

static enum err
restore(const char *copy, const char *dir, struct ledger_backup *ret_backup,
        struct complaint *complaint)
{
    const struct ledger_restore options = { .backup = copy,
                                            .dir = dir,
                                            .now_ms = NOW_MS };

    return ledger_restore(&options, ret_backup, complaint);
}

TEST(a_restored_ledger_holds_all_and_starts_anew)
{
    struct place place = place_make();
    char path[PLACE_SIZE];
    char copy[PLACE_SIZE];
    char again[PLACE_SIZE];
    struct ledger_backup backup;
    struct ledger *ledger = make(&place, path);

    place_join(&place, "backup", copy);
    place_join(&place, "again", again);
    assert_int_equal(ledger_backup(ledger, copy, &backup, NULL), OK);
    assert_int_equal(backup.position, 2);
    assert_int_equal(backup.events, 2);
    append_join(ledger, 3);
    ledger_close(ledger);

    assert_int_equal(restore(copy, again, &backup, NULL), OK);
    assert_int_equal(backup.position, 2);
    struct ledger *restored = open_at(again);
    assert_int_equal(ledger_position(restored), 2);
    assert_int_equal(ledger_who(restored).node, 3);
    assert_true(ledger_who(restored).incarnation != 7);
    append_join(restored, 4);
    ledger_close(restored);
    place_remove(&place);
}

static void
append_to(const char *path, uint64_t member)
{
    struct ledger *ledger = open_at(path);

    append_join(ledger, member);
    ledger_close(ledger);
}

/* What no checksum covers: an event is marked as told again, and so would not
 * count any more. */
static void
mark_first(const char *path)
{
    struct ledger *ledger = open_at(path);
    struct db_txn txn;

    db_begin(journal_db(ledger_journal(ledger)), DB_WRITE, &txn);
    shelf_mark(&txn, 1, QUARANTINE_TOLD_AGAIN);
    assert_int_equal(db_commit(&txn), OK);
    ledger_close(ledger);
}

TEST(a_good_copy_folds_to_what_the_ledger_has)
{
    struct place place = place_make();
    char path[PLACE_SIZE], copy[PLACE_SIZE], inside[2 * PLACE_SIZE];
    struct ledger_backup backup;
    struct ledger *ledger = make(&place, path);

    place_join(&place, "backup", copy);
    assert_int_equal(ledger_backup(ledger, copy, &backup, NULL), OK);
    append_join(ledger, 3); /* the ledger goes on meanwhile */
    assert_int_equal(ledger_backup_check(ledger, copy, NULL), OK);
    /* Nothing but the journal is left. */
    snprintf(inside, sizeof inside, "%s/owner", copy);
    assert_int_equal(access(inside, F_OK), -1);
    snprintf(inside, sizeof inside, "%s/history", copy);
    assert_int_equal(access(inside, F_OK), -1);
    ledger_close(ledger);
    place_remove(&place);
}

/* Each of the two is sound by itself. */
static void
expect_bad(void change(const char *path))
{
    struct place place = place_make();
    char path[PLACE_SIZE], copy[PLACE_SIZE], again[PLACE_SIZE];
    char unproved[LEDGER_BACKUP_PATH];
    struct ledger_backup backup;
    struct complaint complaint = { 0 };
    struct ledger *ledger = make(&place, path);

    place_join(&place, "backup", copy);
    place_join(&place, "again", again);
    assert_int_equal(ledger_backup_begin(copy, unproved, NULL), OK);
    assert_int_equal(ledger_backup(ledger, unproved, &backup, NULL), OK);
    change(unproved);
    assert_int_equal(ledger_backup_check(ledger, unproved, &complaint),
                     ERR_CORRUPT);
    assert_non_null(strstr(complaint.text, "counts for nothing"));
    assert_int_equal(ledger_backup_end(copy, ERR_CORRUPT, NULL), ERR_CORRUPT);
    complaint = (struct complaint) { 0 };
    assert_int_equal(restore(copy, again, &backup, &complaint), ERR_NOT_FOUND);
    assert_non_null(strstr(complaint.text, "never proved"));
    ledger_close(ledger);
    place_remove(&place);
}

static void
add_one(const char *path)
{
    append_to(path, 9);
}

TEST(a_copy_of_something_else_is_not_good)
{
    expect_bad(add_one);
}

TEST(a_copy_that_folds_to_something_else_is_not_good)
{
    expect_bad(mark_first);
}

/* However it is broken off: as long as it was not found good, no restore takes
 * it, nor does another backup go into the same folder. */
TEST(a_copy_has_no_name_before_it_is_proved)
{
    struct place place = place_make();
    char path[PLACE_SIZE], copy[PLACE_SIZE], again[PLACE_SIZE];
    char unproved[LEDGER_BACKUP_PATH];
    struct ledger_backup backup;
    struct complaint complaint = { 0 };
    struct ledger *ledger = make(&place, path);

    place_join(&place, "backup", copy);
    place_join(&place, "again", again);
    assert_int_equal(ledger_backup_begin(copy, unproved, NULL), OK);
    assert_int_equal(ledger_backup(ledger, unproved, &backup, NULL), OK);
    assert_int_equal(restore(copy, again, &backup, NULL), ERR_NOT_FOUND);
    assert_int_equal(ledger_backup_begin(copy, unproved, &complaint),
                     ERR_EXISTS);
    assert_non_null(strstr(complaint.text, "broken off"));

    assert_int_equal(ledger_backup_check(ledger, unproved, NULL), OK);
    assert_int_equal(ledger_backup_end(copy, OK, NULL), OK);
    assert_int_equal(access(unproved, F_OK), -1);
    assert_int_equal(restore(copy, again, &backup, NULL), OK);
    ledger_close(ledger);
    place_remove(&place);
}

TEST(nothing_is_written_over)
{
    struct place place = place_make();
    char path[PLACE_SIZE];
    char copy[PLACE_SIZE];
    struct ledger_backup backup;
    struct complaint complaint = { 0 };
    struct ledger *ledger = make(&place, path);

    place_join(&place, "backup", copy);
    assert_int_equal(ledger_backup(ledger, copy, &backup, NULL), OK);
    assert_int_equal(ledger_backup(ledger, copy, &backup, &complaint),
                     ERR_EXISTS);
    assert_non_null(strstr(complaint.text, "already"));
    ledger_close(ledger);
    assert_int_equal(restore(copy, path, &backup, NULL), ERR_EXISTS);
    place_remove(&place);
}

TEST(what_is_no_backup_makes_no_ledger)
{
    struct place place = place_make();
    char nothing[PLACE_SIZE];
    char again[PLACE_SIZE];
    struct ledger_backup backup;
    struct ledger *ledger;

    place_join(&place, "nothing", nothing);
    place_join(&place, "again", again);
    assert_int_equal(restore(nothing, again, &backup, NULL), ERR_NOT_FOUND);
    assert_int_equal(ledger_open(again, LEDGER_READ, NULL, &ledger),
                     ERR_NOT_FOUND);
    place_remove(&place);
}

/* Who is told that it failed does it again, in the same place. */
TEST(what_is_not_durable_is_not_there)
{
    struct place place = place_make();
    char path[PLACE_SIZE], copy[PLACE_SIZE], again[PLACE_SIZE];
    char beside[PLACE_SIZE], unproved[LEDGER_BACKUP_PATH];
    struct ledger_backup backup;
    struct ledger *ledger = make(&place, path);
    enum err err = ERR_IO;
    int folders = 0;

    place_join(&place, "backup", copy);
    place_join(&place, "again", again);
    place_join(&place, "again.restoring", beside);
    for (; err != OK && folders < 20; folders++) {
        synced_left = folders;
        err = ledger_backup_begin(copy, unproved, NULL);
        if (err == OK)
            err = ledger_backup(ledger, unproved, &backup, NULL);
        err = ledger_backup_end(copy, err, NULL);
        synced_left = -1;
        assert_int_equal(err, err == OK ? OK : ERR_IO);
        if (err != OK && access(copy, F_OK) == 0)
            assert_int_equal(rmdir(copy), 0);
    }
    assert_true(folders > 2);
    err = ERR_IO;
    for (folders = 0; err != OK && folders < 20; folders++) {
        synced_left = folders;
        err = restore(copy, again, &backup, NULL);
        synced_left = -1;
        assert_int_equal(err, err == OK ? OK : ERR_IO);
        assert_int_equal(access(again, F_OK) == 0, err == OK);
        assert_int_equal(access(beside, F_OK), -1);
    }
    assert_true(folders > 2);
    ledger_close(ledger);
    place_remove(&place);
}

RUN(cmocka_unit_test(a_restored_ledger_holds_all_and_starts_anew),
    cmocka_unit_test(a_good_copy_folds_to_what_the_ledger_has),
    cmocka_unit_test(a_copy_of_something_else_is_not_good),
    cmocka_unit_test(a_copy_that_folds_to_something_else_is_not_good),
    cmocka_unit_test(a_copy_has_no_name_before_it_is_proved),
    cmocka_unit_test(nothing_is_written_over),
    cmocka_unit_test(what_is_no_backup_makes_no_ledger),
    cmocka_unit_test(what_is_not_durable_is_not_there))
