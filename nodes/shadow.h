/*
 * shadow.h - what a hub does so that another could take its place
 *
 * To its standbys it passes on all that it stores and writes itself; by what
 * they acknowledge it knows what is safe (safe.h), and tells the nodes.  It
 * tells them where the hubs are (hubs.h).  After a restore it waits until all
 * nodes have come back with what it may have forgotten; it signs what it says
 * (trust.h), and it notices that a later hub has taken its place (reign.h).
 */
#ifndef NODES_SHADOW_H
#define NODES_SHADOW_H

#include "nodes/carry.h"
#include "nodes/hubs.h"
#include "nodes/reign.h"
#include "nodes/reissue.h"
#include "nodes/roster.h"
#include "nodes/safe.h"

/* All is borrowed until the close. */
struct shadow_options {
    const char *dir;
    struct journal *journal;
    struct carry *carry;
    struct allow *allow;
    struct roster *roster;
    uint32_t node;
    roster_give *give;
    void *context;
};

struct shadow;

/* ERR_CONFLICT: this ledger is not a hub, or not any more; ERR_MEMORY, faults
 * of the reader. */
NODISCARD enum err shadow_open(const struct shadow_options *options,
                               struct shadow **ret_shadow,
                               struct complaint *complaint);
void shadow_close(struct shadow *shadow); /* NULL is allowed */

/* Where nodes find this hub and under which key; an empty endpoint: where they
 * have found it till now. */
void shadow_name(struct shadow *shadow, const struct keys_hub *own);
/* What a hub of that name says of itself. */
struct claim shadow_claim(const struct shadow *shadow, uint64_t epoch);
const struct trust *shadow_trust(const struct shadow *shadow);

/* A HELLO from a node or, if `standby`, from one that may take our place.
 * False: it tells of an epoch after `ours` and can't prove it. */
bool shadow_hello(struct shadow *shadow, const struct frame *hello,
                  bool standby, uint64_t ours);
/* A later hub has been met, whose claim is believed. */
void shadow_depose(struct shadow *shadow, const struct claim *claim);

/* Whether nodes are to show public items that are others there than here. */
bool shadow_refills(const struct shadow *shadow);
/* Up to where a stream is safe. */
uint64_t shadow_safe(const struct shadow *shadow, stream_id stream);
/* The streams to offer to a guest, into carry->offers.  Faults of the
 * reader. */
NODISCARD enum err shadow_offers(struct shadow *shadow,
                                 const struct guest *guest);

/* A guest has said HELLO, and that it holds these streams, in the order of
 * stream_compare(), and no others. */
void shadow_came(struct shadow *shadow, const struct guest *guest,
                 const struct frame_offer *held, uint32_t count);
/* A guest has acknowledged, or is held to be right about, a stream. */
void shadow_acked(struct shadow *shadow, const struct guest *guest,
                  const struct sync_held *acked);
/* A batch of the guest's has been committed. */
void shadow_stored(struct shadow *shadow, const struct guest *guest,
                   const struct ingest_batch *batch);
/* A guest's session has raised an alarm.  Where a standby holds something else,
 * or more, of what we are writing, our disk is an older one than it was: the
 * ledger goes on in a later epoch, as one that was restored; and says there
 * again what it had published here otherwise, when it is shown (reissue.h). */
void shadow_alarm(struct shadow *shadow, const struct guest *guest,
                  const struct sync_output *output);
/* A guest shows records of a public stream that is another there than here, and
 * they are signed by a hub, or it is a standby.  Where they are of what we are
 * writing, and not what we hold, it is the same.  As reissue_run(). */
NODISCARD enum err shadow_shown(struct shadow *shadow, stream_id stream,
                                view records);
/* A later hub has been met, and this process is to end. */
bool shadow_is_deposed(const struct shadow *shadow);
/* Somebody has written into the journal: what is ours goes out.  True: the
 * ledger was promoted to another epoch than `ours`; begin anew. */
NODISCARD bool shadow_look(struct shadow *shadow, uint64_t ours);
/* Now and then: what has become safe, or is no more; who has come back. */
void shadow_tick(struct shadow *shadow);

#endif
