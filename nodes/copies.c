#include "nodes/copies.h"

#include "core/db.h"
#include "nodes/feed.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { TABLE_STATES, TABLE_FEED };
enum { MAP_SIZE = 1 << 26 };
enum { HEAD_SIZE = 8 + 2 }; /* of a state, before its list */
enum { PATH_SIZE = 4096 };

static const char *const TABLES[] = { "states", "feed" };

struct copies {
    struct db *db;
    char path[PATH_SIZE]; /* of the file */
    dev_t device;         /* where it was opened, ... */
    ino_t file;           /* ... and as which */
};

/* What the table "feed" holds. */
struct at {
    uint64_t epoch;
    uint64_t position;
    digest versions;
    uint32_t format;
    uint32_t zero;
    int64_t told_ms;
};

static_assert(sizeof(struct at) == 64, "as it stands in the table");

enum err
copies_open(const char *dir, bool create, struct copies **ret_copies)
{
    char path[PATH_SIZE];
    struct stat file = { 0 };
    const struct db_options options = { .tables = TABLES,
                                        .table_count = COUNT_OF(TABLES),
                                        .map_size = MAP_SIZE,
                                        .create = create };
    int size = snprintf(path, sizeof path, "%s/copies", dir);

    if (size < 0 || size >= (int)sizeof path)
        return ERR_INPUT;
    if (create && mkdir(path, 0700) != 0 && errno != EEXIST)
        return ERR_IO;
    struct copies *copies = calloc(1, sizeof *copies);
    if (!copies)
        return ERR_MEMORY;
    size = snprintf(copies->path, sizeof copies->path, "%s/data.mdb", path);
    enum err err = size < (int)sizeof copies->path
                       ? db_open(path, &options, &copies->db)
                       : ERR_INPUT;
    if (err != OK) {
        free(copies);
        return err;
    }
    if (stat(copies->path, &file) == 0) {
        copies->device = file.st_dev;
        copies->file = file.st_ino;
    }
    *ret_copies = copies;
    return OK;
}

void
copies_close(struct copies *copies)
{
    if (!copies)
        return;
    db_close(copies->db);
    free(copies);
}

bool
copies_are_there(const struct copies *copies)
{
    struct stat file;

    return stat(copies->path, &file) == 0 && file.st_dev == copies->device &&
           file.st_ino == copies->file;
}

static struct at
get_at(struct db_txn *txn)
{
    struct at at = { 0 };
    view value;

    if (db_get(txn, TABLE_FEED, view_of("at"), &value) &&
        value.size == sizeof at)
        memcpy(&at, value.bytes, sizeof at);
    return at;
}

enum err
copies_where(struct copies *copies, uint64_t *ret_epoch, uint64_t *ret_position)
{
    struct db_txn txn;

    db_begin(copies->db, DB_READ, &txn);
    struct at at = get_at(&txn);
    enum err err = txn.err;
    db_abort(&txn);
    if (err == OK) {
        *ret_epoch = at.epoch;
        *ret_position = at.position;
    }
    return err;
}

/* What "folded" holds; nothing before the feed has been at its end. */
static view
get_folded(struct db_txn *txn)
{
    view value = { 0 };

    if (db_get(txn, TABLE_FEED, view_of("folded"), &value) &&
        (value.size % sizeof(struct hub_state_seq) != 0 ||
         value.size > HUB_STATE_SEQS_MAX * sizeof(struct hub_state_seq)))
        db_fail(txn, err_corrupt());
    return txn->err == OK ? value : (view) { 0 };
}

enum err
copies_told(struct copies *copies, bool *ret_told)
{
    struct db_txn txn;

    db_begin(copies->db, DB_READ, &txn);
    bool told = get_folded(&txn).size > 0;
    enum err err = txn.err;
    db_abort(&txn);
    if (err == OK)
        *ret_told = told;
    return err;
}

enum err
copies_folded(struct copies *copies, uint64_t incarnation, uint64_t *ret_seq)
{
    struct hub_state_seq folded[HUB_STATE_SEQS_MAX];
    struct db_txn txn;

    db_begin(copies->db, DB_READ, &txn);
    view value = get_folded(&txn);
    if (value.size > 0)
        memcpy(folded, value.bytes, value.size);
    enum err err = txn.err;
    db_abort(&txn);
    if (err == OK)
        *ret_seq = hub_state_folded(
            folded, value.size / (uint32_t)sizeof folded[0], incarnation);
    return err;
}

/* --- keeping --- */

static void
forget_all(struct db_txn *txn)
{
    struct db_cursor cursor;
    char key[ACCOUNT_SIZE];

    db_delete(txn, TABLE_FEED, view_of("folded"));
    for (;;) {
        db_cursor_open(txn, TABLE_STATES, &cursor);
        bool found = db_cursor_first(&cursor) && cursor.key.size < sizeof key;
        uint32_t size = found ? cursor.key.size : 0;
        if (found)
            memcpy(key, cursor.key.bytes, size);
        db_cursor_close(&cursor);
        if (!found)
            return;
        db_delete(txn, TABLE_STATES, (view) { (uint8_t *)key, size });
    }
}

/* What is put, for whom, and since when it holds. */
struct put {
    const struct frame *frame;
    uint32_t node;
    int64_t asked_ms; /* 0: the feed's */
};

static uint16_t
list_folded(const struct put *put,
            struct hub_state_seq folded[HUB_STATE_SEQS_MAX])
{
    const struct frame *frame = put->frame;
    uint16_t count = 0;

    for (uint32_t i = 0; i < frame->state.folded_count; i++) {
        const struct frame_folded *told = &frame->state.folded[i];
        if (told->stream.node == put->node && count < HUB_STATE_SEQS_MAX)
            folded[count++] = (struct hub_state_seq) {
                .incarnation = told->stream.incarnation, .seq = told->seq
            };
    }
    return count;
}

static void
put_state(struct db_txn *txn, const struct put *put,
          const struct feed_state *state)
{
    struct hub_state_seq folded[HUB_STATE_SEQS_MAX];
    char key[ACCOUNT_SIZE];

    const uint16_t count = list_folded(put, folded);
    account_format(state->account, key);
    uint32_t list = (uint32_t)(count * sizeof folded[0]);
    uint32_t size = HEAD_SIZE + list + state->packed.size;
    uint8_t *place = db_reserve(txn, TABLE_STATES, view_of(key), size, false);
    if (!place)
        return;
    memcpy(place, &put->asked_ms, sizeof put->asked_ms);
    memcpy(place + sizeof put->asked_ms, &count, sizeof count);
    memcpy(place + HEAD_SIZE, folded, list);
    if (state->packed.size > 0)
        memcpy(place + HEAD_SIZE + list, state->packed.bytes,
               state->packed.size);
}

static void
put_states(struct db_txn *txn, const struct put *put)
{
    const struct frame *frame = put->frame;

    for (uint32_t i = 0; i < frame->state.state_count; i++) {
        struct feed_state state;
        if (frame->state.format == FEED_FORMAT &&
            feed_read(frame->state.states[i], &state))
            put_state(txn, put, &state);
    }
}

static void
put_feed(struct db_txn *txn, const struct frame *frame, uint32_t node,
         int64_t now_ms)
{
    const struct put put = { .frame = frame, .node = node };
    struct hub_state_seq folded[HUB_STATE_SEQS_MAX];
    struct at at = get_at(txn);
    const int64_t told_ms = at.epoch == frame->state.epoch ? at.told_ms : 0;
    /* A part in the middle leaves the position where it was. */
    const bool whole = frame->state.position > frame->state.after ||
                       frame->state.state_count == 0;

    if (at.epoch != frame->state.epoch || at.format != frame->state.format ||
        !digest_equal(at.versions, frame->state.versions))
        forget_all(txn);
    put_states(txn, &put);
    if (whole) {
        const uint16_t count = list_folded(&put, folded);
        db_put(txn, TABLE_FEED, view_of("folded"),
               (view) { (const uint8_t *)folded,
                        (uint32_t)(count * sizeof folded[0]) });
    }
    at = (struct at) { .epoch = frame->state.epoch,
                       .position = frame->state.position,
                       .versions = frame->state.versions,
                       .format = frame->state.format,
                       .told_ms = whole ? now_ms : told_ms };
    db_put(txn, TABLE_FEED, view_of("at"),
           (view) { (const uint8_t *)&at, sizeof at });
}

enum err
copies_put(struct copies *copies, const struct frame *frame, uint32_t node,
           int64_t now_ms)
{
    struct db_txn txn;
    enum err err;

    assert(frame->kind == FRAME_STATE);
    do {
        db_begin(copies->db, DB_WRITE, &txn);
        put_feed(&txn, frame, node, now_ms);
        err = db_commit(&txn);
    } while (db_grown(&txn));
    return err;
}

static void
put_asked(struct db_txn *txn, const struct put *put)
{
    const struct frame *frame = put->frame;
    struct at at = get_at(txn);

    if (at.epoch == 0) { /* nothing has been told yet */
        at = (struct at) { .epoch = frame->state.epoch,
                           .versions = frame->state.versions,
                           .format = frame->state.format };
        db_put(txn, TABLE_FEED, view_of("at"),
               (view) { (const uint8_t *)&at, sizeof at });
    }
    if (at.epoch == frame->state.epoch && at.format == frame->state.format &&
        digest_equal(at.versions, frame->state.versions))
        put_states(txn, put);
}

enum err
copies_put_asked(struct copies *copies, const struct frame *frame,
                 uint32_t node, int64_t now_ms)
{
    const struct put put = { frame, node, now_ms };
    struct db_txn txn;
    enum err err;

    assert(now_ms > 0);
    do {
        db_begin(copies->db, DB_WRITE, &txn);
        put_asked(&txn, &put);
        err = db_commit(&txn);
    } while (db_grown(&txn));
    return err;
}

/* --- asking --- */

static enum err
read_state(view value, int64_t told_ms, struct arena *arena,
           struct hub_state *ret_state)
{
    int64_t asked_ms;
    uint16_t count;
    if (value.size < HEAD_SIZE)
        return err_corrupt();
    memcpy(&asked_ms, value.bytes, sizeof asked_ms);
    memcpy(&count, value.bytes + sizeof asked_ms, sizeof count);
    uint32_t list = (uint32_t)(count * sizeof(struct hub_state_seq));
    if (value.size < HEAD_SIZE + list)
        return err_corrupt();
    struct hub_state_seq *folded =
        ARENA_NEW(arena, struct hub_state_seq, count);
    memcpy(folded, value.bytes + HEAD_SIZE, list);
    const uint32_t head = HEAD_SIZE + list;
    *ret_state = (struct hub_state) {
        .packed =
            arena_copy(arena, (view) { value.bytes + head, value.size - head }),
        .folded = folded,
        .folded_count = count,
        .told_ms = asked_ms ? asked_ms : told_ms,
        .asked = asked_ms != 0,
    };
    return OK;
}

enum err
copies_get(struct copies *copies, account_id account, digest versions,
           struct arena *arena, struct hub_state *ret_state)
{
    char key[ACCOUNT_SIZE];
    struct db_txn txn;
    view value;

    account_format(account, key);
    db_begin(copies->db, DB_READ, &txn);
    struct at at = get_at(&txn);
    enum err err = ERR_NOT_FOUND;
    if (at.format == FEED_FORMAT && digest_equal(at.versions, versions) &&
        db_get(&txn, TABLE_STATES, view_of(key), &value))
        err = read_state(value, at.told_ms, arena, ret_state);
    if (txn.err != OK)
        err = txn.err;
    db_abort(&txn);
    return err;
}
