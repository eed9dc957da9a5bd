/*
 * test_history_killed.c - killed at any write, rename or commit while its
 * files are written or merged, a history says the same afterwards: to who
 * writes no files at once, and to the next owner, who leaves no rubbish
 *
 * This program has its own write() and the like, through which the ledger and
 * LMDB go: a process of its own does the work and is killed at its n-th call,
 * for each n until it gets through.
 */
#include "core/history.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/facts.h"
#include "core/runset.h"
#include "tests/medley.h"
#include "tests/unit.h"

enum { KILLED = 77, DONE = 0, CALLS_MAX = 2000, NEWS = 4 };

/* --- the calls --- */

static atomic_int calls_left = -1; /* below 0: nobody is killed */

/* Whether it is now. */
static bool
is_over(void)
{
    return atomic_load(&calls_left) >= 0 &&
           atomic_fetch_sub(&calls_left, 1) == 0;
}

static void
pass(void)
{
    if (is_over())
        _exit(KILLED);
}

/* The last one gets half of it through. */
ssize_t
write(int file, const void *bytes, size_t size)
{
    if (is_over()) {
        syscall(SYS_write, file, bytes, size / 2);
        _exit(KILLED);
    }
    return syscall(SYS_write, file, bytes, size);
}

ssize_t
pwrite(int file, const void *bytes, size_t size, off_t at)
{
    pass();
    return syscall(SYS_pwrite64, file, bytes, size, at);
}

ssize_t
pwritev(int file, const struct iovec *parts, int count, off_t at)
{
    pass();
    return syscall(SYS_pwritev, file, parts, count, at, 0);
}

int
rename(const char *from, const char *to)
{
    pass();
    return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int
unlink(const char *path)
{
    pass();
    return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

int
fsync(int file)
{
    pass();
    return (int)syscall(SYS_fsync, file);
}

int
fdatasync(int file)
{
    pass();
    return (int)syscall(SYS_fdatasync, file);
}

/* --- a ledger that is worked on --- */

static struct place place;
static struct place kept; /* as it was before */
static struct journal *journal;
static struct history *history;

static void
open_history(bool owner)
{
    char path[PLACE_SIZE];

    place_join(&place, "journal", path);
    assert_int_equal(journal_open(path, facts_describe, &journal), OK);
    assert_int_equal(history_open(place.path, journal, owner, &history), OK);
}

static void
close_history(void)
{
    history_close(history);
    journal_close(journal);
}

static void
copy(const char *from, const char *to)
{
    char command[4 * PLACE_SIZE];

    snprintf(command, sizeof command, "rm -rf '%s' && cp -r '%s' '%s'", to,
             from, to);
    assert_int_equal(system(command), 0);
}

/* --- what is done --- */

static void
grow(void)
{
    assert_int_equal(history_refresh(history), OK);
    assert_int_equal(history_merge(history), OK);
}

/* In threads, several at a time. */
static void
grow_beside(void)
{
    history_set_beside(history);
    history_set_tail(history, 10);
    history_set_step(history, 10);
    do
        assert_int_equal(history_refresh(history), OK);
    while (history_is_behind(history));
    grow();
}

static void
rebuild(void)
{
    assert_int_equal(history_rebuild(history), OK);
}

/* In a process of its own; false: it got through. */
static bool
is_killed_at(int call, void (*work)(void))
{
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        open_history(true);
        atomic_store(&calls_left, call);
        work();
        atomic_store(&calls_left, -1);
        _exit(DONE);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_true(WEXITSTATUS(status) == KILLED || WEXITSTATUS(status) == DONE);
    return WEXITSTATUS(status) == KILLED;
}

static void
expect_same(const struct text *expected)
{
    struct text told = { 0 };

    medley_tell(history, HISTORY_ALL, &told);
    medley_tell(history, history_position(history) / 2, &told);
    assert_int_equal(told.size, expected->size);
    assert_memory_equal(told.bytes, expected->bytes, told.size);
    text_close(&told);
}

/* Only runs lie there; which are live is for history_verify() to read. */
static void
expect_clean(void)
{
    char path[PLACE_SIZE];
    const struct dirent *entry;

    place_join(&place, "history", path);
    DIR *dir = opendir(path);
    while (dir != NULL && (entry = readdir(dir)) != NULL)
        assert_true(entry->d_name[0] == '.' ||
                    strstr(entry->d_name, ".run") != NULL);
    if (dir != NULL)
        closedir(dir);
}

static void
check_after(const struct text *expected)
{
    open_history(false);
    assert_int_equal(history_refresh(history), OK);
    expect_same(expected);
    close_history();
    open_history(true);
    assert_int_equal(history_refresh(history), OK);
    expect_same(expected);
    expect_clean();
    assert_int_equal(history_merge(history), OK);
    assert_int_equal(history_verify(history), OK);
    expect_same(expected);
    close_history();
}

/* --- cases --- */

static void
tell(struct text *text)
{
    open_history(false);
    assert_int_equal(history_refresh(history), OK);
    medley_tell(history, HISTORY_ALL, text);
    medley_tell(history, history_position(history) / 2, text);
    close_history();
}

static void
add_news(struct medley *medley)
{
    uint64_t before = journal_last_txn(medley->inflow.journal);

    while (journal_last_txn(medley->inflow.journal) == before)
        medley_add(medley);
}

/* Some runs and something that is in none. */
static void
prepare(uint64_t seed, uint32_t runs)
{
    struct medley medley;

    medley_open(&medley, seed);
    assert_int_equal(history_open(medley.inflow.place.path,
                                  medley.inflow.journal, true, &history),
                     OK);
    for (uint32_t i = 0; i < runs; i++) {
        add_news(&medley);
        grow();
    }
    for (uint32_t i = 0; i < NEWS; i++)
        add_news(&medley);
    history_close(history);
    kept = place_make();
    place = place_make();
    copy(medley.inflow.place.path, kept.path);
    copy(kept.path, place.path);
    medley_close(&medley);
}

static void
kill_at_every_call(uint64_t seed, uint32_t runs, void (*work)(void),
                   int calls_min)
{
    struct text expected = { 0 };
    int call = 0;

    prepare(seed, runs);
    tell(&expected);
    for (; is_killed_at(call, work); call++) {
        check_after(&expected);
        copy(kept.path, place.path);
        assert_true(call < CALLS_MAX);
    }
    check_after(&expected);
    if (call < calls_min)
        fail_msg("%d calls only", call);
    text_close(&expected);
    place_remove(&place);
    place_remove(&kept);
}

TEST(while_the_first_run_is_written)
{
    kill_at_every_call(1, 0, grow, 10);
}

TEST(while_runs_are_merged)
{
    kill_at_every_call(2, RUNSET_RUNS_KEEP, grow, 25);
}

TEST(while_threads_write_and_merge)
{
    kill_at_every_call(2, RUNSET_RUNS_KEEP, grow_beside, 25);
}

TEST(while_all_is_built_anew)
{
    kill_at_every_call(3, 5, rebuild, 25);
}

/* The note of the words is what chapters are read by: without it, or with that
 * of another, nothing is answered from runs. */
TEST(words_that_are_lost_or_damaged_are_noticed)
{
    struct text expected = { 0 };
    static uint8_t bytes[1 << 16];
    view note;

    for (uint32_t i = 0; i < 2; i++) {
        prepare(4 + i, 3);
        text_clear(&expected);
        tell(&expected);
        open_history(true);
        assert_int_equal(journal_get_note(journal, view_of("history.words"),
                                          bytes, sizeof bytes, &note),
                         OK);
        bytes[note.size / 2] ^= 1;
        assert_int_equal(journal_put_note(journal, view_of("history.words"),
                                          i == 0 ? (view) { 0 }
                                                 : (view) { bytes, note.size }),
                         OK);
        close_history();
        check_after(&expected);
        place_remove(&place);
        place_remove(&kept);
    }
    text_close(&expected);
}

RUN(cmocka_unit_test(while_the_first_run_is_written),
    cmocka_unit_test(while_runs_are_merged),
    cmocka_unit_test(while_threads_write_and_merge),
    cmocka_unit_test(while_all_is_built_anew),
    cmocka_unit_test(words_that_are_lost_or_damaged_are_noticed))
