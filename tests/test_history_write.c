/*
 * test_history_write.c - while threads write runs and merge them, a history
 * says of every account what it says without; a disk that is full for a while,
 * or the end of the process, loses nothing of it
 *
 * This program has its own fsync(), at which a thread waits until it is let
 * through, and its own fdatasync(), which is LMDB's.
 */
#include "core/history_write.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "tests/medley.h"
#include "tests/unit.h"

enum { ROUNDS = 16, MANY = 1000000 };

static atomic_int permits;
static atomic_bool is_full;
static atomic_bool is_full_for_notes;
static pthread_t first_thread;
static struct medley medley;
static struct history *history;

static void
rest(void)
{
    nanosleep(&(struct timespec) { .tv_nsec = 200000 }, NULL);
}

int
fsync(int file)
{
    bool beside = !pthread_equal(pthread_self(), first_thread);

    if (beside && atomic_load(&is_full)) {
        errno = ENOSPC;
        return -1;
    }
    while (beside && atomic_load(&permits) <= 0)
        rest();
    if (beside)
        atomic_fetch_sub(&permits, 1);
    return (int)syscall(SYS_fsync, file);
}

int
fdatasync(int file)
{
    if (atomic_load(&is_full_for_notes)) {
        errno = ENOSPC;
        return -1;
    }
    return (int)syscall(SYS_fdatasync, file);
}

static struct history *
open_history(bool owner)
{
    struct history *opened;

    assert_int_equal(history_open(medley.inflow.place.path,
                                  medley.inflow.journal, owner, &opened),
                     OK);
    return opened;
}

static void
open_all(uint64_t seed)
{
    first_thread = pthread_self();
    atomic_store(&permits, 0);
    atomic_store(&is_full, false);
    atomic_store(&is_full_for_notes, false);
    medley_open(&medley, seed);
    history = open_history(true);
    history_set_beside(history);
}

static void
add(uint32_t tail_items)
{
    uint64_t before = journal_last_txn(medley.inflow.journal);

    while (journal_last_txn(medley.inflow.journal) == before)
        medley_add(&medley);
    history_set_tail(history, tail_items);
    assert_int_equal(history_refresh(history), OK);
}

static void
tell(const struct history *of, struct text *text)
{
    text_clear(text);
    medley_tell(of, HISTORY_ALL, text);
    medley_tell(of, history_position(of) / 2, text);
    medley_tell(of, history_position(of) * 9 / 10, text);
}

/* As one does that has no files of its own, and takes in what these lack. */
static void
expect_same(void)
{
    struct text told = { 0 }, expected = { 0 };
    struct history *other = open_history(false);

    assert_int_equal(history_refresh(other), OK);
    tell(other, &expected);
    tell(history, &told);
    assert_int_equal(told.size, expected.size);
    assert_memory_equal(told.bytes, expected.bytes, told.size);
    history_close(other);
    text_close(&told);
    text_close(&expected);
}

/* Lets threads through until the run that is on its way has arrived. */
static void
let_run_through(void)
{
    uint64_t held = history_held(history);

    while (history_held(history) == held) {
        atomic_store(&permits, 1);
        rest();
        assert_int_equal(history_tend(history), OK);
    }
}

TEST(what_is_on_its_way_is_read_all_the_same)
{
    uint32_t merging = 0;

    open_all(7);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        uint64_t held = history_held(history);
        add(1); /* is put aside */
        add(MANY);
        assert_true(history->write.chore.begun);
        assert_int_equal(history_held(history), held);
        expect_same();
        let_run_through();
        expect_same();
        merging += history->write.merge_chore.begun;
        if (round % 16 != 15)
            continue;
        atomic_store(&permits, MANY);
        assert_int_equal(history_merge(history), OK);
        atomic_store(&permits, 0);
        assert_int_equal(history_held(history), history_position(history));
        assert_false(history_write_is_busy(history));
        expect_same();
        assert_int_equal(history_verify(history), OK);
    }
    assert_true(merging > 0);
    history_close(history);
    medley_close(&medley);
}

TEST(a_full_disk_keeps_the_tail_until_there_is_room)
{
    open_all(8);
    atomic_store(&permits, MANY);
    add(1);
    assert_int_equal(history_merge(history), OK);
    uint64_t held = history_held(history);
    atomic_store(&is_full, true);
    for (uint32_t i = 0; i < 5; i++) {
        add(1);
        expect_same();
    }
    assert_int_equal(history_held(history), held);
    assert_int_equal(history_merge(history), ERR_FULL);
    expect_same();
    atomic_store(&is_full, false);
    add(1);
    assert_int_equal(history_merge(history), OK);
    assert_int_equal(history_held(history), history_position(history));
    expect_same();
    history_close(history);
    medley_close(&medley);
}

/* Waits for the run that is on its way, and looks at it. */
static void
take_run(void)
{
    while (!chore_is_done(&history->write.chore))
        rest();
    assert_int_equal(history_tend(history), OK);
}

/* The run is on the disk, and for the note that names it there is no room: what
 * is asked before the next refresh is answered as ever. */
TEST(a_note_that_finds_no_room_takes_nothing_away)
{
    uint32_t failed = 0;

    open_all(10);
    atomic_store(&permits, MANY);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        add(1);
        atomic_store(&is_full_for_notes, true);
        take_run();
        failed += history->set.note_size == 0;
        expect_same();
        atomic_store(&is_full_for_notes, false);
        add(MANY);
        expect_same();
    }
    assert_true(failed > 0);
    assert_int_equal(history_merge(history), OK);
    assert_int_equal(history_held(history), history_position(history));
    assert_int_equal(history_verify(history), OK);
    expect_same();
    history_close(history);
    medley_close(&medley);
}

/* Closing waits, and takes over what has been made. */
TEST(closing_loses_nothing)
{
    open_all(9);
    atomic_store(&permits, MANY);
    add(1);
    add(MANY);
    history_close(history);
    history = open_history(true);
    assert_int_equal(history_refresh(history), OK);
    assert_true(history_held(history) > 0);
    assert_true(history_held(history) < history_position(history));
    expect_same();
    /* Building anew forgets what is on its way. */
    history_set_beside(history);
    add(1);
    assert_int_equal(history_rebuild(history), OK);
    assert_int_equal(history_held(history), history_position(history));
    expect_same();
    history_close(history);
    medley_close(&medley);
}

RUN(cmocka_unit_test(what_is_on_its_way_is_read_all_the_same),
    cmocka_unit_test(a_full_disk_keeps_the_tail_until_there_is_room),
    cmocka_unit_test(a_note_that_finds_no_room_takes_nothing_away),
    cmocka_unit_test(closing_loses_nothing))
