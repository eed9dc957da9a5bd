#include "tools/spreadsheet.h"

#include "tools/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATH_SIZE = 4096, STEP = 1 << 16, SPARE = 1 << 20 };

/* Where it is written: the library looks at TMPDIR, too. */
static const char *
folder(void)
{
    const char *asked = getenv("TMPDIR");

    return asked != NULL && asked[0] != '\0' ? asked : "/tmp";
}

/* A file there without a name. */
static enum err
open_unnamed(FILE **ret_file, struct complaint *complaint)
{
    char path[PATH_SIZE];

    int size = snprintf(path, sizeof path, "%s/leima-XXXXXX", folder());
    errno = ENAMETOOLONG;
    int file = size < PATH_SIZE ? mkostemp(path, O_CLOEXEC) : -1;
    if (file >= 0)
        unlink(path);
    *ret_file = file >= 0 ? fdopen(file, "r") : NULL;
    if (*ret_file != NULL)
        return OK;
    complain(complaint, "%s: %s", path, strerror(errno));
    if (file >= 0)
        close(file);
    return ERR_IO;
}

/* Whether there is nothing to be read until the other end is closed. */
static bool
is_silent(int words)
{
    char said[256];
    bool silent = true;
    ssize_t got;

    while ((got = read(words, said, sizeof said)) != 0)
        if (got > 0 || errno != EINTR)
            silent = false;
    return silent;
}

/* What came of the process: its fault; ERR_MEMORY where it died or complained
 * and noticed none. */
static enum err
wait_for(pid_t child, bool silent)
{
    int status = 0;

    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return ERR_IO;
    if (!WIFEXITED(status))
        return ERR_MEMORY;
    const enum err err = (enum err)WEXITSTATUS(status);
    return err == OK && !silent ? ERR_MEMORY : err;
}

/* The library takes a path only.  `spare` bytes of memory are not for it: with
 * less of them, what it leaves out without a word is something else. */
static enum err
write_apart(FILE *file, size_t spare, const struct statement *statement,
            const struct statement_partner *partner,
            const struct evidence *evidence)
{
    char path[32];
    int words[2];

    snprintf(path, sizeof path, "/proc/self/fd/%d", fileno(file));
    if (pipe2(words, O_CLOEXEC) != 0)
        return ERR_IO;
    pid_t child = fork();
    if (child == 0) {
        close(words[0]);
        bool heard = dup2(words[1], STDERR_FILENO) >= 0;
        close(words[1]);
        if (spare > 0 && malloc(spare) == NULL)
            _exit(ERR_MEMORY);
        _exit(heard ? (int)statement_xlsx(path, statement, partner, evidence)
                    : (int)ERR_IO);
    }
    close(words[1]);
    const bool silent = child > 0 && is_silent(words[0]);
    close(words[0]);
    return child > 0 ? wait_for(child, silent) : ERR_MEMORY;
}

/* Whether both hold the same; then both are to be read anew. */
static bool
are_same(FILE *a, FILE *b)
{
    static uint8_t one[STEP], other[STEP];
    size_t size = STEP;
    bool same = true;

    while (same && size == STEP) {
        size = fread(one, 1, STEP, a);
        same =
            fread(other, 1, STEP, b) == size && memcmp(one, other, size) == 0;
    }
    same = same && !ferror(a) && !ferror(b);
    rewind(a);
    return same;
}

enum err
spreadsheet_make(const struct statement *statement,
                 const struct statement_partner *partner,
                 const struct evidence *evidence, FILE **ret_file,
                 struct complaint *complaint)
{
    FILE *file = NULL, *again = NULL;

    enum err err = open_unnamed(&file, complaint);
    if (err == OK)
        err = open_unnamed(&again, complaint);
    if (err != OK)
        goto done;
    err = write_apart(file, 0, statement, partner, evidence);
    if (err == OK)
        err = write_apart(again, SPARE, statement, partner, evidence);
    if (err != OK)
        complain(complaint, "%s: the workbook can't be made there: %s",
                 folder(), err_name(err));
    if (err == OK && !are_same(file, again)) {
        err = ERR_IO;
        complain(complaint,
                 "%s: the workbook can't be made there: %s; it came out "
                 "otherwise the second time: see whether there is room",
                 folder(), err_name(err));
    }
done:
    if (again != NULL)
        fclose(again);
    if (err == OK)
        *ret_file = file;
    else if (file != NULL)
        fclose(file);
    return err;
}
