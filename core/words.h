/*
 * words.h - small numbers for the categories that stand in a history
 *
 * The image of a history (chapter.h) holds the category of a line as a number,
 * so that conditions on categories become lookups.  A number is the place of
 * the word in the order in which words were first seen, from 1; 0 is no word.
 * Numbers never change: words are only ever added.
 */
#ifndef CORE_WORDS_H
#define CORE_WORDS_H

#include "core/err.h"
#include "core/limits.h"
#include "core/text.h"

enum { WORDS_MAX = 65535, WORDS_NONE = 0 };

struct word {
    uint8_t size;
    uint8_t bytes[LIMIT_NAME_SIZE];
};

/* A zeroed one is empty. */
struct words {
    struct word *items; /* owned, as is the next */
    uint16_t *slots;
    uint32_t count;
    uint32_t room;
    uint32_t slot_count; /* a power of two */
    uint64_t seed;       /* random, set by whoever opens it */
    bool sealed;         /* none may be added: a copy that borrows from words
                          * which others read too */
};

void words_close(struct words *words);

/* The number of a word, 0 if it has none. */
uint32_t words_find(const struct words *words, view word);
/* The same, giving it one; 0: there are too many, no memory, or they are
 * sealed. */
uint32_t words_add(struct words *words, view word);
/* The word of a number from 1 to `count`; borrowed until words are added. */
view words_get(const struct words *words, uint32_t number);

/* Appends all words in their order, with a checksum. */
void words_write(const struct words *words, struct text *text);
/* Replaces what is there by what words_write() wrote.  ERR_CORRUPT: it is not
 * that (all words are then gone); ERR_MEMORY. */
NODISCARD enum err words_read(struct words *words, view bytes);

#endif
