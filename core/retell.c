#include "core/retell.h"

#include "core/admission.h"
#include "core/codec.h"
#include "core/copy_index.h"
#include "core/ingest.h"
#include "core/list.h"
#include "core/pack.h"
#include "core/pen.h"
#include "core/reader.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Address space for what lies above the fork. */
#define STORY_SIZE ((size_t)1 << 32)
enum { TRIES = 20, LINES_MIN = 64, LINES_MAX = 1 << 24 };
enum { NAME_SIZE = 40 }; /* of an event's id, with its end */
enum { TOLD_SIZE = 8 + sizeof(digest), TOLD_NAME_SIZE = 32 };

/* An event above the fork, and what is told again in its place. */
struct line {
    uint64_t position; /* of the old telling */
    uint64_t seq;      /* likewise */
    uint64_t told_seq; /* of the new telling */
    digest chain;      /* at the end of the record in which it stood */
    struct record_entry entry;
    view id; /* empty: none */
    bool described;
};

struct story {
    struct journal *journal;
    struct admission *admission; /* owned; NULL where the stream is ours */
    const struct retell *retell;
    bool foreign;     /* the stream is another node's */
    bool left;        /* ours, but not the current one */
    uint64_t upto;    /* the last that is told again; of one that was left */
    uint64_t renewed; /* the incarnation of the new telling */
    struct arena arena;
    struct line *lines; /* owned; malloc */
    uint32_t count;
    uint32_t room;
    uint64_t told; /* the last told_seq */
    bool above;    /* something of ours lies above the fork */
    uint64_t last; /* position of the journal when it was read */
};

static void
told_name(uint64_t incarnation, char name[static TOLD_NAME_SIZE])
{
    snprintf(name, TOLD_NAME_SIZE, "told/%016" PRIx64, incarnation);
}

/* --- reading what is above the fork --- */

static enum err
make_room(struct story *story)
{
    if (story->count < story->room)
        return OK;
    if (story->count == LINES_MAX)
        return ERR_FULL;
    uint32_t room = story->room ? story->room * 2 : LINES_MIN;
    struct line *grown = realloc(story->lines, room * sizeof *grown);
    if (!grown)
        return ERR_MEMORY;
    story->lines = grown;
    story->room = room;
    return OK;
}

/* Whether our word for another's copy would make it more than it is. */
static bool
is_void_copy(const struct story *story, const struct record_event *copy)
{
    struct arena scratch = story->arena;
    struct event event;

    if (ingest_is_false(journal_describer(story->journal), copy))
        return true;
    return codec_decode(copy->core, &scratch, &event) == OK &&
           !admission_admits(story->admission, story->retell->stream.node,
                             event.store);
}

static enum err
read_event(struct story *story, const struct record_event *event,
           uint64_t position, digest chain)
{
    struct journal_facts facts;
    journal_describe *describe = journal_describer(story->journal);

    if (story->foreign && event->copy && is_void_copy(story, event))
        return OK;
    enum err err = make_room(story);
    if (err != OK)
        return err;
    struct line *line = &story->lines[story->count++];
    *line = (struct line) {
        .position = position,
        .seq = event->here.seq,
        .chain = chain,
        .entry = { .core = arena_copy(&story->arena, event->core),
                   .annex = arena_copy(&story->arena, event->annex) },
    };
    /* A copy within another's stream stays the copy that it is. */
    if (!event->copy || !story->foreign)
        line->told_seq = ++story->told;
    if (event->copy) {
        line->entry.copy_of = event->origin;
        line->entry.print = event->print;
    } else if (describe && describe(event, &facts)) {
        line->described = true;
        line->entry.print = facts.print;
        line->id = arena_copy(&story->arena, facts.id);
    }
    return OK;
}

static enum err
read_records(struct story *story, struct reader *reader)
{
    const struct retell *retell = story->retell;
    struct reader_stream stream;
    enum err err = reader_get_stream(reader, retell->stream, &stream);
    uint64_t seq = retell->fork.seq + 1;

    story->above = err == OK && seq <= stream.head.seq;
    if (err == ERR_NOT_FOUND)
        return OK; /* nothing of it has ever been written here */
    const uint64_t last = story->left ? story->upto : stream.head.seq;
    while (err == OK && seq <= last) {
        struct reader_item item;
        struct record_event event;
        err = reader_find(reader, retell->stream, seq, &item);
        if (err != OK)
            break;
        struct record_cursor cursor = record_events(&item.record);
        while (err == OK && record_next(&cursor, &event))
            if (event.here.seq >= seq)
                err =
                    read_event(story, &event,
                               item.position + event.here.seq - item.record.seq,
                               item.record.chain);
        seq = record_last(&item.record) + 1;
    }
    return err;
}

/* Of one that was left: behind what it is told again, and what of it has been
 * already. */
static enum err
find_place(struct story *story, struct reader *reader)
{
    const struct retell *retell = story->retell;
    const stream_id current = { .incarnation = story->renewed,
                                .node = retell->stream.node,
                                .channel = CHANNEL_EVENTS };
    struct reader_stream found = { 0 };
    stream_head told;

    enum err err = reader_get_stream(reader, current, &found);
    if (err != OK && err != ERR_NOT_FOUND)
        return err;
    story->told = found.head.seq;
    story->upto = retell->upto;
    err = retell_get(story->journal, retell->stream.incarnation, &told);
    if (err == OK && told.seq < story->upto)
        story->upto = told.seq;
    if (err != OK && err != ERR_NOT_FOUND)
        return err;
    return story->upto > retell->fork.seq ? OK : ERR_CONFLICT;
}

static enum err
read_story(struct story *story)
{
    struct reader *reader = NULL;

    arena_reset(&story->arena);
    story->count = 0;
    story->told = 0;
    enum err err = reader_open(story->journal, &reader);
    if (err == OK) {
        story->last = reader_last(reader);
        err = story->left ? find_place(story, reader) : OK;
    }
    if (err == OK && story->admission)
        err = admission_refresh(story->admission);
    if (err == OK)
        err = read_records(story, reader);
    reader_close(reader);
    return err;
}

/* --- turning --- */

static int
compare_seq(const void *item, const void *key)
{
    const struct line *line = item;
    const uint64_t *seq = key;

    return line->seq < *seq ? -1 : line->seq > *seq;
}

/* The seq of the new telling of an old one; 0: it is not told again. */
static uint64_t
new_seq(const struct story *story, uint64_t old)
{
    uint32_t at = LIST_PLACE(story->lines, story->count, &old, compare_seq);

    return at < story->count && story->lines[at].seq == old
               ? story->lines[at].told_seq
               : 0;
}

/* A void above the fork of an event above the fork: under the old identity the
 * hub knows another event, or none.  False: it is none such. */
static bool
turn_void(const struct story *story, struct event *event)
{
    const struct retell *retell = story->retell;
    identity *voids = &event->annul.voids;

    if (event->kind != EVENT_VOID || voids->node != retell->stream.node ||
        voids->incarnation != retell->stream.incarnation)
        return false;
    uint64_t seq = new_seq(story, voids->seq);
    if (seq == 0)
        return false;
    *voids = (identity) { .node = retell->stream.node,
                          .incarnation = story->renewed,
                          .seq = seq };
    return true;
}

/* The event gets an id by where it stood, which is the same whoever tells it
 * again. */
static void
name_event(const struct line *line, char id[static NAME_SIZE],
           struct event *event)
{
    uint8_t place[sizeof(digest) + sizeof line->seq];
    char hash[DIGEST_TEXT_SIZE];

    memcpy(place, line->chain.bytes, sizeof(digest));
    memcpy(place + sizeof(digest), &line->seq, sizeof line->seq);
    digest_format(crypto_digest((view) { place, sizeof place }), hash);
    snprintf(id, NAME_SIZE, "told-%.32s", hash);
    event->id = view_of(id);
}

/* Writes the event anew in place of what was read. */
static enum err
reword(struct story *story, struct line *line, const struct event *event)
{
    journal_describe *describe = journal_describer(story->journal);
    struct text text = { 0 };
    struct journal_facts facts;

    codec_encode(event, CODEC_NO_IDENTITY, &text);
    enum err err = text_ok(&text) ? OK : ERR_MEMORY;
    if (err == OK && text.size <= LIMIT_EVENT_SIZE)
        line->entry.core = arena_copy(&story->arena, text_view(&text));
    text_close(&text);
    const struct record_event told = { .core = line->entry.core,
                                       .annex = line->entry.annex };
    if (err == OK && line->described && describe(&told, &facts)) {
        line->entry.print = facts.print;
        line->id = arena_copy(&story->arena, facts.id);
    }
    return err;
}

/* What breaks a rule, or is not understood, is told as its bytes are. */
static enum err
turn_event(struct story *story, struct line *line)
{
    struct arena scratch = story->arena;
    struct event event;
    char id[NAME_SIZE];

    if (line->entry.copy_of.node != 0 ||
        codec_decode(line->entry.core, &scratch, &event) != OK ||
        event_check_core(&event, NULL) != OK)
        return OK;
    bool turned = turn_void(story, &event);
    bool named = event.id.size == 0;
    if (named)
        name_event(line, id, &event);
    return turned || named ? reword(story, line, &event) : OK;
}

/* --- writing --- */

static void
write_indexes(struct db_txn *txn, const struct story *story, uint64_t first)
{
    for (uint32_t i = 0; i < story->count; i++) {
        const struct line *line = &story->lines[i];
        struct shelf_known known = { first + i, line->entry.print };
        if (line->entry.copy_of.node != 0)
            copy_index_move(txn, line->entry.copy_of, line->position, &known);
        else if (line->described && line->id.size > 0)
            shelf_put_id(txn,
                         journal_id_key(story->retell->stream.node, line->id),
                         &known);
        shelf_mark(txn, line->position, QUARANTINE_TOLD_AGAIN);
    }
}

/* The stream of another node ends at the fork again. */
static void
drop_branch(struct db_txn *txn, const struct story *story)
{
    const struct retell *retell = story->retell;
    struct shelf_item item;

    for (uint64_t seq = retell->fork.seq + 1;
         shelf_find(txn, retell->stream, seq, &item);) {
        if (item.record.seq != seq)
            db_fail(txn, err_corrupt()); /* no record ends at the fork */
        if (txn->err != OK)
            return;
        seq = record_last(&item.record) + 1;
        shelf_drop(txn, &item);
    }
}

/* "Complete up to now": a journal's last position is never dropped, and this
 * makes another one the last. */
static void
write_mark(struct pen *pen, int64_t now_ms)
{
    struct text body = { 0 };

    pack_map(&body, 1);
    pack_unsigned(&body, 1);
    pack_integer(&body, now_ms);
    if (text_ok(&body))
        pen_write_control(pen, CHANNEL_EVENTS, RECORD_MARK, text_view(&body),
                          now_ms);
    else
        db_fail(pen->txn, ERR_MEMORY);
    text_close(&body);
}

static void
write_foreign(struct db_txn *txn, struct story *story, struct pen *pen)
{
    const struct retell *retell = story->retell;
    struct arena scratch = story->arena;
    struct record_entry *entries =
        ARENA_NEW(&scratch, struct record_entry, story->count);
    uint64_t position = pen->position;

    for (uint32_t i = 0; i < story->count; i++) {
        entries[i] = story->lines[i].entry;
        if (entries[i].copy_of.node == 0)
            entries[i].copy_of = (identity) { .node = retell->stream.node,
                                              .incarnation = story->renewed,
                                              .seq = story->lines[i].told_seq };
    }
    if (story->count > 0)
        pen_write_events(pen, entries, story->count, retell->now_ms);
    else
        write_mark(pen, retell->now_ms);
    for (uint32_t i = 0; i < story->count; i++) {
        const struct shelf_known known = { position + 1 + i, entries[i].print };
        const struct line *line = &story->lines[i];
        if (line->entry.copy_of.node != 0)
            copy_index_move(txn, line->entry.copy_of, line->position, &known);
        else
            shelf_put_copy(txn, entries[i].copy_of, &known);
    }
    drop_branch(txn, story);
}

static void
write_own(struct db_txn *txn, struct story *story, struct pen *pen)
{
    struct arena scratch = story->arena;
    struct record_entry *entries =
        ARENA_NEW(&scratch, struct record_entry, story->count);
    const uint64_t first = pen->position + 1;

    for (uint32_t i = 0; i < story->count; i++)
        entries[i] = story->lines[i].entry;
    if (story->count > 0)
        pen_write_events(pen, entries, story->count, story->retell->now_ms);
    write_indexes(txn, story, first);
}

static void
write_left(struct db_txn *txn, struct story *story, struct pen *pen)
{
    const stream_head *fork = &story->retell->fork;
    char name[TOLD_NAME_SIZE];
    uint8_t value[TOLD_SIZE];

    if (pen->self.incarnation != story->renewed)
        db_fail(txn, ERR_BUSY); /* that has been left, too: read again */
    if (txn->err != OK)
        return;
    write_own(txn, story, pen);
    memcpy(value, &fork->seq, 8);
    memcpy(value + 8, fork->chain.bytes, sizeof(digest));
    told_name(story->retell->stream.incarnation, name);
    db_put(txn, TABLE_NOTES, view_of(name), (view) { value, sizeof value });
}

static void
write_story(struct db_txn *txn, struct story *story)
{
    struct pen pen;
    const struct retell *retell = story->retell;

    pen_open(&pen, txn);
    if (pen.position != story->last)
        db_fail(txn, ERR_BUSY); /* somebody appended: read again */
    if (txn->err != OK)
        return;
    if (story->foreign) {
        write_foreign(txn, story, &pen);
        return;
    }
    if (story->left) {
        write_left(txn, story, &pen);
        return;
    }
    if (!stream_equal(pen_stream_id(&pen, CHANNEL_EVENTS), retell->stream))
        db_fail(txn, ERR_CONFLICT);
    pen_renew(&pen, retell->renewed,
              story->above ? REASON_FORK : (enum record_reason)retell->reason,
              &retell->fork);
    if (txn->err == OK)
        write_own(txn, story, &pen);
}

static enum err
tell(struct story *story)
{
    struct db_txn txn;
    enum err err = read_story(story);

    for (uint32_t i = 0; err == OK && i < story->count; i++)
        err = turn_event(story, &story->lines[i]);
    if (err != OK)
        return err;
    do {
        shelf_begin(journal_db(story->journal), DB_WRITE, &txn);
        write_story(&txn, story);
        err = db_commit(&txn);
    } while (db_grown(&txn));
    return err;
}

enum err
retell_run(struct journal *journal, struct retell *retell)
{
    struct story story = { .journal = journal, .retell = retell };
    struct journal_identity who;
    enum err err = ERR_BUSY;

    assert(retell->stream.channel == CHANNEL_EVENTS);
    if (!arena_open(&story.arena, STORY_SIZE))
        return ERR_MEMORY;
    for (uint32_t i = 0; i < TRIES && err == ERR_BUSY; i++) {
        err = journal_get_identity(journal, &who);
        if (err != OK)
            break;
        story.foreign = retell->stream.node != who.node;
        story.left = !story.foreign && retell->upto > 0 &&
                     retell->stream.incarnation != who.incarnation;
        story.renewed = story.left ? who.incarnation : retell->renewed;
        assert(story.renewed != retell->stream.incarnation);
        if (story.foreign && !story.admission)
            err = admission_open(journal, &story.admission);
        if (err == OK)
            err = tell(&story);
    }
    if (err == OK) {
        retell->told = story.count;
        retell->renewed = story.renewed;
    }
    admission_close(story.admission);
    arena_close(&story.arena);
    free(story.lines);
    return err;
}

enum err
retell_get(struct journal *journal, uint64_t incarnation, stream_head *ret_fork)
{
    char name[TOLD_NAME_SIZE];
    uint8_t bytes[TOLD_SIZE];
    view value;

    told_name(incarnation, name);
    enum err err =
        journal_get_note(journal, view_of(name), bytes, sizeof bytes, &value);
    if (err == OK && value.size != TOLD_SIZE)
        err = err_corrupt();
    if (err != OK)
        return err;
    memcpy(&ret_fork->seq, bytes, 8);
    memcpy(ret_fork->chain.bytes, bytes + 8, sizeof(digest));
    return OK;
}
