/*
 * claim.h - a hub's word that it is the hub, signed
 *
 * "Node N, reached under the CURVE key K, is the hub in epoch E."  A hub says
 * it in its WELCOME; nodes keep the one of the greatest epoch that they have
 * heard and repeat it in their HELLO, so that a hub of the past learns from any
 * of them that its time is over, and from none of them falsely.  Whose
 * signature counts is a matter of trust.h.
 *
 *   u64 epoch, u32 node, u32 0, Ed25519 key 32, CURVE key 32, and the signature
 *   64, over "leima hub 1" and what stands before it
 */
#ifndef NODES_CLAIM_H
#define NODES_CLAIM_H

#include "core/enrol.h"
#include "core/signing.h"

enum { CLAIM_SIZE = 144 };

struct claim { /* node 0: none */
    uint64_t epoch;
    uint32_t node;
    crypto_public_key key;
    curve_key curve;
    crypto_signature signature;
};

/* To bytes and back; nothing is checked. */
void claim_encode(const struct claim *claim, uint8_t bytes[static CLAIM_SIZE]);
void claim_decode(const uint8_t bytes[static CLAIM_SIZE],
                  struct claim *ret_claim);

/* Fills in the key and the signature. */
void claim_sign(struct claim *claim, const struct signing_key *key);
/* Whether it was signed with the key that it names. */
NODISCARD bool claim_is_sound(const struct claim *claim);

#endif
