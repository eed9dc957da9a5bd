#include "core/ledger_append.h"

#include "core/codec.h"
#include "core/crypto.h"
#include "core/facts.h"
#include "core/ledger_parts.h"
#include "core/own_stores.h"

#include <stdlib.h>

enum {
    TRIES = 100,            /* of a plan that others overtake */
    SCRATCH_SIZE = 1 << 20, /* one decoded event */
};

/* Where the core and the annex of an entry lie in the batch's bytes, which may
 * still move. */
struct extent {
    size_t core;
    size_t annex;
    size_t end;
};

/* One append on its way: what is known of each entry, and its bytes. */
struct batch {
    struct ledger *ledger;
    struct journal_identity who;
    struct ledger_entry *entries;
    uint32_t count;
    int64_t now_ms;
    bool import;
    bool skip_bad; /* conflicts are told, and keep nobody else out */
    bool plan;     /* say beforehand which identities there will be */
    struct complaint *complaint;
    uint32_t refused; /* the entry at fault */

    struct reader *reader; /* NULL until something stored is asked for, ... */
    struct arena scratch;  /* ... and opened when an event is read */
    struct text bytes;
    struct text content; /* scratch of fingerprints */
    struct extent *extents;
    struct journal_entry *rows;
    struct journal_result *results;
    const struct ledger_entry **by_id; /* those with an id, sorted */
    uint32_t by_id_count;
    uint64_t next_seq;   /* plan: of the next new event */
    uint64_t position;   /* plan: the last one that it has seen */
    struct basis *basis; /* of the caller; NULL: none */
    const struct own_stores *stores;
};

/* --- words --- */

/* A complaint with the place of the entry before it. */
static enum err
complain_at(struct batch *batch, const struct ledger_entry *entry, enum err err,
            const char *words)
{
    batch->refused = (uint32_t)(entry - batch->entries);
    if (entry->line > 0)
        complain(batch->complaint, "line %u: %s", entry->line, words);
    else
        complain(batch->complaint, "%s", words);
    return err;
}

/* One that comes before it in the same call has no identity: none of them was
 * stored. */
static enum err
complain_conflict(struct batch *batch, const struct ledger_entry *entry,
                  identity stored)
{
    struct complaint words;
    char name[IDENTITY_SIZE];

    identity_format(stored, name);
    if (stored.node == 0)
        complain(&words,
                 "id \"%.*s\": conflict: an event before it has it with other "
                 "content; use a new id",
                 (int)entry->event.id.size,
                 (const char *)entry->event.id.bytes);
    else if (entry->event.id.size > 0)
        complain(&words,
                 "id \"%.*s\": conflict: event %s has it with other content; "
                 "use a new id",
                 (int)entry->event.id.size, (const char *)entry->event.id.bytes,
                 name);
    else
        complain(&words, "event %s: conflict: it is stored with other content",
                 name);
    return complain_at(batch, entry, ERR_CONFLICT, words.text);
}

/* --- what is stored --- */

/* What is stored now.  Most appends never ask: a snapshot would cost them time,
 * and keep the journal from using its old pages again. */
static enum err
look_again(struct batch *batch)
{
    if (batch->reader != NULL)
        return reader_refresh(batch->reader);
    return reader_open(batch->ledger->journal, &batch->reader);
}

/* The event at a position, in the scratch; borrows from the reader. */
static enum err
read_stored(struct batch *batch, uint64_t position, struct event *ret_event)
{
    struct record_event stored;
    enum err err = reader_event(batch->reader, position, &stored);

    if (err == OK && batch->scratch.base == NULL &&
        !arena_open(&batch->scratch, SCRATCH_SIZE))
        err = ERR_MEMORY;
    if (err != OK)
        return err;
    arena_reset(&batch->scratch);
    err = codec_decode(stored.core, &batch->scratch, ret_event);
    if (err == OK)
        err = codec_decode_annex(stored.annex, &ret_event->annex);
    if (err == OK)
        ret_event->identity = stored.origin;
    return err;
}

static void
take_stored(struct ledger_entry *entry, const struct event *stored,
            uint64_t position)
{
    entry->known = true;
    entry->position = position;
    entry->event.identity = stored->identity;
    entry->event.at_ms = stored->at_ms;
    entry->event.recorded_ms = stored->recorded_ms;
}

static int
compare_ids(const void *a, const void *b)
{
    const struct ledger_entry *const *x = a;
    const struct ledger_entry *const *y = b;
    int order = view_compare((*x)->event.id, (*y)->event.id);

    return order != 0 ? order : *x < *y ? -1 : *x > *y;
}

static enum err
sort_ids(struct batch *batch)
{
    batch->by_id = calloc(batch->count, sizeof *batch->by_id);
    if (batch->by_id == NULL)
        return ERR_MEMORY;
    for (uint32_t i = 0; i < batch->count; i++)
        if (batch->entries[i].event.id.size > 0 &&
            batch->entries[i].event.identity.node == 0)
            batch->by_id[batch->by_id_count++] = &batch->entries[i];
    if (batch->by_id_count > 0)
        qsort(batch->by_id, batch->by_id_count, sizeof *batch->by_id,
              compare_ids);
    return OK;
}

/* The first entry of the batch with that id; NULL. */
static const struct ledger_entry *
find_in_batch(const struct batch *batch, view id)
{
    uint32_t low = 0, high = batch->by_id_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (view_compare(batch->by_id[middle]->event.id, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == batch->by_id_count ||
        !view_equal(batch->by_id[low]->event.id, id))
        return NULL;
    return batch->by_id[low];
}

/* --- completing --- */

static enum err
find_voided(struct batch *batch, struct ledger_entry *entry)
{
    const struct ledger_entry *earlier = find_in_batch(batch, entry->voids_id);
    struct record_event stored;
    uint64_t position = 0;

    if (earlier != NULL && earlier < entry) {
        entry->event.annul.voids = earlier->event.identity;
        return OK;
    }
    enum err err = reader_find_id(batch->reader, batch->who.node,
                                  entry->voids_id, &position);
    if (err == OK)
        err = reader_event(batch->reader, position, &stored);
    if (err == ERR_NOT_FOUND)
        return complain_at(batch, entry, ERR_NOT_FOUND,
                           "voids_id: expected the id of an event of this "
                           "node; there is none");
    if (err == OK)
        entry->event.annul.voids = stored.origin;
    return err;
}

static enum err
set_time(struct batch *batch, struct ledger_entry *entry)
{
    bool foreign = entry->event.identity.node != 0;

    if (foreign && entry->event.recorded_ms == 0)
        return complain_at(batch, entry, ERR_INPUT,
                           "recorded: expected the time at which the event "
                           "was recorded, beside its identity");
    if (foreign)
        return OK;
    entry->event.recorded_ms = batch->now_ms;
    if (!entry->at_given)
        entry->event.at_ms = batch->now_ms;
    if (entry->event.at_ms > batch->now_ms + LIMIT_FUTURE_MS)
        return complain_at(batch, entry, ERR_INPUT,
                           "at: future: expected a time at most 24 hours "
                           "ahead of the clock");
    return OK;
}

/* What has an identity is somebody else's, or was appended here before. */
static enum err
check_store(struct batch *batch, const struct ledger_entry *entry)
{
    struct complaint why;

    if (entry->event.identity.node != 0 ||
        own_stores_check(batch->stores, batch->who.node, entry->event.store,
                         &why) == OK ||
        !ledger_is_joined(batch->ledger))
        return OK;
    return complain_at(batch, entry, ERR_INPUT, why.text);
}

static enum err
complete(struct batch *batch, struct ledger_entry *entry)
{
    struct complaint words = { .text = "" };
    enum err err = set_time(batch, entry);

    if (err != OK)
        return err;
    if (entry->event.store == 0)
        entry->event.store = batch->who.store;
    if (entry->event.store == 0)
        return complain_at(batch, entry, ERR_INPUT,
                           "store: missing, and this ledger has no store of "
                           "its own");
    err = check_store(batch, entry);
    if (err != OK)
        return err;
    if (entry->voids_id.size > 0) {
        err = find_voided(batch, entry);
        if (err != OK)
            return err;
    }
    if (event_check(&entry->event, &words) != OK)
        return complain_at(batch, entry, ERR_INPUT, words.text);
    return OK;
}

/* What the journal will answer, found out without it. */
static enum err
plan_entry(struct batch *batch, struct ledger_entry *entry)
{
    const struct ledger_entry *first = NULL;
    struct event stored;
    uint64_t position = 0;
    enum err err = ERR_NOT_FOUND;

    if (entry->event.identity.node != 0)
        return OK;
    if (entry->event.id.size > 0) {
        first = find_in_batch(batch, entry->event.id);
        err = reader_find_id(batch->reader, batch->who.node, entry->event.id,
                             &position);
    }
    if (err == OK)
        err = read_stored(batch, position, &stored);
    else if (err == ERR_NOT_FOUND && first != NULL && first != entry)
        stored = first->event;
    else if (err == ERR_NOT_FOUND) {
        entry->event.identity =
            (identity) { batch->who.incarnation, batch->next_seq++,
                         batch->who.node };
        return OK;
    }
    if (err != OK && err != ERR_NOT_FOUND)
        return err;
    if (!codec_same_content(&stored, &entry->event, entry->at_given))
        return complain_conflict(
            batch, entry, position > 0 ? stored.identity : (identity) { 0 });
    take_stored(entry, &stored, position);
    return OK;
}

/* The incarnation may be another than when the ledger was opened. */
static enum err
start_plan(struct batch *batch)
{
    stream_id own = { .channel = CHANNEL_EVENTS };
    struct reader_stream stream;
    enum err err = journal_get_identity(batch->ledger->journal, &batch->who);

    own.incarnation = batch->who.incarnation;
    own.node = batch->who.node;
    if (err == OK)
        err = look_again(batch);
    if (err == OK)
        err = reader_get_stream(batch->reader, own, &stream);
    if (err != OK && err != ERR_NOT_FOUND)
        return err;
    batch->next_seq = err == OK ? stream.head.seq + 1 : 1;
    batch->position = reader_last(batch->reader);
    return OK;
}

/* Whether an event that is named by its id must be looked up. */
static bool
has_voids_id(const struct ledger_entry *entries, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (entries[i].voids_id.size > 0)
            return true;
    return false;
}

static enum err
complete_all(struct batch *batch)
{
    enum err err = OK;

    if (batch->plan)
        err = start_plan(batch);
    else if (has_voids_id(batch->entries, batch->count))
        err = look_again(batch);
    for (uint32_t i = 0; i < batch->count && err == OK; i++) {
        err = complete(batch, &batch->entries[i]);
        if (err == OK && batch->plan)
            err = plan_entry(batch, &batch->entries[i]);
    }
    return err;
}

/* --- encoding --- */

static void
encode(struct batch *batch, uint32_t index)
{
    const struct event *event = &batch->entries[index].event;
    struct extent *extent = &batch->extents[index];
    uint8_t salt[CODEC_SALT_SIZE];

    extent->core = batch->bytes.size;
    codec_encode(event, CODEC_NO_IDENTITY, &batch->bytes);
    extent->annex = batch->bytes.size;
    if (codec_has_annex(&event->annex)) {
        crypto_random(salt, sizeof salt);
        codec_encode_annex(&event->annex, salt, &batch->bytes);
    }
    extent->end = batch->bytes.size;
}

/* The fingerprint is looked at only where an id or an identity may have been
 * met before. */
static enum err
fill_row(struct batch *batch, uint32_t index)
{
    const struct ledger_entry *entry = &batch->entries[index];
    const struct extent *extent = &batch->extents[index];
    const uint8_t *bytes = batch->bytes.bytes;
    bool foreign = batch->import && entry->event.identity.node != 0;
    struct journal_entry *row = &batch->rows[index];

    *row = (struct journal_entry) {
        .core = { bytes + extent->core,
                  (uint32_t)(extent->annex - extent->core) },
        .annex = { bytes + extent->annex,
                   (uint32_t)(extent->end - extent->annex) },
        .at_left_out = !entry->at_given && !foreign,
    };
    if (foreign)
        row->copy_of = entry->event.identity;
    if (!foreign || row->copy_of.node == batch->who.node)
        row->id = entry->event.id;
    if ((foreign || row->id.size > 0) &&
        !facts_print(&entry->event, &batch->content, &row->print))
        return ERR_MEMORY;
    return OK;
}

static enum err
encode_all(struct batch *batch)
{
    text_clear(&batch->bytes);
    for (uint32_t i = 0; i < batch->count; i++)
        encode(batch, i);
    if (!text_ok(&batch->bytes))
        return ERR_MEMORY;
    for (uint32_t i = 0; i < batch->count; i++) {
        enum err err = fill_row(batch, i);
        if (err != OK)
            return err;
    }
    return OK;
}

/* --- appending --- */

static enum err
take_results(struct batch *batch)
{
    struct event stored;
    bool looked = false;

    for (uint32_t i = 0; i < batch->count; i++) {
        struct ledger_entry *entry = &batch->entries[i];
        const struct journal_result *result = &batch->results[i];
        entry->position = result->position;
        entry->known = result->outcome == JOURNAL_THERE;
        if (batch->import)
            continue;
        entry->event.identity = result->identity;
        if (!entry->known)
            continue;
        enum err err = looked ? OK : look_again(batch);
        if (err != OK)
            return err;
        looked = true;
        if (read_stored(batch, result->position, &stored) == OK)
            take_stored(entry, &stored, result->position);
    }
    return OK;
}

static enum err
find_conflict(struct batch *batch)
{
    for (uint32_t i = 0; i < batch->count; i++)
        if (batch->results[i].outcome == JOURNAL_CONFLICT)
            return complain_conflict(batch, &batch->entries[i],
                                     batch->results[i].identity);
    return ERR_CONFLICT;
}

/* Everything that comes before the journal. */
static enum err
prepare(struct batch *batch)
{
    enum err err = complete_all(batch);

    return err == OK ? encode_all(batch) : err;
}

/* A plan holds only as long as nobody else appends, nor leaves the incarnation
 * in which a void of this very call names what it voids. */
static struct journal_append
append_of(const struct batch *batch)
{
    return (struct journal_append) {
        .entries = batch->rows,
        .count = batch->count,
        .now_ms = batch->now_ms,
        .skip_bad = batch->skip_bad,
        .only_at = batch->basis != NULL ? batch->basis->position + 1
                   : batch->plan        ? batch->position + 1
                                        : 0,
        .hinders = batch->basis != NULL ? basis_hinders : NULL,
        .context = batch->basis,
        .only_in = batch->plan ? batch->who.incarnation : 0,
    };
}

/* What the journal has answered. */
static enum err
finish(struct batch *batch, enum err err)
{
    if (err == ERR_CONFLICT)
        return find_conflict(batch);
    return err == OK ? take_results(batch) : err;
}

static enum err
append_once(struct batch *batch)
{
    enum err err = prepare(batch);

    if (err != OK)
        return err;
    const struct journal_append append = append_of(batch);
    err = journal_append(batch->ledger->journal, &append, batch->results);
    return finish(batch, err);
}

/* What a failed try has filled in must not be taken for what was handed in. */
static void
forget_plan(struct batch *batch)
{
    for (uint32_t i = 0; batch->plan && i < batch->count; i++) {
        struct ledger_entry *entry = &batch->entries[i];
        if (!batch->import)
            entry->event.identity = (identity) { 0 };
        entry->known = false;
        entry->position = 0;
    }
}

static enum err
append_all(struct batch *batch)
{
    enum err err = ERR_BUSY;

    for (uint32_t i = 0; i < TRIES && err == ERR_BUSY; i++) {
        forget_plan(batch);
        err = append_once(batch);
    }
    return err;
}

static enum err
open_batch(struct batch *batch)
{
    if (batch->count > LIMIT_APPEND_EVENTS)
        return complain(batch->complaint, "expected at most %d events at once",
                        LIMIT_APPEND_EVENTS);
    batch->extents = calloc(batch->count, sizeof *batch->extents);
    batch->rows = calloc(batch->count, sizeof *batch->rows);
    batch->results = calloc(batch->count, sizeof *batch->results);
    if (batch->extents == NULL || batch->rows == NULL || batch->results == NULL)
        return ERR_MEMORY;
    return batch->plan ? sort_ids(batch) : OK;
}

static void
close_batch(struct batch *batch)
{
    reader_close(batch->reader);
    arena_close(&batch->scratch);
    text_close(&batch->bytes);
    text_close(&batch->content);
    free(batch->extents);
    free(batch->rows);
    free(batch->results);
    free(batch->by_id);
}

/* Faults that say what is wrong with an entry have been worded. */
static enum err
word_fault(const struct batch *batch, enum err err)
{
    if (err == ERR_INPUT || err == ERR_CONFLICT || err == ERR_NOT_FOUND)
        return err;
    return ledger_fault(batch->ledger, err, batch->complaint);
}

static enum err
refuse_identities(struct batch *batch)
{
    for (uint32_t i = 0; i < batch->count; i++)
        if (batch->entries[i].event.identity.node != 0)
            return complain_at(batch, &batch->entries[i], ERR_INPUT,
                               "event: only import takes an identity");
    return OK;
}

enum err
ledger_append(struct ledger *ledger, struct ledger_entry *entries,
              uint32_t count, const struct ledger_append *options,
              struct complaint *complaint)
{
    struct own_stores stores;
    struct batch batch = {
        .ledger = ledger,
        .who = ledger->who,
        .stores = &stores,
        .entries = entries,
        .count = count,
        .now_ms = options->now_ms,
        .plan = options->dry_run || has_voids_id(entries, count),
        .complaint = complaint,
    };

    if (count == 0)
        return OK;
    enum err err = refuse_identities(&batch);
    if (err == OK)
        err = own_stores_load(ledger->journal, &stores);
    if (err == OK)
        err = open_batch(&batch);
    if (err == OK)
        err = options->dry_run ? complete_all(&batch) : append_all(&batch);
    err = word_fault(&batch, err);
    close_batch(&batch);
    return err;
}

/* --- several at once --- */

static enum err
start_request(struct batch *batch, const struct ledger_request *request)
{
    assert(request->count > 0);
    batch->entries = request->entries;
    batch->count = request->count;
    batch->basis = request->basis;
    batch->plan = has_voids_id(request->entries, request->count);
    assert(batch->basis == NULL || !batch->plan);
    enum err err = refuse_identities(batch);
    return err == OK ? open_batch(batch) : err;
}

/* All but those that are planned: a plan holds only for one commit. */
static void
append_together(struct journal *journal, struct batch *batches,
                struct ledger_request *requests, uint32_t count)
{
    struct journal_try tries[LEDGER_REQUESTS_MAX];
    uint32_t of[LEDGER_REQUESTS_MAX];
    uint32_t try_count = 0;

    for (uint32_t i = 0; i < count; i++) {
        if (requests[i].err != OK || batches[i].plan)
            continue;
        requests[i].err = prepare(&batches[i]);
        if (requests[i].err != OK)
            continue;
        of[try_count] = i;
        tries[try_count++] =
            (struct journal_try) { .append = append_of(&batches[i]),
                                   .results = batches[i].results };
    }
    journal_append_each(journal, tries, try_count);
    for (uint32_t i = 0; i < try_count; i++)
        requests[of[i]].err = finish(&batches[of[i]], tries[i].err);
}

/* Who the ledger is says the journal here, for another thread may be just
 * taking in a change. */
void
ledger_append_each(struct ledger *ledger, struct ledger_request *requests,
                   uint32_t count, int64_t now_ms)
{
    struct batch batches[LEDGER_REQUESTS_MAX];
    struct own_stores stores;
    struct batch blank = { .ledger = ledger,
                           .now_ms = now_ms,
                           .stores = &stores };
    enum err err = journal_get_identity(ledger->journal, &blank.who);

    assert(count <= LEDGER_REQUESTS_MAX);
    if (err == OK)
        err = own_stores_load(ledger->journal, &stores);
    for (uint32_t i = 0; i < count; i++) {
        batches[i] = blank;
        batches[i].complaint = requests[i].complaint;
        if (requests[i].err != OK)
            batches[i].ledger = NULL;
        else
            requests[i].err =
                err == OK ? start_request(&batches[i], &requests[i]) : err;
    }
    append_together(ledger->journal, batches, requests, count);
    for (uint32_t i = 0; i < count; i++) {
        struct batch *batch = &batches[i];
        if (batch->ledger == NULL)
            continue;
        if (requests[i].err == OK && batch->plan)
            requests[i].err = append_all(batch);
        requests[i].err = word_fault(batch, requests[i].err);
        close_batch(batch);
    }
}

/* A conflict that is told is no failure of the call, whose complaint stays as
 * it is. */
static void
tell_conflict(const struct batch *batch, uint32_t index,
              const struct ledger_import *import)
{
    struct complaint words;
    struct batch told = *batch;

    assert(import->conflict != NULL);
    told.complaint = &words;
    (void)complain_conflict(&told, &batch->entries[index],
                            batch->results[index].identity);
    import->conflict(import->context, index, words.text);
}

static void
count_entry(const struct batch *batch, uint32_t index,
            struct ledger_import *import)
{
    const enum journal_outcome outcome = batch->results[index].outcome;

    import->stored += outcome == JOURNAL_APPENDED;
    import->known += outcome == JOURNAL_THERE;
    if (outcome == JOURNAL_CONFLICT)
        tell_conflict(batch, index, import);
}

enum err
ledger_import(struct ledger *ledger, struct ledger_entry *entries,
              uint32_t count, struct ledger_import *import,
              uint32_t *ret_refused, struct complaint *complaint)
{
    struct own_stores stores;
    struct batch batch = {
        .ledger = ledger,
        .who = ledger->who,
        .stores = &stores,
        .entries = entries,
        .count = count,
        .now_ms = import->now_ms,
        .import = true,
        .skip_bad = import->conflict != NULL,
        .complaint = complaint,
    };

    if (count == 0)
        return OK;
    enum err err = own_stores_load(ledger->journal, &stores);
    if (err == OK)
        err = open_batch(&batch);
    if (err == OK)
        err = append_all(&batch);
    *ret_refused = batch.refused;
    for (uint32_t i = 0; err == OK && i < count; i++)
        count_entry(&batch, i, import);
    err = word_fault(&batch, err);
    close_batch(&batch);
    return err;
}
