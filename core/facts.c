#include "core/facts.h"

#include "core/codec.h"

enum { SCRATCH_SIZE = 1 << 20 };

bool
facts_print(const struct event *event, struct text *scratch,
            fingerprint *ret_print)
{
    text_clear(scratch);
    codec_content(event, scratch);
    if (!text_ok(scratch))
        return false;
    *ret_print = (fingerprint) {
        .content = crypto_hash128(text_view(scratch)),
        .at_ms = event->at_ms,
    };
    return true;
}

/* It is asked only when originals meet copies: a fresh scratch is cheap
 * enough.  The id borrows from the event's bytes. */
bool
facts_describe(const struct record_event *event,
               struct journal_facts *ret_facts)
{
    struct arena scratch = { 0 };
    struct text text = { 0 };
    struct event decoded;

    if (!arena_open(&scratch, SCRATCH_SIZE))
        return false;
    bool understood = codec_decode(event->core, &scratch, &decoded) == OK &&
                      codec_decode_annex(event->annex, &decoded.annex) == OK &&
                      facts_print(&decoded, &text, &ret_facts->print);
    if (understood)
        ret_facts->id = decoded.id;
    text_close(&text);
    arena_close(&scratch);
    return understood;
}
