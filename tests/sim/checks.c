#include "tests/sim/checks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/closing.h"
#include "core/digest.h"
#include "core/ingest.h"
#include "core/ledger_check.h"
#include "core/reader.h"
#include "core/scrub.h"
#include "core/shelf.h"
#include "nodes/sync.h"
#include "nodes/trace.h"
#include "tests/sim/forger.h"
#include "tests/sim/hub_lies.h"
#include "tests/sim/image.h"
#include "tests/sim/till.h"
#include "tests/sim/toll.h"

#define FAR_MS (MACHINE_EPOCH_MS + INT64_C(40) * 86400000)

enum { ARENA_SIZE = 1 << 28 };

/* --- all along --- */

/* It dropped the stream up to there, and has kept the hash. */
static bool
is_boundary(const struct box *box, stream_id stream, stream_head head)
{
    struct reader_stream found = { 0 };
    struct journal *journal = NULL;
    struct reader *reader = NULL;
    char path[WORLD_DIR_SIZE + 16];

    snprintf(path, sizeof path, "%s/journal", box->dir);
    if (box->pruned && journal_open(path, NULL, &journal) == OK &&
        reader_open(journal, &reader) == OK)
        (void)!reader_get_stream(reader, stream, &found);
    reader_close(reader);
    journal_close(journal);
    return found.boundary.seq == head.seq &&
           digest_equal(found.boundary.chain, head.chain);
}

static void
check_claim(struct world *world, const struct machine *from, stream_id stream,
            stream_head head, const char *what)
{
    if (stream.node != 0 && !world->boxes[from->index]->rotten &&
        !image_holds(disk_journal(from->disk), stream, head, true) &&
        !is_boundary(world->boxes[from->index], stream, head))
        world_fail(world,
                   "machine %u says %s of %s up to %llu, which is not on its "
                   "disk",
                   from->index, what, trace_stream(stream),
                   (unsigned long long)head.seq);
}

/* What it has had it may have lost, with an older disk in its place, and not
 * been sent again yet.  Where there is one hub all along that one hears of it;
 * but not of what it has itself talked a standby out of. */
static bool
is_excused(const struct world *world, const struct box *box)
{
    if (world->plan.lapses > 0 && world->plan.fall == FALL_NONE &&
        world->plan.hub_lies == 0)
        return box->parted && machine_true_ms() < box->owned_ms;
    return box->parted && (!world->healed || world->plan.lapses > 0);
}

/* It has been let in, with what it says that it holds. */
static void
hear_standby(const struct machine *from, struct box *to)
{
    enum { TELL_MS = 2000 };

    if (from->index != to->machine.index && to->kind == BOX_HUB &&
        to->owned_ms == INT64_MAX)
        to->owned_ms = machine_true_ms() + TELL_MS;
}

void
checks_safe(struct world *world, const struct machine *from, stream_id stream,
            uint64_t safe)
{
    stream_head head = { .seq = safe };
    struct record ours;

    if (stream.node == 0 || safe == 0 || from->index >= world->hub_count)
        return;
    bool exact =
        image_find(disk_journal(from->disk), stream, safe, &ours) &&
        record_last(&ours) == safe; /* else it has no hash to compare */
    if (exact)
        head.chain = ours.chain;
    for (uint32_t i = 0; i < world->hub_count; i++)
        if (i != from->index &&
            (is_excused(world, world->boxes[i]) ||
             image_holds(disk_journal(world->machines[i]->disk), stream, head,
                         exact)))
            return;
    for (uint32_t i = 0; i < world->backup_count; i++)
        if (image_holds(disk_journal(world->backups[i].disk), stream, head,
                        exact))
            return;
    world_fail(world,
               "machine %u calls %s safe up to %llu, which no other disk of "
               "HQ holds",
               from->index, trace_stream(stream), (unsigned long long)safe);
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

/* Whoever has spoken with a hub of a later epoch does not go back to one of
 * the past, as long as his process remembers; and that hub, told so, does not
 * let him in. */
static void
check_epoch(struct world *world, const struct machine *from, uint32_t to,
            const struct frame *frame)
{
    struct box *sender = world->boxes[from->index];
    struct box *receiver = world->boxes[to];

    switch (frame->kind) {
    case FRAME_HELLO:
        sender->epoch_told = frame->hello.epoch;
        return;
    case FRAME_WELCOME:
        if (frame->welcome.epoch < receiver->epoch_told)
            world_fail(world,
                       "machine %u lets machine %u in, which has told of a "
                       "later hub",
                       from->index, to);
        receiver->session = frame->session;
        receiver->session_epoch = frame->welcome.epoch;
        return;
    case FRAME_BATCH:
    case FRAME_ACK:
        if (!sender->store || frame->session != sender->session)
            return;
        if (sender->session_epoch < sender->epoch)
            world_fail(world,
                       "machine %u follows machine %u, a hub of the past",
                       from->index, to);
        sender->epoch = sender->session_epoch;
        return;
    case FRAME_JOIN:
    case FRAME_WAIT:
    case FRAME_NACK:
    case FRAME_FORKQ:
    case FRAME_FORKA:
    case FRAME_STATE:
    case FRAME_ASK:
    case FRAME_ANSWER:
    case FRAME_PING:
    case FRAME_BYE:
    case FRAME_ERR:
        return;
    }
}

/* Nobody sends more than he has been granted, but for the end of the frame that
 * goes beyond what a node grants; so what waits for a slow reader has an end.
 */
static void
check_credit(struct world *world, const struct machine *from, uint32_t to,
             const struct frame *frame)
{
    bool down = world->boxes[from->index]->hub != NULL;
    struct box *dialler = world->boxes[down ? to : from->index];
    uint64_t *granted = down ? &dialler->granted_up : &dialler->granted_down;
    uint64_t credit = 0;

    if (dialler->forger)
        return;
    if (frame->kind == FRAME_WELCOME) {
        dialler->granted_up = 0;
        dialler->granted_down = SYNC_CREDIT_FIRST;
        credit = frame->welcome.credit;
    } else if (frame->session != dialler->session) {
        return;
    } else if (frame->kind == FRAME_ACK) {
        credit = frame->ack.credit;
    } else if (frame->kind == FRAME_NACK) {
        credit = frame->nack.credit;
    } else if (frame->kind == FRAME_BATCH &&
               (down ? frame->batch.total - frame->batch.records.size >
                           dialler->granted_down + FRAME_BATCH_FIXED
                     : frame->batch.total > dialler->granted_up)) {
        world_fail(world, "machine %u sends more than it may", from->index);
    }
    if (credit > *granted)
        *granted = credit;
}

/* Whoever lies hears no more than others do: what is public, and what its own
 * number has said. */
static void
check_told(struct world *world, const struct box *to, const struct frame *frame)
{
    if (frame->kind == FRAME_BATCH &&
        frame->batch.stream.channel != CHANNEL_PUBLIC &&
        frame->batch.stream.node != to->node)
        world_fail(world, "machine %u, a forger, is told %s", to->machine.index,
                   trace_stream(frame->batch.stream));
}

void
checks_frame(void *context, struct machine *from, uint32_t to,
             const struct frame *frame)
{
    struct world *world = context;

    tell_frame(from, frame);
    if (world->boxes[to]->forger)
        check_told(world, world->boxes[to], frame);
    if (world->boxes[from->index]->forger)
        return;
    check_epoch(world, from, to, frame);
    if (frame->kind == FRAME_BATCH && from->apart &&
        world->boxes[from->index]->store)
        world_fail(world,
                   "machine %u sends, and speaks no version that others "
                   "do",
                   from->index);
    check_credit(world, from, to, frame);
    if (frame->kind == FRAME_ACK) {
        check_claim(world, from, frame->ack.stream, frame->ack.head, "ACK");
        checks_safe(world, from, frame->ack.stream, frame->ack.safe);
    }
    if (frame->kind == FRAME_WELCOME)
        hear_standby(from, world->boxes[to]);
    if (frame->kind == FRAME_WELCOME)
        for (uint32_t i = 0; i < frame->welcome.held_count; i++) {
            const struct frame_held *held = &frame->welcome.held[i];
            check_claim(world, from, held->stream, held->head, "WELCOME");
            checks_safe(world, from, held->stream, held->safe);
        }
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
    if (scrub_run(journal, found, &scrubbing, NULL, &totals) != OK)
        world_fail(world, "journal of machine %u can't be read",
                   box->machine.index);
    journal_close(journal);
}

/* --- afterwards --- */

/* Points less debt. */
static int64_t
balance_of(struct ledger *ledger, uint32_t member, struct arena *arena)
{
    const struct ledger_question question = { .known = LEDGER_KNOWN_ALL };
    const struct timeline *timeline;
    struct history_account history;
    struct walk_input input;
    struct walk walk;
    account_id id;
    char name[16];

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
    return lot_available(&walk.account.lots, FAR_MS).value -
           walk.account.debt.value;
}

void
checks_arrived(struct world *world, bool *ret_present)
{
    bool *present = ret_present ? ret_present : till_marks(world);

    till_mark_sales(world, world_hub(world)->machine.disk, present);
    for (uint32_t i = 0; i < world->sale_count; i++) {
        const struct sale *sale = &world->sales[i];
        if (sale->state == SALE_DONE && !present[i] &&
            !till_is_left_behind(world, i))
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
    bool *present = till_marks(world);
    int64_t sums[WORLD_MEMBERS + 1] = { 0 };

    checks_arrived(world, present);
    for (uint32_t i = 0; i < world->sale_count; i++)
        if (present[i])
            sums[world->sales[i].member] += till_points(&world->sales[i]);
    for (uint32_t i = 1; i <= WORLD_MEMBERS && !world->problem[0]; i++) {
        int64_t there = balance_of(ledger, i, arena);
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

    while (count < STREAMS_MAX && image_next_stream(image, &stream, &head)) {
        held[count] = 0;
        streams[count++] = stream;
    }
    while (count > 0) {
        struct record record;
        uint32_t at = luck_below(&world->luck, count);
        if (!image_find(image, streams[at], held[at] + 1, &record) ||
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
        feed(world, disk_journal(world_hub(world)->machine.disk),
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

struct verifying {
    struct world *world;
    bool lenient;
    bool damaged;
    bool planted;
};

static void
tell(void *context, bool damage, const char *line)
{
    struct verifying *verifying = context;

    /* What a lying hub has planted as a close means nothing, and is told. */
    if (damage && verifying->world->plan.hub_lies > 0 &&
        strncmp(line, "close", 5) == 0) {
        verifying->planted = true;
        return;
    }
    verifying->damaged |= damage;
    if (damage && !verifying->lenient)
        world_fail(verifying->world, "verify: %s", line);
}

static bool
verify(struct verifying *verifying, struct box *box, struct ledger **ret_ledger)
{
    struct complaint complaint = { 0 };

    machine_leave();
    *ret_ledger = NULL;
    enum err err = ledger_open(box->dir, LEDGER_WRITE, &complaint, ret_ledger);
    if (err == OK)
        err = ledger_refresh(*ret_ledger, &complaint);
    if (err == OK)
        err = ledger_verify(*ret_ledger, tell, verifying, &complaint);
    if (err == ERR_CORRUPT &&
        (verifying->planted || (verifying->lenient && verifying->damaged)))
        err = OK; /* that is what it says then */
    if (err != OK)
        world_fail(verifying->world, "verify of machine %u: %s %s",
                   box->machine.index, err_name(err), complaint.text);
    return !verifying->damaged;
}

static void
verify_strictly(struct world *world, struct box *box,
                struct ledger **ret_ledger)
{
    struct verifying verifying = { .world = world };

    (void)verify(&verifying, box, ret_ledger);
}

bool
checks_is_sound(struct world *world, struct box *box)
{
    struct verifying verifying = { .world = world, .lenient = true };
    struct ledger *ledger;
    bool sound = verify(&verifying, box, &ledger);

    ledger_close(ledger);
    return sound;
}

static digest
digest_of(struct world *world, struct ledger *ledger)
{
    digest sum = { { 0 } };

    if (digest_accounts(ledger, LEDGER_KNOWN_ALL, FAR_MS, &sum, NULL) != OK)
        world_fail(world, "no digest");
    return sum;
}

/* Of one month that two hubs have closed the same close holds everywhere; but a
 * hub that was rolled back may have closed it twice under one name. */
static void
check_closes(struct world *world, struct ledger *ledger, struct ledger *other)
{
    struct closing_books ours, theirs;
    struct arena arena;

    if (world->rolled != 0 || world->plan.hub_lies > 0)
        return;
    if (!arena_open(&arena, LIMIT_ARENA_SIZE))
        abort();
    world_must(world,
               closing_read(ledger, LEDGER_KNOWN_ALL, &arena, &ours, NULL),
               "closes");
    world_must(world,
               closing_read(other, LEDGER_KNOWN_ALL, &arena, &theirs, NULL),
               "closes");
    if (ours.displaced_count > 0)
        toll_count(TOLL_CLOSED_TWICE);
    bool same = ours.count == theirs.count &&
                ours.displaced_count == theirs.displaced_count &&
                ours.next_period == theirs.next_period;
    for (uint32_t i = 0; same && i < ours.count; i++)
        same =
            ours.closings[i].period == theirs.closings[i].period &&
            ours.closings[i].seq == theirs.closings[i].seq &&
            stream_equal(ours.closings[i].stream, theirs.closings[i].stream) &&
            (i == 0 ||
             ours.closings[i].period == ours.closings[i - 1].period + 1);
    if (!same)
        world_fail(world, "two hubs hold the same and other months are closed");
    arena_close(&arena);
}

/* Machines that hold the same say the same. */
static void
check_shadow(struct world *world, struct box *box, struct ledger *ledger)
{
    struct ledger *theirs = NULL;

    checks_journal(world, box);
    verify_strictly(world, box, &theirs);
    if (theirs != NULL && ledger != NULL &&
        !digest_equal(digest_of(world, ledger), digest_of(world, theirs)))
        world_fail(world, "machine %u holds the same and has another digest",
                   box->machine.index);
    if (theirs != NULL && ledger != NULL)
        check_closes(world, ledger, theirs);
    ledger_close(theirs);
}

void
checks_all(struct world *world)
{
    struct box *hub = world_hub(world);
    struct arena arena;
    struct ledger *ledger;

    if (!arena_open(&arena, ARENA_SIZE))
        abort();
    for (uint32_t i = world->hub_count; i < world->box_count; i++) {
        checks_journal(world, world->boxes[i]);
        verify_strictly(world, world->boxes[i], &ledger);
        ledger_close(ledger);
    }
    checks_journal(world, hub);
    verify_strictly(world, hub, &ledger);
    for (uint32_t i = 0; i < world->hub_count; i++)
        if (world->boxes[i] != hub)
            check_shadow(world, world->boxes[i], ledger);
    if (ledger != NULL && world->problem[0] == '\0') {
        check_sales(world, ledger, &arena);
        forger_check(world);
        hub_lies_check(world);
        check_witness(world, ledger);
    }
    ledger_close(ledger);
    arena_close(&arena);
}
