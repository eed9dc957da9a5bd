#include "tools/output.h"

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

static enum err
fault(void)
{
    return errno == ENOSPC || errno == EDQUOT ? ERR_FULL : ERR_IO;
}

/* The path itself, and a name beside it. */
static bool
name_fresh(const char *path, bool there, struct fresh *fresh)
{
    const int room = PATH_MAX;

    if (*path == '\0')
        return false; /* a name beside it could be written */
    if (there ? access(path, W_OK) != 0 || realpath(path, fresh->path) == NULL
              : snprintf(fresh->path, PATH_MAX, "%s", path) >= room)
        return false;
    return snprintf(fresh->name, PATH_MAX, "%s.XXXXXX", fresh->path) < room;
}

/* With the mode of the file that is there, or that a new one gets. */
static enum err
open_fresh(const char *path, struct fresh *fresh)
{
    struct stat old;
    bool there = stat(path, &old) == 0;

    if (!name_fresh(path, there, fresh))
        return ERR_IO;
    int file = mkstemp(fresh->name);
    if (file < 0)
        return fault();
    mode_t mask = umask(0);
    umask(mask);
    fresh->out = fdopen(file, "wb");
    if (fresh->out != NULL &&
        fchmod(file, there ? old.st_mode & 0777 : 0666 & ~mask) == 0)
        return OK;
    enum err err = fault();
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
output_check(const char *path)
{
    struct fresh fresh;

    if (strcmp(path, "-") == 0)
        return OK;
    if (is_written_as_it_is(path))
        return is_folder(path) || access(path, W_OK) != 0 ? ERR_IO : OK;
    enum err err = open_fresh(path, &fresh);
    if (err != OK)
        return err;
    fclose(fresh.out);
    unlink(fresh.name);
    return OK;
}

static enum err
put(FILE *out, const struct text *text)
{
    return fwrite(text->bytes, 1, text->size, out) == text->size &&
                   fflush(out) == 0
               ? OK
               : fault();
}

static enum err
write_as_it_is(const char *path, const struct text *text)
{
    bool is_stdout = strcmp(path, "-") == 0;
    FILE *out = is_stdout ? stdout : fopen(path, "wb");

    if (out == NULL)
        return fault();
    enum err err = put(out, text);
    if (!is_stdout && fclose(out) != 0 && err == OK)
        err = fault();
    return err;
}

enum err
output_write(const char *path, const struct text *text)
{
    struct fresh fresh;

    if (!text_ok(text))
        return ERR_MEMORY;
    if (is_written_as_it_is(path))
        return write_as_it_is(path, text);
    enum err err = open_fresh(path, &fresh);
    if (err != OK)
        return err;
    err = put(fresh.out, text);
    /* A power cut must not leave the name with an empty file. */
    if (err == OK && fsync(fileno(fresh.out)) != 0)
        err = fault();
    if (fclose(fresh.out) != 0 && err == OK)
        err = fault();
    if (err == OK && rename(fresh.name, fresh.path) != 0)
        err = fault();
    if (err != OK)
        unlink(fresh.name);
    return err;
}
