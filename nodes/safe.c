#include "nodes/safe.h"

#include "core/heads.h"
#include "core/list.h"
#include "core/pack.h"
#include "core/reader.h"

#include <stdlib.h>
#include <string.h>

enum { FIELDS_MAX = 32, HEAD_FIELDS = 5, HEADS_MAX = 1 << 20 };
enum field { FIELD_POSITION = 1, FIELD_DIGEST = 2, FIELD_HEADS = 3 };

struct key {
    stream_id stream;
    uint32_t standby; /* its number; 0: backups */
};

struct entry {
    struct key key;
    uint64_t seq;
    stream_head backup; /* in one that goes further than we do; 0: none */
    bool changed;
};

struct safe {
    struct journal *journal;
    uint64_t position;     /* control items up to here have been read */
    struct entry *entries; /* in the order of compare() */
    uint32_t count;
    uint32_t room;
    uint32_t changed; /* how many have */
};

static int
compare(const void *item, const void *key)
{
    const struct entry *entry = item;
    const struct key *wanted = key;
    int order = stream_compare(entry->key.stream, wanted->stream);

    if (order != 0)
        return order;
    return (entry->key.standby > wanted->standby) -
           (entry->key.standby < wanted->standby);
}

/* The place of the key, or where it would stand. */
static uint32_t
place(const struct safe *safe, struct key key)
{
    return LIST_PLACE(safe->entries, safe->count, &key, compare);
}

static bool
is_at(const struct safe *safe, uint32_t at, struct key key)
{
    return at < safe->count && compare(&safe->entries[at], &key) == 0;
}

/* NULL: no memory. */
static struct entry *
obtain(struct safe *safe, struct key key)
{
    uint32_t at = place(safe, key);

    if (is_at(safe, at, key))
        return &safe->entries[at];
    if (safe->count == safe->room) {
        uint32_t room = safe->room ? safe->room * 2 : 16;
        struct entry *grown =
            realloc(safe->entries, room * sizeof safe->entries[0]);
        if (!grown)
            return NULL;
        safe->entries = grown;
        safe->room = room;
    }
    memmove(&safe->entries[at + 1], &safe->entries[at],
            (safe->count - at) * sizeof safe->entries[0]);
    safe->entries[at] = (struct entry) { .key = key };
    safe->count++;
    return &safe->entries[at];
}

/* What others hold may make no difference of it. */
static void
set(struct safe *safe, struct entry *entry, uint64_t seq)
{
    const uint64_t before = safe_get(safe, entry->key.stream);

    entry->seq = seq;
    if (entry->changed || safe_get(safe, entry->key.stream) == before)
        return;
    entry->changed = true;
    safe->changed++;
}

static void
put(struct safe *safe, struct key key, uint64_t seq)
{
    struct entry *entry = obtain(safe, key);

    if (entry && seq > entry->seq)
        set(safe, entry, seq);
}

void
safe_put(struct safe *safe, uint32_t standby, stream_id stream, uint64_t seq)
{
    assert(standby > 0);
    put(safe, (struct key) { stream, standby }, seq);
}

void
safe_cap(struct safe *safe, uint32_t standby, const struct frame_offer *held,
         uint32_t count)
{
    uint32_t at = 0;

    assert(standby > 0);
    for (uint32_t i = 0; i < safe->count; i++) {
        struct entry *entry = &safe->entries[i];
        const stream_id stream = entry->key.stream;
        if (entry->key.standby != standby)
            continue;
        while (at < count && stream_compare(held[at].stream, stream) < 0)
            at++;
        const bool has = at < count && stream_equal(held[at].stream, stream);
        const uint64_t most = has ? held[at].head.seq : 0;
        if (entry->seq > most)
            set(safe, entry, most);
    }
}

bool
safe_next_standby(const struct safe *safe, uint32_t after,
                  uint32_t *ret_standby)
{
    uint32_t least = UINT32_MAX;

    for (uint32_t i = 0; i < safe->count; i++) {
        const uint32_t standby = safe->entries[i].key.standby;
        if (standby > after && standby < least)
            least = standby;
    }
    if (least == UINT32_MAX)
        return false;
    *ret_standby = least;
    return true;
}

uint64_t
safe_get(const struct safe *safe, stream_id stream)
{
    uint64_t most = 0;

    for (uint32_t i = place(safe, (struct key) { stream, 0 });
         i < safe->count && stream_equal(safe->entries[i].key.stream, stream);
         i++)
        if (safe->entries[i].seq > most)
            most = safe->entries[i].seq;
    return most;
}

/* Of the entry there, and of those after it that are of the same stream. */
static void
forget_changes(struct safe *safe, uint32_t at)
{
    const stream_id stream = safe->entries[at].key.stream;

    for (;
         at < safe->count && stream_equal(safe->entries[at].key.stream, stream);
         at++) {
        safe->changed -= safe->entries[at].changed;
        safe->entries[at].changed = false;
    }
}

bool
safe_next_change(struct safe *safe, stream_id *ret_stream, uint64_t *ret_seq)
{
    if (safe->changed == 0)
        return false;
    for (uint32_t i = 0; i < safe->count; i++) {
        const stream_id stream = safe->entries[i].key.stream;
        if (!safe->entries[i].changed)
            continue;
        forget_changes(safe, i);
        *ret_stream = stream;
        *ret_seq = safe_get(safe, stream);
        return true;
    }
    assert(!"the count is that of the flags");
    return false;
}

/* --- backups --- */

/* A backup has the stream up to there, of whatever branch: only what is ours
 * too counts, and where ours does not go so far yet it is kept in mind. */
static void
take_head(struct safe *safe, struct reader *reader, stream_id stream,
          stream_head head)
{
    struct reader_stream ours = { 0 };

    if (reader_holds(reader, stream, head)) {
        put(safe, (struct key) { stream, 0 }, head.seq);
        return;
    }
    (void)!reader_get_stream(reader, stream, &ours);
    struct entry *entry = head.seq > ours.head.seq
                              ? obtain(safe, (struct key) { stream, 0 })
                              : NULL;
    if (entry && head.seq > entry->backup.seq)
        entry->backup = head;
}

void
safe_grown(struct safe *safe, stream_id stream)
{
    struct reader *reader = NULL;
    const struct key key = { stream, 0 };
    uint32_t at = place(safe, key);

    if (!is_at(safe, at, key) || safe->entries[at].backup.seq == 0 ||
        reader_open(safe->journal, &reader) != OK)
        return;
    stream_head head = safe->entries[at].backup;
    safe->entries[at].backup = (stream_head) { 0 };
    take_head(safe, reader, stream, head);
    reader_close(reader);
}

static void
take_heads(struct safe *safe, struct reader *reader, struct unpacker *unpacker)
{
    uint32_t count = unpack_array(unpacker, HEADS_MAX);

    for (uint32_t i = 0; i < count && unpack_ok(unpacker); i++) {
        if (unpack_array(unpacker, HEAD_FIELDS) != HEAD_FIELDS)
            unpack_fail(unpacker);
        stream_id stream = { 0 }; /* read in this order */
        stream_head head = { 0 };
        stream.node = (uint32_t)unpack_unsigned(unpacker, 1, LIMIT_NODE);
        stream.incarnation = unpack_unsigned(unpacker, 0, UINT64_MAX);
        stream.channel = (uint8_t)unpack_unsigned(unpacker, 0, CHANNEL_END - 1);
        head.seq = unpack_unsigned(unpacker, 0, UINT64_MAX);
        view chain = unpack_bin(unpacker, sizeof head.chain);
        if (!unpack_ok(unpacker) || chain.size != sizeof head.chain)
            return;
        memcpy(head.chain.bytes, chain.bytes, sizeof head.chain);
        take_head(safe, reader, stream, head);
    }
}

static void
take_backup(struct safe *safe, struct reader *reader,
            const struct record *record)
{
    struct unpacker unpacker = unpack_begin(record->body);
    uint32_t count = unpack_map(&unpacker, FIELDS_MAX);

    for (uint32_t i = 0; i < count && unpack_ok(&unpacker); i++) {
        if (unpack_unsigned(&unpacker, 1, UINT32_MAX) == FIELD_HEADS)
            take_heads(safe, reader, &unpacker);
        else
            (void)unpack_skip(&unpacker);
    }
}

static enum err
read_books(struct safe *safe)
{
    struct reader *reader = NULL;
    struct reader_item item;
    enum err err = reader_open(safe->journal, &reader);

    while (err == OK) {
        err = reader_next_control(reader, safe->position + 1, &item);
        if (err != OK && err != ERR_UNKNOWN)
            break;
        if (err == OK && item.record.kind == RECORD_BACKUP &&
            item.record.stream.channel == CHANNEL_BOOKS)
            take_backup(safe, reader, &item.record);
        safe->position = item.position;
        err = OK;
    }
    reader_close(reader);
    return err == ERR_NOT_FOUND ? OK : err;
}

void
safe_refresh(struct safe *safe)
{
    enum err err = read_books(safe);

    (void)err; /* it is tried again at the next look */
}

enum err
safe_open(struct journal *journal, struct safe **ret_safe)
{
    struct safe *safe = calloc(1, sizeof *safe);
    if (!safe)
        return ERR_MEMORY;
    safe->journal = journal;
    safe_refresh(safe);
    *ret_safe = safe;
    return OK;
}

void
safe_close(struct safe *safe)
{
    if (!safe)
        return;
    free(safe->entries);
    free(safe);
}

enum err
safe_record_backup(struct journal *journal, uint64_t position, int64_t now_ms)
{
    struct text heads = { 0 };
    struct text body = { 0 };
    struct journal_result result;
    digest sum;

    enum err err = heads_pack(journal, position, &heads, &sum);
    pack_map(&body, 3);
    pack_unsigned(&body, FIELD_POSITION);
    pack_unsigned(&body, position);
    pack_unsigned(&body, FIELD_DIGEST);
    pack_bin(&body, (view) { sum.bytes, sizeof sum.bytes });
    pack_unsigned(&body, FIELD_HEADS);
    text_view_append(&body, text_view(&heads));
    if (err == OK && (!text_ok(&heads) || !text_ok(&body)))
        err = ERR_MEMORY;
    const struct journal_control control = { .channel = CHANNEL_BOOKS,
                                             .kind = RECORD_BACKUP,
                                             .body = text_view(&body),
                                             .now_ms = now_ms };
    if (err == OK && control.body.size > LIMIT_CONTROL_SIZE)
        err = ERR_INPUT; /* more streams than anybody has */
    if (err == OK)
        err = journal_append_control(journal, &control, &result);
    text_close(&heads);
    text_close(&body);
    return err;
}
