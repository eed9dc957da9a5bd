#include "core/heads.h"

#include "core/list.h"
#include "core/pack.h"

enum { ARENA_SIZE = 1 << 28 };

/* The first record of a stream that arrived after the position. */
struct later {
    stream_id stream;
    uint64_t seq;
};

struct later_list {
    struct later *items;
    uint32_t count;
    uint32_t room;
};

static const struct later *
find_later(const struct later_list *list, stream_id stream)
{
    for (uint32_t i = 0; i < list->count; i++)
        if (stream_equal(list->items[i].stream, stream))
            return &list->items[i];
    return NULL;
}

/* What has arrived since is little: a close takes seconds. */
static enum err
list_later(struct reader *reader, uint64_t known, struct later_list *list,
           struct arena *arena)
{
    struct reader_item item;
    uint64_t next = known + 1;
    enum err err;

    while ((err = reader_next(reader, next, &item)) == OK) {
        if (find_later(list, item.record.stream) == NULL)
            *LIST_ADD(arena, list) =
                (struct later) { item.record.stream, item.record.seq };
        next = item.position + item.record.count;
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

/* The head of the stream as of the position; seq 0: it had not begun. */
static enum err
head_then(struct reader *reader, const struct reader_stream *stream,
          const struct later_list *list, stream_head *ret_head)
{
    const struct later *later = find_later(list, stream->stream);
    struct reader_item item;

    *ret_head = stream->head;
    if (later == NULL)
        return OK;
    if (later->seq == 1) {
        *ret_head = (stream_head) { 0 };
        return OK;
    }
    if (later->seq - 1 == stream->boundary.seq) {
        *ret_head = stream->boundary;
        return OK;
    }
    enum err err = reader_find(reader, stream->stream, later->seq - 1, &item);
    if (err == OK)
        *ret_head =
            (stream_head) { record_last(&item.record), item.record.chain };
    return err;
}

static void
pack_head(struct text *text, stream_id stream, stream_head head)
{
    pack_array(text, 5);
    pack_unsigned(text, stream.node);
    pack_unsigned(text, stream.incarnation);
    pack_unsigned(text, stream.channel);
    pack_unsigned(text, head.seq);
    pack_bin(text, (view) { head.chain.bytes, sizeof head.chain.bytes });
}

static enum err
pack_all(struct reader *reader, const struct later_list *list,
         struct text *text, uint32_t *ret_count)
{
    struct reader_stream stream = { 0 };
    stream_head head;
    enum err err;

    while ((err = reader_next_stream(reader, stream.stream, &stream)) == OK) {
        err = head_then(reader, &stream, list, &head);
        if (err != OK)
            return err;
        if (head.seq == 0)
            continue;
        pack_head(text, stream.stream, head);
        *ret_count += 1;
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

enum err
heads_pack(struct journal *journal, uint64_t known, struct text *text,
           digest *ret_digest)
{
    struct later_list later = { 0 };
    struct arena arena = { 0 };
    struct reader *reader = NULL;
    struct text heads = { 0 };
    uint32_t count = 0;

    enum err err = arena_open(&arena, ARENA_SIZE) ? OK : ERR_MEMORY;
    if (err == OK)
        err = reader_open(journal, &reader);
    if (err == OK)
        err = list_later(reader, known, &later, &arena);
    if (err == OK)
        err = pack_all(reader, &later, &heads, &count);
    if (err == OK && !text_ok(&heads))
        err = ERR_MEMORY;
    if (err == OK) {
        pack_array(text, count);
        text_view_append(text, text_view(&heads));
        *ret_digest = crypto_digest(text_view(&heads));
    }
    reader_close(reader);
    text_close(&heads);
    arena_close(&arena);
    return err;
}

/* --- where they were --- */

struct named {
    stream_id stream;
    uint64_t seq;
};

struct named_list {
    struct named *items;
    uint32_t count;
    uint32_t room;
};

static enum err
read_named(view packed, struct named_list *list, struct arena *arena)
{
    struct unpacker unpacker = unpack_begin(packed);

    for (uint32_t left = unpack_array(&unpacker, UINT32_MAX);
         left > 0 && unpack_ok(&unpacker); left--) {
        struct named named = { 0 };
        if (unpack_array(&unpacker, 5) != 5)
            unpack_fail(&unpacker);
        named.stream.node = (uint32_t)unpack_unsigned(&unpacker, 1, UINT32_MAX);
        named.stream.incarnation = unpack_unsigned(&unpacker, 0, UINT64_MAX);
        named.stream.channel =
            (uint8_t)unpack_unsigned(&unpacker, 0, UINT8_MAX);
        named.seq = unpack_unsigned(&unpacker, 1, UINT64_MAX);
        unpack_skip(&unpacker);
        *LIST_ADD(arena, list) = named;
    }
    return unpack_end(&unpacker) == OK ? OK : err_corrupt();
}

/* The last position of the record that holds the seq; 0: it is not held. */
static enum err
position_of(struct reader *reader, stream_id stream, uint64_t seq,
            uint64_t *ret_position)
{
    struct reader_item item;
    enum err err = reader_find(reader, stream, seq, &item);

    *ret_position = err == OK ? item.position + item.record.count - 1 : 0;
    return err == ERR_NOT_FOUND ? OK : err;
}

static enum err
find_last(struct reader *reader, const struct named_list *list,
          struct heads_place *place)
{
    enum err err = OK;

    for (uint32_t i = 0; i < list->count && err == OK; i++) {
        const struct named *named = &list->items[i];
        uint64_t position;
        err = position_of(reader, named->stream, named->seq, &position);
        if (err != OK)
            return err;
        if (position > place->position)
            place->position = position;
        if (position == 0 && named->stream.channel == CHANNEL_EVENTS)
            place->exact = false;
    }
    return err;
}

static uint64_t
seq_named(const struct named_list *list, stream_id stream)
{
    for (uint32_t i = 0; i < list->count; i++)
        if (stream_equal(list->items[i].stream, stream))
            return list->items[i].seq;
    return 0;
}

/* Whether more of some stream had come by then. */
static enum err
look_for_more(struct reader *reader, const struct named_list *list,
              struct heads_place *place)
{
    struct reader_stream stream = { 0 };
    enum err err = OK;

    while (err == OK && place->exact) {
        uint64_t position = 0;
        err = reader_next_stream(reader, stream.stream, &stream);
        if (err == OK && stream.stream.channel == CHANNEL_EVENTS)
            err = position_of(reader, stream.stream,
                              seq_named(list, stream.stream) + 1, &position);
        if (err == OK && position > 0 && position <= place->position)
            place->exact = false;
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

enum err
heads_find(struct journal *journal, view packed, struct heads_place *ret_place)
{
    struct heads_place place = { .exact = true };
    struct named_list list = { 0 };
    struct reader *reader = NULL;
    struct arena arena;

    if (!arena_open(&arena, ARENA_SIZE))
        return ERR_MEMORY;
    enum err err = read_named(packed, &list, &arena);
    if (err == OK)
        err = reader_open(journal, &reader);
    if (err == OK)
        err = find_last(reader, &list, &place);
    if (err == OK)
        err = look_for_more(reader, &list, &place);
    if (err == OK)
        *ret_place = place;
    reader_close(reader);
    arena_close(&arena);
    return err;
}
