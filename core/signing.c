#include "core/signing.h"

#include "core/room.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_SIZE = 4096 };

static enum err
read_key(int file, const char *path, struct signing_key *ret_key,
         struct complaint *complaint)
{
    struct stat status;
    struct signing_key key;

    if (fstat(file, &status) != 0)
        return ERR_IO;
    if ((status.st_mode & 077) != 0)
        return complain(complaint, "%s: others may read it; chmod 600", path);
    ssize_t size = read(file, &key, sizeof key);
    bool whole =
        size == (ssize_t)sizeof key && status.st_size == (off_t)sizeof key;
    if (whole)
        *ret_key = key;
    crypto_wipe(&key, sizeof key);
    if (whole)
        return OK;
    complain(complaint, "%s: not a key that signs", path);
    return err_corrupt();
}

/* Makes the key under a name of this process's own and gives it the real one
 * only if there is none yet: a key that was half written when the power went,
 * or two keys of two who close at once, would be keys that nobody can
 * verify. */
static enum err
make_key(const char *path)
{
    struct signing_key key;
    char draft[PATH_SIZE + 24];
    enum err err = OK;

    snprintf(draft, sizeof draft, "%s.%ld", path, (long)getpid());
    unlink(draft);
    int file = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0)
        return err_of_write(errno);
    crypto_keypair_make(&key.public_key, &key.secret_key);
    errno = 0; /* of a write for which there was little room */
    if (write(file, &key, sizeof key) != (ssize_t)sizeof key ||
        fsync(file) != 0 || (link(draft, path) != 0 && errno != EEXIST))
        err = err_of_write(errno);
    close(file);
    unlink(draft);
    crypto_wipe(&key, sizeof key);
    return err;
}

/* What is signed by a key outlives a power cut, and so must its name: without
 * it the next close would make another key, which nobody vouches for. */
static enum err
keep_names(const char *dir)
{
    enum err err = room_flush(dir, "/keys");

    return err == OK ? room_flush(dir, "") : err;
}

enum err
signing_load(const char *dir, const char *name, struct signing_key *ret_key,
             struct complaint *complaint)
{
    char path[PATH_SIZE];

    static_assert(sizeof(struct signing_key) == 96, "the file is the struct");
    int size = snprintf(path, sizeof path, "%s/keys", dir);
    if (size < 0 || (size_t)size > sizeof path - 32)
        return complain(complaint, "%.100s...: the path is too long", dir);
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return err_of_write(errno);
    assert(strlen(name) < 31);
    strcat(strcat(path, "/"), name);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 && errno == ENOENT) {
        enum err made = make_key(path);
        if (made == OK)
            made = keep_names(dir);
        if (made != OK)
            return made;
        file = open(path, O_RDONLY | O_CLOEXEC);
    }
    if (file < 0)
        return ERR_IO;
    enum err err = read_key(file, path, ret_key, complaint);
    close(file);
    return err;
}
