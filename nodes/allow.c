#include "nodes/allow.h"

#include "core/allow_list.h"
#include "core/limits.h"
#include "core/list.h"
#include "nodes/clock.h"
#include "nodes/trace.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { GATE_MS = 60000 }; /* who is not admitted is told no more often */

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
    uint64_t txn; /* of the journal, when it was last read */
    struct allow_list list;
    struct known_key *keys; /* sorted; as of `keys_changes` */
    uint32_t key_count;
    uint64_t keys_changes; /* 0: never */
    uint32_t refused;      /* not yet told */
    int64_t told_ms;       /* when they were; 0: never */
};

/* --- reading the books --- */

static void
tell_odd(const struct allow *allow)
{
    trace(TRACE_NOTICE, allow->hub, "books",
          "what=\"an item that can't be read\" stream=%s seq=%llu",
          trace_stream(allow->list.odd.stream),
          (unsigned long long)allow->list.odd.seq);
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
    const uint64_t odd = allow->list.odd_count;
    enum err err = reader_open(allow->journal, &reader);
    if (err == OK)
        err = allow_list_read(&allow->list, reader);
    reader_close(reader);
    if (allow->list.odd_count > odd)
        tell_odd(allow);
    if (err == OK)
        allow->txn = txn;
    return err;
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
    allow_list_close(&allow->list);
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
    if (allow->keys_changes == allow->list.changes && allow->keys)
        return OK;
    struct known_key *keys =
        realloc(allow->keys, (2 * allow->list.count + 1) * sizeof *keys);
    if (!keys)
        return ERR_MEMORY;
    allow->keys = keys;
    allow->key_count = 0;
    for (uint32_t i = 0; i < allow->list.count; i++) {
        const struct enrolment *enrolment = &allow->list.entries[i].enrolment;
        if (allow->list.entries[i].revoked)
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
    allow->keys_changes = allow->list.changes;
    return OK;
}

static int
compare_key(const void *item, const void *key)
{
    const struct known_key *known = item;
    const curve_key *wanted = key;

    return memcmp(known->key.bytes, wanted->bytes, CURVE_KEY_SIZE);
}

static const struct allow_list_entry *
find_key(struct allow *allow, curve_key key, bool *ret_joining)
{
    uint32_t i = LIST_PLACE(allow->keys, allow->key_count, &key, compare_key);

    for (; i < allow->key_count; i++) {
        const struct known_key *known = &allow->keys[i];
        if (!curve_key_equal(known->key, key))
            return NULL;
        const struct allow_list_entry *entry =
            allow_list_find(&allow->list, known->node);
        if (known->joining && clock_wall_ms() > entry->enrolment.once_until_ms)
            continue;
        *ret_joining = known->joining;
        return entry;
    }
    return NULL;
}

/* A machine that is not enrolled any more, or a stranger, may try for ever. */
static void
tell_refused(struct allow *allow, enum err err)
{
    const int64_t now_ms = clock_steady_ms();

    allow->refused++;
    if (allow->told_ms != 0 && now_ms - allow->told_ms < GATE_MS)
        return;
    trace(TRACE_NOTICE, allow->hub, "gate", "admitted=no why=\"%s\" times=%u",
          err == OK ? "no node has this key" : err_name(err), allow->refused);
    allow->told_ms = now_ms;
    allow->refused = 0;
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
    const struct allow_list_entry *entry =
        err == OK ? find_key(allow, key, &joining) : NULL;
    if (!entry)
        tell_refused(allow, err);
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
    uint64_t changes = err == OK ? allow->list.changes : 0;
    pthread_mutex_unlock(&allow->lock);
    return changes;
}

bool
allow_find(struct allow *allow, uint32_t node, struct enrolment *ret_enrolment)
{
    pthread_mutex_lock(&allow->lock);
    const struct allow_list_entry *entry =
        refresh(allow) == OK ? allow_list_find(&allow->list, node) : NULL;
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
    const struct allow_list_entry *entry = NULL;

    pthread_mutex_lock(&allow->lock);
    if (refresh(allow) == OK && after < UINT32_MAX)
        entry = allow_list_next(&allow->list, after + 1);
    if (entry) {
        *ret_enrolment = entry->enrolment;
        *ret_revoked = entry->revoked;
    }
    pthread_mutex_unlock(&allow->lock);
    return entry != NULL;
}

/* --- writing --- */

/* After what holds for the number, also where that was written by a clock that
 * is ahead of ours: else it would go on holding. */
static int64_t
later_ms(struct allow *allow, uint32_t node)
{
    int64_t now_ms = clock_wall_ms();

    pthread_mutex_lock(&allow->lock);
    const struct allow_list_entry *entry =
        refresh(allow) == OK ? allow_list_find(&allow->list, node) : NULL;
    if (entry && entry->stamp.written_ms >= now_ms)
        now_ms = entry->stamp.written_ms + 1;
    pthread_mutex_unlock(&allow->lock);
    return now_ms < LIMIT_CLOCK_MS_MAX ? now_ms : LIMIT_CLOCK_MS_MAX;
}

/* Of the number, as the body says. */
static enum err
write_item(struct allow *allow, enum record_kind kind, uint32_t node,
           const struct text *body, uint64_t only_at)
{
    struct journal_result result;
    const struct journal_control control = { .channel = CHANNEL_BOOKS,
                                             .kind = (uint8_t)kind,
                                             .body = text_view(body),
                                             .now_ms = later_ms(allow, node),
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
    enum err err = write_item(allow, RECORD_ENROL, enrolment->node, &body, 0);
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
    enum err err = write_item(allow, RECORD_REVOKE, node, &body, 0);
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
    uint64_t next = allow->list.position + 1;
    const struct allow_list_entry *entry =
        err == OK ? allow_list_find(&allow->list, node) : NULL;
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
    err = write_item(allow, RECORD_ENROL, node, &body, next);
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
