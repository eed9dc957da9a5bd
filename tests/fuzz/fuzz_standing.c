/* fuzz_standing.c - the files that lie beside a journal: kept totals, with
 * their checksum made good, and the mark; what is taken is written and read
 * again */
#include "core/hash.h"
#include "core/mark.h"
#include "core/standing_parts.h"
#include "tests/fuzz/fuzz.h"

static void
try_mark(view bytes)
{
    fuzz_write("mark", bytes);
    int mark = mark_open(fuzz_folder());
    FUZZ_CHECK(mark >= 0);
    uint64_t number = mark_read(mark);
    mark_write(mark, number + 1);
    FUZZ_CHECK(mark_read(mark) == number + 1);
    mark_close(mark);
}

static void
try_totals(view bytes)
{
    const char *dir = fuzz_folder();
    struct standing_sums *sums = NULL, *back = NULL;
    uint32_t count, count_back;

    fuzz_write("totals/standing", bytes);
    if (standing_file_read(dir, &sums) != OK)
        return;
    FUZZ_CHECK(standing_file_write(dir, sums) == OK);
    FUZZ_CHECK(standing_file_read(dir, &back) == OK);
    FUZZ_CHECK(back->position == sums->position);
    FUZZ_CHECK(back->instants.count == sums->instants.count);
    FUZZ_CHECK(back->quarantined.count == sums->quarantined.count);
    (void)totals_rows(sums->months, &count);
    (void)totals_rows(back->months, &count_back);
    FUZZ_CHECK(count == count_back);
    standing_sums_close(sums);
    standing_sums_close(back);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static uint8_t good[(1 << 15) + 8];

    if (size < 16 || size > 1 << 15)
        return 0;
    fuzz_make_folder("totals");
    try_mark((view) { bytes, (uint32_t)size });
    try_totals((view) { bytes, (uint32_t)size });
    /* Whole words, the first ones right, and their sum. */
    size &= ~(size_t)7;
    memcpy(good, bytes, size);
    memcpy(good, "LEIMATOT", 8);
    uint64_t sum = hash_64((view) { good, (uint32_t)size }, 0);
    memcpy(good + size, &sum, sizeof sum);
    try_totals((view) { good, (uint32_t)size + 8 });
    return 0;
}
