/*
 * journal.c - identity, appending, and one commit for many callers
 *
 * Callers of one process that append at the same moment become one transaction
 * (group.h); other processes wait at LMDB's lock.
 *
 * An append first finds out what every entry is: its id (or, of a copy, the
 * identity of the original) is looked up in the order of the keys, so that
 * neighbours share pages.  Only when nothing stands against it does it write.
 * So a request that is refused leaves no trace in the transaction, and the
 * others of its group go on.
 */
#include "core/journal.h"

#include "core/group.h"
#include "core/pen.h"
#include "core/room.h"

#include <stdlib.h>
#include <string.h>

enum { GROUP_EVENTS = 65536, CLAIM_KEY = 20 };

/* For the entries of one append at a time; most of it is never touched. */
#define SCRATCH_SIZE ((size_t)1 << 28)

/* One caller's wish, on its stack. */
struct request {
    struct group_request queued;           /* the first member */
    const struct journal_append *append;   /* either this */
    const struct journal_control *control; /* or this */
    struct journal_result *results;
    enum err err;
};

struct journal {
    struct db *db;
    journal_describe *describe;
    struct group group;
    struct arena scratch; /* of whoever leads the group */
    bool unnoted; /* it was rewound, and there is no room to note that: it can
                   * be read, and nothing is appended */
};

static group_work run_group;

/* ----- opening ----- */

uint64_t
journal_draw_incarnation(int64_t now_ms)
{
    assert(now_ms > 0);
    uint64_t seconds = (uint64_t)now_ms / 1000;
    uint64_t drawn = (seconds << 20) | (crypto_random_number() & 0xfffff);

    return drawn & LIMIT_INCARNATION;
}

uint64_t
journal_draw_later(uint64_t than, int64_t now_ms)
{
    enum { STEP_MAX = 0x1000 };
    uint64_t drawn = journal_draw_incarnation(now_ms);

    if (drawn > than || than > LIMIT_INCARNATION - STEP_MAX)
        return drawn;
    return than + 1 + drawn % STEP_MAX;
}

enum err
journal_create(const char *dir, const struct journal_identity *who)
{
    struct db_options options = shelf_options(true);
    struct shelf_self self = {
        .node = who->node,
        .store = who->store,
        .incarnation = who->incarnation,
        .epoch = who->epoch,
    };
    struct db *db = NULL;
    struct db_txn txn;
    view there;

    assert(who->node > 0 && who->node <= LIMIT_NODE);
    assert(who->incarnation > 0);
    assert(who->incarnation <= LIMIT_INCARNATION);
    enum err err = db_open(dir, &options, &db);
    if (err != OK)
        return err;
    /* Its files' names first: from the commit on it is a journal, and what is
     * appended to it is acknowledged. */
    err = room_flush(dir, "");
    if (err != OK) {
        db_close(db);
        return err;
    }
    do {
        db_begin(db, DB_WRITE, &txn);
        if (db_get(&txn, TABLE_META, view_of("self"), &there) ||
            db_count(&txn, TABLE_RECORDS) > 0)
            db_fail(&txn, ERR_EXISTS);
        shelf_put_self(&txn, &self);
        err = db_commit(&txn);
    } while (db_grown(&txn));
    db_close(db);
    return err;
}

/* In a format without seals there may be one all the same, which those that
 * know of none have written past. */
static enum err
check_self(struct db *db)
{
    struct shelf_self self;
    struct db_txn txn;

    db_begin(db, DB_READ, &txn);
    shelf_get_self(&txn, &self);
    enum err err = txn.err;
    db_abort(&txn);
    if (err == OK && self.format >= SHELF_FORMAT_SEALED)
        err = db_check_seal(db);
    return err;
}

enum err
journal_open(const char *dir, journal_describe *describe,
             struct journal **ret_journal)
{
    struct db_options options = shelf_options(false);

    struct journal *journal = calloc(1, sizeof *journal);
    if (journal == NULL)
        return ERR_MEMORY;
    group_open(&journal->group, GROUP_EVENTS, run_group, journal);
    journal->describe = describe;
    enum err err =
        arena_open(&journal->scratch, SCRATCH_SIZE) ? OK : ERR_MEMORY;
    if (err == OK)
        err = db_open(dir, &options, &journal->db);
    if (err == OK)
        err = check_self(journal->db);
    if (err == OK && db_is_behind(journal->db)) {
        err =
            journal_put_note(journal, view_of(JOURNAL_REWOUND), view_of("yes"));
        journal->unnoted = err == ERR_FULL;
        err = journal->unnoted ? OK : err;
    }
    if (err != OK) {
        journal_close(journal);
        return err;
    }
    *ret_journal = journal;
    return OK;
}

void
journal_close(struct journal *journal)
{
    if (journal == NULL)
        return;
    group_close(&journal->group);
    db_close(journal->db);
    arena_close(&journal->scratch);
    free(journal);
}

struct db *
journal_db(struct journal *journal)
{
    return journal->db;
}

journal_describe *
journal_describer(const struct journal *journal)
{
    return journal->describe;
}

uint64_t
journal_last_txn(struct journal *journal)
{
    return db_last_txn(journal->db);
}

bool
journal_is_broken(const struct journal *journal)
{
    return db_is_broken(journal->db);
}

enum err
journal_copy(struct journal *journal, const char *dir)
{
    return db_copy(journal->db, dir);
}

void
journal_tend(struct journal *journal)
{
    db_reader_check(journal->db);
}

/* ----- identity ----- */

enum err
journal_get_identity(struct journal *journal,
                     struct journal_identity *ret_identity)
{
    struct shelf_self self;
    struct db_txn txn;

    db_begin(journal->db, DB_READ, &txn);
    shelf_get_self(&txn, &self);
    enum err err = txn.err;
    db_abort(&txn);
    if (err == OK)
        *ret_identity = (struct journal_identity) {
            .node = self.node,
            .store = self.store,
            .incarnation = self.incarnation,
            .epoch = self.epoch,
            .parent = self.parents[CHANNEL_EVENTS],
        };
    return err;
}

enum err
journal_renew(struct journal *journal, uint64_t incarnation,
              enum record_reason reason, const stream_head *fork)
{
    struct db_txn txn;
    struct pen pen;
    enum err err;

    assert(incarnation > 0 && incarnation <= LIMIT_INCARNATION);
    do {
        shelf_begin(journal->db, DB_WRITE, &txn);
        pen_open(&pen, &txn);
        if (pen.self.incarnation == incarnation)
            db_fail(&txn, ERR_EXISTS);
        pen_renew(&pen, incarnation, reason, fork);
        err = db_commit(&txn);
    } while (db_grown(&txn));
    return err;
}

enum err
journal_set_epoch(struct journal *journal, uint64_t epoch)
{
    struct shelf_self self;
    struct db_txn txn;
    enum err err;

    do {
        shelf_begin(journal->db, DB_WRITE, &txn);
        shelf_get_self(&txn, &self);
        self.epoch = epoch;
        if (txn.err == OK)
            shelf_put_self(&txn, &self);
        err = db_commit(&txn);
    } while (db_grown(&txn));
    return err;
}

hash128
journal_id_key(uint32_t node, view id)
{
    uint8_t bytes[4 + LIMIT_CODE_SIZE];

    assert(id.size > 0 && id.size <= LIMIT_CODE_SIZE);
    memcpy(bytes, &node, 4);
    memcpy(bytes + 4, id.bytes, id.size);
    return crypto_hash128((view) { bytes, 4 + id.size });
}

/* ----- what each entry is ----- */

/* What makes an entry the same as another: the key of its id, or of the
 * original.  Sorted, equal ones stand together, the first one foremost. */
struct claim {
    uint8_t key[CLAIM_KEY];
    bool copy;
    uint32_t index;
};

/* Everything about one append inside a transaction. */
struct work {
    struct journal *journal;
    struct pen *pen;
    const struct journal_append *append;
    struct journal_result *results;
    struct claim *claims;
    uint32_t claim_count;
    uint32_t *like; /* of a repetition: the entry before it that it repeats */
};

static bool
is_copy(const struct journal_entry *entry)
{
    return entry->copy_of.node != 0;
}

static int
compare_claims(const void *left, const void *right)
{
    const struct claim *a = left;
    const struct claim *b = right;

    if (a->copy != b->copy)
        return a->copy ? 1 : -1;
    int order = memcmp(a->key, b->key, CLAIM_KEY);
    if (order != 0)
        return order;
    return a->index < b->index ? -1 : a->index > b->index;
}

static void
collect_claims(struct work *work, struct arena *scratch)
{
    uint32_t count = work->append->count;
    uint32_t node = work->pen->self.node;

    work->claims = ARENA_NEW(scratch, struct claim, count);
    work->like = ARENA_NEW(scratch, uint32_t, count);
    for (uint32_t i = 0; i < count; i++) {
        const struct journal_entry *entry = &work->append->entries[i];
        struct claim claim = { .index = i, .copy = is_copy(entry) };
        struct shelf_key key;
        work->like[i] = i;
        if (claim.copy) {
            view bytes = shelf_identity_key(&key, entry->copy_of);
            assert(bytes.size == CLAIM_KEY);
            memcpy(claim.key, bytes.bytes, CLAIM_KEY);
        } else if (entry->id.size > 0) {
            hash128 hash = journal_id_key(node, entry->id);
            memcpy(claim.key, hash.bytes, sizeof hash.bytes);
        } else {
            continue;
        }
        work->claims[work->claim_count++] = claim;
    }
    if (work->claim_count > 1)
        qsort(work->claims, work->claim_count, sizeof *work->claims,
              compare_claims);
}

static hash128
claim_id(const struct claim *claim)
{
    hash128 id;

    assert(!claim->copy);
    memcpy(id.bytes, claim->key, sizeof id.bytes);
    return id;
}

static bool
says_the_same(const struct journal_entry *entry, fingerprint stored)
{
    if (entry->at_left_out)
        return hash128_equal(entry->print.content, stored.content);
    return fingerprint_equal(entry->print, stored);
}

/* The original of a copy, if its stream is held.  What can't be compared is
 * taken as equal, for then the original counts anyway; a control item or a
 * copy in that place can be nobody's original. */
static bool
find_original(struct work *work, const struct journal_entry *entry,
              struct shelf_known *ret_known, bool *ret_same)
{
    struct journal_facts facts;
    struct record_event event;
    struct shelf_item item;
    stream_id stream = { .incarnation = entry->copy_of.incarnation,
                         .node = entry->copy_of.node,
                         .channel = CHANNEL_EVENTS };

    if (!shelf_find(work->pen->txn, stream, entry->copy_of.seq, &item))
        return false;
    ret_known->position =
        item.position + (entry->copy_of.seq - item.record.seq);
    *ret_same = shelf_pick(&item, ret_known->position, &event) && !event.copy;
    if (*ret_same && work->journal->describe != NULL &&
        work->journal->describe(&event, &facts))
        *ret_same = says_the_same(entry, facts.print);
    return true;
}

/* What the journal holds under the claim. */
static bool
find_known(struct work *work, const struct claim *claim,
           struct shelf_known *ret_known, bool *ret_same)
{
    const struct journal_entry *entry = &work->append->entries[claim->index];
    struct db_txn *txn = work->pen->txn;

    if (claim->copy && find_original(work, entry, ret_known, ret_same))
        return true;
    bool found = claim->copy ? shelf_get_copy(txn, entry->copy_of, ret_known)
                             : shelf_get_id(txn, claim_id(claim), ret_known);
    if (found)
        *ret_same = says_the_same(entry, ret_known->print);
    return found;
}

/* Decides each entry's outcome; those to be appended have no place yet. */
static void
classify(struct work *work)
{
    for (uint32_t i = 0; i < work->append->count; i++)
        work->results[i] =
            (struct journal_result) { JOURNAL_APPENDED, { 0 }, 0 };
    for (uint32_t i = 0; i < work->claim_count; i++) {
        const struct claim *claim = &work->claims[i];
        struct journal_result *result = &work->results[claim->index];
        struct shelf_known known = { 0 };
        bool same = false;
        if (find_known(work, claim, &known, &same)) {
            result->position = known.position;
            result->identity = shelf_identity(work->pen->txn, known.position);
        } else if (i > 0 && claim->copy == claim[-1].copy &&
                   memcmp(claim->key, claim[-1].key, CLAIM_KEY) == 0) {
            uint32_t like = work->like[claim[-1].index];
            const struct journal_entry *entries = work->append->entries;
            work->like[claim->index] = like;
            same = says_the_same(&entries[claim->index], entries[like].print);
        } else {
            continue;
        }
        result->outcome = same ? JOURNAL_THERE : JOURNAL_CONFLICT;
    }
}

/* ----- appending ----- */

static uint32_t
count_outcome(const struct work *work, enum journal_outcome outcome)
{
    uint32_t found = 0;

    for (uint32_t i = 0; i < work->append->count; i++)
        found += work->results[i].outcome == outcome;
    return found;
}

/* A copy that bears our own stream's identity above our head was written by
 * this node in a life that this disk does not remember.  Going on in that
 * incarnation would give its numbers away twice. */
static void
renew_if_rewound(struct work *work)
{
    struct pen *pen = work->pen;
    uint64_t head = pen_head(pen, CHANNEL_EVENTS).seq;

    for (uint32_t i = 0; i < work->append->count; i++) {
        identity of = work->append->entries[i].copy_of;
        if (work->results[i].outcome == JOURNAL_APPENDED &&
            of.node == pen->self.node && of.seq > head &&
            of.incarnation == pen->self.incarnation) {
            pen_renew(pen,
                      journal_draw_later(of.incarnation, work->append->now_ms),
                      REASON_REWOUND, NULL);
            return;
        }
    }
}

/* Gives the new entries their places and writes them. */
static void
write_entries(struct work *work, struct arena *scratch)
{
    struct pen *pen = work->pen;
    uint32_t new_count = count_outcome(work, JOURNAL_APPENDED);
    struct record_entry *entries =
        ARENA_NEW(scratch, struct record_entry, new_count);
    uint32_t filled = 0;

    renew_if_rewound(work);
    stream_id stream = pen_stream_id(pen, CHANNEL_EVENTS);
    uint64_t seq = pen_head(pen, CHANNEL_EVENTS).seq;
    for (uint32_t i = 0; i < work->append->count; i++) {
        const struct journal_entry *entry = &work->append->entries[i];
        struct journal_result *result = &work->results[i];
        if (result->outcome != JOURNAL_APPENDED)
            continue;
        entries[filled++] = (struct record_entry) {
            .core = entry->core,
            .annex = entry->annex,
            .copy_of = entry->copy_of,
            .print = entry->print,
        };
        result->position = pen->position + filled;
        result->identity = (identity) { .node = stream.node,
                                        .incarnation = stream.incarnation,
                                        .seq = seq + filled };
        if (is_copy(entry))
            result->identity = entry->copy_of;
    }
    assert(filled == new_count);
    pen_write_events(pen, entries, filled, work->append->now_ms);
}

/* A repetition of an entry of the same call stands where that one does. */
static void
place_repetitions(struct work *work)
{
    for (uint32_t i = 0; i < work->append->count; i++) {
        uint32_t like = work->like[i];
        if (like == i)
            continue;
        work->results[i].position = work->results[like].position;
        work->results[i].identity = work->results[like].identity;
    }
}

/* In the order of the keys. */
static void
write_claims(struct work *work)
{
    struct db_txn *txn = work->pen->txn;

    for (uint32_t i = 0; i < work->claim_count; i++) {
        const struct claim *claim = &work->claims[i];
        const struct journal_entry *entry =
            &work->append->entries[claim->index];
        struct shelf_known known = { work->results[claim->index].position,
                                     entry->print };
        struct shelf_known other;
        if (work->results[claim->index].outcome != JOURNAL_APPENDED)
            continue;
        if (!claim->copy) {
            shelf_put_id(txn, claim_id(claim), &known);
            continue;
        }
        shelf_put_copy(txn, entry->copy_of, &known);
        /* Our own event come back from elsewhere brings its id along. */
        if (entry->copy_of.node == work->pen->self.node && entry->id.size > 0) {
            hash128 id = journal_id_key(work->pen->self.node, entry->id);
            if (!shelf_get_id(txn, id, &other))
                shelf_put_id(txn, id, &known);
        }
    }
}

/* Nothing is stored of a request that is refused. */
static enum err
refuse(struct work *work)
{
    for (uint32_t i = 0; i < work->append->count; i++)
        if (work->results[i].outcome == JOURNAL_APPENDED)
            work->results[i].outcome = JOURNAL_REFUSED;
    return ERR_CONFLICT;
}

/* `scratch` by value: what was taken is free again on return. */
static enum err
run_append(struct journal *journal, struct pen *pen,
           const struct request *request, struct arena scratch)
{
    const struct journal_append *append = request->append;
    struct work work = {
        .journal = journal,
        .pen = pen,
        .append = append,
        .results = request->results,
    };

    if (append->only_at != 0 &&
        pen_is_hindered(pen, append->only_at, append->hinders, append->context))
        return ERR_BUSY;
    if (append->only_in != 0 && append->only_in != pen->self.incarnation)
        return ERR_BUSY;
    collect_claims(&work, &scratch);
    classify(&work);
    if (pen->txn->err != OK)
        return pen->txn->err;
    if (!append->skip_bad && count_outcome(&work, JOURNAL_CONFLICT) > 0)
        return refuse(&work);
    write_entries(&work, &scratch);
    place_repetitions(&work);
    write_claims(&work);
    return OK;
}

static enum err
run_control(struct pen *pen, const struct request *request)
{
    const struct journal_control *control = request->control;
    struct journal_result *result = request->results;

    if (control->only_at != 0 && pen_has_control(pen, control->only_at))
        return ERR_BUSY;
    pen_write_pieces(pen, control->channel, control->pieces, control->now_ms);
    pen_write_control(pen, control->channel, control->kind, control->body,
                      control->now_ms);
    result->outcome = JOURNAL_APPENDED;
    result->position = pen->position;
    result->identity =
        (identity) { .node = pen->self.node,
                     .incarnation = pen->self.incarnation,
                     .seq = pen_head(pen, control->channel).seq };
    return OK;
}

/* ----- one commit for many ----- */

/* What was found there already is acknowledged, too, and somebody may have
 * written it lazily. */
static enum err
end_group(struct journal *journal, struct db_txn *txn, const struct pen *pen)
{
    if (pen->wrote || txn->err != OK)
        return db_commit(txn);
    db_abort(txn);
    return db_sync(journal->db);
}

static struct request *
request_of(struct group_request *queued)
{
    return (struct request *)queued;
}

static void
run_requests(struct journal *journal, struct pen *pen,
             struct group_request *first)
{
    for (struct group_request *each = first; each != NULL; each = each->next) {
        struct request *request = request_of(each);
        if (pen->txn->err != OK)
            return;
        if (request->append != NULL)
            request->err = run_append(journal, pen, request, journal->scratch);
        else
            request->err = run_control(pen, request);
    }
}

static void
run_group(void *context, struct group_request *first)
{
    struct journal *journal = context;
    struct db_txn txn;
    struct pen pen;
    enum err err = ERR_FULL;

    if (!db_is_full(journal->db) && !journal->unnoted)
        do {
            shelf_begin(journal->db, DB_WRITE, &txn);
            pen_open(&pen, &txn);
            run_requests(journal, &pen, first);
            err = end_group(journal, &txn, &pen);
        } while (db_grown(&txn));
    arena_reset(&journal->scratch);
    if (err != OK)
        for (; first != NULL; first = first->next)
            request_of(first)->err = err;
}

static bool
is_clock(int64_t now_ms)
{
    return now_ms > 0 && now_ms <= LIMIT_CLOCK_MS_MAX;
}

static bool
entries_fit(const struct journal_append *append)
{
    for (uint32_t i = 0; i < append->count; i++) {
        const struct journal_entry *entry = &append->entries[i];
        if (entry->core.size == 0 || entry->core.size > LIMIT_EVENT_SIZE ||
            entry->annex.size > LIMIT_ANNEX_SIZE ||
            entry->id.size > LIMIT_CODE_SIZE)
            return false;
    }
    return true;
}

void
journal_append_each(struct journal *journal, struct journal_try *tries,
                    uint32_t count)
{
    struct request requests[JOURNAL_TRIES_MAX];
    struct group_request *first = NULL;
    struct group_request **link = &first;

    assert(count <= JOURNAL_TRIES_MAX);
    for (uint32_t i = 0; i < count; i++) {
        const struct journal_append *append = &tries[i].append;
        assert(append->count > 0);
        assert(append->count <= LIMIT_APPEND_EVENTS);
        requests[i] = (struct request) {
            .queued.weight = append->count,
            .append = append,
            .results = tries[i].results,
            .err = ERR_INPUT,
        };
        if (!is_clock(append->now_ms) || !entries_fit(append))
            continue;
        *link = &requests[i].queued;
        link = &requests[i].queued.next;
    }
    if (first != NULL)
        group_submit(&journal->group, first);
    for (uint32_t i = 0; i < count; i++)
        tries[i].err = requests[i].err;
}

enum err
journal_append(struct journal *journal, const struct journal_append *append,
               struct journal_result *ret_results)
{
    struct journal_try one = { *append, ret_results, OK };

    journal_append_each(journal, &one, 1);
    return one.err;
}

enum err
journal_append_control(struct journal *journal,
                       const struct journal_control *control,
                       struct journal_result *ret_result)
{
    struct request request = {
        .queued.weight = 1,
        .control = control,
        .results = ret_result,
    };

    assert(control->kind != RECORD_EVENTS);
    assert(control->kind != 0);
    assert(control->channel < CHANNEL_END);
    assert(control->body.size <= LIMIT_CONTROL_SIZE);
    assert(control->kind != RECORD_PIECE);
    if (!is_clock(control->now_ms))
        return ERR_INPUT;
    group_submit(&journal->group, &request.queued);
    return request.err;
}

/* ----- notes ----- */

enum err
journal_get_note(struct journal *journal, view name, uint8_t *bytes,
                 uint32_t room, view *ret_value)
{
    struct db_txn txn;
    view value;

    assert(name.size >= 1 && name.size <= 64);
    db_begin(journal->db, DB_READ, &txn);
    bool found = db_get(&txn, TABLE_NOTES, name, &value);
    enum err err = txn.err;
    if (err == OK && !found)
        err = ERR_NOT_FOUND;
    if (err == OK && value.size > room)
        err = ERR_UNKNOWN;
    if (err == OK) {
        memcpy(bytes, value.bytes, value.size);
        *ret_value = (view) { bytes, value.size };
    }
    db_abort(&txn);
    return err;
}

enum err
journal_put_note(struct journal *journal, view name, view value)
{
    struct db_txn txn;
    enum err err;

    assert(name.size >= 1 && name.size <= 64);
    do {
        shelf_begin(journal->db, DB_WRITE, &txn);
        if (value.size > 0)
            db_put(&txn, TABLE_NOTES, name, value);
        else
            db_delete(&txn, TABLE_NOTES, name);
        err = db_commit(&txn);
    } while (db_grown(&txn));
    return err;
}

enum err
journal_is_rewound(struct journal *journal, bool *ret_rewound)
{
    uint8_t note[8];
    view value;
    enum err err = journal_get_note(journal, view_of(JOURNAL_REWOUND), note,
                                    sizeof note, &value);

    if (err == OK || err == ERR_NOT_FOUND)
        *ret_rewound = err == OK || journal->unnoted;
    return err == ERR_NOT_FOUND ? OK : err;
}
