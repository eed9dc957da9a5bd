/*
 * stamp.h - stamp cards: filled, and emptied again by returns
 */
#ifndef CORE_STAMP_H
#define CORE_STAMP_H

#include "core/book.h"

/* Puts `count` (>= 1) stamps on the card at that place of the scene's program,
 * and gives what full cards give. */
void stamp_add(const struct scene *scene, int32_t place, int64_t count);

/* Takes `count` (>= 1) stamps off, the card being the one at that place of
 * undo->version.  While the count is below 0 and something that this card gave
 * can be taken back, that is withdrawn; else the count stays negative. */
void stamp_take(const struct scene *scene, const struct book_undo *undo,
                int32_t place, int64_t count);

#endif
