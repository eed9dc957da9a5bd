#include "nodes/heir.h"

#include "nodes/clock.h"
#include "nodes/reign.h"
#include "nodes/trace.h"

#include <string.h>

enum {
    ASK_MS = 2000, /* before a hub publishes or closes */
    WAIT_MS = 20,
    SCRATCH_SIZE = 4 * LIMIT_FRAME_SIZE, /* for a frame's lists */
};

void
heir_open(const struct heir_options *options, const struct keys_pair *keys,
          struct heir *ret_heir)
{
    *ret_heir = (struct heir) { .options = *options, .keys = *keys };
}

static void
hang_up(struct heir *heir)
{
    while (heir->count > 0)
        link_close(&heir->links[--heir->count].link);
}

void
heir_close(struct heir *heir)
{
    hang_up(heir);
    keys_wipe(&heir->keys);
}

/* A link for each hub of the newest list but us, made anew with each list. */
static void
look_at_list(struct heir *heir)
{
    const struct hubs *newest = &heir->options.trust->hubs;

    if (stream_equal(newest->by, heir->by) && newest->seq == heir->seq)
        return;
    hang_up(heir);
    for (uint32_t i = 0; i < newest->list.count; i++) {
        const struct keys_hub *hub = &newest->list.list[i];
        const struct keys_hubs one = { .list = { *hub }, .count = 1 };
        const struct link_options options = { .keys = &heir->keys,
                                              .hubs = &one,
                                              .node = heir->options.trust->node,
                                              .quiet = true };
        if (hub->endpoint[0] == '\0' ||
            curve_key_equal(hub->key, heir->keys.public_key))
            continue;
        if (link_open(&options, &heir->links[heir->count].link) != OK)
            return; /* at the next turn */
        heir->count++;
    }
    heir->by = newest->by;
    heir->seq = newest->seq;
}

/* As a standby: what it offers decides how the other end sees it, for as long
 * as that does not notice that the connection is gone. */
static void
say_hello(struct heir *heir, struct heir_link *to, int64_t now_ms)
{
    const struct trust *trust = heir->options.trust;
    struct carry *carry = heir->options.carry;
    const struct sync_options options = {
        .role = SYNC_NODE,
        .self = trust->node,
        .epoch = heir->options.epoch,
        .window = LIMIT_FRAME_SIZE, /* of which nothing is used */
        .relay = true,
        .books = true,
        .claim = trust_claim(trust, heir->options.epoch, heir->keys.public_key),
        .signer = trust->key.public_key,
    };
    struct sync_input input = { .kind = SYNC_START };
    struct sync_outputs outputs;

    if (carry_standby(carry, trust->node) != OK)
        return;
    input.start.clock_ms = clock_wall_ms();
    input.start.offers = carry->offers;
    input.start.offer_count = carry->offer_count;
    struct session *session = session_open(&options, now_ms);
    if (!session)
        return;
    session_step(session, &input, now_ms, &outputs);
    for (uint32_t i = 0; i < outputs.count; i++)
        if (outputs.list[i].kind == SYNC_SEND)
            link_send(&to->link, &outputs.list[i].frame);
    session_close(session);
}

static bool
is_heir(const struct heir *heir, const struct frame *welcome)
{
    const struct claim *claim = &welcome->welcome.claim;

    return claim->epoch > heir->options.epoch &&
           trust_believes(heir->options.trust, claim);
}

/* Whatever is said first, and understood, is the answer. */
static bool
hear(struct heir *heir, struct heir_link *from, struct arena scratch,
     struct claim *ret_claim)
{
    struct transport_message message;
    struct link *link = &from->link;
    struct frame frame;

    if (transport_receive(link->transport, &message) != OK)
        return false;
    enum err err =
        frame_parse(message.header, message.payload, &scratch, &frame);
    transport_release(&message); /* a claim is copied out of it */
    if (err != OK)
        return false;
    const bool welcome = frame.kind == FRAME_WELCOME;
    const bool proved = welcome && is_heir(heir, &frame);
    if (proved)
        *ret_claim = frame.welcome.claim;
    link_drop(link, clock_steady_ms(), 0);
    if (welcome && !proved && link_tells(link))
        trace(TRACE_ERROR, link->node, "alarm",
              "what=unproved hub=%s epoch=%llu", link_hub(link).endpoint,
              (unsigned long long)frame.welcome.epoch);
    return proved;
}

static bool
look_at_link(struct heir *heir, struct heir_link *to, struct arena scratch,
             struct claim *ret_claim)
{
    const int64_t now_ms = clock_steady_ms();
    struct link *link = &to->link;

    switch (link_look(link, now_ms)) {
    case LINK_UP:
        to->until_ms = now_ms + SYNC_HELLO_MS;
        say_hello(heir, to, now_ms);
        return false;
    case LINK_REFUSED: /* a standby would not have listened */
        if (link_tells(link))
            trace(TRACE_ERROR, link->node, "alarm",
                  "what=not_admitted hub=%s why=\"it listens as a hub does, "
                  "and does not know this one\"",
                  link_hub(link).endpoint);
        return false;
    case LINK_SAME:
    case LINK_DOWN:
        break;
    }
    if (link->up && now_ms >= to->until_ms)
        link_drop(link, now_ms, 0);
    return link->up && hear(heir, to, scratch, ret_claim);
}

bool
heir_turn(struct heir *heir, struct arena scratch, struct claim *ret_claim)
{
    look_at_list(heir);
    for (uint32_t i = 0; i < heir->count; i++)
        if (look_at_link(heir, &heir->links[i], scratch, ret_claim))
            return true;
    return false;
}

/* --- before a hub publishes or closes --- */

/* Whether each has been tried, and has given no answer. */
static bool
is_done(const struct heir *heir)
{
    for (uint32_t i = 0; i < heir->count; i++)
        if (heir->links[i].link.failures == 0)
            return false;
    return true;
}

static bool
ask(struct heir *heir, struct arena scratch, struct claim *ret_claim)
{
    const int64_t until_ms = clock_steady_ms() + ASK_MS;

    do {
        if (heir_turn(heir, scratch, ret_claim))
            return true;
        if (heir->count > 0)
            transport_wait(heir->links[0].link.transport, NULL, 0, WAIT_MS);
    } while (!is_done(heir) && clock_steady_ms() < until_ms);
    return false;
}

/* What a later hub has told is written down. */
static void
find_out(const char *dir, struct journal *journal)
{
    struct trust trust = { 0 };
    struct carry carry = { 0 };
    struct keys_pair keys = { 0 };
    struct arena scratch = { 0 };
    struct journal_identity who;
    struct claim claim;
    struct heir heir;

    enum err err = trust_open(dir, journal, &trust, NULL);
    if (err == OK)
        err = keys_load(dir, "own", &keys, NULL);
    if (err == OK)
        err = journal_get_identity(journal, &who);
    if (err == OK)
        err = carry_open(journal, &carry);
    if (err == OK && arena_open(&scratch, SCRATCH_SIZE)) {
        heir_open(&(struct heir_options) { .trust = &trust,
                                           .carry = &carry,
                                           .epoch = who.incarnation },
                  &keys, &heir);
        if (ask(&heir, scratch, &claim))
            (void)!reign_depose(journal, &claim, clock_wall_ms());
        heir_close(&heir);
    }
    arena_close(&scratch);
    carry_close(&carry);
    keys_wipe(&keys);
    trust_close(&trust);
}

enum err
heir_may_rule(const char *dir, struct journal *journal,
              struct complaint *complaint)
{
    struct hubs hubs = { 0 };

    enum err err = reign_may_rule(dir, journal, complaint);
    if (err == OK)
        err = hubs_read(&hubs, journal);
    if (err != OK || hubs.list.count < 2)
        return err;
    find_out(dir, journal);
    return reign_may_rule(dir, journal, complaint);
}
