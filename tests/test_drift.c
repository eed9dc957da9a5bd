/*
 * test_drift.c - a clock that stands far from the hub's is noticed, also when
 * it is set wrong or right in between, and what it writes is flagged
 */
#include "nodes/drift.h"

#include "core/reader.h"
#include "nodes/clock.h"
#include "tests/kit.h"
#include "tests/unit.h"

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { MINUTE_MS = 60000 };

/* --- a machine that has slept so long --- */

static time_t slept_s;

int
clock_gettime(clockid_t which, struct timespec *ret_now)
{
    long failed = syscall(SYS_clock_gettime, which, ret_now);

    if (which != CLOCK_MONOTONIC)
        ret_now->tv_sec += slept_s;
    return (int)failed;
}

TEST(a_machine_that_slept_knows_the_hubs_time)
{
    struct place place = place_make();
    struct journal *journal = kit_open_new(&place);
    struct drift drift = { 0 };

    drift_hear(&drift, clock_wall_ms(), clock_steady_ms());
    slept_s = 3600;
    const int64_t offset_ms = drift_look(&drift, 1, journal);
    slept_s = 0;
    assert_true(offset_ms < MINUTE_MS);
    assert_true(offset_ms > -MINUTE_MS);
    assert_false(drift.wrong);
    journal_close(journal);
    place_remove(&place);
}

TEST(the_hubs_time_is_carried_on)
{
    struct drift drift = { 0 };

    assert_int_equal(drift_offset_ms(&drift, 5000, 77), 0);
    drift_hear(&drift, 1000000, 500);
    assert_int_equal(drift_offset_ms(&drift, 1000000, 500), 0);
    assert_int_equal(drift_offset_ms(&drift, 1060000, 60500), 0);
    assert_int_equal(drift_offset_ms(&drift, 1000, 60500), 1059000);
    assert_int_equal(drift_offset_ms(&drift, 1070000, 60500), -10000);
    assert_false(drift_is_wrong(15 * MINUTE_MS));
    assert_true(drift_is_wrong(15 * MINUTE_MS + 1));
    assert_false(drift_is_wrong(-15 * MINUTE_MS));
    assert_true(drift_is_wrong(-15 * MINUTE_MS - 1));
}

static uint8_t
flags_of_next(struct journal *journal)
{
    struct journal_entry entry = kit_entry("a");
    struct journal_result result;
    struct reader *reader = NULL;
    struct reader_item item;

    assert_int_equal(kit_append(journal, &entry, 1, &result), OK);
    assert_int_equal(reader_open(journal, &reader), OK);
    assert_int_equal(reader_next(reader, result.position, &item), OK);
    uint8_t flags = (uint8_t)(item.record.flags & RECORD_CLOCK_OFF);
    reader_close(reader);
    return flags;
}

TEST(what_a_wrong_clock_writes_is_flagged)
{
    struct place place = place_make();
    struct journal *journal = kit_open_new(&place);
    struct drift drift = { 0 };

    assert_int_equal(drift_note(&drift, journal, KIT_NOW, 0), OK);
    assert_int_equal(flags_of_next(journal), 0);
    drift_hear(&drift, KIT_NOW + 16 * MINUTE_MS, 0);
    assert_int_equal(drift_note(&drift, journal, KIT_NOW, 0), OK);
    assert_int_equal(flags_of_next(journal), RECORD_CLOCK_OFF);
    /* Less than a minute's change is not written down. */
    uint64_t txn = journal_last_txn(journal);
    assert_int_equal(drift_note(&drift, journal, KIT_NOW + 59000, 0), OK);
    assert_int_equal(journal_last_txn(journal), txn);
    /* Put right. */
    assert_int_equal(drift_note(&drift, journal, KIT_NOW + 16 * MINUTE_MS, 0),
                     OK);
    assert_int_equal(flags_of_next(journal), 0);
    assert_int_equal(drift_note(&drift, journal, KIT_NOW + 32 * MINUTE_MS, 0),
                     OK);
    assert_int_equal(flags_of_next(journal), RECORD_CLOCK_OFF);
    journal_close(journal);
    place_remove(&place);
}

/* Of an older machine, which sends the field back as it came, nothing is heard;
 * and of one whose clock no frame can tell. */
TEST(a_ping_tells_the_clock)
{
    struct frame ping = { .kind = FRAME_PING,
                          .ping = { .clock_ms = 77,
                                    .flags = FRAME_PLEASE_ANSWER } };
    struct frame wait = { .kind = FRAME_WAIT, .wait = { .ms = 7 } };
    int64_t clock_ms = 5;

    drift_tell(&ping, -1);
    drift_tell(&ping, LIMIT_CLOCK_MS_MAX + 1);
    assert_false(drift_told(&ping, &clock_ms));
    assert_int_equal(clock_ms, 5);
    drift_tell(&ping, LIMIT_CLOCK_MS_MAX);
    assert_int_equal(ping.ping.flags, FRAME_PLEASE_ANSWER | FRAME_TELLS_CLOCK);
    assert_true(drift_told(&ping, &clock_ms));
    assert_int_equal(clock_ms, LIMIT_CLOCK_MS_MAX);
    drift_tell(&wait, 1);
    assert_int_equal(wait.wait.ms, 7);
    assert_false(drift_told(&wait, &clock_ms));
}

RUN(cmocka_unit_test(a_machine_that_slept_knows_the_hubs_time),
    cmocka_unit_test(a_ping_tells_the_clock),
    cmocka_unit_test(the_hubs_time_is_carried_on),
    cmocka_unit_test(what_a_wrong_clock_writes_is_flagged))
