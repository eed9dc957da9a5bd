#include "core/ledger.h"

#include "core/bulk.h"
#include "core/codec.h"
#include "core/facts.h"
#include "core/ledger_parts.h"
#include "core/room.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_SIZE = LEDGER_PATH_SIZE + 32 };

/* --- words --- */

void
ledger_name_record(const struct reader_damage *damage, char *text, size_t room)
{
    static const char *const CHANNELS[] = { "events", "public", "books" };
    stream_id stream = damage->stream;

    if (stream.node == 0)
        snprintf(text, room,
                 "the record at position %" PRIu64 " (of an unknown stream)",
                 damage->position);
    else
        snprintf(text, room,
                 "the record at position %" PRIu64 " (stream %" PRIu32
                 ".%" PRIu64 ", %s, seq %" PRIu64 ")",
                 damage->position, stream.node, stream.incarnation,
                 stream.channel < CHANNEL_END ? CHANNELS[stream.channel] : "?",
                 damage->seq);
}

/* The first damaged record of the whole journal, the long way. */
static bool
find_damage(const struct ledger *ledger, struct reader_damage *ret_damage)
{
    struct reader *reader = NULL;
    struct reader_item item;
    uint64_t next = 1;
    enum err err = OK;

    if (ledger->damage.position != 0) {
        *ret_damage = ledger->damage;
        return true;
    }
    if (ledger->journal == NULL || reader_open(ledger->journal, &reader) != OK)
        return false;
    while ((err = reader_next(reader, next, &item)) == OK || err == ERR_UNKNOWN)
        next = err == OK               ? item.position + item.record.count
               : item.position >= next ? item.position + 1
                                       : next + 1;
    if (err == ERR_CORRUPT)
        *ret_damage = *reader_damage(reader);
    reader_close(reader);
    return err == ERR_CORRUPT && ret_damage->position != 0;
}

static enum err
complain_damage(const struct ledger *ledger, struct complaint *complaint)
{
    struct reader_damage damage = { 0 };
    char name[160];

    if (ledger->journal == NULL) {
        complain(complaint,
                 "%s/journal: damaged, it can't be opened (seen at %s); "
                 "restore a backup",
                 ledger->dir, err_witness());
        return ERR_CORRUPT;
    }
    if (!find_damage(ledger, &damage)) {
        complain(complaint,
                 "%s: damaged (seen at %s); run `leima verify`; where that "
                 "finds nothing to mend, restore a backup",
                 ledger->dir, err_witness());
        return ERR_CORRUPT;
    }
    ledger_name_record(&damage, name, sizeof name);
    complain(complaint,
             "%s: %s is damaged; `leima verify` lists all damage, `leima "
             "export` gives what is left; restore a backup",
             ledger->dir, name);
    return ERR_CORRUPT;
}

enum err
ledger_refuse(const struct ledger *ledger, struct complaint *complaint)
{
    return ledger->damage.position == 0 ? OK
                                        : complain_damage(ledger, complaint);
}

enum err
ledger_fault(const struct ledger *ledger, enum err err,
             struct complaint *complaint)
{
    const char *dir = ledger->dir;

    if (err == ERR_CORRUPT)
        complain_damage(ledger, complaint);
    else if (err == ERR_UNKNOWN)
        complain(complaint,
                 "%s: made by a later version of leima; install that one", dir);
    else if (err == ERR_BUSY)
        complain(complaint,
                 "%s: in use by another process that has not kept up; try "
                 "again",
                 dir);
    else if (err == ERR_FULL)
        complain(complaint,
                 "%s: %s; nothing has changed; make room and try again", dir,
                 err_name(err));
    else if (err == ERR_IO) /* after a failed commit nobody can know */
        complain(complaint,
                 "%s: %s; what was to be written may be there or not: look, or "
                 "say it again with the same id",
                 dir, err_name(err));
    else if (err != OK)
        complain(complaint, "%s: %s; nothing has changed", dir, err_name(err));
    return err;
}

/* --- making and opening --- */

static bool
join_path(const char *dir, const char *name, char path[static PATH_SIZE])
{
    int size = snprintf(path, PATH_SIZE, "%s/%s", dir, name);
    return size > 0 && strlen(dir) < LEDGER_PATH_SIZE;
}

/* A directory may hold what an init left that was cut off, nothing else:
 * ERR_EXISTS. */
static enum err
check_free(const char *dir)
{
    DIR *files = opendir(dir);
    const struct dirent *entry;
    bool free = true;

    if (files == NULL)
        return errno == ENOTDIR ? ERR_EXISTS : err_of_errno(errno);
    while (free && (entry = readdir(files)) != NULL)
        free = strcmp(entry->d_name, ".") == 0 ||
               strcmp(entry->d_name, "..") == 0 ||
               strcmp(entry->d_name, "journal") == 0 ||
               strcmp(entry->d_name, "keys") == 0;
    closedir(files);
    return free ? OK : ERR_EXISTS;
}

static enum err
make_dir(const char *path, mode_t mode, struct complaint *complaint)
{
    if (mkdir(path, mode) == 0 || errno == EEXIST)
        return OK;
    const int code = errno;
    complain(complaint, "%s: can't be made: %s", path, strerror(code));
    return err_of_errno(code);
}

/* What will be appended is acknowledged: a power cut must not take the place
 * where it lies.  Done before there is a ledger: where it fails, there is none.
 * The directory above is nobody's business here but for a name that is new in
 * it. */
static enum err
keep_names(const char *dir, bool new)
{
    enum err err = room_flush(dir, "");

    return err == OK && new ? room_flush_name(dir) : err;
}

/* Why the journal of that directory can't be opened or made, as far as the
 * machine can tell; false: it does not. */
static bool
complain_access(const char *dir, struct complaint *complaint)
{
    static const char *const NAMES[] = { "journal", "journal/data.mdb",
                                         "journal/lock.mdb" };
    char path[PATH_SIZE];
    struct stat status;

    for (uint32_t i = 0; i < COUNT_OF(NAMES); i++) {
        if (!join_path(dir, NAMES[i], path) ||
            (access(path, R_OK | W_OK) != 0 && errno == ENOENT))
            continue;
        if (stat(path, &status) == 0 && S_ISDIR(status.st_mode) != (i == 0)) {
            complain(complaint, "%s: expected a %s", path,
                     i == 0 ? "directory" : "file");
            return true;
        }
        if (access(path, R_OK | W_OK) != 0) {
            complain(complaint,
                     "%s: %s; whoever asks a ledger writes its lock: run as "
                     "its owner, where it can be written",
                     path, strerror(errno));
            return true;
        }
    }
    return false;
}

/* ERR_EXISTS is the caller's to complain of. */
static enum err
make_dirs(const char *dir, char journal_path[static PATH_SIZE],
          struct complaint *complaint)
{
    char keys[PATH_SIZE];

    if (!join_path(dir, "journal", journal_path) ||
        !join_path(dir, "keys", keys))
        return complain(complaint, "the path of the ledger is too long");
    enum err err = make_dir(dir, 0777, complaint);
    if (err == OK) {
        err = check_free(dir);
        if (err != OK && err != ERR_EXISTS)
            complain(complaint, "%s: %s", dir, strerror(errno));
    }
    if (err == OK)
        err = make_dir(journal_path, 0777, complaint);
    if (err == OK)
        err = make_dir(keys, 0700, complaint);
    return err;
}

enum err
ledger_create(const char *dir, const struct ledger_identity *asked,
              int64_t now_ms, struct complaint *complaint)
{
    char path[PATH_SIZE];
    struct journal_identity who = {
        .node = asked->node,
        .store = asked->store,
        .incarnation = asked->incarnation,
    };

    if (who.node == 0 || who.node > LIMIT_NODE)
        return complain(complaint, "node: expected 1 to %d", LIMIT_NODE);
    if (who.store > LIMIT_STORE)
        return complain(complaint, "store: expected 1 to %d", LIMIT_STORE);
    if (who.incarnation > LIMIT_INCARNATION)
        return complain(complaint, "incarnation: expected 1 to 2^53 - 1");
    if (who.incarnation == 0)
        who.incarnation = journal_draw_incarnation(now_ms);
    const bool new = access(dir, F_OK) != 0;
    enum err err = make_dirs(dir, path, complaint);
    if (err != OK && err != ERR_EXISTS)
        return err;
    if (err == OK)
        err = keep_names(dir, new);
    if (err == OK)
        err = journal_create(path, &who);
    if (err == ERR_EXISTS)
        complain(complaint,
                 "%s: there is something already; name a new "
                 "directory",
                 dir);
    else if (err != OK && (err != ERR_IO || !complain_access(dir, complaint)))
        complain(complaint, "%s: can't be made: %s", dir, err_name(err));
    return err;
}

/* ERR_BUSY: another has it.  ERR_FULL, ERR_IO: errno says why. */
static enum err
take_ownership(struct ledger *ledger)
{
    char path[PATH_SIZE];

    if (ledger->owner_file >= 0)
        return OK;
    errno = ENAMETOOLONG;
    if (!join_path(ledger->dir, "owner", path))
        return ERR_IO;
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (file < 0)
        return err_of_write(errno);
    if (flock(file, LOCK_EX | LOCK_NB) != 0) {
        const int code = errno;
        close(file);
        errno = code;
        return code == EWOULDBLOCK ? ERR_BUSY : ERR_IO;
    }
    ledger->owner_file = file;
    history_set_owner(ledger->history, true);
    return OK;
}

static void
leave_ownership(struct ledger *ledger)
{
    if (ledger->owner_file < 0 || ledger->owns)
        return;
    history_set_owner(ledger->history, false);
    close(ledger->owner_file);
    ledger->owner_file = -1;
}

static enum err
open_parts(struct ledger *ledger, struct complaint *complaint)
{
    char path[PATH_SIZE];

    if (!join_path(ledger->dir, "journal", path))
        return complain(complaint, "the path of the ledger is too long");
    enum err err = journal_open(path, facts_describe, &ledger->journal);
    if (err == ERR_IO && complain_access(ledger->dir, complaint))
        return err;
    if (err == ERR_NOT_FOUND) {
        complain(complaint,
                 "%s: there is no ledger; make one with `leima init`",
                 ledger->dir);
        return err;
    }
    if (err == OK)
        err = journal_get_identity(ledger->journal, &ledger->who);
    if (err == OK)
        err =
            history_open(ledger->dir, ledger->journal, false, &ledger->history);
    if (err == OK)
        err = versions_open(ledger->journal, &ledger->versions);
    if (err == OK)
        err = admission_open(ledger->journal, &ledger->admission);
    if (err != OK)
        return ledger_fault(ledger, err, complaint);
    history_set_admits(ledger->history, admission_admits, ledger->admission);
    history_set_memory(ledger->history, ledger->memory);
    if (ledger->owns)
        err = take_ownership(ledger);
    if (err == ERR_BUSY)
        complain(complaint, "%s: another node or hub is running on it",
                 ledger->dir);
    else if (err != OK)
        complain(complaint, "%s/owner: %s", ledger->dir, strerror(errno));
    return err == OK ? ledger_refresh(ledger, complaint) : err;
}

/* So that a hub takes 64 MB beside its states at most, and a node 12 in all. */
static uint64_t
memory_to_build(enum ledger_mode mode)
{
    if (mode == LEDGER_HUB)
        return 32 << 20;
    return mode == LEDGER_NODE ? BULK_MEMORY_MIN : 0;
}

enum err
ledger_open(const char *dir, enum ledger_mode mode, struct complaint *complaint,
            struct ledger **ret_ledger)
{
    struct ledger *ledger = NULL;
    size_t size = strlen(dir);

    if (size == 0 || size >= LEDGER_PATH_SIZE)
        return complain(complaint,
                        "\"%.64s\": expected the path of a ledger, of 1 to %d "
                        "bytes, found %zu",
                        dir, LEDGER_PATH_SIZE - 1, size);
    ledger = calloc(1, sizeof *ledger);
    if (ledger == NULL) {
        complain(complaint, "%s: %s", dir, err_name(ERR_MEMORY));
        return ERR_MEMORY;
    }
    memcpy(ledger->dir, dir, size + 1);
    ledger->owns =
        mode == LEDGER_OWN || mode == LEDGER_HUB || mode == LEDGER_NODE;
    ledger->memory = memory_to_build(mode);
    ledger->lenient = mode == LEDGER_CHECK;
    ledger->owner_file = -1;
    enum err err = open_parts(ledger, complaint);
    if (err != OK) {
        ledger_close(ledger);
        return err;
    }
    *ret_ledger = ledger;
    return OK;
}

void
ledger_close(struct ledger *ledger)
{
    if (ledger == NULL)
        return;
    admission_close(ledger->admission);
    versions_close(ledger->versions);
    history_close(ledger->history);
    journal_close(ledger->journal);
    if (ledger->owner_file >= 0)
        close(ledger->owner_file);
    free(ledger);
}

/* --- keeping up --- */

void
ledger_note_damage(struct ledger *ledger)
{
    const struct reader_damage *met[] = {
        history_damage(ledger->history),
        versions_damage(ledger->versions),
        admission_damage(ledger->admission),
    };

    ledger->damage = (struct reader_damage) { 0 };
    for (uint32_t i = 0; i < COUNT_OF(met); i++)
        if (met[i] != NULL && (ledger->damage.position == 0 ||
                               met[i]->position < ledger->damage.position))
            ledger->damage = *met[i];
}

const struct reader_damage *
ledger_damage(const struct ledger *ledger)
{
    return ledger->damage.position == 0 ? NULL : &ledger->damage;
}

bool
ledger_is_joined(const struct ledger *ledger)
{
    char path[PATH_SIZE];

    return join_path(ledger->dir, "keys/hubs", path) && access(path, F_OK) == 0;
}

bool
ledger_borrow_caches(struct ledger *ledger)
{
    return ledger->owner_file < 0 && take_ownership(ledger) == OK;
}

void
ledger_return_caches(struct ledger *ledger)
{
    leave_ownership(ledger);
}

enum err
ledger_mend(struct ledger *ledger)
{
    bool taken = ledger_borrow_caches(ledger);
    enum err err = history_rebuild(ledger->history);

    if (taken)
        ledger_return_caches(ledger);
    ledger_note_damage(ledger);
    return err == OK ? ledger_refuse(ledger, NULL) : err;
}

/* --- who and where --- */

const char *
ledger_dir(const struct ledger *ledger)
{
    return ledger->dir;
}

struct ledger_identity
ledger_who(const struct ledger *ledger)
{
    return (struct ledger_identity) {
        .node = ledger->who.node,
        .store = ledger->who.store,
        .incarnation = ledger->who.incarnation,
    };
}

uint32_t
ledger_node(const struct ledger *ledger)
{
    return ledger->who.node;
}

struct journal *
ledger_journal(struct ledger *ledger)
{
    return ledger->journal;
}

struct history *
ledger_history(struct ledger *ledger)
{
    return ledger->history;
}

void
ledger_set_watch(struct ledger *ledger, struct watch *watch)
{
    ledger->watch = watch;
}

struct watch *
ledger_watch(const struct ledger *ledger)
{
    return ledger->watch;
}

uint64_t
ledger_position(const struct ledger *ledger)
{
    return history_position(ledger->history);
}

enum err
ledger_known_at(struct ledger *ledger, int64_t time_ms, uint64_t *ret_position)
{
    struct reader *reader = NULL;
    uint64_t after = 0;
    enum err err = reader_open(ledger->journal, &reader);

    if (err != OK)
        return err;
    err = reader_position_after(reader, time_ms, &after);
    reader_close(reader);
    if (err != OK)
        return err;
    assert(after > 0);
    *ret_position = after - 1;
    return OK;
}

enum err
ledger_versions(struct ledger *ledger, uint64_t known,
                const struct ledger_version **ret_versions, uint32_t *ret_count)
{
    if (ledger->damage.position != 0)
        return err_corrupt();
    return versions_list(ledger->versions, known, ret_versions, ret_count);
}

enum err
ledger_timeline(struct ledger *ledger, uint64_t known,
                const struct timeline **ret_timeline,
                struct complaint *complaint)
{
    enum err err = ledger_refuse(ledger, complaint);

    if (err != OK)
        return err;
    err = versions_timeline(ledger->versions, known, ret_timeline);
    if (err == ERR_UNKNOWN)
        complain(complaint,
                 "%s: a later version of leima has published rules that this "
                 "one does not know; install that one",
                 ledger->dir);
    return err == ERR_UNKNOWN ? err : ledger_fault(ledger, err, complaint);
}

uint64_t
ledger_rules(const struct ledger *ledger)
{
    return versions_changes(ledger->versions);
}

/* --- accounts --- */

static enum err
read_account(const struct ledger *ledger, account_id account,
             const struct ledger_question *question, struct arena *arena,
             struct history_account *ret_account)
{
    return question->trail == NULL
               ? history_read(ledger->history, account, question->known, arena,
                              ret_account)
               : history_read_on(question->trail, account, question->known,
                                 arena, ret_account);
}

enum err
ledger_account(struct ledger *ledger, account_id account,
               const struct ledger_question *question, struct arena *arena,
               struct history_account *ret_account, struct complaint *complaint)
{
    struct arena kept = *arena;
    enum err err = ledger_refuse(ledger, complaint);

    if (err != OK)
        return err;
    err = read_account(ledger, account, question, arena, ret_account);
    if (err == ERR_CORRUPT && !question->crowded && ledger_mend(ledger) == OK) {
        *arena = kept;
        err = read_account(ledger, account, question, arena, ret_account);
    }
    if (err == OK && question->extra_count > 0)
        history_add(ret_account, question->extra, question->extra_count, arena);
    return ledger_fault(ledger, err, complaint);
}

/* The event as a copy of its own: the history that it is from goes away. */
static enum err
copy_event(const struct event *event, struct arena *arena,
           const struct event **ret_copy)
{
    struct text text = { 0 };
    struct event *copy = ARENA_NEW(arena, struct event, 1);
    enum err err = ERR_MEMORY;

    codec_encode(event, CODEC_NO_IDENTITY, &text);
    if (text_ok(&text))
        err = codec_decode(arena_copy(arena, text_view(&text)), arena, copy);
    text_close(&text);
    if (err != OK)
        return err;
    copy->identity = event->identity;
    *ret_copy = copy;
    return OK;
}

/* What became of one member who named the account; `ret` is filled and counted
 * only if that earns something. */
static enum err
find_referral(struct ledger *ledger, const struct ledger_question *question,
              uint64_t referrer, uint64_t referred, struct fold *fold,
              struct arena *arena, struct referral *ret, uint32_t *ret_count)
{
    const account_id member = { .member = referred };
    struct arena scratch = { 0 };
    struct history_account account;
    struct referral referral;
    uint32_t count = 0;
    enum { SCRATCH_SIZE = 1 << 30 };

    if (!arena_open(&scratch, SCRATCH_SIZE))
        return ERR_MEMORY;
    enum err err =
        ledger_account(ledger, member, question, &scratch, &account, NULL);
    if (err != OK)
        goto done;
    const struct event *const *live =
        walk_live(account.events, account.event_count, &scratch, &count);
    if (referral_find(fold_timeline(fold), live, count, fold_basket(fold),
                      &referral) &&
        referral.referrer == referrer) {
        *ret = referral;
        err = copy_event(referral.event, arena, &ret->event);
        if (err == OK)
            *ret_count += 1;
    }
done:
    arena_close(&scratch);
    return err;
}

enum err
ledger_walk_input(struct ledger *ledger, const struct history_account *account,
                  const struct ledger_question *question, struct fold *fold,
                  int64_t until_ms, struct arena *arena,
                  struct walk_input *ret_input)
{
    struct referral *referrals =
        ARENA_NEW(arena, struct referral, account->referred_count);
    uint32_t count = 0;

    for (uint32_t i = 0; i < account->referred_count; i++) {
        enum err err = find_referral(ledger, question, account->account.member,
                                     account->referred[i], fold, arena,
                                     &referrals[count], &count);
        if (err != OK)
            return err;
    }
    uint32_t aside_count = question->aside ? account->aside_count : 0;
    const struct event **aside =
        ARENA_NEW(arena, const struct event *, aside_count);
    for (uint32_t i = 0; i < aside_count; i++)
        aside[i] = account->aside[i].event;
    *ret_input = (struct walk_input) {
        .fold = fold,
        .account = account->account,
        .events = account->events,
        .event_count = account->event_count,
        .referrals = referrals,
        .referral_count = count,
        .aside = aside,
        .aside_count = aside_count,
        .until_ms = until_ms,
    };
    return OK;
}

enum err
ledger_scan(struct ledger *ledger, uint64_t known,
            struct history_scan **ret_scan, struct complaint *complaint)
{
    enum err err = ledger_refuse(ledger, complaint);

    if (err != OK)
        return err;
    err = history_scan_all(ledger->history, known, ret_scan);
    if (err == ERR_CORRUPT && ledger_mend(ledger) == OK)
        err = history_scan_all(ledger->history, known, ret_scan);
    return ledger_fault(ledger, err, complaint);
}

static enum err
find_last_at(struct ledger *ledger, uint64_t known, struct arena *arena,
             int64_t *ret_at_ms)
{
    struct history_scan *scan = NULL;
    struct history_account account;
    int64_t last_ms = INT64_MIN;
    enum err err = ledger_scan(ledger, known, &scan, NULL);

    while (err == OK) {
        arena_reset(arena);
        err = history_scan_next(scan, arena, &account);
        if (err != OK || account.event_count == 0)
            continue;
        int64_t at_ms = account.events[account.event_count - 1]->at_ms;
        last_ms = at_ms > last_ms ? at_ms : last_ms;
    }
    history_scan_close(scan);
    if (err != ERR_NOT_FOUND)
        return err;
    *ret_at_ms = last_ms;
    return OK;
}

enum err
ledger_last_at(struct ledger *ledger, uint64_t known, int64_t *ret_at_ms)
{
    struct arena arena = { 0 };
    enum { ARENA_SIZE = 1 << 30 };

    if (!arena_open(&arena, ARENA_SIZE))
        return ERR_MEMORY;
    enum err err = find_last_at(ledger, known, &arena, ret_at_ms);
    if (err == ERR_CORRUPT && ledger_mend(ledger) == OK)
        err = find_last_at(ledger, known, &arena, ret_at_ms);
    arena_close(&arena);
    return err;
}
