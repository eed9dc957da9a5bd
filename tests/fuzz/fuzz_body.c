/* fuzz_body.c - the bodies of control items, as msgpack */
#include "core/enrol.h"
#include "core/publication.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct arena *arena = fuzz_arena(1 << 26);
    struct publication publication;
    struct enrolment enrolment;
    struct enrolment again;
    struct text text = { 0 };
    uint32_t node;

    if (size > LIMIT_CONTROL_SIZE)
        return 0;
    view body = { bytes, (uint32_t)size };
    if (publication_decode(body, arena, &publication) == OK)
        publication_encode(&publication, &text);
    text_clear(&text);
    if (enrol_decode(body, &enrolment) == OK) {
        enrol_encode(&enrolment, &text);
        FUZZ_CHECK(enrol_decode(text_view(&text), &again) == OK);
        FUZZ_CHECK(again.node == enrolment.node);
        FUZZ_CHECK(again.store_count == enrolment.store_count);
    }
    (void)enrol_decode_revoke(body, &node);
    text_close(&text);
    return 0;
}
