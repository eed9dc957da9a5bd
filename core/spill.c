#include "core/spill.h"

#include "core/runs_format.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    NONE = UINT32_MAX,
    STAGE_SIZE = 1 << 12,
    STAGE_COUNT = 64,
    STAGED_MAX = 512, /* a greater entry is not staged */
};
static_assert(2 * SPILL_ENTRY_MAX / SPILL_CHUNK_SIZE >= STAGE_COUNT,
              "what is on the stage fits the memory");

/* Entries lie on a stage first: once many are there, the memory that they go
 * to, which is all over the place, is fetched for all at the same time. */
struct stage {
    uint32_t count;
    uint32_t used;
    struct staged {
        uint32_t partition;
        uint32_t size;
        uint8_t *to;
    } entries[STAGE_COUNT];
    uint8_t bytes[STAGE_SIZE];
};

/* A stretch of memory of one partition: one chunk, or several for an entry that
 * is greater. */
struct chunk {
    uint32_t next; /* of the same partition; NONE */
    uint32_t used; /* bytes */
    uint32_t room;
};

/* What was written to the file at one time: partition i from at[i] on. */
struct batch {
    uint64_t at[LIMIT_PARTITIONS + 1];
};

struct spill {
    const char *dir;
    int file; /* -1: there is none yet */
    enum err err;
    uint8_t *memory;
    uint32_t chunk_count; /* that fit the memory */
    uint32_t chunk_next;  /* the first free one */
    struct chunk *chunks;
    uint32_t first[LIMIT_PARTITIONS];
    uint32_t last[LIMIT_PARTITIONS];
    uint32_t counts[LIMIT_PARTITIONS]; /* of entries, in the file too */
    struct batch *batches;
    uint32_t batch_count;
    uint64_t file_size;
    struct stage stage;
};

static void
forget_chunks(struct spill *spill)
{
    spill->chunk_next = 0;
    for (uint32_t i = 0; i < LIMIT_PARTITIONS; i++)
        spill->first[i] = spill->last[i] = NONE;
}

enum err
spill_open(const char *dir, size_t memory, struct spill **ret_spill)
{
    struct spill *spill = calloc(1, sizeof *spill);

    assert(memory >= 2 * (size_t)SPILL_ENTRY_MAX);
    if (spill == NULL)
        return ERR_MEMORY;
    size_t count = memory / SPILL_CHUNK_SIZE;
    assert(count < NONE);
    spill->dir = dir;
    spill->file = -1;
    spill->chunk_count = (uint32_t)count;
    spill->chunks = malloc(count * sizeof *spill->chunks);
    void *map = mmap(NULL, count * SPILL_CHUNK_SIZE, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    spill->memory = map == MAP_FAILED ? NULL : map;
    if (spill->chunks == NULL || spill->memory == NULL) {
        spill_close(spill);
        return ERR_MEMORY;
    }
    /* Many pages are touched for the first time: in large ones that is
     * cheaper.  Where there are none, small ones do. */
    madvise(map, count * SPILL_CHUNK_SIZE, MADV_HUGEPAGE);
    forget_chunks(spill);
    *ret_spill = spill;
    return OK;
}

void
spill_close(struct spill *spill)
{
    if (spill == NULL)
        return;
    if (spill->memory != NULL)
        munmap(spill->memory, (size_t)spill->chunk_count * SPILL_CHUNK_SIZE);
    if (spill->file >= 0)
        close(spill->file);
    free(spill->chunks);
    free(spill->batches);
    free(spill);
}

/* --- adding --- */

static uint8_t *
chunk_bytes(const struct spill *spill, uint32_t chunk)
{
    return spill->memory + (size_t)chunk * SPILL_CHUNK_SIZE;
}

/* The name goes at once: nobody else needs it, and nobody has to clean up. */
static void
open_file(struct spill *spill)
{
    char path[RUNS_PATH_SIZE];

    snprintf(path, sizeof path, "%s/%p.spill", spill->dir, (void *)spill);
    mkdir(spill->dir, 0777); /* fails where it is there already */
    spill->file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (spill->file < 0)
        spill->err = runs_fault();
    else
        unlink(path);
}

static void
write_all(struct spill *spill, const uint8_t *bytes, size_t size)
{
    while (size > 0 && spill->err == OK) {
        ssize_t done = write(spill->file, bytes, size);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0) {
            spill->err = runs_fault();
            return;
        }
        bytes += done;
        size -= (size_t)done;
        spill->file_size += (uint64_t)done;
    }
}

/* All that is in memory goes to the file, partition by partition. */
static void
write_batch(struct spill *spill)
{
    struct batch *grown =
        realloc(spill->batches, (spill->batch_count + 1) * sizeof *grown);

    if (grown == NULL) {
        spill->err = ERR_MEMORY;
        return;
    }
    spill->batches = grown;
    struct batch *batch = &grown[spill->batch_count++];
    if (spill->file < 0)
        open_file(spill);
    for (uint32_t i = 0; i < LIMIT_PARTITIONS; i++) {
        batch->at[i] = spill->file_size;
        for (uint32_t k = spill->first[i]; k != NONE; k = spill->chunks[k].next)
            write_all(spill, chunk_bytes(spill, k), spill->chunks[k].used);
    }
    batch->at[LIMIT_PARTITIONS] = spill->file_size;
    forget_chunks(spill);
}

/* A new last chunk of the partition with room for so much. */
static void
add_chunk(struct spill *spill, uint32_t partition, uint32_t size)
{
    uint32_t count = (size + SPILL_CHUNK_SIZE - 1) / SPILL_CHUNK_SIZE;

    if (spill->chunk_count - spill->chunk_next < count)
        write_batch(spill);
    if (spill->err != OK)
        return;
    uint32_t chunk = spill->chunk_next;
    spill->chunk_next += count;
    spill->chunks[chunk] =
        (struct chunk) { .next = NONE, .room = count * SPILL_CHUNK_SIZE };
    if (spill->last[partition] == NONE)
        spill->first[partition] = chunk;
    else
        spill->chunks[spill->last[partition]].next = chunk;
    spill->last[partition] = chunk;
}

/* Room in the partition's last chunk. */
static uint8_t *
take(struct spill *spill, uint32_t partition, uint32_t size)
{
    uint32_t last = spill->last[partition];

    if (last == NONE ||
        spill->chunks[last].room - spill->chunks[last].used < size) {
        add_chunk(spill, partition, size);
        if (spill->err != OK)
            return NULL;
        last = spill->last[partition];
    }
    struct chunk *chunk = &spill->chunks[last];
    uint8_t *room = chunk_bytes(spill, last) + chunk->used;
    chunk->used += size;
    spill->counts[partition]++;
    return room;
}

/* Where an entry lies must not move before its bytes are there: so the file is
 * written first, if it must be. */
static void
empty_stage(struct spill *spill)
{
    struct stage *stage = &spill->stage;
    const uint8_t *from = stage->bytes;

    if (spill->chunk_count - spill->chunk_next < stage->count)
        write_batch(spill);
    for (uint32_t i = 0; i < stage->count && spill->err == OK; i++) {
        struct staged *entry = &stage->entries[i];
        entry->to = take(spill, entry->partition, entry->size);
        __builtin_prefetch(entry->to, 1);
    }
    for (uint32_t i = 0; i < stage->count && spill->err == OK; i++) {
        memcpy(stage->entries[i].to, from, stage->entries[i].size);
        from += stage->entries[i].size;
    }
    stage->count = 0;
    stage->used = 0;
}

void *
spill_add(struct spill *spill, uint32_t partition, uint32_t size)
{
    struct stage *stage = &spill->stage;
    uint32_t rounded = (size + 7) & ~UINT32_C(7);

    assert(partition < LIMIT_PARTITIONS);
    assert(size > 0 && size <= SPILL_ENTRY_MAX);
    if (stage->count == STAGE_COUNT || STAGE_SIZE - stage->used < rounded ||
        rounded > STAGED_MAX)
        empty_stage(spill);
    if (spill->err != OK)
        return NULL;
    if (rounded > STAGED_MAX)
        return take(spill, partition, rounded);
    uint8_t *room = stage->bytes + stage->used;
    stage->entries[stage->count++] =
        (struct staged) { .partition = partition, .size = rounded };
    stage->used += rounded;
    return room;
}

enum err
spill_end(struct spill *spill)
{
    empty_stage(spill);
    return spill->err;
}

/* --- reading --- */

static enum err
read_file(const struct spill *spill, uint64_t at, uint8_t *bytes, size_t size)
{
    while (size > 0) {
        ssize_t done = pread(spill->file, bytes, size, (off_t)at);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return ERR_IO;
        at += (uint64_t)done;
        bytes += done;
        size -= (size_t)done;
    }
    return OK;
}

/* What the file has of it, in one stretch. */
static enum err
read_batches(const struct spill *spill, uint32_t partition,
             struct spill_part *part)
{
    size_t size = 0, done = 0;
    enum err err = OK;

    for (uint32_t i = 0; i < spill->batch_count; i++)
        size += spill->batches[i].at[partition + 1] -
                spill->batches[i].at[partition];
    if (size == 0)
        return OK;
    part->read = malloc(size);
    if (part->read == NULL)
        return ERR_MEMORY;
    for (uint32_t i = 0; i < spill->batch_count && err == OK; i++) {
        const uint64_t *at = &spill->batches[i].at[partition];
        err = read_file(spill, at[0], part->read + done, at[1] - at[0]);
        done += at[1] - at[0];
    }
    part->stretches[part->count++] =
        (struct spill_stretch) { part->read, size };
    return err;
}

enum err
spill_read(const struct spill *spill, uint32_t partition,
           struct spill_part *ret_part)
{
    struct spill_part part = { .entry_count = spill->counts[partition] };
    uint32_t count = 1;

    assert(partition < LIMIT_PARTITIONS);
    for (uint32_t k = spill->first[partition]; k != NONE;
         k = spill->chunks[k].next)
        count++;
    part.stretches = malloc(count * sizeof *part.stretches);
    if (part.stretches == NULL)
        return ERR_MEMORY;
    enum err err = read_batches(spill, partition, &part);
    if (err != OK) {
        spill_part_close(&part);
        return err;
    }
    for (uint32_t k = spill->first[partition]; k != NONE;
         k = spill->chunks[k].next)
        part.stretches[part.count++] =
            (struct spill_stretch) { chunk_bytes(spill, k),
                                     spill->chunks[k].used };
    *ret_part = part;
    return OK;
}

void
spill_part_close(struct spill_part *part)
{
    free(part->read);
    free(part->stretches);
    *part = (struct spill_part) { 0 };
}
