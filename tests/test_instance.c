/*
 * test_instance.c - a ledger is known again where it was made, also while the
 * machine can't tell its own name
 *
 * open() is this file's: it plays the machine's id.
 */
#include "nodes/instance.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/ledger.h"
#include "nodes/reign.h"
#include "tests/place.h"
#include "tests/unit.h"

enum { NOW_MS = 1000 };

static char id_path[PLACE_SIZE];
static int refusal; /* why the id can't be read; 0: it can */

int
open(const char *path, int flags, ...)
{
    va_list list;

    va_start(list, flags);
    mode_t mode = (flags & O_CREAT) != 0 ? va_arg(list, mode_t) : 0;
    va_end(list);
    if (strcmp(path, "/etc/machine-id") == 0) {
        errno = refusal;
        if (refusal != 0)
            return -1;
        path = id_path;
    }
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

static void
write_id(const char *id)
{
    FILE *file = fopen(id_path, "w");

    assert_non_null(file);
    fputs(id, file);
    assert_int_equal(fclose(file), 0);
}

TEST(a_machine_that_cannot_read_its_id_is_no_other_machine)
{
    struct place place = place_make();
    const struct ledger_identity who = { .node = 1, .store = 10 };
    struct complaint complaint;
    char path[PLACE_SIZE];
    bool moved = true;

    place_join(&place, "id", id_path);
    write_id("0123456789abcdef\n");
    place_join(&place, "L", path);
    assert_int_equal(ledger_create(path, &who, NOW_MS, &complaint), OK);
    assert_int_equal(instance_check(path, true, NOW_MS, &moved, &complaint),
                     OK);
    assert_false(moved);
    refusal = EMFILE;
    assert_int_equal(instance_check(path, true, NOW_MS, &moved, &complaint),
                     ERR_IO);
    assert_false(moved);
    refusal = 0;
    assert_int_equal(instance_check(path, true, NOW_MS, &moved, &complaint),
                     OK);
    assert_false(moved);
    write_id("another\n");
    assert_int_equal(instance_check(path, true, NOW_MS, &moved, &complaint),
                     OK);
    assert_true(moved);
    place_remove(&place);
}

/* Its disk may be an older one, and what it has published stand elsewhere. */
TEST(a_ledger_that_was_moved_counts_as_restored)
{
    struct place place = place_make();
    const struct ledger_identity who = { .node = 1, .store = 10 };
    struct complaint complaint;
    struct ledger *ledger = NULL;
    struct reign reign;
    char path[PLACE_SIZE];
    bool moved = false;

    place_join(&place, "id", id_path);
    place_join(&place, "L", path);
    write_id("0123456789abcdef\n");
    assert_int_equal(ledger_create(path, &who, NOW_MS, &complaint), OK);
    assert_int_equal(instance_check(path, true, NOW_MS, &moved, &complaint),
                     OK);
    write_id("another\n");
    assert_int_equal(instance_check(path, true, NOW_MS, &moved, &complaint),
                     OK);
    assert_true(moved);
    assert_int_equal(ledger_open(path, LEDGER_READ, &complaint, &ledger), OK);
    assert_int_equal(reign_get(path, ledger_journal(ledger), &reign), OK);
    assert_true(reign.restored);
    ledger_close(ledger);
    place_remove(&place);
}

RUN(cmocka_unit_test(a_machine_that_cannot_read_its_id_is_no_other_machine),
    cmocka_unit_test(a_ledger_that_was_moved_counts_as_restored))
