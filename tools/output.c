#include "tools/output.h"

#include "tools/file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The file under its other name. */
struct fresh {
    char path[PATH_MAX]; /* the file itself, where a link was named */
    char name[PATH_MAX];
    FILE *out;
};

/* The path itself, and a name beside it.  False: as errno says. */
static bool
name_fresh(const char *path, bool there, struct fresh *fresh)
{
    const int room = PATH_MAX;

    errno = ENOENT;
    if (*path == '\0')
        return false; /* a name beside it could be written */
    errno = ENAMETOOLONG;
    if (there ? access(path, W_OK) != 0 || realpath(path, fresh->path) == NULL
              : snprintf(fresh->path, PATH_MAX, "%s", path) >= room)
        return false;
    return snprintf(fresh->name, PATH_MAX, "%s.XXXXXX", fresh->path) < room;
}

/* With the mode of the file that is there, or that a new one gets. */
static enum err
open_fresh(const char *path, struct fresh *fresh, struct complaint *complaint)
{
    struct stat old;
    bool there = stat(path, &old) == 0;

    if (!name_fresh(path, there, fresh))
        return file_fault(path, complaint);
    int file = mkstemp(fresh->name);
    if (file < 0)
        return file_fault(path, complaint);
    mode_t mask = umask(0);
    umask(mask);
    fresh->out = fdopen(file, "wb");
    if (fresh->out != NULL &&
        fchmod(file, there ? old.st_mode & 0777 : 0666 & ~mask) == 0)
        return OK;
    enum err err = file_fault(path, complaint);
    if (fresh->out == NULL ? close(file) != 0 : fclose(fresh->out) != 0)
        err = ERR_IO;
    unlink(fresh->name);
    return err;
}

/* Standard output, a device, a pipe. */
static bool
is_written_as_it_is(const char *path)
{
    struct stat there;

    return strcmp(path, "-") == 0 ||
           (stat(path, &there) == 0 && !S_ISREG(there.st_mode));
}

static bool
is_folder(const char *path)
{
    struct stat there;

    return stat(path, &there) == 0 && S_ISDIR(there.st_mode);
}

enum err
output_check(const char *path, struct complaint *complaint)
{
    struct fresh fresh;

    if (strcmp(path, "-") == 0)
        return OK;
    if (is_written_as_it_is(path)) {
        if (!is_folder(path) && access(path, W_OK) == 0)
            return OK;
        errno = is_folder(path) ? EISDIR : errno;
        return file_fault(path, complaint);
    }
    enum err err = open_fresh(path, &fresh, complaint);
    if (err != OK)
        return err;
    fclose(fresh.out);
    unlink(fresh.name);
    return OK;
}

static enum err
write_as_it_is(const char *path, const struct text *text,
               struct complaint *complaint)
{
    FILE *out = NULL;
    enum err err = file_create(path, &out, complaint);

    if (err != OK)
        return err;
    fwrite(text->bytes, 1, text->size, out);
    return file_close(out, path, complaint);
}

enum err
output_write(const char *path, const struct text *text,
             struct complaint *complaint)
{
    struct fresh fresh;

    if (!text_ok(text)) {
        complain(complaint, "%s: it is too long for the memory", path);
        return ERR_MEMORY;
    }
    if (is_written_as_it_is(path))
        return write_as_it_is(path, text, complaint);
    enum err err = open_fresh(path, &fresh, complaint);
    if (err != OK)
        return err;
    /* A power cut must not leave the name with an empty file. */
    if (fwrite(text->bytes, 1, text->size, fresh.out) != text->size ||
        fflush(fresh.out) != 0 || fsync(fileno(fresh.out)) != 0)
        err = file_fault(path, complaint);
    if (fclose(fresh.out) != 0 && err == OK)
        err = file_fault(path, complaint);
    if (err == OK && rename(fresh.name, fresh.path) != 0)
        err = file_fault(path, complaint);
    if (err != OK)
        unlink(fresh.name);
    return err;
}
