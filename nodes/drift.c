#include "nodes/drift.h"

#include "nodes/clock.h"
#include "nodes/trace.h"

#include <string.h>

enum { NOTED_MS = 60000 };

void
drift_tell(struct frame *frame, int64_t clock_ms)
{
    if (frame->kind != FRAME_PING || clock_ms < 0 ||
        clock_ms > LIMIT_CLOCK_MS_MAX)
        return;
    frame->ping.clock_ms = clock_ms;
    frame->ping.flags |= FRAME_TELLS_CLOCK;
}

bool
drift_told(const struct frame *frame, int64_t *ret_clock_ms)
{
    if (frame->kind == FRAME_WELCOME)
        *ret_clock_ms = frame->welcome.clock_ms;
    else if (frame->kind == FRAME_PING &&
             (frame->ping.flags & FRAME_TELLS_CLOCK))
        *ret_clock_ms = frame->ping.clock_ms;
    else
        return false;
    return true;
}

void
drift_hear(struct drift *drift, int64_t hub_ms, int64_t steady_ms)
{
    drift->known = true;
    drift->hub_ms = hub_ms;
    drift->steady_ms = steady_ms;
}

int64_t
drift_offset_ms(const struct drift *drift, int64_t wall_ms, int64_t steady_ms)
{
    if (!drift->known)
        return 0;
    return drift->hub_ms + (steady_ms - drift->steady_ms) - wall_ms;
}

bool
drift_is_wrong(int64_t offset_ms)
{
    return offset_ms > LIMIT_CLOCK_OFF_MS || offset_ms < -LIMIT_CLOCK_OFF_MS;
}

enum err
drift_note(const struct drift *drift, struct journal *journal, int64_t wall_ms,
           int64_t steady_ms)
{
    const int64_t offset_ms = drift_offset_ms(drift, wall_ms, steady_ms);
    const view name = view_of(JOURNAL_CLOCK_NOTE);
    uint8_t bytes[sizeof offset_ms];
    int64_t noted_ms = 0;
    view value = { 0 };

    if (!drift->known)
        return OK;
    enum err err = journal_get_note(journal, name, bytes, sizeof bytes, &value);
    if (err != OK && err != ERR_NOT_FOUND)
        return err;
    if (err == OK && value.size == sizeof noted_ms)
        memcpy(&noted_ms, value.bytes, sizeof noted_ms);
    if (offset_ms - noted_ms <= NOTED_MS && noted_ms - offset_ms <= NOTED_MS)
        return OK;
    return journal_put_note(
        journal, name,
        (view) { (const uint8_t *)&offset_ms, sizeof offset_ms });
}

int64_t
drift_look(struct drift *drift, uint32_t node, struct journal *journal)
{
    const int64_t wall_ms = clock_wall_ms();
    const int64_t steady_ms = clock_steady_ms();
    const int64_t offset_ms = drift_offset_ms(drift, wall_ms, steady_ms);
    const bool wrong = drift_is_wrong(offset_ms);

    /* First: from the word on, what is appended bears it. */
    if (drift_note(drift, journal, wall_ms, steady_ms) != OK)
        trace(TRACE_NOTICE, node, "notes", "what=unsaved");
    if (wrong != drift->wrong)
        trace(wrong ? TRACE_ERROR : TRACE_NOTICE, node, "clock",
              "offset_ms=%lld what=%s", (long long)offset_ms,
              wrong ? "wrong" : "right");
    drift->wrong = wrong;
    return offset_ms;
}

int64_t
drift_peer(uint32_t node, uint32_t peer, int64_t wall_ms, int64_t peer_ms)
{
    const int64_t offset_ms = wall_ms - peer_ms;

    if (drift_is_wrong(offset_ms))
        trace(TRACE_ERROR, node, "alarm", "what=clock peer=%u off_ms=%lld",
              peer, (long long)offset_ms);
    return offset_ms;
}
