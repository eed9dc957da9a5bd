#include "core/shelf.h"

#include <stdio.h>
#include <string.h>

/* The note: format u32, run count u32, position u64, next number u64, tag 32,
 * and for each run its number u64 and check u64; little endian. */
struct note_head {
    uint32_t format;
    uint32_t run_count;
    uint64_t position;
    uint64_t next_number;
    uint8_t tag[SHELF_TAG_SIZE];
};

struct note_run {
    uint64_t number;
    uint64_t check;
};

static_assert(sizeof(struct note_head) == 56, "as the format says");
static_assert(SHELF_RUNS_KEEP < SHELF_RUNS_MAX, "room for one more");

enum err
shelf_init(struct shelf *shelf, const char *ledger_dir, struct journal *journal)
{
    assert(shelf->name != NULL);
    assert(shelf->format > 0);
    int size = snprintf(shelf->dir, sizeof shelf->dir, "%s/%s", ledger_dir,
                        shelf->name);
    if (size < 0 || (size_t)size >= sizeof shelf->dir)
        return ERR_INPUT;
    shelf->journal = journal;
    shelf->run_count = 0;
    shelf->note_size = 0;
    shelf_drop(shelf);
    return OK;
}

void
shelf_drop(struct shelf *shelf)
{
    for (uint32_t i = 0; i < shelf->run_count; i++)
        runs_close(shelf->runs[i]);
    shelf->run_count = 0;
    shelf->position = 0;
    if (shelf->next_number == 0)
        shelf->next_number = 1;
    memset(shelf->tag, 0, sizeof shelf->tag);
}

void
shelf_close(struct shelf *shelf)
{
    shelf_drop(shelf);
}

static enum err
open_runs(struct shelf *shelf, const struct note_head *head)
{
    for (uint32_t i = 0; i < head->run_count; i++) {
        struct note_run run;
        memcpy(&run, shelf->note + sizeof *head + i * sizeof run, sizeof run);
        enum err err = runs_open(shelf->dir, shelf->kind, run.number, run.check,
                                 &shelf->runs[i]);
        if (err != OK)
            return err;
        shelf->run_count = i + 1;
    }
    return OK;
}

/* Takes over what shelf->note says.  A note of another format is that of an
 * older or newer program: for this one there is nothing on the shelf, but its
 * numbers are used. */
static enum err
apply_note(struct shelf *shelf)
{
    struct note_head head;

    shelf_drop(shelf);
    if (shelf->note_size == 0)
        return OK;
    if (shelf->note_size < sizeof head)
        return err_corrupt();
    memcpy(&head, shelf->note, sizeof head);
    if (head.next_number > shelf->next_number)
        shelf->next_number = head.next_number;
    if (head.format != shelf->format)
        return OK;
    if (head.run_count > SHELF_RUNS_MAX ||
        shelf->note_size !=
            sizeof head + head.run_count * sizeof(struct note_run))
        return err_corrupt();
    enum err err = open_runs(shelf, &head);
    if (err != OK) {
        shelf_drop(shelf);
        return err;
    }
    shelf->position = head.position;
    memcpy(shelf->tag, head.tag, sizeof shelf->tag);
    return OK;
}

static enum err
read_note(struct shelf *shelf, bool *ret_changed)
{
    uint8_t bytes[SHELF_NOTE_SIZE];
    view note = { 0 };
    enum err err = journal_get_note(shelf->journal, view_of(shelf->name), bytes,
                                    sizeof bytes, &note);

    if (err == ERR_NOT_FOUND)
        note = (view) { 0 };
    else if (err == ERR_MEMORY)
        return err_corrupt();
    else if (err != OK)
        return err;
    view before = { shelf->note, shelf->note_size };
    *ret_changed = !view_equal(before, note);
    if (note.size > 0)
        memcpy(shelf->note, note.bytes, note.size);
    shelf->note_size = note.size;
    return OK;
}

/* The owner may remove files between our reading the note and opening them;
 * then the note has changed, and we look again. */
enum err
shelf_load(struct shelf *shelf, bool *ret_changed)
{
    enum { TRIES = 100 };
    bool changed = false;
    enum err err = read_note(shelf, &changed);

    *ret_changed = changed;
    for (uint32_t i = 0; err == OK && changed && i < TRIES; i++) {
        err = apply_note(shelf);
        if (err != ERR_CORRUPT)
            return err;
        enum err again = read_note(shelf, &changed);
        err = again != OK ? again : changed ? OK : err;
    }
    return err;
}

static enum err
write_note(struct shelf *shelf)
{
    struct note_head head = {
        .format = shelf->format,
        .run_count = shelf->run_count,
        .position = shelf->position,
        .next_number = shelf->next_number,
    };

    memcpy(head.tag, shelf->tag, sizeof head.tag);
    memcpy(shelf->note, &head, sizeof head);
    for (uint32_t i = 0; i < shelf->run_count; i++) {
        struct note_run run = {
            .number = runs_number(shelf->runs[i]),
            .check = runs_check(shelf->runs[i]),
        };
        memcpy(shelf->note + sizeof head + i * sizeof run, &run, sizeof run);
    }
    shelf->note_size =
        (uint32_t)(sizeof head + shelf->run_count * sizeof(struct note_run));
    return journal_put_note(shelf->journal, view_of(shelf->name),
                            (view) { shelf->note, shelf->note_size });
}

enum err
shelf_begin(struct shelf *shelf, struct runs_writer **ret_writer)
{
    return runs_create(shelf->dir, shelf->kind, shelf->next_number, ret_writer);
}

/* Publishes the run and opens it. */
static enum err
publish(struct shelf *shelf, struct runs_writer *writer, struct runs **ret_runs)
{
    uint64_t number = shelf->next_number++;
    uint64_t check = 0;
    enum err err = runs_publish(writer, &check);

    if (err != OK)
        return err;
    return runs_open(shelf->dir, shelf->kind, number, check, ret_runs);
}

/* A note that could not be written leaves it open which files are live, so
 * the shelf forgets all and loads them again at the next look. */
static enum err
forget(struct shelf *shelf, enum err err)
{
    shelf_drop(shelf);
    shelf->note_size = 0;
    return err;
}

enum err
shelf_commit(struct shelf *shelf, struct runs_writer *writer, uint64_t position,
             const uint8_t tag[static SHELF_TAG_SIZE])
{
    struct runs *runs = NULL;

    assert(shelf->run_count < SHELF_RUNS_MAX);
    assert(position >= shelf->position);
    enum err err = publish(shelf, writer, &runs);
    if (err != OK)
        return err;
    shelf->runs[shelf->run_count++] = runs;
    shelf->position = position;
    memcpy(shelf->tag, tag, sizeof shelf->tag);
    err = write_note(shelf);
    return err == OK ? OK : forget(shelf, err);
}

/* Where the runs begin that are to be merged. */
static uint32_t
merge_from(const struct shelf *shelf)
{
    uint32_t first = shelf->run_count - 1;
    uint64_t sum = runs_size(shelf->runs[first]);

    while (first > 0 &&
           runs_size(shelf->runs[first - 1]) <= SHELF_RATIO * sum) {
        first--;
        sum += runs_size(shelf->runs[first]);
    }
    /* Every run is far greater than those after it: the two last. */
    if (first == shelf->run_count - 1)
        first--;
    return first;
}

static enum err
merge(struct shelf *shelf, uint32_t first, struct runs **ret_runs)
{
    struct runs_writer *writer = NULL;
    enum err err = shelf_begin(shelf, &writer);

    if (err != OK)
        return err;
    err = runs_merge((const struct runs *const *)shelf->runs + first,
                     shelf->run_count - first, shelf->rule, writer);
    if (err != OK) {
        runs_abandon(writer);
        return err;
    }
    return publish(shelf, writer, ret_runs);
}

enum err
shelf_compact(struct shelf *shelf)
{
    struct runs *old[SHELF_RUNS_MAX];
    struct runs *merged = NULL;

    if (shelf->run_count <= SHELF_RUNS_KEEP)
        return OK;
    uint32_t first = merge_from(shelf);
    uint32_t old_count = shelf->run_count - first;
    enum err err = merge(shelf, first, &merged);
    if (err != OK)
        return err;
    memcpy(old, shelf->runs + first, old_count * sizeof *old);
    shelf->runs[first] = merged;
    shelf->run_count = first + 1;
    err = write_note(shelf);
    for (uint32_t i = 0; i < old_count; i++) {
        if (err == OK)
            runs_remove(shelf->dir, runs_number(old[i]));
        runs_close(old[i]);
    }
    return err == OK ? OK : forget(shelf, err);
}

enum err
shelf_reset(struct shelf *shelf)
{
    shelf_drop(shelf);
    enum err err = write_note(shelf);
    if (err != OK)
        return forget(shelf, err);
    shelf_clean(shelf);
    return OK;
}

void
shelf_clean(const struct shelf *shelf)
{
    uint64_t numbers[SHELF_RUNS_MAX];

    for (uint32_t i = 0; i < shelf->run_count; i++)
        numbers[i] = runs_number(shelf->runs[i]);
    runs_clean(shelf->dir, numbers, shelf->run_count);
}

enum err
shelf_verify(const struct shelf *shelf)
{
    for (uint32_t i = 0; i < shelf->run_count; i++) {
        enum err err = runs_verify(shelf->runs[i]);
        if (err != OK)
            return err;
    }
    return OK;
}

uint64_t
shelf_size(const struct shelf *shelf)
{
    uint64_t size = 0;

    for (uint32_t i = 0; i < shelf->run_count; i++)
        size += runs_size(shelf->runs[i]);
    return size;
}
