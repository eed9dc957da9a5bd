#include "nodes/grants.h"

static_assert((int)LIMIT_FRAME_SIZE < (int)GRANTS_FLOW, "any frame has a turn");

static bool
is_busy(const struct grant *grant)
{
    return grant->items > 0 || grant->needed > 0;
}

/* Takes what a node holds into the sums, or out of them. */
static void
count(struct grants *grants, const struct grant *grant, bool in)
{
    const bool busy = is_busy(grant);
    const uint64_t flow = busy && !grant->stale ? grant->held : 0;
    const uint64_t beyond =
        grant->held > GRANTS_REST ? grant->held - GRANTS_REST : 0;

    assert(in || (grants->flow >= flow && grants->all >= beyond));
    assert(in || grants->busy_count >= busy);
    grants->flow = in ? grants->flow + flow : grants->flow - flow;
    grants->all = in ? grants->all + beyond : grants->all - beyond;
    grants->busy_count =
        in ? grants->busy_count + busy : grants->busy_count - busy;
}

static uint64_t
turn_of(const struct grants *grants, const struct grant *grant)
{
    uint64_t turn = GRANTS_FLOW / (grants->busy_count + 1);

    if (turn > GRANTS_TURN)
        turn = GRANTS_TURN;
    if (turn < GRANTS_LEAST)
        turn = GRANTS_LEAST;
    if (turn / GRANTS_ITEM > grant->items)
        turn = grant->items * GRANTS_ITEM;
    if (turn < GRANTS_REST)
        turn = GRANTS_REST;
    return turn > grant->needed ? turn : grant->needed;
}

static void
enter_line(struct grants *grants, struct grant *grant)
{
    grant->waits = true;
    grant->next = NULL;
    if (grants->last)
        grants->last->next = grant;
    else
        grants->first = grant;
    grants->last = grant;
}

static void
leave_line(struct grants *grants, struct grant *grant)
{
    struct grant *prev = NULL;

    if (!grant->waits)
        return;
    for (struct grant *at = grants->first; at != grant; at = at->next)
        prev = at;
    if (prev)
        prev->next = grant->next;
    else
        grants->first = grant->next;
    if (grants->last == grant)
        grants->last = prev;
    grant->waits = false;
}

void
grants_note(struct grants *grants, struct grant *grant, uint64_t held,
            uint64_t items, uint64_t needed)
{
    count(grants, grant, false);
    grant->moved |= grant->held != held;
    grant->stale &= !grant->moved;
    grant->held = held;
    grant->items = items;
    grant->needed = needed < GRANTS_FLOW ? needed : GRANTS_FLOW;
    count(grants, grant, true);
    /* Not for a trifle; but who is alone has a window that moves on. */
    const bool used = held <= turn_of(grants, grant) / 2;
    if (is_busy(grant) && !grant->waits && (used || held < grant->needed))
        enter_line(grants, grant);
}

void
grants_came(struct grants *grants, uint64_t size)
{
    if (size > GRANTS_FLOW / 4 || !grants->first)
        grants->raised /= 2;
    else if (grants->raised < GRANTS_MAX)
        grants->raised += (GRANTS_FLOW + grants->raised) / 4;
}

/* Whether the sums allow a node to have `size` instead of what it holds. */
static bool
allows(struct grants *grants, const struct grant *grant, uint64_t size)
{
    const uint64_t flow = grants->flow - (grant->stale ? 0 : grant->held);
    const uint64_t base = grant->held > GRANTS_REST ? grant->held : GRANTS_REST;

    if (flow + size > GRANTS_FLOW + grants->raised)
        return false;
    grants->choked = size > base && grants->all + (size - base) > GRANTS_MAX;
    return !grants->choked;
}

struct grant *
grants_next(struct grants *grants, uint64_t *ret_size)
{
    grants->choked = false;
    while (grants->first) {
        struct grant *grant = grants->first;
        const uint64_t turn = turn_of(grants, grant);
        const bool wants = is_busy(grant) && grant->held < turn;
        if (wants && !allows(grants, grant, turn))
            return NULL;
        leave_line(grants, grant);
        if (!wants)
            continue;
        count(grants, grant, false);
        grant->held = turn;
        grant->moved = true;
        grant->stale = false;
        count(grants, grant, true);
        *ret_size = turn;
        return grant;
    }
    return NULL;
}

void
grants_tick(struct grants *grants, struct grant *grant)
{
    count(grants, grant, false);
    grant->stale = !grant->moved;
    grant->moved = false;
    count(grants, grant, true);
}

void
grants_leave(struct grants *grants, struct grant *grant)
{
    count(grants, grant, false);
    leave_line(grants, grant);
    *grant = (struct grant) { .owner = grant->owner };
}
