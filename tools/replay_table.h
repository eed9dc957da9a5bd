/*
 * replay_table.h - a simulation on a terminal, to be read aloud
 */
#ifndef TOOLS_REPLAY_TABLE_H
#define TOOLS_REPLAY_TABLE_H

#include "tools/replay_words.h"

/* One candidate: what it costs, who wins and loses, tiers, partners, months
 * and ten accounts.  False: it can't be written. */
NODISCARD bool replay_table_print(const struct replay_words *words,
                                  const struct comparison *comparison,
                                  FILE *out);

/* Several candidates, a row each, after the baseline. */
NODISCARD bool replay_table_print_all(const struct replay_words *words,
                                      const struct comparison *comparisons,
                                      FILE *out);

#endif
