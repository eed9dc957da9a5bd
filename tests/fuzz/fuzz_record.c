/* fuzz_record.c - a record of the journal; once as it is, once with its size
 * and checksum made good */
#include <string.h>

#include "core/facts.h"
#include "core/hash.h"
#include "core/record.h"
#include "tests/fuzz/fuzz.h"

static void
try_record(view bytes)
{
    struct record record;
    struct record_event event;
    struct journal_facts facts;
    uint32_t count = 0;

    if (record_parse(bytes, &record) != OK)
        return;
    FUZZ_CHECK(record.bytes.size <= bytes.size);
    FUZZ_CHECK(record.count >= 1);
    (void)record_check_chain(&record);
    struct record_cursor cursor = record_events(&record);
    for (; record_next(&cursor, &event); count++) {
        FUZZ_CHECK(event.core.bytes >= bytes.bytes);
        FUZZ_CHECK(event.core.bytes + event.core.size <=
                   bytes.bytes + bytes.size);
        (void)facts_describe(&event, &facts);
    }
    FUZZ_CHECK(record.kind != RECORD_EVENTS || count == record.count);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static uint8_t copy[LIMIT_RECORD_SIZE];

    if (size < 12 || size > sizeof copy)
        return 0;
    try_record((view) { bytes, (uint32_t)size });
    memcpy(copy, bytes, size);
    uint32_t whole = (uint32_t)size;
    memcpy(copy + 8, &whole, 4);
    uint64_t sum = hash_64((view) { copy + 8, whole - 8 }, 0);
    memcpy(copy, &sum, 8);
    try_record((view) { copy, whole });
    return 0;
}
