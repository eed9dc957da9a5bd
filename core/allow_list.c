#include "core/allow_list.h"

#include "core/list.h"

#include <stdlib.h>

void
allow_list_close(struct allow_list *list)
{
    free(list->entries);
    free(list->written);
    *list = (struct allow_list) { 0 };
}

/* --- which item is the last --- */

static bool
is_before(const struct allow_list_stamp *a, const struct allow_list_stamp *b)
{
    if (a->written_ms != b->written_ms)
        return a->written_ms < b->written_ms;
    const int order = stream_compare(a->stream, b->stream);
    return order != 0 ? order < 0 : a->seq < b->seq;
}

/* A stream's items come in the order of their seqs. */
static enum err
stamp(struct allow_list *list, const struct record *record,
      struct allow_list_stamp *ret_stamp)
{
    struct allow_list_stamp *last = list->written;
    const uint32_t count = list->written_count;

    while (last < list->written + count &&
           !stream_equal(last->stream, record->stream))
        last++;
    if (last == list->written + count) {
        struct allow_list_stamp *grown =
            realloc(list->written, (count + 1) * sizeof *grown);
        if (!grown)
            return ERR_MEMORY;
        list->written = grown;
        list->written_count++;
        last = &grown[count];
        *last = (struct allow_list_stamp) { .written_ms = INT64_MIN,
                                            .stream = record->stream };
    }
    if (record->recorded_ms > last->written_ms)
        last->written_ms = record->recorded_ms;
    last->seq = record->seq;
    *ret_stamp = *last;
    return OK;
}

/* --- what it says --- */

static int
compare(const void *item, const void *key)
{
    const struct allow_list_entry *entry = item;
    const uint32_t *node = key;

    return (entry->enrolment.node > *node) - (entry->enrolment.node < *node);
}

/* The place of the number, or where it would stand. */
static uint32_t
place(const struct allow_list *list, uint32_t node)
{
    return LIST_PLACE(list->entries, list->count, &node, compare);
}

/* The entry of the number, or a new one.  NULL: no memory. */
static struct allow_list_entry *
obtain(struct allow_list *list, uint32_t node)
{
    const uint32_t at = place(list, node);

    if (at < list->count && list->entries[at].enrolment.node == node)
        return &list->entries[at];
    if (list->count == list->room) {
        uint32_t wanted = list->room ? list->room * 2 : 16;
        struct allow_list_entry *grown =
            realloc(list->entries, wanted * sizeof *grown);
        if (!grown)
            return NULL;
        list->entries = grown;
        list->room = wanted;
    }
    struct allow_list_entry *entry = &list->entries[at];
    memmove(entry + 1, entry, (list->count - at) * sizeof *entry);
    list->count++;
    *entry = (struct allow_list_entry) { .enrolment.node = node,
                                         .stamp.written_ms = INT64_MIN };
    return entry;
}

static void
enrol(struct allow_list_entry *entry, const struct enrolment *enrolment,
      const struct allow_list_stamp *stamp)
{
    if (!is_before(stamp, &entry->stamp))
        *entry = (struct allow_list_entry) { .enrolment = *enrolment,
                                             .stamp = *stamp };
    else if (entry->enrolment.role == 0)
        entry->enrolment = *enrolment; /* and remains revoked */
}

static void
revoke(struct allow_list_entry *entry, const struct allow_list_stamp *stamp)
{
    if (is_before(stamp, &entry->stamp))
        return;
    entry->revoked = true;
    entry->stamp = *stamp;
}

static enum err
take(struct allow_list *list, const struct record *record)
{
    const bool enrols = record->kind == RECORD_ENROL;
    struct enrolment enrolment = { 0 };
    struct allow_list_stamp written;

    list->changes++;
    if (!enrols && record->kind != RECORD_REVOKE)
        return OK;
    enum err err = stamp(list, record, &written);
    if (err != OK)
        return err;
    err = enrols ? enrol_decode(record->body, &enrolment)
                 : enrol_decode_revoke(record->body, &enrolment.node);
    if (err != OK) {
        list->odd_count++;
        list->odd = written;
        return OK;
    }
    struct allow_list_entry *entry = obtain(list, enrolment.node);
    if (!entry)
        return ERR_MEMORY;
    if (enrols)
        enrol(entry, &enrolment, &written);
    else
        revoke(entry, &written);
    return OK;
}

enum err
allow_list_read(struct allow_list *list, struct reader *reader)
{
    struct reader_item item = { 0 };

    for (;; list->position = item.position) {
        enum err err = reader_next_control(reader, list->position + 1, &item);
        if (err == ERR_UNKNOWN) /* of a later format: nothing of ours */
            continue;
        if (err == OK && item.record.stream.channel == CHANNEL_BOOKS)
            err = take(list, &item.record);
        if (err != OK)
            return err == ERR_NOT_FOUND ? OK : err;
    }
}

/* --- asking --- */

const struct allow_list_entry *
allow_list_next(const struct allow_list *list, uint32_t node)
{
    const uint32_t at = place(list, node);

    return at < list->count ? &list->entries[at] : NULL;
}

const struct allow_list_entry *
allow_list_find(const struct allow_list *list, uint32_t node)
{
    const struct allow_list_entry *entry = allow_list_next(list, node);

    return entry && entry->enrolment.node == node ? entry : NULL;
}
