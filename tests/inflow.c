#include "tests/inflow.h"

#include "core/codec.h"
#include "core/facts.h"
#include "core/ingest.h"
#include "core/reader.h"
#include "tests/unit.h"

#include <sys/stat.h>

enum { HUB = 100, INCARNATION = 50 };

static struct journal *
open_journal(const char *path, uint32_t node)
{
    const struct journal_identity who = {
        .node = node,
        .store = node,
        .incarnation = INCARNATION + node,
    };
    struct journal *journal = NULL;

    assert_int_equal(journal_create(path, &who), OK);
    assert_int_equal(journal_open(path, facts_describe, &journal), OK);
    return journal;
}

void
inflow_open(struct inflow *inflow, uint32_t node_count)
{
    char path[PLACE_SIZE];

    assert_true(node_count <= INFLOW_NODES_MAX);
    *inflow = (struct inflow) { .node_count = node_count };
    inflow->place = place_make();
    place_join(&inflow->place, "journal", path);
    assert_int_equal(mkdir(path, 0777), 0);
    inflow->journal = open_journal(path, HUB);
    for (uint32_t i = 0; i < node_count; i++) {
        inflow->nodes[i].place = place_make();
        inflow->nodes[i].journal =
            open_journal(inflow->nodes[i].place.path, 1 + i);
    }
}

void
inflow_close(struct inflow *inflow)
{
    for (uint32_t i = 0; i < inflow->node_count; i++) {
        journal_close(inflow->nodes[i].journal);
        place_remove(&inflow->nodes[i].place);
    }
    journal_close(inflow->journal);
    place_remove(&inflow->place);
}

void
inflow_append(struct inflow *inflow, uint32_t node, struct event *events,
              uint32_t count)
{
    struct journal_entry entries[INFLOW_BATCH_MAX] = { 0 };
    struct journal_result results[INFLOW_BATCH_MAX];
    struct text cores[INFLOW_BATCH_MAX] = { 0 };
    struct text scratch = { 0 };

    assert_true(count > 0 && count <= INFLOW_BATCH_MAX);
    for (uint32_t i = 0; i < count; i++) {
        if (events[i].recorded_ms == 0)
            events[i].recorded_ms = INFLOW_NOW;
        codec_encode(&events[i], CODEC_NO_IDENTITY, &cores[i]);
        assert_true(facts_print(&events[i], &scratch, &entries[i].print));
        entries[i].core = text_view(&cores[i]);
        entries[i].copy_of = events[i].identity;
        entries[i].id =
            events[i].identity.node == 0 ? events[i].id : (view) { 0 };
    }
    const struct journal_append append = { .entries = entries,
                                           .count = count,
                                           .now_ms = INFLOW_NOW,
                                           .skip_bad = true };
    assert_int_equal(journal_append(node == 0 ? inflow->journal
                                              : inflow->nodes[node - 1].journal,
                                    &append, results),
                     OK);
    for (uint32_t i = 0; i < count; i++) {
        if (events[i].identity.node == 0)
            events[i].identity = results[i].identity;
        text_close(&cores[i]);
    }
    text_close(&scratch);
}

void
inflow_send(struct inflow *inflow, uint32_t node)
{
    const stream_id stream = { .incarnation = INCARNATION + node,
                               .node = node };
    const struct ingest_options options = { .now_ms = INFLOW_NOW };
    struct reader_stream held = { 0 };
    struct reader *reader;
    struct reader_item item;
    struct text bytes = { 0 };

    assert_int_equal(reader_open(inflow->journal, &reader), OK);
    enum err err = reader_get_stream(reader, stream, &held);
    assert_true(err == OK || err == ERR_NOT_FOUND);
    reader_close(reader);
    uint64_t from = held.head.seq + 1;
    assert_int_equal(reader_open(inflow->nodes[node - 1].journal, &reader), OK);
    while (reader_find(reader, stream, from, &item) == OK) {
        text_view_append(&bytes, item.record.bytes);
        from = record_last(&item.record) + 1;
    }
    reader_close(reader);
    struct ingest_batch batch = { .stream = stream,
                                  .bytes = text_view(&bytes) };
    if (bytes.size > 0) {
        assert_int_equal(ingest_run(inflow->journal, &batch, 1, &options), OK);
        assert_int_equal(batch.verdict, INGEST_APPENDED);
    }
    text_close(&bytes);
}
