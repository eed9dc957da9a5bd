#include "nodes/refusal.h"

#include "core/hash.h"
#include "nodes/trace.h"

enum { REFUSALS_MAX = 5 };

/* A machine whose store was closed may go on asking for years: the same words
 * again are told ever more seldom.  That a session is over, as after a sleep,
 * is of interest to people only when no other one comes of it. */
static void
tell(struct refusal *refusal, uint32_t code, view words)
{
    const uint64_t said = hash_64(words, code);

    if (said != refusal->said)
        refusal->times = 0;
    refusal->said = said;
    refusal->times++;
    const bool passing =
        code == FRAME_CODE_SESSION && refusal->times < REFUSALS_MAX;
    if ((refusal->times & (refusal->times - 1)) == 0)
        trace(passing ? TRACE_NOTICE : TRACE_ERROR, refusal->node, "refused",
              "code=%u what=\"%.*s\" times=%u", code, (int)words.size,
              (const char *)words.bytes, refusal->times);
}

void
refusal_hear(struct refusal *refusal, uint32_t code, view words)
{
    tell(refusal, code, words);
    if (code != FRAME_CODE_VERSION && code != FRAME_CODE_RIGHT &&
        code != FRAME_CODE_EPOCH)
        return; /* of another session it may be true no more */
    refusal->count++;
    complain(&refusal->words, "refused by the hub: %.*s", (int)words.size,
             (const char *)words.bytes);
}

static void
word_stream(struct refusal *refusal, stream_id stream)
{
    if (stream.channel == CHANNEL_PUBLIC)
        complain(&refusal->words,
                 "the hub takes no rules of another's, and this ledger has "
                 "some, in stream %s: join with a new ledger, and bring this "
                 "one's events to it by export and import",
                 trace_stream(stream));
    else
        complain(&refusal->words,
                 "the hub does not take all of stream %s, its alarm says why",
                 trace_stream(stream));
}

bool
refusal_is_final(struct refusal *refusal, const struct session *session)
{
    stream_id stream;

    if (session_is_live(session))
        refusal->count = refusal->times = 0;
    if (!refusal->once)
        return false;
    refusal->final = refusal->count >= REFUSALS_MAX;
    if (session != NULL && session_is_refused(session, &stream)) {
        word_stream(refusal, stream);
        refusal->final = true;
    }
    return refusal->final;
}

enum err
refusal_tell(const struct refusal *refusal, const char *dir,
             struct complaint *complaint)
{
    return refusal->final
               ? complain(complaint, "%s: %s", dir, refusal->words.text)
               : OK;
}
