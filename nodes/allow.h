/*
 * allow.h - who is admitted to a hub, and who changes that
 *
 * The allow-list (core/allow_list.h) is kept in memory and brought up to date
 * from the journal before every answer, so that what `enrol` has written from
 * another process holds at the next handshake.  Any thread may ask.
 */
#ifndef NODES_ALLOW_H
#define NODES_ALLOW_H

#include "core/enrol.h"
#include "core/journal.h"
#include "nodes/transport.h"

struct allow;

/* Reads the list of the journal, borrowed until the close.  ERR_IO,
 * ERR_CORRUPT, ERR_MEMORY. */
NODISCARD enum err allow_open(struct journal *journal,
                              struct allow **ret_allow);
void allow_close(struct allow *allow);

/* The gate of transport.h; `context` is a struct allow.  Admits a node's own
 * key, and a one-time key until its last moment for joining.  Whatever it
 * can't find out it refuses. */
bool allow_gate(void *context, curve_key key, struct transport_pass *ret_pass);

/* Whether the key is (still) the one of that pass. */
bool allow_holds(struct allow *allow, struct transport_pass pass,
                 curve_key key);

/* Changes whenever an item of the list has been read. */
uint64_t allow_changes(struct allow *allow);

/* The enrolment of a number.  False: there is none, or it was revoked. */
bool allow_find(struct allow *allow, uint32_t node,
                struct enrolment *ret_enrolment);

/* The first number greater than `after` that was ever enrolled; `ret_revoked`
 * says whether it has been revoked.  Of one that was revoked the enrolment may
 * not have come yet: then its role is 0.  False: there is none. */
bool allow_next(struct allow *allow, uint32_t after,
                struct enrolment *ret_enrolment, bool *ret_revoked);

/* Writes an enrolment into the books, in place of the number's old one.
 * ERR_FULL, ERR_IO. */
NODISCARD enum err allow_enrol(struct allow *allow,
                               const struct enrolment *enrolment);
/* Writes into the books that it is enrolled no more.  ERR_NOT_FOUND: it is not,
 * or was revoked already; ERR_FULL, ERR_IO. */
NODISCARD enum err allow_revoke(struct allow *allow, uint32_t node);
/* Registers the node's own key, which it sent over a connection made with its
 * one-time key.  OK too if just this key is registered already.
 * ERR_CONFLICT: another one is; ERR_NOT_FOUND: revoked meanwhile; ERR_BUSY: the
 * books don't come to rest; ERR_FULL, ERR_IO. */
NODISCARD enum err allow_join(struct allow *allow, uint32_t node,
                              curve_key key);

#endif
