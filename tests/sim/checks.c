#include "tests/sim/checks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/balance.h"
#include "core/codec.h"
#include "core/digest.h"
#include "core/ingest.h"
#include "core/ledger_check.h"
#include "core/reader.h"
#include "core/scrub.h"
#include "core/shelf.h"
#include "nodes/trace.h"

#define FAR_MS (MACHINE_EPOCH_MS + INT64_C(40) * 86400000)

enum { ARENA_SIZE = 1 << 28 };

static char unrest[WORLD_PROBLEM_SIZE];

const char *
checks_unrest(void)
{
    return unrest;
}

/* --- straight from the disk --- */

/* The record of the stream that begins at or below the seq. */
static bool
find_record(const struct disk_image *image, stream_id stream, uint64_t seq,
            struct record *ret_record)
{
    const struct tree *streams = image->tables[TABLE_STREAMS];
    struct shelf_key key;
    struct tree_entry entry;
    view wanted = shelf_seq_key(&key, stream, seq);

    if (!tree_get(streams, wanted, &entry) &&
        !tree_below(streams, wanted, &entry))
        return false;
    if (!stream_equal(shelf_key_stream(entry.key), stream))
        return false;
    uint64_t position = shelf_value_position(entry.value);
    if (!tree_get(image->tables[TABLE_RECORDS],
                  shelf_position_key(&key, position), &entry))
        return false;
    view bytes = { entry.value.bytes + SHELF_PREFIX_SIZE,
                   entry.value.size - SHELF_PREFIX_SIZE };
    return record_parse(bytes, ret_record) == OK;
}

bool
checks_holds(const struct disk *disk, stream_id stream, stream_head head,
             bool exact)
{
    struct record record;

    if (head.seq == 0)
        return true;
    if (!find_record(disk_journal(disk), stream, head.seq, &record) ||
        record_last(&record) < head.seq)
        return false;
    return !exact || (record_last(&record) == head.seq &&
                      digest_equal(record.chain, head.chain));
}

/* The streams of an image, in order; zeros to begin with. */
static bool
next_stream(const struct disk_image *image, stream_id *stream,
            stream_head *ret_head)
{
    struct shelf_key key;
    struct tree_entry entry;
    struct record record;

    if (!tree_above(image->tables[TABLE_STREAMS],
                    shelf_seq_key(&key, *stream, UINT64_MAX), &entry))
        return false;
    *stream = shelf_key_stream(entry.key);
    *ret_head = (stream_head) { 0 };
    if (find_record(image, *stream, UINT64_MAX, &record))
        *ret_head = (stream_head) { record_last(&record), record.chain };
    return true;
}

static void
mark_sale(struct world *world, const struct record_event *bytes, bool *present)
{
    struct event event;
    unsigned number;
    char id[LIMIT_CODE_SIZE + 1] = "";

    arena_reset(&world->arena);
    if (codec_decode(bytes->core, &world->arena, &event) != OK)
        return;
    memcpy(id, event.id.bytes, event.id.size);
    if (sscanf(id, "s%u", &number) == 1 && number < world->sale_count)
        present[number] = true;
}

void
checks_mark_sales(struct world *world, const struct disk *disk, bool *present)
{
    const struct tree *records = disk_journal(disk)->tables[TABLE_RECORDS];
    struct tree_entry entry;
    struct record record;

    for (bool more = tree_first(records, &entry); more;
         more = tree_above(records, entry.key, &entry)) {
        struct record_event bytes;
        view body = { entry.value.bytes + SHELF_PREFIX_SIZE,
                      entry.value.size - SHELF_PREFIX_SIZE };
        if (record_parse(body, &record) != OK)
            continue;
        struct record_cursor cursor = record_events(&record);
        while (record_next(&cursor, &bytes))
            mark_sale(world, &bytes, present);
    }
}

/* --- all along --- */

static void
check_claim(struct world *world, const struct machine *from, stream_id stream,
            stream_head head, const char *what)
{
    if (stream.node != 0 && !checks_holds(from->disk, stream, head, true))
        world_fail(world,
                   "machine %u says %s of %s up to %llu, which is not on its "
                   "disk",
                   from->index, what, trace_stream(stream),
                   (unsigned long long)head.seq);
}

/* For LOUD=2. */
static void
tell_frame(const struct machine *from, const struct frame *frame)
{
    stream_id stream = { 0 };
    uint64_t first = 0, last = 0;

    if (frame->kind == FRAME_BATCH) {
        stream = frame->batch.stream;
        first = frame->batch.from;
        last = frame->batch.to;
    } else if (frame->kind == FRAME_ACK || frame->kind == FRAME_NACK) {
        stream =
            frame->kind == FRAME_ACK ? frame->ack.stream : frame->nack.stream;
        last = frame->kind == FRAME_ACK ? frame->ack.head.seq
                                        : frame->nack.head.seq;
    }
    trace(TRACE_DEBUG, from->index, frame_kind_name(frame->kind),
          "session=%llu stream=%s %llu-%llu",
          (unsigned long long)frame->session, trace_stream(stream),
          (unsigned long long)first, (unsigned long long)last);
}

void
checks_frame(void *context, struct machine *from, const struct frame *frame)
{
    struct world *world = context;

    tell_frame(from, frame);
    if (frame->kind == FRAME_ACK)
        check_claim(world, from, frame->ack.stream, frame->ack.head, "ACK");
    if (frame->kind == FRAME_WELCOME)
        for (uint32_t i = 0; i < frame->welcome.held_count; i++)
            check_claim(world, from, frame->welcome.held[i].stream,
                        frame->welcome.held[i].head, "WELCOME");
}

struct scrubbing {
    struct world *world;
    const struct box *box;
};

static void
found(void *context, const struct scrub_finding *finding)
{
    const struct scrubbing *scrubbing = context;

    world_fail(scrubbing->world, "journal of machine %u: %s at %llu, %s %llu",
               scrubbing->box->machine.index, scrub_name(finding->kind),
               (unsigned long long)finding->position,
               trace_stream(finding->stream), (unsigned long long)finding->seq);
}

void
checks_journal(struct world *world, struct box *box)
{
    struct scrubbing scrubbing = { world, box };
    struct scrub_totals totals;
    struct journal *journal = NULL;

    char path[WORLD_DIR_SIZE + 16];

    snprintf(path, sizeof path, "%s/journal", box->dir);
    machine_leave(); /* looking is done from outside */
    if (journal_open(path, NULL, &journal) != OK) {
        world_fail(world, "journal of machine %u does not open",
                   box->machine.index);
        return;
    }
    if (scrub_run(journal, found, &scrubbing, &totals) != OK)
        world_fail(world, "journal of machine %u can't be read",
                   box->machine.index);
    journal_close(journal);
}

/* --- at rest --- */

static bool
is_current(const struct disk_image *image, stream_id stream)
{
    stream_id next = stream;
    stream_head head;

    return !next_stream(image, &next, &head) || next.node != stream.node ||
           next.channel != stream.channel;
}

/* Everything of this store is at the hub. */
static bool
is_sent(const struct box *hub, const struct box *box)
{
    const struct disk_image *mine = disk_journal(box->machine.disk);
    stream_id stream = { 0 };
    stream_head head;
    struct record record;

    while (next_stream(mine, &stream, &head)) {
        if (stream.node != box->node || stream.channel != CHANNEL_EVENTS)
            continue;
        bool there = find_record(disk_journal(hub->machine.disk), stream,
                                 UINT64_MAX, &record) &&
                     record_last(&record) == head.seq &&
                     digest_equal(record.chain, head.chain);
        if (there || (box->parted && !is_current(mine, stream)))
            continue;
        snprintf(unrest, sizeof unrest,
                 "machine %u has %s up to %llu, the hub something else",
                 box->machine.index, trace_stream(stream),
                 (unsigned long long)head.seq);
        return false;
    }
    return true;
}

/* The store holds another branch of the stream, or has lost all of it. */
static bool
has_forked(const struct disk_image *theirs, const struct box *box,
           stream_id stream)
{
    const struct disk_image *mine = disk_journal(box->machine.disk);
    struct record ours;
    struct record record;

    if (!find_record(mine, stream, UINT64_MAX, &ours))
        return true;
    return !find_record(theirs, stream, record_last(&ours), &record) ||
           record_last(&record) != record_last(&ours) ||
           !digest_equal(record.chain, ours.chain);
}

/* Everything that the hub holds of this store or publishes is here. */
static bool
is_received(const struct box *hub, const struct box *box)
{
    const struct disk_image *theirs = disk_journal(hub->machine.disk);
    stream_id stream = { 0 };
    stream_head head;

    while (next_stream(theirs, &stream, &head)) {
        bool mine = stream.node == box->node;
        if (stream.channel != CHANNEL_PUBLIC && !mine)
            continue;
        if (mine && box->parted && has_forked(theirs, box, stream))
            continue;
        if (checks_holds(box->machine.disk, stream, head, true))
            continue;
        snprintf(unrest, sizeof unrest, "machine %u lacks %s up to %llu",
                 box->machine.index, trace_stream(stream),
                 (unsigned long long)head.seq);
        return false;
    }
    return true;
}

bool
checks_rest(struct world *world)
{
    const struct box *hub = world->boxes[0];

    for (uint32_t i = 0; i < world->box_count; i++) {
        const struct box *box = world->boxes[i];
        if (!box->hub && !box->store) {
            snprintf(unrest, sizeof unrest, "machine %u does not run", i);
            return false;
        }
        if (box->store && (!is_sent(hub, box) || !is_received(hub, box)))
            return false;
    }
    return true;
}

/* --- afterwards --- */

static int64_t
balance_of(struct ledger *ledger, uint32_t member, struct arena *arena)
{
    const struct ledger_question question = { .known = LEDGER_KNOWN_ALL };
    const struct timeline *timeline;
    struct history_account history;
    struct walk_input input;
    struct walk walk;
    struct text text = { 0 };
    account_id id;
    char name[16];
    long long sum = INT64_MIN;

    arena_reset(arena);
    snprintf(name, sizeof name, "%u", member);
    if (!account_parse(view_of(name), &id) ||
        ledger_timeline(ledger, LEDGER_KNOWN_ALL, &timeline, NULL) != OK)
        return INT64_MIN;
    struct fold *fold = fold_open(timeline, false, arena);
    if (ledger_account(ledger, id, &question, arena, &history, NULL) != OK ||
        ledger_walk_input(ledger, &history, &question, fold, FAR_MS, arena,
                          &input) != OK)
        return INT64_MIN;
    walk_open(&walk, &input, arena);
    walk_finish(&walk);
    balance_json(&text, timeline, &walk.account, FAR_MS);
    text_char(&text, '\0');
    const char *at = strstr((const char *)text.bytes, "\"points\": ");
    if (at == NULL || sscanf(at + 10, "%lld", &sum) != 1)
        sum = INT64_MIN;
    text_close(&text);
    return sum;
}

static bool *
take_marks(const struct world *world)
{
    bool *present = calloc(world->sale_count + 1, sizeof *present);

    if (present == NULL)
        abort();
    return present;
}

void
checks_arrived(struct world *world, bool *ret_present)
{
    bool *present = ret_present ? ret_present : take_marks(world);

    checks_mark_sales(world, world->boxes[0]->machine.disk, present);
    for (uint32_t i = 0; i < world->sale_count; i++) {
        const struct sale *sale = &world->sales[i];
        if (sale->state == SALE_DONE && !present[i])
            world_fail(world,
                       "sale %u of machine %u, %u.%llu.%llu, was acknowledged "
                       "and is not at the hub",
                       i, sale->box, sale->identity.node,
                       (unsigned long long)sale->identity.incarnation,
                       (unsigned long long)sale->identity.seq);
    }
    if (!ret_present)
        free(present);
}

/* ... and counts once. */
static void
check_sales(struct world *world, struct ledger *ledger, struct arena *arena)
{
    bool *present = take_marks(world);
    int64_t sums[WORLD_MEMBERS + 1] = { 0 };

    checks_arrived(world, present);
    for (uint32_t i = 0; i < world->sale_count; i++)
        if (present[i])
            sums[world->sales[i].member] += world->sales[i].amount / 100;
    for (uint32_t i = 1; i <= WORLD_MEMBERS && !world->problem[0]; i++) {
        int64_t there = sums[i] > 0 ? balance_of(ledger, i, arena) : 0;
        if (there != sums[i])
            world_fail(world, "member %u has %lld points instead of %lld", i,
                       (long long)there, (long long)sums[i]);
    }
    free(present);
}

/* Feeds all streams of an image into a journal, in an order of its own. */
static void
feed(struct world *world, const struct disk_image *image,
     struct journal *journal)
{
    enum { STREAMS_MAX = 1024 };
    static stream_id streams[STREAMS_MAX];
    static uint64_t held[STREAMS_MAX];
    uint32_t count = 0;
    stream_id stream = { 0 };
    stream_head head;

    while (count < STREAMS_MAX && next_stream(image, &stream, &head)) {
        held[count] = 0;
        streams[count++] = stream;
    }
    while (count > 0) {
        struct record record;
        uint32_t at = luck_below(&world->luck, count);
        if (!find_record(image, streams[at], held[at] + 1, &record) ||
            record_last(&record) <= held[at]) {
            streams[at] = streams[--count];
            held[at] = held[count];
            continue;
        }
        struct ingest_batch batch = { .stream = streams[at],
                                      .bytes = record.bytes };
        const struct ingest_options options = { .now_ms = MACHINE_EPOCH_MS +
                                                          machine_true_ms() };
        enum err err = ingest_run(journal, &batch, 1, &options);
        if (err != OK || batch.verdict != INGEST_APPENDED)
            world_fail(world, "witness: %s, verdict %d", err_name(err),
                       (int)batch.verdict);
        held[at] = record_last(&record);
    }
}

/* A ledger that got the same in another order says the same. */
static void
check_witness(struct world *world, struct ledger *ledger)
{
    const struct ledger_identity who = { .node = 999999, .incarnation = 1 };
    struct ledger *witness = NULL;
    char dir[WORLD_DIR_SIZE];
    digest ours = { { 0 } }, theirs = { { 1 } };

    snprintf(dir, sizeof dir, "%s/witness", world->place.path);
    struct disk *disk = disk_make(dir, &world->luck);
    enum err err = ledger_create(dir, &who, MACHINE_EPOCH_MS, NULL);
    if (err == OK)
        err = ledger_open(dir, LEDGER_WRITE, NULL, &witness);
    if (err == OK) {
        feed(world, disk_journal(world->boxes[0]->machine.disk),
             ledger_journal(witness));
        err = ledger_refresh(witness, NULL);
    }
    if (err == OK)
        err = digest_accounts(witness, LEDGER_KNOWN_ALL, FAR_MS, &theirs, NULL);
    if (err == OK)
        err = digest_accounts(ledger, LEDGER_KNOWN_ALL, FAR_MS, &ours, NULL);
    ledger_close(witness);
    disk_free(disk);
    if (err != OK)
        world_fail(world, "witness: %s", err_name(err));
    else if (!digest_equal(ours, theirs))
        world_fail(world, "the same events in another order: another digest");
}

static void
tell(void *context, bool damage, const char *line)
{
    if (damage)
        world_fail(context, "verify: %s", line);
}

static void
verify(struct world *world, struct box *box, struct ledger **ret_ledger)
{
    struct complaint complaint = { 0 };

    machine_leave();
    *ret_ledger = NULL;
    enum err err = ledger_open(box->dir, LEDGER_WRITE, &complaint, ret_ledger);
    if (err == OK)
        err = ledger_refresh(*ret_ledger, &complaint);
    if (err == OK)
        err = ledger_verify(*ret_ledger, tell, world, &complaint);
    if (err != OK)
        world_fail(world, "verify of machine %u: %s %s", box->machine.index,
                   err_name(err), complaint.text);
}

void
checks_all(struct world *world)
{
    struct arena arena;
    struct ledger *ledger;

    if (!arena_open(&arena, ARENA_SIZE))
        abort();
    for (uint32_t i = 1; i < world->box_count && i < 30; i++) {
        checks_journal(world, world->boxes[i]);
        verify(world, world->boxes[i], &ledger);
        ledger_close(ledger);
    }
    checks_journal(world, world->boxes[0]);
    verify(world, world->boxes[0], &ledger);
    if (ledger != NULL && world->problem[0] == '\0') {
        check_sales(world, ledger, &arena);
        check_witness(world, ledger);
    }
    ledger_close(ledger);
    arena_close(&arena);
}
