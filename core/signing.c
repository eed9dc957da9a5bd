#include "core/signing.h"

#include "core/room.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_SIZE = 4096 };

/* The fault that errno tells, with the system's words. */
static enum err
fault(const char *path, struct complaint *complaint)
{
    const int code = errno;

    complain(complaint, "%s: %s", path, strerror(code));
    return err_of_write(code);
}

static enum err
read_key(int file, const char *path, struct signing_key *ret_key,
         struct complaint *complaint)
{
    struct stat status;
    struct signing_key key;

    if (fstat(file, &status) != 0)
        return fault(path, complaint);
    if ((status.st_mode & 077) != 0)
        return complain(complaint, "%s: others may read it; chmod 600", path);
    ssize_t size = read(file, &key, sizeof key);
    if (size < 0)
        return fault(path, complaint);
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

/* Makes the key under another name and gives it the real one only if there is
 * none yet: a key that was half written when the power went, or two keys of
 * two who close at once, would be keys that nobody can verify. */
static enum err
write_key(const char *path)
{
    struct signing_key key;
    char draft[PATH_SIZE + 40];
    enum err err = OK;

    snprintf(draft, sizeof draft, "%s.new", path);
    unlink(draft); /* of one that was cut off */
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

/* One at a time, so that nobody takes away what another is just writing. */
static enum err
make_key(const char *folder, const char *path)
{
    int keys = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (keys < 0)
        return ERR_IO;
    enum err err = flock(keys, LOCK_EX) == 0 ? write_key(path) : ERR_IO;
    close(keys);
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
    char folder[PATH_SIZE], path[PATH_SIZE + 32];

    static_assert(sizeof(struct signing_key) == 96, "the file is the struct");
    int size = snprintf(folder, sizeof folder, "%s/keys", dir);
    if (size < 0 || (size_t)size >= sizeof folder)
        return complain(complaint, "%.100s...: the path is too long", dir);
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return fault(folder, complaint);
    assert(strlen(name) < 31);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0 && errno == ENOENT) {
        enum err made = make_key(folder, path);
        if (made == OK)
            made = keep_names(dir);
        if (made != OK) {
            complain(complaint, "%s: it can't be made: %s", path,
                     err_name(made));
            return made;
        }
        file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    }
    if (file < 0)
        return fault(path, complaint);
    enum err err = read_key(file, path, ret_key, complaint);
    close(file);
    return err;
}
