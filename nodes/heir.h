/*
 * heir.h - a hub asks those who may have taken its place whether they have
 *
 * A hub that comes back, or that a cable had cut off, holds itself to be the
 * hub until somebody tells it otherwise, and where no node dials it nobody
 * does.  So, as long as it rules, it dials the others of its list (hubs.h), at
 * first within the second and then about four times a minute, and says HELLO
 * to whoever is there, as a standby does:
 *
 *   a standby does not listen; that nobody is there is as it should be
 *   a hub of a later epoch says WELCOME, and so its claim (claim.h), which ends
 *   our reign
 *   a hub of an earlier one hears our claim, and its reign ends
 *
 * Then the connection is given up: what each holds it tells when one of them
 * stands by.
 */
#ifndef NODES_HEIR_H
#define NODES_HEIR_H

#include "nodes/carry.h"
#include "nodes/link.h"
#include "nodes/trust.h"

struct heir_options {
    const struct trust *trust; /* whose list it is, and whose word counts */
    struct carry *carry;
    uint64_t epoch; /* ours */
};

struct heir {
    struct heir_options options;
    struct keys_pair keys;
    stream_id by; /* the list that the links are of ... */
    uint64_t seq; /* ... and its place */
    struct heir_link {
        struct link link;
        int64_t until_ms; /* for an answer to HELLO */
    } links[KEYS_HUBS_MAX];
    uint32_t count;
};

/* Nobody is dialled yet.  Copies the hub's keys; what the options point to is
 * borrowed until the close. */
void heir_open(const struct heir_options *options, const struct keys_pair *keys,
               struct heir *ret_heir);
void heir_close(struct heir *heir);
/* Does what is to be done at this moment.  True: a hub of a later epoch has
 * answered, and its claim is believed. */
bool heir_turn(struct heir *heir, struct arena scratch,
               struct claim *ret_claim);

/* reign_may_rule() for who would publish or close: where nothing here speaks
 * against it, the others of the list are asked first, for some seconds at the
 * most.  Who can't be asked is held to stand by. */
NODISCARD enum err heir_may_rule(const char *dir, struct journal *journal,
                                 struct complaint *complaint);

#endif
