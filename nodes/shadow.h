/*
 * shadow.h - what a hub does so that another could take its place
 *
 * To its standbys it passes on all that it stores and writes itself; by what
 * they acknowledge it knows what is safe (safe.h), and tells the nodes.  It
 * tells them where the hubs are (hubs.h).  After a restore it waits until all
 * nodes have come back with what it may have forgotten; and it notices that a
 * later hub has taken its place (reign.h).
 */
#ifndef NODES_SHADOW_H
#define NODES_SHADOW_H

#include "nodes/carry.h"
#include "nodes/hubs.h"
#include "nodes/reign.h"
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

/* Whether nodes are asked for public items that they have and we lack. */
bool shadow_refills(const struct shadow *shadow);
/* Up to where a stream is safe. */
uint64_t shadow_safe(const struct shadow *shadow, stream_id stream);
/* The streams to offer to a guest, into carry->offers.  Faults of the
 * reader. */
NODISCARD enum err shadow_offers(struct shadow *shadow,
                                 const struct guest *guest);

/* A guest has acknowledged, or is held to be right about, a stream. */
void shadow_acked(struct shadow *shadow, const struct guest *guest,
                  const struct sync_held *acked);
/* A batch of the guest's has been committed. */
void shadow_stored(struct shadow *shadow, const struct guest *guest,
                   const struct ingest_batch *batch);
/* A session has raised an alarm.  True: a later hub has been met, and this
 * process is to end. */
bool shadow_alarm(struct shadow *shadow, const struct sync_output *output);
/* Somebody has written into the journal: what is ours goes out. */
void shadow_look(struct shadow *shadow);
/* Now and then: what has become safe; who has come back. */
void shadow_tick(struct shadow *shadow);

/* Where nodes find this hub, for the list; an empty endpoint: where they have
 * found it till now. */
void shadow_name(struct shadow *shadow, const struct keys_hub *own);

#endif
