#include "core/intake.h"

#include "core/codec.h"

#include <string.h>

/* Whether the event says whose it is, whatever else is wrong with it. */
static bool
has_account(const struct event *event)
{
    account_id account = event->account;

    if (account.member != 0)
        return account.member <= LIMIT_MEMBER && account.bearer.size == 0;
    return account.bearer.size > 0 && account.bearer.size <= LIMIT_CODE_SIZE;
}

/* What can't be a plain row is kept as an item. */
static void
make_item(const struct item *item, struct arena *arena,
          struct chapter_row *ret_row)
{
    const uint32_t head = item_head_size(item);
    uint32_t size = head + item->core.size;
    uint8_t *bytes = ARENA_NEW(arena, uint8_t, size);

    item_encode_head(item, bytes);
    if (item->core.size > 0)
        memcpy(bytes + head, item->core.bytes, item->core.size);
    enum err err = chapter_row_of_item((view) { bytes, size }, ret_row);
    assert(err == OK); /* we have made it */
}

static bool
names_referrer(const struct event *event)
{
    return event->kind == EVENT_JOIN && event->join.referrer != 0;
}

static void
make_pointer(const struct event *event, uint64_t position, struct arena *arena,
             struct intake *ret_intake)
{
    const struct item pointer = {
        .kind = ITEM_POINTER,
        .position = position,
        .referred = event->account.member,
    };

    ret_intake->account = (account_id) { .member = event->join.referrer };
    make_item(&pointer, arena, &ret_intake->row);
}

/* Most events go the short way.  False: not this one. */
static bool
take_ordinary(const struct record_event *stored, uint64_t position,
              const struct intake_tools *tools, struct intake *ret_intake)
{
    if (!ordinary_read(stored, tools->words, tools->ordinary,
                       &ret_intake->account, &ret_intake->row))
        return false;
    tools->counts->events++;
    ret_intake->row.position = position;
    return true;
}

/* Any event, the long way. */
static uint32_t
take_any(const struct record_event *stored, uint64_t position,
         const struct intake_tools *tools,
         struct intake ret_intakes[static INTAKE_MAX])
{
    struct history_counts *counts = tools->counts;
    struct event event;
    struct item item = {
        .kind = ITEM_EVENT,
        .copy = stored->copy,
        .carrier = stored->here.node,
        .position = position,
        .identity = stored->origin,
        .core = stored->core,
    };

    counts->events++;
    counts->copies += stored->copy;
    if (codec_decode(stored->core, tools->arena, &event) != OK) {
        counts->odd++;
        return 0;
    }
    event.identity = stored->origin;
    bool odd = event_check_core(&event, NULL) != OK;
    if (odd) {
        counts->odd++;
        item.kind = ITEM_ODD;
        if (!has_account(&event))
            return 0;
    }
    ret_intakes[0].account = event.account;
    if (odd || item.copy ||
        !chapter_row_of(&event, position, tools->words, tools->arena,
                        &ret_intakes[0].row))
        make_item(&item, tools->arena, &ret_intakes[0].row);
    if (odd || !names_referrer(&event))
        return 1;
    make_pointer(&event, position, tools->arena, &ret_intakes[1]);
    return 2;
}

uint32_t
intake_event(const struct record_event *stored, uint64_t position,
             const struct intake_tools *tools,
             struct intake ret_intakes[static INTAKE_MAX])
{
    return take_ordinary(stored, position, tools, &ret_intakes[0])
               ? 1
               : take_any(stored, position, tools, ret_intakes);
}

bool
intake_is_flagged(const struct record *record)
{
    return (record->flags & (RECORD_CLOCK_BACK | RECORD_CLOCK_OFF)) != 0;
}
