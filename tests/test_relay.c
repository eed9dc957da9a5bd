/*
 * test_relay.c - the parts make one run, the same byte for byte whoever has
 * made which, also where they are too much to wait for their turn; and a fault
 * in one of them ends it for all
 */
#include "core/relay.h"

#include <stdatomic.h>

#include "core/chore.h"
#include "tests/run_kit.h"
#include "tests/unit.h"

enum { FILLERS = 3, FILLER_SIZE = 20000, NOWHERE = LIMIT_PARTITIONS };

static uint32_t faulty; /* the partition that can't be made */
static atomic_uint taken;

/* Every third partition is of 700 kB, which must be handed in piece by
 * piece; each has the keys of its own. */
static enum err
fill(const struct relay_part *part)
{
    static const uint8_t filler[FILLER_SIZE];

    atomic_fetch_add(&taken, 1);
    if (part->partition == faulty)
        return ERR_CORRUPT;
    for (uint32_t i = 0; i < RUN_KIT_ACCOUNTS; i++) {
        view key = runs_key_view(&run_kit.keys[i]);
        if (key.bytes[0] != part->partition)
            continue;
        for (uint32_t k = 0; part->partition % 3 == 0 && k < FILLERS; k++) {
            runs_add(part->writer, key, (view) { filler, FILLER_SIZE });
            relay_hand_in(part);
        }
        runs_add(part->writer, key, key);
        relay_hand_in(part);
    }
    return OK;
}

static enum err
work(void *context)
{
    struct relay *relay = context;
    struct relay_part part;

    while (relay_take(relay, &part))
        relay_end(&part, fill(&part));
    return OK;
}

/* Waits for each turn, and makes nothing. */
static enum err
look_on(void *context)
{
    while (relay_await_turn(context))
        continue;
    return OK;
}

static enum err
run(struct runs_writer *writer, uint32_t threads, size_t part_max)
{
    struct chore chores[RELAY_THREADS_MAX + 1] = { 0 };
    struct relay *relay = NULL;

    atomic_store(&taken, 0);
    assert_int_equal(relay_open(writer, threads, part_max, &relay), OK);
    chore_begin(&chores[threads], look_on, relay, true);
    for (uint32_t i = threads; i-- > 0;)
        chore_begin(&chores[i], work, relay, i > 0);
    for (uint32_t i = 0; i <= threads; i++)
        assert_int_equal(chore_end(&chores[i]), OK);
    assert_false(relay_await_turn(relay));
    enum err err = relay_fault(relay);
    relay_close(relay);
    return err;
}

/* The check covers all sums. */
static uint64_t
write_run(uint32_t threads, size_t part_max)
{
    struct runs_writer *writer;
    uint64_t check;

    assert_int_equal(runs_create(run_kit.place.path, RUNS_STATE, 1, &writer),
                     OK);
    assert_int_equal(run(writer, threads, part_max), OK);
    assert_int_equal(atomic_load(&taken), LIMIT_PARTITIONS);
    assert_int_equal(runs_publish(writer, &check), OK);
    return check;
}

static void
expect_all(uint64_t check)
{
    struct runs *runs;

    assert_int_equal(runs_open(run_kit.place.path, RUNS_STATE, 1, check, &runs),
                     OK);
    assert_int_equal(runs_verify(runs), OK);
    struct runs_cursor cursor = { .runs = runs };
    for (uint32_t i = 0; i < RUN_KIT_ACCOUNTS; i++) {
        view key = runs_key_view(&run_kit.keys[i]);
        do
            assert_int_equal(runs_next(&cursor), OK);
        while (cursor.blob.size == FILLER_SIZE);
        assert_true(view_equal(cursor.key, key));
        assert_true(view_equal(cursor.blob, key));
    }
    assert_int_equal(runs_next(&cursor), ERR_NOT_FOUND);
    runs_close(runs);
}

TEST(threads_and_memory_change_no_byte)
{
    faulty = NOWHERE;
    uint64_t check = write_run(1, 1 << 30);
    expect_all(check);
    for (uint32_t threads = 1; threads <= 8; threads++)
        assert_int_equal(write_run(threads, threads % 2 << 18), check);
    expect_all(check);
}

TEST(a_fault_ends_it)
{
    for (uint32_t threads = 1; threads <= 8; threads++) {
        struct runs_writer *writer;
        faulty = threads * 5;
        assert_int_equal(
            runs_create(run_kit.place.path, RUNS_STATE, 1, &writer), OK);
        assert_int_equal(run(writer, threads, 1), ERR_CORRUPT);
        assert_true(atomic_load(&taken) < LIMIT_PARTITIONS);
        runs_abandon(writer);
    }
}

/* What is behind the fault in the run's order is thrown away, though it went
 * well; and what has become much is in the run before its part is made. */
TEST(what_is_handed_in_waits_nowhere_and_comes_before_a_fault_only)
{
    static const uint8_t filler[1 << 19];
    struct relay *relay = NULL;
    struct runs_writer *writer;
    struct relay_part parts[3];
    struct runs *runs;
    uint64_t check;

    assert_int_equal(runs_create(run_kit.place.path, RUNS_STATE, 1, &writer),
                     OK);
    assert_int_equal(relay_open(writer, COUNT_OF(parts), 1 << 30, &relay), OK);
    for (uint32_t i = 0; i < COUNT_OF(parts); i++) {
        uint8_t key[] = { (uint8_t)i, 1, 7 };
        assert_true(relay_take(relay, &parts[i]));
        runs_add(parts[i].writer, (view) { key, sizeof key },
                 (view) { filler, sizeof filler });
    }
    relay_hand_in(&parts[0]);
    assert_int_equal(runs_part_size(parts[0].writer), 0);
    relay_end(&parts[2], OK);
    relay_end(&parts[0], OK);
    relay_end(&parts[1], ERR_CORRUPT);
    assert_int_equal(relay_fault(relay), ERR_CORRUPT);
    relay_close(relay);
    assert_int_equal(runs_publish(writer, &check), OK);
    assert_int_equal(runs_open(run_kit.place.path, RUNS_STATE, 1, check, &runs),
                     OK);
    struct runs_cursor cursor = { .runs = runs };
    assert_int_equal(runs_next(&cursor), OK);
    assert_int_equal(cursor.key.bytes[0], 0);
    assert_int_equal(runs_next(&cursor), ERR_NOT_FOUND);
    runs_close(runs);
}

#define CASE(name)                                                             \
    cmocka_unit_test_setup_teardown(name, run_kit_open, run_kit_close)

RUN(CASE(threads_and_memory_change_no_byte), CASE(a_fault_ends_it),
    CASE(what_is_handed_in_waits_nowhere_and_comes_before_a_fault_only))
