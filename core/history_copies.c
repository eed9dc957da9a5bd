#include "core/history_copies.h"

#include "core/conflict.h"
#include "core/history_parts.h"

#include <stdlib.h>

static enum err
add_quarantine(struct history *history, uint64_t position, uint64_t from)
{
    uint32_t count = history->rules.quarantine_count;

    if (count == history->quarantine_room) {
        uint32_t room = count == 0 ? 64 : count * 2;
        void *grown =
            realloc(history->quarantine, room * sizeof *history->quarantine);
        if (grown == NULL)
            return ERR_MEMORY;
        history->quarantine = grown;
        history->quarantine_room = room;
    }
    history->quarantine[count] = (struct gather_quarantine) { position, from };
    history->rules.quarantine_count = count + 1;
    history->rules.quarantine = history->quarantine;
    return OK;
}

/* A copy stands until its original arrives, or the copy that displaces it: what
 * was known before that stays what it was. */
static uint64_t
quarantined_from(struct reader *reader, uint64_t position,
                 enum reader_quarantine why)
{
    struct record_event event;
    uint64_t counts = 0;
    enum err err = ERR_NOT_FOUND;

    if ((why != QUARANTINE_COPY_DIFFERS && why != QUARANTINE_COPIES_DIFFER) ||
        reader_event(reader, position, &event) != OK)
        return 0;
    if (why == QUARANTINE_COPY_DIFFERS)
        err = reader_find_event(reader, event.origin, &counts);
    else
        err = reader_find_copy(reader, event.origin, &counts);
    return err == OK && counts > position ? counts : 0;
}

/* A copy that counted until something came, if it ever did. */
struct displaced {
    identity identity;
    fingerprint print;
    struct gather_quarantine *quarantine;
};

static int
compare_displaced(const void *a, const void *b)
{
    const struct displaced *x = a, *y = b;
    int order = identity_compare(x->identity, y->identity);

    return order != 0 ? order
                      : (x->quarantine > y->quarantine) -
                            (x->quarantine < y->quarantine);
}

static uint32_t
list_displaced(const struct history *history, struct reader *reader,
               struct displaced *ret_list)
{
    uint32_t count = 0;
    struct record_event event;

    for (uint32_t i = 0; i < history->rules.quarantine_count; i++) {
        struct gather_quarantine *quarantine = &history->quarantine[i];
        if (quarantine->from > 0 &&
            reader_event(reader, quarantine->position, &event) == OK)
            ret_list[count++] =
                (struct displaced) { event.origin, event.print, quarantine };
    }
    return count;
}

/* Those of the list that count no longer once that one has come. */
static void
displace(struct displaced *list, uint32_t from, uint32_t to)
{
    const uint64_t position = list[to].quarantine->position;

    for (uint32_t i = from; i < to; i++)
        if (list[i].quarantine->from > 0)
            list[i].quarantine->from = position;
}

/* Of several copies each displaced those that counted when it came, which all
 * say the same, or never counted itself; what is held now only displaced the
 * last. */
static enum err
order_displaced(struct history *history, struct reader *reader)
{
    struct displaced *list =
        calloc(history->rules.quarantine_count + 1u, sizeof *list);
    if (list == NULL)
        return ERR_MEMORY;
    uint32_t count = list_displaced(history, reader, list);
    uint32_t least = 0; /* the first of those that count */

    if (count > 1)
        qsort(list, count, sizeof *list, compare_displaced);
    for (uint32_t i = 1; i < count; i++) {
        struct displaced *next = &list[i];
        if (!identity_equal(next->identity, list[least].identity)) {
            least = i;
        } else if (conflict_wins(next->print, list[least].print)) {
            displace(list, least, i);
            least = i;
        } else if (!fingerprint_equal(next->print, list[least].print)) {
            next->quarantine->from = 0;
        }
    }
    free(list);
    return OK;
}

enum err
history_copies_load(struct history *history, struct reader *reader)
{
    enum reader_quarantine why;
    uint64_t position = 0;
    enum err err;

    history->rules.quarantine_count = 0;
    while ((err = reader_next_quarantine(reader, position + 1, &position,
                                         &why)) == OK) {
        err = add_quarantine(history, position,
                             quarantined_from(reader, position, why));
        if (err != OK)
            return err;
    }
    return err == ERR_NOT_FOUND ? order_displaced(history, reader) : err;
}

uint64_t
history_quarantined(const struct history *history, uint32_t index)
{
    assert(index < history->rules.quarantine_count);
    return history->quarantine[index].position;
}

uint64_t
history_quarantined_from(const struct history *history, uint32_t index)
{
    assert(index < history->rules.quarantine_count);
    const struct gather_quarantine *quarantine = &history->quarantine[index];
    return quarantine->from > quarantine->position ? quarantine->from
                                                   : quarantine->position;
}

uint32_t
history_quarantine_count(const struct history *history)
{
    return history->rules.quarantine_count;
}
