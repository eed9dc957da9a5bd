#include "core/runs_write.h"

#include "core/runs_format.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    BLOCK_SIZE = 4096,    /* a block ends with the entry that reaches it */
    WRITE_SIZE = 1 << 18, /* so much is written at a time, ... */
    SEND_SIZE = 1 << 23,  /* ... and so much sent to the disk */
    NO_FILE = -1,         /* of a part */
};

struct buffer {
    uint8_t *bytes;
    size_t size;
    size_t room;
};

struct runs_writer {
    int file;
    enum err err; /* the first fault; sticks */
    struct runs_header header;
    uint64_t written; /* to the file; all blocks of a part are in `blocks` */
    uint64_t sent;    /* of that, on its way to the disk */
    uint64_t entry_count;
    uint32_t block_entries; /* of the block at hand ... */
    size_t block_start;     /* ... which begins here in `blocks` */
    uint32_t block_count;
    struct buffer blocks;
    struct buffer index;
    struct buffer keys;
    runs_key last;
    char dir[RUNS_DIR_SIZE];
    char path[RUNS_PATH_SIZE]; /* the temporary name */
};

static void
note(struct runs_writer *writer, enum err err)
{
    if (writer->err == OK)
        writer->err = err;
}

/* Room for so much more; NULL: there is none. */
static uint8_t *
reserve(struct runs_writer *writer, struct buffer *buffer, size_t size)
{
    if (writer->err != OK)
        return NULL;
    if (buffer->size + size > buffer->room) {
        size_t room = (buffer->size + size) * 2;
        uint8_t *grown = realloc(buffer->bytes, room);
        if (grown == NULL) {
            note(writer, ERR_MEMORY);
            return NULL;
        }
        buffer->bytes = grown;
        buffer->room = room;
    }
    return buffer->bytes + buffer->size;
}

static void
put(struct runs_writer *writer, struct buffer *buffer, const void *bytes,
    size_t size)
{
    uint8_t *to = size == 0 ? NULL : reserve(writer, buffer, size);

    if (to == NULL)
        return;
    memcpy(to, bytes, size);
    buffer->size += size;
}

/* The disk works while we compute, not only when all is written.  Where it
 * can't be asked to, runs_publish() waits the longer. */
static void
send_out(struct runs_writer *writer)
{
    if (writer->written - writer->sent < SEND_SIZE)
        return;
    (void)sync_file_range(writer->file, (off_t)writer->sent,
                          (off_t)(writer->written - writer->sent),
                          SYNC_FILE_RANGE_WRITE);
    writer->sent = writer->written;
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
            note(writer, runs_fault());
            return;
        }
        next += done;
        size -= (size_t)done;
        writer->written += (uint64_t)done;
    }
    send_out(writer);
}

/* Writes the blocks that have ended; after a fault one may not have. */
static void
flush(struct runs_writer *writer)
{
    assert(writer->block_entries == 0 || writer->err != OK);
    assert(writer->file != NO_FILE);
    write_out(writer, writer->blocks.bytes, writer->blocks.size);
    writer->blocks.size = 0;
}

enum err
runs_create(const char *dir, enum runs_kind kind, uint64_t number,
            struct runs_writer **ret)
{
    assert(number > 0);
    assert(strlen(dir) < RUNS_DIR_SIZE);
    struct runs_writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL)
        return ERR_MEMORY;
    snprintf(writer->dir, sizeof writer->dir, "%s", dir);
    runs_path_new(dir, number, writer->path);
    mkdir(dir, 0700); /* fails where it is there already: open() tells */
    writer->file =
        open(writer->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (writer->file < 0) {
        enum err err = runs_fault();
        free(writer);
        return err;
    }
    writer->header = (struct runs_header) {
        .format = RUNS_FORMAT,
        .kind = kind,
        .number = number,
    };
    memcpy(writer->header.magic, RUNS_MAGIC, sizeof writer->header.magic);
    writer->header.check =
        runs_sum(&writer->header, offsetof(struct runs_header, check));
    write_out(writer, &writer->header, sizeof writer->header);
    *ret = writer;
    return OK;
}

uint64_t
runs_writer_number(const struct runs_writer *writer)
{
    return writer->header.number;
}

enum err
runs_create_part(struct runs_writer **ret)
{
    struct runs_writer *part = calloc(1, sizeof *part);

    if (part == NULL)
        return ERR_MEMORY;
    part->file = NO_FILE;
    *ret = part;
    return OK;
}

static void
end_block(struct runs_writer *writer)
{
    struct runs_block *block;

    if (writer->block_entries == 0 || writer->err != OK)
        return;
    assert(writer->index.size >= sizeof *block);
    block = (struct runs_block *)(void *)(writer->index.bytes +
                                          writer->index.size - sizeof *block);
    const uint8_t *bytes = writer->blocks.bytes + writer->block_start;
    block->size = (uint32_t)(writer->blocks.size - writer->block_start);
    block->check = runs_sum(bytes, block->size);
    block->entry_count = writer->block_entries;
    writer->block_entries = 0;
    if (writer->file != NO_FILE && writer->blocks.size >= WRITE_SIZE)
        flush(writer);
}

/* The index entry of a block is made with its first key and completed when
 * the block ends. */
static void
begin_block(struct runs_writer *writer, view key)
{
    const struct runs_block block = {
        .offset = writer->written + writer->blocks.size,
        .key_place = (uint32_t)writer->keys.size,
        .key_size = key.size,
    };

    put(writer, &writer->index, &block, sizeof block);
    put(writer, &writer->keys, key.bytes, key.size);
    writer->block_start = writer->blocks.size;
    writer->block_count++;
}

/* An entry of the block at hand; key size 0: the key before. */
static void
put_entry(struct runs_writer *writer, view key, view blob)
{
    size_t size = 1 + key.size + sizeof blob.size + blob.size;
    uint8_t *to = reserve(writer, &writer->blocks, size);

    if (to == NULL)
        return;
    *to++ = (uint8_t)key.size;
    memcpy(to, key.bytes, key.size);
    to += key.size;
    memcpy(to, &blob.size, sizeof blob.size);
    if (blob.size > 0)
        memcpy(to + sizeof blob.size, blob.bytes, blob.size);
    writer->blocks.size += size;
}

void
runs_add(struct runs_writer *writer, view key, view blob)
{
    int order =
        view_compare((view) { writer->last.bytes, writer->last.size }, key);

    assert(key.size >= 2 && key.size <= sizeof writer->last.bytes);
    assert(blob.size <= RUNS_BLOB_SIZE_MAX);
    assert(order <= 0);
    bool same = order == 0 && writer->block_entries > 0;
    if (writer->block_entries == 0)
        begin_block(writer, key);
    put_entry(writer, same ? (view) { key.bytes, 0 } : key, blob);
    memcpy(writer->last.bytes, key.bytes, key.size);
    writer->last.size = (uint8_t)key.size;
    writer->block_entries++;
    writer->entry_count++;
    if (writer->blocks.size - writer->block_start >= BLOCK_SIZE)
        end_block(writer);
}

/* Takes over so much of the part's index: its blocks and keys lie further back
 * now. */
static void
add_index(struct runs_writer *writer, const struct runs_writer *part,
          size_t index_size, size_t keys_size)
{
    struct runs_block block;

    for (size_t at = 0; at < index_size; at += sizeof block) {
        memcpy(&block, part->index.bytes + at, sizeof block);
        block.offset += writer->written;
        block.key_place += (uint32_t)writer->keys.size;
        put(writer, &writer->index, &block, sizeof block);
    }
    put(writer, &writer->keys, part->keys.bytes, keys_size);
}

static void
drop_front(struct buffer *buffer, size_t size)
{
    buffer->size -= size;
    if (buffer->size > 0)
        memmove(buffer->bytes, buffer->bytes + size, buffer->size);
}

size_t
runs_part_size(const struct runs_writer *part)
{
    return part->block_entries == 0 ? part->blocks.size : part->block_start;
}

/* What has begun and not ended moves to the front. */
static void
keep_open_block(struct runs_writer *part, size_t index_size, size_t keys_size)
{
    struct runs_block block;

    drop_front(&part->blocks, runs_part_size(part));
    drop_front(&part->index, index_size);
    drop_front(&part->keys, keys_size);
    part->block_start = 0;
    part->block_count = part->block_entries > 0;
    part->entry_count = part->block_entries;
    if (part->block_count == 0 || part->err != OK)
        return;
    assert(part->index.size == sizeof block);
    memcpy(&block, part->index.bytes, sizeof block);
    block.offset = 0;
    block.key_place = 0;
    memcpy(part->index.bytes, &block, sizeof block);
}

void
runs_add_blocks(struct runs_writer *writer, struct runs_writer *part)
{
    bool open = part->block_entries > 0;
    size_t index_size = part->index.size;
    size_t keys_size = part->keys.size;
    struct runs_block last;

    assert(part->file == NO_FILE);
    note(writer, part->err);
    if (open && part->err == OK) {
        index_size -= sizeof last;
        memcpy(&last, part->index.bytes + index_size, sizeof last);
        keys_size = last.key_place;
    }
    end_block(writer);
    if (writer->err == OK && part->block_count > open) {
        flush(writer);
        add_index(writer, part, index_size, keys_size);
        write_out(writer, part->blocks.bytes, runs_part_size(part));
        writer->block_count += part->block_count - open;
        writer->entry_count += part->entry_count - part->block_entries;
        writer->last = part->last;
    }
    keep_open_block(part, index_size, keys_size);
}

void
runs_add_part(struct runs_writer *writer, struct runs_writer *part)
{
    end_block(part);
    if (part->err != OK)
        part->block_entries = 0;
    runs_add_blocks(writer, part);
}

void
runs_empty_part(struct runs_writer *part)
{
    assert(part->file == NO_FILE);
    part->blocks.size = part->index.size = part->keys.size = 0;
    part->block_entries = part->block_count = 0;
    part->entry_count = 0;
}

static void
write_end(struct runs_writer *writer, uint64_t *ret_check)
{
    struct runs_footer footer = {
        .index_offset = writer->written,
        .block_count = writer->block_count,
        .keys_size = (uint32_t)writer->keys.size,
        .entry_count = writer->entry_count,
    };

    put(writer, &writer->index, writer->keys.bytes, writer->keys.size);
    footer.index_check = runs_sum(writer->index.bytes, writer->index.size);
    memcpy(footer.magic, RUNS_MAGIC, sizeof footer.magic);
    footer.check = runs_footer_sum(&writer->header, &footer);
    write_out(writer, writer->index.bytes, writer->index.size);
    write_out(writer, &footer, sizeof footer);
    *ret_check = footer.check;
}

static enum err
sync_dir(const char *dir)
{
    int file = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (file < 0)
        return runs_fault();
    enum err err = fsync(file) == 0 ? OK : runs_fault();
    close(file);
    return err;
}

enum err
runs_publish(struct runs_writer *writer, uint64_t *ret_check)
{
    char path[RUNS_PATH_SIZE];
    uint64_t check = 0;

    end_block(writer);
    flush(writer);
    write_end(writer, &check);
    if (writer->err == OK && fsync(writer->file) != 0)
        note(writer, runs_fault());
    runs_path(writer->dir, writer->header.number, path);
    if (writer->err == OK && rename(writer->path, path) != 0)
        note(writer, runs_fault());
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
    if (writer->file != NO_FILE) {
        close(writer->file);
        unlink(writer->path); /* gone already where it was published */
    }
    free(writer->blocks.bytes);
    free(writer->index.bytes);
    free(writer->keys.bytes);
    free(writer);
}
