#include "replay/plain.h"

#include "core/list.h"

#include <string.h>

enum {
    STREAMS_MAX = 64,
    CHAPTERS_MAX = 64,
    /* What tables know. */
    KINDS = 1 << CHAPTER_PURCHASE | 1 << CHAPTER_LINE | 1 << CHAPTER_LINES |
            1 << CHAPTER_REDEEM | 1 << CHAPTER_JOIN,
    NAMED_BITS = 1 << 16,
    NO_DAY = 0, /* no event lies so early */
};

/* --- the block --- */

static void
grow(struct plain *plain, uint32_t room)
{
    struct arena *arena = plain->arena;

    assert(plain->row_count == 0);
    assert(plain->stop_count == 0);
    plain->room = room;
    plain->at_ms = ARENA_NEW(arena, int64_t, room);
    plain->day = ARENA_NEW(arena, int32_t, room);
    plain->ms_of_day = ARENA_NEW(arena, int32_t, room);
    plain->gap = ARENA_NEW(arena, int32_t, room);
    plain->amount = ARENA_NEW(arena, uint32_t, room);
    plain->month = ARENA_NEW(arena, uint16_t, room);
    plain->store = ARENA_NEW(arena, uint16_t, room);
    plain->goods = ARENA_NEW(arena, uint16_t, room);
    plain->past = ARENA_NEW(arena, uint8_t, room);
    plain->runs = ARENA_NEW(arena, struct plain_run, room);
    plain->receipts = ARENA_NEW(arena, struct plain_receipt, room);
    plain->stops = ARENA_NEW(arena, struct plain_stop, room);
}

void
plain_open(struct plain *plain, const struct almanac *days,
           uint32_t account_room, struct arena *arena)
{
    *plain = (struct plain) {
        .days = days,
        .arena = arena,
        .number_of = ARENA_NEW(arena, uint16_t, 1u << CHAPTER_STORE_BITS),
        .store_of = ARENA_NEW(arena, uint32_t, PLAIN_STORES_MAX + 1),
        .account_room = account_room,
        .accounts = ARENA_NEW(arena, struct plain_account, account_room),
    };
    plain_clear(plain);
    grow(plain, PLAIN_ROWS);
}

void
plain_clear(struct plain *plain)
{
    plain->row_count = 0;
    plain->run_count = 0;
    plain->receipt_count = 0;
    plain->stop_count = 0;
    plain->account_count = 0;
    plain->begins_ms = INT64_MAX;
}

bool
plain_is_well_filled(const struct plain *plain)
{
    const uint32_t much = PLAIN_ROWS - PLAIN_ROWS / 4;

    return plain->account_count == plain->account_room ||
           plain->row_count >= much || plain->stop_count >= much;
}

static int
compare_row(const void *item, const void *key)
{
    const struct plain_receipt *receipt = item;
    const uint32_t *row = key;

    return receipt->row < *row ? -1 : receipt->row > *row;
}

uint32_t
plain_receipt_from(const struct plain *plain, uint32_t row)
{
    return LIST_PLACE(plain->receipts, plain->receipt_count, &row, compare_row);
}

/* --- skus that rules name --- */

void
plain_name_sku(struct plain *plain, view sku)
{
    uint32_t at = chapter_sku(sku) % NAMED_BITS;

    if (plain->named == NULL)
        plain->named = ARENA_NEW(plain->arena, uint8_t, NAMED_BITS / 8);
    plain->named[at / 8] |= (uint8_t)(1u << at % 8);
}

bool
plain_may_be_named(const struct plain *plain, uint32_t sku)
{
    uint32_t at = sku % NAMED_BITS;

    return plain->named != NULL && sku != 0 &&
           (plain->named[at / 8] >> at % 8 & 1) != 0;
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

uint32_t
plain_store(struct plain *plain, uint32_t store)
{
    if (store >= 1u << CHAPTER_STORE_BITS)
        return 0;
    uint32_t number = plain->number_of[store];
    return number != 0 ? number : add_store(plain, store);
}

/* Where the stretch begins, or where clocks that went back over midnight then
 * have reached it again: days before that come twice. */
static int64_t
clock_begins_ms(const struct zone *zone, uint32_t clock)
{
    const struct zone_transition *now = &zone->transitions[clock];

    if (clock == 0)
        return now->at_ms;
    int32_t before = zone_day(zone, now->at_ms - 1);
    if (before <= zone_day(zone, now->at_ms))
        return now->at_ms;
    return before * CALENDAR_DAY_MS - now->offset_s * INT64_C(1000);
}

/* Finds the stretch of the zone that the instant lies in, which is mostly near
 * the last one. */
static void
move_clock(struct plain *plain, int64_t at_ms)
{
    const struct zone *zone = plain->days->zone;
    uint32_t clock = plain->clock;

    while (at_ms < zone->transitions[clock].at_ms)
        clock--;
    while (clock + 1 < zone->count &&
           at_ms >= zone->transitions[clock + 1].at_ms)
        clock++;
    plain->clock = clock;
    plain->clock_from_ms = clock_begins_ms(zone, clock);
    plain->clock_until_ms = clock + 1 < zone->count
                                ? zone->transitions[clock + 1].at_ms
                                : INT64_MAX;
    plain->offset_ms = zone->transitions[clock].offset_s * INT64_C(1000);
}

/* --- an account --- */

/* What has been seen of an account on the way through its chapters. */
struct reading {
    int64_t until_ms;
    int64_t last_ms;
    int32_t last_day;
    identity streams[STREAMS_MAX];
    uint32_t stream_count;
};

/* The columns of a chapter are not aligned.  Values are loaded first, so that
 * the compiler knows what a store can't change. */
static uint64_t
key_at(const struct chapter *chapter, uint32_t index)
{
    uint64_t key;

    memcpy(&key, chapter->keys + (size_t)index * sizeof key, sizeof key);
    return key;
}

static uint32_t
amount_at(const struct chapter *chapter, uint32_t index)
{
    uint32_t amount;

    memcpy(&amount, chapter->amounts + (size_t)index * sizeof amount,
           sizeof amount);
    return amount;
}

static uint16_t
goods_at(const struct chapter *chapter, uint32_t index)
{
    uint16_t goods = WORDS_NONE;

    if (chapter->goods != NULL)
        memcpy(&goods, chapter->goods + (size_t)index * sizeof goods,
               sizeof goods);
    return goods;
}

/* False: a join that names a referrer, which takes more than one account. */
static bool
add_stop(struct plain *plain, const struct chapter *chapter, uint32_t index,
         uint32_t row)
{
    struct plain_stop *stop = &plain->stops[plain->stop_count++];
    stop->at_ms = plain->at_ms[row];
    stop->day = plain->day[row];
    stop->row = row;
    stop->month = plain->month[row];
    stop->store = plain->store[row];
    stop->amount = plain->amount[row];
    stop->kind = (uint8_t)chapter_key_kind(key_at(chapter, index));
    return stop->kind != CHAPTER_JOIN || plain->goods[row] == 0;
}

/* Notes the lines of a row, which begin at `lines`.  False: the chapter has
 * not so many, one may be named by a rule, or the sum doesn't fit. */
static bool
add_receipt(struct plain *plain, const struct chapter *chapter, uint32_t row,
            const uint8_t **lines)
{
    uint32_t count = plain->goods[row];
    struct chapter_line line;
    uint64_t sum = 0;
    bool fit = true;

    if (count == 0 || count > (size_t)(chapter->skus - *lines) / sizeof line)
        return false;
    plain->receipts[plain->receipt_count++] =
        (struct plain_receipt) { row, count, *lines };
    for (uint32_t i = 0; i < count; i++) {
        memcpy(&line, *lines, sizeof line);
        *lines += sizeof line;
        sum += line.amount > 0 ? (uint32_t)line.amount : 0;
        fit &= !plain_may_be_named(plain, line.sku);
    }
    plain->amount[row] = (uint32_t)sum;
    plain->goods[row] = WORDS_NONE;
    return fit && sum <= UINT32_MAX;
}

/* The day of an instant, and how far it has gone; NO_DAY: it comes twice. */
static inline int32_t
day_of(struct plain *plain, int64_t at_ms, int32_t *ret_ms_of_day)
{
    if (at_ms < plain->clock_from_ms || at_ms >= plain->clock_until_ms) {
        move_clock(plain, at_ms);
        if (at_ms < plain->clock_from_ms)
            return NO_DAY;
    }
    uint64_t local_ms = (uint64_t)(at_ms + plain->offset_ms);
    uint32_t date = (uint32_t)(local_ms / (uint64_t)CALENDAR_DAY_MS);
    *ret_ms_of_day = (int32_t)(local_ms - date * (uint64_t)CALENDAR_DAY_MS);
    return (int32_t)date - plain->days->first;
}

/* Every event is written as a row, which a stop leaves to the next one.
 * False: a store too many, a day after a later one or one that comes twice, or
 * what add_receipt() and add_stop() say. */
static bool
read_chapter(struct plain *plain, const struct chapter *chapter,
             struct reading *reading)
{
    const struct plain block = *plain; /* its columns stay where they are */
    const uint16_t *months = plain->days->months;
    const uint8_t *lines = chapter->lines;
    uint32_t row = plain->row_count;
    int32_t last_day = reading->last_day;
    bool fit = true;

    for (uint32_t i = 0; i < chapter->plain_count && fit; i++) {
        uint64_t key = key_at(chapter, i);
        int64_t at_ms = chapter_key_at_ms(key);
        if (at_ms > reading->until_ms)
            break;
        int32_t day = day_of(plain, at_ms, &block.ms_of_day[row]);
        uint32_t store = block.number_of[chapter_key_store(key)];
        if (store == 0)
            store = add_store(plain, chapter_key_store(key));
        fit &= store != 0 && day >= last_day;
        last_day = day;
        block.at_ms[row] = at_ms;
        block.day[row] = day;
        block.month[row] = months[day];
        block.store[row] = (uint16_t)store;
        block.amount[row] = amount_at(chapter, i);
        block.goods[row] = goods_at(chapter, i);
        if (chapter_key_kind(key) <= CHAPTER_LINE)
            row++;
        else if (chapter_key_kind(key) == CHAPTER_LINES)
            fit &= add_receipt(plain, chapter, row++, &lines);
        else
            fit &= add_stop(plain, chapter, i, row);
    }
    plain->row_count = row;
    reading->last_day = last_day;
    return fit;
}

/* Two incarnations of one node may tell an event twice. */
static bool
add_streams(const struct chapter *chapter, struct reading *reading)
{
    for (uint32_t i = 0; i < chapter->stream_count; i++) {
        identity stream = chapter_stream(chapter, i);
        uint32_t at = 0;
        while (at < reading->stream_count &&
               reading->streams[at].node != stream.node)
            at++;
        if (at < reading->stream_count &&
            reading->streams[at].incarnation != stream.incarnation)
            return false;
        if (at == STREAMS_MAX)
            return false;
        if (at == reading->stream_count)
            reading->streams[reading->stream_count++] = stream;
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
        if (stream >= chapter->stream_count)
            return false;
        uint32_t store = chapter_key_store(key_at(chapter, i));
        if (last[stream] == ANY || last[stream] == store)
            continue;
        uint32_t node = chapter_stream(chapter, stream).node;
        if (!history_scan_admits(scan, node, store))
            return false;
        last[stream] = store;
    }
    return true;
}

/* Whether the chapter's events follow those of the chapter before. */
static bool
follows(const struct chapter *chapter, struct reading *reading)
{
    if (chapter->plain_count == 0)
        return true;
    bool after = chapter_key_at_ms(key_at(chapter, 0)) > reading->last_ms;
    reading->last_ms =
        chapter_key_at_ms(key_at(chapter, chapter->plain_count - 1));
    return after;
}

/* Divides the account's rows by month.  Nobody can foresee where a month ends,
 * so each row is written as its run's last, without a branch. */
static void
find_runs(struct plain *plain, struct plain_account *account)
{
    const uint16_t *month = plain->month;
    struct plain_run *runs = plain->runs;
    uint32_t run = plain->run_count;
    uint32_t end = account->row_end;

    account->run_first = run;
    for (uint32_t row = account->row_first; row < end; row++) {
        runs[run] = (struct plain_run) { row + 1, month[row] };
        run += (row + 1 == end) | (month[row + 1] != month[row]);
    }
    account->run_end = run;
    plain->run_count = run;
}

/* The past of the account's rows. */
static void
look_back(struct plain *plain, const struct plain_account *account)
{
    uint32_t row = account->row_first;
    uint32_t home = 0; /* as a small number that no store has */

    for (uint32_t i = account->stop_first; i <= account->stop_end; i++) {
        bool last = i == account->stop_end;
        uint32_t end = last ? account->row_end : plain->stops[i].row;
        for (; row < end; row++) {
            bool first = row == account->row_first;
            plain->gap[row] =
                first ? -1 : plain->day[row] - plain->day[row - 1];
            plain->past[row] =
                (uint8_t)((first ? 0 : PLAIN_BOUGHT) |
                          (plain->store[row] == home ? PLAIN_AT_HOME : 0));
        }
        if (!last && plain->stops[i].kind == CHAPTER_JOIN &&
            plain->stops[i].amount != 0)
            home = plain->stops[i].amount < 1u << CHAPTER_STORE_BITS
                       ? plain->number_of[plain->stops[i].amount]
                       : 0;
    }
}

static enum plain_fit
read_all(struct plain *plain, const struct chapter *chapters, uint32_t count,
         struct reading *reading)
{
    const struct plain_account account = {
        .row_first = plain->row_count,
        .stop_first = plain->stop_count,
    };
    uint32_t receipt_count = plain->receipt_count;
    bool fit = true;

    for (uint32_t i = 0; i < count && fit; i++)
        fit = follows(&chapters[i], reading) &&
              read_chapter(plain, &chapters[i], reading);
    if (!fit) {
        plain->row_count = account.row_first;
        plain->receipt_count = receipt_count;
        plain->stop_count = account.stop_first;
        return PLAIN_OTHER;
    }
    struct plain_account *added = &plain->accounts[plain->account_count++];
    *added = account;
    added->row_end = plain->row_count;
    added->stop_end = plain->stop_count;
    if (!plain_is_empty(added) &&
        plain_begins_ms(plain, added) < plain->begins_ms)
        plain->begins_ms = plain_begins_ms(plain, added);
    find_runs(plain, added);
    if (plain->looks_back)
        look_back(plain, added);
    return PLAIN_TAKEN;
}

enum plain_fit
plain_take(struct plain *plain, const struct history_scan *scan,
           const struct history_raw *raw, int64_t until_ms)
{
    struct chapter chapters[CHAPTERS_MAX];
    struct reading reading; /* not zeroed: its streams are many bytes */
    uint32_t more = 1;      /* each event is written before it is counted */

    if (raw->chapter_count > CHAPTERS_MAX)
        return PLAIN_OTHER;
    reading.until_ms = until_ms;
    reading.last_ms = INT64_MIN;
    reading.last_day = NO_DAY + 1;
    reading.stream_count = 0;
    for (uint32_t i = 0; i < raw->chapter_count; i++) {
        if (chapter_open(raw->chapters[i], &chapters[i]) != OK ||
            chapters[i].other_count > 0 || (chapters[i].kinds & ~KINDS) != 0 ||
            !is_admitted(scan, &chapters[i]) ||
            !add_streams(&chapters[i], &reading))
            return PLAIN_OTHER;
        more += chapters[i].plain_count;
    }
    if (plain->account_count == plain->account_room ||
        (plain->account_count > 0 && (plain->row_count + more > plain->room ||
                                      plain->stop_count + more > plain->room)))
        return PLAIN_FULL;
    if (more > plain->room)
        grow(plain, more * 2);
    return read_all(plain, chapters, raw->chapter_count, &reading);
}
