#include "core/chapter.h"

#include "core/codec.h"

#include <stdlib.h>
#include <string.h>

enum {
    FLAG_GOODS = 1,
    STREAM_SIZE = 12,
    CODE_NUMBER = 65,
    CODE_LETTER = 66,
    VARINT_SIZE = 10,
    NUMBER_DIGITS = 18,
};

static_assert((UINT64_C(1) << 42) > LIMIT_AT_MS_MAX - LIMIT_AT_MS_MIN,
              "an instant fits a key");
static_assert((int)LIMIT_CODE_SIZE < (int)CODE_NUMBER, "codes are told apart");

/* --- writing --- */

static void
put_varint(struct text *text, uint64_t value)
{
    uint8_t bytes[VARINT_SIZE];
    uint32_t size = 0;

    for (; value >= 0x80; value >>= 7)
        bytes[size++] = (uint8_t)(value | 0x80);
    bytes[size++] = (uint8_t)value;
    text_bytes(text, bytes, size);
}

/* Zigzag: small numbers of either sign become small ones. */
static uint64_t
folded(int64_t value)
{
    return (uint64_t)value << 1 ^ (uint64_t)(value >> 63);
}

static int64_t
unfolded(uint64_t value)
{
    return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

static void
put_signed(struct text *text, int64_t value)
{
    put_varint(text, folded(value));
}

/* Digits without a leading zero, few enough for 64 bits. */
static bool
is_number(const uint8_t *digits, uint32_t size)
{
    if (size == 0 || size > NUMBER_DIGITS || (digits[0] == '0' && size > 1))
        return false;
    for (uint32_t i = 0; i < size; i++)
        if (digits[i] < '0' || digits[i] > '9')
            return false;
    return true;
}

static uint64_t
number_of(const uint8_t *digits, uint32_t size)
{
    uint64_t value = 0;

    for (uint32_t i = 0; i < size; i++)
        value = value * 10 + (uint64_t)(digits[i] - '0');
    return value;
}

static void
put_code(struct text *text, view code)
{
    if (is_number(code.bytes, code.size)) {
        put_varint(text, CODE_NUMBER);
        put_varint(text, number_of(code.bytes, code.size));
    } else if (code.size > 1 && is_number(code.bytes + 1, code.size - 1)) {
        put_varint(text, CODE_LETTER);
        text_char(text, (char)code.bytes[0]);
        put_varint(text, number_of(code.bytes + 1, code.size - 1));
    } else {
        put_varint(text, code.size);
        text_view_append(text, code);
    }
}

/* --- what is plain --- */

/* A purchase of one line that says nothing but its category. */
static bool
is_one_line(const struct event *event)
{
    const struct event_line *line = event->sale.lines;

    return event->sale.line_count == 1 && line->qty == 1 &&
           line->sku.size == 0 && line->amount.minor == event->sale.total.minor;
}

static bool
is_plain_kind(const struct event *event, struct words *words,
              enum chapter_kind *ret_kind)
{
    switch ((int)event->kind) {
    case EVENT_PURCHASE:
        *ret_kind =
            event->sale.line_count == 0 ? CHAPTER_PURCHASE : CHAPTER_LINE;
        if (event->sale.off.minor != 0 || event->sale.total.minor > UINT32_MAX)
            return false;
        if (event->sale.line_count == 0)
            return true;
        return is_one_line(event) &&
               (event->sale.lines->category.size == 0 ||
                words_add(words, event->sale.lines->category) != WORDS_NONE);
    case EVENT_REDEEM:
        *ret_kind = CHAPTER_REDEEM;
        return event->redeem.points.value > 0 &&
               event->redeem.points.value <= UINT32_MAX &&
               event->redeem.reward.size == 0 && event->redeem.value.minor < 0;
    case EVENT_JOIN:
        *ret_kind = CHAPTER_JOIN;
        return event->join.referrer == 0;
    default:
        return false;
    }
}

static bool
is_plain(const struct chapter_entry *entry, struct words *words,
         enum chapter_kind *ret_kind)
{
    const struct event *event = entry->event;

    return event != NULL && !entry->copy &&
           event->store < 1u << CHAPTER_STORE_BITS &&
           event->at_ms >= LIMIT_AT_MS_MIN && event->at_ms <= LIMIT_AT_MS_MAX &&
           event->identity.seq <= INT64_MAX &&
           is_plain_kind(event, words, ret_kind);
}

static uint32_t
amount_of(const struct event *event, enum chapter_kind kind)
{
    if (kind == CHAPTER_REDEEM)
        return (uint32_t)event->redeem.points.value;
    if (kind == CHAPTER_JOIN)
        return event->join.home_store;
    return (uint32_t)event->sale.total.minor;
}

static view
receipt_of(const struct event *event, enum chapter_kind kind)
{
    if (kind == CHAPTER_REDEEM)
        return event->redeem.receipt;
    return kind == CHAPTER_JOIN ? (view) { 0 } : event->sale.receipt;
}

/* --- a chapter --- */

struct draft {
    struct chapter_entry *entries;
    uint8_t *kinds; /* of the plain ones */
    uint32_t count; /* of the plain ones, which stand first */
    uint32_t total;
    struct words *words;
    identity streams[CHAPTER_STREAMS_MAX];
    uint32_t stream_count;
};

static int
compare_entries(const void *a, const void *b)
{
    const struct chapter_entry *x = a, *y = b;

    if (x->event == NULL || y->event == NULL)
        return (y->event != NULL) - (x->event != NULL);
    return event_compare(x->event, y->event);
}

static uint32_t
stream_of(struct draft *draft, identity id)
{
    uint32_t at = 0;

    while (at < draft->stream_count &&
           (draft->streams[at].node != id.node ||
            draft->streams[at].incarnation != id.incarnation))
        at++;
    if (at == draft->stream_count && at < CHAPTER_STREAMS_MAX)
        draft->streams[draft->stream_count++] = id;
    return at;
}

/* Moves the plain entries to the front; the order within both stays. */
static void
divide(struct draft *draft, struct arena *arena)
{
    struct chapter_entry *others =
        ARENA_NEW(arena, struct chapter_entry, draft->total);
    uint32_t other_count = 0;
    enum chapter_kind kind;

    for (uint32_t i = 0; i < draft->total; i++) {
        struct chapter_entry entry = draft->entries[i];
        if (is_plain(&entry, draft->words, &kind) &&
            stream_of(draft, entry.event->identity) < CHAPTER_STREAMS_MAX) {
            draft->kinds[draft->count] = (uint8_t)kind;
            draft->entries[draft->count++] = entry;
        } else {
            others[other_count++] = entry;
        }
    }
    if (other_count > 0)
        memcpy(draft->entries + draft->count, others,
               other_count * sizeof *others);
}

static bool
has_goods(const struct draft *draft)
{
    for (uint32_t i = 0; i < draft->count; i++)
        if (draft->kinds[i] == CHAPTER_LINE &&
            draft->entries[i].event->sale.lines->category.size > 0)
            return true;
    return false;
}

static void
put_columns(const struct draft *draft, bool goods, struct text *text)
{
    for (uint32_t i = 0; i < draft->count; i++) {
        const struct event *event = draft->entries[i].event;
        uint64_t at = (uint64_t)(event->at_ms - LIMIT_AT_MS_MIN);
        uint64_t key = at << (CHAPTER_KIND_BITS + CHAPTER_STORE_BITS) |
                       (uint64_t)event->store << CHAPTER_KIND_BITS |
                       draft->kinds[i];
        text_bytes(text, &key, sizeof key);
    }
    for (uint32_t i = 0; i < draft->count; i++) {
        uint32_t amount = amount_of(draft->entries[i].event,
                                    (enum chapter_kind)draft->kinds[i]);
        text_bytes(text, &amount, sizeof amount);
    }
    for (uint32_t i = 0; goods && i < draft->count; i++) {
        uint16_t number = WORDS_NONE;
        if (draft->kinds[i] == CHAPTER_LINE)
            number = (uint16_t)words_find(
                draft->words, draft->entries[i].event->sale.lines->category);
        text_bytes(text, &number, sizeof number);
    }
}

static void
put_rest(struct draft *draft, struct text *text)
{
    uint64_t position = 0;
    int64_t lead = 0;

    for (uint32_t i = 0; i < draft->count; i++) {
        const struct chapter_entry *entry = &draft->entries[i];
        const struct event *event = entry->event;
        enum chapter_kind kind = (enum chapter_kind)draft->kinds[i];
        int64_t own = (int64_t)(entry->position - event->identity.seq);
        put_signed(text, (int64_t)(entry->position - position));
        if (draft->stream_count > 1)
            put_varint(text, stream_of(draft, event->identity));
        put_signed(text, own - lead);
        put_varint(text, event->recorded_ms == 0
                             ? 0
                             : 1 + folded(event->recorded_ms - event->at_ms));
        put_code(text, receipt_of(event, kind));
        put_code(text, event->id);
        position = entry->position;
        lead = own;
    }
}

static void
put_streams(const struct draft *draft, struct text *text)
{
    for (uint32_t i = 0; i < draft->stream_count; i++) {
        text_bytes(text, &draft->streams[i].node, 4);
        text_bytes(text, &draft->streams[i].incarnation, 8);
    }
}

/* As an item; one that was plain before has to be encoded again. */
static void
put_other(const struct chapter_entry *entry, struct text *text)
{
    uint8_t head[ITEM_HEAD_SIZE];
    struct text core = { 0 };

    if (entry->item.size > 0) {
        text_bytes(text, &entry->item.size, 4);
        text_view_append(text, entry->item);
        return;
    }
    codec_encode(entry->event, CODEC_NO_IDENTITY, &core);
    const struct item item = { .kind = ITEM_EVENT,
                               .copy = entry->copy,
                               .position = entry->position,
                               .identity = entry->event->identity };
    uint32_t size = (uint32_t)(ITEM_HEAD_SIZE + core.size);
    item_encode_head(&item, head);
    text_bytes(text, &size, 4);
    text_bytes(text, head, sizeof head);
    text_bytes(text, core.bytes, core.size);
    text->failed |= !text_ok(&core);
    text_close(&core);
}

void
chapter_write(struct chapter_entry *entries, uint32_t count,
              struct words *words, struct arena arena, struct text *text)
{
    struct draft draft = { .entries = entries,
                           .total = count,
                           .kinds = ARENA_NEW(&arena, uint8_t, count),
                           .words = words };
    struct text rest = { 0 };

    assert(count > 0);
    qsort(entries, count, sizeof *entries, compare_entries);
    divide(&draft, &arena);
    bool goods = has_goods(&draft);
    put_rest(&draft, &rest);
    text_char(text, goods ? FLAG_GOODS : 0);
    put_varint(text, draft.count);
    put_varint(text, count - draft.count);
    put_varint(text, draft.stream_count);
    put_varint(text, rest.size);
    put_columns(&draft, goods, text);
    put_streams(&draft, text);
    text_bytes(text, rest.bytes, rest.size);
    for (uint32_t i = draft.count; i < count; i++)
        put_other(&entries[i], text);
    text->failed |= !text_ok(&rest);
    text_close(&rest);
}

/* --- reading --- */

static bool
take_varint(const uint8_t **at, const uint8_t *end, uint64_t *ret)
{
    uint64_t value = 0;

    for (uint32_t shift = 0; shift < 64 && *at < end; shift += 7) {
        uint8_t byte = *(*at)++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) {
            *ret = value;
            return true;
        }
    }
    return false;
}

static bool
take_signed(const uint8_t **at, const uint8_t *end, int64_t *ret)
{
    uint64_t value;

    if (!take_varint(at, end, &value))
        return false;
    *ret = unfolded(value);
    return true;
}

enum err
chapter_open(view bytes, struct chapter *ret_chapter)
{
    const uint8_t *at = bytes.bytes + 1;
    const uint8_t *end = bytes.bytes + bytes.size;
    uint64_t plain, other, streams, rest;

    if (bytes.size < 1 || bytes.bytes[0] > FLAG_GOODS ||
        !take_varint(&at, end, &plain) || !take_varint(&at, end, &other) ||
        !take_varint(&at, end, &streams) || !take_varint(&at, end, &rest))
        return err_corrupt();
    bool goods = bytes.bytes[0] == FLAG_GOODS;
    if (plain > bytes.size || other > bytes.size ||
        streams > CHAPTER_STREAMS_MAX || rest > bytes.size ||
        plain * (goods ? 14 : 12) + streams * STREAM_SIZE + rest >
            (uint64_t)(end - at) ||
        (plain > 0 && streams == 0))
        return err_corrupt();
    struct chapter chapter = { .plain_count = (uint32_t)plain,
                               .other_count = (uint32_t)other,
                               .stream_count = (uint32_t)streams,
                               .end = end };
    chapter.keys = at;
    chapter.amounts = chapter.keys + plain * 8;
    const uint8_t *after = chapter.amounts + plain * 4;
    chapter.goods = goods ? after : NULL;
    chapter.streams = goods ? after + plain * 2 : after;
    chapter.rest = chapter.streams + streams * STREAM_SIZE;
    chapter.others = chapter.rest + rest;
    *ret_chapter = chapter;
    return OK;
}

identity
chapter_stream(const struct chapter *chapter, uint32_t index)
{
    identity id = { 0 };

    assert(index < chapter->stream_count);
    memcpy(&id.node, chapter->streams + index * STREAM_SIZE, 4);
    memcpy(&id.incarnation, chapter->streams + index * STREAM_SIZE + 4, 8);
    return id;
}

void
chapter_start(const struct chapter *chapter, const struct words *words,
              account_id account, struct chapter_cursor *ret_cursor)
{
    *ret_cursor = (struct chapter_cursor) {
        .chapter = chapter,
        .words = words,
        .account = account,
        .at = chapter->rest,
    };
}

static view
take_number(uint8_t letter, uint64_t number, struct arena *arena)
{
    uint8_t digits[VARINT_SIZE * 2 + 2];
    uint32_t at = sizeof digits;

    do {
        digits[--at] = (uint8_t)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    if (letter != 0)
        digits[--at] = letter;
    return arena_copy(arena,
                      (view) { digits + at, (uint32_t)sizeof digits - at });
}

static bool
take_code(const uint8_t **at, const uint8_t *end, struct arena *arena,
          view *ret_code)
{
    uint64_t form, number;
    uint8_t letter = 0;

    if (!take_varint(at, end, &form) || form > CODE_LETTER)
        return false;
    if (form <= LIMIT_CODE_SIZE) {
        if (form > (uint64_t)(end - *at))
            return false;
        *ret_code = arena_copy(arena, (view) { *at, (uint32_t)form });
        *at += form;
        return true;
    }
    if (form == CODE_LETTER) {
        if (*at == end)
            return false;
        letter = *(*at)++;
    }
    if (!take_varint(at, end, &number))
        return false;
    *ret_code = take_number(letter, number, arena);
    return true;
}

/* What the columns say of a plain event. */
static bool
fill_columns(const struct chapter_cursor *cursor, uint32_t index,
             struct arena *arena, struct event *event)
{
    const struct chapter *chapter = cursor->chapter;
    uint64_t key;
    uint32_t amount;
    uint16_t goods = WORDS_NONE;

    memcpy(&key, chapter->keys + (size_t)index * 8, sizeof key);
    memcpy(&amount, chapter->amounts + (size_t)index * 4, sizeof amount);
    event->account = cursor->account;
    event->at_ms = chapter_key_at_ms(key);
    event->store = chapter_key_store(key);
    switch (chapter_key_kind(key)) {
    case CHAPTER_REDEEM:
        event->kind = EVENT_REDEEM;
        event->redeem.points.value = amount;
        event->redeem.value.minor = -1;
        return true;
    case CHAPTER_JOIN:
        event->kind = EVENT_JOIN;
        event->join.home_store = amount;
        return true;
    case CHAPTER_PURCHASE:
    case CHAPTER_LINE:
        break;
    }
    event->kind = EVENT_PURCHASE;
    event->sale.total.minor = amount;
    event->sale.bought_on = EVENT_NO_DAY;
    if (chapter_key_kind(key) == CHAPTER_PURCHASE)
        return true;
    if (chapter->goods != NULL)
        memcpy(&goods, chapter->goods + (size_t)index * 2, sizeof goods);
    if (goods > cursor->words->count)
        return false;
    struct event_line *line = ARENA_NEW(arena, struct event_line, 1);
    line->amount.minor = amount;
    line->qty = 1;
    if (goods != WORDS_NONE)
        line->category = arena_copy(arena, words_get(cursor->words, goods));
    event->sale.lines = line;
    event->sale.line_count = 1;
    return true;
}

/* What the rest says of it. */
static bool
fill_rest(struct chapter_cursor *cursor, struct arena *arena,
          struct event *event)
{
    const uint8_t *end = cursor->chapter->others;
    int64_t forward, lead;
    uint64_t stream = 0, recorded;
    view receipt;

    if (!take_signed(&cursor->at, end, &forward) ||
        (cursor->chapter->stream_count > 1 &&
         !take_varint(&cursor->at, end, &stream)) ||
        stream >= cursor->chapter->stream_count ||
        !take_signed(&cursor->at, end, &lead) ||
        !take_varint(&cursor->at, end, &recorded) ||
        !take_code(&cursor->at, end, arena, &receipt) ||
        !take_code(&cursor->at, end, arena, &event->id))
        return false;
    cursor->position += (uint64_t)forward;
    cursor->lead += lead;
    event->identity = chapter_stream(cursor->chapter, (uint32_t)stream);
    event->identity.seq = cursor->position - (uint64_t)cursor->lead;
    if (recorded != 0)
        event->recorded_ms = event->at_ms + unfolded(recorded - 1);
    if (event->kind == EVENT_PURCHASE)
        event->sale.receipt = receipt;
    else if (event->kind == EVENT_REDEEM)
        event->redeem.receipt = receipt;
    return true;
}

static enum err
next_other(struct chapter_cursor *cursor, struct chapter_entry *ret_entry)
{
    const uint8_t *end = cursor->chapter->end;
    struct item item;
    uint32_t size;

    if ((size_t)(end - cursor->at) < sizeof size)
        return err_corrupt();
    memcpy(&size, cursor->at, sizeof size);
    cursor->at += sizeof size;
    if (size > (size_t)(end - cursor->at))
        return err_corrupt();
    view bytes = { cursor->at, size };
    enum err err = item_decode(bytes, &item);
    if (err != OK)
        return err;
    cursor->at += size;
    *ret_entry = (struct chapter_entry) { .position = item.position,
                                          .copy = item.copy,
                                          .item = bytes };
    return OK;
}

enum err
chapter_next(struct chapter_cursor *cursor, struct arena *arena,
             struct chapter_entry *ret_entry)
{
    const struct chapter *chapter = cursor->chapter;
    uint32_t index = cursor->next++;

    if (index == chapter->plain_count) {
        if (cursor->at != chapter->others)
            return err_corrupt();
    }
    if (index >= chapter->plain_count) {
        if (index - chapter->plain_count < chapter->other_count)
            return next_other(cursor, ret_entry);
        return cursor->at == chapter->end ? ERR_NOT_FOUND : err_corrupt();
    }
    struct event *event = ARENA_NEW(arena, struct event, 1);
    if (!fill_columns(cursor, index, arena, event) ||
        !fill_rest(cursor, arena, event))
        return err_corrupt();
    *ret_entry =
        (struct chapter_entry) { .event = event, .position = cursor->position };
    return OK;
}
