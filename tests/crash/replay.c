/*
 * replay.c - cuts the power wherever the log of a load allows it, and opens
 * what is left; see crash.h
 *
 *   replay BASE LOG DIR IMAGES SEED
 *
 * BASE is the journal's file before the load, DIR a directory for the images.
 * Prints "images N events N acknowledged N" at the end; the first image that
 * has lost something or is damaged is kept, said, and ends it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/reader.h"
#include "core/scrub.h"
#include "tests/crash/crash.h"

enum { DISK_MAX = 1 << 24, PENDING_MAX = 1 << 16 };

/* A sector that is written and not flushed: where, and its bytes. */
struct sector {
    uint64_t offset;
    const uint8_t *bytes;
    uint32_t size; /* at most CRASH_SECTOR */
};

struct disk {
    uint8_t *bytes;
    uint64_t size;
};

struct replay {
    const char *dir;
    char path[4096];
    struct disk durable;
    struct disk image;
    struct sector *pending;
    uint32_t pending_count;
    uint64_t acknowledged;
    uint64_t images;
    uint64_t events; /* seen in all images */
    uint64_t random;
};

static uint64_t
draw(struct replay *replay)
{
    uint64_t x = replay->random += UINT64_C(0x9e3779b97f4a7c15);

    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static void
fail(const struct replay *replay, const char *what, uint64_t number)
{
    printf("image %llu: %s (%llu; acknowledged %llu): kept as %s\n",
           (unsigned long long)replay->images, what, (unsigned long long)number,
           (unsigned long long)replay->acknowledged, replay->path);
    exit(1);
}

/* ----- disks ----- */

static void
put(struct disk *disk, const struct sector *sector)
{
    uint64_t end = sector->offset + sector->size;

    if (end > DISK_MAX)
        exit(2);
    memcpy(disk->bytes + sector->offset, sector->bytes, sector->size);
    if (end > disk->size)
        disk->size = end;
}

static void
cut(struct disk *disk, uint64_t size)
{
    if (size > DISK_MAX)
        exit(2);
    if (size < disk->size)
        memset(disk->bytes + size, 0, disk->size - size);
    disk->size = size;
}

/* Splits a write into sectors that are pending. */
static void
add_pending(struct replay *replay, const struct crash_entry *entry,
            const uint8_t *bytes)
{
    uint64_t offset = entry->offset;
    uint32_t left = entry->size;

    while (left > 0) {
        uint32_t size = CRASH_SECTOR - (uint32_t)(offset % CRASH_SECTOR);
        size = size < left ? size : left;
        if (replay->pending_count == PENDING_MAX)
            exit(2);
        replay->pending[replay->pending_count++] =
            (struct sector) { offset, bytes, size };
        offset += size;
        bytes += size;
        left -= size;
    }
}

static void
flush(struct replay *replay)
{
    for (uint32_t i = 0; i < replay->pending_count; i++)
        put(&replay->durable, &replay->pending[i]);
    replay->pending_count = 0;
}

/* ----- images ----- */

static void
write_image(struct replay *replay)
{
    int file = open(replay->path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    if (file < 0 || write(file, replay->image.bytes, replay->image.size) !=
                        (ssize_t)replay->image.size)
        exit(2);
    close(file);
}

/* The events are 1, 2, 3, ... in order; returns the last one. */
static uint64_t
read_events(struct replay *replay, struct journal *journal)
{
    struct reader *reader = NULL;
    struct reader_item item;
    struct record_event event;
    char expected[64];
    uint64_t count = 0;
    uint64_t next = 1;
    enum err err = reader_open(journal, &reader);

    while (err == OK && (err = reader_next(reader, next, &item)) == OK) {
        struct record_cursor cursor = record_events(&item.record);
        if (item.position != next)
            fail(replay, "a gap before position", item.position);
        while (record_next(&cursor, &event)) {
            snprintf(expected, sizeof expected, "event %llu",
                     (unsigned long long)++count);
            if (!view_equal(event.core, view_of(expected)))
                fail(replay, "another event stands at position", next);
        }
        next = item.position + item.record.count;
    }
    if (err != ERR_NOT_FOUND)
        fail(replay, err_name(err), next);
    reader_close(reader);
    return count;
}

static void
go_on(struct replay *replay, struct journal *journal, uint64_t count)
{
    struct journal_result result;
    char text[64];

    snprintf(text, sizeof text, "event %llu", (unsigned long long)count + 1);
    const struct journal_entry entry = { .core = view_of(text) };
    const struct journal_append append = { .entries = &entry,
                                           .count = 1,
                                           .now_ms = INT64_C(1800000000000) };
    enum err err = journal_append(journal, &append, &result);
    if (err != OK)
        fail(replay, err_name(err), count);
}

static void
check_image(struct replay *replay)
{
    struct journal *journal = NULL;
    struct scrub_totals totals;

    write_image(replay);
    replay->images++;
    enum err err = journal_open(replay->dir, NULL, &journal);
    if (err != OK)
        fail(replay, err_name(err), 0);
    uint64_t count = read_events(replay, journal);
    if (count < replay->acknowledged)
        fail(replay, "lost: the last event is", count);
    /* What has been taken in by halves must be open to more. */
    if (replay->images % 8 == 0) {
        go_on(replay, journal, count);
        if (read_events(replay, journal) != count + 1)
            fail(replay, "can't go on after", count);
    }
    err = scrub_run(journal, NULL, NULL, NULL, &totals);
    if (err != OK || totals.findings > 0)
        fail(replay, "findings", totals.findings);
    replay->events += count;
    journal_close(journal);
}

enum pattern { NONE, ALL, FIRST_HALF, LAST_HALF, FEW, MOST, SOME, ONE };
enum { PATTERN_COUNT = 8 };

static bool
is_written(struct replay *replay, enum pattern pattern, uint32_t i,
           uint32_t chosen)
{
    switch (pattern) {
    case NONE:
        return false;
    case ALL:
        return true;
    case FIRST_HALF:
        return i <= chosen;
    case LAST_HALF:
        return i >= chosen;
    case FEW:
        return draw(replay) % 8 == 0;
    case MOST:
        return draw(replay) % 8 != 0;
    case SOME:
        return draw(replay) % 2 == 0;
    case ONE:
        return i == chosen;
    }
    return false;
}

/* What the disk may hold when the power goes now. */
static void
cut_power(struct replay *replay, enum pattern pattern)
{
    uint32_t count = replay->pending_count;
    uint32_t chosen = count == 0 ? 0 : (uint32_t)(draw(replay) % count);
    struct disk *image = &replay->image;

    if (image->size > replay->durable.size)
        memset(image->bytes + replay->durable.size, 0,
               image->size - replay->durable.size);
    memcpy(image->bytes, replay->durable.bytes, replay->durable.size);
    image->size = replay->durable.size;
    uint64_t size = image->size;
    for (uint32_t i = 0; i < count; i++) {
        const struct sector *sector = &replay->pending[i];
        if (is_written(replay, pattern, i, chosen))
            put(image, sector);
        if (sector->offset + sector->size > size)
            size = sector->offset + sector->size;
    }
    /* The length may have reached the disk before the bytes. */
    if (draw(replay) % 2 == 0)
        image->size = size;
    check_image(replay);
}

/* ----- the log ----- */

static uint8_t *
read_file(const char *path, uint64_t *ret_size)
{
    int file = open(path, O_RDONLY);
    off_t size = file < 0 ? -1 : lseek(file, 0, SEEK_END);
    uint8_t *bytes = size < 0 ? NULL : malloc((size_t)size + 1);

    if (bytes == NULL || pread(file, bytes, (size_t)size, 0) != size) {
        perror(path);
        exit(2);
    }
    close(file);
    *ret_size = (uint64_t)size;
    return bytes;
}

static void
take_entry(struct replay *replay, const struct crash_entry *entry,
           const uint8_t *bytes, uint32_t cuts)
{
    if (entry->kind == CRASH_WRITE || entry->kind == CRASH_WRITE_SYNC)
        add_pending(replay, entry, bytes);
    for (uint32_t i = 0; i < cuts; i++)
        cut_power(replay, i < 2 ? (enum pattern)i
                                : (enum pattern)(draw(replay) % PATTERN_COUNT));
    switch ((enum crash_kind)entry->kind) {
    case CRASH_WRITE:
        break;
    case CRASH_WRITE_SYNC:
        /* Only itself; what came before it stays pending, but for what it
         * writes over. */
        for (uint32_t i = replay->pending_count; i-- > 0;)
            if (replay->pending[i].bytes >= bytes &&
                replay->pending[i].bytes < bytes + entry->size) {
                put(&replay->durable, &replay->pending[i]);
                replay->pending_count = i;
            }
        break;
    case CRASH_FLUSH:
        flush(replay);
        break;
    case CRASH_CUT:
        flush(replay);
        cut(&replay->durable, entry->offset);
        break;
    case CRASH_ACK:
        replay->acknowledged = entry->offset;
        break;
    }
}

static void
walk_log(struct replay *replay, const uint8_t *log, uint64_t size,
         uint64_t wanted)
{
    struct crash_entry entry;
    uint64_t entry_count = 0;

    for (uint64_t at = 0; at < size; at += sizeof entry + entry.size) {
        memcpy(&entry, log + at, sizeof entry);
        entry_count++;
    }
    uint64_t index = 0;
    for (uint64_t at = 0; at < size; at += sizeof entry + entry.size) {
        memcpy(&entry, log + at, sizeof entry);
        /* Spread evenly. */
        index++;
        uint64_t until = wanted * index / entry_count;
        uint32_t cuts =
            until > replay->images ? (uint32_t)(until - replay->images) : 0;
        take_entry(replay, &entry, log + at + sizeof entry, cuts);
    }
    cut_power(replay, NONE);
}

int
main(int count, char **words)
{
    struct replay replay = { 0 };
    uint64_t base_size;
    uint64_t log_size;

    if (count != 6)
        return 2;
    replay.dir = words[3];
    snprintf(replay.path, sizeof replay.path, "%s/data.mdb", words[3]);
    replay.durable.bytes = calloc(1, DISK_MAX);
    replay.image.bytes = calloc(1, DISK_MAX);
    replay.pending = calloc(PENDING_MAX, sizeof *replay.pending);
    replay.random = strtoull(words[5], NULL, 10);
    uint8_t *base = read_file(words[1], &base_size);
    uint8_t *log = read_file(words[2], &log_size);
    if (replay.durable.bytes == NULL || replay.image.bytes == NULL ||
        replay.pending == NULL || base_size > DISK_MAX)
        return 2;
    memcpy(replay.durable.bytes, base, base_size);
    replay.durable.size = base_size;
    walk_log(&replay, log, log_size, strtoull(words[4], NULL, 10));
    printf("images %llu events %llu acknowledged %llu\n",
           (unsigned long long)replay.images, (unsigned long long)replay.events,
           (unsigned long long)replay.acknowledged);
    return 0;
}
