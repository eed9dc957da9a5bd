/*
 * segment.h - a set of accounts told by a condition: tier=gold,!consent=email
 *
 *     any  = all *("|" all)
 *     all  = one *("," one)
 *     one  = "!" one / "(" any ")" / field "=" value
 *
 * Blanks may stand between the parts.  All is judged as of one instant:
 *
 *     member=yes|no         a member, or a bearer
 *     joined=DATES          local date of the first join; no join: false
 *     home_store=STORES
 *     tier=LEVEL            holds that level; none: holds no level
 *     window_spend=MONEY    eligible spend in the window by which tiers go
 *     inactive_days=RANGE   local days since the last visit (a purchase, a
 *                           stamp, the use of a pass); none: false
 *     recency=RANGE         local days since the last purchase; none: false
 *     first_purchase=DATES  local date; so the next; none: false
 *     last_purchase=DATES
 *     purchases=RANGE       how many, ever
 *     frequency=RANGE       how many in this calendar month and the 11 before
 *     spend=MONEY           lifetime eligible spend less refunds
 *     bought=CATEGORY       some purchase has a line of it, or of a part of it
 *     sku=SKU               some purchase has a line of it
 *     stores=STORES         some purchase was made there
 *     partners=PARTNER      some purchase was made at a store of that partner
 *     points=RANGE          available; pending, debt: likewise
 *     stamps=CARD:RANGE     on the card now; CARD alone: at least 1
 *     reward=REWARD:RANGE   vouchers held; likewise
 *     pass=PASS:RANGE       uses left; likewise
 *     consent=CHANNEL       is granted
 *
 * A range is 5, 5.., ..5 or 5..9, both ends inclusive; of dates 2026-01-31 or
 * 2026-01-01..2026-03-31, of money 20 or 19.99.. in units of currency.  Stores
 * are 7, 10-14 or a store group.
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

/* Whether any part asks for what rules make of the events; the others hold for
 * an account that was folded without any version, too. */
bool segment_asks_rules(const struct segment *segment);

#endif
