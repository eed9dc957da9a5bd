/* fuzz_json.c - a line of JSON that is to be an event */
#include "core/codec.h"
#include "core/json.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct arena *arena = fuzz_arena(1 << 26);
    struct complaint why = { .text = "" };
    struct json_extra extra;
    struct event event;
    struct event again;
    struct text text = { 0 };

    if (size > LIMIT_EVENT_SIZE)
        return 0;
    view line = { bytes, (uint32_t)size };
    if (json_read_event(line, arena, &event, &extra, &why) != OK) {
        FUZZ_CHECK(why.text[0] != '\0');
        return 0;
    }
    if (!extra.has_at || event.store == 0 || !extra.has_event ||
        !extra.has_recorded || extra.voids_id.size > 0)
        return 0;
    json_write_event(&text, &event);
    FUZZ_CHECK(text_ok(&text));
    FUZZ_CHECK(json_read_event(text_view(&text), arena, &again, &extra, &why) ==
               OK);
    FUZZ_CHECK(codec_same_content(&event, &again, true));
    FUZZ_CHECK(identity_equal(event.identity, again.identity));
    text_close(&text);
    return 0;
}
