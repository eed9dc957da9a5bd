/*
 * hubs.h - where the hubs are: the list that every node keeps up to date
 *
 * The active hub tells its nodes by the control item ENDPOINTS of its public
 * stream: itself first, then the standbys that have joined and whose address
 * was given when they were enrolled.  So a dead disk at HQ is no journey to
 * 2000 stores: each node finds the standby by itself, and knows its key.
 *
 *   ENDPOINTS  msgpack map: 1 array of [endpoint, key (bin 32)]; an empty
 *              endpoint says: where you found that key before
 */
#ifndef NODES_HUBS_H
#define NODES_HUBS_H

#include "nodes/allow.h"
#include "nodes/keys.h"

/* Writes the list into what is public, if it is another than was written last,
 * and there is more in it than one hub that all nodes know already.  `own` is
 * ours, with an empty endpoint where no other than the enrolled one is known.
 * ERR_FULL, ERR_IO, ERR_MEMORY. */
NODISCARD enum err hubs_publish(struct journal *journal, struct allow *allow,
                                uint32_t node, const struct keys_hub *own);

/* Takes in the newest list that came after `*position`, which moves on to the
 * last item read; `own` is left out, and so is who has no address.  True:
 * keys/hubs has been changed.  What can't be read or written now is tried
 * again with the next call. */
bool hubs_take(struct journal *journal, const char *dir, curve_key own,
               uint64_t *position);

#endif
