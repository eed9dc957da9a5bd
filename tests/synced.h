/*
 * synced.h - which folders a test has brought to the disk
 *
 * A test that includes this has its own fsync(), which notes them, and can
 * refuse one.
 */
#ifndef TESTS_SYNCED_H
#define TESTS_SYNCED_H

#include "tests/unit.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* As inodes. */
static ino_t synced[8];
static uint32_t synced_count;
/* So many folders more, then one fails as the disk does; below 0: none does. */
static int synced_left = -1;

int
fsync(int file)
{
    struct stat about;

    assert_int_equal(fstat(file, &about), 0);
    if (S_ISDIR(about.st_mode) && synced_left >= 0 && synced_left-- == 0) {
        errno = EIO;
        return -1;
    }
    if (S_ISDIR(about.st_mode) && synced_count < COUNT_OF(synced))
        synced[synced_count++] = about.st_ino;
    return (int)syscall(SYS_fsync, file);
}

static inline bool
was_synced(const char *path)
{
    struct stat about;

    assert_int_equal(stat(path, &about), 0);
    for (uint32_t i = 0; i < synced_count; i++)
        if (synced[i] == about.st_ino)
            return true;
    return false;
}

#endif
