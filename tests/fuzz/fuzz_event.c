/* fuzz_event.c - an event and its annex as msgpack, from a disk or a peer */
#include "core/codec.h"
#include "core/json.h"
#include "tests/fuzz/fuzz.h"

static void
try_event(view core, struct arena *arena)
{
    struct event event;
    struct event again;
    struct text text = { 0 };

    if (codec_decode(core, arena, &event) != OK)
        return;
    (void)event_check_core(&event, NULL);
    if (event_check(&event, NULL) != OK)
        return;
    codec_encode(&event, CODEC_WITH_IDENTITY, &text);
    FUZZ_CHECK(text_ok(&text));
    FUZZ_CHECK(codec_decode(text_view(&text), arena, &again) == OK);
    FUZZ_CHECK(codec_same_content(&event, &again, true));
    text_clear(&text);
    json_write_event(&text, &event);
    FUZZ_CHECK(text_ok(&text));
    text_close(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct arena *arena = fuzz_arena(1 << 26);
    struct event_annex annex;

    if (size > LIMIT_EVENT_SIZE)
        return 0;
    try_event((view) { bytes, (uint32_t)size }, arena);
    (void)codec_decode_annex((view) { bytes, (uint32_t)size }, &annex);
    return 0;
}
