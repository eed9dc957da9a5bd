/*
 * quick_lines.h - what rules make of a receipt of several lines
 *
 * A rule holds for a receipt where it holds for one of its eligible lines.  One
 * that holds for all goods alike takes the eligible amount as if the receipt
 * had no lines; others (line_bits of rulebook.h) take what lines of their goods
 * come to.
 */
#ifndef REPLAY_QUICK_LINES_H
#define REPLAY_QUICK_LINES_H

#include "replay/rulebook.h"

/* The eligible amount, cents. */
uint32_t quick_lines_eligible(const struct rulebook *table,
                              const struct plain_receipt *receipt);

/* Rules and cards that hold for the goods of some line. */
uint64_t quick_lines_mask(const struct rulebook *table,
                          const struct plain_receipt *receipt);

/* The amount of the lines that the rule of the bit holds for, cents; and how
 * many items they are. */
uint32_t quick_lines_amount(const struct rulebook *table,
                            const struct plain_receipt *receipt, uint32_t bit);
int64_t quick_lines_items(const struct rulebook *table,
                          const struct plain_receipt *receipt, uint32_t bit);

/* What a rule that holds gives for the lines, before its limit. */
int64_t quick_lines_points(const struct rulebook *table,
                           const struct plain_receipt *receipt, uint32_t bit);

#endif
