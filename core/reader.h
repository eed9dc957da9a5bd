/*
 * reader.h - reading a journal: by arrival position, by stream and seq, by time
 *
 * A reader is a snapshot: it sees the journal as it stood when it was opened.
 * Keep it short, for the file can't reuse a page that some snapshot still
 * sees.  Views that come from a reader are valid until it is closed.
 *
 * Each record is checked when it is read.  A damaged one is named and not
 * served; reading can go on after it at reader_damage()->next.
 *
 * Where nothing else is said, a call has the faults of the reader: ERR_IO, and
 * ERR_CORRUPT of a damaged record or index.
 */
#ifndef CORE_READER_H
#define CORE_READER_H

#include "core/journal.h"

struct reader; /* owned by its opener; one thread at a time */

/* ERR_IO, ERR_MEMORY, ERR_BUSY (too many readers). */
NODISCARD enum err reader_open(struct journal *journal,
                               struct reader **ret_reader);
void reader_close(struct reader *reader); /* NULL is allowed */
/* The same as close and open, cheaper; on error it can still be closed. */
NODISCARD enum err reader_refresh(struct reader *reader);

/* The last position; 0 if the journal is empty.  Where the last record is
 * damaged: the position of its first item. */
uint64_t reader_last(const struct reader *reader);

struct reader_item {
    uint64_t position; /* of the record's first item */
    int64_t arrival_ms;
    struct record record;
};

struct reader_damage {
    uint64_t position; /* of the record's first item; 0: the journal's pages
                        * themselves are damaged, not one record */
    uint64_t next;     /* where the next record begins; 0: there is none */
    stream_id stream;  /* node 0: not known any more */
    uint64_t seq;
};
/* Of the last call that said ERR_CORRUPT. */
const struct reader_damage *reader_damage(const struct reader *reader);

/* The record that holds the position, or else the next one.  Reading on from
 * where the last call ended costs no search.  ERR_NOT_FOUND: there is none.
 * ERR_CORRUPT; ERR_UNKNOWN: of a later format, only position, arrival and
 * record.bytes are set. */
NODISCARD enum err reader_next(struct reader *reader, uint64_t from,
                               struct reader_item *ret_item);

/* The record of the stream that holds the seq; ERR_NOT_FOUND: not held.
 * Otherwise as reader_next(). */
NODISCARD enum err reader_find(struct reader *reader, stream_id stream,
                               uint64_t seq, struct reader_item *ret_item);

/* The event at a position, and its identity.  ERR_NOT_FOUND: a control item
 * stands there, or nothing.  Otherwise as reader_next(). */
NODISCARD enum err reader_event(struct reader *reader, uint64_t position,
                                struct record_event *ret_event);

/* The first position that arrived after that time: what was known at a time is
 * all before it.  Last + 1 if none did. */
NODISCARD enum err reader_position_after(struct reader *reader, int64_t at_ms,
                                         uint64_t *ret_position);

/* The first control item at or after the position, but for marks: those of a
 * journal that an earlier program began come, too.  ERR_NOT_FOUND: none. */
NODISCARD enum err reader_next_control(struct reader *reader, uint64_t from,
                                       struct reader_item *ret_item);

struct reader_stream {
    stream_id stream;
    stream_head head;
    uint64_t position;    /* of the head's record; 0: only the boundary left */
    stream_head boundary; /* what lies at or below was dropped; seq 0: none */
};
/* The first stream greater than `after` in the order of stream_compare();
 * zeros for the first of all.  ERR_NOT_FOUND: there is none. */
NODISCARD enum err reader_next_stream(struct reader *reader, stream_id after,
                                      struct reader_stream *ret_stream);
/* One stream's head; ERR_NOT_FOUND: nothing of it is held. */
NODISCARD enum err reader_get_stream(struct reader *reader, stream_id stream,
                                     struct reader_stream *ret_stream);

/* Whether a record of the stream ends, or was dropped, with that hash at that
 * seq: what lies below is then the same as wherever that head was seen.  What
 * can't be read does not count. */
bool reader_holds(struct reader *reader, stream_id stream, stream_head head);

/* Where the event of that identity stands: the original, or else the copy.
 * ERR_NOT_FOUND. */
NODISCARD enum err reader_find_event(struct reader *reader, identity identity,
                                     uint64_t *ret_position);
/* Where the copy of it stands that counts among those held.  ERR_NOT_FOUND. */
NODISCARD enum err reader_find_copy(struct reader *reader, identity identity,
                                    uint64_t *ret_position);
/* Where the event stands that `node` (this ledger's own) appended with the id.
 * ERR_NOT_FOUND. */
NODISCARD enum err reader_find_id(struct reader *reader, uint32_t node, view id,
                                  uint64_t *ret_position);

/* Events that have no effect, for something better is held.  (Where the
 * original is held, no copy of it counts, marked or not.) */
enum reader_quarantine {
    QUARANTINE_NONE = 0,
    QUARANTINE_COPY_DIFFERS = 1,  /* from its original */
    QUARANTINE_COPIES_DIFFER = 2, /* from another copy, which counts */
    QUARANTINE_TOLD_AGAIN = 3,    /* by a later incarnation (retell.h) */
    QUARANTINE_COPY_FALSE = 4,    /* says of itself what it is not */
};
enum { QUARANTINE_END = 5 };
/* The first mark at or after the position.  ERR_NOT_FOUND: none. */
NODISCARD enum err reader_next_quarantine(struct reader *reader, uint64_t from,
                                          uint64_t *ret_position,
                                          enum reader_quarantine *ret_why);

/* Seqs of other nodes' events that neither a copy nor a held stream brought,
 * below ones that a copy did.  (A control item, which is no event and never
 * exported, looks like one.) */
struct reader_gap {
    uint32_t node;
    uint64_t incarnation;
    uint64_t first;
    uint64_t last;
};
/* The first gap after the identity; zeros for the first of all.
 * ERR_NOT_FOUND: there is none.  ERR_CORRUPT: the index is out of order. */
NODISCARD enum err reader_next_gap(struct reader *reader, identity after,
                                   struct reader_gap *ret_gap);

#endif
