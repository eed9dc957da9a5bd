#include "nodes/local.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* The path of a socket may have 107 bytes; through the directory's descriptor
 * it is short wherever the ledger lies. */
static enum err
address_of(int dir, const char *name, struct sockaddr_un *ret_address)
{
    *ret_address = (struct sockaddr_un) { .sun_family = AF_UNIX };
    int size = snprintf(ret_address->sun_path, sizeof ret_address->sun_path,
                        "/proc/self/fd/%d/%s", dir, name);
    return size > 0 && size < (int)sizeof ret_address->sun_path ? OK : ERR_IO;
}

enum err
local_listen(int dir, const char *name, int backlog, int *ret_listener)
{
    struct sockaddr_un address;

    if (address_of(dir, name, &address) != OK)
        return ERR_IO;
    int listener =
        socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener < 0)
        return ERR_IO;
    unlinkat(dir, name, 0);
    /* The mode that a socket's file gets is that of its descriptor. */
    if (fchmod(listener, 0600) != 0 ||
        bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        fchmodat(dir, name, 0600, 0) != 0 || listen(listener, backlog) != 0) {
        close(listener);
        return ERR_IO;
    }
    *ret_listener = listener;
    return OK;
}

bool
local_share(int dir, const char *name)
{
    struct stat folder, file;

    if (fstat(dir, &folder) != 0)
        return false;
    if ((folder.st_mode & S_IXGRP) == 0 || (folder.st_mode & S_IRWXO) != 0)
        return true;
    /* A directory that hands its group down (2710) has done the first step,
     * which whoever is not of the group may not do. */
    if (fstatat(dir, name, &file, 0) != 0 ||
        (file.st_gid != folder.st_gid &&
         fchownat(dir, name, (uid_t)-1, folder.st_gid, 0) != 0))
        return false;
    return fchmodat(dir, name, 0660, 0) == 0;
}

int
local_accept(int listener)
{
    return accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

int
local_dial(const char *dir, const char *name)
{
    struct sockaddr_un address;
    int descriptor = -1;
    int folder = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (folder >= 0 && address_of(folder, name, &address) == OK)
        descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor >= 0 &&
        connect(descriptor, (struct sockaddr *)&address, sizeof address) != 0) {
        close(descriptor);
        descriptor = -1;
    }
    if (folder >= 0)
        close(folder);
    return descriptor;
}
