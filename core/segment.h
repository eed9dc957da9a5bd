/*
 * segment.h - a set of accounts told by a condition: tier=gold,!consent=email
 *
 *     any  = all *("|" all)
 *     all  = one *("," one)
 *     one  = "!" one / "(" any ")" / field "=" value
 *
 *     tier=LEVEL           holds that level
 *     inactive_days=RANGE  local days since the last visit; none: false
 *     bought=CATEGORY      some purchase has a line of it (or below it)
 *     sku=SKU              likewise
 *     stores=STORES        some purchase was made there: 7, 10-14, a group
 *     partners=PARTNER     some purchase was made at a store of that partner
 *     home_store=STORES
 *     consent=CHANNEL      is granted
 *     reward=REWARD        holds a voucher of it
 *     points=RANGE         available
 *     purchases=RANGE      how many
 *     spend=RANGE          lifetime eligible spend, in units of currency
 *
 * A range is 5, 5.., ..5 or 5..9, both ends inclusive.
 */
#ifndef CORE_SEGMENT_H
#define CORE_SEGMENT_H

#include "core/account.h"

enum { SEGMENT_PARTS_MAX = 100, SEGMENT_DEPTH_MAX = 16 };

struct segment; /* in the arena it was read into */

/* Reads the expression, whose bytes are borrowed as long as the segment is
 * used; so is the timeline.  Names are those of any version, store groups those
 * of the last version that has them.  ERR_INPUT: the complaint says at which
 * character, what was expected, and what was found. */
NODISCARD enum err segment_read(view text, const struct timeline *timeline,
                                struct arena *arena,
                                const struct segment **ret_segment,
                                struct complaint *complaint);

/* Whether the condition holds for the account, which is whole and whose clock
 * stands at `at_ms`. */
bool segment_holds(const struct segment *segment, const struct account *account,
                   int64_t at_ms);

#endif
