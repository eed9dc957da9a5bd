/*
 * carry.h - does what a session asks of the journal
 *
 * Looks up hashes, reads records, stores records; each answers with the input
 * that the session waits for.  The same at a node and at a hub, but that a
 * hub stores many sessions' records in one commit.
 */
#ifndef NODES_CARRY_H
#define NODES_CARRY_H

#include "core/ingest.h"
#include "nodes/publics.h"
#include "nodes/session.h"

struct carry {
    struct journal *journal; /* borrowed */
    struct reader *reader;   /* while a function here runs, no longer: an open
                              * one keeps the file from growing */
    uint8_t *records;        /* of the last carry_records() */
    stream_head hashes[SYNC_PROBES]; /* of the last carry_hashes() */
    struct sync_offer *offers;       /* of the last carry_offers() */
    struct sync_held *held;          /* likewise */
    uint32_t offer_count;
    uint32_t held_count;
    struct publics publics; /* of carry_for() */
};

/* ERR_MEMORY. */
NODISCARD enum err carry_open(struct journal *journal, struct carry *ret_carry);
void carry_close(struct carry *carry);

/* Answers of the journal as it stands now; views are valid until the next
 * call.  What can't be read is answered as absent, and the session raises the
 * alarm. */
void carry_hashes(struct carry *carry, const struct sync_output *wish,
                  struct sync_input *ret_input);
void carry_records(struct carry *carry, const struct sync_output *wish,
                   struct sync_input *ret_input);

/* The batch that a PUT_RECORDS asks for, and, after ingest_run(), the answer.
 * `err` is what that said. */
struct ingest_batch carry_batch(const struct sync_output *wish);
void carry_stored(const struct ingest_batch *batch, enum err err,
                  uint64_t total, struct sync_input *ret_input);

/* The streams of `node`, this ledger's, on one channel, to offer: with where
 * they were left, where a later incarnation names them as its parent.  Faults
 * of the reader and ERR_MEMORY, as of all that lists or looks up streams. */
NODISCARD enum err carry_offers(struct carry *carry, uint32_t node,
                                enum record_channel channel);
/* Adds this ledger's current stream of events to those offered, if nothing
 * stands in it yet: a hub that holds something of it knows more of us than we
 * do (we are the image of an earlier day). */
NODISCARD enum err carry_current(struct carry *carry);
/* The streams of all nodes, on all channels, to offer. */
NODISCARD enum err carry_all(struct carry *carry);
/* What is public, and the events of one node, to offer it: as quick in a
 * journal of thousands of nodes. */
NODISCARD enum err carry_for(struct carry *carry, uint32_t node);
/* Those that a standby, of that number, offers: all; what it wrote in an
 * earlier life as a hub does not go on, and of that the hub may well hold more
 * (this one was restored). */
NODISCARD enum err carry_standby(struct carry *carry, uint32_t node);
/* About how many bytes the hub lacks of what was listed, for its admission. */
uint64_t carry_pending(const struct carry *carry);
/* The streams of other nodes on one channel, as held. */
NODISCARD enum err carry_held(struct carry *carry, uint32_t node,
                              enum record_channel channel);
/* Appends a MARK, "complete up to now", to this ledger's stream of events where
 * nothing was written there for `idle_ms`: so the hub knows that a month is
 * complete where nothing was sold, too.  ERR_FULL, ERR_IO. */
NODISCARD enum err carry_mark(struct carry *carry, int64_t now_ms,
                              int64_t idle_ms);
/* Whether the stream has a record end like that; what can't be read has not. */
bool carry_holds(struct carry *carry, stream_id stream, stream_head head);
/* Where one stream ends; zeros: nothing of it is held. */
NODISCARD enum err carry_head(struct carry *carry, stream_id stream,
                              stream_head *ret_head);
/* The position of the journal's last record; 0 if it can't be read. */
uint64_t carry_last(struct carry *carry);

#endif
