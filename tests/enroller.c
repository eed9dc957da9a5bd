#include "tests/enroller.h"

#include "core/ingest.h"
#include "core/reader.h"
#include "tests/kit.h"
#include "tests/unit.h"

struct journal *
enroller_open(struct place *ret_place, uint32_t hub)
{
    struct journal_identity who = KIT_WHO;
    struct journal *journal = NULL;

    who.node = hub;
    *ret_place = place_make();
    assert_int_equal(journal_create(ret_place->path, &who), OK);
    assert_int_equal(journal_open(ret_place->path, kit_describe, &journal), OK);
    return journal;
}

void
enroller_close(struct place *place, struct journal *journal)
{
    journal_close(journal);
    place_remove(place);
}

static void
write_item(struct journal *journal, enum record_kind kind, struct text *body,
           int64_t now_ms)
{
    const struct journal_control item = { .channel = CHANNEL_BOOKS,
                                          .kind = (uint8_t)kind,
                                          .body = text_view(body),
                                          .now_ms = now_ms };
    struct journal_result result;

    assert_int_equal(journal_append_control(journal, &item, &result), OK);
    text_close(body);
}

void
enroller_enrol(struct journal *journal, uint32_t node, enum enrol_role role,
               int64_t now_ms)
{
    const struct enrolment enrolment = { .node = node,
                                         .role = role,
                                         .store_count = 1,
                                         .stores = { node },
                                         .once_until_ms = now_ms };
    struct text body = { 0 };

    enrol_encode(&enrolment, &body);
    write_item(journal, RECORD_ENROL, &body, now_ms);
}

void
enroller_revoke(struct journal *journal, uint32_t node, int64_t now_ms)
{
    struct text body = { 0 };

    enrol_encode_revoke(node, &body);
    write_item(journal, RECORD_REVOKE, &body, now_ms);
}

bool
enroller_carry(struct journal *from, uint64_t seq, struct journal *to)
{
    const struct ingest_options options = { .now_ms = KIT_NOW };
    struct journal_identity who;
    struct reader *reader = NULL;
    struct reader_item item;

    assert_int_equal(journal_get_identity(from, &who), OK);
    const stream_id books = { .incarnation = who.incarnation,
                              .node = who.node,
                              .channel = CHANNEL_BOOKS };
    assert_int_equal(reader_open(from, &reader), OK);
    const bool found = reader_find(reader, books, seq, &item) == OK;
    if (found) {
        struct ingest_batch batch = { .stream = books,
                                      .bytes = item.record.bytes };
        assert_int_equal(ingest_run(to, &batch, 1, &options), OK);
        assert_true(batch.verdict == INGEST_APPENDED ||
                    batch.verdict == INGEST_DUPLICATE);
    }
    reader_close(reader);
    return found;
}
