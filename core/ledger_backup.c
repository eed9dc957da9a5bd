#include "core/ledger_backup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/facts.h"
#include "core/reader.h"
#include "core/scrub.h"

enum { PATH_SIZE = 4096 };

static enum err
fail(struct complaint *complaint, enum err err, const char *path,
     const char *what)
{
    if (complaint == NULL || complaint->text[0] == '\0')
        complain(complaint, "%s: %s", path, what);
    return err;
}

static bool
join(const char *dir, const char *name, char path[static PATH_SIZE])
{
    int size = snprintf(path, PATH_SIZE, "%s%s", dir, name);

    return size > 0 && size < PATH_SIZE;
}

static bool
is_empty(const char *dir)
{
    DIR *files = opendir(dir);
    const struct dirent *entry;
    bool empty = true;

    if (files == NULL)
        return false;
    while (empty && (entry = readdir(files)) != NULL)
        empty =
            strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    closedir(files);
    return empty;
}

/* A new directory, or one that is there and empty. */
static enum err
make_dir(const char *path, mode_t mode)
{
    if (mkdir(path, mode) == 0)
        return OK;
    if (errno == EEXIST)
        return is_empty(path) ? OK : ERR_EXISTS;
    return errno == ENOSPC ? ERR_FULL : ERR_IO;
}

static enum err
sync_dir(const char *path)
{
    int file = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (file < 0)
        return ERR_IO;
    enum err err = fsync(file) == 0 ? OK : ERR_IO;
    close(file);
    return err;
}

/* Reads all of a journal, and says how far it goes. */
static enum err
read_through(struct journal *journal, struct ledger_backup *ret_backup)
{
    struct scrub_totals totals = { 0 };
    struct reader *reader = NULL;

    enum err err = scrub_run(journal, NULL, NULL, &totals);
    if (err == OK && totals.findings > 0)
        err = err_corrupt();
    if (err == OK)
        err = reader_open(journal, &reader);
    if (err == OK)
        *ret_backup = (struct ledger_backup) {
            .position = reader_last(reader),
            .events = totals.events,
        };
    reader_close(reader);
    return err;
}

/* Copies the journal into DIR/journal. */
static enum err
copy_into(struct journal *journal, const char *dir)
{
    char path[PATH_SIZE];

    if (!join(dir, "/journal", path))
        return ERR_INPUT;
    enum err err = make_dir(path, 0777);
    if (err == OK)
        err = journal_copy(journal, path);
    if (err == OK)
        err = sync_dir(dir);
    return err;
}

static enum err
open_journal(const char *dir, struct journal **ret_journal)
{
    char path[PATH_SIZE];

    if (!join(dir, "/journal", path))
        return ERR_INPUT;
    return journal_open(path, facts_describe, ret_journal);
}

enum err
ledger_backup(struct ledger *ledger, const char *dir,
              struct ledger_backup *ret_backup, struct complaint *complaint)
{
    struct journal *copy = NULL;

    enum err err = make_dir(dir, 0777);
    if (err == ERR_EXISTS)
        return fail(complaint, err, dir,
                    "there is something already; name a new directory");
    if (err == OK)
        err = copy_into(ledger_journal(ledger), dir);
    if (err == OK)
        err = open_journal(dir, &copy);
    if (err == OK)
        err = read_through(copy, ret_backup);
    journal_close(copy);
    return err == OK ? OK : fail(complaint, err, dir, err_name(err));
}

/* --- restoring ---------------------------------------------------------- */

/* A copy of the backup under another name, turned into a ledger of its own. */
static enum err
prepare(struct journal *backup, const char *dir, int64_t now_ms,
        struct ledger_backup *ret_backup)
{
    char keys[PATH_SIZE];
    struct journal *journal = NULL;
    struct journal_identity who = { 0 };

    if (!join(dir, "/keys", keys))
        return ERR_INPUT;
    enum err err = make_dir(dir, 0777);
    if (err == OK)
        err = make_dir(keys, 0700);
    if (err == OK)
        err = copy_into(backup, dir);
    if (err == OK)
        err = open_journal(dir, &journal);
    if (err == OK)
        err = read_through(journal, ret_backup);
    if (err == OK)
        err = journal_get_identity(journal, &who);
    uint64_t incarnation = journal_draw_later(who.incarnation, now_ms);
    if (err == OK)
        err = journal_renew(journal, incarnation, REASON_RESTORE, NULL);
    if (err == OK)
        err = journal_set_epoch(journal, incarnation);
    if (err == OK)
        err = journal_put_note(journal, view_of(LEDGER_RESTORED),
                               view_of("restored"));
    journal_close(journal);
    return err;
}

/* Takes away what a failed restore has left, and nothing else. */
static void
remove_remains(const char *dir)
{
    static const char *const NAMES[] = { "/journal/data.mdb",
                                         "/journal/lock.mdb" };
    static const char *const DIRS[] = { "/journal", "/keys", "" };
    char path[PATH_SIZE];

    for (uint32_t i = 0; i < COUNT_OF(NAMES); i++)
        if (join(dir, NAMES[i], path))
            unlink(path);
    for (uint32_t i = 0; i < COUNT_OF(DIRS); i++)
        if (join(dir, DIRS[i], path))
            rmdir(path);
}

enum err
ledger_restore(const char *backup, const char *dir, int64_t now_ms,
               struct ledger_backup *ret_backup, struct complaint *complaint)
{
    struct journal *journal = NULL;
    char beside[PATH_SIZE];
    struct stat found;

    if (stat(dir, &found) == 0)
        return fail(complaint, ERR_EXISTS, dir,
                    "there is something already; name a new directory");
    if (!join(dir, ".restoring", beside))
        return fail(complaint, ERR_INPUT, dir, "the name is too long");
    remove_remains(beside);
    enum err err = open_journal(backup, &journal);
    if (err == ERR_NOT_FOUND)
        return fail(complaint, err, backup, "there is no backup");
    if (err == OK)
        err = prepare(journal, beside, now_ms, ret_backup);
    journal_close(journal);
    if (err == OK && rename(beside, dir) != 0)
        err = ERR_IO;
    if (err == OK)
        return OK;
    remove_remains(beside);
    return fail(complaint, err, backup, err_name(err));
}
