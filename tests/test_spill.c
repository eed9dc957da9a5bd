/*
 * test_spill.c - each partition gives back its entries in the order in which
 * they came, whether they fitted the memory or not, and leaves no file
 */
#include "core/spill.h"

#include <dirent.h>
#include <string.h>

#include "tests/place.h"
#include "tests/unit.h"

enum { ENTRIES = 60000 };

/* Entry i: its number, and bytes that follow from it. */
static uint32_t
size_of(uint32_t i)
{
    return i % 5000 == 77 ? 200000 : 8 + i * 7 % 90;
}

static uint32_t
partition_of(uint32_t i)
{
    return i * 31 % 5 == 0 ? 9 : i * 7919 % LIMIT_PARTITIONS;
}

static void
add_all(struct spill *spill)
{
    for (uint32_t i = 0; i < ENTRIES; i++) {
        uint8_t *bytes =
            spill_room(spill, partition_of(i), size_of(i) + i % 3 * 40);
        assert_non_null(bytes);
        memset(bytes, (int)(i % 251), size_of(i));
        memcpy(bytes, &i, sizeof i);
        spill_added(spill, partition_of(i), size_of(i));
    }
    assert_int_equal(spill_end(spill), OK);
}

/* Takes the entries of the partition in turn. */
static const uint8_t *
expect(uint32_t i, const uint8_t *at)
{
    uint32_t number;

    memcpy(&number, at, sizeof number);
    assert_int_equal(number, i);
    for (uint32_t k = 4; k < size_of(i); k++)
        assert_int_equal(at[k], i % 251);
    return at + size_of(i);
}

static void
check_partition(const struct spill *spill, uint32_t partition)
{
    struct spill_part part;
    uint32_t i = 0;

    assert_int_equal(spill_read(spill, partition, &part), OK);
    for (uint32_t k = 0; k < part.count; k++) {
        const uint8_t *at = part.stretches[k].bytes;
        const uint8_t *end = at + part.stretches[k].size;
        uint8_t behind[SPILL_BEHIND];
        memcpy(behind, end, sizeof behind);
        while (at < end) {
            while (partition_of(i) != partition)
                i++;
            at = expect(i++, at);
        }
        assert_ptr_equal(at, end);
    }
    for (; i < ENTRIES; i++)
        assert_int_not_equal(partition_of(i), partition);
    spill_part_close(&part);
}

static void
check_memory(size_t memory)
{
    struct place place = place_make();
    struct spill *spill;
    uint32_t files = 0;

    assert_int_equal(spill_open(place.path, memory, &spill), OK);
    add_all(spill);
    DIR *dir = opendir(place.path);
    while (readdir(dir) != NULL)
        files++;
    closedir(dir);
    assert_int_equal(files, 2); /* . and .. */
    for (uint32_t i = 0; i < LIMIT_PARTITIONS; i++)
        check_partition(spill, i);
    spill_close(spill);
    place_remove(&place);
}

TEST(what_fits_stays_in_memory)
{
    check_memory((size_t)1 << 27);
}

TEST(what_does_not_fit_goes_to_a_file)
{
    check_memory(2 * (size_t)SPILL_ENTRY_MAX);
}

TEST(a_place_that_can_not_be_written_is_told)
{
    struct spill *spill;

    assert_int_equal(
        spill_open("/proc/none", 2 * (size_t)SPILL_ENTRY_MAX, &spill), OK);
    for (uint32_t i = 0; i < 100; i++)
        if (spill_room(spill, i, 100000) != NULL)
            spill_added(spill, i, 100000);
    assert_null(spill_room(spill, 1, 100000));
    assert_int_not_equal(spill_end(spill), OK);
    spill_close(spill);
}

RUN(cmocka_unit_test(what_fits_stays_in_memory),
    cmocka_unit_test(what_does_not_fit_goes_to_a_file),
    cmocka_unit_test(a_place_that_can_not_be_written_is_told))
