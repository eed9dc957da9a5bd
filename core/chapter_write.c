#include "core/chapter_write.h"

#include "core/codec.h"
#include "core/varint.h"

#include <stdlib.h>
#include <string.h>

enum {
    HEAD_SIZE = 2 + 6 * VARINT_SIZE,
    NO_STREAM = CHAPTER_STREAMS_MAX,
    LINE_SIZE = sizeof(struct chapter_line),
};

struct layout {
    struct chapter_row *rows; /* plain ones first */
    uint8_t *whose;           /* of the plain ones */
    uint32_t plain_count;
    uint32_t count;
    uint8_t kinds;
    bool goods;
    uint32_t line_count;
    uint32_t skus_size;
    size_t size; /* of all rows, at most */
    uint32_t stream_count;
    identity streams[CHAPTER_STREAMS_MAX];
    struct chapter_last last[CHAPTER_STREAMS_MAX];
};

/* --- order --- */

/* Items go behind all else, by arrival; a pointer shares the position of the
 * event that it comes from. */
static int
compare_rows(const void *a, const void *b)
{
    const struct chapter_row *x = a, *y = b;

    if (x->item != y->item)
        return x->item - y->item;
    if (!x->item)
        return chapter_row_compare(x, y);
    if (x->position != y->position)
        return x->position < y->position ? -1 : 1;
    return view_compare(x->codes, y->codes);
}

void
chapter_sort(struct chapter_row *rows, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++)
        if (compare_rows(&rows[i - 1], &rows[i]) > 0) {
            qsort(rows, count, sizeof *rows, compare_rows);
            return;
        }
}

/* --- streams --- */

static inline uint32_t
stream_of(struct layout *layout, const identity *id)
{
    uint32_t at = 0;

    while (at < layout->stream_count &&
           (layout->streams[at].node != id->node ||
            layout->streams[at].incarnation != id->incarnation))
        at++;
    if (at == layout->stream_count && at < CHAPTER_STREAMS_MAX)
        layout->streams[layout->stream_count++] = *id;
    return at;
}

/* A plain row as an item. */
static void
make_item(struct chapter_row *row, account_id account,
          const struct words *words, struct arena *arena, struct text *core)
{
    struct event event;
    enum err err = chapter_row_event(row, account, words, arena, &event);

    assert(err == OK); /* we have made it */
    text_clear(core);
    codec_encode(&event, CODEC_NO_IDENTITY, core);
    if (!text_ok(core))
        return;
    const struct item item = { .kind = ITEM_EVENT,
                               .position = row->position,
                               .identity = row->identity };
    uint32_t size = ITEM_HEAD_SIZE + (uint32_t)core->size;
    uint8_t *bytes = ARENA_NEW(arena, uint8_t, size);
    item_encode_head(&item, bytes);
    memcpy(bytes + ITEM_HEAD_SIZE, core->bytes, core->size);
    row->item = true;
    row->codes = (view) { bytes, size };
}

static inline void
count_plain(struct layout *layout, const struct chapter_row *row,
            uint32_t stream)
{
    layout->whose[layout->plain_count++] = (uint8_t)stream;
    layout->size += chapter_write_size(row);
    layout->kinds |= (uint8_t)(1u << chapter_key_kind(row->key));
    layout->goods |= row->goods != 0;
    if (row->lines == NULL)
        return;
    layout->line_count += row->goods;
    layout->skus_size += row->skus.size;
}

/* Gives plain rows their streams; where there are too many, the rows of the
 * others become items. */
static void
find_streams(struct layout *layout, account_id account,
             const struct words *words, struct arena *arena, struct text *text)
{
    struct text core = { 0 };
    bool made = false;

    for (uint32_t i = 0; i < layout->count && !layout->rows[i].item; i++) {
        struct chapter_row *row = &layout->rows[i];
        uint32_t stream = stream_of(layout, &row->identity);
        if (stream == NO_STREAM) {
            make_item(row, account, words, arena, &core);
            made = true;
        } else {
            count_plain(layout, row, stream);
        }
    }
    text->failed |= !text_ok(&core);
    text_close(&core);
    if (made)
        chapter_sort(layout->rows, layout->count);
    for (uint32_t i = layout->plain_count; i < layout->count; i++)
        layout->size += chapter_write_size(&layout->rows[i]);
}

/* --- bytes --- */

static uint8_t *
put(uint8_t *at, const void *bytes, size_t size)
{
    if (size > 0)
        memcpy(at, bytes, size);
    return at + size;
}

static uint8_t *
put_columns(const struct layout *layout, uint8_t *at)
{
    for (uint32_t i = 0; i < layout->plain_count; i++)
        at = put(at, &layout->rows[i].key, 8);
    for (uint32_t i = 0; i < layout->plain_count; i++)
        at = put(at, &layout->rows[i].amount, 4);
    for (uint32_t i = 0; layout->goods && i < layout->plain_count; i++)
        at = put(at, &layout->rows[i].goods, 2);
    if (layout->stream_count > 1)
        at = put(at, layout->whose, layout->plain_count);
    if (layout->line_count == 0)
        return at;
    for (uint32_t i = 0; i < layout->plain_count; i++)
        if (layout->rows[i].lines != NULL)
            at = put(at, layout->rows[i].lines,
                     layout->rows[i].goods * LINE_SIZE);
    for (uint32_t i = 0; i < layout->plain_count; i++)
        at = put(at, layout->rows[i].skus.bytes, layout->rows[i].skus.size);
    return at;
}

static uint8_t *
put_streams(const struct layout *layout, uint8_t *at)
{
    for (uint32_t i = 0; i < layout->stream_count; i++) {
        at = put(at, &layout->streams[i].node, 4);
        at = put(at, &layout->streams[i].incarnation, 8);
    }
    return at;
}

/* How `recorded` is told, and the number that goes with it. */
static uint8_t
recorded_form(const struct chapter_row *row, int64_t last_ms,
              uint64_t *ret_number)
{
    *ret_number = 0;
    if (row->recorded_ms == 0)
        return 0;
    if (row->recorded_ms == last_ms)
        return CHAPTER_RECORDED_SAME;
    uint64_t after_at =
        varint_folded((int64_t)((uint64_t)row->recorded_ms -
                                (uint64_t)chapter_key_at_ms(row->key)));
    uint64_t after_last = varint_folded(
        (int64_t)((uint64_t)row->recorded_ms - (uint64_t)last_ms));
    *ret_number = after_at <= after_last ? after_at : after_last;
    return after_at <= after_last ? CHAPTER_RECORDED_AFTER_AT
                                  : CHAPTER_RECORDED_AFTER_LAST;
}

static uint8_t *
put_rest(struct layout *layout, uint8_t *at)
{
    uint64_t position = 0;
    int64_t recorded_ms = 0;

    for (uint32_t i = 0; i < layout->plain_count; i++) {
        const struct chapter_row *row = &layout->rows[i];
        struct chapter_last *last = &layout->last[layout->whose[i]];
        uint64_t seq = row->identity.seq;
        uint64_t number;
        uint8_t form = recorded_form(row, recorded_ms, &number);
        bool other = seq - last->seq != row->position - last->position;
        *at++ = (uint8_t)(row->tag | form | (other ? CHAPTER_TAG_SEQ : 0));
        at = varint_put(at, varint_folded((int64_t)(row->position - position)));
        if (other)
            at = varint_put(at, varint_folded((int64_t)(seq - last->seq)));
        if (form != 0 && form != CHAPTER_RECORDED_SAME)
            at = varint_put(at, number);
        at = put(at, row->codes.bytes, row->codes.size);
        *last = (struct chapter_last) { row->position, seq };
        position = row->position;
        if (form != 0)
            recorded_ms = row->recorded_ms;
    }
    return at;
}

static uint8_t *
put_others(const struct layout *layout, uint8_t *at)
{
    for (uint32_t i = layout->plain_count; i < layout->count; i++) {
        view item = layout->rows[i].codes;
        at = put(at, &item.size, 4);
        at = put(at, item.bytes, item.size);
    }
    return at;
}

/* The head is written last, for it has the size of the rest; room for the
 * longest is left and then given up. */
static void
put_all(struct layout *layout, struct text *text)
{
    uint8_t *start = text->bytes + text->size;
    uint8_t *columns = start + HEAD_SIZE;
    uint8_t *streams = put_columns(layout, columns);
    uint8_t *rest = put_streams(layout, streams);
    uint8_t *others = put_rest(layout, rest);
    uint8_t *end = put_others(layout, others);
    uint8_t *at = start;

    *at++ = layout->kinds;
    *at++ = layout->goods ? CHAPTER_FLAG_GOODS : 0;
    at = varint_put(at, layout->plain_count);
    at = varint_put(at, layout->count - layout->plain_count);
    at = varint_put(at, layout->stream_count);
    if ((layout->kinds & 1u << CHAPTER_LINES) != 0) {
        at = varint_put(at, layout->line_count);
        at = varint_put(at, layout->skus_size);
    }
    at = varint_put(at, (uint64_t)(others - rest));
    memmove(at, columns, (size_t)(end - columns));
    text->size += (size_t)(end - columns) + (size_t)(at - start);
    assert(text->size <= text->room);
}

void
chapter_write(struct chapter_row *rows, uint32_t count, account_id account,
              const struct words *words, struct arena arena, struct text *text)
{
    struct layout layout;

    assert(count > 0);
    layout.rows = rows;
    layout.count = count;
    layout.whose = ARENA_NEW(&arena, uint8_t, count);
    layout.plain_count = 0;
    layout.stream_count = 0;
    layout.kinds = 0;
    layout.goods = false;
    layout.line_count = 0;
    layout.skus_size = 0;
    layout.size = HEAD_SIZE + CHAPTER_STREAMS_MAX * CHAPTER_STREAM_SIZE;
    find_streams(&layout, account, words, &arena, text);
    for (uint32_t i = 0; i < layout.stream_count; i++)
        layout.last[i] = (struct chapter_last) { 0 };
    if (text_reserve(text, layout.size))
        put_all(&layout, text);
}
