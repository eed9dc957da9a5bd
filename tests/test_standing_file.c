/*
 * test_standing_file.c - kept totals come back from the file as they were, and
 * a file that is not as it was written is noticed wherever it was changed
 */
#include "tests/unit.h"

#include "core/standing_parts.h"
#include "tests/place.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct standing_sums *
make_sums(void)
{
    struct standing_sums *sums;

    assert_int_equal(standing_sums_open(&sums), OK);
    memset(sums->timeline.bytes, 9, sizeof sums->timeline.bytes);
    sums->node = 7;
    sums->incarnation = 100;
    sums->position = 12345;
    sums->as_of_ms = 1700000000000;
    *LIST_ADD(&sums->arena, &sums->quarantined) = 17;
    for (int32_t i = 0; i < 1000; i++) {
        struct totals_row row = { .month = 24000 + i % 7,
                                  .partner = i % 3,
                                  .store = (uint32_t)i,
                                  .effects = 2,
                                  .amounts[MEASURE_ISSUED] = -i,
                                  .figures[0] = { -(int128)i *
                                                  ((int128)1 << 40) } };
        totals_add_row(sums->months, &row);
        row.month = standing_sums_index(sums, 1700000000001 + i % 500);
        totals_add_row(sums->ahead, &row);
    }
    struct totals_pair pair = { 24000, 1, 2, 3, -40 };
    totals_add_pair(sums->months, &pair);
    return sums;
}

static void
assert_same(struct totals *a, struct totals *b)
{
    uint32_t count, other_count;
    const struct totals_row *rows = totals_rows(a, &count);
    const struct totals_row *others = totals_rows(b, &other_count);

    assert_int_equal(count, other_count);
    for (uint32_t i = 0; i < count; i++)
        assert_true(totals_row_equal(&rows[i], &others[i]));
    const struct totals_pair *pairs = totals_pairs(a, &count);
    const struct totals_pair *more = totals_pairs(b, &other_count);
    assert_int_equal(count, other_count);
    for (uint32_t i = 0; i < count; i++)
        assert_true(totals_pair_equal(&pairs[i], &more[i]));
}

TEST(what_was_written_comes_back)
{
    struct place place = place_make();
    struct standing_sums *sums = make_sums(), *back;

    assert_int_equal(standing_file_read(place.path, &back), ERR_NOT_FOUND);
    assert_int_equal(standing_file_write(place.path, sums), OK);
    assert_int_equal(standing_file_read(place.path, &back), OK);
    assert_true(digest_equal(back->timeline, sums->timeline));
    assert_int_equal(back->node, 7);
    assert_int_equal(back->incarnation, 100);
    assert_int_equal(back->position, 12345);
    assert_int_equal(back->as_of_ms, sums->as_of_ms);
    assert_int_equal(back->quarantined.count, 1);
    assert_int_equal(back->quarantined.items[0], 17);
    assert_int_equal(back->instants.count, 500);
    assert_same(back->months, sums->months);
    assert_same(back->ahead, sums->ahead);
    assert_int_equal(standing_sums_index(back, 1700000000001 + 77), 77);
    standing_sums_close(back);
    standing_sums_close(sums);
    assert_int_equal(standing_file_remove(place.path), OK);
    assert_int_equal(standing_file_remove(place.path), OK);
    place_remove(&place);
}

static void
flip(const char *path, long at)
{
    FILE *file = fopen(path, "r+");

    assert_non_null(file);
    fseek(file, at, SEEK_SET);
    int byte = fgetc(file);
    fseek(file, at, SEEK_SET);
    fputc(byte ^ 4, file);
    fclose(file);
}

TEST(every_change_is_noticed)
{
    struct place place = place_make();
    struct standing_sums *sums = make_sums(), *back;
    struct stat status;
    char path[PLACE_SIZE];

    place_join(&place, "totals/standing", path);
    assert_int_equal(standing_file_write(place.path, sums), OK);
    assert_int_equal(stat(path, &status), 0);
    for (long at = 0; at < status.st_size; at += 997) {
        flip(path, at);
        assert_int_equal(standing_file_read(place.path, &back), ERR_CORRUPT);
        flip(path, at);
    }
    assert_int_equal(truncate(path, status.st_size - 8), 0);
    assert_int_equal(standing_file_read(place.path, &back), ERR_CORRUPT);
    assert_int_equal(truncate(path, 0), 0);
    assert_int_equal(standing_file_read(place.path, &back), ERR_CORRUPT);
    standing_sums_close(sums);
    place_remove(&place);
}

RUN(cmocka_unit_test(what_was_written_comes_back),
    cmocka_unit_test(every_change_is_noticed))
