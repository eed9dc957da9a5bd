/*
 * state_scan.c - all states in order of account: what the runs hold, and over
 * it what has changed since (see state.h)
 */
#include "core/account_order.h"
#include "core/state.h"
#include "core/state_parts.h"

struct source {
    struct runs_cursor cursor;
    bool over;
};

struct merge {
    struct source sources[RUNSET_RUNS_MAX]; /* oldest first */
    uint32_t source_count;
    struct account_order order; /* of a part's table, newer than all */
    uint32_t part;
    uint32_t next; /* in that order */
};

static enum err
step(struct source *source)
{
    enum err err = runs_next(&source->cursor);

    source->over = err != OK;
    return err == ERR_NOT_FOUND ? OK : err;
}

/* Goes on to the next part that has changed where this one is at its end. */
static enum err
next_part(const struct state *state, struct merge *merge)
{
    enum err err = OK;

    while (err == OK && merge->next == merge->order.count &&
           merge->part + 1 < STATE_PARTS) {
        account_order_close(&merge->order);
        merge->next = 0;
        err = account_order_open(&state->parts[++merge->part].table,
                                 &merge->order);
    }
    return err;
}

static enum err
start_merge(const struct state *state, uint64_t after, struct merge *merge)
{
    enum err err = account_order_open(&state->parts[0].table, &merge->order);

    if (err == OK)
        err = next_part(state, merge);

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
    if (merge->next < merge->order.count) {
        view key = account_table_key(
            merge->order.table, account_order_at(&merge->order, merge->next));
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
    if (err == OK && merge->next < merge->order.count) {
        const struct account_entry *entry =
            account_order_at(&merge->order, merge->next);
        if (view_equal(account_table_key(merge->order.table, entry), key)) {
            *ret_blob = account_table_blob(merge->order.table, entry);
            merge->next++;
            err = next_part(state, merge);
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
            err = state_packed_read(blob, &packed);
        if (err != OK || packed.position <= after)
            continue;
        err = state_fold_cool(&state->folds[0], packed.bytes, packed.account,
                              &packed.bytes);
        if (err == OK && !tell(context, &packed))
            break;
    }
    account_order_close(&merge.order);
    if (err == ERR_CORRUPT)
        state->loaded = false;
    return err;
}
