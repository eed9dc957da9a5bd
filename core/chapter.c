#include "core/chapter.h"

#include "core/varint.h"

#include <string.h>

enum { LINE_SIZE = sizeof(struct chapter_line) };

/* --- opening --- */

struct sizes {
    uint64_t plain;
    uint64_t other;
    uint64_t streams;
    uint64_t lines;
    uint64_t skus;
    uint64_t rest;
};

static bool
take_sizes(const uint8_t **at, const uint8_t *end, bool lines,
           struct sizes *sizes)
{
    *sizes = (struct sizes) { 0 };
    if (!varint_take(at, end, &sizes->plain) ||
        !varint_take(at, end, &sizes->other) ||
        !varint_take(at, end, &sizes->streams))
        return false;
    if (lines && (!varint_take(at, end, &sizes->lines) ||
                  !varint_take(at, end, &sizes->skus)))
        return false;
    return varint_take(at, end, &sizes->rest);
}

/* Whether all of it lies in `left` bytes; nothing here can overflow. */
static bool
sizes_fit(const struct sizes *sizes, uint64_t row_size, uint64_t left)
{
    if (sizes->plain > left || sizes->other > left || sizes->lines > left ||
        sizes->skus > left || sizes->rest > left ||
        sizes->streams > CHAPTER_STREAMS_MAX ||
        (sizes->plain > 0 && sizes->streams == 0))
        return false;
    return sizes->plain * row_size + sizes->lines * LINE_SIZE + sizes->skus +
               sizes->streams * CHAPTER_STREAM_SIZE + sizes->rest <=
           left;
}

enum err
chapter_open(view bytes, struct chapter *ret_chapter)
{
    const uint8_t *at = bytes.bytes + 2;
    const uint8_t *end = bytes.bytes + bytes.size;
    struct sizes sizes;

    if (bytes.size < 2 || bytes.bytes[1] > CHAPTER_FLAG_GOODS ||
        !take_sizes(&at, end, (bytes.bytes[0] & 1u << CHAPTER_LINES) != 0,
                    &sizes))
        return err_corrupt();
    bool goods = bytes.bytes[1] == CHAPTER_FLAG_GOODS;
    bool several = sizes.streams > 1;
    if (!sizes_fit(&sizes, 12u + 2u * goods + several, (uint64_t)(end - at)))
        return err_corrupt();
    struct chapter chapter = { .kinds = bytes.bytes[0],
                               .plain_count = (uint32_t)sizes.plain,
                               .other_count = (uint32_t)sizes.other,
                               .stream_count = (uint32_t)sizes.streams,
                               .line_count = (uint32_t)sizes.lines,
                               .end = end };
    chapter.keys = at;
    chapter.amounts = at + sizes.plain * 8;
    at = chapter.amounts + sizes.plain * 4;
    chapter.goods = goods ? at : NULL;
    at += goods ? sizes.plain * 2 : 0;
    chapter.whose = several ? at : NULL;
    chapter.lines = several ? at + sizes.plain : at;
    chapter.skus = chapter.lines + sizes.lines * LINE_SIZE;
    chapter.streams = chapter.skus + sizes.skus;
    chapter.rest = chapter.streams + sizes.streams * CHAPTER_STREAM_SIZE;
    chapter.others = chapter.rest + sizes.rest;
    *ret_chapter = chapter;
    return OK;
}

identity
chapter_stream(const struct chapter *chapter, uint32_t index)
{
    identity id = { 0 };

    assert(index < chapter->stream_count);
    memcpy(&id.node, chapter->streams + index * CHAPTER_STREAM_SIZE, 4);
    memcpy(&id.incarnation, chapter->streams + index * CHAPTER_STREAM_SIZE + 4,
           8);
    return id;
}

static bool
line_has_sku(const uint8_t *lines, uint32_t index)
{
    struct chapter_line line;

    memcpy(&line, lines + (size_t)index * LINE_SIZE, sizeof line);
    return line.sku != 0;
}

/* --- rows --- */

void
chapter_start(const struct chapter *chapter, struct chapter_cursor *ret_cursor)
{
    ret_cursor->chapter = chapter;
    ret_cursor->next = 0;
    ret_cursor->at = chapter->rest;
    ret_cursor->lines = chapter->lines;
    ret_cursor->skus = chapter->skus;
    ret_cursor->position = 0;
    ret_cursor->recorded_ms = 0;
    for (uint32_t i = 0; i < chapter->stream_count; i++)
        ret_cursor->last[i] = (struct chapter_last) { 0 };
}

/* The columns' part of a row. */
static bool
take_columns(struct chapter_cursor *cursor, uint32_t index,
             struct chapter_row *row)
{
    const struct chapter *chapter = cursor->chapter;
    uint8_t room[LIMIT_CODE_SIZE];
    const uint8_t *skus = cursor->skus;
    view sku;

    memcpy(&row->key, chapter->keys + (size_t)index * 8, 8);
    memcpy(&row->amount, chapter->amounts + (size_t)index * 4, 4);
    if (chapter->goods != NULL)
        memcpy(&row->goods, chapter->goods + (size_t)index * 2, 2);
    if (chapter_key_kind(row->key) != CHAPTER_LINES)
        return true;
    if (row->goods > (size_t)(chapter->skus - cursor->lines) / LINE_SIZE)
        return false;
    for (uint32_t i = 0; i < row->goods; i++)
        if (line_has_sku(cursor->lines, i) &&
            !chapter_row_take_sku(&skus, chapter->streams, room, &sku))
            return false;
    row->lines = cursor->lines;
    row->skus = (view) { cursor->skus, (uint32_t)(skus - cursor->skus) };
    cursor->lines += (size_t)row->goods * LINE_SIZE;
    cursor->skus = skus;
    return true;
}

/* Position and identity. */
static bool
take_place(struct chapter_cursor *cursor, uint32_t index, uint8_t tag,
           struct chapter_row *row)
{
    const struct chapter *chapter = cursor->chapter;
    uint32_t stream = chapter->whose == NULL ? 0 : chapter->whose[index];
    int64_t step;

    if (stream >= chapter->stream_count ||
        !varint_take_signed(&cursor->at, chapter->others, &step))
        return false;
    struct chapter_last *last = &cursor->last[stream];
    row->position = cursor->position + (uint64_t)step;
    row->identity = chapter_stream(chapter, stream);
    row->identity.seq = last->seq + (row->position - last->position);
    if ((tag & CHAPTER_TAG_SEQ) != 0) {
        if (!varint_take_signed(&cursor->at, chapter->others, &step))
            return false;
        row->identity.seq = last->seq + (uint64_t)step;
    }
    *last = (struct chapter_last) { row->position, row->identity.seq };
    cursor->position = row->position;
    return true;
}

static bool
take_recorded(struct chapter_cursor *cursor, uint8_t tag,
              struct chapter_row *row)
{
    uint8_t form = tag & CHAPTER_TAG_RECORDED;
    int64_t step = 0;

    if (form == 0)
        return true;
    if (form != CHAPTER_RECORDED_SAME &&
        !varint_take_signed(&cursor->at, cursor->chapter->others, &step))
        return false;
    int64_t from = form == CHAPTER_RECORDED_AFTER_AT
                       ? chapter_key_at_ms(row->key)
                       : cursor->recorded_ms;
    row->recorded_ms = (int64_t)((uint64_t)from + (uint64_t)step);
    cursor->recorded_ms = row->recorded_ms;
    return true;
}

static bool
take_rest(struct chapter_cursor *cursor, uint32_t index,
          struct chapter_row *row)
{
    const uint8_t *end = cursor->chapter->others;

    if (cursor->at == end)
        return false;
    uint8_t tag = *cursor->at++;
    row->tag = tag & CHAPTER_TAG_OWN;
    if (!take_place(cursor, index, tag, row) ||
        !take_recorded(cursor, tag, row))
        return false;
    const uint8_t *codes = cursor->at;
    if (!chapter_row_pass_codes(row, &cursor->at, end))
        return false;
    row->codes = (view) { codes, (uint32_t)(cursor->at - codes) };
    return true;
}

static enum err
next_other(struct chapter_cursor *cursor, struct chapter_row *ret_row)
{
    const uint8_t *end = cursor->chapter->end;
    uint32_t size;

    if ((size_t)(end - cursor->at) < sizeof size)
        return err_corrupt();
    memcpy(&size, cursor->at, sizeof size);
    cursor->at += sizeof size;
    if (size > (size_t)(end - cursor->at))
        return err_corrupt();
    view bytes = { cursor->at, size };
    cursor->at += size;
    return chapter_row_of_item(bytes, ret_row);
}

/* Whether the plain events have used up all that is theirs. */
static bool
is_used_up(const struct chapter_cursor *cursor)
{
    return cursor->at == cursor->chapter->others &&
           cursor->lines == cursor->chapter->skus &&
           cursor->skus == cursor->chapter->streams;
}

enum err
chapter_next(struct chapter_cursor *cursor, struct chapter_row *ret_row)
{
    const struct chapter *chapter = cursor->chapter;
    uint32_t index = cursor->next++;

    if (index == chapter->plain_count && !is_used_up(cursor))
        return err_corrupt();
    if (index >= chapter->plain_count) {
        if (index - chapter->plain_count < chapter->other_count)
            return next_other(cursor, ret_row);
        return cursor->at == chapter->end ? ERR_NOT_FOUND : err_corrupt();
    }
    *ret_row = (struct chapter_row) { 0 };
    if (!take_columns(cursor, index, ret_row) ||
        !take_rest(cursor, index, ret_row))
        return err_corrupt();
    return OK;
}
