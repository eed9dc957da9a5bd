#include "core/runset.h"

#include "core/hash.h"

#include <stdio.h>
#include <string.h>

/* The note: format u32, run count u32, position u64, next number u64, tag 32,
 * for each run its number u64 and check u64, and the XXH3-64 of all before it;
 * little endian. */
struct note_head {
    uint32_t format;
    uint32_t run_count;
    uint64_t position;
    uint64_t next_number;
    uint8_t tag[RUNSET_TAG_SIZE];
};

struct note_run {
    uint64_t number;
    uint64_t check;
};

enum { SUM_SIZE = 8 };

static_assert(sizeof(struct note_head) == 56, "as the format says");
static_assert(RUNSET_RUNS_KEEP < RUNSET_RUNS_BUSY &&
                  RUNSET_RUNS_BUSY < RUNSET_RUNS_MAX,
              "room for one more");

enum err
runset_init(struct runset *runset, const char *ledger_dir,
            struct journal *journal)
{
    assert(runset->name != NULL);
    assert(runset->format > 0);
    int size = snprintf(runset->dir, sizeof runset->dir, "%s/%s", ledger_dir,
                        runset->name);
    if (size < 0 || (size_t)size >= sizeof runset->dir)
        return ERR_INPUT;
    runset->journal = journal;
    runset->run_count = 0;
    runset->note_size = 0;
    runset_drop(runset);
    return OK;
}

void
runset_drop(struct runset *runset)
{
    for (uint32_t i = 0; i < runset->run_count; i++)
        runs_close(runset->runs[i]);
    runset->run_count = 0;
    runset->position = 0;
    if (runset->next_number == 0)
        runset->next_number = 1;
    memset(runset->tag, 0, sizeof runset->tag);
}

void
runset_close(struct runset *runset)
{
    runset_drop(runset);
}

static enum err
open_runs(struct runset *runset, const struct note_head *head)
{
    for (uint32_t i = 0; i < head->run_count; i++) {
        struct note_run run;
        memcpy(&run, runset->note + sizeof *head + i * sizeof run, sizeof run);
        enum err err = runs_open(runset->dir, runset->kind, run.number,
                                 run.check, &runset->runs[i]);
        if (err != OK)
            return err;
        runset->run_count = i + 1;
    }
    return OK;
}

static uint32_t
note_size(uint32_t run_count)
{
    return (uint32_t)(sizeof(struct note_head) +
                      run_count * sizeof(struct note_run) + SUM_SIZE);
}

static uint64_t
note_sum(const struct runset *runset)
{
    assert(runset->note_size > SUM_SIZE);
    return hash_64((view) { runset->note, runset->note_size - SUM_SIZE }, 0);
}

/* Takes over what runset->note says.  A note of another format is that of an
 * older or newer program: for this one there is nothing in the set, but its
 * numbers are used. */
static enum err
apply_note(struct runset *runset)
{
    struct note_head head;

    runset_drop(runset);
    if (runset->note_size == 0)
        return OK;
    if (runset->note_size < sizeof head)
        return err_corrupt();
    memcpy(&head, runset->note, sizeof head);
    if (head.next_number > runset->next_number)
        runset->next_number = head.next_number;
    if (head.format != runset->format)
        return OK;
    if (head.run_count > RUNSET_RUNS_MAX ||
        runset->note_size != note_size(head.run_count) ||
        memcmp(runset->note + runset->note_size - SUM_SIZE,
               &(uint64_t) { note_sum(runset) }, SUM_SIZE) != 0)
        return err_corrupt();
    enum err err = open_runs(runset, &head);
    if (err != OK) {
        runset_drop(runset);
        return err;
    }
    runset->position = head.position;
    memcpy(runset->tag, head.tag, sizeof runset->tag);
    return OK;
}

static enum err
read_note(struct runset *runset, bool *ret_changed)
{
    uint8_t bytes[RUNSET_NOTE_SIZE];
    view note = { 0 };
    enum err err = journal_get_note(runset->journal, view_of(runset->name),
                                    bytes, sizeof bytes, &note);

    if (err == ERR_NOT_FOUND)
        note = (view) { 0 };
    else if (err == ERR_UNKNOWN)
        return err_corrupt();
    else if (err != OK)
        return err;
    view before = { runset->note, runset->note_size };
    *ret_changed = !view_equal(before, note);
    if (note.size > 0)
        memcpy(runset->note, note.bytes, note.size);
    runset->note_size = note.size;
    return OK;
}

/* The owner may remove files between our reading the note and opening them;
 * then the note has changed, and we look again. */
enum err
runset_load(struct runset *runset, bool *ret_changed)
{
    enum { TRIES = 100 };
    bool changed = false;
    enum err err = read_note(runset, &changed);

    *ret_changed = changed;
    for (uint32_t i = 0; err == OK && changed && i < TRIES; i++) {
        err = apply_note(runset);
        if (err != ERR_CORRUPT)
            break;
        enum err again = read_note(runset, &changed);
        err = again != OK ? again : changed ? OK : err;
    }
    if (err != OK && err != ERR_CORRUPT)
        runset->note_size = 0; /* to be looked at again */
    return err;
}

static enum err
write_note(struct runset *runset)
{
    struct note_head head = {
        .format = runset->format,
        .run_count = runset->run_count,
        .position = runset->position,
        .next_number = runset->next_number,
    };

    memcpy(head.tag, runset->tag, sizeof head.tag);
    memcpy(runset->note, &head, sizeof head);
    for (uint32_t i = 0; i < runset->run_count; i++) {
        struct note_run run = {
            .number = runs_number(runset->runs[i]),
            .check = runs_check(runset->runs[i]),
        };
        memcpy(runset->note + sizeof head + i * sizeof run, &run, sizeof run);
    }
    runset->note_size = note_size(runset->run_count);
    uint64_t sum = note_sum(runset);
    memcpy(runset->note + runset->note_size - SUM_SIZE, &sum, SUM_SIZE);
    enum err err = journal_put_note(runset->journal, view_of(runset->name),
                                    (view) { runset->note, runset->note_size });
    if (err != OK)
        runset->note_size = 0;
    return err;
}

enum err
runset_begin(struct runset *runset, struct runs_writer **ret_writer)
{
    return runs_create(runset->dir, runset->kind, runset->next_number++,
                       ret_writer);
}

enum err
runset_publish(const struct runset *runset, struct runs_writer *writer,
               struct runs **ret_runs)
{
    uint64_t number = runs_writer_number(writer);
    uint64_t check = 0;
    enum err err = runs_publish(writer, &check);

    if (err != OK)
        return err;
    return runs_open(runset->dir, runset->kind, number, check, ret_runs);
}

enum err
runset_append(struct runset *runset, struct runs *runs, uint64_t position,
              const uint8_t tag[static RUNSET_TAG_SIZE])
{
    assert(runset->run_count < RUNSET_RUNS_MAX);
    assert(position >= runset->position);
    runset->runs[runset->run_count++] = runs;
    runset->position = position;
    memcpy(runset->tag, tag, sizeof runset->tag);
    return write_note(runset);
}

enum err
runset_commit(struct runset *runset, struct runs_writer *writer,
              uint64_t position, const uint8_t tag[static RUNSET_TAG_SIZE])
{
    struct runs *runs = NULL;
    enum err err = runset_publish(runset, writer, &runs);

    if (err != OK)
        return err;
    return runset_append(runset, runs, position, tag);
}

/* Where the runs begin that are to be merged. */
static uint32_t
merge_from(const struct runset *runset)
{
    uint32_t first = runset->run_count - 1;
    uint64_t sum = runs_size(runset->runs[first]);

    while (first > 0 &&
           runs_size(runset->runs[first - 1]) <= RUNSET_RATIO * sum) {
        first--;
        sum += runs_size(runset->runs[first]);
    }
    /* Every run is far greater than those after it: the two last. */
    if (first == runset->run_count - 1)
        first--;
    return first;
}

static enum err
begin_merge(struct runset *runset, uint32_t first,
            struct runset_merge *ret_merge)
{
    *ret_merge = (struct runset_merge) {
        .first = first,
        .count = runset->run_count - first,
        .joiner = runset->joiner,
    };
    for (uint32_t i = 0; i < ret_merge->count; i++)
        ret_merge->runs[i] = runset->runs[first + i];
    return runset_begin(runset, &ret_merge->writer);
}

enum err
runset_merge_run(const struct runset *runset, struct runset_merge *merge)
{
    struct runs_writer *writer = merge->writer;
    enum err err = runs_merge(merge->runs, merge->count, runset->rule,
                              &merge->joiner, writer);

    merge->writer = NULL;
    if (err != OK) {
        runs_abandon(writer);
        return err;
    }
    return runset_publish(runset, writer, &merge->merged);
}

enum err
runset_merge_end(struct runset *runset, struct runset_merge *merge)
{
    struct runs *old[RUNSET_RUNS_MAX];
    uint32_t behind = merge->first + merge->count;

    assert(behind <= runset->run_count);
    memcpy(old, runset->runs + merge->first, merge->count * sizeof *old);
    runset->runs[merge->first] = merge->merged;
    merge->merged = NULL;
    memmove(runset->runs + merge->first + 1, runset->runs + behind,
            (runset->run_count - behind) * sizeof *runset->runs);
    runset->run_count -= merge->count - 1;
    enum err err = write_note(runset);
    for (uint32_t i = 0; i < merge->count; i++) {
        if (err == OK)
            runs_remove(runset->dir, runs_number(old[i]));
        runs_close(old[i]);
    }
    return err;
}

void
runset_merge_drop(const struct runset *runset, struct runset_merge *merge)
{
    runs_abandon(merge->writer);
    if (merge->merged != NULL)
        runs_remove(runset->dir, runs_number(merge->merged));
    runs_close(merge->merged);
    *merge = (struct runset_merge) { 0 };
}

static bool
is_crowded(const struct runset *runset)
{
    return runset->run_count > RUNSET_RUNS_KEEP;
}

enum err
runset_merge_begin(struct runset *runset, struct runset_merge *ret_merge)
{
    assert(is_crowded(runset));
    return begin_merge(runset, merge_from(runset), ret_merge);
}

/* Merges the runs from that one on. */
static enum err
replace(struct runset *runset, uint32_t first)
{
    struct runset_merge merge;
    enum err err = begin_merge(runset, first, &merge);

    if (err == OK)
        err = runset_merge_run(runset, &merge);
    return err == OK ? runset_merge_end(runset, &merge) : err;
}

enum err
runset_compact(struct runset *runset)
{
    return is_crowded(runset) ? replace(runset, merge_from(runset)) : OK;
}

enum err
runset_unite(struct runset *runset)
{
    return runset->run_count < 2 ? OK : replace(runset, 0);
}

enum err
runset_reset(struct runset *runset)
{
    runset_drop(runset);
    enum err err = write_note(runset);
    if (err == OK)
        runset_clean(runset);
    return err;
}

void
runset_clean(const struct runset *runset)
{
    uint64_t numbers[RUNSET_RUNS_MAX];

    for (uint32_t i = 0; i < runset->run_count; i++)
        numbers[i] = runs_number(runset->runs[i]);
    runs_clean(runset->dir, numbers, runset->run_count);
}

enum err
runset_verify(const struct runset *runset)
{
    for (uint32_t i = 0; i < runset->run_count; i++) {
        enum err err = runs_verify(runset->runs[i]);
        if (err != OK)
            return err;
    }
    return OK;
}

uint64_t
runset_size(const struct runset *runset)
{
    uint64_t size = 0;

    for (uint32_t i = 0; i < runset->run_count; i++)
        size += runs_size(runset->runs[i]);
    return size;
}
