/*
 * test_state_follow.c - what other nodes send is folded into the same states
 * as a fresh fold of it all would give, whichever way it takes: forward, from
 * nothing, or from the history
 *
 * Records of several streams come in by chance: events late and in order, the
 * first of an account, voids before and after what they name, joins that name
 * referrers, events of a store that is not the node's own, a second incarnation
 * that tells some of the first one's again, and copies by several nodes, equal
 * and not, of events that have come, that come later, or never.  Histories are
 * before the states, or behind.
 */
#include "core/state_follow.h"

#include <stdio.h>
#include <string.h>

#include "core/codec.h"
#include "core/facts.h"
#include "core/history_copies.h"
#include "core/ingest.h"
#include "core/ledger_parts.h"
#include "core/ledger_refresh.h"
#include "core/state.h"
#include "core/state_check.h"
#include "tests/book.h"
#include "tests/unit.h"

enum {
    STREAMS = 7,
    COPIES = 4,
    BATCH_MAX = 100,
    TOLD_MAX = 4096,
    FEW = 14,
    MANY = 900
};

static const char RULES[] =
    "points: {expire_months: 2, pending_days: 3}\n"
    "earn:\n"
    "  - {id: base, per: 1.00, points: 1}\n"
    "  - {id: welcome, on: join, points: 30}\n"
    "stamps:\n"
    "  - {id: card, need: 3, points: 10}\n"
    "referral: {on: purchase, min_total: 10.00, referrer_points: 100, "
    "referred_points: 50}\n";

/* A stream of the network, and what was told in it. */
struct stream {
    stream_id id;
    stream_head head;
    struct event told[TOLD_MAX];
};

static struct stream streams[STREAMS] = {
    { .id = { 1, 2, CHANNEL_EVENTS } }, { .id = { 1, 3, CHANNEL_EVENTS } },
    { .id = { 2, 3, CHANNEL_EVENTS } }, /* tells again what the one before
                                         * has told */
    { .id = { 1, 4, CHANNEL_EVENTS } }, /* enrolled for store 10 only */
    { .id = { 1, 5, CHANNEL_EVENTS } }, /* of copies, as those behind it */
    { .id = { 1, 6, CHANNEL_EVENTS } }, { .id = { 1, 7, CHANNEL_EVENTS } },
};
static char ids[TOLD_MAX][8];
static uint64_t seed;
static uint32_t members;   /* FEW or MANY */
static uint32_t most;      /* events in a record, at most */
static uint32_t today;     /* days since the first */
static bool easy;          /* most events are purchases, in order */
static int64_t second;     /* of those */
static uint64_t counted;   /* states compared */
static uint32_t set_aside; /* copies, of all worlds */
static uint32_t alone;     /* steps that left histories behind */

static uint32_t
draw(uint32_t bound)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 33) % bound;
}

/* --- what happens --- */

static struct event
make_event(uint64_t seq)
{
    int64_t day = draw(6) == 0 ? draw(200) : today < 200 ? today : 200;
    struct event event = {
        .kind = EVENT_PURCHASE,
        .store = draw(5) == 0 ? 30 : 10,
        .at_ms = BOOK_NOW - 300 * CALENDAR_DAY_MS + day * CALENDAR_DAY_MS +
                 draw(86400) * INT64_C(1000),
        .account = { .member = 1 + draw(members) },
        .sale = { .receipt = view_of(ids[draw(40)]),
                  .total = { 500 + draw(3000) },
                  .bought_on = EVENT_NO_DAY },
    };
    uint32_t kind = draw(12);

    if (draw(3) == 0 && seq < TOLD_MAX)
        event.id = view_of(ids[seq]);
    if (kind == 0) {
        event.kind = EVENT_VOID;
        /* Perhaps of what nobody has seen yet. */
        event.annul.voids = (identity) { .incarnation = 1,
                                         .node = 2 + draw(2),
                                         .seq = 1 + draw((uint32_t)seq + 9) };
    } else if (kind <= 2) {
        event.kind = EVENT_JOIN;
        memset(&event.join, 0, sizeof event.join);
        event.join.referrer = 1 + draw(members + 4);
        if (event.join.referrer == event.account.member)
            event.join.referrer = 0;
    } else if (kind == 3) {
        event.kind = EVENT_STAMP;
        memset(&event.sale, 0, sizeof event.sale);
        event.stamp.card = view_of("card");
        event.stamp.count = 1 + draw(3);
    }
    return event;
}

/* Later than all that is not easy. */
static struct event
make_sale(void)
{
    return (struct event) {
        .kind = EVENT_PURCHASE,
        .store = 10,
        .at_ms = BOOK_NOW - 50 * CALENDAR_DAY_MS + 1000 * ++second,
        .account = { .member = 1 + draw(members) },
        .sale = { .receipt = view_of(ids[draw(40)]),
                  .total = { 500 + draw(3000) },
                  .bought_on = EVENT_NO_DAY },
    };
}

static struct event
next_event(struct stream *stream, uint64_t seq)
{
    const struct stream *before = stream - 1;

    assert_true(seq < TOLD_MAX);
    if (stream->id.incarnation == 2 && draw(2) == 0) {
        uint64_t first = before->head.seq - draw(8); /* not long ago */
        if (first <= before->head.seq && before->told[first].id.size > 0)
            return before->told[first];
    }
    return easy && draw(50) > 0 ? make_sale() : make_event(seq);
}

/* What some say of an event of node 9, which is never heard. */
static struct event
make_tale(uint64_t seq, uint32_t tale)
{
    const uint64_t kept = seed;

    seed = seq * 3 + tale;
    struct event event = make_event(1);
    seed = kept;
    event.identity = (identity) { .incarnation = 1, .node = 9, .seq = seq };
    return event;
}

/* Of an event that may have come: what it says, or something else. */
static struct event
make_copy(void)
{
    const struct stream *of = &streams[draw(2)];
    const uint64_t seq = 1 + draw((uint32_t)of->head.seq + 9);
    struct event event = { 0 };

    if (draw(2) == 0)
        return make_tale(1 + draw(30), draw(3));
    if (seq <= of->head.seq && draw(2) == 0)
        event = of->told[seq];
    else
        event = make_tale(seq, 0);
    event.identity = (identity) { .incarnation = of->id.incarnation,
                                  .node = of->id.node,
                                  .seq = seq };
    return event;
}

/* --- records --- */

static uint32_t
write_record(struct stream *stream, uint32_t count, uint8_t *bytes)
{
    struct text cores[BATCH_MAX] = { 0 };
    struct text scratch = { 0 };
    bool copies = stream >= &streams[COPIES];
    struct record_entry entries[BATCH_MAX] = { 0 };
    struct record_writer writer;
    uint32_t size = 0;
    bool first = stream->head.seq == 0;
    struct record record = { .stream = stream->id,
                             .seq = stream->head.seq + 1,
                             .count = count,
                             .kind = RECORD_EVENTS,
                             .flags = first ? RECORD_FIRST : 0,
                             .recorded_ms = BOOK_NOW,
                             .prev = stream->head.chain };

    for (uint32_t i = 0; i < count; i++) {
        struct event *event = &stream->told[record.seq + i];
        *event = copies ? make_copy() : next_event(stream, record.seq + i);
        entries[i].copy_of = event->identity;
        assert_true(facts_print(event, &scratch, &entries[i].print));
        codec_encode(event, CODEC_NO_IDENTITY, &cores[i]);
        entries[i].core = text_view(&cores[i]);
        size += record_entry_size(&entries[i]);
    }
    size = record_size(size, first);
    record_write(&writer, &record, bytes, size);
    for (uint32_t i = 0; i < count; i++)
        record_write_event(&writer, &entries[i]);
    record_write_end(&writer);
    for (uint32_t i = 0; i < count; i++)
        text_close(&cores[i]);
    text_close(&scratch);
    stream->head = (stream_head) { record_last(&record), record.chain };
    return size;
}

static void
send(struct book *book, struct stream *stream)
{
    static uint8_t bytes[1 << 16];
    const struct ingest_options options = { .now_ms = BOOK_NOW };
    uint32_t size = write_record(stream, 1 + draw(most), bytes);
    struct ingest_batch batch = { .stream = stream->id,
                                  .bytes = { bytes, size } };

    assert_int_equal(
        ingest_run(ledger_journal(book->ledger), &batch, 1, &options), OK);
    assert_int_equal(batch.verdict, INGEST_APPENDED);
}

/* --- the test --- */

static void
expect_fresh(struct book *book, struct state *state)
{
    uint64_t known = state_position(state);
    struct state_fold fold;
    uint32_t found = 0;

    assert_int_equal(
        state_fold_open(&fold, book->ledger, state_timeline(state)), OK);
    for (uint64_t member = 1; member <= members + 4; member++) {
        account_id account = { .member = member };
        struct state_folded folded;
        struct state_packed packed = { 0 };
        assert_int_equal(state_fold_account(&fold, account, known, &folded),
                         OK);
        enum err err = state_get(state, account, &packed);
        assert_int_equal(err, folded.packed.size > 0 ? OK : ERR_NOT_FOUND);
        assert_true(view_equal(packed.bytes, folded.packed));
        found += err == OK;
    }
    counted += found;
    state_fold_close(&fold);
}

static uint64_t
last_position(struct book *book)
{
    struct reader *reader = NULL;

    assert_int_equal(reader_open(ledger_journal(book->ledger), &reader), OK);
    uint64_t last = reader_last(reader);
    reader_close(reader);
    return last;
}

/* Takes in everything, or only what the rules are; or nothing. */
static void
hear(struct book *book)
{
    uint32_t way = draw(4);

    if (way == 0)
        assert_int_equal(ledger_refresh(book->ledger, NULL), OK);
    else if (way < 3)
        assert_int_equal(ledger_refresh_rules(book->ledger, NULL), OK);
}

/* Histories that are behind stay so, for the most part. */
static void
expect(struct book *book, struct state *state)
{
    bool behind = ledger_position(book->ledger) < state_position(state);

    alone += behind;
    if (behind && draw(3) > 0)
        return;
    if (behind)
        assert_int_equal(ledger_refresh_histories(book->ledger, NULL), OK);
    expect_fresh(book, state);
}

/* In steps of any size; each is of a position of its own. */
static void
refresh(struct book *book, struct state *state)
{
    struct history *history = ledger_history(book->ledger);
    uint64_t before, position = state_position(state);

    history_set_step(history, 1 + draw(15));
    state_set_step(state, 1 + draw(15));
    do {
        before = position;
        hear(book);
        assert_int_equal(state_refresh(state, NULL), OK);
        expect(book, state);
        position = state_position(state);
        assert_true(position > before || !state_is_behind(state));
    } while (state_is_behind(state) || position < last_position(book));
    assert_int_equal(position, last_position(book));
}

static void
restart(struct book *book, struct state **state, uint64_t kept)
{
    state_close(*state);
    if (draw(2) == 0) { /* all is to be built anew */
        book_reopen(book, LEDGER_WRITE);
        assert_int_equal(state_check_drop(book->ledger), OK);
    }
    book_reopen(book, LEDGER_OWN);
    assert_int_equal(state_open(book->ledger, state), OK);
    state_keep(*state, kept);
    uint32_t threads = 1 + draw(8);
    state_set_threads(*state, threads, threads + draw(8));
    refresh(book, *state);
}

static void
run_world(uint64_t kept)
{
    struct book book;
    struct state *state;
    uint64_t wrong;

    for (uint32_t i = 0; i < STREAMS; i++)
        streams[i].head = (stream_head) { 0 };
    book_open(&book, LEDGER_OWN);
    book_rules(&book, "2025-01-01", RULES);
    book_enrol(&book, 4, 10, ENROL_STORE);
    assert_int_equal(state_open(book.ledger, &state), OK);
    state_keep(state, kept);
    refresh(&book, state);
    assert_false(admission_admits(book.ledger->admission, 4, 30));
    for (uint32_t round = 0; round < 60; round++) {
        today = 3 * round;
        for (uint32_t i = 0; i < 1 + draw(3); i++)
            send(&book, &streams[draw(round < 25   ? 2
                                      : round < 40 ? COPIES
                                                   : STREAMS)]);
        refresh(&book, state);
        if (draw(5) == 0)
            assert_int_equal(state_checkpoint(state), OK);
        if (draw(9) == 0)
            restart(&book, &state, kept);
    }
    assert_int_equal(state_checkpoint(state), OK);
    assert_int_equal(ledger_refresh_histories(book.ledger, NULL), OK);
    assert_int_equal(state_check(book.ledger, &wrong), OK);
    assert_int_equal(wrong, 0);
    set_aside += history_quarantine_count(ledger_history(book.ledger));
    state_close(state);
    book_close(&book);
}

static void
make_ids(void)
{
    for (uint32_t i = 0; i < TOLD_MAX; i++)
        snprintf(ids[i], sizeof ids[i], "i%u", i);
}

TEST(followed_states_equal_a_fresh_fold)
{
    make_ids();
    members = FEW;
    most = 7;
    for (uint32_t world = 0; world < 8; world++) {
        seed = 11 + world;
        easy = world >= 4;
        /* Nothing is kept; all; all, until there is no more room. */
        run_world(world % 3 == 0 ? 0 : world % 3 == 1 ? 1 << 30 : 1 << 13);
    }
    assert_true(counted > 1000);
    assert_true(set_aside > 100);
    assert_true(alone > 100);
}

/* So much at once that threads share it, and so many late events that they
 * share what is folded afresh. */
TEST(a_backlog_is_followed_by_all_threads)
{
    struct book book;
    struct state *state;
    uint64_t wrong;

    make_ids();
    members = MANY;
    most = BATCH_MAX;
    seed = 5;
    today = 100;
    easy = false;
    for (uint32_t i = 0; i < STREAMS; i++)
        streams[i].head = (stream_head) { 0 };
    book_open(&book, LEDGER_OWN);
    book_rules(&book, "2025-01-01", RULES);
    assert_int_equal(state_open(book.ledger, &state), OK);
    state_keep(state, 1 << 30);
    assert_int_equal(state_refresh(state, NULL), OK);
    for (uint32_t round = 1; round <= 2; round++) {
        for (uint32_t i = 0; i < STREAMS; i++)
            while (streams[i].head.seq < round * 2000)
                send(&book, &streams[i]);
        assert_int_equal(ledger_refresh(book.ledger, NULL), OK);
        assert_int_equal(state_refresh(state, NULL), OK);
        assert_int_equal(state_position(state), last_position(&book));
        expect_fresh(&book, state);
    }
    assert_int_equal(state_checkpoint(state), OK);
    assert_int_equal(state_check(book.ledger, &wrong), OK);
    assert_int_equal(wrong, 0);
    state_close(state);
    book_close(&book);
}

RUN(cmocka_unit_test(followed_states_equal_a_fresh_fold),
    cmocka_unit_test(a_backlog_is_followed_by_all_threads))
