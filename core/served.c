#include "core/served.h"

#include "core/codec.h"
#include "core/reader.h"

enum { ENTRY_BITS = 3, ENTRY_MASK = (1 << ENTRY_BITS) - 1 };
static_assert(ENTRY_END <= ENTRY_MASK + 1, "an entry fits its bits");

/* The cashier's number, from 1, over the entry; 0: neither was said. */
static uint32_t
mark_of(struct served *served, view annex_bytes)
{
    struct event_annex annex;
    uint32_t cashier = 0;

    if (annex_bytes.size == 0 || codec_decode_annex(annex_bytes, &annex) != OK)
        return 0;
    if (annex.cashier.size > 0)
        cashier = intern_number(&served->cashiers, annex.cashier) + 1;
    return cashier << ENTRY_BITS | (uint32_t)annex.entry;
}

static void
take_record(struct served *served, uint32_t *marks,
            const struct reader_item *item)
{
    struct record_cursor cursor = record_events(&item->record);
    struct record_event event;
    uint64_t position = item->position;

    for (; record_next(&cursor, &event); position++)
        if (position <= served->last)
            marks[position] = mark_of(served, event.annex);
}

/* Where reading goes on after a record that can't be read; 0: nowhere. */
static uint64_t
next_after(const struct reader *reader, enum err err, uint64_t position,
           const struct reader_item *item)
{
    if (err == ERR_CORRUPT)
        return reader_damage(reader)->next;
    return (item->position > position ? item->position : position) + 1;
}

enum err
served_load(struct journal *journal, uint64_t known, uint64_t seed,
            struct arena *arena, struct served *ret_served)
{
    struct reader *reader = NULL;
    struct reader_item item = { 0 };
    struct served served = { 0 };
    enum err err = reader_open(journal, &reader);

    if (err != OK)
        return err;
    served.last = reader_last(reader) < known ? reader_last(reader) : known;
    uint32_t *marks = ARENA_NEW(arena, uint32_t, served.last + 1);
    served.marks = marks;
    intern_open(&served.cashiers, seed, arena);
    for (uint64_t at = 1; at != 0 && at <= served.last;) {
        item.position = 0;
        err = reader_next(reader, at, &item);
        if (err == OK) {
            take_record(&served, marks, &item);
            at = item.position + item.record.count;
        } else if (err == ERR_CORRUPT || err == ERR_UNKNOWN) {
            at = next_after(reader, err, at, &item);
        } else {
            break;
        }
        err = OK;
    }
    reader_close(reader);
    *ret_served = served;
    return err == ERR_NOT_FOUND ? OK : err;
}

view
served_cashier(const struct served *served, uint64_t position)
{
    uint32_t cashier = position <= served->last && served->marks != NULL
                           ? served->marks[position] >> ENTRY_BITS
                           : 0;

    return cashier == 0 ? (view) { 0 }
                        : intern_string(&served->cashiers, cashier - 1);
}

enum event_entry
served_entry(const struct served *served, uint64_t position)
{
    if (position > served->last || served->marks == NULL)
        return ENTRY_NONE;
    return (enum event_entry)(served->marks[position] & ENTRY_MASK);
}
