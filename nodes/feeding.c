#include "nodes/feeding.h"

#include "nodes/clock.h"

enum {
    IDLE_MS = 600000,     /* nothing new: a node is told so */
    ASK_AGAIN_MS = 30000, /* an answer of the keeper's got lost */
};

static void
take_parcel(const struct feeding *feeding, struct feed_parcel *parcel)
{
    struct guest *guest = NULL;

    while ((guest = roster_next_of(feeding->roster, parcel->ask.node, guest)) !=
           NULL) {
        if (session_number(guest->session) != parcel->ask.session)
            continue;
        feed_parcel_close(&guest->parcel);
        guest->parcel = *parcel;
        guest->part = 0;
        guest->asked_ms = 0;
        return;
    }
    feed_parcel_close(parcel); /* the node has gone */
}

static void
send_states(const struct feeding *feeding, struct guest *guest, uint64_t after)
{
    struct feed_parcel *parcel = &guest->parcel;

    if (parcel->ask.after == after && guest->part < parcel->part_count) {
        struct frame *part = &parcel->parts[guest->part++];
        part->state.epoch = feeding->epoch;
        guest->told_ms = clock_steady_ms();
        feeding->give(
            feeding->context, guest,
            &(struct sync_input) { .kind = SYNC_STATES, .states = part });
    } else {
        guest->part = parcel->part_count; /* not what it waits for */
    }
    if (guest->part == parcel->part_count)
        feed_parcel_close(parcel);
}

/* Now and then a node is told that nothing has changed, for what it may decide
 * alone depends on how old its knowledge is. */
static bool
is_idle(const struct guest *guest, int64_t now_ms)
{
    return guest->told_ms == 0 || now_ms - guest->told_ms >= IDLE_MS;
}

static void
ask_keeper(const struct feeding *feeding, struct guest *guest, uint64_t after,
           uint64_t position)
{
    const int64_t now_ms = clock_steady_ms();

    if (guest->asked_ms != 0 && now_ms - guest->asked_ms < ASK_AGAIN_MS)
        return;
    if (position <= after && !is_idle(guest, now_ms))
        return;
    const struct feed_ask ask = {
        .idle = position == after,
        .node = guest->peer.pass.node,
        .session = session_number(guest->session),
        .after = after,
    };
    guest->asked_ms = keeper_ask(feeding->keeper, &ask) ? now_ms : 0;
}

void
feeding_look(const struct feeding *feeding)
{
    struct feed_parcel parcel;
    uint64_t position = keeper_position(feeding->keeper);
    uint64_t after;

    while (keeper_take(feeding->keeper, &parcel))
        take_parcel(feeding, &parcel);
    for (uint32_t i = 0; i < roster_count(feeding->roster); i++) {
        struct guest *guest = roster_at(feeding->roster, i);
        if (guest->gone || guest->relay ||
            !session_wants_states(guest->session, &after))
            continue;
        if (guest->parcel.part_count > 0)
            send_states(feeding, guest, after);
        else
            ask_keeper(feeding, guest, after, position);
    }
}
