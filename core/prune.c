#include "core/prune.h"

#include "core/codec.h"
#include "core/shelf.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { RECORDS_AT_ONCE = 5000, PATH_SIZE = 4096 };
enum { SCRATCH_SIZE = 2 * LIMIT_RECORD_SIZE }; /* address space */
enum { PARENT_NAME_SIZE = 64, PARENT_SIZE = 8 + 8 + sizeof(digest) + 1 };

/* One commit's part. */
struct cut {
    struct db_txn txn;
    struct prune *prune;
    stream_head boundary;
    uint64_t tip;   /* seq of the stream's last record */
    uint64_t items; /* dropped */
    uint32_t records;
    struct arena scratch; /* for one event at a time */
};

/* --- what the first record says --- */

static view
parent_name(stream_id stream, char name[static PARENT_NAME_SIZE])
{
    snprintf(name, PARENT_NAME_SIZE, "parent/%" PRIu32 ".%" PRIu64 ".%u",
             stream.node, stream.incarnation, stream.channel);
    return view_of(name);
}

/* By it a node knows later, too, where it left the incarnation before. */
static void
keep_parent(struct db_txn *txn, const struct record *record)
{
    const struct record_parent *parent = &record->parent;
    char name[PARENT_NAME_SIZE];
    uint8_t value[PARENT_SIZE];

    if (parent->incarnation == 0)
        return;
    memcpy(value, &parent->incarnation, 8);
    memcpy(value + 8, &parent->seq, 8);
    memcpy(value + 16, parent->chain.bytes, sizeof(digest));
    value[16 + sizeof(digest)] = parent->reason;
    db_put(txn, TABLE_NOTES, parent_name(record->stream, name),
           (view) { value, sizeof value });
}

enum err
prune_get_parent(struct journal *journal, stream_id stream,
                 struct record_parent *ret_parent)
{
    char name[PARENT_NAME_SIZE];
    uint8_t bytes[PARENT_SIZE];
    struct record_parent parent = { 0 };
    view value;

    enum err err = journal_get_note(journal, parent_name(stream, name), bytes,
                                    sizeof bytes, &value);
    if (err == OK && value.size != PARENT_SIZE)
        err = err_corrupt();
    if (err != OK)
        return err;
    memcpy(&parent.incarnation, bytes, 8);
    memcpy(&parent.seq, bytes + 8, 8);
    memcpy(parent.chain.bytes, bytes + 16, sizeof(digest));
    parent.reason = bytes[16 + sizeof(digest)];
    *ret_parent = parent;
    return OK;
}

/* --- records --- */

static void
drop(struct cut *cut, const struct shelf_item *item)
{
    const struct record *record = &item->record;
    stream_head end = { record_last(record), record->chain };

    cut->boundary = end;
    cut->items += record->count;
    cut->records++;
    if (cut->prune->dry)
        return;
    keep_parent(&cut->txn, record);
    shelf_drop(&cut->txn, item);
}

/* A redemption may be dated ahead of its record by so much. */
static bool
has_grant(const struct cut *cut, const struct record *record)
{
    const int64_t granted_ms = cut->prune->granted_ms;
    struct record_cursor cursor = record_events(record);
    struct record_event event;
    struct event decoded;

    if (granted_ms == 0 || record->recorded_ms < granted_ms - LIMIT_FUTURE_MS)
        return false;
    while (record_next(&cursor, &event)) {
        struct arena scratch = cut->scratch;
        if (codec_decode(event.core, &scratch, &decoded) == OK &&
            decoded.kind == EVENT_REDEEM && decoded.at_ms >= granted_ms)
            return true;
    }
    return false;
}

/* Where a stream's last record stays, so does the journal's. */
static bool
may_go(const struct cut *cut, const struct shelf_item *item)
{
    return !has_grant(cut, &item->record) &&
           record_last(&item->record) <= cut->prune->safe &&
           item->record.recorded_ms < cut->prune->before_ms &&
           item->record.seq < cut->tip;
}

/* Whether there may be more. */
static bool
drop_some(struct cut *cut)
{
    stream_id stream = cut->prune->stream;
    struct shelf_item item;

    cut->records = 0;
    while (cut->records < RECORDS_AT_ONCE) {
        if (!shelf_find(&cut->txn, stream, cut->boundary.seq + 1, &item) ||
            !may_go(cut, &item))
            return false;
        drop(cut, &item);
    }
    return true;
}

static void
begin(struct cut *cut, struct journal *journal)
{
    struct shelf_item item;

    shelf_begin(journal_db(journal), cut->prune->dry ? DB_READ : DB_WRITE,
                &cut->txn);
    if (cut->boundary.seq == 0 || !cut->prune->dry)
        cut->boundary = shelf_boundary(&cut->txn, cut->prune->stream);
    cut->tip =
        shelf_tip(&cut->txn, cut->prune->stream, &item) ? item.record.seq : 0;
}

/* One commit, tried again where the file has grown meanwhile. */
static enum err
run_part(struct journal *journal, struct cut *cut, bool *ret_more)
{
    const struct cut before = *cut;
    enum err err;

    do {
        *cut = before;
        begin(cut, journal);
        *ret_more = drop_some(cut);
        if (cut->prune->dry) {
            err = cut->txn.err;
            db_abort(&cut->txn);
            return err;
        }
        if (cut->records > 0)
            shelf_put_boundary(&cut->txn, cut->prune->stream, cut->boundary);
        err = db_commit(&cut->txn);
    } while (db_grown(&cut->txn));
    return err;
}

enum err
prune_run(struct journal *journal, struct prune *prune)
{
    struct cut cut = { .prune = prune };
    enum err err = OK;
    bool more = true;

    if (!arena_open(&cut.scratch, SCRATCH_SIZE))
        return ERR_MEMORY;
    while (err == OK && more &&
           (prune->items_max == 0 || cut.items < prune->items_max))
        err = run_part(journal, &cut, &more);
    prune->dropped = cut.items;
    prune->boundary = cut.boundary;
    arena_close(&cut.scratch);
    return err;
}

/* --- caches --- */

static void
empty_dir(const char *dir, const char *name)
{
    char path[PATH_SIZE], file[PATH_SIZE];
    const struct dirent *entry;

    if (snprintf(path, sizeof path, "%s/%s", dir, name) >= PATH_SIZE)
        return;
    DIR *files = opendir(path);
    while (files && (entry = readdir(files)) != NULL)
        if (entry->d_name[0] != '.' &&
            snprintf(file, sizeof file, "%s/%s/%s", dir, name, entry->d_name) <
                PATH_SIZE)
            unlink(file);
    if (files)
        closedir(files);
}

void
prune_files(const char *dir)
{
    static const char *const DIRS[] = { "history", "state", "totals" };

    for (uint32_t i = 0; i < COUNT_OF(DIRS); i++)
        empty_dir(dir, DIRS[i]);
}

enum err
prune_caches(struct journal *journal, const char *dir)
{
    static const char *const NOTES[] = { "history", "history.words", "state" };
    enum err err = OK;

    for (uint32_t i = 0; err == OK && i < COUNT_OF(NOTES); i++)
        err = journal_put_note(journal, view_of(NOTES[i]), (view) { 0 });
    if (err == OK)
        prune_files(dir);
    return err;
}
