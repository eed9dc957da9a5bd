#include "core/standing.h"

#include "core/admission.h"
#include "core/census.h"
#include "core/codec.h"
#include "core/crypto.h"
#include "core/history_copies.h"
#include "core/ledger_parts.h"
#include "core/marks.h"
#include "core/news.h"
#include "core/standing_parts.h"

#include <stdlib.h>

enum {
    FOLD_SIZE = 1 << 26,
    ACCOUNT_ROOM = INT32_MAX, /* address space for one account */
    SCRATCH_SIZE = 1 << 20,   /* one decoded event */
    NEWS_MAX = 1000000,       /* positions; beyond, all is folded anew */
    SAVE_MIN = 1000,          /* positions that are worth a file */
    TRIES = 3,                /* where a run file is found damaged */
    USED_MAX = 1 << 28,       /* bytes; then sums are copied */
};

struct standing {
    struct ledger *ledger;      /* borrowed */
    struct standing_sums *sums; /* owned; NULL: nothing has been loaded */
    bool built;                 /* by the last refresh */
    uint32_t partition;         /* to be folded next; LIMIT_PARTITIONS: the sums
                                 * are whole */
    uint64_t saved_position;    /* of the file */
    const struct timeline *timeline;
    struct fold *fold; /* of that timeline */
    struct arena fold_arena;
    struct arena account_arena;
    struct arena scratch;
    struct marks touched;
};

/* --- opening --- */

enum err
standing_open(struct ledger *ledger, struct standing **ret_standing)
{
    struct standing *standing = calloc(1, sizeof *standing);

    if (standing == NULL)
        return ERR_MEMORY;
    standing->ledger = ledger;
    standing->partition = LIMIT_PARTITIONS;
    standing->touched.table.seed = crypto_random_number();
    if (!arena_open(&standing->fold_arena, FOLD_SIZE) ||
        !arena_open(&standing->account_arena, ACCOUNT_ROOM) ||
        !arena_open(&standing->scratch, SCRATCH_SIZE)) {
        standing_close(standing);
        return ERR_MEMORY;
    }
    *ret_standing = standing;
    return OK;
}

void
standing_close(struct standing *standing)
{
    if (standing == NULL)
        return;
    standing_sums_close(standing->sums);
    arena_close(&standing->fold_arena);
    arena_close(&standing->account_arena);
    arena_close(&standing->scratch);
    marks_close(&standing->touched);
    free(standing);
}

static void
drop(struct standing *standing)
{
    standing_sums_close(standing->sums);
    standing->sums = NULL;
    standing->partition = LIMIT_PARTITIONS;
}

static bool
is_whole(const struct standing *standing)
{
    return standing->sums != NULL && standing->partition == LIMIT_PARTITIONS;
}

uint64_t
standing_position(const struct standing *standing)
{
    return is_whole(standing) ? standing->sums->position : 0;
}

bool
standing_was_built(const struct standing *standing)
{
    return standing->built;
}

/* --- booking --- */

struct booking {
    struct standing_sums *sums;
    const struct zone *zone;
    bool take; /* back */
};

static void
book_step(void *context, const struct walk *walk)
{
    const struct booking *booking = context;
    struct standing_sums *sums = booking->sums;
    const struct step *step = &walk->step;
    bool is_past = step->at_ms <= sums->as_of_ms;

    if (step->effects->count == 0)
        return;
    struct totals *totals = is_past ? sums->months : sums->ahead;
    int32_t when = is_past ? zone_month(booking->zone, step->at_ms)
                           : standing_sums_index(sums, step->at_ms);
    if (booking->take)
        totals_take(totals, when, step->effects);
    else
        totals_add(totals, when, step->effects);
}

/* Whether an instant that was ahead has come to pass, or the sums have left so
 * much behind them that a copy is worth it. */
static bool
must_move(const struct standing_sums *sums, int64_t now_ms)
{
    if (sums->arena.next - sums->arena.base > USED_MAX)
        return true;
    for (uint32_t i = 0; i < sums->instants.count; i++)
        if (sums->instants.items[i] <= now_ms)
            return true;
    return false;
}

/* Where what stood under that instant stands now. */
static struct totals *
place_of(struct standing_sums *sums, const struct zone *zone, int64_t at_ms,
         int32_t *ret_when)
{
    bool is_past = at_ms <= sums->as_of_ms;

    *ret_when =
        is_past ? zone_month(zone, at_ms) : standing_sums_index(sums, at_ms);
    return is_past ? sums->months : sums->ahead;
}

static void
copy_ahead(const struct standing_sums *old, const struct zone *zone,
           struct standing_sums *new)
{
    const int64_t *instants = old->instants.items;
    uint32_t count;

    const struct totals_row *rows = totals_rows(old->ahead, &count);
    for (uint32_t i = 0; i < count; i++) {
        struct totals_row row = rows[i];
        struct totals *totals =
            place_of(new, zone, instants[row.month], &row.month);
        totals_add_row(totals, &row);
    }
    const struct totals_pair *pairs = totals_pairs(old->ahead, &count);
    for (uint32_t i = 0; i < count; i++) {
        struct totals_pair pair = pairs[i];
        struct totals *totals =
            place_of(new, zone, instants[pair.month], &pair.month);
        totals_add_pair(totals, &pair);
    }
}

/* What has come to pass since moves from its instant into its month. */
static enum err
move_on(struct standing *standing, int64_t now_ms)
{
    struct standing_sums *old = standing->sums, *new;

    if (now_ms <= old->as_of_ms)
        return OK;
    if (!must_move(old, now_ms)) {
        old->as_of_ms = now_ms;
        return OK;
    }
    enum err err = standing_sums_open(&new);
    if (err != OK)
        return err;
    new->timeline = old->timeline;
    new->node = old->node;
    new->incarnation = old->incarnation;
    new->position = old->position;
    new->as_of_ms = now_ms;
    for (uint32_t i = 0; i < old->quarantined.count; i++)
        *LIST_ADD(&new->arena, &new->quarantined) = old->quarantined.items[i];
    totals_merge(new->months, old->months);
    copy_ahead(old, &standing->timeline->zone, new);
    standing->sums = new;
    standing_sums_close(old);
    return OK;
}

void
standing_gather(const struct standing *standing, int64_t at_ms,
                struct totals *totals)
{
    const struct standing_sums *sums = standing->sums;
    const struct zone *zone = &standing->timeline->zone;
    uint32_t count;

    assert(is_whole(standing));
    assert(at_ms >= sums->as_of_ms);
    totals_merge(totals, sums->months);
    const struct totals_row *rows = totals_rows(sums->ahead, &count);
    for (uint32_t i = 0; i < count; i++) {
        struct totals_row row = rows[i];
        int64_t instant_ms = sums->instants.items[row.month];
        row.month = zone_month(zone, instant_ms);
        if (instant_ms <= at_ms)
            totals_add_row(totals, &row);
    }
    const struct totals_pair *pairs = totals_pairs(sums->ahead, &count);
    for (uint32_t i = 0; i < count; i++) {
        struct totals_pair pair = pairs[i];
        int64_t instant_ms = sums->instants.items[pair.month];
        pair.month = zone_month(zone, instant_ms);
        if (instant_ms <= at_ms)
            totals_add_pair(totals, &pair);
    }
}

/* --- folding everything --- */

/* One that counts only from a later position on has its turn then. */
static void
note_quarantine(struct standing *standing)
{
    const struct history *history = standing->ledger->history;
    struct standing_sums *sums = standing->sums;

    sums->quarantined.count = 0;
    for (uint32_t i = 0; i < history_quarantine_count(history); i++)
        if (history_quarantined_from(history, i) <= sums->position)
            *LIST_ADD(&sums->arena, &sums->quarantined) =
                (int64_t)history_quarantined(history, i);
}

/* What has been marked since the sums were booked is as if it had not been:
 * else less would be taken back than was booked. */
static struct history_marks
marks_booked(const struct standing_sums *sums)
{
    return (struct history_marks) { sums->quarantined.items,
                                    sums->quarantined.count };
}

/* Books (or takes back) all that an account comes to, as known at a position;
 * gives the member that it names as its referrer.  The history lies in the
 * account's arena. */
static enum err
book_history(struct standing *standing, const struct history_account *history,
             uint64_t known, bool take, uint64_t *ret_referrer)
{
    struct booking booking = { standing->sums, &standing->timeline->zone,
                               take };
    const struct ledger_question question = { .known = known };
    struct walk_input input;
    struct walk walk;
    enum err err =
        ledger_walk_input(standing->ledger, history, &question, standing->fold,
                          LIMIT_AT_MS_MAX, &standing->account_arena, &input);

    if (err != OK)
        return err;
    fold_use_arena(standing->fold, &standing->account_arena);
    walk_open(&walk, &input, &standing->account_arena);
    while (walk_next(&walk))
        book_step(&booking, &walk);
    *ret_referrer = walk.account.referral.referrer;
    return OK;
}

static enum err
book_partition(struct standing *standing, uint32_t partition)
{
    uint64_t known = standing->sums->position;
    struct history_account history;
    struct history_scan *scan = NULL;
    uint64_t referrer;
    enum err err = history_scan_partition(standing->ledger->history, partition,
                                          known, &scan);

    while (err == OK) {
        arena_reset(&standing->account_arena);
        err = history_scan_next(scan, &standing->account_arena, &history);
        if (err == OK)
            err = book_history(standing, &history, known, false, &referrer);
    }
    history_scan_close(scan);
    return err == ERR_NOT_FOUND ? OK : err;
}

static enum err
begin(struct standing *standing, int64_t now_ms)
{
    const struct ledger *ledger = standing->ledger;

    drop(standing);
    enum err err = standing_sums_open(&standing->sums);
    if (err != OK)
        return err;
    struct standing_sums *sums = standing->sums;
    sums->timeline = standing->timeline->digest;
    sums->node = ledger->who.node;
    sums->incarnation = ledger->who.incarnation;
    sums->position = ledger_position(ledger);
    sums->as_of_ms = now_ms;
    note_quarantine(standing);
    standing->partition = 0;
    return OK;
}

/* Folds so many of the partitions that are left, all as known where the sums
 * began, whatever has arrived meanwhile. */
static enum err
fold_partitions(struct standing *standing, uint32_t count)
{
    const struct history_marks booked = marks_booked(standing->sums);
    enum err err = OK;

    standing->built = true;
    history_see_marks(standing->ledger->history, &booked);
    for (; count > 0 && standing->partition < LIMIT_PARTITIONS && err == OK;
         count--) {
        err = book_partition(standing, standing->partition);
        if (err == OK)
            standing->partition++;
        else
            drop(standing); /* half booked */
    }
    history_see_marks(standing->ledger->history, NULL);
    return err;
}

/* Begins anew, with one partition.  A run that is found damaged is made good,
 * and that once more. */
static enum err
begin_building(struct standing *standing, int64_t now_ms)
{
    enum err err = ERR_CORRUPT;

    for (int i = 0; i < TRIES && (err == ERR_CORRUPT || err == ERR_BUSY); i++) {
        err = i == 0 ? OK : ledger_mend(standing->ledger);
        if (err == OK)
            err = begin(standing, now_ms);
        if (err == OK)
            err = fold_partitions(standing, 1);
    }
    return err;
}

/* Adds what lies ahead in one to the other, which numbers the instants in its
 * own way. */
static void
add_ahead(const struct standing_sums *from, struct standing_sums *to,
          struct totals *ret_ahead)
{
    uint32_t count;

    const struct totals_row *rows = totals_rows(from->ahead, &count);
    for (uint32_t i = 0; i < count; i++) {
        struct totals_row row = rows[i];
        row.month = standing_sums_index(to, from->instants.items[row.month]);
        totals_add_row(ret_ahead, &row);
    }
    const struct totals_pair *pairs = totals_pairs(from->ahead, &count);
    for (uint32_t i = 0; i < count; i++) {
        struct totals_pair pair = pairs[i];
        pair.month = standing_sums_index(to, from->instants.items[pair.month]);
        totals_add_pair(ret_ahead, &pair);
    }
}

/* Fills empty sums with all that is known at a position, by all cores: the
 * first books into the sums, each other one into sums of its own. */
static enum err
fold_all(struct ledger *ledger, const struct timeline *timeline, uint64_t known,
         struct standing_sums *sums)
{
    static const struct census_calls calls = { .step = book_step };
    const struct census_options options = { .known = known,
                                            .at_ms = LIMIT_AT_MS_MAX,
                                            .timeline = timeline };
    const struct history_marks booked = marks_booked(sums);
    struct booking bookings[SPREAD_THREADS_MAX] = { { .sums = sums } };
    struct spread_contexts contexts = { .count = spread_threads() };
    enum err err = OK;

    for (uint32_t i = 0; i < contexts.count && err == OK; i++) {
        if (i > 0)
            err = standing_sums_open(&bookings[i].sums);
        if (err != OK)
            break;
        bookings[i].sums->as_of_ms = sums->as_of_ms;
        bookings[i].zone = &timeline->zone;
        contexts.items[i] = &bookings[i];
    }
    history_see_marks(ledger->history, &booked);
    if (err == OK)
        err = census_spread(ledger, &options, &calls, &contexts, NULL);
    history_see_marks(ledger->history, NULL);
    for (uint32_t i = 1; i < contexts.count; i++) {
        if (err == OK) {
            totals_merge(sums->months, bookings[i].sums->months);
            add_ahead(bookings[i].sums, sums, sums->ahead);
        }
        standing_sums_close(bookings[i].sums);
    }
    return err;
}

/* The whole at once. */
static enum err
build(struct standing *standing, int64_t now_ms)
{
    enum err err = begin(standing, now_ms);

    if (err != OK)
        return err;
    standing->built = true;
    err = fold_all(standing->ledger, standing->timeline,
                   standing->sums->position, standing->sums);
    if (err == OK)
        standing->partition = LIMIT_PARTITIONS;
    else
        drop(standing); /* half booked */
    return err;
}

/* --- what is new --- */

static enum err
touch_event(struct standing *standing, const struct record_event *stored)
{
    struct arena scratch = standing->scratch;
    struct event event;

    if (codec_decode(stored->core, &scratch, &event) != OK ||
        event_check_core(&event, NULL) != OK)
        return OK;
    return marks_add(&standing->touched, event.account, true);
}

static enum err
touch_news(struct standing *standing, struct reader *reader, uint64_t last)
{
    struct record_event event;
    struct news news;
    uint64_t position;
    enum err err;

    news_begin(&news, reader, standing->sums->position, last);
    while ((err = news_next(&news, &event, &position)) == OK) {
        err = touch_event(standing, &event);
        if (err != OK)
            return err;
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

/* A mark may have come to an event that has been booked long ago. */
static enum err
touch_quarantined(struct standing *standing, struct reader *reader,
                  uint64_t last)
{
    const struct history *history = standing->ledger->history;
    const struct standing_list *known = &standing->sums->quarantined;
    struct record_event stored;
    uint32_t seen = 0;

    for (uint32_t i = 0; i < history_quarantine_count(history); i++) {
        int64_t position = (int64_t)history_quarantined(history, i);
        while (seen < known->count && known->items[seen] < position)
            seen++;
        bool noted = seen < known->count && known->items[seen] == position;
        if (noted || history_quarantined_from(history, i) > last)
            continue;
        enum err err = reader_event(reader, (uint64_t)position, &stored);
        if (err == OK)
            err = touch_event(standing, &stored);
        if (err != OK)
            return err;
    }
    return OK;
}

/* A mark takes effect where what it is about arrived: not before that has been
 * taken in. */
static bool
takes_marks(const struct standing *standing, uint64_t last)
{
    return last == ledger_position(standing->ledger);
}

/* The same, reading the history, too. */
static enum err
book_account(struct standing *standing, account_id account, uint64_t known,
             bool take, uint64_t *ret_referrer)
{
    const struct ledger_question question = { .known = known };
    struct history_account history;

    arena_reset(&standing->account_arena);
    enum err err = ledger_account(standing->ledger, account, &question,
                                  &standing->account_arena, &history, NULL);
    return err == OK
               ? book_history(standing, &history, known, take, ret_referrer)
               : err;
}

/* Takes back what the account came to and books what it comes to now; whom it
 * names as its referrer, and whom it named before, may win or lose by it. */
static enum err
book_anew(struct standing *standing, const struct mark *mark, uint64_t last)
{
    struct history *history = standing->ledger->history;
    const struct history_marks booked = marks_booked(standing->sums);
    uint64_t named = 0, names = 0;
    account_id account;

    if (!runs_key_account(runs_key_view(&mark->key), &account))
        return err_corrupt();
    history_see_marks(history, &booked);
    enum err err =
        book_account(standing, account, standing->sums->position, true, &named);
    if (takes_marks(standing, last))
        history_see_marks(history, NULL);
    if (err == OK)
        err = book_account(standing, account, last, false, &names);
    history_see_marks(history, NULL);
    if (err == OK && mark->own)
        err = marks_add_member(&standing->touched, named);
    if (err == OK && mark->own)
        err = marks_add_member(&standing->touched, names);
    return err;
}

static enum err
book_touched(struct standing *standing, uint64_t last)
{
    struct mark mark;
    enum err err;

    while ((err = marks_next(&standing->touched, &mark)) == OK) {
        err = book_anew(standing, &mark, last);
        if (err != OK)
            return err;
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

static enum err
follow(struct standing *standing, uint64_t limit)
{
    uint64_t end = ledger_position(standing->ledger);
    uint64_t last = end - standing->sums->position > limit
                        ? standing->sums->position + limit
                        : end;
    struct reader *reader = NULL;
    enum err err = reader_open(standing->ledger->journal, &reader);

    if (err != OK)
        return err;
    err = touch_quarantined(standing, reader, last);
    if (err == OK)
        err = touch_news(standing, reader, last);
    reader_close(reader);
    if (err == OK)
        err = book_touched(standing, last);
    marks_close(&standing->touched);
    if (err != OK) {
        drop(standing); /* half booked */
        return err;
    }
    standing->sums->position = last;
    if (takes_marks(standing, last))
        note_quarantine(standing);
    return OK;
}

/* --- keeping up --- */

/* Whether these sums can be gone on from. */
static bool
is_of_use(const struct standing_sums *sums, const struct ledger *ledger,
          const struct timeline *timeline, int64_t now_ms)
{
    return digest_equal(sums->timeline, timeline->digest) &&
           sums->node == ledger->who.node &&
           sums->incarnation == ledger->who.incarnation &&
           sums->position <= ledger_position(ledger) &&
           sums->as_of_ms <= now_ms &&
           admission_changed(ledger->admission) <= sums->position;
}

/* A fold borrows its timeline, which goes with the versions' next refresh. */
static enum err
use_timeline(struct standing *standing, struct complaint *complaint)
{
    const struct timeline *timeline;
    enum err err = ledger_timeline(standing->ledger, LEDGER_KNOWN_ALL,
                                   &timeline, complaint);

    if (err != OK)
        return err;
    standing->timeline = timeline;
    arena_reset(&standing->fold_arena);
    standing->fold = fold_open(timeline, false, &standing->fold_arena);
    return OK;
}

/* From the file.  A damaged one goes away at once, not when a good one takes
 * its place: folding everything takes a hub a while. */
static void
load(struct standing *standing)
{
    struct ledger *ledger = standing->ledger;
    enum err err = standing_file_read(ledger->dir, &standing->sums);

    if (err == OK)
        standing->saved_position = standing->sums->position;
    else if (err == ERR_CORRUPT)
        (void)!standing_drop(ledger);
}

/* Where there is nothing to go on from: all at once, or, where there are other
 * things to do, a beginning. */
static enum err
build_anew(struct standing *standing, int64_t now_ms, bool whole)
{
    return whole ? build(standing, now_ms) : begin_building(standing, now_ms);
}

static enum err
bring_up(struct standing *standing, int64_t now_ms, uint64_t limit)
{
    struct ledger *ledger = standing->ledger;
    bool whole = limit == UINT64_MAX;
    enum err err = OK;

    if (standing->sums == NULL)
        load(standing);
    if (standing->sums == NULL ||
        !is_of_use(standing->sums, ledger, standing->timeline, now_ms) ||
        (whole &&
         ledger_position(ledger) - standing->sums->position > NEWS_MAX))
        return build_anew(standing, now_ms, whole);
    if (!is_whole(standing))
        err = fold_partitions(standing, whole ? LIMIT_PARTITIONS : 1);
    if (err == OK && is_whole(standing))
        err = move_on(standing, now_ms);
    if (err == OK && is_whole(standing))
        err = follow(standing, limit);
    if (err == ERR_CORRUPT || err == ERR_BUSY)
        return build_anew(standing, now_ms, whole);
    return err;
}

enum err
standing_save(struct standing *standing)
{
    struct ledger *ledger = standing->ledger;
    bool borrowed = ledger_borrow_caches(ledger);

    assert(is_whole(standing));
    if (ledger->owner_file < 0)
        return ERR_BUSY;
    enum err err = standing_file_write(ledger->dir, standing->sums);
    if (err == OK)
        standing->saved_position = standing->sums->position;
    if (borrowed)
        ledger_return_caches(ledger);
    return err;
}

static enum err
take_in(struct standing *standing, int64_t now_ms, uint64_t limit,
        struct complaint *complaint)
{
    standing->built = false;
    enum err err = use_timeline(standing, complaint);
    if (err != OK)
        return err;
    err = bring_up(standing, now_ms, limit);
    return ledger_fault(standing->ledger, err, complaint);
}

enum err
standing_step(struct standing *standing, int64_t now_ms, uint64_t limit,
              struct complaint *complaint)
{
    const struct standing_sums *sums = standing->sums;
    int64_t as_of_ms = sums == NULL ? INT64_MIN : sums->as_of_ms;

    return take_in(standing, now_ms < as_of_ms ? as_of_ms : now_ms, limit,
                   complaint);
}

enum err
standing_refresh(struct standing *standing, int64_t now_ms,
                 struct complaint *complaint)
{
    enum err err = take_in(standing, now_ms, UINT64_MAX, complaint);

    if (err != OK)
        return err;
    uint64_t position = standing->sums->position;
    bool is_worth_it = standing->built
                           ? position >= SAVE_MIN
                           : position - standing->saved_position >= SAVE_MIN;
    /* It is a cache: what can't be written is made again. */
    if (is_worth_it)
        (void)!standing_save(standing);
    return OK;
}

/* --- verify --- */

static enum err
compare(struct ledger *ledger, const struct timeline *timeline,
        const struct standing_sums *sums, bool *ret_same)
{
    struct standing_sums *fresh = NULL;
    enum err err = standing_sums_open(&fresh);

    if (err != OK)
        return err;
    fresh->as_of_ms = sums->as_of_ms;
    for (uint32_t i = 0; i < sums->quarantined.count; i++)
        *LIST_ADD(&fresh->arena, &fresh->quarantined) =
            sums->quarantined.items[i];
    err = fold_all(ledger, timeline, sums->position, fresh);
    if (err == OK) {
        struct totals *ahead = totals_open(&fresh->arena);
        add_ahead(sums, fresh, ahead);
        *ret_same = totals_equal(sums->months, fresh->months) &&
                    totals_equal(ahead, fresh->ahead);
    }
    standing_sums_close(fresh);
    return err;
}

enum err
standing_check(struct ledger *ledger, bool *ret_same)
{
    const struct timeline *timeline;
    struct standing_sums *sums = NULL;
    enum err err = ledger_timeline(ledger, LEDGER_KNOWN_ALL, &timeline, NULL);

    *ret_same = true;
    if (err != OK)
        return err;
    err = standing_file_read(ledger->dir, &sums);
    if (err != OK)
        return err == ERR_NOT_FOUND ? OK : err;
    if (is_of_use(sums, ledger, timeline, INT64_MAX))
        err = compare(ledger, timeline, sums, ret_same);
    standing_sums_close(sums);
    return err;
}

enum err
standing_drop(struct ledger *ledger)
{
    bool borrowed = ledger_borrow_caches(ledger);

    if (ledger->owner_file < 0)
        return ERR_BUSY;
    enum err err = standing_file_remove(ledger->dir);
    if (borrowed)
        ledger_return_caches(ledger);
    return err;
}
