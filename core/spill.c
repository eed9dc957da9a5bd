#include "core/spill.h"

#include "core/runs_format.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NONE = UINT32_MAX };

/* A stretch of memory of one partition: one chunk, or several for an entry that
 * is greater. */
struct spill_chunk {
    uint32_t next; /* of the same partition; NONE */
    uint32_t used; /* bytes; set when it is the last no more */
};

/* What was written to the file at one time: partition i from at[i] on. */
struct spill_batch {
    uint64_t at[LIMIT_PARTITIONS + 1];
};

static void
forget_chunks(struct spill *spill)
{
    spill->chunk_next = 0;
    for (uint32_t i = 0; i < LIMIT_PARTITIONS; i++)
        spill->lanes[i] = (struct spill_lane) {
            .first = NONE, .last = NONE, .count = spill->lanes[i].count
        };
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
    if (spill->map != NULL)
        munmap(spill->map, spill->file_size);
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

static void
settle(struct spill *spill, const struct spill_lane *lane)
{
    if (lane->last != NONE)
        spill->chunks[lane->last].used =
            (uint32_t)(lane->next - chunk_bytes(spill, lane->last));
}

static void
settle_lanes(struct spill *spill)
{
    for (uint32_t i = 0; i < LIMIT_PARTITIONS; i++)
        settle(spill, &spill->lanes[i]);
}

/* The name goes at once: nobody else needs it, and nobody has to clean up. */
static void
open_file(struct spill *spill)
{
    char path[RUNS_PATH_SIZE];

    snprintf(path, sizeof path, "%s/%p.spill", spill->dir, (void *)spill);
    mkdir(spill->dir, 0700); /* fails where it is there already */
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
    struct spill_batch *grown =
        realloc(spill->batches, (spill->batch_count + 1) * sizeof *grown);

    if (grown == NULL) {
        spill->err = ERR_MEMORY;
        return;
    }
    spill->batches = grown;
    struct spill_batch *batch = &grown[spill->batch_count++];
    if (spill->file < 0)
        open_file(spill);
    settle_lanes(spill);
    for (uint32_t i = 0; i < LIMIT_PARTITIONS; i++) {
        batch->at[i] = spill->file_size;
        for (uint32_t k = spill->lanes[i].first; k != NONE;
             k = spill->chunks[k].next)
            write_all(spill, chunk_bytes(spill, k), spill->chunks[k].used);
    }
    batch->at[LIMIT_PARTITIONS] = spill->file_size;
    forget_chunks(spill);
}

/* A new last chunk of the partition with room for so much. */
static void
add_chunk(struct spill *spill, struct spill_lane *lane, uint32_t size)
{
    uint32_t count = (size + SPILL_CHUNK_SIZE - 1) / SPILL_CHUNK_SIZE;

    if (spill->chunk_count - spill->chunk_next < count)
        write_batch(spill);
    if (spill->err != OK)
        return;
    uint32_t chunk = spill->chunk_next;
    spill->chunk_next += count;
    spill->chunks[chunk] = (struct spill_chunk) { .next = NONE };
    settle(spill, lane);
    if (lane->last == NONE)
        lane->first = chunk;
    else
        spill->chunks[lane->last].next = chunk;
    lane->last = chunk;
    lane->next = chunk_bytes(spill, chunk);
    lane->end = lane->next + (size_t)count * SPILL_CHUNK_SIZE;
}

void *
spill_more(struct spill *spill, uint32_t partition, uint32_t size)
{
    struct spill_lane *lane = &spill->lanes[partition];

    assert(partition < LIMIT_PARTITIONS);
    add_chunk(spill, lane, size + SPILL_BEHIND);
    return spill->err == OK ? lane->next : NULL;
}

/* Behind the last stretch there is something to be read, too.  What is changed
 * in the map stays the file's and takes no memory of our own. */
static void
map_file(struct spill *spill)
{
    static const uint8_t behind[SPILL_BEHIND];

    write_all(spill, behind, sizeof behind);
    if (spill->err != OK)
        return;
    void *map = mmap(NULL, spill->file_size, PROT_READ | PROT_WRITE, MAP_SHARED,
                     spill->file, 0);
    if (map == MAP_FAILED)
        spill->err = ERR_MEMORY;
    else
        spill->map = map;
}

enum err
spill_end(struct spill *spill)
{
    settle_lanes(spill);
    if (spill->file >= 0 && spill->err == OK)
        map_file(spill);
    return spill->err;
}

/* --- reading --- */

/* What the file has of it, a stretch for each time. */
static void
take_batches(const struct spill *spill, uint32_t partition,
             struct spill_part *part)
{
    for (uint32_t i = 0; i < spill->batch_count; i++) {
        const uint64_t *at = &spill->batches[i].at[partition];
        if (at[0] < at[1])
            part->stretches[part->count++] =
                (struct spill_stretch) { spill->map + at[0],
                                         (size_t)(at[1] - at[0]) };
    }
}

enum err
spill_read(const struct spill *spill, uint32_t partition,
           struct spill_part *ret_part)
{
    struct spill_part part = { .entry_count = spill->lanes[partition].count };
    uint32_t count = spill->batch_count + 1;

    assert(partition < LIMIT_PARTITIONS);
    for (uint32_t k = spill->lanes[partition].first; k != NONE;
         k = spill->chunks[k].next)
        count++;
    part.stretches = malloc(count * sizeof *part.stretches);
    if (part.stretches == NULL)
        return ERR_MEMORY;
    take_batches(spill, partition, &part);
    for (uint32_t k = spill->lanes[partition].first; k != NONE;
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
    free(part->stretches);
    *part = (struct spill_part) { 0 };
}
