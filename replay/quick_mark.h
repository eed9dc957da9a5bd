/*
 * quick_mark.h - which rules hold for each purchase
 *
 * Element by element over the columns of a block: what days, stores and goods
 * allow is looked up, and other conditions take bits out.  None of it depends
 * on what a rule gives, so that variants of a rule do it once.
 */
#ifndef REPLAY_QUICK_MARK_H
#define REPLAY_QUICK_MARK_H

#include "replay/quick_parts.h"

/* From when on the rules of the two sides hold for the same purchases, bit by
 * bit, if they share levels (quick_era.h). */
int64_t quick_mark_same_from(const struct quick *a, const struct quick *b);

/* Whether the effects of such sides are summed up in the same cells. */
bool quick_mark_same_cells(const struct quick *a, const struct quick *b);

/* Fills the columns of the side's own mark; levels are known. */
void quick_mark_run(struct quick *quick);

/* Of these the cells only, of a side that shares all else. */
void quick_mark_cells(struct quick *quick);

/* Receipts of a stretch, by place. */
struct quick_receipts {
    uint32_t first;
    uint32_t end;
};

/* Those that its rules have to be asked line by line. */
struct quick_receipts quick_mark_receipts(const struct quick *quick,
                                          const struct quick_stretch *stretch);

#endif
