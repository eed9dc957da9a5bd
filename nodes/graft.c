#include "nodes/graft.h"

#include "core/prune.h"
#include "core/reader.h"
#include "core/retell.h"
#include "nodes/trace.h"

#include <string.h>

static const char NAME[] = "graft";
enum { ENTRY_SIZE = 56, ENTRIES_MAX = 500 };

struct entry {
    stream_id stream;
    stream_head fork;
};

struct list {
    uint8_t bytes[ENTRY_SIZE * ENTRIES_MAX];
    uint32_t size;
};
static_assert(sizeof(struct list) < 32768, "it fits the stack");

static void
get(const uint8_t *bytes, struct entry *ret_entry)
{
    *ret_entry = (struct entry) { .stream.channel = CHANNEL_EVENTS };
    memcpy(&ret_entry->stream.incarnation, bytes, 8);
    memcpy(&ret_entry->stream.node, bytes + 8, 4);
    memcpy(&ret_entry->fork.seq, bytes + 16, 8);
    memcpy(ret_entry->fork.chain.bytes, bytes + 24, sizeof(digest));
}

static void
put(uint8_t *bytes, const struct entry *entry)
{
    memset(bytes, 0, ENTRY_SIZE);
    memcpy(bytes, &entry->stream.incarnation, 8);
    memcpy(bytes + 8, &entry->stream.node, 4);
    memcpy(bytes + 16, &entry->fork.seq, 8);
    memcpy(bytes + 24, entry->fork.chain.bytes, sizeof(digest));
}

static enum err
load(struct journal *journal, struct list *list)
{
    view value;

    list->size = 0;
    enum err err = journal_get_note(journal, view_of(NAME), list->bytes,
                                    sizeof list->bytes, &value);
    if (err == OK)
        list->size = value.size - value.size % ENTRY_SIZE;
    return err == ERR_NOT_FOUND ? OK : err;
}

enum err
graft_note(struct journal *journal, stream_id stream, stream_head fork)
{
    const struct entry entry = { stream, fork };
    struct list list;

    assert(stream.channel == CHANNEL_EVENTS);
    enum err err = load(journal, &list);
    if (err != OK)
        return err;
    for (uint32_t at = 0; at < list.size; at += ENTRY_SIZE) {
        struct entry known;
        get(list.bytes + at, &known);
        if (stream_equal(known.stream, stream))
            return ERR_EXISTS;
    }
    if (list.size == sizeof list.bytes)
        return ERR_FULL;
    put(list.bytes + list.size, &entry);
    return journal_put_note(journal, view_of(NAME),
                            (view) { list.bytes, list.size + ENTRY_SIZE });
}

bool
graft_is_due(struct journal *journal)
{
    struct list list;

    return load(journal, &list) == OK && list.size > 0;
}

/* Where the stream ends here; 0: nothing of it is held. */
static enum err
head_of(struct journal *journal, stream_id stream, uint64_t *ret_seq)
{
    struct reader *reader = NULL;
    struct reader_stream found = { 0 };
    enum err err = reader_open(journal, &reader);

    if (err == OK)
        err = reader_get_stream(reader, stream, &found);
    reader_close(reader);
    *ret_seq = found.head.seq;
    return err == ERR_NOT_FOUND ? OK : err;
}

static enum err
run_one(struct journal *journal, const struct entry *entry, int64_t now_ms)
{
    uint64_t head;
    struct retell retell = { .stream = entry->stream,
                             .fork = entry->fork,
                             .renewed = journal_draw_later(
                                 entry->stream.incarnation, now_ms),
                             .reason = REASON_FORK,
                             .now_ms = now_ms };
    enum err err = head_of(journal, entry->stream, &head);
    if (err != OK || head <= entry->fork.seq)
        return err; /* it was done before the power went */
    err = retell_run(journal, &retell);
    trace(TRACE_ERROR, entry->stream.node, "graft",
          "from=%s at=%llu to=%llu told_again=%u err=%s",
          trace_stream(entry->stream), (unsigned long long)entry->fork.seq,
          (unsigned long long)retell.renewed, retell.told, err_name(err));
    return err;
}

enum err
graft_run(struct journal *journal, const char *dir, int64_t now_ms)
{
    struct list list;
    enum err err = load(journal, &list);

    for (uint32_t at = 0; err == OK && at < list.size; at += ENTRY_SIZE) {
        struct entry entry;
        get(list.bytes + at, &entry);
        err = run_one(journal, &entry, now_ms);
    }
    if (err == OK)
        err = prune_caches(journal, dir);
    return err == OK ? graft_forget(journal) : err;
}

enum err
graft_forget(struct journal *journal)
{
    return journal_put_note(journal, view_of(NAME), (view) { 0 });
}
