/*
 * record.c - building, reading and checking records; the layout is in record.h
 *
 * Every byte that record_parse() sees may come from an enemy, so each size is
 * compared with what is left before it is used.  What it has accepted is
 * asserted afterwards, not checked again.
 */
#include "core/record.h"

#include <string.h>

enum {
    HEAD_SIZE = 112,
    PARENT_SIZE = 56,
    ORIGIN_SIZE = 44,
    CHAINED_FROM = 12, /* the bytes of the head that the chain covers */
    CHAINED_TO = 48,
    FLAGS_ALL = RECORD_FIRST | RECORD_CLOCK_BACK | RECORD_CLOCK_OFF,
    CORE_SIZE_MASK = 0xffffff,
};

enum entry_bits {
    BIT_COPY = 1,
    BIT_ANNEX = 2,
    BIT_ERASED = 4,
    BIT_ALL = 7,
};

static_assert((int)LIMIT_EVENT_SIZE <= (int)CORE_SIZE_MASK,
              "a core's size in 24 bits");
static_assert(LIMIT_ANNEX_SIZE <= UINT16_MAX, "an annex's size in 16 bits");
static_assert(LIMIT_EVENT_SIZE + LIMIT_ANNEX_SIZE + ORIGIN_SIZE + HEAD_SIZE +
                      PARENT_SIZE + 6 <=
                  LIMIT_RECORD_SIZE,
              "the greatest event fits a record");

static uint16_t
load_16(const uint8_t *bytes)
{
    uint16_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

static uint32_t
load_32(const uint8_t *bytes)
{
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

static uint64_t
load_64(const uint8_t *bytes)
{
    uint64_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

bool
stream_equal(stream_id a, stream_id b)
{
    return stream_compare(a, b) == 0;
}

int
stream_compare(stream_id a, stream_id b)
{
    if (a.node != b.node)
        return a.node < b.node ? -1 : 1;
    if (a.incarnation != b.incarnation)
        return a.incarnation < b.incarnation ? -1 : 1;
    return (int)a.channel - (int)b.channel;
}

bool
fingerprint_equal(fingerprint a, fingerprint b)
{
    return a.at_ms == b.at_ms && hash128_equal(a.content, b.content);
}

uint64_t
record_last(const struct record *record)
{
    assert(record->count > 0);
    return record->seq + record->count - 1;
}

/* ----- one event in a body ----- */

struct entry {
    uint32_t bits;
    uint32_t head_size; /* of all before the core */
    view core;
    view annex;            /* as it is stored: erased, the hash */
    const uint8_t *origin; /* of a copy: ORIGIN_SIZE bytes */
};

static bool
is_identity(uint64_t node, uint64_t incarnation, uint64_t seq)
{
    return node >= 1 && node <= LIMIT_NODE && incarnation >= 1 &&
           incarnation <= LIMIT_INCARNATION && seq >= 1 &&
           seq <= LIMIT_INCARNATION;
}

/* Reads the entry that `left` begins with; false: it is malformed. */
static inline bool
read_entry(view left, struct entry *ret_entry)
{
    struct entry entry = { .head_size = 4 };
    uint32_t annex_size = 0;

    if (left.size < 4)
        return false;
    uint32_t word = load_32(left.bytes);
    uint32_t core_size = word & CORE_SIZE_MASK;
    entry.bits = word >> 24;
    bool has_annex = (entry.bits & (BIT_ANNEX | BIT_ERASED)) != 0;
    entry.head_size += has_annex ? 2 : 0;
    entry.head_size += entry.bits & BIT_COPY ? ORIGIN_SIZE : 0;
    if (entry.bits > BIT_ALL || left.size < entry.head_size)
        return false;
    if (has_annex)
        annex_size = load_16(left.bytes + 4);
    if (entry.bits & BIT_COPY)
        entry.origin = left.bytes + entry.head_size - ORIGIN_SIZE;
    if (core_size == 0 || core_size > LIMIT_EVENT_SIZE ||
        annex_size > LIMIT_ANNEX_SIZE)
        return false;
    if (left.size - entry.head_size < core_size + annex_size)
        return false;
    entry.core = (view) { left.bytes + entry.head_size, core_size };
    entry.annex = (view) { entry.core.bytes + core_size, annex_size };
    *ret_entry = entry;
    return true;
}

static bool
entry_is_sound(const struct entry *entry)
{
    bool plain = (entry->bits & BIT_ANNEX) != 0;
    bool erased = (entry->bits & BIT_ERASED) != 0;

    if (plain && (erased || entry->annex.size == 0))
        return false;
    if (erased && entry->annex.size != sizeof(digest))
        return false;
    return entry->origin == NULL ||
           is_identity(load_32(entry->origin), load_64(entry->origin + 4),
                       load_64(entry->origin + 12));
}

static uint32_t
entry_size(const struct entry *entry)
{
    return entry->head_size + entry->core.size + entry->annex.size;
}

static void
chain_entry(struct crypto_blake *blake, const struct entry *entry)
{
    uint8_t head[5];
    bool has_annex = (entry->bits & (BIT_ANNEX | BIT_ERASED)) != 0;

    memcpy(head, &entry->core.size, 4);
    head[4] = (uint8_t)((entry->bits & BIT_COPY) |
                        (has_annex ? (unsigned)BIT_ANNEX : 0));
    crypto_blake_add(blake, head, sizeof head);
    if (entry->origin != NULL)
        crypto_blake_add(blake, entry->origin, ORIGIN_SIZE);
    crypto_blake_add(blake, entry->core.bytes, entry->core.size);
    if (entry->bits & BIT_ANNEX) {
        digest hash = crypto_digest(entry->annex);
        crypto_blake_add(blake, hash.bytes, sizeof hash.bytes);
    } else if (entry->bits & BIT_ERASED) {
        crypto_blake_add(blake, entry->annex.bytes, sizeof(digest));
    }
}

/* ----- reading ----- */

static bool
head_is_sound(const struct record *record)
{
    bool first = (record->flags & RECORD_FIRST) != 0;

    if (record->kind == 0 || (record->flags & ~FLAGS_ALL) != 0 ||
        record->stream.channel >= CHANNEL_END)
        return false;
    if (!is_identity(record->stream.node, record->stream.incarnation,
                     record->seq))
        return false;
    if (first != (record->seq == 1) || (first && !digest_is_zero(record->prev)))
        return false;
    if (record->recorded_ms < 0 || record->recorded_ms > LIMIT_CLOCK_MS_MAX)
        return false;
    if (record->kind != RECORD_EVENTS)
        return record->count == 1;
    return record->count >= 1 && record->count <= LIMIT_RECORD_EVENTS &&
           record->bytes.size <= LIMIT_RECORD_SIZE;
}

/* The parent's block stands only in a first record, and is all zeros in a
 * ledger's very first. */
static bool
read_parent(struct record *record)
{
    const uint8_t *at = record->bytes.bytes + HEAD_SIZE;

    if (record->bytes.size < HEAD_SIZE + PARENT_SIZE)
        return false;
    record->parent.incarnation = load_64(at);
    record->parent.seq = load_64(at + 8);
    memcpy(record->parent.chain.bytes, at + 16, sizeof(digest));
    record->parent.reason = at[48];
    for (uint32_t i = 49; i < PARENT_SIZE; i++)
        if (at[i] != 0)
            return false;
    if (record->parent.incarnation > LIMIT_INCARNATION)
        return false;
    return (record->parent.reason == REASON_INIT) ==
           (record->parent.incarnation == 0);
}

/* The size of the entry that `left` begins with; 0: it is not sound. */
static inline uint32_t
sound_size(view left)
{
    struct entry entry;

    if (left.size >= 4) {
        uint32_t core_size = load_32(left.bytes);
        if (core_size - 1 < LIMIT_EVENT_SIZE) /* and no bit is set */
            return left.size - 4 < core_size ? 0 : 4 + core_size;
    }
    return read_entry(left, &entry) && entry_is_sound(&entry)
               ? entry_size(&entry)
               : 0;
}

static bool
events_are_sound(const struct record *record)
{
    view left = record->body;

    for (uint32_t i = 0; i < record->count; i++) {
        uint32_t size = sound_size(left);
        if (size == 0)
            return false;
        left.bytes += size;
        left.size -= size;
    }
    return left.size == 0;
}

static void
read_head(struct record *record)
{
    const uint8_t *at = record->bytes.bytes;

    record->kind = at[13];
    record->flags = at[14];
    record->stream.channel = at[15];
    record->stream.node = load_32(at + 16);
    record->count = load_32(at + 20);
    record->stream.incarnation = load_64(at + 24);
    record->seq = load_64(at + 32);
    record->recorded_ms = (int64_t)load_64(at + 40);
    memcpy(record->prev.bytes, at + 48, sizeof(digest));
    memcpy(record->chain.bytes, at + 80, sizeof(digest));
}

enum err
record_parse(view bytes, struct record *ret_record)
{
    struct record record = { 0 };

    if (bytes.size < HEAD_SIZE)
        return err_corrupt();
    uint32_t size = load_32(bytes.bytes + 8);
    if (size < HEAD_SIZE || size > bytes.size ||
        size > LIMIT_CONTROL_SIZE + HEAD_SIZE + PARENT_SIZE)
        return err_corrupt();
    record.bytes = (view) { bytes.bytes, size };
    view summed = { bytes.bytes + 8, size - 8 };
    if (hash_64(summed, 0) != load_64(bytes.bytes))
        return err_corrupt();
    if (bytes.bytes[12] > RECORD_FORMAT) {
        *ret_record = record;
        return ERR_UNKNOWN;
    }
    if (bytes.bytes[12] != RECORD_FORMAT)
        return err_corrupt();

    read_head(&record);
    if (!head_is_sound(&record))
        return err_corrupt();
    bool first = (record.flags & RECORD_FIRST) != 0;
    if (first && !read_parent(&record))
        return err_corrupt();
    uint32_t head_size = HEAD_SIZE + (first ? PARENT_SIZE : 0);
    record.body = (view) { bytes.bytes + head_size, size - head_size };
    if (record.body.size > LIMIT_CONTROL_SIZE)
        return err_corrupt();
    if (record.kind == RECORD_EVENTS && !events_are_sound(&record))
        return err_corrupt();
    *ret_record = record;
    return OK;
}

/* What comes before the body in the chain hash. */
static void
chain_start(struct crypto_blake *blake, const uint8_t *bytes, bool first)
{
    crypto_blake_start(blake);
    crypto_blake_add(blake, bytes + CHAINED_TO, sizeof(digest));
    crypto_blake_add(blake, bytes + CHAINED_FROM, CHAINED_TO - CHAINED_FROM);
    if (first)
        crypto_blake_add(blake, bytes + HEAD_SIZE, PARENT_SIZE);
}

bool
record_find_last(view records, struct record *ret_last)
{
    bool found = false;

    while (records.size > 0 && record_parse(records, ret_last) == OK) {
        records.bytes += ret_last->bytes.size;
        records.size -= ret_last->bytes.size;
        found = true;
    }
    return found && records.size == 0;
}

enum err
record_check_chain(const struct record *record)
{
    struct crypto_blake blake;
    struct entry entry;
    view left = record->body;

    chain_start(&blake, record->bytes.bytes,
                (record->flags & RECORD_FIRST) != 0);
    if (record->kind != RECORD_EVENTS) {
        crypto_blake_add(&blake, left.bytes, left.size);
        left.size = 0;
    }
    while (left.size > 0) {
        bool sound = read_entry(left, &entry);
        assert(sound);
        chain_entry(&blake, &entry);
        left.bytes += entry_size(&entry);
        left.size -= entry_size(&entry);
    }
    if (!digest_equal(crypto_blake_end(&blake), record->chain))
        return err_corrupt();
    return OK;
}

struct record_cursor
record_events(const struct record *record)
{
    return (struct record_cursor) {
        .record = record,
        .next = record->body.bytes,
        .count = record->kind == RECORD_EVENTS ? record->count : 0,
    };
}

static void
read_origin(const uint8_t *bytes, struct record_event *event)
{
    event->origin.node = load_32(bytes);
    event->origin.incarnation = load_64(bytes + 4);
    event->origin.seq = load_64(bytes + 12);
    memcpy(event->print.content.bytes, bytes + 20, 16);
    event->print.at_ms = (int64_t)load_64(bytes + 36);
}

static inline void
set_identity(identity *id, const struct record *record, uint32_t index)
{
    id->incarnation = record->stream.incarnation;
    id->seq = record->seq + index;
    id->node = record->stream.node;
}

/* An entry with more than a core. */
static void
next_other(struct record_cursor *cursor, struct record_event *ret_event)
{
    const struct record *record = cursor->record;
    const uint8_t *end = record->body.bytes + record->body.size;
    struct entry entry;

    assert(cursor->next < end);
    bool sound = read_entry(
        (view) { cursor->next, (uint32_t)(end - cursor->next) }, &entry);
    assert(sound); /* record_parse() has accepted it */
    ret_event->core = entry.core;
    ret_event->annex =
        (entry.bits & BIT_ANNEX) != 0 ? entry.annex : (view) { 0 };
    ret_event->annex_erased = (entry.bits & BIT_ERASED) != 0;
    ret_event->copy = entry.origin != NULL;
    set_identity(&ret_event->here, record, cursor->index);
    if (ret_event->copy)
        read_origin(entry.origin, ret_event);
    else
        set_identity(&ret_event->origin, record, cursor->index);
    cursor->next += entry_size(&entry);
    cursor->index++;
    assert(cursor->next <= end);
}

/* Of most events there is only the core; record_parse() has looked at it. Field
 * by field: a copy of the whole takes longer than all else here. */
bool
record_next(struct record_cursor *cursor, struct record_event *ret_event)
{
    if (cursor->index == cursor->count)
        return false;
    uint32_t size = load_32(cursor->next);
    if (size >> 24 != 0) {
        next_other(cursor, ret_event);
        return true;
    }
    ret_event->core = (view) { cursor->next + sizeof size, size };
    ret_event->annex = (view) { 0 };
    ret_event->annex_erased = false;
    ret_event->copy = false;
    set_identity(&ret_event->here, cursor->record, cursor->index);
    set_identity(&ret_event->origin, cursor->record, cursor->index);
    cursor->next += sizeof size + size;
    cursor->index++;
    return true;
}

/* ----- writing ----- */

uint32_t
record_entry_size(const struct record_entry *entry)
{
    assert(entry->core.size > 0);
    assert(entry->core.size <= LIMIT_EVENT_SIZE);
    assert(entry->annex.size <= LIMIT_ANNEX_SIZE);
    return 4 + (entry->annex.size > 0 ? 2U : 0) +
           (entry->copy_of.node != 0 ? (uint32_t)ORIGIN_SIZE : 0) +
           entry->core.size + entry->annex.size;
}

uint32_t
record_size(uint32_t body_size, bool first)
{
    assert(body_size <= LIMIT_CONTROL_SIZE);
    return (uint32_t)HEAD_SIZE + (first ? (uint32_t)PARENT_SIZE : 0) +
           body_size;
}

void
record_write(struct record_writer *writer, struct record *record,
             uint8_t *bytes, uint32_t size)
{
    bool first = (record->flags & RECORD_FIRST) != 0;
    uint32_t head_size = record_size(0, first);

    assert(size >= head_size);
    assert(first == (record->seq == 1));
    memset(bytes, 0, head_size);
    memcpy(bytes + 8, &size, 4);
    bytes[12] = RECORD_FORMAT;
    bytes[13] = record->kind;
    bytes[14] = record->flags;
    bytes[15] = record->stream.channel;
    memcpy(bytes + 16, &record->stream.node, 4);
    memcpy(bytes + 20, &record->count, 4);
    memcpy(bytes + 24, &record->stream.incarnation, 8);
    memcpy(bytes + 32, &record->seq, 8);
    memcpy(bytes + 40, &record->recorded_ms, 8);
    memcpy(bytes + 48, record->prev.bytes, sizeof(digest));
    if (first) {
        memcpy(bytes + HEAD_SIZE, &record->parent.incarnation, 8);
        memcpy(bytes + HEAD_SIZE + 8, &record->parent.seq, 8);
        memcpy(bytes + HEAD_SIZE + 16, record->parent.chain.bytes,
               sizeof(digest));
        bytes[HEAD_SIZE + 48] = record->parent.reason;
    }
    record->bytes = (view) { bytes, size };
    record->body = (view) { bytes + head_size, size - head_size };
    assert(head_is_sound(record));
    *writer = (struct record_writer) {
        .record = record, .bytes = bytes, .size = size, .offset = head_size
    };
    chain_start(&writer->blake, bytes, first);
}

static void
write_bytes(struct record_writer *writer, const void *bytes, uint32_t size)
{
    assert(size <= writer->size - writer->offset);
    if (size > 0)
        memcpy(writer->bytes + writer->offset, bytes, size);
    writer->offset += size;
}

static void
write_origin(struct record_writer *writer, const struct record_entry *entry)
{
    write_bytes(writer, &entry->copy_of.node, 4);
    write_bytes(writer, &entry->copy_of.incarnation, 8);
    write_bytes(writer, &entry->copy_of.seq, 8);
    write_bytes(writer, entry->print.content.bytes, 16);
    write_bytes(writer, &entry->print.at_ms, 8);
}

void
record_write_event(struct record_writer *writer,
                   const struct record_entry *entry)
{
    struct entry written;
    uint32_t size = record_entry_size(entry);
    uint32_t start = writer->offset;
    uint32_t word = entry->core.size;
    uint16_t annex_size = (uint16_t)entry->annex.size;

    assert(writer->record->kind == RECORD_EVENTS);
    assert(writer->index < writer->record->count);
    if (entry->copy_of.node != 0)
        word |= (uint32_t)BIT_COPY << 24;
    if (annex_size > 0)
        word |= (uint32_t)BIT_ANNEX << 24;
    write_bytes(writer, &word, sizeof word);
    if (annex_size > 0)
        write_bytes(writer, &annex_size, sizeof annex_size);
    if (entry->copy_of.node != 0)
        write_origin(writer, entry);
    write_bytes(writer, entry->core.bytes, entry->core.size);
    write_bytes(writer, entry->annex.bytes, entry->annex.size);
    writer->index++;

    bool sound = read_entry((view) { writer->bytes + start, size }, &written);
    assert(sound);
    assert(entry_is_sound(&written));
    assert(entry_size(&written) == size);
    chain_entry(&writer->blake, &written);
}

void
record_write_control(struct record_writer *writer, view body)
{
    assert(writer->record->kind != RECORD_EVENTS);
    assert(writer->index == 0);
    write_bytes(writer, body.bytes, body.size);
    crypto_blake_add(&writer->blake, body.bytes, body.size);
    writer->index++;
}

void
record_write_end(struct record_writer *writer)
{
    assert(writer->offset == writer->size);
    assert(writer->index == writer->record->count);
    digest chain = crypto_blake_end(&writer->blake);
    memcpy(writer->bytes + 80, chain.bytes, sizeof chain.bytes);
    uint64_t sum = hash_64((view) { writer->bytes + 8, writer->size - 8 }, 0);
    memcpy(writer->bytes, &sum, sizeof sum);
    writer->record->chain = chain;
}
