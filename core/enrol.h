/*
 * enrol.h - who may talk to a hub: the bodies of ENROL and REVOKE
 *
 * The allow-list of a hub is what the control items of its books say, the last
 * one of a node's number holding.  An enrolment admits a one-time key until
 * its time, for joining only; joining writes the enrolment again with the key
 * that the node has made itself.  Enrolling a number again takes its old key
 * away at once: that is how a stolen machine is replaced.
 *
 *   ENROL   msgpack map: 1 node, 2 role, 3 array of stores, 4 one-time public
 *           key (bin 32), 5 its last moment ms, 6 the node's public key (bin
 *           32), absent until it has joined, 7 a standby's endpoint
 *   REVOKE  msgpack map: 1 node
 */
#ifndef CORE_ENROL_H
#define CORE_ENROL_H

#include "core/err.h"
#include "core/limits.h"
#include "core/text.h"

enum {
    ENROL_STORES_MAX = 64,
    CURVE_KEY_SIZE = 32,
    ENROL_ENDPOINT_SIZE = 128, /* with the end */
};

/* Of a CURVE key pair (X25519), either half; a secret one is wiped after use.*/
typedef struct {
    uint8_t bytes[CURVE_KEY_SIZE];
} curve_key;

/* The same bytes; not in constant time, so for public halves. */
bool curve_key_equal(curve_key a, curve_key b);

/* What a node may offer.  Frozen numbers. */
enum enrol_role {
    ENROL_STORE = 1,   /* its own events */
    ENROL_STANDBY = 2, /* all streams, the books too */
    ENROL_RELAY = 3,   /* all streams of events */
};
enum { ENROL_ROLE_END = 4 };

/* "store"; NULL for a number that is no role. */
const char *enrol_role_name(enum enrol_role role);
NODISCARD bool enrol_role_parse(view name, enum enrol_role *ret_role);

struct enrolment {
    uint32_t node;
    enum enrol_role role;
    uint32_t store_count;
    uint32_t stores[ENROL_STORES_MAX];
    curve_key once;
    int64_t once_until_ms;
    bool joined;
    curve_key key;                      /* once joined */
    char endpoint[ENROL_ENDPOINT_SIZE]; /* where nodes find it as a hub */
};

/* Appends the body; the caller asks text_ok() at the end. */
void enrol_encode(const struct enrolment *enrolment, struct text *text);
void enrol_encode_revoke(uint32_t node, struct text *text);

/* ERR_CORRUPT: malformed or out of range.  Fields that a later version added
 * are passed over. */
NODISCARD enum err enrol_decode(view body, struct enrolment *ret_enrolment);
NODISCARD enum err enrol_decode_revoke(view body, uint32_t *ret_node);

#endif
