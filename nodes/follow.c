#include "nodes/follow.h"

#include "nodes/reign.h"
#include "nodes/trace.h"
#include "nodes/trust.h"

enum err
follow_open(struct follow *follow)
{
    return trust_load_claim(follow->journal, &follow->claim);
}

/* Without it a standby, once promoted, would not let its predecessor in. */
void
follow_keep(struct follow *follow)
{
    if (follow->heard.epoch > follow->claim.epoch &&
        trust_save_claim(follow->journal, &follow->heard) == OK)
        follow->claim = follow->heard;
}

void
follow_hear(struct follow *follow, const struct frame *welcome, curve_key hub,
            int64_t now_ms)
{
    const struct claim *claim = &welcome->welcome.claim;

    assert(welcome->kind == FRAME_WELCOME);
    if (claim->epoch <= follow->claim.epoch ||
        claim->epoch != welcome->welcome.epoch ||
        !reign_is_sane(claim->epoch, now_ms) ||
        !curve_key_equal(claim->curve, hub) || !claim_is_sound(claim))
        return;
    follow->heard = *claim;
    follow_keep(follow);
}

void
follow_live(struct follow *follow, uint64_t epoch, int64_t now_ms)
{
    if (!reign_is_sane(epoch, now_ms)) {
        trace(TRACE_ERROR, follow->node, "alarm", "what=far_epoch epoch=%llu",
              (unsigned long long)epoch);
        return;
    }
    notes_epoch(follow->notes, epoch);
    /* At once: a promotion must open an epoch after this one. */
    if (notes_save(follow->notes, follow->journal) != OK)
        trace(TRACE_NOTICE, follow->node, "notes", "what=unsaved");
}
