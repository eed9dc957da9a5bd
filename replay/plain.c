#include "replay/plain.h"

#include <string.h>

enum {
    STREAMS_MAX = 64,
    DAYS_OF_WEEK = 7,
    /* What tables know. */
    KINDS = 1 << CHAPTER_PURCHASE | 1 << CHAPTER_LINE | 1 << CHAPTER_REDEEM |
            1 << CHAPTER_JOIN,
};

/* 1970-01-01 was a Thursday. */
enum { WEEKDAY_OF_EPOCH = 3 };

void
plain_days_open(struct plain_days *days, const struct zone *zone,
                struct arena *arena)
{
    uint16_t *month = ARENA_NEW(arena, uint16_t, PLAIN_DAYS);
    int64_t *midnight_ms = ARENA_NEW(arena, int64_t, PLAIN_DAYS);
    int32_t *month_day = ARENA_NEW(arena, int32_t, PLAIN_MONTHS);

    *days = (struct plain_days) {
        .zone = zone,
        .first = calendar_month_first_day(PLAIN_MONTH_FIRST),
        .month = month,
        .midnight_ms = midnight_ms,
        .month_day = month_day,
    };
    for (int32_t i = 0; i < PLAIN_MONTHS; i++)
        month_day[i] =
            calendar_month_first_day(PLAIN_MONTH_FIRST + i) - days->first;
    int32_t at = 0;
    for (int32_t i = 0; i < PLAIN_DAYS; i++) {
        if (at + 1 < PLAIN_MONTHS && i >= month_day[at + 1])
            at++;
        month[i] = (uint16_t)at;
        midnight_ms[i] = zone_midnight_ms(zone, days->first + i);
    }
}

void
plain_open(struct plain *plain, const struct plain_days *days,
           struct arena *arena)
{
    *plain = (struct plain) {
        .days = days,
        .number_of = ARENA_NEW(arena, uint16_t, 1u << CHAPTER_STORE_BITS),
        .store_of = ARENA_NEW(arena, uint32_t, PLAIN_STORES_MAX + 1),
    };
}

static uint32_t
add_store(struct plain *plain, uint32_t store)
{
    if (plain->store_count == PLAIN_STORES_MAX)
        return 0;
    plain->store_of[++plain->store_count] = store;
    plain->number_of[store] = (uint16_t)plain->store_count;
    return plain->store_count;
}

/* Finds the stretch of the zone that the instant lies in. */
static void
move_clock(struct plain *plain, int64_t at_ms)
{
    const struct zone *zone = plain->days->zone;
    uint32_t low = 0, high = zone->count;

    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (zone->transitions[middle].at_ms <= at_ms)
            low = middle;
        else
            high = middle;
    }
    plain->clock_from_ms = zone->transitions[low].at_ms;
    plain->clock_until_ms =
        low + 1 < zone->count ? zone->transitions[low + 1].at_ms : INT64_MAX;
    plain->offset_ms = zone->transitions[low].offset_s * INT64_C(1000);
}

static bool
read_row(struct plain *plain, const struct chapter *chapter, uint32_t index,
         struct plain_event *row)
{
    const struct plain_days *days = plain->days;
    uint64_t key;

    memcpy(&key, chapter->keys + (size_t)index * 8, sizeof key);
    memcpy(&row->amount, chapter->amounts + (size_t)index * 4, 4);
    row->goods = WORDS_NONE;
    if (chapter->goods != NULL)
        memcpy(&row->goods, chapter->goods + (size_t)index * 2, 2);
    row->at_ms = chapter_key_at_ms(key);
    row->kind = (uint8_t)chapter_key_kind(key);
    if (row->at_ms < plain->clock_from_ms ||
        row->at_ms >= plain->clock_until_ms)
        move_clock(plain, row->at_ms);
    uint64_t local_ms = (uint64_t)(row->at_ms + plain->offset_ms);
    uint32_t day = (uint32_t)(local_ms / (uint64_t)CALENDAR_DAY_MS);
    row->ms_of_day = (int32_t)(local_ms - day * (uint64_t)CALENDAR_DAY_MS);
    row->weekday = (uint8_t)((day + WEEKDAY_OF_EPOCH) % DAYS_OF_WEEK);
    row->day = (int32_t)day - days->first;
    row->month = days->month[row->day];
    uint32_t store = chapter_key_store(key);
    uint32_t number = plain->number_of[store];
    if (number == 0)
        number = add_store(plain, store);
    row->store = (uint16_t)number;
    /* A join that names a referrer takes more than one account. */
    return number != 0 && (row->kind != CHAPTER_JOIN || row->goods == 0);
}

/* Two incarnations of one node may tell an event twice. */
static bool
add_streams(const struct chapter *chapter, identity *seen, uint32_t *count)
{
    for (uint32_t i = 0; i < chapter->stream_count; i++) {
        identity stream = chapter_stream(chapter, i);
        uint32_t at = 0;
        while (at < *count && seen[at].node != stream.node)
            at++;
        if (at < *count && seen[at].incarnation != stream.incarnation)
            return false;
        if (at == STREAMS_MAX)
            return false;
        if (at == *count)
            seen[(*count)++] = stream;
    }
    return true;
}

/* Whether each event's node may speak for its store.  Most may for any, and
 * the others have one store or a few. */
static bool
is_admitted(const struct history_scan *scan, const struct chapter *chapter)
{
    enum { ANY = UINT32_MAX };
    uint32_t last[CHAPTER_STREAMS_MAX]; /* by stream, the store asked last */
    uint32_t bound = 0;                 /* streams whose node has its stores */

    for (uint32_t i = 0; i < chapter->stream_count; i++) {
        bool any =
            history_scan_admits(scan, chapter_stream(chapter, i).node, 0);
        last[i] = any ? ANY : 0;
        bound += !any;
    }
    for (uint32_t i = 0; bound > 0 && i < chapter->plain_count; i++) {
        uint32_t stream = chapter->whose == NULL ? 0 : chapter->whose[i];
        uint64_t key;
        if (stream >= chapter->stream_count)
            return false;
        memcpy(&key, chapter->keys + (size_t)i * 8, sizeof key);
        uint32_t store = chapter_key_store(key);
        if (last[stream] == ANY || last[stream] == store)
            continue;
        uint32_t node = chapter_stream(chapter, stream).node;
        if (!history_scan_admits(scan, node, store))
            return false;
        last[stream] = store;
    }
    return true;
}

/* Appends the chapter's rows; they follow those of the chapter before. */
static bool
read_chapter(struct plain *plain, const struct chapter *chapter,
             int64_t until_ms, int64_t *last_ms, struct arena *arena)
{
    struct plain_event *rows =
        ARENA_NEW(arena, struct plain_event, chapter->plain_count);

    if (plain->row_count == 0)
        plain->events = rows;
    assert(rows == plain->events + plain->row_count);
    plain->row_count += chapter->plain_count;
    for (uint32_t i = 0; i < chapter->plain_count; i++) {
        if (!read_row(plain, chapter, i, &rows[i]) ||
            (i == 0 && rows[i].at_ms <= *last_ms))
            return false;
        plain->event_count += rows[i].at_ms <= until_ms;
    }
    if (chapter->plain_count > 0)
        *last_ms = rows[chapter->plain_count - 1].at_ms;
    return true;
}

bool
plain_read(struct plain *plain, const struct history_scan *scan,
           const struct history_raw *raw, int64_t until_ms, struct arena *arena)
{
    identity seen[STREAMS_MAX];
    uint32_t seen_count = 0;
    struct chapter chapter;
    int64_t last_ms = INT64_MIN;

    plain->event_count = 0;
    plain->row_count = 0;
    if (raw->tail != TAIL_NONE)
        return false;
    for (uint32_t i = 0; i < raw->chapter_count; i++)
        if (chapter_open(raw->chapters[i], &chapter) != OK ||
            chapter.other_count > 0 || (chapter.kinds & ~KINDS) != 0 ||
            !is_admitted(scan, &chapter) ||
            !add_streams(&chapter, seen, &seen_count) ||
            !read_chapter(plain, &chapter, until_ms, &last_ms, arena))
            return false;
    return true;
}
