/* fuzz_runs.c - an image of a history: one block of entries, whose index and
 * checksums are made good; the bytes also as a whole file */
#include "core/hash.h"
#include "core/item.h"
#include "core/runs.h"
#include "tests/fuzz/fuzz.h"

static const char NAME[] = "0000000000000001.run";

static void
read_run(uint64_t check)
{
    struct runs *runs = NULL;
    struct runs_cursor cursor = { 0 };
    struct item item;
    account_id account;

    if (runs_open(fuzz_folder(), RUNS_HISTORY, 1, check, &runs) != OK)
        return;
    (void)runs_verify(runs);
    cursor.runs = runs;
    for (uint32_t i = 0; i < 100000 && runs_next(&cursor) == OK; i++) {
        (void)runs_key_account(cursor.key, &account);
        (void)item_decode(cursor.blob, &item);
    }
    runs_key key = runs_key_of((account_id) { .member = 42 });
    if (runs_seek(runs, runs_key_view(&key), &cursor) == OK)
        (void)runs_next(&cursor);
    runs_close(runs);
}

static uint64_t
sum(const void *bytes, size_t size)
{
    return hash_64((view) { bytes, (uint32_t)size }, 0);
}

/* The file of that one block; see runs.c.  `bytes` begin with the two numbers
 * of the index that a fuzzer may choose. */
static uint64_t
wrap(const uint8_t *bytes, size_t size, uint8_t *file, size_t *ret_size)
{
    struct {
        char magic[8];
        uint32_t format, kind;
        uint64_t number, check;
    } header = { "LEIMARUN", 1, RUNS_HISTORY, 1, 0 };
    struct {
        uint64_t offset, check;
        uint32_t size, entry_count, key_place, key_size;
    } block = { sizeof header, 0, (uint32_t)size - 2, bytes[0], 0, bytes[1] };
    struct {
        uint64_t index_offset;
        uint32_t block_count, keys_size;
        uint64_t entry_count, index_check, check;
        char magic[8];
    } footer = { sizeof header + size - 2, 1, 0, bytes[0], 0, 0, "LEIMARUN" };
    uint8_t ends[sizeof header + 32];
    size_t at = sizeof header;

    header.check = sum(&header, 24);
    memcpy(file, &header, sizeof header);
    memcpy(file + at, bytes + 2, size - 2);
    block.check = sum(file + at, size - 2);
    at += size - 2;
    footer.keys_size = block.key_size;
    memcpy(file + at, &block, sizeof block);
    memset(file + at + sizeof block, 7, block.key_size);
    footer.index_check = sum(file + at, sizeof block + block.key_size);
    at += sizeof block + block.key_size;
    memcpy(ends, &header, sizeof header);
    memcpy(ends + sizeof header, &footer, 32);
    footer.check = sum(ends, sizeof ends);
    memcpy(file + at, &footer, sizeof footer);
    *ret_size = at + sizeof footer;
    return footer.check;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static uint8_t file[1 << 17];
    size_t whole;
    uint64_t check = 0;

    if (size < 3 || size > 1 << 16)
        return 0;
    if (size >= 80) {
        fuzz_write(NAME, (view) { bytes, (uint32_t)size });
        memcpy(&check, bytes + size - 16, sizeof check);
        read_run(check);
    }
    check = wrap(bytes, size, file, &whole);
    fuzz_write(NAME, (view) { file, (uint32_t)whole });
    read_run(check);
    return 0;
}
