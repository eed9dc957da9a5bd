#include "core/words.h"

#include "core/hash.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 64, CHECK_SIZE = 8 };

void
words_close(struct words *words)
{
    free(words->items);
    free(words->slots);
    *words = (struct words) { .seed = words->seed };
}

/* Where the word's number is, or where it would have to go. */
static uint32_t
probe(const struct words *words, view word)
{
    uint32_t mask = words->slot_count - 1;
    uint32_t at = (uint32_t)hash_64(word, words->seed) & mask;

    while (words->slots[at] != WORDS_NONE &&
           !view_equal(words_get(words, words->slots[at]), word))
        at = (at + 1) & mask;
    return at;
}

uint32_t
words_find(const struct words *words, view word)
{
    if (words->count == 0)
        return WORDS_NONE;
    return words->slots[probe(words, word)];
}

static bool
grow(struct words *words)
{
    uint32_t room = words->room == 0 ? FIRST_ROOM : words->room * 2;
    struct word *items = realloc(words->items, room * sizeof *items);

    if (items == NULL)
        return false;
    words->items = items;
    uint16_t *slots = calloc((size_t)room * 2, sizeof *slots);
    if (slots == NULL)
        return false;
    free(words->slots);
    words->slots = slots;
    words->slot_count = room * 2;
    words->room = room;
    for (uint32_t i = 1; i <= words->count; i++)
        slots[probe(words, words_get(words, i))] = (uint16_t)i;
    return true;
}

static uint32_t
add(struct words *words, view word)
{
    uint32_t number = words_find(words, word);

    if (number != WORDS_NONE)
        return number;
    if (words->sealed || words->count == WORDS_MAX ||
        (words->count == words->room && !grow(words)))
        return WORDS_NONE;
    struct word *added = &words->items[words->count];
    added->size = (uint8_t)word.size;
    memcpy(added->bytes, word.bytes, word.size);
    uint32_t at = probe(words, word);
    words->slots[at] = (uint16_t)++words->count;
    return words->count;
}

uint32_t
words_add(struct words *words, view word)
{
    uint32_t number = words_recent(words, word);

    assert(word.size > 0);
    assert(word.size <= LIMIT_NAME_SIZE);
    if (number != WORDS_NONE)
        return number;
    number = add(words, word);
    const struct words_key key = words_key_of(word);
    if (number != WORDS_NONE && key.size > 0)
        words->recent[words_recent_place(&key)] =
            (struct words_recent) { key, number };
    return number;
}

view
words_get(const struct words *words, uint32_t number)
{
    assert(number > 0);
    assert(number <= words->count);
    const struct word *word = &words->items[number - 1];
    return (view) { word->bytes, word->size };
}

void
words_write(const struct words *words, struct text *text)
{
    size_t start = text->size;

    for (uint32_t i = 1; i <= words->count; i++) {
        view word = words_get(words, i);
        text_char(text, (char)word.size);
        text_view_append(text, word);
    }
    if (!text_reserve(text, CHECK_SIZE)) /* no words are no bytes, too */
        return;
    uint64_t check = hash_64(
        (view) { text->bytes + start, (uint32_t)(text->size - start) }, 0);
    text_bytes(text, &check, sizeof check);
}

enum err
words_read(struct words *words, view bytes)
{
    uint64_t check;
    uint32_t at = 0;

    words_close(words);
    if (bytes.size < CHECK_SIZE)
        return err_corrupt();
    uint32_t size = bytes.size - CHECK_SIZE;
    memcpy(&check, bytes.bytes + size, sizeof check);
    if (hash_64((view) { bytes.bytes, size }, 0) != check)
        return err_corrupt();
    enum err err = OK;
    while (at < size && err == OK) {
        view word = { bytes.bytes + at + 1, bytes.bytes[at] };
        bool sound = word.size > 0 && word.size <= LIMIT_NAME_SIZE &&
                     word.size < size - at && words->count < WORDS_MAX &&
                     words_find(words, word) == WORDS_NONE;
        if (!sound)
            err = err_corrupt();
        else if (words_add(words, word) == WORDS_NONE)
            err = ERR_MEMORY;
        at += 1 + word.size;
    }
    if (err != OK)
        words_close(words);
    return err;
}
