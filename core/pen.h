/*
 * pen.h - continues this node's own streams, within one transaction
 *
 * A pen reads where the journal stands (who we are, the last position, the
 * last arrival, the heads of our streams) and writes records from there.  It
 * lives as long as its write transaction, so nothing that it knows can be
 * stale.  Errors stick in the transaction.
 */
#ifndef CORE_PEN_H
#define CORE_PEN_H

#include "core/shelf.h"

/* Where one of our streams stands. */
struct pen_stream {
    bool known;
    stream_head head;
    int64_t recorded_ms; /* of its last record */
};

struct pen {
    struct db_txn *txn;
    struct shelf_self self;
    uint64_t position;  /* the last one; 0: none yet */
    int64_t arrival_ms; /* of it */
    bool wrote;         /* anything at all */
    bool clock_off;     /* this machine's clock is far from the hub's */
    struct pen_stream streams[CHANNEL_END];
};

typedef bool pen_hinders(void *context, const struct record_event *event);

/* Reads where the journal stands. */
void pen_open(struct pen *pen, struct db_txn *txn);

/* The present stream of a channel, and where it stands. */
stream_id pen_stream_id(const struct pen *pen, uint8_t channel);
stream_head pen_head(struct pen *pen, uint8_t channel);

/* The time of arrival of what is written now: the clock, but never before what
 * arrived last. */
int64_t pen_arrive(struct pen *pen, int64_t now_ms);

/* Appends the events in order as few records; they get the positions and seqs
 * that follow. */
void pen_write_events(struct pen *pen, const struct record_entry *entries,
                      uint32_t count, int64_t now_ms);
/* Appends one control item. */
void pen_write_control(struct pen *pen, uint8_t channel, uint8_t kind,
                       view body, int64_t now_ms);

/* Appends control items RECORD_PIECE that hold these bytes one after another,
 * LIMIT_PIECE_SIZE each, the last what is left; none if there are none. */
void pen_write_pieces(struct pen *pen, uint8_t channel, view bytes,
                      int64_t now_ms);

/* Whether anything stands at or after the position but new events of our
 * present stream, few enough to be asked about, of which none hinders
 * (journal.h).  Where nobody can be asked (NULL), anything hinders. */
bool pen_is_hindered(struct pen *pen, uint64_t from, pen_hinders *hinders,
                     void *context);

/* Whether a control item but a mark stands at or after the position. */
bool pen_has_control(const struct pen *pen, uint64_t from);

/* Begins another incarnation, whose parent on CHANNEL_EVENTS is `fork`, or the
 * present head if NULL; where nothing stands here, the parent of the present
 * one.  ERR_EXISTS goes to the transaction. */
void pen_renew(struct pen *pen, uint64_t incarnation, enum record_reason reason,
               const stream_head *fork);

#endif
