/* fuzz_slip.c - what a till hands in: a line is read or refused with words, and
 * what is read is read again the same when it is written as a list; the answer
 * to it is one line of JSON */
#include <string.h>

#include "core/codec.h"
#include "core/json.h"
#include "core/slip.h"
#include "tests/fuzz/fuzz.h"

static void
check_answer(const struct ledger_entry *entries, uint32_t count, enum err err,
             const struct complaint *words)
{
    struct json_tree *tree = NULL;
    struct complaint why;
    struct text line = { 0 };

    slip_answer(&line, entries, count, err, words);
    FUZZ_CHECK(text_ok(&line));
    FUZZ_CHECK(memchr(line.bytes, '\n', line.size) ==
               line.bytes + line.size - 1);
    FUZZ_CHECK(json_open(text_view(&line), &tree, &why) == OK);
    FUZZ_CHECK(json_get(tree, err == OK ? "events" : "refused") != NULL);
    json_close(tree);
    text_close(&line);
}

/* Only what a line has by itself can be written. */
static bool
is_whole(const struct ledger_entry *entries, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (!entries[i].at_given || entries[i].event.store == 0 ||
            entries[i].voids_id.size > 0)
            return false;
    return true;
}

static void
check_again(const struct ledger_entry *entries, uint32_t count,
            struct arena *arena)
{
    struct complaint words = { .text = "" };
    struct ledger_entry *again = NULL;
    struct text line = { 0 };
    uint32_t found = 0;

    for (uint32_t i = 0; i < count; i++) {
        text_char(&line, i == 0 ? '[' : ',');
        json_write_event(&line, &entries[i].event);
    }
    text_char(&line, ']');
    FUZZ_CHECK(text_ok(&line));
    if (line.size <= LIMIT_JSON_LINE) {
        FUZZ_CHECK(slip_read(text_view(&line), arena, &again, &found, &words) ==
                   OK);
        FUZZ_CHECK(found == count);
        for (uint32_t i = 0; i < count; i++)
            FUZZ_CHECK(
                codec_same_content(&entries[i].event, &again[i].event, true));
    }
    text_close(&line);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct arena *arena = fuzz_arena(1 << 26);
    struct complaint words = { .text = "" };
    struct ledger_entry *entries = NULL;
    uint32_t count = 0;

    if (size > LIMIT_EVENT_SIZE)
        return 0;
    enum err err = slip_read((view) { bytes, (uint32_t)size }, arena, &entries,
                             &count, &words);
    FUZZ_CHECK(err == OK || err == ERR_INPUT);
    FUZZ_CHECK((err == OK) == (words.text[0] == '\0'));
    FUZZ_CHECK((err == OK) == (entries != NULL && count > 0));
    check_answer(entries, count, err, &words);
    for (uint32_t i = 0; err == OK && i < count; i++)
        FUZZ_CHECK(entries[i].event.identity.node == 0);
    if (err == OK && is_whole(entries, count))
        check_again(entries, count, arena);
    return 0;
}
