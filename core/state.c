#include "core/state.h"

#include "core/codec.h"
#include "core/crypto.h"
#include "core/ledger_parts.h"
#include "core/runset.h"
#include "core/state_fold.h"
#include "core/state_table.h"

#include <stdlib.h>
#include <string.h>

enum {
    FORMAT = 1,
    POSITION_SIZE = 8,
    TABLE_COUNT_MAX = 1 << 17, /* accounts; then a checkpoint is written */
    TABLE_SIZE_MAX = 1 << 26,  /* bytes likewise */
    BACKLOG_REBUILD = 1000000, /* positions behind: all is folded anew */
    SCRATCH_SIZE = 1 << 20,    /* one decoded event */
    TRIES = 3,                 /* where a run file is found damaged */
    FLAG_OWN = 1, /* touched by an event of its own, not by a referral */
};
static_assert(sizeof(digest) == RUNSET_TAG_SIZE, "the tag is a digest");

struct state {
    struct ledger *ledger; /* borrowed */
    bool loaded;
    uint64_t position;
    struct runset set;
    struct state_table table; /* changed after set.position */
    struct state_table dirty; /* to be folded afresh; a flag each */
    struct state_fold fold;   /* opened for one timeline */
    digest digest;            /* of the timeline */
    uint64_t *quarantined; /* owned; positions whose mark has been looked at */
    uint32_t quarantine_count;
    struct arena scratch;
    struct text blob;
};

/* --- blobs --- */

static enum err
make_blob(struct text *text, uint64_t position, view packed)
{
    text_clear(text);
    text_bytes(text, &position, sizeof position);
    text_view_append(text, packed);
    return text_ok(text) ? OK : ERR_MEMORY;
}

enum err
state_read_blob(view blob, struct state_packed *ret_packed)
{
    if (blob.size < POSITION_SIZE)
        return err_corrupt();
    memcpy(&ret_packed->position, blob.bytes, POSITION_SIZE);
    ret_packed->bytes =
        (view) { blob.bytes + POSITION_SIZE, blob.size - POSITION_SIZE };
    return OK;
}

/* --- opening --- */

struct runset
state_empty_set(void)
{
    return (struct runset) {
        .name = "state",
        .kind = RUNS_STATE,
        .rule = RUNS_NEWEST,
        .format = FORMAT,
    };
}

enum err
state_open(struct ledger *ledger, struct state **ret_state)
{
    struct state *state = calloc(1, sizeof *state);

    if (state == NULL)
        return ERR_MEMORY;
    assert(ledger->owner_file >= 0);
    state->ledger = ledger;
    state->table.seed = crypto_random_number();
    state->dirty.seed = crypto_random_number();
    state->set = state_empty_set();
    enum err err = runset_init(&state->set, ledger->dir, ledger->journal);
    if (err == OK && !arena_open(&state->scratch, SCRATCH_SIZE))
        err = ERR_MEMORY;
    if (err != OK) {
        state_close(state);
        return err;
    }
    *ret_state = state;
    return OK;
}

void
state_close(struct state *state)
{
    if (state == NULL)
        return;
    runset_close(&state->set);
    state_table_close(&state->table);
    state_table_close(&state->dirty);
    if (state->fold.fold != NULL)
        state_fold_close(&state->fold);
    free(state->quarantined);
    arena_close(&state->scratch);
    text_close(&state->blob);
    free(state);
}

uint64_t
state_position(const struct state *state)
{
    return state->position;
}

const struct timeline *
state_timeline(const struct state *state)
{
    return state->fold.timeline;
}

uint64_t
state_size(const struct state *state)
{
    return runset_size(&state->set);
}

/* --- looking up --- */

enum err
state_find(const struct runset *set, view key, view *ret_blob)
{
    for (uint32_t i = set->run_count; i-- > 0;) {
        struct runs_cursor cursor;
        enum err err = runs_seek(set->runs[i], key, &cursor);
        if (err == OK)
            err = runs_next(&cursor);
        if (err == OK && view_equal(cursor.key, key)) {
            *ret_blob = cursor.blob;
            return OK;
        }
        if (err != OK && err != ERR_NOT_FOUND)
            return err;
    }
    return ERR_NOT_FOUND;
}

/* The state, also of an account that no longer counts. */
static enum err
find_packed(struct state *state, account_id account,
            struct state_packed *ret_packed)
{
    runs_key key = runs_key_of(account);
    view blob = { 0 };

    if (!state_table_get(&state->table, runs_key_view(&key), &blob)) {
        enum err err = state_find(&state->set, runs_key_view(&key), &blob);
        if (err != OK)
            return err;
    }
    ret_packed->account = account;
    return state_read_blob(blob, ret_packed);
}

enum err
state_get(struct state *state, account_id account,
          struct state_packed *ret_packed)
{
    struct state_packed packed;
    enum err err = find_packed(state, account, &packed);

    if (err == ERR_CORRUPT)
        state->loaded = false;
    if (err != OK)
        return err;
    if (packed.bytes.size == 0)
        return ERR_NOT_FOUND;
    *ret_packed = packed;
    return OK;
}

enum err
state_read(struct state *state, account_id account, struct arena *arena,
           struct account *ret_account)
{
    struct state_packed packed;
    enum err err = state_get(state, account, &packed);

    if (err != OK)
        return err;
    return account_unpack(packed.bytes, account, state->fold.timeline, arena,
                          ret_account);
}

/* --- checkpoints --- */

enum err
state_checkpoint(struct state *state)
{
    const struct state_entry **sorted = NULL;
    struct runs_writer *writer = NULL;

    if (state->table.count == 0 || state->position == state->set.position)
        return OK;
    enum err err = state_table_sort(&state->table, &sorted);
    if (err == OK)
        err = runset_begin(&state->set, &writer);
    if (err != OK)
        goto done;
    for (uint32_t i = 0; i < state->table.count; i++)
        runs_add(writer, runs_key_view(&sorted[i]->key),
                 state_table_blob(&state->table, sorted[i]));
    err = runset_commit(&state->set, writer, state->position,
                        state->digest.bytes);
    if (err == OK) {
        state_table_close(&state->table);
        err = runset_compact(&state->set);
    }
    if (err != OK && state->set.note_size == 0)
        state->loaded = false;
done:
    free(sorted);
    return err;
}

/* --- folding all anew --- */

static enum err
build_partition(struct state *state, uint32_t partition,
                struct runs_writer *writer)
{
    struct history_scan *scan = NULL;
    struct history_account history;
    struct state_folded folded;
    uint64_t position = ledger_position(state->ledger);
    enum err err = history_scan_partition(state->ledger->history, partition,
                                          HISTORY_ALL, &scan);

    while (err == OK) {
        arena_reset(&state->fold.arena);
        err = history_scan_next(scan, &state->fold.arena, &history);
        if (err == OK)
            err = state_fold_history(&state->fold, &history, HISTORY_ALL,
                                     &folded);
        if (err == OK)
            err = make_blob(&state->blob, position, folded.packed);
        if (err != OK || folded.packed.size == 0)
            continue;
        runs_key key = runs_key_of(history.account);
        runs_add(writer, runs_key_view(&key), text_view(&state->blob));
    }
    history_scan_close(scan);
    return err == ERR_NOT_FOUND ? OK : err;
}

static enum err
build(struct state *state)
{
    struct runs_writer *writer = NULL;
    enum err err = runset_reset(&state->set);

    state_table_close(&state->table);
    state->position = 0;
    if (err == OK)
        err = runset_begin(&state->set, &writer);
    if (err != OK)
        return err;
    for (uint32_t p = 0; p < LIMIT_PARTITIONS && err == OK; p++)
        err = build_partition(state, p, writer);
    if (err != OK) {
        runs_abandon(writer);
        return err;
    }
    state->position = ledger_position(state->ledger);
    return runset_commit(&state->set, writer, state->position,
                         state->digest.bytes);
}

/* A run of the history that is found damaged is made good, and all begins
 * again. */
static enum err
rebuild(struct state *state)
{
    enum err err = ERR_CORRUPT;

    for (uint32_t i = 0; i < TRIES && (err == ERR_CORRUPT || err == ERR_BUSY);
         i++) {
        err = i == 0 ? OK : ledger_mend(state->ledger);
        if (err == OK)
            err = build(state);
    }
    state->loaded = err == OK;
    return err;
}

/* --- following the journal --- */

static enum err
mark(struct state *state, account_id account, uint8_t flags)
{
    runs_key key = runs_key_of(account);
    view before = { 0 };

    if (state_table_get(&state->dirty, runs_key_view(&key), &before))
        flags |= before.bytes[0];
    return state_table_put(&state->dirty, runs_key_view(&key),
                           (view) { &flags, 1 });
}

static bool
is_marked(const struct state *state, account_id account)
{
    runs_key key = runs_key_of(account);
    view flags;

    return state_table_get(&state->dirty, runs_key_view(&key), &flags) &&
           (flags.bytes[0] & FLAG_OWN) != 0;
}

static enum err
mark_member(struct state *state, uint64_t member)
{
    if (member == 0)
        return OK;
    return mark(state, (account_id) { .member = member }, 0);
}

static enum err
put(struct state *state, account_id account, view packed)
{
    runs_key key = runs_key_of(account);
    enum err err =
        make_blob(&state->blob, ledger_position(state->ledger), packed);

    if (err != OK)
        return err;
    return state_table_put(&state->table, runs_key_view(&key),
                           text_view(&state->blob));
}

/* An event that could be one with another (a copy, or told again by a new
 * incarnation) is for gather.h to judge. */
static bool
may_repeat(const struct state *state, const struct record_event *stored,
           const struct event *event)
{
    return stored->copy || event->id.size > 0 ||
           history_counts(state->ledger->history).copies > 0;
}

static enum err
take_event(struct state *state, const struct record_event *stored)
{
    struct arena scratch = state->scratch;
    struct state_packed packed;
    struct state_folded folded;
    struct event event;

    if (codec_decode(stored->core, &scratch, &event) != OK ||
        event_check_core(&event, NULL) != OK || is_marked(state, event.account))
        return OK;
    event.identity = stored->origin;
    enum err err = ERR_NOT_FOUND;
    if (!may_repeat(state, stored, &event))
        err = find_packed(state, event.account, &packed);
    if (err == OK && packed.bytes.size == 0)
        err = ERR_NOT_FOUND;
    if (err == OK)
        err = state_fold_forward(&state->fold, packed.bytes, &event, &folded);
    if (err == ERR_NOT_FOUND)
        return mark(state, event.account, FLAG_OWN);
    if (err == OK)
        err = put(state, event.account, folded.packed);
    /* Only the qualifying event itself concerns the referrer; asking again
     * for later ones costs a fold and changes nothing. */
    if (err == OK && folded.referral.referrer != 0 && folded.referral.done)
        err = mark_member(state, folded.referral.referrer);
    return err;
}

static enum err
take_records(struct state *state, struct reader *reader, uint64_t last)
{
    struct reader_item item;
    struct record_event event;
    uint64_t next = state->position + 1;
    enum err err = OK;

    while (err == OK && next <= last) {
        err = reader_next(reader, next, &item);
        if (err == ERR_UNKNOWN) {
            next++;
            err = OK;
            continue;
        }
        if (err != OK)
            break;
        struct record_cursor cursor = record_events(&item.record);
        uint64_t position = item.position;
        for (; err == OK && record_next(&cursor, &event); position++)
            if (position >= next && position <= last)
                err = take_event(state, &event);
        next = item.position + item.record.count;
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

/* A mark may have come to an event that has been folded long ago. */
static enum err
take_quarantine(struct state *state, struct reader *reader)
{
    const struct history *history = state->ledger->history;
    uint32_t count = history_quarantine_count(history);
    struct record_event stored;
    struct event event;
    uint32_t seen = 0;

    for (uint32_t i = 0; i < count; i++) {
        uint64_t position = history_quarantined(history, i);
        struct arena scratch = state->scratch;
        while (seen < state->quarantine_count &&
               state->quarantined[seen] < position)
            seen++;
        if ((seen < state->quarantine_count &&
             state->quarantined[seen] == position) ||
            reader_event(reader, position, &stored) != OK ||
            codec_decode(stored.core, &scratch, &event) != OK)
            continue;
        enum err err = mark(state, event.account, FLAG_OWN);
        if (err != OK)
            return err;
    }
    uint64_t *grown = realloc(state->quarantined, (count + 1u) * sizeof *grown);
    if (grown == NULL)
        return ERR_MEMORY;
    for (uint32_t i = 0; i < count; i++)
        grown[i] = history_quarantined(history, i);
    state->quarantined = grown;
    state->quarantine_count = count;
    return OK;
}

/* Folds one marked account afresh; whom it names as its referrer, and whom it
 * named before, may win or lose by it. */
static enum err
fold_marked(struct state *state, account_id account, uint8_t flags)
{
    struct state_packed before;
    struct state_folded folded;
    struct referral_state named = { 0 };
    enum err err = find_packed(state, account, &before);

    if (err == OK && before.bytes.size > 0)
        err = state_fold_referral(&state->fold, before.bytes, account, &named);
    bool new = err == ERR_NOT_FOUND;
    if (err != OK && !new)
        return err;
    err = state_fold_account(&state->fold, account, HISTORY_ALL, &folded);
    if (err != OK)
        return err;
    struct referral_state names = folded.referral;
    if (!new || folded.packed.size > 0)
        err = put(state, account, folded.packed);
    if (err == OK && (flags & FLAG_OWN) != 0)
        err = mark_member(state, named.referrer);
    if (err == OK && (flags & FLAG_OWN) != 0)
        err = mark_member(state, names.referrer);
    return err;
}

/* The list grows while it is worked off. */
static enum err
fold_all_marked(struct state *state)
{
    enum err err = OK;

    for (uint32_t i = 0; i < state->dirty.count && err == OK; i++) {
        runs_key key = state->dirty.entries[i].key;
        uint8_t flags =
            state_table_blob(&state->dirty, &state->dirty.entries[i]).bytes[0];
        account_id account;
        if (!runs_key_account(runs_key_view(&key), &account))
            return err_corrupt();
        err = fold_marked(state, account, flags);
    }
    state_table_close(&state->dirty);
    return err;
}

static enum err
follow(struct state *state)
{
    uint64_t last = ledger_position(state->ledger);
    struct reader *reader = NULL;
    enum err err = reader_open(state->ledger->journal, &reader);

    if (err != OK)
        return err;
    err = take_quarantine(state, reader);
    if (err == OK)
        err = take_records(state, reader, last);
    reader_close(reader);
    if (err == OK)
        err = fold_all_marked(state);
    else
        state_table_close(&state->dirty);
    if (err == OK)
        state->position = last;
    return err;
}

/* --- keeping up --- */

/* The names of a timeline are gone with the versions' next refresh, so the
 * fold is opened anew with each timeline that is handed out. */
static enum err
use_timeline(struct state *state, const struct timeline *timeline)
{
    bool same = digest_equal(state->digest, timeline->digest);

    if (state->fold.timeline == timeline && same)
        return OK;
    if (state->fold.fold != NULL)
        state_fold_close(&state->fold);
    enum err err = state_fold_open(&state->fold, state->ledger, timeline);
    if (!same)
        state->loaded = false;
    state->digest = timeline->digest;
    return err;
}

/* Loads the checkpoints.  False: they are of no use. */
static bool
load(struct state *state)
{
    bool changed;

    state->set.note_size = 0;
    state_table_close(&state->table);
    if (runset_load(&state->set, &changed) != OK || state->set.position == 0 ||
        state->set.position > ledger_position(state->ledger) ||
        memcmp(state->set.tag, state->digest.bytes, sizeof state->set.tag) != 0)
        return false;
    runset_clean(&state->set);
    state->position = state->set.position;
    state->quarantine_count = 0;
    state->loaded = true;
    return true;
}

static enum err
bring_up(struct state *state)
{
    if (!state->loaded && !load(state))
        return rebuild(state);
    uint64_t backlog = ledger_position(state->ledger) - state->position;
    if (backlog > BACKLOG_REBUILD ||
        admission_changed(state->ledger->admission) > state->position)
        return rebuild(state);
    enum err err = follow(state);
    if (err == ERR_CORRUPT || err == ERR_BUSY)
        return rebuild(state);
    if (err != OK)
        state->loaded = false;
    return err;
}

enum err
state_refresh(struct state *state, struct complaint *complaint)
{
    const struct timeline *timeline = NULL;
    enum err err =
        ledger_timeline(state->ledger, LEDGER_KNOWN_ALL, &timeline, complaint);

    if (err != OK)
        return err;
    err = use_timeline(state, timeline);
    if (err == OK)
        err = bring_up(state);
    if (err == OK && (state->table.count > TABLE_COUNT_MAX ||
                      state->table.size > TABLE_SIZE_MAX)) {
        err = state_checkpoint(state);
        if (err == ERR_FULL)
            err = OK; /* the table still has all of it */
    }
    return ledger_fault(state->ledger, err, complaint);
}

/* --- reading all --- */

struct source {
    struct runs_cursor cursor;
    bool over;
};

struct merge {
    struct source sources[RUNSET_RUNS_MAX]; /* oldest first */
    uint32_t source_count;
    const struct state_entry **sorted; /* the table, newer than all */
    uint32_t sorted_count;
    uint32_t sorted_next;
};

static enum err
step(struct source *source)
{
    enum err err = runs_next(&source->cursor);

    source->over = err != OK;
    return err == ERR_NOT_FOUND ? OK : err;
}

static enum err
start_merge(const struct state *state, uint64_t after, struct merge *merge)
{
    enum err err = state_table_sort(&state->table, &merge->sorted);

    merge->sorted_count = state->table.count;
    /* What changed after the checkpoints is in the table. */
    merge->source_count =
        after >= state->set.position ? 0 : state->set.run_count;
    for (uint32_t i = 0; i < merge->source_count && err == OK; i++) {
        merge->sources[i].cursor.runs = state->set.runs[i];
        err = step(&merge->sources[i]);
    }
    return err;
}

/* The least key that is left; empty: none. */
static view
least_key(const struct merge *merge)
{
    view least = { 0 };

    for (uint32_t i = 0; i < merge->source_count; i++) {
        const struct source *source = &merge->sources[i];
        if (!source->over &&
            (least.size == 0 || view_compare(source->cursor.key, least) < 0))
            least = source->cursor.key;
    }
    if (merge->sorted_next < merge->sorted_count) {
        view key = runs_key_view(&merge->sorted[merge->sorted_next]->key);
        if (least.size == 0 || view_compare(key, least) < 0)
            least = key;
    }
    return least;
}

/* The newest blob of that key; everything of the key is passed. */
static enum err
take_newest(const struct state *state, struct merge *merge, view key,
            view *ret_blob)
{
    enum err err = OK;

    for (uint32_t i = 0; i < merge->source_count && err == OK; i++) {
        struct source *source = &merge->sources[i];
        if (source->over || !view_equal(source->cursor.key, key))
            continue;
        *ret_blob = source->cursor.blob;
        err = step(source);
    }
    if (err == OK && merge->sorted_next < merge->sorted_count) {
        const struct state_entry *entry = merge->sorted[merge->sorted_next];
        if (view_equal(runs_key_view(&entry->key), key)) {
            *ret_blob = state_table_blob(&state->table, entry);
            merge->sorted_next++;
        }
    }
    return err;
}

enum err
state_scan(struct state *state, uint64_t after, state_tell *tell, void *context)
{
    struct merge merge = { 0 };
    enum err err = start_merge(state, after, &merge);
    view key;

    while (err == OK && (key = least_key(&merge)).size > 0) {
        struct state_packed packed;
        view blob = { 0 };
        if (!runs_key_account(key, &packed.account)) {
            err = err_corrupt();
            break;
        }
        err = take_newest(state, &merge, key, &blob);
        if (err == OK)
            err = state_read_blob(blob, &packed);
        if (err == OK && packed.position > after && !tell(context, &packed))
            break;
    }
    free(merge.sorted);
    if (err == ERR_CORRUPT)
        state->loaded = false;
    return err;
}
