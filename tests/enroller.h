/*
 * enroller.h - hubs' books for tests: who was enrolled and revoked, when, and
 * in which order another ledger hears of it
 */
#ifndef TESTS_ENROLLER_H
#define TESTS_ENROLLER_H

#include "core/enrol.h"
#include "core/journal.h"
#include "tests/place.h"

/* The empty journal of a hub of that number, in a place of its own. */
struct journal *enroller_open(struct place *ret_place, uint32_t hub);
void enroller_close(struct place *place, struct journal *journal);

/* Each is one item of the books, written at that time. */
void enroller_enrol(struct journal *journal, uint32_t node,
                    enum enrol_role role, int64_t now_ms);
void enroller_revoke(struct journal *journal, uint32_t node, int64_t now_ms);

/* Brings the item of that seq of a hub's books to another ledger.  False: there
 * is none. */
bool enroller_carry(struct journal *from, uint64_t seq, struct journal *to);

#endif
