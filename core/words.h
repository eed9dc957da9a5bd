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
enum { WORDS_RECENT = 64, WORDS_SHORT = 16 };

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
    struct words_recent {
        struct words_key {
            uint64_t first, last; /* bytes: up to eight of each */
            uint32_t size;        /* 0: none */
        } key;
        uint32_t number;
    } recent[WORDS_RECENT]; /* of short ones */
};

/* Gives back what it owns. */
void words_close(struct words *words);

/* All of a short word; of a long one, size 0. */
static inline struct words_key
words_key_of(view word)
{
    struct words_key key = { .size = word.size };

    if (word.size == 0 || word.size > WORDS_SHORT)
        return (struct words_key) { 0 };
    view_ends(word, &key.first, &key.last);
    return key;
}

/* Where a short word stands among the recent ones. */
static inline uint32_t
words_recent_place(const struct words_key *key)
{
    return (uint32_t)((key->first + key->last * 3) *
                          UINT64_C(0x9e3779b97f4a7c15) >>
                      58);
}
static_assert(WORDS_RECENT == 64, "six bits");

/* The number of a short word that was added lately, perhaps not for the first
 * time; 0: it is not short, or has to be looked for. */
static inline uint32_t
words_recent(const struct words *words, view word)
{
    const struct words_key key = words_key_of(word);
    const struct words_recent *recent =
        &words->recent[words_recent_place(&key)];

    return recent->key.size == key.size && recent->key.first == key.first &&
                   recent->key.last == key.last
               ? recent->number
               : WORDS_NONE;
}

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
