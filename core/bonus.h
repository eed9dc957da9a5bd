/*
 * bonus.h - the monthly bonus: one rate on the whole month's eligible spend
 */
#ifndef CORE_BONUS_H
#define CORE_BONUS_H

#include "core/book.h"

/* The first month at or after account->bonus_from with any spend to look at;
 * INT32_MAX: none.  Its bonus is due when it ends. */
int32_t bonus_next_month(const struct account *account);

/* Gives the bonus of that month; the scene stands at the midnight that ends
 * it, its version is the one in force a millisecond before.  False: there was
 * none. */
bool bonus_give(const struct scene *scene, int32_t month);

/* Goods bought in that month came back, its spend was `before`: if the bonus
 * has been given, the difference is withdrawn. */
void bonus_reduce(const struct scene *scene, const struct book_undo *undo,
                  int32_t month, money before);

/* What a month's eligible spend gives. */
points bonus_reckon(const struct program *program, money spend);

#endif
