#include "core/intake.h"

#include "core/codec.h"

/* Whether the event says whose it is, whatever else is wrong with it. */
static bool
has_account(const struct event *event)
{
    account_id account = event->account;

    if (account.member != 0)
        return account.member <= LIMIT_MEMBER && account.bearer.size == 0;
    return account.bearer.size > 0 && account.bearer.size <= LIMIT_CODE_SIZE;
}

bool
intake_event(const struct record_event *stored, uint64_t position,
             struct arena *arena, struct history_counts *counts,
             struct event *ret_event, struct item *ret_item)
{
    *ret_item = (struct item) {
        .kind = ITEM_EVENT,
        .copy = stored->copy,
        .position = position,
        .identity = stored->origin,
        .core = stored->core,
    };
    counts->events++;
    counts->copies += stored->copy;
    if (codec_decode(stored->core, arena, ret_event) != OK) {
        counts->odd++;
        return false;
    }
    ret_event->identity = stored->origin;
    if (event_check_core(ret_event, NULL) == OK)
        return true;
    counts->odd++;
    ret_item->kind = ITEM_ODD;
    return has_account(ret_event);
}

bool
intake_pointer(const struct event *event, const struct item *item,
               account_id *ret_referrer, struct item *ret_pointer)
{
    if (event->kind != EVENT_JOIN || event->join.referrer == 0 ||
        item->kind != ITEM_EVENT)
        return false;
    *ret_referrer = (account_id) { .member = event->join.referrer };
    *ret_pointer = (struct item) {
        .kind = ITEM_POINTER,
        .position = item->position,
        .referred = event->account.member,
    };
    return true;
}

bool
intake_is_flagged(const struct record *record)
{
    return (record->flags & (RECORD_CLOCK_BACK | RECORD_CLOCK_OFF)) != 0;
}
