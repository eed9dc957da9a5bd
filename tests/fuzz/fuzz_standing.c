/* fuzz_standing.c - the files that lie beside a journal: kept totals, with
 * their checksum made good, and the mark; what is taken is written and read
 * again */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/hash.h"
#include "core/mark.h"
#include "core/standing_parts.h"
#include "tests/fuzz/fuzz.h"

static char dir[64];

static void
path_of(const char *name, char path[static 128])
{
    snprintf(path, 128, "%s/%s", dir, name);
}

static void
leave(void)
{
    char path[128];

    (void)standing_file_remove(dir);
    path_of("mark", path);
    (void)remove(path);
    path_of("totals", path);
    rmdir(path);
    rmdir(dir);
}

static void
make_dir(void)
{
    char path[128];

    if (dir[0] != '\0')
        return;
    strcpy(dir, "/dev/shm/leima-fuzz-XXXXXX");
    FUZZ_CHECK(mkdtemp(dir) != NULL);
    path_of("totals", path);
    FUZZ_CHECK(mkdir(path, 0700) == 0);
    atexit(leave);
}

static void
write_file(const char *name, const uint8_t *bytes, size_t size)
{
    char path[128];

    path_of(name, path);
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    FUZZ_CHECK(file >= 0);
    FUZZ_CHECK(write(file, bytes, size) == (ssize_t)size);
    close(file);
}

static void
try_mark(const uint8_t *bytes, size_t size)
{
    write_file("mark", bytes, size);
    int mark = mark_open(dir);
    FUZZ_CHECK(mark >= 0);
    uint64_t number = mark_read(mark);
    mark_write(mark, number + 1);
    FUZZ_CHECK(mark_read(mark) == number + 1);
    mark_close(mark);
}

static void
try_totals(const uint8_t *bytes, size_t size)
{
    struct standing_sums *sums = NULL, *back = NULL;
    uint32_t count, count_back;

    write_file("totals/standing", bytes, size);
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
    make_dir();
    try_mark(bytes, size);
    try_totals(bytes, size);
    /* Whole words, the first ones right, and their sum. */
    size &= ~(size_t)7;
    memcpy(good, bytes, size);
    memcpy(good, "LEIMATOT", 8);
    uint64_t sum = hash_64((view) { good, (uint32_t)size }, 0);
    memcpy(good + size, &sum, sizeof sum);
    try_totals(good, size + 8);
    return 0;
}
