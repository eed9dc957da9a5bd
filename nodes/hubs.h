/*
 * hubs.h - where the hubs are: the list that every node keeps up to date
 *
 * The active hub tells its nodes by the control item ENDPOINTS of its public
 * stream: itself first, then the standbys that have joined and whose address
 * was given when they were enrolled.  So a dead disk at HQ is no journey to
 * 2000 stores: each node finds the standby by itself, and knows its key.
 *
 *   ENDPOINTS  msgpack map: 1 array of [endpoint, key (bin 32)]; an empty
 *              endpoint says: where you found that key before; 2 array of
 *              [node, key (bin 32)], the Ed25519 keys of all hubs, those that
 *              were and those that stand by (trust.h)
 *
 * Of two lists the one of the later epoch holds, and in one epoch the later.
 */
#ifndef NODES_HUBS_H
#define NODES_HUBS_H

#include "nodes/allow.h"
#include "nodes/keys.h"

enum { HUBS_SIGNERS_MAX = 16 };

struct hubs_signer {
    uint32_t node;
    crypto_public_key key;
};
struct hubs_signers { /* the newest first; beyond the maximum the last goes */
    struct hubs_signer list[HUBS_SIGNERS_MAX];
    uint32_t count;
};
/* Whether that node signs with that key. */
bool hubs_signers_have(const struct hubs_signers *signers, uint32_t node,
                       crypto_public_key key);
/* At the front; nothing changes where it is there. */
void hubs_signers_add(struct hubs_signers *signers, uint32_t node,
                      crypto_public_key key);

/* The newest list, as far as the journal has been read. */
struct hubs {
    uint64_t position; /* of the last item read; 0: none yet */
    stream_id by;      /* incarnation 0: there is no list */
    uint64_t seq;
    struct keys_hubs list;
    struct hubs_signers signers;
};
/* Reads on.  Faults of the reader. */
NODISCARD enum err hubs_read(struct hubs *hubs, struct journal *journal);

/* What a hub says. */
struct hubs_own {
    uint32_t node;
    struct keys_hub hub; /* with an empty endpoint where no other than the
                          * enrolled one is known */
    struct hubs_signers signers; /* of ours and of standbys that have told */
};
/* Writes a list into what is public, if it is another than the newest.  Keys of
 * the newest stay, but those of nodes that were revoked or have told another.
 * ERR_FULL, ERR_IO, ERR_MEMORY. */
NODISCARD enum err hubs_publish(struct journal *journal, struct allow *allow,
                                const struct hubs *newest,
                                const struct hubs_own *own);

/* Takes in the list; `own` is left out, and so is who has no address.  True:
 * keys/hubs has been changed. */
bool hubs_take(const struct hubs *newest, const char *dir, curve_key own);
/* Adds those of the list that `hubs`, which is a string's, lacks: it may be
 * from before they stood by.  `own` is left out, and so is who has no address.
 * Nobody is added where they have none in common, for then the list is that of
 * other hubs. */
void hubs_add(const struct hubs *newest, curve_key own, struct keys_hubs *hubs);

#endif
