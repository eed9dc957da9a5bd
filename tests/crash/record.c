/*
 * record.c - a library to be preloaded: writes down what reaches the file
 * CRASH_FILE, and the load's acknowledgements, into CRASH_LOG; see crash.h
 *
 * An acknowledgement is a line "ack N" that the load writes to fd 1.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tests/crash/crash.h"

static int log_file = -1;

static void
note(enum crash_kind kind, uint64_t offset, const void *bytes, size_t size)
{
    const struct crash_entry entry = { kind, (uint32_t)size, offset };
    const char *path = getenv("CRASH_LOG");

    if (log_file < 0 && path != NULL)
        log_file =
            (int)syscall(SYS_openat, AT_FDCWD, path,
                         O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log_file < 0)
        return;
    struct iovec parts[2] = { { (void *)(uintptr_t)&entry, sizeof entry },
                              { (void *)(uintptr_t)bytes, size } };
    if (syscall(SYS_writev, log_file, parts, size > 0 ? 2 : 1) !=
        (long)(sizeof entry + size))
        abort();
}

static bool
is_watched(int file)
{
    char link[64] = "/proc/self/fd/";
    char path[4096];
    char digits[16];
    size_t count = 0;
    const char *wanted = getenv("CRASH_FILE");

    for (int rest = file; count == 0 || rest > 0; rest /= 10)
        digits[count++] = (char)('0' + rest % 10);
    size_t at = strlen(link);
    while (count > 0)
        link[at++] = digits[--count];
    link[at] = '\0';
    ssize_t size = readlink(link, path, sizeof path - 1);
    if (size < 0 || wanted == NULL)
        return false;
    path[size] = '\0';
    return strcmp(path, wanted) == 0;
}

static void
note_write(int file, uint64_t offset, const void *bytes, size_t size)
{
    bool sync = (fcntl(file, F_GETFL) & O_DSYNC) != 0;

    note(sync ? CRASH_WRITE_SYNC : CRASH_WRITE, offset, bytes, size);
}

ssize_t
pwrite(int file, const void *bytes, size_t size, off_t offset)
{
    ssize_t done = syscall(SYS_pwrite64, file, bytes, size, offset);

    if (done > 0 && is_watched(file))
        note_write(file, (uint64_t)offset, bytes, (size_t)done);
    return done;
}

ssize_t
pwrite64(int file, const void *bytes, size_t size, off_t offset)
{
    return pwrite(file, bytes, size, offset);
}

ssize_t
writev(int file, const struct iovec *parts, int count)
{
    bool watched = is_watched(file);
    off_t at = watched ? lseek(file, 0, SEEK_CUR) : 0;
    ssize_t done = syscall(SYS_writev, file, parts, count);
    ssize_t left = done;

    for (int i = 0; watched && i < count && left > 0; i++) {
        size_t size = parts[i].iov_len;
        if ((ssize_t)size > left)
            size = (size_t)left;
        note_write(file, (uint64_t)at, parts[i].iov_base, size);
        at += (off_t)size;
        left -= (ssize_t)size;
    }
    return done;
}

ssize_t
pwritev(int file, const struct iovec *parts, int count, off_t offset)
{
    ssize_t sum = 0;

    for (int i = 0; i < count; i++) {
        ssize_t done =
            pwrite(file, parts[i].iov_base, parts[i].iov_len, offset + sum);
        if (done < 0)
            return sum > 0 ? sum : done;
        sum += done;
        if ((size_t)done < parts[i].iov_len)
            break;
    }
    return sum;
}

ssize_t
write(int file, const void *bytes, size_t size)
{
    bool watched = is_watched(file);
    off_t at = watched ? lseek(file, 0, SEEK_CUR) : 0;
    ssize_t done = syscall(SYS_write, file, bytes, size);

    if (done > 0 && watched)
        note_write(file, (uint64_t)at, bytes, (size_t)done);
    if (done > 4 && file == 1 && memcmp(bytes, "ack ", 4) == 0)
        note(CRASH_ACK, strtoull((const char *)bytes + 4, NULL, 10), NULL, 0);
    return done;
}

static int
flushed(int file, int result)
{
    if (result == 0 && is_watched(file))
        note(CRASH_FLUSH, 0, NULL, 0);
    return result;
}

int
fdatasync(int file)
{
    return flushed(file, (int)syscall(SYS_fdatasync, file));
}

int
fsync(int file)
{
    return flushed(file, (int)syscall(SYS_fsync, file));
}

/* Nothing is written through the map: that would be seen by nobody here. */
int
msync(void *start, size_t size, int flags)
{
    (void)start;
    (void)size;
    (void)flags;
    abort();
}

int
ftruncate(int file, off_t size)
{
    int result = (int)syscall(SYS_ftruncate, file, size);

    if (result == 0 && is_watched(file))
        note(CRASH_CUT, (uint64_t)size, NULL, 0);
    return result;
}

int
ftruncate64(int file, off_t size)
{
    return ftruncate(file, size);
}
