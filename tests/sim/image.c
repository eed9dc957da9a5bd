#include "tests/sim/image.h"

#include "core/shelf.h"

bool
image_find(const struct disk_image *image, stream_id stream, uint64_t seq,
           struct record *ret_record)
{
    const struct tree *streams = image->tables[TABLE_STREAMS];
    struct shelf_key key;
    struct tree_entry entry;
    view wanted = shelf_seq_key(&key, stream, seq);

    if (!tree_get(streams, wanted, &entry) &&
        !tree_below(streams, wanted, &entry))
        return false;
    if (!stream_equal(shelf_key_stream(entry.key), stream))
        return false;
    uint64_t position = shelf_value_position(entry.value);
    if (!tree_get(image->tables[TABLE_RECORDS],
                  shelf_position_key(&key, position), &entry))
        return false;
    view bytes = { entry.value.bytes + SHELF_PREFIX_SIZE,
                   entry.value.size - SHELF_PREFIX_SIZE };
    return record_parse(bytes, ret_record) == OK;
}

bool
image_head(const struct disk_image *image, stream_id stream,
           stream_head *ret_head)
{
    struct record record;

    if (!image_find(image, stream, UINT64_MAX, &record))
        return false;
    *ret_head = (stream_head) { record_last(&record), record.chain };
    return true;
}

bool
image_next_stream(const struct disk_image *image, stream_id *stream,
                  stream_head *ret_head)
{
    struct shelf_key key;
    struct tree_entry entry;

    if (!tree_above(image->tables[TABLE_STREAMS],
                    shelf_seq_key(&key, *stream, UINT64_MAX), &entry))
        return false;
    *stream = shelf_key_stream(entry.key);
    *ret_head = (stream_head) { 0 };
    (void)image_head(image, *stream, ret_head);
    return true;
}

bool
image_holds(const struct disk_image *image, stream_id stream, stream_head head,
            bool exact)
{
    struct record record;

    if (head.seq == 0)
        return true;
    if (!image_find(image, stream, head.seq, &record) ||
        record_last(&record) < head.seq)
        return false;
    return !exact || (record_last(&record) == head.seq &&
                      digest_equal(record.chain, head.chain));
}

void
image_events(const struct disk_image *image, image_visit *visit, void *context)
{
    const struct tree *records = image->tables[TABLE_RECORDS];
    struct tree_entry entry;
    struct record record;

    for (bool more = tree_first(records, &entry); more;
         more = tree_above(records, entry.key, &entry)) {
        struct record_event event;
        view body = { entry.value.bytes + SHELF_PREFIX_SIZE,
                      entry.value.size - SHELF_PREFIX_SIZE };
        if (record_parse(body, &record) != OK)
            continue;
        struct record_cursor cursor = record_events(&record);
        while (record_next(&cursor, &event))
            visit(context, &event);
    }
}
