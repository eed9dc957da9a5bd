#include "tests/sim/forgery.h"

#include <stdlib.h>

#include "core/codec_fields.h"
#include "core/pack.h"

void
forgery_close(struct forgery *forgery)
{
    text_close(&forgery->bytes);
}

static struct record
next_record(const struct forgery *forgery, uint8_t kind, uint32_t count)
{
    const bool first = forgery->head.seq == 0;

    return (struct record) {
        .stream = forgery->stream,
        .seq = forgery->head.seq + 1,
        .count = count,
        .kind = kind,
        .flags = first ? RECORD_FIRST : 0,
        .recorded_ms = forgery->now_ms,
        .prev = first ? (digest) { { 0 } } : forgery->head.chain,
    };
}

/* Makes room at the end of the bytes, and goes on from there. */
static void
begin(struct forgery *forgery, struct record *record, uint32_t body_size,
      struct record_writer *writer)
{
    uint32_t size = record_size(body_size, (record->flags & RECORD_FIRST) != 0);

    if (!text_reserve(&forgery->bytes, size))
        abort();
    record_write(writer, record, forgery->bytes.bytes + forgery->bytes.size,
                 size);
    forgery->bytes.size += size;
}

static void
end(struct forgery *forgery, struct record_writer *writer)
{
    record_write_end(writer);
    forgery->head =
        (stream_head) { record_last(writer->record), writer->record->chain };
}

void
forgery_events(struct forgery *forgery, const struct record_entry *entries,
               uint32_t count)
{
    struct record record = next_record(forgery, RECORD_EVENTS, count);
    struct record_writer writer;
    uint32_t size = 0;

    for (uint32_t i = 0; i < count; i++)
        size += record_entry_size(&entries[i]);
    begin(forgery, &record, size, &writer);
    for (uint32_t i = 0; i < count; i++)
        record_write_event(&writer, &entries[i]);
    end(forgery, &writer);
}

void
forgery_control(struct forgery *forgery, uint8_t kind, view body)
{
    struct record record = next_record(forgery, kind, 1);
    struct record_writer writer;

    begin(forgery, &record, body.size, &writer);
    record_write_control(&writer, body);
    end(forgery, &writer);
}

/* What every event has, up to its id. */
static void
pack_common(const struct forgery_sale *sale, enum event_kind kind,
            uint32_t fields, struct text *core)
{
    const bool copied = sale->identity.node != 0;

    pack_map(core, 4 + fields + copied + (sale->id != NULL));
    pack_unsigned(core, FIELD_KIND);
    pack_unsigned(core, kind);
    if (copied) {
        pack_unsigned(core, FIELD_IDENTITY);
        pack_array(core, 3);
        pack_unsigned(core, sale->identity.node);
        pack_unsigned(core, sale->identity.incarnation);
        pack_unsigned(core, sale->identity.seq);
    }
    pack_unsigned(core, FIELD_AT);
    pack_integer(core, sale->at_ms);
    pack_unsigned(core, FIELD_STORE);
    pack_unsigned(core, sale->store);
    pack_unsigned(core, FIELD_MEMBER);
    pack_unsigned(core, sale->member);
    if (sale->id == NULL)
        return;
    pack_unsigned(core, FIELD_ID);
    pack_string(core, view_of(sale->id));
}

void
forgery_sale(const struct forgery_sale *sale, struct text *core)
{
    pack_common(sale, EVENT_PURCHASE, 2, core);
    pack_unsigned(core, FIELD_RECEIPT);
    pack_string(core, view_of(FORGERY_RECEIPT));
    pack_unsigned(core, FIELD_TOTAL);
    pack_integer(core, sale->amount);
}

void
forgery_visit(const struct forgery_sale *visit, struct text *core)
{
    pack_common(visit, EVENT_ACTIVITY, 1, core);
    pack_unsigned(core, FIELD_NAME);
    pack_string(core, view_of(FORGERY_RECEIPT));
}
