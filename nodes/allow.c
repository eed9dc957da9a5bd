#include "nodes/allow.h"

#include "core/list.h"
#include "core/reader.h"
#include "nodes/clock.h"
#include "nodes/trace.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* When and by whom an item was written: where two hubs have written, the later
 * one holds, in whatever order they arrived. */
struct stamp {
    int64_t recorded_ms;
    stream_id stream;
    uint64_t seq;
};

struct entry {
    struct enrolment enrolment; /* role 0: it has not come, ... */
    bool revoked;               /* ... but this has */
    struct stamp stamp;         /* of what holds */
};

/* A key by which a node may come. */
struct known_key {
    curve_key key;
    uint32_t node;
    bool joining; /* the one-time one */
};

struct allow {
    struct journal *journal;
    uint32_t hub; /* our own number, for the trace */
    pthread_mutex_t lock;
    uint64_t txn;           /* of the journal, when it was last read */
    uint64_t position_next; /* where to read on */
    uint64_t changes;
    struct entry *entries; /* by number */
    uint32_t count;
    uint32_t room;
    struct known_key *keys; /* sorted; as of `keys_changes` */
    uint32_t key_count;
    uint64_t keys_changes; /* 0: never */
};

/* --- reading the books --- */

static int
compare(const void *item, const void *key)
{
    const struct entry *entry = item;
    const uint32_t *node = key;

    return (entry->enrolment.node > *node) - (entry->enrolment.node < *node);
}

/* The place of the number, or where it would stand. */
static uint32_t
place(const struct allow *allow, uint32_t node)
{
    return LIST_PLACE(allow->entries, allow->count, &node, compare);
}

static struct entry *
find(const struct allow *allow, uint32_t node)
{
    uint32_t at = place(allow, node);

    if (at == allow->count || allow->entries[at].enrolment.node != node)
        return NULL;
    return &allow->entries[at];
}

static bool
is_before(struct stamp a, struct stamp b)
{
    if (stream_equal(a.stream, b.stream))
        return a.seq < b.seq;
    if (a.recorded_ms != b.recorded_ms)
        return a.recorded_ms < b.recorded_ms;
    return stream_compare(a.stream, b.stream) < 0;
}

/* A new entry for the number.  NULL: no memory. */
static struct entry *
insert(struct allow *allow, uint32_t node)
{
    if (allow->count == allow->room) {
        uint32_t wanted = allow->room ? allow->room * 2 : 16;
        struct entry *grown =
            realloc(allow->entries, wanted * sizeof allow->entries[0]);
        if (!grown)
            return NULL;
        allow->entries = grown;
        allow->room = wanted;
    }
    uint32_t at = place(allow, node);
    struct entry *entry = &allow->entries[at];
    memmove(entry + 1, entry, (allow->count - at) * sizeof *entry);
    allow->count++;
    *entry = (struct entry) { .enrolment.node = node,
                              .stamp.recorded_ms = INT64_MIN };
    return entry;
}

static void
enrol(struct entry *entry, const struct enrolment *enrolment,
      struct stamp stamp)
{
    if (!is_before(stamp, entry->stamp))
        *entry = (struct entry) { .enrolment = *enrolment, .stamp = stamp };
    else if (entry->enrolment.role == 0)
        entry->enrolment = *enrolment; /* and remains revoked */
}

static void
revoke(struct entry *entry, struct stamp stamp)
{
    if (is_before(stamp, entry->stamp))
        return;
    entry->revoked = true;
    entry->stamp = stamp;
}

/* What can't be read, for a later version wrote it or a hub that has a fault,
 * admits nobody and revokes nobody, and stops nothing. */
static enum err
apply(struct allow *allow, const struct record *record)
{
    const bool enrols = record->kind == RECORD_ENROL;
    struct enrolment enrolment = { 0 };

    if (record->stream.channel != CHANNEL_BOOKS)
        return OK;
    const struct stamp stamp = { .recorded_ms = record->recorded_ms,
                                 .stream = record->stream,
                                 .seq = record->seq };
    allow->changes++;
    if (!enrols && record->kind != RECORD_REVOKE)
        return OK;
    enum err err = enrols ? enrol_decode(record->body, &enrolment)
                          : enrol_decode_revoke(record->body, &enrolment.node);
    if (err != OK) {
        trace(TRACE_NOTICE, allow->hub, "books",
              "what=\"an item that can't be read\" stream=%s seq=%llu",
              trace_stream(record->stream), (unsigned long long)record->seq);
        return OK;
    }
    struct entry *entry = find(allow, enrolment.node);
    if (!entry)
        entry = insert(allow, enrolment.node);
    if (!entry)
        return ERR_MEMORY;
    if (enrols)
        enrol(entry, &enrolment, stamp);
    else
        revoke(entry, stamp);
    return OK;
}

/* Costs next to nothing where nobody has committed anything.  The reader is
 * not kept: an open one keeps the file from growing. */
static enum err
refresh(struct allow *allow)
{
    struct reader *reader = NULL;
    uint64_t txn = journal_last_txn(allow->journal);
    if (txn == allow->txn)
        return OK;
    enum err err = reader_open(allow->journal, &reader);
    while (err == OK) {
        struct reader_item item;
        err = reader_next_control(reader, allow->position_next, &item);
        if (err == ERR_UNKNOWN) { /* of a later format: nothing of ours */
            allow->position_next = item.position + 1;
            err = OK;
            continue;
        }
        if (err != OK)
            break;
        err = apply(allow, &item.record);
        if (err == OK)
            allow->position_next = item.position + 1;
    }
    reader_close(reader);
    if (err != ERR_NOT_FOUND)
        return err;
    allow->txn = txn;
    return OK;
}

enum err
allow_open(struct journal *journal, struct allow **ret_allow)
{
    struct journal_identity who;
    struct allow *allow = calloc(1, sizeof *allow);
    if (!allow)
        return ERR_MEMORY;
    pthread_mutex_init(&allow->lock, NULL);
    allow->journal = journal;
    allow->position_next = 1;
    enum err err = journal_get_identity(journal, &who);
    if (err == OK) {
        allow->hub = who.node;
        allow->txn = UINT64_MAX; /* nothing read yet */
        err = refresh(allow);
    }
    if (err != OK) {
        allow_close(allow);
        return err;
    }
    *ret_allow = allow;
    return OK;
}

void
allow_close(struct allow *allow)
{
    if (!allow)
        return;
    pthread_mutex_destroy(&allow->lock);
    free(allow->entries);
    free(allow->keys);
    free(allow);
}

/* --- asking --- */

static int
compare_keys(const void *one, const void *other)
{
    const struct known_key *a = one, *b = other;
    int order = memcmp(a->key.bytes, b->key.bytes, CURVE_KEY_SIZE);

    if (order != 0)
        return order;
    return a->node != b->node ? (a->node < b->node ? -1 : 1)
                              : (int)a->joining - (int)b->joining;
}

/* Thousands come at once, each with two questions: they are found by their key,
 * not by a look at all. */
static enum err
sort_keys(struct allow *allow)
{
    if (allow->keys_changes == allow->changes && allow->keys)
        return OK;
    struct known_key *keys =
        realloc(allow->keys, (2 * allow->count + 1) * sizeof *keys);
    if (!keys)
        return ERR_MEMORY;
    allow->keys = keys;
    allow->key_count = 0;
    for (uint32_t i = 0; i < allow->count; i++) {
        const struct enrolment *enrolment = &allow->entries[i].enrolment;
        if (allow->entries[i].revoked)
            continue;
        if (enrolment->joined)
            keys[allow->key_count++] =
                (struct known_key) { .key = enrolment->key,
                                     .node = enrolment->node };
        if (enrolment->once_until_ms > 0)
            keys[allow->key_count++] = (struct known_key) {
                .key = enrolment->once, .node = enrolment->node, .joining = true
            };
    }
    qsort(keys, allow->key_count, sizeof *keys, compare_keys);
    allow->keys_changes = allow->changes;
    return OK;
}

/* The place of the first one that is not before the key. */
static uint32_t
place_of_key(const struct allow *allow, curve_key key)
{
    uint32_t low = 0;
    uint32_t high = allow->key_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (memcmp(allow->keys[middle].key.bytes, key.bytes, CURVE_KEY_SIZE) <
            0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const struct entry *
find_key(struct allow *allow, curve_key key, bool *ret_joining)
{
    for (uint32_t i = place_of_key(allow, key); i < allow->key_count; i++) {
        const struct known_key *known = &allow->keys[i];
        if (!curve_key_equal(known->key, key))
            return NULL;
        const struct entry *entry = find(allow, known->node);
        if (known->joining && clock_wall_ms() > entry->enrolment.once_until_ms)
            continue;
        *ret_joining = known->joining;
        return entry;
    }
    return NULL;
}

bool
allow_gate(void *context, curve_key key, struct transport_pass *ret_pass)
{
    struct allow *allow = context;
    bool joining = false;

    pthread_mutex_lock(&allow->lock);
    enum err err = refresh(allow);
    if (err == OK)
        err = sort_keys(allow);
    const struct entry *entry =
        err == OK ? find_key(allow, key, &joining) : NULL;
    if (!entry)
        trace(TRACE_NOTICE, allow->hub, "gate", "admitted=no err=%s",
              err_name(err));
    if (entry)
        *ret_pass = (struct transport_pass) { .node = entry->enrolment.node,
                                              .joining = joining };
    pthread_mutex_unlock(&allow->lock);
    return entry != NULL;
}

bool
allow_holds(struct allow *allow, struct transport_pass pass, curve_key key)
{
    struct transport_pass now;

    return allow_gate(allow, key, &now) && now.node == pass.node &&
           now.joining == pass.joining;
}

uint64_t
allow_changes(struct allow *allow)
{
    pthread_mutex_lock(&allow->lock);
    /* What can't be read now will be seen at the next look. */
    enum err err = refresh(allow);
    uint64_t changes = err == OK ? allow->changes : 0;
    pthread_mutex_unlock(&allow->lock);
    return changes;
}

bool
allow_find(struct allow *allow, uint32_t node, struct enrolment *ret_enrolment)
{
    pthread_mutex_lock(&allow->lock);
    const struct entry *entry = refresh(allow) == OK ? find(allow, node) : NULL;
    bool found = entry && !entry->revoked;
    if (found)
        *ret_enrolment = entry->enrolment;
    pthread_mutex_unlock(&allow->lock);
    return found;
}

bool
allow_next(struct allow *allow, uint32_t after, struct enrolment *ret_enrolment,
           bool *ret_revoked)
{
    bool found = false;

    pthread_mutex_lock(&allow->lock);
    if (refresh(allow) == OK && after < UINT32_MAX) {
        uint32_t at = place(allow, after + 1);
        found = at < allow->count;
        if (found) {
            *ret_enrolment = allow->entries[at].enrolment;
            *ret_revoked = allow->entries[at].revoked;
        }
    }
    pthread_mutex_unlock(&allow->lock);
    return found;
}

/* --- writing --- */

static enum err
write_item(struct allow *allow, enum record_kind kind, const struct text *body,
           uint64_t only_at)
{
    struct journal_result result;
    const struct journal_control control = { .channel = CHANNEL_BOOKS,
                                             .kind = (uint8_t)kind,
                                             .body = text_view(body),
                                             .now_ms = clock_wall_ms(),
                                             .only_at = only_at };

    if (!text_ok(body))
        return ERR_MEMORY;
    return journal_append_control(allow->journal, &control, &result);
}

enum err
allow_enrol(struct allow *allow, const struct enrolment *enrolment)
{
    struct text body = { 0 };

    enrol_encode(enrolment, &body);
    enum err err = write_item(allow, RECORD_ENROL, &body, 0);
    text_close(&body);
    return err;
}

enum err
allow_revoke(struct allow *allow, uint32_t node)
{
    struct enrolment enrolment;
    struct text body = { 0 };

    if (!allow_find(allow, node, &enrolment))
        return ERR_NOT_FOUND;
    enrol_encode_revoke(node, &body);
    enum err err = write_item(allow, RECORD_REVOKE, &body, 0);
    text_close(&body);
    return err;
}

/* Only as long as nobody has written into the books meanwhile (a revocation,
 * say) does the decision hold; else it is made again. */
static enum err
try_join(struct allow *allow, uint32_t node, curve_key key)
{
    struct enrolment enrolment = { 0 };

    pthread_mutex_lock(&allow->lock);
    enum err err = refresh(allow);
    uint64_t next = allow->position_next;
    const struct entry *entry = err == OK ? find(allow, node) : NULL;
    if (entry && !entry->revoked)
        enrolment = entry->enrolment;
    pthread_mutex_unlock(&allow->lock);
    if (err != OK)
        return err;
    if (enrolment.node == 0)
        return ERR_NOT_FOUND;
    if (enrolment.joined)
        return curve_key_equal(enrolment.key, key) ? OK : ERR_CONFLICT;

    struct text body = { 0 };
    enrolment.joined = true;
    enrolment.key = key;
    enrol_encode(&enrolment, &body);
    err = write_item(allow, RECORD_ENROL, &body, next);
    text_close(&body);
    return err;
}

enum err
allow_join(struct allow *allow, uint32_t node, curve_key key)
{
    enum { TRIES = 10 };
    enum err err = ERR_BUSY;

    for (uint32_t i = 0; i < TRIES && err == ERR_BUSY; i++)
        err = try_join(allow, node, key);
    return err;
}
