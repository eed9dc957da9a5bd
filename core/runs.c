#include "core/runs.h"

#include "core/hash.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const char MAGIC[8] = { 'L', 'E', 'I', 'M', 'A', 'R', 'U', 'N' };

enum {
    FORMAT = 1,
    BLOCK_SIZE = 4096, /* a block ends with the entry that reaches it */
    PATH_SIZE = 4096,
    MERGE_MAX = 64,
    TAG_MEMBER = 1,
    TAG_BEARER = 2,
    MEMBER_KEY_SIZE = 10,
};

struct header {
    char magic[8];
    uint32_t format;
    uint32_t kind;
    uint64_t number;
    uint64_t check;
};

struct block {
    uint64_t offset;
    uint64_t check;
    uint32_t size;
    uint32_t entry_count;
    uint32_t key_place;
    uint32_t key_size;
};

struct footer {
    uint64_t index_offset;
    uint32_t block_count;
    uint32_t keys_size;
    uint64_t entry_count;
    uint64_t index_check;
    uint64_t check;
    char magic[8];
};

static_assert(sizeof(struct header) == 32, "as the format says");
static_assert(sizeof(struct block) == 32, "as the format says");
static_assert(sizeof(struct footer) == 48, "as the format says");

struct buffer {
    uint8_t *bytes;
    size_t size;
    size_t room;
};

struct runs_writer {
    int file;
    enum err err; /* the first fault; sticks */
    struct header header;
    uint64_t offset; /* where the next block begins */
    uint64_t entry_count;
    uint32_t block_entries;
    uint32_t block_count;
    struct buffer block;
    struct buffer index;
    struct buffer keys;
    runs_key last;
    char dir[PATH_SIZE];
    char path[PATH_SIZE + 32]; /* the temporary name */
};

struct runs {
    const uint8_t *map;
    size_t size;
    struct header header;
    struct footer footer;
    const uint8_t *index;
    const uint8_t *keys;
};

static uint64_t
checksum(const void *bytes, size_t size)
{
    assert(size <= UINT32_MAX);
    return hash_64((view) { bytes, (uint32_t)size }, 0);
}

/* --- keys --- */

static uint8_t
key_tail(account_id account, uint8_t bytes[static 1 + LIMIT_CODE_SIZE])
{
    if (account.member != 0) {
        bytes[0] = TAG_MEMBER;
        for (uint32_t i = 0; i < 8; i++)
            bytes[1 + i] = (uint8_t)(account.member >> (56 - 8 * i));
        return 9;
    }
    assert(account.bearer.size > 0);
    assert(account.bearer.size <= LIMIT_CODE_SIZE);
    bytes[0] = TAG_BEARER;
    memcpy(bytes + 1, account.bearer.bytes, account.bearer.size);
    return (uint8_t)(1 + account.bearer.size);
}

runs_key
runs_key_of(account_id account)
{
    runs_key key = { 0 };
    uint8_t size = key_tail(account, key.bytes + 1);

    key.bytes[0] = (uint8_t)(checksum(key.bytes + 1, size) >> 56);
    key.size = (uint8_t)(1 + size);
    return key;
}

uint32_t
runs_partition(account_id account)
{
    return runs_key_of(account).bytes[0];
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

/* --- writing --- */

static enum err
fault(void)
{
    if (errno == ENOSPC || errno == EDQUOT)
        return ERR_FULL;
    return errno == ENOMEM ? ERR_MEMORY : ERR_IO;
}

static void
note(struct runs_writer *writer, enum err err)
{
    if (writer->err == OK)
        writer->err = err;
}

static void
put(struct runs_writer *writer, struct buffer *buffer, const void *bytes,
    size_t size)
{
    if (size == 0 || writer->err != OK)
        return;
    if (buffer->size + size > buffer->room) {
        size_t room = (buffer->size + size) * 2;
        uint8_t *grown = realloc(buffer->bytes, room);
        if (grown == NULL) {
            note(writer, ERR_MEMORY);
            return;
        }
        buffer->bytes = grown;
        buffer->room = room;
    }
    memcpy(buffer->bytes + buffer->size, bytes, size);
    buffer->size += size;
}

static void
write_out(struct runs_writer *writer, const void *bytes, size_t size)
{
    const uint8_t *next = bytes;

    while (size > 0 && writer->err == OK) {
        ssize_t done = write(writer->file, next, size);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0) {
            note(writer, fault());
            return;
        }
        next += done;
        size -= (size_t)done;
        writer->offset += (uint64_t)done;
    }
}

static void
run_path(const char *dir, uint64_t number, char path[static PATH_SIZE + 32])
{
    snprintf(path, PATH_SIZE + 32, "%s/%016llx.run", dir,
             (unsigned long long)number);
}

enum err
runs_create(const char *dir, enum runs_kind kind, uint64_t number,
            struct runs_writer **ret)
{
    assert(number > 0);
    assert(strlen(dir) < PATH_SIZE);
    struct runs_writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL)
        return ERR_MEMORY;
    snprintf(writer->dir, sizeof writer->dir, "%s", dir);
    snprintf(writer->path, sizeof writer->path, "%s/%016llx.tmp", dir,
             (unsigned long long)number);
    mkdir(dir, 0777); /* fails where it is there already: open() tells */
    writer->file =
        open(writer->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (writer->file < 0) {
        enum err err = fault();
        free(writer);
        return err;
    }
    writer->header = (struct header) {
        .format = FORMAT,
        .kind = kind,
        .number = number,
    };
    memcpy(writer->header.magic, MAGIC, sizeof MAGIC);
    writer->header.check =
        checksum(&writer->header, offsetof(struct header, check));
    write_out(writer, &writer->header, sizeof writer->header);
    *ret = writer;
    return OK;
}

static void
end_block(struct runs_writer *writer)
{
    struct block *block;

    if (writer->block_entries == 0 || writer->err != OK)
        return;
    assert(writer->index.size >= sizeof *block);
    block = (struct block *)(void *)(writer->index.bytes + writer->index.size -
                                     sizeof *block);
    block->offset = writer->offset;
    block->check = checksum(writer->block.bytes, writer->block.size);
    block->size = (uint32_t)writer->block.size;
    block->entry_count = writer->block_entries;
    write_out(writer, writer->block.bytes, writer->block.size);
    writer->block.size = 0;
    writer->block_entries = 0;
}

/* The index entry of a block is made with its first key and completed when
 * the block ends. */
static void
begin_block(struct runs_writer *writer, view key)
{
    const struct block block = {
        .key_place = (uint32_t)writer->keys.size,
        .key_size = key.size,
    };

    put(writer, &writer->index, &block, sizeof block);
    put(writer, &writer->keys, key.bytes, key.size);
    writer->block_count++;
}

void
runs_add(struct runs_writer *writer, view key, view blob)
{
    view last = { writer->last.bytes, writer->last.size };
    bool same = view_equal(key, last);

    assert(key.size >= 2 && key.size <= sizeof writer->last.bytes);
    assert(blob.size <= RUNS_BLOB_SIZE_MAX);
    assert(same || view_compare(last, key) < 0);
    if (writer->block_entries == 0) {
        begin_block(writer, key);
        same = false;
    }
    uint8_t key_size = same ? 0 : (uint8_t)key.size;
    put(writer, &writer->block, &key_size, 1);
    put(writer, &writer->block, key.bytes, key_size);
    put(writer, &writer->block, &blob.size, sizeof blob.size);
    put(writer, &writer->block, blob.bytes, blob.size);
    memcpy(writer->last.bytes, key.bytes, key.size);
    writer->last.size = (uint8_t)key.size;
    writer->block_entries++;
    writer->entry_count++;
    if (writer->block.size >= BLOCK_SIZE)
        end_block(writer);
}

static void
write_end(struct runs_writer *writer, uint64_t *ret_check)
{
    struct footer footer = {
        .index_offset = writer->offset,
        .block_count = writer->block_count,
        .keys_size = (uint32_t)writer->keys.size,
        .entry_count = writer->entry_count,
    };
    uint8_t all[sizeof(struct header) + sizeof footer];

    put(writer, &writer->index, writer->keys.bytes, writer->keys.size);
    footer.index_check = checksum(writer->index.bytes, writer->index.size);
    memcpy(footer.magic, MAGIC, sizeof MAGIC);
    memcpy(all, &writer->header, sizeof writer->header);
    memcpy(all + sizeof writer->header, &footer, sizeof footer);
    footer.check =
        checksum(all, sizeof writer->header + offsetof(struct footer, check));
    write_out(writer, writer->index.bytes, writer->index.size);
    write_out(writer, &footer, sizeof footer);
    *ret_check = footer.check;
}

static enum err
sync_dir(const char *dir)
{
    int file = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (file < 0)
        return fault();
    enum err err = fsync(file) == 0 ? OK : fault();
    close(file);
    return err;
}

enum err
runs_publish(struct runs_writer *writer, uint64_t *ret_check)
{
    char path[PATH_SIZE + 32];
    uint64_t check = 0;

    end_block(writer);
    write_end(writer, &check);
    if (writer->err == OK && fsync(writer->file) != 0)
        note(writer, fault());
    run_path(writer->dir, writer->header.number, path);
    if (writer->err == OK && rename(writer->path, path) != 0)
        note(writer, fault());
    if (writer->err == OK)
        note(writer, sync_dir(writer->dir));
    enum err err = writer->err;
    if (err == OK)
        *ret_check = check;
    runs_abandon(writer);
    return err;
}

void
runs_abandon(struct runs_writer *writer)
{
    if (writer == NULL)
        return;
    close(writer->file);
    unlink(writer->path); /* gone already where it was published */
    free(writer->block.bytes);
    free(writer->index.bytes);
    free(writer->keys.bytes);
    free(writer);
}

/* --- reading --- */

/* The index was sound when the file was opened; but it stays where it is, and
 * a disk may give other bytes at another time.  False: it does not fit; where
 * a false key leads a search, runs_seek() sees. */
static bool
get_block(const struct runs *runs, uint32_t index, struct block *ret_block)
{
    const struct footer *footer = &runs->footer;
    struct block *block = ret_block;

    assert(index < footer->block_count);
    memcpy(block, runs->index + (size_t)index * sizeof *block, sizeof *block);
    return block->offset >= sizeof(struct header) &&
           block->offset <= footer->index_offset &&
           block->size <= footer->index_offset - block->offset &&
           block->key_place <= footer->keys_size &&
           block->key_size <= footer->keys_size - block->key_place;
}

static view
block_key(const struct runs *runs, uint32_t index)
{
    struct block block;

    return get_block(runs, index, &block)
               ? (view) { runs->keys + block.key_place, block.key_size }
               : (view) { 0 };
}

static enum err
check_ends(struct runs *runs, enum runs_kind kind, uint64_t number)
{
    const struct header *header = &runs->header;
    const struct footer *footer = &runs->footer;
    uint8_t all[sizeof *header + sizeof *footer];

    if (runs->size < sizeof *header + sizeof *footer)
        return err_corrupt();
    memcpy(&runs->header, runs->map, sizeof *header);
    memcpy(&runs->footer, runs->map + runs->size - sizeof *footer,
           sizeof *footer);
    memcpy(all, header, sizeof *header);
    memcpy(all + sizeof *header, footer, sizeof *footer);
    if (memcmp(header->magic, MAGIC, sizeof MAGIC) != 0 ||
        memcmp(footer->magic, MAGIC, sizeof MAGIC) != 0 ||
        header->check != checksum(header, offsetof(struct header, check)) ||
        footer->check !=
            checksum(all, sizeof *header + offsetof(struct footer, check)) ||
        header->format != FORMAT || header->kind != (uint32_t)kind ||
        header->number != number)
        return err_corrupt();
    uint64_t index_size = (uint64_t)footer->block_count * sizeof(struct block);
    uint64_t room = runs->size - sizeof *footer;
    if (footer->index_offset > room ||
        index_size + footer->keys_size != room - footer->index_offset)
        return err_corrupt();
    runs->index = runs->map + footer->index_offset;
    runs->keys = runs->index + index_size;
    if (footer->index_check !=
        checksum(runs->index, (size_t)(index_size + footer->keys_size)))
        return err_corrupt();
    for (uint32_t i = 0; i < footer->block_count; i++)
        if (!get_block(runs, i, &(struct block) { 0 }))
            return err_corrupt();
    return OK;
}

enum err
runs_open(const char *dir, enum runs_kind kind, uint64_t number, uint64_t check,
          struct runs **ret_runs)
{
    char path[PATH_SIZE + 32];
    struct stat status;
    enum err err = OK;
    struct runs *runs = calloc(1, sizeof *runs);

    if (runs == NULL)
        return ERR_MEMORY;
    run_path(dir, number, path);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 || fstat(file, &status) != 0 || status.st_size <= 0) {
        err = err_corrupt();
        goto done;
    }
    runs->size = (size_t)status.st_size;
    void *map = mmap(NULL, runs->size, PROT_READ, MAP_SHARED, file, 0);
    if (map == MAP_FAILED) {
        err = fault();
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

uint64_t
runs_entry_count(const struct runs *runs)
{
    return runs->footer.entry_count;
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
    struct block block;
    if (!get_block(runs, cursor->block, &block) ||
        checksum(runs->map + block.offset, block.size) != block.check)
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

/* The first block whose first key is not below `key`. */
static uint32_t
find_block(const struct runs *runs, view key)
{
    uint32_t low = 0;
    uint32_t high = runs->footer.block_count;

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
    uint32_t block = find_block(runs, key);
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

/* --- merging --- */

struct source {
    struct runs_cursor cursor;
    bool over;
};

static enum err
step(struct source *source)
{
    enum err err = runs_next(&source->cursor);

    source->over = err != OK;
    return err == ERR_NOT_FOUND ? OK : err;
}

/* The blobs of one key, all borrowed from the runs. */
struct blobs {
    view *items;
    uint32_t count;
    uint32_t room;
};

static enum err
add_blob(struct blobs *blobs, view blob)
{
    if (blobs->count == blobs->room) {
        uint32_t room = blobs->room == 0 ? 64 : blobs->room * 2;
        view *grown = realloc(blobs->items, room * sizeof *grown);
        if (grown == NULL)
            return ERR_MEMORY;
        blobs->items = grown;
        blobs->room = room;
    }
    blobs->items[blobs->count++] = blob;
    return OK;
}

/* Moves past all entries of `key`, taking them where `keep`. */
static enum err
drain(struct source *source, view key, bool keep, struct blobs *blobs)
{
    enum err err = OK;

    while (err == OK && !source->over && view_equal(source->cursor.key, key)) {
        if (keep)
            err = add_blob(blobs, source->cursor.blob);
        if (err == OK)
            err = step(source);
    }
    return err;
}

static bool
least_key(const struct source *sources, uint32_t count, view *ret_key)
{
    bool found = false;

    for (uint32_t i = 0; i < count; i++) {
        if (sources[i].over)
            continue;
        if (!found || view_compare(sources[i].cursor.key, *ret_key) < 0)
            *ret_key = sources[i].cursor.key;
        found = true;
    }
    return found;
}

static uint32_t
newest_with(const struct source *sources, uint32_t count, view key)
{
    for (uint32_t i = count; i-- > 0;)
        if (!sources[i].over && view_equal(sources[i].cursor.key, key))
            return i;
    assert(!"the least key is in one of them");
    return 0;
}

/* One blob by itself stays what it is. */
static enum err
add_all(view key, const struct blobs *blobs, enum runs_rule rule,
        const struct runs_joiner *joiner, struct runs_writer *writer)
{
    if (rule == RUNS_JOIN && blobs->count > 1)
        return joiner->join(joiner->context, key, blobs->items, blobs->count,
                            writer);
    for (uint32_t i = 0; i < blobs->count; i++)
        runs_add(writer, key, blobs->items[i]);
    return OK;
}

enum err
runs_merge(const struct runs *const *runs, uint32_t count, enum runs_rule rule,
           const struct runs_joiner *joiner, struct runs_writer *writer)
{
    struct source sources[MERGE_MAX] = { 0 };
    struct blobs blobs = { 0 };
    runs_key key;
    view least = { 0 };
    enum err err = OK;

    assert(count <= MERGE_MAX);
    for (uint32_t i = 0; i < count && err == OK; i++) {
        sources[i].cursor.runs = runs[i];
        err = step(&sources[i]);
    }
    while (err == OK && least_key(sources, count, &least)) {
        if (least.size > sizeof key.bytes) {
            err = err_corrupt();
            break;
        }
        key.size = (uint8_t)least.size;
        memcpy(key.bytes, least.bytes, least.size);
        least = runs_key_view(&key);
        uint32_t newest = newest_with(sources, count, least);
        blobs.count = 0;
        for (uint32_t i = 0; i < count && err == OK; i++)
            err = drain(&sources[i], least, rule != RUNS_NEWEST || i == newest,
                        &blobs);
        if (err == OK)
            err = add_all(least, &blobs, rule, joiner, writer);
    }
    free(blobs.items);
    return err;
}

void
runs_remove(const char *dir, uint64_t number)
{
    char path[PATH_SIZE + 32];

    run_path(dir, number, path);
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
