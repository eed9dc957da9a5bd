#include "nodes/notes.h"

#include "nodes/carry.h"

#include <string.h>

static const char NAME[] = "sync.hub";
enum { ENTRY_SIZE = 24, HEAD_SIZE = 8 };

enum err
notes_load(struct notes *notes, struct journal *journal)
{
    uint8_t bytes[HEAD_SIZE + ENTRY_SIZE * NOTES_STREAMS_MAX];
    view value;
    enum err err =
        journal_get_note(journal, view_of(NAME), bytes, sizeof bytes, &value);

    *notes = (struct notes) { 0 };
    if (err == ERR_NOT_FOUND || err == ERR_UNKNOWN)
        return OK;
    if (err != OK || value.size < HEAD_SIZE)
        return err;
    memcpy(&notes->epoch, value.bytes, sizeof notes->epoch);
    for (uint32_t at = HEAD_SIZE; at + ENTRY_SIZE <= value.size;
         at += ENTRY_SIZE) {
        memcpy(&notes->acked[notes->count].incarnation, value.bytes + at, 8);
        memcpy(&notes->acked[notes->count].seq, value.bytes + at + 8, 8);
        memcpy(&notes->acked[notes->count].safe, value.bytes + at + 16, 8);
        notes->count++;
    }
    return OK;
}

enum err
notes_save(struct notes *notes, struct journal *journal)
{
    uint8_t bytes[HEAD_SIZE + ENTRY_SIZE * NOTES_STREAMS_MAX];
    uint32_t size = HEAD_SIZE;

    if (!notes->changed)
        return OK;
    memcpy(bytes, &notes->epoch, sizeof notes->epoch);
    for (uint32_t i = 0; i < notes->count; i++) {
        memcpy(bytes + size, &notes->acked[i].incarnation, 8);
        memcpy(bytes + size + 8, &notes->acked[i].seq, 8);
        memcpy(bytes + size + 16, &notes->acked[i].safe, 8);
        size += ENTRY_SIZE;
    }
    enum err err =
        journal_put_note(journal, view_of(NAME), (view) { bytes, size });
    if (err == OK)
        notes->changed = false;
    return err;
}

/* When the item arrived; 0 if that can't be read. */
static int64_t
arrival(struct journal *journal, stream_id stream, uint64_t seq)
{
    struct reader *reader = NULL;
    struct reader_item item;
    int64_t at_ms = 0;

    if (reader_open(journal, &reader) == OK &&
        reader_find(reader, stream, seq, &item) == OK)
        at_ms = item.arrival_ms;
    reader_close(reader);
    return at_ms;
}

enum err
notes_unacknowledged(struct journal *journal, uint32_t node,
                     uint64_t *ret_count, int64_t *ret_oldest_ms)
{
    int64_t oldest_ms = 0;
    struct notes notes;
    struct carry carry = { 0 };
    uint64_t count = 0;
    enum err err = notes_load(&notes, journal);

    if (err == OK)
        err = carry_open(journal, &carry);
    if (err == OK)
        err = carry_offers(&carry, node, CHANNEL_EVENTS);
    for (uint32_t i = 0; err == OK && i < carry.offer_count; i++) {
        const struct sync_offer *offer = &carry.offers[i];
        uint64_t acked = notes_get_acked(&notes, offer->stream);
        if (offer->head.seq <= acked)
            continue;
        count += offer->head.seq - acked;
        int64_t at_ms = arrival(journal, offer->stream, acked + 1);
        if (at_ms > 0 && (oldest_ms == 0 || at_ms < oldest_ms))
            oldest_ms = at_ms;
    }
    carry_close(&carry);
    if (err == OK) {
        *ret_count = count;
        *ret_oldest_ms = oldest_ms;
    }
    return err;
}

enum err
notes_unsafe(struct journal *journal, uint32_t node, uint64_t *ret_count,
             uint64_t *ret_safe)
{
    struct journal_identity who;
    struct notes notes;
    struct carry carry = { 0 };
    uint64_t count = 0, own = 0;
    enum err err = notes_load(&notes, journal);

    if (err == OK)
        err = journal_get_identity(journal, &who);
    if (err == OK)
        err = carry_open(journal, &carry);
    if (err == OK)
        err = carry_offers(&carry, node, CHANNEL_EVENTS);
    for (uint32_t i = 0; err == OK && i < carry.offer_count; i++) {
        const struct sync_offer *offer = &carry.offers[i];
        uint64_t safe = notes_get_safe(&notes, offer->stream);
        if (offer->head.seq > safe)
            count += offer->head.seq - safe;
        if (offer->stream.incarnation == who.incarnation)
            own = safe;
    }
    carry_close(&carry);
    if (err == OK) {
        *ret_count = count;
        *ret_safe = own;
    }
    return err;
}

/* Its place; the count: nothing is known of it. */
static uint32_t
find(const struct notes *notes, stream_id stream)
{
    uint32_t at = 0;

    while (at < notes->count &&
           notes->acked[at].incarnation != stream.incarnation)
        at++;
    return at;
}

/* Finds or makes its place; the maximum: there is none left.  More incarnations
 * than that no node lives through; the alarm about a restored hub, and pruning,
 * are all that depends on it. */
static uint32_t
obtain(struct notes *notes, stream_id stream)
{
    uint32_t at = find(notes, stream);

    if (stream.channel != CHANNEL_EVENTS)
        return NOTES_STREAMS_MAX;
    if (at == notes->count && at < NOTES_STREAMS_MAX) {
        notes->acked[at].incarnation = stream.incarnation;
        notes->acked[at].seq = 0;
        notes->acked[at].safe = 0;
        notes->count++;
        notes->changed = true;
    }
    return at;
}

void
notes_acked(struct notes *notes, stream_id stream, uint64_t seq)
{
    uint32_t at = obtain(notes, stream);

    if (at == NOTES_STREAMS_MAX || seq <= notes->acked[at].seq)
        return;
    notes->acked[at].seq = seq;
    notes->changed = true;
}

void
notes_told(struct notes *notes, stream_id stream, uint64_t seq, uint64_t safe)
{
    uint32_t at = obtain(notes, stream);

    assert(safe <= seq);
    if (at == NOTES_STREAMS_MAX ||
        (seq == notes->acked[at].seq && safe == notes->acked[at].safe))
        return;
    notes->acked[at].seq = seq;
    notes->acked[at].safe = safe;
    notes->changed = true;
}

uint64_t
notes_get_acked(const struct notes *notes, stream_id stream)
{
    uint32_t at = find(notes, stream);

    return at < notes->count ? notes->acked[at].seq : 0;
}

uint64_t
notes_get_safe(const struct notes *notes, stream_id stream)
{
    uint32_t at = find(notes, stream);

    return at < notes->count ? notes->acked[at].safe : 0;
}

void
notes_epoch(struct notes *notes, uint64_t epoch)
{
    if (epoch <= notes->epoch)
        return;
    notes->epoch = epoch;
    for (uint32_t i = 0; i < notes->count; i++)
        notes->acked[i].safe = 0;
    notes->changed = true;
}

enum err
notes_next_run(struct journal *journal, uint64_t *ret_run)
{
    uint8_t bytes[8];
    uint64_t run = 0;
    view value;
    const view name = view_of("sync.run");
    enum err err = journal_get_note(journal, name, bytes, sizeof bytes, &value);

    if (err == OK && value.size == sizeof run)
        memcpy(&run, value.bytes, sizeof run);
    else if (err != OK && err != ERR_NOT_FOUND)
        return err;
    run++;
    err =
        journal_put_note(journal, name, (view) { (uint8_t *)&run, sizeof run });
    if (err == OK)
        *ret_run = run;
    return err;
}
