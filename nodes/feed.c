#include "nodes/feed.h"

#include "core/reader.h"

#include <stdlib.h>
#include <string.h>

/* A state on the wire: u8 size of a bearer's code, 0 for a member; the code or
 * u64 number; the packed state. */
enum {
    MEMBER_SIZE = 9,
    KEPT_MAX = 1 << 18,                 /* states of one reading */
    ROUND_SIZE = 1 << 28,               /* address space of one reading */
    ROUND_FULL = ROUND_SIZE - (1 << 24) /* no more is kept */
};

/* A state that some of those who ask have served. */
struct kept {
    view bytes;                          /* as on the wire */
    uint64_t wanted[FEED_ASKS_MAX / 64]; /* a bit for each ask */
    struct kept *next;
};

struct feed {
    struct ledger *ledger;
    struct state *state;
    struct arena round;         /* of one feed_answer() */
    struct arena account;       /* of one history */
    struct history_trail trail; /* states are read in the order of keys */

    const struct feed_ask *asks;
    uint32_t ask_count;
    struct kept *first; /* in the round's arena, in the order of reading */
    struct kept **last; /* the link that the next one is put into */
    uint32_t kept_count;
    bool full; /* not all that changed could be kept */
    enum err err;
};

enum err
feed_open(struct ledger *ledger, struct state *state, struct feed **ret_feed)
{
    struct feed *feed = calloc(1, sizeof *feed);
    if (!feed)
        return ERR_MEMORY;
    feed->ledger = ledger;
    feed->state = state;
    feed->trail.history = ledger_history(ledger);
    if (!arena_open(&feed->round, ROUND_SIZE) ||
        !arena_open(&feed->account, LIMIT_ARENA_SIZE)) {
        feed_close(feed);
        return ERR_MEMORY;
    }
    *ret_feed = feed;
    return OK;
}

void
feed_close(struct feed *feed)
{
    if (!feed)
        return;
    arena_close(&feed->round);
    arena_close(&feed->account);
    free(feed);
}

void
feed_parcel_close(struct feed_parcel *parcel)
{
    free(parcel->memory);
    *parcel = (struct feed_parcel) { 0 };
}

/* --- states on the wire --- */

static view
write_state(const struct state_packed *packed, struct arena *arena)
{
    uint32_t code = packed->account.bearer.size;
    uint32_t head = code ? 1 + code : MEMBER_SIZE;
    uint8_t *bytes = arena_take(arena, head + packed->bytes.size);

    bytes[0] = (uint8_t)code;
    if (code)
        memcpy(bytes + 1, packed->account.bearer.bytes, code);
    else
        memcpy(bytes + 1, &packed->account.member, 8);
    if (packed->bytes.size > 0)
        memcpy(bytes + head, packed->bytes.bytes, packed->bytes.size);
    return (view) { bytes, head + packed->bytes.size };
}

bool
feed_read(view bytes, struct feed_state *ret_state)
{
    struct feed_state state = { 0 };

    if (bytes.size == 0)
        return false;
    uint32_t code = bytes.bytes[0];
    uint32_t head = code ? 1 + code : MEMBER_SIZE;
    if (head > bytes.size)
        return false;
    if (code) {
        state.account.bearer = (view) { bytes.bytes + 1, code };
        if (!event_is_code(state.account.bearer))
            return false;
    } else {
        memcpy(&state.account.member, bytes.bytes + 1, 8);
        if (state.account.member == 0 || state.account.member > LIMIT_MEMBER)
            return false;
    }
    state.packed = (view) { bytes.bytes + head, bytes.size - head };
    *ret_state = state;
    return true;
}

/* --- one reading of the states --- */

/* Which of those who ask have served the account and not been told; false:
 * none. */
static bool
who_wants(struct feed *feed, const struct history_account *history,
          uint64_t position, uint64_t *wanted)
{
    bool any = false;

    for (uint32_t i = 0; i < feed->ask_count; i++) {
        if (position <= feed->asks[i].after)
            continue;
        for (uint32_t j = 0; j < history->event_count; j++) {
            if (history->events[j]->identity.node == feed->asks[i].node) {
                wanted[i / 64] |= UINT64_C(1) << i % 64;
                any = true;
                break;
            }
        }
    }
    return any;
}

static bool
take_state(void *context, const struct state_packed *packed)
{
    struct feed *feed = context;
    struct history_account history;
    uint64_t wanted[FEED_ASKS_MAX / 64] = { 0 };

    arena_reset(&feed->account);
    feed->err = history_read_on(&feed->trail, packed->account, HISTORY_ALL,
                                &feed->account, &history);
    if (feed->err != OK)
        return false;
    /* Nobody's account fills half a frame; if one does, no node is told. */
    if (packed->bytes.size > FEED_SIZE_MAX / 2 ||
        !who_wants(feed, &history, packed->position, wanted))
        return true;
    if (feed->kept_count == KEPT_MAX ||
        feed->round.next - feed->round.base > ROUND_FULL) {
        feed->full = true;
        return false;
    }
    struct kept *kept = ARENA_NEW(&feed->round, struct kept, 1);
    memcpy(kept->wanted, wanted, sizeof wanted);
    kept->bytes = write_state(packed, &feed->round);
    *feed->last = kept;
    feed->last = &kept->next;
    feed->kept_count++;
    return true;
}

/* The states that changed after the least position asked for. */
static enum err
read_states(struct feed *feed)
{
    uint64_t after = UINT64_MAX;

    for (uint32_t i = 0; i < feed->ask_count; i++)
        if (feed->asks[i].after < after)
            after = feed->asks[i].after;
    feed->first = NULL;
    feed->last = &feed->first;
    feed->kept_count = 0;
    feed->full = false;
    feed->err = OK;
    if (after >= state_position(feed->state))
        return OK;
    arena_reset(&feed->round);
    enum err err = state_scan(feed->state, after, take_state, feed);
    return err == OK ? feed->err : err;
}

/* --- parcels --- */

/* The seq of the stream up to which all lies at or before the position. */
static enum err
folded_seq(struct reader *reader, const struct reader_stream *stream,
           uint64_t position, uint64_t *ret_seq)
{
    uint64_t seq = stream->head.seq;

    while (seq > stream->boundary.seq) {
        struct reader_item item;
        enum err err = reader_find(reader, stream->stream, seq, &item);
        if (err != OK)
            return err;
        if (item.position + item.record.count - 1 <= position)
            break;
        /* A record is folded whole or not at all: it has one arrival. */
        seq = item.record.seq - 1;
    }
    *ret_seq = seq;
    return OK;
}

/* Streams stand in the order of their incarnations: where there is no room for
 * all the first give way. */
static enum err
read_folded(struct feed *feed, uint32_t node,
            struct frame_folded folded[static HUB_STATE_SEQS_MAX],
            uint32_t *ret_count)
{
    struct reader *reader = NULL;
    struct reader_stream stream = { .stream = { .node = node } };
    enum err err = reader_open(ledger_journal(feed->ledger), &reader);

    *ret_count = 0;
    while (err == OK) {
        err = reader_next_stream(reader, stream.stream, &stream);
        if (err != OK || stream.stream.node != node)
            break;
        if (stream.stream.channel != CHANNEL_EVENTS)
            continue;
        if (*ret_count == HUB_STATE_SEQS_MAX) {
            --*ret_count;
            memmove(folded, folded + 1, *ret_count * sizeof *folded);
        }
        folded[*ret_count].stream = stream.stream;
        err = folded_seq(reader, &stream, state_position(feed->state),
                         &folded[*ret_count].seq);
        (*ret_count)++;
    }
    reader_close(reader);
    return err == ERR_NOT_FOUND ? OK : err;
}

static bool
wants(const struct kept *kept, uint32_t ask)
{
    return (kept->wanted[ask / 64] >> ask % 64 & 1) != 0;
}

/* The room that the ask's states take, and the number of parts. */
struct layout {
    uint32_t states;
    uint32_t parts;
    size_t size;
};

/* The same walk measures and fills: `parts` is NULL for the former. */
static struct layout
lay_out(const struct feed *feed, uint32_t ask, struct frame *parts,
        view *states, uint8_t *bytes)
{
    struct layout done = { .parts = 1 };
    uint32_t in_part = 0;
    size_t part_size = 0;

    if (parts)
        parts[0].state.states = states;
    for (const struct kept *kept = feed->first; kept; kept = kept->next) {
        if (!wants(kept, ask))
            continue;
        if (in_part == FRAME_BLOBS_MAX ||
            (in_part > 0 && part_size + kept->bytes.size > FEED_SIZE_MAX)) {
            in_part = 0;
            part_size = 0;
            if (parts)
                parts[done.parts].state.states = states + done.states;
            done.parts++;
        }
        if (parts) {
            uint8_t *place = bytes + done.size;
            memcpy(place, kept->bytes.bytes, kept->bytes.size);
            states[done.states] = (view) { place, kept->bytes.size };
            parts[done.parts - 1].state.state_count = in_part + 1;
        }
        in_part++;
        part_size += kept->bytes.size;
        done.states++;
        done.size += kept->bytes.size;
    }
    return done;
}

static enum err
make_parcel(struct feed *feed, uint32_t ask, struct feed_parcel *ret_parcel)
{
    struct frame_folded folded[HUB_STATE_SEQS_MAX];
    uint32_t folded_count;
    enum err err =
        read_folded(feed, feed->asks[ask].node, folded, &folded_count);
    if (err != OK)
        return err;

    struct layout all = lay_out(feed, ask, NULL, NULL, NULL);
    struct feed_parcel parcel = { .ask = feed->asks[ask],
                                  .part_count = all.parts };
    size_t parts_size = all.parts * sizeof(struct frame);
    size_t views_size = all.states * sizeof(view);
    uint8_t *memory =
        calloc(1, parts_size + views_size + sizeof folded + all.size);
    if (!memory)
        return ERR_MEMORY;
    struct frame_folded *list = (void *)(memory + parts_size + views_size);
    parcel.memory = memory;
    parcel.parts = (void *)memory;
    memcpy(list, folded, sizeof folded);
    lay_out(feed, ask, parcel.parts, (void *)(memory + parts_size),
            memory + parts_size + views_size + sizeof folded);
    for (uint32_t i = 0; i < all.parts; i++) {
        struct frame *part = &parcel.parts[i];
        bool last = i + 1 == all.parts;
        part->kind = FRAME_STATE;
        part->state.after = feed->asks[ask].after;
        part->state.position =
            last ? state_position(feed->state) : feed->asks[ask].after;
        part->state.versions = state_timeline(feed->state)->digest;
        part->state.format = feed->full ? 0 : FEED_FORMAT;
        part->state.folded = list;
        part->state.folded_count = folded_count;
    }
    *ret_parcel = parcel;
    return OK;
}

uint32_t
feed_choose(struct feed_ask *asks, uint32_t *count, uint32_t room,
            struct feed_ask *ret_chosen)
{
    const uint64_t from = *count > 0 ? asks[0].after : 0;
    uint32_t chosen = 0, left = 0;

    for (uint32_t i = 0; i < *count; i++) {
        if (chosen < room && asks[i].after >= from)
            ret_chosen[chosen++] = asks[i];
        else
            asks[left++] = asks[i];
    }
    *count = left;
    return chosen;
}

enum err
feed_answer(struct feed *feed, const struct feed_ask *asks, uint32_t count,
            struct feed_parcel *ret_parcels, uint32_t *ret_count)
{
    uint32_t made = 0;

    assert(count <= FEED_ASKS_MAX);
    feed->asks = asks;
    feed->ask_count = count;
    enum err err = read_states(feed);
    /* A run of the history that is damaged is made good by whoever meets it. */
    if (feed->err == ERR_CORRUPT) {
        err = history_rebuild(ledger_history(feed->ledger));
        if (err == OK)
            err = read_states(feed);
    }
    if (err != OK)
        return err;
    /* More than can be kept of one reading: the nodes go on from now, and
     * forget what they knew, which is of the past. */
    if (feed->full)
        feed->first = NULL;
    for (uint32_t i = 0; i < count && err == OK; i++) {
        if (asks[i].after > state_position(feed->state) ||
            (asks[i].after == state_position(feed->state) && !asks[i].idle))
            continue;
        err = make_parcel(feed, i, &ret_parcels[made]);
        made += err == OK;
    }
    for (uint32_t i = 0; err != OK && i < made; i++)
        feed_parcel_close(&ret_parcels[i]);
    *ret_count = err == OK ? made : 0;
    return err;
}

enum err
feed_look_up(struct feed *feed, uint32_t node, const account_id *accounts,
             uint32_t count, struct arena *arena, struct frame *ret_state)
{
    struct frame_folded *folded =
        ARENA_NEW(arena, struct frame_folded, HUB_STATE_SEQS_MAX);
    view *states = ARENA_NEW(arena, view, count);
    uint32_t folded_count;

    enum err err = read_folded(feed, node, folded, &folded_count);
    for (uint32_t i = 0; i < count && err == OK; i++) {
        struct state_packed packed = { .account = accounts[i] };
        err = state_get(feed->state, accounts[i], &packed);
        if (err == ERR_NOT_FOUND) {
            packed = (struct state_packed) { .account = accounts[i] };
            err = OK;
        }
        packed.account = accounts[i];
        if (err == OK)
            states[i] = write_state(&packed, arena);
    }
    if (err != OK)
        return err;
    *ret_state = (struct frame) { .kind = FRAME_STATE };
    ret_state->state.position = state_position(feed->state);
    ret_state->state.versions = state_timeline(feed->state)->digest;
    ret_state->state.format = FEED_FORMAT;
    ret_state->state.folded = folded;
    ret_state->state.folded_count = folded_count;
    ret_state->state.states = states;
    ret_state->state.state_count = count;
    return OK;
}
