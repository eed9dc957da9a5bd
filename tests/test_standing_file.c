/*
 * test_standing_file.c - kept totals come back from the file as they were, and
 * a file that is not as it was written is noticed wherever it was changed; nor
 * is one believed whose sum is right and whose words are not
 */
#include "tests/unit.h"

#include "core/hash.h"
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

enum {
    WORD = 8,
    ROW_WORDS = 4 + MEASURE_STATEMENT_COUNT + 2 * TOTALS_FIGURES,
    WORDS_MAX = 100000,
};

/* Words of the file, of which the last is the sum of all before. */
struct words {
    uint64_t items[WORDS_MAX];
    size_t count;
};

static void
load(const char *path, struct words *words)
{
    FILE *file = fopen(path, "r");

    assert_non_null(file);
    words->count = fread(words->items, WORD, WORDS_MAX, file);
    assert_true(words->count > 3 * ROW_WORDS && words->count < WORDS_MAX - 1);
    fclose(file);
}

static enum err
read_sealed(const struct place *place, const char *path, struct words *words)
{
    struct standing_sums *back = NULL;
    const view bytes = { (const uint8_t *)words->items,
                         (uint32_t)((words->count - 1) * WORD) };
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    words->items[words->count - 1] = hash_64(bytes, 0);
    assert_int_equal(fwrite(words->items, WORD, words->count, file),
                     words->count);
    fclose(file);
    enum err err = standing_file_read(place->path, &back);
    standing_sums_close(back);
    return err;
}

/* As a program with a slip in it might write them. */
TEST(a_sum_that_is_right_is_not_enough)
{
    static struct words whole, words;
    struct place place = place_make();
    struct standing_sums *sums = make_sums();
    char path[PLACE_SIZE];

    place_join(&place, "totals/standing", path);
    assert_int_equal(standing_file_write(place.path, sums), OK);
    standing_sums_close(sums);
    load(path, &whole);
    words = whole;
    assert_int_equal(read_sealed(&place, path, &words), OK);
    /* A word too many, */
    words.count++;
    assert_int_equal(read_sealed(&place, path, &words), ERR_CORRUPT);
    /* a row that is there twice, */
    words = whole;
    uint64_t *last = &words.items[words.count - 1 - ROW_WORDS];
    memcpy(last, last - ROW_WORDS, ROW_WORDS * WORD);
    assert_int_equal(read_sealed(&place, path, &words), ERR_CORRUPT);
    /* one under an instant that there is none of. */
    words = whole;
    *last = 500;
    assert_int_equal(read_sealed(&place, path, &words), ERR_CORRUPT);
    *last = 499;
    assert_int_equal(read_sealed(&place, path, &words), OK);
    place_remove(&place);
}

RUN(cmocka_unit_test(what_was_written_comes_back),
    cmocka_unit_test(every_change_is_noticed),
    cmocka_unit_test(a_sum_that_is_right_is_not_enough))
