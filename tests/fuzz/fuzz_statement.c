/* fuzz_statement.c - a closed statement as JSON, and the seal beside it: what a
 * partner sends back, or brings to be checked */
#include <string.h>

#include "core/seal.h"
#include "core/statement.h"
#include "tests/fuzz/fuzz.h"

static void
try_statement(view bytes)
{
    struct arena *arena = fuzz_arena(1 << 26);
    struct complaint why = { .text = "" };
    struct text text = { 0 }, again = { 0 };
    struct statement statement;

    if (statement_read(bytes, arena, &statement, &why) != OK) {
        FUZZ_CHECK(why.text[0] != '\0');
        return;
    }
    statement_json(&text, &statement);
    FUZZ_CHECK(text_ok(&text));
    FUZZ_CHECK(statement_read(text_view(&text), arena, &statement, &why) == OK);
    statement_json(&again, &statement);
    FUZZ_CHECK(view_equal(text_view(&text), text_view(&again)));
    text_close(&text);
    text_close(&again);
}

static void
try_seal(view bytes)
{
    struct complaint why = { .text = "" };
    struct text text = { 0 };
    crypto_public_key key;
    struct seal seal, back;

    if (seal_parse_key(bytes, &key)) {
        seal_format_key(key, &text);
        FUZZ_CHECK(text.size == 2 * sizeof key);
    }
    text_close(&text);
    if (seal_read(bytes, &seal, &why) != OK) {
        FUZZ_CHECK(why.text[0] != '\0');
        return;
    }
    FUZZ_CHECK(seal_check(&seal, seal.key, bytes) == ERR_INPUT);
    seal_write(&text, &seal);
    FUZZ_CHECK(seal_read(text_view(&text), &back, &why) == OK);
    FUZZ_CHECK(back.period == seal.period);
    FUZZ_CHECK(view_equal(back.partner, seal.partner));
    FUZZ_CHECK(
        memcmp(&back.signature, &seal.signature, sizeof seal.signature) == 0);
    text_close(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size > 1 << 16)
        return 0;
    try_statement((view) { bytes, (uint32_t)size });
    try_seal((view) { bytes, (uint32_t)size });
    return 0;
}
