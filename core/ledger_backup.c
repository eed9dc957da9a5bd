#include "core/ledger_backup.h"

#include "core/chore.h"
#include "core/digest.h"
#include "core/facts.h"
#include "core/heads.h"
#include "core/prune.h"
#include "core/reader.h"
#include "core/room.h"
#include "core/scrub.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_SIZE = 4096 };

static enum err
fail(struct complaint *complaint, enum err err, const char *path,
     const char *what)
{
    if (complaint == NULL || complaint->text[0] == '\0')
        complain(complaint, "%s: %s", path, what);
    return err;
}

/* The same of a fault that has no words of its own yet. */
static enum err
fail_by_name(struct complaint *complaint, enum err err, const char *path)
{
    return fail(complaint, err, path,
                err == ERR_FULL ? "no space left on the disk; make room there, "
                                  "or name a directory on another disk"
                                : err_name(err));
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

/* A new directory, durably, or one that is there and empty. */
static enum err
make_dir(const char *path, mode_t mode, struct complaint *complaint)
{
    if (mkdir(path, mode) == 0)
        return room_flush_name(path);
    if (errno == EEXIST)
        return is_empty(path) ? OK : ERR_EXISTS;
    const int code = errno;
    return fail(complaint, err_of_errno(code), path, strerror(code));
}

/* Reads all of a journal, and says how far it goes. */
static enum err
read_through(struct journal *journal, struct watch *watch,
             struct ledger_backup *ret_backup)
{
    struct scrub_totals totals = { 0 };
    struct reader *reader = NULL;

    enum err err = scrub_run(journal, NULL, NULL, watch, &totals);
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
copy_into(struct journal *journal, const char *dir, struct watch *watch,
          struct complaint *complaint)
{
    char path[PATH_SIZE];

    if (!join(dir, "/journal", path))
        return ERR_INPUT;
    watch_begin(watch, "the journal is copied", 0);
    enum err err = make_dir(path, 0777, complaint);
    return err == OK ? journal_copy(journal, path) : err;
}

static enum err
open_journal(const char *dir, struct journal **ret_journal)
{
    char path[PATH_SIZE];

    if (!join(dir, "/journal", path))
        return ERR_INPUT;
    return journal_open(path, facts_describe, ret_journal);
}

/* The folders of caches, once they are empty, and the lock of their owner. */
static void
remove_folders(const char *dir)
{
    static const char *const DIRS[] = { "/history", "/state", "/totals" };
    char path[PATH_SIZE];

    for (uint32_t i = 0; i < COUNT_OF(DIRS); i++)
        if (join(dir, DIRS[i], path))
            rmdir(path);
    if (join(dir, "/owner", path))
        unlink(path);
}

/* Takes away what a copy that has failed left there, and nothing else. */
static void
remove_remains(const char *dir)
{
    static const char *const NAMES[] = { "/journal/data.mdb",
                                         "/journal/lock.mdb", "/journal/mark" };
    static const char *const DIRS[] = { "/journal", "/keys", "" };
    char path[PATH_SIZE];

    prune_files(dir);
    remove_folders(dir);
    for (uint32_t i = 0; i < COUNT_OF(NAMES); i++)
        if (join(dir, NAMES[i], path))
            unlink(path);
    for (uint32_t i = 0; i < COUNT_OF(DIRS); i++)
        if (join(dir, DIRS[i], path))
            rmdir(path);
}

enum err
ledger_backup(struct ledger *ledger, const char *dir,
              struct ledger_backup *ret_backup, struct complaint *complaint)
{
    struct watch *watch = ledger_watch(ledger);
    struct journal *copy = NULL;

    enum err err = make_dir(dir, 0777, complaint);
    if (err == ERR_EXISTS)
        return fail(complaint, err, dir,
                    "there is something already; name a new directory");
    if (err == OK)
        err = copy_into(ledger_journal(ledger), dir, watch, complaint);
    if (err == OK)
        err = open_journal(dir, &copy);
    if (err == OK)
        err = read_through(copy, watch, ret_backup);
    journal_close(copy);
    /* Half a copy would keep a full disk full. */
    if (err == ERR_FULL || err == ERR_IO)
        remove_remains(dir);
    return err == OK ? OK : fail_by_name(complaint, err, dir);
}

/* --- folding it anew ---------------------------------------------------- */

/* Whether both hold the same streams as far as the position. */
static enum err
compare_heads(struct ledger *ledger, struct ledger *copy, uint64_t position)
{
    struct text heads = { 0 };
    digest there, here;

    enum err err = heads_pack(ledger_journal(ledger), position, &heads, &there);
    text_clear(&heads);
    if (err == OK)
        err = heads_pack(ledger_journal(copy), position, &heads, &here);
    text_close(&heads);
    if (err == OK && !digest_equal(there, here))
        err = err_corrupt();
    return err;
}

/* A digest of one ledger that is made beside that of another. */
struct beside {
    struct ledger *ledger;
    int64_t at_ms;
    digest digest;
    struct complaint complaint;
};

static enum err
digest_beside(void *context)
{
    struct beside *beside = context;

    return digest_accounts(beside->ledger, LEDGER_KNOWN_ALL, beside->at_ms,
                           &beside->digest, &beside->complaint);
}

/* The digests of all accounts in both, the copy's by a thread. */
static enum err
compare_digests(struct ledger *ledger, struct ledger *copy, uint64_t position,
                int64_t at_ms, struct complaint *complaint)
{
    struct beside beside = { .ledger = copy, .at_ms = at_ms };
    struct chore chore = { 0 };
    digest there;

    chore_begin(&chore, digest_beside, &beside, true);
    enum err own = digest_accounts(ledger, position, at_ms, &there, complaint);
    enum err err = chore_end(&chore);
    if (err != OK && complaint != NULL)
        *complaint = beside.complaint;
    if (err == OK)
        err = own;
    return err == OK && !digest_equal(there, beside.digest) ? err_corrupt()
                                                            : err;
}

/* Whether both give the same to every account, at the time of the last event
 * that the copy holds. */
static enum err
compare_accounts(struct ledger *ledger, struct ledger *copy, uint64_t position,
                 struct complaint *complaint)
{
    int64_t at_ms;

    enum err err = ledger_last_at(copy, LEDGER_KNOWN_ALL, &at_ms);
    if (err != OK || at_ms == INT64_MIN)
        return err; /* no event: no account */
    err = ledger_refresh(ledger, complaint);
    return err == OK ? compare_digests(ledger, copy, position, at_ms, complaint)
                     : err;
}

/* The caches that the fold has made; the backup is the journal alone. */
static enum err
remove_caches(struct ledger *copy, const char *dir)
{
    enum err err = prune_caches(ledger_journal(copy), dir);

    remove_folders(dir);
    return err;
}

enum err
ledger_backup_check(struct ledger *ledger, const char *dir,
                    struct complaint *complaint)
{
    struct ledger *copy = NULL;
    uint64_t position = 0;

    watch_begin(ledger_watch(ledger), "the copy's history is built", 0);
    enum err err = ledger_open(dir, LEDGER_OWN, complaint, &copy);
    if (err == OK) {
        position = ledger_position(copy);
        err = compare_heads(ledger, copy, position);
    }
    if (err == OK)
        err = compare_accounts(ledger, copy, position, complaint);
    enum err removed = copy ? remove_caches(copy, dir) : OK;
    if (err == OK)
        err = removed;
    if (err == ERR_CORRUPT && copy)
        complain(complaint,
                 "%s: folded anew, the copy is not what %s is at position "
                 "%llu; it counts for nothing: verify the ledger, then make "
                 "another",
                 dir, ledger_dir(ledger), (unsigned long long)position);
    ledger_close(copy);
    if (err == ERR_FULL || err == ERR_IO)
        remove_remains(dir);
    return err == OK ? OK : fail_by_name(complaint, err, dir);
}

/* --- its name ----------------------------------------------------------- */

#define UNPROVED "/unproved"

static bool
is_there(const char *dir, const char *name)
{
    char path[PATH_SIZE];

    return join(dir, name, path) && access(path, F_OK) == 0;
}

enum err
ledger_backup_begin(const char *dir,
                    char ret_unproved[static LEDGER_BACKUP_PATH],
                    struct complaint *complaint)
{
    if (!join(dir, UNPROVED, ret_unproved))
        return fail(complaint, ERR_INPUT, dir, "the name is too long");
    enum err err = make_dir(dir, 0777, complaint);
    if (err != ERR_EXISTS)
        return err;
    return fail(complaint, err, dir,
                is_there(dir, UNPROVED)
                    ? "a copy is being made there, or was broken off; name a "
                      "new directory"
                    : "there is something already; name a new directory");
}

enum err
ledger_backup_end(const char *dir, enum err done, struct complaint *complaint)
{
    char unproved[PATH_SIZE], from[PATH_SIZE], to[PATH_SIZE];

    if (done != OK) {
        rmdir(dir); /* where nothing was left in it */
        return done;
    }
    bool fits = join(dir, UNPROVED, unproved) &&
                join(dir, UNPROVED "/journal", from) &&
                join(dir, "/journal", to);
    assert(fits); /* ledger_backup_begin() has seen to it */
    if (rename(from, to) == 0 && rmdir(unproved) == 0 &&
        room_flush(dir, "") == OK)
        return OK;
    const int code = errno;
    remove_remains(unproved);
    remove_remains(dir);
    return fail(complaint, ERR_IO, dir, strerror(code));
}

/* --- restoring ---------------------------------------------------------- */

/* A copy of the backup under another name, turned into a ledger of its own. */
static enum err
prepare(struct journal *backup, const char *dir,
        const struct ledger_restore *restore, struct ledger_backup *ret_backup,
        struct complaint *complaint)
{
    char keys[PATH_SIZE];
    struct journal *journal = NULL;
    struct journal_identity who = { 0 };

    if (!join(dir, "/keys", keys))
        return ERR_INPUT;
    enum err err = make_dir(dir, 0777, complaint);
    if (err == OK)
        err = make_dir(keys, 0700, complaint);
    if (err == OK)
        err = copy_into(backup, dir, restore->watch, complaint);
    if (err == OK)
        err = open_journal(dir, &journal);
    if (err == OK)
        err = read_through(journal, restore->watch, ret_backup);
    if (err == OK)
        err = journal_get_identity(journal, &who);
    uint64_t incarnation = journal_draw_later(who.incarnation, restore->now_ms);
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

/* A name that stands beside the directory's, also where that ends with a
 * slash. */
static bool
name_beside(const char *dir, char beside[static PATH_SIZE])
{
    size_t size = strlen(dir);

    while (size > 1 && dir[size - 1] == '/')
        size--;
    int length = snprintf(beside, PATH_SIZE, "%.*s.restoring", (int)size, dir);
    return length > 0 && length < PATH_SIZE;
}

/* Gives the ledger its name, durably: what is appended next is acknowledged.
 * Else it has the one that it had. */
static enum err
put_in_place(const char *beside, const char *dir)
{
    if (rename(beside, dir) != 0)
        return ERR_IO;
    enum err err = room_flush_name(dir);
    if (err != OK && rename(dir, beside) != 0)
        return ERR_IO;
    return err;
}

enum err
ledger_restore(const struct ledger_restore *restore,
               struct ledger_backup *ret_backup, struct complaint *complaint)
{
    const char *dir = restore->dir, *backup = restore->backup;
    struct journal *journal = NULL;
    char beside[PATH_SIZE];
    struct stat found;

    if (stat(dir, &found) == 0)
        return fail(complaint, ERR_EXISTS, dir,
                    "there is something already; the ledger to be made needs a "
                    "new directory");
    if (!name_beside(dir, beside))
        return fail(complaint, ERR_INPUT, dir, "the name is too long");
    remove_remains(beside);
    enum err err = open_journal(backup, &journal);
    if (err == ERR_NOT_FOUND)
        return fail(complaint, err, backup,
                    is_there(backup, UNPROVED)
                        ? "the copy in it was never proved to be good"
                        : "there is no backup");
    if (err == OK)
        err = prepare(journal, beside, restore, ret_backup, complaint);
    journal_close(journal);
    const bool is_made = err == OK;
    if (is_made)
        err = put_in_place(beside, dir);
    if (err == OK)
        return OK;
    remove_remains(beside);
    return fail_by_name(complaint, err,
                        is_made || err == ERR_FULL ? dir : backup);
}
