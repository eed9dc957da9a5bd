#include "nodes/link.h"

#include "core/crypto.h"
#include "nodes/clock.h"
#include "nodes/drift.h"
#include "nodes/session.h"
#include "nodes/trace.h"

#include <string.h>

enum {
    UP_MS = 15000,         /* a connection must be up by then */
    BRANCH_DOUBLINGS = 22, /* of a millisecond */
};

enum err
link_open(const struct link_options *options, struct link *ret_link)
{
    struct link link = { .keys = *options->keys,
                         .hubs = *options->hubs,
                         .told = options->told,
                         .node = options->node,
                         .quiet = options->quiet };

    assert(link.hubs.count > 0);
    assert(!link.told || strlen(link.told) < KEYS_ENDPOINT_SIZE);
    enum err err = transport_open(&link.transport);
    if (err == OK)
        *ret_link = link;
    return err;
}

void
link_close(struct link *link)
{
    transport_close(link->transport);
    link->transport = NULL;
    keys_wipe(&link->keys);
}

struct keys_hub
link_hub(const struct link *link)
{
    struct keys_hub hub = link->hubs.list[link->hub];

    if (link->told && !link->listed)
        strcpy(hub.endpoint, link->told);
    return hub;
}

void
link_send(struct link *link, const struct frame *frame)
{
    struct frame told = *frame;

    drift_tell(&told, clock_wall_ms());
    if (transport_send(link->transport, NULL, &told) != OK)
        trace(TRACE_DEBUG, link->node, "unsent", "frame=%s",
              frame_kind_name(frame->kind));
}

void
link_drop(struct link *link, int64_t now_ms, uint32_t after_ms)
{
    transport_hang_up(link->transport);
    link->dialling = false;
    link->up = false;
    link->dial_ms =
        now_ms +
        (after_ms ? after_ms
                  : session_backoff_ms(link->failures, crypto_random_number()));
    link->failures++;
    if (link->told && !link->listed) {
        link->listed = true;
        return;
    }
    link->listed = false;
    link->hub = (link->hub + 1) % link->hubs.count;
}

void
link_branched(struct link *link, int64_t now_ms)
{
    link_drop(link, now_ms, 1u << link->branches);
    link->branches += link->branches < BRANCH_DOUBLINGS;
}

void
link_learn(struct link *link, const struct keys_hubs *hubs)
{
    assert(hubs->count > 0);
    link->hubs = *hubs;
    link->hub = 0;
    link->listed = false;
}

void
link_is_well(struct link *link)
{
    link->why = NULL;
    link->failures = 0;
}

bool
link_tells(const struct link *link)
{
    const uint32_t places = link->hubs.count * (link->told ? 2 : 1);
    const uint32_t rounds = link->failures / places;

    return (rounds & (rounds - 1)) == 0;
}

/* Nobody was there, or not who was meant. */
static void
give_up(struct link *link, int64_t now_ms)
{
    const struct keys_hub hub = link_hub(link);
    const char *why = transport_why(link->transport);

    link->why = why ? why : "nobody answers there as that hub";
    link_drop(link, now_ms, 0);
    if (!link->quiet && link_tells(link))
        trace(TRACE_NOTICE, link->node, "unreached",
              "hub=%s failures=%u why=\"%s\"", hub.endpoint, link->failures,
              link->why);
}

static void
dial(struct link *link, int64_t now_ms)
{
    struct complaint complaint = { 0 };
    const struct keys_hub hub = link_hub(link);

    if (transport_dial(link->transport, &hub, &link->keys, &complaint) != OK) {
        trace(TRACE_ERROR, link->node, "dial", "what=\"%s\"", complaint.text);
        link_drop(link, now_ms, 0);
        return;
    }
    trace(TRACE_DEBUG, link->node, "dial", "hub=%s", hub.endpoint);
    link->dialling = true;
    link->dial_ms = now_ms + UP_MS;
}

enum link_change
link_look(struct link *link, int64_t now_ms)
{
    if (!link->dialling && !link->up) {
        if (now_ms >= link->dial_ms)
            dial(link, now_ms);
        return LINK_SAME;
    }
    switch (transport_event(link->transport)) {
    case TRANSPORT_UP:
        link->dialling = false;
        link->up = true;
        return LINK_UP;
    case TRANSPORT_DOWN:
        if (!link->up) {
            give_up(link, now_ms);
            return LINK_SAME;
        }
        link_drop(link, now_ms, 0);
        return LINK_DOWN;
    case TRANSPORT_REFUSED:
        link->why = "it does not admit this key";
        link_drop(link, now_ms, 0);
        return LINK_REFUSED;
    case TRANSPORT_NOTHING:
        break;
    }
    if (link->dialling && now_ms >= link->dial_ms)
        give_up(link, now_ms);
    return LINK_SAME;
}
