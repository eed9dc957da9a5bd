/*
 * replay_words.h - what a replay came to, in sentences that can be read aloud
 */
#ifndef TOOLS_REPLAY_WORDS_H
#define TOOLS_REPLAY_WORDS_H

#include "replay/compare.h"

#include <stdio.h>

struct replay_words {
    const char *baseline; /* the file's name; NULL: what is published */
    view currency;
    int32_t from_day;    /* CANDIDATE_FROM_START: from the beginning */
    int64_t since_ms;    /* INT64_MIN: all effects are counted */
    const char *segment; /* as it was asked for; NULL: all accounts */
    const char *const *candidates;
    uint32_t count;
};

/* A line for each thing that an analyst is asked: cost, what is left, winners
 * and losers, tiers, who among the partners, and when. */
void replay_words_one(const struct replay_words *words,
                      const struct comparison *comparison, FILE *out);

/* Which of several costs least, and which most. */
void replay_words_all(const struct replay_words *words,
                      const struct comparison *comparisons, FILE *out);

#endif
