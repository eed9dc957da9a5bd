/*
 * trust.h - what a hub signs, and whose signature counts
 *
 * A hub has an Ed25519 key in keys/hub.key, which never leaves it (the one that
 * signs statements is another).  It signs two things, so that whoever passes
 * them on can't forge them:
 *
 *   a claim (claim.h), by which it tells that it is the hub.  Only a claim
 *     that it believes tells a hub that its time is over.
 *   the heads of what is public: the control item SIGNED, written behind
 *     whatever was published, covers by the chain hash all that stands before
 *     it in its stream.  A hub takes back from its nodes only what is covered.
 *
 * Whose key counts stands in the lists of hubs (hubs.h), which are public, and
 * so signed: a standby tells its key in the HELLO of its authenticated session,
 * the hub puts it into the list, and that is how a successor is introduced by
 * its predecessor.  Our own key counts without a list.
 *
 *   SIGNED     msgpack map: 1 key (bin 32), 2 signature (bin 64) over "leima
 *              public 1", u32 node, u64 incarnation, u64 seq, 32 bytes hash:
 *              the stream and its end right before the item
 *   note "hub.claim"  the claim of the greatest epoch (claim.h)
 */
#ifndef NODES_TRUST_H
#define NODES_TRUST_H

#include "core/signing.h"
#include "nodes/claim.h"
#include "nodes/hubs.h"

struct trust {
    struct journal *journal; /* borrowed */
    uint32_t node;           /* ours */
    bool signs;              /* a hub or a standby, which has a key */
    struct signing_key key;  /* ours */
    struct hubs hubs;
};

/* Reads the lists; the journal is borrowed until the close.  `dir`: a hub's or
 * a standby's, whose key is loaded, and made where there is none; NULL: of
 * somebody who signs nothing.  As signing_load(), faults of the reader. */
NODISCARD enum err trust_open(const char *dir, struct journal *journal,
                              struct trust *ret_trust,
                              struct complaint *complaint);
void trust_close(struct trust *trust); /* wipes the key */
/* Takes in newer lists.  True: there was one. */
bool trust_refresh(struct trust *trust);

/* --- claims --- */

/* That we are the hub. */
struct claim trust_claim(const struct trust *trust, uint64_t epoch,
                         curve_key curve);
/* Whether it is sound and its key a hub's. */
bool trust_believes(const struct trust *trust, const struct claim *claim);
/* The claim of the greatest epoch that was kept; zeros: none.  ERR_IO. */
NODISCARD enum err trust_load_claim(struct journal *journal,
                                    struct claim *ret_claim);
/* ERR_FULL, ERR_IO. */
NODISCARD enum err trust_save_claim(struct journal *journal,
                                    const struct claim *claim);

/* --- what is public --- */

/* Signs the present head of our stream of public items, where it is not signed
 * yet.  ERR_BUSY: it doesn't come to rest; ERR_FULL, ERR_IO, ERR_MEMORY. */
NODISCARD enum err trust_sign(struct trust *trust, int64_t now_ms);

enum trust_verdict {
    TRUST_UNSIGNED, /* nothing here is covered by a key that counts */
    TRUST_SIGNED,   /* a part is, from the beginning on */
    TRUST_FORGED,   /* a signature is not that of the key it names, the chain
                     * is broken, or a record is of another stream */
};
/* Looks at records of that public stream as they came, one after another; how
 * many bytes of them are covered. */
enum trust_verdict trust_look(const struct trust *trust, stream_id stream,
                              view records, uint32_t *ret_size);

#endif
