#include "nodes/reissue.h"

#include "core/reader.h"
#include "nodes/trace.h"

#include <stdlib.h>
#include <string.h>

struct reissue_version {
    stream_id stream;
    uint64_t seq;
    int64_t recorded_ms;
    digest body;
};

struct reissue
reissue_open(struct journal *journal)
{
    return (struct reissue) { .journal = journal };
}

void
reissue_close(struct reissue *reissue)
{
    free(reissue->list);
    *reissue = (struct reissue) { 0 };
}

/* --- which there are --- */

static bool
is_version(const struct record *record)
{
    return record->kind == RECORD_VERSION &&
           record->stream.channel == CHANNEL_PUBLIC;
}

static enum err
add(struct reissue *reissue, const struct record *record)
{
    if (reissue->count == reissue->room) {
        uint32_t room = reissue->room ? reissue->room * 2 : 16;
        void *grown = realloc(reissue->list, room * sizeof *reissue->list);
        if (!grown)
            return ERR_MEMORY;
        reissue->list = grown;
        reissue->room = room;
    }
    reissue->list[reissue->count++] =
        (struct reissue_version) { .stream = record->stream,
                                   .seq = record->seq,
                                   .recorded_ms = record->recorded_ms,
                                   .body = crypto_digest(record->body) };
    return OK;
}

static enum err
read_on(struct reissue *reissue)
{
    struct reader *reader = NULL;
    struct reader_item item;
    enum err err = reader_open(reissue->journal, &reader);

    while (err == OK) {
        err = reader_next_control(reader, reissue->position + 1, &item);
        if (err == OK && is_version(&item.record))
            err = add(reissue, &item.record);
        if (err == ERR_UNKNOWN)
            err = OK;
        if (err == OK)
            reissue->position = item.position;
    }
    reader_close(reader);
    return err == ERR_NOT_FOUND ? OK : err;
}

/* Whether it stands somewhere, but in that stream (node 0: anywhere). */
static bool
stands(const struct reissue *reissue, const struct record *record,
       stream_id but)
{
    const digest body = crypto_digest(record->body);

    for (uint32_t i = 0; i < reissue->count; i++) {
        const struct reissue_version *version = &reissue->list[i];
        if (version->recorded_ms == record->recorded_ms &&
            digest_equal(version->body, body) &&
            !stream_equal(version->stream, but))
            return true;
    }
    return false;
}

/* --- saying them again --- */

static enum err
say_again(struct reissue *reissue, const struct record *record)
{
    const struct journal_control control = { .channel = CHANNEL_PUBLIC,
                                             .kind = RECORD_VERSION,
                                             .body = record->body,
                                             .now_ms = record->recorded_ms };
    struct journal_result result;
    enum err err = journal_append_control(reissue->journal, &control, &result);

    if (err != OK)
        return err;
    trace(TRACE_ERROR, result.identity.node, "published_again",
          "from=%s seq=%llu to=%llu.%llu recorded_ms=%lld",
          trace_stream(record->stream), (unsigned long long)record->seq,
          (unsigned long long)result.identity.incarnation,
          (unsigned long long)result.identity.seq,
          (long long)record->recorded_ms);
    return read_on(reissue);
}

bool
reissue_is_ours(struct journal *journal, const struct record *record)
{
    struct reader *reader = NULL;
    struct reader_item item;
    enum err err = reader_open(journal, &reader);

    if (err == OK)
        err = reader_find(reader, record->stream, record->seq, &item);
    bool same = err == OK && item.record.seq == record->seq &&
                digest_equal(item.record.chain, record->chain);
    reader_close(reader);
    return same || (err != OK && err != ERR_NOT_FOUND);
}

/* Its body is copied: while a reader is open nothing can be appended to a file
 * that must grow for it. */
static enum err
say_ours_again(struct reissue *reissue, stream_id stream, uint64_t seq)
{
    struct reader *reader = NULL;
    struct reader_item item;
    uint8_t *body = NULL;
    enum err err = reader_open(reissue->journal, &reader);

    if (err == OK)
        err = reader_find(reader, stream, seq, &item);
    if (err == OK && !stands(reissue, &item.record, stream)) {
        body = malloc(item.record.body.size + 1);
        err = body ? OK : ERR_MEMORY;
    }
    if (body) {
        memcpy(body, item.record.body.bytes, item.record.body.size);
        item.record.body.bytes = body;
    }
    reader_close(reader);
    if (body)
        err = say_again(reissue, &item.record);
    free(body);
    return err;
}

/* Ours from that seq on. */
static enum err
run_ours(struct reissue *reissue, stream_id stream, uint64_t from)
{
    enum err err = OK;

    for (uint32_t i = 0; err == OK && i < reissue->count; i++) {
        const struct reissue_version *version = &reissue->list[i];
        if (stream_equal(version->stream, stream) && version->seq >= from)
            err = say_ours_again(reissue, stream, version->seq);
    }
    return err;
}

enum err
reissue_run(struct reissue *reissue, stream_id stream, view records)
{
    const stream_id nowhere = { 0 };
    struct record record;
    uint64_t parts = 0; /* at this seq */
    enum err err = read_on(reissue);

    while (err == OK && records.size > 0 &&
           record_parse(records, &record) == OK) {
        records.bytes += record.bytes.size;
        records.size -= record.bytes.size;
        if (parts == 0 && reissue_is_ours(reissue->journal, &record))
            continue;
        if (parts == 0)
            parts = record.seq;
        if (is_version(&record) && record.body.size <= LIMIT_CONTROL_SIZE &&
            !stands(reissue, &record, nowhere))
            err = say_again(reissue, &record);
    }
    if (err == OK && parts > 0)
        err = run_ours(reissue, stream, parts);
    return err;
}
