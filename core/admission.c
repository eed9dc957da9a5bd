#include "core/admission.h"

#include "core/enrol.h"
#include "core/list.h"
#include "core/reader.h"

#include <stdlib.h>

/* The pairs of a node and a store of its, in order; store 0 says that the node
 * was enrolled. */
struct admission {
    struct journal *journal; /* borrowed */
    uint64_t position;       /* control items up to here have been read */
    uint64_t changed;
    struct reader_damage damage; /* position 0: none */
    uint32_t count;
    uint32_t room;
    uint64_t *pairs; /* owned; node x 2^32 + store, ascending */
};

enum err
admission_open(struct journal *journal, struct admission **ret_admission)
{
    struct admission *admission = calloc(1, sizeof *admission);

    if (admission == NULL)
        return ERR_MEMORY;
    admission->journal = journal;
    *ret_admission = admission;
    return OK;
}

void
admission_close(struct admission *admission)
{
    if (admission == NULL)
        return;
    free(admission->pairs);
    free(admission);
}

static uint64_t
pair_of(uint32_t node, uint32_t store)
{
    return (uint64_t)node << 32 | store;
}

static int
compare_pair(const void *item, const void *key)
{
    const uint64_t *one = item, *other = key;

    return *one < *other ? -1 : *one > *other;
}

/* The index of the first pair that is not less. */
static uint32_t
find(const struct admission *admission, uint64_t pair)
{
    return LIST_PLACE(admission->pairs, admission->count, &pair, compare_pair);
}

static bool
has(const struct admission *admission, uint64_t pair)
{
    uint32_t at = find(admission, pair);
    return at < admission->count && admission->pairs[at] == pair;
}

bool
admission_admits(void *context, uint32_t node, uint32_t store)
{
    const struct admission *admission = context;

    return !has(admission, pair_of(node, 0)) ||
           has(admission, pair_of(node, store));
}

const struct reader_damage *
admission_damage(const struct admission *admission)
{
    return admission->damage.position == 0 ? NULL : &admission->damage;
}

uint32_t
admission_count(const struct admission *admission)
{
    return admission->count;
}

uint64_t
admission_changed(const struct admission *admission)
{
    return admission->changed;
}

static enum err
add(struct admission *admission, uint64_t pair, bool *ret_new)
{
    uint32_t at = find(admission, pair);

    if (at < admission->count && admission->pairs[at] == pair)
        return OK;
    if (admission->count == admission->room) {
        uint32_t room = admission->room == 0 ? 64 : admission->room * 2;
        uint64_t *grown =
            realloc(admission->pairs, room * sizeof *admission->pairs);
        if (grown == NULL)
            return ERR_MEMORY;
        admission->pairs = grown;
        admission->room = room;
    }
    for (uint32_t i = admission->count++; i > at; i--)
        admission->pairs[i] = admission->pairs[i - 1];
    admission->pairs[at] = pair;
    *ret_new = true;
    return OK;
}

/* Whether a stream of the node is held.  (Copies of its events are rare beside
 * an enrolment, and not listed by node.) */
static bool
has_events(struct reader *reader, uint32_t node)
{
    struct reader_stream stream;
    const stream_id before = { .node = node };

    return reader_next_stream(reader, before, &stream) == OK &&
           stream.stream.node == node;
}

/* An enrolment whose body can't be read admits nobody, and stops nothing. */
static enum err
take(struct admission *admission, struct reader *reader,
     const struct reader_item *item)
{
    struct enrolment enrolment;
    bool new = false;

    if (item->record.kind != RECORD_ENROL ||
        item->record.stream.channel != CHANNEL_BOOKS ||
        enrol_decode(item->record.body, &enrolment) != OK ||
        enrolment.role != ENROL_STORE)
        return OK;
    enum err err = add(admission, pair_of(enrolment.node, 0), &new);
    for (uint32_t i = 0; err == OK && i < enrolment.store_count; i++)
        err =
            add(admission, pair_of(enrolment.node, enrolment.stores[i]), &new);
    if (new &&has_events(reader, enrolment.node))
        admission->changed = item->position;
    return err;
}

enum err
admission_refresh(struct admission *admission)
{
    struct reader *reader = NULL;
    struct reader_item item;
    enum err err = reader_open(admission->journal, &reader);

    if (err != OK)
        return err;
    admission->damage = (struct reader_damage) { 0 };
    for (;;) {
        err = reader_next_control(reader, admission->position + 1, &item);
        if (err == OK)
            err = take(admission, reader, &item);
        else if (err == ERR_UNKNOWN)
            err = OK;
        if (err != OK)
            break;
        admission->position = item.position;
    }
    if (err == ERR_CORRUPT)
        admission->damage = *reader_damage(reader);
    if (err == ERR_CORRUPT && admission->damage.position != 0)
        err = OK;
    reader_close(reader);
    return err == ERR_NOT_FOUND ? OK : err;
}
