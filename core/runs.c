#include "core/runs.h"

#include "core/hash.h"
#include "core/runs_format.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    TAG_MEMBER = 1,
    TAG_BEARER = 2,
    MEMBER_KEY_SIZE = 10,
};

struct runs {
    const uint8_t *map;
    size_t size;
    struct runs_header header;
    struct runs_footer footer;
    const uint8_t *index;
    const uint8_t *keys;
};

/* --- the format --- */

uint64_t
runs_sum(const void *bytes, size_t size)
{
    assert(size <= UINT32_MAX);
    return hash_64((view) { bytes, (uint32_t)size }, 0);
}

uint64_t
runs_footer_sum(const struct runs_header *header,
                const struct runs_footer *footer)
{
    uint8_t all[sizeof *header + sizeof *footer];

    memcpy(all, header, sizeof *header);
    memcpy(all + sizeof *header, footer, sizeof *footer);
    return runs_sum(all, sizeof *header + offsetof(struct runs_footer, check));
}

void
runs_path(const char *dir, uint64_t number, char path[static RUNS_PATH_SIZE])
{
    snprintf(path, RUNS_PATH_SIZE, "%s/%016llx.run", dir,
             (unsigned long long)number);
}

void
runs_path_new(const char *dir, uint64_t number,
              char path[static RUNS_PATH_SIZE])
{
    snprintf(path, RUNS_PATH_SIZE, "%s/%016llx.tmp", dir,
             (unsigned long long)number);
}

enum err
runs_fault(void)
{
    return errno == ENOMEM ? ERR_MEMORY : err_of_write(errno);
}

/* --- keys --- */

static uint8_t
key_tail(account_id account, uint8_t bytes[static 1 + LIMIT_CODE_SIZE])
{
    if (account.member != 0) {
        uint64_t number = __builtin_bswap64(account.member);
        bytes[0] = TAG_MEMBER;
        memcpy(bytes + 1, &number, sizeof number);
        return 1 + sizeof number;
    }
    assert(account.bearer.size > 0);
    assert(account.bearer.size <= LIMIT_CODE_SIZE);
    bytes[0] = TAG_BEARER;
    memcpy(bytes + 1, account.bearer.bytes, account.bearer.size);
    return (uint8_t)(1 + account.bearer.size);
}

uint32_t
runs_partition(account_id account)
{
    uint8_t bytes[1 + LIMIT_CODE_SIZE];

    if (account.member != 0)
        return (uint32_t)(hash_tagged(TAG_MEMBER, account.member) >> 56);
    uint8_t size = key_tail(account, bytes);
    return (uint32_t)(runs_sum(bytes, size) >> 56);
}

runs_key
runs_key_of(account_id account)
{
    runs_key key;

    key.bytes[0] = (uint8_t)runs_partition(account);
    key.size = (uint8_t)(1 + key_tail(account, key.bytes + 1));
    return key;
}

runs_key
runs_key_floor(uint32_t partition)
{
    runs_key key = { 0 };

    assert(partition <= LIMIT_PARTITIONS);
    key.bytes[0] = (uint8_t)partition;
    key.size = 1;
    if (partition == LIMIT_PARTITIONS) {
        key.size = 2;
        memset(key.bytes, 0xff, 2);
    }
    return key;
}

view
runs_key_view(const runs_key *key)
{
    assert(key->size > 0);
    return (view) { key->bytes, key->size };
}

bool
runs_key_account(view key, account_id *ret_account)
{
    if (key.size == MEMBER_KEY_SIZE && key.bytes[1] == TAG_MEMBER) {
        uint64_t member = 0;
        for (uint32_t i = 2; i < MEMBER_KEY_SIZE; i++)
            member = member << 8 | key.bytes[i];
        if (member == 0 || member > LIMIT_MEMBER)
            return false;
        *ret_account = (account_id) { .member = member };
        return true;
    }
    if (key.size < 3 || key.size > 2 + LIMIT_CODE_SIZE ||
        key.bytes[1] != TAG_BEARER)
        return false;
    *ret_account = (account_id) {
        .bearer = { key.bytes + 2, key.size - 2 },
    };
    return true;
}

/* --- reading --- */

/* The index was sound when the file was opened; but it stays where it is, and
 * a disk may give other bytes at another time.  False: it does not fit; where
 * a false key leads a search, runs_seek() sees. */
static bool
get_block(const struct runs *runs, uint32_t index, struct runs_block *ret_block)
{
    const struct runs_footer *footer = &runs->footer;
    struct runs_block *block = ret_block;

    assert(index < footer->block_count);
    memcpy(block, runs->index + (size_t)index * sizeof *block, sizeof *block);
    return block->offset >= sizeof(struct runs_header) &&
           block->offset <= footer->index_offset &&
           block->size <= footer->index_offset - block->offset &&
           block->key_place <= footer->keys_size &&
           block->key_size <= footer->keys_size - block->key_place;
}

static view
block_key(const struct runs *runs, uint32_t index)
{
    struct runs_block block;

    return get_block(runs, index, &block)
               ? (view) { runs->keys + block.key_place, block.key_size }
               : (view) { 0 };
}

static enum err
check_ends(struct runs *runs, enum runs_kind kind, uint64_t number)
{
    const struct runs_header *header = &runs->header;
    const struct runs_footer *footer = &runs->footer;

    if (runs->size < sizeof *header + sizeof *footer)
        return err_corrupt();
    memcpy(&runs->header, runs->map, sizeof *header);
    memcpy(&runs->footer, runs->map + runs->size - sizeof *footer,
           sizeof *footer);
    if (memcmp(header->magic, RUNS_MAGIC, sizeof header->magic) != 0 ||
        memcmp(footer->magic, RUNS_MAGIC, sizeof header->magic) != 0 ||
        header->check !=
            runs_sum(header, offsetof(struct runs_header, check)) ||
        footer->check != runs_footer_sum(header, footer) ||
        header->format != RUNS_FORMAT || header->kind != (uint32_t)kind ||
        header->number != number)
        return err_corrupt();
    uint64_t index_size =
        (uint64_t)footer->block_count * sizeof(struct runs_block);
    uint64_t room = runs->size - sizeof *footer;
    if (footer->index_offset > room ||
        index_size + footer->keys_size != room - footer->index_offset)
        return err_corrupt();
    runs->index = runs->map + footer->index_offset;
    runs->keys = runs->index + index_size;
    if (footer->index_check !=
        runs_sum(runs->index, (size_t)(index_size + footer->keys_size)))
        return err_corrupt();
    for (uint32_t i = 0; i < footer->block_count; i++)
        if (!get_block(runs, i, &(struct runs_block) { 0 }))
            return err_corrupt();
    return OK;
}

/* What is damaged is made anew at great expense; so a machine or a process that
 * can open nothing more for now is told from a file that is not there. */
static enum err
judge_open(int code)
{
    return code == EMFILE || code == ENFILE || code == ENOMEM ? runs_fault()
                                                              : err_corrupt();
}

enum err
runs_open(const char *dir, enum runs_kind kind, uint64_t number, uint64_t check,
          struct runs **ret_runs)
{
    char path[RUNS_PATH_SIZE];
    struct stat status;
    enum err err = OK;
    struct runs *runs = calloc(1, sizeof *runs);

    if (runs == NULL)
        return ERR_MEMORY;
    runs_path(dir, number, path);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        err = judge_open(errno);
        goto done;
    }
    if (fstat(file, &status) != 0 || status.st_size <= 0) {
        err = err_corrupt();
        goto done;
    }
    runs->size = (size_t)status.st_size;
    void *map = mmap(NULL, runs->size, PROT_READ, MAP_SHARED, file, 0);
    if (map == MAP_FAILED) {
        err = runs_fault();
        goto done;
    }
    runs->map = map;
    err = check_ends(runs, kind, number);
    if (err == OK && runs->footer.check != check)
        err = err_corrupt();
done:
    if (file >= 0)
        close(file);
    if (err == OK)
        *ret_runs = runs;
    else
        runs_close(runs);
    return err;
}

void
runs_close(struct runs *runs)
{
    if (runs == NULL)
        return;
    if (runs->map != NULL)
        munmap((void *)(uintptr_t)runs->map, runs->size);
    free(runs);
}

uint64_t
runs_number(const struct runs *runs)
{
    return runs->header.number;
}

uint64_t
runs_check(const struct runs *runs)
{
    return runs->footer.check;
}

uint64_t
runs_size(const struct runs *runs)
{
    return runs->size;
}

enum err
runs_verify(const struct runs *runs)
{
    struct runs_cursor cursor = { .runs = runs };
    uint64_t entry_count = 0;
    enum err err;

    while ((err = runs_next(&cursor)) == OK)
        entry_count++;
    if (err != ERR_NOT_FOUND)
        return err;
    return entry_count == runs->footer.entry_count ? OK : err_corrupt();
}

static enum err
enter_block(struct runs_cursor *cursor)
{
    const struct runs *runs = cursor->runs;

    if (cursor->block >= runs->footer.block_count)
        return ERR_NOT_FOUND;
    struct runs_block block;
    if (!get_block(runs, cursor->block, &block) ||
        runs_sum(runs->map + block.offset, block.size) != block.check)
        return err_corrupt();
    const uint8_t *bytes = runs->map + block.offset;
    cursor->block++;
    cursor->next = bytes;
    cursor->end = bytes + block.size;
    cursor->key = (view) { 0 };
    return OK;
}

enum err
runs_next(struct runs_cursor *cursor)
{
    uint32_t blob_size;
    enum err err;

    if (cursor->next == cursor->end && (err = enter_block(cursor)) != OK)
        return err;
    size_t left = (size_t)(cursor->end - cursor->next);
    if (left < 1 || left < 1 + (size_t)cursor->next[0] + sizeof blob_size)
        return err_corrupt();
    uint8_t key_size = *cursor->next++;
    if (key_size > 0)
        cursor->key = (view) { cursor->next, key_size };
    cursor->next += key_size;
    memcpy(&blob_size, cursor->next, sizeof blob_size);
    cursor->next += sizeof blob_size;
    if (cursor->key.size < 2 ||
        blob_size > (size_t)(cursor->end - cursor->next))
        return err_corrupt();
    cursor->blob = (view) { cursor->next, blob_size };
    cursor->next += blob_size;
    return OK;
}

/* The first block, of those from `low` to `high`, whose first key is not below
 * `key`; `high` where there is none. */
static uint32_t
find_block(const struct runs *runs, view key, uint32_t low, uint32_t high)
{
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (view_compare(block_key(runs, middle), key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

enum err
runs_seek(const struct runs *runs, view key, struct runs_cursor *ret_cursor)
{
    uint32_t block = find_block(runs, key, 0, runs->footer.block_count);
    struct runs_cursor cursor = {
        .runs = runs,
        .block = block == 0 ? 0 : block - 1,
    };
    struct runs_cursor before = cursor;
    enum err err = runs_next(&cursor);

    /* The block before begins below the key, says the index; it must be so. */
    if (err == OK && block > 0 && view_compare(cursor.key, key) >= 0)
        return err_corrupt();
    /* The key may begin inside it. */
    while (err == OK && view_compare(cursor.key, key) < 0) {
        before = cursor;
        err = runs_next(&cursor);
    }
    if (err != OK && err != ERR_NOT_FOUND)
        return err;
    *ret_cursor = before;
    return OK;
}

/* The same of the blocks from `first` on, where it is likely to be near. */
static uint32_t
find_near(const struct runs *runs, view key, uint32_t first)
{
    uint32_t count = runs->footer.block_count;
    uint32_t step = 1;
    uint32_t low = first;

    while (step < count - low &&
           view_compare(block_key(runs, low + step - 1), key) < 0) {
        low += step;
        step *= 2;
    }
    return find_block(runs, key, low, step < count - low ? low + step : count);
}

enum err
runs_reach(struct runs_cursor *cursor, view key)
{
    uint32_t block = find_near(cursor->runs, key, cursor->block);
    enum err err = OK;

    /* As in runs_seek(). */
    if (block > cursor->block) {
        cursor->block = block - 1;
        cursor->next = cursor->end = NULL;
        err = runs_next(cursor);
        if (err == OK && view_compare(cursor->key, key) >= 0)
            return err_corrupt();
    }
    while (err == OK && view_compare(cursor->key, key) < 0)
        err = runs_next(cursor);
    return err;
}

void
runs_remove(const char *dir, uint64_t number)
{
    char path[RUNS_PATH_SIZE];

    runs_path(dir, number, path);
    unlink(path);
}

static bool
is_live(const char *name, const uint64_t *numbers, uint32_t count)
{
    char live[32];

    for (uint32_t i = 0; i < count; i++) {
        snprintf(live, sizeof live, "%016llx.run",
                 (unsigned long long)numbers[i]);
        if (strcmp(live, name) == 0)
            return true;
    }
    return name[0] == '.';
}

void
runs_clean(const char *dir, const uint64_t *numbers, uint32_t count)
{
    DIR *files = opendir(dir);
    const struct dirent *entry;

    if (files == NULL)
        return;
    while ((entry = readdir(files)) != NULL)
        if (!is_live(entry->d_name, numbers, count))
            unlinkat(dirfd(files), entry->d_name, 0);
    closedir(files);
}
