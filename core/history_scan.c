#include "core/history_scan.h"

#include "core/codec.h"
#include "core/history_parts.h"
#include "core/list.h"

#include <stdlib.h>
#include <string.h>

/* One run within one partition. */
struct source {
    struct runs_cursor cursor;
    bool over;
};

/* One partition: its runs and its part of the tail. */
struct lane {
    uint8_t partition;
    struct source sources[RUNSET_RUNS_MAX];
    struct docket_list tail; /* in order */
    uint32_t tail_next;
    runs_key tail_key; /* of the account there */
    runs_key key;      /* the least that is left; size 0: none */
};

struct history_scan {
    const struct history *history; /* borrowed */
    uint64_t generation;           /* of the history at the opening */
    uint64_t known;
    struct draft draft; /* of the tail's chapters; opened at the first one */
    uint32_t lane_count;
    uint32_t heap_count;
    uint16_t heap[LIMIT_PARTITIONS]; /* lanes with a key, least first */
    struct lane lanes[];
};

static enum err
step(struct lane *lane, struct source *source)
{
    enum err err = runs_next(&source->cursor);

    source->over = err != OK || source->cursor.key.bytes[0] != lane->partition;
    return err == ERR_NOT_FOUND ? OK : err;
}

static void
find_tail(struct lane *lane)
{
    if (lane->tail_next < lane->tail.count)
        lane->tail_key = runs_key_of(
            docket_account(lane->tail.items[lane->tail_next].docket));
}

static enum err
find_least(struct lane *lane, uint32_t run_count)
{
    view least = { 0 };

    for (uint32_t i = 0; i < run_count; i++) {
        const struct source *source = &lane->sources[i];
        if (!source->over &&
            (least.size == 0 || view_compare(source->cursor.key, least) < 0))
            least = source->cursor.key;
    }
    if (lane->tail_next < lane->tail.count) {
        view key = runs_key_view(&lane->tail_key);
        if (least.size == 0 || view_compare(key, least) < 0)
            least = key;
    }
    if (least.size > sizeof lane->key.bytes)
        return err_corrupt();
    if (least.size > 0)
        memmove(lane->key.bytes, least.bytes, least.size);
    lane->key.size = (uint8_t)least.size;
    return OK;
}

static enum err
open_lane(struct history_scan *scan, struct lane *lane, uint32_t partition)
{
    const struct history *history = scan->history;
    runs_key floor = runs_key_floor(partition);
    const struct tail *tails[] = { &history->write.tail, &history->tail };
    enum err err = tail_sort(tails, COUNT_OF(tails), partition, &lane->tail);

    find_tail(lane);
    lane->partition = (uint8_t)partition;
    for (uint32_t i = 0; i < history->set.run_count && err == OK; i++) {
        struct source *source = &lane->sources[i];
        err = runs_seek(history->set.runs[i], runs_key_view(&floor),
                        &source->cursor);
        if (err == OK)
            err = step(lane, source);
    }
    return err == OK ? find_least(lane, history->set.run_count) : err;
}

/* Account order: the partition is not looked at. */
static bool
comes_before(const struct history_scan *scan, uint16_t a, uint16_t b)
{
    view x = runs_key_view(&scan->lanes[a].key);
    view y = runs_key_view(&scan->lanes[b].key);

    return view_compare((view) { x.bytes + 1, x.size - 1 },
                        (view) { y.bytes + 1, y.size - 1 }) < 0;
}

static void
sift_down(struct history_scan *scan, uint32_t at)
{
    uint16_t moved = scan->heap[at];

    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child >= scan->heap_count)
            break;
        if (child + 1 < scan->heap_count &&
            comes_before(scan, scan->heap[child + 1], scan->heap[child]))
            child++;
        if (!comes_before(scan, scan->heap[child], moved))
            break;
        scan->heap[at] = scan->heap[child];
        at = child;
    }
    scan->heap[at] = moved;
}

static enum err
open_scan(struct history_scan *scan, uint32_t first, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        enum err err = open_lane(scan, &scan->lanes[i], first + i);
        if (err != OK)
            return err;
        if (scan->lanes[i].key.size > 0)
            scan->heap[scan->heap_count++] = (uint16_t)i;
    }
    for (uint32_t i = scan->heap_count / 2; i-- > 0;)
        sift_down(scan, i);
    return OK;
}

static enum err
start(const struct history *history, uint32_t first, uint32_t count,
      uint64_t known, struct history_scan **ret_scan)
{
    struct history_scan *scan =
        calloc(1, sizeof *scan + count * sizeof scan->lanes[0]);

    if (scan == NULL)
        return ERR_MEMORY;
    scan->history = history;
    scan->generation = history->generation;
    scan->known = known;
    scan->lane_count = count;
    enum err err = open_scan(scan, first, count);
    if (err != OK) {
        history_scan_close(scan);
        return err;
    }
    *ret_scan = scan;
    return OK;
}

enum err
history_scan_all(const struct history *history, uint64_t known,
                 struct history_scan **ret_scan)
{
    return start(history, 0, LIMIT_PARTITIONS, known, ret_scan);
}

enum err
history_scan_partition(const struct history *history, uint32_t partition,
                       uint64_t known, struct history_scan **ret_scan)
{
    assert(partition < LIMIT_PARTITIONS);
    return start(history, partition, 1, known, ret_scan);
}

void
history_scan_close(struct history_scan *scan)
{
    if (scan == NULL)
        return;
    for (uint32_t i = 0; i < scan->lane_count; i++)
        docket_list_close(&scan->lanes[i].tail);
    draft_close(&scan->draft);
    free(scan);
}

struct chapter_list {
    view *items;
    uint32_t count;
    uint32_t room;
};

/* What the tail has of the account, as it would stand in a run. */
static enum err
drain_tail(struct history_scan *scan, struct lane *lane, struct arena *arena,
           struct chapter_list *chapters)
{
    struct draft *draft = &scan->draft;
    uint32_t first = lane->tail_next;
    view chapter;

    if (draft->words == NULL && !draft_open(draft, &scan->history->words))
        return ERR_MEMORY;
    enum err err = draft_begin(draft, runs_key_view(&lane->tail_key));
    if (err != OK)
        return err;
    lane->tail_next = docket_list_next(&lane->tail, first);
    draft_dockets(draft, lane->tail.items + first, lane->tail_next - first);
    while ((err = draft_take(draft, &chapter)) == OK)
        *LIST_ADD(arena, chapters) = arena_copy(arena, chapter);
    find_tail(lane);
    return err == ERR_NOT_FOUND ? OK : err;
}

/* Takes all that there is of the lane's least account and moves on. */
static enum err
drain(struct history_scan *scan, struct lane *lane, view key,
      struct arena *arena, struct history_raw *raw)
{
    const struct history *history = scan->history;
    struct chapter_list chapters = { 0 };
    enum err err = OK;

    for (uint32_t i = 0; i < history->set.run_count; i++) {
        struct source *source = &lane->sources[i];
        while (err == OK && !source->over &&
               view_equal(source->cursor.key, key)) {
            *LIST_ADD(arena, &chapters) = source->cursor.blob;
            err = step(lane, source);
        }
    }
    if (err == OK && lane->tail_next < lane->tail.count &&
        view_equal(runs_key_view(&lane->tail_key), key))
        err = drain_tail(scan, lane, arena, &chapters);
    raw->chapters = chapters.items;
    raw->chapter_count = chapters.count;
    return err;
}

static enum err
take_least(struct history_scan *scan, struct arena *arena,
           struct history_raw *ret_raw)
{
    struct lane *lane = &scan->lanes[scan->heap[0]];
    runs_key key = lane->key;

    if (!runs_key_account(runs_key_view(&key), &ret_raw->account))
        return err_corrupt();
    ret_raw->account.bearer = arena_copy(arena, ret_raw->account.bearer);
    enum err err = drain(scan, lane, runs_key_view(&key), arena, ret_raw);
    if (err == OK)
        err = find_least(lane, scan->history->set.run_count);
    if (err != OK)
        return err;
    if (lane->key.size == 0)
        scan->heap[0] = scan->heap[--scan->heap_count];
    if (scan->heap_count > 0)
        sift_down(scan, 0);
    return OK;
}

static enum err
mark_event(struct reader *reader, uint64_t position, struct arena scratch,
           struct marks *marks)
{
    struct record_event stored;
    struct event event;
    enum err err = reader_event(reader, position, &stored);

    if (err == OK)
        err = codec_decode(stored.core, &scratch, &event);
    if (err == ERR_UNKNOWN)
        return OK; /* it is in no history */
    return err == OK ? marks_add(marks, event.account, true) : err;
}

enum err
history_mark_quarantined(const struct history *history, struct marks *marks)
{
    struct reader *reader = NULL;
    enum err err = OK;

    if (history->rules.quarantine_count > 0)
        err = reader_open(history->journal, &reader);
    for (uint32_t i = 0; err == OK && i < history->rules.quarantine_count; i++)
        err = mark_event(reader, history->quarantine[i].position,
                         history->scratch, marks);
    reader_close(reader);
    return err;
}

/* A store that nobody has stands for all. */
bool
history_scan_admits(const struct history_scan *scan, uint32_t node,
                    uint32_t store)
{
    const struct gather_rules *rules = &scan->history->rules;

    return rules->admits == NULL ||
           rules->admits(rules->context, node,
                         store == 0 ? (uint32_t)LIMIT_STORE + 1 : store);
}

enum err
history_scan_raw(struct history_scan *scan, struct arena *arena,
                 struct history_raw *ret_raw)
{
    if (scan->generation != scan->history->generation)
        return ERR_BUSY;
    if (scan->heap_count == 0)
        return ERR_NOT_FOUND;
    return take_least(scan, arena, ret_raw);
}

enum err
history_scan_gather(const struct history_scan *scan,
                    const struct history_raw *raw, struct arena *arena,
                    struct history_account *ret_account)
{
    struct gather gather;
    enum err err = OK;

    gather_open(&gather, &scan->history->rules, raw->account, scan->known,
                arena);
    for (uint32_t i = 0; i < raw->chapter_count && err == OK; i++)
        err = gather_chapter(&gather, raw->chapters[i]);
    if (err == OK)
        gather_end(&gather, ret_account);
    return err;
}

enum err
history_scan_next(struct history_scan *scan, struct arena *arena,
                  struct history_account *ret_account)
{
    struct history_raw raw;

    for (;;) {
        struct arena kept = *arena;
        enum err err = history_scan_raw(scan, arena, &raw);
        if (err == OK)
            err = history_scan_gather(scan, &raw, arena, ret_account);
        if (err != OK)
            return err;
        if (ret_account->event_count > 0 || ret_account->referred_count > 0)
            return OK;
        *arena = kept; /* nothing of it counts at that position */
    }
}
