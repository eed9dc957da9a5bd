#include "core/history_take.h"

#include "core/intake.h"

static enum err
take_event(const struct history_taker *taker, const struct record_event *stored,
           uint64_t position)
{
    struct arena scratch = *taker->scratch;
    struct intake taken[INTAKE_MAX];
    const struct intake_tools tools = { taker->words, taker->counts, &scratch,
                                        taker->ordinary };
    uint32_t count = intake_event(stored, position, &tools, taken);
    enum err err = OK;

    for (uint32_t i = 0; i < count && err == OK; i++)
        err = tail_add(taker->tail, taken[i].account, &taken[i].row);
    return err;
}

/* All that is new in the record, or nothing: where half of it stayed, whoever
 * tries again would take it twice. */
static enum err
take_record(const struct history_taker *taker, const struct reader_item *item)
{
    const struct history_counts counts = *taker->counts;
    const uint64_t size = taker->tail->size;
    struct record_cursor cursor = record_events(&item->record);
    struct record_event event;
    uint64_t position = item->position;
    uint64_t last = item->position + item->record.count - 1;
    enum err err = OK;

    assert(last > *taker->position);
    if (position > *taker->position && intake_is_flagged(&item->record))
        taker->counts->flagged++;
    for (; err == OK && record_next(&cursor, &event); position++)
        if (position > *taker->position)
            err = take_event(taker, &event, position);
    if (err != OK) {
        tail_cut(taker->tail, size);
        *taker->counts = counts;
        return err;
    }
    *taker->position = last;
    return OK;
}

/* A record of a later format says nothing of its size: the next one that can
 * be read tells where it ends. */
enum err
history_take_next(const struct history_taker *taker, struct reader *reader)
{
    struct reader_item item;
    uint64_t *position = taker->position;
    enum err err = reader_next(reader, *position + 1, &item);

    if (err == ERR_UNKNOWN) {
        taker->counts->odd++;
        *position = item.position > *position ? item.position : *position + 1;
        return OK;
    }
    if (err == ERR_CORRUPT)
        *taker->damage = *reader_damage(reader);
    if (err == ERR_CORRUPT && taker->damage->position != 0)
        return ERR_NOT_FOUND; /* as far as it goes */
    return err == OK ? take_record(taker, &item) : err;
}
