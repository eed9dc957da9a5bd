#include "tools/output.h"

#include "tools/file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct output {
    FILE *file;
    const char *asked; /* borrowed: the name on the command line */
    bool as_it_is;     /* written under that name, and the others are not set */
    int code;          /* why something could not be written; 0: all was */
    char path[PATH_MAX]; /* the file itself, where a link was named */
    char name[PATH_MAX]; /* beside it */
};

/* The path itself, and a name beside it.  False: as errno says. */
static bool
name_both(const char *path, bool there, struct output *output)
{
    const int room = PATH_MAX;

    errno = ENOENT;
    if (*path == '\0')
        return false; /* a name beside it could be written */
    errno = ENAMETOOLONG;
    if (there ? access(path, W_OK) != 0 || realpath(path, output->path) == NULL
              : snprintf(output->path, PATH_MAX, "%s", path) >= room)
        return false;
    return snprintf(output->name, PATH_MAX, "%s.XXXXXX", output->path) < room;
}

/* With the mode of the file that is there, or that a new one gets. */
static enum err
open_beside(const char *path, struct output *output,
            struct complaint *complaint)
{
    struct stat old;
    bool there = stat(path, &old) == 0;

    if (!name_both(path, there, output))
        return file_fault(path, complaint);
    int file = mkstemp(output->name);
    if (file < 0)
        return file_fault(path, complaint);
    mode_t mask = umask(0);
    umask(mask);
    output->file = fdopen(file, "wb");
    if (output->file != NULL &&
        fchmod(file, there ? old.st_mode & 0777 : 0666 & ~mask) == 0)
        return OK;
    enum err err = file_fault(path, complaint);
    if (output->file == NULL ? close(file) != 0 : fclose(output->file) != 0)
        err = ERR_IO;
    unlink(output->name);
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
    struct output *output = NULL;

    if (strcmp(path, "-") == 0)
        return OK;
    if (is_written_as_it_is(path)) {
        if (!is_folder(path) && access(path, W_OK) == 0)
            return OK;
        errno = is_folder(path) ? EISDIR : errno;
        return file_fault(path, complaint);
    }
    enum err err = output_open(path, &output, complaint);
    output_discard(output);
    return err;
}

static enum err
folder_fault(const char *path, struct complaint *complaint)
{
    const int code = errno;

    if (code != ENOTDIR || is_folder(path))
        return file_fault(path, complaint);
    complain(complaint, "%s: not a directory", path);
    return ERR_NOT_FOUND;
}

enum err
output_make_folder(const char *path, struct complaint *complaint)
{
    if (mkdir(path, 0777) == 0 || (errno == EEXIST && is_folder(path)))
        return OK;
    errno = errno == EEXIST ? ENOTDIR : errno;
    return folder_fault(path, complaint);
}

enum err
output_check_folder(const char *path, struct complaint *complaint)
{
    const bool there = is_folder(path);

    enum err err = output_make_folder(path, complaint);
    if (err == OK && access(path, W_OK | X_OK) != 0)
        err = file_fault(path, complaint);
    if (err == OK && !there)
        rmdir(path);
    return err;
}

/* --- writing --- */

enum err
output_open(const char *path, struct output **ret_output,
            struct complaint *complaint)
{
    struct output *output = calloc(1, sizeof *output);
    enum err err = ERR_MEMORY;

    if (output == NULL) {
        complain(complaint, "%s: %s", path, err_name(err));
        return err;
    }
    output->asked = path;
    output->as_it_is = is_written_as_it_is(path);
    if (!output->as_it_is)
        err = open_beside(path, output, complaint);
    else
        err = file_create(path, &output->file, complaint);
    if (err == OK)
        *ret_output = output;
    else
        free(output);
    return err;
}

/* Keeps the first reason of what failed. */
static bool
holds(struct output *output, bool done)
{
    if (!done && output->code == 0)
        output->code = errno;
    return output->code == 0;
}

bool
output_put(struct output *output, view bytes)
{
    return holds(output, fwrite(bytes.bytes, 1, bytes.size, output->file) ==
                             bytes.size);
}

enum err
output_close(struct output *output, struct complaint *complaint)
{
    const char *asked = output->asked;
    const bool beside = !output->as_it_is;

    /* A power cut must not leave the name with an empty file. */
    errno = ENOMEM;
    holds(output, !text_has_lacked());
    if (holds(output, fflush(output->file) == 0) && beside)
        holds(output, fsync(fileno(output->file)) == 0);
    if (output->file != stdout)
        holds(output, fclose(output->file) == 0);
    if (holds(output, true) && beside)
        holds(output, rename(output->name, output->path) == 0);
    if (!holds(output, true) && beside)
        unlink(output->name);
    const int code = output->code;
    free(output);
    errno = code;
    return code == 0 ? OK : file_fault(asked, complaint);
}

void
output_discard(struct output *output)
{
    if (output == NULL)
        return;
    if (output->file != stdout)
        fclose(output->file);
    if (!output->as_it_is)
        unlink(output->name);
    free(output);
}

enum err
output_write(const char *path, const struct text *text,
             struct complaint *complaint)
{
    struct output *output = NULL;

    if (!text_ok(text)) {
        complain(complaint, "%s: it is too long for the memory", path);
        return ERR_MEMORY;
    }
    enum err err = output_open(path, &output, complaint);
    if (err != OK)
        return err;
    holds(output,
          fwrite(text->bytes, 1, text->size, output->file) == text->size);
    return output_close(output, complaint);
}
