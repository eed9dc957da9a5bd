#include "core/state.h"

#include "core/account_order.h"
#include "core/crypto.h"
#include "core/ledger_parts.h"
#include "core/ledger_refresh.h"
#include "core/spread.h"
#include "core/state_afresh.h"
#include "core/state_build.h"
#include "core/state_follow.h"
#include "core/state_parts.h"

#include <stdlib.h>
#include <string.h>

enum {
    CHANGED_TEND = 1 << 16,   /* accounts that are worth a checkpoint in a quiet
                               * moment; else they wait, for an account may
                               * change again, ... */
    POSITIONS_MAX = 1 << 22,  /* ... for what is folded again in seconds */
    CHANGED_FEW = 1 << 17,    /* or: so many that it empties the tables; ... */
    TABLE_SIZE_MAX = 1 << 26, /* ... bytes likewise */
    BACKLOG_REBUILD = 1000000, /* positions behind, and more than are held: all
                                * is folded anew, unless no account needs to be
                                * looked for on the disk */
    TRIES = 3,                 /* where a run file is found damaged */
};
static_assert(sizeof(digest) == RUNSET_TAG_SIZE, "the tag is a digest");

/* --- parts --- */

static void
seed_parts(struct state *state)
{
    uint64_t seed = crypto_random_number();

    for (uint32_t i = 0; i < STATE_PARTS; i++) {
        struct state_part *part = &state->parts[i];
        part->table.seed = seed;
        part->marks.table.seed = part->named.table.seed = seed;
    }
}

static void
empty_tables(struct state *state)
{
    for (uint32_t i = 0; i < STATE_PARTS; i++)
        account_table_close(&state->parts[i].table);
}

/* Of all tables. */
struct sums {
    uint32_t changed; /* accounts */
    uint64_t size;    /* bytes of states */
    uint64_t memory;  /* bytes that the tables take */
};

static struct sums
sum_up(const struct state *state)
{
    struct sums sums = { 0 };

    for (uint32_t i = 0; i < STATE_PARTS; i++) {
        const struct account_table *table = &state->parts[i].table;
        sums.changed += table->changed_count;
        sums.size += table->size;
        sums.memory += account_table_memory(table);
    }
    return sums;
}

/* --- folds --- */

enum err
state_open_folds(struct state *state, uint32_t count)
{
    const struct timeline *timeline = state->folds[0].timeline;

    assert(count <= STATE_PARTS);
    while (state->fold_count < count) {
        enum err err = state_fold_open(&state->folds[state->fold_count],
                                       state->ledger, timeline);
        if (err != OK)
            return err;
        state->fold_count++;
    }
    return OK;
}

static void
close_folds(struct state *state)
{
    while (state->fold_count > 0)
        state_fold_close(&state->folds[--state->fold_count]);
}

/* --- opening --- */

enum err
state_open(struct ledger *ledger, struct state **ret_state)
{
    struct state *state = calloc(1, sizeof *state);

    if (state == NULL)
        return ERR_MEMORY;
    assert(ledger->owner_file >= 0);
    state->ledger = ledger;
    state->step = HISTORY_ALL;
    state_set_threads(state, spread_threads(), spread_threads());
    seed_parts(state);
    state->set = state_packed_set();
    enum err err = runset_init(&state->set, ledger->dir, ledger->journal);
    if (err == OK)
        err = state_news_open(&state->news);
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
    empty_tables(state);
    state_forget_marks(state);
    lives_close(&state->lives);
    state_news_close(state->news);
    close_folds(state);
    free(state->quarantined);
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
    return state->folds[0].timeline;
}

/* --- looking up --- */

enum err
state_find_packed(const struct state *state, uint64_t hash, view key,
                  struct state_packed *ret_packed)
{
    const struct account_table *table = &state->parts[state_part_of(key)].table;
    const struct account_entry *entry = account_table_find(table, hash, key);
    view blob = { 0 };

    if (entry != NULL)
        return state_packed_read(account_table_blob(table, entry), ret_packed);
    if (state->whole)
        return ERR_NOT_FOUND;
    enum err err = state_packed_find(&state->set, key, &blob);
    return err == OK ? state_packed_read(blob, ret_packed) : err;
}

enum err
state_get(struct state *state, account_id account,
          struct state_packed *ret_packed)
{
    runs_key key = runs_key_of(account);
    struct state_packed packed;
    uint64_t hash = state_hash(state, runs_key_view(&key));
    enum err err = state_find_packed(state, hash, runs_key_view(&key), &packed);

    if (err == ERR_CORRUPT)
        state->loaded = false;
    if (err != OK)
        return err;
    if (packed.bytes.size == 0)
        return ERR_NOT_FOUND;
    packed.account = account;
    *ret_packed = packed;
    return state_fold_cool(&state->folds[0], packed.bytes, account,
                           &ret_packed->bytes);
}

/* --- in memory --- */

enum err
state_put(struct account_table *table, uint64_t hash, view key,
          uint64_t position, view packed)
{
    uint8_t room[STATE_PACKED_HEAD];

    return account_table_put_parts(table, hash, key,
                                   state_packed_head(position, room), packed);
}

void
state_keep(struct state *state, uint64_t size_max)
{
    state->keep_max = size_max;
}

/* Empties the tables where they are not to be kept: all that they have is in
 * the checkpoints. */
static void
keep_or_drop(struct state *state)
{
    const struct sums sums = sum_up(state);

    assert(sums.changed == 0);
    if (state->whole && sums.memory <= state->keep_max)
        return;
    empty_tables(state);
    state->whole = false;
}

/* Where a warm state took the place that a packed one will need it would only
 * send all of them to the disk. */
static bool
has_room_to_warm(const struct state *state)
{
    return state->whole && sum_up(state).memory <= state->keep_max / 2;
}

/* Takes all checkpoints into the tables, if there is room for them. */
static enum err
fill_table(struct state *state)
{
    enum err err = OK;

    assert(sum_up(state).size == 0);
    state->whole = runset_size(&state->set) <= state->keep_max;
    for (uint32_t i = 0; i < state->set.run_count && state->whole; i++) {
        struct runs_cursor cursor = { .runs = state->set.runs[i] };
        while (err == OK && (err = runs_next(&cursor)) == OK)
            err = account_table_load(
                &state->parts[state_part_of(cursor.key)].table, cursor.key,
                cursor.blob);
        if (err != ERR_NOT_FOUND && err != ERR_MEMORY)
            return err;
        state->whole = err == ERR_NOT_FOUND;
        err = OK;
    }
    keep_or_drop(state);
    return OK;
}

/* --- checkpoints --- */

/* Packed, as no run has it otherwise. */
static enum err
write_state(struct state *state, view key, view blob, struct text *text,
            struct runs_writer *writer)
{
    struct state_packed packed;
    enum err err = state_packed_read(blob, &packed);

    if (err == OK && !runs_key_account(key, &packed.account))
        err = err_corrupt();
    if (err == OK)
        err = state_fold_cool(&state->folds[0], packed.bytes, packed.account,
                              &packed.bytes);
    if (err == OK)
        err = state_packed_write(text, packed.position, packed.bytes);
    if (err == OK)
        runs_add(writer, key, text_view(text));
    return err;
}

/* What has changed in a part, in the order of keys. */
static enum err
write_part(struct state *state, const struct account_table *table,
           struct runs_writer *writer)
{
    struct account_order order;
    struct text text = { 0 };
    enum err err = account_order_open(table, &order);

    if (err != OK)
        return err;
    for (uint32_t i = 0; i < order.count && err == OK; i++) {
        const struct account_entry *entry = account_order_at(&order, i);
        err = write_state(state, account_table_key(table, entry),
                          account_table_blob(table, entry), &text, writer);
    }
    account_order_close(&order);
    text_close(&text);
    return err;
}

enum err
state_checkpoint(struct state *state)
{
    struct runs_writer *writer = NULL;

    if (sum_up(state).changed == 0 || state->position == state->set.position)
        return OK;
    enum err err = runset_begin(&state->set, &writer);
    if (err != OK)
        return err;
    for (uint32_t i = 0; i < STATE_PARTS && err == OK; i++)
        err = write_part(state, &state->parts[i].table, writer);
    if (err != OK) {
        runs_abandon(writer);
        return err;
    }
    err = runset_commit(&state->set, writer, state->position,
                        state->digest.bytes);
    if (err == OK) {
        for (uint32_t i = 0; i < STATE_PARTS; i++)
            account_table_settle(&state->parts[i].table);
        keep_or_drop(state);
        err = runset_compact(&state->set);
    }
    if (err != OK && state->set.note_size == 0)
        state->loaded = false;
    return err;
}

/* Without room for all states what has changed goes out sooner, for all looks
 * go through the tables first. */
static bool
is_full(const struct state *state)
{
    const struct sums sums = sum_up(state);

    if (state->whole)
        return state->position - state->set.position > POSITIONS_MAX ||
               sums.memory > state->keep_max;
    return sums.changed > CHANGED_FEW || sums.size > TABLE_SIZE_MAX;
}

/* --- folding all anew --- */

static enum err
build(struct state *state)
{
    struct runs_writer *writer = NULL;
    enum err err = runset_reset(&state->set);

    empty_tables(state);
    state->whole = false;
    state->position = 0;
    if (err == OK)
        err = runset_begin(&state->set, &writer);
    if (err != OK)
        return err;
    err = state_build(state, writer);
    if (err != OK) {
        runs_abandon(writer);
        return err;
    }
    state->position = ledger_position(state->ledger);
    err = runset_commit(&state->set, writer, state->position,
                        state->digest.bytes);
    return err == OK ? fill_table(state) : err;
}

/* A run of the history that is found damaged is made good, and all begins
 * again.  A journal that is damaged is another matter. */
static enum err
rebuild(struct state *state)
{
    state->loaded = false;
    enum err err = ledger_refresh_histories(state->ledger, NULL);
    if (err != OK)
        return err;
    err = ERR_CORRUPT;
    for (uint32_t i = 0; i < TRIES && (err == ERR_CORRUPT || err == ERR_BUSY);
         i++) {
        err = i == 0 ? OK : ledger_mend(state->ledger);
        if (err == OK)
            err = build(state);
    }
    state->loaded = err == OK;
    state->admitted = admission_changed(state->ledger->admission);
    return err;
}

/* --- keeping up --- */

/* The names of a timeline are gone with the versions' next refresh, so the
 * folds are opened anew with each timeline that is handed out. */
static enum err
use_timeline(struct state *state, const struct timeline *timeline)
{
    bool same = digest_equal(state->digest, timeline->digest);

    if (state->folds[0].timeline == timeline && same)
        return OK;
    close_folds(state);
    state->folds[0].timeline = timeline;
    enum err err = state_open_folds(state, 1);
    if (!same)
        state->loaded = false;
    state->digest = timeline->digest;
    return err;
}

/* Whether what the note names was made of this ledger and these rules. */
static bool
is_of_use(const struct state *state)
{
    const struct runset *set = &state->set;

    return set->position != 0 &&
           set->position <= ledger_refresh_seen(state->ledger) &&
           memcmp(set->tag, state->digest.bytes, sizeof set->tag) == 0;
}

/* Loads the checkpoints.  ERR_NOT_FOUND: there are none that are of use. */
static enum err
load(struct state *state)
{
    bool changed;

    state->set.note_size = 0;
    empty_tables(state);
    state->whole = false;
    enum err err = runset_load(&state->set, &changed);
    if (err == ERR_CORRUPT || (err == OK && !is_of_use(state)))
        return ERR_NOT_FOUND;
    if (err != OK)
        return err;
    runset_clean(&state->set);
    state->position = state->set.position;
    state->admitted = state->position;
    state->quarantine_count = 0;
    state->loaded = true;
    return fill_table(state) == OK ? OK : ERR_NOT_FOUND;
}

static enum err
bring_up(struct state *state)
{
    enum err err = state->loaded ? OK : load(state);

    if (err == ERR_NOT_FOUND)
        return rebuild(state);
    if (err != OK)
        return err;
    uint64_t backlog = ledger_refresh_seen(state->ledger) - state->position;
    if ((!state->whole && backlog > BACKLOG_REBUILD &&
         backlog > state->position) ||
        admission_changed(state->ledger->admission) > state->admitted)
        return rebuild(state);
    state->warms = has_room_to_warm(state);
    err = state_follow(state);
    if (err == ERR_CORRUPT || err == ERR_BUSY)
        return rebuild(state);
    if (err != OK)
        state->loaded = false;
    return err;
}

void
state_set_step(struct state *state, uint64_t positions)
{
    assert(positions > 0);
    state->step = positions;
}

void
state_set_threads(struct state *state, uint32_t threads, uint32_t idle)
{
    assert(threads > 0);
    assert(threads <= idle);
    state->threads = threads < STATE_PARTS ? threads : STATE_PARTS;
    state->idle_threads = idle < STATE_PARTS ? idle : STATE_PARTS;
}

bool
state_is_behind(const struct state *state)
{
    return state->loaded &&
           state->position < ledger_refresh_seen(state->ledger);
}

bool
state_is_sound(const struct state *state)
{
    return state->loaded;
}

/* It is a cache: where the disk takes no more, which it tells as ERR_IO as
 * often as not, the tables still have all of it. */
static enum err
write_changed(struct state *state)
{
    enum err err = state_checkpoint(state);

    return err == ERR_FULL || err == ERR_IO ? OK : err;
}

enum err
state_tend(struct state *state)
{
    if (!state->loaded || sum_up(state).changed < CHANGED_TEND)
        return OK;
    return write_changed(state);
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
    if (err == OK && is_full(state))
        err = write_changed(state);
    return ledger_fault(state->ledger, err, complaint);
}
