#include "core/room.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

bool
room_is_short(const char *dir)
{
    struct statvfs room;

    if (statvfs(dir, &room) != 0)
        return false; /* the write itself will say */
    /* A file system that does not know how large it is says 0. */
    return room.f_blocks > 0 && room.f_bavail <= room.f_blocks / 100;
}

static bool
has_plenty(const char *dir)
{
    enum { TIMES = 16 };
    struct statvfs room;

    return statvfs(dir, &room) == 0 && room.f_bavail > room.f_blocks / 50 &&
           room.f_bavail >= (uint64_t)TIMES * ROOM_SIZE / room.f_frsize;
}

bool
room_write_ahead(const char *dir, int file, uint64_t used)
{
    static const uint8_t zeros[1 << 16];
    struct stat stat;

    if (fstat(file, &stat) != 0)
        return false;
    uint64_t size = (uint64_t)stat.st_size;
    if (size >= used + ROOM_LEFT)
        return true;
    if (!has_plenty(dir))
        return false;
    for (uint64_t end = used + ROOM_SIZE; size < end;) {
        uint64_t more = end - size < sizeof zeros ? end - size : sizeof zeros;
        ssize_t done = pwrite(file, zeros, more, (off_t)size);
        if (done <= 0)
            return false;
        size += (uint64_t)done;
    }
    return true;
}

enum err
room_flush(const char *dir, const char *name)
{
    char path[4096];

    int size = snprintf(path, sizeof path, "%s%s", dir, name);
    if (size < 0 || (size_t)size >= sizeof path)
        return ERR_IO;
    int handle = open(path, O_RDONLY | O_CLOEXEC);
    if (handle < 0)
        return ERR_IO;
    int code = fsync(handle);
    close(handle);
    return code == 0 ? OK : ERR_IO;
}

enum err
room_flush_name(const char *path)
{
    char above[4096];
    size_t size = strlen(path);

    while (size > 1 && path[size - 1] == '/')
        size--;
    while (size > 0 && path[size - 1] != '/')
        size--;
    if (size >= sizeof above)
        return ERR_IO;
    memcpy(above, path, size);
    above[size] = '\0';
    return room_flush(size > 0 ? above : ".", "");
}
