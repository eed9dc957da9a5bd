/* fuzz_frame.c - a frame from a peer, and the records in it; the checksums are
 * made good, so that there is something behind them */
#include <string.h>

#include "core/hash.h"
#include "nodes/frame.h"
#include "nodes/keys.h"
#include "tests/fuzz/fuzz.h"

static void
walk_records(view records)
{
    struct record record;
    struct record_event event;

    while (records.size > 0 && record_parse(records, &record) == OK) {
        struct record_cursor cursor = record_events(&record);
        while (record_next(&cursor, &event))
            FUZZ_CHECK(event.core.size > 0);
        FUZZ_CHECK(record.bytes.size <= records.size);
        records.bytes += record.bytes.size;
        records.size -= record.bytes.size;
    }
}

static void
try_frame(view header, view payload)
{
    static uint8_t copy[LIMIT_FRAME_SIZE];
    struct arena *arena = fuzz_arena(1 << 26);
    uint8_t again[FRAME_HEADER_SIZE];
    struct frame frame;

    if (frame_parse(header, payload, arena, &frame) != OK)
        return;
    if (frame.kind == FRAME_BATCH)
        walk_records(frame.batch.records);
    size_t size = frame_payload_size(&frame);
    if (size > sizeof copy)
        return;
    frame_encode(&frame, again, copy);
    FUZZ_CHECK(frame_parse((view) { again, sizeof again },
                           (view) { copy, (uint32_t)size }, arena,
                           &frame) == OK);
    FUZZ_CHECK(frame_payload_size(&frame) == size);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    uint8_t header[FRAME_HEADER_SIZE];
    struct keys_ticket ticket;
    struct complaint why = { .text = "" };

    if (size > LIMIT_FRAME_SIZE)
        return 0;
    if (keys_ticket_parse((view) { bytes, (uint32_t)size }, &ticket, &why) !=
        OK)
        FUZZ_CHECK(why.text[0] != '\0');
    if (size < FRAME_HEADER_SIZE)
        return 0;
    view payload = { bytes + FRAME_HEADER_SIZE,
                     (uint32_t)size - FRAME_HEADER_SIZE };
    try_frame((view) { bytes, FRAME_HEADER_SIZE }, payload);
    memcpy(header, bytes, sizeof header);
    memcpy(header, "LEIM\1", 5);
    memcpy(header + 16, &payload.size, 4);
    memset(header + 20, 0, 4);
    try_frame((view) { header, sizeof header }, payload);
    return 0;
}
