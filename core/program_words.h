/*
 * program_words.h - what a program says at a key, in words
 *
 * Two programs say the same at a key if and only if the same is written of
 * both: references are written as ids, defaults as if they stood there, and
 * what is left out as "none".
 */
#ifndef CORE_PROGRAM_WORDS_H
#define CORE_PROGRAM_WORDS_H

#include "core/grammar.h"
#include "core/text.h"

/* The struct that a mapping of the grammar fills, in its program; `base` is
 * NULL where the mapping, or the key that is looked at, is left out. */
struct program_part {
    const struct program *program;
    const void *base;
};

/* Appends the value of a key that holds a single one (or of a test: its
 * events or expectations, as one long text). */
void program_words_value(struct text *text, const struct grammar_key *key,
                         struct program_part part);

/* Whether a key holds a set of names, days or words. */
bool program_words_is_set(const struct grammar_key *key);

/* Appends what the one set has and the other lacks, each item after `sign` and
 * before a blank.  The key is one for which program_words_is_set() holds, or a
 * list of stores. */
void program_words_missing(struct text *text, const struct grammar_key *key,
                           struct program_part has, struct program_part lacks,
                           const char *sign);

/* Appends a name, or a text for people in quotes; "none" if it is empty. */
void program_words_name(struct text *text, const struct grammar_key *key,
                        view name);

#endif
