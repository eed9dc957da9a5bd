/*
 * test_convoy.c - parcels that several threads have spilled, each of pieces as
 * they fell to it, come in the order of positions, and are found by their
 * places, whether they fitted the memory or went to a file
 */
#include "core/convoy.h"

#include "tests/gen.h"
#include "tests/place.h"
#include "tests/unit.h"

enum {
    ROWS = 60000,
    PARTITIONS = 3, /* of which the last stays empty */
    FIRST = 1000,   /* position */
};

static const struct parcel_usual USUAL = { .position = FIRST };

/* Row i: all of it follows from the number. */
static account_id
account_of(uint32_t i)
{
    if (i % 7 == 3)
        return (account_id) { .bearer = view_of(i % 2 == 0 ? "even" : "odd") };
    return (account_id) { .member = 1 + i * 7919 % 100000 };
}

static uint32_t
partition_of(uint32_t i)
{
    return i / 1000 % 5 == 0 ? 0 : i % 2;
}

/* Some are as great as several blocks. */
static void
put_row(struct spill *spill, uint32_t i)
{
    static const uint8_t bytes[50000];
    account_id account = account_of(i);
    struct chapter_row row = { .position = FIRST + i, .amount = i };

    row.codes = (view) { bytes, i % 4001 == 9 ? sizeof bytes : i % 30 };
    uint8_t *room =
        spill_room(spill, partition_of(i), parcel_room(&account, &row));
    assert_non_null(room);
    uint8_t *end = parcel_put(room, &USUAL, &account, &row, 0);
    spill_added(spill, partition_of(i), (uint32_t)(end - room));
}

/* Pieces of any length fall to anybody; the last thread gets none. */
static void
spill_rows(struct spill **spills, uint32_t count)
{
    struct gen gen = { .state = count };
    uint32_t i = 0;

    while (i < ROWS) {
        struct spill *spill =
            spills[count == 1 ? 0 : gen_below(&gen, count - 1)];
        for (uint32_t k = 1 + gen_below(&gen, 3000); k > 0 && i < ROWS; k--)
            put_row(spill, i++);
    }
    for (uint32_t k = 0; k < count; k++)
        assert_int_equal(spill_end(spills[k]), OK);
}

static void
check_row(const struct convoy *convoy, uint32_t i, const account_id *account,
          uint32_t place)
{
    struct chapter_row row;
    account_id expected = account_of(i);
    uint32_t part;

    assert_int_equal(account->member, expected.member);
    if (expected.member == 0)
        assert_true(view_equal(account->bearer, expected.bearer));
    parcel_take(convoy_at(convoy, place, &part), &USUAL, &row);
    assert_int_equal(row.position, FIRST + i);
    assert_int_equal(row.amount, i);
    assert_true(part < convoy->part_count);
}

static void
check_partition(struct convoy *convoy, struct spill **spills, uint32_t count,
                uint32_t partition)
{
    const account_id *account;
    uint32_t place, taken = 0;

    assert_int_equal(convoy_begin(convoy, spills, count, partition), OK);
    for (uint32_t i = 0; i < ROWS; i++) {
        if (partition_of(i) != partition)
            continue;
        assert_true(convoy_next(convoy, &account, &place));
        check_row(convoy, i, account, place);
        taken++;
    }
    assert_int_equal(convoy->parcel_count, taken);
    assert_false(convoy_next(convoy, &account, &place));
    assert_false(convoy_next(convoy, &account, &place));
}

TEST(parcels_come_in_the_order_of_positions)
{
    static const uint32_t COUNTS[] = { 1, 2, 3, CONVOY_PARTS_MAX };

    for (uint32_t i = 0; i < COUNT_OF(COUNTS); i++) {
        struct spill *spills[CONVOY_PARTS_MAX];
        struct convoy convoy = { 0 };
        struct place place = place_make();
        for (uint32_t k = 0; k < COUNTS[i]; k++)
            assert_int_equal(
                spill_open(place.path, /* half of them fit */
                           k % 2 == 0 ? 2u * SPILL_ENTRY_MAX : 1u << 26,
                           &spills[k]),
                OK);
        spill_rows(spills, COUNTS[i]);
        for (uint32_t k = 0; k < PARTITIONS; k++)
            check_partition(&convoy, spills, COUNTS[i], k);
        convoy_close(&convoy);
        for (uint32_t k = 0; k < COUNTS[i]; k++)
            spill_close(spills[k]);
        place_remove(&place);
    }
}

RUN(cmocka_unit_test(parcels_come_in_the_order_of_positions))
