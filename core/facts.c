#include "core/facts.h"

#include "core/codec.h"

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

/* Asked of every event by who reads a journal through; so its scratch, which
 * takes the lines of one receipt, is nothing that the system has to be asked
 * for.  The id borrows from the event's bytes. */
bool
facts_describe(const struct record_event *event,
               struct journal_facts *ret_facts)
{
    _Alignas(16) uint8_t lines[LIMIT_EVENT_LINES * sizeof(struct event_line)];
    struct arena scratch = { lines, lines + sizeof lines, lines };
    struct text text = { 0 };
    struct event decoded;

    bool understood = codec_decode(event->core, &scratch, &decoded) == OK &&
                      codec_decode_annex(event->annex, &decoded.annex) == OK &&
                      facts_print(&decoded, &text, &ret_facts->print);
    if (understood)
        ret_facts->id = decoded.id;
    text_close(&text);
    return understood;
}
