#include "core/closing.h"

#include "core/closing_format.h"
#include "core/heads.h"
#include "core/limits.h"
#include "core/list.h"
#include "core/pack.h"
#include "core/reader.h"
#include "core/seal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

struct closing_list {
    struct closing *items;
    uint32_t count;
    uint32_t room;
};

enum {
    KEYS_MAX = 64,          /* of a later version's */
    SETTLED_MAX = 1 << 20,  /* (period, partner) pairs of one ledger */
    PARTNERS_MAX = 1 << 20, /* of one statement */
    PERIOD_MIN = 2000 * 12,
    PERIOD_MAX = 2200 * 12 - 1,
};

static void
read_fixed(struct unpacker *unpacker, uint8_t *ret_bytes, uint32_t size)
{
    view bytes = unpack_bin(unpacker, size);

    if (bytes.size != size) {
        unpack_fail(unpacker);
        return;
    }
    for (uint32_t i = 0; i < size; i++)
        ret_bytes[i] = bytes.bytes[i];
}

static struct settled
read_settled(struct unpacker *unpacker, struct arena *arena)
{
    struct settled one = { 0 };

    if (unpack_array(unpacker, 5) != 5)
        unpack_fail(unpacker);
    one.period = (int32_t)unpack_integer(unpacker, PERIOD_MIN, PERIOD_MAX);
    one.partner = arena_copy(arena, unpack_string(unpacker, LIMIT_NAME_SIZE));
    one.issue_cost.minor = unpack_integer(unpacker, INT64_MIN, INT64_MAX);
    one.redeem_credit.minor = unpack_integer(unpacker, INT64_MIN, INT64_MAX);
    one.voucher_credit.minor = unpack_integer(unpacker, INT64_MIN, INT64_MAX);
    return one;
}

static void
read_parts(struct unpacker *unpacker, struct closing *closing,
           struct arena *arena)
{
    uint32_t count = unpack_array(unpacker, PARTNERS_MAX);
    struct closing_part *parts = ARENA_NEW(arena, struct closing_part, count);

    for (uint32_t i = 0; i < count; i++) {
        if (unpack_array(unpacker, 2) != 2)
            unpack_fail(unpacker);
        parts[i].partner =
            arena_copy(arena, unpack_string(unpacker, LIMIT_NAME_SIZE));
        read_fixed(unpacker, parts[i].signature.bytes, 64);
    }
    closing->parts = parts;
    closing->part_count = count;
}

static void
read_pieces(struct unpacker *unpacker, struct closing *closing)
{
    if (unpack_array(unpacker, 2) != 2)
        unpack_fail(unpacker);
    closing->piece_count = (uint32_t)unpack_integer(unpacker, 1, UINT32_MAX);
    closing->statement_size =
        (uint32_t)unpack_integer(unpacker, 1, LIMIT_STATEMENT_SIZE);
    if (closing->seq <= closing->piece_count)
        unpack_fail(unpacker);
}

static void
read_statement(struct unpacker *unpacker, struct closing *closing, view body)
{
    view statement = unpack_bin(unpacker, LIMIT_CONTROL_SIZE);

    if (!unpack_ok(unpacker))
        return;
    closing->statement_offset = (uint32_t)(statement.bytes - body.bytes);
    closing->statement_size = statement.size;
}

/* One close on its way in. */
struct close_source {
    struct unpacker unpacker;
    view body;
    struct closing closing;
    bool unknown; /* it says more than is known here */
};

static void
read_settled_list(struct unpacker *unpacker, struct closing *closing,
                  struct arena *arena)
{
    uint32_t count = unpack_array(unpacker, SETTLED_MAX);
    struct settled *settled = ARENA_NEW(arena, struct settled, count);

    for (uint32_t i = 0; i < count; i++)
        settled[i] = read_settled(unpacker, arena);
    closing->settled = settled;
    closing->settled_count = count;
}

static void
read_heads(struct unpacker *unpacker, struct closing *closing, view body)
{
    view heads = unpack_skip(unpacker);

    if (!unpack_ok(unpacker))
        return;
    closing->heads_offset = (uint32_t)(heads.bytes - body.bytes);
    closing->heads_size = heads.size;
}

static void
read_entry(struct close_source *source, struct arena *arena)
{
    struct unpacker *unpacker = &source->unpacker;
    struct closing *closing = &source->closing;

    switch (unpack_integer(unpacker, 1, UINT32_MAX)) {
    case KEY_PERIOD:
        closing->period =
            (int32_t)unpack_integer(unpacker, PERIOD_MIN, PERIOD_MAX);
        break;
    case KEY_STATEMENT:
        read_statement(unpacker, closing, source->body);
        break;
    case KEY_KNOWN:
        closing->known = unpack_unsigned(unpacker, 0, UINT64_MAX);
        break;
    case KEY_HEADS_DIGEST:
        read_fixed(unpacker, closing->heads.bytes, 32);
        break;
    case KEY_PUBLIC_KEY:
        read_fixed(unpacker, closing->key.bytes, 32);
        break;
    case KEY_SIGNATURE:
        read_fixed(unpacker, closing->signature.bytes, 64);
        break;
    case KEY_PARTNERS:
        read_parts(unpacker, closing, arena);
        break;
    case KEY_SETTLED:
        read_settled_list(unpacker, closing, arena);
        break;
    case KEY_PIECES:
        read_pieces(unpacker, closing);
        break;
    case KEY_HEADS:
        read_heads(unpacker, closing, source->body);
        break;
    default:
        source->unknown = true;
        unpack_skip(unpacker);
        break;
    }
}

/* "the close of 2026-02 (node 1, position 17)" */
enum { NAME_SIZE = 96 };

static const char *
name(const struct closing *closing, char text[static NAME_SIZE])
{
    char month[8];

    if (closing->period != 0)
        calendar_format_month(closing->period, month);
    snprintf(text, NAME_SIZE, "%s%s (node %" PRIu32 ", position %" PRIu64 ")",
             closing->period != 0 ? "the close of " : "a close",
             closing->period != 0 ? month : "", closing->stream.node,
             closing->position);
    return text;
}

enum err
closing_blame(const struct closing *closing, struct complaint *complaint,
              const char *why, ...)
{
    struct complaint reason;
    char text[NAME_SIZE];
    va_list arguments;

    va_start(arguments, why);
    vsnprintf(reason.text, sizeof reason.text, why, arguments);
    va_end(arguments);
    complain(complaint,
             "%s is damaged: %s; settle nothing by it or after it; restore a "
             "backup made before it",
             name(closing, text), reason.text);
    return err_corrupt();
}

/* Whether `a` stands before `b`: by period, and in a period as they hold. */
static bool
is_before(const struct closing *a, const struct closing *b)
{
    if (a->period != b->period)
        return a->period < b->period;
    if (a->stream.incarnation != b->stream.incarnation)
        return a->stream.incarnation > b->stream.incarnation;
    const int order = stream_compare(a->stream, b->stream);
    return order != 0 ? order < 0 : a->seq < b->seq;
}

/* They come nearly in order. */
static uint32_t
place(const struct closing_list *closings, const struct closing *closing)
{
    uint32_t at = closings->count;

    while (at > 0 && is_before(closing, &closings->items[at - 1]))
        at--;
    return at;
}

static enum err
read_close(const struct reader_item *item, struct closing_list *closings,
           struct arena *arena, struct complaint *complaint)
{
    const struct record *record = &item->record;
    struct close_source source = {
        .unpacker = unpack_begin(record->body),
        .body = record->body,
        .closing = { .closed_ms = record->recorded_ms,
                     .stream = record->stream,
                     .seq = record->seq,
                     .position = item->position },
    };
    const struct closing *closing = &source.closing;
    char text[NAME_SIZE];

    for (uint32_t left = unpack_map(&source.unpacker, KEYS_MAX); left > 0;
         left--)
        read_entry(&source, arena);
    if (unpack_end(&source.unpacker) != OK)
        return closing_blame(closing, complaint, "it can't be read");
    if (source.unknown) {
        complain(complaint,
                 "%s was made by a later version of leima; install that one",
                 name(closing, text));
        return ERR_UNKNOWN;
    }
    const uint32_t at = place(closings, closing);
    *LIST_INSERT(arena, closings, at) = *closing;
    return OK;
}

/* Of each period the first holds; the others go. */
static void
displace(struct closing_list *closings, struct closing_list *displaced,
         struct arena *arena)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < closings->count; i++) {
        const struct closing *closing = &closings->items[i];
        if (kept > 0 && closings->items[kept - 1].period == closing->period)
            *LIST_ADD(arena, displaced) = *closing;
        else
            closings->items[kept++] = *closing;
    }
    closings->count = kept;
}

static enum err
settle(const struct closing_list *closings, struct settled_list *settled,
       struct arena *arena, struct complaint *complaint)
{
    for (uint32_t i = 0; i < closings->count; i++) {
        const struct closing *closing = &closings->items[i];
        for (uint32_t j = 0; j < closing->settled_count; j++)
            if (!settled_add(settled, &closing->settled[j], arena))
                return closing_blame(closing, complaint,
                                     "no sum holds what it settles");
    }
    return OK;
}

/* Two hubs may have begun with different months. */
static int32_t
next_period(const struct closing_list *closings)
{
    int32_t next = PROGRAM_NONE;

    for (uint32_t i = 0; i < closings->count; i++)
        if (i == 0 || closings->items[i].period == next)
            next = closings->items[i].period + 1;
    return next;
}

enum err
closing_read(struct ledger *ledger, uint64_t known, struct arena *arena,
             struct closing_books *ret_books, struct complaint *complaint)
{
    struct closing_list closings = { 0 }, displaced = { 0 };
    struct settled_list settled = { 0 };
    struct reader *reader = NULL;
    struct reader_item item;

    enum err err = reader_open(ledger_journal(ledger), &reader);
    if (err != OK)
        return err;
    for (uint64_t next = 1;; next = item.position + 1) {
        err = reader_next_control(reader, next, &item);
        if (err != OK || item.position > known)
            break;
        if (item.record.kind != RECORD_CLOSE ||
            item.record.stream.channel != CHANNEL_BOOKS)
            continue;
        err = read_close(&item, &closings, arena, complaint);
        if (err != OK)
            break;
    }
    reader_close(reader);
    if (err == OK || err == ERR_NOT_FOUND) {
        displace(&closings, &displaced, arena);
        err = settle(&closings, &settled, arena, complaint);
    }
    if (err != OK)
        return err;
    *ret_books =
        (struct closing_books) { .closings = closings.items,
                                 .count = closings.count,
                                 .displaced = displaced.items,
                                 .displaced_count = displaced.count,
                                 .settled = settled,
                                 .next_period = next_period(&closings) };
    return OK;
}

static enum err
load_pieces(struct reader *reader, const struct closing *closing,
            struct text *text)
{
    const size_t before = text->size;
    struct reader_item item;

    for (uint32_t left = closing->piece_count; left > 0; left--) {
        enum err err =
            reader_find(reader, closing->stream, closing->seq - left, &item);
        if (err == ERR_NOT_FOUND)
            return err_corrupt();
        if (err != OK)
            return err;
        if (item.record.kind != RECORD_PIECE)
            return err_corrupt();
        text_view_append(text, item.record.body);
        if (text->size - before > closing->statement_size)
            return err_corrupt();
    }
    if (!text_ok(text))
        return ERR_MEMORY;
    return text->size - before == closing->statement_size ? OK : err_corrupt();
}

/* Bytes of the item's body. */
static enum err
load_bytes(struct reader *reader, const struct closing *closing,
           uint32_t offset, uint32_t size, struct text *text)
{
    struct reader_item item;

    enum err err = reader_find(reader, closing->stream, closing->seq, &item);
    if (err != OK)
        return err;
    const view body = item.record.body;
    if (offset > body.size || size > body.size - offset)
        return err_corrupt();
    text_bytes(text, body.bytes + offset, size);
    return text_ok(text) ? OK : ERR_MEMORY;
}

enum err
closing_load(struct ledger *ledger, const struct closing *closing,
             struct text *text, struct complaint *complaint)
{
    const struct seal seal = { .heads = closing->heads,
                               .signature = closing->signature };
    const size_t before = text->size;
    struct reader *reader = NULL;

    enum err err = reader_open(ledger_journal(ledger), &reader);
    if (err != OK)
        return err;
    err = closing->piece_count > 0
              ? load_pieces(reader, closing, text)
              : load_bytes(reader, closing, closing->statement_offset,
                           closing->statement_size, text);
    reader_close(reader);
    if (err == ERR_CORRUPT)
        return closing_blame(closing, complaint, "its statement can't be read");
    if (err != OK)
        return err;
    const view json = { text->bytes + before, (uint32_t)(text->size - before) };
    err = seal_check(&seal, closing->key, json);
    if (err == ERR_INPUT)
        return closing_blame(closing, complaint,
                             "the signature of its statement is false");
    return err;
}

enum err
closing_load_heads(struct ledger *ledger, const struct closing *closing,
                   struct text *text)
{
    struct reader *reader = NULL;

    enum err err = reader_open(ledger_journal(ledger), &reader);
    if (err != OK)
        return err;
    err = load_bytes(reader, closing, closing->heads_offset,
                     closing->heads_size, text);
    reader_close(reader);
    return err;
}

/* Nothing is appended between what a close knows and its first item. */
static bool
is_written_here(const struct closing *closing)
{
    return closing->known + closing->piece_count + 1 == closing->position;
}

enum err
closing_known(struct ledger *ledger, const struct closing *closing,
              uint64_t *ret_known, bool *ret_exact)
{
    struct heads_place place = { LEDGER_KNOWN_ALL, true };
    struct text heads = { 0 };
    enum err err = OK;

    if (closing && is_written_here(closing)) {
        place.position = closing->known;
    } else if (closing) {
        err = closing_load_heads(ledger, closing, &heads);
        if (err == OK)
            err = heads_find(ledger_journal(ledger), text_view(&heads), &place);
        text_close(&heads);
    }
    if (err != OK)
        return err;
    *ret_known = place.position;
    *ret_exact = place.exact;
    return OK;
}

const struct closing *
closing_find(const struct closing_books *books, int32_t period)
{
    for (uint32_t i = 0; i < books->count; i++)
        if (books->closings[i].period == period)
            return &books->closings[i];
    return NULL;
}

void
closing_tell_displaced(const struct closing_books *books,
                       const struct closing *displaced,
                       struct complaint *ret_words)
{
    const struct closing *holding = closing_find(books, displaced->period);
    char one[NAME_SIZE], other[NAME_SIZE];

    assert(holding != NULL);
    complain(ret_words,
             "%s does not hold: a hub of a later epoch has closed that month, "
             "too, by %s; give partners the statement of this one in place of "
             "the other, if they have that",
             name(displaced, one), name(holding, other));
}
