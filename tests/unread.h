/*
 * unread.h - files that can't be read for a moment
 *
 * A test that includes this has its own read(), one call of which fails as
 * that of a disk does.
 */
#ifndef TESTS_UNREAD_H
#define TESTS_UNREAD_H

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

/* So many reads go well before the one that fails; below 0: none does. */
static int unread_after = -1;

ssize_t
read(int file, void *bytes, size_t size)
{
    if (unread_after >= 0 && unread_after-- == 0) {
        errno = EIO;
        return -1;
    }
    return syscall(SYS_read, file, bytes, size);
}

#endif
