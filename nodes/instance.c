#include "nodes/instance.h"

#include "core/facts.h"
#include "core/room.h"
#include "nodes/reign.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum {
    PATH_SIZE = 4096,
    MACHINE_SIZE = 64,
    TOKEN_SIZE = 160, /* with the end */
};

static enum err
join(const char *dir, const char *name, char path[static PATH_SIZE])
{
    int size = snprintf(path, PATH_SIZE, "%s/%s", dir, name);

    return size > 0 && size < PATH_SIZE ? OK : ERR_INPUT;
}

/* The first line of a small file; empty: there is none. */
static enum err
read_line(const char *path, char *line, size_t room)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);

    line[0] = '\0';
    if (file < 0)
        return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
    ssize_t size = read(file, line, room - 1);
    close(file);
    if (size < 0)
        return ERR_IO;
    line[size] = '\0';
    line[strcspn(line, "\n")] = '\0';
    return OK;
}

/* What the token of the ledger would be now.  ERR_NOT_FOUND: it has no
 * journal. */
static enum err
make_token(const char *dir, char ret_token[static TOKEN_SIZE])
{
    char path[PATH_SIZE], machine[MACHINE_SIZE];
    struct statx found;
    enum err err = join(dir, "journal/data.mdb", path);

    if (err != OK)
        return err;
    /* A machine without an id is told from others by the rest alone; one that
     * can't be read now must not look like another machine. */
    err = read_line("/etc/machine-id", machine, sizeof machine);
    if (err != OK && err != ERR_NOT_FOUND)
        return err;
    if (statx(AT_FDCWD, path, 0, STATX_INO | STATX_BTIME, &found) != 0)
        return errno == ENOENT || errno == ENOTDIR ? ERR_NOT_FOUND : ERR_IO;
    bool born = (found.stx_mask & STATX_BTIME) != 0;
    snprintf(ret_token, TOKEN_SIZE, "1 %s %u:%u %" PRIu64 " %lld.%u",
             machine[0] ? machine : "-", found.stx_dev_major,
             found.stx_dev_minor, (uint64_t)found.stx_ino,
             born ? (long long)found.stx_btime.tv_sec : 0,
             born ? found.stx_btime.tv_nsec : 0);
    return OK;
}

/* Whole or not at all, and durable. */
static enum err
write_token(const char *dir, const char *token)
{
    char path[PATH_SIZE], fresh[PATH_SIZE];
    enum err err = join(dir, "instance", path);

    if (err == OK)
        err = join(dir, "instance.new", fresh);
    if (err != OK)
        return err;
    int file = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file < 0)
        return err_of_write(errno);
    size_t size = strlen(token);
    errno = 0;
    if (write(file, token, size) != (ssize_t)size)
        err = err_of_write(errno);
    else if (fsync(file) != 0 || rename(fresh, path) != 0)
        err = ERR_IO;
    close(file);
    return err == OK ? room_flush(dir, "") : err;
}

/* Whether the journal has lost commits.  Of one that can't be opened whoever
 * opens it next will say why, but for ERR_MEMORY: then it may open. */
static enum err
find_rewound(const char *dir, bool *ret_rewound)
{
    struct journal *journal = NULL;
    char path[PATH_SIZE];
    bool rewound = false;
    enum err err = join(dir, "journal", path);

    if (err == OK)
        err = journal_open(path, facts_describe, &journal);
    if (err == OK)
        err = journal_is_rewound(journal, &rewound);
    journal_close(journal);
    *ret_rewound = err == OK && rewound;
    return err == ERR_MEMORY ? err : OK;
}

/* What is appended from now on has names of its own. */
static enum err
leave(const char *dir, enum record_reason reason, int64_t now_ms)
{
    struct journal *journal = NULL;
    char path[PATH_SIZE];
    enum err err = join(dir, "journal", path);

    if (err == OK)
        err = journal_open(path, facts_describe, &journal);
    if (err == OK)
        err = reign_begin_anew(dir, journal, reason, now_ms);
    if (err == OK)
        err = journal_put_note(journal, view_of(JOURNAL_REWOUND), (view) { 0 });
    journal_close(journal);
    return err;
}

static enum err
check(const char *dir, bool create, int64_t now_ms, bool *ret_moved)
{
    char path[PATH_SIZE], here[TOKEN_SIZE], there[TOKEN_SIZE];

    enum err err = join(dir, "instance", path);
    if (err == OK)
        err = make_token(dir, here);
    if (err == ERR_NOT_FOUND)
        return OK; /* no ledger: whoever opens it will say so */
    if (err == OK)
        err = read_line(path, there, sizeof there);
    const bool fresh = err == ERR_NOT_FOUND;
    const bool moved = err == OK && strcmp(here, there) != 0;
    bool rewound = false;
    if (fresh)
        err = OK;
    if (err == OK && !moved)
        err = find_rewound(dir, &rewound);
    /* The token last: cut in between, it is found to be moved again. */
    if (err == OK && (moved || rewound)) {
        err = leave(dir, moved ? REASON_MOVED : REASON_REWOUND, now_ms);
        *ret_moved = err == OK;
    }
    if (err == OK && (moved || (fresh && create)))
        err = write_token(dir, here);
    return err;
}

/* One process at a time: who comes second finds that all has been done. */
enum err
instance_check(const char *dir, bool create, int64_t now_ms, bool *ret_moved,
               struct complaint *complaint)
{
    enum err err = ERR_IO;

    *ret_moved = false;
    int folder = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0 && (errno == ENOENT || errno == ENOTDIR))
        return OK;
    if (folder >= 0 && flock(folder, LOCK_EX) == 0) {
        errno = 0;
        err = check(dir, create, now_ms, ret_moved);
    }
    const int code = errno;
    if (folder >= 0)
        close(folder);
    if (err != OK && (code == EACCES || code == EPERM || code == EROFS))
        complain(complaint,
                 "%s: %s; whoever changes a ledger writes there: run as its "
                 "owner, where it can be written",
                 dir, strerror(code));
    else if (err != OK)
        complain(complaint,
                 "%s/instance: can't tell whether this is a copy: %s", dir,
                 err_name(err));
    return err;
}
