/*
 * lookup.h - numbers under names: which receipt a row belongs to, how often
 * an id was seen, what stands under a key of a side file
 *
 * Open addressing with linear probing, seeded at random, so that no file can
 * choose keys that collide.  Keys are copied; entries are never removed.
 */
#ifndef TOOLS_LOOKUP_H
#define TOOLS_LOOKUP_H

#include "core/err.h"

struct lookup; /* owned; lookup_close() */

/* NULL: the machine has no memory left. */
struct lookup *lookup_open(void);
void lookup_close(struct lookup *lookup);

/* The number under the key, 0 at first; valid until the next call.  NULL: the
 * machine has no memory left. */
uint64_t *lookup_take(struct lookup *lookup, view key);

/* The number under the key; NULL: it is not there. */
const uint64_t *lookup_find(const struct lookup *lookup, view key);

#endif
