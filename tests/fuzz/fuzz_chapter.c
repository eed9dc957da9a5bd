/* fuzz_chapter.c - a chapter of the image of a history, as a bent file may hold
 * it: each row, its event, its skus; what can be read is sorted and written
 * again, and then reads the same.  And the list of words beside it. */
#include <string.h>

#include "core/chapter.h"
#include "core/chapter_write.h"
#include "core/hash.h"
#include "core/words.h"
#include "tests/fuzz/fuzz.h"

enum { ROWS_MAX = 2048, WORDS = 4 };

static const account_id ACCOUNT = { .member = 42 };
static struct chapter_row rows[ROWS_MAX];

static const struct words *
some_words(void)
{
    static struct words words;

    while (words.count < WORDS) {
        char word[8];
        snprintf(word, sizeof word, "word%u", words.count);
        FUZZ_CHECK(words_add(&words, view_of(word)) != WORDS_NONE);
    }
    return &words;
}

/* The events of all its rows are sound or are refused.  Returns how many rows
 * there are; ROWS_MAX + 1: not all can be read. */
static uint32_t
read_rows(view bytes, struct arena *arena)
{
    static struct chapter_cursor cursor;
    struct chapter chapter;
    struct event event;
    uint32_t count = 0;
    enum err err;

    if (chapter_open(bytes, &chapter) != OK)
        return ROWS_MAX + 1;
    for (uint32_t i = 0; i < chapter.stream_count; i++)
        (void)chapter_stream(&chapter, i);
    chapter_start(&chapter, &cursor);
    while (count < ROWS_MAX &&
           (err = chapter_next(&cursor, &rows[count])) == OK) {
        const struct chapter_row *row = &rows[count++];
        if (!row->item &&
            chapter_row_event(row, ACCOUNT, some_words(), arena, &event) != OK)
            return ROWS_MAX + 1;
    }
    return count < ROWS_MAX && err == ERR_NOT_FOUND ? count : ROWS_MAX + 1;
}

static void
try_words(view bytes)
{
    static uint8_t good[1 << 16];
    struct words words = { 0 };
    struct text text = { 0 };

    if (words_read(&words, bytes) == OK)
        words_write(&words, &text);
    if (words.count > 0)
        FUZZ_CHECK(view_equal(text_view(&text), bytes));
    /* With its checksum made good. */
    memcpy(good, bytes.bytes, bytes.size);
    uint64_t sum = hash_64(bytes, 0);
    memcpy(good + bytes.size, &sum, sizeof sum);
    (void)words_read(&words, (view) { good, bytes.size + 8 });
    words_close(&words);
    text_close(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct arena *arena = fuzz_arena(1 << 26);
    view whole = { bytes, (uint32_t)size };
    struct text text = { 0 }, again = { 0 };

    if (size > 1 << 15)
        return 0;
    try_words(whole);
    uint32_t count = read_rows(whole, arena);
    if (count == 0 || count > ROWS_MAX)
        return 0;
    chapter_sort(rows, count);
    chapter_write(rows, count, ACCOUNT, some_words(), *arena, &text);
    FUZZ_CHECK(text_ok(&text));
    FUZZ_CHECK(read_rows(text_view(&text), arena) == count);
    chapter_write(rows, count, ACCOUNT, some_words(), *arena, &again);
    FUZZ_CHECK(view_equal(text_view(&text), text_view(&again)));
    text_close(&text);
    text_close(&again);
    return 0;
}
