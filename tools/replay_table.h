/*
 * replay_table.h - a simulation on a terminal, to be read aloud
 */
#ifndef TOOLS_REPLAY_TABLE_H
#define TOOLS_REPLAY_TABLE_H

#include "replay/compare.h"

#include <stdio.h>

struct replay_table {
    const char *name; /* of the candidate */
    view currency;
};

/* One candidate: what it costs, who wins and loses, tiers, partners, months
 * and ten accounts.  False: it can't be written. */
NODISCARD bool replay_table_print(const struct replay_table *names,
                                  const struct comparison *comparison,
                                  FILE *out);

/* Several candidates, a row each, after the baseline.  `names` and
 * `comparisons` have `count` entries. */
NODISCARD bool replay_table_print_all(const struct replay_table *names,
                                      const struct comparison *comparisons,
                                      uint32_t count, FILE *out);

#endif
